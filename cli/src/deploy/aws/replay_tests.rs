//! What AWS does and the emulator does not, replayed over HTTP: the engine on the real clients.

use super::clients::Aws;
use super::wire_tests::{aws, read, refusal, run};
use crate::deploy::apply::apply;
use crate::deploy::changeset::ask;
use crate::deploy::error::{CallError, DeployError};
use crate::deploy::ports::{
    After, ArtifactReader, ArtifactStore, ChangeKind, ChangeSetIds, ChangeSetRequest, Identity,
    Probe, StackReader, StackWriter,
};
use crate::deploy::prepare::{Agreed, Before, Place, Prepared, look, prepare};
use crate::deploy::session::{Pace, Session};
use crate::deploy::tests::Bench;
use crate::deploy::watch::{Follow, follow};
use crate::progress::Progress;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

const PACE: Pace = Pace {
    shortest: Duration::from_millis(1),
    longest: Duration::from_millis(2),
    smoke: Duration::from_millis(20),
};
const ARN: &str = "arn:aws:cloudformation:eu-central-1:111122223333:stack/mon-dev/1";
const NESTED: &str =
    "arn:aws:cloudformation:eu-central-1:111122223333:stack/mon-dev-PluginMail-X/2";

struct Silent;

impl Progress for Silent {
    fn line(&self, _text: &str) {}
}

type Answer = (u16, String);

/// An AWS whose answers a function of the operation decides; it keeps what it was asked.
struct Replay {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    async fn of(answer: impl Fn(&str, usize) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let request = read(&mut socket).await;
                let operation = operation(&request);
                let nth = counts.entry(operation.clone()).or_default();
                *nth += 1;
                let (status, body) = answer(&operation, *nth);
                kept.lock().expect("asked").push(request);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                // A client that is gone needs no answer.
                let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        Self { url, asked }
    }

    fn aws(&self) -> Aws {
        aws(&self.url)
    }

    /// The requests of an operation.
    fn asked(&self, wanted: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("asked").clone();
        asked.into_iter().filter(|request| operation(request) == wanted).collect()
    }
}

/// `DescribeStacks`, or method and path of what has no name.
fn operation(request: &str) -> String {
    let named = request.split("Action=").nth(1).and_then(|rest| rest.split('&').next());
    let line = || request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
    named.map_or_else(|| line().to_owned(), str::to_owned)
}

fn ok(operation: &str, inner: &str) -> Answer {
    let body = format!(
        "<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"
    );
    (200, body)
}

fn stack(state: &str) -> Answer {
    ok(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackId>{ARN}</StackId><StackName>mon-dev</StackName>\
             <StackStatus>{state}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             </member></Stacks>"
        ),
    )
}

fn resource(id: &str, (kind, physical): (&str, &str), status: &str) -> String {
    format!(
        "<member><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{physical}\
         </PhysicalResourceId><ResourceType>{kind}</ResourceType><ResourceStatus>{status}\
         </ResourceStatus><ResourceStatusReason>it is in use</ResourceStatusReason>\
         <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>"
    )
}

fn session() -> Session<'static> {
    Session::new(&Silent, PACE)
}

