//! A template's resources, by type and by reference.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A template's resources.
pub(super) struct View<'a> {
    by_type: BTreeMap<&'a str, Vec<Resource<'a>>>,
    by_id: BTreeMap<&'a str, Resource<'a>>,
    /// By type and by the name that a resource gives itself.
    by_name: BTreeMap<(&'a str, &'a str), Resource<'a>>,
}

/// One resource.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    body: &'a Value,
}

const QUEUE: &str = "AWS::SQS::Queue";
const FUNCTION: &str = "AWS::Lambda::Function";
const ROLE: &str = "AWS::IAM::Role";

impl<'a> View<'a> {
    pub(super) fn of(template: &'a Map<String, Value>) -> Self {
        let mut view =
            Self { by_type: BTreeMap::new(), by_id: BTreeMap::new(), by_name: BTreeMap::new() };
        let resources = template.get("Resources").and_then(Value::as_object);
        for (id, body) in resources.into_iter().flatten() {
            let one = Resource { id, body };
            view.by_type.entry(one.kind()).or_default().push(one);
            view.by_id.insert(id, one);
            view.by_name.extend(one.name().map(|name| ((one.kind(), name), one)));
        }
        view
    }

    /// Every resource of a type.
    pub(super) fn typed(&self, name: &str) -> impl Iterator<Item = Resource<'a>> + use<'a, '_> {
        self.by_type.get(name).into_iter().flatten().copied()
    }

    /// The queue of this template that a value refers to.
    pub(super) fn queue(&self, value: &Value) -> Option<Resource<'a>> {
        self.referred(QUEUE, value)
    }

    /// The function of this template that a value refers to.
    pub(super) fn function(&self, value: &Value) -> Option<Resource<'a>> {
        self.referred(FUNCTION, value)
    }

    /// The role of this template that a value refers to.
    pub(super) fn role(&self, value: &Value) -> Option<Resource<'a>> {
        self.referred(ROLE, value)
    }

    /// By reference, by attribute, or by an ARN that ends in its name.
    fn referred(&self, kind: &str, value: &Value) -> Option<Resource<'a>> {
        let text = value.get("Fn::Sub").unwrap_or(value).as_str().unwrap_or_default();
        let attribute = value.get("Fn::GetAtt").and_then(attribute);
        let direct = value.get("Ref").and_then(Value::as_str).or(attribute).into_iter();
        let inner = text.split("${").skip(1).filter_map(|piece| piece.split('}').next());
        let last = text.rsplit(':').next().filter(|last| !last.is_empty()).unwrap_or(text);
        direct
            .chain(inner)
            .filter_map(|id| self.by_id.get(id).copied())
            .find(|one| one.kind() == kind)
            .or_else(|| self.by_name.get(&(kind, last)).copied())
    }
}

/// `["Id", "Attribute"]` and `"Id.Attribute"`.
fn attribute(path: &Value) -> Option<&str> {
    path.get(0).unwrap_or(path).as_str()?.split('.').next()
}

impl<'a> Resource<'a> {
    fn kind(&self) -> &'a str {
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

    /// The name that it gives itself, as written.
    fn name(&self) -> Option<&'a str> {
        ["QueueName", "FunctionName", "RoleName"].iter().find_map(|key| self.get(key).as_str())
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.get("FifoQueue").as_bool() == Some(true)
    }
}
