//! The table's stream: records in order, a shard at a time in one function, at least once.

use scheduler_contract::JobKey;
use scheduler_runtime::ports::Item;
use serde_json::{Value, json};

/// How often a batch is delivered before it is given up (the mapping's `MaximumRetryAttempts`, and
/// the first time).
pub(crate) const DELIVERIES: u32 = 11;
/// Records of one delivery.
const BATCH: usize = 8;

/// One shard, as the function's mapping reads it.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    records: Vec<Value>,
    /// The first record that was not delivered for good.
    position: usize,
    deliveries: u32,
    is_busy: bool,
    /// Records of all shards that have existed.
    count: u64,
}

impl Shard {
    pub(crate) fn append(&mut self, name: &str, key: &JobKey, (image, now): (Option<Item>, i64)) {
        self.count += 1;
        let keys = json!({"user_id": {"S": key.user_id}, "job_id": {"N": key.job_id.to_string()}});
        let mut view = json!({"Keys": keys, "SequenceNumber": self.count.to_string(),
            "ApproximateCreationDateTime": now, "StreamViewType": "NEW_IMAGE"});
        if let Some(image) = image {
            view["NewImage"] =
                image.into_iter().map(|(field, value)| (field, typed(value))).collect();
        }
        let id = format!("{}-{}", key.user_id.len(), self.count);
        self.records.push(json!({"eventID": id, "eventName": name, "dynamodb": view}));
    }

    /// What has come so far is never delivered.
    pub(crate) fn forget(&mut self) {
        self.records.clear();
        self.position = 0;
    }

    pub(crate) fn has_work(&self) -> bool {
        !self.is_busy && self.position < self.records.len()
    }

    pub(crate) fn is_idle(&self) -> bool {
        !self.is_busy && self.position == self.records.len()
    }

    /// The next delivery.
    pub(crate) fn batch(&mut self) -> Vec<Value> {
        self.is_busy = true;
        self.deliveries += 1;
        let rest = &self.records[self.position..];
        rest.iter().take(BATCH).cloned().collect()
    }

    /// The function answered; `failed_at` is the sequence number to go on from. `None` in its place:
    /// it ended otherwise. Answers how many records are given up.
    pub(crate) fn settle(&mut self, delivered: usize, failed_at: Option<Option<&str>>) -> usize {
        self.is_busy = false;
        let failed = match failed_at {
            None => Some(self.position),
            Some(None) => None,
            Some(Some(number)) => {
                let is_it = |record: &Value| record["dynamodb"]["SequenceNumber"] == number;
                self.records.iter().position(is_it)
            }
        };
        let end = self.position + delivered;
        match failed {
            None => self.go_to(end),
            Some(failed) if failed > self.position => self.go_to(failed),
            Some(_) if self.deliveries >= DELIVERIES => {
                self.go_to(end);
                return delivered;
            }
            Some(_) => {}
        }
        0
    }

    fn go_to(&mut self, position: usize) {
        self.position = position;
        self.deliveries = 0;
        // What is done is not read again.
        self.records.drain(..position);
        self.position = 0;
    }
}

/// A value as DynamoDB writes it.
fn typed(value: Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(flag) => json!({"BOOL": flag}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(list) => json!({"L": list.into_iter().map(typed).collect::<Vec<_>>()}),
        Value::Object(map) => {
            let map: serde_json::Map<_, _> =
                map.into_iter().map(|(field, value)| (field, typed(value))).collect();
            json!({"M": map})
        }
    }
}