fn place() -> Place {
    Place {
        stack: "mon-dev".into(),
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

/// Each call of the engine, by its IAM action.
async fn each_call(aws: &Aws) -> Vec<(&'static str, Option<CallError>)> {
    let none: &[String] = &[];
    vec![
        ("cloudformation:DescribeStacks", aws.describe("s").await.err()),
        ("cloudformation:GetTemplate", aws.template("s").await.err()),
        ("cloudformation:ListStackResources", aws.resources("s").await.err()),
        ("cloudformation:DescribeStackEvents", aws.events("s", &After::default()).await.err()),
        ("cloudformation:DescribeStackEvents", aws.newest_event("s").await.err()),
        ("cloudformation:DescribeChangeSet", aws.change_set("s").await.err()),
        ("cloudformation:ListChangeSets", aws.change_sets("s").await.err()),
        ("cloudformation:DescribeEvents", aws.validation_errors("s").await.err()),
        ("cloudformation:CreateChangeSet", aws.create_change_set(&request()).await.err()),
        ("cloudformation:DeleteChangeSet", aws.delete_change_set("s", "n").await.err()),
        ("cloudformation:ExecuteChangeSet", aws.execute_change_set(&ids()).await.err()),
        ("cloudformation:DeleteStack", aws.delete_stack("s", none).await.err()),
        ("cloudformation:ContinueUpdateRollback", aws.continue_rollback("s", none).await.err()),
        ("cloudformation:RollbackStack", aws.roll_back("s").await.err()),
        ("cloudformation:SetStackPolicy", aws.set_policy("s", "{}").await.err()),
        ("cloudformation:UpdateTerminationProtection", aws.set_protection("s", true).await.err()),
        ("sts:GetCallerIdentity", aws.account().await.err()),
        ("s3:GetObject", aws.has("b", "k").await.err()),
        ("s3:GetObject", aws.get("b", "k").await.err()),
        ("s3:PutObject", aws.put("b", "k", Vec::new()).await.err()),
        ("s3:DeleteObject", aws.remove("b", "k").await.err()),
        ("s3:ListBucketVersions", aws.empty("b").await.err()),
        ("lambda:InvokeFunction", aws.invoke("f", Vec::new()).await.err()),
    ]
}

#[test]
fn a_denied_call_names_the_action_and_the_resource_to_allow() {
    run(async {
        let replay = Replay::of(|_, _| refusal(403, "AccessDenied", "not authorized")).await;
        for (action, error) in each_call(&replay.aws()).await {
            let error = error.unwrap_or_else(|| panic!("{action} was not refused"));
            let resource = error.resource.clone();
            let hint = DeployError::from(error).hint().unwrap_or_default();
            assert_eq!(hint, format!("allow `{action}` on `{resource}` for this identity"));
        }
    });
}

#[test]
fn expired_credentials_are_told_whatever_was_called() {
    run(async {
        let expired = "The security token included in the request is expired";
        let replay = Replay::of(move |_, _| refusal(403, "ExpiredToken", expired)).await;
        for (action, error) in each_call(&replay.aws()).await {
            let Some(error) = error else { panic!("{action} was not refused") };
            // The others write their errors in another form, or have no body at all.
            if action.starts_with("cloudformation:") || action.starts_with("sts:") {
                let hint = DeployError::from(error).hint().unwrap_or_default();
                assert!(hint.contains("sign in again"), "{action}: {hint}");
            }
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

#[test]
fn early_validation_tells_what_and_where() {
    run(async {
        let replay = Replay::of(|operation, _| match operation {
            "CreateChangeSet" => asked_for(),
            "DescribeChangeSet" => change_set(
                "FAILED",
                "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]",
            ),
            "DescribeEvents" => ok(
                operation,
                "<OperationEvents><member><EventId>1</EventId>\
                 <LogicalResourceId>Queue</LogicalResourceId>\
                 <ValidationStatusReason>#/DelaySeconds: expected type: Integer, found: String\
                 </ValidationStatusReason><ValidationPath>/Resources/Queue/Properties/DelaySeconds\
                 </ValidationPath></member></OperationEvents>",
            ),
            "DescribeStacks" => stack("UPDATE_COMPLETE"),
            _ => ok(operation, ""),
        })
        .await;
        let error = ask(&replay.aws(), &request(), &session()).await.expect_err("refused");
        let told = error.to_string();
        assert!(told.contains("`Queue`: #/DelaySeconds: expected type: Integer"), "{told}");
        assert!(told.contains("(at /Resources/Queue/Properties/DelaySeconds)"), "{told}");
        assert!(error.hint().is_some_and(|hint| hint.contains("nothing was changed")));
        assert_eq!(replay.asked("DeleteChangeSet").len(), 1);
    });
}

#[test]
fn a_nested_change_sets_own_reason_is_told() {
    run(async {
        let replay = Replay::of(|operation, nth| match (operation, nth) {
            ("CreateChangeSet", _) => asked_for(),
            ("DescribeChangeSet", 1) => change_set(
                "FAILED",
                "Nested change set arn:aws:cloudformation:x:1:changeSet/n/2 was not successfully \
                 created: Currently in FAILED.",
            ),
            ("DescribeChangeSet", _) => {
                change_set("FAILED", "Template error: Unable to get mapping for Regions::eu::Layer")
            }
            ("DescribeStacks", _) => stack("UPDATE_COMPLETE"),
            _ => ok(operation, ""),
        })
        .await;
        let error = ask(&replay.aws(), &request(), &session()).await.expect_err("refused");
        let told = error.to_string();
        assert!(told.contains("has no entry `Regions::eu::Layer"), "{told}");
        let asked = replay.asked("DescribeChangeSet");
        assert!(asked.len() == 2 && asked[1].contains("changeSet%2Fn%2F2"));
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

async fn deploy(aws: &Aws, bench: &Bench, skip: &[&str]) -> DeployError {
    let release = bench.release(&json!({}));
    let found = look(aws, &place(), &session()).await.expect("looks");
    let Ok(Prepared::Ready(mut ready)) = prepare(aws, found, &release).await else {
        panic!("there is something to do")
    };
    let Before::Stranded(stranded) = &ready.before else { panic!("it is stranded") };
    assert_eq!(
        stranded.unable[0].to_string(),
        "`PluginMail/Queue` (AWS::SQS::Queue): it is in use"
    );
    let skip_rollback = skip.iter().map(ToString::to_string).collect();
    ready.agreed = Agreed { skip_rollback, ..Agreed::default() };
    apply(aws, *ready, &release, &session()).await.expect_err("the replay has no change set")
}

#[test]
fn what_cannot_go_back_is_told_and_skipped_in_cloudformations_words() {
    run(async {
        let bench = Bench::new();
        let replay = rollback_failed("UPDATE_ROLLBACK_FAILED").await;
        let error = deploy(&replay.aws(), &bench, &[]).await;
        assert!(matches!(error, DeployError::CannotGoBack { .. }), "{error}");
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("--skip-rollback PluginMail/Queue"), "{hint}");
        assert!(!replay.asked("ContinueUpdateRollback")[0].contains("ResourcesToSkip"));

        let replay = rollback_failed("UPDATE_ROLLBACK_COMPLETE").await;
        deploy(&replay.aws(), &bench, &["PluginMail/Queue"]).await;
        let asked = replay.asked("ContinueUpdateRollback");
        let skipped = "ResourcesToSkip.member.1=mon-dev-PluginMail-X.Queue";
        assert!(asked[0].contains(skipped), "{}", asked[0]);
        // Then the change itself was asked for.
        assert_eq!(replay.asked("CreateChangeSet").len(), 1);
    });
}
