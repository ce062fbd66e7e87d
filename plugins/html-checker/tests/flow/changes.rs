//! What the owner of a job gets to read.

use crate::site::Page;
use crate::world::{World, job};
use std::fs;
use std::time::{Duration, SystemTime};

#[test]
fn one_mail_a_change_and_none_without() {
    let world = World::new();
    world.site.html("/p", "<h1>Price</h1><p>10 €</p>");
    assert!(world.tick("m1", "/p"));
    assert!(world.tick("m2", "/p"));
    assert_eq!(world.mails().len(), 0, "neither the first run nor an unchanged page mails");

    world.site.html("/p", "<h1>Price</h1><p>9 €</p>");
    assert!(world.tick("m3", "/p"));
    assert!(world.tick("m4", "/p"));
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "reader@example.com");
    assert!(mails[0].subject.contains(&world.site.url("/p")), "{}", mails[0].subject);
    assert!(mails[0].text.contains("- 10 €\n+ 9 €\n"), "{}", mails[0].text);

    world.site.html("/p", "<h1>Price</h1><p>8 €</p>");
    assert!(world.tick("m5", "/p"));
    assert_eq!(world.mails().len(), 2);
}

#[test]
fn markup_of_the_page_is_text_in_the_mail() {
    let world = World::new();
    world.site.html("/p", "<p>calm</p>");
    assert!(world.tick("m1", "/p"));
    world.site.html("/p", "<p>calm</p></pre><script>alert(1)</script><img src=x onerror='x()'>");
    assert!(world.tick("m2", "/p"));
    let html = &world.mails()[0].html;
    assert!(html.contains("+&lt;script&gt;"), "{html}");
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    assert_eq!(html.matches("</pre>").count(), 1, "{html}");
}

#[test]
fn layout_alone_is_no_change() {
    let world = World::new();
    world.site.html("/p", "<ul><li>a</li><li>b</li></ul>");
    assert!(world.tick("m1", "/p"));
    world.site.html("/p", "<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>\n");
    assert!(world.tick("m2", "/p"));
    assert_eq!(world.mails().len(), 0);
}

#[test]
fn a_page_in_another_encoding_reads_well() {
    let world = World::new();
    let page =
        |body: &[u8]| Page::new(200, body).header("content-type", "text/html; charset=latin1");
    world.site.set("/p", page(b"<p>gr\xfcn</p>"));
    assert!(world.tick("m1", "/p"));
    world.site.set("/p", page(b"<p>wei\xdf</p>"));
    assert!(world.tick("m2", "/p"));
    assert!(world.mails()[0].text.contains("- grün\n+ weiß\n"), "{}", world.mails()[0].text);
}

#[test]
fn a_long_change_is_cut_at_a_line() {
    let world = World::new();
    world.site.html("/p", "<p>old</p>");
    assert!(world.tick("m1", "/p"));
    let items: String = (0..2000).map(|n| format!("<p>item {n}</p>")).collect();
    world.site.html("/p", &items);
    assert!(world.tick("m2", "/p"));
    let text = &world.mails()[0].text;
    assert!(text.contains("There is more than is shown"), "{text}");
    assert!(text.chars().count() < 2800, "{}", text.len());
}

#[test]
fn another_address_starts_afresh() {
    let world = World::new();
    world.site.html("/a", "<p>one</p>");
    world.site.html("/b", "<p>two</p>");
    assert!(world.tick("m1", "/a"));
    assert!(world.tick("m2", "/b"));
    assert_eq!(world.mails().len(), 0);
    world.site.html("/b", "<p>three</p>");
    assert!(world.tick("m3", "/b"));
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn state_of_the_original_counts_as_none() {
    let world = World::new();
    world.site.html("/p", "<p>new</p>");
    fs::create_dir_all(world.dir.path().join("state")).unwrap();
    fs::write(world.dir.path().join("state/u-1"), "<p>old</p>").unwrap();
    assert!(world.tick("m1", "/p"));
    assert_eq!(world.mails().len(), 0);
    assert_eq!(world.state("u-1")["text"], "<p>\n new\n</p>\n");
}

#[test]
fn a_retry_after_mail_failed_and_the_program_died_mails_once() {
    let mut world = World::new();
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    // A file in the place of the folder: no mail can be left there.
    fs::write(world.outbox(), "").unwrap();
    world.site.html("/p", "<p>two</p>");
    assert!(!world.tick("m2", "/p"), "a tick whose mail did not go is delivered again");
    assert_eq!(world.state("u-1")["text"], "<p>\n two\n</p>\n", "state comes before mail");

    world.restart();
    fs::remove_file(world.outbox()).unwrap();
    assert!(world.tick("m2", "/p"));
    assert!(world.tick("m2", "/p"), "and once more, as queues do");
    assert!(world.tick("m3", "/p"));
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("- one\n+ two\n"), "{}", mails[0].text);
}

