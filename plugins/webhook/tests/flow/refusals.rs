//! Addresses that are not called, and servers that do not answer.

use crate::hooks::{Hook, Hooks};
use crate::world::World;
use serde_json::json;
use std::net::TcpListener;

#[test]
fn addresses_that_are_not_public_are_refused_and_done_with() {
    let world = World::new();
    for host in [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "0xa9fea9fe",
        "2852039166",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
    ] {
        let url = format!("http://{host}/latest/meta-data/");
        assert!(world.tick(json!({"url": url})), "{host}: trying again would not help");
    }
    let log = world.logged("[2002:a9fe:a9fe::]");
    assert_eq!(log.matches("is not on the public internet").count(), 15, "{log}");
    assert_eq!(log.matches("not called").count(), 15, "{log}");
}

#[test]
fn loopback_in_every_spelling_is_closed_unless_it_is_opened() {
    let world = World::with(&[("ALLOW_LOOPBACK", "false")]);
    let port = world.hooks.port();
    for host in ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"] {
        assert!(world.tick(json!({"url": format!("http://{host}:{port}/hook")})), "{host}");
    }
    world.logged("`[::ffff:7f00:1]` is not on the public internet");
    world.logged("`localhost` is not on the public internet");
    assert_eq!(world.hooks.asked().len(), 0, "nobody even knocked");
}

#[test]
fn on_this_machine_loopback_is_open() {
    let world = World::with(&[("ALLOW_LOOPBACK", "false"), ("SCHEDULER_LOCAL", "1")]);
    assert!(world.call("/hook", json!({})));
    let mapped = format!("http://[::ffff:127.0.0.1]:{}/hook", world.hooks.port());
    assert!(world.tick(json!({"url": mapped})));
    assert_eq!(world.hooks.asked().len(), 2);
    assert!(world.tick(json!({"url": "http://10.0.0.1/"})));
    world.logged("`10.0.0.1` is not on the public internet");
}

#[test]
fn what_is_no_address_of_the_web_is_done_with() {
    let world = World::new();
    for url in ["file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "http://", "x"]
    {
        assert!(world.tick(json!({"url": url})), "{url}");
    }
    let log = world.logged("not called");
    assert!(log.contains("the job's `url` is no http or https address"), "{log}");
}

#[test]
fn a_server_that_does_not_answer_in_time_is_called_again() {
    let world = World::new();
    // The door is open, and nobody comes.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    assert!(!world.tick(json!({"url": url, "timeout_seconds": 1})));
    world.logged("no answer within 1 seconds");
}

#[test]
fn a_slow_body_keeps_nobody_from_the_status() {
    let world = World::new();
    world.hooks.set("/drip", Hook::new(200).body("").times(usize::MAX));
    assert!(world.call("/drip", json!({"timeout_seconds": 1})));
}

#[test]
fn a_server_that_is_not_there_is_called_again() {
    let world = World::new();
    let gone = Hooks::new();
    let url = gone.url("/");
    drop(gone);
    assert!(!world.tick(json!({"url": url})));
    world.logged("the server cannot be reached");
}

#[test]
fn a_full_server_and_a_broken_one_are_called_again() {
    let world = World::new();
    for status in [429, 500, 502, 503, 504] {
        world.hooks.set("/hook", Hook::new(status));
        assert!(!world.call("/hook", json!({})), "{status}");
    }
}
