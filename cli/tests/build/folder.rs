//! The output folder: what is in it, who may use it, what it remembers.

use crate::support::{Project, command, core, zip};
use std::fs;
use std::thread;

#[test]
fn two_builds_at_once_build_once() {
    let project = Project::new();
    project.zip("made.zip", &[("x", b"x")]);
    project.script(
        "plugins/mail/bin/package_lambda_entrypoint",
        "echo x >> ../../runs; sleep 0.2; cp ../../made.zip made; mkdir -p .packaging/result; \
         mv made .packaging/result/lambda.zip",
    );
    let unit = command("mail");
    let (one, other) = thread::scope(|scope| {
        let one = scope.spawn(|| project.artifact(&unit));
        let other = scope.spawn(|| project.artifact(&unit));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(one.sha256, other.sha256);
    assert_ne!(one.cached, other.cached);
    assert_eq!(fs::read_to_string(project.path("runs")).unwrap(), "x\n");
}

#[test]
fn what_a_killed_build_left_is_removed() {
    let project = Project::new();
    project.zip("plugins/mail/code.zip", &[("x", b"x")]);
    project.write(".scheduler/build/mail-x86_64.zip.tmp", "half a z");
    project.write(".scheduler/build/manifest.json.tmp/half", "");
    project.write(".scheduler/build/manifest.json", "{\"artifacts\": [");
    assert!(!project.artifact(&zip("mail")).cached);
    assert_eq!(project.leftovers(), Vec::<std::path::PathBuf>::new());
    assert!(project.artifact(&zip("mail")).cached);
}

#[test]
fn a_touched_or_lost_zip_is_made_anew() {
    let project = Project::new();
    project.zip("plugins/mail/code.zip", &[("x", b"x")]);
    let artifact = project.artifact(&zip("mail"));
    let path = project.path(&artifact.path);
    let good = fs::read(&path).unwrap();
    fs::write(&path, vec![0; good.len()]).unwrap();
    assert!(!project.artifact(&zip("mail")).cached);
    assert_eq!(fs::read(&path).unwrap(), good);
    fs::remove_file(&path).unwrap();
    assert!(!project.artifact(&zip("mail")).cached);
    assert_eq!(fs::read(&path).unwrap(), good);
}

#[test]
fn building_one_unit_keeps_the_others_in_the_manifest() {
    let project = Project::new();
    project.zip("plugins/mail/code.zip", &[("x", b"x")]);
    project.build(&[core("{}"), zip("mail")]);
    project.artifact(&core("{\"a\":{}}"));
    assert!(project.artifact(&zip("mail")).cached);
    let text = fs::read_to_string(project.path(".scheduler/build/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = manifest["artifacts"].as_array().unwrap();
    let paths: Vec<_> = rows.iter().map(|row| row["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [".scheduler/build/core-x86_64.zip", ".scheduler/build/mail-x86_64.zip"]);
    assert!(!text.contains(project.path("").to_str().unwrap()));
}

#[test]
fn git_does_not_see_the_output_folder() {
    let project = Project::new();
    project.artifact(&core("{}"));
    assert_eq!(fs::read_to_string(project.path(".scheduler/.gitignore")).unwrap(), "*\n");
}
