//! Permissions: every one comes from an edge of the graph, or from a plugin's own manifest.
//!
//! In: edges and names. Out: statements, ready to stand in a role or in a queue's policy.
//! Deliberately absent: managed policies, and `*` where an ARN can stand.

mod arns;
mod grants;
mod inbound;
mod statement;

pub(crate) use arns::{function_arn, is_everything, queue_arn, role_arn, topic_arn};
pub use grants::{declared, statements};
pub use inbound::{alarm_topic_policy, bucket_policy, queue_policy, topic_policy};
pub use statement::{Effect, Statement, attribute};
