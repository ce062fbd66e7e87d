//! What is told while something takes long: on a terminal, and elsewhere.

use crate::support::command;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{self, File, OpenOptions};
use std::io::{PipeReader, Read, pipe};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The text that says that the script is at it, and what it prints in the end.
const NEWS: &str = "compiling the slow part";
const QUOTED: &str = "first line of the trouble\nsecond line of the trouble";
/// What a task is called.
const TASK: &str = "building `slow` (command, x86_64)";
/// Long past anything that goes well.
const PATIENCE: Duration = Duration::from_secs(60);

/// A project whose plugin is built by a script that waits until the file `go` is there, and fails.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("plugins/slow");
    fs::create_dir_all(&plugin).unwrap();
    fs::write(folder.path().join("scheduler.toml"), "[service]\nname = \"slow\"\n").unwrap();
    let manifest = "[job_types.slow]\nschema = {}\n[consumer]\n\
                    [build]\nkind = \"command\"\nrun = \"build\"\nzip = \"code.zip\"\n";
    fs::write(plugin.join("plugin.toml"), manifest).unwrap();
    let script = format!(
        "#!/bin/sh\necho '{NEWS}'\nwhile ! [ -e ../../go ]; do sleep 0.05; done\n\
         echo '{QUOTED}'\nexit 1\n"
    );
    fs::write(plugin.join("build"), script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(plugin.join("build"), executable).unwrap();
    folder
}

/// A terminal of this test's own: what it shows, and the end that a program gets.
fn terminal() -> (File, Stdio) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap().into_string().unwrap();
    let end = OpenOptions::new().read(true).write(true).open(name).unwrap();
    (File::from(screen), end.into())
}

/// Starts a command, and reads what it tells.
fn started(
    mut command: Command,
    mut reader: impl Read + Send + 'static,
) -> (Child, Receiver<String>) {
    let child = command.spawn().unwrap();
    // It holds this process's own copy of the other end.
    drop(command);
    let (told, news) = channel();
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        // Linux says EIO when nobody holds the other end of a terminal any more.
        while let Ok(length @ 1..) = reader.read(&mut bytes) {
            let _ = told.send(String::from_utf8_lossy(&bytes[..length]).replace('\r', ""));
        }
    });
    (child, news)
}

/// A build that runs, and what it has told so far.
struct Build<'a> {
    project: &'a Path,
    child: Child,
    news: Receiver<String>,
    seen: String,
}

impl<'a> Build<'a> {
    /// On a terminal of this test's own.
    fn on_terminal(project: &'a Path, term: &str, more: &[&str]) -> Self {
        let (screen, end) = terminal();
        Self::start(project, (term, more), end, screen)
    }

    /// With a pipe, as in a pipeline's log.
    fn in_a_log(project: &'a Path) -> Self {
        let (reader, writer): (PipeReader, _) = pipe().unwrap();
        Self::start(project, ("xterm", &[]), writer.into(), reader)
    }

    fn start(
        project: &'a Path,
        (term, more): (&str, &[&str]),
        stderr: Stdio,
        reader: impl Read + Send + 'static,
    ) -> Self {
        let mut build = command(project, &[&["build", "--plugin", "slow"], more].concat());
        build.env("TERM", term).stdout(Stdio::null()).stderr(stderr);
        let (child, news) = started(build, reader);
        Self { project, child, news, seen: String::new() }
    }

    /// Reads until it is so.
    fn until(&mut self, is_so: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(left) {
                Ok(text) => self.seen.push_str(&text),
                Err(error) => panic!("{error}: {:?}", self.seen),
            }
        }
    }

    /// Lets the script go on; all that was told.
    fn end(mut self) -> String {
        fs::write(self.project.join("go"), "").unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(1), "{:?}", self.seen);
        let rest: Vec<_> = self.news.iter().collect();
        self.seen + &rest.concat()
    }
}

#[test]
fn on_a_terminal_a_bar_stands_at_the_foot_as_long_as_the_work_takes() {
    let project = project();
    let mut build = Build::on_terminal(project.path(), "xterm", &[]);
    build.until(|seen| seen.contains(NEWS));
    let drawn = build.seen.matches(TASK).count();
    build.until(|seen| seen.matches(TASK).count() > drawn + 2);
    assert!(!build.seen.contains('\n'), "it is drawn in its own place: {:?}", build.seen);
    let seen = build.end();
    assert!(seen.contains("failed to build `slow` after "), "{seen:?}");
    let (_, after) = seen.split_once(QUOTED).expect("the script's output is in one piece");
    assert!(!after.contains(TASK), "nothing is drawn over the last words: {seen:?}");
    assert!(after.contains("1 of 1 zip could not be built"), "{seen:?}");
}

#[test]
fn colour_is_for_terminals_and_not_where_nobody_wants_it() {
    let coloured = |no_color: &str| {
        let project = project();
        let manifest = project.path().join("scheduler.toml");
        fs::write(manifest, "[service]\nname = \"slow\"\nregoin = \"eu-west-1\"\n").unwrap();
        let (screen, end) = terminal();
        let mut check = command(project.path(), &["check"]);
        check.env("TERM", "xterm").env("NO_COLOR", no_color).stdout(Stdio::null()).stderr(end);
        let (child, news) = started(check, screen);
        let seen: String = news.iter().collect();
        assert_eq!({ child }.wait().unwrap().code(), Some(2), "{seen:?}");
        assert!(seen.contains("did you mean `region`"), "{seen:?}");
        // SGR, "select graphic rendition".
        seen.contains("\u{1b}[") && seen.contains('m')
    };
    assert!(coloured(""), "a terminal shows colours");
    assert!(!coloured("1"), "NO_COLOR is obeyed there");
}

#[test]
fn in_a_log_there_are_whole_lines_and_nothing_moves() {
    let project = project();
    let mut build = Build::in_a_log(project.path());
    build.until(|seen| seen.contains(&format!("{TASK}\n")));
    let seen = build.end();
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    assert_eq!(seen.matches("building").count(), 1, "{seen:?}");
    assert!(seen.contains("\nfailed to build `slow` after "), "{seen:?}");
    assert!(seen.contains(QUOTED), "{seen:?}");
}

#[test]
fn a_terminal_that_can_do_nothing_gets_lines() {
    let project = project();
    let mut build = Build::on_terminal(project.path(), "dumb", &["--color", "never"]);
    build.until(|seen| seen.contains(&format!("{TASK}\n")));
    assert!(!build.end().contains('\u{1b}'));
}

#[test]
fn quiet_means_no_bar_either() {
    let project = project();
    let build = Build::on_terminal(project.path(), "xterm", &["--quiet"]);
    let seen = build.end();
    assert!(!seen.contains(TASK), "{seen:?}");
    assert!(seen.contains(QUOTED), "{seen:?}");
}
