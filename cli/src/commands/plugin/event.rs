//! The event that a consumer is tested with.
//!
//! In: nothing, a tick's own fields, a whole job, or a whole event. Out: a whole event in the
//! envelope that the consumer gets on AWS.

use crate::args::TestArgs;
use crate::error::Failure;
use crate::jobs;
use crate::local::consumers::events::{QueueMessage, TopicMessage, queue_event, topic_event};
use scheduler_contract::Tick;
use scheduler_plan::app::{App, Buffer, LambdaConsumer, Plugin};
use scheduler_plan::nearest::{did_you_mean, list};
use scheduler_plan::sample;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const MESSAGE_ID: &str = "00000000-0000-4000-8000-000000000000";

/// What the consumer gets.
pub(super) struct Event {
    /// All of it, as JSON.
    pub(super) bytes: Vec<u8>,
    /// The ids of a queue's messages, where it is a queue's event.
    pub(super) message_ids: Option<Vec<String>>,
    /// The tick in it, where it was put together here.
    pub(super) tick: Option<String>,
}

/// The event that the arguments ask for.
///
/// # Errors
/// A file that holds none, a job type that is not the plugin's, a tick that does not fit.
pub(super) fn event(
    app: &App,
    plugin: &Plugin,
    lambda: &LambdaConsumer,
    args: &TestArgs,
) -> Result<Event, Failure> {
    let written = args.event.as_deref().map(read).transpose()?;
    let tick = match written {
        Some(event) if event.contains_key("Records") => return whole(event, args),
        Some(fields) => completed(app, plugin, args, fields)?,
        None => {
            let job_type = job_type(plugin, args.job_type.as_deref())?;
            sample::tick(job_type, schema(app, job_type)).map_err(|misfit| {
                Failure::input(misfit.to_string(), "write the tick's fields: `--event FILE`")
            })?
        }
    };
    Ok(wrapped(app, plugin, lambda, &tick))
}

fn read(path: &Path) -> Result<Map<String, Value>, Failure> {
    let shape = "it holds the tick's own fields, a whole job, or an event with its `Records`";
    let mut objects = jobs::read(path).map_err(|error| Failure::input(error.to_string(), shape))?;
    match (objects.pop(), objects.len()) {
        (Some(object), 0) => Ok(object),
        (_, more) => {
            let count = if more == 0 { 0 } else { more + 1 };
            let what = format!("`{}` holds {count} objects, not one", path.display());
            Err(Failure::input(what, shape))
        }
    }
}

/// An event is taken as it is: consumers are tested with bad ones, too.
fn whole(event: Map<String, Value>, args: &TestArgs) -> Result<Event, Failure> {
    if args.job_type.is_some() {
        let what = "an event with `Records` is sent as it is, and takes no `--type`";
        return Err(Failure::input(what, "leave `--type` out"));
    }
    let records = event.get("Records").and_then(Value::as_array);
    let ids = records.into_iter().flatten().map(|record| record.get("messageId")?.as_str());
    let message_ids = ids.map(|id| id.map(str::to_owned)).collect();
    Ok(Event { bytes: Value::Object(event).to_string().into(), message_ids, tick: None })
}

/// The fields with the rest of a tick around them.
fn completed(
    app: &App,
    plugin: &Plugin,
    args: &TestArgs,
    mut fields: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let written = fields.remove("job_type");
    let written = written.as_ref().and_then(Value::as_str);
    let job_type = job_type(plugin, args.job_type.as_deref().or(written))?;
    let mut job = sample::core(job_type);
    job.extend(fields);
    scheduler_contract::apply_defaults(schema(app, job_type), &mut job);
    let path = args.event.as_deref().unwrap_or(Path::new("")).display();
    let misfit = |why: String| {
        let what = format!("the tick of `{path}` does not fit `{job_type}`: {why}");
        let hint = "to send it all the same, write a whole event with its `Records`";
        Failure::input(what, hint)
    };
    let tick = Tick::from_map(job).map_err(|error| misfit(error.to_string()))?.into_map();
    match sample::judge(schema(app, job_type), &Value::Object(tick.clone())) {
        Ok(()) => Ok(tick),
        Err(why) => Err(misfit(why)),
    }
}

fn job_type<'a>(plugin: &'a Plugin, wanted: Option<&str>) -> Result<&'a str, Failure> {
    let known: Vec<&str> = plugin.job_types.iter().map(|name| name.as_str()).collect();
    let found = match wanted {
        Some(wanted) => known.iter().find(|name| **name == wanted),
        None => known.first(),
    };
    found.copied().ok_or_else(|| {
        let wanted = wanted.unwrap_or("any");
        let what = format!("the plugin `{}` has no job type `{wanted}`", plugin.name);
        let hint =
            did_you_mean(wanted, &known).unwrap_or_else(|| format!("it has {}", list(&known)));
        Failure::input(what, hint)
    })
}

fn schema<'a>(app: &'a App, job_type: &str) -> &'a Value {
    let defined = app.job_types.iter().find(|(name, _)| name.as_str() == job_type);
    defined.map_or(&Value::Bool(true), |(_, defined)| &defined.schema)
}

/// The tick in the consumer's own envelope.
fn wrapped(
    app: &App,
    plugin: &Plugin,
    lambda: &LambdaConsumer,
    tick: &Map<String, Value>,
) -> Event {
    let tick = serde_json::to_string(tick).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let arn = |service: &str, name: &str| {
        format!("arn:aws:{service}:{}:000000000000:{}-local-{name}", app.region, app.service)
    };
    match lambda.buffer {
        Buffer::Queue => Event {
            bytes: queue_event(&[QueueMessage {
                message_id: MESSAGE_ID.to_owned(),
                body: tick.clone(),
                receive_count: 1,
                sent_ms: now_ms,
                queue_arn: arn("sqs", plugin.name.as_str()),
                region: app.region.to_string(),
            }]),
            message_ids: Some(vec![MESSAGE_ID.to_owned()]),
            tick: Some(tick),
        },
        Buffer::None => Event {
            bytes: topic_event(&TopicMessage {
                message_id: MESSAGE_ID.to_owned(),
                message: tick.clone(),
                topic_arn: arn("sns", "distribution"),
                timestamp_ms: now_ms,
            }),
            message_ids: None,
            tick: Some(tick),
        },
    }
}
