//! Runs: who handles an event, and how it can fail.

use crate::support::{PATIENCE, Unit, answer, ask, failure, gone, lives, until};
use scheduler::local::consumers::{InvokeError, Spec};
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, SystemTime};

#[tokio::test]
async fn a_warm_child_handles_one_event_after_the_other() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let before = SystemTime::now();
    let first = consumer.invoke("hello".into()).await;
    assert!(first.started >= before && first.started <= SystemTime::now());
    assert!(first.peak_memory_mb.unwrap() > 0);
    assert_eq!(first.request_id.len(), 36);
    let (id, text) = (first.request_id.clone(), answer(first));
    assert_eq!(text, "hello");
    let pid = ask(&consumer, "pid").await;
    for _ in 0..50 {
        assert_eq!(ask(&consumer, "pid").await, pid);
    }
    let other = consumer.invoke("pid".into()).await;
    assert_ne!(other.request_id, id);
    consumer.stop(PATIENCE).await;
    assert!(!lives(&pid));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_children_as_may_run_side_by_side_and_not_one_more() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(Spec { concurrency: 3, ..unit.provided() });
    let gate = unit.path("gate");
    let event = format!("await {}", gate.display());
    let runs: Vec<_> = (0..7)
        .map(|_| {
            let (consumer, event) = (consumer.clone(), event.clone());
            tokio::spawn(async move { ask(&consumer, &event).await })
        })
        .collect();
    let waiting = || unit.lines().iter().filter(|line| *line == "waiting").count();
    until("three runs", async || (waiting() == 3).then_some(())).await;
    fs::write(gate, "").unwrap();
    let mut pids = BTreeSet::new();
    for run in runs {
        pids.insert(run.await.unwrap());
    }
    assert_eq!((waiting(), pids.len()), (7, 3));
    assert!(pids.contains(&ask(&consumer, "pid").await));
    consumer.stop(PATIENCE).await;
    assert!(!pids.iter().any(|pid| lives(pid)));
}

#[tokio::test]
async fn a_failed_handler_is_told_and_its_child_lives_on() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let pid = ask(&consumer, "pid").await;
    let error = failure(&consumer, "fail").await;
    let trace = vec!["here".to_owned(), "there".to_owned()];
    let (kind, message) = ("Told".to_owned(), "as told".to_owned());
    assert_eq!(error, InvokeError::Handler { kind, message, trace });
    assert_eq!(error.to_string(), "the handler failed: Told: as told");
    assert_eq!(ask(&consumer, "pid").await, pid);
}

#[tokio::test]
async fn a_crash_fails_its_run_and_the_next_one_has_a_new_child() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let pid = ask(&consumer, "pid").await;
    let crashed = consumer.invoke("exit 3".into()).await;
    assert_eq!(crashed.output, "leaving");
    assert_eq!(
        crashed.outcome.unwrap_err().to_string(),
        "the consumer's process ended in the middle of the run (exit code 3)"
    );
    let next = ask(&consumer, "pid").await;
    assert_ne!(next, pid);
    let status = "signal 6".to_owned();
    assert_eq!(failure(&consumer, "abort").await, InvokeError::Exited { status });
    assert_ne!(ask(&consumer, "pid").await, next);
}

#[tokio::test]
async fn a_child_that_leaves_between_two_runs_fails_neither() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    for _ in 0..20 {
        assert_eq!(ask(&consumer, "leave").await, "bye");
    }
    assert_eq!(ask(&consumer, "hello").await, "hello");
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_killed() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(Spec { timeout: Duration::from_secs(1), ..unit.provided() });
    let late = consumer.invoke("hang".into()).await;
    assert_eq!(late.outcome, Err(InvokeError::TimedOut { seconds: 1 }));
    assert!(late.duration >= Duration::from_secs(1));
    let pid = late.output.rsplit(' ').next().unwrap();
    gone(pid).await;
    assert_eq!(ask(&consumer, "hello").await, "hello");
}

#[tokio::test]
async fn a_run_that_takes_too_much_memory_is_killed() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(Spec { memory_mb: 64, ..unit.provided() });
    let small = consumer.invoke("grown 20".into()).await;
    assert!(small.outcome.is_ok());
    let large = consumer.invoke("grow 100".into()).await;
    let Err(InvokeError::OutOfMemory { limit_mb: 64, used_mb }) = large.outcome else {
        panic!("{:?}", large.outcome)
    };
    assert!(used_mb > 64);
    assert_eq!(large.peak_memory_mb, Some(used_mb));
    assert_eq!(ask(&consumer, "hello").await, "hello");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_that_is_given_back_at_once_counts_as_well() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(Spec { memory_mb: 64, ..unit.provided() });
    let peak = consumer.invoke("grown 40".into()).await.peak_memory_mb.unwrap();
    assert!((40..64).contains(&peak), "{peak}");
    let unit = Unit::compiled();
    let consumer = unit.consumer(Spec { memory_mb: 64, ..unit.provided() });
    let error = failure(&consumer, "grown 80").await;
    assert!(matches!(error, InvokeError::OutOfMemory { limit_mb: 64, .. }), "{error}");
}

#[tokio::test]
async fn who_asks_for_the_next_event_without_an_answer_has_failed() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    assert_eq!(
        failure(&consumer, "ignore").await.to_string(),
        "the consumer's answer cannot be used: it asked for the next event without answering \
         this one"
    );
    assert_eq!(ask(&consumer, "hello").await, "hello");
}

#[tokio::test]
async fn an_answer_may_be_as_large_as_on_lambda_and_not_larger() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    assert_eq!(ask(&consumer, "large 6291556").await.len(), 6_291_556);
    let error = failure(&consumer, "large 6291557").await.to_string();
    assert!(error.contains("more than the 6291556 bytes"), "{error}");
    assert_eq!(ask(&consumer, "hello").await, "hello");
}

#[tokio::test]
async fn an_event_may_be_as_large_as_a_full_batch() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let event = "x".repeat(6 << 20);
    assert_eq!(ask(&consumer, &event).await, event);
}

#[tokio::test]
async fn what_a_run_printed_belongs_to_that_run() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    for nth in 0..50 {
        let run = consumer.invoke(format!("print line {nth}").into()).await;
        assert_eq!(run.output, format!("line {nth}"));
    }
    assert_eq!(unit.lines().len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_output_neither_blocks_nor_is_kept() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let run = consumer.invoke("flood 256".into()).await;
    assert_eq!(run.outcome, Ok(Vec::new()));
    assert_eq!(run.output, format!("{}…\nend", "x".repeat(1000)));
}
