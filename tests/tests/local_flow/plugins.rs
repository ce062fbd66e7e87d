//! Plugins of this repository and of the original system, on this machine.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::places;
use scheduler_tests::support::local::Local;
use scheduler_tests::support::markdown::{Step, steps};
use scheduler_tests::support::page::Page;
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::Scheduler;
use scheduler_tests::support::{poll, webhook};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;
use ureq::http::Method;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_webhook_calls_what_it_may_and_signs_it() -> Outcome {
    let project = Project::new(&["webhook"])?;
    project.append(&format!("environment.SIGNING_KEY = {:?}\n", webhook::secret()))?;
    let local = Local::start(&Scheduler::of(project.path()), &["--env", "dev"])?;
    webhook::works(&local.api, "", || Ok(local.said()))?;
    local.stop()
}

/// As it is deployed, with a small model of boto3 on Python's path: this machine has no S3 and no SES.
#[test]
fn a_consumer_of_the_original_system_runs_unchanged_in_both_envelopes() -> Outcome {
    let project = moved()?;
    let aws = project.path().join("aws");
    let fakes = places::repository().join("runtime/plugin/tests/languages/fakes/python");
    let variables = [
        ("PYTHONPATH", fakes.display().to_string()),
        ("FAKE_AWS", aws.display().to_string()),
        ("BUCKET_NAME", "pages".to_owned()),
        ("TEMPLATE_NAME", "page-changed".to_owned()),
    ];
    project.append("[env.dev.plugins.html-checker.environment]\n")?;
    for (name, value) in variables {
        project.append(&format!("{name} = {value:?}\n"))?;
    }
    for buffer in ["none", "queue"] {
        let manifest = project.path().join("plugins/html-checker/plugin.toml");
        let text = fs::read_to_string(&manifest)?;
        fs::write(&manifest, text.replace("buffer = \"none\"", &format!("buffer = {buffer:?}")))?;
        let data = project.path().join(buffer).display().to_string();
        let scheduler = Scheduler::of(project.path());
        let local = Local::start(&scheduler, &["--env", "dev", "--data-dir", &data])?;
        let watched = a_changed_page_is_mailed(&local, &aws);
        watched
            .or_else(|error| ensure(false, || format!("{buffer}: {error}\n{}", local.said())))?;
        local.stop()?;
        fs::remove_dir_all(&aws)?;
    }
    Ok(())
}

/// A project with the original's plugin, moved as the page on moving says.
fn moved() -> Outcome<Project> {
    let project = Project::new(&[])?;
    let plugin = project.path().join("plugins/html-checker");
    places::copy_folder(&places::repository().join("tests/fixtures/original"), &plugin)?;
    for step in steps(&fs::read_to_string(places::repository().join("docs/moving.md"))?)? {
        if let Step::Write { path, text } = step {
            fs::write(project.path().join(path), text)?;
        }
    }
    Ok(project)
}

fn a_changed_page_is_mailed(local: &Local, aws: &Path) -> Outcome {
    let page = Page::serve("<p>one</p>")?;
    let job = json!({"job_type": "html_monitor_job", "sleep_time": 86_400, "url": page.url()});
    let job = local.api.create("", &job)?;
    let kept = aws.join("objects");
    poll::until_true("the page to be remembered", MINUTE, || {
        Ok(fs::read_dir(&kept).is_ok_and(|mut files| files.next().is_some()))
    })?;
    page.change("<p>two</p>");
    let path = format!("/job/{}/run", job["job_id"]);
    local.api.ok("", Method::POST, &path, &Value::Null)?;
    let mail = aws.join("mails/templated.json");
    let mail = poll::until("a mail about the change", MINUTE, || {
        let text = fs::read_to_string(&mail).unwrap_or_default();
        Ok(serde_json::from_str::<Value>(&text).ok())
    })?;
    ensure(mail["TemplateData"].to_string().contains("<p>two</p>"), || format!("{mail}"))?;
    ensure(mail["Template"] == "page-changed", || format!("{mail}"))
}
