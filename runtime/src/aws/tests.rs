//! The adapters against replayed answers of the services, on loopback.

mod reconciler;
mod throttled;

use super::*;
use crate::controller::{Deployment, ScheduleAction, Target, WantedSchedule, decide};
use crate::job_types::JobTypes;
use crate::ports::{
    ChangeQueue as _, Created, DeadLetter, DeadLetters as _, Found, JobReader as _, JobStore as _,
    Made, Outlook, QueuedChange, Refusal, Schedules as _, Written,
};
use scheduler_contract::{JobKey, ScheduledJob};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

/// A service that gives these answers in turn, a connection each, and tells what it was asked.
struct Replay {
    url: String,
    asked: Receiver<Value>,
}

fn replay(answers: &[(u16, Value)]) -> Replay {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, asked) = channel();
    let answers = answers.to_vec();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            tell.send(exchange(stream, status, &body.to_string())).unwrap();
        }
    });
    Replay { url, asked }
}

fn exchange(stream: TcpStream, status: u16, answer: &str) -> Value {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(bytes) = line.to_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let size = answer.len();
    let head =
        format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n");
    reader.get_mut().write_all(format!("{head}{answer}").as_bytes()).unwrap();
    // What has no body asks by its address.
    let address = || first.split(' ').nth(1).unwrap_or_default().into();
    serde_json::from_slice(&body).unwrap_or_else(|_| address())
}

fn refusal(kind: &str) -> (u16, Value) {
    (400, json!({"__type": kind, "message": "because"}))
}

fn environment(url: &str) -> HashMap<&'static str, String> {
    HashMap::from([
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "key".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("DYNAMO_DB", "jobs".to_owned()),
    ])
}

fn clients(replay: &Replay) -> Clients {
    let environment = environment(&replay.url);
    Clients::new(&Settings::new(&|name| environment.get(name).cloned()), Patience::REQUEST).unwrap()
}

fn jobs(replay: &Replay) -> DynamoJobs {
    DynamoJobs::new(clients(replay).dynamodb(), "jobs".to_owned())
}

fn schedules(replay: &Replay) -> EventBridgeSchedules {
    EventBridgeSchedules::new(clients(replay).scheduler(), "group".to_owned())
}

fn key() -> JobKey {
    JobKey { user_id: "u".to_owned(), job_id: 3 }
}

fn job() -> ScheduledJob {
    let text = r#"{"user_id":"u","user_email":"u@example.com","job_id":3,"job_type":"test",
        "sleep_time":60,"rev":1,"anchor":1700000000,"own":9007199254740993}"#;
    serde_json::from_str(text).unwrap()
}

/// The job as the table answers it.
fn typed_job() -> Value {
    json!({"user_id": {"S": "u"}, "user_email": {"S": "u@example.com"}, "job_id": {"N": "3"},
        "job_type": {"S": "test"}, "sleep_time": {"N": "60"}, "enabled": {"BOOL": true},
        "rev": {"N": "1"}, "anchor": {"N": "1700000000"}, "own": {"N": "9007199254740993"}})
}

