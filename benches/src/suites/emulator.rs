//! A whole deployment on the AWS emulator: from a request to the schedule that follows it.
//!
//! Most of it is the emulator's own: how often it looks at its streams and queues. On AWS Lambda
//! looks at a stream several times a second, and at a queue all the time.

use super::{Measures, Suite};
use crate::bench::Bench;
use crate::table::{Row, Table, Unit};
use scheduler_tests::outcome::{Outcome, fail};
use scheduler_tests::support::aws::Aws;
use scheduler_tests::support::cognito;
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::emulator::Emulator;
use scheduler_tests::support::project::{ENV, Project, REGION};
use scheduler_tests::support::scheduler::Scheduler;
use scheduler_tests::tools;
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};
use ureq::http::Method;

pub(super) const SUITE: Suite = Suite {
    name: "emulator",
    what: "from PUT to the schedule on the AWS emulator (needs the tools that `cargo ci` sets up)",
    subject: Measures::Deployment,
    run,
};

const TYPE: &str = "[job_types.ping]\nschema = { properties = { n = { type = \"integer\" } } }\n";
/// Changes that are waited for one by one; one run is a trial that it works.
const CHANGES: usize = 200;
const FEW: usize = 5;
/// Between two looks at a schedule: more of them would keep the emulator from its work.
const LOOKS: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(60);

fn run(bench: &Bench) -> Outcome<Vec<Table>> {
    let changes = if bench.runs == 1 { FEW } else { CHANGES };
    let tools = tools::setup()?;
    let emulator = Emulator::start(&tools, "figures")?;
    let project = Project::of(TYPE)?;
    project.share_target()?;
    let aws = Aws::new(emulator.endpoint(), REGION);
    let scheduler = Scheduler::of(project.path()).at(emulator.endpoint()).with_path(tools.path()?);
    scheduler.succeed(&["deploy", "--env", ENV, "--yes"])?;
    let changed = Changed::new(Deployed::of(&scheduler, &aws, ENV)?)?;
    let (mut answered, mut followed) = (Vec::new(), Vec::new());
    // The first one starts the functions.
    for nth in 0..=changes {
        let (answer, schedule) = changed.once(nth)?;
        if nth > 0 {
            answered.push(answer);
            followed.push(schedule);
        }
    }
    let row = |name: &str, mut times: Vec<Duration>| {
        times.sort_unstable();
        let at = |share: f64| {
            let nth = (times.len() as f64 * share).ceil() as usize;
            times.get(nth.saturating_sub(1)).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        Row { name: name.to_owned(), values: vec![at(0.5), at(0.99)], ..Row::default() }
    };
    Ok(vec![Table {
        name: "delay",
        what: format!("from PUT on, in ms, {changes} times, one after the other"),
        unit: Unit::Milliseconds,
        columns: vec!["median".to_owned(), "99 %".to_owned()],
        rows: vec![row("answered", answered), row("schedule updated", followed)],
    }])
}

/// A job that is changed again and again.
struct Changed {
    deployed: Deployed,
    token: String,
    job: Value,
    /// Where its schedule is looked at.
    schedule: String,
}

impl Changed {
    fn new(deployed: Deployed) -> Outcome<Self> {
        let user = cognito::sign_in(&deployed.aws, &deployed.pool, "ada@example.com")?;
        let job = deployed.api.create(&user.token, &job(usize::MAX))?;
        let path = format!("/schedules?ScheduleGroup={}", deployed.group);
        let began = Instant::now();
        let name = loop {
            let listed = deployed.aws.get("scheduler", &path)?;
            match listed["Schedules"][0]["Name"].as_str() {
                Some(name) => break name.to_owned(),
                None if began.elapsed() > PATIENCE => return fail("the job gets no schedule"),
                None => thread::sleep(LOOKS),
            }
        };
        let schedule = format!("/schedules/{name}?groupName={}", deployed.group);
        Ok(Self { deployed, token: user.token, job, schedule })
    }

    /// When it was answered, and when the schedule was as wanted, from the request on.
    fn once(&self, nth: usize) -> Outcome<(Duration, Duration)> {
        let path = format!("/job/update/{}", self.job["job_id"]);
        let began = Instant::now();
        self.deployed.api.ok(&self.token, Method::PUT, &path, &job(nth))?;
        let answered = began.elapsed();
        loop {
            let found = self.deployed.aws.get("scheduler", &self.schedule)?;
            let input = found["Target"]["Input"].as_str().unwrap_or_default();
            let tick: Value = serde_json::from_str(input)?;
            if tick["n"] == nth {
                return Ok((answered, began.elapsed()));
            }
            if began.elapsed() > PATIENCE {
                return fail(format!("change {nth} does not arrive: {found}"));
            }
            thread::sleep(LOOKS);
        }
    }
}

fn job(n: usize) -> Value {
    json!({ "job_type": "ping", "sleep_time": 86_400, "n": n })
}
