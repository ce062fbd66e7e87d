//! From text to a decided app, with nothing but memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails its test")]

use proptest::prelude::*;
use scheduler_plan::app::{App, Auth, Buffer, Build, Consumer, EnvValue, LambdaConsumer};
use scheduler_plan::check;
use scheduler_plan::names::{Architecture, JobType};
use scheduler_plan::resolve::{self, Resolved};
use scheduler_plan::schemas;
use scheduler_plan::sources::{
    FileFact, PluginSource, Sources, read_manifest, read_plugin, wanted_by_plugin,
};
use serde_json::{Value, json};

const APP: &str = "[service]\nname = \"shop\"\n";
const ZIP: &str = "[build]\nkind = \"zip\"\nzip = \"code.zip\"\n";

fn sources(app: &str, plugins: &[(&str, &str)]) -> Sources {
    let (app, mut problems) = read_manifest("scheduler.toml", app);
    let plugins = plugins
        .iter()
        .map(|(name, text)| {
            let dir = format!("plugins/{name}");
            let (written, found) = read_plugin(&format!("{dir}/plugin.toml"), text);
            problems.extend(found);
            let wanted = wanted_by_plugin(&written.value);
            let fact = FileFact::Present { executable: true };
            let files = wanted.into_iter().map(|file| (file.path, fact.clone())).collect();
            PluginSource { dir, written, files }
        })
        .collect();
    Sources { app, files: [].into(), plugins, problems }
}

fn resolved(app: &str, plugins: &[(&str, &str)], env: &str) -> Resolved {
    let sources = sources(app, plugins);
    resolve::resolve(&sources, &resolve::base(&sources), env)
}

fn app(text: &str, plugins: &[(&str, &str)], env: &str) -> App {
    let resolved = resolved(text, plugins, env);
    resolved.app.unwrap_or_else(|| panic!("{:#?}", resolved.problems))
}

fn function(app: &App) -> &LambdaConsumer {
    match app.plugins[0].consumer.as_ref() {
        Some(Consumer::Lambda(function)) => function,
        other => panic!("{other:?}"),
    }
}

fn schema(own: &str) -> Value {
    let plugin = format!("[job_types.mail]\nschema = {own}\n");
    let app = app(APP, &[("mailer", &plugin)], "dev");
    app.job_types[&JobType::parse("mail").unwrap()].schema.clone()
}

/// As an author writes it, whose job types are Rust types: `schemars::schema_for!` is the schema.
mod written_in_rust {
    use schemars::JsonSchema;

    #[derive(JsonSchema)]
    #[schemars(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    pub(super) struct PortCheck {
        #[schemars(range(min = 1, max = 65535))]
        port: u16,
        #[serde(default = "localhost")]
        host: String,
        #[serde(default)]
        expect: Expect,
        #[serde(default)]
        retry: Retry,
        note: Option<String>,
    }

    #[derive(Default, JsonSchema, serde::Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Expect {
        #[default]
        Open,
        #[expect(dead_code, reason = "the same")]
        Closed,
    }

    #[derive(JsonSchema, serde::Serialize)]
    struct Retry {
        times: u32,
    }

    impl Default for Retry {
        fn default() -> Self {
            Self { times: 2 }
        }
    }

    fn localhost() -> String {
        "localhost".to_owned()
    }
}

#[test]
fn a_rust_types_schema_is_a_job_types_by_the_line_of_the_page() {
    let own = serde_json::to_string_pretty(&schemars::schema_for!(written_in_rust::PortCheck));
    let plugin = "[job_types.port_check]\nschema = \"job.schema.json\"\n";
    let mut sources = sources(APP, &[("ports", plugin)]);
    let text = FileFact::Text(own.unwrap());
    sources.plugins[0].files.insert("job.schema.json".into(), text);
    assert_eq!(check::check(&sources), []);
    let app = resolve::resolve(&sources, &resolve::base(&sources), "dev").app.unwrap();
    let schema = &app.job_types[&JobType::parse("port_check").unwrap()].schema;

    let core = json!({"job_type": "port_check", "sleep_time": 60, "port": 80});
    let mut job = core.as_object().unwrap().clone();
    scheduler_contract::apply_defaults(schema, &mut job);
    let wanted = json!({"job_type": "port_check", "sleep_time": 60, "port": 80,
        "host": "localhost", "expect": "open", "retry": {"times": 2}});
    assert_eq!(Value::Object(job), wanted);
    assert!(accepts(schema, &wanted));
    for (field, value) in [("port", json!(0)), ("expect", json!("ajar")), ("hots", json!("x"))] {
        let mut bad = wanted.clone();
        bad[field] = value;
        assert!(!accepts(schema, &bad), "{field}");
    }
}

