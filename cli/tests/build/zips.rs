//! `kind = "zip"` and the core's zip.

use crate::support::{ELF, Project, age, core, python, zip, zip_of, zip_of_mode};
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
    let unit = BuildUnit { runtime: "provided.al2023".into(), ..zip("mail") };
    for name in ["bootstrap", "./bootstrap", "././bootstrap"] {
        let project = Project::new();
        let entries: [(&str, &[u8]); 2] = [(name, b"#!/bin/sh"), ("text", b"#!/bin/sh")];
        project.write("plugins/mail/code.zip", zip_of_mode(&entries, 0o600));
        let entries = project.entries(&project.artifact(&unit)).into_iter();
        let entries: Vec<_> = entries.map(|(name, mode, _)| (name, mode)).collect();
        assert_eq!(entries, [("bootstrap".into(), 0o755), ("text".into(), 0o644)]);
    }
}

#[test]
fn a_file_that_is_there_by_two_names_is_one_or_refused() {
    let project = Project::new();
    project.zip("plugins/mail/code.zip", &[("./", b""), ("./a/x", b"x"), ("a/x", b"x")]);
    let names: Vec<_> =
        project.entries(&project.artifact(&zip("mail"))).into_iter().map(|one| one.0).collect();
    assert_eq!(names, ["a/x"]);
    project.zip("plugins/mail/code.zip", &[("./a/x", b"x"), ("a/x", b"y")]);
    let failure = project.failure(&zip("mail"));
    let told = "`plugins/mail/code.zip` holds the entry `a/x` twice, with different contents";
    assert_eq!(failure.to_string(), format!("`mail` was not built: {told}"));
    assert_eq!(failure.fault(), Fault::Input);
    assert!(failure.hint().is_some());
}

/// Written as they stand: the links first, as somebody who means harm would.
fn hostile(links: &[(&str, &str)], files: &[&str]) -> Vec<u8> {
    use std::io::Write;
    let mut zip_file = zip_writer();
    let options = zip::write::SimpleFileOptions::default();
    for (name, target) in links {
        zip_file.add_symlink(*name, *target, options).unwrap();
    }
    for name in files {
        zip_file.start_file(*name, options).unwrap();
        zip_file.write_all(b"evil").unwrap();
    }
    zip_file.finish().unwrap().into_inner()
}

#[test]
fn nothing_is_written_outside_of_a_zips_own_folder() {
    let elsewhere = Project::new();
    let outside = elsewhere.path("").display().to_string();
    let below = "and `a` in it is no folder";
    let target = "may lie outside of the zip's own folder";
    for (links, files, told) in [
        (vec![("a", "d")], vec!["a/evil", "d/x"], below),
        (vec![("a", "d"), ("a/evil", "x")], vec!["d/x"], below),
        (vec![], vec!["a", "a/evil"], below),
        (vec![("a", outside.as_str())], vec!["a/evil"], target),
        (vec![("a", outside.as_str()), ("a/evil", "x")], vec![], target),
        (vec![("a", "../../evil")], vec![], target),
        (vec![("d/a", "../../evil")], vec![], target),
        (vec![("d/a", "../x/../../evil")], vec![], target),
    ] {
        for target in [Target::Aws, Target::Local] {
            let mut project = Project::new();
            project.target = target;
            project.write("plugins/mail/code.zip", hostile(&links, &files));
            let failure = project.failure(&zip("mail"));
            assert!(failure.to_string().contains(told), "{links:?} {files:?}: {failure}");
            assert!(failure.to_string().contains("`plugins/mail/code.zip`"), "{failure}");
            assert_eq!(failure.fault(), Fault::Input);
            assert!(failure.hint().is_some());
            assert_eq!(fs::read_dir(elsewhere.path("")).unwrap().count(), 0);
        }
    }
}

