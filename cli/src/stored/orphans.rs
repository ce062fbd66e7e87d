//! Looking at the jobs before a deploy, and what becomes of those whose type goes.

use super::judge::{Findings, Judge, Types};
use super::ports::StoredJobs;
use crate::deploy::error::DeployError;
use crate::deploy::ports::{Call, Probe};
use crate::deploy::session::Session;
use crate::deploy::smoke;
use scheduler_contract::JobKey;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What to do with jobs whose type goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OnOrphans {
    /// Switch them off before the deploy: they wait for their type to come back
    Pause,
    /// Delete them after the deploy
    Delete,
}

/// How long schedules may take to follow their jobs, and how often they are looked at.
const PATIENCE: u32 = 60;
const PAUSE: Duration = Duration::from_secs(2);

/// What the deploy would leave behind of an env that is there. `outputs` are its stack's, `wanted`
/// is job type -> schema.
///
/// # Errors
/// A table that cannot be read.
pub async fn look(
    cloud: &(impl Probe + StoredJobs + Sync),
    stack: &str,
    outputs: &BTreeMap<String, String>,
    wanted: &Map<String, Value>,
) -> Call<Findings> {
    let Some(table) = outputs.get("TableName") else { return Ok(Findings::default()) };
    let deployed = smoke::deployed_types(cloud, stack).await;
    let types = Types::between(deployed.as_ref(), wanted);
    if types.are_kept() {
        return Ok(Findings::default());
    }
    let mut judge = Judge::new(&types, wanted);
    cloud.each_item(table, &mut |item| judge.look(item)).await?;
    Ok(judge.findings())
}

/// Switches the jobs off and waits until none of their schedules fires: afterwards nobody knows
/// their type any more. Answers those whose schedules still do.
///
/// # Errors
/// A call that is refused.
pub async fn pause(
    cloud: &(impl StoredJobs + Sync),
    outputs: &BTreeMap<String, String>,
    keys: &[JobKey],
    session: &Session<'_>,
) -> Result<Vec<JobKey>, DeployError> {
    let (Some(table), Some(group)) = (outputs.get("TableName"), outputs.get("ScheduleGroup"))
    else {
        return Ok(keys.to_vec());
    };
    for key in keys {
        cloud.pause_job(table, key).await?;
    }
    for nth in 0.. {
        let firing = session.patiently(async || cloud.firing(group).await).await?;
        let still = still_firing(&firing, keys);
        if still.is_empty() || nth == PATIENCE {
            return Ok(still);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Vec::new())
}

fn still_firing(firing: &BTreeSet<String>, keys: &[JobKey]) -> Vec<JobKey> {
    keys.iter().filter(|key| firing.contains(&key.schedule_name())).cloned().collect()
}
