//! Reads what is deployed: the root template and every nested one, as values to compare.

use super::error::DeployError;
use super::ports::StackReader;
use super::stack::NESTED_STACK;
use scheduler_plan::template::Templates;
use serde_json::Value;
use std::collections::BTreeMap;

pub use scheduler_plan::diff::Deployed;

/// Reads the templates of a stack that exists. A nested stack whose URL names a digest that is
/// among `wanted` has that very text and is not fetched.
///
/// # Errors
/// A failed call; a template that is not JSON, which this tool never wrote.
pub async fn read_deployed(
    cloud: &impl StackReader,
    stack: &str,
    wanted: Option<&Templates>,
) -> Result<Deployed, DeployError> {
    let root = parse(stack, &cloud.template(stack).await?)?;
    let mut nested = BTreeMap::new();
    let mut foreign = Vec::new();
    for (id, url) in nested_urls(&root) {
        match wanted.and_then(|wanted| same_text(wanted, &url)) {
            Some(text) => {
                nested.insert(id, parse(stack, text)?);
            }
            None => foreign.push(id),
        }
    }
    fetch(cloud, stack, &foreign, &mut nested).await?;
    Ok(Deployed { root: Some(root), nested })
}

async fn fetch(
    cloud: &impl StackReader,
    stack: &str,
    ids: &[String],
    nested: &mut BTreeMap<String, Value>,
) -> Result<(), DeployError> {
    if ids.is_empty() {
        return Ok(());
    }
    let resources = cloud.resources(stack).await?;
    for resource in resources.iter().filter(|resource| ids.contains(&resource.logical_id)) {
        if !resource.physical_id.is_empty() {
            let text = cloud.template(&resource.physical_id).await?;
            nested.insert(resource.logical_id.clone(), parse(&resource.physical_id, &text)?);
        }
    }
    Ok(())
}

fn parse(stack: &str, text: &str) -> Result<Value, DeployError> {
    serde_json::from_str(text).map_err(|error| DeployError::Foreign {
        stack: stack.to_owned(),
        reason: error.to_string(),
    })
}

/// The text of every nested stack's TemplateURL, whatever function it is wrapped in.
fn nested_urls(root: &Value) -> Vec<(String, String)> {
    let resources = root.get("Resources").and_then(Value::as_object);
    let nested = resources.into_iter().flatten().filter(|(_, def)| def["Type"] == NESTED_STACK);
    nested.map(|(id, def)| (id.clone(), def["Properties"]["TemplateURL"].to_string())).collect()
}

fn same_text<'a>(wanted: &'a Templates, url: &str) -> Option<&'a str> {
    let mut templates = wanted.plugins.values();
    templates.find(|template| url.contains(&template.sha256)).map(|template| template.text.as_str())
}
