//! What a zip has to hold for its runtime to start it, looked at before anything is uploaded.
//!
//! In: the entries of a unit's zip. Out: the first reason why Lambda would refuse the function, or
//! start it in vain. What is missing may lie in a layer, where the function has some; what is there
//! is looked at all the same.

use super::archive::{Content, Entry, UNPACKED_MAX, expect_architecture};
use super::error::{BuildError, ContentsError};
use super::natives;
use super::request::Target;
use scheduler_plan::resolve::{node_names, python_names};
use scheduler_plan::unit::{BuildUnit, UnitKind};
use std::collections::BTreeSet;

const BOOTSTRAP: &str = "bootstrap";
/// How many bytes of a file say what it is.
const HEAD: usize = 64;

/// Looks at the entries. `zip` is the file for people.
pub(super) fn check(
    entries: &[Entry],
    unit: &BuildUnit,
    target: Target,
    zip: &str,
) -> Result<(), BuildError> {
    let bytes = entries.iter().map(|entry| entry.content.bytes() as u64).sum();
    if bytes > UNPACKED_MAX {
        let (zip, limit) = (zip.to_owned(), UNPACKED_MAX);
        return Err(BuildError::TooLarge { zip, state: "unpacked", bytes, limit });
    }
    let (zip, handler) = (zip.to_owned(), &unit.handler);
    let found =
        match unit.runtime.as_str() {
            // What the tool builds itself it has looked at already.
            _ if matches!(unit.kind, UnitKind::Core { .. } | UnitKind::Rust { .. }) => Ok(()),
            runtime if runtime.starts_with("provided.") => bootstrap(entries, unit, target),
            runtime if runtime.starts_with("python") => module(entries, handler, PYTHON)
                .and_then(|()| compiled(entries, unit, target, ".so")),
            runtime if runtime.starts_with("nodejs") => module(entries, handler, NODE)
                .and_then(|()| compiled(entries, unit, target, ".node")),
            _ => Ok(()),
        };
    match found {
        Err(missing) if !(unit.layered && missing.may_lie_in_a_layer()) => {
            Err(missing.of(zip).into())
        }
        _ => Ok(()),
    }
}

/// What is missing in some zip.
enum Missing {
    Bootstrap { elsewhere: Option<String> },
    Unstartable { what: String },
    Module { handler: String, file: String },
    Function { file: String, function: String, others: Vec<String> },
    OtherBinary { file: String, found: String, wanted: &'static str },
}

impl Missing {
    fn may_lie_in_a_layer(&self) -> bool {
        match self {
            Self::Bootstrap { .. } | Self::Module { .. } => true,
            Self::Unstartable { .. } | Self::Function { .. } | Self::OtherBinary { .. } => false,
        }
    }

    fn of(self, zip: String) -> ContentsError {
        match self {
            Self::Bootstrap { elsewhere } => ContentsError::NoBootstrap { zip, elsewhere },
            Self::Unstartable { what } => ContentsError::Unstartable { zip, what },
            Self::Module { handler, file } => ContentsError::NoModule { zip, handler, file },
            Self::Function { file, function, others } => {
                ContentsError::NoFunction { file: format!("{zip}/{file}"), function, others }
            }
            Self::OtherBinary { file, found, wanted } => {
                ContentsError::OtherBinary { zip, file, found, wanted }
            }
        }
    }
}

fn bootstrap(entries: &[Entry], unit: &BuildUnit, target: Target) -> Result<(), Missing> {
    let Some(entry) = entries.iter().find(|entry| entry.name == BOOTSTRAP) else {
        let deeper = entries.iter().find(|entry| entry.name.ends_with("/bootstrap"));
        return Err(Missing::Bootstrap { elsewhere: deeper.map(|entry| entry.name.clone()) });
    };
    let bytes = match &entry.content {
        Content::File(bytes) | Content::Executable(bytes) => bytes,
        // Where a link leads is for Lambda to see.
        Content::Link(_) => return Ok(()),
        Content::Folder => return Err(Missing::Unstartable { what: "a folder".into() }),
    };
    if bytes.starts_with(b"#!") || target == Target::Local {
        return Ok(());
    }
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    expect_architecture(head, unit.architecture).map_err(|found| {
        let no_script = match found.contains("an ELF file") {
            true => "",
            false => ", and no script with a `#!` line",
        };
        Missing::Unstartable {
            what: format!("{found}{no_script}; it is to run on {}", unit.architecture),
        }
    })
}

/// How a runtime finds a handler's module.
struct Modules {
    endings: &'static [&'static str],
    /// Those of them whose text can be looked at, in the order in which they are taken.
    texts: &'static [&'static str],
    /// The handler's module and its function.
    of: fn(&str) -> (&str, &str),
    /// The names that a text defines, where all of them can be seen.
    names: fn(&str) -> Option<BTreeSet<String>>,
}

const PYTHON: &Modules = &Modules {
    endings: &[".py", "/__init__.py", ".pyc", ".so"],
    texts: &["/__init__.py", ".py"],
    of: at_last_dot,
    names: python_names,
};
const NODE: &Modules = &Modules {
    endings: &[".js", ".mjs", ".cjs"],
    texts: &[".js", ".mjs", ".cjs"],
    of: at_first_dot,
    names: node_names,
};

fn at_last_dot(handler: &str) -> (&str, &str) {
    handler.rsplit_once('.').unwrap_or((handler, ""))
}

// The function may be a name in a name: `src/module.jobs.mail`.
fn at_first_dot(handler: &str) -> (&str, &str) {
    let start = handler.rfind('/').map_or(0, |at| at + 1);
    let end = handler[start..].find('.').map_or(handler.len(), |at| start + at);
    let function = handler[end..].trim_start_matches('.').split('.').next();
    (&handler[..end], function.unwrap_or_default())
}

