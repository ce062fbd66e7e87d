//! The adapters against answers from a small HTTP server on loopback: what is sent, and what
//! becomes of AWS's errors.

use super::clients::{Aws, AwsSettings};
use crate::deploy::error::CallFailure;
use crate::deploy::ports::{ArtifactStore, BucketState, StackReader};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers the requests in order and keeps them.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(answers: Vec<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            for (status, body) in answers {
                let (mut socket, _) = listener.accept().await.expect("accept");
                let request = read(&mut socket).await;
                kept.lock().expect("requests").push(request);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                socket.write_all(format!("{head}{body}").as_bytes()).await.expect("answer");
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("requests").clone()
    }
}

/// One request: head and as much body as its length says.
pub(super) async fn read(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = socket.read(&mut chunk).await.expect("read");
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(count > 0, "the request ended in its head");
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if count == 0 || body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}

pub(super) fn aws(url: &str) -> Aws {
    let credentials = Credentials::new("AKIATEST", "secret", None, None, "test");
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(url)
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let settings =
        AwsSettings { endpoint_url: Some(url.to_owned()), region: "eu-central-1".to_owned() };
    Aws::of(&config, settings)
}

pub(crate) fn refusal(status: u16, code: &str, message: &str) -> (u16, String) {
    let error = format!(
        "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, format!("<ErrorResponse>{error}</ErrorResponse>"))
}

pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("runtime").block_on(work)
}

/// What becomes of a refused DescribeStacks.
fn describe(answer: (u16, String)) -> Result<bool, CallFailure> {
    run(async {
        let server = Server::start(vec![answer]).await;
        let aws = aws(&server.url);
        let found = aws.describe("mon-dev").await;
        assert_eq!(aws.calls().list(), ["CloudFormation.DescribeStacks"]);
        assert!(server.requests()[0].contains("StackName=mon-dev"));
        found.map(|stack| stack.is_some()).map_err(|error| error.why)
    })
}

#[test]
fn a_stack_that_does_not_exist_is_no_error() {
    let sentence = "Stack with id mon-dev does not exist";
    assert_eq!(describe(refusal(400, "ValidationError", sentence)), Ok(false));
}

#[test]
fn a_stack_is_read_with_state_and_outputs() {
    let body = "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>\
        <StackId>arn:aws:cloudformation:eu-central-1:111122223333:stack/mon-dev/u</StackId>\
        <StackName>mon-dev</StackName><StackStatus>CREATE_COMPLETE</StackStatus>\
        <EnableTerminationProtection>true</EnableTerminationProtection>\
        <CreationTime>2026-01-01T00:00:00Z</CreationTime>\
        <Outputs><member><OutputKey>Digest</OutputKey><OutputValue>d</OutputValue></member></Outputs>\
        </member></Stacks></DescribeStacksResult></DescribeStacksResponse>";
    run(async {
        let server = Server::start(vec![(200, body.to_owned())]).await;
        let stack = aws(&server.url).describe("mon-dev").await.expect("answers").expect("there");
        assert_eq!(stack.account(), "111122223333");
        assert_eq!(stack.state.as_str(), "CREATE_COMPLETE");
        assert_eq!(stack.outputs["Digest"], "d");
        assert!(stack.protected);
    });
}

#[test]
fn refusals_are_told_apart() {
    let sentence = "User x is not authorized to perform: cloudformation:DescribeStacks";
    assert_eq!(
        describe(refusal(403, "AccessDenied", sentence)),
        Err(CallFailure::Denied(sentence.into()))
    );
    let expired = "The security token included in the request is expired";
    assert_eq!(describe(refusal(403, "ExpiredToken", expired)), Err(CallFailure::Expired));
    let unknown = "The security token included in the request is invalid.";
    assert_eq!(
        describe(refusal(403, "InvalidClientTokenId", unknown)),
        Err(CallFailure::BadCredentials)
    );
    assert_eq!(describe(refusal(400, "Throttling", "Rate exceeded")), Err(CallFailure::Throttled));
}

#[test]
fn nobody_at_the_address_names_the_address() {
    run(async {
        let url = {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
            format!("http://{}", listener.local_addr().expect("address"))
        };
        let error = aws(&url).describe("mon-dev").await.expect_err("nobody there");
        assert_eq!(error.why, CallFailure::Unreachable(url));
    });
}

#[test]
fn a_new_bucket_is_made_in_the_region_and_locked() {
    run(async {
        let no_policy = refusal(404, "NoSuchBucketPolicy", "none").1.replace("<ErrorResponse>", "");
        let mut answers = vec![(404, String::new()), (200, String::new())];
        answers.push((404, no_policy.replace("</ErrorResponse>", "")));
        answers.extend(vec![(200, String::new()); 4]);
        let server = Server::start(answers).await;
        let state = aws(&server.url).ensure_bucket("assets", "111122223333").await;
        assert_eq!(state, Ok(BucketState::Made));
        let requests = server.requests();
        assert!(requests[0].contains("x-amz-expected-bucket-owner: 111122223333"));
        assert!(requests[1].contains("<LocationConstraint>eu-central-1</LocationConstraint>"));
        assert!(requests[3].contains("<RestrictPublicBuckets>true</RestrictPublicBuckets>"));
        assert!(requests[6].contains(r#""aws:SecureTransport":"false""#));
    });
}

#[test]
fn a_bucket_that_may_be_anothers_is_told_with_what_to_allow() {
    run(async {
        let server = Server::start(vec![(403, String::new())]).await;
        let state = aws(&server.url).ensure_bucket("assets", "111122223333").await;
        let error = state.expect_err("refused");
        assert_eq!(
            error.to_string(),
            "`s3:ListBucket` on `assets` failed: access denied (the bucket is another account's, \
             or may not be looked at)"
        );
        assert_eq!(
            error.hint(),
            "allow `s3:ListBucket` on `arn:aws:s3:::assets` for this identity; if the bucket is \
             of another account, its owner has to give up the name"
        );
    });
}

#[test]
fn only_a_stack_or_a_change_set_that_is_not_there_counts_as_missing() {
    for gone in [
        "Stack with id mon-dev does not exist",
        "Stack [mon-dev] does not exist",
        "ChangeSet [scheduler-x] does not exist",
    ] {
        assert_eq!(describe(refusal(400, "ValidationError", gone)), Ok(false), "{gone}");
    }
    let template = "S3 error: The specified key does not exist.";
    let why = describe(refusal(400, "ValidationError", template)).expect_err("a template is gone");
    assert!(matches!(why, CallFailure::Other { message, .. } if message == template));
}
