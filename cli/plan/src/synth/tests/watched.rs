//! What keeps table and schedules in step, and who hears where it does not: goldens can be rewritten
//! in one go, these cannot.

use super::{body, nested, root, templates};
use crate::app::App;
use crate::plan::plan;
use crate::testing::{bare, everything};
use scheduler_contract::metric;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ADDRESS: &str = "ops@example.com";

fn told() -> App {
    App { alarms: Some(ADDRESS.to_owned()), ..everything() }
}

/// Logical id -> properties of all resources of a type.
fn typed(template: &Value, kind: &str) -> BTreeMap<String, Value> {
    let all = template["Resources"].as_object().unwrap().iter();
    let ours = all.filter(|(_, one)| one["Type"] == kind);
    ours.map(|(id, one)| (id.clone(), one["Properties"].clone())).collect()
}

fn stacks(app: &App) -> Vec<Value> {
    let all = templates(app);
    all.plugins.values().chain([&all.root]).map(|template| body(&template.text)).collect()
}

#[test]
fn every_queue_has_dead_letters_and_every_queue_of_dead_letters_an_alarm() {
    let mut dead = Vec::new();
    for stack in stacks(&everything()) {
        let alarms = typed(&stack, "AWS::CloudWatch::Alarm");
        let watched: BTreeMap<_, _> = alarms
            .values()
            .filter(|alarm| alarm["Namespace"] == "AWS/SQS")
            .map(|alarm| (alarm["Dimensions"][0]["Value"].as_str().unwrap(), alarm))
            .collect();
        let mut queues = typed(&stack, "AWS::SQS::Queue");
        // A plugin's own is its own business.
        queues.remove("Pages");
        let (feeding, last): (Vec<_>, Vec<_>) =
            queues.iter().partition(|(_, queue)| queue.get("RedrivePolicy").is_some());
        let letters: BTreeSet<_> =
            last.iter().map(|(_, queue)| queue["QueueName"].as_str().unwrap()).collect();
        assert_eq!(watched.keys().copied().collect::<BTreeSet<_>>(), letters);
        for (id, queue) in feeding {
            let to = queue["RedrivePolicy"]["deadLetterTargetArn"].to_string();
            let is_here = last.iter().any(|(id, queue)| {
                to.contains(&format!("\"{id}\""))
                    || to.contains(&format!(":{}\"", queue["QueueName"].as_str().unwrap()))
            });
            assert!(is_here, "{id}: {to}");
        }
        for (queue, alarm) in watched {
            assert_eq!(alarm["AlarmName"], queue);
            assert_eq!(alarm["MetricName"], "ApproximateNumberOfMessagesVisible");
            let when = (&alarm["Statistic"], &alarm["ComparisonOperator"], &alarm["Threshold"]);
            assert_eq!(when, (&json!("Maximum"), &json!("GreaterThanThreshold"), &json!(0)));
            // A queue that nobody touches is counted no more: what lay there still does.
            assert_eq!(alarm["TreatMissingData"], "ignore");
            assert_eq!(alarm["Dimensions"][0]["Name"], "QueueName");
            dead.push(queue.to_owned());
        }
    }
    dead.sort();
    let wanted = [
        "svc-dev-changes-dead.fifo",
        "svc-dev-direct-dead",
        "svc-dev-mailer-dead",
        "svc-dev-relay-dead",
        "svc-dev-schedules-dead",
        "svc-dev-stream-dead",
        "svc-dev-undelivered-dead",
    ];
    assert_eq!(dead, wanted);
}

