//! Where the manifests mention a resource of a plugin's stack.
//!
//! In: what was read, and a logical id. Out: the place of every `ref`, `att` and `sub` that names it,
//! in the plugin's own manifest and in what an env changes of the plugin.

use crate::document::{Document, Node, NodeValue};
use crate::problem::Place;
use crate::sources::Sources;
use crate::synth::{head, in_sub};
use serde_json::Value;

/// Every mention of a resource by a plugin, whose folder this is, in an env.
pub(crate) fn mentions(sources: &Sources, (dir, env): (&str, &str), id: &str) -> Vec<Place> {
    let folder = dir.rsplit('/').next().unwrap_or(dir);
    let plugin = sources.plugins.iter().find(|plugin| plugin.dir == dir);
    let of_plugin = plugin.map(|plugin| below(&plugin.written.document, &["consumer"], id));
    let of_env = below(&sources.app.document, &["env", env, "plugins", folder], id);
    of_plugin.into_iter().flatten().chain(of_env).collect()
}

fn below(document: &Document, keys: &[&str], id: &str) -> Vec<Place> {
    let mut found = Vec::new();
    if let Some(node) = document.node(keys) {
        collect(node, id, &mut found);
    }
    found.into_iter().map(|at| document.at(at)).collect()
}

fn collect(node: &Node, id: &str, found: &mut Vec<usize>) {
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(|item| collect(item, id, found)),
        NodeValue::Table(entries) => {
            for entry in entries {
                if names(&entry.key, &entry.node, id) {
                    found.push(entry.node.at);
                }
                collect(&entry.node, id, found);
            }
        }
        NodeValue::Scalar(_) => {}
    }
}

fn names(key: &str, node: &Node, id: &str) -> bool {
    let NodeValue::Scalar(Value::String(text)) = &node.value else { return false };
    match key {
        "ref" => text == id,
        "att" => head(text) == id,
        "sub" => in_sub(text, None).any(|name| name == id),
        _ => false,
    }
}
