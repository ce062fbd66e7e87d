//! `scheduler jobs` against the server on this machine.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::contract::TYPE;
use scheduler_tests::support::local::Local;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::poll;
use scheduler_tests::support::project::{Project, Recorder};
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const RECORDER: Recorder = Recorder { name: "recorder", job_type: "told", buffer: "none" };

#[test]
fn jobs_are_created_changed_run_and_deleted() -> Outcome {
    let project = Project::new(&[])?;
    project.add(RECORDER)?;
    let scheduler = Scheduler::of(project.path());
    let nobody = scheduler.run(&["jobs", "list", "--url", "http://127.0.0.1:9/v1"])?;
    ensure(
        nobody.code == 1 && nobody.stderr.contains("hint: start it: `scheduler local`"),
        || nobody.told(&["jobs", "list"]),
    )?;
    let local = Local::start(&scheduler, &[])?;
    let inbox = Page::serve("")?;
    let url = format!("url={}", inbox.url());
    let jobs = |words: &[&str]| scheduler.json(&[&["jobs"], words].concat());

    let made = jobs(&["create", "--type", "told", "--every", "1d", &url])?;
    ensure(made["job_id"] == 0 && made["sleep_time"] == 86_400, || format!("{made}"))?;
    let minute = Duration::from_secs(60);
    poll::until_true("its first run", minute, || Ok(inbox.posted().len() == 1))?;
    let changed = jobs(&["update", "0", "--every", "90s"])?;
    ensure(changed["sleep_time"] == 90 && changed["url"] == inbox.url(), || format!("{changed}"))?;

    jobs(&["pause", "--all"])?;
    let table = scheduler.succeed(&["jobs", "list"])?.stdout;
    ensure(table.contains("told") && table.contains("paused"), || table)?;
    jobs(&["run", "0"])?;
    poll::until_true("a run by hand", minute, || Ok(inbox.posted().len() == 2))?;
    let runs = poll::until("both runs to be written down", minute, || {
        let runs = jobs(&["runs", "0"])?;
        let ended = runs.as_array().into_iter().flatten().filter(|run| run["state"] == "succeeded");
        Ok((ended.count() == 2).then_some(runs))
    })?;
    ensure(runs[0]["consumer"] == RECORDER.name, || format!("{runs}"))?;
    jobs(&["resume", "0"])?;
    let shown = jobs(&["show", "0"])?;
    ensure(shown["enabled"] == true && shown["last_run"]["state"] == "succeeded", || {
        format!("{shown}")
    })?;
    jobs(&["delete", "0"])?;
    ensure(jobs(&["list"])? == json!([]), || "a deleted job is listed".into())?;
    let dead = scheduler.succeed(&["jobs", "dead"])?.stdout;
    ensure(dead.contains("no dead letters"), || dead)?;
    let queues = jobs(&["dead", "--env", "dev"])?;
    ensure(queues["queues"].to_string().contains("flow-dev-changes-dead.fifo"), || {
        format!("{queues}")
    })?;
    refusals_are_told(&scheduler)?;
    local.stop()
}

fn refusals_are_told(scheduler: &Scheduler) -> Outcome {
    for (words, says) in [
        (&["show", "7"][..], "there is no such job"),
        (&["delete", "7"], "there is no such job"),
        (&["dead", "--retry", "7"], "there is no dead letter `7`"),
        (&["dead", "--retry", "change-7"], "there is no dead letter"),
        (&["create", "--type", "told", "--every", "5m"], "`url` is required"),
        (&["create", "--type", "tald", "--every", "5m", "url=x"], "job_type"),
        (&["create", "--type", "told", "--every", "5m", "url"], "`url` is no field"),
        (&["create", "--type", "told", "--every", "5 weeks", "url=x"], "10m, 2h, 1d"),
    ] {
        let line = [&["jobs"], words].concat();
        let done = scheduler.run(&line)?;
        ensure(done.code == 2 && done.stderr.contains(says), || done.told(&line))?;
    }
    Ok(())
}

/// As pydantic and schemars write them: behind references, in parts, in objects and lists.
const DEFAULTS: &str = r##"
[job_types.mood]
schema = { "$defs" = { Mood = { enum = ["calm", "loud"], default = "calm" }, Retry = { type = "object", properties = { times = { type = "integer", default = 2 } } } }, allOf = [{ properties = { part = { type = "boolean", default = true } } }], properties = { mood = { "$ref" = "#/$defs/Mood" }, retry = { allOf = [{ "$ref" = "#/$defs/Retry" }], default = {} }, more = { "$ref" = "#/$defs/Retry" }, steps = { type = "array", items = { "$ref" = "#/$defs/Retry" } } } }
"##;

