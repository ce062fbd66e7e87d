//! Changes as values.

use super::access::AccessChange;
use super::replacement::Replacement;
use serde::Serialize;
use serde_json::Value;

/// What jobs have their schedules in, and what those name, by logical id.
const TARGETS: &[&str] = &["ScheduleDeadQueue", "ScheduleGroup", "SchedulerRole", "Table", "Topic"];

/// What a deploy would change. Stacks that stay as they are are not listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changes {
    /// The core first, then plugins by name.
    pub stacks: Vec<StackChanges>,
    /// Who may do more or less than before, over all stacks.
    pub access: Vec<AccessChange>,
}

/// What would change in one stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackChanges {
    /// `core`, or the plugin's name.
    pub stack: String,
    /// The nested stack's logical id in the root stack; none for the core.
    pub nested_id: Option<String>,
    /// Whether it comes or goes as a whole, or changes.
    pub action: Action,
    /// By logical id.
    pub resources: Vec<ResourceChange>,
    /// Of everything else in the template, such as `Outputs.ApiUrl.Value`.
    pub others: Vec<PropertyChange>,
}

/// What would happen to one resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceChange {
    /// What would happen.
    pub action: Action,
    /// The logical id.
    pub id: String,
    /// CloudFormation's type; the wanted one where it changes.
    pub resource_type: String,
    /// Whether it says who may do what.
    pub permissions: bool,
    /// What would change; empty where the whole resource comes or goes, and where it is replaced
    /// along with what it refers to.
    pub properties: Vec<PropertyChange>,
    /// Why a new resource would take its place, where one would.
    pub replacement: Option<Replacement>,
    /// Why data would be lost, where it would.
    pub data_loss: Option<String>,
}

/// What would happen to a resource or a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It comes.
    Add,
    /// It changes.
    Change,
    /// It goes.
    Remove,
}

/// One property, old and new.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PropertyChange {
    /// Such as `Code.S3Key` or `Policies[edges].PolicyDocument.Statement[Sends].Action`.
    pub path: String,
    /// Absent where it comes.
    pub old: Option<Value>,
    /// Absent where it goes.
    pub new: Option<Value>,
}

/// A resource whose data a deploy would lose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataLoss {
    /// What `--allow-data-loss` takes: `Table`, or `PluginMail/StateBucket` in a nested stack.
    pub id: String,
    /// `core`, or the plugin's name.
    pub stack: String,
    /// CloudFormation's type.
    pub resource_type: String,
    /// Why.
    pub reason: String,
}

impl Changes {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// Whether schedules that are there would point at something that is gone, or be gone.
    #[must_use]
    pub fn retargets(&self) -> bool {
        let core = self.stacks.iter().filter(|stack| stack.nested_id.is_none());
        let mut targets = core
            .flat_map(|stack| &stack.resources)
            .filter(|resource| TARGETS.contains(&resource.id.as_str()));
        targets.any(|target| target.action != Action::Change || target.replacement.is_some())
    }

    /// Every resource whose data would be lost.
    #[must_use]
    pub fn data_loss(&self) -> Vec<DataLoss> {
        self.stacks.iter().flat_map(StackChanges::data_loss).collect()
    }
}

impl StackChanges {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.others.is_empty()
    }

    /// A resource's id over all stacks.
    #[must_use]
    pub fn qualified(&self, id: &str) -> String {
        self.nested_id.as_ref().map_or_else(|| id.to_owned(), |nested| format!("{nested}/{id}"))
    }

    fn data_loss(&self) -> Vec<DataLoss> {
        let lost = self.resources.iter().filter_map(|one| Some((one, one.data_loss.clone()?)));
        lost.map(|(one, reason)| DataLoss {
            id: self.qualified(&one.id),
            stack: self.stack.clone(),
            resource_type: one.resource_type.clone(),
            reason,
        })
        .collect()
    }
}
