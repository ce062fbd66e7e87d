//! Every example is run as its author would, one tick to each plugin and the plugins' own tests; and
//! so are the lines of the documentation that need a package.
//!
//! Needs `python3`, `node` and `npm` on the path, and the packages that the examples pin.

use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::places;
use scheduler_tests::support::local::Local;
use scheduler_tests::support::poll;
use scheduler_tests::support::scheduler::Scheduler;
use scheduler_tests::tools;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use ureq::http::Method;

/// A copy of an example, so that nothing is left in it.
struct Example {
    _folder: TempDir,
    project: PathBuf,
    scheduler: Scheduler,
}

impl Example {
    fn of(name: &str) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let project = folder.path().join(name);
        places::copy_folder(&places::repository().join("examples").join(name), &project)?;
        let scheduler = Scheduler::of(&project);
        Ok(Self { _folder: folder, project, scheduler })
    }

    /// One tick of a type to a plugin; answers what it wrote.
    fn tick(&self, plugin: &str, job_type: &str, own: &Value) -> Outcome<String> {
        let file = self.project.join("tick.json");
        fs::write(&file, own.to_string())?;
        let file = file.display().to_string();
        let line = ["plugin", "test", plugin, "--type", job_type, "--event", &file];
        let done = self.scheduler.succeed(&line)?;
        Ok(done.stdout + &done.stderr)
    }

    fn plugin(&self, name: &str) -> PathBuf {
        self.project.join("plugins").join(name)
    }
}

/// Runs a program of the author's in a folder.
fn runs(folder: &Path, line: &[&str], variables: &[(&str, &Path)]) -> Outcome<String> {
    let [program, arguments @ ..] = line else { return Ok(String::new()) };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).envs(variables.iter().copied());
    let done = command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    ensure(done.status.success(), || format!("{line:?}: {said}"))?;
    Ok(said)
}

fn tells(said: &str, wanted: &str) -> Outcome {
    ensure(said.contains(wanted), || format!("no `{wanted}` in: {said}"))
}

#[test]
fn a_plugin_that_its_own_script_packages_says_hello() -> Outcome {
    let example = Example::of("hello")?;
    tells(&example.tick("hello", "hello", &json!({"name": "Zoë"}))?, "hello, Zoë: every 60 seconds")
}

#[test]
fn both_of_two_plugins_get_the_ticks_of_their_types() -> Outcome {
    let example = Example::of("two-plugins")?;
    let note = example.tick("notes", "note", &json!({"text": "water the plants"}))?;
    tells(&note, "user@example.com: water the plants")?;
    let open = TcpListener::bind("127.0.0.1:0")?;
    let port = open.local_addr()?.port();
    let one = example.tick("uptime", "uptime", &json!({ "port": port }))?;
    tells(&one, &format!("127.0.0.1:{port} answers"))?;
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let two = json!({"first": port, "second": closed});
    let two = example.tick("uptime", "uptime_pair", &two)?;
    tells(&two, &format!("127.0.0.1:{port} answers"))?;
    tells(&two, &format!("127.0.0.1:{closed} does not answer"))
}

#[test]
fn a_plugin_with_packages_of_pythons_writes_its_report_and_passes_its_tests() -> Outcome {
    let example = Example::of("python-packages")?;
    // The wheels that are taken have to be those of this machine's Python.
    let version = runs(&example.project, &["python3", "-c", PYTHON], &[])?;
    let manifest = example.plugin("report").join("plugin.toml");
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, text.replace("python3.12", &format!("python{}", version.trim())))?;
    let own = json!({"template": "{{ values.city }}: {{ 6 * 7 }}", "values": {"city": "Köln"}});
    tells(&example.tick("report", "report", &own)?, "Köln: 42")?;

    let zip = zip_of(&example, "report")?;
    let tests = ["python3", "-m", "unittest"];
    let said = runs(&example.plugin("report"), &tests, &[("PYTHONPATH", &zip)])?;
    tells(&said, "Ran 2 tests")
}

const PYTHON: &str = "import sys; print('%d.%d' % sys.version_info[:2])";

fn zip_of(example: &Example, plugin: &str) -> Outcome<PathBuf> {
    let built = example.scheduler.json(&["build", "--plugin", plugin])?;
    let path = built["artifacts"][0]["path"].as_str().unwrap_or_default();
    let path = example.project.join(path);
    ensure(path.is_file(), || format!("no zip: {built}"))?;
    Ok(path)
}

#[test]
fn a_plugin_with_a_package_of_npm_counts_down_and_passes_its_tests() -> Outcome {
    let example = Example::of("node-plugin")?;
    let own = json!({"text": "Frühling", "until": "2001-03-20T13:31:00Z"});
    tells(&example.tick("countdown", "countdown", &own)?, "days ago")?;
    let folder = example.plugin("countdown");
    runs(&folder, &["npm", "ci", "--no-audit", "--no-fund"], &[])?;
    tells(&runs(&folder, &["node", "--test"], &[])?, "pass 2")
}

#[test]
fn a_plugin_with_resources_of_its_own_says_what_it_would_keep_here() -> Outcome {
    let example = Example::of("own-resources")?;
    let said = example.tick("archive", "archive", &json!({"text": "Zoë"}))?;
    tells(&said, "would keep 3 characters as sample-user/0/")?;
    tells(&example.tick("tally", "tally", &json!({}))?, "sample-user-0: 1")
}

