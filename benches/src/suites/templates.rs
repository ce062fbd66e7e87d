//! How big the templates are, by the number of plugins. These figures are the same on every
//! machine.

use super::{Measures, Suite};
use crate::bench::Bench;
use crate::project::{ENV, Project};
use crate::table::{Row, Table, Unit};
use scheduler_tests::outcome::Outcome;
use scheduler_tests::places;
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

pub(super) const SUITE: Suite = Suite {
    name: "templates",
    what: "sizes of templates, resources and subscriptions, by the number of plugins",
    subject: Measures::Tool,
    run,
};

/// What is counted of one project.
#[derive(Debug, Default)]
struct Counts {
    root_bytes: usize,
    largest_bytes: usize,
    all_bytes: usize,
    root_resources: usize,
    all_resources: usize,
    subscriptions: usize,
}

fn run(bench: &Bench) -> Outcome<Vec<Table>> {
    let mut counts = Vec::new();
    for size in &bench.sizes {
        let project = Project::new(*size)?;
        let out = project.path().join("out");
        let folder = out.display().to_string();
        bench.answer(project.path(), &["synth", "--env", ENV, "--out", &folder])?;
        counts.push(count(&out)?);
    }
    let columns: Vec<_> = bench.sizes.iter().map(ToString::to_string).collect();
    let row = |name: &str, value: fn(&Counts) -> f64| Row {
        name: name.to_owned(),
        values: counts.iter().map(value).collect(),
        limited_by: None,
    };
    let bytes = vec![
        row("root", |one| one.root_bytes as f64 / 1e3),
        row("largest plugin", |one| one.largest_bytes as f64 / 1e3),
        row("all", |one| one.all_bytes as f64 / 1e3),
    ];
    let resources = vec![
        row("resources, root", |one| one.root_resources as f64),
        row("resources, all", |one| one.all_resources as f64),
        row("subscriptions", |one| one.subscriptions as f64),
    ];
    Ok(vec![
        Table {
            name: "bytes",
            what: "size of templates in kB (AWS takes 1,000 each)".to_owned(),
            unit: Unit::Kilobytes,
            columns: columns.clone(),
            rows: bytes,
        },
        Table {
            name: "resources",
            what: "resources (AWS takes 500 a stack and 2,500 together) and filtered \
                   subscriptions (200)"
                .to_owned(),
            unit: Unit::Count,
            columns,
            rows: resources,
        },
    ])
}

fn count(folder: &Path) -> Outcome<Counts> {
    let mut counts = Counts::default();
    for file in places::files_under(folder)? {
        let text = fs::read_to_string(folder.join(&file))?;
        let template: Value = serde_json::from_str(&text)?;
        let resources = template["Resources"].as_object().map_or(0, Map::len);
        counts.all_bytes += text.len();
        counts.all_resources += resources;
        counts.subscriptions += subscriptions(&template);
        if file == Path::new("root.json") {
            (counts.root_bytes, counts.root_resources) = (text.len(), resources);
        } else {
            counts.largest_bytes = counts.largest_bytes.max(text.len());
        }
    }
    Ok(counts)
}

fn subscriptions(template: &Value) -> usize {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter(|(_, one)| one["Type"] == "AWS::SNS::Subscription").count()
}
