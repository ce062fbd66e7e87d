//! From the app to the plan.

use super::graph::{Edge, Node, Verb};
use super::physical::Physical;
use super::stacks::{External, Plan, RootStack};
use super::{consumer, core_functions, units};
use crate::app::{App, Plugin, Provider};
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

fn root(app: &App, edges: &[Edge], physical: &Physical, external: Vec<External>) -> RootStack {
    RootStack {
        functions: core_functions::functions(edges, physical),
        routes: core_functions::routes(),
        auth: app.auth.clone(),
        external,
        scheduler_statements: iam::statements(&Node::SchedulerRole, edges, physical),
        logger_statements: iam::statements(&Node::TopicLogger, edges, physical),
    }
}

/// One subscription a queue, however many types go to it.
fn external(app: &App) -> Vec<External> {
    let mut by_queue: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, def) in &app.job_types {
        if let Provider::Inline { queue_arn: Some(arn) } = &def.provider {
            by_queue.entry(arn).or_default().push(name.as_str());
        }
    }
    by_queue.into_iter().map(|(arn, types)| subscription(arn, &types)).collect()
}

fn subscription(queue_arn: &str, job_types: &[&str]) -> External {
    External {
        id: format!("External{}", external_id(queue_arn)),
        job_types: job_types.iter().map(|name| (*name).to_owned()).collect(),
        queue_arn: queue_arn.to_owned(),
    }
}

/// Of the queue, not of its types: a type that joins or leaves changes the filter only.
fn external_id(queue_arn: &str) -> String {
    crate::template::hex_sha256(queue_arn.as_bytes()).chars().take(12).collect()
}

fn external_edges(external: &[External]) -> Vec<Edge> {
    let queues = external.iter().map(|one| Node::External(one.queue_arn.clone()));
    let dead = (!external.is_empty()).then_some(Node::Undelivered);
    queues.chain(dead).map(|to| Edge::new(Node::Topic, Verb::Sends, to)).collect()
}
