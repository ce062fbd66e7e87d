//! What the queue and the topic are told.

use crate::site::Page;
use crate::world::{World, job};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn only_the_bad_record_of_a_batch_comes_back() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    let good = job(&world.site.url("/p"));
    let mut other = good.clone();
    other["job_id"] = json!(2);
    let mut no_url = good.clone();
    no_url.as_object_mut().unwrap().remove("url");
    let failed = world.deliver(&[
        ("good", 1, good),
        ("no-url", 1, no_url),
        ("no-job", 1, Value::String("junk".to_owned())),
        ("other", 1, other),
    ]);
    assert_eq!(failed, ["no-url", "no-job"]);
    assert!(world.has_state("u-1") && world.has_state("u-2"));
    world.logged("missing field `url`");
}

#[test]
fn ten_pages_are_fetched_side_by_side() {
    let world = World::new();
    // No page is answered before all ten are asked for: one after the other would time out.
    let page = Page::new(200, b"<p>x</p>").after(10);
    let ticks: Vec<_> = (0..10)
        .map(|n| {
            world.site.set(&format!("/{n}"), page.clone());
            let mut job = job(&world.site.url(&format!("/{n}")));
            job["job_id"] = json!(n);
            ("m", 1, job)
        })
        .collect();
    let start = Instant::now();
    assert!(world.deliver(&ticks).is_empty());
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    assert!((0..10).all(|n| world.has_state(&format!("u-{n}"))));
}

#[test]
fn straight_from_the_topic() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    let event = |message: String| {
        json!({"Records": [{"EventSource": "aws:sns",
            "Sns": {"MessageId": "s", "Message": message}}]})
    };
    assert!(world.invoke(event(job(&world.site.url("/p")).to_string())).is_ok());
    assert!(world.has_state("u-1"));
    let failed = world.invoke(event("junk".to_owned())).unwrap_err();
    let why = failed["errorMessage"].as_str().unwrap();
    assert!(why.contains("no JSON object"), "{why}");
}

#[test]
fn an_envelope_within_a_queue() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    let message = job(&world.site.url("/p")).to_string();
    let body = json!({"Type": "Notification", "MessageId": "s", "TopicArn": "arn:aws:sns:x:1:t",
        "Message": message});
    let event = json!({"Records": [{"messageId": "m", "body": body.to_string()}]});
    assert_eq!(world.invoke(event).unwrap(), json!({"batchItemFailures": []}));
    assert!(world.has_state("u-1"));
}
