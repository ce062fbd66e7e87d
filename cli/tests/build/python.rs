//! `kind = "python"`.

use crate::support::{Project, age, python};
use scheduler::build::Target;
use scheduler_plan::unit::{BuildUnit, UnitKind};

const HANDLER: &str = "def entry(event, context):\n    return {'batchItemFailures': []}\n";

fn plugin() -> Project {
    let project = Project::new();
    project.write("plugins/mail/plugin.toml", "");
    project.write("plugins/mail/handler.py", HANDLER);
    project.write("plugins/mail/job.schema.json", "{}");
    project.write("plugins/mail/pages/__init__.py", "");
    project.write("plugins/mail/pages/form.html", "<form>");
    project
}

fn names(project: &Project) -> Vec<String> {
    let artifact = project.artifact(&python("mail"));
    project.entries(&artifact).into_iter().map(|(name, _, _)| name).collect()
}

#[test]
fn the_zip_holds_what_the_function_needs_and_nothing_of_people_and_tools() {
    let project = plugin();
    for path in [
        "README.md",
        "requirements-dev.txt",
        ".env",
        ".venv/lib/x.py",
        "env/pyvenv.cfg",
        "env/lib/x.py",
        "tests/__init__.py",
        "pages/tests/form.py",
        "test_handler.py",
        "handler_test.py",
        "conftest.py",
        "__pycache__/handler.cpython-312.pyc",
        "pages/old.pyc",
    ] {
        project.write(&format!("plugins/mail/{path}"), "x");
    }
    let expected = ["handler.py", "job.schema.json", "pages/__init__.py", "pages/form.html"];
    assert_eq!(names(&project), expected);
}

#[test]
fn two_folders_give_the_same_zip() {
    let (one, other) = (plugin(), plugin());
    age(&other.path("plugins"));
    let artifact = one.artifact(&python("mail"));
    assert_eq!(artifact.sha256, other.artifact(&python("mail")).sha256);
    assert_eq!(artifact.path, ".scheduler/build/mail-x86_64.zip");
    let modes: Vec<_> = one.entries(&artifact).into_iter().map(|entry| entry.1).collect();
    assert_eq!(modes, [0o644; 4]);
}

#[test]
fn it_is_made_anew_only_after_a_change_of_what_it_holds() {
    let project = plugin();
    assert!(!project.artifact(&python("mail")).cached);
    project.write("plugins/mail/README.md", "new");
    project.write("plugins/mail/tests/test_more.py", "new");
    age(&project.path("plugins"));
    assert!(project.artifact(&python("mail")).cached);
    project.write("plugins/mail/handler.py", format!("{HANDLER}# changed\n"));
    assert!(!project.artifact(&python("mail")).cached);
    project.write("plugins/mail/more.py", "");
    assert!(!project.artifact(&python("mail")).cached);
}

/// The same plugin with packages: one of them is compiled.
fn with_packages(requirements: &str) -> (Project, BuildUnit) {
    let project = plugin();
    project.write("plugins/mail/requirements.txt", requirements);
    let unit = BuildUnit { runtime: "python3.12".into(), ..python("mail") };
    let UnitKind::Python { dir, without, .. } = unit.kind else { unreachable!() };
    let requirements = Some("requirements.txt".to_owned());
    (project, BuildUnit { kind: UnitKind::Python { dir, without, requirements }, ..unit })
}

const PINNED: &str = "idna==3.7\nmarkupsafe==2.1.5  # compiled\n";

#[test]
fn packages_are_those_of_the_functions_machine_and_give_the_same_zip_twice() {
    let (one, unit) = with_packages(PINNED);
    let artifact = one.artifact(&unit);
    let entries = one.entries(&artifact);
    let names: Vec<_> = entries.iter().map(|(name, _, _)| name.as_str()).collect();
    for wanted in
        ["handler.py", "idna/core.py", "markupsafe/_speedups.cpython-312-x86_64-linux-gnu.so"]
    {
        assert!(names.contains(&wanted), "{wanted} is not in {names:?}");
    }
    for unwanted in ["__pycache__", "RECORD", "INSTALLER", "requirements.txt"] {
        assert!(!names.iter().any(|name| name.contains(unwanted)), "{unwanted} is in {names:?}");
    }
    let (other, unit) = with_packages(PINNED);
    age(&other.path("plugins"));
    assert_eq!(other.artifact(&unit).sha256, artifact.sha256);
    assert!(other.artifact(&unit).cached);
}

#[test]
fn here_packages_are_those_of_this_machines_python() {
    let (mut project, unit) = with_packages(PINNED);
    project.target = Target::Local;
    let artifact = project.artifact(&unit);
    let names: Vec<_> = project.entries(&artifact).into_iter().map(|(name, _, _)| name).collect();
    let compiled = names.iter().find(|name| name.starts_with("markupsafe/_speedups.cpython-"));
    let import = "import sys; sys.path.insert(0, '.'); import handler, idna, markupsafe._speedups";
    let ran = std::process::Command::new("python3")
        .args(["-c", import])
        .current_dir(project.path(".scheduler/build/local/mail"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(compiled.is_some() && ran.status.success(), "{names:?} {said}");
}

#[test]
fn a_package_without_a_wheel_for_the_function_is_told_at_its_line() {
    let (project, unit) = with_packages("idna==3.7\nmarkupsafe==0.0.1\n");
    let failure = project.failure(&unit).to_string();
    assert!(failure.contains("plugins/mail/requirements.txt:2:1"), "{failure}");
    assert!(failure.contains("markupsafe==0.0.1"), "{failure}");
}

#[test]
fn a_package_that_another_one_brings_has_to_be_pinned_too() {
    let (project, unit) = with_packages("jinja2==3.1.4\n");
    let failure = project.failure(&unit).to_string();
    assert!(failure.to_lowercase().contains("markupsafe"), "{failure}");
}
