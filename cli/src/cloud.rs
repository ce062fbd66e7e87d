//! What the commands that talk to AWS have in common.

use crate::deploy::aws::clients::{Aws, AwsSettings};
use crate::deploy::error::{DeployError, ExitClass};
use crate::deploy::prepare::Place;
use crate::deploy::session::{Pace, Session};
use crate::error::{CloudFailure, Failure};
use crate::output::Verbosity;
use crate::settings::Settings;
use scheduler_plan::app::{App, Plugin};
use scheduler_plan::plan;
use std::collections::BTreeMap;
use std::future::Future;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Runs the asynchronous part of a command to its end.
///
/// # Errors
/// The part's own, or where the machine gives no runtime.
pub fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(future);
    // A question that was interrupted still waits for its answer.
    runtime.shutdown_background();
    done
}

/// What the asynchronous parts of a command run on.
///
/// # Errors
/// Where the machine gives none.
pub fn runtime() -> Result<Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failure::failed(format!("cannot start: {error}")))
}

/// The clients of a region.
///
/// # Errors
/// An endpoint that is no URL.
pub async fn connect(settings: &Settings, region: &str) -> Result<Aws, Failure> {
    let endpoint_url = settings.endpoint_url.clone();
    let aws = Aws::connect(AwsSettings { endpoint_url, region: region.to_owned() }).await;
    aws.map_err(|error| failure(settings, &error))
}

/// Whoever names a region in their environment means it: an env is deployed to no other one.
///
/// # Errors
/// [`Failure::Refused`] where it is not the env's.
pub fn check_region(settings: &Settings, app: &App) -> Result<(), Failure> {
    let set = settings.environment();
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
    let named = named.filter_map(|name| Some((name, set.get(name)?)));
    let mut named = named;
    match named.find(|(_, region)| !region.is_empty()) {
        Some((name, other)) if *other != app.region.as_str() => Err(Failure::Refused {
            what: format!(
                "env `{}` belongs to region `{}`, but {name} is `{other}`",
                app.env, app.region
            ),
            hint: Some(format!(
                "unset {name} or set it to `{}`; what is deployed already stays in the region that \
                 it was made in",
                app.region
            )),
        }),
        _ => Ok(()),
    }
}

/// One command's run.
#[must_use]
pub fn session(settings: &Settings) -> Session<'_> {
    Session::new(&settings.output, Pace::of(settings.endpoint_url.as_deref()))
}

/// The error for the user; what only helps to find a fault is told apart.
#[must_use]
pub fn failure(settings: &Settings, error: &DeployError) -> Failure {
    if let Some(detail) = error.detail() {
        settings.output.detail(&detail);
    }
    let code = match error.exit() {
        ExitClass::Failed => 1,
        ExitClass::Input => 2,
        ExitClass::Refused => 3,
    };
    let (what, hint, causes) = (error.to_string(), error.hint(), error.told());
    Failure::Cloud(Box::new(CloudFailure { code, what, hint, causes }))
}

/// Where a deploy of the env goes.
#[must_use]
pub fn place(app: &App) -> Place {
    Place {
        stack: app.prefix(),
        region: app.region.to_string(),
        account: app.account.as_ref().map(ToString::to_string),
        plugins: nested_ids(app),
    }
}

/// Logical id of a nested stack -> plugin.
#[must_use]
pub fn nested_ids(app: &App) -> BTreeMap<String, String> {
    let nested = |plugin: &Plugin| (plan::nested_id(&plugin.name), plugin.name.to_string());
    app.plugins.iter().map(nested).collect()
}

/// Does the work until its end, or until Ctrl-C: what CloudFormation has begun goes on by itself.
///
/// # Errors
/// The work's own; [`Failure::Detached`].
pub async fn detachable<T>(
    come_back: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut interrupt = interrupts()?;
    tokio::select! {
        // What the work says of an interrupt by itself goes first.
        biased;
        done = work => done,
        _ = interrupt.recv() => Err(Failure::Detached { come_back: come_back.to_owned() }),
    }
}

/// Does work that blocks, until its end or until Ctrl-C. Once signals have been waited for, an
/// interrupt ends nothing by itself any more.
///
/// # Errors
/// The work's own; [`Failure::Interrupted`].
pub async fn interruptible<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let mut interrupt = interrupts()?;
    let work = tokio::task::spawn_blocking(work);
    tokio::select! {
        done = work => done.unwrap_or_else(|error| Err(Failure::failed(error.to_string()))),
        _ = interrupt.recv() => Err(Failure::Interrupted { done: None }),
    }
}

fn interrupts() -> Result<Signal, Failure> {
    signal(SignalKind::interrupt())
        .map_err(|error| Failure::failed(format!("cannot wait for signals: {error}")))
}

/// Tells under `-v` what went over the wire.
pub fn told_calls(settings: &Settings, aws: &Aws) {
    let calls = aws.calls().list();
    settings.output.detail(&format!("{} AWS calls: {}", calls.len(), calls.join(", ")));
}

/// Asks, unless `--yes` was given.
///
/// # Errors
/// [`Failure::Refused`] where the answer is no, or nobody is there to ask or to be shown what for;
/// [`Failure::Interrupted`] at Ctrl-C.
pub async fn consent(settings: &Settings, yes: bool, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let output = settings.output;
    if output.verbosity == Verbosity::Quiet {
        return Err(Failure::Refused {
            what: format!("`--quiet` does not show what is asked about: {question}"),
            hint: Some("leave it out, or pass `--yes` to agree beforehand".into()),
        });
    }
    let asked = question.to_owned();
    match interruptible(move || Ok(output.ask(&asked))).await? {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::Refused { what: "not agreed to".into(), hint: None }),
        None => Err(Failure::Refused {
            what: format!("there is no terminal to ask on: {question}"),
            hint: Some("pass `--yes` to agree beforehand".into()),
        }),
    }
}
