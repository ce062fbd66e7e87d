//! Who may depend on whom, and which room may touch what. The rules are those of the code map in
//! the README; a rule that is broken names the crate or the line.

use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::places;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Normal and build dependencies, all levels, by crate name.
struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    fn of(manifest: &Path) -> Outcome<Self> {
        let done = Command::new(places::cargo())
            .args(["metadata", "--format-version", "1", "--manifest-path"])
            .arg(manifest)
            .output()?;
        let metadata: Value = serde_json::from_slice(&done.stdout)
            .or_else(|_| fail(String::from_utf8_lossy(&done.stderr)))?;
        let names = names(&metadata);
        let mut direct = BTreeMap::<String, BTreeSet<String>>::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let used = list(&node["deps"]).filter(|dependency| !only_for_tests(dependency));
            let used = used.filter_map(|dependency| names.get(text(&dependency["pkg"])));
            let name = names.get(text(&node["id"])).cloned().unwrap_or_default();
            direct.entry(name).or_default().extend(used.cloned());
        }
        Ok(Self(direct))
    }

    /// Everything that a crate stands on.
    fn below(&self, name: &str) -> Outcome<BTreeSet<String>> {
        ensure(self.0.contains_key(name), || format!("no crate `{name}`"))?;
        let mut found = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(next) = open.pop() {
            for used in self.0.get(&next).into_iter().flatten() {
                if found.insert(used.clone()) {
                    open.push(used.clone());
                }
            }
        }
        Ok(found)
    }

    fn keeps_off(&self, name: &str, forbidden: impl Fn(&str) -> bool) -> Outcome {
        let below = self.below(name)?;
        let found: Vec<_> = below.iter().filter(|used| forbidden(used)).collect();
        ensure(found.is_empty(), || format!("`{name}` must not depend on {found:?}"))
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn names(metadata: &Value) -> BTreeMap<&str, String> {
    list(&metadata["packages"])
        .map(|package| (text(&package["id"]), text(&package["name"]).to_owned()))
        .collect()
}

fn only_for_tests(dependency: &Value) -> bool {
    list(&dependency["dep_kinds"]).all(|kind| kind["kind"] == "dev")
}

fn workspace() -> Outcome<Graph> {
    Graph::of(&places::repository().join("Cargo.toml"))
}

fn outside(name: &str) -> bool {
    name == "tokio" || name == "lambda_runtime" || name == "ureq" || name.starts_with("aws-")
}

fn product(name: &str) -> bool {
    name == "scheduler" || name.starts_with("scheduler-")
}

#[test]
fn the_pure_crates_know_no_aws_and_no_tokio() -> Outcome {
    let graph = workspace()?;
    graph.keeps_off("scheduler-contract", outside)?;
    graph.keeps_off("scheduler-plan", outside)
}

#[test]
fn the_crates_depend_in_one_direction() -> Outcome {
    let graph = workspace()?;
    let allowed: [(&str, &[&str]); 6] = [
        ("scheduler-contract", &[]),
        ("scheduler-plugin", &["scheduler-contract"]),
        ("scheduler-plan", &["scheduler-contract"]),
        ("scheduler-runtime", &["scheduler-contract"]),
        ("scheduler", &["scheduler-contract", "scheduler-plan", "scheduler-runtime"]),
        // Black-box: what it knows of the product, it knows from running it.
        ("scheduler-tests", &[]),
    ];
    for (name, below) in allowed {
        graph.keeps_off(name, |used| product(used) && !below.contains(&used))?;
    }
    Ok(())
}

#[test]
fn a_plugin_stands_on_the_plugin_crate_alone() -> Outcome {
    let folders = places::folders_with("plugins", "Cargo.toml")?;
    ensure(!folders.is_empty(), || "no Rust plugin to look at".into())?;
    let allowed = ["scheduler-plugin", "scheduler-contract"];
    for folder in folders {
        let graph = Graph::of(&folder.join("Cargo.toml"))?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let others: Vec<_> = places::folders_with("plugins", "Cargo.toml")?
            .iter()
            .filter_map(|other| Some(other.file_name()?.to_string_lossy().into_owned()))
            .filter(|other| *other != name)
            .collect();
        graph.keeps_off(&name, |used| {
            (product(used) && !allowed.contains(&used)) || others.iter().any(|name| name == used)
        })?;
    }
    Ok(())
}

#[test]
fn the_pure_core_has_its_own_list_of_forbidden_things() -> Outcome {
    let path = places::repository().join("cli/plan/clippy.toml");
    let rules = std::fs::read_to_string(path)?;
    for list in ["disallowed-methods", "disallowed-types", "disallowed-macros"] {
        ensure(rules.contains(list), || format!("cli/plan/clippy.toml has no `{list}`"))?;
    }
    Ok(())
}

/// A word that only some files of a folder may say, outside of their tests.
struct Rule {
    room: &'static str,
    words: &'static [&'static str],
    only: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        room: "cli/src",
        words: &["std::fs", "fs::", "File::", "WalkDir"],
        // `upload` reads the zips that `build` left; `init` makes a project; `synth` and `man`
        // write where `--out` says.
        only: &[
            "load/",
            "build/",
            "init/",
            "output.rs",
            "deploy/upload.rs",
            "commands/out.rs",
            // What a child's program is, and how much memory it takes.
            "local/consumers/bootstrap.rs",
            "local/consumers/memory.rs",
            // The data folder's own files, and the state in it that is too old.
            "jobs/place.rs",
            "local/expiry.rs",
            // Files that a person names or keeps: exported jobs, logins.
            "jobs/file.rs",
            "jobs/tokens.rs",
        ],
    },
    Rule {
        room: "cli/src",
        words: &["println!", "print!", "io::stdout", "io::stderr"],
        // `settings` asks whether they are terminals.
        only: &["output.rs", "output/", "settings.rs"],
    },
    Rule {
        room: "cli/src",
        words: &["process::exit", "process::abort", "ExitCode::from"],
        // `error` holds the table of exit codes.
        only: &["main.rs", "error.rs"],
    },
    Rule {
        room: "cli/src",
        words: &["env::var", "env::args", "env::current_dir"],
        only: &["args/", "settings.rs"],
    },
    Rule {
        room: "runtime/src",
        words: &["aws_sdk_", "aws_smithy_", "aws_types"],
        only: &["aws/", "bin/"],
    },
];

