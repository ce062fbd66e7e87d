//! The plan for people, and for `--json`: stable and documented.

use super::stacks::Plan;
use crate::app::Auth;
use crate::synth::{Draft, Drafts};
use crate::unit::{BuildUnit, UnitKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What would be built and created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanSummary {
    /// The root stack's name.
    pub stack: String,
    /// Where it would run.
    pub region: String,
    /// The only account that it may be deployed to.
    pub account: Option<String>,
    /// The processor of all functions.
    pub architecture: String,
    /// Termination and deletion protection.
    pub protect: bool,
    /// Who issues the tokens: `cognito`, or the issuer.
    pub auth: String,
    /// What would be built, in this order.
    pub units: Vec<UnitRow>,
    /// What would be created: `core` first, then plugins by name.
    pub stacks: Vec<StackRow>,
    /// All resources of all stacks.
    pub resources: usize,
    /// Who does what to whom; every permission comes from one of these.
    pub edges: Vec<EdgeRow>,
}

/// One zip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitRow {
    /// `core`, or the plugin's name.
    pub name: String,
    /// `core`, `rust`, `python`, `node`, `command` or `zip`.
    pub kind: String,
}

/// One stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackRow {
    /// `core`, or the plugin's name.
    pub name: String,
    /// The names of its functions.
    pub functions: Vec<String>,
    /// The job types that it consumes; none for the core.
    pub job_types: Vec<String>,
    /// CloudFormation's type -> how many. Empty where its template has an error.
    pub resources: BTreeMap<String, usize>,
}

/// One edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EdgeRow {
    /// Who acts.
    pub from: String,
    /// What it does.
    pub does: String,
    /// To whom.
    pub to: String,
}

impl Plan {
    /// What would be built and created.
    #[must_use]
    pub fn summary(&self, drafts: &Drafts) -> PlanSummary {
        let stacks = stacks(self, drafts);
        PlanSummary {
            stack: self.physical.prefix().to_owned(),
            region: self.region.to_string(),
            account: self.account.as_ref().map(ToString::to_string),
            architecture: self.architecture.to_string(),
            protect: self.protect,
            auth: auth(&self.root.auth),
            units: self.units.iter().map(unit).collect(),
            resources: stacks.iter().map(StackRow::total).sum(),
            stacks,
            edges: edges(self),
        }
    }
}

fn auth(auth: &Auth) -> String {
    match auth {
        Auth::Cognito => "cognito".to_owned(),
        Auth::Jwt { issuer, .. } => issuer.clone(),
    }
}

fn unit(unit: &BuildUnit) -> UnitRow {
    let kind = match unit.kind {
        UnitKind::Core { .. } => "core",
        UnitKind::Rust { .. } => "rust",
        UnitKind::Python { .. } => "python",
        UnitKind::Node { .. } => "node",
        UnitKind::Command { .. } => "command",
        UnitKind::Zip { .. } => "zip",
    };
    UnitRow { name: unit.name.clone(), kind: kind.to_owned() }
}

fn edges(plan: &Plan) -> Vec<EdgeRow> {
    let row = |edge: &super::Edge| EdgeRow {
        from: edge.from.to_string(),
        does: edge.verb.as_str().to_owned(),
        to: edge.to.to_string(),
    };
    plan.edges.iter().map(row).collect()
}

fn stacks(plan: &Plan, drafts: &Drafts) -> Vec<StackRow> {
    let core = StackRow {
        name: "core".to_owned(),
        functions: plan.root.functions.iter().map(|function| function.name.clone()).collect(),
        job_types: Vec::new(),
        resources: drafts.root.sizes.resources.clone(),
    };
    let plugins = plan.plugins.iter().map(|stack| StackRow {
        name: stack.plugin.clone(),
        functions: stack.function.iter().map(|function| function.name.clone()).collect(),
        job_types: stack.job_types.clone(),
        resources: resources(drafts.plugins.get(&stack.plugin)),
    });
    std::iter::once(core).chain(plugins).collect()
}

fn resources(draft: Option<&Draft>) -> BTreeMap<String, usize> {
    draft.map(|draft| draft.sizes.resources.clone()).unwrap_or_default()
}

impl StackRow {
    /// All resources of the stack.
    #[must_use]
    pub fn total(&self) -> usize {
        self.resources.values().sum()
    }
}

impl fmt::Display for PlanSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.account.as_deref().unwrap_or("any account");
        writeln!(f, "{} in {} of {account} ({})", self.stack, self.region, self.architecture)?;
        writeln!(f, "\nbuild {}", count(self.units.len(), "zip"))?;
        for unit in &self.units {
            writeln!(f, "  {} ({})", unit.name, unit.kind)?;
        }
        let resources = count(self.resources, "resource");
        writeln!(f, "\ncreate {resources} in {}", count(self.stacks.len(), "stack"))?;
        self.stacks.iter().try_for_each(|stack| write!(f, "{stack}"))
    }
}

impl fmt::Display for StackRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n  {}: {}", self.name, count(self.total(), "resource"))?;
        if !self.job_types.is_empty() {
            writeln!(f, "    takes {}", self.job_types.join(", "))?;
        }
        for function in &self.functions {
            writeln!(f, "    function {function}")?;
        }
        for (kind, number) in &self.resources {
            writeln!(f, "    {number:>3} {kind}")?;
        }
        Ok(())
    }
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
