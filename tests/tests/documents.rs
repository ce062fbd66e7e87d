//! The pages under `docs/` that people follow: every file is written, every command typed, and what
//! they print is what the page says.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::places;
use scheduler_tests::support::local::Local;
use scheduler_tests::support::markdown::{Step, fits, steps};
use scheduler_tests::support::poll;
use scheduler_tests::support::scheduler::Scheduler;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Someone who reads a page and does what it says.
struct Reader {
    /// Where they are.
    folder: PathBuf,
    path: std::ffi::OsString,
    server: Option<Local>,
}

impl Reader {
    fn in_folder(folder: &Path) -> Outcome<Self> {
        let program = Scheduler::program()?;
        let own = program.parent().map(Path::to_path_buf).into_iter();
        let rest = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(own.chain(env::split_paths(&rest)))?;
        Ok(Self { folder: folder.into(), path, server: None })
    }

    fn follow(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Write { path, text } => self.write(path, text),
            Step::Append { path, text } => {
                let old = fs::read_to_string(self.folder.join(path))?;
                self.write(path, &format!("{old}{text}"))
            }
            Step::Type { line, printed } => match line.split_once(' ') {
                Some(("cd", folder)) => {
                    self.folder = self.folder.join(folder);
                    Ok(())
                }
                Some(("scheduler", rest)) if rest.starts_with("local") => {
                    let options: Vec<_> = rest.split(' ').skip(1).collect();
                    self.server = Some(Local::start(&Scheduler::of(&self.folder), &options)?);
                    Ok(())
                }
                // A run takes its moment.
                _ if self.server.is_some() => {
                    let mut last = Ok(());
                    let asked = poll::until_true(line, Duration::from_secs(30), || {
                        last = self.types(line, printed);
                        Ok(last.is_ok())
                    });
                    last.and(asked)
                }
                _ => self.types(line, printed),
            },
        }
    }

    fn write(&self, path: &str, text: &str) -> Outcome {
        let path = self.folder.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, text)?)
    }

    fn types(&self, line: &str, printed: &[String]) -> Outcome {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(&self.folder).env("PATH", &self.path);
        for name in ["AWS_ENDPOINT_URL", "CLICOLOR_FORCE", "NO_COLOR"] {
            shell.env_remove(name);
        }
        let done = shell.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).output()?;
        let said = [done.stdout, done.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        ensure(done.status.success(), || format!("`{line}` ended with {}:\n{said}", done.status))?;
        for wanted in printed {
            let there = said.lines().any(|line| fits(wanted, line));
            ensure(there, || format!("`{line}` prints no line {wanted:?}:\n{said}"))?;
        }
        Ok(())
    }
}

fn page(name: &str) -> Outcome<Vec<Step>> {
    steps(&fs::read_to_string(places::repository().join("docs").join(name))?)
}

#[test]
fn whoever_follows_the_page_on_plugins_has_one_that_runs() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut reader = Reader::in_folder(folder.path())?;
    let steps = page("plugins.md")?;
    ensure(steps.len() > 15, || format!("the page has only {} steps", steps.len()))?;
    for step in steps {
        reader.follow(&step)?;
    }
    reader.server.map_or(Ok(()), Local::stop)
}

#[test]
fn the_original_html_checker_is_moved_as_the_page_says() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut reader = Reader::in_folder(folder.path())?;
    reader.write("scheduler.toml", "[service]\nname = \"monitor\"\n[env.dev]\n")?;
    // What the page says stays as it was.
    let script = "plugins/html-checker/bin/package_lambda_entrypoint";
    reader.write(script, "#!/bin/sh\nexit 1\n")?;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(reader.folder.join(script), mode)?;
    for step in page("moving.md")? {
        reader.follow(&step)?;
    }
    let sound = "no problems in 1 plugin, 1 job type, env dev".to_owned();
    reader.types("scheduler check", &[sound])?;
    reader.types("scheduler plan --env dev", &[])
}

#[test]
fn four_commands_lead_from_an_empty_folder_to_a_plugin_that_runs() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut reader = Reader::in_folder(folder.path())?;
    let printed = |line: &str| vec![line.to_owned()];
    for (line, printed) in [
        ("scheduler init", printed("made the project ...")),
        ("scheduler local", Vec::new()),
        ("scheduler jobs create --type hello --every 1m name=Ada", printed("created job 0")),
        ("scheduler jobs runs 0", printed("...succeeded...hello...")),
    ] {
        reader.follow(&Step::Type { line: line.to_owned(), printed })?;
    }
    reader.server.map_or(Ok(()), |server| {
        let said = server.said();
        ensure(said.contains("Hello, Ada! Again in 60 seconds."), || said)?;
        server.stop()
    })
}