/// The name in the module that a handler of Node.js is.
pub(super) fn node_function(handler: &str) -> &str {
    at_first_dot(handler).1
}

fn module(entries: &[Entry], handler: &str, modules: &Modules) -> Result<(), Missing> {
    let (module, function) = (modules.of)(handler);
    let module = module.strip_prefix("./").unwrap_or(module);
    // Python's `package.module.function` is a path as well.
    let paths = [module.to_owned(), module.replace('.', "/")];
    let fits = |name: &str| {
        let mut files = paths
            .iter()
            .flat_map(|path| modules.endings.iter().map(move |ending| format!("{path}{ending}")));
        let compiled = name.ends_with(".so")
            && paths.iter().any(|path| name.starts_with(&format!("{path}.cpython-")));
        compiled || files.any(|file| file == name)
    };
    if entries.iter().any(|entry| fits(&entry.name)) {
        return defined(entries, &paths, function, modules);
    }
    let file = format!("{module}{}", modules.endings.first().unwrap_or(&""));
    Err(Missing::Module { handler: handler.to_owned(), file })
}

/// Whether the module defines the function, as far as a look at its text tells.
fn defined(
    entries: &[Entry],
    paths: &[String],
    function: &str,
    modules: &Modules,
) -> Result<(), Missing> {
    let files = paths
        .iter()
        .flat_map(|path| modules.texts.iter().map(move |ending| format!("{path}{ending}")));
    let found = files.filter_map(|file| entries.iter().find(|entry| entry.name == file)).next();
    let Some(Entry { name, content: Content::File(bytes) | Content::Executable(bytes) }) = found
    else {
        return Ok(());
    };
    match (modules.names)(&String::from_utf8_lossy(bytes)) {
        Some(names) if !names.contains(function) => Err(Missing::Function {
            file: name.clone(),
            function: function.to_owned(),
            others: names.into_iter().collect(),
        }),
        _ => Ok(()),
    }
}

/// Whether what is compiled runs on the function's processor.
fn compiled(
    entries: &[Entry],
    unit: &BuildUnit,
    target: Target,
    ending: &str,
) -> Result<(), Missing> {
    let wanted = unit.architecture;
    match natives::unfit(entries, ending, top, wanted) {
        Some(unfit) if target == Target::Aws => Err(Missing::OtherBinary {
            file: unfit.file.to_owned(),
            found: unfit.found,
            wanted: wanted.as_str(),
        }),
        _ => Ok(()),
    }
}

/// Packages that have a file for each processor have it in a folder of their own.
fn top(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scheduler_plan::names::Architecture;

    fn unit(runtime: &str, handler: &str) -> BuildUnit {
        BuildUnit {
            name: "mail".into(),
            architecture: Architecture::Arm64,
            runtime: runtime.into(),
            handler: handler.into(),
            layered: false,
            inputs: Vec::new(),
            kind: UnitKind::Zip { path: "code.zip".into() },
        }
    }

    fn told(unit: &BuildUnit, entries: &[(&str, &[u8])]) -> Option<String> {
        let entries: Vec<_> = entries
            .iter()
            .map(|(name, bytes)| Entry {
                name: (*name).to_owned(),
                content: Content::File(bytes.to_vec()),
            })
            .collect();
        check(&entries, unit, Target::Aws, "code.zip").err().map(|error| error.to_string())
    }

    #[test]
    fn a_module_is_found_as_its_runtime_finds_it() {
        for (runtime, handler, file) in [
            ("python3.12", "app.entry", "app.py"),
            ("python3.12", "app.entry", "app/__init__.py"),
            ("python3.12", "app.entry", "app.cpython-312-x86_64-linux-gnu.so"),
            ("python3.12", "jobs.mail.entry", "jobs/mail.py"),
            ("python3.12", "jobs/mail.entry", "jobs/mail.py"),
            ("nodejs22.x", "app.handler", "app.mjs"),
            ("nodejs22.x", "src/app.handler", "src/app.js"),
            ("nodejs22.x", "./src/app.jobs.mail", "src/app.js"),
            ("ruby3.3", "app.handler", "anything"),
        ] {
            let text: &[u8] = match runtime {
                _ if file.ends_with(".so") => b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xb7\0",
                "python3.12" => b"from jobs import *",
                _ => b"module.exports = require('./jobs');",
            };
            assert_eq!(told(&unit(runtime, handler), &[(file, text)]), None, "{handler} {file}");
        }
        let missing = told(&unit("python3.12", "app.entry"), &[("src/app.py", b"")]).unwrap();
        assert!(missing.contains("`app.py`"), "{missing}");
    }

    #[test]
    fn a_bootstrap_may_be_a_script_and_no_other_processors_program() {
        let unit = unit("provided.al2023", "bootstrap");
        assert_eq!(told(&unit, &[("bootstrap", b"#!/bin/sh\n")]), None);
        let mut elf = b"\x7fELF\x02\x01".to_vec();
        elf.resize(18, 0);
        elf.extend([0x3e, 0]);
        let wrong = told(&unit, &[("bootstrap", &elf)]).unwrap();
        assert!(wrong.contains("an ELF file for x86_64") && wrong.contains("arm64"), "{wrong}");
        let deeper = told(&unit, &[("out/bootstrap", b"#!/bin/sh\n")]).unwrap();
        assert!(deeper.contains("`out/bootstrap`"), "{deeper}");
        let layered = BuildUnit { layered: true, ..unit };
        assert_eq!(told(&layered, &[("lib.py", b"")]), None);
        let wrong = told(&layered, &[("bootstrap", &elf)]).unwrap();
        assert!(wrong.contains("an ELF file for x86_64"), "{wrong}");
    }
}
