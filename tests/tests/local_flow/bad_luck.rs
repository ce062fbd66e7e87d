//! What the server makes of a full disk, of a reader that stops reading, and of its own sudden end.

use rustix::process::Signal;
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::local::Local;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::poll;
use scheduler_tests::support::project::{Project, Recorder};
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::Duration;
use ureq::http::Method;

const MINUTE: Duration = Duration::from_secs(60);
const ONE: Recorder = Recorder { name: "one", job_type: "first_type", buffer: "queue" };

/// A project whose consumer does this as well, before it sends a tick on or after it.
fn project(before: &str, after: &str) -> Outcome<Project> {
    let project = Project::new(&[])?;
    project.add(ONE)?;
    let handler = project.path().join("plugins/one/bootstrap");
    let code = fs::read_to_string(&handler)?;
    let send = "    urllib.request.urlopen(job[\"url\"]";
    let code = code.replace(send, &format!("    {before}\n{send}"));
    let code = code.replace("\n\n\nwhile True:", &format!("\n    {after}\n\n\nwhile True:"));
    fs::write(&handler, code)?;
    Ok(project)
}

fn create(local: &Local, inbox: &Page) -> Outcome {
    let job = json!({"job_type": ONE.job_type, "sleep_time": 86_400, "url": inbox.url()});
    local.api.create("", &job).map(drop)
}

fn posted(inbox: &Page, count: usize) -> Outcome {
    poll::until_true("the tick at its consumer", MINUTE, || Ok(inbox.posted().len() >= count))
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_does_not_keep_the_server_from_ending() -> Outcome {
    let gate = tempfile::tempdir()?;
    let open = gate.path().join("open");
    let wait = format!(
        "import time\n    while not os.path.exists({:?}): time.sleep(0.01)",
        open.display().to_string()
    );
    let project = project("pass", &wait)?;
    let scheduler = Scheduler::of(project.path());
    let inbox = Page::serve("")?;
    for (round, signal) in [(1, Signal::TERM), (2, Signal::INT)] {
        // Trouble with the disk is heard by whoever asked for quiet, too.
        let quiet: &[&str] = if round == 1 { &[] } else { &["--quiet"] };
        let local = Local::on_a_small_disk(&scheduler, quiet)?;
        if round == 1 {
            create(&local, &inbox)?;
        }
        // The second server gets what the first one could not write down.
        posted(&inbox, round)?;
        local.fill_the_disk()?;
        fs::write(&open, "")?;
        poll::until_true("the result that cannot be stored", MINUTE, || {
            Ok(local.said().contains("error: one: results wait"))
        })?;
        let reply = local.api.call("", Method::POST, "/job/0/pause", &Value::Null)?;
        ensure(reply.status == 500 && reply.body.contains("disk"), || reply.body.clone())?;
        local.end(signal)?;
        fs::remove_file(&open)?;
    }
    fs::write(&open, "")?;
    let local = Local::start(&scheduler, &[])?;
    posted(&inbox, 3)?;
    local.stop()
}

#[test]
fn a_reader_that_stops_reading_stops_nothing() -> Outcome {
    let project = project("[print(\"noise \" * 20) for _ in range(100_000)]", "pass")?;
    let inbox = Page::serve("")?;
    let local = Local::unheard(&Scheduler::of(project.path()), &[])?;
    create(&local, &inbox)?;
    posted(&inbox, 1)?;
    local.api.ok("", Method::POST, "/job/0/run", &Value::Null)?;
    posted(&inbox, 2)?;
    local.stop()
}

#[test]
fn what_a_consumer_started_ends_with_a_server_that_was_killed() -> Outcome {
    let start = "import subprocess\n    \
                 print(\"\\x1b[31mstarted\", subprocess.Popen([\"sleep\", \"600\"]).pid, flush=True)";
    let project = project(start, "pass")?;
    let inbox = Page::serve("")?;
    let local = Local::start(&Scheduler::of(project.path()), &[])?;
    create(&local, &inbox)?;
    let pid = poll::until("the line of the consumer", MINUTE, || {
        let said = local.said();
        let after = said.split("started ").nth(1).and_then(|rest| rest.split_once('\n'));
        Ok(after.map(|(pid, _)| pid.to_owned()))
    })?;
    // Nothing that a consumer prints moves the terminal of whoever watches.
    ensure(!local.said().contains('\u{1b}'), || local.said())?;
    ensure(lives(&pid)?, || format!("no process {pid}"))?;
    local.kill()?;
    poll::until_true("the end of what the consumer started", MINUTE, || Ok(!lives(&pid)?))
}

/// Whether a process is there and not merely waiting to be buried.
fn lives(pid: &str) -> Outcome<bool> {
    let ps = Command::new("ps").args(["-o", "stat=", "-p", pid]).output()?;
    let state = String::from_utf8_lossy(&ps.stdout).trim().to_owned();
    Ok(!state.is_empty() && !state.starts_with('Z'))
}
