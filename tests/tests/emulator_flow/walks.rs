//! Deploys with more to do than a change of the stack, killed anywhere: they end as one that nobody
//! killed.

use crate::killed::{each_call, strike, taken_up};
use crate::stage::{Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::aws::{DYNAMODB, xml_texts};
use scheduler_tests::support::cognito;
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::poll;
use scheduler_tests::support::project::{ENV, Recorder, SERVICE};
use scheduler_tests::support::{schedules, stacks};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use ureq::http::Method;

const STAYS: Recorder = Recorder { name: "stays", job_type: "staying", buffer: "none" };
const GOES: Recorder = Recorder { name: "goes", job_type: "going", buffer: "queue" };
const ASSETS: &str = "scheduler-assets-000000000000-eu-central-1";
const DEPLOY: [&str; 4] = ["deploy", "--env", ENV, "--yes"];

#[test]
fn a_first_deploy_of_a_protected_env_may_be_killed_anywhere() -> Outcome {
    let mut stage = Stage::set("killed-create", &[])?;
    stateful(&stage, STAYS)?;
    stage.project.append("protect = true\n")?;
    let whole = end(&stage, &stage.deploy()?)?;
    ensure(whole["protection"] == json!(["true"]), || whole.to_string())?;
    let killed = each_call(31, |fatal| {
        stage.anew("killed-create")?;
        let struck = strike(&stage, &DEPLOY, fatal)?;
        let deployed = taken_up(&stage, &DEPLOY)?;
        is_the_end(&stage, &deployed, &whole, fatal)?;
        Ok(struck)
    })?;
    ensure(killed > 1, || format!("only {killed} were killed"))
}

#[test]
fn a_deploy_that_takes_a_plugin_its_jobs_and_its_data_away_may_be_killed_anywhere() -> Outcome {
    let stage = Stage::set("killed-removal", &[])?;
    stateful(&stage, STAYS)?;
    stateful(&stage, GOES)?;
    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    let stays = deployed.api.create(&user.token, &day(STAYS))?;
    schedule_of(&deployed, &stays)?;
    let loss = loss(&stage, &deployed)?;
    let take_away = [&DEPLOY[..], &["--on-orphans", "delete", "--allow-data-loss", &loss]].concat();

    let full = || -> Outcome {
        let deployed = stage.deploy()?;
        let going = deployed.api.create(&user.token, &day(GOES))?;
        schedule_of(&deployed, &going)?;
        fills_its_bucket(&stage)?;
        deployed.wait_until_quiet()?;
        moves(&stage, "plugins/goes", "goes")
    };
    full()?;
    stage.scheduler.succeed(&take_away)?;
    deployed.wait_until_quiet()?;
    let whole = end(&stage, &deployed)?;
    ensure(whole["buckets"].as_array().is_some_and(|all| all.len() == 1), || whole.to_string())?;
    let killed = each_call(19, |fatal| {
        moves(&stage, "goes", "plugins/goes")?;
        full()?;
        let struck = strike(&stage, &take_away, fatal)?;
        let deployed = taken_up(&stage, &take_away)?;
        is_the_end(&stage, &deployed, &whole, fatal)?;
        Ok(struck)
    })?;
    ensure(killed > 1, || format!("only {killed} were killed"))?;
    destroy_leaves_nothing(&stage, &deployed)
}

#[test]
fn a_deploy_that_takes_kept_data_over_may_be_killed_anywhere() -> Outcome {
    let stage = Stage::set("killed-adoption", &[])?;
    stateful(&stage, STAYS)?;
    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    let job = deployed.api.create(&user.token, &day(STAYS))?;
    schedule_of(&deployed, &job)?;
    deployed.wait_until_quiet()?;
    let whole = end(&stage, &deployed)?;
    let killed = each_call(31, |fatal| {
        stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes", "--keep-data"])?;
        let struck = strike(&stage, &DEPLOY, fatal)?;
        let deployed = taken_up(&stage, &DEPLOY)?;
        // Not waited for: every job has its schedule when the deploy is done.
        let found = end(&stage, &deployed)?;
        ensure(found == whole, || format!("after call {fatal}: {}", differs(&found, &whole)))?;
        Ok(struck)
    })?;
    ensure(killed > 1, || format!("only {killed} were killed"))?;
    deployed.wait_until_quiet()?;
    let deployed = Deployed::of(&stage.scheduler, &stage.aws, ENV)?;
    destroy_leaves_nothing(&stage, &deployed)
}

fn stateful(stage: &Stage, recorder: Recorder) -> Outcome {
    stage.project.add(recorder)?;
    let path = stage.project.path().join("plugins").join(recorder.name).join("plugin.toml");
    let manifest = fs::read_to_string(&path)?;
    Ok(fs::write(path, manifest + "state = {}\n")?)
}

fn day(recorder: Recorder) -> Value {
    json!({"job_type": recorder.job_type, "sleep_time": 86_400, "url": "http://127.0.0.1/"})
}

fn moves(stage: &Stage, from: &str, to: &str) -> Outcome {
    let at = stage.project.path();
    Ok(fs::rename(at.join(from), at.join(to))?)
}

/// The bucket of the plugin that goes, as `--allow-data-loss` takes it.
fn loss(stage: &Stage, deployed: &Deployed) -> Outcome<String> {
    for (id, nested) in stacks::resources(&stage.aws, &deployed.stack)? {
        if id.contains("Goes") && nested.starts_with("arn:") {
            let inside = stacks::resources(&stage.aws, &nested)?;
            let bucket = inside.into_iter().find(|(_, physical)| buckets_name(physical, GOES));
            return bucket.map_or_else(
                || fail("the plugin has no bucket"),
                |(bucket, _)| Ok(format!("{id}/{bucket}")),
            );
        }
    }
    fail("the plugin has no stack")
}

fn buckets_name(name: &str, recorder: Recorder) -> bool {
    name.starts_with(&format!("{SERVICE}-{ENV}-{}", recorder.name)) && name.contains("state")
}

fn fills_its_bucket(stage: &Stage) -> Outcome {
    let all = buckets(stage)?;
    let Some(bucket) = all.iter().find(|name| name.contains(GOES.name)) else {
        return fail(format!("no bucket in {all:?}"));
    };
    let path = format!("/{bucket}/page");
    let reply = stage.aws.rest("s3", Method::PUT, &path, &json!({ "seen": 1 }))?;
    ensure(reply.status == 200, || reply.body)
}

/// All of the account but that of the zips.
fn buckets(stage: &Stage) -> Outcome<Vec<String>> {
    let listed = stage.aws.rest("s3", Method::GET, "/", &Value::Null)?;
    let mut names = xml_texts(&listed.body, "Name");
    names.retain(|name| name != ASSETS);
    names.sort();
    Ok(names)
}

fn is_the_end(stage: &Stage, deployed: &Deployed, whole: &Value, fatal: usize) -> Outcome {
    let mut last = Value::Null;
    poll::until_true("the same end", Duration::from_secs(30), || {
        last = end(stage, deployed)?;
        Ok(last == *whole)
    })
    .or_else(|error| fail(format!("after call {fatal}: {error}: {}", differs(&last, whole))))
}

fn differs(found: &Value, whole: &Value) -> String {
    let parts = whole.as_object().into_iter().flatten();
    let different = parts.filter(|(part, value)| found[*part] != **value);
    let told = different.map(|(part, value)| format!("{part}: {}, not {value}", found[part]));
    told.collect::<Vec<_>>().join("\n")
}

/// Everything that a user would notice, and what nobody should find.
fn end(stage: &Stage, deployed: &Deployed) -> Outcome<Value> {
    let aws = &stage.aws;
    let (mut resources, mut templates) =
        (Vec::new(), vec![stacks::template(aws, &deployed.stack)?]);
    let mut physical = stacks::resources(aws, &deployed.stack)?;
    physical.sort();
    for (id, physical) in physical {
        if physical.starts_with("arn:aws:cloudformation:") {
            let mut inside = stacks::resources(aws, &physical)?;
            inside.sort();
            resources.extend(inside.into_iter().map(|(inner, _)| format!("{id}/{inner}")));
            templates.push(stacks::template(aws, &physical)?);
        }
        resources.push(id);
    }
    let listed = aws.rest("s3", Method::GET, &format!("/{ASSETS}"), &Value::Null)?;
    let mut notes = xml_texts(&listed.body, "Key");
    notes.retain(|key| key.contains('/'));
    let described = [
        ("Action", "DescribeStacks"),
        ("Version", "2010-05-15"),
        ("StackName", deployed.stack.as_str()),
    ];
    let described = aws.query("cloudformation", &described)?.body;
    Ok(json!({
        "resources": resources,
        "templates": templates,
        "stacks": stacks::live_stacks(aws)?.len(),
        "items": items(stage, deployed)?,
        "schedules": scheduled(deployed)?,
        "buckets": buckets(stage)?,
        "notes": notes,
        "protection": xml_texts(&described, "EnableTerminationProtection"),
    }))
}

/// All jobs; the counters go on.
fn items(stage: &Stage, deployed: &Deployed) -> Outcome<Vec<Value>> {
    let asked = json!({ "TableName": format!("{}-items", deployed.stack) });
    let scanned = stage.aws.json(DYNAMODB, "Scan", &asked)?;
    let items = scanned["Items"].as_array().into_iter().flatten();
    Ok(items.filter(|item| item["job_id"]["N"] != "-1").cloned().collect())
}

fn scheduled(deployed: &Deployed) -> Outcome<Vec<Value>> {
    let all = schedules::all(&deployed.aws, &deployed.group)?;
    let told = all.into_iter().map(|schedule| {
        json!([schedule.expression, schedule.state, schedule.target, schedule.input])
    });
    Ok(told.collect())
}
