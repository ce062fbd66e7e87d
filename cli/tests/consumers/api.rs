//! The Lambda Runtime API itself, as whoever finds its port sees it.

use crate::support::{Unit, ask};
use scheduler::local::consumers::Consumer;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where the warm child's API listens.
async fn address(consumer: &Consumer) -> String {
    let environment = ask(consumer, "environment").await;
    let line = environment.lines().find_map(|line| line.strip_prefix("AWS_LAMBDA_RUNTIME_API="));
    line.unwrap().to_owned()
}

/// Status and body of one exchange.
async fn call(address: &str, request: &str, body: &str) -> (u16, String) {
    call_as(address, address, request, body).await
}

/// The same by another name.
async fn call_as(host: &str, address: &str, request: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let text = format!(
        "{request}\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn post(path: &str) -> String {
    format!("POST /2018-06-01/runtime/{path} HTTP/1.1")
}

#[tokio::test]
async fn an_event_comes_with_the_headers_that_runtimes_read() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let run = consumer.invoke("head".into()).await;
    let head = String::from_utf8(run.outcome.unwrap()).unwrap();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap().1.to_owned()
    };
    assert_eq!(header("Lambda-Runtime-Aws-Request-Id"), run.request_id);
    assert_eq!(
        header("Lambda-Runtime-Invoked-Function-Arn"),
        "arn:aws:lambda:eu-central-1:000000000000:function:svc-local-mail"
    );
    assert!(header("Lambda-Runtime-Trace-Id").starts_with("Root=1-"));
    let deadline = Duration::from_millis(header("Lambda-Runtime-Deadline-Ms").parse().unwrap());
    let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let timeout = unit.provided().timeout;
    let slack = Duration::from_millis(1);
    assert!((before + timeout - slack..=after + timeout).contains(&deadline));
}

#[tokio::test]
async fn an_answer_to_no_run_or_to_another_one_is_refused() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let first = consumer.invoke("hello".into()).await.request_id;
    let address = address(&consumer).await;
    for what in ["response", "error"] {
        let request = post(&format!("invocation/{first}/{what}"));
        let (status, body) = call(&address, &request, "{}").await;
        assert_eq!(status, 403);
        assert!(body.contains(r#""errorType":"InvalidStateTransition""#), "{body}");
    }
    let gate = unit.path("gate");
    let running = tokio::spawn({
        let (consumer, event) = (consumer.clone(), format!("await {}", gate.display()));
        async move { ask(&consumer, &event).await }
    });
    unit.line("waiting").await;
    for id in [first.as_str(), "nobody"] {
        let (status, body) = call(&address, &post(&format!("invocation/{id}/response")), "1").await;
        assert_eq!(status, 400);
        assert!(body.contains(r#""errorType":"InvalidRequestID""#), "{body}");
    }
    let (status, _) = call(&address, &post("init/error"), "{}").await;
    assert_eq!(status, 403);
    std::fs::write(gate, "").unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_web_page_takes_no_events_away() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let address = address(&consumer).await;
    for header in ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"] {
        let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n{header}");
        let (status, _) = call(&address, &next, "").await;
        assert_eq!(status, 403, "{header}");
    }
    // A page of a name that points here carries neither, but calls by that name.
    let port = address.rsplit_once(':').unwrap().1;
    for host in [format!("evil.example:{port}"), "localhost".to_owned(), "127.0.0.1:1".to_owned()] {
        let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";
        let (status, _) = call_as(&host, &address, next, "").await;
        assert_eq!(status, 403, "{host}");
    }
    assert_eq!(ask(&consumer, "hello").await, "hello");
}

#[tokio::test]
async fn a_runtime_that_fetches_as_a_web_page_does_is_none() {
    let unit = Unit::script(
        "#!/usr/bin/env node
        const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
        (async () => {
            for (;;) {
                const next = await fetch(`${api}/next`);
                const id = next.headers.get('Lambda-Runtime-Aws-Request-Id');
                const body = `fetched ${await next.text()}`;
                await fetch(`${api}/${id}/response`, { method: 'POST', body });
            }
        })();\n",
    );
    let consumer = unit.consumer(unit.provided());
    for _ in 0..3 {
        assert_eq!(ask(&consumer, "it").await, "fetched it");
    }
}

#[tokio::test]
async fn what_the_api_has_not_is_not_found() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let address = address(&consumer).await;
    let (status, body) = call(&address, "GET /2018-06-01/runtime HTTP/1.1", "").await;
    assert_eq!(status, 404);
    assert!(body.contains("errorMessage"), "{body}");
}

/// Streams an answer to the run that waits, by hand, while the child is busy waiting.
async fn stream(unit: &Unit, consumer: &Consumer, rest: &str) -> Result<Vec<u8>, String> {
    let address = address(consumer).await;
    let run = tokio::spawn({
        let (consumer, event) = (consumer.clone(), "hang id".to_owned());
        async move { consumer.invoke(event.into()).await }
    });
    let id = unit.line("id ").await;
    let head = format!(
        "{}\r\nHost: {address}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n\
         Transfer-Encoding: chunked\r\n\
         Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n",
        post(&format!("invocation/{id}/response"))
    );
    let mut socket = TcpStream::connect(&address).await.unwrap();
    socket.write_all(format!("{head}{rest}").as_bytes()).await.unwrap();
    run.await.unwrap().outcome.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_streamed_answer_is_its_bytes() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let streamed = stream(&unit, &consumer, "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n").await;
    assert_eq!(streamed, Ok(b"abcde".to_vec()));
}

#[tokio::test]
async fn a_streamed_answer_that_ends_in_an_error_is_that_error() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    // {"errorMessage": "late"}
    let rest = "2\r\nab\r\n0\r\nLambda-Runtime-Function-Error-Type: Late\r\n\
                Lambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiAibGF0ZSJ9\r\n\r\n";
    let streamed = stream(&unit, &consumer, rest).await;
    assert_eq!(streamed, Err("the handler failed: Late: late".to_owned()));
}
