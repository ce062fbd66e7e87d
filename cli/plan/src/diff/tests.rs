//! Changes as people read them, and as the guard relies on them.

use super::{Action, Changes, Deployed, diff};
use crate::app::{App, Consumer};
use crate::plan::plan;
use crate::synth::synth;
use crate::template::Templates;
use crate::testing::{artifacts, bare, everything, mailer, plugin, with};
use serde_json::{Value, json};

fn templates(app: &App) -> Templates {
    let plan = plan(app);
    synth(&plan, &artifacts(&plan)).unwrap()
}

/// The templates as CloudFormation would give them back.
fn deployed(templates: &Templates) -> Deployed {
    let body = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let nested = templates.nested_ids.iter();
    Deployed {
        root: Some(body(&templates.root.text)),
        nested: nested
            .map(|(id, name)| (id.clone(), body(&templates.plugins[name].text)))
            .collect(),
    }
}

fn between(old: &App, new: &App) -> Changes {
    diff(&deployed(&templates(old)), &templates(new))
}

fn lines(changes: &Changes) -> Vec<String> {
    changes.to_string().lines().map(str::to_owned).collect()
}

/// The same app with a property of its deployed root stack as it is not any more.
fn drifted(pointer: &str, value: Value) -> Changes {
    let wanted = templates(&everything());
    let mut old = deployed(&wanted);
    *old.root.as_mut().unwrap().pointer_mut(pointer).unwrap() = value;
    diff(&old, &wanted)
}

#[test]
fn nothing_changes_where_everything_is_deployed() {
    let changes = between(&everything(), &everything());
    assert!(changes.is_empty());
    assert_eq!(changes.to_string(), "nothing changes\n");
    assert_eq!(serde_json::to_value(&changes).unwrap(), json!({ "stacks": [], "access": [] }));
}

#[test]
fn the_digest_alone_is_no_change() {
    assert!(drifted("/Outputs/Digest/Value", json!("other")).is_empty());
}

#[test]
fn a_first_deploy_adds_everything_and_loses_nothing() {
    let changes = diff(&Deployed::default(), &templates(&everything()));
    assert!(changes.stacks.iter().flat_map(|s| &s.resources).all(|one| one.action == Action::Add));
    let names: Vec<_> = changes.stacks.iter().map(|stack| stack.stack.as_str()).collect();
    assert_eq!(names, ["core", "direct", "mailer", "relay"]);
    assert_eq!(changes.data_loss(), []);
}

#[test]
fn a_plugin_that_comes_is_one_group_and_new_code_for_the_core() {
    let changes = between(&bare(), &with(bare(), plugin("html-checker")));
    let text = lines(&changes);
    assert_eq!(text[0], "core");
    assert_eq!(text[1], "  ~ ItemCreateFunction  AWS::Lambda::Function");
    assert!(text[2].starts_with("      Code.S3Key: \""), "{}", text[2]);
    assert!(text[2].contains("…\" → \""), "{}", text[2]);
    assert!(text.contains(&"  + PluginHtmlChecker  AWS::CloudFormation::Stack".to_owned()));
    assert!(text.contains(&"plugin html-checker".to_owned()));
    assert!(text.contains(&"  + ConsumerRole  AWS::IAM::Role  (permissions)".to_owned()));
    assert_eq!(text.last().unwrap(), "11 to add, 9 to change, 0 to replace, 0 to remove");
}

#[test]
fn a_plugin_that_goes_is_told_by_name_with_the_data_it_takes_along() {
    let changes = between(&with(bare(), mailer()), &bare());
    let lost = changes.data_loss();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].id, "PluginMailer/StateBucket");
    assert_eq!(lost[0].stack, "mailer");
    assert_eq!(lost[0].reason, "it is removed");
    let told = "      data is lost: it is removed; \
                `--allow-data-loss PluginMailer/StateBucket` allows it";
    assert!(lines(&changes).contains(&told.to_owned()), "{changes}");
}

#[test]
fn a_plugin_that_goes_unread_may_hold_anything() {
    let mut old = deployed(&templates(&with(bare(), plugin("mail"))));
    old.nested.clear();
    let lost = diff(&old, &templates(&bare())).data_loss();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].id, "PluginMail");
}

