//! Templates as CloudFormation gets them.

mod watched;

use super::{SynthError, drafts, synth};
use crate::app::{App, Auth, Consumer, EnvValue, External, ResourcesTemplate};
use crate::plan::plan;
use crate::template::{Templates, canonical};
use crate::testing::{artifacts, bare, direct, everything, mailer, plugin, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn templates(app: &App) -> Templates {
    let plan = plan(app);
    synth(&plan, &artifacts(&plan)).unwrap()
}

fn body(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn root(app: &App) -> Value {
    body(&templates(app).root.text)
}

fn nested(app: &App, name: &str) -> Value {
    body(&templates(app).plugins[name].text)
}

fn with_resources(text: &str) -> App {
    let mut one = plugin("mail");
    let path = "plugins/mail/resources.json.j2".to_owned();
    one.resources = Some(ResourcesTemplate { path, text: text.to_owned() });
    with(bare(), one)
}

fn complaint(app: &App) -> String {
    let (_, errors) = drafts(&plan(app));
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].to_string()
}

#[test]
fn equal_input_gives_equal_bytes_in_any_order() {
    let mut shuffled = everything();
    shuffled.plugins.reverse();
    assert_eq!(templates(&shuffled), templates(&everything()));
}

#[test]
fn every_template_is_canonical() {
    let all = templates(&everything());
    for template in all.plugins.values().chain([&all.root]) {
        assert_eq!(template.text, canonical(&body(&template.text)));
    }
}

#[test]
fn a_plugin_more_adds_one_stack_and_changes_the_cores_code_only() {
    let (old, new) = (root(&everything()), root(&with(everything(), plugin("extra"))));
    let (old, new) = (old["Resources"].as_object().unwrap(), new["Resources"].as_object().unwrap());
    let added: Vec<_> = new.keys().filter(|id| !old.contains_key(*id)).collect();
    assert_eq!(added, ["PluginExtra"]);
    let mut changed = 0;
    for (id, resource) in old {
        let mut same = new[id].clone();
        if same["Type"] == "AWS::Lambda::Function" {
            assert_ne!(
                same["Properties"]["Code"]["S3Key"],
                resource["Properties"]["Code"]["S3Key"]
            );
            same["Properties"]["Code"] = resource["Properties"]["Code"].clone();
            changed += 1;
        }
        assert_eq!(&same, resource, "{id}");
    }
    assert_eq!(changed, 9);
}

#[test]
fn a_plugin_more_leaves_every_other_plugins_template_as_it_is() {
    let (old, new) = (templates(&everything()), templates(&with(everything(), plugin("extra"))));
    for (name, template) in &old.plugins {
        assert_eq!(new.plugins[name], *template);
    }
    assert_eq!(new.nested_ids["PluginExtra"], "extra");
}

#[test]
fn the_digest_changes_with_any_zip_and_is_an_output() {
    let (app, plan) = (everything(), plan(&everything()));
    let before = templates(&app);
    for unit in ["core", "mailer", "direct"] {
        let mut zips = artifacts(&plan);
        zips.get_mut(unit).unwrap().sha256 = "f".repeat(64);
        let after = synth(&plan, &zips).unwrap();
        assert_ne!(after.digest, before.digest, "{unit}");
    }
    let outputs = &body(&before.root.text)["Outputs"];
    assert_eq!(outputs["Digest"]["Value"], before.digest);
    let names: Vec<&String> = outputs.as_object().unwrap().keys().collect();
    let wanted = [
        "ApiUrl",
        "Digest",
        "QueueUrl",
        "ScheduleGroup",
        "TableName",
        "TopicArn",
        "UserPoolClientId",
        "UserPoolId",
    ];
    assert_eq!(names, wanted);
}

#[test]
fn physical_names_are_fixed_for_ever() {
    let app = everything();
    let mut names = BTreeMap::new();
    for template in templates(&app).plugins.values().chain([&templates(&app).root]) {
        for (id, one) in body(&template.text)["Resources"].as_object().unwrap() {
            let properties = &one["Properties"];
            for key in ["TableName", "QueueName", "TopicName", "BucketName", "UserPoolName"] {
                if let Some(name) = properties.get(key) {
                    let name = name.get("Fn::Sub").unwrap_or(name).as_str().unwrap().to_owned();
                    names.insert(name, id.clone());
                }
            }
        }
    }
    let names: Vec<&str> = names.keys().map(String::as_str).collect();
    let wanted = [
        "svc-dev",
        "svc-dev-changes-dead.fifo",
        "svc-dev-changes.fifo",
        "svc-dev-direct-dead",
        "svc-dev-distribution",
        "svc-dev-items",
        "svc-dev-mailer",
        "svc-dev-mailer-dead",
        "svc-dev-mailer-state-0d886533-${AWS::AccountId}",
        "svc-dev-pages",
        "svc-dev-relay-dead",
        "svc-dev-schedules-dead",
        "svc-dev-stream-dead",
        "svc-dev-undelivered-dead",
    ];
    assert_eq!(names, wanted);
}

#[test]
fn our_part_of_a_plugins_stack_asks_for_no_attribute() {
    for template in templates(&everything()).plugins.values() {
        assert!(!template.text.contains("GetAtt"), "{}", template.text);
        assert!(!template.text.contains(".Arn}"), "{}", template.text);
    }
}

#[test]
fn everything_that_takes_tags_has_both() {
    const UNTAGGED: &[&str] = &[
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::Cognito::UserPoolDomain",
        "AWS::Cognito::UserPoolClient",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    ];
    let all = templates(&everything());
    for template in all.plugins.values().chain([&all.root]) {
        let body = body(&template.text);
        for (id, one) in body["Resources"].as_object().unwrap() {
            let kind = one["Type"].as_str().unwrap();
            if UNTAGGED.contains(&kind) || id == "Pages" {
                continue;
            }
            let key = if kind.ends_with("UserPool") { "UserPoolTags" } else { "Tags" };
            let tags = one["Properties"][key].to_string();
            assert!(tags.contains("Service") && tags.contains("Stage"), "{id}: {tags}");
        }
    }
}

#[test]
fn protection_reaches_the_table_and_the_pool() {
    let of = |protect| {
        let root = root(&App { protect, ..bare() });
        let table = &root["Resources"]["Table"]["Properties"]["DeletionProtectionEnabled"];
        let pool = &root["Resources"]["UserPool"]["Properties"]["DeletionProtection"];
        (table.clone(), pool.clone())
    };
    assert_eq!(of(true), (json!(true), json!("ACTIVE")));
    assert_eq!(of(false), (json!(false), json!("INACTIVE")));
}

#[test]
fn somebody_elses_tokens_need_no_pool() {
    let audience = vec!["web".to_owned()];
    let auth = Auth::Jwt { issuer: "https://id.example.com".to_owned(), audience };
    let root = root(&App { auth, ..bare() });
    assert!(root["Resources"].get("UserPool").is_none());
    assert!(root["Outputs"].get("UserPoolId").is_none());
    let jwt = &root["Resources"]["ApiAuthorizer"]["Properties"]["JwtConfiguration"];
    assert_eq!(*jwt, json!({ "Issuer": "https://id.example.com", "Audience": ["web"] }));
}

#[test]
fn a_buffered_plugin_takes_raw_ticks_of_its_types_from_a_queue() {
    let stack = nested(&everything(), "mailer");
    let subscription = &stack["Resources"]["ConsumerSubscription"]["Properties"];
    assert_eq!(subscription["FilterPolicyScope"], "MessageBody");
    assert_eq!(subscription["FilterPolicy"], json!({ "job_type": ["mailer"] }));
    assert_eq!(subscription["RawMessageDelivery"], true);
    assert_eq!(stack["Resources"]["ConsumerQueue"]["Properties"]["VisibilityTimeout"], 180);
    let environment = &stack["Resources"]["ConsumerFunction"]["Properties"]["Environment"];
    let variables = json!({
        "LEVEL": "info",
        "MAIL_URL": "ses://eu-central-1",
        "PAGES": { "Ref": "Pages" },
        "SOURCE_EMAIL": "monitor@example.com",
        "STATE_URL": { "Fn::Sub": "s3://${StateBucket}/state" },
        "TOKEN": "{{resolve:ssm:/mailer/token}}",
    });
    assert_eq!(environment["Variables"], variables);
}

#[test]
fn a_direct_plugin_is_called_by_the_topic_and_loses_nothing() {
    let stack = nested(&with(bare(), direct()), "direct");
    let resources = &stack["Resources"];
    assert_eq!(resources["ConsumerSubscription"]["Properties"]["Protocol"], "lambda");
    assert!(resources["ConsumerSubscription"]["Properties"].get("RawMessageDelivery").is_none());
    let permission = &resources["ConsumerPermission"]["Properties"];
    assert_eq!(permission["Principal"], "sns.amazonaws.com");
    assert_eq!(permission["SourceArn"], json!({ "Ref": "DistributionSnsTopicArn" }));
    let given_up = &resources["ConsumerRetries"]["Properties"]["DestinationConfig"]["OnFailure"];
    assert!(given_up.to_string().contains("svc-dev-direct-dead"), "{given_up}");
}

#[test]
fn a_function_that_is_there_already_is_called_by_the_topic_and_keeps_its_owner() {
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:theirs:live";
    let mut theirs = plugin("theirs");
    theirs.consumer = Some(Consumer::External(External::Function(arn.into())));
    let resources = nested(&with(bare(), theirs), "theirs")["Resources"].clone();
    let subscription = &resources["ConsumerSubscription"];
    assert_eq!(subscription["Properties"]["Protocol"], "lambda");
    assert_eq!(subscription["Properties"]["Endpoint"], arn);
    assert_eq!(subscription["Properties"].get("RawMessageDelivery"), None);
    assert_eq!(subscription["DependsOn"], json!(["ConsumerPermission", "ConsumerDeadQueuePolicy"]));
    let permission = &resources["ConsumerPermission"]["Properties"];
    assert_eq!(permission["FunctionName"], arn);
    assert_eq!(permission["SourceArn"], subscription["Properties"]["TopicArn"]);
    let kinds = resources.as_object().unwrap().values().map(|one| one["Type"].as_str().unwrap());
    assert!(!kinds.into_iter().any(|kind| kind == "AWS::Lambda::Function"), "{resources}");
}

#[test]
fn types_of_the_manifest_share_one_subscription_a_queue() {
    let root = root(&everything());
    let resources = root["Resources"].as_object().unwrap();
    let external: Vec<_> =
        resources.values().filter(|one| one["Type"] == "AWS::SNS::Subscription").collect();
    assert_eq!(external.len(), 1);
    let filter = &external[0]["Properties"]["FilterPolicy"];
    assert_eq!(*filter, json!({ "job_type": ["ping", "pong"] }));
}

#[test]
fn state_that_never_expires_has_no_such_rule() {
    let mut one = mailer();
    if let Some(Consumer::Lambda(lambda)) = &mut one.consumer {
        lambda.state.as_mut().unwrap().expire_days = None;
    }
    let stack = nested(&with(bare(), one), "mailer");
    let rules = &stack["Resources"]["StateBucket"]["Properties"]["LifecycleConfiguration"]["Rules"];
    let ids: Vec<_> = rules.as_array().unwrap().iter().map(|rule| &rule["Id"]).collect();
    assert_eq!(ids, ["abort-uploads"]);
}

#[test]
fn a_unit_that_was_not_built_is_named() {
    let errors = synth(&plan(&everything()), &BTreeMap::new()).unwrap_err();
    assert_eq!(errors[0].to_string(), "`direct` has not been built");
    assert_eq!(errors[0].problem(), None);
}

#[test]
fn a_parameter_is_only_declared_where_it_is_used() {
    let app = with_resources(r#"{"Resources": {"Mine": {"Type": "AWS::SNS::Topic"}}}"#);
    let mut alone = app.clone();
    alone.plugins[0].consumer = None;
    assert!(nested(&app, "mail").get("Parameters").is_some());
    assert!(nested(&alone, "mail").get("Parameters").is_none());
    let parameters = &root(&alone)["Resources"]["PluginMail"]["Properties"];
    assert!(parameters.get("Parameters").is_none());
}

#[test]
fn a_plugins_own_template_sees_its_variables() {
    let text = r#"{"Resources": {}, "Outputs": {
      "A": {"Value": << aws_region >>}, "B": {"Value": << service >>},
      "C": {"Value": << stage >>}, "D": {"Value": << prefix >>},
      "E": {"Value": << distribution_sns_topic_arn >>}, "F": {"Value": << function_name >>},
      "G": {"Value": << code_s3_bucket >>}, "H": {"Value": << code_s3_key >>}
    }}"#;
    let app = with_resources(text);
    let outputs = nested(&app, "mail")["Outputs"].clone();
    let value = |id: &str| outputs[id]["Value"].clone();
    let texts = ["A", "B", "C", "D", "F"].map(value);
    assert_eq!(texts, ["eu-central-1", "svc", "dev", "svc-dev", "svc-dev-mail"]);
    assert_eq!(value("E"), json!({ "Ref": "DistributionSnsTopicArn" }));
    assert_eq!(value("G")["Fn::Sub"], "scheduler-assets-${AWS::AccountId}-${AWS::Region}");
    let function = nested(&app, "mail")["Resources"]["ConsumerFunction"]["Properties"].clone();
    assert_eq!(value("H"), function["Code"]["S3Key"]);
}

