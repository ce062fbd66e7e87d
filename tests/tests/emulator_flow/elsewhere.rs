//! Ticks that leave the project: the webhook calls a server, and a queue and a function that somebody
//! else made get theirs.

use crate::stage::{Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::aws::{LOGS, SQS};
use scheduler_tests::support::cognito::{self, User};
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::project::{ENV, Project, REGION, Recorder};
use scheduler_tests::support::{poll, webhook};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use ureq::http::Method;

const MINUTE: Duration = Duration::from_secs(60);
/// The emulator's account.
const ACCOUNT: &str = "000000000000";
/// Whose function gets ticks of two types: its own, and one that names it.
const RECORDER: Recorder = Recorder { name: "recorder", job_type: "its_own", buffer: "none" };

#[test]
fn ticks_reach_a_server_a_queue_and_a_function_of_somebody_elses() -> Outcome {
    let project = Project::new(&["webhook"])?;
    let manifest = project.path().join("scheduler.toml");
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, text.replace("/plugins/webhook\"", "/plugins/webhook\", \"plugins/*\""))?;
    // The emulator's CloudFormation resolves no parameter.
    project.append(&format!("environment.SIGNING_KEY = {:?}\n", webhook::secret()))?;
    project.add(RECORDER)?;
    let stage = Stage::of("elsewhere", project)?;
    stage.deploy()?;
    let queue = theirs(&stage)?;
    let deployed = stage.deploy()?;
    open_to_the_topic(&stage, &queue, &deployed.topic)?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;

    a_queue_of_somebody_elses_gets_the_job(&stage, &deployed, &user, &queue)?;
    a_function_of_somebody_elses_gets_the_job(&deployed, &user)?;
    webhook::works(&deployed.api, &user.token, || said(&stage, &deployed))?;
    stage.aws.json(SQS, "DeleteQueue", &json!({ "QueueUrl": queue }))?;
    destroy_leaves_nothing(&stage, &deployed)
}

/// A queue that exists already, and job types for it and for the recorder's function; answers the
/// queue's address.
fn theirs(stage: &Stage) -> Outcome<String> {
    let made = stage.aws.json(SQS, "CreateQueue", &json!({ "QueueName": "theirs" }))?;
    let queue = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:theirs");
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:flow-{ENV}-recorder");
    let schema = "{ properties = { url = { type = \"string\" } } }";
    for (name, key, arn) in [("queued", "queue_arn", queue), ("called", "function_arn", function)] {
        let consumer = format!("consumer = {{ {key} = \"{arn}\" }}");
        stage.project.append(&format!("\n[job_types.{name}]\nschema = {schema}\n{consumer}\n"))?;
    }
    Ok(made["QueueUrl"].as_str().unwrap_or_default().to_owned())
}

/// What `examples/external-queue` tells the queue's owner to do.
fn open_to_the_topic(stage: &Stage, queue: &str, topic: &str) -> Outcome {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:theirs"),
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]});
    let attributes = json!({"QueueUrl": queue, "Attributes": {"Policy": policy.to_string()}});
    stage.aws.json(SQS, "SetQueueAttributes", &attributes)?;
    Ok(())
}

fn run(deployed: &Deployed, user: &User, job: &Value) -> Outcome<Value> {
    let job = deployed.api.create(&user.token, job)?;
    schedule_of(deployed, &job)?;
    let path = format!("/job/{}/run", job["job_id"]);
    deployed.api.ok(&user.token, Method::POST, &path, &Value::Null)?;
    Ok(job)
}

fn a_queue_of_somebody_elses_gets_the_job(
    stage: &Stage,
    deployed: &Deployed,
    user: &User,
    queue: &str,
) -> Outcome {
    let job = json!({"job_type": "queued", "sleep_time": 86_400, "url": "Zoë \u{1f680}"});
    let job = run(deployed, user, &job)?;
    let got = poll::until("the tick in the queue", MINUTE, || {
        let got = stage.aws.json(SQS, "ReceiveMessage", &json!({ "QueueUrl": queue }))?;
        Ok(got["Messages"][0]["Body"].as_str().map(str::to_owned))
    })?;
    // Raw: the job itself, without an envelope.
    let got: Value = serde_json::from_str(&got)?;
    for field in ["user_id", "user_email", "job_id", "job_type", "sleep_time", "url"] {
        ensure(got[field] == job[field], || format!("`{field}` of {got} in place of {job}"))?;
    }
    ensure(got.as_object().is_some_and(|fields| fields.len() == 6), || format!("{got}"))
}

fn a_function_of_somebody_elses_gets_the_job(deployed: &Deployed, user: &User) -> Outcome {
    let inbox = Page::serve("")?;
    let job = json!({"job_type": "called", "sleep_time": 86_400, "url": inbox.url()});
    let job = run(deployed, user, &job)?;
    let told = poll::until("the tick at the function", MINUTE, || {
        Ok(inbox.posted().first().map(|body| serde_json::from_str::<Value>(body)))
    })??;
    let right = told["through"] == "topic" && told["job"]["job_type"] == "called";
    ensure(right && told["job"]["job_id"] == job["job_id"], || format!("{told}"))
}

fn said(stage: &Stage, deployed: &Deployed) -> Outcome<String> {
    let group = format!("/aws/lambda/{}-webhook", deployed.stack);
    let events = stage.aws.json(LOGS, "FilterLogEvents", &json!({ "logGroupName": group }))?;
    let events = events["events"].as_array().into_iter().flatten();
    Ok(events.filter_map(|event| event["message"].as_str()).collect())
}
