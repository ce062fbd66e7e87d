//! Signatures as Standard Webhooks 1.0.0 has them (<https://www.standardwebhooks.com>). Pure.
//!
//! In: secrets, and what is sent. Out: the three headers' values. Only the symmetric scheme `v1`:
//! HMAC-SHA256 over `<id>.<timestamp>.<body>`. Nothing here can be printed.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::hmac::{Context, HMAC_SHA256, Key};
use std::fmt;

const PREFIX: &str = "whsec_";
/// Bytes of a secret, by the specification.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// Secrets are handed around with and without the padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What calls are signed with: one key, or the new and the old one while receivers change over.
pub struct Keys(Vec<Key>);

/// The text is no secret. It is not told: it may be one nearly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`SIGNING_KEY` holds no secret of Standard Webhooks: `whsec_` and then 24 to 64 bytes as \
     base64; or several of them with a space between"
)]
pub struct NoSecret;

impl Keys {
    /// Reads one secret or more, with spaces between.
    ///
    /// # Errors
    /// One of them is none, or there is none.
    pub fn parse(text: &str) -> Result<Self, NoSecret> {
        let keys: Vec<_> = text.split_whitespace().map(key).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(NoSecret) } else { Ok(Self(keys)) }
    }

    /// The value of `webhook-signature`: one signature a key.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &str) -> String {
        let signatures = self.0.iter().map(|key| {
            let mut content = Context::with_key(key);
            content.update(format!("{id}.{timestamp}.").as_bytes());
            content.update(body.as_bytes());
            format!("v1,{}", STANDARD.encode(content.sign()))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

fn key(word: &str) -> Result<Key, NoSecret> {
    let text = word.strip_prefix(PREFIX).ok_or(NoSecret)?;
    let bytes = LENIENT.decode(text).map_err(|_| NoSecret)?;
    if LENGTHS.contains(&bytes.len()) { Ok(Key::new(HMAC_SHA256, &bytes)) } else { Err(NoSecret) }
}

/// The value of `webhook-id`: the tick's idempotency key, in which all but letters, digits, `-` and
/// `_` is percent-encoded. A user's name may hold anything; a header may not, and a dot would let
/// a part of the id pass for the timestamp.
#[must_use]
pub fn id(idempotency_key: &str) -> String {
    let mut id = String::new();
    for byte in idempotency_key.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => id.push(char::from(byte)),
            other => id.push_str(&format!("%{other:02X}")),
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's own libraries test with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: u64 = 1_614_265_330;
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn signs_as_the_specifications_libraries_do() {
        assert_eq!(Keys::parse(SECRET).unwrap().sign(ID, TIMESTAMP, BODY), SIGNATURE);
    }

    #[test]
    fn two_secrets_give_two_signatures() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        let both = Keys::parse(&format!("{other} {SECRET}\n")).unwrap();
        let signed = both.sign(ID, TIMESTAMP, BODY);
        let (new, old) = signed.split_once(' ').unwrap();
        assert_eq!(old, SIGNATURE);
        assert_eq!(new, Keys::parse(&other).unwrap().sign(ID, TIMESTAMP, BODY));
    }

    #[test]
    fn what_is_no_secret_is_not_told() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        let bare = SECRET.trim_start_matches(PREFIX);
        let broken = format!("{SECRET} whsec_hunter2!");
        for text in ["", " ", "hunter2", "whsec_", bare, &short, &long, &broken] {
            let told = Keys::parse(text).unwrap_err().to_string();
            assert!(!told.contains("hunter2") && !told.contains(bare), "{told}");
        }
        let shown = format!("{:?}", Keys::parse(SECRET).unwrap());
        assert_eq!(shown, "Keys(1)");
    }

    #[test]
    fn an_id_has_no_dot_and_fits_into_a_header() {
        assert_eq!(id("7c2f_A-3-0b9e"), "7c2f_A-3-0b9e");
        assert_eq!(id("a.b@x-1-m"), "a%2Eb%40x-1-m");
        assert_eq!(id("ü %\n"), "%C3%BC%20%25%0A");
        assert_ne!(id("a.b"), id("a%2Eb"));
    }
}
