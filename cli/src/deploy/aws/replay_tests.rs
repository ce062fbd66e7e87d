//! What AWS does and the emulator does not, replayed over HTTP: the engine on the real clients.

use super::clients::Aws;
use super::replay::{ARN, Answer, Replay, ok, refused, session, stack};
use super::wire_tests::{refusal, run};
use crate::deploy::changeset::ask;
use crate::deploy::error::{CallError, CallFailure, DeployError};
use crate::deploy::place::Places;
use crate::deploy::ports::{
    After, ArtifactReader, ArtifactStore, ChangeKind, ChangeSetIds, ChangeSetRequest, Identity,
    Probe, QuotaReader, Regions, StackReader, StackWriter,
};
use crate::deploy::prepare::{Place, Prepared, look, prepare};
use crate::deploy::recover::go_back;
use crate::deploy::tests::Bench;
use crate::deploy::watch::{Follow, follow};
use crate::stored::{StoredJobs, reconciler};
use scheduler_contract::JobKey;
use serde_json::json;
use std::collections::BTreeMap;

const NESTED: &str =
    "arn:aws:cloudformation:eu-central-1:111122223333:stack/mon-dev-PluginMail-X/2";

fn resource(id: &str, (kind, physical): (&str, &str), status: &str) -> String {
    format!(
        "<member><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{physical}\
         </PhysicalResourceId><ResourceType>{kind}</ResourceType><ResourceStatus>{status}\
         </ResourceStatus><ResourceStatusReason>it is in use</ResourceStatusReason>\
         <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>"
    )
}

fn place() -> Place {
    Place {
        stack: "mon-dev".into(),
        region: "eu-central-1".into(),
        account: None,
        plugins: [("PluginMail".to_owned(), "mail".to_owned())].into(),
    }
}

fn request() -> ChangeSetRequest {
    ChangeSetRequest {
        stack: "mon-dev".into(),
        name: "scheduler-x-1".into(),
        kind: ChangeKind::Update,
        template_url: "https://s3.eu-central-1.amazonaws.com/b/k".into(),
        tags: None,
        imports: Vec::new(),
    }
}

fn ids() -> ChangeSetIds {
    ChangeSetIds { id: "arn:aws:cloudformation:x:1:changeSet/s/1".into(), stack_id: ARN.into() }
}

