//! The pages under `docs/` that people follow: every file is written, every command typed, and what
//! they print is what the page says.

use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::places;
use scheduler_tests::support::local::Local;
use scheduler_tests::support::markdown::{Step, fits, steps};
use scheduler_tests::support::poll;
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::Value;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Someone who reads a page and does what it says.
struct Reader {
    /// Where they are.
    folder: PathBuf,
    path: std::ffi::OsString,
    server: Option<Local>,
    /// What was started with `&`.
    behind: Vec<Behind>,
}

/// A command that goes on, and ends with the test.
struct Behind(Child);

impl Drop for Behind {
    fn drop(&mut self) {
        // One that has ended already is no trouble.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Reader {
    fn in_folder(folder: &Path) -> Outcome<Self> {
        let program = Scheduler::program()?;
        let own = program.parent().map(Path::to_path_buf).into_iter();
        let rest = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(own.chain(env::split_paths(&rest)))?;
        Ok(Self { folder: folder.into(), path, server: None, behind: Vec::new() })
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
                _ if line.ends_with(" &") => self.begins(line.trim_end_matches(" &")),
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

    fn begins(&mut self, line: &str) -> Outcome {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec {line}")]).current_dir(&self.folder);
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.behind.push(Behind(shell.spawn()?));
        Ok(())
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

/// Calls of the runtime's clients, which `verify` has: their errors name no IAM action.
const OF_THE_RUNTIME: [&str; 3] = ["dynamodb:GetItem", "scheduler:GetSchedule", "sqs:SendMessage"];

#[test]
fn every_aws_call_is_among_the_rights_of_a_deploying_identity_and_no_other() -> Outcome {
    let mut made: BTreeSet<String> = OF_THE_RUNTIME.map(str::to_owned).into();
    collect_actions(&places::repository().join("cli/src"), &mut made)?;
    ensure(made.len() > 30, || format!("only {made:?}"))?;
    let page = fs::read_to_string(places::repository().join("docs/deploying.md"))?;
    let told = page.split("## What the deploying identity may do").nth(1).unwrap_or_default();
    let told: BTreeSet<String> =
        told.split('`').filter(|word| is_action(word)).map(Into::into).collect();
    let missing: Vec<_> = made.difference(&told).collect();
    let idle: Vec<_> = told.difference(&made).collect();
    ensure(missing.is_empty() && idle.is_empty(), || {
        format!("docs/deploying.md lacks {missing:?}, and nobody calls {idle:?}")
    })
}

/// What the errors of the tool's own calls name: the action that each one needs.
fn collect_actions(folder: &Path, actions: &mut BTreeSet<String>) -> Outcome {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect_actions(&path, actions)?;
        } else if name.ends_with(".rs") && !name.contains("test") && !name.contains("fake") {
            let text = fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            actions.extend(code.split('"').filter(|word| is_action(word)).map(Into::into));
        }
    }
    Ok(())
}

/// `service:Action`.
fn is_action(word: &str) -> bool {
    let services = ["cloudformation", "dynamodb", "lambda", "s3", "scheduler", "sqs", "sts"];
    word.split_once(':').is_some_and(|(service, action)| {
        services.contains(&service)
            && action.starts_with(|first: char| first.is_ascii_uppercase())
            && action.chars().all(|letter| letter.is_ascii_alphanumeric())
    })
}

/// The first commands of the README, as whoever has just cloned the repository types them. Only its
/// port and its temporary folder are others: they may be somebody's.
#[test]
fn whoever_follows_the_readme_gets_one_mail_about_the_changed_page() -> Outcome {
    let readme = fs::read_to_string(places::repository().join("README.md"))?;
    let start = readme.split("## Start here").nth(1).and_then(|rest| rest.split("\n## ").next());
    let start = start.and_then(|start| start.split("Your own project:").next());
    let page = tempfile::tempdir()?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let ours = |text: &str| {
        let text = text.replace("/tmp/page", &page.path().display().to_string());
        text.replace("8000", &port.to_string())
    };
    let project = Project::of_this_repository()?;
    let mut reader = Reader::in_folder(project.path())?;
    let mut steps = steps(&ours(start.unwrap_or_default()))?.into_iter();
    let Some(Step::Type { line, printed }) = steps.next() else { return fail("no command") };
    ensure(line == "cargo run --release -- local", || line.clone())?;
    let server = Local::start(&Scheduler::of(project.path()), &[])?;
    let types = server.told["job_types"].as_array().into_iter().flatten();
    let types: Vec<_> = types.filter_map(Value::as_str).collect();
    let told = format!("job types  {}", types.join(", "));
    ensure(printed.contains(&told), || format!("{told}, but the README has {printed:?}"))?;
    reader.server = Some(server);
    let rest: Vec<Step> = steps.collect();
    ensure(rest.len() == 7, || format!("the README has other commands: {rest:?}"))?;
    for step in rest {
        reader.follow(&step)?;
        if !reader.behind.is_empty() {
            poll::until_true("the page to be served", Duration::from_secs(30), || {
                Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
            })?;
        }
    }
    let outbox = places::files_under(&project.path().join(".scheduler/local/outbox"))?;
    let mails: Vec<_> = outbox.iter().filter(|path| path.extension().is_some()).collect();
    let [mail] = mails.as_slice() else { return fail(format!("not one mail: {outbox:?}")) };
    let mail = fs::read_to_string(project.path().join(".scheduler/local/outbox").join(mail))?;
    ensure(mail.contains("To: you@example.com") && mail.contains("rainy"), || mail.clone())?;
    reader.server.map_or(Ok(()), Local::stop)
}
