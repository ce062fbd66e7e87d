//! What a zip has to hold for its runtime to start it, looked at before anything is uploaded.
//!
//! In: the entries of a unit's zip. Out: the first reason why Lambda would refuse the function, or
//! start it in vain. Deliberately absent: functions with layers, where what is missing may lie in
//! one of those.

use super::archive::{Content, Entry, UNPACKED_MAX, expect_architecture};
use super::error::{BuildError, ContentsError};
use super::request::Target;
use scheduler_plan::unit::{BuildUnit, UnitKind};

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
    let found = match unit.runtime.as_str() {
        // What the tool builds itself it has looked at already.
        _ if unit.layered || matches!(unit.kind, UnitKind::Core { .. } | UnitKind::Rust { .. }) => {
            Ok(())
        }
        runtime if runtime.starts_with("provided.") => bootstrap(entries, unit, target),
        runtime if runtime.starts_with("python") => module(entries, handler, PYTHON),
        runtime if runtime.starts_with("nodejs") => module(entries, handler, NODE),
        _ => Ok(()),
    };
    found.map_err(|missing| missing.of(zip).into())
}

/// What is missing in some zip.
enum Missing {
    Bootstrap { elsewhere: Option<String> },
    Unstartable { what: String },
    Module { handler: String, file: String },
}

impl Missing {
    fn of(self, zip: String) -> ContentsError {
        match self {
            Self::Bootstrap { elsewhere } => ContentsError::NoBootstrap { zip, elsewhere },
            Self::Unstartable { what } => ContentsError::Unstartable { zip, what },
            Self::Module { handler, file } => ContentsError::NoModule { zip, handler, file },
        }
    }
}

fn bootstrap(entries: &[Entry], unit: &BuildUnit, target: Target) -> Result<(), Missing> {
    let Some(entry) = entries.iter().find(|entry| plain(&entry.name) == BOOTSTRAP) else {
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
    expect_architecture(head, unit.architecture).map_err(|found| Missing::Unstartable {
        what: format!(
            "{found}, and no script with a `#!` line; it is to run on {}",
            unit.architecture
        ),
    })
}

/// How a runtime finds a handler's module.
struct Modules {
    endings: &'static [&'static str],
    /// The handler's module without its function.
    of: fn(&str) -> &str,
}

const PYTHON: &Modules =
    &Modules { endings: &[".py", "/__init__.py", ".pyc", ".so"], of: before_last_dot };
const NODE: &Modules = &Modules { endings: &[".js", ".mjs", ".cjs"], of: before_first_dot };

fn before_last_dot(handler: &str) -> &str {
    handler.rsplit_once('.').map_or(handler, |(module, _)| module)
}

// The function may be a name in a name: `src/module.jobs.mail`.
fn before_first_dot(handler: &str) -> &str {
    let start = handler.rfind('/').map_or(0, |at| at + 1);
    let end = handler[start..].find('.').map_or(handler.len(), |at| start + at);
    &handler[..end]
}

fn module(entries: &[Entry], handler: &str, modules: &Modules) -> Result<(), Missing> {
    let module = plain((modules.of)(handler));
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
    if entries.iter().any(|entry| fits(plain(&entry.name))) {
        return Ok(());
    }
    let file = format!("{module}{}", modules.endings.first().unwrap_or(&""));
    Err(Missing::Module { handler: handler.to_owned(), file })
}

fn plain(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
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
            ("python3.12", "jobs/mail.entry", "./jobs/mail.py"),
            ("nodejs22.x", "app.handler", "app.mjs"),
            ("nodejs22.x", "src/app.handler", "src/app.js"),
            ("nodejs22.x", "./src/app.jobs.mail", "src/app.js"),
            ("ruby3.3", "app.handler", "anything"),
        ] {
            assert_eq!(told(&unit(runtime, handler), &[(file, b"")]), None, "{handler} {file}");
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
    }
}