#[test]
fn what_is_wrong_with_a_plugins_own_template_is_told_with_its_line() {
    let of = |text: &str| complaint(&with_resources(text));
    let path = "plugins/mail/resources.json.j2";
    assert_eq!(
        of("{\n\"Resources\": << regio >>\n}"),
        format!("{path}:2:17: `regio` is undefined")
    );
    assert_eq!(
        of("{\n\"Resources\": {\n\"A\": 1,}}"),
        format!("{path}:3:8: what it renders is no valid JSON: trailing comma")
    );
    assert_eq!(
        of("{\n\"Resources\": {},\n\"Parameters\": {}}"),
        format!(
            "{path}:3:1: `Parameters` cannot stand here, only `Resources`, `Outputs` and `Conditions`"
        )
    );
    assert_eq!(
        of("{\"Resources\": {\n\"ConsumerRole\": {\"Type\": \"AWS::IAM::Role\"}}}"),
        format!("{path}:2:1: `ConsumerRole` stands in `Resources` already")
    );
    assert_eq!(
        of(
            "{\"Resources\": {\n\"A\": {\"Type\": \"A::B::C\", \"Properties\": {\"B\": {\"Ref\": \"Nope\"}}}}}"
        ),
        format!("{path}:2:54: `A` refers to `Nope`, which the stack does not have")
    );
}

