//! One call of npm.

use crate::build::error::{BuildError, MissingTool, NodeError};
use crate::build::process::{self, Child, Ended, Unstarted};
use scheduler_plan::names::Architecture;
use serde_json::Value;
use std::collections::BTreeMap;
use std::env::consts;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

const NPM: &str = "npm";
const PACKAGE: &str = "package.json";
/// Which registry has what, and what it wants to see for it.
const SETTINGS: &str = ".npmrc";
/// Settings of a person's own that would install something else, or somewhere else, or nothing.
const OPTIONS: &[&str] = &[
    "--ignore-scripts",
    "--include=optional",
    "--include=peer",
    "--bin-links=false",
    "--dry-run=false",
    "--global=false",
    "--install-strategy=hoisted",
    "--package-lock=true",
    "--audit=false",
    "--color=false",
    "--fund=false",
    "--loglevel=warn",
    "--progress=false",
    "--update-notifier=false",
];

/// What the packages are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// They run in Lambda, on this processor.
    Lambda(Architecture),
    /// They run here.
    Here,
    /// They are bundled here, by one of them.
    Bundle,
}

impl Purpose {
    fn options(self) -> Vec<&'static str> {
        match self {
            Self::Lambda(architecture) => {
                let cpu = match architecture {
                    Architecture::X86_64 => "--cpu=x64",
                    Architecture::Arm64 => "--cpu=arm64",
                };
                // Amazon Linux.
                vec!["--omit=dev", "--os=linux", cpu, "--libc=glibc"]
            }
            Self::Here => vec!["--omit=dev"],
            Self::Bundle => vec!["--include=dev"],
        }
    }

    /// Whatever packages depend on.
    fn identity(self) -> String {
        let options = self.options().join(" ");
        match self {
            Self::Lambda(_) => options,
            Self::Here | Self::Bundle => format!("{options} {} {}", consts::OS, consts::ARCH),
        }
    }
}

/// The files of a plugin's folder that say which packages are installed, by name.
#[derive(Debug)]
pub(in crate::build) struct Pinned(BTreeMap<String, Vec<u8>>);

impl Pinned {
    /// Reads them.
    pub(in crate::build) fn read(folder: &Path, lock: &str) -> Result<Self, BuildError> {
        let mut files = BTreeMap::new();
        for name in [PACKAGE, lock, SETTINGS] {
            let path = folder.join(name);
            match fs::read(&path) {
                Ok(bytes) => drop(files.insert(name.to_owned(), bytes)),
                Err(error) if name == SETTINGS && error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(BuildError::io("read", &path, error)),
            }
        }
        Ok(Self(files))
    }

    /// Their names and contents, sorted.
    pub(in crate::build) fn files(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.0.iter()
    }

    /// What tells one installation from another.
    pub(super) fn key(&self, purpose: Purpose) -> String {
        let files = self.files().map(|(name, text)| (name, String::from_utf8_lossy(text)));
        format!("npm {}\n{files:?}", purpose.identity(), files = files.collect::<Vec<_>>())
    }
}

/// What has to be installed.
#[derive(Debug)]
pub(super) struct Npm<'a> {
    pub(super) pinned: &'a Pinned,
    /// The lock file, for people.
    pub(super) shown_lock: String,
    pub(super) purpose: Purpose,
}

impl Npm<'_> {
    /// Fills an empty folder.
    pub(super) fn install(&self, folder: &Path, child: &Child<'_>) -> Result<(), BuildError> {
        for (name, bytes) in self.pinned.files() {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(|e| BuildError::io("write", &path, e))?;
        }
        let mut npm = Command::new(NPM);
        npm.arg("ci").args(OPTIONS).args(self.purpose.options());
        npm.arg("--prefix").arg(folder).current_dir(folder);
        let ended = start(&mut npm, child)?;
        if !ended.status.success() {
            return Err(self.failed(ended));
        }
        // It may hold a password, and has done its work.
        let settings = folder.join(SETTINGS);
        crate::build::folder::remove(&settings)
            .map_err(|e| BuildError::io("remove", &settings, e))?;
        if self.purpose != Purpose::Bundle {
            note(folder, child);
        }
        Ok(())
    }

    fn failed(&self, ended: Ended) -> BuildError {
        let (lock, log) = (self.shown_lock.clone(), ended.log);
        let differences = differences(&log.text);
        let error = match (unfit(&log.text), differences.is_empty()) {
            (Some((package, wants)), _) => NodeError::OtherPlatform { lock, package, wants },
            (None, false) => NodeError::OldLock { lock, differences },
            (None, true) => {
                NodeError::NpmFailed { lock, status: process::status(ended.status), log }
            }
        };
        error.into()
    }
}