/// Their jobs are stored and fire; that nobody here consumes them is written down with the run.
#[test]
fn jobs_that_nobody_of_the_project_consumes_fire_all_the_same() -> Outcome {
    let host = json!({"host": "example.com"});
    for (name, job_type, own) in [
        ("minimal", "beat", json!({})),
        ("types-only", "test", json!({})),
        ("external-queue", "ping", host.clone()),
        ("external-queue", "trace", host),
    ] {
        let example = Example::of(name)?;
        let local = Local::start(&example.scheduler, &[])?;
        let mut job = own.clone();
        job["job_type"] = json!(job_type);
        job["sleep_time"] = json!(86_400);
        local.api.create("", &job)?;
        poll::until_true("a run", Duration::from_secs(60), || {
            let runs = example.scheduler.json(&["jobs", "runs", "0"])?;
            Ok(runs[0]["state"] == "unconsumed")
        })?;
        local.stop()?;
    }
    Ok(())
}

const MODELS: &str = r#"from enum import Enum

from pydantic import BaseModel, ConfigDict, Field


class Expect(str, Enum):
    OPEN = "open"
    CLOSED = "closed"


class Retry(BaseModel):
    times: int = Field(2, ge=0)
    wait: float = 1.5


class PortCheck(BaseModel):
    model_config = ConfigDict(extra="forbid")

    port: int = Field(ge=1, le=65535)
    host: str = "localhost"
    expect: Expect = Expect.OPEN
    retry: Retry = Retry()
    again: Retry | None = None
    note: str | None = None
"#;

/// The line stands in the page as people copy it.
fn line_of_the_page() -> Outcome<String> {
    let page = fs::read_to_string(places::repository().join("docs/plugins.md"))?;
    let line = page.split('`').find(|code| code.starts_with("python3 -c 'import json, models"));
    line.map_or_else(|| fail("the page has no line for pydantic"), |line| Ok(line.to_owned()))
}

#[test]
fn a_model_of_pydantics_is_a_job_types_schema_by_the_line_of_the_page() -> Outcome {
    let packages = tools::python_packages(&tools::setup()?)?;
    let folder = tempfile::tempdir()?;
    let scheduler = Scheduler::of(folder.path());
    fs::write(folder.path().join("scheduler.toml"), "[service]\nname = \"ports\"\n")?;
    scheduler.succeed(&["plugin", "new", "port-check", "--lang", "none"])?;
    let plugin = folder.path().join("plugins/port-check");
    fs::write(plugin.join("models.py"), MODELS)?;
    let line = format!("{} > job.schema.json", line_of_the_page()?);
    runs(&plugin, &["sh", "-c", &line], &[("PYTHONPATH", &packages)])?;
    scheduler.succeed(&["check"])?;

    let local = Local::start(&scheduler, &[])?;
    let job = |own: Value| {
        let mut job = json!({"job_type": "port_check", "sleep_time": 86_400});
        if let (Some(job), Value::Object(own)) = (job.as_object_mut(), own) {
            job.extend(own);
        }
        job
    };
    let made = local.api.create("", &job(json!({"port": 80, "again": {"times": 3}})))?;
    let wanted = json!({"port": 80, "host": "localhost", "expect": "open", "note": null,
        "retry": {"times": 2, "wait": 1.5}, "again": {"times": 3}});
    for (name, value) in wanted.as_object().into_iter().flatten() {
        ensure(made[name] == *value, || format!("`{name}` of {made} is not {value}"))?;
    }
    for (own, field) in [
        (json!({"port": 0}), "port"),
        (json!({"port": 1, "expect": "ajar"}), "expect"),
        (json!({"port": 1, "hots": "x"}), "hots"),
        (json!({"port": 1, "retry": {"times": -1}}), "retry"),
    ] {
        let reply = local.api.call("", Method::POST, "/job/create", &job(own))?;
        ensure(reply.status == 422 && reply.body.contains(field), || reply.body.clone())?;
    }
    local.stop()
}

#[test]
fn no_example_is_forgotten_here_or_in_the_readme() -> Outcome {
    let folders = places::folders_with("examples", "scheduler.toml")?;
    let names = folders.iter().filter_map(|folder| folder.file_name()?.to_str());
    let names: BTreeSet<_> = names.collect();
    let readme = fs::read_to_string(places::repository().join("examples/README.md"))?;
    let here = include_str!("examples.rs");
    for name in &names {
        tells(&readme, &format!("[{name}]({name})"))?;
        tells(here, &format!("\"{name}\""))?;
    }
    Ok(())
}

/// The folder lies below this repository's own workspace, whose Cargo must not take it in.
#[test]
fn a_new_plugin_inside_of_this_repository_is_a_workspace_of_its_own() -> Outcome {
    let target = places::repository().join("target");
    let folder = tempfile::Builder::new().prefix("inside-").tempdir_in(target)?;
    let scheduler = Scheduler::of(folder.path());
    scheduler.succeed(&["init", &folder.path().join("mine").display().to_string()])?;
    let scheduler = Scheduler::of(&folder.path().join("mine"));
    for language in ["python", "node", "rust", "none"] {
        let name = format!("in-{language}");
        scheduler.succeed(&["plugin", "new", &name, "--lang", language])?;
    }
    scheduler.succeed(&["check"])?;
    for name in ["in-python", "in-node"] {
        let done = scheduler.succeed(&["plugin", "test", name])?;
        tells(&(done.stdout + &done.stderr), "Hello, sample!")?;
    }
    let own = folder.path().join("mine/plugins/in-rust");
    let cargo = places::cargo();
    let cargo = cargo.to_string_lossy();
    let line = [&*cargo, "metadata", "--no-deps", "--offline", "--format-version", "1"];
    let told: Value = serde_json::from_str(&runs(&own, &line, &[])?)?;
    let root = told["workspace_root"].as_str().map(Path::new);
    ensure(root.is_some_and(|root| root.ends_with("plugins/in-rust")), || format!("{root:?}"))
}
