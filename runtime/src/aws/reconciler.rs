//! The reconciler on AWS, for its function and for whoever has the rights to look.

use super::clients::Clients;
use super::jobs::DynamoJobs;
use super::queue::SqsChanges;
use super::scan::DynamoBookmark;
use super::schedule_reader::EventBridgeReader;
use crate::controller::Deployment;
use crate::reconcile::{self, Hourly, Limits, Pass, Reconciler, Report};

/// What of a deployment the reconciler needs to know.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The table's name.
    pub table: String,
    /// The schedule group's name.
    pub group: String,
    /// The queue of changes, by its URL.
    pub queue_url: String,
    /// What schedules have to be like.
    pub deployment: Deployment,
}

/// The reconciler of one deployment.
#[derive(Debug)]
pub struct AwsReconciler {
    core: Reconciler<DynamoJobs, EventBridgeReader>,
    queue: SqsChanges,
    bookmark: DynamoBookmark,
    group: String,
}

impl AwsReconciler {
    /// Makes the clients.
    #[must_use]
    pub fn new(clients: &Clients, deployed: Deployed) -> Self {
        let Deployed { table, group, queue_url, deployment } = deployed;
        let dynamodb = clients.dynamodb();
        Self {
            core: Reconciler {
                jobs: DynamoJobs::new(dynamodb.clone(), table.clone()),
                schedules: EventBridgeReader::new(clients.scheduler(), group.clone()),
                deployment,
            },
            queue: SqsChanges::new(clients.sqs(), queue_url),
            bookmark: DynamoBookmark::new(dynamodb, table),
            group,
        }
    }

    /// Looks, and changes nothing.
    pub async fn survey(&self, pass: &Pass<'_>) -> Report {
        reconcile::survey(&self.core, pass).await
    }

    /// Looks, and tells the controller of every difference that it can mend.
    pub async fn repair(&self, pass: &Pass<'_>) -> Report {
        reconcile::repair(&self.core, pass, &self.queue).await
    }

    /// The hourly run: goes on where the last one stopped, and notes how far it came.
    pub(super) async fn hourly(&self, limits: Limits, clock: &(dyn Fn() -> i64 + Sync)) -> Hourly {
        reconcile::hourly(&self.core, &self.queue, (&self.bookmark, limits, clock)).await
    }

    pub(super) fn group(&self) -> &str {
        &self.group
    }
}
