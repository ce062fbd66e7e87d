//! The account: credentials, its number, the region, the asset bucket, the stack, the quotas.

use super::quotas::{Needs, quotas};
use super::{Finding, State};
use crate::deploy::elsewhere::{Elsewhere, elsewhere};
use crate::deploy::error::{CallError, DeployError, region_hint};
use crate::deploy::ports::{Identity, QuotaReader, Reads};
use crate::deploy::prepare::Place;
use crate::deploy::release::asset_bucket;
use crate::deploy::stack::{Situation, Stack};

/// Looks at everything that a deploy would use.
pub async fn account(
    cloud: &(impl Reads + QuotaReader),
    (env, place): (&str, &Place),
    needs: Needs,
) -> Vec<Finding> {
    let Place { stack: name, region, .. } = place;
    let number = match cloud.account().await {
        Ok(number) => number,
        // Without an identity, every other call fails in the same way.
        Err(error) => return vec![of_call("credentials", error)],
    };
    let mut findings = vec![Finding::ok("credentials", format!("account {number}, {region}"))];
    if let Some(wanted) = place.account.as_ref().filter(|wanted| **wanted != number) {
        let what = format!("env `{env}` belongs to account {wanted}, not to {number}");
        let hint = "choose the profile of that account with AWS_PROFILE".to_owned();
        findings.push(Finding::failed("account", what, Some(hint)));
    }
    let bucket = asset_bucket(&number, region);
    findings.push(match cloud.owns_bucket(&bucket, &number).await {
        Ok(true) => Finding::ok("asset bucket", format!("`{bucket}`")),
        Ok(false) => Finding::ok("asset bucket", format!("`{bucket}` is made by the first deploy")),
        Err(error) => of_call("asset bucket", error),
    });
    let found = cloud.describe(name).await;
    let live = found.as_ref().ok().and_then(Option::as_ref);
    let live = live.filter(|stack| stack.state.situation() != Situation::Absent).is_some();
    findings.push(match found {
        Ok(found) => stack(found, name),
        Err(error) => of_call("stack", error),
    });
    if !live {
        findings.extend(other_region(cloud, &number, place).await);
    }
    match quotas(cloud, live.then_some(name.as_str()), needs).await {
        Ok(found) => findings.extend(found),
        // A deploy does not ask for them.
        Err(error) => findings.push(lenient(of_call("quota", error))),
    }
    findings
}

/// Whose the credentials are, where no env says whose they have to be.
pub async fn credentials(cloud: &impl Identity, region: &str) -> Finding {
    match cloud.account().await {
        Ok(number) => Finding::ok("credentials", format!("account {number}, {region}")),
        Err(error) => lenient(of_call("credentials", error)),
    }
}

/// An env whose region was changed is still in the other one.
async fn other_region(cloud: &impl Reads, number: &str, place: &Place) -> Vec<Finding> {
    let Place { stack, region, .. } = place;
    let Elsewhere { there, unknown } = elsewhere(cloud, number, (stack, region)).await;
    let found = there.map(|there| {
        let what = format!("`{stack}` is deployed in region `{there}`, not in `{region}`");
        Finding::failed("region", what, Some(region_hint(&there)))
    });
    // A deploy goes on without it.
    let unknown = unknown.into_iter().map(|error| lenient(of_call("region", error)));
    found.into_iter().chain(unknown).collect()
}

/// What could not be looked at keeps nobody from going on.
fn lenient(finding: Finding) -> Finding {
    Finding { state: State::Warning, ..finding }
}

fn stack(found: Option<Stack>, name: &str) -> Finding {
    let Some(stack) = found else {
        return Finding::ok("stack", format!("`{name}` is not there yet"));
    };
    let what = format!("`{name}` is in {}", stack.state);
    match stack.state.situation() {
        Situation::Settled | Situation::Absent => Finding::ok("stack", what),
        Situation::Busy => {
            let hint = "a deploy waits for its end, then goes on".to_owned();
            Finding::warning("stack", what, Some(hint))
        }
        Situation::FailedCreate => {
            let hint = "its first create failed; `scheduler deploy` makes it anew".to_owned();
            Finding::warning("stack", what, Some(hint))
        }
        Situation::FailedRollback | Situation::FailedUpdate => {
            let hint = "its last update failed; `scheduler deploy` brings it back first";
            Finding::warning("stack", what, Some(hint.to_owned()))
        }
        Situation::FailedDelete => {
            let hint = "run `scheduler destroy` again, then deploy".to_owned();
            Finding::failed("stack", what, Some(hint))
        }
        Situation::FailedImport => {
            let hint = "run `scheduler destroy --keep-data`, then deploy: its data is taken over";
            Finding::failed("stack", what, Some(hint.to_owned()))
        }
        Situation::Stuck => {
            let hint = "run `scheduler destroy`, with `--keep-data` where its data has to stay";
            Finding::failed("stack", what, Some(hint.to_owned()))
        }
    }
}

fn of_call(name: &str, error: CallError) -> Finding {
    let error = DeployError::from(error);
    Finding::failed(name, error.to_string(), error.hint())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::stack::StackState;
    use std::collections::BTreeMap;

    #[test]
    fn every_state_of_the_stack_has_its_answer() {
        let answers = [
            ("CREATE_COMPLETE", State::Ok, ""),
            ("REVIEW_IN_PROGRESS", State::Ok, ""),
            ("UPDATE_IN_PROGRESS", State::Warning, "waits for its end"),
            ("CREATE_FAILED", State::Warning, "`scheduler deploy`"),
            ("ROLLBACK_COMPLETE", State::Warning, "`scheduler deploy`"),
            ("ROLLBACK_FAILED", State::Warning, "`scheduler deploy`"),
            ("UPDATE_FAILED", State::Warning, "`scheduler deploy` brings it back first"),
            ("UPDATE_ROLLBACK_FAILED", State::Warning, "`scheduler deploy` brings it back first"),
            ("DELETE_FAILED", State::Failed, "`scheduler destroy` again"),
            ("IMPORT_ROLLBACK_FAILED", State::Failed, "--keep-data"),
        ];
        for (state, is, hint) in answers {
            let id = "arn:aws:cloudformation:eu-central-1:1:stack/mon-dev/1".to_owned();
            let left = Stack {
                id,
                name: "mon-dev".into(),
                state: StackState::new(state),
                reason: None,
                outputs: BTreeMap::new(),
                parameters: BTreeMap::new(),
                protected: false,
            };
            let found = stack(Some(left), "mon-dev");
            assert_eq!(found.state, is, "{state}");
            assert!(found.hint.unwrap_or_default().contains(hint), "{state}");
        }
    }
}
