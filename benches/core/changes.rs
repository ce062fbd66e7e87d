//! Changes through the stream function and the controller, as bytes as Lambda delivers them.

use crate::clock::taken;
use crate::done::done;
use crate::jobs::{LONG_AGO, NOW, controller, item, key};
use crate::memory::Memory;
use scheduler_runtime::controller::{self, Controller};
use scheduler_runtime::ports::QueuedChange;
use scheduler_runtime::stream;
use serde_json::{Map, Value, json};
use std::error::Error;

/// Records of a delivery (the stream mapping's `BatchSize`).
const RECORDS: u64 = 100;
/// Messages of a delivery (the queue mapping's).
const MESSAGES: usize = 10;

/// Creates so many jobs, and changes each of them once; answers what each part took, in
/// milliseconds of CPU time.
pub(crate) fn changes(jobs: u64) -> Result<Value, Box<dyn Error>> {
    let memory = Memory::default();
    memory.world().now = NOW;
    for nth in 0..jobs {
        memory.world().items.insert(key(nth), item(nth));
    }
    let batches: Vec<_> =
        (0..jobs).step_by(RECORDS as usize).map(|from| batch(from, jobs)).collect();
    let ((), streamed) = taken(|| {
        for batch in &batches {
            let forwarded = done(stream::forward(&memory, stream::parse(batch)?));
            if let Some(at) = forwarded.failed_at {
                return Err(format!("record {at} was not forwarded").into());
            }
        }
        Ok(())
    })?;
    let queued = std::mem::take(&mut memory.world().queue);
    let deliveries: Vec<_> = queued.chunks(MESSAGES).map(delivery).collect();
    let controller = controller(&memory)?;
    let ((), created) = taken(|| controlled(&controller, &deliveries))?;
    // The schedules are there now.
    let ((), changed) = taken(|| controlled(&controller, &deliveries))?;
    let world = memory.world();
    let (schedules, letters) = (world.schedules.len() as u64, world.letters.len());
    if schedules != jobs || letters > 0 {
        return Err(format!("{schedules} schedules and {letters} dead letters").into());
    }
    Ok(json!({ "stream": streamed, "create": created, "change": changed }))
}

fn controlled(
    controller: &Controller<Memory, Memory, Memory>,
    deliveries: &[Vec<u8>],
) -> Result<(), Box<dyn Error>> {
    for delivery in deliveries {
        let report = done(controller::run(controller, controller::parse(delivery)?, NOW));
        if let Some(problem) = report.problems.first() {
            return Err(problem.as_str().into());
        }
    }
    Ok(())
}

fn batch(from: u64, jobs: u64) -> Vec<u8> {
    let records: Vec<_> = (from..jobs.min(from + RECORDS)).map(record).collect();
    json!({ "Records": records }).to_string().into_bytes()
}

fn record(nth: u64) -> Value {
    let key = key(nth);
    let image: Map<_, _> =
        item(nth).into_iter().map(|(name, value)| (name, typed(value))).collect();
    json!({
        "eventID": format!("{nth:032x}"),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": LONG_AGO,
            "Keys": {"user_id": {"S": key.user_id}, "job_id": {"N": key.job_id.to_string()}},
            "NewImage": image,
            "SequenceNumber": format!("{nth:021}"),
            "SizeBytes": 500,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    })
}

/// A value as DynamoDB writes it, of those that the jobs here have.
fn typed(value: Value) -> Value {
    match value {
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Array(list) => json!({ "L": list.into_iter().map(typed).collect::<Vec<_>>() }),
        Value::Null | Value::Object(_) => json!({ "NULL": true }),
    }
}

fn delivery(changes: &[QueuedChange]) -> Vec<u8> {
    let record = |change: &QueuedChange| {
        json!({
            "messageId": change.deduplication_id,
            "body": change.body,
            "attributes": {
                "MessageGroupId": change.group,
                "MessageDeduplicationId": change.deduplication_id,
            },
        })
    };
    let records: Vec<_> = changes.iter().map(record).collect();
    json!({ "Records": records }).to_string().into_bytes()
}
