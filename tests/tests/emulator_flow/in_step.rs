//! Table and schedules: what somebody does to the schedules by hand is found, told and mended.

use crate::stage::{Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::aws::{DYNAMODB, EVENTS, SQS};
use scheduler_tests::support::cognito::{self, User};
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::project::{ENV, Project};
use scheduler_tests::support::{poll, schedules};
use serde_json::{Value, json};
use std::time::Duration;
use ureq::http::Method;

const TYPE: &str = "[job_types.ping]\nschema = { properties = { n = { type = \"integer\" } } }\n";
const JOBS: u64 = 5;
/// One comes and one goes later.
const LIMIT: &str = "max_jobs_per_user = 5\n";

#[test]
fn what_is_done_to_schedules_by_hand_is_found_and_mended() -> Outcome {
    let stage = Stage::of("in-step", Project::of(&format!("{LIMIT}{TYPE}"))?)?;
    doctor_says(&stage, "`flow-dev` is not there yet")?;
    let deployed = stage.deploy()?;
    doctor_says(&stage, "`flow-dev` is in CREATE_COMPLETE")?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    for number in 0..JOBS {
        schedule_of(&deployed, &deployed.api.create(&user.token, &job(number))?)?;
    }
    deployed.wait_until_quiet()?;
    let report = verify(&stage, &[], 0)?;
    ensure(report["jobs"] == JOBS && report["compared"] == JOBS, || format!("{report}"))?;

    let hand = Hand { deployed: &deployed };
    hand.deletes(0)?;
    hand.alters(1, |schedule| schedule["ScheduleExpression"] = json!("rate(7 minutes)"))?;
    hand.alters(2, |schedule| schedule["State"] = json!("DISABLED"))?;
    hand.adds("nobodys")?;
    let report = verify(&stage, &[], 4)?;
    for kind in ["missing", "altered", "wrong_state", "orphaned"] {
        let found = &report["differences"][kind];
        ensure(found["count"] == 1 && found["examples"][0]["what"].is_string(), || {
            format!("{kind}: {report}")
        })?;
    }
    is_mended(&stage)?;

    changes_that_never_arrived_are_made_up_for(&stage, &deployed, &user)?;
    a_user_has_no_more_jobs_than_the_env_allows(&deployed, &user)?;
    what_the_function_of_every_hour_finds_is_mended(&deployed, &user)?;
    deployed.wait_until_quiet()?;
    destroy_leaves_nothing(&stage, &deployed)
}

fn doctor_says(stage: &Stage, what: &str) -> Outcome {
    let told = stage.scheduler.succeed(&["doctor", "--env", ENV])?.stdout;
    ensure(told.contains(what) && told.contains("ok       credentials   account "), || told)
}

/// The report of a look at everything, and the exit code that it must have.
pub(crate) fn verify(stage: &Stage, more: &[&str], code: i32) -> Outcome<Value> {
    let line = [&["verify", "--env", ENV, "--grace", "0", "--json"][..], more].concat();
    let done = stage.scheduler.run(&line)?;
    ensure(done.code == code, || done.told(&line))?;
    let mut told: Value = serde_json::from_str(&done.stdout)?;
    Ok(told["report"].take())
}

pub(crate) fn is_mended(stage: &Stage) -> Outcome {
    verify(stage, &["--repair"], 0)?;
    let mut last = Value::Null;
    poll::until_true("everything to be mended", Duration::from_secs(60), || {
        let line = ["verify", "--env", ENV, "--grace", "0", "--json"];
        let done = stage.scheduler.run(&line)?;
        last = serde_json::from_str(&done.stdout)?;
        Ok(done.code == 0)
    })
    .or_else(|error| fail(format!("{error}: {last}")))
}

/// The controller's queue is emptied by hand while it does not listen: of a new job, a changed one
/// and one that is gone it never hears.
fn changes_that_never_arrived_are_made_up_for(
    stage: &Stage,
    deployed: &Deployed,
    user: &User,
) -> Outcome {
    let api = &deployed.api;
    listens(deployed, &json!(false))?;
    api.ok(&user.token, Method::DELETE, "/job/delete/4", &Value::Null)?;
    let changed = api.ok(&user.token, Method::PUT, "/job/update/3", &job(99))?;
    let created = api.create(&user.token, &job(JOBS))?;
    let waiting = || {
        let messages = deployed.messages()?.into_iter();
        let mut changes = messages.filter(|(url, _)| url.ends_with("-changes.fifo"));
        Ok(changes.next().filter(|(_, count)| *count == 3).map(|(url, _)| url))
    };
    let url = poll::until("three changes to be queued", Duration::from_secs(60), waiting)?;
    deployed.aws.json(SQS, "PurgeQueue", &json!({ "QueueUrl": url }))?;
    listens(deployed, &json!(true))?;
    let report = verify(stage, &[], 4)?;
    for kind in ["missing", "stale", "orphaned"] {
        ensure(report["differences"][kind]["count"] == 1, || format!("{kind}: {report}"))?;
    }
    is_mended(stage)?;
    for job in [&changed, &created] {
        let schedule = schedule_of(deployed, job)?;
        ensure(schedule.input["n"] == job["n"], || format!("{schedule:?}"))?;
    }
    let left = schedules::all(&deployed.aws, &deployed.group)?;
    ensure(left.len() as u64 == JOBS, || format!("{left:?}"))
}

/// Switches the controller's mapping on or off.
pub(crate) fn listens(deployed: &Deployed, enabled: &Value) -> Outcome {
    let listed = deployed.aws.get("lambda", "/2015-03-31/event-source-mappings")?;
    let mappings = listed["EventSourceMappings"].as_array().into_iter().flatten();
    let queue = format!("{}-changes.fifo", deployed.stack);
    let is_its = |mapping: &&Value| {
        mapping["EventSourceArn"].as_str().is_some_and(|arn| arn.ends_with(&queue))
    };
    let mapping = mappings.into_iter().find(is_its);
    let id = mapping.and_then(|mapping| mapping["UUID"].as_str()).unwrap_or_default();
    let path = format!("/2015-03-31/event-source-mappings/{id}");
    let reply = deployed.aws.rest("lambda", Method::PUT, &path, &json!({ "Enabled": enabled }))?;
    ensure(reply.status == 202 || reply.status == 200, || reply.body)
}

/// With the rights of its own role, as the rule calls it.
fn what_the_function_of_every_hour_finds_is_mended(deployed: &Deployed, user: &User) -> Outcome {
    let function = format!("{}-schedulers-reconciler", deployed.stack);
    let targets = rule_targets(deployed)?;
    ensure(targets.iter().any(|arn| arn.ends_with(&format!(":{function}"))), || {
        format!("no rule calls `{function}`: {targets:?}")
    })?;
    // What changed just now is left alone: the job is made an old one.
    let job = deployed.api.jobs(&user.token)?.swap_remove(0);
    let id = job["job_id"].as_u64().unwrap_or_default();
    let hand = Hand { deployed };
    hand.ages(id)?;
    hand.deletes(id)?;
    let table = format!("{}-items", deployed.stack);
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let reply = deployed.aws.rest("lambda", Method::POST, &path, &json!({}))?;
    let report: Value = serde_json::from_str(&reply.body)?;
    let found = &report["differences"]["missing"]["count"];
    ensure(*found == 1 && report["repairs"] == 1, || format!("{}: {report}", reply.status))?;
    schedule_of(deployed, &job)?;
    let note = json!({ "user_id": { "S": "reconciler" }, "job_id": { "N": "-2" } });
    let note = json!({ "TableName": table, "Key": note });
    let note = deployed.aws.json(DYNAMODB, "GetItem", &note)?;
    ensure(note["Item"]["progress"]["S"].is_string(), || format!("no bookmark: {note}"))?;
    let jobs = deployed.api.jobs(&user.token)?;
    ensure(jobs.len() as u64 == JOBS, || format!("the bookmark is no job: {jobs:?}"))
}

/// The functions that rules of the deployment call.
fn rule_targets(deployed: &Deployed) -> Outcome<Vec<String>> {
    let asked = json!({ "NamePrefix": deployed.stack });
    let rules = deployed.aws.json(EVENTS, "ListRules", &asked)?;
    let mut arns = Vec::new();
    for rule in rules["Rules"].as_array().into_iter().flatten() {
        let asked = json!({ "Rule": rule["Name"] });
        let found = deployed.aws.json(EVENTS, "ListTargetsByRule", &asked)?;
        let found = found["Targets"].as_array().into_iter().flatten();
        arns.extend(found.filter_map(|target| target["Arn"].as_str()).map(str::to_owned));
    }
    Ok(arns)
}

fn a_user_has_no_more_jobs_than_the_env_allows(deployed: &Deployed, user: &User) -> Outcome {
    let api = &deployed.api;
    let one_more = api.call(&user.token, Method::POST, "/job/create", &job(0))?;
    ensure(one_more.status == 403, || format!("{}: {}", one_more.status, one_more.body))?;
    api.ok(&user.token, Method::DELETE, "/job/delete/0", &Value::Null)?;
    let created = api.create(&user.token, &job(0))?;
    schedule_of(deployed, &created).map(drop)
}

fn job(n: u64) -> Value {
    json!({"job_type": "ping", "sleep_time": 86_400, "n": n})
}

/// Somebody at the console.
pub(crate) struct Hand<'a> {
    pub(crate) deployed: &'a Deployed,
}

