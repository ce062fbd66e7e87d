//! The API over a working model of the table.

mod conditions;
mod deep;

use super::*;
use crate::controller::{Deployment, ScheduleAction, Target, WantedSchedule, decide};
use crate::fakes::MemoryJobs;
use crate::job_types::JobTypes;
use crate::ports::{Item, JobReader as _, JobStore as _, NoRuns};
use scheduler_contract::JobKey;
use serde_json::{Value, json};

const NOW: i64 = 1_700_000_000;

fn types() -> JobTypes {
    let merged = |own: Value, required: Value| {
        let mut properties = json!({
            "user_id": {"type": "string", "readOnly": true},
            "user_email": {"type": "string", "format": "email", "readOnly": true},
            "job_id": {"type": "integer", "minimum": 0, "readOnly": true},
            "sleep_time": {"type": "integer", "minimum": 1, "maximum": 31_536_000},
            "enabled": {"type": "boolean", "readOnly": true},
        });
        properties.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": properties, "required": required, "unevaluatedProperties": false})
    };
    let core = json!(["user_id", "user_email", "job_id", "job_type", "sleep_time", "enabled"]);
    let mut with_url = core.clone();
    with_url.as_array_mut().unwrap().push(json!("url"));
    let page = json!({"job_type": {"const": "page"},
        "url": {"type": "string", "format": "uri", "pattern": "^https?://"},
        "make_screenshots": {"type": "boolean", "default": false},
        "level": {"enum": ["low", "high"]},
        "big": {"type": "integer", "maximum": 1e300}});
    let document = json!({
        "page": merged(page, with_url),
        "test": merged(json!({"job_type": {"const": "test"}}), core),
    });
    JobTypes::parse(&document.to_string()).unwrap()
}

fn caller(user_id: &str) -> Caller {
    Caller { user_id: user_id.to_owned(), user_email: format!("{user_id}@example.com") }
}

fn status(result: Result<Answer, ApiError>) -> (u16, Value) {
    let answer = result.unwrap_or_else(|error| error.answer());
    (answer.status, answer.body)
}

async fn post(jobs: &MemoryJobs, user: &str, body: &str) -> (u16, Value) {
    let (creation, caller) = (Creation { types: types(), max_jobs: None }, caller(user));
    let ask = Ask {
        caller: &caller,
        job_id: "",
        body: Some(body.as_bytes()),
        query: &Query::default(),
        if_match: None,
        now: NOW,
    };
    status(create(jobs, &creation, ask).await)
}

fn plain<'a>(caller: &'a Caller, job_id: &'a str) -> Ask<'a> {
    const NO_QUERY: &Query = &Query { limit: None, cursor: None, paused: None };
    Ask { caller, job_id, body: None, query: NO_QUERY, if_match: None, now: NOW }
}

/// An hour later.
async fn put(jobs: &MemoryJobs, (user, job_id): (&str, &str), body: &str) -> (u16, Value) {
    let (types, caller) = (types(), caller(user));
    let ask = Ask {
        caller: &caller,
        job_id,
        body: Some(body.as_bytes()),
        query: &Query::default(),
        if_match: None,
        now: NOW + 3_600,
    };
    status(update(jobs, &types, ask).await)
}

async fn delete(jobs: &MemoryJobs, user: &str, job_id: &str) -> (u16, Value) {
    let caller = caller(user);
    let ask = plain(&caller, job_id);
    status(remove(jobs, ask).await)
}

async fn get(jobs: &MemoryJobs, user: &str) -> Value {
    let caller = caller(user);
    let ask = plain(&caller, "");
    list(jobs, &NoRuns, ask).await.unwrap().body
}

fn key(user_id: &str, job_id: u64) -> JobKey {
    JobKey { user_id: user_id.to_owned(), job_id }
}

fn original(job_id: u64) -> Item {
    let item = json!({"user_id": "u", "user_email": "u@example.com", "job_id": job_id,
        "job_type": "test", "sleep_time": 60});
    item.as_object().unwrap().clone()
}

const TEST: &str = r#"{"job_type":"test","sleep_time":600}"#;
const PAGE: &str = r#"{"job_type":"page","sleep_time":600,"url":"https://example.com"}"#;

#[tokio::test]
async fn a_created_job_is_answered_whole() {
    let jobs = MemoryJobs::default();
    let (status, job) = post(&jobs, "u", PAGE).await;
    assert_eq!(status, 200);
    let wanted = json!({"user_id": "u", "user_email": "u@example.com", "job_id": 0,
        "job_type": "page", "sleep_time": 600, "url": "https://example.com",
        "make_screenshots": false, "enabled": true, "rev": 1, "next_run": NOW + 600});
    assert_eq!(job, wanted);
    let stored = jobs.item(&key("u", 0)).unwrap();
    assert_eq!((&stored["anchor"], &stored["updated_at"]), (&json!(NOW), &json!(NOW)));
    assert!(!stored.contains_key("next_run"));
}