fn deployment() -> Deployment {
    Deployment {
        types: JobTypes::parse(r#"{"test":{}}"#).unwrap(),
        target: Target {
            topic_arn: "arn:topic".to_owned(),
            role_arn: "arn:role".to_owned(),
            dead_letter_arn: "arn:dead".to_owned(),
        },
    }
}

fn wanted() -> WantedSchedule {
    let action = decide(&key(), Some(job().to_map()), &deployment()).unwrap();
    let ScheduleAction::Put(wanted) = action else { panic!("{action:?}") };
    *wanted
}

#[tokio::test]
async fn a_job_is_read_consistently_and_exactly() {
    let replay = replay(&[(200, json!({"Item": typed_job()})), (200, json!({}))]);
    let jobs = jobs(&replay);
    assert_eq!(jobs.read(&key()).await.unwrap(), Some(job().to_map()));
    assert_eq!(jobs.read(&key()).await.unwrap(), None);
    let asked = replay.asked.recv().unwrap();
    assert_eq!(asked["ConsistentRead"], true);
    assert_eq!(asked["Key"], json!({"user_id": {"S": "u"}, "job_id": {"N": "3"}}));
}

#[tokio::test]
async fn all_pages_are_listed_without_the_counter() {
    let last = json!({"user_id": {"S": "u"}, "job_id": {"N": "3"}});
    let replay = replay(&[
        (200, json!({"Items": [typed_job()], "LastEvaluatedKey": last})),
        (200, json!({"Items": [typed_job()]})),
    ]);
    assert_eq!(jobs(&replay).list("u").await.unwrap().len(), 2);
    let asked = replay.asked.recv().unwrap();
    assert_eq!(asked["KeyConditionExpression"], "user_id = :user AND job_id >= :first");
    assert_eq!(asked["ExpressionAttributeValues"][":first"], json!({"N": "0"}));
    assert_eq!(replay.asked.recv().unwrap()["ExclusiveStartKey"], last);
}

#[tokio::test]
async fn a_refused_write_is_told_from_one_whose_answer_was_lost() {
    let mut other = typed_job();
    other["anchor"] = json!({"N": "1"});
    let refused = |item: Value| {
        let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        (400, json!({"__type": kind, "message": "no", "Item": item}))
    };
    let replay = replay(&[(200, json!({})), refused(other), refused(typed_job())]);
    let jobs = jobs(&replay);
    assert_eq!(jobs.insert(&job()).await.unwrap(), Written::Done);
    assert_eq!(jobs.insert(&job()).await.unwrap(), Written::Refused);
    assert_eq!(jobs.insert(&job()).await.unwrap(), Written::Done);
    let asked = replay.asked.recv().unwrap();
    assert_eq!(asked["ConditionExpression"], "attribute_not_exists(user_id)");
    assert_eq!(asked["Item"], typed_job());
}

/// `DynamoDB` keeps numbers, not their spelling.
#[tokio::test]
async fn a_lost_answer_makes_no_second_job_of_one_with_fractions() {
    let text = r#"{"own":{"prices":[1.50,1E2,-0.0]},"exact":9007199254740993.0}"#;
    let mut written = job();
    written.fields = serde_json::from_str(text).unwrap();
    let stored = |prices: [&str; 3]| {
        let mut item = typed_job();
        item["own"] = json!({"M": {"prices": {"L": prices.map(|price| json!({"N": price}))}}});
        item["exact"] = json!({"N": "9007199254740993"});
        let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        (400, json!({"__type": kind, "message": "no", "Item": item}))
    };
    let replay = replay(&[stored(["1.5", "100", "0"]), stored(["1.5", "101", "0"])]);
    let jobs = jobs(&replay);
    assert_eq!(jobs.insert(&written).await.unwrap(), Written::Done);
    assert_eq!(jobs.insert(&written).await.unwrap(), Written::Refused);
}

#[tokio::test]
async fn a_job_is_only_replaced_at_the_revision_that_was_read() {
    let replay = replay(&[(200, json!({})), (200, json!({}))]);
    let jobs = jobs(&replay);
    jobs.replace(&job(), 7).await.unwrap();
    jobs.replace(&job(), 0).await.unwrap();
    let asked = replay.asked.recv().unwrap();
    assert_eq!(asked["ConditionExpression"], "rev = :rev");
    assert_eq!(asked["ExpressionAttributeValues"][":rev"], json!({"N": "7"}));
    let original = replay.asked.recv().unwrap();
    let condition = "attribute_exists(user_id) AND (attribute_not_exists(rev) OR rev = :rev)";
    assert_eq!(original["ConditionExpression"], condition);
}

#[tokio::test]
async fn an_id_is_what_the_counter_was() {
    let replay = replay(&[
        (200, json!({"Attributes": {"next_job_id": {"N": "5"}}})),
        refusal("ConditionalCheckFailedException"),
    ]);
    let jobs = jobs(&replay);
    assert_eq!(jobs.claim_id("u").await.unwrap(), Some(4));
    assert_eq!(jobs.claim_id("u").await.unwrap(), None);
    assert_eq!(replay.asked.recv().unwrap()["Key"]["job_id"], json!({"N": "-1"}));
}

#[tokio::test]
async fn a_removed_job_is_answered() {
    let replay = replay(&[(200, json!({"Attributes": typed_job()})), (200, json!({}))]);
    let jobs = jobs(&replay);
    assert_eq!(jobs.remove(&key()).await.unwrap(), Some(job().to_map()));
    assert_eq!(jobs.remove(&key()).await.unwrap(), None);
}

#[tokio::test]
async fn a_failure_names_the_services_reason() {
    let replay = replay(&[refusal("ResourceNotFoundException")]);
    let failure = jobs(&replay).read(&key()).await.unwrap_err();
    let wanted = "cannot read a job: ResourceNotFoundException: because";
    assert_eq!(failure.sentence(), wanted);
}

#[tokio::test]
async fn changes_that_were_not_accepted_are_named_by_position() {
    let failed = json!([{"Id": "1", "Code": "x", "SenderFault": false}]);
    let sent = json!([{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "x"}]);
    let replay = replay(&[(200, json!({"Successful": sent, "Failed": failed}))]);
    let queue = SqsChanges::new(clients(&replay).sqs(), format!("{}/0/q.fifo", replay.url));
    let change = |id: &str| QueuedChange {
        group: "u-3".to_owned(),
        deduplication_id: id.to_owned(),
        body: "{}".to_owned(),
    };
    let refusal = Refusal { position: 1, reason: "x".to_owned(), outlook: Outlook::TryAgain };
    assert_eq!(queue.send(&[change("a"), change("b")]).await.unwrap(), [refusal]);
    let entry = &replay.asked.recv().unwrap()["Entries"][1];
    assert_eq!(entry["MessageGroupId"], "u-3");
    assert_eq!(entry["MessageDeduplicationId"], "b");
}

#[tokio::test]
async fn a_message_that_sqs_never_takes_is_told_from_its_neighbours() {
    let sent = json!([{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "x"}]);
    let taken = (200, json!({"Successful": sent, "Failed": []}));
    let own_fault = json!([{"Id": "0", "Code": "InvalidMessageContents", "SenderFault": true}]);
    let never = (200, json!({"Successful": [], "Failed": own_fault}));
    let replay = replay(&[refusal("com.amazonaws.sqs#BatchRequestTooLong"), taken, never]);
    let queue = SqsChanges::new(clients(&replay).sqs(), format!("{}/0/q.fifo", replay.url));
    let change = QueuedChange {
        group: "u-3".to_owned(),
        deduplication_id: "a".to_owned(),
        body: "{}".to_owned(),
    };
    let refusals = queue.send(&[change.clone(), change.clone()]).await.unwrap();
    assert_eq!((refusals[0].position, refusals[0].outlook), (1, Outlook::ForGood));
    assert_eq!(refusals.len(), 1);
    // What lies in rights or load is no fault of the message.
    let denied = self::replay(&[refusal("AccessDeniedException")]);
    let queue = SqsChanges::new(clients(&denied).sqs(), format!("{}/0/q.fifo", denied.url));
    assert!(queue.send(&[change]).await.is_err());
}

#[tokio::test]
async fn a_dead_letter_keeps_the_message_and_says_why() {
    let replay = replay(&[(200, json!({"MessageId": "m"}))]);
    let url = format!("{}/0/dead.fifo", replay.url);
    let letter = DeadLetter {
        reason: "no\nway".to_owned(),
        body: "as it came".to_owned(),
        group: "u-3".to_owned(),
        message_id: "m7".to_owned(),
    };
    let letters = SqsDeadLetters::new(clients(&replay).sqs(), url);
    letters.bury(&letter).await.unwrap();
    let asked = replay.asked.recv().unwrap();
    assert_eq!(asked["MessageBody"], "as it came");
    assert_eq!(asked["MessageDeduplicationId"], "m7");
    assert_eq!(asked["MessageAttributes"]["reason"]["StringValue"], "no way");
}

#[tokio::test]
async fn a_schedule_is_sent_whole() {
    let replay = replay(&[(200, json!({"ScheduleArn": "a"})), (200, json!({"ScheduleArn": "a"}))]);
    let schedules = schedules(&replay);
    let updated = schedules.update(&wanted(), Some(1_700_000_060)).await.unwrap();
    assert_eq!(updated, Found::Yes);
    assert_eq!(schedules.create(&wanted(), None).await.unwrap(), Created::Done);
    let mut asked = replay.asked.recv().unwrap();
    assert_eq!(asked["StartDate"].to_string().parse::<f64>().unwrap(), 1_700_000_060.0);
    asked.as_object_mut().unwrap().remove("StartDate");
    asked.as_object_mut().unwrap().remove("ClientToken");
    let whole = json!({"GroupName": "group", "Description": wanted().description(),
        "ScheduleExpression": "rate(1 minute)", "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:topic", "RoleArn": "arn:role", "Input": wanted().input,
            "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 185},
            "DeadLetterConfig": {"Arn": "arn:dead"}}});
    assert_eq!(asked, whole);
    let mut created = replay.asked.recv().unwrap();
    created.as_object_mut().unwrap().remove("ClientToken");
    assert_eq!(created, whole);
}

