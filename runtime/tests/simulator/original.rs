//! A port of the original's functions, as naive as they were: what the tests have to catch.
//!
//! Creates take the highest id plus one and overwrite; the stream function understands strings,
//! numbers (as floats) and booleans, and fails as a whole; equal messages are dropped as equal; the
//! controller does what a message says, once, and fails as a whole.

use crate::api::{Action, Request};
use crate::world::{Ports, deployment};
use scheduler_contract::{JobKey, Rate};
use scheduler_runtime::controller::{Message, WantedSchedule};
use scheduler_runtime::ports::{
    ChangeQueue, Created, Found, Item, JobReader, JobStore, QueuedChange, Schedules,
};
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

type Outcome<T = ()> = Result<T, String>;

fn said(error: impl ToString) -> String {
    error.to_string()
}

pub(crate) async fn ask(ports: &Ports, request: &Request) -> Outcome<u64> {
    let user_id = request.user.clone();
    let body = match &request.action {
        Action::Create(body) => {
            let jobs = ports.list(&user_id).await.map_err(said)?;
            jobs.iter().try_for_each(known)?;
            let ids = jobs.iter().filter_map(|job| job["job_id"].as_u64());
            let job_id = ids.max().map_or(0, |highest| highest + 1);
            return put(ports, JobKey { user_id, job_id }, body).await;
        }
        Action::Update(body, _) => body,
        Action::Delete => {
            let key = key(request)?;
            let gone = ports.remove(&key).await.map_err(said)?;
            return gone.map(|_| key.job_id).ok_or_else(|| "404".to_owned());
        }
        Action::Pause | Action::Resume => return Err("no such route".to_owned()),
    };
    let key = key(request)?;
    ports.read(&key).await.map_err(said)?.ok_or("404")?;
    put(ports, key, body).await
}

fn key(request: &Request) -> Outcome<JobKey> {
    let job_id = request.job_id.parse().map_err(said)?;
    Ok(JobKey { user_id: request.user.clone(), job_id })
}

async fn put(ports: &Ports, key: JobKey, body: &str) -> Outcome<u64> {
    let mut item: Item = serde_json::from_str(body).map_err(said)?;
    item.insert("user_id".to_owned(), key.user_id.clone().into());
    item.insert("user_email".to_owned(), "u@example.com".into());
    item.insert("job_id".to_owned(), key.job_id.into());
    known(&item)?;
    let job_id = key.job_id;
    let done = ports.call("store a job", move |world| world.put(key, item)).await;
    done.map(|()| job_id).map_err(said)
}

fn known(item: &Item) -> Outcome {
    let job_type = item.get("job_type").and_then(Value::as_str).unwrap_or_default();
    let is_known = deployment().types.contains(job_type);
    if is_known { Ok(()) } else { Err(format!("KeyError: '{job_type}'")) }
}

/// The stream function.
pub(crate) async fn stream(ports: &Ports, records: Vec<Value>) -> Outcome {
    for record in records {
        let view = &record["dynamodb"];
        let user = view["Keys"]["user_id"]["S"].as_str().unwrap();
        let id = view["Keys"]["job_id"]["N"].as_str().unwrap();
        let scheduler_id: String = format!("{user}-{id}").chars().take(127).collect();
        let (change_type, job) = match record["eventName"].as_str().unwrap() {
            "REMOVE" => ("remove", Value::Null),
            "INSERT" => ("create", Value::Object(job(&view["NewImage"])?)),
            _ => ("modify", Value::Object(job(&view["NewImage"])?)),
        };
        let body = json!({"scheduler_id": scheduler_id, "change_type": change_type,
            "scheduled_job": job, "timestamp": view["ApproximateCreationDateTime"]});
        let body = body.to_string();
        let mut content = DefaultHasher::new();
        body.hash(&mut content);
        let deduplication_id = format!("{:x}", content.finish());
        let change = QueuedChange { group: scheduler_id, deduplication_id, body };
        if !ports.send(&[change]).await.map_err(said)?.is_empty() {
            return Err("the queue refused a message".to_owned());
        }
    }
    Ok(())
}

fn job(image: &Value) -> Outcome<Item> {
    let mut job = Item::new();
    for (field, typed) in image.as_object().unwrap() {
        let (kind, value) = typed.as_object().unwrap().iter().next().unwrap();
        let value = match kind.as_str() {
            "S" | "BOOL" => value.clone(),
            "N" => {
                let float: f64 = value.as_str().unwrap().parse().map_err(said)?;
                if float.fract() == 0.0 { json!(float as i64) } else { json!(float) }
            }
            kind => return Err(format!("KeyError: '{kind}'")),
        };
        job.insert(field.clone(), value);
    }
    known(&job)?;
    Ok(job)
}

/// The controller.
pub(crate) async fn controller(ports: &Ports, messages: Vec<Message>) -> Outcome {
    for message in messages {
        let change: Value = serde_json::from_str(&message.body).map_err(said)?;
        let name = change["scheduler_id"].as_str().unwrap().to_owned();
        let is_done = match change["change_type"].as_str().unwrap() {
            "remove" => ports.delete(&name).await.map_err(said)? == Found::Yes,
            "create" => {
                let wanted = wanted(name, &change["scheduled_job"])?;
                ports.create(&wanted, None).await.map_err(said)? == Created::Done
            }
            _ => {
                let wanted = wanted(name, &change["scheduled_job"])?;
                ports.update(&wanted, None).await.map_err(said)? == Found::Yes
            }
        };
        if !is_done {
            return Err("ConflictException or ResourceNotFoundException".to_owned());
        }
    }
    Ok(())
}

fn wanted(name: String, job: &Value) -> Outcome<WantedSchedule> {
    let seconds = job["sleep_time"].as_u64().ok_or("no sleep_time")?;
    let rate = Rate::from_seconds(seconds).map_err(said)?;
    Ok(WantedSchedule {
        name,
        expression: rate.expression(),
        enabled: true,
        input: job.to_string(),
        retry_seconds: rate.interval_seconds().clamp(60, 86_400),
        target: deployment().target,
        rev: 0,
        rate,
        anchor: None,
    })
}
