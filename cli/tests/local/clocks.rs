//! The real clock, and one that has a bug.

use crate::support::{START, options, project, until};
use scheduler::http;
use scheduler::local::Local;
use scheduler::local::clock::{Clock, SteppedClock, Wait, WallClock};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A minute of the jobs' clock takes a second.
#[tokio::test(flavor = "multi_thread")]
async fn due_jobs_are_fired_by_the_real_clock() {
    let project = project();
    let local = Local::start(options(project.path(), Arc::new(WallClock::new(60)))).await.unwrap();
    let request = http::Request {
        method: "POST".to_owned(),
        url: format!("http://{}/v1/job/create", local.address()),
        headers: Vec::new(),
        body: json!({"job_type": "beat", "sleep_time": 60}).to_string().into_bytes(),
    };
    assert_eq!(http::send(request).await.unwrap().status, 200);
    let mut before = i64::MIN;
    for _ in 0..3 {
        before = until("another beat", async || {
            let due = local.store().next_due().await.unwrap();
            due.filter(|due| *due > before && *due > 0)
        })
        .await;
    }
    local.stop().await;
}

#[derive(Debug)]
struct Faulty {
    clock: SteppedClock,
    has_a_bug: AtomicBool,
}

impl Clock for Faulty {
    fn now(&self) -> i64 {
        assert!(!self.has_a_bug.load(Ordering::SeqCst), "a bug");
        self.clock.now()
    }

    fn sleep_until(&self, since: i64, at: i64) -> Wait<'_> {
        self.clock.sleep_until(since, at)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_breaks_is_told_and_the_rest_can_be_stopped() {
    let project = project();
    let faulty = Faulty { clock: SteppedClock::new(START), has_a_bug: AtomicBool::new(false) };
    let faulty = Arc::new(faulty);
    let clock = Arc::clone(&faulty) as Arc<dyn Clock>;
    let local = Local::start(options(project.path(), clock)).await.unwrap();
    faulty.has_a_bug.store(true, Ordering::SeqCst);
    faulty.clock.advance(1_000_000);
    let broken = local.broken().await;
    assert!(broken.contains("the loop that fires jobs"), "{broken}");
    local.stop().await;
}
