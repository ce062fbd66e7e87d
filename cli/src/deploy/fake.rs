//! A small working model of one account: stacks with nested stacks, change sets, buckets.
//!
//! A resource whose properties have `Fail` fails with that text. A template is looked up by the
//! last word of its URL, as the real one is. Every call is noted by its IAM action.

use super::error::{CallError, CallFailure};
use super::events::StackEvent;
use super::ports::*;
use super::refusal::Finding;
use super::stack::{NESTED_STACK, Stack, StackResource, StackState};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// The account of the model.
pub(super) const ACCOUNT: &str = "111122223333";

#[derive(Debug, Clone, Default)]
pub(crate) struct FakeCloud(Arc<Mutex<Model>>);

#[derive(Debug, Default)]
pub(crate) struct Model {
    /// By ARN, the living and the dead.
    pub(super) stacks: BTreeMap<String, FakeStack>,
    /// Bucket -> key -> bytes.
    pub(super) buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Every call in order: action and what it was about.
    pub(super) calls: Vec<String>,
    /// Failures of the next polls for events.
    pub(super) bad_polls: VecDeque<CallFailure>,
    /// Region -> the stack that is there.
    pub(super) other_regions: BTreeMap<String, Stack>,
    /// Whether other regions may not be looked at.
    pub(super) hidden_regions: bool,
    /// Of Lambda.
    pub(crate) quotas: LambdaQuotas,
    /// What every change set would do.
    pub(super) meant: Vec<MeantChange>,
    /// The shells of change sets are taken away by another deploy.
    pub(super) lost_shells: bool,
    /// The next execution is refused.
    pub(super) refuse_execute: Option<CallFailure>,
    /// The next delete is refused.
    pub(super) refuse_delete: bool,
    /// Logical ids of what cannot be deleted, as often as it says.
    pub(super) sticky: BTreeMap<String, u32>,
    /// Logical ids of what cannot go back.
    pub(super) unable: BTreeSet<String>,
    /// Stack, by name or ARN -> its policy.
    pub(super) policies: BTreeMap<String, String>,
    /// Nested change set -> what it would do.
    pub(super) meant_inside: BTreeMap<String, Vec<MeantChange>>,
    /// Tables and user pools that somebody deleted by hand.
    pub(super) gone: BTreeSet<String>,
    /// How many schedules differ from their jobs, one look after the other; then none.
    pub(super) differences: VecDeque<u64>,
    /// Those of them that were only stopped for another's failure.
    pub(super) cancelled: BTreeSet<String>,
    /// The next execution ends with the stack deleted by somebody else.
    pub(super) deleted_meanwhile: bool,
    /// The next execution leaves the stack as it was.
    pub(super) never_begins: bool,
    /// What `items-job-types` answers.
    pub(super) job_types: String,
    pub(super) pending: Vec<(ChangeSetIds, ChangeSetRequest, ChangeSet)>,
    clock: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct FakeStack {
    pub(super) stack: Stack,
    pub(super) template: String,
    pub(super) resources: Vec<StackResource>,
    pub(super) events: Vec<StackEvent>,
}

impl FakeCloud {
    pub(crate) fn model(&self) -> MutexGuard<'_, Model> {
        self.0.lock().expect("no test panics while it holds the model")
    }

    pub(super) fn on(&self, action: &str, what: &str) -> MutexGuard<'_, Model> {
        let mut model = self.model();
        model.calls.push(format!("{action} {what}"));
        model
    }

    pub(super) fn actions(&self) -> Vec<String> {
        let model = self.model();
        model.calls.iter().filter_map(|call| call.split(' ').next()).map(Into::into).collect()
    }
}

pub(super) fn error(action: &'static str, resource: &str, why: CallFailure) -> CallError {
    CallError { action, resource: resource.into(), arn: resource.into(), why, detail: "".into() }
}

impl Model {
    pub(super) fn live(&self, name: &str) -> Option<&FakeStack> {
        let by_name =
            |s: &&FakeStack| s.stack.name == name && s.stack.state.as_str() != "DELETE_COMPLETE";
        self.stacks.get(name).or_else(|| self.stacks.values().find(by_name))
    }

    pub(super) fn find(&mut self, name: &str) -> Option<&mut FakeStack> {
        let id = self.live(name)?.stack.id.clone();
        self.stacks.get_mut(&id)
    }

