//! What every scenario stands on, and how it ends.

use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::aws::Aws;
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::emulator::Emulator;
use scheduler_tests::support::project::{ENV, Project, REGION};
use scheduler_tests::support::scheduler::Scheduler;
use scheduler_tests::support::{schedules, stacks};
use scheduler_tests::tools;
use serde_json::Value;
use std::time::Duration;

/// A schedule of one minute fires within one minute, and the emulator looks every ten seconds.
pub(crate) const ONE_TICK: Duration = Duration::from_secs(120);

/// What every scenario stands on.
pub(crate) struct Stage {
    /// The account's root.
    pub(crate) aws: Aws,
    /// The command on the project.
    pub(crate) scheduler: Scheduler,
    /// What it deploys.
    pub(crate) project: Project,
    /// Where to.
    pub(crate) emulator: Emulator,
}

impl Stage {
    pub(crate) fn set(name: &str, own_plugins: &[&str]) -> Outcome<Self> {
        Self::of(name, Project::new(own_plugins)?)
    }

    /// On this project.
    pub(crate) fn of(name: &str, project: Project) -> Outcome<Self> {
        let tools = tools::setup()?;
        let emulator = Emulator::start(&tools, name)?;
        let aws = Aws::new(emulator.endpoint(), REGION);
        let scheduler =
            Scheduler::of(project.path()).at(emulator.endpoint()).with_path(tools.path()?);
        Ok(Self { aws, scheduler, project, emulator })
    }

    /// In an account with nothing in it.
    pub(crate) fn anew(&mut self, name: &str) -> Outcome {
        let tools = tools::setup()?;
        self.emulator = Emulator::start(&tools, name)?;
        self.aws = Aws::new(self.emulator.endpoint(), REGION);
        self.scheduler = Scheduler::of(self.project.path())
            .at(self.emulator.endpoint())
            .with_path(tools.path()?);
        Ok(())
    }

    pub(crate) fn deploy(&self) -> Outcome<Deployed> {
        self.scheduler.succeed(&["deploy", "--env", ENV, "--yes"]).or_else(|error| {
            let log = self.emulator.log().display();
            fail(format!("{error}\n(the emulator's log: {log})"))
        })?;
        Deployed::of(&self.scheduler, &self.aws, ENV)
    }
}

/// Waits for a job's schedule.
pub(crate) fn schedule_of(deployed: &Deployed, job: &Value) -> Outcome<schedules::Schedule> {
    let exists = |schedule: Option<&schedules::Schedule>| schedule.is_some();
    let found = schedules::wait_for(&deployed.aws, &deployed.group, &job["job_id"], exists)?;
    found.map_or_else(|| fail("no schedule"), Ok)
}

/// Destroys the env and looks for what is left.
pub(crate) fn destroy_leaves_nothing(stage: &Stage, deployed: &Deployed) -> Outcome {
    let before = stacks::remains(&stage.aws, &deployed.stack)?;
    for kind in ["stack", "table", "queue", "schedule group", "log group"] {
        ensure(before.iter().any(|row| row.starts_with(kind)), || {
            format!("no {kind} even before: {before:?}")
        })?;
    }
    stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes"])?;
    let after = stacks::remains(&stage.aws, &deployed.stack)?;
    ensure(after.is_empty(), || format!("after destroy there are {after:?}"))
}
