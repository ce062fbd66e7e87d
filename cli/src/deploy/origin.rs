//! What a failure is about, as far as that is known.

use serde::Serialize;

/// What a failure is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The plugin, where it happened in one's stack; the logical id of its nested stack until its
    /// name is known.
    pub plugin: Option<String>,
    /// The resource's id in its template, or the ARN of what a call was about.
    pub resource: Option<String>,
    /// Such as `AWS::SQS::Queue`, or the IAM action of a call.
    pub kind: Option<String>,
    /// Where in the project it comes from: `FILE` or `FILE:LINE`.
    pub place: Option<String>,
}
