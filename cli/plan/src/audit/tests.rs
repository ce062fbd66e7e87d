//! Each check finds its fault in a template that is otherwise right.

use super::{Sizes, audit};
use crate::plan::plan;
use crate::synth::synth;
use crate::template::canonical;
use crate::testing::{artifacts, everything};
use serde_json::{Map, Value, json};

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
    said(&template)
}

fn said(template: &Value) -> Vec<String> {
    let findings = audit(template.as_object().unwrap());
    findings.iter().map(|one| format!("`{}` {}", one.id, one.what)).collect()
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
        assert_eq!(said(&body), Vec::<String>::new());
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
        "`ItemsGetFunction` may take longer than the 30 s",
    );
}

#[test]
fn a_mapping_of_a_plugins_own_needs_leave_to_read_from_its_queue() {
    let (_, mailer) = templates();
    let mut own = mailer.clone();
    let resources = own["Resources"].as_object_mut().unwrap();
    let role = resources.get_mut("ConsumerRole").unwrap();
    role["Properties"]["Policies"] = json!([]);
    let sentence = "`ConsumerMapping` reads from a queue, but its function's role may not";
    finds(&said(&own), sentence);

    // By a policy beside the role, and by a managed policy, of which nothing is known here.
    let policy = json!({ "Type": "AWS::IAM::Policy", "Properties": {
        "Roles": [{ "Ref": "ConsumerRole" }],
        "PolicyDocument": { "Statement": { "Effect": "Allow", "Action": "sqs:Receive*",
                                           "Resource": "arn:aws:sqs:eu-central-1:1:q" } }
    }});
    let mut beside = own.clone();
    beside["Resources"]["Beside"] = policy;
    own["Resources"]["ConsumerRole"]["Properties"]["ManagedPolicyArns"] = json!(["arn:x"]);
    for right in [beside, own] {
        assert!(!said(&right).iter().any(|one| one.starts_with(sentence)), "{:?}", said(&right));
    }
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
    let found = broken(&mailer, &scope, json!("Messagebody"));
    finds(&found, "has the filter scope `Messagebody`; there are `MessageAttributes` or");
    let policy = format!("{subscription}/FilterPolicy");
    let six = json!({"a": [1], "b": [1], "c": [1], "d": [1], "e": [1], "f": [1]});
    finds(&broken(&mailer, &policy, six), "filters on 6 keys; SNS takes 5");
    finds(&broken(&mailer, &policy, json!({ "job_type": [] })), "no value");
    for queue in ["ConsumerQueue", "ConsumerDeadQueue"] {
        let statements = format!("/{queue}Policy/Properties/PolicyDocument/Statement");
        finds(
            &broken(&mailer, &statements, json!([])),
            &format!("`{queue}` has no policy that lets the topic send"),
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
    finds(&found, "`Extra` has `rate(1minute)`, which is no schedule expression");
    finds(&found, "`Extra` has a FIFO queue");
}

#[test]
fn sizes_are_looked_at() {
    let (_, mailer) = templates();
    let name = "/ConsumerQueue/Properties/QueueName";
    finds(
        &broken(&mailer, name, json!("q".repeat(81))),
        "has a `QueueName` of 81 characters; AWS takes 80",
    );
    let bucket = json!({ "Fn::Sub": format!("{}-${{AWS::AccountId}}", "b".repeat(51)) });
    finds(
        &broken(&mailer, "/StateBucket/Properties/BucketName", bucket),
        "has a `BucketName` of 64 characters; AWS takes 63",
    );
    let variables = json!({ "A": "a".repeat(4096) });
    let environment = "/ConsumerFunction/Properties/Environment/Variables";
    finds(
        &broken(&mailer, environment, variables),
        "has 4097 bytes of environment; Lambda takes 4096",
    );
}

/// A template with so many of everything, and what is over.
fn over(section: &str, entry: &Value, number: usize) -> Vec<String> {
    let entries: Map<String, Value> =
        (0..number).map(|nth| (format!("E{nth}"), entry.clone())).collect();
    let template = json!({ section: entries });
    Sizes::of(&template, &canonical(&template), "Topic").over()
}

#[test]
fn a_template_is_measured_as_a_whole() {
    let ssm = json!({ "Value": "{{resolve:ssm:/x}}" });
    for (section, entry, most) in [
        ("Resources", json!({ "Type": "A::B::C" }), 500),
        ("Outputs", json!({}), 200),
        ("Parameters", json!({}), 200),
        ("Mappings", ssm, 60),
    ] {
        assert_eq!(over(section, &entry, most), Vec::<String>::new());
        let found = over(section, &entry, most + 1);
        let wanted = format!("would have {} ", most + 1);
        assert!(found[0].starts_with(&wanted), "{section}: {found:?}");
    }
    let long = over("Mappings", &json!("x".repeat(1000)), 1000);
    assert!(long[0].ends_with("bytes; CloudFormation takes 1000000 a stack"), "{long:?}");
}

#[test]
fn only_filtered_subscriptions_of_the_topic_count() {
    let subscription = |topic: &str, filter: Value| {
        json!({ "Type": "AWS::SNS::Subscription", "Properties": {
            "TopicArn": { "Ref": topic }, "FilterPolicy": filter,
        }})
    };
    let template = json!({ "Resources": {
        "Ours": subscription("Topic", json!({ "job_type": ["x"] })),
        "Unfiltered": subscription("Topic", Value::Null),
        "Theirs": subscription("TheirTopic", json!({ "x": ["x"] })),
    }});
    assert_eq!(Sizes::of(&template, "", "Topic").filtered_subscriptions, 1);
}

#[test]
fn what_is_written_in_another_way_is_understood() {
    let (root, mailer) = templates();
    let statements = "/ConsumerQueuePolicy/Properties/PolicyDocument/Statement";
    for principal in [json!("*"), json!({ "Service": ["sns.amazonaws.com"] })] {
        let condition = json!({ "ArnEquals": { "aws:SourceArn": { "Ref": "Topic" } } });
        let one = json!({ "Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage",
            "Condition": condition });
        assert_eq!(broken(&mailer, statements, one), Vec::<String>::new());
    }
    let role = "/SchedulersScheduleControllerRole/Properties/Policies/0/PolicyDocument/Statement";
    let wide = ["scheduler:CreateSchedule", "iam:Pass*", "sqs:Receive*"];
    let wide = json!({ "Action": wide });
    assert_eq!(broken(&root, role, wide), Vec::<String>::new());
    let route = "/ItemsGetRoute/Properties/AuthorizationType";
    assert_eq!(broken(&root, route, json!("AWS_IAM")), Vec::<String>::new());
}

#[test]
fn a_policy_that_allows_more_than_one_thing_is_named() {
    let told = |statement: Value| {
        let document = json!({ "Statement": statement });
        let template = json!({ "Resources": {
            "Mine": { "Type": "AWS::IAM::Role", "Properties": {
                "Policies": [{ "PolicyName": "p", "PolicyDocument": document }],
            }},
            "Loose": { "Type": "AWS::IAM::Policy", "Properties": { "PolicyDocument": document }},
            "ConsumerRole": { "Type": "AWS::IAM::Role", "Properties": {
                "Policies": [{ "PolicyName": "p", "PolicyDocument": document }],
            }},
        }});
        let findings = audit(template.as_object().unwrap());
        let findings = findings.into_iter().map(|one| format!("{} {}", one.id, one.what));
        findings.collect::<Vec<_>>()
    };
    let allow = |action: Value, resource: Value| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    assert_eq!(told(allow(json!("s3:*"), json!("arn"))).len(), 2);
    let everywhere = told(json!([allow(json!(["s3:GetObject"]), json!(["arn", "*"]))]));
    assert_eq!(
        everywhere,
        [
            "Loose allows `s3:GetObject` on every resource (`*`)",
            "Mine allows `s3:GetObject` on every resource (`*`)",
        ]
    );
    let narrow = allow(json!("s3:GetObject"), json!({ "Fn::GetAtt": ["Pages", "Arn"] }));
    let refused = json!({ "Effect": "Deny", "Action": "*", "Resource": "*" });
    assert_eq!(told(json!([narrow, refused])), Vec::<String>::new());
}

#[test]
fn every_way_to_allow_everything_is_named() {
    let told = |kind: &str, properties: Value| {
        let one = json!({ "Type": kind, "Properties": properties });
        said(&json!({ "Resources": { "Mine": one } }))
    };
    let policy = |statement: Value| {
        told("AWS::IAM::ManagedPolicy", json!({ "PolicyDocument": { "Statement": [statement] } }))
    };
    let on = |resource: Value| {
        policy(json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource }))
    };
    for (resource, named) in [
        (json!("arn:aws:s3:::*"), "arn:aws:s3:::*"),
        (json!({ "Fn::Sub": "*" }), "*"),
        (json!({ "Fn::Sub": ["arn:${P}:s3:::*", { "P": "aws" }] }), "arn:${P}:s3:::*"),
        (
            json!([{ "Fn::Join": ["", ["arn:", { "Ref": "AWS::Partition" }, ":s3:::*"]] }]),
            "arn:${}:s3:::*",
        ),
    ] {
        let wanted = format!("`Mine` allows `s3:GetObject` on every resource (`{named}`)");
        assert_eq!(on(resource), [wanted]);
    }
    assert_eq!(on(json!({ "Fn::Sub": "arn:${AWS::Partition}:s3:::${Pages}/*" })), [""; 0]);
    let excepted = json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:x" });
    assert_eq!(policy(excepted), ["`Mine` allows everything but `iam:*` (`NotAction`)"]);
    let excepted = json!({ "Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:x" });
    assert_eq!(
        policy(excepted),
        ["`Mine` allows `s3:GetObject` on everything but `arn:x` (`NotResource`)"]
    );
    let either = json!({ "Fn::If": ["C", "*", { "Ref": "Pages" }] });
    assert_eq!(on(either.clone()), ["`Mine` allows `s3:GetObject` on every resource (`*`)"]);
    let action = json!({ "Effect": "Allow", "Action": either, "Resource": "arn:x" });
    assert_eq!(policy(action.clone()), ["`Mine` allows `*`: more than one thing"]);
    let whole = json!({ "Fn::If": ["C", { "Ref": "AWS::NoValue" }, action] });
    assert_eq!(policy(whole), ["`Mine` allows `*`: more than one thing"]);
    let almighty = "arn:aws:iam::aws:policy/AdministratorAccess";
    let role = json!({ "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess", almighty] });
    assert_eq!(
        told("AWS::IAM::Role", role),
        [format!("`Mine` allows `*`: it has the policy `{almighty}`")]
    );
    let user = json!({ "Policies": [{ "PolicyDocument": {
        "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } } }] });
    assert_eq!(told("AWS::IAM::User", user), ["`Mine` allows `*`: more than one thing"]);
}

#[test]
fn whoever_lets_everybody_in_is_named() {
    let told = |kind: &str, key: &str, statement: Value| {
        let document = json!({ key: { "Statement": [statement] } });
        said(&json!({ "Resources": { "Mine": { "Type": kind, "Properties": document } } }))
    };
    let anybody =
        |principal: Value| json!({ "Effect": "Allow", "Principal": principal, "Action": "x:Y" });
    let wanted = ["`Mine` lets everybody do `x:Y`: its `Principal` is `*`"];
    for (kind, key) in [
        ("AWS::SQS::QueuePolicy", "PolicyDocument"),
        ("AWS::SQS::QueueInlinePolicy", "PolicyDocument"),
        ("AWS::SNS::TopicPolicy", "PolicyDocument"),
        ("AWS::SNS::TopicInlinePolicy", "PolicyDocument"),
        ("AWS::S3::BucketPolicy", "PolicyDocument"),
        ("AWS::KMS::Key", "KeyPolicy"),
        ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    ] {
        assert_eq!(told(kind, key, anybody(json!("*"))), wanted);
        assert_eq!(told(kind, key, anybody(json!({ "AWS": ["*"] }))), wanted);
        assert_eq!(told(kind, key, anybody(json!({ "Service": "sns.amazonaws.com" }))), [""; 0]);
        let mut narrowed = anybody(json!("*"));
        narrowed["Condition"] = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } });
        assert_eq!(told(kind, key, narrowed), [""; 0]);
    }
    let excepted =
        json!({ "Effect": "Allow", "NotPrincipal": { "AWS": "arn:x" }, "Action": "x:Y" });
    assert_eq!(
        told("AWS::SQS::QueuePolicy", "PolicyDocument", excepted),
        ["`Mine` lets nearly everybody do `x:Y` (`NotPrincipal`)"]
    );
    let foreign =
        json!({ "Effect": "Allow", "Principal": { "AWS": "123456789012" }, "Action": "s3:*" });
    assert_eq!(
        told("AWS::S3::BucketPolicy", "PolicyDocument", foreign.clone()),
        ["`Mine` allows `s3:*`: more than one thing"]
    );
    assert_eq!(told("AWS::KMS::Key", "KeyPolicy", foreign), [""; 0]);
}

#[test]
fn whoever_lets_everybody_call_is_named() {
    let anybody =
        |principal: Value| json!({ "Effect": "Allow", "Principal": principal, "Action": "x:Y" });
    let caller = |more: Value| {
        let mut properties = json!({ "Principal": "*", "Action": "lambda:InvokeFunction" });
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        said(&json!({ "Resources": {
            "Mine": { "Type": "AWS::Lambda::Permission", "Properties": properties } } }))
    };
    assert_eq!(
        caller(json!({})),
        ["`Mine` lets everybody call the function: its `Principal` is `*`"]
    );
    assert_eq!(caller(json!({ "SourceAccount": "123456789012" })), [""; 0]);
    let of = |kind: &str, properties: Value| {
        said(&json!({ "Resources": { "Mine": { "Type": kind, "Properties": properties } } }))
    };
    let layer = "AWS::Lambda::LayerVersionPermission";
    assert_eq!(of(layer, json!({ "Principal": "*" })).len(), 1);
    assert_eq!(of(layer, json!({ "Principal": "*", "OrganizationId": "o-1" })), [""; 0]);
    assert_eq!(
        of("AWS::Lambda::Url", json!({ "AuthType": "NONE" })),
        ["`Mine` lets everybody call the function: its `AuthType` is `NONE`"]
    );
    assert_eq!(of("AWS::Lambda::Url", json!({ "AuthType": "AWS_IAM" })), [""; 0]);
    let table = json!({ "ResourcePolicy": { "PolicyDocument": {
        "Statement": [anybody(json!("*"))] } } });
    assert_eq!(
        of("AWS::DynamoDB::Table", table),
        ["`Mine` lets everybody do `x:Y`: its `Principal` is `*`"]
    );
}
