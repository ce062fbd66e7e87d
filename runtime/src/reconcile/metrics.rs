//! A report as metrics: one log line in CloudWatch's embedded metric format.

use super::report::{End, Kind, Report};
use scheduler_contract::metric;
use serde_json::{Value, json};

/// The line, with the schedule group as its one dimension; `now` in epoch seconds. Every metric is
/// in every line, but `drift`: what is not looked at whole may not be called free of drift.
#[must_use]
pub fn metrics(report: &Report, drift: Option<u64>, group: &str, now: i64) -> Value {
    let mut values: Vec<(&str, u64)> =
        Kind::ALL.iter().map(|kind| (name(*kind), report.count(*kind))).collect();
    values.extend([
        ("Jobs", report.jobs),
        ("Schedules", report.schedules),
        ("Compared", report.compared),
        ("Repairs", report.repairs),
        ("Calls", report.calls.total()),
        (metric::PASSES, u64::from(matches!(report.end, End::Done))),
        ("Failures", u64::from(matches!(report.end, End::Failed { .. }))),
    ]);
    values.extend(drift.map(|drift| (metric::DRIFT, drift)));
    let names: Vec<_> =
        values.iter().map(|(name, _)| json!({"Name": name, "Unit": "Count"})).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.saturating_mul(1_000),
            "CloudWatchMetrics": [
                {"Namespace": metric::NAMESPACE, "Dimensions": [[metric::GROUP]], "Metrics": names}
            ],
        },
    });
    line[metric::GROUP] = group.into();
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
