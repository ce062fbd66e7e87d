//! A plugin's state bucket: bucket names are global and at most 63 characters long.

use super::physical::Physical;
use crate::template::hex_sha256;
use serde_json::{Value, json};

/// Room for the readable head: 63 less `-state-`, eight digits, a hyphen and the account.
const HEAD_MAX: usize = 63 - "-state-".len() - 8 - 1 - 12;

/// A plugin's bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateBucket {
    /// The name before the account: `<prefix>-<plugin>-state-<digest>`, the head cut to fit.
    pub stem: String,
    /// Objects older than this many days go; `None`: never.
    pub expire_days: Option<u32>,
}

impl StateBucket {
    /// The name can be told from service, env, plugin, region and account, so that a deploy after
    /// `destroy --keep-data` finds the bucket again; the digest keeps names apart that were cut,
    /// and regions, since a bucket's name is taken in all of them.
    #[must_use]
    pub fn new(physical: &Physical, plugin: &str, expire_days: Option<u32>) -> Self {
        let (prefix, region) = (physical.prefix(), physical.region());
        let whole = format!("{prefix}-{plugin}");
        let digest = hex_sha256(format!("{prefix}/{plugin}/{region}").as_bytes());
        let head: String = whole.chars().take(HEAD_MAX).collect();
        let head = head.trim_end_matches('-');
        Self { stem: format!("{head}-state-{}", &digest[..8]), expire_days }
    }

    /// The whole name, as CloudFormation completes it.
    #[must_use]
    pub fn name(&self) -> Value {
        json!({ "Fn::Sub": format!("{}-${{AWS::AccountId}}", self.stem) })
    }

    /// The bucket's ARN.
    #[must_use]
    pub fn arn(&self) -> Value {
        self.arn_of("")
    }

    /// Everything in the bucket.
    #[must_use]
    pub fn objects(&self) -> Value {
        self.arn_of("/*")
    }

    /// Everything under the prefix that `STATE_URL` names.
    #[must_use]
    pub fn state_objects(&self) -> Value {
        self.arn_of("/state/*")
    }

    fn arn_of(&self, tail: &str) -> Value {
        let stem = &self.stem;
        json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:s3:::{stem}-${{AWS::AccountId}}{tail}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(prefix: &str, plugin: &str, region: &str) -> String {
        StateBucket::new(&Physical::new(prefix, region), plugin, None).stem
    }

    #[test]
    fn the_longest_name_fits_and_still_tells_plugins_and_regions_apart() {
        let prefix = "a".repeat(33);
        let plugin = format!("{}-x", "b".repeat(38));
        let longest = stem(&prefix, &plugin, "eu-central-1");
        assert!(longest.len() + "-123456789012".len() <= 63, "{longest}");
        assert_ne!(longest, stem(&prefix, &format!("{plugin}2"), "eu-central-1"));
        assert_ne!(longest, stem(&prefix, &plugin, "eu-west-1"));
    }

    #[test]
    fn a_short_name_is_readable_and_fixed_for_ever() {
        assert_eq!(stem("svc-dev", "mail", "eu-central-1"), "svc-dev-mail-state-a168118c");
    }
}
