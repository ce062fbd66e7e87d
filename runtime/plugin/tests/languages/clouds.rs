//! State and mail on AWS, by small models of it: which calls are made, under which names.

use crate::support::{Language, Program, fake_aws, job, names_in, read_mail};
use serde_json::{Value, json};
use std::fs;

/// The names of the objects there are.
fn objects(program: &Program) -> Vec<String> {
    names_in(&program.path("aws/objects"))
}

#[tokio::test]
async fn objects_lie_under_the_prefix_as_the_crate_names_them() {
    for language in Language::FILES {
        for (url, prefix) in [
            ("s3://bucket/state", "bucket%2Fstate%2F"),
            ("s3://bucket/a/b%20c/", "bucket%2Fa%2Fb%20c%2F"),
            ("s3://bucket", "bucket%2F"),
        ] {
            let mut program = fake_aws(language, &[("STATE_URL", url)]).await;
            let own = |act: &str| job(&json!({"act": act, "key": "../ü~", "text": "kept ü"}));
            assert_eq!(program.work(&own("get")).await[0].get("text"), None, "{language:?}");
            program.work(&own("put")).await;
            assert_eq!(program.work(&own("get")).await[0]["text"], "kept ü", "{language:?}");
            // `..%2F%C3%BC%7E`, escaped once more for the model's file.
            assert_eq!(
                objects(&program),
                [format!("{prefix}..%252F%25C3%25BC%257E")],
                "{language:?}"
            );
            program.work(&own("delete")).await;
            assert_eq!(objects(&program), [""; 0], "{language:?}");
        }
    }
}

#[tokio::test]
async fn mail_goes_by_ses_as_it_would_go_into_a_folder() {
    let own = json!({"act": "mail", "to": "ada@example.com", "subject": "Zoë", "text": "ü\n",
        "html": "<p>ü</p>\n", "key": "u-7-m1"});
    let mut outbox = Language::Crate.probe().await;
    outbox.work(&job(&own)).await;
    let wanted = read_mail(&fs::read(outbox.path("outbox/u-7-m1.eml")).unwrap());
    for language in Language::ALL {
        let mut program = fake_aws(language, &[("MAIL_URL", "ses://eu-west-1")]).await;
        assert_eq!(program.work(&job(&own)).await, [Value::Null; 0]);
        let raw = fs::read(program.path("aws/mails/raw.eml")).unwrap();
        assert_eq!(read_mail(&raw), wanted, "{language:?}");
        let envelope = fs::read_to_string(program.path("aws/mails/envelope.json")).unwrap();
        let envelope: Value = serde_json::from_str(&envelope).unwrap();
        let to = json!(["ada@example.com"]);
        let told = json!({"region": "eu-west-1", "from": "plugin@example.com", "to": to});
        assert_eq!(envelope, told, "{language:?}");
    }
}

#[tokio::test]
async fn a_mail_that_is_too_long_is_told_from_every_other_failure() {
    for language in Language::FILES {
        let mut program = fake_aws(language, &[("MAIL_URL", "ses://eu-west-1")]).await;
        let text = "a line\n".repeat(3_000);
        let own = json!({"act": "mail", "to": "a@example.com", "subject": "s", "text": text});
        let log = program.work(&job(&own)).await;
        assert_eq!(log[0]["event"], "too long", "{language:?}: {log:?}");
    }
}