/// Each call of the engine: its IAM action, the ARN to allow, and what became of it.
async fn each_call(aws: &Aws) -> Vec<(&'static str, &'static str, Option<CallError>)> {
    const STACK: &str = "arn:aws:cloudformation:eu-central-1:*:stack/s/*";
    const BY_ARN: &str = "arn:aws:cloudformation:eu-central-1:111122223333:stack/mon-dev/*";
    const ANY: &str = "arn:aws:cloudformation:eu-central-1:111122223333:stack/*/*";
    const TABLE: &str = "arn:aws:dynamodb:eu-central-1:*:table/t";
    const FUNCTION: &str = "arn:aws:lambda:eu-central-1:*:function:f";
    let none: &[String] = &[];
    let set = "arn:aws:cloudformation:eu-central-1:111122223333:changeSet/n/1";
    let key = JobKey { user_id: "u".into(), job_id: 1 };
    let mut each = |_| {};
    let told = reconciler(aws, "p", &BTreeMap::new()).await.err();
    vec![
        ("cloudformation:DescribeStacks", STACK, aws.describe("s").await.err()),
        ("cloudformation:DescribeStacks", BY_ARN, aws.describe(ARN).await.err()),
        ("cloudformation:GetTemplate", STACK, aws.template("s").await.err()),
        ("cloudformation:ListStackResources", STACK, aws.resources("s").await.err()),
        (
            "cloudformation:DescribeStackEvents",
            STACK,
            aws.events("s", &After::default()).await.err(),
        ),
        ("cloudformation:DescribeStackEvents", STACK, aws.newest_event("s").await.err()),
        ("cloudformation:DescribeChangeSet", ANY, aws.change_set(set).await.err()),
        ("cloudformation:ListChangeSets", STACK, aws.change_sets("s").await.err()),
        ("cloudformation:DescribeEvents", ANY, aws.validation_errors(set).await.err()),
        (
            "cloudformation:CreateChangeSet",
            "arn:aws:cloudformation:eu-central-1:*:stack/mon-dev/*",
            aws.create_change_set(&request()).await.err(),
        ),
        ("cloudformation:DeleteChangeSet", STACK, aws.delete_change_set("s", "n").await.err()),
        ("cloudformation:ExecuteChangeSet", BY_ARN, aws.execute_change_set(&ids()).await.err()),
        ("cloudformation:DeleteStack", STACK, aws.delete_stack("s", none).await.err()),
        (
            "cloudformation:ContinueUpdateRollback",
            STACK,
            aws.continue_rollback("s", none).await.err(),
        ),
        ("cloudformation:RollbackStack", STACK, aws.roll_back("s").await.err()),
        ("cloudformation:SetStackPolicy", STACK, aws.set_policy("s", "{}").await.err()),
        (
            "cloudformation:UpdateTerminationProtection",
            STACK,
            aws.set_protection("s", true).await.err(),
        ),
        ("sts:GetCallerIdentity", "*", aws.account().await.err()),
        ("s3:ListAllMyBuckets", "*", aws.used_regions("1").await.err()),
        (
            "cloudformation:DescribeStacks",
            "arn:aws:cloudformation:eu-west-1:*:stack/s/*",
            aws.describe_in("eu-west-1", "s").await.err(),
        ),
        ("lambda:GetAccountSettings", "*", aws.lambda_quotas().await.err()),
        ("s3:ListBucket", "arn:aws:s3:::b", aws.owns_bucket("b", "1").await.err()),
        ("s3:GetObject", "arn:aws:s3:::b/*", aws.has("b", "k").await.err()),
        ("s3:GetObject", "arn:aws:s3:::b/*", aws.get("b", "k").await.err()),
        ("s3:PutObject", "arn:aws:s3:::b/*", aws.put("b", "k", Vec::new()).await.err()),
        ("s3:DeleteObject", "arn:aws:s3:::b/*", aws.remove("b", "k").await.err()),
        ("s3:ListBucketVersions", "arn:aws:s3:::b", aws.holds_anything("b").await.err()),
        ("s3:ListBucketVersions", "arn:aws:s3:::b", aws.empty("b").await.err()),
        ("s3:ListBucket", "arn:aws:s3:::b", aws.has_bucket("b").await.err()),
        ("s3:ListBucket", "arn:aws:s3:::b", aws.ensure_bucket("b", "1").await.err()),
        ("lambda:InvokeFunction", FUNCTION, aws.invoke("f", Vec::new()).await.err()),
        (
            "lambda:GetFunctionConfiguration",
            "arn:aws:lambda:eu-central-1:*:function:p-schedulers-schedule-controller",
            told,
        ),
        ("dynamodb:Scan", TABLE, aws.each_item("t", &mut each).await.err()),
        ("dynamodb:UpdateItem", TABLE, aws.pause_job("t", &key).await.err()),
        ("dynamodb:DeleteItem", TABLE, aws.delete_job("t", &key).await.err()),
        ("scheduler:ListSchedules", "*", aws.firing("g").await.err()),
    ]
}

fn to_allow(action: &str, arn: &str) -> String {
    let besides = match (action, arn) {
        ("s3:GetObject", _) => ", and `s3:ListBucket` on `arn:aws:s3:::b`",
        ("s3:ListBucket", _) => {
            "; if the bucket is of another account, its owner has to give up the name"
        }
        _ => "",
    };
    format!("allow `{action}` on `{arn}` for this identity{besides}")
}

#[test]
fn a_denied_call_names_the_action_and_the_resource_to_allow() {
    run(async {
        let replay = Replay::of(|operation, _| {
            refused(operation, (403, "AccessDeniedException"), "not authorized")
        });
        for (action, arn, error) in each_call(&replay.await.aws()).await {
            let error = error.unwrap_or_else(|| panic!("{action} was not refused"));
            assert!(matches!(error.why, CallFailure::Denied(_)), "{action}: {error}");
            let hint = DeployError::from(error).hint().unwrap_or_default();
            assert_eq!(hint, to_allow(action, arn));
        }
    });
}

