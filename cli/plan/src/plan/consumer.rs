//! A plugin: its edges, its function and its stack.

use super::bucket::StateBucket;
use super::graph::{Edge, Node, Verb};
use super::physical::Physical;
use super::stacks::{Delivery, Function, LogFormat, PluginStack, nested_id};
use crate::app::{Buffer, Consumer, EnvValue, External, LambdaConsumer, Plugin};
use crate::iam;
use scheduler_contract::env;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the plugin adds to the graph.
pub(super) fn edges(plugin: &Plugin) -> Vec<Edge> {
    let name = plugin.name.to_string();
    match &plugin.consumer {
        None => Vec::new(),
        Some(Consumer::External(external)) => {
            vec![external_edge(external), Edge::new(Node::Topic, Verb::Sends, Node::Dead(name))]
        }
        Some(Consumer::Lambda(lambda)) => lambda_edges(name, lambda),
    }
}

/// From the topic to somebody else's consumer.
pub(super) fn external_edge(external: &External) -> Edge {
    let verb = match external {
        External::Function(_) => Verb::Calls,
        External::Queue(_) => Verb::Sends,
    };
    Edge::new(Node::Topic, verb, Node::External(external.arn().to_owned()))
}

fn lambda_edges(name: String, lambda: &LambdaConsumer) -> Vec<Edge> {
    let function = Node::Function(name.clone());
    let mut edges = vec![
        Edge::new(function.clone(), Verb::Logs, Node::FunctionLog(name.clone())),
        Edge::new(Node::Topic, Verb::Sends, Node::Dead(name.clone())),
    ];
    match lambda.buffer {
        Buffer::Queue => edges.extend([
            Edge::new(Node::Topic, Verb::Sends, Node::Buffer(name.clone())),
            Edge::new(function.clone(), Verb::Consumes, Node::Buffer(name.clone())),
        ]),
        // Lambda gives up on an asynchronous event in the function's name.
        Buffer::None => edges.extend([
            Edge::new(Node::Topic, Verb::Calls, function.clone()),
            Edge::new(function.clone(), Verb::Sends, Node::Dead(name.clone())),
        ]),
    }
    edges.extend(
        lambda
            .state
            .iter()
            .map(|_| Edge::new(function.clone(), Verb::Keeps, Node::State(name.clone()))),
    );
    edges.extend(
        lambda
            .mail
            .iter()
            .map(|mail| Edge::new(function.clone(), Verb::Mails, Node::Sender(mail.from.clone()))),
    );
    edges
}

/// The plugin's stack; `None` where it has nothing to create.
pub(super) fn stack(physical: &Physical, plugin: &Plugin, edges: &[Edge]) -> Option<PluginStack> {
    if plugin.consumer.is_none() && plugin.resources.is_none() {
        return None;
    }
    let mut job_types: Vec<String> = plugin.job_types.iter().map(ToString::to_string).collect();
    job_types.sort();
    Some(PluginStack {
        plugin: plugin.name.to_string(),
        dir: plugin.dir.clone(),
        logical_id: nested_id(&plugin.name),
        description: description(plugin),
        job_types,
        function: function(physical, plugin, edges),
        delivery: delivery(plugin),
        state: bucket(physical, plugin),
        resources: plugin.resources.clone(),
    })
}

/// At most 1,024 bytes in a template, at most 256 characters at a function.
fn description(plugin: &Plugin) -> String {
    let text = plugin.description.clone().unwrap_or_else(|| format!("Plugin {}", plugin.name));
    text.chars().take(256).collect()
}

fn delivery(plugin: &Plugin) -> Delivery {
    match &plugin.consumer {
        None => Delivery::None,
        Some(Consumer::External(external)) => Delivery::External(external.clone()),
        Some(Consumer::Lambda(lambda)) => match lambda.buffer {
            Buffer::Queue => Delivery::Buffered {
                max_receives: lambda.retries + 1,
                concurrency: lambda.concurrency,
            },
            Buffer::None => Delivery::Direct { retries: lambda.retries },
        },
    }
}

fn lambda(plugin: &Plugin) -> Option<&LambdaConsumer> {
    match &plugin.consumer {
        Some(Consumer::Lambda(lambda)) => Some(lambda),
        Some(Consumer::External(_)) | None => None,
    }
}

fn bucket(physical: &Physical, plugin: &Plugin) -> Option<StateBucket> {
    let state = lambda(plugin)?.state.as_ref()?;
    Some(StateBucket::new(physical, plugin.name.as_str(), state.expire_days))
}

fn function(physical: &Physical, plugin: &Plugin, edges: &[Edge]) -> Option<Function> {
    let lambda = lambda(plugin)?;
    let short = plugin.name.to_string();
    let mut statements = iam::statements(&Node::Function(short.clone()), edges, physical);
    statements.extend(iam::declared(&lambda.permissions));
    Some(Function {
        id: "Consumer".to_owned(),
        name: physical.function(&short),
        description: description(plugin),
        unit: short.clone(),
        runtime: lambda.runtime.clone(),
        handler: lambda.handler.clone(),
        memory_mb: lambda.memory_mb,
        timeout_seconds: lambda.timeout_seconds,
        reserved: lambda.concurrency.filter(|_| lambda.buffer == Buffer::None),
        layers: lambda.layers.clone(),
        environment: environment(lambda, physical.region()),
        statements,
        log_format: LogFormat::Text,
        short,
    })
}

fn environment(lambda: &LambdaConsumer, region: &str) -> BTreeMap<String, Value> {
    let declared = lambda.environment.iter().map(|(name, value)| (name.clone(), env_value(value)));
    let state_url = json!({ "Fn::Sub": "s3://${StateBucket}/state" });
    let state = lambda.state.iter().map(|_| (env::STATE_URL, state_url.clone()));
    let mail = lambda.mail.iter().flat_map(|mail| {
        let url = format!("ses://{region}");
        [(env::MAIL_URL, json!(url)), (env::SOURCE_EMAIL, json!(mail.from))]
    });
    let ours = state.chain(mail).map(|(name, value)| (name.to_owned(), value));
    declared.chain(ours).collect()
}

fn env_value(value: &EnvValue) -> Value {
    match value {
        EnvValue::Text(text) => json!(text),
        EnvValue::Ref(id) => json!({ "Ref": id }),
        EnvValue::Att(path) => iam::attribute(path),
        EnvValue::Ssm(name) => json!(format!("{{{{resolve:ssm:{name}}}}}")),
    }
}