#[tokio::test]
async fn a_schedule_tells_when_it_was_made_and_first_fires() {
    let (made, moved) = (1_700_000_000, 1_700_000_060);
    let answers = [
        (200, json!({"Name": "u-3", "CreationDate": made, "LastModificationDate": moved})),
        (200, json!({"Name": "u-3", "CreationDate": made, "StartDate": moved})),
        (200, json!({"Name": "u-3"})),
        (404, json!({"__type": "ResourceNotFoundException", "Message": "x"})),
        refusal("AccessDeniedException"),
    ];
    let replay = replay(&answers);
    let schedules = schedules(&replay);
    let look = async || schedules.made("u-3").await;
    let at_once = Made { at: Some(made), modified: Some(moved), start: None };
    assert_eq!(look().await.unwrap(), Some(at_once));
    let later = Made { modified: None, start: Some(moved), ..at_once };
    assert_eq!(look().await.unwrap(), Some(later));
    assert_eq!(look().await.unwrap(), Some(Made { at: Some(0), modified: None, start: None }));
    assert_eq!(look().await.unwrap(), None);
    let failure = look().await.unwrap_err();
    assert!(failure.sentence().starts_with("cannot look at a schedule"), "{failure:?}");
}

/// Without a start date a rate begins anew.
#[tokio::test]
async fn an_update_that_fires_at_once_names_no_moment() {
    let replay = replay(&[(200, json!({"ScheduleArn": "a"}))]);
    schedules(&replay).update(&wanted(), None).await.unwrap();
    assert_eq!(replay.asked.recv().unwrap().get("StartDate"), None);
}

