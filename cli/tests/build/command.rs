//! `kind = "command"`: the plugin's own script.

use crate::support::{Project, age, command};
use scheduler::build::{BuildFailure, Fault};
use scheduler_plan::unit::{BuildUnit, UnitKind};
use std::fs;

const SCRIPT: &str = "plugins/mail/bin/package_lambda_entrypoint";
const ZIP: &str = ".packaging/result/lambda.zip";

/// A script that leaves a zip and counts its runs outside of the plugin's folder.
fn counting(project: &Project) {
    project.write("plugins/mail/src/handler.py", "def handle(): pass");
    project.zip("made/lambda.zip", &[("handler.py", b"def handle(): pass"), ("run", b"#!")]);
    let body = format!(
        "mkdir -p .packaging/result; cat ../../made/lambda.zip > {ZIP}; echo x >> ../../runs"
    );
    project.script(SCRIPT, &body);
}

fn runs(project: &Project) -> usize {
    fs::read_to_string(project.path("runs")).unwrap().lines().count()
}

#[test]
fn the_zip_is_taken_with_fixed_times_and_modes() {
    let project = Project::new();
    counting(&project);
    let artifact = project.artifact(&command("mail"));
    assert_eq!(artifact.path, ".scheduler/build/mail-x86_64.zip");
    assert!(!artifact.cached);
    let entries = project.entries(&artifact);
    let names: Vec<_> = entries.iter().map(|(name, mode, _)| (name.as_str(), *mode)).collect();
    assert_eq!(names, [("handler.py", 0o755), ("run", 0o755)]);
}

#[test]
fn it_runs_again_only_after_a_change() {
    let project = Project::new();
    counting(&project);
    let first = project.artifact(&command("mail"));
    age(&project.path("plugins"));
    let second = project.artifact(&command("mail"));
    assert!(second.cached);
    assert_eq!((runs(&project), &second.sha256), (1, &first.sha256));
    project.write("plugins/mail/src/handler.py", "def handle(): return 1");
    assert!(!project.artifact(&command("mail")).cached);
    assert_eq!(runs(&project), 2);
}

#[test]
fn the_same_content_elsewhere_gives_the_same_zip() {
    let (one, other) = (Project::new(), Project::new());
    one.zip("made/lambda.zip", &[("a", b"a"), ("b", b"b")]);
    other.zip("made/lambda.zip", &[("b", b"b"), ("a", b"a")]);
    for project in [&one, &other] {
        let body = format!("mkdir -p .packaging/result; cat ../../made/lambda.zip > {ZIP}");
        project.script(SCRIPT, &body);
    }
    age(&other.path("plugins"));
    let sha256 = one.artifact(&command("mail")).sha256;
    assert_eq!(sha256, other.artifact(&command("mail")).sha256);
}

#[test]
fn it_finds_what_it_is_told_in_its_environment() {
    let project = Project::new();
    project.zip("made/lambda.zip", &[("x", b"x")]);
    let told = "echo \"$SCHEDULER_PLUGIN $SCHEDULER_ARCHITECTURE $SCHEDULER_TARGET\"; pwd";
    let body =
        format!("mkdir -p .packaging/result; cp ../../made/lambda.zip \"$SCHEDULER_ZIP\"; {told}");
    project.script(SCRIPT, &body);
    project.artifact(&command("mail"));
    let log = fs::read_to_string(project.path(".scheduler/build/logs/mail-x86_64.log")).unwrap();
    let place = project.path("plugins/mail");
    assert_eq!(log, format!("mail x86_64 aws\n{}\n", place.display()));
}

#[test]
fn where_it_says_what_it_reads_nothing_else_makes_it_run_again() {
    let project = Project::new();
    project.zip("made/lambda.zip", &[("x", b"x")]);
    project
        .script(SCRIPT, "mkdir -p .packaging/result; cp ../../made/lambda.zip \"$SCHEDULER_ZIP\"");
    project.write("plugins/mail/src/a", "a");
    let inputs = vec!["plugins/mail/src".to_owned(), "plugins/mail/../../made".to_owned()];
    let unit = BuildUnit { inputs, ..command("mail") };
    assert!(!project.artifact(&unit).cached);
    project.write("plugins/mail/notes", "new");
    assert!(project.artifact(&unit).cached);
    project.write("plugins/mail/src/a", "b");
    assert!(!project.artifact(&unit).cached);
    project.zip("made/lambda.zip", &[("x", b"y")]);
    assert!(!project.artifact(&unit).cached);
    project.script(
        SCRIPT,
        "mkdir -p .packaging/result; cat ../../made/lambda.zip > \"$SCHEDULER_ZIP\"",
    );
    assert!(!project.artifact(&unit).cached);
}

#[test]
fn sources_and_script_beside_the_zip_count() {
    let project = Project::new();
    project.zip("made/lambda.zip", &[("x", b"x")]);
    let body = "cp ../../made/lambda.zip \"$SCHEDULER_ZIP\"";
    project.script("plugins/mail/src/package", body);
    project.write("plugins/mail/src/handler.py", "def handle(): pass");
    let (run, zip) = ("src/package".into(), "src/code.zip".into());
    let kind = UnitKind::Command { dir: "plugins/mail".into(), run, zip };
    let unit = BuildUnit { kind, ..command("mail") };
    assert!(!project.artifact(&unit).cached);
    assert!(project.artifact(&unit).cached, "the zip that the script left made it run again");
    project.write("plugins/mail/src/handler.py", "def handle(): return 1");
    assert!(!project.artifact(&unit).cached);
    project.script("plugins/mail/src/package", &format!("{body}; echo done"));
    assert!(!project.artifact(&unit).cached);
    assert!(project.artifact(&unit).cached);
}

