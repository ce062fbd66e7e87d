//! One AWS call that failed: which, on what, why, and what to do.

use super::explain;
use super::failure::Told;
use super::origin::Origin;
use std::fmt;

/// One AWS call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The IAM action of the call, such as `cloudformation:CreateChangeSet`.
    pub action: &'static str,
    /// What it was about: a stack, a bucket, a function.
    pub resource: String,
    /// The same as a policy has to name it.
    pub arn: Box<str>,
    /// Why it failed.
    pub why: CallFailure,
    /// The SDK's whole chain, for `-v`.
    pub detail: Box<str>,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFailure {
    /// No credentials were found; the text is the provider's.
    NoCredentials(String),
    /// The credentials' time is over.
    Expired,
    /// Refused without a word, as S3 answers a HEAD with expired credentials.
    Unsaid,
    /// AWS does not know the credentials.
    BadCredentials,
    /// The credentials are good but may not do this; the text is AWS's.
    Denied(String),
    /// Nobody answered at the address.
    Unreachable(String),
    /// Too many calls; only polls survive it.
    Throttled,
    /// The resource is not there.
    Missing,
    /// The resource lives in another region.
    WrongRegion,
    /// Anything else: AWS's code and message.
    Other {
        /// The code, such as `ValidationError`.
        code: String,
        /// The message.
        message: String,
    },
}

impl CallError {
    /// Whether trying again later may help: a poll goes on.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match &self.why {
            CallFailure::Throttled | CallFailure::Unreachable(_) => true,
            CallFailure::Other { code, .. } => is_their_fault(code),
            _ => false,
        }
    }

    /// Whether the resource is not there.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.why == CallFailure::Missing
    }

    /// The next step, as one sentence.
    #[must_use]
    pub fn hint(&self) -> String {
        let text = match &self.why {
            CallFailure::NoCredentials(_) => {
                "sign in (`aws sso login`, `aws configure`), or set AWS_PROFILE or \
                 AWS_ACCESS_KEY_ID"
            }
            CallFailure::Expired => "sign in again, such as with `aws sso login`",
            CallFailure::Unsaid => {
                "sign in again, such as with `aws sso login`; if that is not it, look at \
                 AWS_PROFILE and the region"
            }
            CallFailure::BadCredentials => "look at AWS_PROFILE, AWS_ACCESS_KEY_ID and the region",
            CallFailure::Denied(said) => return self.to_allow(said),
            CallFailure::Unreachable(_) => {
                "look at --endpoint-url, AWS_ENDPOINT_URL and the network"
            }
            CallFailure::Throttled => "wait a minute and run it again",
            CallFailure::WrongRegion => "use the region that it was made in",
            CallFailure::Missing => "it may have been deleted meanwhile: run it again",
            CallFailure::Other { code, .. } if is_their_fault(code) => {
                "AWS failed, not the project: run it again"
            }
            CallFailure::Other { message, .. } => {
                let known = explain::reason(message).hint;
                let unknown = "`-v` shows AWS's whole answer; run it again once that is repaired";
                return known.unwrap_or_else(|| unknown.to_owned());
            }
        };
        text.to_owned()
    }

    pub(super) fn told(&self) -> Told {
        let aws = match &self.why {
            CallFailure::Denied(said) | CallFailure::NoCredentials(said) => said.clone(),
            CallFailure::Other { code, message } => format!("{message} ({code})"),
            _ => self.detail.to_string(),
        };
        let origin = Origin {
            resource: Some(self.arn.to_string()),
            kind: Some(self.action.to_owned()),
            ..Origin::default()
        };
        Told { origin, aws }
    }

    /// What AWS names itself counts: one call may need the leave for several.
    fn to_allow(&self, said: &str) -> String {
        let Self { action, arn, .. } = self;
        let is_named =
            said.contains("is not authorized to perform: ") && said.contains("on resource: ");
        if let Some(hint) = explain::reason(said).hint.filter(|_| is_named) {
            return hint;
        }
        let allow = format!("allow `{action}` on `{arn}` for this identity");
        match (*action, arn.split_once('/')) {
            // Without it, S3 answers 403 for an object that is not there.
            ("s3:GetObject", Some((bucket, _))) => {
                format!("{allow}, and `s3:ListBucket` on `{bucket}`")
            }
            ("s3:ListBucket", _) => format!(
                "{allow}; if the bucket is of another account, its owner has to give up the name"
            ),
            _ => allow,
        }
    }
}

