//! What most templates are given.

use crate::plan::Plan;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The tags `Service` and `Stage`, in CloudFormation's two ways to write them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tags {
    list: Vec<BTreeMap<&'static str, String>>,
    map: BTreeMap<&'static str, String>,
}

/// The tags of everything.
pub(super) fn tags(plan: &Plan) -> Tags {
    let map = BTreeMap::from([("Service", plan.service.clone()), ("Stage", plan.stage.clone())]);
    let entry = |(key, value): (&&'static str, &String)| {
        BTreeMap::from([("Key", (*key).to_owned()), ("Value", value.clone())])
    };
    Tags { list: map.iter().map(entry).collect(), map }
}

/// The bucket that holds every zip and template of one account and region.
pub(super) fn asset_bucket() -> Value {
    json!({ "Fn::Sub": "scheduler-assets-${AWS::AccountId}-${AWS::Region}" })
}

/// Where CloudFormation finds a template in that bucket: path-style, the same in every account.
pub(super) fn template_url(sha256: &str) -> Value {
    let host = "https://s3.${AWS::Region}.${AWS::URLSuffix}";
    let bucket = "scheduler-assets-${AWS::AccountId}-${AWS::Region}";
    json!({ "Fn::Sub": format!("{host}/{bucket}/{sha256}") })
}