#[test]
fn a_variable_that_refers_to_nothing_is_told() {
    let mut app = with(bare(), plugin("mail"));
    if let Some(Consumer::Lambda(lambda)) = &mut app.plugins[0].consumer {
        lambda.environment.insert("BUCKET".to_owned(), EnvValue::Ref("Nope".to_owned()));
    }
    let wanted = "plugins/mail/plugin.toml:1:1: `ConsumerFunction` refers to `Nope`, which the stack does not have";
    assert_eq!(complaint(&app), wanted);
    assert_eq!(drafts(&plan(&everything())).1, []);
}

/// The place and the repair of everything that is wrong.
fn told(text: &str) -> Vec<(String, String)> {
    let (_, errors) = drafts(&plan(&with_resources(text)));
    let problems = errors.iter().filter_map(SynthError::problem);
    let path = "plugins/mail/resources.json.j2:";
    problems
        .map(|one| {
            let place = one.place.to_string();
            (format!("{} {}", place.trim_start_matches(path), one.what), one.hint)
        })
        .collect()
}

#[test]
fn every_name_that_is_not_defined_is_told_wherever_it_stands() {
    let text = "{\"Resources\": {\n  \"A\": {\"Type\": << prefx >>, \"B\": << stag >>},\n  \"C\": {\"Ref\": << prefx >>},\n  \
                \"D\": << state_bucket >>,\n  \"E\": {\"Ref\": \"Nope\"},\n  \"F\": << zzz >>\n}}";
    let found = told(text);
    let said: Vec<_> = found.iter().map(|(what, _)| what.as_str()).collect();
    let wanted = [
        "2:20 `prefx` is undefined",
        "3:19 `prefx` is undefined",
        "2:38 `stag` is undefined",
        "4:11 `state_bucket` is undefined",
        "6:11 `zzz` is undefined",
        "5:16 `E` refers to `Nope`, which the stack does not have",
    ];
    assert_eq!(said, wanted);
    let hints = ["`prefix`", "`prefix`", "`stage`", "`state = {}`", "`aws_region`", "template"];
    for ((what, hint), part) in found.iter().zip(hints) {
        assert!(hint.contains(part), "{what}: {hint}");
    }
}

