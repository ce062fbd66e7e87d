//! `scheduler deploy`: check, build what is stale, show the changes, ask, deploy.

use super::diff;
use crate::cloud;
use crate::deploy::apply::{Outcome, apply};
use crate::deploy::aws::clients::Aws;
use crate::deploy::error::CallError;
use crate::deploy::ports::Call;
use crate::deploy::prepare::{Before, Prepared, ReadyDeploy, prepare};
use crate::deploy::release::Release;
use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use crate::stored::{self, Findings, Held, OnOrphans};
use crate::text::count;
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
    /// The job types whose stored jobs need not fit their new schema.
    pub allow_misfits: Vec<String>,
    /// What becomes of jobs whose type goes.
    pub on_orphans: Option<OnOrphans>,
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
            let told = |error: CallError| cloud::failure(settings, &error.into());
            let stored = stored(aws, &ready.before, release).await.map_err(told)?;
            agree(settings, release, (&ready, &changes, &stored), options)?;
            if options.on_orphans == Some(OnOrphans::Pause) {
                paused(settings, aws, &ready.before, &stored).await?;
            }
            let outcome = apply(aws, *ready, release, &session).await;
            let outcome = outcome.map_err(|error| cloud::failure(settings, &error))?;
            let (Outcome::Deployed { outputs } | Outcome::Unchanged { outputs }) = outcome;
            if options.on_orphans == Some(OnOrphans::Delete) {
                stored::delete(aws, &outputs, &stored.keys).await.map_err(told)?;
            }
            print(settings, release, Some(&changes), &outputs);
            Ok(())
        }
    }
}

/// What the deploy would leave behind of the jobs that are stored.
async fn stored(aws: &Aws, before: &Before, release: &Release) -> Call<Findings> {
    match before {
        Before::Live(stack) => {
            stored::look(aws, &release.stack, &stack.outputs, &release.schemas).await
        }
        _ => Ok(Findings::default()),
    }
}

async fn paused(
    settings: &Settings,
    aws: &Aws,
    before: &Before,
    stored: &Findings,
) -> Result<(), Failure> {
    let Before::Live(stack) = before else { return Ok(()) };
    let firing = stored::pause(aws, &stack.outputs, &stored.keys).await;
    let firing = firing.map_err(|error| cloud::failure(settings, &error.into()))?;
    match firing.first() {
        None => Ok(()),
        Some(first) => Err(Failure::Failed {
            what: format!(
                "the schedules of {} still fire, such as that of `{first}`; nothing was deployed",
                count(firing.len(), "paused job"),
            ),
            hint: Some("wait for the queue of changes to be worked off, and deploy again".into()),
        }),
    }
}

fn agree(
    settings: &Settings,
    release: &Release,
    (ready, changes, stored): (&ReadyDeploy, &Changes, &Findings),
    options: &Options,
) -> Result<(), Failure> {
    settings.output.note(&changes.to_string());
    guard(changes, &options.allow_data_loss)?;
    guard_jobs(stored, options)?;
    if let Some(what) = options.on_orphans.filter(|_| !stored.keys.is_empty()) {
        let done = match what {
            OnOrphans::Pause => "are paused before the deploy",
            OnOrphans::Delete => "are deleted after the deploy",
        };
        settings.output.note(&format!("jobs whose type goes {done}: {}", listed(&stored.orphans)));
    }
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

/// Jobs are left behind only where that was said beforehand.
fn guard_jobs(stored: &Findings, options: &Options) -> Result<(), Failure> {
    if !stored.orphans.is_empty() && options.on_orphans.is_none() {
        return Err(Failure::Refused {
            what: format!("jobs would have no type any more: {}", listed(&stored.orphans)),
            hint: Some(
                "keep the plugin until its jobs are deleted, or say what becomes of them: \
                 `--on-orphans pause` or `--on-orphans delete`"
                    .into(),
            ),
        });
    }
    let refused = stored.misfits.iter().filter(|(name, _)| !options.allow_misfits.contains(name));
    let refused: BTreeMap<_, _> =
        refused.map(|(name, held)| (name.clone(), held.clone())).collect();
    let Some((first, _)) = refused.first_key_value() else { return Ok(()) };
    Err(Failure::Refused {
        what: format!("stored jobs would not fit their type's schema: {}", listed(&refused)),
        hint: Some(format!(
            "a default or a wider schema keeps them fitting; to agree to it, pass \
             `--allow-misfits {first}`: they go on as they are, until they are changed"
        )),
    })
}

fn listed(held: &BTreeMap<String, Held>) -> String {
    let each = held.iter().map(|(name, Held { jobs, example })| {
        format!("{} of `{name}` (such as {example})", count(*jobs, "job"))
    });
    each.collect::<Vec<_>>().join(", ")
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
