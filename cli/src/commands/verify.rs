//! `scheduler verify`: table and schedules agree, or which do not.

mod local;

use crate::args::VerifyArgs;
use crate::cloud;
use crate::deploy::aws::clients::Aws;
use crate::deploy::error::DeployError;
use crate::deploy::status::{self, Status};
use crate::error::Failure;
use crate::project::{self, LOCAL};
use crate::settings::Settings;
use crate::stored::{now, reconciler};
use crate::text::count;
use scheduler_runtime::reconcile::{Cursor, Depth, End, GRACE, Kind, Limits, Pass, Report};
use serde_json::json;
use std::fmt::Write as _;

/// Looks, and with `--repair` has what differs mended.
///
/// # Errors
/// [`Failure::Differences`] where they differ; the project's problems, or a failed call.
pub fn verify(settings: &Settings, args: &VerifyArgs) -> Result<(), Failure> {
    if args.env == LOCAL {
        return local::verify(settings, args);
    }
    let app = project::app_beside_local(settings, &args.env)?;
    let report = cloud::block_on(async {
        let aws = cloud::connect(settings, app.region.as_str()).await?;
        let done = look(settings, &aws, &app.prefix(), args).await;
        cloud::told_calls(settings, &aws);
        done
    })?;
    let value = json!({ "in_step": report.is_in_step(), "report": report });
    let left = if args.repair { left(&report) } else { String::new() };
    settings.output.result(&format!("{}{left}", text(&report)), &value);
    ended(&report, args.repair)
}

async fn look(
    settings: &Settings,
    aws: &Aws,
    prefix: &str,
    args: &VerifyArgs,
) -> Result<Report, Failure> {
    let found = status::status(aws, prefix).await;
    let status = found.and_then(deployed).map_err(|error| cloud::failure(settings, &error))?;
    let reconciler = reconciler(aws, prefix, &status.outputs).await;
    let reconciler = reconciler.map_err(|error| cloud::failure(settings, &error.into()))?;
    let depth = depth(args);
    let pass = Pass {
        from: Cursor::default(),
        grace: args.grace.map_or(GRACE, i64::from),
        depth,
        limits: Limits::NONE,
        clock: &now,
    };
    settings.output.note("looking at every job and every schedule");
    Ok(match args.repair {
        true => reconciler.repair(&pass).await,
        false => reconciler.survey(&pass).await,
    })
}

fn depth(args: &VerifyArgs) -> Depth {
    match args.sample {
        None => Depth::All,
        Some(others) => Depth::Sample { since: i64::MAX, others },
    }
}

/// A stack that has outputs holds what they name, whatever its last operation came to.
fn deployed(status: Status) -> Result<Status, DeployError> {
    let Status { stack, state, outputs } = status;
    match outputs.is_empty() {
        true => Err(DeployError::NotDeployed { stack, state }),
        false => Ok(Status { stack, state, outputs }),
    }
}

fn ended(report: &Report, repair: bool) -> Result<(), Failure> {
    let is_stuck = report.count(Kind::Unschedulable) > 0;
    match &report.end {
        End::Failed { why, .. } => Err(Failure::Failed {
            what: format!("not everything could be looked at: {}", why.sentence()),
            hint: Some("what was found so far is told above; try again".into()),
        }),
        _ if report.is_in_step() => Ok(()),
        // What no change of a schedule can mend, or the queue did not take, is still there.
        _ if repair && report.repairs == report.total() && !is_stuck => Ok(()),
        _ => Err(Failure::Differences),
    }
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "{} and {} looked at, {} in every attribute",
        count(as_count(report.jobs), "job"),
        count(as_count(report.schedules), "schedule"),
        report.compared,
    );
    // Writing to a string cannot fail.
    for (kind, differences) in &report.differences {
        let _ = write!(text, "\n{} {}", differences.count, kind.words());
        for one in &differences.examples {
            let job = one.job.as_deref().map(|job| format!("job {job}, ")).unwrap_or_default();
            let _ = write!(text, "\n  {job}schedule {}: {}", one.schedule, one.what);
        }
    }
    if report.recent > 0 {
        let _ = write!(text, "\n{} changed just now and left alone", report.recent);
    }
    let _ = match (report.repairs, report.is_in_step()) {
        (_, true) => write!(text, "\nevery job has its schedule"),
        (0, false) => Ok(()),
        (sent, false) => write!(text, "\n{} sent to be mended", count(as_count(sent), "change")),
    };
    text
}

/// What a repair leaves, and what to do about it.
fn left(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let unsent = report.drift().saturating_sub(report.repairs);
    if unsent > 0 {
        let changes = count(as_count(unsent), "change");
        let _ = write!(text, "\n{changes} not taken by the queue: verify again with --repair");
    }
    let jobs = report.count(Kind::Unschedulable);
    if jobs > 0 {
        let jobs = count(as_count(jobs), "job");
        let _ = write!(text, "\n{jobs} left: change them, or deploy the plugin of their type");
    }
    text
}

fn as_count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scheduler_runtime::reconcile::{Difference, Differences};

    fn report(found: &[(Kind, u64)], repairs: u64) -> Report {
        let of = |(kind, count): &(Kind, u64)| {
            let schedule = "u-0".to_owned();
            let one = Difference { schedule, job: None, what: "it is so".to_owned() };
            (*kind, Differences { count: *count, examples: vec![one] })
        };
        Report { differences: found.iter().map(of).collect(), repairs, ..Report::default() }
    }

    fn code(report: &Report, repair: bool) -> u8 {
        ended(report, repair).map_or_else(|failure| failure.code(), |()| 0)
    }

    #[test]
    fn only_what_is_in_step_or_all_on_its_way_ends_well() {
        let stale = (Kind::Stale, 3);
        let stuck = (Kind::Unschedulable, 1);
        assert_eq!((code(&report(&[], 0), false), code(&report(&[], 0), true)), (0, 0));
        assert_eq!(code(&report(&[stale], 0), false), 4);
        assert_eq!(code(&report(&[stale], 3), true), 0);
        // The queue refused one.
        let refused = report(&[stale], 2);
        assert_eq!(code(&refused, true), 4);
        assert!(left(&refused).contains("1 change not taken by the queue"), "{}", left(&refused));
        // A job that no schedule can be made of stays so, even if its schedule of old is removed.
        for repairs in [3, 4] {
            let left_over = report(&[stale, stuck], repairs);
            assert_eq!(code(&left_over, true), 4, "{repairs}");
            assert!(left(&left_over).contains("1 job left"), "{}", left(&left_over));
            assert!(!left(&left_over).contains("not taken"), "{}", left(&left_over));
        }
    }

    #[test]
    fn what_could_not_be_looked_at_is_a_failure_whatever_was_found() {
        let why = scheduler_runtime::ports::Failure::new("list schedules", "the network is down");
        let end = End::Failed { at: Cursor::default(), why };
        let report = Report { end, ..report(&[(Kind::Missing, 1)], 1) };
        assert_eq!((code(&report, false), code(&report, true)), (1, 1));
    }
}