#[test]
fn every_reference_to_nothing_is_told_at_its_place_with_the_nearest_name() {
    let text = r#"{"Resources": {
  "Pages": {"Type": "AWS::S3::Bucket", "DependsOn": ["Pagse"]},
  "Topic": {"Type": "AWS::SNS::Topic", "Properties": {
    "TopicName": {"Fn::Sub": "${AWS::Regoin}-${Pages}-${Pagse.Arn}"},
    "DisplayName": {"Fn::GetAtt": ["Pagse", "Arn"]},
    "Name": "Pagse"
  }}
}, "Outputs": {
  "Name": {"Value": {"Fn::GetAtt": "ConsumerFuncton.Arn"}}
}}"#;
    let found = told(text);
    let said: Vec<_> = found.iter().map(|(what, _)| what.split(',').next().unwrap()).collect();
    let wanted = [
        "2:54 `Pages` refers to `Pagse`",
        "4:31 `Topic` refers to `AWS::Regoin`",
        "4:55 `Topic` refers to `Pagse`",
        "5:36 `Topic` refers to `Pagse`",
        "9:36 `Name` refers to `ConsumerFuncton`",
    ];
    assert_eq!(said, wanted);
    let hints = ["`Pages`", "`AWS::Region`", "`Pages`", "`Pages`", "`ConsumerFunction`"];
    for ((what, hint), name) in found.iter().zip(hints) {
        assert_eq!(*hint, format!("did you mean {name}?"), "{what}");
    }
}

