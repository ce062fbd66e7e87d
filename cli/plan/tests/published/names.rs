//! What the schemas say of names is what the resolver says.

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use proptest::prelude::*;
use scheduler_plan::names::{AccountId, EnvName, JobType, PluginName, ServiceName};
use scheduler_plan::schemas::manifest;
use serde_json::{Value, json};
use std::sync::OnceLock;

type Parse = fn(&str) -> bool;

/// Where a name stands in the schema of `scheduler.toml`, and who parses it.
const NAMES: &[(&str, Parse)] = &[
    ("/properties/service/properties/name", |text| ServiceName::parse(text).is_ok()),
    ("/properties/env/propertyNames", |text| EnvName::parse(text).is_ok()),
    ("/properties/env/additionalProperties/properties/plugins/propertyNames", |text| {
        PluginName::parse(text).is_ok()
    }),
    ("/properties/job_types/propertyNames", |text| JobType::parse(text).is_ok()),
    ("/properties/env/additionalProperties/properties/account", |text| {
        AccountId::parse(text).is_ok()
    }),
];

fn accepts(nth: usize, text: &str) -> bool {
    static SCHEMAS: OnceLock<(Schemas, Vec<SchemaIndex>)> = OnceLock::new();
    let (schemas, indices) = SCHEMAS.get_or_init(|| {
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V7);
        let mut schemas = Schemas::new();
        let mut add = |pointer: &str| {
            let schema: &Value = manifest().pointer(pointer).unwrap();
            let address = format!("schema://{pointer}");
            compiler.add_resource(&address, schema.clone()).unwrap();
            compiler.compile(&address, &mut schemas).unwrap()
        };
        let indices = NAMES.iter().map(|(pointer, _)| add(pointer)).collect();
        (schemas, indices)
    });
    schemas.validate(&json!(text), indices[nth]).is_ok()
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    for (nth, (pointer, parses)) in NAMES.iter().enumerate() {
        prop_assert_eq!(accepts(nth, text), parses(text), "{} on {:?}", pointer, text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn of_any_text(text in "\\PC{0,20}") {
        agree(&text)?;
    }

    #[test]
    fn of_what_is_nearly_a_name(text in "[a-z][a-zA-Z0-9_-]{0,66}") {
        agree(&text)?;
    }

    #[test]
    fn of_words(text in "[a-z]{1,8}([_-][a-z0-9]{1,9}){0,8}") {
        agree(&text)?;
    }

    #[test]
    fn of_digits(text in "[0-9]{10,14}") {
        agree(&text)?;
    }
}

#[test]
fn of_what_is_taken() {
    agree("local").unwrap();
    assert!(!accepts(1, "local") && accepts(0, "local"));
}