#[tokio::test]
async fn original_defect_sixteen_creates_at_once_give_sixteen_ids() {
    let jobs = MemoryJobs::default();
    let creates = (0..16).map(|_| post(&jobs, "u", TEST));
    let answers = futures_util::future::join_all(creates).await;
    let mut ids: Vec<_> = answers.iter().map(|(_, job)| job["job_id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..16).collect::<Vec<_>>());
    assert_eq!(get(&jobs, "u").await.as_array().unwrap().len(), 16);
}

#[tokio::test]
async fn original_defect_an_id_is_never_used_again() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    post(&jobs, "u", TEST).await;
    assert_eq!(delete(&jobs, "u", "1").await.0, 200);
    assert_eq!(post(&jobs, "u", TEST).await.1["job_id"], 2);
}

#[tokio::test]
async fn a_user_of_the_original_goes_on_after_the_highest_id() {
    let jobs = MemoryJobs::default();
    jobs.place(original(4));
    jobs.place(original(2));
    assert_eq!(post(&jobs, "u", TEST).await.1["job_id"], 5);
    assert_eq!(post(&jobs, "other", TEST).await.1["job_id"], 0);
}

#[tokio::test]
async fn a_taken_place_is_passed_over() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    jobs.place(original(1));
    assert_eq!(post(&jobs, "u", TEST).await.1["job_id"], 2);
    assert_eq!(jobs.item(&key("u", 1)).unwrap(), original(1));
}

#[tokio::test]
async fn unreadable_json_is_400() {
    let jobs = MemoryJobs::default();
    for body in ["", "{", "not json", "{\"a\":}"] {
        let (status, answer) = post(&jobs, "u", body).await;
        assert_eq!(status, 400, "{body}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.starts_with("the body is not readable JSON: "), "{message}");
    }
    assert_eq!(get(&jobs, "u").await, json!([]));
}

#[tokio::test]
async fn wrong_and_unknown_fields_are_all_named() {
    let jobs = MemoryJobs::default();
    let body = r#"{"job_type":"page","sleep_time":0,"url":"ftp://x","make_screenshots":"yes",
        "level":"mid","extra":1}"#;
    let (status, answer) = post(&jobs, "u", body).await;
    assert_eq!(status, 422);
    let wanted = json!({"message": "the job is not valid", "errors": {
        "/sleep_time": "must be an integer from 1 to 31536000 (seconds)",
        "/url": "must match the pattern `^https?://`",
        "/make_screenshots": "must be a boolean",
        "/level": "must be one of `low`, `high`",
        "/extra": "is not a known field",
    }});
    assert_eq!(answer, wanted);
}