#[test]
fn new_settings_of_a_plugin_are_told_in_its_group_only() {
    let mut new = everything();
    for one in &mut new.plugins {
        if let Some(Consumer::Lambda(lambda)) = &mut one.consumer {
            lambda.memory_mb = if one.name.as_str() == "mailer" { 512 } else { lambda.memory_mb };
        }
    }
    let changes = between(&everything(), &new);
    let wanted = [
        "plugin mailer",
        "  ~ ConsumerFunction  AWS::Lambda::Function",
        "      MemorySize: 256 → 512",
        "",
        "0 to add, 1 to change, 0 to replace, 0 to remove",
    ];
    assert_eq!(lines(&changes), wanted);
}

#[test]
fn permissions_are_told_statement_by_statement() {
    let role = "/Resources/ItemDeleteRole/Properties/Policies/0/PolicyDocument/Statement/0/Action";
    let changes = drifted(role, json!(["dynamodb:*"]));
    let wanted = [
        "core",
        "  ~ ItemDeleteRole  AWS::IAM::Role  (permissions)",
        "      Policies[edges].PolicyDocument.Statement[Deletes].Action: \
         [\"dynamodb:*\"] → [\"dynamodb:DeleteItem\"]",
        "",
        "permissions",
        "  narrowed: role `ItemDeleteRole` of the core may no longer `dynamodb:*` on `Table.Arn`",
        "",
        "0 to add, 1 to change, 0 to replace, 0 to remove",
    ];
    assert_eq!(lines(&changes), wanted);
}

#[test]
fn other_parts_of_a_template_are_told_too() {
    let changes = drifted("/Outputs/ApiUrl/Value", json!("x"));
    assert!(!changes.is_empty());
    assert!(changes.to_string().contains("  ~ Outputs.ApiUrl.Value: \"x\" → {\"Fn::Sub\": "));
}

#[test]
fn a_create_only_property_of_what_holds_data_is_a_loss() {
    let cases = [
        ("/Resources/Table/Properties/TableName", "Table", "TableName"),
        ("/Resources/Table/Properties/KeySchema/1/AttributeName", "Table", "KeySchema[job_id]"),
        ("/Resources/ScheduleGroup/Properties/Name", "ScheduleGroup", "Name"),
        ("/Resources/UserPool/Properties/UsernameAttributes", "UserPool", "UsernameAttributes"),
    ];
    for (pointer, id, cause) in cases {
        let lost = drifted(pointer, json!("other")).data_loss();
        assert_eq!(lost.len(), 1, "{pointer}");
        assert_eq!(lost[0].id, id);
        assert_eq!(lost[0].reason, format!("it is replaced, since `{cause}` changes"));
    }
}

#[test]
fn other_properties_of_what_holds_data_are_no_loss() {
    let pointer = "/Resources/Table/Properties/DeletionProtectionEnabled";
    let changes = drifted(pointer, json!(true));
    assert!(!changes.is_empty());
    assert_eq!(changes.data_loss(), []);
}

#[test]
fn what_becomes_of_another_type_is_replaced() {
    let lost = drifted("/Resources/ItemsGetLogs/Type", json!("AWS::S3::Bucket")).data_loss();
    assert_eq!(lost[0].reason, "it is replaced, since `Type` changes");
}

#[test]
fn what_refers_to_a_replaced_resource_is_replaced_with_it() {
    let changes = drifted("/Resources/Api/Properties/ProtocolType", json!("WEBSOCKET"));
    let text = lines(&changes);
    let at = text.iter().position(|line| line.starts_with("  ± Api ")).unwrap();
    assert_eq!(text[at + 1], "      replaced, since `ProtocolType` changes");
    let at = text.iter().position(|line| line.starts_with("  ± ItemGetRoute ")).unwrap();
    assert_eq!(text[at + 1], "      replaced, since `ApiId` changes with `Api`");
    assert!(!text.iter().any(|line| line.contains("ItemGetRole")), "{changes}");
    let replaced = changes.stacks[0].resources.iter().filter(|one| one.replacement.is_some());
    let last = format!("0 to add, 0 to change, {} to replace, 0 to remove", replaced.count());
    assert_eq!(text.last().unwrap(), &last);
    assert_eq!(changes.data_loss(), []);
}

