//! Amazon SES, API v2, which takes the message as it was written here.

use super::mailer::MailError;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::{BehaviorVersion, Builder, Region};
use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lettre::Message;
use std::sync::{Arc, OnceLock};

/// SES in one region.
#[derive(Debug, Clone)]
pub(super) struct Ses {
    region: String,
    /// Made with the first mail: most runs send none, and reading the trusted roots takes a while.
    client: Arc<OnceLock<Client>>,
}

impl Ses {
    pub(super) fn new(region: &str) -> Self {
        Self { region: region.to_owned(), client: Arc::default() }
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), MailError> {
        let client = self.client.get_or_init(|| connect(&self.region));
        let envelope = message.envelope();
        let to = envelope.to().iter().map(ToString::to_string).collect();
        let raw = RawMessage::builder().data(Blob::new(message.formatted())).build();
        let raw = raw.map_err(|e| MailError::NotSent(e.to_string()))?;
        let sent = client
            .send_email()
            .set_from_email_address(envelope.from().map(ToString::to_string))
            .destination(Destination::builder().set_to_addresses(Some(to)).build())
            .content(EmailContent::builder().raw(raw).build())
            .send()
            .await;
        sent.map(|_| ()).map_err(|e| told(&e))
    }
}

fn connect(region: &str) -> Client {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .http_client(http);
    config.set_credentials_provider(credentials().map(SharedCredentialsProvider::new));
    if let Ok(url) = std::env::var("AWS_ENDPOINT_URL") {
        config = config.endpoint_url(url);
    }
    Client::from_conf(config.build())
}

/// Lambda hands a function its role's credentials in the environment; there is no other chain.
fn credentials() -> Option<Credentials> {
    let var = |name| std::env::var(name).ok();
    let key = var("AWS_ACCESS_KEY_ID")?;
    let secret = var("AWS_SECRET_ACCESS_KEY")?;
    Some(Credentials::new(key, secret, var("AWS_SESSION_TOKEN"), None, "environment"))
}

fn told(error: &SdkError<SendEmailError>) -> MailError {
    let message = error.message().unwrap_or_default();
    if is_about_length(message) {
        return MailError::TooLong(message.to_owned());
    }
    MailError::NotSent(DisplayErrorContext(error).to_string())
}

/// SES has no code of its own for a message that is too long, only words.
fn is_about_length(message: &str) -> bool {
    let message = message.to_lowercase();
    ["message length", "too long", "too large", "length less than", "maximum size"]
        .iter()
        .any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_told_from_quota() {
        assert!(is_about_length("Message length is more than 10485760 bytes long: '10485999'."));
        assert!(is_about_length("Member must have length less than or equal to 262144"));
        assert!(!is_about_length("Daily message quota exceeded."));
        assert!(!is_about_length("Maximum sending rate exceeded."));
        assert!(!is_about_length("Email address is not verified."));
    }
}
