//! `scheduler deploy`: check, build what is stale, show the changes, ask, deploy.

use super::diff;
use crate::cloud;
use crate::deploy::apply::{Outcome, apply};
use crate::deploy::aws::clients::Aws;
use crate::deploy::prepare::{Before, Prepared, ReadyDeploy, prepare};
use crate::deploy::release::Release;
use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use scheduler_plan::diff::{Changes, diff};
use serde_json::json;
use std::collections::BTreeMap;

/// What `deploy` was told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Do not ask.
    pub yes: bool,
    /// Show the changes and do nothing.
    pub dry_run: bool,
    /// The resources whose data may be lost, as `diff` prints them.
    pub allow_data_loss: Vec<String>,
}

/// Deploys one env.
///
/// # Errors
/// The project's problems, what could not be built, what AWS refused, no consent; with `dry_run`
/// [`Failure::Differences`] where there is anything to do.
pub fn deploy(settings: &Settings, env: &str, options: &Options) -> Result<(), Failure> {
    let synthesised = pipeline::synth_to_deploy(settings, env)?;
    let release = synthesised.release(settings);
    cloud::block_on(async {
        let aws = cloud::connect(settings, &release.region).await?;
        let done = run(settings, &aws, &release, options).await;
        cloud::told_calls(settings, &aws);
        done
    })
}

async fn run(
    settings: &Settings,
    aws: &Aws,
    release: &Release,
    options: &Options,
) -> Result<(), Failure> {
    let session = cloud::session(settings);
    let prepared = prepare(aws, release, &session).await;
    match prepared.map_err(|error| cloud::failure(settings, &error))? {
        Prepared::Unchanged { outputs } => {
            settings.output.note(&format!("nothing changed: `{}` is up to date", release.stack));
            print(settings, release, None, &outputs);
            Ok(())
        }
        Prepared::Ready(ready) => {
            let changes = diff(&ready.deployed, &release.templates);
            if options.dry_run {
                return diff::print(settings, &changes);
            }
            agree(settings, release, (&ready, &changes), options)?;
            let outcome = apply(aws, *ready, release, &session).await;
            let outcome = outcome.map_err(|error| cloud::failure(settings, &error))?;
            let (Outcome::Deployed { outputs } | Outcome::Unchanged { outputs }) = outcome;
            print(settings, release, Some(&changes), &outputs);
            Ok(())
        }
    }
}

fn agree(
    settings: &Settings,
    release: &Release,
    (ready, changes): (&ReadyDeploy, &Changes),
    options: &Options,
) -> Result<(), Failure> {
    settings.output.note(&changes.to_string());
    guard(changes, &options.allow_data_loss)?;
    if let Before::FailedCreate { stack, cause } = &ready.before {
        let why = cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
        settings.output.note(&format!(
            "the first create of `{}` failed{why}; it holds nothing and is made anew",
            stack.name
        ));
    }
    if let Some(kept) = &ready.kept {
        settings.output.note(&format!(
            "{kept}\n  a job in a kept table is scheduled again when it is next changed"
        ));
    }
    let question = format!("deploy this to `{}` in account {}?", release.stack, ready.account);
    cloud::consent(settings, options.yes, &question)
}

/// Data is lost only where its resource was named beforehand.
fn guard(changes: &Changes, allowed: &[String]) -> Result<(), Failure> {
    let losses = changes.data_loss();
    let refused: Vec<_> = losses.iter().filter(|loss| !allowed.contains(&loss.id)).collect();
    let [first, ..] = refused.as_slice() else { return Ok(()) };
    let lost: Vec<_> =
        refused.iter().map(|loss| format!("`{}` ({})", loss.id, loss.reason)).collect();
    Err(Failure::Refused {
        what: format!("this deploy would lose data: {}", lost.join(", ")),
        hint: Some(format!("to agree to it, pass `--allow-data-loss {}`", first.id)),
    })
}

fn print(
    settings: &Settings,
    release: &Release,
    changes: Option<&Changes>,
    outputs: &BTreeMap<String, String>,
) {
    let width = outputs.keys().map(String::len).max().unwrap_or(0);
    let lines: Vec<_> =
        outputs.iter().map(|(key, value)| format!("{key:width$}  {value}")).collect();
    let value = json!({
        "stack": release.stack,
        "changed": changes.is_some(),
        "changes": changes,
        "outputs": outputs,
    });
    settings.output.result(&lines.join("\n"), &value);
}
