//! A plugin in each language, as `plugin new` writes it: checked, tested, built, run on this machine
//! and deployed. Every tick arrives as it was made: all fields, all types, all characters.

use crate::stage::{Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::places;
use scheduler_tests::support::api::Api;
use scheduler_tests::support::cognito;
use scheduler_tests::support::local::Local;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::poll;
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::Scheduler;
use scheduler_tests::tools;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::Duration;
use ureq::http::Method;

/// A language, how its ticks come, its handler's file, and a handler that posts each tick.
struct Language {
    name: &'static str,
    options: &'static [&'static str],
    handler: &'static str,
    posts: &'static str,
}

const LANGUAGES: [Language; 3] = [
    Language {
        name: "python",
        options: &[],
        handler: "handler.py",
        posts: r#"import urllib.request

from scheduler_plugin import Tick, consumer


@consumer
def handle(tick: Tick) -> None:
    urllib.request.urlopen(tick.fields["url"], data=tick.json.encode()).close()
"#,
    },
    Language {
        name: "node",
        options: &["--direct"],
        handler: "handler.mjs",
        posts: r#"import { consumer } from "./scheduler-plugin.mjs";

export const handle = consumer(async (tick) => {
  await fetch(tick.fields.url, { method: "POST", body: tick.json });
});
"#,
    },
    Language {
        name: "rust",
        options: &[],
        handler: "src/main.rs",
        posts: r#"mod scheduler_plugin;

use scheduler_plugin::{Error, Job, Tick, run};
use serde_json::{Map, Value, json};
use std::io::{Read, Write};

fn main() -> Result<(), Error> {
    run(|tick: Tick<Map<String, Value>>| async move { post(tick.job) })
}

fn post(job: Job<Map<String, Value>>) -> Result<(), Error> {
    let url = job.own["url"].as_str().unwrap_or_default().to_owned();
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut tick = json!({"user_id": job.user_id, "user_email": job.user_email,
        "job_id": job.job_id, "job_type": job.job_type, "sleep_time": job.sleep_time});
    tick.as_object_mut().ok_or("no object")?.extend(job.own);
    let body = tick.to_string();
    let mut stream = std::net::TcpStream::connect(host)?;
    write!(stream, "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    stream.read_to_string(&mut String::new())?;
    Ok(())
}
"#,
    },
];

const SCHEMA: &str = r#"{
  "properties": {
    "url": { "type": "string" },
    "text": { "type": "string" },
    "large": { "type": "string" },
    "number": { "type": "integer" },
    "list": { "type": "array" },
    "nested": { "type": "object" },
    "nothing": { "type": "null" }
  },
  "required": ["url"]
}"#;

#[test]
fn a_new_plugin_of_each_language_gets_every_tick_whole_here_and_on_aws() -> Outcome {
    let project = Project::new(&[])?;
    project.share_target()?;
    let stage = Stage::of("languages", project)?;
    for language in &LANGUAGES {
        a_new_plugin_works_at_once(&stage, language)?;
    }
    stage.scheduler.succeed(&["check"])?;
    stage.scheduler.succeed(&["build"])?;

    let local = Local::start(&stage.scheduler, &[])?;
    every_tick_is_whole(&local.api, "")?;
    local.stop()?;

    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    for job in every_tick_is_whole(&deployed.api, &user.token)? {
        schedule_of(&deployed, &job)?;
    }
    deployed.wait_until_quiet()?;
    destroy_leaves_nothing(&stage, &deployed)
}

/// Behind the topic itself, with its own tests; deployed it is covered by the languages above.
#[test]
fn a_new_plugin_in_rust_passes_its_own_tests_and_takes_ticks_directly() -> Outcome {
    let project = Project::new(&[])?;
    project.share_target()?;
    let tools = tools::setup()?;
    let scheduler = Scheduler::of(project.path()).with_path(tools.path()?);
    scheduler.succeed(&["plugin", "new", "direct-rust", "--lang", "rust", "--direct"])?;
    let mut tests = Command::new(places::cargo());
    places::forget_cargo(&mut tests);
    tests.args(["test", "--quiet"]).current_dir(project.path().join("plugins/direct-rust"));
    let done = tests.env("CARGO_TARGET_DIR", places::plugin_target()).output()?;
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    ensure(done.status.success() && said.contains("1 passed"), || said)?;
    let tick = project.path().join("tick.json");
    fs::write(&tick, json!({"name": "Zoë"}).to_string())?;
    let tick = tick.display().to_string();
    let done = scheduler.succeed(&["plugin", "test", "direct-rust", "--event", &tick])?;
    let said = done.stdout + &done.stderr;
    ensure(said.contains("Hello, Zoë! Again in 60 seconds."), || said)
}

/// As it was written; then with a handler and a schema for what follows.
fn a_new_plugin_works_at_once(stage: &Stage, language: &Language) -> Outcome {
    let Language { name, options, handler, posts } = language;
    let new = ["plugin", "new", name, "--lang", name];
    stage.scheduler.succeed(&[&new[..], options].concat())?;
    let tested = stage.scheduler.succeed(&["plugin", "test", name])?;
    let said = tested.stdout + &tested.stderr;
    ensure(said.contains("Hello, sample! Again in 60 seconds."), || said)?;
    let folder = stage.project.path().join("plugins").join(name);
    fs::write(folder.join(handler), posts)?;
    fs::write(folder.join("job.schema.json"), SCHEMA)?;
    Ok(())
}

/// A job a language, each run once; answers the jobs.
fn every_tick_is_whole(api: &Api, token: &str) -> Outcome<Vec<Value>> {
    let inbox = Page::serve("")?;
    let mut jobs = Vec::new();
    for Language { name, .. } in &LANGUAGES {
        let own = json!({
            "url": inbox.url(),
            "text": "Zoë 🚀 \u{2028}\u{7f} \"\\\n<&>",
            "large": "ß".repeat(100_000),
            "number": 9_007_199_254_740_993_u64,
            "list": [1, -2.5, true, null, "", []],
            "nested": {"a": {"b": {}}},
            "nothing": null,
        });
        let mut wanted = own.clone();
        wanted["job_type"] = json!(name);
        wanted["sleep_time"] = json!(86_400);
        let job = api.create(token, &wanted)?;
        api.ok(token, Method::POST, &format!("/job/{}/run", job["job_id"]), &Value::Null)?;
        for core in ["user_id", "user_email", "job_id"] {
            wanted[core] = job[core].clone();
        }
        poll::until_true(&format!("the tick of `{name}`"), Duration::from_secs(60), || {
            for posted in inbox.posted() {
                let tick: Value = serde_json::from_str(&posted)?;
                if tick["job_type"] == *name && tick["job_id"] == job["job_id"] {
                    return differs_nowhere(name, &tick, &wanted).map(|()| true);
                }
            }
            Ok(false)
        })?;
        jobs.push(job);
    }
    Ok(jobs)
}

fn differs_nowhere(language: &str, tick: &Value, wanted: &Value) -> Outcome {
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
    for (name, _) in fields(wanted).into_iter().chain(fields(tick)) {
        if tick[&name] != wanted[&name] {
            let (got, wanted) = (tick[&name].to_string(), wanted[&name].to_string());
            let short = |text: &str| text.chars().take(80).collect::<String>();
            let told = format!("{} in place of {}", short(&got), short(&wanted));
            return fail(format!("`{name}` of the tick of `{language}` is {told}"));
        }
    }
    Ok(())
}
