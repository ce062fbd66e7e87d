//! An AWS that answers over HTTP on loopback as a test has it: the engine on the real clients.

use super::clients::Aws;
use super::wire_tests::{aws, read, refusal};
use crate::deploy::session::{Pace, Session};
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
pub(crate) const ARN: &str = "arn:aws:cloudformation:eu-central-1:111122223333:stack/mon-dev/1";

struct Silent;

impl Progress for Silent {
    fn line(&self, _text: &str) {}
}

pub(crate) type Answer = (u16, String);

/// An AWS whose answers a function of the operation decides; it keeps what it was asked.
pub(crate) struct Replay {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    pub(crate) async fn of(answer: impl Fn(&str, usize) -> Answer + Send + 'static) -> Self {
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

    pub(crate) fn aws(&self) -> Aws {
        aws(&self.url)
    }

    /// The requests of an operation.
    pub(crate) fn asked(&self, wanted: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("asked").clone();
        asked.into_iter().filter(|request| operation(request) == wanted).collect()
    }
}

/// `DescribeStacks`, or method and path of what has no name.
pub(crate) fn operation(request: &str) -> String {
    let named = request.split("Action=").nth(1).and_then(|rest| rest.split('&').next());
    let line = || request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
    named.map_or_else(|| line().to_owned(), str::to_owned)
}

pub(crate) fn ok(operation: &str, inner: &str) -> Answer {
    let body = format!(
        "<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"
    );
    (200, body)
}

pub(crate) fn stack(state: &str) -> Answer {
    ok(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackId>{ARN}</StackId><StackName>mon-dev</StackName>\
             <StackStatus>{state}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             </member></Stacks>"
        ),
    )
}

pub(crate) fn session() -> Session<'static> {
    Session::new(&Silent, PACE)
}

/// A refusal in the words of the operation's service; none at all for a HEAD.
pub(crate) fn refused(operation: &str, (status, code): (u16, &str), message: &str) -> Answer {
    let is_json = ["POST /2015", "GET /2015", "GET /2016", "GET /schedules"]
        .iter()
        .any(|one| operation.starts_with(one))
        || operation == "POST /";
    match operation {
        head if head.starts_with("HEAD ") => (status, String::new()),
        _ if is_json => (status, json!({ "__type": code, "message": message }).to_string()),
        _ if operation.contains(' ') => {
            (status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
        }
        _ => refusal(status, code, message),
    }
}
