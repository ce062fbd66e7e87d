//! What would take data or leave jobs behind is refused until it is named, and a deploy that fails
//! says what it has done to them.

use crate::hand::waiting;
use crate::stage::{Stage, schedule_of};
use crate::states::DEPLOY;
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::aws::DYNAMODB;
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::project::ENV;
use scheduler_tests::support::{cognito, schedules, stacks};
use serde_json::json;
use std::fs;
use std::path::PathBuf;

const ODD: &str = "[job_types.odd]\nschema = {}\n\n[consumer]\nqueue_arn = \
                   \"arn:aws:sqs:eu-central-1:000000000000:theirs\"\n\n[resources]\n\
                   template = \"own.json.j2\"\n";
const BAD: &str = "[job_types.bad]\nschema = {}\n\n[consumer]\nqueue_arn = \
                   \"arn:aws:sqs:eu-central-1:000000000000:theirs\"\n\n[resources]\n\
                   template = \"own.json.j2\"\n";

#[test]
fn what_holds_data_goes_only_where_that_was_named() -> Outcome {
    let stage = Stage::set("guarded", &[])?;
    let odd = plugin(&stage, "odd", ODD, &table("id"))?;
    let deployed = stage.deploy()?;
    let notes = notes(&stage)?;
    for id in ["one", "two"] {
        let item = json!({ "TableName": notes, "Item": { "id": { "S": id } } });
        stage.aws.json(DYNAMODB, "PutItem", &item)?;
    }

    fs::write(odd.join("own.json.j2"), table("key"))?;
    for more in [&[][..], &["--allow-data-loss", "Table"]] {
        let line = [&DEPLOY[..], more].concat();
        let refused = stage.scheduler.run(&line)?;
        let told = ["`PluginOdd/Notes` (", "KeySchema", "; 2 items)"];
        let has_all = told.iter().all(|what| refused.stderr.contains(what));
        let hint = "to agree to it, pass `--allow-data-loss PluginOdd/Notes`";
        ensure(refused.code == 3 && has_all && refused.stderr.contains(hint), || {
            refused.told(&line)
        })?;
    }
    ensure(key_of(&stage)? == "id", || "another table".to_owned())?;
    let agreed = [&DEPLOY[..], &["--allow-data-loss", "PluginOdd/Notes"]].concat();
    stage.scheduler.succeed(&agreed)?;
    ensure(key_of(&stage)? == "key", || "the same table".to_owned())?;

    the_pool_of_users_stays(&stage)?;
    jobs_that_a_failed_deploy_paused_are_told(&stage, &deployed, odd)?;
    stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes"]).map(drop)
}

/// Somebody else is to issue the tokens: the pool would be removed.
fn the_pool_of_users_stays(stage: &Stage) -> Outcome {
    let manifest = stage.project.path().join("scheduler.toml");
    let before = fs::read_to_string(&manifest)?;
    stage.project.append(&format!(
        "\n[env.{ENV}.auth.jwt]\nissuer = \"https://issuer.example.com\"\naudience = [\"us\"]\n"
    ))?;
    let refused = stage.scheduler.run(&DEPLOY)?;
    let what = "`UserPool` (it is removed; its users)";
    ensure(refused.code == 3 && refused.stderr.contains(what), || refused.told(&DEPLOY))?;
    Ok(fs::write(manifest, before)?)
}

fn jobs_that_a_failed_deploy_paused_are_told(
    stage: &Stage,
    deployed: &Deployed,
    odd: PathBuf,
) -> Outcome {
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    let job =
        deployed.api.create(&user.token, &json!({ "job_type": "odd", "sleep_time": 86_400 }))?;
    schedule_of(deployed, &job)?;

    fs::rename(&odd, stage.project.path().join("aside"))?;
    plugin(stage, "bad", BAD, &json!({ "Resources": waiting(1) }).to_string())?;
    let more = ["--on-orphans", "pause", "--allow-data-loss", "PluginOdd/Notes"];
    let line = [&DEPLOY[..], &more].concat();
    let failed = stage.scheduler.run(&line)?;
    let resume = "`scheduler jobs --env dev resume 0`";
    for what in ["the stack is as it was before", "1 job stays paused though", resume] {
        ensure(failed.code == 1 && failed.stderr.contains(what), || failed.told(&line))?;
    }
    let jobs = deployed.api.jobs(&user.token)?;
    ensure(jobs.len() == 1 && jobs[0]["enabled"] == false, || format!("{jobs:?}"))?;
    let schedule = schedule_of(deployed, &job)?;
    ensure(schedule.state == "DISABLED", || format!("{schedule:?}"))?;

    // What was told brings it back: its type is still there.
    let mut told = stage.scheduler.command(&["jobs", "--env", ENV, "resume", "0"])?;
    let done = told.env("SCHEDULER_TOKEN", &user.token).output()?;
    ensure(done.status.success(), || String::from_utf8_lossy(&done.stderr).into_owned())?;
    let is_on =
        |found: Option<&schedules::Schedule>| found.is_some_and(|one| one.state == "ENABLED");
    schedules::wait_for(&deployed.aws, &deployed.group, &job["job_id"], is_on).map(drop)
}

/// A plugin's folder with a template of its own.
fn plugin(stage: &Stage, name: &str, manifest: &str, own: &str) -> Outcome<PathBuf> {
    let folder = stage.project.path().join("plugins").join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("plugin.toml"), manifest)?;
    fs::write(folder.join("own.json.j2"), own)?;
    Ok(folder)
}

fn table(key: &str) -> String {
    let properties = json!({
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": key, "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": key, "KeyType": "HASH" }]
    });
    let notes = json!({ "Type": "AWS::DynamoDB::Table", "Properties": properties });
    format!("{:#}", json!({ "Resources": { "Notes": notes } }))
}

/// What the plugin's table finds its items by.
fn key_of(stage: &Stage) -> Outcome<String> {
    let asked = json!({ "TableName": notes(stage)? });
    let found = stage.aws.json(DYNAMODB, "DescribeTable", &asked)?;
    let name = found["Table"]["KeySchema"][0]["AttributeName"].as_str();
    Ok(name.unwrap_or_default().to_owned())
}

/// The name of the plugin's table.
fn notes(stage: &Stage) -> Outcome<String> {
    for stack in stacks::live_stacks(&stage.aws)? {
        let resources: Vec<(String, String)> = stacks::resources(&stage.aws, &stack)?;
        if let Some((_, name)) = resources.into_iter().find(|(id, _)| id == "Notes") {
            return Ok(name);
        }
    }
    fail("there is no table of notes")
}
