//! The shape of what a plugin's own template renders to: what CloudFormation would refuse as no
//! template is told before it gets it.
//!
//! In: the sections of a fragment. Out: every fault at its place. Deliberately absent: what stands in
//! `Properties`, which a resource's type decides, and references to resources (`references`).

use super::engine::Source;
use super::error::SynthError;
use super::fragment::TOPIC_PARAMETER;
use crate::nearest::{did_you_mean, list};
use crate::problem::Place;
use serde_json::{Map, Value};

/// What a resource may have (CloudFormation user guide, "Resource attribute reference").
const ATTRIBUTES: [&str; 9] = [
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];
/// What an output may have.
const OUTPUT: [&str; 4] = ["Condition", "Description", "Export", "Value"];
/// What an expression may be (the same, "Intrinsic function reference"), without those that need a
/// transform of the whole template.
const FUNCTIONS: [&str; 17] = [
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Not",
    "Fn::Or",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::Transform",
    "Ref",
];
/// What a condition may be.
const CONDITIONS: [&str; 5] = ["Condition", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"];
/// What may become of a resource.
const POLICIES: [(&str, &[&str]); 2] = [
    ("DeletionPolicy", &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"]),
    ("UpdateReplacePolicy", &["Delete", "Retain", "Snapshot"]),
];
/// The longest logical id.
const ID_MAX: usize = 255;

/// Every fault of a fragment.
pub(super) fn check(source: Source<'_>, sections: &Map<String, Value>) -> Vec<SynthError> {
    let conditions = sections.get("Conditions").and_then(Value::as_object);
    let conditions: Vec<&str> =
        conditions.into_iter().flat_map(Map::keys).map(String::as_str).collect();
    let mut found = Vec::new();
    for (section, entries) in sections {
        for (id, body) in entries.as_object().into_iter().flatten() {
            let mut entry =
                Entry { source, section, id, conditions: &conditions, found: &mut found };
            entry.name();
            match section.as_str() {
                "Resources" => entry.resource(body),
                "Outputs" => entry.output(body),
                _ => entry.condition(body),
            }
        }
    }
    found
}

/// One entry of a section.
struct Entry<'a> {
    source: Source<'a>,
    section: &'a str,
    id: &'a str,
    conditions: &'a [&'a str],
    found: &'a mut Vec<SynthError>,
}

