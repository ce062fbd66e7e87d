//! One TLS stack for the whole function: rustls with ring.

/// Makes ring the process's provider of cryptography, which reqwest's `rustls-no-provider` asks
/// for. Calling it again changes nothing.
pub fn install() {
    // `Err` says that a provider is there already: the author's choice stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
