//! The clients of one region, from the default chain of credentials (environment, profiles, SSO,
//! processes, containers, instances).

use super::super::error::DeployError;
use super::calls::Calls;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation as cfn;
use aws_sdk_dynamodb as dynamodb;
use aws_sdk_lambda as lambda;
use aws_sdk_s3 as s3;
use aws_sdk_scheduler as scheduler;
use aws_sdk_sts as sts;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// Where the calls go.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    /// An emulator's address instead of AWS.
    pub endpoint_url: Option<String>,
    /// The release's region.
    pub region: String,
}

/// All clients; it implements every port. Clones share the connections.
#[derive(Debug, Clone)]
pub struct Aws {
    pub(super) cfn: cfn::Client,
    pub(super) s3: s3::Client,
    pub(crate) lambda: lambda::Client,
    pub(super) sts: sts::Client,
    pub(crate) dynamodb: dynamodb::Client,
    pub(crate) scheduler: scheduler::Client,
    pub(super) settings: AwsSettings,
    pub(crate) config: SdkConfig,
    calls: Calls,
}

impl Aws {
    /// Loads the credentials' providers and makes the clients; calls nobody.
    ///
    /// # Errors
    /// An endpoint that is no http URL.
    pub async fn connect(settings: AwsSettings) -> Result<Self, DeployError> {
        check_endpoint(settings.endpoint_url.as_deref())?;
        let config = load(&settings).await;
        Ok(Self::of(&config, settings))
    }

    pub(super) fn of(config: &SdkConfig, settings: AwsSettings) -> Self {
        let calls = Calls::default();
        // Emulators serve one host name only.
        let path_style = settings.endpoint_url.is_some();
        let s3 = s3::config::Builder::from(config)
            .force_path_style(path_style)
            .interceptor(calls.clone())
            .build();
        let cfn = cfn::config::Builder::from(config).interceptor(calls.clone()).build();
        let lambda = lambda::config::Builder::from(config).interceptor(calls.clone()).build();
        let sts = sts::config::Builder::from(config).interceptor(calls.clone()).build();
        let table = dynamodb::config::Builder::from(config).interceptor(calls.clone()).build();
        let group = scheduler::config::Builder::from(config).interceptor(calls.clone()).build();
        Self {
            cfn: cfn::Client::from_conf(cfn),
            s3: s3::Client::from_conf(s3),
            lambda: lambda::Client::from_conf(lambda),
            sts: sts::Client::from_conf(sts),
            dynamodb: dynamodb::Client::from_conf(table),
            scheduler: scheduler::Client::from_conf(group),
            settings,
            config: config.clone(),
            calls,
        }
    }

    /// The same with CloudFormation's client for another region.
    pub(super) fn in_region(&self, region: &str) -> Self {
        let config = cfn::config::Builder::from(&self.config);
        let config = config.region(Region::new(region.to_owned()));
        let cfn = cfn::Client::from_conf(config.interceptor(self.calls.clone()).build());
        let settings = AwsSettings { region: region.to_owned(), ..self.settings.clone() };
        Self { cfn, settings, ..self.clone() }
    }

    /// What went over the wire so far.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }
}

fn check_endpoint(endpoint: Option<&str>) -> Result<(), DeployError> {
    let is_url = |url: &str| url.starts_with("http://") || url.starts_with("https://");
    match endpoint {
        Some(url) if !is_url(url) => Err(DeployError::Endpoint(url.to_owned())),
        _ => Ok(()),
    }
}

async fn load(settings: &AwsSettings) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new(settings.region.clone()));
    match &settings.endpoint_url {
        Some(url) => loader.endpoint_url(url).load().await,
        None => loader.load().await,
    }
}