#[test]
fn a_default_is_put_in_wherever_the_schema_says_it() -> Outcome {
    let project = Project::of(DEFAULTS)?;
    let local = Local::start(&Scheduler::of(project.path()), &[])?;
    let fields = ["mood", "retry", "more", "steps", "part"];
    let own = |job: &Value| -> Value {
        fields
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), job.get(name)?.clone())))
            .collect()
    };
    let made = local.api.create("", &json!({"job_type": "mood", "sleep_time": 86_400}))?;
    let wanted = json!({"mood": "calm", "retry": {"times": 2}, "part": true});
    ensure(own(&made) == wanted, || format!("{made}"))?;
    let job = json!({"job_type": "mood", "sleep_time": 86_400, "mood": "loud", "part": false,
        "retry": {"times": 5}, "more": {}, "steps": [{}, {"times": 1}]});
    local.api.create("", &job)?;
    let stored = local.api.jobs("")?;
    let wanted = json!({"mood": "loud", "part": false, "retry": {"times": 5},
        "more": {"times": 2}, "steps": [{"times": 2}, {"times": 1}]});
    let kept: Vec<_> = stored.iter().map(own).collect();
    ensure(kept.contains(&wanted), || format!("{stored:?}"))?;
    local.stop()
}

#[test]
fn all_jobs_move_in_a_file() -> Outcome {
    let project = Project::of(TYPE)?;
    let scheduler = Scheduler::of(project.path());
    let local = Local::start(&scheduler, &[])?;
    for text in ["one", "two", "three"] {
        let job = json!({"job_type": "contract_job", "sleep_time": 600, "text": text});
        local.api.create("", &job)?;
    }
    scheduler.succeed(&["jobs", "pause", "1"])?;
    let file = project.path().join("jobs.json");
    let path = file.display().to_string();
    scheduler.succeed(&["jobs", "list", "--file", &path])?;
    let unasked = scheduler.run(&["jobs", "delete", "--all"])?;
    ensure(unasked.code == 3 && unasked.stderr.contains("--yes"), || unasked.told(&["jobs"]))?;
    scheduler.succeed(&["jobs", "delete", "--all", "--yes"])?;
    scheduler.succeed(&["jobs", "create", "--file", &path])?;
    let jobs = local.api.jobs("")?;
    let told: Vec<Value> =
        jobs.iter().map(|job| json!([job["job_id"], job["text"], job["enabled"]])).collect();
    ensure(
        told == [json!([3, "one", true]), json!([4, "two", false]), json!([5, "three", true])],
        || format!("{told:?}"),
    )?;

    // Once more: nothing comes twice, and what was deleted meanwhile comes back.
    let again = scheduler.succeed(&["jobs", "create", "--file", &path])?.stdout;
    ensure(again.contains("created 0 jobs; 3 of the file were there already"), || again)?;
    scheduler.succeed(&["jobs", "delete", "3"])?;
    let back = scheduler.json(&["jobs", "create", "--file", &path])?;
    ensure(back[0]["job_id"] == 6 && back[0]["text"] == "one", || back.to_string())?;
    ensure(local.api.jobs("")?.len() == 3, || "there are others".into())?;

    // A job that comes paused has not run for a moment: there is one state of it, and no run.
    let paused = scheduler.json(&["jobs", "show", "4"])?;
    ensure(paused["rev"] == 1 && paused["last_run"].is_null(), || format!("{paused}"))?;
    poll::until_true("a run of what is not paused", Duration::from_secs(60), || {
        Ok(scheduler.json(&["jobs", "runs", "5"])? != json!([]))
    })?;
    ensure(scheduler.json(&["jobs", "runs", "4"])? == json!([]), || "it ran".into())?;

    let mixed = json!([{"job_type": "contract_job", "sleep_time": 60, "text": "good"},
        {"job_type": "contract_job", "sleep_time": 0, "text": "bad"}]);
    fs::write(&file, mixed.to_string())?;
    let done = scheduler.run(&["jobs", "create", "--file", &path])?;
    let told = || done.told(&["jobs", "create"]);
    ensure(done.code == 2 && done.stderr.contains("job 2 of the file"), told)?;
    ensure(done.stderr.contains("1 of 2 jobs were not created (job 2 of the file:"), told)?;
    ensure(done.stderr.contains("created: 7") && done.stderr.contains("`sleep_time`"), told)?;
    ensure(local.api.jobs("")?.len() == 4, || "the good one was not created".into())?;
    local.stop()
}