    pub(crate) fn add(&mut self, name: &str, state: &str) -> String {
        self.clock += 1;
        let id =
            format!("arn:aws:cloudformation:eu-central-1:{ACCOUNT}:stack/{name}/{}", self.clock);
        let stack = Stack {
            id: id.clone(),
            name: name.into(),
            state: StackState::new(state),
            reason: None,
            outputs: BTreeMap::new(),
            parameters: BTreeMap::new(),
            protected: false,
        };
        let fake = FakeStack { stack, template: "{}".into(), resources: vec![], events: vec![] };
        self.stacks.insert(id.clone(), fake);
        id
    }

    fn event(
        &mut self,
        id: &str,
        (logical, physical, kind): (&str, &str, &str),
        status: &str,
        reason: &str,
    ) {
        self.clock += 1;
        let at = self.clock;
        let event = StackEvent {
            id: format!("event-{at}"),
            stack_id: id.into(),
            logical_id: logical.into(),
            physical_id: physical.into(),
            kind: kind.into(),
            status: status.into(),
            reason: reason.into(),
            at,
        };
        if let Some(stack) = self.stacks.get_mut(id) {
            stack.events.push(event);
        }
    }

    pub(super) fn own(&mut self, id: &str, status: &str) {
        let name = self.stacks.get(id).map(|s| s.stack.name.clone()).unwrap_or_default();
        self.event(id, (&name, id, NESTED_STACK), status, "");
        if let Some(stack) = self.stacks.get_mut(id) {
            stack.stack.state = StackState::new(status);
        }
    }