#[test]
fn a_replaced_topic_takes_the_subscriptions_of_plugins_along() {
    let changes = drifted("/Resources/Topic/Properties/TopicName", json!("other"));
    let mailer = changes.stacks.iter().find(|stack| stack.stack == "mailer").unwrap();
    let text = mailer.to_string();
    let wanted = "replaced, since `TopicArn` changes with `DistributionSnsTopicArn`\n";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn what_keeps_its_name_cannot_be_replaced() {
    let mut old = deployed(&templates(&everything()));
    let queue = &mut old.nested.get_mut("PluginMailer").unwrap()["Resources"]["Pages"];
    queue["Properties"]["FifoQueue"] = json!(true);
    let text = lines(&diff(&old, &templates(&everything())));
    let wanted = [
        "plugin mailer",
        "  ± Pages  AWS::SQS::Queue",
        "      replaced, since `FifoQueue` changes; CloudFormation refuses that while \
         `QueueName` stays the same",
        "      - FifoQueue: true",
        "",
        "0 to add, 0 to change, 1 to replace, 0 to remove",
    ];
    assert_eq!(text, wanted);
    let queue = &mut old.nested.get_mut("PluginMailer").unwrap()["Resources"]["Pages"];
    queue["Properties"]["QueueName"] = json!("other");
    let text = lines(&diff(&old, &templates(&everything())));
    assert_eq!(text[2], "      replaced, since `FifoQueue` changes");
}

#[test]
fn a_nested_stack_that_is_given_another_value_replaces_what_refers_to_it() {
    let parameter = "/Resources/PluginMailer/Properties/Parameters/DistributionSnsTopicArn";
    let changes = drifted(parameter, json!("arn:aws:sns:eu-central-1:123456789012:other"));
    let replaced: Vec<_> = changes.stacks[1].resources.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(changes.stacks[1].stack, "mailer");
    assert_eq!(replaced, ["ConsumerSubscription"]);
}

#[test]
fn a_name_that_is_worked_out_may_be_the_same() {
    let changes = drifted("/Resources/ScheduleGroup/Properties/Name", json!({ "Ref": "X" }));
    let lost = changes.data_loss();
    assert_eq!(lost[0].reason, "it may be replaced, since `Name` changes");
    // The same in another notation is no replacement.
    let api = json!({ "Fn::Sub": "${Api}" });
    let same = drifted("/Resources/ItemGetRoute/Properties/ApiId", api);
    assert_eq!(same.stacks[0].resources[0].replacement, None);
}

#[test]
fn a_new_plugin_is_one_line_of_permissions_a_role() {
    let text = lines(&between(&bare(), &with(bare(), mailer())));
    let at = text.iter().position(|line| line == "permissions").unwrap();
    let section: Vec<_> = text[at + 1..].iter().take_while(|line| !line.is_empty()).collect();
    assert!(
        section[0].starts_with("  widened: role `ConsumerRole` of the new plugin `mailer` may `"),
        "{section:?}"
    );
    assert!(section[0].contains("`sqs:SendMessage`"), "{section:?}");
    let text = lines(&between(&with(bare(), mailer()), &bare()));
    let gone = "  narrowed: what the policies of plugin `mailer` allowed goes with it";
    assert!(text.contains(&gone.to_owned()), "{text:?}");
}

#[test]
fn a_permission_that_a_plugin_asks_for_is_told_with_the_plugin() {
    let mut new = everything();
    for one in new.plugins.iter_mut().filter(|one| one.name.as_str() == "mailer") {
        if let Some(Consumer::Lambda(lambda)) = &mut one.consumer {
            lambda.permissions[0].actions.push("sqs:PurgeQueue".to_owned());
        }
    }
    let text = between(&everything(), &new).to_string();
    let wanted = "\npermissions\n  widened: role `ConsumerRole` of plugin `mailer` may now \
                  `sqs:PurgeQueue` on `arn:…:sqs:…:…:svc-dev-pages`\n\n";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn what_is_retained_is_not_lost() {
    let (old_app, wanted) = (with(bare(), mailer()), templates(&bare()));
    let mut old = deployed(&templates(&old_app));
    let bucket = &mut old.nested.get_mut("PluginMailer").unwrap()["Resources"]["StateBucket"];
    bucket["DeletionPolicy"] = json!("Retain");
    assert_eq!(diff(&old, &wanted).data_loss(), []);
}