#[test]
fn a_bootstrap_is_made_executable_whatever_its_name_begins_with() {
    let project = Project::new();
    project.write("made.zip", crate::support::zip_of_mode(&[("./bootstrap", b"#!/bin/sh")], 0o600));
    project.script(SCRIPT, "mkdir -p .packaging/result; cp ../../made.zip \"$SCHEDULER_ZIP\"");
    let (runtime, handler) = ("provided.al2023".into(), "bootstrap".into());
    let artifact = project.artifact(&BuildUnit { runtime, handler, ..command("mail") });
    let entries = project.entries(&artifact);
    assert_eq!(entries, [("bootstrap".into(), 0o755, b"#!/bin/sh".to_vec())]);
}

fn failing(body: &str) -> (Project, BuildFailure) {
    let project = Project::new();
    project.script(SCRIPT, body);
    let failure = project.failure(&command("mail"));
    assert_eq!(project.leftovers(), Vec::<std::path::PathBuf>::new());
    (project, failure)
}

#[test]
fn a_missing_script_is_the_users_to_write() {
    let project = Project::new();
    project.write("plugins/mail/plugin.toml", "");
    let failure = project.failure(&command("mail"));
    assert_eq!(
        failure.to_string(),
        "`mail` was not built: there is no script `plugins/mail/bin/package_lambda_entrypoint`"
    );
    assert_eq!(failure.fault(), Fault::Input);
}

#[test]
fn a_script_without_its_bit_is_told_how_to_get_it() {
    let project = Project::new();
    project.write(SCRIPT, "#!/bin/sh\n");
    let failure = project.failure(&command("mail"));
    assert_eq!(
        failure.to_string(),
        "`mail` was not built: the script `plugins/mail/bin/package_lambda_entrypoint` is not \
         executable"
    );
    assert_eq!(failure.hint().unwrap(), "`chmod +x plugins/mail/bin/package_lambda_entrypoint`");
    assert_eq!(failure.fault(), Fault::Input);
}

#[test]
fn a_failing_script_shows_what_it_printed() {
    let (_project, failure) = failing("echo out; echo err >&2; exit 3");
    assert_eq!(
        failure.to_string(),
        "`mail` was not built: the script `plugins/mail/bin/package_lambda_entrypoint` failed \
         (exit code 3)"
    );
    assert_eq!(failure.output().unwrap().text, "out\nerr");
    assert_eq!(failure.output().unwrap().path, ".scheduler/build/logs/mail-x86_64.log");
    assert_eq!(failure.fault(), Fault::Failure);
}

#[test]
fn a_script_with_no_interpreter_is_named() {
    let project = Project::new();
    project.script(SCRIPT, "true");
    let text = "#!/nowhere/python\n";
    let edit = format!("printf '{text}' > {}", project.path(SCRIPT).display());
    assert!(std::process::Command::new("sh").args(["-c", &edit]).status().unwrap().success());
    let failure = project.failure(&command("mail"));
    assert!(failure.to_string().contains("could not be started: No such file"), "{failure}");
    assert_eq!(failure.hint().unwrap(), "is the interpreter that its first line names installed?");
}

#[test]
fn a_script_that_leaves_nothing_is_told_so() {
    let (_project, failure) = failing("echo done");
    assert_eq!(
        failure.to_string(),
        "`mail` was not built: the script `plugins/mail/bin/package_lambda_entrypoint` ended well \
         but left no `plugins/mail/.packaging/result/lambda.zip`"
    );
    assert_eq!(failure.output().unwrap().text, "done");
    assert_eq!(failure.fault(), Fault::Input);
}

#[test]
fn an_old_zip_is_not_taken_for_a_new_one() {
    let project = Project::new();
    project.zip(&format!("plugins/mail/{ZIP}"), &[("x", b"x")]);
    project.script(SCRIPT, "echo nothing to do");
    let failure = project.failure(&command("mail"));
    assert_eq!(
        failure.to_string(),
        "`mail` was not built: the script `plugins/mail/bin/package_lambda_entrypoint` ended well \
         but did not write `plugins/mail/.packaging/result/lambda.zip`: the file is an old one"
    );
    assert_eq!(failure.fault(), Fault::Input);
}

#[test]
fn what_is_no_zip_is_refused() {
    let (_project, failure) = failing(&format!("mkdir -p .packaging/result; echo text > {ZIP}"));
    let text = failure.to_string();
    let start = "`mail` was not built: `plugins/mail/.packaging/result/lambda.zip` is not a zip \
                 that can be read: ";
    assert!(text.starts_with(start), "{text}");
    assert_eq!(failure.fault(), Fault::Input);
}

#[test]
fn a_failure_keeps_the_last_good_zip_but_is_told_each_time() {
    let project = Project::new();
    counting(&project);
    let good = project.artifact(&command("mail"));
    project.script(SCRIPT, "exit 1");
    project.failure(&command("mail"));
    project.failure(&command("mail"));
    assert_eq!(fs::read(project.path(&good.path)).unwrap().len() as u64, good.bytes);
}
