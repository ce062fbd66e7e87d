//! Answers that depend on what is there: revisions and how many jobs a user has.

use super::*;

async fn conditional(jobs: &MemoryJobs, if_match: &str, body: &str) -> Result<Answer, ApiError> {
    let (types, caller) = (types(), caller("u"));
    let ask = Ask { body: Some(body.as_bytes()), if_match: Some(if_match), ..plain(&caller, "0") };
    update(jobs, &types, ask).await
}

#[tokio::test]
async fn an_update_is_only_done_to_the_revision_that_is_named() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    let done = conditional(&jobs, "\"1\"", TEST).await.unwrap();
    assert_eq!((done.status, done.etag.as_deref()), (200, Some("\"2\"")));
    let (status, answer) = status(conditional(&jobs, "\"1\"", TEST).await);
    assert_eq!(status, 412);
    assert!(answer["message"].as_str().unwrap().contains("it is at revision 2"), "{answer}");
    assert_eq!(jobs.item(&key("u", 0)).unwrap()["rev"], 2);
    assert_eq!(conditional(&jobs, "*", TEST).await.unwrap().etag.as_deref(), Some("\"3\""));
}

#[tokio::test]
async fn an_update_that_loses_a_race_for_its_revision_is_not_done() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    let mut other = jobs.item(&key("u", 0)).unwrap();
    other.insert("rev".to_owned(), json!(2));
    jobs.interfere.lock().unwrap().push(other);
    assert_eq!(status(conditional(&jobs, "\"1\"", TEST).await).0, 412);
}

#[tokio::test]
async fn a_pause_heeds_the_revision_too() {
    let jobs = MemoryJobs::default();
    post(&jobs, "u", TEST).await;
    let caller = caller("u");
    let ask = Ask { if_match: Some("\"5\""), ..plain(&caller, "0") };
    assert_eq!(status(pause(&jobs, ask).await).0, 412);
    let ask = Ask { if_match: Some("\"1\""), ..plain(&caller, "0") };
    assert_eq!(pause(&jobs, ask).await.unwrap().etag.as_deref(), Some("\"2\""));
}

#[tokio::test]
async fn every_answer_of_one_job_names_its_revision() {
    let jobs = MemoryJobs::default();
    jobs.place(original(0));
    let caller = caller("u");
    let one = super::super::get(&jobs, &NoRuns, plain(&caller, "0")).await.unwrap();
    assert_eq!(one.etag.as_deref(), Some("\"0\""));
    let all = list(&jobs, &NoRuns, plain(&caller, "")).await.unwrap();
    assert_eq!(all.etag, None);
    let gone = remove(&jobs, plain(&caller, "0")).await.unwrap();
    assert_eq!(gone.etag, None);
}

async fn post_limited(jobs: &MemoryJobs, max_jobs: u64) -> (u16, Value) {
    let creation = Creation { types: types(), max_jobs: Some(max_jobs) };
    let caller = caller("u");
    let ask = Ask { body: Some(TEST.as_bytes()), ..plain(&caller, "") };
    status(create(jobs, &creation, ask).await)
}

#[tokio::test]
async fn a_user_has_no_more_jobs_than_the_deployment_allows() {
    let jobs = MemoryJobs::default();
    assert_eq!(post_limited(&jobs, 2).await.0, 200);
    assert_eq!(post_limited(&jobs, 2).await.0, 200);
    let (status, answer) = post_limited(&jobs, 2).await;
    assert_eq!(status, 403);
    assert!(answer["message"].as_str().unwrap().starts_with("you have 2 jobs"), "{answer}");
    assert_eq!(delete(&jobs, "u", "0").await.0, 200);
    assert_eq!(post_limited(&jobs, 2).await.0, 200);
    assert_eq!(post_limited(&jobs, 2).await.0, 403);
    // Somebody else has all of his.
    assert_eq!(post(&jobs, "v", TEST).await.0, 200);
}

#[tokio::test]
async fn whoever_has_more_than_a_new_limit_keeps_them() {
    let jobs = MemoryJobs::default();
    for id in 0..5 {
        jobs.place(original(id));
    }
    assert_eq!(post_limited(&jobs, 2).await.0, 403);
    assert_eq!(get(&jobs, "u").await.as_array().unwrap().len(), 5);
    assert_eq!(put(&jobs, ("u", "4"), TEST).await.0, 200);
}
