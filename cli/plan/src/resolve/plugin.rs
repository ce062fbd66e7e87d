//! One plugin folder.

use super::{Findings, builds, consumer};
use crate::app::{Build, Plugin, ResourcesTemplate};
use crate::code::Code;
use crate::names::{JobType, PluginName};
use crate::plan::is_reserved;
use crate::problem::{Place, Problem};
use crate::sources::{PluginSource, Sources};
use std::collections::BTreeMap;

/// The plugin as decided, as far as it can be.
pub(crate) fn plugin(source: &PluginSource, findings: &mut Findings) -> Option<Plugin> {
    let folder = folder(source);
    let place = Place::file(source.written.document.path());
    let parsed = PluginName::parse(folder)
        .map_err(|why| format!("the folder's name `{folder}` cannot be a plugin's: {why}"));
    let name = findings.parsed(Code::BadPluginName, place.clone(), parsed);
    if folder == "core" || is_reserved(folder) {
        let what = format!("a plugin `{folder}` would take names that the core has");
        findings.push(Problem::error(Code::PluginNameTaken, place, what).hint("rename the folder"));
    }
    let manifest = &source.written.value;
    if manifest.job_types.is_empty() && source.written.document.whole {
        let place = source.written.document.key(&["job_types"]);
        findings.push(
            Problem::error(Code::NoJobTypes, place, "a plugin defines at least one job type")
                .hint("add `[job_types.my_type]` with `schema = {}`"),
        );
    }
    let built = manifest.build.as_ref().and_then(|table| builds::build(source, table, findings));
    let consumer = consumer_of(source, built, findings);
    let resources = resources(source, findings);
    let job_types = manifest.job_types.keys().filter_map(|key| JobType::parse(key).ok()).collect();
    let description = manifest.plugin.as_ref().and_then(|table| table.description.clone());
    Some(Plugin {
        name: name?,
        dir: source.dir.clone(),
        description,
        job_types,
        consumer,
        resources,
    })
}

fn consumer_of(
    source: &PluginSource,
    built: Option<Build>,
    findings: &mut Findings,
) -> Option<crate::app::Consumer> {
    let manifest = &source.written.value;
    match (&manifest.consumer, &manifest.build) {
        (Some(table), build) => consumer::consumer(source, table, built, build.is_some(), findings),
        (None, Some(_)) => {
            let place = source.written.document.key(&["build"]);
            let what = "there is a `[build]`, and no `[consumer]` that runs what it makes";
            findings.push(
                Problem::error(Code::BuildWithoutConsumer, place, what)
                    .hint("add `[consumer]`, or remove `[build]`"),
            );
            None
        }
        (None, None) => None,
    }
}

fn resources(source: &PluginSource, findings: &mut Findings) -> Option<ResourcesTemplate> {
    let template = source.written.value.resources.as_ref()?.template.as_ref()?;
    let place = source.written.document.value(&["resources", "template"]);
    if !super::types::stays_inside(template, &place, findings) {
        return None;
    }
    let path = format!("{}/{template}", source.dir);
    let text = super::types::text_of(&path, source.files.get(template), place, findings)?;
    Some(ResourcesTemplate { path, text: text.into() })
}

/// A plugin's name names its stack and its function: two folders may not share it.
pub(crate) fn distinct_names(sources: &Sources, findings: &mut Findings) {
    let mut seen: BTreeMap<String, &PluginSource> = BTreeMap::new();
    for source in &sources.plugins {
        let Ok(name) = PluginName::parse(folder(source)) else {
            continue;
        };
        if let Some(first) = seen.get(&name.pascal()) {
            let what = format!(
                "the plugin in `{}` would be named like the one in `{}`",
                source.dir, first.dir
            );
            let place = Place::file(source.written.document.path());
            findings.push(
                Problem::error(Code::PluginNameTaken, place, what)
                    .hint("rename one of the folders"),
            );
            continue;
        }
        seen.insert(name.pascal(), source);
    }
}

fn folder(source: &PluginSource) -> &str {
    source.dir.rsplit('/').next().unwrap_or(&source.dir)
}