#[test]
fn a_mail_that_is_due_goes_even_if_the_page_is_gone() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    fs::write(world.outbox(), "").unwrap();
    world.site.html("/p", "<p>two</p>");
    assert!(!world.tick("m2", "/p"));
    fs::remove_file(world.outbox()).unwrap();
    world.site.set("/p", Page::new(404, b""));
    assert!(world.tick("m2", "/p"));
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn another_tick_leaves_a_mail_to_the_run_that_is_at_it() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    fs::write(world.outbox(), "").unwrap();
    world.site.html("/p", "<p>two</p>");
    assert!(!world.tick("m2", "/p"));
    fs::remove_file(world.outbox()).unwrap();
    assert!(world.tick("m3", "/p"));
    assert_eq!(world.mails().len(), 0, "m2 may still be sending");
    assert!(world.tick("m2", "/p"));
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn a_mail_that_no_run_can_be_at_any_more_goes_with_the_next_tick() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    fs::write(world.outbox(), "").unwrap();
    world.site.html("/p", "<p>two</p>");
    assert!(!world.tick("m2", "/p"));
    fs::remove_file(world.outbox()).unwrap();
    world.site.html("/p", "<p>three</p>");
    world.age_state("u-1", Duration::from_secs(120));
    assert!(world.tick("m3", "/p"));
    let texts: String = world.mails().into_iter().map(|mail| mail.text).collect();
    assert!(texts.contains("- one\n+ two\n"), "{texts}");
    assert!(texts.contains("- two\n+ three\n"), "{texts}");
    assert_eq!(world.mails().len(), 2);
}

#[test]
fn a_run_that_died_after_its_mail_leaves_one_in_the_outbox() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    fs::write(world.outbox(), "").unwrap();
    world.site.html("/p", "<p>two</p>");
    assert!(!world.tick("m2", "/p"));
    let mail_is_due = fs::read(world.state_path("u-1")).unwrap();
    fs::remove_file(world.outbox()).unwrap();
    assert!(world.tick("m2", "/p"));
    // As if the run had died before it struck the mail out.
    fs::write(world.state_path("u-1"), mail_is_due).unwrap();
    assert!(world.tick("m2", "/p"));
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn what_is_remembered_of_a_calm_page_is_kept_fresh() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    let day = Duration::from_secs(24 * 60 * 60);
    let age = || {
        let written = fs::metadata(world.state_path("u-1")).unwrap().modified().unwrap();
        SystemTime::now().duration_since(written).unwrap_or_default()
    };
    world.age_state("u-1", day / 2);
    assert!(world.tick("m2", "/p"));
    assert!(age() > day / 3, "not at every run");
    world.age_state("u-1", day * 2);
    assert!(world.tick("m3", "/p"));
    assert!(age() < day / 3, "or it would expire");
}

#[test]
fn two_ticks_at_once_mail_once() {
    let world = World::new();
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    world.site.html("/p", "<p>two</p>");
    let same = job(&world.site.url("/p"));
    let failed = world.deliver(&[("m2", 1, same.clone()), ("m3", 1, same.clone())]);
    let again: Vec<_> = failed.iter().map(|id| (id.as_str(), 2, same.clone())).collect();
    assert!(again.is_empty() || world.deliver(&again).is_empty());
    assert_eq!(world.mails().len(), 1);
}