impl Entry<'_> {
    fn name(&mut self) {
        let id = self.id;
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if id.is_empty() || !plain || id.len() > ID_MAX {
            let what = format!(
                "`{id}` cannot be a logical id: it has letters and digits alone, at most {ID_MAX}"
            );
            let words = id.split(|c: char| !c.is_ascii_alphanumeric());
            let name: String = words.map(capital).collect();
            let hint =
                (!name.is_empty() && name.len() <= ID_MAX).then(|| format!("such as `{name}`"));
            self.tell("", what, hint);
        }
        if id == TOPIC_PARAMETER && self.section == "Resources" {
            let what = format!("`{id}` is the stack's own parameter");
            self.tell("", what, Some("give the resource another name".into()));
        }
    }

    fn resource(&mut self, body: &Value) {
        let id = self.id;
        let Some(attributes) = self.object(body, "a resource", EXAMPLE) else { return };
        self.known(
            attributes,
            &ATTRIBUTES,
            "no resource has; what its type has stands in `Properties`",
        );
        match attributes.get("Type") {
            None => self.tell("", format!("`{id}` has no `Type`"), Some(EXAMPLE.into())),
            Some(Value::String(kind)) if is_type(kind) => {}
            Some(kind) => {
                let what = format!("the type of `{id}` is {kind}, which is none");
                self.tell("Type", what, Some("such as `AWS::SQS::Queue`".into()));
            }
        }
        if attributes.get("Properties").is_some_and(|properties| !properties.is_object()) {
            let what = format!("the `Properties` of `{id}` are no object");
            self.tell("Properties", what, Some(EXAMPLE.into()));
        }
        if attributes.get("DependsOn").is_some_and(|names| !is_names(names)) {
            let what =
                format!("the `DependsOn` of `{id}` is neither a logical id nor a list of them");
            self.tell("DependsOn", what, Some("such as `[\"Pages\"]`".into()));
        }
        for (name, allowed) in POLICIES {
            let written = attributes.get(name).filter(|one| !allowed.iter().any(|two| *one == two));
            if let Some(written) = written {
                let what = format!("the `{name}` of `{id}` is {written}");
                self.tell(name, what, Some(format!("it is {}", list(allowed))));
            }
        }
        self.named(attributes);
        self.expressions(body);
    }

    fn output(&mut self, body: &Value) {
        let id = self.id;
        let Some(parts) = self.object(body, "an output", AN_OUTPUT) else {
            return;
        };
        self.known(parts, &OUTPUT, "no output has");
        if !parts.contains_key("Value") {
            self.tell("", format!("`{id}` has no `Value`"), Some(AN_OUTPUT.into()));
        }
        self.named(parts);
        self.expressions(body);
    }

    fn condition(&mut self, body: &Value) {
        let id = self.id;
        let only = body.as_object().filter(|map| map.len() == 1).and_then(|map| map.keys().next());
        if !only.is_some_and(|name| CONDITIONS.contains(&name.as_str())) {
            let what = format!("`{id}` is no condition");
            self.tell("", what, Some(format!("it is an object with one of {}", list(&CONDITIONS))));
            return;
        }
        self.conditions_in(body);
        self.expressions(body);
    }

    /// `{"Condition": "Name"}` anywhere in a condition.
    fn conditions_in(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.conditions_in(item)),
            Value::Object(map) => {
                self.named(map);
                map.values().for_each(|value| self.conditions_in(value));
            }
            _ => {}
        }
    }

    /// The entry as an object.
    fn object<'v>(
        &mut self,
        body: &'v Value,
        kind: &str,
        hint: &str,
    ) -> Option<&'v Map<String, Value>> {
        let object = body.as_object();
        if object.is_none() {
            let what = format!("`{}` is {body}, and {kind} is an object", self.id);
            self.tell("", what, Some(hint.to_owned()));
        }
        object
    }

    fn known(&mut self, map: &Map<String, Value>, known: &[&str], why: &str) {
        for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
            let what = format!("`{}` has `{name}`, which {why}", self.id);
            let hint =
                did_you_mean(name, known).unwrap_or_else(|| format!("it has {}", list(known)));
            self.tell(name, what, Some(hint));
        }
    }

    /// The condition that an entry is there under.
    fn named(&mut self, map: &Map<String, Value>) {
        match map.get("Condition") {
            None => {}
            Some(Value::String(name)) => self.condition_is_there(name),
            Some(other) => {
                let what =
                    format!("the `Condition` of `{}` is {other}, and no condition's name", self.id);
                self.tell("Condition", what, Some("name one of `Conditions`".into()));
            }
        }
    }

    fn condition_is_there(&mut self, name: &str) {
        if !self.conditions.contains(&name) {
            let hint = did_you_mean(name, self.conditions);
            let hint = hint.or_else(|| Some("define it in `Conditions`".to_owned()));
            let (from, to, place) = (self.id.to_owned(), name.to_owned(), self.place(name));
            self.found.push(SynthError::Dangling { place, from, to, hint });
        }
    }

    /// Every function of an entry.
    fn expressions(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.expressions(item)),
            Value::Object(map) => {
                for (name, value) in map {
                    self.function(name, value);
                    self.expressions(value);
                }
            }
            _ => {}
        }
    }

    fn function(&mut self, name: &str, value: &Value) {
        if name.starts_with("Fn::") && !FUNCTIONS.contains(&name) {
            let what =
                format!("`{}` has `{name}`, which is no function of CloudFormation", self.id);
            let hint = did_you_mean(name, &FUNCTIONS)
                .unwrap_or_else(|| format!("there are {}", list(&FUNCTIONS)));
            self.tell(name, what, Some(hint));
        }
        if name != "Fn::If" {
            return;
        }
        match value.as_array().map(Vec::as_slice) {
            Some([Value::String(condition), _, _]) => self.condition_is_there(condition),
            _ => {
                let what = format!(
                    "the `Fn::If` of `{}` is no list of a condition and two values",
                    self.id
                );
                self.tell(name, what, Some("such as `[\"IsProd\", 30, 1]`".into()));
            }
        }
    }

    fn tell(&mut self, inside: &str, what: String, hint: Option<String>) {
        let place = self.place(inside);
        self.found.push(SynthError::Template { place, what, hint });
    }

    /// Where the entry stands in the template, or a name inside of it.
    fn place(&self, inside: &str) -> Place {
        let text = self.source.text;
        let below = |from: usize, name: &str| {
            let quoted = Value::from(name).to_string();
            text.get(from..).and_then(|rest| rest.find(&quoted)).map(|at| from + at)
        };
        let section = below(0, self.section).unwrap_or_default();
        // A placeholder may write the one or the other.
        let entry = below(section, self.id).unwrap_or(section);
        let at = Some(inside).filter(|name| !name.is_empty()).and_then(|name| below(entry, name));
        Place::at(self.source.path, text, at.unwrap_or(entry))
    }
}

const AN_OUTPUT: &str = "such as `{ \"Value\": { \"Ref\": \"Pages\" } }`";
const EXAMPLE: &str = "such as `{ \"Type\": \"AWS::SQS::Queue\", \"Properties\": {} }`";

/// `AWS::SQS::Queue`, `Custom::Mine`, `Somebody::Makes::This::MODULE`.
fn is_type(kind: &str) -> bool {
    let parts: Vec<_> = kind.split("::").collect();
    let is_name = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@-".contains(&byte))
    };
    let enough = if parts.first() == Some(&"Custom") { 2 } else { 3 };
    parts.len() >= enough && parts.iter().all(is_name)
}

fn is_names(value: &Value) -> bool {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().all(Value::is_string)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
