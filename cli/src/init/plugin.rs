//! What a new plugin's folder holds: the same small job in each language.

use super::files::{NewFile, Taken};
use scheduler_plan::names::{JobType, PluginName};
use scheduler_plan::sources::{self, FileFact, PLUGIN_MANIFEST, PluginSource};
use std::collections::BTreeMap;

/// The language of a plugin's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// A module for the machine's and Lambda's Python
    Python,
    /// A module for Node.js
    Node,
    /// A Cargo package of its own
    Rust,
    /// No function: the folder only defines a job type
    None,
}

/// What stands between topic and function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// A queue, with batches and retries.
    Queue,
    /// Nothing.
    Direct,
}

/// A plugin that is to be made.
#[derive(Debug)]
pub struct NewPlugin {
    /// The name, which is its folder's.
    pub name: PluginName,
    /// The language of its function.
    pub language: Language,
    /// How ticks reach it.
    pub delivery: Delivery,
    /// The JSON Schema of `plugin.toml`, relative to the folder, where the project has one.
    pub schema: Option<String>,
}

/// The files that one language brings, by path, and how its tests are run.
struct Kit {
    manifest: &'static str,
    files: &'static [(&'static str, &'static str)],
    test: Option<&'static str>,
    told: &'static str,
}

const PYTHON: Kit = Kit {
    manifest: include_str!("plugin/python/plugin.toml"),
    files: &[
        ("handler.py", include_str!("plugin/python/handler.py")),
        ("test_handler.py", include_str!("plugin/python/test_handler.py")),
        ("scheduler_plugin.py", include_str!("../../../runtime/plugin/python/scheduler_plugin.py")),
    ],
    test: Some("python3 -m unittest"),
    told: "`scheduler_plugin.py` takes the jobs out of their envelopes, and more. It is one file \
           without dependencies; a handler that does so itself needs none of it.",
};

const NODE: Kit = Kit {
    manifest: include_str!("plugin/node/plugin.toml"),
    files: &[
        ("handler.mjs", include_str!("plugin/node/handler.mjs")),
        ("handler.test.mjs", include_str!("plugin/node/handler.test.mjs")),
        ("scheduler-plugin.mjs", include_str!("../../../runtime/plugin/node/scheduler-plugin.mjs")),
    ],
    test: Some("node --test"),
    told: "`scheduler-plugin.mjs` takes the jobs out of their envelopes, and more. It is one file \
           without dependencies; a handler that does so itself needs none of it.",
};

const RUST: Kit = Kit {
    manifest: include_str!("plugin/rust/plugin.toml"),
    files: &[
        (".gitignore", "target/\n"),
        ("Cargo.toml", include_str!("plugin/rust/package.toml")),
        ("src/main.rs", include_str!("plugin/rust/main.rs.txt")),
        (
            "src/scheduler_plugin.rs",
            include_str!("../../../runtime/plugin/rust/scheduler_plugin.rs"),
        ),
    ],
    test: Some("cargo test"),
    told: "`src/scheduler_plugin.rs` takes the jobs out of their envelopes, and with the features \
           `state` and `mail` of `Cargo.toml` it remembers and mails. It is one file; a function \
           that does so itself needs none of it. Commit the `Cargo.lock` that the first build \
           makes.",
};

const NONE: Kit = Kit {
    manifest: include_str!("plugin/none/plugin.toml"),
    files: &[],
    test: None,
    told: "The folder only defines the job type: its jobs are stored and fire, and nobody \
           listens yet.",
};

const HEAD: &str = include_str!("plugin/head.toml");
const CONSUMER: &str = include_str!("plugin/consumer.toml");
const SCHEMA: &str = include_str!("plugin/job.schema.json");

impl NewPlugin {
    /// The job type that it defines: the name with underscores.
    #[must_use]
    pub fn job_type(&self) -> String {
        self.name.as_str().replace('-', "_")
    }