#[tokio::test]
async fn answers_of_the_scheduler_are_told_apart() {
    let conflict = (409, json!({"__type": "ConflictException", "Message": "x"}));
    let absent = (404, json!({"__type": "ResourceNotFoundException", "Message": "x"}));
    let answers = [absent.clone(), conflict.clone(), absent.clone(), absent, conflict];
    let replay = replay(&answers);
    let schedules = schedules(&replay);
    assert_eq!(schedules.update(&wanted(), Some(0)).await.unwrap(), Found::No);
    assert_eq!(schedules.create(&wanted(), None).await.unwrap(), Created::Exists);
    assert_eq!(schedules.create(&wanted(), None).await.unwrap(), Created::NoGroup);
    assert_eq!(schedules.delete("u-3").await.unwrap(), Found::No);
    let failure = schedules.delete("u-3").await.unwrap_err();
    assert!(failure.sentence().contains("ConflictException"), "{}", failure.sentence());
}

#[tokio::test]
async fn a_function_answers_an_event_and_logs_what_failed() {
    let replay = replay(&[refusal("AccessDeniedException")]);
    let mut environment = environment(&replay.url);
    environment.insert("_HANDLER", "items-get".to_owned());
    let settings = |name: &str| environment.get(name).cloned();
    let function = Function::new(&Settings::new(&settings)).unwrap();
    let claims = json!({"cognito:username": "u", "email": "u@example.com"});
    let event = json!({"requestContext": {"authorizer": {"jwt": {"claims": claims}}}});
    let log = std::cell::RefCell::new(Vec::new());
    let note = |line: &str| log.borrow_mut().push(line.to_owned());
    let event = event.to_string();
    let invocation = Invocation {
        event: event.as_bytes(),
        deadline: i64::MAX,
        problem: &note,
        metrics: &|metrics| panic!("{metrics}"),
    };
    let answer = function.answer(&invocation).await.unwrap();
    assert_eq!(answer["statusCode"], 500);
    assert!(!answer["body"].as_str().unwrap().contains("because"));
    assert_eq!(*log.borrow(), ["cannot list jobs: AccessDeniedException: because"]);
    let nobody = function.answer(&Invocation { event: b"{}", ..invocation }).await.unwrap();
    assert_eq!(nobody["statusCode"], 401);
}

#[test]
fn what_is_missing_at_the_start_is_named() {
    let start = |handler: &str, without: &str| {
        let mut environment = environment("http://127.0.0.1:1");
        environment.insert("_HANDLER", handler.to_owned());
        environment.remove(without);
        let lookup = |name: &str| environment.get(name).cloned();
        Function::new(&Settings::new(&lookup)).unwrap_err().to_string()
    };
    assert_eq!(start("items-get", "DYNAMO_DB"), "the environment variable `DYNAMO_DB` is not set");
    assert_eq!(
        start("items-get", "AWS_REGION"),
        "the environment variable `AWS_REGION` is not set"
    );
    assert_eq!(start("items-put", ""), "`items-put` is not a core function");
    let types = start("items-job-types", "");
    assert_eq!(types, "the environment variable `LAMBDA_TASK_ROOT` is not set");
}

/// A client makes its connector, and so reads the roots, when it is made.
#[test]
fn the_carried_roots_make_a_client() {
    let mut environment = environment("");
    environment.remove("AWS_ENDPOINT_URL");
    let clients =
        Clients::new(&Settings::new(&|name| environment.get(name).cloned()), Patience::REQUEST)
            .unwrap();
    clients.dynamodb();
}
