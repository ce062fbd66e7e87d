//! `scheduler local`: creates and ticks a second, start and memory with many jobs, and how late
//! jobs fire.

use super::{Measures, Suite};
use crate::bench::Bench;
use crate::server::{self, Server};
use crate::table::{Row, Table, Unit};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::places;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(super) const SUITE: Suite = Suite {
    name: "local",
    what: "the server on one machine (minutes; take it alone, on a quiet machine)",
    subject: Measures::Tool,
    run,
};

/// Clients at once.
const CLIENTS: usize = 32;
/// Jobs whose runs are looked at, spread over all.
const SAMPLE: u64 = 20;
/// For the second run of each job.
const PATIENCE: Duration = Duration::from_secs(120);
/// An hour of the jobs' clock in a second.
const FAST: &str = "3600";

/// How much is done; one run is a trial that all of it works.
struct Scale {
    creates: u64,
    ticking: u64,
    due_at_once: u64,
    ticks: Duration,
    minute: Duration,
}

impl Scale {
    fn of(bench: &Bench) -> Self {
        let seconds = Duration::from_secs;
        match bench.runs {
            1 => Self {
                creates: 200,
                ticking: 50,
                due_at_once: 50,
                ticks: seconds(3),
                minute: seconds(1),
            },
            _ => Self {
                creates: 100_000,
                ticking: 5_000,
                due_at_once: 10_000,
                ticks: seconds(10),
                minute: seconds(70),
            },
        }
    }
}

fn run(bench: &Bench) -> Outcome<Vec<Table>> {
    let scale = Scale::of(bench);
    let project = project()?;
    let many = many_jobs(bench, project.path(), &scale)?;
    let mut rates = vec![row("creates over HTTP", many.creates, WRITER)];
    for (name, job_type, limit) in [
        ("fired, nobody consumes", "beat", WRITER),
        ("child process, queue", "queued", WRITER),
        ("child process, direct", "straight", "an exchange over HTTP with a child for each tick"),
    ] {
        rates.push(row(name, ticks(bench, project.path(), &scale, job_type)?, limit));
    }
    let late = lateness(bench, project.path(), &scale)?;
    let table = |name, what: String, unit, column: &str, rows| Table {
        name,
        what,
        unit,
        columns: vec![column.to_owned()],
        rows,
    };
    let (creates, due) = (scale.creates, scale.due_at_once);
    Ok(vec![
        table("rates", "a second".to_owned(), Unit::Count, "a second", rates),
        table(
            "memory",
            format!("resident with {creates} jobs"),
            Unit::Megabytes,
            "MB",
            vec![row("idle", many.memory_mb, "the program itself, and SQLite's caches")],
        ),
        table(
            "times",
            format!(
                "start with {creates} jobs; from the second in which a job is due to its start in a \
                 child process, with {due} jobs a minute, their first runs left out"
            ),
            Unit::Milliseconds,
            "ms",
            vec![
                row("start", many.start_ms, "SQLite's check of the whole file"),
                row("delay, median", late.0, "the order in which jobs fell due together"),
                row("delay, largest", late.1, "the order in which jobs fell due together"),
            ],
        ),
    ])
}

/// One thread writes, so that a sync to disk serves all writes that wait.
const WRITER: &str = "the thread that writes: SQLite's work for each row, a sync for each batch";

fn row(name: &str, value: f64, limit: &'static str) -> Row {
    Row { name: name.to_owned(), values: vec![value], limited_by: Some(limit) }
}

fn project() -> Outcome<TempDir> {
    let folder = tempfile::tempdir()?;
    let beat = "[service]\nname = \"figures\"\n[job_types.beat]\nschema = {}\n[env.dev]\n";
    fs::write(folder.path().join("scheduler.toml"), beat)?;
    let child = folder.path().join("bootstrap");
    let source = places::repository().join("benches/child/main.rs");
    let rustc = Command::new("rustc")
        .args(["-O", "--edition", "2024", "-o"])
        .arg(&child)
        .arg(source)
        .output()?;
    ensure(rustc.status.success(), || String::from_utf8_lossy(&rustc.stderr).into_owned())?;
    for (name, buffer) in [("queued", "queue"), ("straight", "none")] {
        let plugin = folder.path().join("plugins").join(name);
        fs::create_dir_all(&plugin)?;
        zipped(&child, &plugin.join("code.zip"))?;
        let manifest = format!(
            "[job_types.{name}]\nschema = {{}}\n[build]\nkind = \"zip\"\nzip = \"code.zip\"\n\
             [consumer]\nbuffer = \"{buffer}\"\n"
        );
        fs::write(plugin.join("plugin.toml"), manifest)?;
    }
    Ok(folder)
}

