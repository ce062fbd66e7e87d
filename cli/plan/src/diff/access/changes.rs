//! Changes of access as values.

use crate::iam::Effect;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Operator -> key -> values, as `{"StringEquals": {"aws:SourceAccount": ["123456789012"]}}`;
/// empty where there is no condition.
pub type Condition = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// One thing that somebody may do from now on, or not any more. Values that CloudFormation works
/// out stand as in `Fn::Sub`: `${Table.Arn}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccessChange {
    /// More or less.
    pub direction: Direction,
    /// `core`, or the plugin's name.
    pub stack: String,
    /// What the policy is of.
    pub holder: Holder,
    /// `Allow`, or `Deny`: a denial that goes widens.
    pub effect: Effect,
    /// Who, in the policy of a resource.
    pub principal: Option<String>,
    /// What, sorted. `managed-policy:ARN` is whatever that policy allows, `beyond-boundary:ARN`
    /// whatever it does not.
    pub actions: Vec<String>,
    /// On what; none in a trust policy.
    pub resource: Option<String>,
    /// Under which conditions.
    pub condition: Condition,
    /// Where there is no condition now: the one of the other side, before or after.
    pub otherwise: Condition,
}

/// Whether access grows or shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is allowed than before.
    Widened,
    /// Less is allowed than before.
    Narrowed,
}

impl Direction {
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Widened => Self::Narrowed,
            Self::Narrowed => Self::Widened,
        }
    }
}

/// What a policy is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Holder {
    /// What it is.
    pub kind: HolderKind,
    /// Its logical id, or its name or ARN where it is not of the template.
    pub name: String,
}

/// What policies are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HolderKind {
    /// A role: what it may do.
    Role,
    /// A user.
    User,
    /// A group of users.
    Group,
    /// A managed policy, of whoever it is attached to.
    ManagedPolicy,
    /// A role: who may take it on.
    Trust,
    /// A resource, such as a queue or a function: who may do what with it.
    Resource,
}

impl HolderKind {
    /// Whether it is somebody that does things, rather than a thing that is done to.
    pub(super) fn is_somebody(self) -> bool {
        !matches!(self, Self::Trust | Self::Resource)
    }
}
