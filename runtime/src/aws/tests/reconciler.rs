//! What the reconciler asks of the services.

use super::*;
use crate::ports::{Bookmark as _, JobScan as _, ListedSchedule, ScheduleReader as _};
use crate::reconcile::{Cursor, Depth, End, GRACE, Kind, Limits, Pass};
use aws_smithy_types::retry::RetryConfig;
use std::collections::BTreeSet;
use std::time::Duration;

fn reader(replay: &Replay) -> EventBridgeReader {
    EventBridgeReader::new(clients(replay).scheduler(), "group".to_owned())
}

/// As EventBridge Scheduler answers for a schedule that the controller made.
fn whole() -> Value {
    json!({"Arn": "arn:schedule", "Name": "u-3", "GroupName": "group",
        "Description": wanted().description(), "ScheduleExpression": "rate(1 minute)",
        "ScheduleExpressionTimezone": "UTC", "State": "ENABLED", "StartDate": 1_700_000_060.0,
        "CreationDate": 1_700_000_000.5, "LastModificationDate": 1_700_000_000.5,
        "ActionAfterCompletion": "NONE", "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:topic", "RoleArn": "arn:role", "Input": wanted().input,
            "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 185},
            "DeadLetterConfig": {"Arn": "arn:dead"}}})
}

fn summary() -> Value {
    json!({"Arn": "arn:schedule", "Name": "u-3", "GroupName": "group", "State": "ENABLED",
        "CreationDate": 1_700_000_000.5, "LastModificationDate": 1_700_000_000.5,
        "Target": {"Arn": "arn:topic"}})
}

#[tokio::test]
async fn schedules_are_listed_by_group_and_prefix() {
    let replay = replay(&[
        (200, json!({"Schedules": [summary()], "NextToken": "more/1"})),
        (200, json!({"Schedules": []})),
    ]);
    let reader = reader(&replay);
    let part = reader.list("", None).await.unwrap();
    let listed = ListedSchedule {
        name: "u-3".to_owned(),
        enabled: true,
        topic_arn: "arn:topic".to_owned(),
        modified: Some(1_700_000_000),
    };
    assert_eq!((part.entries, part.next.as_deref()), (vec![listed], Some("more/1")));
    assert_eq!(reader.list("u-", part.next.as_deref()).await.unwrap().next, None);
    let parameters = || {
        let asked = replay.asked.recv().unwrap();
        let (path, query) = asked.as_str().unwrap().split_once('?').unwrap();
        assert_eq!(path, "/schedules");
        query.split('&').map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let of = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(parameters(), of(&["MaxResults=100", "ScheduleGroup=group"]));
    let more = ["MaxResults=100", "ScheduleGroup=group", "NamePrefix=u-", "NextToken=more%2F1"];
    assert_eq!(parameters(), of(&more));
}

#[tokio::test]
async fn a_schedule_reads_as_it_was_written() {
    let mut strange = whole();
    for (field, value) in [
        ("EndDate", json!(1_800_000_000)),
        ("ActionAfterCompletion", json!("DELETE")),
        ("KmsKeyArn", json!("arn:key")),
        ("FlexibleTimeWindow", json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5})),
    ] {
        strange[field] = value;
    }
    strange["Target"]["SqsParameters"] = json!({"MessageGroupId": "x"});
    strange["Target"]["RetryPolicy"]["MaximumRetryAttempts"] = json!(0);
    let absent = (404, json!({"__type": "ResourceNotFoundException", "Message": "x"}));
    let replay = replay(&[(200, whole()), (200, strange), absent]);
    let reader = reader(&replay);
    let standing = reader.get("u-3").await.unwrap().unwrap();
    assert_eq!(standing.input, wanted().input);
    assert_eq!(standing.description, wanted().description());
    assert_eq!((standing.retry_seconds, standing.start), (Some(60), Some(1_700_000_060)));
    assert_eq!(standing.dead_letter_arn.as_deref(), Some("arn:dead"));
    assert_eq!(standing.foreign, Vec::<&str>::new());
    assert_eq!(reader.get("u-3").await.unwrap().unwrap().foreign.len(), 6);
    assert_eq!(reader.get("u-3").await.unwrap(), None);
    assert_eq!(replay.asked.recv().unwrap(), "/schedules/u-3?groupName=group");
}

#[tokio::test]
async fn the_whole_table_is_read_part_by_part() {
    let last = json!({"user_id": {"S": "u \"-1"}, "job_id": {"N": "-1"}});
    let replay = replay(&[
        (200, json!({"Items": [typed_job()], "LastEvaluatedKey": last})),
        (200, json!({"Items": []})),
    ]);
    let jobs = jobs(&replay);
    let part = jobs.scan(None).await.unwrap();
    assert_eq!(part.entries, [job().to_map()]);
    assert_eq!(jobs.scan(part.next.as_deref()).await.unwrap().next, None);
    assert_eq!(replay.asked.recv().unwrap()["ConsistentRead"], true);
    assert_eq!(replay.asked.recv().unwrap()["ExclusiveStartKey"], last);
    assert!(jobs.scan(Some("nonsense")).await.is_err());
}

