//! Each check finds its fault in a template that is otherwise right.

use super::audit;
use crate::plan::plan;
use crate::synth::synth;
use crate::testing::{artifacts, everything};
use serde_json::{Value, json};

fn templates() -> (Value, Value) {
    let plan = plan(&everything());
    let templates = synth(&plan, &artifacts(&plan)).unwrap();
    let read = |text: &str| serde_json::from_str(text).unwrap();
    (read(&templates.root.text), read(&templates.plugins["mailer"].text))
}

/// What is found once a value is put at a pointer below `Resources`.
fn broken(template: &Value, pointer: &str, value: Value) -> Vec<String> {
    let mut template = template.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = template["Resources"].pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match value {
        Value::Null => drop(parent.as_object_mut().unwrap().remove(key).unwrap()),
        value => parent[key] = value,
    }
    audit(&template)
}

fn finds(found: &[String], sentence: &str) {
    assert!(found.iter().any(|one| one.contains(sentence)), "{sentence}: {found:?}");
}

#[test]
fn every_template_of_ours_is_clean() {
    let plan = plan(&everything());
    let all = synth(&plan, &artifacts(&plan)).unwrap();
    for template in all.plugins.values().chain([&all.root]) {
        let body: Value = serde_json::from_str(&template.text).unwrap();
        assert_eq!(audit(&body), Vec::<String>::new());
    }
}

#[test]
fn the_api_is_looked_at() {
    let (root, _) = templates();
    finds(&broken(&root, "/ItemsGetRoute/Properties/AuthorizerId", Value::Null), "no authorizer");
    finds(
        &broken(&root, "/ItemsGetRoute/Properties/AuthorizationType", json!("NONE")),
        "no authorizer",
    );
    finds(
        &broken(&root, "/ItemsGetFunction/Properties/Timeout", json!(31)),
        "longer than the 30 s",
    );
}

#[test]
fn mappings_are_looked_at() {
    let (root, mailer) = templates();
    let fifo = "/ChangeMapping/Properties";
    let window = format!("{fifo}/MaximumBatchingWindowInSeconds");
    finds(&broken(&root, &window, json!(1)), "batching window on a FIFO");
    let bisect = format!("{fifo}/BisectBatchOnFunctionError");
    finds(&broken(&root, &bisect, json!(true)), "only streams can");
    let reserve = "/SchedulersScheduleControllerFunction/Properties/ReservedConcurrentExecutions";
    finds(&broken(&root, reserve, json!(4)), "than its function reserves");
    finds(&broken(&root, "/ChangeQueue/Properties/VisibilityTimeout", json!(359)), "six times");
    finds(&broken(&mailer, "/ConsumerQueue/Properties/VisibilityTimeout", json!(179)), "six times");
    finds(
        &broken(&root, "/StreamMapping/Properties/StartingPosition", Value::Null),
        "where in the stream",
    );
}

#[test]
fn delivery_is_looked_at() {
    let (_, mailer) = templates();
    let subscription = "/ConsumerSubscription/Properties";
    let scope = format!("{subscription}/FilterPolicyScope");
    finds(&broken(&mailer, &scope, json!("Messagebody")), "unknown filter scope");
    let policy = format!("{subscription}/FilterPolicy");
    let six = json!({"a": [1], "b": [1], "c": [1], "d": [1], "e": [1], "f": [1]});
    finds(&broken(&mailer, &policy, six), "more than 5 keys");
    finds(&broken(&mailer, &policy, json!({ "job_type": [] })), "no value");
    for queue in ["ConsumerQueue", "ConsumerDeadQueue"] {
        let statements = format!("/{queue}Policy/Properties/PolicyDocument/Statement");
        finds(
            &broken(&mailer, &statements, json!([])),
            &format!("policy of `{queue}` does not let"),
        );
    }
}

#[test]
fn schedules_are_looked_at() {
    let (root, _) = templates();
    let role = "/SchedulersScheduleControllerRole/Properties/Policies/0/PolicyDocument/Statement";
    let only = json!([{ "Action": ["scheduler:CreateSchedule"] }]);
    finds(&broken(&root, role, only), "pass no role");
    let variable = "/SchedulersScheduleControllerFunction/Properties/Environment/Variables";
    let fifo = json!({ "SCHEDULES_DEAD_LETTER_ARN": { "Fn::GetAtt": ["ChangeDeadQueue", "Arn"] } });
    finds(&broken(&root, variable, fifo), "gives schedules a FIFO queue");
    let schedule = json!({ "Type": "AWS::Scheduler::Schedule", "Properties": {
        "ScheduleExpression": "rate(1minute)",
        "Target": { "DeadLetterConfig": { "Arn": { "Fn::GetAtt": ["ChangeQueue", "Arn"] } } },
    }});
    let found = broken(&root, "/Extra", schedule);
    finds(&found, "bad schedule expression");
    finds(&found, "`Extra` has a FIFO queue");
}

#[test]
fn sizes_are_looked_at() {
    let (root, mailer) = templates();
    let name = "/ConsumerQueue/Properties/QueueName";
    finds(&broken(&mailer, name, json!("q".repeat(81))), "name of over 80 characters");
    let bucket = json!({ "Fn::Sub": format!("{}-${{AWS::AccountId}}", "b".repeat(51)) });
    finds(&broken(&mailer, "/StateBucket/Properties/BucketName", bucket), "over 63");
    let variables = json!({ "A": "a".repeat(4096) });
    let environment = "/ConsumerFunction/Properties/Environment/Variables";
    finds(&broken(&mailer, environment, variables), "4096 bytes of environment");
    let long = json!({ "Type": "X::Y::Z", "Text": "x".repeat(1_000_000) });
    finds(&broken(&root, "/Extra", long), "the template has 10");
}
