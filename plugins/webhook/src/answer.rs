//! The beginning of an answer, and what of it a log may show.

use crate::job::Call;
use scheduler_plugin::web::reqwest::{Response, Url};
use tokio::time::{Instant, timeout_at};

/// Bytes that are read; the connection is closed over the rest.
const MOST_READ: usize = 4096;
/// Characters that are shown.
const MOST_SHOWN: usize = 200;
/// So many characters in a row of what was sent are not shown again.
const TOO_ALIKE: usize = 8;
/// What is shorter is nobody's secret, and stands in every other answer.
const NO_SECRET: usize = 4;

/// As much of an answer as is looked at.
pub(crate) struct Answer {
    pub(crate) status: u16,
    url: Url,
    beginning: String,
}

impl Answer {
    /// Reads the beginning. The status says how the call went: a body that breaks off, or is late,
    /// is only shorter.
    pub(crate) async fn read(mut response: Response, deadline: Instant) -> Self {
        let mut bytes = Vec::new();
        while bytes.len() < MOST_READ
            && let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await
        {
            bytes.extend_from_slice(&chunk);
        }
        bytes.truncate(MOST_READ);
        let beginning = String::from_utf8_lossy(&bytes).chars().take(MOST_SHOWN).collect();
        Self { status: response.status().as_u16(), url: response.url().clone(), beginning }
    }

    /// What a log may show: many a server repeats in its answer what it was sent.
    pub(crate) fn shown(&self, sent: &Call) -> &str {
        let address = [self.url.path(), self.url.query().unwrap_or_default()];
        let mut sent = sent.headers.values().chain([sent.body.text()]).chain(address);
        match sent.any(|part| repeats(&self.beginning, part)) {
            true => "withheld: it repeats some of the request",
            false => &self.beginning,
        }
    }
}

/// Whether a text holds a secret, or a part of it that is long enough to matter.
fn repeats(text: &str, secret: &str) -> bool {
    match secret.chars().count() {
        0..NO_SECRET => false,
        NO_SECRET..TOO_ALIKE => text.contains(secret),
        _ => parts(text).any(|part| secret.contains(part)),
    }
}

/// Every so many characters in a row.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]).skip(TOO_ALIKE);
    text.char_indices().map(|(at, _)| at).zip(ends).map(|(from, to)| &text[from..to])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_and_a_part_of_it_are_seen() {
        let secret = "Bearer 0123456789abcdef";
        for text in [secret, "you sent 0123456789abcdef", "you sent 789abcde...", "… 01234567"] {
            assert!(repeats(text, secret), "{text}");
        }
        for text in ["", "done", "Bearer", "you sent 456789"] {
            assert!(!repeats(text, secret), "{text}");
        }
        assert!(repeats("your pin is 1234", "1234"));
        assert!(!repeats("your pin is 123", "1234"));
        assert!(!repeats("your pin is 123", "123"), "stands in every other answer");
        assert!(!repeats("anything", ""));
        assert!(repeats("schöne grüße, größe", "die schöne größe"));
    }
}
