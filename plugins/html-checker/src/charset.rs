//! From a page's bytes to its text. Pure.
//!
//! Which encoding, in the order of the HTML standard: a byte order mark, the `content-type`, a
//! `charset` within the first kilobyte, UTF-8. What an encoding cannot read becomes U+FFFD.

use encoding_rs::{Encoding, UTF_8};

/// How far into a page its own word on its encoding is looked for.
const LOOK_AT: usize = 1024;

/// The text of `body`.
pub(crate) fn decode(content_type: &str, body: &[u8]) -> String {
    let named = label(content_type.as_bytes()).or_else(|| label(&body[..body.len().min(LOOK_AT)]));
    // `decode` gives a byte order mark the first word.
    named.unwrap_or(UTF_8).decode(body).0.into_owned()
}

/// The encoding after the first `charset=` that names one.
fn label(text: &[u8]) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let starts = lower.windows(8).enumerate().filter(|(_, word)| word == b"charset=");
    starts.map(|(at, _)| value(&lower[at + 8..])).find_map(Encoding::for_label)
}

fn value(rest: &[u8]) -> &[u8] {
    let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b)));
    &rest[..end.unwrap_or(rest.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_unless_something_says_otherwise() {
        assert_eq!(decode("", "grün".as_bytes()), "grün");
        assert_eq!(decode("text/html", b"gr\xfcn"), "gr\u{fffd}n");
    }

    #[test]
    fn the_header_says_otherwise() {
        assert_eq!(decode("text/html; charset=ISO-8859-1", b"gr\xfcn"), "grün");
        assert_eq!(decode("text/html; Charset=\"windows-1251\"", b"\xcc\xe8\xf0"), "Мир");
    }

    #[test]
    fn the_page_says_otherwise() {
        let page = b"<html><meta charset='shift_jis'>\x83\x65";
        assert!(decode("text/html", page).ends_with("テ"));
        let page = b"<meta content='text/html; charset=latin1'>\xfc";
        assert!(decode("", page).ends_with("ü"));
    }

    #[test]
    fn a_byte_order_mark_has_the_first_word() {
        assert_eq!(decode("text/html; charset=latin1", b"\xef\xbb\xbfgr\xc3\xbcn"), "grün");
        assert_eq!(decode("", b"\xff\xfea\0"), "a");
    }

    #[test]
    fn nonsense_is_not_believed() {
        assert_eq!(decode("text/html; charset=nonsense", "ü".as_bytes()), "ü");
        assert_eq!(decode("charset=", b"charset="), "charset=");
    }
}