#[test]
fn each_room_keeps_to_its_own_work() -> Outcome {
    let broken = RULES.iter().map(Rule::broken).collect::<Outcome<Vec<_>>>()?.concat();
    ensure(broken.is_empty(), || broken.join("\n"))
}

impl Rule {
    fn broken(&self) -> Outcome<Vec<String>> {
        let mut broken = Vec::new();
        for (file, source) in sources(self.room)? {
            if self.only.iter().any(|room| file.starts_with(room)) {
                continue;
            }
            for (nth, line) in source.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let said = self.words.iter().find(|word| code.contains(**word));
                broken.extend(said.map(|word| {
                    let Self { room, only, .. } = self;
                    format!("{room}/{file}:{}: `{word}` belongs to {only:?}", nth + 1)
                }));
            }
        }
        Ok(broken)
    }
}

/// Every Rust file of a room without its unit tests, which stand last.
fn sources(room: &str) -> Outcome<Vec<(String, String)>> {
    let folder = places::repository().join(room);
    let mut found = Vec::new();
    for file in places::files_under(&folder)? {
        let name = file.to_string_lossy().into_owned();
        let is_test = name.ends_with("tests.rs") || name.contains("tests/");
        if file.extension().is_some_and(|end| end == "rs") && !is_test {
            let source = std::fs::read_to_string(folder.join(&file))?;
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            found.push((name, code.to_owned()));
        }
    }
    match found.len() {
        0 => fail(format!("nothing to read in {room}")),
        _ => Ok(found),
    }
}

/// What a new plugin in Rust gets is one file by its promise: its modules stand for files.
const ONE_FILE: &str = "scheduler_plugin.rs";

#[test]
fn no_file_grows_past_four_hundred_lines() -> Outcome {
    let mut rooms = vec!["benches".to_owned(), "cli".into(), "runtime".into(), "tests".into()];
    for plugin in places::folders_with("plugins", "Cargo.toml")? {
        let name = plugin.file_name().unwrap_or_default().to_string_lossy();
        rooms.push(format!("plugins/{name}"));
    }
    for room in rooms {
        for (file, source) in sources(&room)? {
            let parts = source.split(if file.ends_with(ONE_FILE) { "\npub mod " } else { "\0" });
            let lines = parts.map(|part| part.lines().count()).max().unwrap_or_default();
            ensure(lines <= 400, || format!("{room}/{file} has {lines} lines"))?;
        }
    }
    Ok(())
}