/// Whether AWS says that the failure is its own, and the same call may work later.
fn is_their_fault(code: &str) -> bool {
    let codes = ["InternalFailure", "InternalError", "InternalServerError", "ServiceUnavailable"];
    codes.contains(&code) || matches!(code, "HTTP 500" | "HTTP 502" | "HTTP 503" | "HTTP 504")
}

impl std::error::Error for CallError {}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, resource, arn: _, why, detail: _ } = self;
        write!(f, "`{action}` on `{resource}` failed: ")?;
        match why {
            CallFailure::NoCredentials(text) => write!(f, "no usable AWS credentials ({text})"),
            CallFailure::Expired => f.write_str("the AWS credentials have expired"),
            CallFailure::Unsaid => f.write_str(
                "AWS refused it without a word (HTTP 400), most likely since the credentials have \
                 expired",
            ),
            CallFailure::BadCredentials => f.write_str("AWS does not know these credentials"),
            CallFailure::Denied(text) if text.is_empty() => f.write_str("access denied"),
            CallFailure::Denied(text) => write!(f, "access denied ({text})"),
            CallFailure::Unreachable(address) => write!(f, "nobody answers at `{address}`"),
            CallFailure::Throttled => f.write_str("AWS took no more calls for a while"),
            CallFailure::Missing => f.write_str("it does not exist"),
            CallFailure::WrongRegion => f.write_str("it lives in another region"),
            CallFailure::Other { code, message } => write!(f, "{message} ({code})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(why: CallFailure) -> CallError {
        CallError {
            action: "cloudformation:CreateChangeSet",
            resource: "mon-dev".into(),
            arn: "arn:aws:cloudformation:eu-central-1:*:stack/mon-dev/*".into(),
            why,
            detail: "the chain".into(),
        }
    }

    #[test]
    fn access_denied_names_the_action_and_the_resource_to_allow() {
        let error = call(CallFailure::Denied("no policy allows it".into()));
        assert_eq!(
            error.to_string(),
            "`cloudformation:CreateChangeSet` on `mon-dev` failed: access denied (no policy \
             allows it)"
        );
        assert_eq!(
            error.hint(),
            "allow `cloudformation:CreateChangeSet` on \
             `arn:aws:cloudformation:eu-central-1:*:stack/mon-dev/*` for this identity"
        );
    }

    #[test]
    fn what_aws_names_itself_is_what_has_to_be_allowed() {
        let said = "User: arn:aws:iam::1:user/x is not authorized to perform: s3:GetObject on \
                    resource: arn:aws:s3:::b/k because no identity-based policy allows it";
        assert_eq!(
            call(CallFailure::Denied(said.into())).hint(),
            "add to the deploying identity's policy: {\"Effect\": \"Allow\", \"Action\": \
             \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::b/k\"}"
        );
    }

    #[test]
    fn a_failure_of_aws_passes_and_every_failure_has_a_repair() {
        let other = |code: &str| {
            call(CallFailure::Other { code: code.into(), message: "no reason given".into() })
        };
        for code in ["HTTP 500", "HTTP 502", "HTTP 504", "InternalFailure"] {
            assert!(other(code).is_passing(), "{code}");
            assert_eq!(other(code).hint(), "AWS failed, not the project: run it again");
        }
        assert!(!other("ValidationError").is_passing());
        assert!(other("ValidationError").hint().contains("`-v`"));
        assert!(call(CallFailure::Missing).hint().contains("run it again"));
    }
}
