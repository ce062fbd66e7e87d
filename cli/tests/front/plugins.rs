//! `scheduler plugin new` and `plugin list`

use crate::support::{Finished, run, succeed, tree};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    folder
}

fn is_sound(folder: &Path) {
    let checked = succeed(folder, &["check", "--json"]);
    assert_eq!(checked.json()["problems"], json!([]), "{}", checked.all());
    succeed(folder, &["plan", "--env", "prod"]);
}

fn run_tests(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let mut tests = Command::new(program);
    tests.args(arguments).current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    let done = tests.output().unwrap();
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success(), "{said}");
    said
}

#[test]
fn a_new_plugin_is_sound_and_its_own_tests_pass() {
    let folder = project();
    for (language, program, arguments, told) in [
        ("python", "python3", &["-m", "unittest"][..], "Ran 3 tests"),
        ("node", "node", &["--test"], "pass 3"),
    ] {
        let name = format!("my-{language}");
        let told_next = succeed(folder.path(), &["plugin", "new", &name, "--lang", language]);
        assert!(told_next.stdout.contains("scheduler plugin test"), "{}", told_next.all());
        is_sound(folder.path());
        let own = folder.path().join("plugins").join(&name);
        let said = run_tests(&own, program, arguments);
        assert!(said.contains(told), "{said}");
    }
    succeed(folder.path(), &["plugin", "new", "my-rust", "--lang", "rust"]);
    succeed(folder.path(), &["plugin", "new", "my-type", "--lang", "none"]);
    is_sound(folder.path());
}

#[test]
fn one_tick_reaches_a_new_plugin_in_either_envelope() {
    let folder = project();
    for (name, more) in [
        ("queued-python", &["--lang", "python"][..]),
        ("direct-python", &["--lang", "python", "--direct"]),
        ("queued-node", &["--lang", "node"]),
        ("direct-node", &["--lang", "node", "--direct"]),
    ] {
        succeed(folder.path(), &[&["plugin", "new", name][..], more].concat());
        let fields = json!({ "name": "Zoë 🚀\u{2028}\"" }).to_string();
        fs::write(folder.path().join("tick.json"), fields).unwrap();
        let done = succeed(folder.path(), &["plugin", "test", name, "--event", "tick.json"]);
        let greeting = "Hello, Zoë 🚀\u{2028}\"! Again in 60 seconds.";
        assert!(done.all().contains(greeting), "{name}: {}", done.all());
    }
}

