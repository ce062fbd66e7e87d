//! `scheduler verify --env local`: running, stopped, and after somebody wrote into the file.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::contract::TYPE;
use scheduler_tests::support::local::{Local, by_hand};
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::{Finished, Scheduler};
use serde_json::{Value, json};

/// What somebody may do to the file, and what is told of it.
const DEEDS: [(&str, &str, &str, &str); 9] = [
    (
        "DELETE FROM schedules WHERE job_id = 0",
        "missing",
        "you@example.com-0",
        "it has no schedule",
    ),
    (
        "UPDATE schedules SET minutes = 7 WHERE job_id = 1",
        "altered",
        "you@example.com-1",
        "the rate, the retries",
    ),
    ("DELETE FROM jobs WHERE job_id = 2", "orphaned", "you@example.com-2", "its job is gone"),
    (
        "UPDATE schedules SET enabled = 0 WHERE job_id = 3",
        "wrong_state",
        "you@example.com-3",
        "it is switched off",
    ),
    ("UPDATE schedules SET rev = 9 WHERE job_id = 4", "stale", "you@example.com-4", "the revision"),
    (
        "UPDATE schedules SET next_fire = next_fire + 864000 WHERE job_id = 5",
        "altered",
        "you@example.com-5",
        "the first run, too far ahead",
    ),
    (
        "UPDATE schedules SET job_type = 'another' WHERE job_id = 6",
        "altered",
        "you@example.com-6",
        "the job type",
    ),
    (
        "UPDATE schedules SET anchor = anchor - 7 WHERE job_id = 7",
        "altered",
        "you@example.com-7",
        "the phase",
    ),
    (
        "INSERT INTO schedules SELECT 'nobodys', user_id, job_id, job_type, rev, minutes, enabled, input, anchor, next_fire FROM schedules WHERE job_id = 8",
        "orphaned",
        "",
        "no job has this name",
    ),
];

struct Here {
    project: Project,
    scheduler: Scheduler,
}

impl Here {
    fn new() -> Outcome<Self> {
        let project = Project::of(TYPE)?;
        let scheduler = Scheduler::of(project.path());
        Ok(Self { project, scheduler })
    }

    fn verify(&self, more: &[&str]) -> Outcome<Finished> {
        self.scheduler.run(&[&["verify", "--env", "local"][..], more].concat())
    }

    fn agrees(&self) -> Outcome {
        let done = self.verify(&[])?;
        let is_so = done.code == 0 && done.stdout.contains("every job has its schedule");
        ensure(is_so, || done.told(&["verify"]))
    }

    fn with_jobs(&self) -> Outcome<Local> {
        let local = Local::start(&self.scheduler, &[])?;
        for number in 0..9 {
            let job = json!({"job_type": "contract_job", "sleep_time": 86_400, "text": number.to_string()});
            local.api.create("", &job)?;
        }
        // A server that is stopped leaves what waits to the next one.
        self.agrees()?;
        Ok(local)
    }

    fn meddle(&self) -> Outcome {
        let data = self.project.path().join(".scheduler/local");
        DEEDS.iter().try_for_each(|(sql, ..)| by_hand(&data, sql))
    }

    /// Every deed is told, in AWS's words, and nothing else.
    fn differs(&self) -> Outcome {
        let done = self.verify(&["--json"])?;
        let told = || done.told(&["verify"]);
        ensure(done.code == 4, told)?;
        let answer: Value = serde_json::from_str(&done.stdout)?;
        ensure(answer["in_step"] == false && answer["report"]["end"] == "done", told)?;
        let differences = &answer["report"]["differences"];
        for (_, kind, job, what) in DEEDS {
            let examples = differences[kind]["examples"].as_array().into_iter().flatten();
            let found = examples.filter(|one| one["job"].as_str().unwrap_or_default() == job);
            ensure(found.clone().count() == 1, || format!("{kind} {job}: {differences}"))?;
            ensure(found.clone().all(|one| one["what"] == what), || format!("{differences}"))?;
        }
        let counted = differences.as_object().into_iter().flatten();
        let total: u64 = counted.filter_map(|(_, kind)| kind["count"].as_u64()).sum();
        ensure(total == 9, || format!("{total} differences: {differences}"))?;
        let words = self.verify(&[])?.stdout;
        let line = "job you@example.com-0, schedule h.";
        ensure(words.contains("1 missing") && words.contains(line), || words.clone())
    }

    fn mends(&self) -> Outcome {
        let done = self.verify(&["--repair"])?;
        let told = || done.told(&["verify", "--repair"]);
        ensure(done.code == 0 && done.stdout.contains("9 changes sent to be mended"), told)?;
        let after = done.stdout.split("afterwards: ").nth(1).unwrap_or_default();
        ensure(after.contains("every job has its schedule"), told)?;
        self.agrees()
    }
}

#[test]
fn what_is_out_of_step_is_told_and_mended_beside_a_server_that_runs() -> Outcome {
    let here = Here::new()?;
    let none = here.verify(&[])?;
    ensure(none.code == 1 && none.stderr.contains("no local system has run there"), || {
        none.told(&[])
    })?;
    let local = here.with_jobs()?;
    here.meddle()?;
    here.differs()?;
    here.mends()?;
    local.stop()?;
    here.agrees()
}

#[test]
fn what_is_out_of_step_is_told_and_mended_while_nothing_runs() -> Outcome {
    let here = Here::new()?;
    here.with_jobs()?.stop()?;
    here.agrees()?;
    here.meddle()?;
    here.differs()?;
    // What changed just now is left alone where somebody asks for it, as on AWS.
    let grace = here.verify(&["--grace", "900"])?;
    ensure(grace.stdout.contains("changed just now and left alone"), || grace.told(&["--grace"]))?;
    here.mends()?;
    let sample = here.scheduler.json(&["verify", "--env", "local", "--sample", "0"])?;
    ensure(sample["report"]["compared"] == 0 && sample["report"]["jobs"] == 8, || {
        sample.to_string()
    })?;
    let all = here.scheduler.json(&["verify", "--env", "local"])?;
    ensure(all["report"]["compared"] == 8 && all["in_step"] == true, || all.to_string())
}

#[test]
fn a_job_whose_type_is_gone_is_told_as_on_aws() -> Outcome {
    let here = Here::new()?;
    here.with_jobs()?.stop()?;
    let manifest = here.project.path().join("scheduler.toml");
    let text = std::fs::read_to_string(&manifest)?.replace("contract_job", "another_job");
    std::fs::write(manifest, text)?;
    let done = here.verify(&["--json"])?;
    let answer: Value = serde_json::from_str(&done.stdout)?;
    let kind = &answer["report"]["differences"]["unschedulable"];
    ensure(done.code == 4 && kind["count"] == 9, || done.told(&["verify"]))?;
    let what = kind["examples"][0]["what"].as_str().unwrap_or_default();
    ensure(what.starts_with("no plugin defines the job type `contract_job`"), || what.to_owned())
}