#[tokio::test]
async fn single_faults_are_named() {
    let jobs = MemoryJobs::default();
    let table = [
        ("[]", "", "must be an object"),
        ("{}", "/job_type", "is required"),
        (r#"{"job_type":1}"#, "/job_type", "must be a string"),
        (r#"{"job_type":"x"}"#, "/job_type", "`x` is not a known job type; known: `page`, `test`"),
        (r#"{"job_type":"test"}"#, "/sleep_time", "is required"),
        (
            r#"{"job_type":"test","sleep_time":31536001}"#,
            "/sleep_time",
            "must be an integer from 1 to 31536000 (seconds)",
        ),
        (
            r#"{"job_type":"test","sleep_time":"60"}"#,
            "/sleep_time",
            "must be an integer from 1 to 31536000 (seconds)",
        ),
        (
            r#"{"job_type":"test","sleep_time":1.5}"#,
            "/sleep_time",
            "must be an integer from 1 to 31536000 (seconds)",
        ),
        (r#"{"job_type":"page","sleep_time":60}"#, "/url", "is required"),
        (
            r#"{"job_type":"page","sleep_time":60,"url":"nothing"}"#,
            "/url",
            "must be an absolute URL such as `https://example.com/page`",
        ),
        (
            r#"{"job_type":"test","sleep_time":60,"url":"https://example.com"}"#,
            "/url",
            "is not a known field",
        ),
        (
            r#"{"job_type":"page","sleep_time":60,"url":"https://example.com","big":1e200}"#,
            "/big",
            "must be a number of at most 38 digits from 1e-130 to 1e+126",
        ),
    ];
    for (body, pointer, problem) in table {
        let (status, answer) = post(&jobs, "u", body).await;
        assert_eq!(status, 422, "{body}");
        assert_eq!(answer["errors"], json!({pointer: problem}), "{body}");
    }
    assert_eq!(get(&jobs, "u").await, json!([]));
}

#[tokio::test]
async fn an_address_that_is_none_is_named() {
    let (creation, mut caller) = (Creation { types: types(), max_jobs: None }, caller("u"));
    let jobs = MemoryJobs::default();
    for email in ["nobody", "@", "a@", "@b", "a b@c", "a@b@c"] {
        caller.user_email = email.to_owned();
        let ask = Ask {
            caller: &caller,
            job_id: "",
            body: Some(TEST.as_bytes()),
            query: &Query::default(),
            if_match: None,
            now: NOW,
        };
        let (status, answer) = status(create(&jobs, &creation, ask).await);
        assert_eq!(status, 422, "{email}");
        assert!(answer["errors"]["/user_email"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn a_job_too_large_for_a_schedule_is_refused() {
    let jobs = MemoryJobs::default();
    let url = format!("https://example.com/{}", "x".repeat(262_144));
    let body = json!({"job_type": "page", "sleep_time": 60, "url": url}).to_string();
    let (status, answer) = post(&jobs, "u", &body).await;
    assert_eq!(status, 422);
    assert!(answer["errors"][""].as_str().unwrap().contains("at most 262144 fit"));
}

#[tokio::test]
async fn what_a_client_got_it_may_send_back() {
    let jobs = MemoryJobs::default();
    let mut job = post(&jobs, "u", PAGE).await.1;
    job["user_id"] = json!("somebody");
    job["user_email"] = json!(7);
    job["job_id"] = json!(99);
    job["last_run"] = json!(1);
    job["runs"] = json!([]);
    job["anchor"] = json!("x");
    job["enabled"] = json!(false);
    let (status, updated) = put(&jobs, ("u", "0"), &job.to_string()).await;
    assert_eq!(status, 200, "{updated}");
    assert_eq!((&updated["user_id"], &updated["job_id"]), (&json!("u"), &json!(0)));
    assert_eq!(updated["user_email"], "u@example.com");
    assert_eq!(updated["enabled"], true);
    assert_eq!(updated["rev"], 2);
    assert_eq!(post(&jobs, "u", &job.to_string()).await.0, 200);
}

#[tokio::test]
async fn an_edit_keeps_the_phase_and_a_new_interval_starts_anew() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", PAGE).await;
    put(&jobs, ("u", "0"), &PAGE.replace("example.com", "example.org")).await;
    let stored = jobs.item(&key("u", 0)).unwrap();
    assert_eq!(stored["anchor"], json!(NOW));
    assert_eq!(stored["updated_at"], json!(NOW + 3_600));
    assert_eq!(stored["url"], "https://example.org");
    let (_, job) = put(&jobs, ("u", "0"), &PAGE.replace("600", "700")).await;
    assert_eq!(jobs.item(&key("u", 0)).unwrap()["anchor"], json!(NOW + 3_600));
    assert_eq!(job["next_run"], json!(NOW + 3_600 + 720));
}

#[tokio::test]
async fn an_update_replaces_the_job() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", &PAGE.replace('}', r#","level":"low","make_screenshots":true}"#)).await;
    let (_, job) = put(&jobs, ("u", "0"), PAGE).await;
    assert!(job.get("level").is_none(), "{job}");
    assert_eq!(job["make_screenshots"], false);
}

#[tokio::test]
async fn a_paused_job_stays_paused_and_is_never_due() {
    let jobs = MemoryJobs::default();
    let mut paused = original(0);
    paused.insert("enabled".to_owned(), json!(false));
    jobs.place(paused);
    let (_, job) = put(&jobs, ("u", "0"), TEST).await;
    assert_eq!((&job["enabled"], &job["next_run"]), (&json!(false), &Value::Null));
}

/// The schedule that the controller makes of an item.
fn scheduled(item: Item) -> WantedSchedule {
    let target = Target {
        topic_arn: String::new(),
        role_arn: String::new(),
        dead_letter_arn: String::new(),
    };
    let deployment = Deployment { types: types(), target };
    let key = key("u", item["job_id"].as_u64().unwrap());
    let decided = decide(&key, Some(item), &deployment).unwrap();
    let ScheduleAction::Put(wanted) = decided else { panic!("{decided:?}") };
    *wanted
}

#[tokio::test]
async fn a_job_is_due_when_its_schedule_fires_and_that_moment_comes() {
    let jobs = MemoryJobs::default();
    jobs.place(original(3));
    let told = |now| answer::job(jobs.item(&key("u", 3)).unwrap(), now)["next_run"].clone();
    let first = told(NOW).as_i64().unwrap();
    assert_eq!(told(first - 1), json!(first));
    assert_eq!(told(first), json!(first + 60));
}

#[tokio::test]
async fn an_item_of_the_original_is_listed_and_updated() {
    let jobs = MemoryJobs::default();
    jobs.place(original(3));
    let listed = get(&jobs, "u").await;
    assert_eq!((&listed[0]["enabled"], &listed[0]["rev"]), (&json!(true), &json!(0)));
    let (next_run, wanted) = (listed[0]["next_run"].as_i64().unwrap(), scheduled(original(3)));
    assert!(next_run > NOW && next_run <= NOW + 60);
    assert_eq!(next_run, wanted.start(NOW));
    let (status, job) = put(&jobs, ("u", "3"), &TEST.replace("600", "60")).await;
    assert_eq!((status, &job["rev"]), (200, &json!(1)));
    assert_eq!(jobs.item(&key("u", 3)).unwrap()["anchor"], json!(NOW + 3_600));
}

#[tokio::test]
async fn the_type_of_a_job_cannot_change() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    let (status, answer) = put(&jobs, ("u", "0"), PAGE).await;
    assert_eq!(status, 422);
    let wanted = json!({"/job_type": "cannot be changed; this job is a `test`"});
    assert_eq!(answer["errors"], wanted);
}

#[tokio::test]
async fn a_job_of_a_type_that_is_gone_is_listed_but_cannot_be_updated() {
    let jobs = MemoryJobs::default();
    let mut old = original(0);
    old.insert("job_type".to_owned(), json!("old"));
    old.insert("thing".to_owned(), json!({"a": [null]}));
    jobs.place(old);
    assert_eq!(get(&jobs, "u").await[0]["thing"], json!({"a": [null]}));
    let (status, answer) = put(&jobs, ("u", "0"), &TEST.replace("test", "old")).await;
    assert_eq!(status, 422);
    assert!(answer["errors"]["/job_type"].as_str().unwrap().contains("not a known job type"));
    assert_eq!(delete(&jobs, "u", "0").await.0, 200);
}

#[tokio::test]
async fn nobody_reaches_the_job_of_another() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    assert_eq!(get(&jobs, "thief").await, json!([]));
    assert_eq!(put(&jobs, ("thief", "0"), TEST).await.0, 404);
    assert_eq!(delete(&jobs, "thief", "0").await.0, 404);
    assert!(jobs.item(&key("u", 0)).is_some());
}

#[tokio::test]
async fn an_id_that_names_no_job_is_404() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    for job_id in ["1", "-1", "x", "", "0.0", "99999999999999999999999"] {
        assert_eq!(put(&jobs, ("u", job_id), TEST).await.0, 404, "{job_id}");
        assert_eq!(delete(&jobs, "u", job_id).await.0, 404, "{job_id}");
    }
}

#[tokio::test]
async fn a_deleted_job_is_answered_once() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    let (status, job) = delete(&jobs, "u", "0").await;
    assert_eq!((status, &job["job_id"], &job["next_run"]), (200, &json!(0), &Value::Null));
    assert_eq!(delete(&jobs, "u", "0").await, (404, json!({"message": "there is no such job"})));
}

#[tokio::test]
async fn an_update_that_loses_a_race_tries_again_on_what_won() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    let mut other = jobs.item(&key("u", 0)).unwrap();
    other.insert("rev".to_owned(), json!(7));
    jobs.interfere.lock().unwrap().push(other);
    let (status, job) = put(&jobs, ("u", "0"), TEST).await;
    assert_eq!((status, &job["rev"]), (200, &json!(8)));
}

