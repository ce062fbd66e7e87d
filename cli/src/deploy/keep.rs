//! What `destroy --keep-data` leaves, written down so that a later deploy finds it again.
//!
//! The note lies beside the zips in the asset bucket, which outlives every stack. It holds each
//! resource's identity and its last definition: an import has to describe what is there.

use super::deployed::Deployed;
use super::destroy::{DestroyRequest, Holding, ReadyDestroy};
use super::error::DeployError;
use super::note::{Note, read_note};
use super::policy::{is_kept, references, substitute};
use super::ports::{Import, Reads, StackReader};
use super::release::asset_bucket;
use super::stack::{Situation, Stack};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Everything that one stack left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The stack's name.
    pub stack: String,
    /// The resources.
    pub resources: Vec<KeptResource>,
}

/// One resource that outlived its stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptResource {
    /// The nested stack's logical id; `None`: the root.
    pub nested: Option<String>,
    /// Its id in the template.
    pub logical_id: String,
    /// Its type.
    pub kind: String,
    /// What identifies it to an import, such as `TableName`.
    pub identifier: BTreeMap<String, String>,
    /// Its last definition, with nothing in it that points to what is gone.
    pub definition: Value,
}

impl Note for Kept {
    fn key(stack: &str) -> String {
        format!("retained/{stack}.json")
    }
}

impl Kept {
    /// Adds what an interrupted destroy had noted and let go of.
    pub fn merge(&mut self, earlier: Self) {
        let place = |kept: &KeptResource| (kept.nested.clone(), kept.logical_id.clone());
        let known: Vec<_> = self.resources.iter().map(place).collect();
        let unknown = earlier.resources.into_iter().filter(|kept| !known.contains(&place(kept)));
        self.resources.extend(unknown);
    }

    /// The logical ids of the nested stacks that something was kept of.
    #[must_use]
    pub fn nested(&self) -> Vec<String> {
        let mut ids: Vec<_> =
            self.resources.iter().filter_map(|kept| kept.nested.clone()).collect();
        ids.dedup();
        ids
    }
}

impl KeptResource {
    /// What an import needs to know.
    #[must_use]
    pub fn import(&self) -> Import {
        Import {
            logical_id: self.logical_id.clone(),
            kind: self.kind.clone(),
            identifier: self.identifier.clone(),
        }
    }

    /// Its physical name or id.
    #[must_use]
    pub fn physical_id(&self) -> &str {
        let own = ["TableName", "BucketName", "ClientId", "UserPoolId"];
        own.iter().find_map(|key| self.identifier.get(*key)).map_or("", String::as_str)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kept from an earlier `{}`:", self.stack)?;
        self.resources
            .iter()
            .try_for_each(|kept| write!(f, "\n  {} ({})", kept.physical_id(), kept.kind))
    }
}

/// What a destroy of these holdings has to note.
///
/// # Errors
/// A failed call.
pub async fn kept_of(
    cloud: &impl StackReader,
    ready: &ReadyDestroy,
    deployed: &Deployed,
) -> Result<Kept, DeployError> {
    let mut resources = Vec::new();
    if let Some(root) = &deployed.root {
        resources.extend(kept_in(root, None, &ready.holdings, &BTreeMap::new()));
    }
    for (id, template) in &deployed.nested {
        let Some(arn) = arn_of(&ready.holdings, id) else { continue };
        let nested = cloud.describe(arn).await?;
        let parameters = nested.map(|stack| stack.parameters).unwrap_or_default();
        resources.extend(kept_in(template, Some(id), &ready.holdings, &parameters));
    }
    Ok(Kept { stack: ready.stack.name.clone(), resources })
}

/// A stack that cannot be updated any more is deleted as its templates say: with data to keep,
/// only where an earlier destroy has decided that, or where the stack never held any.
pub(super) async fn may_delete(
    cloud: &impl Reads,
    ready: &ReadyDestroy,
    request: &DestroyRequest,
) -> Result<(), DeployError> {
    let Stack { name, state, reason, .. } = &ready.stack;
    if !request.keep_data || state.situation() == Situation::FailedCreate {
        return Ok(());
    }
    let bucket = asset_bucket(ready.stack.account(), &request.region);
    let noted = read_note::<Kept>(cloud, (&bucket, name)).await?.is_some();
    // What an import has taken in is retained by its template.
    if noted && matches!(state.situation(), Situation::FailedDelete | Situation::FailedImport) {
        return Ok(());
    }
    Err(DeployError::Stuck {
        stack: name.clone(),
        state: state.to_string(),
        reason: reason.clone(),
        next: "its data cannot be kept from this state; repair the stack first",
    })
}