#[tokio::test]
async fn how_far_a_pass_came_is_noted_where_no_job_is() {
    let replay = replay(&[(200, json!({})), (200, json!({}))]);
    let bookmark = DynamoBookmark::new(clients(&replay).dynamodb(), "jobs".to_owned());
    assert_eq!(bookmark.load().await.unwrap(), None);
    bookmark.save("text").await.unwrap();
    assert_eq!(replay.asked.recv().unwrap()["Key"]["job_id"], json!({"N": "-2"}));
    let item = &replay.asked.recv().unwrap()["Item"];
    assert_eq!((&item["job_id"], &item["progress"]), (&json!({"N": "-2"}), &json!({"S": "text"})));
}

fn deployed(replay: &Replay) -> Deployed {
    Deployed {
        table: "jobs".to_owned(),
        group: "group".to_owned(),
        queue_url: format!("{}/0/q.fifo", replay.url),
        deployment: deployment(),
    }
}

#[tokio::test]
async fn a_verification_compares_what_the_services_say() {
    let replay = replay(&[
        (200, json!({"Schedules": [summary()]})),
        (200, json!({"Items": [typed_job()]})),
        (200, whole()),
    ]);
    let reconciler = AwsReconciler::new(&clients(&replay), deployed(&replay));
    let report = reconciler.survey(&pass()).await;
    assert!(report.is_in_step(), "{report:#?}");
    assert_eq!((report.jobs, report.schedules, report.compared), (1, 1, 1));
}

fn pass() -> Pass<'static> {
    Pass {
        from: Cursor::default(),
        grace: GRACE,
        depth: Depth::All,
        limits: Limits::NONE,
        clock: &|| 1_700_100_000,
    }
}

#[tokio::test]
async fn the_hourly_function_repairs_notes_and_counts() {
    let sent = json!([{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "x"}]);
    let absent = (404, json!({"__type": "ResourceNotFoundException", "Message": "x"}));
    let replay = replay(&[
        (200, json!({})),
        (200, json!({"Schedules": []})),
        (200, json!({"Items": [typed_job()]})),
        absent,
        (200, json!({"Successful": sent, "Failed": []})),
        (200, json!({})),
    ]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("job_types.json"), r#"{"test":{}}"#).unwrap();
    let mut environment = environment(&replay.url);
    for (name, value) in [
        ("_HANDLER", "schedulers-reconciler".to_owned()),
        ("LAMBDA_TASK_ROOT", folder.path().to_str().unwrap().to_owned()),
        ("SCHEDULERS_GROUP", "group".to_owned()),
        ("OUTPUT_FIFO_SQS_URL", format!("{}/0/q.fifo", replay.url)),
        ("DISTRIBUTION_SNS_TOPIC_ARN", "arn:topic".to_owned()),
        ("SCHEDULERS_ROLE_ARN", "arn:role".to_owned()),
        ("SCHEDULES_DEAD_LETTER_ARN", "arn:dead".to_owned()),
    ] {
        environment.insert(name, value);
    }
    let function = Function::new(&Settings::new(&|name| environment.get(name).cloned())).unwrap();
    let (problems, metrics) = (std::cell::RefCell::default(), std::cell::RefCell::default());
    let invocation = Invocation {
        event: b"{}",
        deadline: i64::MAX,
        problem: &|line| Vec::push(&mut problems.borrow_mut(), line.to_owned()),
        metrics: &|line| Vec::push(&mut metrics.borrow_mut(), line.clone()),
    };
    let answer = function.answer(&invocation).await.unwrap();
    assert_eq!(answer["differences"]["missing"]["count"], 1);
    assert_eq!(answer["end"], "done");
    assert_eq!(*problems.borrow(), ["1 schedule missing: `u-3` (it has no schedule)"]);
    assert_eq!(
        (&metrics.borrow()[0]["Missing"], &metrics.borrow()[0]["Group"]),
        (&json!(1), &json!("group"))
    );
    let asked: Vec<_> = (0..6).map(|_| replay.asked.recv().unwrap()).collect();
    assert_eq!(asked[4]["Entries"][0]["MessageGroupId"], "u-3");
    assert!(asked[5]["Item"]["progress"]["S"].as_str().unwrap().contains("\"began\":null"));
}

#[tokio::test]
async fn a_failing_service_ends_a_pass_with_what_it_said() {
    let replay = replay(&[refusal("AccessDeniedException")]);
    let reconciler = AwsReconciler::new(&clients(&replay), deployed(&replay));
    let report = reconciler.survey(&pass()).await;
    let End::Failed { why, .. } = &report.end else { panic!("{report:#?}") };
    assert_eq!(why.sentence(), "cannot list schedules: AccessDeniedException: because");
    assert_eq!(report.count(Kind::Missing), 0);
}

/// The SDK's own quota is used up after a hundred retries.
#[tokio::test(start_paused = true)]
async fn calls_that_are_throttled_again_and_again_are_made_in_the_end() {
    let throttled = (429, json!({"__type": "ThrottlingException", "Message": "slower"}));
    let mut answers = vec![throttled; 110];
    answers.push((200, json!({"ScheduleArn": "a"})));
    let replay = replay(&answers);
    let retries = RetryConfig::standard()
        .with_max_attempts(200)
        .with_initial_backoff(Duration::ZERO)
        .with_max_backoff(Duration::ZERO);
    let clients = clients(&replay).retrying(retries);
    let schedules = EventBridgeSchedules::new(clients.scheduler(), "group".to_owned());
    assert_eq!(schedules.update(&wanted(), Some(0)).await.unwrap(), Found::Yes);
}
