//! Pages that are none, and what becomes of their ticks.

use crate::site::Page;
use crate::world::{World, job};

/// A watched page turns into `page`: nobody is told of a change, and the memory stays.
fn is_no_page(page: Page, reason: &str) {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    let before = world.state("u-1");
    world.site.set("/p", page);
    assert!(world.tick("m2", "/p"), "trying again would not help");
    world.logged(reason);
    assert_eq!(world.state("u-1"), before);
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m3", "/p"));
    assert_eq!(world.mails().len(), 0);
}

#[test]
fn a_missing_page() {
    is_no_page(Page::new(404, b"<p>not found</p>"), "the server answered 404");
}

#[test]
fn an_endless_page() {
    is_no_page(Page::new(200, &[b'x'; 65536]).times(1000), "larger than 5242880 bytes");
}

#[test]
fn a_compressed_page() {
    is_no_page(Page::new(200, b"\x1f\x8b").header("content-encoding", "gzip"), "not asked for");
}

#[test]
fn a_redirect_into_the_network_of_the_function() {
    for to in ["http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[fd00:ec2::254]/"] {
        is_no_page(Page::new(302, b"").header("location", to), "not on the public internet");
    }
}

#[test]
fn a_redirect_out_of_the_web() {
    is_no_page(Page::new(301, b"").header("location", "file:///etc/passwd"), "no http or https");
}

#[test]
fn a_redirect_that_goes_round() {
    let world = World::new();
    world.site.redirect("/p", "/p");
    assert!(world.tick("m1", "/p"));
    world.logged("more than 5 redirects");
    assert_eq!(world.site.asked().len(), 6);
}

#[test]
fn redirects_are_followed_up_to_five() {
    let world = World::new();
    for n in 0..5 {
        world.site.redirect(&format!("/{n}"), &format!("/{}", n + 1));
    }
    world.site.html("/5", "<p>there</p>");
    assert!(world.tick("m1", "/0"));
    assert!(world.state("u-1")["text"].as_str().unwrap().contains("there"));
}

#[test]
fn a_server_in_trouble_is_asked_three_times() {
    let world = World::new();
    world.site.set("/p", Page::new(503, b""));
    let job = job(&world.site.url("/p"));
    for attempt in [1, 2] {
        assert_eq!(world.deliver(&[("m", attempt, job.clone())]), ["m"]);
    }
    assert!(world.deliver(&[("m", 3, job)]).is_empty(), "the next tick comes anyway");
    assert!(!world.has_state("u-1"));
}

#[test]
fn this_machine_is_closed_unless_tests_open_it() {
    let world = World::with(&[("ALLOW_LOOPBACK", "false")]);
    world.site.html("/p", "<p>one</p>");
    let named = world.site.url("/p").replace("127.0.0.1", "localhost");
    for url in [world.site.url("/p"), named] {
        assert!(world.deliver(&[("m", 1, job(&url))]).is_empty());
    }
    world.logged("`127.0.0.1` is not on the public internet");
    world.logged("`localhost` is not on the public internet");
    assert_eq!(world.site.asked(), Vec::<String>::new(), "nobody even knocked");
}
