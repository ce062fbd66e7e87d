//! What is told of a call, and what is not.

use crate::hooks::Hook;
use crate::world::World;
use serde_json::{Value, json};

const SECRETS: [&str; 5] = ["hunter2", "body-of-mine", "path-of-mine", "query-of-mine", "dGhpcnR5"];
const SIGNING_KEY: &str = "whsec_dGhpcnR5LXR3byBieXRlcyBvZiBwdXJlIHNlY3JldCE=";

/// Calls an address full of secrets; all that was logged.
fn log_of(world: &World, hook: Option<Hook>) -> String {
    let port = match &hook {
        Some(_) => world.hooks.port(),
        None => 1,
    };
    if let Some(hook) = hook {
        world.hooks.set("/path-of-mine?q=query-of-mine", hook);
    }
    let url = format!("http://127.0.0.1:{port}/path-of-mine?q=query-of-mine");
    world.tick(json!({"url": url, "method": "POST", "timeout_seconds": 2,
        "headers": {"X-Token": "hunter2", "Authorization": "Bearer hunter2-hunter2"},
        "body": "the body-of-mine"}));
    world.tick(json!({"url": world.hooks.url("/done"), "headers": {"x": "y"}}));
    world.logged("fine")
}

fn holds_no_secret(log: &str) {
    for secret in SECRETS {
        assert!(!log.contains(secret), "`{secret}` is in the log:\n{log}");
    }
}

#[test]
fn no_secret_is_in_the_log_whatever_becomes_of_the_call() {
    let broken = Hook::new(200).header("content-length", "no number");
    for hook in [Some(Hook::new(200)), Some(Hook::new(500)), Some(broken), None] {
        let world = World::with(&[("SIGNING_KEY", SIGNING_KEY)]);
        holds_no_secret(&log_of(&world, hook));
    }
}

#[test]
fn an_answer_that_repeats_the_request_is_withheld() {
    for hook in [
        Hook::new(400).echo(),
        Hook::new(200).body("your token is hunter2-hunter2"),
        Hook::new(200).body("{\"data\": \"the body-of-mine\"}"),
        Hook::new(404).body("there is no /path-of-mine here"),
        Hook::new(404).body("nothing like q=query-of-mine"),
    ] {
        let world = World::with(&[("SIGNING_KEY", SIGNING_KEY)]);
        let log = log_of(&world, Some(hook));
        assert!(log.contains("withheld"), "{log}");
        holds_no_secret(&log);
    }
}

#[test]
fn a_password_in_an_address_is_neither_sent_nor_told() {
    let world = World::new();
    for user in ["me:hunter2", ":hunter2", "hunter2"] {
        let port = world.hooks.port();
        assert!(world.tick(json!({"url": format!("http://{user}@127.0.0.1:{port}/hook")})));
    }
    assert!(world.call("/done", json!({})));
    let log = world.logged("fine");
    assert_eq!(log.matches("holds a user or a password").count(), 3, "{log}");
    holds_no_secret(&log);
    assert_eq!(world.hooks.only().path, "/done");
}

#[test]
fn a_tick_that_does_not_fit_is_told_without_its_values() {
    let world = World::new();
    for wrong in [
        json!({"headers": "hunter2"}),
        json!({"headers": {"authorization": "hunter2\n"}}),
        json!({"headers": {"host": "hunter2"}}),
        json!({"body": {"hunter2": 1}}),
        json!({"expected_status": "hunter2"}),
        json!({"timeout_seconds": "hunter2"}),
    ] {
        assert!(!world.call("/hook", wrong));
    }
    holds_no_secret(&world.logged("`timeout_seconds`"));
    assert_eq!(world.hooks.asked().len(), 0);
}

#[test]
fn a_call_is_told_in_one_line_with_the_beginning_of_its_answer() {
    let world = World::new();
    let answer = format!("two\nlines {}", "and more ".repeat(1000));
    world.hooks.set("/hook", Hook::new(202).body(&answer));
    assert!(world.call("/hook", json!({"method": "PUT", "body": "x", "headers": {"a": "bc"}})));
    let log = world.logged("\"called\"");
    let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    for (field, value) in
        [("host", "127.0.0.1"), ("method", "PUT"), ("status", "202"), ("job", "u-1")]
    {
        assert_eq!(line[field], value);
    }
    let shown = line["answer"].as_str().unwrap();
    assert!(shown.starts_with("two\nlines and more") && shown.chars().count() == 200, "{shown}");
}
