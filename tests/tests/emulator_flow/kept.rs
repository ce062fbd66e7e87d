//! An env that is destroyed and comes back with its data.

use crate::stage::{Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::aws::DYNAMODB;
use scheduler_tests::support::cognito;
use scheduler_tests::support::project::{ENV, Recorder, SERVICE};
use scheduler_tests::support::schedules;
use serde_json::json;

const TYPES: Recorder = Recorder { name: "recorder", job_type: "recorded", buffer: "none" };

#[test]
fn data_that_a_destroy_keeps_is_taken_up_by_the_next_deploy() -> Outcome {
    let stage = Stage::set("kept", &[])?;
    stage.project.add(TYPES)?;
    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    let day = json!({"job_type": "recorded", "sleep_time": 86400, "url": "http://127.0.0.1/"});
    let job = deployed.api.create(&user.token, &day)?;
    schedule_of(&deployed, &job)?;
    deployed.wait_until_quiet()?;

    stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes", "--keep-data"])?;
    let absent = stage.scheduler.succeed(&["status", "--env", ENV])?;
    ensure(absent.stdout.contains("ABSENT"), || absent.stdout.clone())?;

    let again = stage.deploy()?;
    ensure(again.pool.id == deployed.pool.id, || "another user pool".into())?;
    let jobs = again.api.jobs(&user.token)?;
    ensure(jobs.len() == 1 && jobs[0]["job_id"] == job["job_id"], || format!("{jobs:?}"))?;
    let scheduled = schedules::all(&again.aws, &again.group)?;
    ensure(scheduled.len() == 1 && scheduled[0].input["job_id"] == job["job_id"], || {
        format!("the kept job is not scheduled when the deploy is done: {scheduled:?}")
    })?;
    let next = again.api.create(&user.token, &day)?;
    ensure(next["job_id"] == 1, || format!("ids did not go on from the kept one: {next}"))?;
    schedule_of(&again, &next)?;
    again.wait_until_quiet()?;
    what_was_kept_may_go_later(&stage)?;
    let again = stage.deploy()?;
    destroy_leaves_nothing(&stage, &again)
}

/// A destroy without its data takes the note of it along, so that nothing is looked for that is gone.
fn what_was_kept_may_go_later(stage: &Stage) -> Outcome {
    stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes", "--keep-data"])?;
    let table = json!({ "TableName": format!("{SERVICE}-{ENV}-items") });
    let switch = |on: bool| {
        let mut update = table.clone();
        update["DeletionProtectionEnabled"] = json!(on);
        stage.aws.json(DYNAMODB, "UpdateTable", &update)
    };
    switch(false)?;
    stage.aws.json(DYNAMODB, "DeleteTable", &table)?;
    let again = stage.deploy()?;
    ensure(schedules::all(&again.aws, &again.group)?.is_empty(), || "another job".to_owned())
}
