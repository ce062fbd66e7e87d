//! `kind = "zip"` and the core's zip.

use crate::support::{ELF, Project, age, core, zip, zip_of};
use scheduler::build::{Fault, Target};
use scheduler_plan::unit::BuildUnit;
use std::fs;

#[test]
fn a_zip_is_made_anew_with_fixed_times() {
    let (one, other) = (Project::new(), Project::new());
    one.zip("plugins/mail/code.zip", &[("bootstrap", b"#!/bin/sh"), ("a", b"a")]);
    other.zip("plugins/mail/code.zip", &[("a", b"a"), ("bootstrap", b"#!/bin/sh")]);
    age(&other.path("plugins"));
    let artifact = one.artifact(&zip("mail"));
    assert_eq!(artifact.sha256, other.artifact(&zip("mail")).sha256);
    let entries = one.entries(&artifact);
    assert_eq!(entries[1], ("bootstrap".into(), 0o755, b"#!/bin/sh".to_vec()));
}

#[test]
fn a_bootstrap_is_always_executable() {
    use std::io::Write;
    let project = Project::new();
    let mut zip_file = zip_writer();
    for name in ["bootstrap", "text"] {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(0o600);
        zip_file.start_file(name, options).unwrap();
        zip_file.write_all(b"#!/bin/sh").unwrap();
    }
    project.write("plugins/mail/code.zip", zip_file.finish().unwrap().into_inner());
    let artifact = project.artifact(&zip("mail"));
    let modes: Vec<_> = project.entries(&artifact).into_iter().map(|entry| entry.1).collect();
    assert_eq!(modes, [0o755, 0o644]);
}

fn zip_writer() -> zip::ZipWriter<std::io::Cursor<Vec<u8>>> {
    zip::ZipWriter::new(std::io::Cursor::new(Vec::new()))
}

#[test]
fn links_are_kept() {
    let mut project = Project::new();
    let mut zip_file = zip_writer();
    let options = zip::write::SimpleFileOptions::default();
    zip_file.add_symlink("link", "file", options).unwrap();
    zip_file.start_file("file", options).unwrap();
    project.write("plugins/mail/code.zip", zip_file.finish().unwrap().into_inner());
    project.target = Target::Local;
    let artifact = project.artifact(&zip("mail"));
    assert_eq!(artifact.path, ".scheduler/build/local/mail.zip");
    let link = project.path(".scheduler/build/local/mail/link");
    assert_eq!(fs::read_link(link).unwrap().to_str(), Some("file"));
}

#[test]
fn a_zip_that_its_runtime_could_not_start_is_refused() {
    let project = Project::new();
    let (runtime, handler) = ("provided.al2023".into(), "bootstrap".into());
    let unit = BuildUnit { runtime, handler, ..zip("mail") };
    let elsewhere = [0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0xb7, 0];
    for (name, bytes, told) in [
        ("code.py", &b"x"[..], "`plugins/mail/code.zip` holds no `bootstrap`"),
        ("out/bootstrap", b"#!/bin/sh", "holds `out/bootstrap` and no `bootstrap` beside it"),
        ("bootstrap", &elsewhere, "is an ELF file for arm64"),
        ("bootstrap", b"echo", "is no 64-bit ELF file, and no script with a `#!` line"),
    ] {
        project.zip("plugins/mail/code.zip", &[(name, bytes)]);
        let failure = project.failure(&unit);
        assert!(failure.to_string().contains(told), "{failure}");
        assert_eq!(failure.fault(), Fault::Input);
        assert!(failure.hint().is_some(), "{failure}");
    }
    project.zip("plugins/mail/code.zip", &[("bootstrap", b"#!/bin/sh")]);
    project.artifact(&unit);
}

#[test]
fn a_zip_without_the_handlers_module_is_refused() {
    let project = Project::new();
    let unit =
        BuildUnit { runtime: "python3.12".into(), handler: "app.entry".into(), ..zip("mail") };
    project.zip("plugins/mail/code.zip", &[("src/app.py", b"")]);
    let failure = project.failure(&unit).to_string();
    assert!(failure.contains("`plugins/mail/code.zip` holds no `app.py`"), "{failure}");
    project.zip("plugins/mail/code.zip", &[("app.py", b"")]);
    project.artifact(&unit);
}

#[test]
fn a_missing_zip_is_named() {
    let project = Project::new();
    let failure = project.failure(&zip("mail"));
    assert_eq!(
        failure.to_string(),
        "`mail` was not built: there is no zip `plugins/mail/code.zip`"
    );
    assert_eq!(failure.fault(), Fault::Input);
}

#[test]
fn an_entry_that_would_leave_the_folder_is_refused() {
    for name in ["../evil", "/etc/evil", "a/../../evil"] {
        let project = Project::new();
        project.zip("plugins/mail/code.zip", &[(name, b"x")]);
        let failure = project.failure(&zip("mail"));
        assert_eq!(
            failure.to_string(),
            format!(
                "`mail` was not built: `plugins/mail/code.zip` holds the entry `{name}`, which \
                 lies outside of the zip's own folder"
            )
        );
        assert_eq!(failure.fault(), Fault::Input);
    }
}

#[test]
fn an_empty_or_broken_zip_is_refused() {
    let mut cut = zip_of(&[("a", &[7; 4000])]);
    cut.truncate(60);
    for content in [zip_of(&[]), cut] {
        let project = Project::new();
        project.write("plugins/mail/code.zip", content);
        let failure = project.failure(&zip("mail"));
        assert!(failure.to_string().contains("is not a zip that can be read"), "{failure}");
        assert_eq!(failure.fault(), Fault::Input);
    }
}

#[test]
fn more_than_lambda_takes_is_refused() {
    let project = Project::new();
    let zeros = vec![0; 250 * 1024 * 1024 + 1];
    project.zip("plugins/mail/code.zip", &[("zeros", &zeros)]);
    let failure = project.failure(&zip("mail"));
    assert_eq!(
        failure.to_string(),
        "`mail` was not built: `plugins/mail/code.zip` has 262144001 bytes unpacked, Lambda takes \
         at most 262144000"
    );
    assert_eq!(failure.fault(), Fault::Input);
}

#[test]
fn the_core_is_its_bootstrap_and_the_job_types() {
    let project = Project::new();
    let artifact = project.artifact(&core("{\"ping\":{}}"));
    assert_eq!(
        project.entries(&artifact),
        [
            ("bootstrap".into(), 0o755, ELF.to_vec()),
            ("job_types.json".into(), 0o644, b"{\"ping\":{}}".to_vec()),
        ]
    );
    assert!(project.artifact(&core("{\"ping\":{}}")).cached);
    assert!(!project.artifact(&core("{}")).cached);
}

#[test]
fn a_core_for_another_processor_is_refused() {
    let project = Project::new();
    let mut unit = core("{}");
    unit.architecture = scheduler_plan::names::Architecture::Arm64;
    let failure = project.failure(&unit);
    assert_eq!(
        failure.to_string(),
        "`core` was not built: the core that this `scheduler` carries is an ELF file for x86_64, \
         but the function runs on arm64"
    );
}