/// Runs a program of Node.js to its end.
pub(super) fn start(command: &mut Command, child: &Child<'_>) -> Result<Ended, BuildError> {
    child.run(command).map_err(|error| match error {
        Unstarted::Log(error) => error,
        Unstarted::Child(source) if source.kind() == ErrorKind::NotFound => {
            MissingTool::Node.into()
        }
        Unstarted::Child(source) => {
            let program = command.get_program().to_string_lossy();
            BuildError::Io { doing: format!("start `{program}`"), source }
        }
    })
}

/// Tells of the scripts that npm did not run.
fn note(folder: &Path, child: &Child<'_>) {
    let list = fs::read(folder.join("node_modules/.package-lock.json"));
    let list = list.ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let names = with_scripts(&list);
    if !names.is_empty() {
        let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        child.progress.line(&format!(
            "packages of `{}` have scripts of their own, which are not run: {}",
            child.unit,
            quoted.join(", ")
        ));
    }
}

/// The packages of npm's own list that ask for a script to be run, sorted.
fn with_scripts(list: &Value) -> Vec<&str> {
    let packages = list["packages"].as_object().into_iter().flatten();
    let asking = packages.filter(|(_, package)| package["hasInstallScript"] == true);
    asking.map(|(path, _)| super::addons::package_of(path)).collect()
}

/// What does not fit in npm's words: `Missing: ms@2.1.3 from lock file`.
fn differences(log: &str) -> Vec<String> {
    if !log.contains("are in sync") {
        return Vec::new();
    }
    // The second is what it was before npm 11.
    let begins = ["npm error ", "npm ERR! "];
    let lines = log.lines().filter_map(|line| begins.iter().find_map(|it| line.strip_prefix(it)));
    let told = ["Missing: ", "Invalid: "];
    let mut all: Vec<_> = lines
        .filter(|line| told.iter().any(|word| line.starts_with(word)))
        .map(|line| line.trim_end().to_owned())
        .collect();
    if all.is_empty() {
        all.push("it does not fit `package.json`".to_owned());
    }
    all
}

/// The package that runs elsewhere alone, and where: `Unsupported platform for a@1: wanted
/// {"os":"darwin"} (current: {"os":"linux"})`.
fn unfit(log: &str) -> Option<(String, String)> {
    let (_, rest) = log.split_once("Unsupported platform for ")?;
    let (package, rest) = rest.split_once(": wanted ")?;
    let (wants, _) = rest.split_once(" (current")?;
    Some((package.to_owned(), wants.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_npm_says_is_read_from_its_words() {
        let log = "npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages \
                   when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. \
                   Please update your lock file with `npm install` before continuing.\nnpm error\n\
                   npm error Missing: ms@2.1.3 from lock file\n\
                   npm error Invalid: lock file's a@1.0.0 does not satisfy a@2.0.0\nnpm error\n";
        let expected = [
            "Missing: ms@2.1.3 from lock file",
            "Invalid: lock file's a@1.0.0 does not satisfy a@2.0.0",
        ];
        assert_eq!(differences(log), expected);
        assert_eq!(differences("npm error code E404\n"), [""; 0]);
        let log = "npm error code EBADPLATFORM\nnpm error notsup Unsupported platform for \
                   fsevents@2.3.3: wanted {\"os\":\"darwin\"} (current: {\"os\":\"linux\"})\n";
        assert_eq!(unfit(log), Some(("fsevents@2.3.3".into(), "{\"os\":\"darwin\"}".into())));
    }

    #[test]
    fn packages_with_scripts_are_named() {
        let list = json!({ "packages": {
            "node_modules/a": { "hasInstallScript": true },
            "node_modules/b": {},
            "node_modules/b/node_modules/@c/d": { "hasInstallScript": true },
        }});
        assert_eq!(with_scripts(&list), ["a", "@c/d"]);
    }
}
