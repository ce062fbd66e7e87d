//! `scheduler deploy --plugin NAME`: what is deployed, with that plugin as it is wanted.

use crate::cloud;
use crate::deploy::aws::clients::Aws;
use crate::deploy::deployed::{Deployed, read_deployed};
use crate::deploy::prepare::Found;
use crate::deploy::release::Release;
use crate::deploy::smoke::deployed_types;
use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use crate::text::count;
use scheduler_plan::app::Plugin;
use scheduler_plan::check::Decided;
use scheduler_plan::narrow::{Narrowed, job_types, narrowed};
use scheduler_plan::nearest::nearest;
use scheduler_plan::plan::nested_id;
use serde_json::{Map, Value};

/// What one plugin is put on.
pub(super) struct Base {
    deployed: Deployed,
    job_types: Map<String, Value>,
    protected: bool,
}

/// Reads what is deployed.
///
/// # Errors
/// Nothing is, or it does not tell its job types.
pub(super) async fn base(settings: &Settings, aws: &Aws, found: &Found) -> Result<Base, Failure> {
    let Some(stack) = found.live() else {
        let what = match found.stack() {
            None => "there is no stack that a plugin alone could be deployed to".to_owned(),
            Some(stack) => format!(
                "`{}` is in {}: no plugin alone can be deployed to it",
                stack.name, stack.state
            ),
        };
        return Err(Failure::input(what, "deploy everything first, without `--plugin`"));
    };
    let deployed = read_deployed(aws, &stack.name, None).await;
    let deployed = deployed.map_err(|error| cloud::failure(settings, &error))?;
    match deployed_types(aws, &stack.name).await {
        Some(job_types) => Ok(Base { deployed, job_types, protected: stack.protected }),
        None => Err(Failure::Failed {
            what: format!("`{}` does not tell its job types", stack.name),
            hint: Some("deploy everything, without `--plugin`".into()),
        }),
    }
}

/// The release of one plugin: nothing of the others is built, uploaded or changed.
///
/// # Errors
/// No such plugin; what could not be built.
pub(super) fn release(
    settings: &Settings,
    base: &Base,
    decided: Decided,
    name: &str,
) -> Result<Release, Failure> {
    let Base { deployed, job_types: types, protected } = base;
    let plugin = plugin(&decided, name)?;
    let (id, own) = (nested_id(&plugin.name), own_types(&decided, plugin));
    let types = job_types(types, deployed.nested.get(&id), own);
    let synthesised = pipeline::finished_for(settings, decided, (name, &types))?;
    let Some(Narrowed { templates, left }) = narrowed(deployed, &synthesised.templates, &id) else {
        return Err(Failure::failed("the deployed template cannot be read"));
    };
    if !left.is_empty() {
        settings.output.note(&format!(
            "{} of the core would change too and stay as they are: {}",
            count(left.len(), "resource"),
            left.join(", ")
        ));
    }
    let mut release = synthesised.release(settings);
    release.templates = templates;
    // Whether the env is protected is a matter of the whole stack.
    release.protect = *protected;
    release.job_types = types.keys().cloned().collect();
    release.schemas = types;
    Ok(release)
}

/// The plugin of this name.
///
/// # Errors
/// There is none.
pub(super) fn plugin<'a>(decided: &'a Decided, name: &str) -> Result<&'a Plugin, Failure> {
    let plugins = &decided.app.plugins;
    let found = plugins.iter().find(|plugin| plugin.name.as_str() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        let hint = match nearest(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", names.join(", ")),
        };
        Failure::input(format!("there is no plugin `{name}`"), hint)
    })
}

/// Job type -> schema of what the plugin defines.
fn own_types(decided: &Decided, plugin: &Plugin) -> Map<String, Value> {
    let is_own = |name: &&scheduler_plan::names::JobType| plugin.job_types.contains(name);
    let types = decided.app.job_types.iter().filter(|(name, _)| is_own(name));
    types.map(|(name, def)| (name.to_string(), def.schema.clone())).collect()
}