/// What is answered while a bucket is made, but for the one call that is refused.
fn making(operation: &str, denied: &str) -> Answer {
    match operation {
        one if one.contains(denied) => refused(operation, (403, "AccessDenied"), "not authorized"),
        one if one.starts_with("HEAD ") => (404, String::new()),
        one if one.starts_with("GET ") => refused(operation, (404, "NoSuchBucketPolicy"), "none"),
        _ => (200, String::new()),
    }
}

#[test]
fn a_denied_step_of_making_the_bucket_names_its_own_action() {
    for (denied, action) in [
        ("GET /b?policy", "s3:GetBucketPolicy"),
        ("PUT /b?publicAccessBlock", "s3:PutBucketPublicAccessBlock"),
        ("PUT /b?encryption", "s3:PutEncryptionConfiguration"),
        ("PUT /b?ownershipControls", "s3:PutBucketOwnershipControls"),
        ("PUT /b?policy", "s3:PutBucketPolicy"),
        ("PUT /b/", "s3:CreateBucket"),
    ] {
        run(async {
            let replay =
                Replay::of(move |operation, _| making(&operation.replace("/b/?", "/b?"), denied));
            let error = replay.await.aws().ensure_bucket("b", "1").await.expect_err(action);
            assert_eq!(error.action, action, "{denied}");
            assert_eq!(error.hint(), to_allow(action, "arn:aws:s3:::b"));
        });
    }
}

#[test]
fn a_version_that_may_not_be_deleted_is_named() {
    run(async {
        let replay = Replay::of(|operation, _| match operation.starts_with("GET ") {
            true => (
                200,
                "<ListVersionsResult><Version><Key>k</Key><VersionId>1</VersionId></Version>\
                 </ListVersionsResult>"
                    .to_owned(),
            ),
            false => (
                200,
                "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>not \
                 authorized</Message></Error></DeleteResult>"
                    .to_owned(),
            ),
        });
        let error = replay.await.aws().empty("b").await.expect_err("refused");
        assert_eq!(error.resource, "b/k");
        assert_eq!(error.hint(), to_allow("s3:DeleteObjectVersion", "arn:aws:s3:::b/*"));
    });
}

#[test]
fn expired_credentials_are_told_whatever_was_called() {
    run(async {
        let expired = "The security token included in the request is expired";
        let replay = Replay::of(move |operation, _| {
            let status = if operation.starts_with("HEAD ") { 400 } else { 403 };
            refused(operation, (status, "ExpiredTokenException"), expired)
        });
        for (action, _, error) in each_call(&replay.await.aws()).await {
            let Some(error) = error else { panic!("{action} was not refused") };
            let error = DeployError::from(error);
            assert!(error.to_string().contains("credentials have expired"), "{action}: {error}");
            let hint = error.hint().unwrap_or_default();
            assert!(hint.starts_with("sign in again, such as with `aws sso login`"), "{hint}");
        }
    });
}

#[test]
fn a_change_is_always_asked_for_with_every_consent() {
    run(async {
        let replay = Replay::of(|operation, _| match operation {
            "CreateChangeSet" => refused(
                operation,
                (400, "InsufficientCapabilitiesException"),
                "Requires capabilities : [CAPABILITY_NAMED_IAM]",
            ),
            _ => ok(operation, ""),
        })
        .await;
        let error = ask(&replay.aws(), &request(), &session()).await.expect_err("refused");
        assert!(matches!(error, DeployError::ChangeSet(_)), "{error}");
        assert!(error.to_string().contains("wants the consent CAPABILITY_NAMED_IAM"), "{error}");
        let asked = replay.asked("CreateChangeSet").concat();
        for wanted in ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"] {
            assert!(asked.contains(&format!("={wanted}")), "{wanted}: {asked}");
        }
    });
}

