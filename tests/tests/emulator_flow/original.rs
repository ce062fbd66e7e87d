//! A consumer that was written for the original system runs as it is, moved as the page on moving
//! says: its package script, its bucket and its mail template, and boto3.

use crate::stage::{Stage, destroy_leaves_nothing};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::places;
use scheduler_tests::support::aws::LOGS;
use scheduler_tests::support::cognito::{self, User};
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::markdown::{Step, steps};
use scheduler_tests::support::page::Page;
use scheduler_tests::support::project::{Project, SENDER};
use scheduler_tests::support::{outbox, poll};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use ureq::http::Method;

#[test]
fn a_consumer_of_the_original_system_runs_unchanged() -> Outcome {
    let project = Project::new(&[])?;
    let plugin = project.path().join("plugins/html-checker");
    places::copy_folder(&places::repository().join("tests/fixtures/original"), &plugin)?;
    for step in steps(&fs::read_to_string(places::repository().join("docs/moving.md"))?)? {
        let Step::Write { path, text } = step else { return fail("a page with another step") };
        fs::write(project.path().join(path), without_the_template(&text)?)?;
    }
    let stage = Stage::of("original", project)?;
    outbox::verify_sender(&stage.aws, SENDER)?;
    make_the_template(&stage)?;
    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    let page = Page::serve("<p>one</p>")?;
    let url = page.url();
    let job = json!({"job_type": "html_monitor_job", "sleep_time": 86_400, "url": url});
    let job = deployed.api.create(&user.token, &job)?;
    run(&deployed, &user, &job)?;
    let seen = Duration::from_secs(60);
    poll::until_true("the page to be asked for", seen, || Ok(page.visits() > 0))?;
    deployed.wait_until_quiet()?;
    page.change("<p>two</p>");
    run(&deployed, &user, &job)?;
    let mails = poll::until("a mail about the change", seen, || {
        let mails = outbox::mails(&deployed.aws)?;
        Ok((!mails.is_empty()).then_some(mails))
    });
    let mails = mails.or_else(|error| fail(format!("{error}\n{}", log(&stage, &deployed)?)))?;
    ensure(mails[0].to == [user.email.clone()], || format!("{mails:?}"))?;
    deployed.wait_until_quiet()?;
    destroy_leaves_nothing(&stage, &deployed)
}

/// The emulator's CloudFormation knows no templates of SES: this one is made beside it.
const TEMPLATE: &str = "page-changed";

fn without_the_template(text: &str) -> Outcome<String> {
    let mut whole: Value = match serde_json::from_str(text) {
        Ok(whole) => whole,
        Err(_) => {
            let named = text.replace("{ ref = \"PageChanged\" }", &format!("\"{TEMPLATE}\""));
            return Ok(named.replace("${PageChanged}", TEMPLATE));
        }
    };
    if let Some(resources) = whole["Resources"].as_object_mut() {
        let taken = resources.remove("PageChanged");
        ensure(taken.is_some(), || "the page makes no template".to_owned())?;
    }
    Ok(whole.to_string())
}

fn make_the_template(stage: &Stage) -> Outcome {
    let reply = stage.aws.query(
        "ses",
        &[
            ("Action", "CreateTemplate"),
            ("Version", "2010-12-01"),
            ("Template.TemplateName", TEMPLATE),
            ("Template.SubjectPart", "A page has changed"),
            ("Template.HtmlPart", "<p>{{url}}</p><pre>{{diff_html}}</pre>"),
        ],
    )?;
    ensure(reply.status == 200, || format!("SES refused the template: {}", reply.body))
}

/// What the function said.
fn log(stage: &Stage, deployed: &Deployed) -> Outcome<String> {
    let group = format!("/aws/lambda/{}-html-checker", deployed.stack);
    let events = stage.aws.json(LOGS, "FilterLogEvents", &json!({ "logGroupName": group }))?;
    let events = events["events"].as_array().into_iter().flatten();
    Ok(events.filter_map(|event| event["message"].as_str()).collect())
}

fn run(deployed: &Deployed, user: &User, job: &Value) -> Outcome {
    let path = format!("/job/{}/run", job["job_id"]);
    deployed.api.ok(&user.token, Method::POST, &path, &Value::Null)?;
    Ok(())
}
