//! How long runs are kept: as long as `--keep-runs` says.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::local::{Local, by_hand};
use scheduler_tests::support::poll;
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::{Value, json};
use std::time::Duration;
use ureq::http::Method;

const HOUR_MS: i64 = 3_600_000;

#[test]
fn runs_are_kept_for_so_many_days() -> Outcome {
    let project = Project::of("[job_types.beat]\nschema = {}\n")?;
    let scheduler = Scheduler::of(project.path());
    let runs = |local: &Local, job: i64| -> Outcome<usize> {
        let runs = local.api.ok("", Method::GET, &format!("/job/{job}/runs"), &Value::Null)?;
        Ok(runs.as_array().map_or(0, Vec::len))
    };
    let local = Local::start(&scheduler, &[])?;
    for job in 0..3 {
        local.api.create("", &json!({"job_type": "beat", "sleep_time": 86_400}))?;
        let minute = Duration::from_secs(60);
        poll::until_true("its first run", minute, || Ok(runs(&local, job)? == 1))?;
    }
    local.stop()?;
    let data = project.path().join(".scheduler/local");
    for (job, hours) in [(0, 12), (1, 48), (2, 96)] {
        let ago = hours * HOUR_MS;
        by_hand(
            &data,
            &format!("UPDATE runs SET ended_ms = ended_ms - {ago} WHERE job_id = {job}"),
        )?;
    }
    for (days, gone, left) in [("3", 2, [1, 1, 0]), ("1", 1, [1, 0, 0])] {
        let local = Local::start(&scheduler, &["--keep-runs", days])?;
        poll::until_true("an old run to go", Duration::from_secs(60), || {
            Ok(runs(&local, gone)? == 0)
        })?;
        let kept = [runs(&local, 0)?, runs(&local, 1)?, runs(&local, 2)?];
        ensure(kept == left, || format!("--keep-runs {days} leaves {kept:?}"))?;
        local.stop()?;
    }
    Ok(())
}
