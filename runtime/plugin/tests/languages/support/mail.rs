//! Mails as a reader sees them, and folders.

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Python's own library of e-mail, which knows nothing of who wrote the message.
const READER: &str = r#"
import email, email.policy, email.utils, json, sys
raw = sys.stdin.buffer.read()
assert raw.isascii(), "not seven bits"
assert raw.count(b"\n") == raw.count(b"\r\n"), "a line ends without CR"
assert max(map(len, raw.split(b"\r\n"))) <= 998, "a line is too long"
mail = email.message_from_bytes(raw, policy=email.policy.default)
assert not any(part.defects for part in mail.walk()), [part.defects for part in mail.walk()]
told = {name: str(mail[name]) for name in ("from", "to", "subject", "message-id", "mime-version")}
assert email.utils.parsedate_to_datetime(mail["date"]).utcoffset().seconds == 0
told["headers"] = sorted(name.lower() for name in mail.keys() if name != "Content-Transfer-Encoding")
told["types"] = [part.get_content_type() for part in mail.walk()]
leaves = [part for part in mail.walk() if not part.is_multipart()]
told["charsets"] = [part.get_content_charset() for part in leaves]
# Where a text ends, writers differ.
told["texts"] = [part.get_content().replace("\r\n", "\n").rstrip("\n") for part in leaves]
print(json.dumps(told))
"#;

/// Reads a message that has to be well formed; the date is not told.
pub(crate) fn read_mail(raw: &[u8]) -> Value {
    let mut reader = Command::new("python3")
        .args(["-I", "-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reader.stdin.take().unwrap().write_all(raw).unwrap();
    let said = reader.wait_with_output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(raw));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// Sorted; none where there is no folder.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
