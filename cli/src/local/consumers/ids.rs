//! Random ids.

use ring::rand::{SecureRandom, SystemRandom};
use std::fmt::Write;

/// A UUID, version 4. Nobody on this machine can guess it: who knows it may answer the run.
pub(super) fn request_id() -> String {
    let mut bytes = random::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// An X-Ray trace that is not sampled; `seconds` since 1970.
pub(super) fn trace_id(seconds: u64) -> String {
    let (root, parent) = (hex(&random::<12>()), hex(&random::<8>()));
    format!("Root=1-{seconds:08x}-{root};Parent={parent};Sampled=0")
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // A system without randomness would have failed long before: TLS, the kernel's own.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
