//! `scheduler plugin list`: what each folder brings.

use crate::args::ListArgs;
use crate::build::Zip;
use crate::error::Failure;
use crate::pipeline;
use crate::project;
use crate::settings::Settings;
use crate::text::table;
use scheduler_plan::app::{Buffer, Build, Consumer, External, Plugin};
use scheduler_plan::resolve;
use serde::Serialize;
use std::collections::BTreeMap;

/// One plugin.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    folder: &'a str,
    description: Option<&'a str>,
    job_types: Vec<&'a str>,
    /// The kind of build, where there is a function.
    kind: Option<&'static str>,
    runtime: Option<&'a str>,
    consumer: &'static str,
    /// `queue` or `none`, where there is a function.
    buffer: Option<&'static str>,
    /// Whose ARN it is, where the consumer is somebody else's.
    arn: Option<&'a str>,
    zip: Option<Zip>,
}

/// Lists them.
///
/// # Errors
/// The project's problems.
pub(super) fn list(settings: &Settings, args: &ListArgs) -> Result<(), Failure> {
    let sources = project::load(settings)?;
    let first = || resolve::env_names(&sources).swap_remove(0);
    let env = args.env.clone().unwrap_or_else(first);
    let decided = project::decided_of(settings, &sources, &env)?;
    let units = decided.plan.units.iter().filter(|unit| unit.name != "core");
    let units: Vec<_> = units.cloned().collect();
    let names = units.iter().map(|unit| unit.name.clone());
    let mut zips: BTreeMap<String, Zip> = names.zip(pipeline::look(settings, &units)?).collect();
    let plugins = &decided.app.plugins;
    let rows: Vec<_> =
        plugins.iter().map(|plugin| row(plugin, zips.remove(plugin.name.as_str()))).collect();
    let value = serde_json::json!({ "plugins": rows });
    settings.output.result(&shown(&rows), &value);
    Ok(())
}

fn row(plugin: &Plugin, zip: Option<Zip>) -> Row<'_> {
    let row = Row {
        name: plugin.name.as_str(),
        folder: &plugin.dir,
        description: plugin.description.as_deref(),
        job_types: plugin.job_types.iter().map(|name| name.as_str()).collect(),
        kind: None,
        runtime: None,
        consumer: "none",
        buffer: None,
        arn: None,
        zip,
    };
    match &plugin.consumer {
        None => row,
        Some(Consumer::External(external)) => {
            let consumer = match external {
                External::Function(_) => "function",
                External::Queue(_) => "queue",
            };
            Row { consumer, arn: Some(external.arn()), ..row }
        }
        Some(Consumer::Lambda(lambda)) => Row {
            consumer: "function",
            kind: Some(kind(&lambda.build)),
            runtime: Some(&lambda.runtime),
            buffer: Some(match lambda.buffer {
                Buffer::Queue => "queue",
                Buffer::None => "none",
            }),
            ..row
        },
    }
}

fn kind(build: &Build) -> &'static str {
    match build {
        Build::Rust { .. } => "rust",
        Build::Python { .. } => "python",
        Build::Node { .. } => "node",
        Build::Command { .. } => "command",
        Build::Zip { .. } => "zip",
    }
}

fn shown(rows: &[Row<'_>]) -> String {
    if rows.is_empty() {
        return "no plugins; `scheduler plugin new NAME` makes one".into();
    }
    let head = ["PLUGIN", "JOB TYPES", "LANGUAGE", "CONSUMER", "ZIP"].map(str::to_owned);
    let lines = rows.iter().map(|row| {
        let language = match (row.kind, row.runtime) {
            (Some(kind @ ("command" | "zip")), Some(runtime)) => format!("{kind}, {runtime}"),
            (Some("rust"), _) => "rust".into(),
            (_, Some(runtime)) => runtime.to_owned(),
            _ => "-".into(),
        };
        let consumer = match (row.buffer, row.arn) {
            (Some("queue"), _) => "function behind a queue",
            (Some(_), _) => "function",
            (None, Some(arn)) => arn,
            (None, None) => "none",
        };
        let zip = row.zip.as_ref().map_or_else(|| "-".into(), ToString::to_string);
        [row.name.to_owned(), row.job_types.join(" "), language, consumer.to_owned(), zip]
    });
    table(&std::iter::once(head).chain(lines).collect::<Vec<_>>())
}