#[test]
fn a_storm_of_throttled_polls_is_survived() {
    run(async {
        let replay = Replay::of(|operation, nth| match operation {
            _ if nth <= 50 => refusal(400, "Throttling", "Rate exceeded"),
            "DescribeStacks" => stack("UPDATE_COMPLETE"),
            _ => ok(operation, "<StackEvents></StackEvents>"),
        })
        .await;
        let plugins = BTreeMap::new();
        let what = Follow { id: ARN, after: After::default(), plugins: &plugins };
        let finished = follow(&replay.aws(), what, &session()).await.expect("it comes to its end");
        assert_eq!(finished.stack.expect("there").state.as_str(), "UPDATE_COMPLETE");
        assert!(replay.asked("DescribeStackEvents").len() > 50);
    });
}

fn change_set(status: &str, reason: &str) -> Answer {
    let inner = format!("<Status>{status}</Status><StatusReason>{reason}</StatusReason>");
    ok("DescribeChangeSet", &inner)
}

fn asked_for() -> Answer {
    let ChangeSetIds { id, stack_id } = ids();
    ok("CreateChangeSet", &format!("<Id>{id}</Id><StackId>{stack_id}</StackId>"))
}

const EARLY: &str =
    "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation].";
const INNER: &str = "arn:aws:cloudformation:x:1:changeSet/n/2";
const INNERMOST: &str = "arn:aws:cloudformation:x:1:changeSet/n/3";

fn nested_failed(arn: &str) -> String {
    format!("Nested change set {arn} was not successfully created: Currently in FAILED.")
}

/// A change set of a nested stack.
fn of_stack(name: &str, reason: &str) -> Answer {
    let inner = format!(
        "<StackName>{name}</StackName><Status>FAILED</Status><StatusReason>{reason}</StatusReason>"
    );
    ok("DescribeChangeSet", &inner)
}

fn validation(findings: &[(&str, &str, &str)]) -> Answer {
    let members = findings.iter().map(|(id, reason, path)| {
        format!(
            "<member><EventId>1</EventId><LogicalResourceId>{id}</LogicalResourceId>\
             <ResourceType>AWS::SQS::Queue</ResourceType><ValidationStatusReason>{reason}\
             </ValidationStatusReason><ValidationPath>{path}</ValidationPath></member>"
        )
    });
    let members: String = members.collect();
    ok("DescribeEvents", &format!("<OperationEvents>{members}</OperationEvents>"))
}

/// What a user is told of a refused change of [`Bench`]'s release, with the plugin's own template.
fn told(error: DeployError) -> (String, DeployError) {
    let bench = Bench::new();
    let mut release = bench.release(&json!({}));
    release.places = Places::of_test("mail", "plugins/mail/own.json", OWN);
    let error = error.located(&release);
    (error.to_string(), error)
}

const OWN: &str = "{\n  \"Resources\": {\n    \"Queue\": {\n      \"Type\": \"AWS::SQS::Queue\",\n      \
                   \"Properties\": {\n        \"DelaySecnds\": 1\n      }\n    }\n  }\n}\n";

#[test]
fn early_validation_tells_everything_that_it_found() {
    run(async {
        let replay = Replay::of(|operation, _| match operation {
            "CreateChangeSet" => asked_for(),
            "DescribeChangeSet" => change_set("FAILED", EARLY),
            "DescribeEvents" => validation(&[
                (
                    "Table",
                    "#/BillingMode: expected type: String, found: Integer",
                    "/Resources/Table/Properties/BillingMode",
                ),
                (
                    "Topic",
                    "Resource of type 'AWS::SNS::Topic' with identifier 'mon-t' already \
                           exists.",
                    "/Resources/Topic",
                ),
            ]),
            "DescribeStacks" => stack("UPDATE_COMPLETE"),
            _ => ok(operation, ""),
        })
        .await;
        let error = ask(&replay.aws(), &request(), &session()).await.expect_err("refused");
        assert_eq!(
            error.to_string(),
            "CloudFormation refused the change of `mon-dev`: `Table`: `BillingMode` is not as its \
             type wants it: expected type: String, found: Integer; `Topic`: `mon-t` exists \
             already, and this stack did not make it (at /Resources/Topic)"
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("nothing of it was done")));
        assert!(error.detail().is_some_and(|detail| {
            detail.contains("AWS says of `Table`: #/BillingMode: expected type")
        }));
        assert_eq!(replay.asked("DeleteChangeSet").len(), 1);
    });
}

