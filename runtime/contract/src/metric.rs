//! Metrics that the reconciler writes and the stack's alarms read: a name that differs is an alarm
//! that never rings.

/// Where they stand in CloudWatch.
pub const NAMESPACE: &str = "Scheduler/Reconciler";
/// Their one dimension: the schedule group's name.
pub const GROUP: &str = "Group";
/// Schedules that were not as their jobs say, once for each pass that came to its end.
pub const DRIFT: &str = "Drift";
/// Passes that came to their end.
pub const PASSES: &str = "Passes";
