//! From the SDK's errors to [`CallError`]: which action on which resource, and why.

use super::super::error::{CallError, CallFailure};
use super::arn::arn;
use super::clients::Aws;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// A call, for the words of its error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The IAM action.
    pub(crate) action: &'static str,
    /// The resource.
    pub(crate) resource: &'a str,
}

impl Aws {
    /// The error of a call.
    pub(crate) fn fail<E>(&self, asked: Asked<'_>, error: SdkError<E, HttpResponse>) -> CallError
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let why = match &error {
            SdkError::ServiceError(context) => service(context.err(), status_of(&error)),
            SdkError::ResponseError(_) => CallFailure::Other {
                code: format!("HTTP {}", status_of(&error)),
                message: "an answer that is not AWS's".into(),
            },
            _ => self.unsent(&error),
        };
        let detail = DisplayErrorContext(&error).to_string();
        self.error(asked, why, detail)
    }

    /// The same where the SDK has no error of its own.
    pub(crate) fn error(&self, asked: Asked<'_>, why: CallFailure, detail: String) -> CallError {
        let Asked { action, resource } = asked;
        let arn = arn(asked, &self.settings.region).into();
        CallError { action, resource: resource.to_owned(), arn, why, detail: detail.into() }
    }

    /// Nothing was sent, or nothing came back.
    fn unsent<E>(&self, error: &SdkError<E, HttpResponse>) -> CallFailure
    where
        E: Error + Send + Sync + 'static,
    {
        match credentials(error) {
            Some(text) if text.contains("expired") => CallFailure::Expired,
            Some(text) => CallFailure::NoCredentials(text),
            None => CallFailure::Unreachable(self.address()),
        }
    }

    fn address(&self) -> String {
        let default = || format!("AWS in {}", self.settings.region);
        self.settings.endpoint_url.clone().unwrap_or_else(default)
    }
}

fn status_of<E>(error: &SdkError<E, HttpResponse>) -> u16 {
    error.raw_response().map_or(0, |response| response.status().as_u16())
}

/// The innermost words of a credentials provider, where one is to blame.
fn credentials(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    let mut found = false;
    let mut words = String::new();
    while let Some(error) = next {
        found |= error.is::<CredentialsError>();
        words = first_line(&error.to_string());
        next = error.source();
    }
    found.then_some(words)
}

/// A chain of providers lists every one of them after its first sentence.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.split(". Attempted").next().unwrap_or_default().to_owned()
}

fn service(error: &impl ProvideErrorMetadata, status: u16) -> CallFailure {
    let code = error.code().unwrap_or_default();
    let message = error.message().unwrap_or_default();
    match code {
        "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "TooManyRequestsException" => CallFailure::Throttled,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => CallFailure::Expired,
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch" => CallFailure::BadCredentials,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
            CallFailure::Denied(message.to_owned())
        }
        "NoSuchKey"
        | "NoSuchBucket"
        | "NoSuchBucketPolicy"
        | "NotFound"
        | "ResourceNotFoundException"
        | "ChangeSetNotFound" => CallFailure::Missing,
        "PermanentRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => CallFailure::WrongRegion,
        // CloudFormation has no code of its own for this.
        "ValidationError" if is_gone(message) => CallFailure::Missing,
        _ => by_status(code, message, status),
    }
}

/// A stack or a change set that is not there; other things may be missing, too, such as a template.
fn is_gone(message: &str) -> bool {
    let subjects = ["Stack with id ", "Stack [", "Stack:", "ChangeSet ["];
    let is_subject = subjects.iter().any(|subject| message.starts_with(subject));
    is_subject && message.contains("does not exist")
}

/// HEAD has no body, so no code either.
fn by_status(code: &str, message: &str, status: u16) -> CallFailure {
    match status {
        404 => CallFailure::Missing,
        403 => CallFailure::Denied(message.to_owned()),
        301 => CallFailure::WrongRegion,
        429 | 503 => CallFailure::Throttled,
        400 if code.is_empty() => CallFailure::Unsaid,
        _ if code.is_empty() => {
            CallFailure::Other { code: format!("HTTP {status}"), message: "no reason given".into() }
        }
        _ => CallFailure::Other { code: code.to_owned(), message: message.to_owned() },
    }
}
