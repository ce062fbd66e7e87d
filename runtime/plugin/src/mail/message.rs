//! A mail as RFC 5322 text. lettre writes the headers, so no value can add one of its own.

use super::mailer::{Mail, MailError};
use lettre::message::header::{ContentType, MIME_VERSION_1_0};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use std::fmt::Write;

/// An address with no name.
pub(super) fn mailbox(address: &str) -> Result<Mailbox, MailError> {
    let parsed: Result<Address, _> = address.parse();
    let parsed = parsed
        .map_err(|e| MailError::Address { address: address.to_owned(), why: e.to_string() })?;
    Ok(Mailbox::new(None, parsed))
}

/// Puts the message together.
pub(super) fn build(from: &Mailbox, mail: &Mail) -> Result<Message, MailError> {
    let builder = Message::builder()
        .from(from.clone())
        .to(mailbox(&mail.to)?)
        .subject(one_line(&mail.subject))
        .message_id(Some(format!("<{}@{}>", token(&mail.key), from.email.domain())))
        .date_now();
    let text = mail.text.clone();
    Ok(match &mail.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(text, html.clone()))?,
        // Without a version, readers may take the text for ASCII; a multipart has it by itself.
        None => builder.header(MIME_VERSION_1_0).header(ContentType::TEXT_PLAIN).body(text)?,
    })
}

/// `key` with what an id and a file name may hold; nothing else is lost, so that two keys stay two.
pub(super) fn token(key: &str) -> String {
    key.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "_{byte:02x}");
        }
        out
    })
}

fn one_line(subject: &str) -> String {
    subject.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        Mail {
            to: "reader@example.com".to_owned(),
            subject: "Änderung\r\nBcc: all@example.com".to_owned(),
            text: "plain".to_owned(),
            html: Some("<p>rich</p>".to_owned()),
            key: "u/1 ü".to_owned(),
        }
    }

    fn written(mail: &Mail) -> String {
        let from = mailbox("from@example.com").unwrap();
        String::from_utf8(build(&from, mail).unwrap().formatted()).unwrap()
    }

    #[test]
    fn both_parts_and_the_same_id_every_time() {
        let text = written(&mail());
        assert!(text.contains("plain") && text.contains("<p>rich</p>"), "{text}");
        assert!(text.contains("Message-ID: <u_2f1_20_c3_bc@example.com>\r\n"), "{text}");
    }

    #[test]
    fn a_subject_adds_no_header() {
        let text = written(&mail());
        assert!(!text.contains("\r\nBcc:"), "{text}");
        assert_eq!(text.matches("\r\nSubject:").count(), 1);
    }

    #[test]
    fn a_reader_that_is_no_address_is_told() {
        let bad = Mail { to: "x@y\r\nBcc: z@example.com".to_owned(), ..mail() };
        let from = mailbox("from@example.com").unwrap();
        assert!(matches!(build(&from, &bad), Err(MailError::Address { .. })));
    }
}
