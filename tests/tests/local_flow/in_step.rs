//! `scheduler verify --env local`: running, stopped, and after somebody wrote into the file.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::contract::TYPE;
use scheduler_tests::support::local::Local;
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::json;
use std::path::Path;
use std::process::Command;

#[test]
fn what_is_out_of_step_is_told_and_mended() -> Outcome {
    let project = Project::of(TYPE)?;
    let scheduler = Scheduler::of(project.path());
    let verify = |more: &[&str], code: i32, told: &str| {
        let line = [&["verify", "--env", "local"][..], more].concat();
        let done = scheduler.run(&line)?;
        let said = format!("{}{}", done.stdout, done.stderr);
        ensure(done.code == code && said.contains(told), || done.told(&line))
    };
    verify(&[], 1, "no local system has run there")?;

    let local = Local::start(&scheduler, &[])?;
    for number in 0..3 {
        let job =
            json!({"job_type": "contract_job", "sleep_time": 86_400, "text": number.to_string()});
        local.api.create("", &job)?;
    }
    verify(&[], 0, "every job has its schedule")?;
    local.stop()?;
    verify(&[], 0, "every job has its schedule")?;

    let file = project.path().join(".scheduler/local/jobs.sqlite");
    by_hand(&file, "DELETE FROM schedules WHERE job_id = 0")?;
    by_hand(&file, "UPDATE schedules SET minutes = 7 WHERE job_id = 1")?;
    by_hand(&file, "DELETE FROM jobs WHERE job_id = 2")?;
    verify(&[], 4, "job 0 of `you@example.com` has no schedule")?;
    verify(&[], 4, "the schedule of job 1 of `you@example.com` is not up to date")?;
    verify(&[], 4, "there is a schedule, but no job 2 of `you@example.com`")?;
    verify(&["--repair"], 0, "every job has its schedule")?;
    verify(&[], 0, "every job has its schedule")
}

fn by_hand(file: &Path, sql: &str) -> Outcome {
    let script = "import sqlite3, sys\n\
                  with sqlite3.connect(sys.argv[1]) as db: db.execute(sys.argv[2])";
    let done = Command::new("python3").args(["-c", script]).arg(file).arg(sql).output()?;
    ensure(done.status.success(), || String::from_utf8_lossy(&done.stderr).into_owned())
}
