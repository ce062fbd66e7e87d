//! Names and quantities that cannot be wrong once they exist: parse once, nobody checks again.
//!
//! Each `parse` answers the sentence to print where the text is not one.

use serde::Serialize;
use std::fmt;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// `[service].name`: `[a-z][a-z0-9-]*`, at most 24 characters.
    ServiceName
);
name!(
    /// An environment's name: `[a-z][a-z0-9-]*`, at most 16 characters, never `local`.
    EnvName
);
name!(
    /// A plugin's name is its folder's name: `[a-z][a-z0-9-]*`, at most 40 characters.
    PluginName
);
name!(
    /// A job type: `[a-z][a-z0-9_]{0,63}`.
    JobType
);
name!(
    /// An AWS region that exists, such as `eu-central-1`.
    Region
);
name!(
    /// An AWS account: twelve digits.
    AccountId
);

/// The longest service name: with the longest env it leaves room for the longest function name
/// of the contract (`-schedulers-schedule-controller`, 31 characters) in Lambda's 64.
pub const SERVICE_NAME_MAX: usize = 24;
/// The longest env name, see [`SERVICE_NAME_MAX`]. Both together stay under 33 with the hyphen.
pub const ENV_NAME_MAX: usize = 16;
/// The longest plugin name.
pub const PLUGIN_NAME_MAX: usize = 40;
/// What service and env may take together, the hyphen included (64 - 31).
pub const PREFIX_MAX: usize = 33;

/// Regions with Lambda, EventBridge Scheduler and HTTP APIs (botocore 1.44 endpoints, 2026-11).
pub const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

fn kebab(text: &str, max: usize) -> Result<(), String> {
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    let rest = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !starts || !rest {
        return Err("use lower-case letters, digits and hyphens, and begin with a letter".into());
    }
    if text.ends_with('-') || text.contains("--") {
        return Err("a hyphen stands between letters or digits".into());
    }
    if text.len() > max {
        return Err(format!("it has {} characters, at most {max} are allowed", text.len()));
    }
    Ok(())
}

impl ServiceName {
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        kebab(text, SERVICE_NAME_MAX).map(|()| Self(text.into()))
    }
}

impl EnvName {
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "local" {
            return Err("`local` is reserved for this machine".into());
        }
        kebab(text, ENV_NAME_MAX).map(|()| Self(text.into()))
    }
}

impl PluginName {
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        kebab(text, PLUGIN_NAME_MAX).map(|()| Self(text.into()))
    }

    /// The plugin's part of a logical id: `html-checker` becomes `HtmlChecker`.
    #[must_use]
    pub fn pascal(&self) -> String {
        self.0
            .split('-')
            .flat_map(|word| {
                let mut letters = word.chars();
                letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters)
            })
            .collect()
    }
}

impl JobType {
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        let rest = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !starts || !rest {
            return Err(
                "use lower-case letters, digits and underscores, and begin with a letter".into()
            );
        }
        if text.len() > 64 {
            return Err(format!("it has {} characters, at most 64 are allowed", text.len()));
        }
        Ok(Self(text.into()))
    }
}

impl Region {
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if REGIONS.contains(&text) {
            return Ok(Self(text.into()));
        }
        Err("no such AWS region".into())
    }
}

impl AccountId {
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.into()));
        }
        Err("an AWS account is twelve digits".into())
    }
}

/// The processor that the functions run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// `x86_64`
    X86_64,
    /// `arm64`
    Arm64,
}

impl Architecture {
    /// As Lambda and both TOML files spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "x86_64" => Ok(Self::X86_64),
            "arm64" => Ok(Self::Arm64),
            _ => Err("Lambda runs on `x86_64` or `arm64`".into()),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
