//! What arrives at the server, and which answers are good ones.

use crate::hooks::Hook;
use crate::world::World;
use serde_json::json;

#[test]
fn every_method_arrives_as_it_is_asked_for() {
    let world = World::new();
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
    for method in methods {
        assert!(world.call("/hook", json!({"method": method})), "{method}");
    }
    let asked: Vec<_> = world.hooks.asked().into_iter().map(|request| request.method).collect();
    assert_eq!(asked, methods);
}

#[test]
fn a_url_alone_is_a_plain_get() {
    let world = World::new();
    assert!(world.call("/a%20b?c=%C3%BC&d", json!({})));
    let asked = world.hooks.only();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/a%20b?c=%C3%BC&d"));
    assert_eq!(asked.body, b"");
    assert_eq!(asked.header("host"), Some(&*format!("127.0.0.1:{}", world.hooks.port())));
    assert!(asked.header("user-agent").unwrap().starts_with("scheduler-webhook/"));
    for absent in ["content-length", "content-type", "authorization", "cookie"] {
        assert_eq!(asked.header(absent), None, "{absent}");
    }
}

#[test]
fn headers_and_body_arrive_byte_for_byte() {
    let world = World::new();
    let body = "{\"grün\": \"\u{1f600}\\n\0\"}\r\n";
    let sent = json!({
        "method": "POST",
        "headers": {"Content-Type": "application/json", "Authorization": "Bearer a.b.c",
            "User-Agent": "mine", "X-Empty": "", "x-odd": "a \t~ !"},
        "body": body,
    });
    assert!(world.call("/hook", sent));
    let asked = world.hooks.only();
    assert_eq!(asked.body, body.as_bytes());
    for (name, value) in [
        ("content-type", "application/json"),
        ("authorization", "Bearer a.b.c"),
        ("user-agent", "mine"),
        ("x-empty", ""),
        ("x-odd", "a \t~ !"),
        ("content-length", &body.len().to_string()),
    ] {
        assert_eq!(asked.header(name), Some(value), "{name}");
    }
}

#[test]
fn the_largest_body_arrives_whole() {
    let world = World::new();
    let body = "ü".repeat(102_400);
    assert!(world.call("/hook", json!({"method": "PUT", "body": body})));
    assert_eq!(world.hooks.only().body, body.as_bytes());
    assert!(!world.call("/hook", json!({"method": "PUT", "body": body + "x"})));
    assert_eq!(world.hooks.asked().len(), 1);
}

#[test]
fn without_a_body_its_length_is_told_where_one_is_expected() {
    let world = World::new();
    for (method, length) in [
        ("POST", Some("0")),
        ("PUT", Some("0")),
        ("PATCH", Some("0")),
        ("GET", None),
        ("DELETE", None),
    ] {
        assert!(world.call("/hook", json!({"method": method})));
        let asked = world.hooks.asked();
        assert_eq!(asked.last().unwrap().header("content-length"), length, "{method}");
    }
}

#[test]
fn any_method_may_have_a_body() {
    let world = World::new();
    for method in ["GET", "DELETE", "HEAD", "PATCH"] {
        assert!(world.call("/hook", json!({"method": method, "body": "{}"})));
        let asked = world.hooks.asked();
        assert_eq!(asked.last().unwrap().body, b"{}", "{method}");
    }
}

#[test]
fn any_2xx_will_do_where_no_status_is_asked_for() {
    let world = World::new();
    for (status, good) in
        [(200, true), (204, true), (299, true), (304, false), (404, false), (500, false)]
    {
        let body = if [204, 304].contains(&status) { "" } else { "text" };
        world.hooks.set("/hook", Hook::new(status).body(body));
        assert_eq!(world.call("/hook", json!({})), good, "{status}");
    }
    world.logged("the server answered 404, which the job does not expect");
}

#[test]
fn the_asked_for_status_is_the_only_good_one() {
    let world = World::new();
    world.hooks.set("/gone", Hook::new(410));
    world.hooks.set("/busy", Hook::new(503));
    assert!(world.call("/gone", json!({"expected_status": 410})));
    assert!(world.call("/gone", json!({"expected_status": [200, 410]})));
    assert!(world.call("/busy", json!({"expected_status": 503})), "asked for is asked for");
    assert!(!world.call("/fine", json!({"expected_status": 410})));
    assert!(!world.call("/fine", json!({"expected_status": [201, 204]})));
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let world = World::new();
    for status in [301, 302, 303, 307, 308] {
        let there = world.hooks.url("/there");
        world.hooks.set("/hook", Hook::new(status).header("location", &there));
        assert!(!world.call("/hook", json!({})), "{status}");
        assert!(world.call("/hook", json!({"expected_status": status})), "{status}");
    }
    assert!(world.hooks.asked().iter().all(|request| request.path == "/hook"));
}

#[test]
fn of_a_big_answer_only_the_beginning_is_read() {
    let world = World::new();
    let endless = Hook::new(200).body(&"endless ".repeat(1000)).times(usize::MAX);
    world.hooks.set("/hook", endless);
    assert!(world.call("/hook", json!({})));
    let log = world.logged("\"called\"");
    assert!(log.contains("endless endless"), "{log}");
    assert!(log.len() < 600, "{log}");
}

#[test]
fn an_answer_that_breaks_off_has_a_status_all_the_same() {
    let world = World::new();
    world.hooks.set("/hook", Hook::new(200).header("content-length", "1000").body("begun"));
    assert!(world.call("/hook", json!({})));
    world.logged("begun");
}
