//! `kind = "python"`.

use crate::support::{ELF, Project, age, python, zip_of};
use scheduler::build::{Fault, Target};
use scheduler_plan::names::Architecture;
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

/// A wheel as its author would publish it, in a folder beside the plugins.
fn wheel(project: &Project, tag: &str, says: &str) -> String {
    let tags = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n");
    let bytes = zip_of(&[
        ("quick/__init__.py", says.as_bytes()),
        ("quick-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: quick\nVersion: 1.0\n"),
        ("quick-1.0.dist-info/WHEEL", tags.as_bytes()),
        ("quick-1.0.dist-info/RECORD", b""),
    ]);
    project.write(&format!("wheels/quick-1.0-{tag}.whl"), &bytes);
    let mut sum = std::process::Command::new("sha256sum");
    let sum = sum.arg(project.path(&format!("wheels/quick-1.0-{tag}.whl"))).output().unwrap();
    String::from_utf8(sum.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

const QUICK: &str = "--no-index\n--find-links ../../wheels\nquick==1.0";
const ARM64: &str = "cp312-cp312-manylinux_2_17_aarch64";

#[test]
fn a_package_without_a_wheel_for_the_function_is_told_at_its_line() {
    for tag in [ARM64, "cp39-cp39-manylinux_2_17_x86_64"] {
        let (project, unit) = with_packages(QUICK);
        wheel(&project, tag, "");
        let failure = project.failure(&unit);
        assert_eq!(
            failure.to_string(),
            format!(
                "`mail` was not built: plugins/mail/requirements.txt:3:1: there is no wheel of \
                 `quick==1.0` for Python 3.12 on x86_64 Linux; there is `quick-1.0-{tag}.whl`"
            )
        );
        assert_eq!(failure.fault(), Fault::Input);
        let hint = failure.hint().unwrap();
        assert!(hint.starts_with("name a version or a package that has one"), "{hint}");
    }
}

#[test]
fn for_another_processor_its_own_wheel_is_taken() {
    let (project, unit) = with_packages(QUICK);
    for (tag, says) in [(ARM64, "arm64"), ("cp312-cp312-manylinux_2_17_x86_64", "x86_64")] {
        wheel(&project, tag, says);
    }
    for architecture in [Architecture::Arm64, Architecture::X86_64] {
        let artifact = project.artifact(&BuildUnit { architecture, ..unit.clone() });
        let entries = project.entries(&artifact);
        let module = entries.iter().find(|entry| entry.0 == "quick/__init__.py").unwrap();
        assert_eq!(module.2, architecture.as_str().as_bytes());
    }
}

#[test]
fn a_wheel_that_is_not_the_one_of_the_hash_is_refused() {
    let (project, unit) = with_packages("");
    let hash = wheel(&project, "py3-none-any", "one");
    let requirements = format!("{QUICK} --hash=sha256:{hash}\n");
    project.write("plugins/mail/requirements.txt", requirements);
    project.artifact(&unit);
    wheel(&project, "py3-none-any", "another");
    project.write("plugins/mail/handler.py", format!("{HANDLER}# changed\n"));
    let unit = BuildUnit { inputs: vec!["wheels".into()], ..unit };
    let failure = project.failure(&unit);
    let log = &failure.output().unwrap().text;
    assert!(log.contains("DO NOT MATCH THE HASHES"), "{log}");
}

#[test]
fn a_folder_of_wheels_counts_where_it_is_named() {
    let (project, unit) = with_packages(QUICK);
    wheel(&project, "py3-none-any", "one");
    let unit = BuildUnit { inputs: vec!["wheels".into()], ..unit };
    let text = |project: &Project| {
        let artifact = project.artifact(&unit);
        let entries = project.entries(&artifact);
        let module = entries.into_iter().find(|entry| entry.0 == "quick/__init__.py").unwrap();
        (artifact.cached, String::from_utf8(module.2).unwrap())
    };
    assert_eq!(text(&project), (false, "one".into()));
    assert_eq!(text(&project), (true, "one".into()));
    wheel(&project, "py3-none-any", "another");
    assert_eq!(text(&project), (false, "another".into()));
}

#[test]
fn a_compiled_module_for_another_processor_is_told() {
    let (project, unit) = (plugin(), python("mail"));
    project.write("plugins/mail/quick/_c.so", ELF);
    project.artifact(&unit);
    let unit = BuildUnit { architecture: Architecture::Arm64, ..unit };
    let failure = project.failure(&unit);
    let told = "`quick/_c.so` in `.scheduler/build/mail-arm64.zip` is an ELF file for x86_64, and \
                the function runs on Linux on arm64";
    assert_eq!(failure.to_string(), format!("`mail` was not built: {told}"));
    assert_eq!(failure.fault(), Fault::Input);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_matters_only_where_it_would_be_packed() {
    let project = plugin();
    let link = |name: &str, target: &str| {
        let path = project.path("plugins/mail").join(name);
        std::os::unix::fs::symlink(target, path).unwrap();
    };
    // The lock of an editor that has the file open.
    link(".#handler.py", "me@here.1234:5678");
    link("README.old", "nowhere");
    project.artifact(&python("mail"));
    link("pages/data", "nowhere");
    let failure = project.failure(&python("mail"));
    let place = project.path("plugins/mail/pages/data").display().to_string();
    let told = format!("the link `{place}` leads to `nowhere`, where nothing can be read");
    assert_eq!(failure.to_string(), format!("`mail` was not built: {told}"));
    assert_eq!(failure.fault(), Fault::Input);
    assert_eq!(failure.hint().unwrap(), "remove the link, or put something where it leads");
}

#[test]
fn a_package_that_another_one_brings_has_to_be_pinned_too() {
    let (project, unit) = with_packages("jinja2==3.1.4\n");
    let failure = project.failure(&unit).to_string();
    assert!(failure.to_lowercase().contains("markupsafe"), "{failure}");
}
