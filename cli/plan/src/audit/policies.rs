//! What the policies of a plugin's own resources allow.

use super::delivery::statements;
use super::findings::Fault;
use super::view::{Resource, View};
use serde_json::Value;

/// Types whose one policy stands in `PolicyDocument`. Policies of resources (queues, buckets) are
/// none: their `*` means the resource itself.
const ATTACHED: &[&str] = &[
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
];
const ROLE: &str = "AWS::IAM::Role";
/// The role that the tool writes: what stands wide in it is told where the plugin asks for it.
const OURS: &str = "ConsumerRole";

pub(super) fn wide<'a>(view: &View<'a>) -> Vec<Fault<'a>> {
    let attached = ATTACHED.iter().flat_map(|kind| view.typed(kind));
    let attached = attached.map(|one| (one, one.get("PolicyDocument")));
    let roles = view.typed(ROLE).filter(|one| one.id != OURS);
    let inline = roles.flat_map(|one: Resource<'a>| {
        let policies = one.get("Policies").as_array().into_iter().flatten();
        policies.map(move |policy| (one, &policy["PolicyDocument"]))
    });
    let documents = attached.chain(inline);
    let faults = documents.flat_map(|(one, document)| {
        statements(document).filter_map(too_much).map(move |what| (one, what))
    });
    faults.collect()
}

fn too_much(statement: &Value) -> Option<String> {
    if statement["Effect"] != "Allow" {
        return None;
    }
    let actions: Vec<&str> = texts(&statement["Action"]).collect();
    if let Some(action) = actions.iter().find(|action| **action == "*" || action.ends_with(":*")) {
        return Some(format!("allows `{action}`: more than one thing"));
    }
    let everywhere = texts(&statement["Resource"]).any(|resource| resource == "*");
    everywhere.then(|| format!("allows `{}` on every resource (`*`)", actions.join("`, `")))
}

/// One text, or those of a list.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().into_iter().flatten();
    list.chain(Some(value)).filter_map(Value::as_str)
}
