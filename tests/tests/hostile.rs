//! Projects that git cannot hold or that nobody writes by hand: links that loop, a file that cannot
//! be read, a thousand plugins, files of megabytes. Each is answered with exit code 2, places and
//! repairs, never with a panic.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::scheduler::{Finished, Scheduler};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const SERVICE: &str = "[service]\nname = \"s\"\n";
const TYPE: &str = "schema = { properties = { a = { type = \"string\" } } }\n";

fn project(manifest: impl AsRef<[u8]>) -> Outcome<TempDir> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("scheduler.toml"), manifest)?;
    Ok(folder)
}

fn plugin(project: &Path, name: &str, manifest: impl AsRef<[u8]>) -> Outcome {
    let folder = project.join("plugins").join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("plugin.toml"), manifest)?;
    Ok(())
}

fn checked(project: &TempDir) -> Outcome<Finished> {
    let done = Scheduler::of(project.path()).run(&["check"])?;
    ensure(!done.stderr.contains("panicked"), || done.told(&["check"]))?;
    Ok(done)
}

/// Refused as the user's input, with each of these texts somewhere.
fn refused(project: &TempDir, says: &[&str]) -> Outcome {
    let done = checked(project)?;
    let told = || {
        let mut told = done.told(&["check"]);
        told.truncate(4000);
        told
    };
    ensure(done.code == 2, told)?;
    says.iter().try_for_each(|text| ensure(done.stderr.contains(text), told))
}

#[test]
fn links_that_loop_are_no_plugins_and_no_end() -> Outcome {
    let project = project(SERVICE)?;
    let plugins = project.path().join("plugins");
    fs::create_dir(&plugins)?;
    symlink(&plugins, plugins.join("round"))?;
    symlink("self", plugins.join("self"))?;
    symlink("../plugins/there", plugins.join("here"))?;
    symlink("../plugins/here", plugins.join("there"))?;
    refused(&project, &["plugins/self:1:1: cannot be read", "plugins/here:1:1: ", "hint: "])?;
    plugin(project.path(), "real", format!("[job_types.real]\n{TYPE}"))?;
    symlink("plugin.toml", plugins.join("real/schema.json"))?;
    refused(&project, &["plugins/self:1:1: "])
}

#[test]
fn a_schema_that_is_a_loop_is_told_where_it_is_named() -> Outcome {
    let project = project(SERVICE)?;
    plugin(project.path(), "one", "[job_types.one]\nschema = \"loop.json\"\n")?;
    symlink("loop.json", project.path().join("plugins/one/loop.json"))?;
    refused(&project, &["plugins/one/plugin.toml:2:10: ", "loop.json"])
}

/// As somebody who may not read everything: root may, unless that right is taken away from it.
fn checked_without_rights(project: &TempDir) -> Outcome<Finished> {
    let command = Scheduler::of(project.path()).command(&["check"])?;
    let mut bounded = Command::new("setpriv");
    bounded.arg("--bounding-set=-all").arg(command.get_program()).args(command.get_args());
    let mut command = if rustix::process::getuid().is_root() { bounded } else { command };
    let done = command.output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&done.stdout), text(&done.stderr));
    Ok(Finished { code: done.status.code().unwrap_or(-1), stdout, stderr })
}

#[test]
fn a_file_without_the_right_to_read_it_is_told_with_its_repair() -> Outcome {
    let manifest = format!("{SERVICE}[job_types.a]\nschema = \"a.json\"\n");
    let named = [
        ("scheduler.toml", "scheduler.toml:1:1: cannot be read: Permission denied"),
        (
            "plugins/one/plugin.toml",
            "plugins/one/plugin.toml:1:1: cannot be read: Permission denied",
        ),
        ("a.json", "scheduler.toml:4:10: `a.json` cannot be read: Permission denied"),
    ];
    for (file, says) in named {
        let project = project(&manifest)?;
        fs::write(project.path().join("a.json"), "{}")?;
        plugin(project.path(), "one", format!("[job_types.one]\n{TYPE}"))?;
        fs::set_permissions(project.path().join(file), Permissions::from_mode(0o000))?;
        let done = checked_without_rights(&project)?;
        let hint = "hint: give whoever runs this the right to read it";
        ensure(done.code == 2 && done.stderr.contains(says) && done.stderr.contains(hint), || {
            format!("{file}: {}", done.told(&["check"]))
        })?;
    }
    Ok(())
}

