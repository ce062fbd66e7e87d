//! How much a loss of data would lose, as far as it can be looked at.

use super::ports::{StoredJobs, key_of};
use crate::deploy::ports::{ArtifactReader, Call, StackReader};
use crate::text::count;
use scheduler_plan::diff::DataLoss;
use std::collections::BTreeMap;

/// Resource, as `diff` names it -> what it holds, such as `1 job`. What cannot be looked at has no
/// entry.
pub async fn at_stake(
    cloud: &(impl StackReader + StoredJobs + ArtifactReader + Sync),
    stack: &str,
    losses: &[DataLoss],
) -> BTreeMap<String, String> {
    let mut stakes = BTreeMap::new();
    for loss in losses {
        if let Ok(Some(held)) = held(cloud, stack, loss).await {
            stakes.insert(loss.id.clone(), held);
        }
    }
    stakes
}

async fn held(
    cloud: &(impl StackReader + StoredJobs + ArtifactReader + Sync),
    stack: &str,
    loss: &DataLoss,
) -> Call<Option<String>> {
    let (nested, id) = match loss.id.split_once('/') {
        Some((nested, id)) => (Some(nested), id),
        None => (None, loss.id.as_str()),
    };
    let stack = match nested {
        Some(nested) => physical_id(cloud, stack, nested).await?,
        None => Some(stack.to_owned()),
    };
    let Some(stack) = stack else { return Ok(None) };
    let Some(name) = physical_id(cloud, &stack, id).await? else { return Ok(None) };
    match loss.resource_type.as_str() {
        "AWS::DynamoDB::Table" => {
            let (mut jobs, mut others) = (0, 0);
            let mut look = |item| match key_of(&item) {
                Some(_) => jobs += 1,
                None => others += 1,
            };
            cloud.each_item(&name, &mut look).await?;
            Ok(Some(match (nested, others) {
                (Some(_), _) => count(jobs + others, "item"),
                (None, 0) => count(jobs, "job"),
                _ => format!("{} and {}", count(jobs, "job"), count(others, "other item")),
            }))
        }
        "AWS::Scheduler::ScheduleGroup" => {
            let group = name.rsplit('/').next().unwrap_or(&name).to_owned();
            let firing = cloud.firing(&group).await?.len();
            let all = cloud.schedules(&group).await?;
            Ok(Some(match all == firing {
                true => count(all, "schedule"),
                false => format!("{}, {firing} of them switched on", count(all, "schedule")),
            }))
        }
        // Only an estimate could be had.
        "AWS::Cognito::UserPool" => Ok(Some("its users".to_owned())),
        "AWS::S3::Bucket" => Ok(Some(match cloud.holds_anything(&name).await? {
            true => "it holds objects".to_owned(),
            false => "it is empty".to_owned(),
        })),
        _ => Ok(None),
    }
}

async fn physical_id(cloud: &impl StackReader, stack: &str, id: &str) -> Call<Option<String>> {
    let resources = cloud.resources(stack).await?;
    let found = resources.into_iter().find(|resource| resource.logical_id == id);
    Ok(found.map(|resource| resource.physical_id).filter(|id| !id.is_empty()))
}
