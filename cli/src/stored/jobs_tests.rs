//! What a deploy does with jobs and schedules, in what it asks and is answered.

use super::now;
use super::ports::StoredJobs;
use crate::deploy::aws::replay::{Answer, Replay};
use crate::deploy::aws::wire_tests::run;
use crate::deploy::ports::Jobs;
use scheduler_contract::{JobKey, env};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TABLE: &str = "mon-dev-items";

/// What the controller and `items-job-types` tell, no schedule, and the job of `ada`.
fn answer(operation: &str, updated_at: i64) -> Answer {
    let body = match operation {
        list if list.starts_with("GET /schedules") => json!({ "Schedules": [] }),
        told if told.starts_with("GET /2015") => {
            let names = [
                env::DYNAMO_DB,
                env::SCHEDULERS_GROUP,
                env::DISTRIBUTION_SNS_TOPIC_ARN,
                env::SCHEDULERS_ROLE_ARN,
                env::SCHEDULES_DEAD_LETTER_ARN,
            ];
            let variables: BTreeMap<_, _> = names.iter().map(|name| (name, TABLE)).collect();
            json!({ "Environment": { "Variables": variables } })
        }
        types if types.starts_with("POST /2015") => {
            json!({ "statusCode": 200, "body": "{\"ping\":{}}" })
        }
        get if get.starts_with("GET ") => return (404, "{}".to_owned()),
        _ => json!({ "Items": [{
            "user_id": { "S": "ada" }, "user_email": { "S": "ada@example.com" },
            "job_id": { "N": "0" }, "job_type": { "S": "ping" }, "sleep_time": { "N": "60" },
            "updated_at": { "N": updated_at.to_string() } }] }),
    };
    (200, body.to_string())
}

fn differences(updated_at: i64) -> u64 {
    run(async {
        let replay = Replay::of(move |operation, _| answer(operation, updated_at)).await;
        let found = replay.aws().differences("mon-dev", &BTreeMap::new(), false).await;
        found.expect("differences")
    })
}

#[test]
fn what_changes_during_a_deploy_is_not_waited_for() {
    // Written after the schedules were listed.
    assert_eq!(differences(now() + 60), 0);
    // No schedule, though its job has been there for an hour.
    assert_eq!(differences(now() - 3_600), 1);
}

#[test]
fn a_pause_tells_when_it_was() {
    let before = now();
    let asked = run(async {
        let replay = Replay::of(|_, _| (200, "{}".to_owned())).await;
        let key = JobKey { user_id: "ada".to_owned(), job_id: 7 };
        replay.aws().pause_job(TABLE, &key).await.expect("paused");
        replay.asked("POST /").pop().expect("a request")
    });
    let (_, body) = asked.split_once("\r\n\r\n").expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let wanted = "SET enabled = :off, updated_at = :now, rev = if_not_exists(rev, :none) + :one";
    assert_eq!(body["UpdateExpression"], wanted);
    let values = &body["ExpressionAttributeValues"];
    assert_eq!(values[":off"], json!({ "BOOL": false }));
    let told = values[":now"]["N"].as_str().and_then(|digits| digits.parse::<i64>().ok());
    assert!(told.is_some_and(|told| (before..=now()).contains(&told)), "{values}");
}
