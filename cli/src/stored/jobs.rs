//! What a deploy has done with jobs and schedules once the stack has changed.

use super::now;
use super::ports::{StoredJobs, key_of};
use super::reconciler::reconciler;
use crate::deploy::aws::clients::Aws;
use crate::deploy::aws::failure::Asked;
use crate::deploy::error::CallFailure;
use crate::deploy::ports::{Call, Jobs};
use scheduler_runtime::reconcile::{Cursor, Depth, End, Kind, Limits, Pass};
use std::collections::{BTreeMap, BTreeSet};

impl Jobs for Aws {
    async fn delete_jobs(&self, table: &str, types: &BTreeSet<String>) -> Call<usize> {
        let mut keys = Vec::new();
        let mut look = |item: serde_json::Map<String, serde_json::Value>| {
            let of = item.get("job_type").and_then(serde_json::Value::as_str);
            if of.is_some_and(|name| types.contains(name)) {
                keys.extend(key_of(&item));
            }
        };
        self.each_item(table, &mut look).await?;
        for key in &keys {
            self.delete_job(table, key).await?;
        }
        Ok(keys.len())
    }

    async fn differences(
        &self,
        stack: &str,
        outputs: &BTreeMap<String, String>,
        repair: bool,
    ) -> Call<u64> {
        let reconciler = reconciler(self, stack, outputs).await?;
        let pass = Pass {
            from: Cursor::default(),
            grace: 0,
            depth: Depth::All,
            limits: Limits::NONE,
            clock: &now,
        };
        let report = match repair {
            true => reconciler.repair(&pass).await,
            false => reconciler.survey(&pass).await,
        };
        match &report.end {
            End::Failed { why, .. } => {
                let asked = Asked { action: "scheduler:ListSchedules", resource: stack };
                let unreachable = CallFailure::Unreachable(why.sentence());
                Err(self.error(asked, unreachable, why.sentence()))
            }
            // What no change of a schedule can mend is not waited for; nor is what changes
            // meanwhile, which the new controller sees to: an env in use would never be in step.
            _ => Ok(report.total() - report.count(Kind::Unschedulable)),
        }
    }
}
