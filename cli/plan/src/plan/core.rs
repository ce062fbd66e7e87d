//! From the app to the plan.

use super::graph::{Edge, Node, Verb};
use super::physical::Physical;
use super::stacks::{Elsewhere, Plan, RootStack};
use super::{consumer, core_functions, units};
use crate::app::{App, External, Plugin, Provider};
use crate::iam;
use std::collections::BTreeMap;

/// Decides everything. The order in which plugins stand in the app does not matter.
#[must_use]
pub fn plan(app: &App) -> Plan {
    let physical = Physical::new(&app.prefix(), app.region.as_str());
    let mut plugins: Vec<&Plugin> = app.plugins.iter().collect();
    plugins.sort_by(|a, b| a.name.cmp(&b.name));
    let external = external(app);
    let mut edges = core_functions::edges();
    edges.extend(external_edges(&external));
    edges.extend(app.alarms.is_some().then(alarm_edge));
    edges.extend(plugins.iter().flat_map(|plugin| consumer::edges(plugin)));
    edges.sort();
    edges.dedup();
    let stacks =
        plugins.iter().filter_map(|plugin| consumer::stack(&physical, plugin, &edges)).collect();
    Plan {
        service: app.service.to_string(),
        stage: app.env.to_string(),
        region: app.region.clone(),
        account: app.account.clone(),
        protect: app.protect,
        architecture: app.architecture,
        units: units::units(app, &plugins),
        plugins: stacks,
        root: root(app, &edges, &physical, external),
        edges,
        physical,
    }
}

fn root(app: &App, edges: &[Edge], physical: &Physical, external: Vec<Elsewhere>) -> RootStack {
    RootStack {
        functions: core_functions::functions(app, edges, physical),
        routes: core_functions::routes(),
        auth: app.auth.clone(),
        external,
        alarms: app.alarms.clone(),
        scheduler_statements: iam::statements(&Node::SchedulerRole, edges, physical),
        logger_statements: iam::statements(&Node::TopicLogger, edges, physical),
    }
}

fn alarm_edge() -> Edge {
    Edge::new(Node::Alarms, Verb::Publishes, Node::AlarmTopic)
}

/// One subscription a consumer, however many types go to it.
fn external(app: &App) -> Vec<Elsewhere> {
    let mut by_consumer: BTreeMap<&External, Vec<&str>> = BTreeMap::new();
    for (name, def) in &app.job_types {
        if let Provider::Inline { consumer: Some(consumer) } = &def.provider {
            by_consumer.entry(consumer).or_default().push(name.as_str());
        }
    }
    by_consumer.into_iter().map(|(consumer, types)| subscription(consumer, &types)).collect()
}

fn subscription(consumer: &External, job_types: &[&str]) -> Elsewhere {
    Elsewhere {
        id: external_id(consumer.arn()),
        job_types: job_types.iter().map(|name| (*name).to_owned()).collect(),
        consumer: consumer.clone(),
    }
}

/// The logical id of a subscription in the root stack. Of the consumer, not of its types: a type
/// that joins or leaves changes the filter only.
#[must_use]
pub fn external_id(arn: &str) -> String {
    let digest = crate::template::hex_sha256(arn.as_bytes());
    format!("External{}", digest.chars().take(12).collect::<String>())
}

fn external_edges(external: &[Elsewhere]) -> Vec<Edge> {
    let dead = Edge::new(Node::Topic, Verb::Sends, Node::Undelivered);
    let dead = (!external.is_empty()).then_some(dead);
    external.iter().map(|one| consumer::external_edge(&one.consumer)).chain(dead).collect()
}