fn zipped(file: &Path, zip: &Path) -> Outcome {
    let mut archive = zip::ZipWriter::new(fs::File::create(zip)?);
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    archive.start_file("bootstrap", options)?;
    std::io::Write::write_all(&mut archive, &fs::read(file)?)?;
    archive.finish()?;
    Ok(())
}

struct Many {
    creates: f64,
    start_ms: f64,
    memory_mb: f64,
}

fn many_jobs(bench: &Bench, project: &Path, scale: &Scale) -> Outcome<Many> {
    let line = ["--data-dir", "many"];
    let server = Server::start(bench, project, &line)?;
    let began = Instant::now();
    create(&server, scale.creates, "beat", 31_536_000)?;
    let creates = per_second(scale.creates, began.elapsed());
    server.stop()?;
    let began = Instant::now();
    let server = Server::start(bench, project, &line)?;
    let start_ms = began.elapsed().as_secs_f64() * 1e3;
    // Whatever the start left to do is done, and the memory is that of an idle server.
    thread::sleep(Duration::from_secs(2));
    let memory_mb = server.resident()?;
    server.stop()?;
    Ok(Many { creates, start_ms, memory_mb })
}

/// So many jobs by several clients at once.
fn create(server: &Server, count: u64, job_type: &str, sleep_time: u64) -> Outcome {
    let job = json!({"job_type": job_type, "sleep_time": sleep_time}).to_string();
    let clients = CLIENTS as u64;
    thread::scope(|scope| {
        let job = &job;
        let share = |client: u64| count / clients + u64::from(client < count % clients);
        let calls: Vec<_> = (0..clients)
            .map(|client| {
                scope.spawn(move || {
                    let mut connection = server.connect()?;
                    (0..share(client))
                        .try_for_each(|_| connection.call("POST", "/job/create", job).map(drop))
                })
            })
            .collect();
        calls.into_iter().try_for_each(server::joined)
    })
}

/// Ticks a second with more due than can be done.
fn ticks(bench: &Bench, project: &Path, scale: &Scale, job_type: &str) -> Outcome<f64> {
    let server = Server::start(bench, project, &["--data-dir", job_type, "--speed", FAST])?;
    create(&server, scale.ticking, job_type, 3600)?;
    // The first runs wake children and fill caches.
    let waiting = Instant::now();
    while done(&server, scale.ticking)? < 2 * SAMPLE {
        ensure(waiting.elapsed() < PATIENCE, || format!("`{job_type}` has no second runs"))?;
        thread::sleep(Duration::from_millis(100));
    }
    let before = done(&server, scale.ticking)?;
    let began = Instant::now();
    thread::sleep(scale.ticks);
    let after = done(&server, scale.ticking)?;
    let ticks = (after - before) * scale.ticking / SAMPLE;
    let rate = per_second(ticks, began.elapsed());
    server.stop()?;
    Ok(rate)
}

/// Finished runs of the sample.
fn done(server: &Server, jobs: u64) -> Outcome<u64> {
    let mut connection = server.connect()?;
    let mut done = 0;
    for nth in 0..SAMPLE {
        for run in runs(&mut connection, nth * jobs / SAMPLE)? {
            done += u64::from(matches!(run["state"].as_str(), Some("succeeded" | "unconsumed")));
        }
    }
    Ok(done)
}

fn runs(connection: &mut server::Connection, job: u64) -> Outcome<Vec<Value>> {
    let answer = connection.call("GET", &format!("/job/{job}/runs?limit=1000"), "")?;
    Ok(serde_json::from_slice(&answer)?)
}

/// Median and largest delay of runs, in milliseconds, by the wall's clock: until a child process has
/// the tick. The first run of each job is left out: it is due when the job is made.
fn lateness(bench: &Bench, project: &Path, scale: &Scale) -> Outcome<(f64, f64)> {
    let server = Server::start(bench, project, &["--data-dir", "late"])?;
    create(&server, scale.due_at_once, "queued", 60)?;
    thread::sleep(scale.minute);
    let mut connection = server.connect()?;
    let mut delays = Vec::new();
    for job in (0..scale.due_at_once).step_by(7) {
        let mut all = runs(&mut connection, job)?;
        // The newest come first.
        all.pop();
        for run in all {
            let started = run["started_at"].as_f64().zip(run["due"].as_f64());
            delays.extend(started.map(|(started, due)| ((started - due) * 1e3).max(0.0)));
        }
    }
    server.stop()?;
    delays.sort_by(f64::total_cmp);
    let middle = delays.get(delays.len() / 2).copied().unwrap_or_default();
    Ok((middle, delays.last().copied().unwrap_or_default()))
}

fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