    /// How its own tests are run in its folder, where it has some.
    #[must_use]
    pub fn test(&self) -> Option<&'static str> {
        self.kit().test
    }

    /// Its files, relative to its folder. The manifest is the last: where it is, the plugin is
    /// whole.
    #[must_use]
    pub fn files(&self) -> Vec<NewFile> {
        let kit = self.kit();
        let own = kit.files.iter().map(|(path, text)| (*path, self.fill(text)));
        let all = [("job.schema.json", SCHEMA.to_owned()), ("README.md", self.readme(&kit))];
        let last = [("plugin.toml", self.manifest(&kit))];
        let files = all.into_iter().chain(own).chain(last);
        files
            .map(|(path, text)| NewFile { path: path.into(), text, taken: Taken::Refuse })
            .collect()
    }

    /// The folder as it would be read, were it there already.
    #[must_use]
    pub fn source(&self, dir: &str) -> PluginSource {
        let mut files: BTreeMap<_, _> =
            self.files().into_iter().map(|file| (file.path, file.text)).collect();
        let manifest = files.remove(PLUGIN_MANIFEST).unwrap_or_default();
        let (written, _) = sources::read_plugin(&format!("{dir}/{PLUGIN_MANIFEST}"), &manifest);
        let wanted = sources::wanted_by_plugin(&written.value).into_iter();
        let fact = |text: Option<&String>| match text {
            Some(text) => FileFact::Text(text.clone()),
            None => FileFact::Missing,
        };
        let files = wanted.map(|file| (file.path.clone(), fact(files.get(&file.path)))).collect();
        PluginSource { dir: dir.to_owned(), written, files }
    }

    fn kit(&self) -> Kit {
        match self.language {
            Language::Python => PYTHON,
            Language::Node => NODE,
            Language::Rust => RUST,
            Language::None => NONE,
        }
    }

    fn manifest(&self, kit: &Kit) -> String {
        let schema = self.schema.iter().map(|path| format!("#:schema {path}\n"));
        let consumer = match (self.language, self.delivery) {
            (Language::None, _) => String::new(),
            (_, Delivery::Queue) => CONSUMER.to_owned(),
            (_, Delivery::Direct) => CONSUMER.replace("# buffer = ", "buffer = "),
        };
        let text: String = schema.collect();
        self.fill(&format!("{text}{HEAD}{}{consumer}", kit.manifest))
    }

    fn readme(&self, kit: &Kit) -> String {
        let name = self.name.as_str();
        let job_type = self.job_type();
        let mut lines = vec![("scheduler check".to_owned(), "every problem at once")];
        if let Some(test) = kit.test {
            lines.push((test.to_owned(), "the plugin's own tests, in its folder"));
            lines.push((format!("scheduler plugin test {name}"), "one tick, no server"));
        }
        lines.push(("scheduler local --watch".to_owned(), "the whole system; edit, save, see"));
        let create = format!("scheduler jobs create --type {job_type} --every 1m name=Ada");
        lines.push((create, "a job of its type"));
        let width = lines.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
        let lines: Vec<_> =
            lines.iter().map(|(command, does)| format!("$ {command:width$}   # {does}")).collect();
        let does = match self.language {
            Language::None => "A job type.",
            _ => "Greets someone in its log, every n minutes.",
        };
        format!(
            "# {name}\n\n{does} Make it yours:\n\n```console\n{}\n```\n\n{}\n",
            lines.join("\n"),
            wrapped(kit.told)
        )
    }

    fn fill(&self, text: &str) -> String {
        let job_type = self.job_type();
        let mut title = job_type.replace('_', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        text.replace("JOB_TYPE", &job_type)
            .replace("PLUGIN_NAME", self.name.as_str())
            .replace("PLUGIN_TITLE", &title)
    }
}

/// The job type that a plugin of this name would define.
///
/// # Errors
/// What is wrong with the name as a job type, as a sentence.
pub fn job_type(name: &PluginName) -> Result<JobType, String> {
    JobType::parse(&name.as_str().replace('-', "_"))
}

/// Lines of at most 100 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.len() - 1;
        match lines[line].len() + word.len() {
            0..100 if lines[line].is_empty() => lines[line] = word.to_owned(),
            0..100 => lines[line] = format!("{} {word}", lines[line]),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {

    /// The one file for Rust is compiled in this repository with the crate's own packages: what a
    /// plugin takes in has to be the same.
    #[test]
    fn a_plugin_in_rust_has_the_packages_that_its_helper_is_tested_with() {
        let parsed = |text: &str| toml::from_str::<toml::Table>(text).unwrap();
        let new = parsed(include_str!("plugin/rust/package.toml"));
        let tested = parsed(include_str!("../../../runtime/plugin/Cargo.toml"));
        let packages = new["dependencies"].as_table().unwrap();
        let optional: Vec<_> =
            packages.iter().filter(|(_, one)| one.get("optional").is_some()).collect();
        assert_eq!(optional.len(), 8, "{optional:?}");
        for (name, package) in optional {
            assert_eq!(Some(package), tested["dependencies"].get(name), "{name}");
            let used = |feature: &str| {
                new["features"][feature].to_string().contains(&format!("\"dep:{name}\""))
            };
            assert!(used("state") || used("mail"), "{name}");
        }
    }
}