#[test]
fn early_validation_of_a_nested_stack_leads_to_the_plugin_and_its_line() {
    run(async {
        let replay = Replay::of(|operation, nth| match (operation, nth) {
            ("CreateChangeSet", _) => asked_for(),
            ("DescribeChangeSet", 1) => of_stack("mon-dev", &nested_failed(INNER)),
            ("DescribeChangeSet", _) => of_stack("mon-dev-PluginMail-1A2B", EARLY),
            ("DescribeEvents", _) => validation(&[(
                "Queue",
                "#: extraneous key [DelaySecnds] is not permitted",
                "/Resources/Queue/Properties",
            )]),
            ("DescribeStacks", _) => stack("UPDATE_COMPLETE"),
            _ => ok(operation, ""),
        })
        .await;
        let error = ask(&replay.aws(), &request(), &session()).await.expect_err("refused");
        let (sentence, error) = told(error);
        assert_eq!(
            sentence,
            "CloudFormation refused the change of `mon-dev`: `Queue` of plugin `mail`: there is \
             no property `DelaySecnds` (from plugins/mail/own.json:6)"
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("did you mean `DelaySeconds`?")));
        let causes = error.told();
        assert_eq!(causes[0].origin.plugin.as_deref(), Some("mail"));
        assert_eq!(causes[0].origin.place.as_deref(), Some("plugins/mail/own.json:6"));
        assert_eq!(causes[0].aws, "#: extraneous key [DelaySecnds] is not permitted");
        let events = replay.asked("DescribeEvents");
        assert!(events.len() == 1 && events[0].contains("changeSet%2Fn%2F2"), "{events:?}");
    });
}

#[test]
fn a_nested_change_sets_own_reason_is_told_however_deep_it_is() {
    run(async {
        let replay = Replay::of(|operation, nth| match (operation, nth) {
            ("CreateChangeSet", _) => asked_for(),
            ("DescribeChangeSet", 1) => of_stack("mon-dev", &nested_failed(INNER)),
            ("DescribeChangeSet", 2) => {
                of_stack("mon-dev-PluginMail-1A2B", &nested_failed(INNERMOST))
            }
            ("DescribeChangeSet", _) => of_stack(
                "mon-dev-PluginMail-1A2B-Own-3C4D",
                "Template error: Unable to get mapping for Regions::eu::Layer",
            ),
            ("DescribeStacks", _) => stack("UPDATE_COMPLETE"),
            _ => ok(operation, ""),
        })
        .await;
        let error = ask(&replay.aws(), &request(), &session()).await.expect_err("refused");
        let (sentence, _) = told(error);
        assert_eq!(
            sentence,
            "CloudFormation refused the change of `mon-dev`: the resources of plugin `mail`: a \
             mapping of the resources has no entry `Regions::eu::Layer` (from \
             plugins/mail/own.json)"
        );
        let asked = replay.asked("DescribeChangeSet");
        assert!(asked.len() == 3 && asked[2].contains("changeSet%2Fn%2F3"));
    });
}

#[test]
fn a_refusal_is_told_and_cleaned_up_though_nobody_may_look_into_it() {
    run(async {
        let replay = Replay::of(|operation, nth| match (operation, nth) {
            ("CreateChangeSet", _) => asked_for(),
            ("DescribeChangeSet", _) => change_set("FAILED", EARLY),
            ("DescribeEvents", _) => refused(operation, (403, "AccessDenied"), "no"),
            ("DescribeStacks", 1) => stack("REVIEW_IN_PROGRESS"),
            ("DescribeStacks", 2..=3) => stack("DELETE_IN_PROGRESS"),
            ("DescribeStacks", _) => stack("DELETE_COMPLETE"),
            _ => ok(operation, ""),
        })
        .await;
        let error = ask(&replay.aws(), &request(), &session()).await.expect_err("refused");
        assert!(error.to_string().contains("AWS::EarlyValidation::PropertyValidation"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("cloudformation:DescribeEvents")));
        assert_eq!(replay.asked("DeleteChangeSet").len(), 1);
        assert_eq!(replay.asked("DeleteStack").len(), 1);
        // The shell's end was waited for.
        assert_eq!(replay.asked("DescribeStacks").len(), 4);
    });
}