#[test]
fn a_pipe_in_a_files_place_is_told_and_not_waited_for() -> Outcome {
    let project = project(SERVICE)?;
    plugin(project.path(), "one", "[job_types.one]\nschema = \"job.json\"\n")?;
    let made = Command::new("mkfifo").arg(project.path().join("plugins/one/job.json")).status()?;
    ensure(made.success(), || "no pipe could be made".to_owned())?;
    refused(&project, &["plugins/one/plugin.toml:2:10: ", "it is no regular file"])
}

#[test]
fn a_template_whose_loops_do_not_end_is_told_with_its_line() -> Outcome {
    let project = project(SERVICE)?;
    let manifest = format!("[job_types.one]\n{TYPE}[resources]\ntemplate = \"r.json.j2\"\n");
    plugin(project.path(), "one", manifest)?;
    let endless = "{\n<% for i in range(90000) %><% for j in range(90000) %><% endfor %>\n\
                   <% endfor %>\"Resources\": {}}";
    fs::write(project.path().join("plugins/one/r.json.j2"), endless)?;
    refused(&project, &["plugins/one/r.json.j2:2:40: ", "shorten its loops"])
}

#[test]
fn a_chain_in_a_template_is_a_problem_and_no_overflow() -> Outcome {
    let manifest = format!("[job_types.one]\n{TYPE}[resources]\ntemplate = \"r.json.j2\"\n");
    let told = |template: &str| -> Outcome {
        let project = project(SERVICE)?;
        plugin(project.path(), "one", &manifest)?;
        fs::write(project.path().join("plugins/one/r.json.j2"), template)?;
        refused(&project, &["plugins/one/r.json.j2:", "hint: "])
    };
    // The longest that are read take the most stack, longer ones are not gone into.
    for length in [900, 10_000, 15_900, 31_900, 100_000] {
        for link in ["+1", "-1", "|abs", "[0]", " and 1", ".a", " is defined"] {
            told(&format!("<< 1{} >>", link.repeat(length / link.len())))?;
        }
        told(&format!("<< {}1 >>", "-".repeat(length)))?;
        told(&format!("<< {}1 >>", "not ".repeat(length / 4)))?;
        let branches = "<% elif 1 %>".repeat(length / " elif 1 ".len());
        told(&format!("<% if 0 %>{branches}<% endif %>"))?;
    }
    Ok(())
}

#[test]
fn a_folder_in_a_files_place_is_told() -> Outcome {
    let project = project(SERVICE)?;
    fs::create_dir_all(project.path().join("plugins/one/plugin.toml"))?;
    refused(&project, &["plugins/one/plugin.toml:1:1: "])?;
    let other = tempfile::tempdir()?;
    fs::create_dir(other.path().join("scheduler.toml"))?;
    refused(&other, &["scheduler.toml"])
}

#[test]
fn one_mistake_among_a_thousand_plugins_is_the_one_that_is_told() -> Outcome {
    let project = project(SERVICE)?;
    for number in 0..1000 {
        plugin(project.path(), &format!("p{number}"), format!("[job_types.t{number}]\n{TYPE}"))?;
    }
    let good = checked(&project)?;
    ensure(good.code == 0, || good.told(&["check"]))?;
    plugin(project.path(), "p617", "[job_types.t617]\nscheme = {}\n")?;
    refused(&project, &["plugins/p617/plugin.toml:2:1: ", "did you mean `schema`"])?;
    let lines = checked(&project)?.stderr;
    let others = lines.lines().filter(|line| line.contains("plugins/") && !line.contains("p617"));
    ensure(others.count() == 0, || lines.clone())
}

#[test]
fn a_pattern_that_no_folder_can_have_is_told_where_it_stands() -> Outcome {
    for pattern in [r"\u0000", r"x\u0000", r"plugins/*\u0000"] {
        let project = project(format!("{SERVICE}plugins = [\"{pattern}\"]\n"))?;
        refused(&project, &["scheduler.toml:3:12: ", "hint: "])?;
    }
    Ok(())
}