fn accepts(schema: &Value, job: &Value) -> bool {
    let mut compiler = boon::Compiler::new();
    compiler.enable_format_assertions();
    compiler.add_resource("schema:///job", schema.clone()).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("schema:///job", &mut schemas).unwrap();
    schemas.validate(job, index).is_ok()
}

#[test]
fn what_is_not_written_has_its_documented_default() {
    let plugin = format!("[job_types.mail]\nschema = {{}}\n{ZIP}[consumer]\n");
    let app = app(APP, &[("mailer", &plugin)], "prod");
    assert_eq!(app.prefix(), "shop-prod");
    assert_eq!(app.region.as_str(), "eu-central-1");
    assert_eq!(app.architecture, Architecture::X86_64);
    assert_eq!((app.account.as_ref(), app.protect), (None, false));
    assert_eq!(app.auth, Auth::Cognito);
    let function = function(&app);
    assert_eq!(function.build, Build::Zip { zip: "code.zip".into() });
    assert_eq!((function.memory_mb, function.timeout_seconds), (128, 30));
    assert_eq!((function.runtime.as_str(), function.buffer), ("provided.al2023", Buffer::Queue));
}

/// What editors and the reference say counts where nothing is written.
#[test]
fn the_defaults_of_the_schemas_are_those_that_count() {
    let plugin = format!("[job_types.mail]\nschema = {{}}\n{ZIP}[consumer]\n");
    let app = app(APP, &[("mailer", &plugin)], "prod");
    let function = function(&app);
    let of_app = [
        ("/properties/service/properties/region", json!(app.region)),
        ("/properties/service/properties/architecture", json!(app.architecture)),
        ("/properties/env/additionalProperties/properties/protect", json!(app.protect)),
    ];
    let of_plugin = [
        ("memory_mb", json!(function.memory_mb)),
        ("timeout_seconds", json!(function.timeout_seconds)),
        ("runtime", json!(function.runtime)),
        ("handler", json!(function.handler)),
    ];
    for (pointer, decided) in of_app {
        assert_eq!(schemas::manifest().pointer(pointer).unwrap()["default"], decided, "{pointer}");
    }
    let keys = &schemas::plugin_manifest()["properties"]["consumer"]["properties"];
    for (key, decided) in of_plugin {
        assert_eq!(keys[key]["default"], decided, "{key}");
    }
    assert_eq!((&keys["buffer"]["default"], function.buffer), (&json!("queue"), Buffer::Queue));
}

#[test]
fn dev_and_prod_exist_where_no_env_is_written_and_only_there() {
    assert_eq!(resolve::env_names(&sources(APP, &[])), ["dev", "prod"]);
    let named = format!("{APP}[env.stage]\n");
    assert_eq!(resolve::env_names(&sources(&named, &[])), ["stage"]);
    let problems = resolved(&named, &[], "stag").problems;
    assert_eq!(problems[0].hint, "did you mean `stage`?");
}

#[test]
fn an_env_changes_a_plugin_key_by_key_and_only_there() {
    let text = format!(
        "{APP}[env.dev]\n[env.prod]\nregion = \"us-east-1\"\narchitecture = \"arm64\"\n\
         [env.prod.plugins.mailer]\nmemory_mb = 512\nmail.from = \"ops@example.com\"\n\
         environment.LEVEL = \"warn\"\nenvironment.KEY_ID = {{ ssm = \"/key\" }}\n"
    );
    let plugin = format!(
        "[job_types.mail]\nschema = {{}}\n{ZIP}[consumer]\ntimeout_seconds = 9\n\
         environment = {{ LEVEL = \"info\", PLACE = {{ ref = \"Bucket\" }} }}\n"
    );
    let prod = app(&text, &[("mailer", &plugin)], "prod");
    assert_eq!((prod.region.as_str(), prod.architecture), ("us-east-1", Architecture::Arm64));
    let changed = function(&prod);
    assert_eq!((changed.memory_mb, changed.timeout_seconds), (512, 9));
    assert_eq!(changed.mail.as_ref().unwrap().from, "ops@example.com");
    assert_eq!(changed.environment["LEVEL"], EnvValue::Text("warn".into()));
    assert_eq!(changed.environment["KEY_ID"], EnvValue::Ssm("/key".into()));
    assert_eq!(changed.environment["PLACE"], EnvValue::Ref("Bucket".into()));
    let dev = app(&text, &[("mailer", &plugin)], "dev");
    assert_eq!(function(&dev).environment["LEVEL"], EnvValue::Text("info".into()));
}

