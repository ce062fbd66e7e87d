//! What is to be deployed: decided before, only obeyed here.

use super::place::Places;
use scheduler_plan::template::Templates;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// One deploy of one service to one env.
#[derive(Debug, Clone)]
pub struct Release {
    /// The root stack's name, `<service>-<env>`; also the prefix of every function's name.
    pub stack: String,
    /// The tag `Service`.
    pub service: String,
    /// The tag `Stage`.
    pub env: String,
    /// The region that the stack lives in.
    pub region: String,
    /// The only account that it may be deployed to, where one is named.
    pub account: Option<String>,
    /// Termination protection.
    pub protect: bool,
    /// The root template, the nested ones and the digest of all.
    pub templates: Templates,
    /// The zips that the templates name by digest. The templates themselves are not listed here.
    pub objects: Vec<ObjectFile>,
    /// The job types that `GET /job_types` has to answer once it runs.
    pub job_types: BTreeSet<String>,
    /// Their schemas, of whole jobs.
    pub schemas: Map<String, Value>,
    /// The files that the resources come from.
    pub places: Places,
}

/// A file to upload under the digest of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectFile {
    /// SHA-256 of the bytes, lower-case hex; also the object's key.
    pub key: String,
    /// Where the bytes lie.
    pub path: PathBuf,
}

/// The bucket that holds every zip and template of one account and region.
#[must_use]
pub fn asset_bucket(account: &str, region: &str) -> String {
    format!("scheduler-assets-{account}-{region}")
}

/// The region in an asset bucket's name.
#[must_use]
pub fn asset_region<'a>(account: &str, bucket: &'a str) -> Option<&'a str> {
    bucket.strip_prefix(asset_bucket(account, "").as_str())
}

/// Where CloudFormation fetches a template from. Path-style, like the nested stacks' URLs: the
/// only style that emulators serve as well.
#[must_use]
pub fn template_url(bucket: &str, region: &str, key: &str) -> String {
    let suffix = match region.starts_with("cn-") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    };
    format!("https://s3.{region}.{suffix}/{bucket}/{key}")
}

/// The plugin whose nested stack has this logical id; the id itself where none is known.
#[must_use]
pub fn plugin_label(templates: &Templates, logical_id: &str) -> String {
    let known = templates.nested_ids.get(logical_id);
    known.map_or_else(|| logical_id.to_owned(), Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_url_is_path_style_and_knows_china() {
        assert_eq!(
            template_url("b", "eu-central-1", "k"),
            "https://s3.eu-central-1.amazonaws.com/b/k"
        );
        assert_eq!(
            template_url("b", "cn-north-1", "k"),
            "https://s3.cn-north-1.amazonaws.com.cn/b/k"
        );
    }
}