#[test]
fn a_byte_order_mark_is_no_mistake() -> Outcome {
    let project = project(format!("\u{feff}{SERVICE}[job_types.a]\n{TYPE}"))?;
    plugin(project.path(), "one", format!("\u{feff}[job_types.one]\r\n{TYPE}\r\n"))?;
    let done = checked(&project)?;
    ensure(done.code == 0, || done.told(&["check"]))
}

#[test]
fn names_in_other_scripts_are_refused_with_the_rule() -> Outcome {
    let project = project(
        "[service]\nname = \"überwachung\"\n[env.\"prüfung\"]\n[job_types.\"prüfen\"]\nschema = {}\n",
    )?;
    plugin(project.path(), "日本", "[job_types.ok]\nschema = {}\n")?;
    plugin(project.path(), "rtl\u{202e}evil", "[job_types.ok]\nschema = {}\n")?;
    refused(&project, &["`überwachung`", "`prüfung`", "plugins/日本", "`prüfen`", "\\u{202e}"])
}

#[test]
fn deep_nesting_is_a_problem_and_no_overflow() -> Outcome {
    for depth in [200, 20_000] {
        let arrays = format!("{SERVICE}deep = {}{}\n", "[".repeat(depth), "]".repeat(depth));
        refused(&project(arrays)?, &["scheduler.toml:3:"])?;
        let tables = format!("{SERVICE}deep = {}{}\n", "{a=".repeat(depth), "}".repeat(depth));
        refused(&project(tables)?, &["scheduler.toml:3:"])?;
        let dotted = format!("{SERVICE}[{}a]\n", "a.".repeat(depth));
        refused(&project(dotted)?, &["scheduler.toml:"])?;
    }
    let project = project(SERVICE)?;
    plugin(project.path(), "one", "[job_types.one]\nschema = \"deep.json\"\n")?;
    let schema = format!("{}{}", "{\"not\":".repeat(5000) + "true", "}".repeat(5000));
    fs::write(project.path().join("plugins/one/deep.json"), schema)?;
    refused(&project, &["plugins/one/deep.json"])
}

#[test]
fn megabytes_are_read_to_their_end() -> Outcome {
    let line = "# a comment that fills the file\n";
    let filled = format!("{SERVICE}{}[job_types.a]\n{TYPE}", line.repeat((10 << 20) / line.len()));
    let done = checked(&project(&filled)?)?;
    ensure(done.code == 0, || done.told(&["check"]))?;
    refused(&project(format!("{filled}nonsense = 1\n"))?, &["nonsense"])?;

    let many: String = (0..50_000).map(|number| format!("key{number} = {number}\n")).collect();
    refused(&project(format!("{SERVICE}{many}"))?, &["`key0`", "`key49999`"])?;
    let long = "x".repeat(1 << 20);
    refused(&project(format!("{SERVICE}{long} = 1\n"))?, &["scheduler.toml:3:1: "])
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() -> Outcome {
    refused(&project(b"[service]\nname = \"\xff\"\n")?, &["scheduler.toml:2:", "UTF-8"])?;
    refused(&project(b"[service]\nname = \"a\0b\"\n")?, &["scheduler.toml:2:"])?;
    refused(&project(b"\0\0\0\0")?, &["scheduler.toml:1:", "syntax-error"])
}

#[test]
fn pairs_of_mistakes_are_told_together() -> Outcome {
    let mistakes = [
        ("name = \"Wrong Name\"\n", "`Wrong Name`"),
        ("regoin = \"eu-west-1\"\n", "`regoin`"),
        ("architecture = \"mips\"\n", "mips"),
        ("plugins = [\"../*\"]\n", "`../*`"),
        ("region = \"moon-1\"\n", "`moon-1`"),
    ];
    for (index, (one, says)) in mistakes.iter().enumerate() {
        for (other, also) in &mistakes[index + 1..] {
            let name = if index == 0 { "" } else { "name = \"s\"\n" };
            let manifest = format!("[service]\n{name}{one}{other}[job_types.a]\n{TYPE}");
            refused(&project(manifest)?, &[says, also])?;
        }
    }
    Ok(())
}