#[test]
fn a_whole_schema_takes_what_the_api_answers_and_refuses_unknown_fields() {
    let schema = schema("{ properties = { to = { type = \"string\" } }, required = [\"to\"] }");
    let job = json!({
        "user_id": "u", "user_email": "u@example.com", "job_id": 0, "job_type": "mail",
        "sleep_time": 60, "to": "x", "enabled": true, "rev": 1, "next_run": null,
    });
    assert!(accepts(&schema, &job));
    assert!(accepts(&schema, &json!({"job_type": "mail", "sleep_time": 1, "to": "x"})));
    for (field, value) in [
        ("unknown", json!(1)),
        ("sleep_time", json!(0)),
        ("sleep_time", json!(31_536_001)),
        ("job_type", json!("other")),
        ("to", json!(1)),
    ] {
        let mut wrong = job.clone();
        wrong[field] = value;
        assert!(!accepts(&schema, &wrong), "{field} was accepted: {wrong}");
    }
    for field in ["user_id", "user_email", "job_id", "enabled", "rev", "next_run"] {
        assert_eq!(schema["properties"][field]["readOnly"], true, "{field}");
    }
}

#[test]
fn unknown_fields_are_refused_however_the_own_schema_is_put_together() {
    let job = json!({"job_type": "mail", "sleep_time": 1, "to": "x"});
    let to = "{ properties = { to = { type = \"string\" } } }";
    for own in [
        format!("{{ allOf = [{to}] }}"),
        format!("{{ \"$ref\" = \"#/$defs/Mail\", \"$defs\" = {{ Mail = {to} }} }}"),
        "{ additionalProperties = true, properties = { to = {} } }".to_owned(),
        "{ \"$ref\" = \"#/$defs/M\", \"$defs\" = { M = { additionalProperties = false, \
         properties = { to = {} } } } }"
            .to_owned(),
    ] {
        let schema = schema(&own);
        assert!(accepts(&schema, &job), "{own}");
        let mut wrong = job.clone();
        wrong["unknown"] = json!(1);
        assert!(!accepts(&schema, &wrong), "{own}");
    }
}

#[test]
fn a_type_that_maps_names_to_values_keeps_its_map() {
    let schema = schema("{ additionalProperties = { type = \"integer\" } }");
    assert!(accepts(&schema, &json!({"job_type": "mail", "sleep_time": 1, "any": 7})));
    assert!(!accepts(&schema, &json!({"job_type": "mail", "sleep_time": 1, "any": "x"})));
}

proptest! {
    #[test]
    fn no_text_makes_the_resolver_panic(app in "\\PC{0,200}", plugin in "\\PC{0,200}") {
        let sources = sources(&app, &[("mailer", &plugin)]);
        // One of both is never a whole project: something is always told.
        prop_assert!(!check::check(&sources).is_empty());
    }

    #[test]
    fn no_toml_of_known_words_makes_the_resolver_panic(
        lines in prop::collection::vec((0..WORDS.len(), 0..VALUES.len()), 0..12),
    ) {
        let text: String = lines
            .iter()
            .map(|(word, value)| match WORDS[*word] {
                table if table.starts_with('[') => format!("{table}\n"),
                key => format!("{key} = {}\n", VALUES[*value]),
            })
            .collect();
        let problems = check::check(&sources(&text, &[("mailer", &text)]));
        for problem in problems {
            prop_assert!(problem.place.line >= 1 && problem.place.column >= 1);
        }
    }
}

const WORDS: &[&str] = &[
    "[service]",
    "[env.dev]",
    "[env.dev.plugins.mailer]",
    "[job_types.mail]",
    "[build]",
    "[consumer]",
    "[consumer.environment]",
    "[resources]",
    "[plugin]",
    "name",
    "region",
    "plugins",
    "schema",
    "consumer",
    "kind",
    "zip",
    "run",
    "memory_mb",
    "auth",
    "account",
    "mail",
    "state",
    "permissions",
    "environment",
    "queue_arn",
    "template",
    "LEVEL",
];

const VALUES: &[&str] = &[
    "1",
    "-1",
    "true",
    "\"\"",
    "\"text\"",
    "[]",
    "[1]",
    "{}",
    "{ from = 1 }",
    "{ ref = \"X\" }",
    "{ properties = { job_id = {} } }",
    "\"zip\"",
    "1.5",
    "1979-05-27",
    "[{ actions = [\"*\"] }]",
    "{ jwt = { issuer = \"\", audience = [\"\"] } }",
    "9223372036854775808",
    "inf",
];
