//! Adapters of the ports on AWS, and the functions made of them: the only place that names an
//! SDK.
//!
//! Lean on purpose: no `aws-config` chain (a function has its credentials and region in its
//! environment), no native roots, a TLS connector only where something is reached by https.

mod attributes;
mod clients;
mod failure;
mod function;
mod jobs;
mod queue;
mod reconciler;
mod scan;
mod schedule_reader;
mod schedules;
mod settings;
#[cfg(test)]
mod tests;
mod topic;

pub use attributes::item;
pub use clients::{Clients, Patience};
pub use function::{Function, Invocation, StartError};
pub use jobs::DynamoJobs;
pub use queue::{SqsChanges, SqsDeadLetters};
pub use reconciler::{AwsReconciler, Deployed};
pub use scan::DynamoBookmark;
pub use schedule_reader::EventBridgeReader;
pub use schedules::EventBridgeSchedules;
pub use settings::{Settings, SettingsError};
