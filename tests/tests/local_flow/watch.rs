//! A page is watched on this machine: html-checker, its state and its outbox.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::local::Local;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::poll;
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;
use ureq::http::Method;

/// A build of html-checker may come first.
const LONG: Duration = Duration::from_secs(120);

#[test]
fn a_changed_page_is_mailed_once() -> Outcome {
    let project = Project::new(&["html-checker"])?;
    let scheduler = Scheduler::of(project.path());
    // A minute of the jobs' clock takes half a second.
    let local = Local::start(&scheduler, &["--speed", "120", "--user", "ada@example.com"])?;
    let page = Page::serve("<html><body><p>one bright morning</p></body></html>")?;
    let wanted = json!({"job_type": "html_monitor_job", "sleep_time": 60, "url": page.url()});
    let job = local.api.create("", &wanted)?;
    finished_runs(&local, &job, 2)?;
    let outbox = local.folder("outbox");
    ensure(mails(&outbox)?.is_empty(), || "nothing changed, but a mail went out".into())?;

    page.change("<html><body><p>one <b>rainy</b> morning</p></body></html>");
    let mail = poll::until("a mail about the change", LONG, || Ok(mails(&outbox)?.pop()))?;
    let told = format!("{mail}\n{}", local.said());
    for text in ["ada@example.com", "rainy"] {
        ensure(mail.contains(text), || told.clone())?;
    }
    let runs = finished_runs(&local, &job, 4)?;
    ensure(mails(&outbox)?.len() == 1, || "one change, but another mail".into())?;
    for run in runs {
        ensure(run["state"] == "succeeded", || format!("{run}\n{}", local.said()))?;
    }
    let shown = local.api.ok("", Method::GET, "/job/0", &Value::Null)?;
    ensure(shown["last_run"]["state"] == "succeeded", || format!("{shown}"))?;
    local.stop()
}

/// The job's runs, as soon as so many have ended.
fn finished_runs(local: &Local, job: &Value, least: usize) -> Outcome<Vec<Value>> {
    let path = format!("/job/{}/runs", job["job_id"]);
    poll::until("the job to run", LONG, || {
        let runs = local.api.ok("", Method::GET, &path, &Value::Null)?;
        let ended = runs.as_array().into_iter().flatten().filter(|run| !run["ended_at"].is_null());
        let ended: Vec<Value> = ended.cloned().collect();
        Ok((ended.len() >= least).then_some(ended))
    })
}

fn mails(outbox: &Path) -> Outcome<Vec<String>> {
    let Ok(entries) = fs::read_dir(outbox) else { return Ok(Vec::new()) };
    let mut mails = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            mails.push(fs::read_to_string(path)?);
        }
    }
    Ok(mails)
}
