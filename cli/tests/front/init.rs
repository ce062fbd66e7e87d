//! `scheduler init`

use crate::support::{Finished, finish, run, succeed, tree};
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const FILES: [&str; 10] = [
    ".gitignore",
    "schemas/scheduler.schema.json",
    "schemas/plugin.schema.json",
    "plugins/hello/job.schema.json",
    "plugins/hello/README.md",
    "plugins/hello/handler.py",
    "plugins/hello/test_handler.py",
    "plugins/hello/scheduler_plugin.py",
    "plugins/hello/plugin.toml",
    "scheduler.toml",
];

/// No problem and no warning, in any env, and a plan for each.
fn is_sound(folder: &Path) {
    let checked = succeed(folder, &["check", "--json"]);
    let value = checked.json();
    assert_eq!(value["problems"], json!([]), "{}", checked.all());
    assert_eq!(value["envs"], json!(["dev", "prod"]));
    for env in ["dev", "prod"] {
        let planned = succeed(folder, &["plan", "--env", env]);
        assert_eq!(planned.stderr, "", "{}", planned.all());
        assert!(planned.stdout.contains("hello"), "{}", planned.all());
    }
}

#[test]
fn a_new_project_has_no_problem_and_no_warning() {
    let folder = tempfile::tempdir().unwrap();
    let told = succeed(folder.path(), &["init", "uptime"]);
    let project = folder.path().join("uptime");
    for file in FILES {
        assert!(project.join(file).is_file(), "{file}");
        assert!(told.stdout.contains(&format!("  {file}\n")), "{}", told.all());
    }
    assert_eq!(tree(&project).iter().filter(|path| project.join(path).is_file()).count(), 10);
    for next in ["cd uptime", "scheduler check", "scheduler local", "scheduler deploy --env dev"] {
        assert!(told.stdout.contains(&format!("  {next}")), "{}", told.all());
    }
    is_sound(&project);
}

#[test]
fn everything_that_stands_in_comments_can_be_switched_on() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    let mut switched = 0;
    for file in ["scheduler.toml", "plugins/hello/plugin.toml"] {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        let lines = text.lines().map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.contains(" = ") || setting.starts_with('[') => {
                switched += 1;
                setting
            }
            _ => line,
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        fs::write(folder.path().join(file), text).unwrap();
    }
    assert!(switched > 8, "{switched}");
    is_sound(folder.path());
}

#[test]
fn the_files_name_their_schemas_where_an_editor_finds_them() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    for (file, key) in [("scheduler.toml", "service"), ("plugins/hello/plugin.toml", "consumer")] {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        let named = text.lines().next().unwrap().strip_prefix("#:schema ").unwrap();
        let schema = fs::read(path.parent().unwrap().join(named)).unwrap();
        let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
        assert!(schema["properties"].get(key).is_some(), "{file}");
    }
}

#[test]
fn the_plugins_own_test_passes() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    let mut python = Command::new("python3");
    python.args(["-m", "unittest"]).env("PYTHONDONTWRITEBYTECODE", "1");
    let done = python.current_dir(folder.path().join("plugins/hello")).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && said.contains("Ran 3 tests"), "{said}");
}

#[test]
fn schemas_of_another_version_are_told_and_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    let plugin = folder.path().join("schemas/plugin.schema.json");
    let manifest = folder.path().join("scheduler.toml");
    let (new, text) =
        (fs::read_to_string(&plugin).unwrap(), fs::read_to_string(&manifest).unwrap());
    // Laid out otherwise it is the same.
    let value: serde_json::Value = serde_json::from_str(&new).unwrap();
    fs::write(&plugin, value.to_string()).unwrap();
    is_sound(folder.path());
    fs::write(&plugin, new.replace("memory_mb", "memory")).unwrap();
    let told = succeed(folder.path(), &["check", "--json"]).json();
    let [problem] = told["problems"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!(
        (&problem["code"], &problem["severity"]),
        (&json!("stale-schema"), &json!("warning"))
    );
    assert!(
        problem["what"].as_str().unwrap().contains("`schemas/plugin.schema.json`"),
        "{problem}"
    );
    assert!(problem["hint"].as_str().unwrap().contains("`scheduler init --schemas`"), "{problem}");
    let before = tree(folder.path());
    let done = succeed(folder.path(), &["init", "--schemas", "--json"]);
    assert_eq!(done.json()["files"], json!(&FILES[1..3]));
    assert_eq!(fs::read_to_string(&plugin).unwrap(), new);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), text);
    assert_eq!(tree(folder.path()), before);
    is_sound(folder.path());
}

#[test]
fn a_project_that_names_no_schema_of_its_own_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["init", "--schemas"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("`scheduler init` makes one"), "{}", done.all());
    assert_eq!(tree(folder.path()), Vec::<String>::new());
    fs::create_dir(folder.path().join("schemas")).unwrap();
    fs::write(folder.path().join("schemas/scheduler.schema.json"), "{}").unwrap();
    let manifest = "[service]\nname = \"s\"\n[job_types.a]\nschema = {}\n";
    fs::write(folder.path().join("scheduler.toml"), manifest).unwrap();
    let told = succeed(folder.path(), &["check", "--json"]).json();
    assert_eq!(told["problems"], json!([]));
}

