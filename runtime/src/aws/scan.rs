//! Walking over the whole table, and the note of how far a walk came, which lies in it too.

use super::attributes::item;
use super::failure::failure;
use super::jobs::DynamoJobs;
use crate::ports::{Bookmark, Failure, Item, JobScan, Part};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// Items of one part; what of it fits into 1 MB.
const PAGE: i32 = 1_000;

type Key = HashMap<String, AttributeValue>;

impl JobScan for DynamoJobs {
    async fn scan(&self, next: Option<&str>) -> Result<Part<Item>, Failure> {
        const ACTION: &str = "read the table";
        let start = next.map(key).transpose();
        let start = start.map_err(|error| Failure::new(ACTION, error))?;
        let scan = self.client.scan().table_name(&self.table).consistent_read(true).limit(PAGE);
        let output = scan.set_exclusive_start_key(start).send().await;
        let output = output.map_err(|error| failure(ACTION, error))?;
        let entries = output.items.unwrap_or_default().into_iter().map(item).collect();
        Ok(Part { entries, next: output.last_evaluated_key.as_ref().and_then(token) })
    }
}

/// A key as text: a user's name may hold any character.
fn token(key: &Key) -> Option<String> {
    let user_id = key.get("user_id")?.as_s().ok()?;
    let job_id = key.get("job_id")?.as_n().ok()?;
    serde_json::to_string(&(user_id, job_id)).ok()
}

fn key(token: &str) -> Result<Key, serde_json::Error> {
    let (user_id, job_id) = serde_json::from_str(token)?;
    Ok(place(user_id, job_id))
}

fn place(user_id: String, job_id: String) -> Key {
    HashMap::from([
        ("user_id".to_owned(), AttributeValue::S(user_id)),
        ("job_id".to_owned(), AttributeValue::N(job_id)),
    ])
}

/// Where the note lies: at an id that no job has, like the counters', so that neither the API nor
/// the stream function sees it.
const NOTE: (&str, &str) = ("reconciler", "-2");
const FIELD: &str = "progress";

/// A note in the table of jobs.
#[derive(Debug, Clone)]
pub struct DynamoBookmark {
    client: Client,
    table: String,
}

impl DynamoBookmark {
    /// In a table by its name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl Bookmark for DynamoBookmark {
    async fn load(&self) -> Result<Option<String>, Failure> {
        let read = self.client.get_item().table_name(&self.table).consistent_read(true);
        let place = place(NOTE.0.to_owned(), NOTE.1.to_owned());
        let output = read.set_key(Some(place)).send().await;
        let output = output.map_err(|error| failure("read how far the last pass came", error))?;
        let note = output.item.and_then(|mut item| item.remove(FIELD));
        Ok(note.and_then(|note| note.as_s().ok().cloned()))
    }

    async fn save(&self, text: &str) -> Result<(), Failure> {
        let mut note = place(NOTE.0.to_owned(), NOTE.1.to_owned());
        note.insert(FIELD.to_owned(), AttributeValue::S(text.to_owned()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(note));
        let done = put.send().await;
        done.map(|_| ()).map_err(|error| failure("note how far this pass came", error))
    }
}
