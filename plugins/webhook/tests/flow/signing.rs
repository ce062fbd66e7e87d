//! Signatures, as a receiver checks them.

use crate::http::Request;
use crate::world::{World, job, program};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{HMAC_SHA256, Key, verify};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

const SECRET: [u8; 32] = *b"thirty-two bytes of pure secret!";
const OLD: [u8; 24] = *b"twenty-four bytes of it.";

fn serialized(secret: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// What the specification tells a receiver to do.
fn is_genuine(request: &Request, secret: &[u8]) -> bool {
    let [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| request.header(name).expect(name));
    let sent: u64 = timestamp.parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(sent) < 300, "sent at {sent}, and it is {now}");
    let content = [format!("{id}.{timestamp}.").as_bytes(), &request.body].concat();
    let key = Key::new(HMAC_SHA256, secret);
    signatures.split(' ').any(|signature| {
        let (version, signature) = signature.split_once(',').unwrap();
        let signature = STANDARD.decode(signature).unwrap();
        version == "v1" && verify(&key, &content, &signature).is_ok()
    })
}

#[test]
fn a_receiver_finds_the_signature_right() {
    let world = World::with(&[("SIGNING_KEY", &serialized(&SECRET))]);
    for sent in [
        json!({}),
        json!({"method": "HEAD"}),
        json!({"method": "POST", "body": "{\"grün\": 1.5}\n"}),
        json!({"method": "DELETE", "headers": {"x-a": "b"}, "body": ".1.2."}),
    ] {
        assert!(world.call("/hook", sent));
    }
    for request in world.hooks.asked() {
        assert!(is_genuine(&request, &SECRET), "{request:?}");
        assert!(!is_genuine(&request, &OLD), "{request:?}");
        let forged = Request { body: [&request.body[..], b" "].concat(), ..request };
        assert!(!is_genuine(&forged, &SECRET));
    }
}

#[test]
fn while_a_secret_is_changed_both_are_right() {
    let both = format!("{} {}", serialized(&SECRET), serialized(&OLD));
    let world = World::with(&[("SIGNING_KEY", &both)]);
    assert!(world.call("/hook", json!({"method": "POST", "body": "x"})));
    let request = world.hooks.only();
    assert!(is_genuine(&request, &SECRET) && is_genuine(&request, &OLD));
}

#[test]
fn a_tick_that_comes_again_has_the_same_id_and_another_tick_another() {
    let world = World::with(&[("SIGNING_KEY", &serialized(&SECRET))]);
    let mut same = job(json!({"url": world.hooks.url("/hook")}));
    same["user_id"] = json!("ada@example.com");
    for message in ["m1", "m1", "m2"] {
        assert!(world.deliver(&[(message, same.clone())]).is_empty());
    }
    let asked = world.hooks.asked();
    assert!(asked.iter().all(|request| is_genuine(request, &SECRET)));
    let ids: Vec<_> = asked.iter().map(|r| r.header("webhook-id").unwrap()).collect();
    assert_eq!(ids, ["ada%40example%2Ecom-1-m1", ids[0], "ada%40example%2Ecom-1-m2"]);
}

#[test]
fn without_a_secret_there_is_an_id_and_no_signature() {
    let world = World::new();
    assert!(world.call("/hook", json!({})));
    let asked = world.hooks.only();
    assert_eq!(asked.header("webhook-id"), Some("u-1-m"));
    assert!(asked.header("webhook-timestamp").is_some());
    assert_eq!(asked.header("webhook-signature"), None);
}

#[test]
fn a_signature_cannot_be_given_by_a_job() {
    let world = World::with(&[("SIGNING_KEY", &serialized(&SECRET))]);
    for name in ["webhook-signature", "Webhook-Id", "WEBHOOK-TIMESTAMP"] {
        assert!(!world.call("/hook", json!({"headers": {name: "v1,forged"}})), "{name}");
    }
    assert_eq!(world.hooks.asked().len(), 0);
}

#[test]
fn with_a_secret_that_is_none_the_program_does_not_start() {
    for wrong in ["", "hunter2hunter2hunter2hunter2", "whsec_hunter2", "whsec_hunter2="] {
        // Nobody listens there: it is never asked.
        let mut program = program("127.0.0.1:1", &[("SIGNING_KEY", wrong)]);
        let done = program.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(!done.status.success() && said.contains("`SIGNING_KEY`"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
