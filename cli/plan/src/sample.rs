//! A tick made to fit a job type's schema.
//!
//! In: the merged schema of a whole job. Out: a tick with every required field, what the API puts
//! in by default, and no other field, which the schema accepts. What a schema forbids in ways that are not looked at here
//! (`if`, `not`, `uniqueItems`, ...) may leave nothing that fits: then that is the answer.

mod pattern;

use boon::{Compiler, SchemaIndex, Schemas, SchemeUrlLoader, ValidationError};
use serde_json::{Map, Value, json};

const ADDRESS: &str = "schema:///sample";
/// How deep a value may go: a schema may refer to itself.
const DEPTH: usize = 16;
/// How many branches of `anyOf` and `oneOf` are tried.
const BRANCHES: usize = 8;
/// What a string may be, where only its length is said.
const FILLER: &str = "sample";

/// No tick fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no sample could be made that fits the schema: {why}")]
pub struct Misfit {
    /// What the schema says of the nearest one.
    pub why: String,
}

/// A tick of a job type, by the schema of a whole job.
///
/// # Errors
/// Where none was found that the schema accepts.
pub fn tick(job_type: &str, schema: &Value) -> Result<Map<String, Value>, Misfit> {
    let mut why = "its fields are no object".to_owned();
    for branch in 0..BRANCHES {
        let Value::Object(own) = (Sampler { root: schema, branch }).value(schema, 0) else { break };
        let tick = Value::Object(with_core(own, schema, job_type));
        match judge(schema, &tick) {
            Ok(()) => return Ok(tick.as_object().cloned().unwrap_or_default()),
            // The first branch is the one that people mean.
            Err(fault) if branch == 0 => why = fault,
            Err(_) => {}
        }
    }
    Err(Misfit { why })
}

/// The same fields with everything that a tick has besides.
fn with_core(own: Map<String, Value>, schema: &Value, job_type: &str) -> Map<String, Value> {
    let mut tick = core(job_type);
    let is_own = |field: &String| !scheduler_contract::CORE_FIELDS.contains(&field.as_str());
    tick.extend(own.into_iter().filter(|(field, _)| is_own(field)));
    scheduler_contract::apply_defaults(schema, &mut tick);
    tick
}

/// What every tick of the type has.
#[must_use]
pub fn core(job_type: &str) -> Map<String, Value> {
    let fields = [
        ("user_id", json!("sample-user")),
        ("user_email", json!("user@example.com")),
        ("job_id", json!(0)),
        ("job_type", json!(job_type)),
        ("sleep_time", json!(60)),
    ];
    fields.map(|(field, value)| (field.to_owned(), value)).into_iter().collect()
}

/// What the schema says of a value.
///
/// # Errors
/// The first thing that is wrong with it, and where.
pub fn judge(schema: &Value, value: &Value) -> Result<(), String> {
    Fitting::to(schema)?.holds(value)
}

/// A schema that many values are held against.
pub struct Fitting {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Fitting {
    /// # Errors
    /// A schema that is none.
    pub fn to(schema: &Value) -> Result<Self, String> {
        let mut compiler = Compiler::new();
        compiler.use_loader(Box::new(SchemeUrlLoader::new()));
        compiler.enable_format_assertions();
        compiler.add_resource(ADDRESS, schema.clone()).map_err(|error| error.to_string())?;
        let mut schemas = Schemas::new();
        let index = compiler.compile(ADDRESS, &mut schemas).map_err(|error| error.to_string())?;
        Ok(Self { schemas, index })
    }

    /// What the schema says of a value.
    ///
    /// # Errors
    /// The first thing that is wrong with it, and where.
    pub fn holds(&self, value: &Value) -> Result<(), String> {
        self.schemas.validate(value, self.index).map_err(|error| innermost(&error))
    }
}

fn innermost(error: &ValidationError<'_, '_>) -> String {
    match error.causes.first() {
        Some(cause) => innermost(cause),
        None => match error.instance_location.to_string().as_str() {
            "" => error.kind.to_string(),
            place => format!("`{place}`: {}", error.kind),
        },
    }
}

struct Sampler<'a> {
    root: &'a Value,
    /// Which branch of a choice is taken; the first where there are not so many.
    branch: usize,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, depth: usize) -> Value {
        let Some(flat) = schema.as_object().filter(|_| depth < DEPTH) else { return json!(FILLER) };
        let flat = self.flat(flat, depth);
        if let Some(given) = given(&flat) {
            return given;
        }
        match kind(&flat) {
            "object" => self.object(&flat, depth),
            "array" => self.array(&flat, depth),
            "integer" | "number" => number(&flat),
            "boolean" => json!(false),
            "null" => Value::Null,
            _ => text(&flat),
        }
    }

    /// The schema with what it refers to, all that it must be as well, and one of what it may be.
    fn flat(&self, schema: &Map<String, Value>, depth: usize) -> Map<String, Value> {
        let mut flat = schema.clone();
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|path| self.target(path));
        let all = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        let choices = ["anyOf", "oneOf"].into_iter().filter_map(|key| {
            let branches = schema.get(key)?.as_array()?;
            branches.get(self.branch).or(branches.first())
        });
        for part in target.into_iter().chain(all).chain(choices) {
            if let (Some(part), true) = (part.as_object(), depth < DEPTH) {
                merge(&mut flat, self.flat(part, depth + 1));
            }
        }
        flat
    }

    fn target(&self, path: &str) -> Option<&Value> {
        let pointer = path.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    fn object(&self, schema: &Map<String, Value>, depth: usize) -> Value {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let properties = schema.get("properties");
        let fields = required.filter_map(Value::as_str).map(|field| {
            let schema = properties.and_then(|properties| properties.get(field));
            (field.to_owned(), self.value(schema.unwrap_or(&Value::Null), depth + 1))
        });
        Value::Object(fields.collect())
    }

    fn array(&self, schema: &Map<String, Value>, depth: usize) -> Value {
        let count = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let first = schema.get("prefixItems").and_then(Value::as_array);
        let other = schema.get("items").unwrap_or(&Value::Null);
        let items = (0..usize::try_from(count).unwrap_or(0).min(100)).map(|nth| {
            let item = first.and_then(|first| first.get(nth)).unwrap_or(other);
            self.value(item, depth + 1)
        });
        Value::Array(items.collect())
    }
}

