//! How much a loss would lose, counted in what DynamoDB, EventBridge Scheduler and S3 answer.

use super::stakes::at_stake;
use crate::deploy::aws::replay::{Answer, Replay, ok, refused};
use crate::deploy::aws::wire_tests::run;
use scheduler_plan::diff::DataLoss;
use serde_json::json;
use std::collections::BTreeMap;

const NESTED: &str = "arn:aws:cloudformation:eu-central-1:1:stack/mon-dev-PluginMail-X/2";

fn resource(id: &str, physical: &str) -> String {
    format!(
        "<member><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{physical}\
         </PhysicalResourceId><ResourceType>AWS::X::Y</ResourceType><ResourceStatus>\
         CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-01-01T00:00:00Z\
         </LastUpdatedTimestamp></member>"
    )
}

/// Every stack has one of each.
fn resources(operation: &str) -> Answer {
    let group = "arn:aws:scheduler:eu-central-1:1:schedule-group/mon-dev";
    let all = [
        resource("Table", "mon-dev-items"),
        resource("ScheduleGroup", group),
        resource("UserPool", "pool-1"),
        resource("Full", "full"),
        resource("Empty", "empty"),
        resource("PluginMail", NESTED),
    ];
    ok(operation, &format!("<StackResourceSummaries>{}</StackResourceSummaries>", all.concat()))
}

/// Two jobs, and the counter of their owner.
fn items() -> Answer {
    let item = |id: &str| json!({ "user_id": { "S": "ada" }, "job_id": { "N": id } });
    (200, json!({ "Items": [item("0"), item("1"), item("-1")] }).to_string())
}

fn schedules(count: usize) -> Answer {
    let all: Vec<_> = (0..count).map(|n| json!({ "Name": format!("ada-{n}") })).collect();
    (200, json!({ "Schedules": all }).to_string())
}

fn answer(operation: &str) -> Answer {
    let one = "<Version><Key>page</Key><VersionId>1</VersionId></Version>";
    match operation {
        "ListStackResources" => resources(operation),
        "POST /" => items(),
        list if list.starts_with("GET /schedules") && list.contains("State=ENABLED") => {
            schedules(1)
        }
        list if list.starts_with("GET /schedules") => schedules(2),
        list if list.starts_with("GET /full") => {
            (200, format!("<ListVersionsResult>{one}</ListVersionsResult>"))
        }
        _ => (200, "<ListVersionsResult></ListVersionsResult>".to_owned()),
    }
}

fn loss(id: &str, kind: &str) -> DataLoss {
    DataLoss {
        id: id.into(),
        stack: "core".into(),
        resource_type: kind.into(),
        reason: "it is removed".into(),
    }
}

fn counted(
    answer: impl Fn(&str) -> Answer + Send + 'static,
    losses: &[DataLoss],
) -> BTreeMap<String, String> {
    run(async {
        let replay = Replay::of(move |operation, _| answer(operation)).await;
        at_stake(&replay.aws(), "mon-dev", losses).await
    })
}

#[test]
fn items_schedules_and_objects_are_counted() {
    let losses = [
        loss("Table", "AWS::DynamoDB::Table"),
        loss("PluginMail/Table", "AWS::DynamoDB::Table"),
        loss("ScheduleGroup", "AWS::Scheduler::ScheduleGroup"),
        loss("UserPool", "AWS::Cognito::UserPool"),
        loss("Full", "AWS::S3::Bucket"),
        loss("PluginMail/Empty", "AWS::S3::Bucket"),
        loss("Gone", "AWS::DynamoDB::Table"),
        loss("Table", "AWS::EFS::FileSystem"),
    ];
    let stakes = counted(answer, &losses[..7]);
    let told: Vec<_> = stakes.iter().map(|(id, held)| (id.as_str(), held.as_str())).collect();
    assert_eq!(
        told,
        [
            ("Full", "it holds objects"),
            ("PluginMail/Empty", "it is empty"),
            ("PluginMail/Table", "3 items"),
            ("ScheduleGroup", "2 schedules, 1 of them switched on"),
            ("Table", "2 jobs and 1 other item"),
            ("UserPool", "its users"),
        ]
    );
    // What cannot be counted is refused all the same, without a number.
    assert!(counted(answer, &losses[7..]).is_empty());
}

#[test]
fn what_may_not_be_looked_at_has_no_number() {
    let denied = |operation: &str| match operation {
        "POST /" => refused(operation, (400, "AccessDeniedException"), "not authorized"),
        other => answer(other),
    };
    let losses = [loss("Table", "AWS::DynamoDB::Table"), loss("Full", "AWS::S3::Bucket")];
    let stakes = counted(denied, &losses);
    assert_eq!(stakes.into_keys().collect::<Vec<_>>(), ["Full"]);
}