#[tokio::test]
async fn an_update_that_always_loses_says_so() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    for rev in 10..50 {
        let mut other = jobs.item(&key("u", 0)).unwrap();
        other.insert("rev".to_owned(), json!(rev));
        jobs.interfere.lock().unwrap().push(other);
    }
    assert_eq!(put(&jobs, ("u", "0"), TEST).await.0, 409);
}

#[tokio::test]
async fn jobs_are_listed_by_id() {
    let jobs = MemoryJobs::default();
    for id in [10, 9, 2] {
        jobs.place(original(id));
    }
    let listed = get(&jobs, "u").await;
    let ids: Vec<_> = listed.as_array().unwrap().iter().map(|job| job["job_id"].clone()).collect();
    assert_eq!(ids, [json!(2), json!(9), json!(10)]);
    assert!(jobs.read(&key("u", 9)).await.unwrap().is_some());
    assert_eq!(jobs.list("nobody").await.unwrap(), Vec::<Item>::new());
}

#[test]
fn job_types_are_the_document() {
    let types = types();
    assert_eq!(job_types(&types).body["page"]["properties"]["url"]["format"], "uri");
}

#[test]
fn the_cause_of_a_failure_stays_inside() {
    let failure = crate::ports::Failure::new("read a job", "secret-host refused");
    let answer = ApiError::from(failure).answer();
    assert_eq!(answer.status, 500);
    assert!(!answer.body.to_string().contains("secret-host"));
}
