//! An SDK's error as one [`Failure`] that a person can read.

use crate::ports::Failure;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

/// `cannot <action>: <code>: <message>`, or the chain of causes where the service never answered.
pub(super) fn failure<E, R>(action: &str, error: SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let service = error.as_service_error();
    let told = service.and_then(|error| {
        let message = error.message().unwrap_or("no reason given");
        error.code().map(|code| format!("{code}: {message}"))
    });
    match told {
        Some(told) => Failure::new(action, told),
        None => Failure::new(action, error),
    }
}

/// An answer that lacks what it must have.
pub(super) fn incomplete(action: &str) -> Failure {
    Failure::new(action, "the service's answer is incomplete")
}
