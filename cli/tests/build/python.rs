//! `kind = "python"`.

use crate::support::{Project, age, python};

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
