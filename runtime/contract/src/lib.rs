//! What the tool, the Lambdas, the plugins and a local run agree on: jobs, change events, ticks,
//! rates, schedule names, function names, metrics and environment variables.
//!
//! In and out: JSON text and maps. Deliberately absent: input and output, clocks, AWS, and any
//! knowledge of a job type's own fields, which stay opaque from end to end; only the defaults that its
//! schema says are put in, in one way for all.
//!
//! (De)serialising is written by hand where a job is one flat object: numbers keep every digit,
//! which `serde(flatten)` cannot do.

mod change;
mod defaults;
pub mod env;
mod fields;
pub mod handler;
mod job;
mod key;
pub mod metric;
mod rate;
mod tick;
mod wire;

pub use change::{Change, ChangeType, SchedulerChange};
pub use defaults::apply_defaults;
pub use fields::{CORE_FIELDS, FieldError, TICK_FIELDS};
pub use job::ScheduledJob;
pub use key::{JobKey, KeyError, SCHEDULE_NAME_MAX, schedule_name};
pub use rate::{Rate, RateError, SLEEP_TIME_MAX};
pub use tick::Tick;
pub use wire::wire_json;
