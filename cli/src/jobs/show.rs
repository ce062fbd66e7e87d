//! Jobs and runs as text for people.

use super::client::Job;
use crate::text::table;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;
use std::fmt::Write as _;

/// The fields that have a column of their own, or are nobody's business in a list.
const CORE: &[&str] = &[
    "user_id",
    "user_email",
    "job_id",
    "job_type",
    "sleep_time",
    "enabled",
    "rev",
    "next_run",
    "last_run",
    "runs",
];

/// The lines of a failed run that stand below a table.
const LINES: usize = 12;

/// A line a job.
#[must_use]
pub fn jobs_table(jobs: &[Job]) -> String {
    if jobs.is_empty() {
        return "no jobs".to_owned();
    }
    let head = ["ID", "TYPE", "EVERY", "NEXT RUN", "LAST RUN", "FIELDS"].map(str::to_owned);
    let rows = jobs.iter().map(|job| {
        [
            plain(job.get("job_id")),
            plain(job.get("job_type")),
            job.get("sleep_time").and_then(Value::as_u64).map_or_else(String::new, every),
            next_run(job),
            job.get("last_run").map_or_else(|| "-".to_owned(), last_run),
            own_fields(job),
        ]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

/// A line a run.
#[must_use]
pub fn runs_table(runs: &[Job]) -> String {
    if runs.is_empty() {
        return "no runs yet".to_owned();
    }
    let head = ["RUN", "STARTED", "STATE", "TOOK", "CONSUMER", "ERROR"].map(str::to_owned);
    let rows = runs.iter().map(|run| {
        [
            plain(run.get("run_id")),
            time(began(run)),
            plain(run.get("state")),
            run.get("duration_ms").and_then(Value::as_u64).map_or_else(|| "-".to_owned(), took),
            plain(run.get("consumer")),
            plain(run.get("error")).lines().next().unwrap_or_default().to_owned(),
        ]
    });
    let mut text = table(&std::iter::once(head).chain(rows).collect::<Vec<_>>());
    // Why it failed is what people come for: of the last one that did, with what it printed.
    let failed = runs.iter().find(|run| run.get("error").is_some_and(Value::is_string));
    if let Some(failed) = failed {
        let _ = write!(text, "\n\nrun {}:\n{}", plain(failed.get("run_id")), tail(failed));
    }
    text
}

/// One run whole: its fields, and everything that is kept of what it printed.
#[must_use]
pub fn run_text(run: &Job) -> String {
    let mut fields = run.clone();
    let output = fields.remove("output").unwrap_or_default();
    for name in ["due", "started_at", "ended_at"] {
        if let Some(stamp) = fields.get_mut(name) {
            *stamp = Value::String(time(Some(stamp)));
        }
    }
    format!("{}\n{}", job_text(&fields), plain(Some(&output)))
}

/// A line a dead letter, and what the last one printed.
#[must_use]
pub fn dead_table(dead: &[Job]) -> String {
    let Some(last) = dead.iter().rfind(|one| one.contains_key("output")) else {
        return match dead {
            [] => "no dead letters".to_owned(),
            changes => dead_lines(changes),
        };
    };
    format!("{}\n\n{}:\n{}", dead_lines(dead), plain(last.get("id")), tail(last))
}

fn dead_lines(dead: &[Job]) -> String {
    let head = ["ID", "WHAT", "JOB", "TYPE", "ENDED", "CONSUMER", "ERROR"].map(str::to_owned);
    let rows = dead.iter().map(|one| {
        [
            plain(one.get("id")),
            plain(one.get("kind")),
            plain(one.get("job_id")),
            plain(one.get("job_type")),
            time(one.get("ended_at")),
            plain(one.get("consumer")),
            plain(one.get("error")).lines().next().unwrap_or_default().to_owned(),
        ]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

/// The last lines that a run printed.
fn tail(run: &Job) -> String {
    let output = plain(run.get("output"));
    let lines: Vec<_> = output.lines().map(|line| format!("  {line}")).collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

/// When a run began, or is to begin.
fn began(run: &Job) -> Option<&Value> {
    run.get("started_at").filter(|at| !at.is_null()).or_else(|| run.get("due"))
}

/// A field a line.
#[must_use]
pub fn job_text(job: &Job) -> String {
    let width = job.keys().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in job {
        let shown = match name.as_str() {
            "next_run" => next_run(job),
            "last_run" => last_run(value),
            _ => plain(Some(value)),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:width$}  {shown}");
    }
    text
}

fn next_run(job: &Job) -> String {
    match job.get("enabled") {
        Some(Value::Bool(false)) => "paused".to_owned(),
        _ => time(job.get("next_run")),
    }
}

fn last_run(run: &Value) -> String {
    let when = time(run.as_object().and_then(began));
    match run.get("state").and_then(Value::as_str) {
        Some(state) => format!("{when} {state}"),
        None => when,
    }
}

fn own_fields(job: &Job) -> String {
    let own = job.iter().filter(|(name, _)| !CORE.contains(&name.as_str()));
    let shown: Vec<_> = own.map(|(name, value)| format!("{name}={}", plain(Some(value)))).collect();
    let text = shown.join(" ");
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or(&text)),
        None => text,
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// `2026-11-24T08:14:00Z` of epoch seconds; `-` of nothing.
fn time(stamp: Option<&Value>) -> String {
    let seconds = stamp.and_then(Value::as_f64);
    let shown = seconds.and_then(|seconds| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "shown to the second; a cast saturates"
        )]
        let moment = DateTime::from_secs(seconds as i64);
        moment.fmt(Format::DateTime).ok()
    });
    shown.unwrap_or_else(|| "-".to_owned())
}

/// The largest unit that leaves nothing over.
fn every(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let fitting = units.iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    fitting
        .map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

fn took(milliseconds: u64) -> String {
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        _ => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn job(value: &Value) -> Job {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_job_is_one_line() {
        let jobs = [
            job(&json!({"job_id": 0, "job_type": "ping", "sleep_time": 600, "enabled": true,
                "next_run": 1_700_000_000, "user_id": "u", "url": "https://a.example",
                "last_run": {"started_at": 1_699_999_400.25, "state": "succeeded"}})),
            job(&json!({"job_id": 12, "job_type": "ping", "sleep_time": 90, "enabled": false,
                "next_run": null})),
        ];
        let wanted = "\
ID  TYPE  EVERY  NEXT RUN              LAST RUN                        FIELDS
0   ping  10m    2023-11-14T22:13:20Z  2023-11-14T22:03:20Z succeeded  url=https://a.example
12  ping  90s    paused                -";
        assert_eq!(jobs_table(&jobs), wanted);
        assert_eq!(jobs_table(&[]), "no jobs");
    }

    #[test]
    fn a_run_tells_how_it_ended() {
        let runs = [
            job(&json!({"run_id": 8, "started_at": null, "due": 1_700_000_060, "state": "waiting",
            "error": null, "output": ""})),
            job(
                &json!({"run_id": 7, "started_at": 1_700_000_000, "state": "failed", "duration_ms": 1234,
            "consumer": "pinger", "error": "it broke\nat line 3", "output": "pinging\nit broke"}),
            ),
        ];
        let wanted = "\
RUN  STARTED               STATE    TOOK   CONSUMER  ERROR
8    2023-11-14T22:14:20Z  waiting  -
7    2023-11-14T22:13:20Z  failed   1.2 s  pinger    it broke

run 7:
  pinging
  it broke";
        assert_eq!(runs_table(&runs), wanted);
        let whole = run_text(&runs[1]);
        assert!(
            whole.contains("2023-11-14T22:13:20Z") && whole.ends_with("pinging\nit broke"),
            "{whole}"
        );
    }

    #[test]
    fn what_was_given_up_is_a_line_each() {
        let dead = [
            job(&json!({"id": "7", "kind": "tick", "job_id": 2, "job_type": "ping",
                "ended_at": 1_700_000_000, "consumer": "pinger", "error": "it broke\nhere",
                "output": "pinging"})),
            job(&json!({"id": "change-3", "kind": "change", "job_id": 4, "job_type": null,
                "error": "no plugin defines it"})),
        ];
        let wanted = "\
ID        WHAT    JOB  TYPE  ENDED                 CONSUMER  ERROR
7         tick    2    ping  2023-11-14T22:13:20Z  pinger    it broke
change-3  change  4          -                               no plugin defines it

7:
  pinging";
        assert_eq!(dead_table(&dead), wanted);
        assert_eq!(dead_table(&[]), "no dead letters");
    }
}