fn refused(done: &Finished, what: &str) {
    assert_eq!(done.code, 3, "{}", done.all());
    assert_eq!(done.stdout, "");
    assert!(done.stderr.contains(what), "{}", done.all());
}

#[test]
fn a_project_is_not_made_twice() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    fs::write(folder.path().join("scheduler.toml"), "mine").unwrap();
    fs::remove_dir_all(folder.path().join("plugins")).unwrap();
    let before = tree(folder.path());
    refused(&run(folder.path(), &["init"]), "`scheduler.toml` is there already");
    assert_eq!(tree(folder.path()), before);
    assert_eq!(fs::read_to_string(folder.path().join("scheduler.toml")).unwrap(), "mine");
}

#[test]
fn no_file_is_overwritten_and_all_that_are_in_the_way_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("plugins/hello");
    fs::create_dir_all(&plugin).unwrap();
    fs::write(plugin.join("handler.py"), "mine").unwrap();
    fs::write(plugin.join("plugin.toml"), "mine").unwrap();
    let before = tree(folder.path());
    let done = run(folder.path(), &["init"]);
    refused(&done, "handler.py`, `plugins/hello/plugin.toml` are there already");
    assert_eq!(tree(folder.path()), before);
    assert_eq!(fs::read_to_string(plugin.join("handler.py")).unwrap(), "mine");
}

#[test]
fn a_gitignore_that_is_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".gitignore"), "mine").unwrap();
    let done = succeed(folder.path(), &["init", "--json"]);
    assert_eq!(done.json()["files"], json!(&FILES[1..]));
    assert_eq!(fs::read_to_string(folder.path().join(".gitignore")).unwrap(), "mine");
}

#[test]
fn the_result_as_json_tells_the_name_the_files_and_what_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let value = succeed(folder.path(), &["init", "Uptime Checks", "--json"]).json();
    assert_eq!(value["project"], "Uptime Checks");
    assert_eq!(value["service"], "uptime-checks");
    assert_eq!(value["files"], json!(FILES));
    assert_eq!(value["next"][0], "scheduler check");
}

#[test]
fn any_name_of_a_folder_does() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["it's; \"a\" $HOME\ttest", "監視 [*]?", "-x", "Ünïcode\nline", "a b/c d/2024"]
    {
        succeed(folder.path(), &["init", "--", name]);
        is_sound(&folder.path().join(name));
    }
}

#[test]
fn the_way_into_an_odd_folder_can_be_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let name = "it's a \"test\" $HOME";
    let told = succeed(folder.path(), &["init", name]).stdout;
    let way = told.lines().map(str::trim).find(|line| line.starts_with("cd ")).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{way} && cat scheduler.toml")]).current_dir(folder.path());
    assert!(shell.output().unwrap().status.success(), "{way}");
}

#[test]
fn the_project_folder_may_be_named_by_the_global_flag() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("uptime")).unwrap();
    succeed(folder.path(), &["--project", "uptime", "init"]);
    is_sound(&folder.path().join("uptime"));
    succeed(folder.path(), &["--project", "uptime", "init", "second"]);
    is_sound(&folder.path().join("uptime/second"));
}

#[test]
fn a_file_where_the_folder_should_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "mine").unwrap();
    for name in ["file", "file/below"] {
        let done = run(folder.path(), &["init", name]);
        assert_eq!(done.code, 2, "{}", done.all());
        assert!(done.stderr.contains("`file` is no folder"), "{}", done.all());
    }
    assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), "mine");
}

/// Runs `init`, started by a shell that has done something before.
fn init_after(folder: &Path, first: &str) -> Finished {
    let mut shell = Command::new("sh");
    let line = format!("{first} \"$0\" init");
    shell.args(["-c", &line, env!("CARGO_BIN_EXE_scheduler")]).current_dir(folder);
    finish(shell)
}

#[test]
fn in_a_folder_that_may_not_be_written_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    // Root may write everywhere, unless that right is taken away from it.
    let done = match rustix::process::getuid().is_root() {
        true => init_after(folder.path(), "exec setpriv --bounding-set=-all"),
        false => run(folder.path(), &["init"]),
    };
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    assert_eq!(done.code, 1, "{}", done.all());
    assert!(done.stderr.contains("cannot make `.gitignore`: Permission denied"), "{}", done.all());
    assert_eq!(tree(folder.path()), Vec::<String>::new());
}

#[test]
fn where_a_write_fails_halfway_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("schemas")).unwrap();
    fs::write(folder.path().join("schemas/mine"), "mine").unwrap();
    // No file may have more than 512 bytes, as on a disk that is almost full.
    let done = init_after(folder.path(), "trap '' XFSZ; ulimit -f 1; exec");
    assert_eq!(done.code, 1, "{}", done.all());
    assert!(
        done.stderr.contains("cannot make `schemas/scheduler.schema.json`: "),
        "{}",
        done.all()
    );
    assert_eq!(tree(folder.path()), ["schemas", "schemas/mine"]);
}
