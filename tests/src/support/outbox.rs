//! The mails that left through SES.

use super::aws::Aws;
use super::http;
use crate::outcome::{Outcome, ensure};
use serde_json::{Value, json};
use ureq::http::Method;

/// A mail as the emulator keeps it.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The recipients.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The plain body.
    pub text: String,
    /// The HTML body.
    pub html: String,
}

/// Lets a sender send: on AWS its owner confirms it by a click.
///
/// # Errors
/// A refusal.
pub fn verify_sender(aws: &Aws, address: &str) -> Outcome {
    let identity = json!({"EmailIdentity": address});
    let reply = aws.rest("ses", Method::POST, "/v2/email/identities", &identity)?;
    ensure(reply.status == 200, || format!("SES refused the sender `{address}`: {}", reply.body))
}

/// Every mail so far, to anybody.
///
/// # Errors
/// No answer, or one of another shape.
pub fn mails(aws: &Aws) -> Outcome<Vec<Mail>> {
    let kept = http::get(&format!("{}/_ministack/ses/messages", aws.endpoint()))?.json()?;
    let accounts = kept["messages"].as_object().into_iter().flatten();
    let mails = accounts.flat_map(|(_, mails)| mails.as_array().into_iter().flatten());
    Ok(mails.map(mail).collect())
}

fn mail(kept: &Value) -> Mail {
    let text = |field: &str| kept[field].as_str().unwrap_or_default().to_owned();
    let to = kept["To"].as_array().into_iter().flatten();
    Mail {
        to: to.filter_map(Value::as_str).map(str::to_owned).collect(),
        subject: text("Subject"),
        text: text("BodyText"),
        html: text("BodyHtml"),
    }
}