fn arn_of<'a>(holdings: &'a [Holding], nested: &str) -> Option<&'a str> {
    let mut places = holdings.iter().filter_map(|holding| holding.nested.as_ref());
    places.find(|(id, _)| id == nested).map(|(_, arn)| arn.as_str())
}

fn kept_in(
    template: &Value,
    nested: Option<&String>,
    holdings: &[Holding],
    parameters: &BTreeMap<String, String>,
) -> Vec<KeptResource> {
    let here = |holding: &&Holding| holding.nested.as_ref().map(|(id, _)| id) == nested;
    let physical: BTreeMap<&str, &str> = holdings
        .iter()
        .filter(here)
        .map(|holding| {
            (holding.resource.logical_id.as_str(), holding.resource.physical_id.as_str())
        })
        .collect();
    let resources = template["Resources"].as_object();
    let data: BTreeMap<&String, &Value> = resources
        .into_iter()
        .flatten()
        .filter(|(id, definition)| is_kept(definition) && physical.contains_key(id.as_str()))
        .collect();
    let make = |(id, definition): (&&String, &&Value)| {
        let definition = lone(definition, parameters, |name| data.keys().any(|id| *id == name));
        Some(KeptResource {
            nested: nested.cloned(),
            logical_id: (*id).clone(),
            kind: definition["Type"].as_str()?.to_owned(),
            identifier: identifier(id, &definition, &physical)?,
            definition,
        })
    };
    data.iter().filter_map(make).collect()
}

/// The definition without what points to resources that are going. The update that follows an
/// import puts those properties back.
fn lone(
    definition: &Value,
    parameters: &BTreeMap<String, String>,
    stays: impl Fn(&str) -> bool,
) -> Value {
    let mut properties = definition["Properties"].clone();
    substitute(&mut properties, parameters);
    if let Some(map) = properties.as_object_mut() {
        map.retain(|_, value| references(value).iter().all(|name| stays(name)));
    }
    serde_json::json!({
        "Type": definition["Type"],
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": if properties.is_null() { serde_json::json!({}) } else { properties },
    })
}

/// The identifier of an import, by type (CloudFormation registry, `primaryIdentifier`).
fn identifier(
    id: &str,
    definition: &Value,
    physical: &BTreeMap<&str, &str>,
) -> Option<BTreeMap<String, String>> {
    let own = (*physical.get(id)?).to_owned();
    let single = |key: &str, own: String| BTreeMap::from([(key.to_owned(), own)]);
    match definition["Type"].as_str()? {
        "AWS::DynamoDB::Table" => Some(single("TableName", own)),
        "AWS::S3::Bucket" => Some(single("BucketName", own)),
        "AWS::Cognito::UserPool" => Some(single("UserPoolId", own)),
        "AWS::Cognito::UserPoolClient" => {
            let pool = &definition["Properties"]["UserPoolId"];
            let referred = pool["Ref"].as_str().and_then(|pool| physical.get(pool).copied());
            let pool = referred.or_else(|| pool.as_str())?.to_owned();
            let mut identifier = single("ClientId", own);
            identifier.insert("UserPoolId".to_owned(), pool);
            Some(identifier)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stack::StackResource;
    use super::*;
    use serde_json::json;

    fn holding(logical_id: &str, physical_id: &str) -> Holding {
        let resource = StackResource {
            logical_id: logical_id.into(),
            physical_id: physical_id.into(),
            kind: String::new(),
            status: "CREATE_COMPLETE".into(),
            reason: String::new(),
        };
        Holding { nested: None, resource }
    }

    #[test]
    fn a_client_is_identified_with_its_pool_and_loses_what_points_elsewhere() {
        let template = json!({ "Resources": {
            "UserPool": { "Type": "AWS::Cognito::UserPool", "Properties": {} },
            "UserPoolClient": {
                "Type": "AWS::Cognito::UserPoolClient",
                "Properties": {
                    "UserPoolId": { "Ref": "UserPool" },
                    "CallbackURLs": [{ "Fn::Sub": "https://${Site.DomainName}" }]
                }
            }
        }});
        let holdings = [holding("UserPool", "pool-1"), holding("UserPoolClient", "client-1")];
        let kept = kept_in(&template, None, &holdings, &BTreeMap::new());
        let client = kept.iter().find(|kept| kept.logical_id == "UserPoolClient").expect("kept");
        assert_eq!(client.identifier["ClientId"], "client-1");
        assert_eq!(client.identifier["UserPoolId"], "pool-1");
        assert_eq!(client.definition["Properties"], json!({ "UserPoolId": { "Ref": "UserPool" } }));
    }
}
