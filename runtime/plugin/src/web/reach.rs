//! Which addresses may be asked, and where the environment decides it.

use super::address::is_public;
use std::net::IpAddr;

/// For tests only: addresses on this machine may be asked.
const ALLOW_LOOPBACK: &str = "ALLOW_LOOPBACK";
/// Set by `scheduler local` where whoever writes jobs owns the machine.
const SCHEDULER_LOCAL: &str = "SCHEDULER_LOCAL";

/// Which addresses may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The public internet.
    Public,
    /// This machine too: for tests, and for `scheduler local`.
    PublicAndLoopback,
}

impl Reach {
    /// Loopback is within reach where `SCHEDULER_LOCAL` is `1` or `ALLOW_LOOPBACK` is `true`.
    #[must_use]
    pub fn from_env() -> Self {
        let set = |name: &str, to: &str| std::env::var(name).is_ok_and(|value| value == to);
        match set(ALLOW_LOOPBACK, "true") || set(SCHEDULER_LOCAL, "1") {
            true => Self::PublicAndLoopback,
            false => Self::Public,
        }
    }

    /// Whether this address may be asked.
    #[must_use]
    pub fn covers(self, address: IpAddr) -> bool {
        let loopback = self == Self::PublicAndLoopback && address.to_canonical().is_loopback();
        loopback || is_public(address)
    }
}
