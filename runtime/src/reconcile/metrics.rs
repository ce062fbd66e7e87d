//! A report as metrics: one log line in CloudWatch's embedded metric format.

use super::report::{End, Kind, Report};
use serde_json::{Value, json};

/// Where the metrics stand in CloudWatch.
const NAMESPACE: &str = "Scheduler/Reconciler";

/// The line, with the schedule group as its one dimension; `now` in epoch seconds. Every metric is
/// in every line: an alarm on drift sees zeros, and one on silence sees silence.
#[must_use]
pub fn metrics(report: &Report, group: &str, now: i64) -> Value {
    let mut values: Vec<(&str, u64)> =
        Kind::ALL.iter().map(|kind| (name(*kind), report.count(*kind))).collect();
    values.extend([
        ("Drift", report.total() - report.count(Kind::Unschedulable)),
        ("Jobs", report.jobs),
        ("Schedules", report.schedules),
        ("Compared", report.compared),
        ("Repairs", report.repairs),
        ("Calls", report.calls.total()),
        ("Passes", u64::from(matches!(report.end, End::Done))),
        ("Failures", u64::from(matches!(report.end, End::Failed { .. }))),
    ]);
    let names: Vec<_> =
        values.iter().map(|(name, _)| json!({"Name": name, "Unit": "Count"})).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.saturating_mul(1_000),
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [["Group"]], "Metrics": names}
            ],
        },
        "Group": group,
    });
    for (name, value) in values {
        line[name] = value.into();
    }
    line
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "Missing",
        Kind::Orphaned => "Orphaned",
        Kind::WrongState => "WrongState",
        Kind::WrongTarget => "WrongTarget",
        Kind::Stale => "Stale",
        Kind::Altered => "Altered",
        Kind::Unschedulable => "Unschedulable",
    }
}