/// What is said first counts; lists of fields are put together.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Array(known)), Value::Array(more)) if key == "required" => {
                known.extend(more);
            }
            (Some(Value::Object(known)), Value::Object(more)) if key == "properties" => {
                for (field, schema) in more {
                    known.entry(field).or_insert(schema);
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// A value that stands in the schema itself.
fn given(schema: &Map<String, Value>) -> Option<Value> {
    let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    let one = |key: &str| schema.get(key).into_iter();
    let said = one("const").chain(list("examples")).chain(one("default")).chain(list("enum"));
    let local = without_references(schema);
    let mut said = said.filter(|value| judge(&local, value).is_ok());
    said.next().cloned()
}

fn without_references(schema: &Map<String, Value>) -> Value {
    let alone = |key: &&String| {
        !["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "properties", "items", "prefixItems"]
            .contains(&key.as_str())
    };
    let kept = schema.iter().filter(|(key, _)| alone(key));
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn kind(schema: &Map<String, Value>) -> &str {
    let said = match schema.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")
        }
        _ => None,
    };
    let implied = [
        ("properties", "object"),
        ("required", "object"),
        ("items", "array"),
        ("minimum", "number"),
        ("maximum", "number"),
    ];
    let implied = || implied.iter().find(|(key, _)| schema.contains_key(*key));
    said.or_else(|| implied().map(|(_, kind)| *kind)).unwrap_or("string")
}

/// The smallest number that is allowed from 1 on, or the largest one below.
fn number(schema: &Map<String, Value>) -> Value {
    let said = |key: &str| schema.get(key).and_then(Value::as_f64);
    let step = said("multipleOf").filter(|step| *step > 0.0);
    let integer = kind(schema) == "integer";
    let gap = step.unwrap_or(if integer { 1.0 } else { 0.5 });
    let low = [said("minimum"), said("exclusiveMinimum").map(|low| low + gap)];
    let high = [said("maximum"), said("exclusiveMaximum").map(|high| high - gap)];
    let low = low.into_iter().flatten().reduce(f64::max);
    let high = high.into_iter().flatten().reduce(f64::min);
    let mut number = low.unwrap_or(1.0).min(high.unwrap_or(f64::INFINITY));
    if let Some(step) = step {
        number = (number / step).ceil() * step;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the schema judges the number afterwards")]
    if integer { json!(number.ceil() as i64) } else { json!(number) }
}

/// A string of the right form, or at least of the right length.
fn text(schema: &Map<String, Value>) -> Value {
    let said = |key: &str| schema.get(key).and_then(Value::as_str);
    let form = said("format").and_then(example);
    let web = said("pattern").map(|_| "https://example.com/");
    let made = said("pattern").and_then(pattern::example);
    let candidates = [form.map(str::to_owned), web.map(str::to_owned), made];
    let local = without_references(schema);
    let fits = |text: &String| judge(&local, &json!(text)).is_ok();
    let found = candidates.into_iter().flatten().find(fits);
    json!(found.unwrap_or_else(|| sized(schema)))
}

fn sized(schema: &Map<String, Value>) -> String {
    let length = |key: &str| schema.get(key).and_then(Value::as_u64);
    let at_least = usize::try_from(length("minLength").unwrap_or(0)).unwrap_or(0).min(100_000);
    let at_most = usize::try_from(length("maxLength").unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let count = FILLER.len().max(at_least).min(at_most);
    FILLER.chars().cycle().take(count).collect()
}

/// One string of each format that the draft names.
fn example(format: &str) -> Option<&'static str> {
    Some(match format {
        "date" => "2026-01-02",
        "date-time" => "2026-01-02T03:04:05Z",
        "duration" => "PT1H",
        "email" | "idn-email" => "user@example.com",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "iri" | "iri-reference" | "uri" | "uri-reference" | "uri-template" => {
            "https://example.com/"
        }
        "json-pointer" => "/sample",
        "regex" => ".*",
        "relative-json-pointer" => "0",
        "time" => "03:04:05Z",
        "uuid" => "6f1b0c0e-2f6b-4b0a-9d53-0a3d6f0c5d1e",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