impl Hand<'_> {
    /// The table says that nobody has changed this job for long.
    pub(crate) fn ages(&self, job_id: u64) -> Outcome {
        let written = || -> Outcome<(Value, Value)> {
            let (_, mut schedule) = self.schedule(job_id)?;
            let input = schedule["Target"]["Input"].as_str().unwrap_or_default();
            let user = serde_json::from_str::<Value>(input)?["user_id"].take();
            Ok((schedule["LastModificationDate"].take(), user))
        };
        let (before, user) = written()?;
        let key = json!({ "user_id": { "S": user }, "job_id": { "N": job_id.to_string() } });
        let aged = json!({ "TableName": format!("{}-items", self.deployed.stack), "Key": key,
            "UpdateExpression": "SET updated_at = :then",
            "ExpressionAttributeValues": { ":then": { "N": "1700000000" } } });
        self.deployed.aws.json(DYNAMODB, "UpdateItem", &aged)?;
        // That is a change, too.
        poll::until_true("the controller to have seen it", Duration::from_secs(60), || {
            Ok(written()?.0 != before)
        })?;
        self.deployed.wait_until_quiet()
    }

    pub(crate) fn deletes(&self, job_id: u64) -> Outcome {
        let (name, _) = self.schedule(job_id)?;
        self.call(Method::DELETE, &name, &Value::Null)
    }

    pub(crate) fn alters(&self, job_id: u64, change: impl Fn(&mut Value)) -> Outcome {
        let (name, mut schedule) = self.schedule(job_id)?;
        change(&mut schedule);
        self.call(Method::PUT, &name, &schedule)
    }

    /// One that no job has.
    pub(crate) fn adds(&self, name: &str) -> Outcome {
        let (_, schedule) = self.schedule(2)?;
        self.call(Method::POST, name, &schedule)
    }

    fn schedule(&self, job_id: u64) -> Outcome<(String, Value)> {
        let Deployed { aws, group, .. } = self.deployed;
        let path = format!("/schedules?ScheduleGroup={group}&MaxResults=100");
        let listed = aws.get("scheduler", &path)?;
        for row in listed["Schedules"].as_array().into_iter().flatten() {
            let name = row["Name"].as_str().unwrap_or_default();
            let found = aws.get("scheduler", &format!("/schedules/{name}?groupName={group}"))?;
            let input = found["Target"]["Input"].as_str().unwrap_or_default();
            let tick: Value = serde_json::from_str(input)?;
            if tick["job_id"] == job_id {
                return Ok((name.to_owned(), found));
            }
        }
        fail(format!("job {job_id} has no schedule"))
    }

    fn call(&self, method: Method, name: &str, schedule: &Value) -> Outcome {
        let Deployed { aws, group, .. } = self.deployed;
        let mut body = schedule.clone();
        if !body.is_null() {
            body["GroupName"] = json!(group);
        }
        let path = format!("/schedules/{name}?groupName={group}");
        let reply = aws.rest("scheduler", method, &path, &body)?;
        ensure(reply.status == 200, || format!("{name}: {}", reply.body))
    }
}