    pub(super) fn object(&self, url: &str) -> String {
        let key = url.rsplit('/').next().unwrap_or_default();
        let found = self.buckets.values().find_map(|bucket| bucket.get(key));
        found.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).expect("uploaded before")
    }

    /// Brings a stack to a template; answers whether it worked.
    pub(super) fn converge(&mut self, id: &str, text: &str) -> bool {
        let verb = if self.stacks[id].resources.is_empty() { "CREATE" } else { "UPDATE" };
        self.own(id, &format!("{verb}_IN_PROGRESS"));
        let template: Value = serde_json::from_str(text).expect("JSON");
        let wanted = template["Resources"].as_object().cloned().unwrap_or_default();
        for (logical, definition) in &wanted {
            let kind = definition["Type"].as_str().unwrap_or_default().to_owned();
            let old = self.stacks[id].resources.iter().find(|r| r.logical_id == *logical);
            let mut physical =
                old.map_or_else(|| format!("{logical}-physical"), |r| r.physical_id.clone());
            let mut failure = definition["Properties"]["Fail"].as_str().map(str::to_owned);
            if kind == NESTED_STACK {
                if !physical.starts_with("arn:") {
                    physical = self.add(&format!("nested-{logical}"), "CREATE_IN_PROGRESS");
                }
                self.event(id, (logical, &physical, &kind), &format!("{verb}_IN_PROGRESS"), "");
                let url = definition["Properties"]["TemplateURL"].as_str().unwrap_or_default();
                let text = self.object(url);
                if !self.converge(&physical, &text) {
                    failure = Some("Embedded stack was not created".into());
                }
            }
            let status = if failure.is_some() { "FAILED" } else { "COMPLETE" };
            let reason = failure.clone().unwrap_or_default();
            self.event(id, (logical, &physical, &kind), &format!("{verb}_{status}"), &reason);
            if failure.is_some() {
                let end = if verb == "CREATE" { "ROLLBACK" } else { "UPDATE_ROLLBACK" };
                self.own(id, &format!("{end}_IN_PROGRESS"));
                self.own(id, &format!("{end}_COMPLETE"));
                return false;
            }
            let stack = self.stacks.get_mut(id).expect("it is there");
            stack.resources.retain(|r| r.logical_id != *logical);
            stack.resources.push(StackResource {
                logical_id: logical.clone(),
                physical_id: physical,
                kind,
                status: format!("{verb}_COMPLETE"),
                reason: String::new(),
            });
        }
        let stack = self.stacks.get_mut(id).expect("it is there");
        let (stay, go): (Vec<_>, Vec<_>) =
            stack.resources.drain(..).partition(|r| wanted.contains_key(&r.logical_id));
        stack.resources = stay;
        let old: Value = serde_json::from_str(&stack.template).expect("JSON");
        let dropped =
            |r: &StackResource| old["Resources"][&r.logical_id]["DeletionPolicy"] != "Retain";
        for resource in go.iter().filter(|resource| dropped(resource)) {
            self.drop_one(id, resource);
        }
        let stack = self.stacks.get_mut(id).expect("it is there");
        stack.template = text.to_owned();
        let outputs = template["Outputs"].as_object().cloned().unwrap_or_default();
        let value = |v: &Value| v["Value"].as_str().unwrap_or_default().to_owned();
        stack.stack.outputs = outputs.iter().map(|(k, v)| (k.clone(), value(v))).collect();
        self.own(id, &format!("{verb}_COMPLETE"));
        true
    }

    /// A nested stack with a bucket that holds anything is left behind.
    fn drop_one(&mut self, id: &str, resource: &StackResource) {
        let StackResource { logical_id, physical_id, kind, .. } = resource;
        if kind != NESTED_STACK {
            self.buckets.remove(physical_id);
            return;
        }
        let inside = self.stacks[physical_id].resources.clone();
        let holds = |one: &StackResource| {
            self.buckets.get(&one.physical_id).is_some_and(|objects| !objects.is_empty())
        };
        let status = if inside.iter().any(holds) { "DELETE_FAILED" } else { "DELETE_COMPLETE" };
        match status {
            "DELETE_FAILED" => self.own(physical_id, status),
            _ => drop(self.delete(physical_id, &[])),
        }
        self.event(id, (logical_id, physical_id, kind), status, "not empty");
    }

    /// Takes existing resources in, under their identifiers.
    pub(super) fn import(&mut self, id: &str, text: &str, imports: &[Import]) {
        self.own(id, "IMPORT_IN_PROGRESS");
        let stack = self.stacks.get_mut(id).expect("it is there");
        for import in imports {
            let keys = ["TableName", "BucketName", "ClientId", "UserPoolId"];
            let physical = keys.iter().find_map(|key| import.identifier.get(*key));
            stack.resources.push(StackResource {
                logical_id: import.logical_id.clone(),
                physical_id: physical.cloned().unwrap_or_default(),
                kind: import.kind.clone(),
                status: "IMPORT_COMPLETE".into(),
                reason: String::new(),
            });
        }
        stack.template = text.to_owned();
        self.own(id, "IMPORT_COMPLETE");
    }

    fn mark_failed(&mut self, id: &str, logical: &str, reason: &str) {
        let stack = self.stacks.get_mut(id).expect("it is there");
        for resource in stack.resources.iter_mut().filter(|one| one.logical_id == logical) {
            resource.status = "DELETE_FAILED".into();
            resource.reason = reason.into();
        }
    }

    /// Answers whether everything went.
    pub(super) fn delete(&mut self, id: &str, retain: &[String]) -> bool {
        self.own(id, "DELETE_IN_PROGRESS");
        let mut failed = false;
        let stack = self.stacks[id].clone();
        let template: Value = serde_json::from_str(&stack.template).expect("JSON");
        for r in &stack.resources {
            let stays = template["Resources"][&r.logical_id]["DeletionPolicy"] == "Retain";
            let is_gone = |one: &FakeStack| one.stack.state.as_str() == "DELETE_COMPLETE";
            if r.kind == NESTED_STACK && !is_gone(&self.stacks[&r.physical_id]) {
                self.event(id, (&r.logical_id, &r.physical_id, &r.kind), "DELETE_IN_PROGRESS", "");
                if !self.delete(&r.physical_id, &[]) {
                    let place = (r.logical_id.as_str(), r.physical_id.as_str(), r.kind.as_str());
                    self.event(id, place, "DELETE_FAILED", "Embedded stack was not deleted");
                    self.mark_failed(id, &r.logical_id, "Embedded stack was not deleted");
                    failed = true;
                    continue;
                }
            }
            let left = self.sticky.get_mut(&r.logical_id).filter(|left| **left > 0);
            if let Some(left) = left.filter(|_| !retain.contains(&r.logical_id)) {
                *left -= 1;
                let place = (r.logical_id.as_str(), r.physical_id.as_str(), r.kind.as_str());
                self.event(id, place, "DELETE_FAILED", "it is in use");
                self.mark_failed(id, &r.logical_id, "it is in use");
                if r.kind == "AWS::S3::Bucket" {
                    // A consumer that is still at it.
                    let bucket = self.buckets.entry(r.physical_id.clone()).or_default();
                    bucket.insert("late".into(), Vec::new());
                }
                failed = true;
                continue;
            }
            let status = if stays { "DELETE_SKIPPED" } else { "DELETE_COMPLETE" };
            self.event(id, (&r.logical_id, &r.physical_id, &r.kind), status, "");
            if r.kind == "AWS::S3::Bucket" && !stays {
                assert!(
                    self.buckets.get(&r.physical_id).is_none_or(BTreeMap::is_empty),
                    "not empty"
                );
                self.buckets.remove(&r.physical_id);
            }
        }
        self.own(id, if failed { "DELETE_FAILED" } else { "DELETE_COMPLETE" });
        !failed
    }
}

