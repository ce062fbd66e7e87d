//! The same with S3 and SES in the places of the folders.

use crate::aws::Aws;
use crate::world::World;

fn world(aws: &Aws) -> World {
    World::with(&[
        ("STATE_URL", "s3://a.bucket/some/prefix"),
        ("MAIL_URL", "ses://eu-central-1"),
        ("AWS_ENDPOINT_URL", &aws.endpoint()),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDPLAYED"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
    ])
}

#[test]
fn state_in_s3_and_mail_through_ses() {
    let aws = Aws::new();
    let world = world(&aws);
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    assert!(world.tick("m2", "/p"));
    world.site.html("/p", "<p>two</p>");
    assert!(world.tick("m3", "/p"));
    assert!(world.tick("m3", "/p"));
    let mails = aws.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("- one\n+ two\n"), "{}", mails[0].text);
    let state = aws.object("/a.bucket/some/prefix/u-1");
    assert_eq!(state["text"], "<p>\n two\n</p>\n");
    assert!(state["unsent"].is_null());
}

#[test]
fn a_mail_that_is_refused_for_its_length_goes_without_the_diff() {
    let aws = Aws::new();
    aws.refuse_mail_longer_than(2000);
    let world = world(&aws);
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    world.site.html("/p", &"<p>word word word word</p>".repeat(100));
    assert!(world.tick("m2", "/p"));
    let mails = aws.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("too long for a mail"), "{}", mails[0].text);
    assert!(!mails[0].text.contains("word word"), "{}", mails[0].text);
    assert!(mails[0].html.contains(&world.site.url("/p")), "{}", mails[0].html);
}

#[test]
fn a_mail_that_is_refused_otherwise_is_tried_again() {
    let aws = Aws::new();
    let world = world(&aws);
    world.site.html("/p", "<p>one</p>");
    assert!(world.tick("m1", "/p"));
    aws.refuse_mail_longer_than(0);
    world.site.html("/p", "<p>two</p>");
    assert!(!world.tick("m2", "/p"));
    world.logged("Message length");
    aws.refuse_mail_longer_than(100_000);
    assert!(world.tick("m2", "/p"));
    assert_eq!(aws.mails().len(), 1);
}
