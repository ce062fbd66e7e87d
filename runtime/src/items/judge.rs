//! Judging a body against its job type: everything that is wrong with it at once.

use super::answer::{ApiError, FieldErrors};
use super::body::Body;
use super::claims::Caller;
use super::{storable, validate};
use crate::job_types::JobTypes;
use crate::ports::Failure;
use scheduler_contract::{SLEEP_TIME_MAX, Tick, apply_defaults};
use serde_json::Value;

/// A body, and the id of the job that it describes.
pub(crate) struct Proposal {
    pub(crate) body: Body,
    /// Any number where the job has none yet.
    pub(crate) job_id: u64,
}

/// A valid job of this caller.
pub(crate) fn judge(
    types: &JobTypes,
    caller: &Caller,
    proposal: Proposal,
) -> Result<Tick, ApiError> {
    let job_type = known_type(types, proposal.body.job_type.as_ref())?;
    // First, for what judges a job goes into it by calling itself.
    let deep = storable::too_deep(&proposal.body.fields);
    if !deep.is_empty() {
        return Err(ApiError::Invalid(deep));
    }
    let schema = types.schema(&job_type).unwrap_or(&Value::Bool(true));
    let sleep_time = proposal.body.sleep_time.as_ref().and_then(seconds);
    let mut tick = Tick {
        user_id: caller.user_id.clone(),
        user_email: caller.user_email.clone(),
        job_id: proposal.job_id,
        job_type,
        sleep_time: sleep_time.unwrap_or_default(),
        fields: proposal.body.fields,
    };
    apply_defaults(schema, &mut tick.fields);
    let mut errors = core_errors(&tick, proposal.body.sleep_time.as_ref());
    for (pointer, problem) in field_errors(schema, &tick)? {
        errors.entry(pointer).or_insert(problem);
    }
    if errors.is_empty() { sized(tick) } else { Err(ApiError::Invalid(errors)) }
}

/// What the schema and the table find wrong. The schema sees the whole job.
fn field_errors(schema: &Value, tick: &Tick) -> Result<FieldErrors, ApiError> {
    let job = Value::Object(tick.clone().into_map());
    let mut errors = validate::check(schema, &job)
        .map_err(|error| Failure::new(format!("judge a job of type `{}`", tick.job_type), error))?;
    for (pointer, problem) in storable::check(&job) {
        errors.entry(pointer).or_insert(problem);
    }
    Ok(errors)
}

/// A job whose tick no schedule could carry is refused while somebody listens.
fn sized(tick: Tick) -> Result<Tick, ApiError> {
    let bytes = serde_json::to_string(&tick).map_or(usize::MAX, |text| text.len());
    if bytes > storable::TICK_MAX {
        let problem = format!("is {bytes} bytes as JSON; at most {} fit", storable::TICK_MAX);
        return Err(ApiError::field("", problem));
    }
    Ok(tick)
}

fn known_type(types: &JobTypes, written: Option<&Value>) -> Result<String, ApiError> {
    match written {
        None => Err(ApiError::field("/job_type", "is required")),
        Some(Value::String(name)) if types.contains(name) => Ok(name.clone()),
        Some(Value::String(name)) => {
            let known = types.names().join("`, `");
            let problem = format!("`{name}` is not a known job type; known: `{known}`");
            Err(ApiError::field("/job_type", problem))
        }
        Some(_) => Err(ApiError::field("/job_type", "must be a string")),
    }
}

/// `sleep_time` as written, for it may be anything.
fn core_errors(tick: &Tick, sleep_time: Option<&Value>) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if sleep_time.is_none() {
        errors.insert("/sleep_time".to_owned(), "is required".to_owned());
    } else if tick.sleep_time == 0 {
        let problem = format!("must be an integer from 1 to {SLEEP_TIME_MAX} (seconds)");
        errors.insert("/sleep_time".to_owned(), problem);
    }
    if !is_email(&tick.user_email) {
        let problem = "your token's `email` is not an e-mail address".to_owned();
        errors.insert("/user_email".to_owned(), problem);
    }
    errors
}

/// A valid `sleep_time`; `60.0` is the integer 60, as JSON Schema has it.
fn seconds(value: &Value) -> Option<u64> {
    let whole = value.as_u64().or_else(|| whole_float(value.as_f64()?));
    whole.filter(|seconds| (1..=SLEEP_TIME_MAX).contains(seconds))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and what is out of range is refused by the caller"
)]
fn whole_float(number: f64) -> Option<u64> {
    (number.fract() == 0.0).then_some(number as u64)
}

/// One `@` between two non-empty parts without white space: what mail needs, not what RFC 5322
/// allows.
fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    let shaped = parts
        .is_some_and(|(name, host)| !name.is_empty() && !name.contains('@') && !host.is_empty());
    shaped && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
