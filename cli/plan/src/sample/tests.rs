use super::{judge, tick};
use serde_json::{Value, json};

/// A whole job's schema, as `resolve` merges it, with these own properties, all required.
fn whole(properties: &Value) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "user_id": {"type": "string", "readOnly": true},
            "user_email": {"type": "string", "format": "email", "readOnly": true},
            "job_id": {"type": "integer", "minimum": 0, "readOnly": true},
            "job_type": {"const": "ping"},
            "sleep_time": {"type": "integer", "minimum": 1},
            "enabled": {"type": "boolean", "readOnly": true},
        },
        "required": ["job_type", "sleep_time"],
        "additionalProperties": false,
    });
    for (field, own) in properties.as_object().unwrap() {
        schema["properties"][field] = own.clone();
        schema["required"].as_array_mut().unwrap().push(json!(field));
    }
    schema
}

fn sample(own: Value) -> Value {
    let schema = whole(&json!({ "own": own }));
    let tick = tick("ping", &schema).unwrap_or_else(|misfit| panic!("{misfit}: {schema}"));
    assert_eq!(judge(&schema, &Value::Object(tick.clone())), Ok(()));
    tick["own"].clone()
}

#[test]
fn a_tick_has_what_every_tick_has_and_what_is_required() {
    let mut schema = whole(&json!({"url": {"type": "string", "format": "uri"}}));
    schema["properties"]["maybe"] = json!({"type": "string"});
    let tick = tick("ping", &schema).unwrap();
    let fields: Vec<_> = tick.keys().map(String::as_str).collect();
    assert_eq!(fields, ["job_id", "job_type", "sleep_time", "url", "user_email", "user_id"]);
    assert_eq!(tick["job_type"], "ping");
}

#[test]
fn what_the_api_puts_in_by_default_is_there() {
    let mut schema = whole(&json!({}));
    schema["properties"]["level"] = json!({"type": "string", "default": "info"});
    assert_eq!(tick("ping", &schema).unwrap()["level"], "info");
}

#[test]
fn what_the_schema_says_itself_is_taken_where_it_fits() {
    assert_eq!(sample(json!({"const": {"a": 1}})), json!({"a": 1}));
    assert_eq!(sample(json!({"enum": ["red", "green"]})), "red");
    assert_eq!(sample(json!({"type": "string", "default": "x", "examples": ["y"]})), "y");
    assert_eq!(sample(json!({"type": "string", "default": "x", "examples": [1]})), "x");
    assert_eq!(sample(json!({"type": "integer", "enum": ["red", 7]})), json!(7));
}

#[test]
fn every_form_of_text_gets_one() {
    for format in [
        "uri",
        "email",
        "date-time",
        "date",
        "time",
        "uuid",
        "ipv4",
        "ipv6",
        "hostname",
        "duration",
    ] {
        sample(json!({"type": "string", "format": format}));
    }
    let page = json!({"type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://", "maxLength": 2048});
    assert_eq!(sample(page), "https://example.com/");
    assert_eq!(sample(json!({"type": "string", "pattern": "^[A-Z]{3}$"})), "AAA");
    assert_eq!(sample(json!({"type": "string", "minLength": 8})), "samplesa");
    assert_eq!(sample(json!({"type": "string", "maxLength": 2})), "sa");
}

#[test]
fn numbers_keep_their_bounds() {
    assert_eq!(sample(json!({"type": "integer"})), json!(1));
    assert_eq!(sample(json!({"type": "integer", "minimum": 7})), json!(7));
    assert_eq!(sample(json!({"type": "integer", "maximum": -3})), json!(-3));
    assert_eq!(sample(json!({"type": "integer", "exclusiveMinimum": 7})), json!(8));
    assert_eq!(sample(json!({"type": "integer", "minimum": 7, "multipleOf": 5})), json!(10));
    sample(json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1}));
    sample(json!({"type": "number", "exclusiveMaximum": 0}));
}

#[test]
fn parts_are_put_together() {
    let mut schema = whole(&json!({"own": {"$ref": "#/$defs/pair"}}));
    schema["$defs"] = json!({
        "pair": {"allOf": [
            {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"b": {"$ref": "#/$defs/word"}}, "required": ["b"]},
        ]},
        "word": {"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}]},
    });
    assert_eq!(tick("ping", &schema).unwrap()["own"], json!({"a": 1, "b": "sample"}));
    let list = json!({"type": "array", "minItems": 2, "items": {"type": "boolean"}});
    assert_eq!(sample(list), json!([false, false]));
    assert_eq!(sample(json!({"type": ["null", "integer"]})), json!(1));
    let deep = json!({"type": "object", "required": ["x"], "properties": {"x": {"minimum": 2}}});
    assert_eq!(sample(deep), json!({"x": 2.0}));
}

#[test]
fn another_branch_is_tried_where_the_first_cannot_be_had() {
    let own = json!({"oneOf": [{"type": "string", "pattern": "^xx$", "maxLength": 1}, {"type": "integer"}]});
    assert_eq!(sample(own), json!(1));
}

#[test]
fn what_cannot_be_made_up_is_told_with_its_place() {
    let schema =
        whole(&json!({"token": {"type": "string", "pattern": "^(?:ab){9}$", "maxLength": 3}}));
    let told = tick("ping", &schema).unwrap_err().to_string();
    assert!(told.starts_with("no sample could be made that fits the schema: "), "{told}");
    assert!(told.contains("/token"), "{told}");
}

#[test]
fn a_schema_that_refers_to_itself_comes_to_an_end() {
    let mut schema = whole(&json!({"own": {"$ref": "#/$defs/list"}}));
    schema["$defs"] = json!({"list": {
        "type": "object", "properties": {"next": {"$ref": "#/$defs/list"}}, "required": ["next"],
    }});
    assert!(tick("ping", &schema).is_err());
    let mut schema = whole(&json!({"own": {"$ref": "#/$defs/a"}}));
    schema["$defs"] = json!({"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}});
    let _ = tick("ping", &schema);
}
