//! The account: credentials, its number, the asset bucket, the stack.

use super::Finding;
use crate::deploy::error::{CallError, DeployError};
use crate::deploy::ports::Reads;
use crate::deploy::release::asset_bucket;
use crate::deploy::stack::Situation;
use scheduler_plan::app::App;

/// Looks at everything that a deploy of the env would use.
pub async fn account(cloud: &impl Reads, app: &App) -> Vec<Finding> {
    let region = app.region.as_str();
    let number = match cloud.account().await {
        Ok(number) => number,
        // Without an identity, every other call fails in the same way.
        Err(error) => return vec![of_call("credentials", error)],
    };
    let mut findings = vec![Finding::ok("credentials", format!("account {number}, {region}"))];
    if let Some(wanted) = app.account.as_ref().filter(|wanted| wanted.as_str() != number) {
        let what = format!("env `{}` belongs to account {wanted}, not to {number}", app.env);
        let hint = "choose the profile of that account with AWS_PROFILE".to_owned();
        findings.push(Finding::failed("account", what, Some(hint)));
    }
    let bucket = asset_bucket(&number, region);
    findings.push(match cloud.has_bucket(&bucket).await {
        Ok(true) => Finding::ok("asset bucket", format!("`{bucket}`")),
        Ok(false) => Finding::ok("asset bucket", format!("`{bucket}` is made by the first deploy")),
        Err(error) => of_call("asset bucket", error),
    });
    findings.push(stack(cloud, &app.prefix()).await);
    findings
}

async fn stack(cloud: &impl Reads, name: &str) -> Finding {
    let found = match cloud.describe(name).await {
        Ok(found) => found,
        Err(error) => return of_call("stack", error),
    };
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
    use crate::deploy::fake::FakeCloud;
    use crate::doctor::State;

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
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (state, is, hint) in answers {
            let cloud = FakeCloud::default();
            cloud.model().add("mon-dev", state);
            let found = runtime.block_on(stack(&cloud, "mon-dev"));
            assert_eq!(found.state, is, "{state}");
            assert!(found.hint.unwrap_or_default().contains(hint), "{state}");
        }
    }
}