#[test]
fn a_bad_answer_between_the_polls_is_survived() {
    run(async {
        let replay = Replay::of(|operation, nth| match operation {
            _ if nth <= 3 => (if nth == 1 { 500 } else { 502 }, String::new()),
            "DescribeStacks" => stack("UPDATE_COMPLETE"),
            _ => ok(operation, "<StackEvents></StackEvents>"),
        })
        .await;
        let plugins = BTreeMap::new();
        let what = Follow { id: ARN, after: After::default(), plugins: &plugins };
        follow(&replay.aws(), what, &session()).await.expect("it comes to its end");
    });
}

/// An update of `mon-dev` that failed and could not go back; `back`: what it is in afterwards.
async fn rollback_failed(back: &'static str) -> Replay {
    Replay::of(move |operation, nth| match (operation, nth) {
        ("DescribeStacks", 1) => stack("UPDATE_ROLLBACK_FAILED"),
        ("DescribeStacks", _) => stack(back),
        ("ListStackResources", nth) => {
            // The root's, then the nested one's.
            let members = match nth % 2 {
                1 => {
                    resource("PluginMail", ("AWS::CloudFormation::Stack", NESTED), "UPDATE_FAILED")
                }
                _ => resource("Queue", ("AWS::SQS::Queue", "https://q"), "UPDATE_FAILED"),
            };
            ok(operation, &format!("<StackResourceSummaries>{members}</StackResourceSummaries>"))
        }
        (get, _) if get.starts_with("GET ") => (404, String::new()),
        ("GetTemplate", _) => ok(operation, "<TemplateBody>{}</TemplateBody>"),
        ("DescribeStackEvents", _) => ok(operation, "<StackEvents></StackEvents>"),
        _ => ok(operation, ""),
    })
    .await
}

async fn back(aws: &Aws, bench: &Bench, skip: &[&str]) -> Result<(), DeployError> {
    let release = bench.release(&json!({}));
    let found = look(aws, &place(), &session()).await.expect("looks");
    let Ok(Prepared::Stranded(found)) = prepare(aws, found, &release).await else {
        panic!("it is stranded")
    };
    assert_eq!(
        found.stranded.unable[0].to_string(),
        "`PluginMail/Queue` (AWS::SQS::Queue): it is in use"
    );
    let skip: Vec<_> = skip.iter().map(ToString::to_string).collect();
    go_back(aws, found.stranded, (&skip, &release.templates.nested_ids), &session()).await
}

#[test]
fn what_cannot_go_back_is_told_and_skipped_in_cloudformations_words() {
    run(async {
        let bench = Bench::new();
        let replay = rollback_failed("UPDATE_ROLLBACK_FAILED").await;
        let error = back(&replay.aws(), &bench, &[]).await.expect_err("it still cannot");
        assert!(matches!(error, DeployError::CannotGoBack { .. }), "{error}");
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("--skip-rollback PluginMail/Queue"), "{hint}");
        assert!(!replay.asked("ContinueUpdateRollback")[0].contains("ResourcesToSkip"));

        let replay = rollback_failed("UPDATE_ROLLBACK_COMPLETE").await;
        back(&replay.aws(), &bench, &["PluginMail/Queue"]).await.expect("goes back");
        let asked = replay.asked("ContinueUpdateRollback");
        let skipped = "ResourcesToSkip.member.1=mon-dev-PluginMail-X.Queue";
        assert!(asked[0].contains(skipped), "{}", asked[0]);
    });
}
