//! What the server makes of a project that changes under it, and of a stop in the middle of a run.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::local::Local;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::poll;
use scheduler_tests::support::project::{Project, Recorder};
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use ureq::http::Method;

const MINUTE: Duration = Duration::from_secs(60);
const ONE: Recorder = Recorder { name: "one", job_type: "first_type", buffer: "queue" };
const TWO: Recorder = Recorder { name: "two", job_type: "second_type", buffer: "none" };

fn job(recorder: Recorder, inbox: &Page) -> Value {
    json!({"job_type": recorder.job_type, "sleep_time": 86_400, "url": inbox.url()})
}

#[test]
fn a_watched_project_is_taken_over_while_it_changes() -> Outcome {
    let project = Project::new(&[])?;
    project.add(ONE)?;
    let local = Local::start(&Scheduler::of(project.path()), &["--watch"])?;
    let inbox = Page::serve("")?;
    local.api.create("", &job(ONE, &inbox))?;
    poll::until_true("the first run", MINUTE, || Ok(inbox.posted().len() == 1))?;

    let handler = project.path().join("plugins/one/bootstrap");
    let code = fs::read_to_string(&handler)?;
    fs::write(&handler, code.replace("\"through\": through", "\"through\": \"new code\""))?;
    taken_over(&local, 1)?;
    local.api.ok("", Method::POST, "/job/0/run", &Value::Null)?;
    poll::until_true("a run of the new code", MINUTE, || {
        Ok(inbox.posted().last().is_some_and(|told| told.contains("new code")))
    })?;

    let manifest = project.path().join("scheduler.toml");
    let good = fs::read_to_string(&manifest)?;
    fs::write(&manifest, format!("{good}\nnonsense = 1\n"))?;
    poll::until_true("the mistake to be told", MINUTE, || {
        Ok(local.said().contains("the project as it was goes on"))
    })?;
    ensure(local.said().contains("`nonsense`"), || local.said())?;
    local.api.ok("", Method::POST, "/job/0/run", &Value::Null)?;
    poll::until_true("a run all the same", MINUTE, || Ok(inbox.posted().len() == 3))?;

    fs::write(&manifest, good)?;
    project.add(TWO)?;
    poll::until_true("the second plugin", MINUTE, || {
        let made = local.api.call("", Method::POST, "/job/create", &job(TWO, &inbox))?;
        Ok(made.status == 200)
    })?;
    poll::until_true("its first run", MINUTE, || {
        Ok(inbox.posted().iter().any(|told| told.contains("second_type")))
    })?;
    local.stop()
}

#[test]
fn inputs_elsewhere_are_watched_and_a_build_that_fails_changes_nothing() -> Outcome {
    let (project, elsewhere) = (Project::new(&[])?, tempfile::tempdir()?);
    project.add(ONE)?;
    let plugin = elsewhere.path().join("one");
    fs::rename(project.path().join("plugins/one"), &plugin)?;
    project.add(TWO)?;
    let manifest = project.path().join("scheduler.toml");
    let more = format!("\"plugins/*\", {:?}", plugin.display().to_string());
    fs::write(&manifest, fs::read_to_string(&manifest)?.replace("\"plugins/*\"", &more))?;
    // Its own files, which change all the time, are no change of the project.
    let local = Local::start(&Scheduler::of(project.path()), &["--watch", "--data-dir", "data"])?;
    let inbox = Page::serve("")?;
    local.api.create("", &job(ONE, &inbox))?;
    poll::until_true("the first run", MINUTE, || Ok(inbox.posted().len() == 1))?;

    let handler = plugin.join("bootstrap");
    let code = fs::read_to_string(&handler)?;
    let write = |what: &str| {
        fs::write(
            &handler,
            code.replace("\"through\": through", &format!("\"through\": \"{what}\"")),
        )
    };
    let runs = |what: &str, times: usize| -> Outcome {
        local.api.ok("", Method::POST, "/job/0/run", &Value::Null)?;
        poll::until_true("one more run", MINUTE, || Ok(inbox.posted().len() == times))?;
        let last = inbox.posted().pop().unwrap_or_default();
        ensure(last.contains(what), || format!("{last}\n{}", local.said()))
    };
    write("second code")?;
    taken_over(&local, 1)?;
    runs("second code", 2)?;

    let complaints = |times: usize| {
        poll::until_true("the mistake to be told", MINUTE, || {
            Ok(local.said().matches("the project as it was goes on").count() >= times)
        })
    };
    let script = project.path().join("plugins/two/bin/package_lambda_entrypoint");
    let good = fs::read_to_string(&script)?;
    fs::write(&script, "#!/bin/sh\nexit 1\n")?;
    complaints(1)?;
    write("third code")?;
    complaints(2)?;
    let unpacked = project.path().join(".scheduler/build/local/one/bootstrap");
    let there = fs::read_to_string(&unpacked)?;
    ensure(there.contains("second code"), || format!("{there}\n{}", local.said()))?;
    runs("second code", 3)?;
    fs::write(&script, good)?;
    taken_over(&local, 2)?;
    runs("third code", 4)?;
    let told = local.said().matches("took over the changed project").count();
    ensure(told == 2, || format!("{told} changes in place of 2:\n{}", local.said()))?;
    local.stop()
}

fn taken_over(local: &Local, times: usize) -> Outcome {
    poll::until_true("the change to be taken over", MINUTE, || {
        Ok(local.said().matches("took over the changed project").count() >= times)
    })
}

#[test]
fn a_stop_hands_back_what_does_not_end_in_time() -> Outcome {
    let project = Project::new(&[])?;
    project.add(ONE)?;
    let handler = project.path().join("plugins/one/bootstrap");
    let code = fs::read_to_string(&handler)?;
    let hangs = code
        .replace("def record(message):", "def record(message):\n    __import__('time').sleep(20)");
    fs::write(&handler, hangs)?;
    let scheduler = Scheduler::of(project.path());
    let inbox = Page::serve("")?;
    let local = Local::start(&scheduler, &[])?;
    local.api.create("", &job(ONE, &inbox))?;
    poll::until_true("the run to begin", MINUTE, || {
        let runs = local.api.ok("", Method::GET, "/job/0/runs", &Value::Null)?;
        Ok(runs[0]["state"] == "running")
    })?;
    local.stop()?;
    ensure(inbox.posted().is_empty(), || "the run ended after all".into())?;

    fs::write(&handler, code)?;
    let local = Local::start(&scheduler, &[])?;
    poll::until_true("the run that was handed back", MINUTE, || Ok(inbox.posted().len() == 1))?;
    let runs = poll::until("its end", MINUTE, || {
        let runs = local.api.ok("", Method::GET, "/job/0/runs", &Value::Null)?;
        Ok((runs[0]["state"] == "succeeded").then_some(runs))
    })?;
    ensure(runs.as_array().is_some_and(|runs| runs.len() == 1), || format!("{runs}"))?;
    ensure(runs[0]["attempt"] == 1, || format!("a stop counted as an attempt: {runs}"))?;
    local.stop()
}