impl StackReader for FakeCloud {
    async fn describe(&self, stack: &str) -> Call<Option<Stack>> {
        Ok(self.on("cloudformation:DescribeStacks", stack).live(stack).map(|s| s.stack.clone()))
    }

    async fn template(&self, stack: &str) -> Call<String> {
        let model = self.on("cloudformation:GetTemplate", stack);
        Ok(model.live(stack).map(|s| s.template.clone()).unwrap_or_default())
    }

    async fn resources(&self, stack: &str) -> Call<Vec<StackResource>> {
        let model = self.on("cloudformation:ListStackResources", stack);
        let mut resources = model.live(stack).map(|s| s.resources.clone()).unwrap_or_default();
        for one in resources.iter_mut().filter(|one| model.unable.contains(&one.logical_id)) {
            one.status = "UPDATE_FAILED".into();
            one.reason = match model.cancelled.contains(&one.logical_id) {
                true => "Resource update cancelled".into(),
                false => "it is in use".into(),
            };
        }
        Ok(resources)
    }

    async fn events(&self, stack: &str, after: &After) -> Call<Vec<StackEvent>> {
        let mut model = self.on("cloudformation:DescribeStackEvents", stack);
        if let Some(why) = model.bad_polls.pop_front() {
            return Err(error("cloudformation:DescribeStackEvents", stack, why));
        }
        let all = model.live(stack).map(|s| s.events.clone()).unwrap_or_default();
        let from =
            all.iter().position(|e| after.event.as_ref() == Some(&e.id)).map_or(0, |at| at + 1);
        Ok(all.into_iter().skip(from).filter(|e| e.at >= after.at).collect())
    }

    async fn newest_event(&self, stack: &str) -> Call<Option<String>> {
        let model = self.on("cloudformation:DescribeStackEvents", stack);
        let is_shell = |s: &FakeStack| s.stack.state.as_str() == "REVIEW_IN_PROGRESS";
        if model.lost_shells && model.live(stack).is_some_and(is_shell) {
            let why = CallFailure::Missing;
            return Err(error("cloudformation:DescribeStackEvents", stack, why));
        }
        Ok(model.live(stack).and_then(|s| s.events.last()).map(|e| e.id.clone()))
    }

    async fn change_set(&self, id: &str) -> Call<ChangeSet> {
        let model = self.on("cloudformation:DescribeChangeSet", id);
        if let Some(changes) = model.meant_inside.get(id).cloned() {
            let (status, reason) = ("CREATE_COMPLETE".into(), String::new());
            return Ok(ChangeSet { stack: String::new(), status, reason, changes });
        }
        let found = model.pending.iter().find(|(ids, ..)| ids.id == id);
        found
            .map(|(.., change_set)| change_set.clone())
            .ok_or_else(|| error("cloudformation:DescribeChangeSet", id, CallFailure::Missing))
    }

    async fn change_sets(&self, stack: &str) -> Call<Vec<String>> {
        let model = self.on("cloudformation:ListChangeSets", stack);
        let mine = model.pending.iter().filter(|(_, request, _)| request.stack == stack);
        Ok(mine.map(|(_, request, _)| request.name.clone()).collect())
    }

    async fn validation_errors(&self, id: &str) -> Call<Vec<Finding>> {
        drop(self.on("cloudformation:DescribeEvents", id));
        Ok(Vec::new())
    }
}
