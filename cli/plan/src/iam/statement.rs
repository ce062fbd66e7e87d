//! One statement of a policy.

use crate::app::{ArnRef, Permission};
use serde::Serialize;
use serde_json::{Value, json};

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// One statement, as IAM writes it. No number ever stands in one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Says which edge it comes from.
    pub sid: String,
    /// Allow or deny.
    pub effect: Effect,
    /// Who, in the policy of a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Value>,
    /// What, sorted.
    pub action: Vec<String>,
    /// On what.
    pub resource: Vec<Value>,
    /// Under which conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
}

impl Statement {
    /// Allows actions on one resource.
    pub(super) fn allow(sid: &str, actions: &[&str], resource: Value) -> Self {
        let mut action: Vec<String> = actions.iter().map(|one| (*one).to_owned()).collect();
        action.sort();
        Self {
            sid: sid.to_owned(),
            effect: Effect::Allow,
            principal: None,
            action,
            resource: vec![resource],
            condition: None,
        }
    }

    /// The same under a condition.
    pub(super) fn when(self, condition: Value) -> Self {
        Self { condition: Some(condition), ..self }
    }
}

/// What a plugin asks for itself.
pub(super) fn of_permission(sid: String, permission: &Permission) -> Statement {
    let mut action = permission.actions.clone();
    action.sort();
    action.dedup();
    Statement {
        sid,
        effect: Effect::Allow,
        principal: None,
        action,
        resource: permission.resources.iter().map(reference).collect(),
        condition: None,
    }
}

fn reference(arn: &ArnRef) -> Value {
    match arn {
        ArnRef::Text(text) => json!(text),
        ArnRef::Ref(id) => json!({ "Ref": id }),
        ArnRef::Att(path) => attribute(path),
        ArnRef::Sub(text) => json!({ "Fn::Sub": text }),
    }
}

/// `Resource.Attribute` as CloudFormation writes it.
#[must_use]
pub fn attribute(path: &str) -> Value {
    let (id, name) = path.split_once('.').unwrap_or((path, "Arn"));
    json!({ "Fn::GetAtt": [id, name] })
}
