//! Temporary projects.

use scheduler::build::{BuildFailure, BuildReport, BuildRequest, CoreSource, Target, build};
use scheduler::progress::Progress;
use scheduler_plan::names::Architecture;
use scheduler_plan::unit::{Artifact, BuildUnit, UnitKind};
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use tempfile::TempDir;

/// The first bytes of an ELF file for `x86_64`, and no more.
pub(crate) const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";

/// What was told while building.
#[derive(Default)]
pub(crate) struct Told(pub(crate) Mutex<Vec<String>>);

impl Progress for Told {
    fn line(&self, text: &str) {
        self.0.lock().unwrap().push(text.into());
    }
}

/// A project in a folder of its own.
pub(crate) struct Project {
    folder: TempDir,
    pub(crate) target: Target,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), target: Target::Aws }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Written by a process of its own: this one forks in other threads, which would hold the
    /// file open while it is started.
    pub(crate) fn script(&self, path: &str, body: &str) {
        self.write(path, "");
        let mut shell = Command::new("sh");
        shell.args(["-c", "printf '%s' \"$1\" > \"$0\" && chmod +x \"$0\""]);
        let text = format!("#!/bin/sh\nset -e\n{body}\n");
        assert!(shell.arg(self.path(path)).arg(text).status().unwrap().success());
    }

    pub(crate) fn zip(&self, path: &str, entries: &[(&str, &[u8])]) {
        self.write(path, zip_of(entries));
    }

    pub(crate) fn build(&self, units: &[BuildUnit]) -> BuildReport {
        self.build_and_tell(units).0
    }

    pub(crate) fn build_and_tell(&self, units: &[BuildUnit]) -> (BuildReport, Vec<String>) {
        let told = Told::default();
        let request = BuildRequest {
            project: self.folder.path(),
            units,
            target: self.target,
            core: CoreSource::Embedded(ELF),
        };
        let report = build(&request, &told).unwrap();
        (report, told.0.into_inner().unwrap())
    }

    /// Builds the one unit, which must work.
    pub(crate) fn artifact(&self, unit: &BuildUnit) -> Artifact {
        let mut report = self.build(std::slice::from_ref(unit));
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        report.artifacts.remove(0)
    }

    /// Builds the one unit, which must fail.
    pub(crate) fn failure(&self, unit: &BuildUnit) -> BuildFailure {
        let mut report = self.build(std::slice::from_ref(unit));
        assert!(report.artifacts.is_empty(), "{:?}", report.artifacts);
        report.failures.remove(0)
    }

    /// The zip's entries: name, mode, content.
    pub(crate) fn entries(&self, artifact: &Artifact) -> Vec<(String, u32, Vec<u8>)> {
        entries(&fs::read(self.path(&artifact.path)).unwrap())
    }

    /// Everything below the output folder that has no business there.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.path(".scheduler/build")).unwrap();
        let paths = files.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "tmp")).collect()
    }
}

pub(crate) fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zip_of_mode(entries, 0o744)
}

pub(crate) fn zip_of_mode(entries: &[(&str, &[u8])], mode: u32) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(mode);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn entries(zip: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let (name, mode) = (file.name().unwrap().into_owned(), file.unix_mode().unwrap());
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (name, mode & 0o777, content)
        })
        .collect()
}

fn unit(name: &str, kind: UnitKind) -> BuildUnit {
    let (runtime, handler) = match &kind {
        UnitKind::Python { .. } => ("python3.12", "handler.entry"),
        // Whatever such a zip holds, nothing is looked for in it.
        UnitKind::Command { .. } | UnitKind::Zip { .. } => ("java21", "mail.Handler"),
        _ => ("provided.al2023", "bootstrap"),
    };
    BuildUnit {
        name: name.into(),
        architecture: Architecture::X86_64,
        runtime: runtime.into(),
        handler: handler.into(),
        layered: false,
        inputs: Vec::new(),
        kind,
    }
}

pub(crate) fn core(job_types: &str) -> BuildUnit {
    unit("core", UnitKind::Core { job_types: job_types.into() })
}

/// The original's contract, in `plugins/<name>`.
pub(crate) fn command(name: &str) -> BuildUnit {
    let (run, zip) =
        ("bin/package_lambda_entrypoint".into(), ".packaging/result/lambda.zip".into());
    unit(name, UnitKind::Command { dir: format!("plugins/{name}"), run, zip })
}

pub(crate) fn zip(name: &str) -> BuildUnit {
    unit(name, UnitKind::Zip { path: format!("plugins/{name}/code.zip") })
}

pub(crate) fn rust(name: &str) -> BuildUnit {
    unit(name, UnitKind::Rust { dir: format!("plugins/{name}"), bin: name.into() })
}

/// Without requirements.
pub(crate) fn python(name: &str) -> BuildUnit {
    let without = vec!["plugin.toml".into()];
    unit(name, UnitKind::Python { dir: format!("plugins/{name}"), without, requirements: None })
}

/// Gives every file below another time.
pub(crate) fn age(folder: &Path) {
    let mut find = Command::new("find");
    find.arg(folder).args(["-exec", "touch", "-h", "-d", "2001-02-03", "{}", "+"]);
    assert!(find.stdin(Stdio::null()).status().unwrap().success());
}
