//! Widened and narrowed, as people read it.

use crate::diff::{Deployed, Direction, diff};
use crate::template::{Template, Templates};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn templates(root: &Value) -> Templates {
    Templates {
        root: Template::of(root),
        plugins: BTreeMap::new(),
        nested_ids: BTreeMap::new(),
        digest: String::new(),
    }
}

/// The lines of the section, of two root stacks that have these resources.
fn told(old: &Value, new: &Value) -> Vec<String> {
    let template = |resources: &Value| json!({ "Resources": resources });
    let deployed = Deployed { root: Some(template(old)), nested: BTreeMap::new() };
    let text = diff(&deployed, &templates(&template(new))).to_string();
    let section = text.lines().skip_while(|line| *line != "permissions").skip(1);
    section.take_while(|line| !line.is_empty()).map(|line| line.trim().to_owned()).collect()
}

fn role(statements: &Value) -> Value {
    let policy = json!({ "PolicyName": "edges", "PolicyDocument": { "Statement": statements } });
    json!({ "Role": { "Type": "AWS::IAM::Role", "Properties": { "Policies": [policy] } } })
}

fn sends(action: &Value, resource: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

#[test]
fn an_action_that_comes_widens_and_one_that_goes_narrows() {
    let queue = json!({ "Fn::GetAtt": ["Queue", "Arn"] });
    let old = role(&json!([sends(&json!(["sqs:SendMessage", "sqs:PurgeQueue"]), &queue)]));
    let new = role(&json!([sends(&json!(["sqs:SendMessage", "sqs:ReceiveMessage"]), &queue)]));
    let wanted = [
        "widened: role `Role` of the core may now `sqs:ReceiveMessage` on `Queue.Arn`",
        "narrowed: role `Role` of the core may no longer `sqs:PurgeQueue` on `Queue.Arn`",
    ];
    assert_eq!(told(&old, &new), wanted);
}

#[test]
fn a_resource_that_comes_widens_and_a_wildcard_that_goes_only_narrows() {
    let action = json!("s3:GetObject");
    let one = role(&json!(sends(&action, &json!(["arn:aws:s3:::a/*"]))));
    let two = role(&json!(sends(&action, &json!(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]))));
    let all = role(&json!(sends(&action, &json!("*"))));
    let wider = "widened: role `Role` of the core may now `s3:GetObject` on";
    assert_eq!(told(&one, &two), [format!("{wider} `arn:aws:s3:::b/*`")]);
    assert_eq!(told(&two, &all), [format!("{wider} `*`")]);
    let narrower = "narrowed: role `Role` of the core may no longer `s3:GetObject` on `*`";
    assert_eq!(told(&all, &one), [narrower]);
}

#[test]
fn a_condition_that_goes_widens_and_one_that_comes_narrows() {
    let free = json!({ "Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:a" });
    let mut bound = free.clone();
    bound["Condition"] = json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "Owner" } } });
    let clause = "where aws:SourceAccount StringEquals `Owner`";
    let may = "role `Role` of the core may";
    assert_eq!(
        told(&role(&bound), &role(&free)),
        [format!("widened: {may} now `sns:Publish` on `arn:a` in any case, not only {clause}")]
    );
    assert_eq!(
        told(&role(&free), &role(&bound)),
        [format!(
            "narrowed: {may} no longer `sns:Publish` on `arn:a` in any case, but only {clause}"
        )]
    );
}

#[test]
fn another_condition_is_both() {
    let when = |account: &str| {
        role(&json!({ "Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:a",
            "Condition": { "StringEquals": { "aws:SourceAccount": account } } }))
    };
    let wanted = [
        "widened: role `Role` of the core may now `sns:Publish` on `arn:a` \
         where aws:SourceAccount StringEquals `2`",
        "narrowed: role `Role` of the core may no longer `sns:Publish` on `arn:a` \
         where aws:SourceAccount StringEquals `1`",
    ];
    assert_eq!(told(&when("1"), &when("2")), wanted);
}

#[test]
fn a_denial_that_goes_widens() {
    let deny = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "arn:a" });
    let (with, without) = (role(&json!([deny])), role(&json!([])));
    let who = "role `Role` of the core";
    assert_eq!(
        told(&with, &without),
        [format!("widened: {who} is no longer denied `s3:*` on `arn:a`")]
    );
    assert_eq!(told(&without, &with), [format!("narrowed: {who} is now denied `s3:*` on `arn:a`")]);
}

#[test]
fn what_is_denied_instead_of_allowed_is_told_as_both() {
    let does = |effect: &str| {
        role(&json!([{ "Effect": effect, "Action": "s3:GetObject", "Resource": "arn:a" }]))
    };
    let wanted = [
        "narrowed: role `Role` of the core may no longer `s3:GetObject` on `arn:a`",
        "narrowed: role `Role` of the core is now denied `s3:GetObject` on `arn:a`",
    ];
    assert_eq!(told(&does("Allow"), &does("Deny")), wanted);
}

#[test]
fn the_same_access_in_other_words_changes_nothing() {
    let arn = json!({ "Fn::GetAtt": ["Queue", "Arn"] });
    let old = role(&json!([sends(&json!(["sqs:SendMessage", "sqs:PurgeQueue"]), &arn)]));
    let split = json!({
        "Role": { "Type": "AWS::IAM::Role", "Properties": {} },
        "Policy": { "Type": "AWS::IAM::Policy", "Properties": {
            "PolicyName": "moved", "Roles": [{ "Ref": "Role" }],
            "PolicyDocument": { "Statement": [
                { "Sid": "A", "Effect": "Allow", "Action": "SQS:sendmessage", "Resource": arn },
                { "Sid": "B", "Effect": "Allow", "Action": "sqs:PurgeQueue",
                  "Resource": { "Fn::Sub": "${Queue.Arn}" } },
            ] },
        } },
    });
    assert_eq!(told(&old, &split), [""; 0]);
    assert_eq!(told(&split, &old), [""; 0]);
}

