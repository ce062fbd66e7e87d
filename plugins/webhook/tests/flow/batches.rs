//! What the queue and the topic are told.

use crate::hooks::Hook;
use crate::world::{World, job};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn only_the_bad_records_of_a_batch_come_back() {
    let world = World::new();
    world.hooks.set("/broken", Hook::new(500));
    let to = |path: &str| job(json!({"url": world.hooks.url(path)}));
    let mut unknown = to("/unknown");
    unknown["retries"] = json!(3);
    let failed = world.deliver(&[
        ("good", to("/good")),
        ("broken", to("/broken")),
        ("no-url", job(json!({"method": "GET"}))),
        ("unknown", unknown),
        ("no-job", Value::String("junk".to_owned())),
        ("refused", job(json!({"url": "http://10.0.0.1/"}))),
        ("other", to("/other")),
    ]);
    assert_eq!(failed, ["broken", "no-url", "unknown", "no-job"]);
    world.logged("missing field `url`");
    world.logged("unknown field `retries`");
    let mut asked: Vec<_> = world.hooks.asked().into_iter().map(|r| r.path).collect();
    asked.sort();
    assert_eq!(asked, ["/broken", "/good", "/other"]);
}

#[test]
fn ten_calls_are_made_side_by_side() {
    let world = World::new();
    // None is answered before all ten are asked: one after the other would time out.
    let ticks: Vec<_> = (0..10)
        .map(|n| {
            world.hooks.set(&format!("/{n}"), Hook::new(200).after(10));
            ("m", job(json!({"url": world.hooks.url(&format!("/{n}")), "job_id": n})))
        })
        .collect();
    let start = Instant::now();
    assert!(world.deliver(&ticks).is_empty());
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn straight_from_the_topic() {
    let world = World::new();
    world.hooks.set("/broken", Hook::new(500));
    let event = |path: &str| {
        let message = job(json!({"url": world.hooks.url(path)})).to_string();
        json!({"Records": [{"EventSource": "aws:sns",
            "Sns": {"MessageId": "s", "Message": message}}]})
    };
    assert!(world.invoke(event("/fine")).is_ok());
    assert_eq!(world.hooks.only().header("webhook-id"), Some("u-1-s"));
    let failed = world.invoke(event("/broken")).unwrap_err();
    let why = failed["errorMessage"].as_str().unwrap();
    assert!(why.contains("the server answered 500"), "{why}");
}