#[test]
fn a_reconciler_that_finds_drift_twice_or_is_silent_rings() {
    let alarms = typed(&root(&bare()), "AWS::CloudWatch::Alarm");
    let of = |id: &str| {
        let alarm = &alarms[id];
        let group = json!([{ "Name": metric::GROUP, "Value": "svc-dev" }]);
        assert_eq!(
            (&alarm["Namespace"], &alarm["Dimensions"]),
            (&json!(metric::NAMESPACE), &group)
        );
        let names = (alarm["AlarmName"].as_str().unwrap(), alarm["MetricName"].as_str().unwrap());
        let over =
            (alarm["Period"].as_u64().unwrap(), alarm["EvaluationPeriods"].as_u64().unwrap());
        let when = ["Statistic", "ComparisonOperator", "TreatMissingData"]
            .map(|key| alarm[key].as_str().unwrap());
        (names, over, when, alarm["Threshold"].as_u64().unwrap())
    };
    let drift = ["Maximum", "GreaterThanThreshold", "notBreaching"];
    assert_eq!(of("DriftAlarm"), (("svc-dev-drift", metric::DRIFT), (3600, 2), drift, 0));
    let silent = ["Sum", "LessThanThreshold", "breaching"];
    let names = ("svc-dev-reconciler-silent", metric::PASSES);
    assert_eq!(of("ReconcilerSilentAlarm"), (names, (3600, 3), silent, 1));
}

#[test]
fn changes_that_wait_too_long_ring() {
    let alarm = &typed(&root(&bare()), "AWS::CloudWatch::Alarm")["StreamLateAlarm"];
    assert_eq!(alarm["AlarmName"], "svc-dev-stream-late");
    assert_eq!(
        (&alarm["Namespace"], &alarm["MetricName"]),
        (&json!("AWS/Lambda"), &json!("IteratorAge"))
    );
    let function = &root(&bare())["Resources"]["ScheduleQueueAdderFunction"]["Properties"];
    assert_eq!(alarm["Dimensions"][0]["Value"], function["FunctionName"]);
    assert_eq!((&alarm["Threshold"], &alarm["EvaluationPeriods"]), (&json!(900_000), &json!(3)));
}

#[test]
fn who_wants_to_hear_of_alarms_is_told_of_all_of_them() {
    let app = told();
    let root = root(&app);
    assert_eq!(typed(&root, "AWS::SNS::Topic")["AlarmTopic"]["TopicName"], "svc-dev-alarms");
    let subscription = &typed(&root, "AWS::SNS::Subscription")["AlarmSubscription"];
    let wanted = json!({
        "Endpoint": ADDRESS, "Protocol": "email", "TopicArn": { "Ref": "AlarmTopic" }
    });
    assert_eq!(*subscription, wanted);
    let here = json!([{ "Ref": "AlarmTopic" }]);
    let by_name = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:svc-dev-alarms";
    for (stack, topic) in [(root, here), (nested(&app, "mailer"), json!([{ "Fn::Sub": by_name }]))]
    {
        for (id, alarm) in typed(&stack, "AWS::CloudWatch::Alarm") {
            assert_eq!(alarm["AlarmActions"], topic, "{id}");
            // Whoever empties a queue knows it.
            let is_queue = alarm["Namespace"] == "AWS/SQS";
            assert_eq!(alarm.get("OKActions").is_none(), is_queue, "{id}");
        }
    }
}

#[test]
fn only_alarms_of_this_deployment_may_be_told() {
    let policy = typed(&root(&told()), "AWS::SNS::TopicPolicy")["AlarmTopicPolicy"].clone();
    let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap().clone();
    let allowed: Vec<_> = statements.iter().filter(|one| one["Effect"] == "Allow").collect();
    let alarms =
        "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:svc-dev-*";
    let wanted = json!({
        "Sid": "Publishes",
        "Effect": "Allow",
        "Principal": { "Service": "cloudwatch.amazonaws.com" },
        "Action": ["sns:Publish"],
        "Resource": [{ "Ref": "AlarmTopic" }],
        "Condition": {
            "ArnLike": { "aws:SourceArn": { "Fn::Sub": alarms } },
            "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } }
        }
    });
    assert_eq!(allowed, [&wanted]);
    assert!(
        plan(&told()).edges.iter().any(|edge| edge.to_string() == "alarms publishes alarm-topic")
    );
}