#[test]
fn managed_policies_and_boundaries_are_told_by_name() {
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let plain = json!({ "Role": { "Type": "AWS::IAM::Role", "Properties": {} } });
    let with = |key: &str, value: Value| json!({ "Role": { "Type": "AWS::IAM::Role", "Properties": { key: value } } });
    let managed = with("ManagedPolicyArns", json!([admin]));
    let who = "role `Role` of the core";
    assert_eq!(
        told(&plain, &managed),
        [format!("widened: {who} may now do what `{admin}` allows")]
    );
    let bound = with("PermissionsBoundary", json!({ "Ref": "Edge" }));
    let no_more =
        format!("widened: {who} is no longer denied what its boundary `Edge` does not allow");
    assert_eq!(told(&bound, &plain), [no_more]);
}

#[test]
fn who_may_take_on_a_role_is_told() {
    let trust = |service: &str| {
        json!({ "Role": { "Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": { "Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": service },
            } },
        } } })
    };
    let wanted = [
        "widened: `ec2.amazonaws.com` may now `sts:AssumeRole` (policy of role `Role` of the core)",
        "narrowed: `lambda.amazonaws.com` may no longer `sts:AssumeRole` \
         (policy of role `Role` of the core)",
    ];
    assert_eq!(told(&trust("lambda.amazonaws.com"), &trust("ec2.amazonaws.com")), wanted);
}

#[test]
fn policies_of_resources_are_told() {
    let cases = [
        ("AWS::SQS::QueuePolicy", "Queues", json!([{ "Ref": "Thing" }])),
        ("AWS::SNS::TopicPolicy", "Topics", json!([{ "Ref": "Thing" }])),
        ("AWS::S3::BucketPolicy", "Bucket", json!({ "Ref": "Thing" })),
    ];
    for (kind, property, target) in cases {
        let policy = |principal: Value| {
            json!({ "Thing": {}, "Policy": { "Type": kind, "Properties": {
                property: target, "PolicyDocument": { "Statement": [{ "Effect": "Allow",
                    "Principal": principal, "Action": "x:Do", "Resource": "arn:a" }] },
            } } })
        };
        let old = policy(json!({ "AWS": "arn:aws:iam::1:root" }));
        let everybody = "widened: `*` may now `x:Do` on `arn:a` (policy of `Thing` of the core)";
        assert_eq!(told(&old, &policy(json!({ "AWS": "*" }))), [everybody], "{kind}");
    }
}

#[test]
fn a_function_that_another_may_call_is_told() {
    let permission = |source: &str| {
        json!({ "Permission": { "Type": "AWS::Lambda::Permission", "Properties": {
            "Action": "lambda:InvokeFunction", "FunctionName": { "Ref": "Run" },
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": { "Fn::Sub": format!("arn:${{AWS::Partition}}:execute-api:{source}") },
        } } })
    };
    let wanted = [
        "widened: `apigateway.amazonaws.com` may now `lambda:InvokeFunction` on `Run` of the core \
         where aws:SourceArn ArnLike `arn:…:execute-api:b`",
        "narrowed: `apigateway.amazonaws.com` may no longer `lambda:InvokeFunction` \
         on `Run` of the core where aws:SourceArn ArnLike `arn:…:execute-api:a`",
    ];
    assert_eq!(told(&permission("a"), &permission("b")), wanted);
    assert_eq!(told(&permission("a"), &permission("*")).len(), 1, "it narrows nothing");
}

#[test]
fn a_denial_that_goes_with_its_queue_widens_nothing() {
    let resources = json!({
        "Queue": { "Type": "AWS::SQS::Queue" },
        "Policy": { "Type": "AWS::SQS::QueuePolicy", "Properties": {
            "Queues": [{ "Ref": "Queue" }],
            "PolicyDocument": { "Statement": [{ "Effect": "Deny", "Principal": "*",
                "Action": "sqs:*", "Resource": "*" }] },
        } },
    });
    assert_eq!(told(&resources, &json!({})), [""; 0]);
    let only_queue = json!({ "Queue": { "Type": "AWS::SQS::Queue" } });
    let wanted = "widened: `*` is no longer denied `sqs:*` on `*` (policy of `Queue` of the core)";
    assert_eq!(told(&resources, &only_queue), [wanted]);
}

#[test]
fn programs_read_the_same_in_parts() {
    let old = role(&json!([]));
    let new = role(&json!([sends(&json!(["b:B", "a:A"]), &json!("arn:a"))]));
    let template = |resources: &Value| json!({ "Resources": resources });
    let deployed = Deployed { root: Some(template(&old)), nested: BTreeMap::new() };
    let changes = diff(&deployed, &templates(&template(&new)));
    assert_eq!(changes.access[0].direction, Direction::Widened);
    let wanted = json!([{
        "direction": "widened", "stack": "core", "holder": { "kind": "role", "name": "Role" },
        "effect": "Allow", "principal": null, "actions": ["a:A", "b:B"], "resource": "arn:a",
        "condition": {}, "otherwise": {},
    }]);
    assert_eq!(serde_json::to_value(&changes.access).unwrap(), wanted);
}
