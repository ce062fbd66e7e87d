//! A consumer that was written for the original system, with boto3 and without any of this: it
//! runs as it is, in both envelopes, and gets no field that it does not know.

use crate::support::{Language, Program, fake_aws_with};
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// A page that is another one every time; answers its address.
async fn page() -> String {
    let visits = Arc::new(AtomicUsize::new(0));
    let text = move || {
        let visit = visits.fetch_add(1, Ordering::Relaxed);
        async move { format!("<p>{visit}</p>") }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/", get(text));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    format!("http://{address}/")
}

async fn consumer() -> Program {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/original");
    let main = fixtures.join("html_checker/main.py");
    let package = fixtures.join("html_checker/__init__.py");
    fake_aws_with(
        Language::Python,
        &[("html_checker/main.py", &main), ("html_checker/__init__.py", &package)],
        &[
            ("_HANDLER", "html_checker.main.lambda_handler"),
            ("BUCKET_NAME", "pages"),
            ("TEMPLATE_NAME", "page-changed"),
        ],
    )
    .await
}

fn tick(url: &str) -> Value {
    json!({"user_id": "u", "user_email": "ada@example.com", "job_id": 3,
        "job_type": "html_monitor_job", "sleep_time": 600, "url": url, "make_screenshots": false})
}

#[tokio::test]
async fn both_envelopes_reach_it() {
    let (mut consumer, url) = (consumer().await, page().await);
    let message = tick(&url).to_string();
    let queued = json!({"Records": [{"messageId": "m1", "body": message}]});
    let direct = json!({"Records": [{"Sns": {"MessageId": "s1", "Message": message}}]});
    assert_eq!(consumer.invoke(&queued).await.outcome, Ok(Value::Null));
    let mail = consumer.path("aws/mails/templated.json");
    assert!(!mail.exists(), "there was no last run");
    assert_eq!(consumer.invoke(&direct).await.outcome, Ok(Value::Null));
    let mail: Value = serde_json::from_str(&fs::read_to_string(mail).unwrap()).unwrap();
    assert_eq!(mail["Destination"]["ToAddresses"], json!(["ada@example.com"]));
    assert!(mail["TemplateData"].as_str().unwrap().contains("-<p>0</p>"), "{mail}");
}

#[tokio::test]
async fn a_field_that_it_does_not_know_is_why_ticks_have_none() {
    let (mut consumer, url) = (consumer().await, page().await);
    let mut unknown = tick(&url);
    unknown["rev"] = 1.into();
    let event = json!({"Records": [{"messageId": "m1", "body": unknown.to_string()}]});
    let error = consumer.invoke(&event).await.outcome.unwrap_err();
    assert_eq!(error["errorType"], "TypeError");
    assert!(error["errorMessage"].as_str().unwrap().contains("'rev'"), "{error}");
}