#[test]
fn an_entry_whose_name_a_loop_writes_is_told_in_the_template_too() {
    let text = "{\"Resources\": {\n<% for n in ['A', 'B'] %>\n  << n >>: {\"Type\": \"A::B::C\", \"Metadata\": {\"Ref\": \
                \"Nope\"}}<% if not loop.last %>,<% endif %>\n<% endfor %>\n}}";
    let said: Vec<_> = told(text).into_iter().map(|(what, _)| what).collect();
    let wanted =
        ["A", "B"].map(|id| format!("3:52 `{id}` refers to `Nope`, which the stack does not have"));
    assert_eq!(said, wanted);
}

#[test]
fn every_clash_is_told() {
    let text = "{\"Resources\": {\n\"ConsumerRole\": {\"Type\": \"A::B::C\"},\n\"ConsumerQueue\": {\"Type\": \"A::B::C\"}}}";
    let found = told(text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|(what, _)| what.ends_with("stands in `Resources` already")));
}

#[test]
fn what_the_tool_needs_of_a_table_and_a_queue_stands_there() {
    let root = root(&bare());
    let of = |id: &str| root["Resources"][id]["Properties"].clone();
    let table = of("Table");
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_IMAGE");
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    let stream = of("StreamMapping");
    assert_eq!(stream["StartingPosition"], "TRIM_HORIZON");
    assert_eq!(stream["MaximumRecordAgeInSeconds"], 43200);
    assert_eq!(stream["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    let queue = of("ChangeQueue");
    assert_eq!(queue["VisibilityTimeout"], 600);
    assert_eq!(queue["DeduplicationScope"], "messageGroup");
    assert_eq!(queue["ContentBasedDeduplication"], false);
    assert_eq!(of("ChangeMapping")["ScalingConfig"], json!({ "MaximumConcurrency": 5 }));
}

#[test]
fn a_codes_key_is_known_to_a_plugins_own_template_whatever_it_does_with_it() {
    let app = with_resources(
        r#"{"Resources": {}, "Outputs": {
            "Whole": {"Value": << code_s3_key >>}, "Head": {"Value": << code_s3_key[:4] >>}
        }}"#,
    );
    let plan = plan(&app);
    let key = artifacts(&plan)["mail"].sha256.clone();
    let template = nested(&app, "mail");
    assert_eq!(template["Outputs"]["Whole"]["Value"], json!(key));
    assert_eq!(template["Outputs"]["Head"]["Value"], json!(key[..4]));
    let code = &template["Resources"]["ConsumerFunction"]["Properties"]["Code"];
    assert_eq!(code["S3Key"], json!(key));
}

#[test]
fn what_was_not_built_is_named() {
    let plan = plan(&everything());
    let mut built = artifacts(&plan);
    built.remove("mailer");
    let errors = synth(&plan, &built).unwrap_err();
    assert_eq!(errors[0].to_string(), "`mailer` has not been built");
}
