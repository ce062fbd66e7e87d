//! One call of pip.

use super::interpreter::{self, PYTHON};
use super::packages;
use super::platform::Platform;
use crate::build::error::{BuildError, MissingTool, PackagesError};
use crate::build::folder::remove;
use crate::build::process::{self, Child, Ended, Unstarted};
use scheduler_plan::problem::Place;
use scheduler_plan::requirements::{Says, lines, normal};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// Runs pip with the environment markers of another machine.
const ELSEWHERE: &str = include_str!("pip.py");
/// The ending of pip's own log, beside that of what it printed.
const SEARCH: &str = "pip";
/// Settings of a person's own that would put packages somewhere else, or ask.
const SETTINGS: &[(&str, &str)] = &[
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("PIP_NO_INPUT", "1"),
    ("PIP_REQUIRE_VIRTUALENV", "0"),
    ("PIP_ROOT_USER_ACTION", "ignore"),
    ("PIP_USER", "0"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONUNBUFFERED", "1"),
];

/// What has to be installed, for where.
#[derive(Debug)]
pub(in crate::build) struct Pip<'a> {
    /// The file of requirements.
    pub(in crate::build) requirements: &'a Path,
    /// The file for people.
    pub(in crate::build) shown: String,
    /// Its text.
    pub(in crate::build) text: String,
    pub(in crate::build) machine: Machine<'a>,
}

/// Where the packages are going to run.
#[derive(Debug, Clone, Copy)]
pub(in crate::build) enum Machine<'a> {
    /// In a runtime of Lambda.
    Lambda(Platform<'a>),
    /// Here, under this interpreter.
    Here(&'a str),
}

impl Machine<'_> {
    /// Whatever packages depend on.
    pub(in crate::build) fn identity(&self) -> String {
        match self {
            Self::Lambda(platform) => platform.shown(),
            Self::Here(identity) => (*identity).to_owned(),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Lambda(platform) => platform.shown(),
            Self::Here(identity) => match interpreter::version(identity) {
                Some(version) => format!("this machine's Python {version}"),
                None => format!("this machine's `{PYTHON}`"),
            },
        }
    }
}

impl Pip<'_> {
    /// Fills an empty folder. pip runs in `place`, where no file of the plugin's stands in for one
    /// of pip's.
    pub(in crate::build) fn install(
        &self,
        folder: &Path,
        place: &Path,
        child: &Child<'_>,
    ) -> Result<(), BuildError> {
        let mut command = self.command(folder);
        // More than a person wants to see: which wheels there are, and why they do not fit.
        let search = child.log.with_extension(SEARCH);
        remove(&search).map_err(|e| BuildError::io("remove", &search, e))?;
        command.arg("--log").arg(&search).current_dir(place);
        let ended = child.run(&mut command).map_err(|error| match error {
            Unstarted::Log(error) => error,
            Unstarted::Child(source) if source.kind() == ErrorKind::NotFound => {
                MissingTool::Python.into()
            }
            Unstarted::Child(source) => {
                BuildError::Io { doing: format!("start `{PYTHON}`"), source }
            }
        })?;
        if !ended.status.success() {
            return Err(self.failed(ended, &fs::read_to_string(&search).unwrap_or_default()));
        }
        match packages::others(folder, &self.names())? {
            others if others.is_empty() => Ok(()),
            others => Err(PackagesError::Unpinned { file: self.shown.clone(), others }.into()),
        }
    }

    fn command(&self, folder: &Path) -> Command {
        let mut python = Command::new(PYTHON);
        match self.machine {
            Machine::Here(_) => python.args(["-m", "pip"]),
            Machine::Lambda(there) => {
                python.args(["-c", ELSEWHERE]).arg(there.markers().to_string())
            }
        };
        python.args(["install", "--no-compile", "--no-warn-script-location"]);
        python.args(["--progress-bar", "off", "--no-color"]);
        python.arg("--target").arg(folder).arg("--requirement").arg(self.requirements);
        if let Machine::Lambda(there) = self.machine {
            python.args(["--only-binary", ":all:", "--implementation", "cp"]);
            python.args(["--python-version", there.version]);
            python.args(there.tags().iter().flat_map(|tag| ["--platform", tag]));
        }
        python.envs(SETTINGS.iter().copied());
        python
    }

    fn names(&self) -> Vec<String> {
        let names = lines(&self.text).into_iter().filter_map(|line| match line.says {
            Says::Pinned { name } => Some(name),
            Says::Unpinned { .. } | Says::Search | Says::Foreign { .. } => None,
        });
        names.collect()
    }

    fn failed(&self, ended: Ended, search: &str) -> BuildError {
        let log = ended.log;
        if log.text.contains("No module named pip") {
            return MissingTool::Pip.into();
        }
        match unavailable(&log.text) {
            Some((requirement, versions)) => PackagesError::NoWheel {
                place: self.place(requirement),
                requirement: requirement.into(),
                machine: self.machine.shown().into(),
                versions,
                wheels: unfit_wheels(search, requirement).into(),
            }
            .into(),
            None => {
                let (file, status) = (self.shown.clone(), process::status(ended.status));
                PackagesError::PipFailed { file, status, log }.into()
            }
        }
    }

    /// Where the file asks for the package; the file's begin where a package does that it names.
    fn place(&self, requirement: &str) -> Place {
        let wanted = normal(parts(requirement).0);
        let lines = lines(&self.text);
        let line = lines.iter().find(|line| line.says == Says::Pinned { name: wanted.clone() });
        let (line, column) = line.map_or((1, 1), |line| (line.number, line.column));
        Place { path: self.shown.clone(), line, column }
    }
}

