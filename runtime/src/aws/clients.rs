//! Clients of the services, sharing one configuration and one connection pool.

use super::settings::{Settings, SettingsError};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_scheduler::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use std::time::Duration;

/// The roots that AWS's endpoints chain to (Amazon Trust Services: Amazon Root CA 1 to 4 and
/// Starfield Services Root G2). Reading the machine's whole store took most of the start.
const ROOTS: &str = include_str!("roots.pem");

/// More than a function can spend before its time is up.
const RETRY_QUOTA: usize = 1_000_000;

/// With waits of up to 20 seconds between them.
const ATTEMPTS_OF_A_LOOK: u32 = 16;

const CONNECT: Duration = Duration::from_secs(1);
const ATTEMPT: Duration = Duration::from_secs(2);

/// How long a call may be tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    attempts: u32,
    /// All attempts together.
    pub(super) seconds: i64,
}

impl Patience {
    /// Somebody waits for the answer, and the function has 6 seconds in all.
    pub const REQUEST: Self = Self { attempts: 3, seconds: 5 };
    /// Nobody waits. A message that is given back comes again after ten minutes, so a throttled
    /// call is better waited for; the controller has 60 seconds.
    pub const MESSAGE: Self = Self { attempts: 6, seconds: 15 };
}

/// Makes clients.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
}

impl Clients {
    /// Clients with a function's own credentials.
    ///
    /// # Errors
    /// Where region or credentials are not in the environment.
    pub fn new(settings: &Settings<'_>, patience: Patience) -> Result<Self, SettingsError> {
        let endpoint = settings.endpoint();
        let mut config = SdkConfig::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(Region::new(settings.region()?))
            .credentials_provider(SharedCredentialsProvider::new(settings.credentials()?))
            .http_client(http_client(endpoint.as_deref()))
            .retry_config(RetryConfig::standard().with_max_attempts(patience.attempts))
            .timeout_config(timeouts(patience));
        config.set_endpoint_url(endpoint);
        Ok(Self { config: config.build() })
    }

    /// Clients with the caller's configuration, to look at thousands of schedules: they share the
    /// account's quota of calls with the controller, and a throttled one waits for its turn. A single
    /// one that is given up ends the whole look.
    #[must_use]
    pub fn of(config: SdkConfig) -> Self {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS_OF_A_LOOK);
        Self { config: config.into_builder().retry_config(retries).build() }
    }

    #[cfg(test)]
    pub(super) fn retrying(self, retries: RetryConfig) -> Self {
        let config = self.config.into_builder().retry_config(retries);
        Self { config: config.timeout_config(TimeoutConfig::disabled()).build() }
    }

    #[cfg(test)]
    pub(super) fn config(self) -> SdkConfig {
        self.config
    }

    #[cfg(test)]
    pub(super) fn over(self, http: SharedHttpClient) -> Self {
        Self { config: self.config.into_builder().http_client(http).build() }
    }

    pub(super) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    pub(super) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    pub(super) fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&self.config)
    }

    /// Of thousands of changes at once many calls are throttled. Each has to wait its turn: the
    /// SDK's own quota of retries would soon be used up, and then a call fails at its first
    /// throttling, its message waits for ten minutes, and ends as a dead letter after ten of these.
    pub(super) fn scheduler(&self) -> aws_sdk_scheduler::Client {
        let quota = TokenBucket::builder().capacity(RETRY_QUOTA).build();
        let partition = RetryPartition::custom("schedules").token_bucket(quota).build();
        let config = aws_sdk_scheduler::config::Builder::from(&self.config);
        aws_sdk_scheduler::Client::from_conf(config.retry_partition(partition).build())
    }
}

fn timeouts(patience: Patience) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(Duration::from_secs(patience.seconds.unsigned_abs()))
        .build()
}

fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new();
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        return builder.build_http();
    }
    builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(trust()).build_https()
}

/// Building a context only fails where it holds what was not given here.
fn trust() -> TlsContext {
    let roots = TrustStore::empty().with_pem_certificate(ROOTS);
    let context = TlsContext::builder().with_trust_store(roots).build();
    context.unwrap_or_default()
}
