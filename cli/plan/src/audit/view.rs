//! A template's resources, by type and by reference.

use serde_json::{Map, Value};

/// A template's resources.
pub(super) struct View<'a> {
    resources: Option<&'a Map<String, Value>>,
}

/// One resource.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    body: &'a Value,
}

impl<'a> View<'a> {
    pub(super) fn of(template: &'a Value) -> Self {
        Self { resources: template.get("Resources").and_then(Value::as_object) }
    }

    /// Every resource.
    pub(super) fn all(&self) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        self.resources.into_iter().flatten().map(|(id, body)| Resource { id, body })
    }

    /// Every resource of a type.
    pub(super) fn typed(&self, name: &'a str) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        self.all().filter(move |one| one.kind() == name)
    }

    /// The queue of this template that a value refers to: by reference, by attribute, or by an
    /// ARN that ends in its name.
    pub(super) fn queue(&self, value: &Value) -> Option<Resource<'a>> {
        self.typed("AWS::SQS::Queue").find(|one| refers(value, one))
    }

    /// The function of this template that a value refers to.
    pub(super) fn function(&self, value: &Value) -> Option<Resource<'a>> {
        self.typed("AWS::Lambda::Function").find(|one| refers(value, one))
    }
}

impl<'a> Resource<'a> {
    pub(super) fn kind(&self) -> &'a str {
        self.body.get("Type").and_then(Value::as_str).unwrap_or_default()
    }

    /// A property, `Null` where it is not there.
    pub(super) fn get(&self, property: &str) -> &'a Value {
        self.body.get("Properties").and_then(|all| all.get(property)).unwrap_or(&Value::Null)
    }

    pub(super) fn has(&self, property: &str) -> bool {
        !self.get(property).is_null()
    }

    pub(super) fn number(&self, property: &str) -> Option<u64> {
        self.get(property).as_u64()
    }

    /// The queue's or the topic's own name, as written.
    fn name(&self) -> Option<&'a str> {
        ["QueueName", "TopicName", "FunctionName"].iter().find_map(|key| self.get(key).as_str())
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.get("FifoQueue").as_bool() == Some(true)
    }
}

fn refers(value: &Value, one: &Resource<'_>) -> bool {
    let text = value.get("Fn::Sub").or(Some(value)).and_then(Value::as_str).unwrap_or_default();
    let last = text.rsplit(':').next().unwrap_or(text);
    value.get("Ref").is_some_and(|id| id == one.id)
        || value.get("Fn::GetAtt").and_then(|path| path.get(0)).is_some_and(|id| id == one.id)
        || text.contains(&format!("${{{}}}", one.id))
        || one.name().is_some_and(|name| !last.is_empty() && name == last)
}