/// A requirement's name, and the rest of it.
fn parts(requirement: &str) -> (&str, &str) {
    let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
    requirement.split_at(end.unwrap_or(requirement.len()))
}

/// The files of the wanted version that pip passed over, since they are for another platform or
/// another Python.
fn unfit_wheels(search: &str, requirement: &str) -> Vec<String> {
    let (name, rest) = parts(requirement);
    let version = rest.trim_start_matches('=').trim();
    let passed = search.lines().filter(|line| line.contains("none of the wheel's tags"));
    let files = passed.filter_map(|line| {
        let end = line.find(".whl")? + ".whl".len();
        line[..end].rsplit(['/', ' ']).next()
    });
    let wanted = |file: &&str| {
        let mut words = file.split('-');
        let (found, of) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        normal(found) == normal(name) && of == version
    };
    let wheels: BTreeSet<String> = files.filter(wanted).map(str::to_owned).collect();
    wheels.into_iter().collect()
}

/// The requirement that pip found nothing for, and the versions that there would be. `None` where
/// it did not reach who knows.
fn unavailable(log: &str) -> Option<(&str, Vec<String>)> {
    if log.contains("Retrying (Retry(") {
        return None;
    }
    let after = |marker: &str| log.lines().find_map(|line| Some(line.split_once(marker)?.1));
    let requirement = after("No matching distribution found for ")?;
    // "idna==1 (from -r requirements.txt (line 3))", as pip sometimes says it.
    let requirement = requirement.split(" (from ").next().unwrap_or(requirement).trim();
    let versions = after("(from versions: ").and_then(|rest| rest.split(')').next());
    let versions = versions.filter(|versions| *versions != "none").unwrap_or_default();
    let versions = versions.split(", ").filter(|version| !version.is_empty());
    Some((requirement, versions.map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pip_does_not_find_is_read_from_its_words() {
        let log = "ERROR: Could not find a version that satisfies the requirement markupsafe==1.0 \
                   (from versions: 2.1.3, 2.1.4)\n\
                   ERROR: No matching distribution found for markupsafe==1.0\n";
        let versions = vec!["2.1.3".to_owned(), "2.1.4".to_owned()];
        assert_eq!(unavailable(log), Some(("markupsafe==1.0", versions)));
        let none = log.replace("2.1.3, 2.1.4", "none");
        assert_eq!(unavailable(&none), Some(("markupsafe==1.0", Vec::new())));
    }

    #[test]
    fn without_a_network_nothing_is_said_about_the_package() {
        let log = "WARNING: Retrying (Retry(total=0)) after connection broken\n\
                   ERROR: No matching distribution found for idna==3.7\n";
        assert_eq!(unavailable(log), None);
    }
}