#[test]
fn links_that_stay_in_the_folder_are_kept() {
    let mut project = Project::new();
    project.target = Target::Local;
    let links = [("lib/current", "v1/x"), ("bin/x", "../lib/current"), ("lib64", "lib")];
    project.write("plugins/mail/code.zip", hostile(&links, &["lib/v1/x"]));
    project.artifact(&zip("mail"));
    for name in ["bin/x", "lib/current", "lib64/v1/x"] {
        let path = project.path(".scheduler/build/local/mail").join(name);
        assert_eq!(fs::read(path).unwrap(), b"evil", "{name}");
    }
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
        ("bootstrap", &elsewhere, "is an ELF file for arm64; it is to run on x86_64"),
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
    project.zip("plugins/mail/code.zip", &[("app.py", b"def entry(event, context): pass")]);
    project.artifact(&unit);
}

#[test]
fn a_zip_without_the_handlers_function_is_refused() {
    for (runtime, module, wrong, right) in [
        ("python3.12", "app.py", "def entri(event, context): pass", "from jobs import entry"),
        ("python3.12", "app/__init__.py", "import os", "def entry(event, context): pass"),
        ("nodejs22.x", "app.mjs", "export const entri = 1;", "export { x as entry };"),
        ("nodejs22.x", "app.js", "exports.entri = 1;", "module.exports = require('./jobs');"),
    ] {
        let project = Project::new();
        let handler = "app.entry".into();
        let unit = BuildUnit { runtime: runtime.into(), handler, ..zip("mail") };
        project.zip("plugins/mail/code.zip", &[(module, wrong.as_bytes())]);
        let failure = project.failure(&unit);
        let told = format!("`plugins/mail/code.zip/{module}` defines no `entry`");
        assert!(failure.to_string().contains(&told), "{failure}");
        assert_eq!(failure.fault(), Fault::Input);
        let hint = failure.hint().unwrap();
        assert!(wrong.contains("entri") == hint.contains("did you mean `entri`?"), "{hint}");
        project.zip("plugins/mail/code.zip", &[(module, right.as_bytes())]);
        project.artifact(&unit);
    }
}

#[test]
fn a_compiled_module_for_another_processor_is_refused() {
    let project = Project::new();
    let handler = "app.entry".into();
    let unit = BuildUnit { runtime: "python3.12".into(), handler, ..zip("mail") };
    let text = b"def entry(event, context): pass";
    project.zip("plugins/mail/code.zip", &[("app.py", text), ("quick/_c.so", ELF)]);
    project.artifact(&unit);
    let unit = BuildUnit { architecture: scheduler_plan::names::Architecture::Arm64, ..unit };
    let failure = project.failure(&unit);
    assert!(
        failure.to_string().contains(
            "`quick/_c.so` in `plugins/mail/code.zip` is an ELF file for x86_64, and the function \
             runs on Linux on arm64"
        ),
        "{failure}"
    );
    assert_eq!(failure.fault(), Fault::Input);
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
fn a_folder_of_more_than_lambda_takes_is_refused() {
    let project = Project::new();
    project.write("plugins/mail/handler.py", "def entry(event, context): pass");
    // Numbers that no packer makes smaller.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .take(50 * 1024 * 1024 / 8)
    .flatten()
    .collect();
    project.write("plugins/mail/model.bin", noise);
    let failure = project.failure(&python("mail"));
    let text = failure.to_string();
    assert!(text.contains("`.scheduler/build/mail-x86_64.zip` has 524"), "{text}");
    assert!(text.contains("bytes zipped, Lambda takes at most 52428800"), "{text}");
    assert_eq!(failure.fault(), Fault::Input);
    assert_eq!(failure.hint().unwrap(), "leave out what the function does not need to run");
    let file = fs::File::create(project.path("plugins/mail/model.bin")).unwrap();
    file.set_len(250 * 1024 * 1024).unwrap();
    let text = project.failure(&python("mail")).to_string();
    assert!(
        text.contains("has 262144031 bytes unpacked, Lambda takes at most 262144000"),
        "{text}"
    );
    assert!(!project.path(".scheduler/build/mail-x86_64.zip").exists());
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
