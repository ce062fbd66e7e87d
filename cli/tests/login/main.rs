//! A login from the page to the token, against an issuer on loopback.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails its test")]

use scheduler::login::{
    CALLBACK, Callback, Challenge, Endpoints, LoginError, authorize_url, exchange, refresh,
};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// An issuer that answers three tokens' requests, and tells what it was sent.
fn issuer() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = std::sync::mpsc::channel();
    let own = url.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (path, body) = request(&stream);
            let (status, answer) = match path.as_str() {
                "/.well-known/openid-configuration" => (
                    200,
                    json!({
                        "authorization_endpoint": format!("{own}/authorize"),
                        "token_endpoint": format!("{own}/token"),
                    }),
                ),
                _ if body.contains("code=good") || body.contains("refresh_token=old") => {
                    (200, json!({"id_token": "fresh", "refresh_token": "old", "expires_in": 60}))
                }
                _ => (400, json!({"error": "invalid_grant"})),
            };
            let _ = tell.send(body);
            answer_with(stream, status, &answer.to_string());
        }
    });
    (url, told)
}

fn request(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = first.split_whitespace().nth(1).unwrap_or_default().to_owned();
    (path, String::from_utf8(body).unwrap())
}

fn answer_with(mut stream: TcpStream, status: u16, body: &str) {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).unwrap();
}

/// What the browser does when it comes back.
fn visit(path: &str) -> String {
    let address = CALLBACK.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address.split('/').next().unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

// The port is one for all: what uses it stands in one test.
#[tokio::test]
async fn the_code_that_answers_this_login_becomes_a_token() {
    let (url, told) = issuer();
    let endpoints = Endpoints::of(&url).await.unwrap();
    let challenge = Challenge::new().unwrap();
    let page = authorize_url(&endpoints.authorization_endpoint, "the-client", CALLBACK, &challenge);
    assert!(page.starts_with(&format!("{url}/authorize?response_type=code&client_id=the-client&")));
    for part in ["code_challenge_method=S256", "scope=openid%20email", &challenge.state] {
        assert!(page.contains(part), "{page}");
    }

    let callback = Callback::open().await.unwrap();
    assert!(matches!(Callback::open().await, Err(LoginError::Listen { .. })));
    let state = challenge.state.clone();
    // Browsers open connections to spare, and may say nothing on them.
    let address = CALLBACK.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let idle = TcpStream::connect(address.split('/').next().unwrap()).unwrap();
    let browser = thread::spawn(move || {
        // Somebody else's answer is turned away, and the login goes on waiting.
        assert!(visit("/callback?code=evil&state=forged").starts_with("HTTP/1.1 404"));
        assert!(visit("/favicon.ico").starts_with("HTTP/1.1 404"));
        assert!(visit(&format!("/callback?code=good&state={state}")).contains("You are logged in"));
    });
    let code = callback.code(&challenge.state).await.unwrap();
    browser.join().unwrap();
    drop(idle);
    assert_eq!(code, "good");

    let secret = (code.as_str(), challenge.verifier.as_str());
    let tokens = exchange(&endpoints.token_endpoint, "the-client", CALLBACK, secret).await.unwrap();
    assert_eq!((tokens.id_token.as_str(), tokens.expires_in), ("fresh", 60));
    let sent = told.iter().find(|body| body.contains("grant_type")).unwrap();
    assert!(sent.contains(&format!("code_verifier={}", challenge.verifier)), "{sent}");

    let again = refresh(&endpoints.token_endpoint, "the-client", "old").await.unwrap();
    assert_eq!(again.id_token, "fresh");
    let over = refresh(&endpoints.token_endpoint, "the-client", "ended").await.unwrap_err();
    assert!(over.to_string().contains("invalid_grant"), "{over}");

    let callback = Callback::open().await.unwrap();
    let state = challenge.state.clone();
    let browser = thread::spawn(move || {
        visit(&format!("/callback?error=access_denied&error_description=not+today&state={state}"))
    });
    let refused = callback.code(&challenge.state).await.unwrap_err().to_string();
    assert!(refused.ends_with("access_denied not today"), "{refused}");
    assert!(browser.join().unwrap().contains("refused"));
}
