//! The same of the system on this machine, running or stopped.

use super::{as_count, depth, ended, text};
use crate::args::VerifyArgs;
use crate::cloud;
use crate::commands::local::refused;
use crate::error::Failure;
use crate::jobs::Server;
use crate::local::{Found, Log, Verification};
use crate::project;
use crate::settings::Settings;
use crate::text::count;
use scheduler_plan::resolve;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;

/// Nothing is left alone, whatever a clock that was ahead (`--speed`) wrote down.
const NO_GRACE: i64 = -10 * 365 * 86_400;

pub(super) fn verify(settings: &Settings, args: &VerifyArgs) -> Result<(), Failure> {
    let sources = project::load(settings)?;
    let env = resolve::env_names(&sources).swap_remove(0);
    let app = project::decided_of(settings, &sources, &env)?.app;
    let project = settings.project.canonicalize();
    let project = project.map_err(|error| Failure::failed(error.to_string()))?;
    let data_dir = project.join(&args.data_dir);
    let output = settings.output;
    let verification = Verification {
        app: &app,
        data_dir: &data_dir,
        grace: args.grace.map_or(NO_GRACE, i64::from),
        depth: depth(args),
        clock: Arc::new(Server::of(&data_dir).map(|server| server.clock).unwrap_or_default()),
        log: Log::new(move |line| output.note(line)),
    };
    let done = cloud::block_on(async {
        let done = match args.repair {
            true => verification.repair().await.map(|(before, after)| (before, Some(after))),
            false => verification.survey().await.map(|found| (found, None)),
        };
        done.map_err(|error| refused(&error))
    })?;
    told(settings, &done.0, done.1.as_ref())
}

/// What differed; and what does after a repair, which decides.
fn told(settings: &Settings, before: &Found, after: Option<&Found>) -> Result<(), Failure> {
    let last = after.unwrap_or(before);
    let mut shown = words(before);
    if let Some(after) = after.filter(|_| !before.is_in_step()) {
        // Writing to a string cannot fail.
        let _ = write!(shown, "\n\nafterwards: {}", words(after));
    }
    let mut value = json!({"in_step": last.is_in_step(), "report": before.report});
    for (name, found) in [("waiting", json!(last.waiting)), ("damage", json!(last.damage))] {
        value[name] = found;
    }
    if let Some(after) = after {
        value["after"] = json!(after.report);
    }
    settings.output.result(&shown, &value);
    ended(&last.report, false)?;
    match last.is_in_step() {
        true => Ok(()),
        false => Err(Failure::Differences),
    }
}

fn words(found: &Found) -> String {
    let mut shown = text(&found.report);
    // Writing to a string cannot fail.
    for line in &found.damage {
        let _ = write!(shown, "\nthe database: {line}");
    }
    if found.waiting > 0 {
        let changes = count(as_count(found.waiting), "change");
        let _ = write!(shown, "\n{changes} waiting for a server to apply them");
    }
    shown
}