#[test]
fn without_an_address_alarms_ring_and_nobody_is_told() {
    for stack in stacks(&everything()) {
        for alarm in typed(&stack, "AWS::CloudWatch::Alarm").values() {
            assert!(alarm.get("AlarmActions").is_none() && alarm.get("OKActions").is_none());
        }
        assert!(!stack.to_string().contains("AlarmTopic"));
    }
}

#[test]
fn names_of_alarms_are_fixed_for_ever_and_each_is_given_once() {
    let mut names: Vec<String> = stacks(&everything())
        .iter()
        .flat_map(|stack| typed(stack, "AWS::CloudWatch::Alarm").into_values())
        .map(|alarm| alarm["AlarmName"].as_str().unwrap().to_owned())
        .filter(|name| !name.contains("-dead"))
        .collect();
    names.sort();
    assert_eq!(names, ["svc-dev-drift", "svc-dev-reconciler-silent", "svc-dev-stream-late"]);
}

#[test]
fn the_reconciler_is_called_every_hour_by_its_rule_and_by_nobody_else() {
    let root = root(&bare());
    let rule = &typed(&root, "AWS::Events::Rule")["ReconcilerRule"];
    assert_eq!(
        (&rule["ScheduleExpression"], &rule["State"]),
        (&json!("rate(1 hour)"), &json!("ENABLED"))
    );
    let function = "function:${SchedulersReconcilerFunction}";
    let target = rule["Targets"][0]["Arn"]["Fn::Sub"].as_str().unwrap();
    assert!(target.ends_with(function), "{target}");
    assert_eq!(rule["Targets"].as_array().unwrap().len(), 1);
    let permissions = typed(&root, "AWS::Lambda::Permission");
    let its =
        |one: &&Value| one["FunctionName"] == json!({ "Ref": "SchedulersReconcilerFunction" });
    let of_reconciler: Vec<_> = permissions.values().filter(its).collect();
    let wanted = json!({
        "Action": "lambda:InvokeFunction",
        "FunctionName": { "Ref": "SchedulersReconcilerFunction" },
        "Principal": "events.amazonaws.com",
        "SourceArn": { "Fn::GetAtt": ["ReconcilerRule", "Arn"] }
    });
    assert_eq!(of_reconciler, [&wanted]);
}

#[test]
fn what_a_stream_cannot_deliver_is_halved_tried_again_and_then_kept() {
    let mapping = typed(&root(&bare()), "AWS::Lambda::EventSourceMapping")["StreamMapping"].clone();
    assert_eq!(mapping["EventSourceArn"], json!({ "Fn::GetAtt": ["Table", "StreamArn"] }));
    assert_eq!(mapping["BisectBatchOnFunctionError"], true);
    assert_eq!(mapping["MaximumRetryAttempts"], 10);
    // Half of the day that a stream keeps its records.
    assert_eq!(mapping["MaximumRecordAgeInSeconds"], 43_200);
    let given_up = &mapping["DestinationConfig"]["OnFailure"]["Destination"];
    assert_eq!(*given_up, json!({ "Fn::GetAtt": ["StreamDeadQueue", "Arn"] }));
}

/// A job of a new type that comes before the controller knows the type is a dead letter.
#[test]
fn who_takes_jobs_is_updated_after_who_makes_schedules_of_them() {
    let after = |one: &Value| one["DependsOn"] == json!(["SchedulersScheduleControllerFunction"]);
    for app in [bare(), everything()] {
        let root = root(&app);
        let all = root["Resources"].as_object().unwrap();
        let functions = all.iter().filter(|(_, one)| one["Type"] == "AWS::Lambda::Function");
        let late: Vec<_> = functions.filter(|(_, one)| after(one)).map(|(id, _)| id).collect();
        let wanted = [
            "ItemCreateFunction",
            "ItemUpdateFunction",
            "ItemsJobTypesFunction",
            "SchedulersReconcilerFunction",
        ];
        assert_eq!(late, wanted);
    }
}