#[test]
fn the_folder_goes_where_the_project_looks_for_plugins() {
    let folder = project();
    let manifest = folder.path().join("scheduler.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let patterns = "plugins = [\"plugins/hello\", \"more/*/x\", \"jobs/job-*\", \"plugins/*\"]";
    let text = text.replace("# plugins = [\"plugins/*\"]", patterns);
    fs::write(&manifest, text).unwrap();
    let made = succeed(folder.path(), &["plugin", "new", "job-mail", "--json"]).json();
    assert_eq!(made["folder"], "jobs/job-mail");
    assert_eq!(made["job_type"], "job_mail");
    let made = succeed(folder.path(), &["plugin", "new", "mail", "--json"]).json();
    assert_eq!(made["folder"], "plugins/mail");
    let named = fs::read_to_string(folder.path().join("jobs/job-mail/plugin.toml")).unwrap();
    assert!(named.starts_with("#:schema ../../schemas/plugin.schema.json\n"), "{named}");
}

fn refused(done: &Finished, code: i32, what: &str) {
    assert_eq!(done.code, code, "{}", done.all());
    assert_eq!(done.stdout, "", "{}", done.all());
    assert!(done.stderr.contains(what), "{}", done.all());
}

#[test]
fn a_name_that_cannot_be_is_refused_and_nothing_is_made() {
    let folder = project();
    let manifest = folder.path().join("scheduler.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text}\n[job_types.pings]\n")).unwrap();
    fs::create_dir(folder.path().join("plugins/mine")).unwrap();
    fs::write(folder.path().join("plugins/mine/handler.py"), "mine").unwrap();
    let before = tree(folder.path());
    let new = |arguments: &[&str]| run(folder.path(), &[&["plugin", "new"], arguments].concat());
    refused(&new(&["Mail"]), 2, "`Mail` cannot be a plugin's name");
    refused(&new(&["../out"]), 2, "`../out` cannot be a plugin's name");
    refused(&new(&["hello"]), 3, "it is in `plugins/hello`");
    refused(&new(&["pings"]), 3, "it is in `scheduler.toml`");
    refused(&new(&["mine"]), 3, "handler.py` is there already");
    refused(&new(&["mail", "--lang", "none", "--direct"]), 2, "there is none");
    refused(&new(&["mail", "--lang", "cobol"]), 2, "possible values: python, node, rust, none");
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn a_name_that_check_or_cargo_would_refuse_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init", "a-service-of-twenty-four"]);
    let project = folder.path().join("a-service-of-twenty-four");
    succeed(&project, &["plugin", "new", "a1"]);
    let before = tree(&project);
    let long = "a-name-that-is-fine-for-itself-and-not-x";
    for (arguments, why) in [
        (&["core"][..], "would take names that the core has"),
        (&["stream"], "would take names that the core has"),
        (&["item-create", "--lang", "none"], "would take names that the core has"),
        (&["mail-dead"], "would take names that the core has"),
        (&["a-1"], "would be named like the one in `plugins/a1`"),
        (&[long], "characters; Lambda takes 64"),
        (&["build", "--lang", "rust"], "cargo makes no binary `build`"),
        (&["deps", "--lang", "rust"], "cargo makes no binary `deps`"),
        (&["examples", "--lang", "rust"], "cargo makes no binary `examples`"),
        (&["incremental", "--lang", "rust"], "cargo makes no binary `incremental`"),
    ] {
        let done = run(&project, &[&["plugin", "new"], arguments].concat());
        refused(&done, 2, why);
        refused(&done, 2, &format!("`{}` cannot be this plugin's name", arguments[0]));
        assert_eq!(tree(&project), before);
    }
    // In another language it is a name like every other one.
    succeed(&project, &["plugin", "new", "build", "--lang", "python"]);
    is_sound(&project);
}

#[test]
fn outside_of_a_project_there_is_no_plugin_to_make() {
    let folder = tempfile::tempdir().unwrap();
    refused(&run(folder.path(), &["plugin", "new", "mail"]), 2, "there is no `scheduler.toml`");
    assert_eq!(tree(folder.path()), Vec::<String>::new());
}

#[test]
fn the_list_tells_what_each_folder_brings_and_whether_it_is_built() {
    let folder = project();
    succeed(folder.path(), &["plugin", "new", "direct", "--lang", "node", "--direct"]);
    succeed(folder.path(), &["plugin", "new", "only-types", "--lang", "none"]);
    let listed = || succeed(folder.path(), &["plugin", "list", "--json"]).json()["plugins"].take();
    let of = |plugins: &Value, name: &str| {
        let mut all = plugins.as_array().unwrap().iter();
        all.find(|plugin| plugin["name"] == name).unwrap().clone()
    };
    let before = listed();
    assert_eq!(of(&before, "hello")["zip"]["state"], "missing");
    assert_eq!(of(&before, "hello")["runtime"], "python3.12");
    assert_eq!(of(&before, "hello")["buffer"], "queue");
    assert_eq!(of(&before, "direct")["kind"], "node");
    assert_eq!(of(&before, "direct")["buffer"], "none");
    assert_eq!(of(&before, "only-types")["consumer"], "none");
    assert_eq!(of(&before, "only-types")["job_types"], json!(["only_types"]));
    assert!(!folder.path().join(".scheduler/build").exists(), "looking builds nothing");

    succeed(folder.path(), &["build", "--plugin", "hello"]);
    let built = of(&listed(), "hello")["zip"].take();
    assert_eq!(built["state"], "built", "{built}");
    assert!(built["bytes"].as_u64().unwrap() > 1000, "{built}");
    let handler = folder.path().join("plugins/hello/handler.py");
    fs::write(&handler, fs::read_to_string(&handler).unwrap() + "# changed\n").unwrap();
    assert_eq!(of(&listed(), "hello")["zip"]["state"], "stale");
    let shown = succeed(folder.path(), &["plugin", "list"]).stdout;
    let hello = shown.lines().find(|line| line.starts_with("hello ")).unwrap();
    assert!(hello.contains("function behind a queue") && hello.ends_with("stale"), "{shown}");
}
