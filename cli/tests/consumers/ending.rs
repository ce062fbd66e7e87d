//! The end of consumers, and of what they started.

use crate::support::{PATIENCE, Unit, ask, gone, lives, until};
use scheduler::local::consumers::{InvokeError, Spec};
use std::time::Duration;

#[tokio::test]
async fn a_stop_lets_runs_finish_and_takes_no_new_ones() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(Spec { concurrency: 2, ..unit.provided() });
    let gate = unit.path("gate");
    let running = tokio::spawn({
        let (consumer, event) = (consumer.clone(), format!("await {}", gate.display()));
        async move { ask(&consumer, &event).await }
    });
    unit.line("waiting").await;
    let idle = ask(&consumer, "pid").await;
    let stopping = tokio::spawn({
        let consumer = consumer.clone();
        async move { consumer.stop(PATIENCE).await }
    });
    gone(&idle).await;
    let refused = consumer.invoke("hello".into()).await;
    assert_eq!(refused.outcome, Err(InvokeError::Stopped));
    assert!(!stopping.is_finished());
    std::fs::write(gate, "").unwrap();
    let busy = running.await.unwrap();
    stopping.await.unwrap();
    assert!(!lives(&busy));
}

#[tokio::test]
async fn a_stop_kills_what_does_not_finish_and_sends_the_queue_home() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let hanging = tokio::spawn({
        let consumer = consumer.clone();
        async move { consumer.invoke("hang".into()).await }
    });
    let pid = unit.line("hanging in ").await;
    let queued = tokio::spawn({
        let consumer = consumer.clone();
        async move { consumer.invoke("hello".into()).await }
    });
    consumer.stop(Duration::ZERO).await;
    assert!(!lives(&pid));
    assert_eq!(hanging.await.unwrap().outcome, Err(InvokeError::Stopped));
    assert_eq!(queued.await.unwrap().outcome, Err(InvokeError::Stopped));
}

#[tokio::test]
async fn what_a_child_started_ends_with_it() {
    let unit = Unit::script("#!/bin/sh\nsleep 600 &\necho grandchild $!\nexec ./consumer\n");
    let consumer = unit.consumer(unit.provided());
    ask(&consumer, "hello").await;
    let stopped = unit.line("grandchild ").await;
    assert!(lives(&stopped));
    consumer.stop(PATIENCE).await;
    gone(&stopped).await;
    let crashing = Unit::script("#!/bin/sh\nsleep 600 &\necho grandchild $!\nexec ./consumer\n");
    let consumer = crashing.consumer(crashing.provided());
    let crashed = consumer.invoke("exit 1".into()).await;
    assert!(crashed.outcome.is_err());
    gone(&crashing.line("grandchild ").await).await;
}

#[tokio::test]
async fn the_last_handle_takes_the_children_along() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let pid = ask(&consumer, "pid").await;
    let other = consumer.clone();
    drop(consumer);
    assert_eq!(ask(&other, "pid").await, pid);
    drop(other);
    gone(&pid).await;
}

/// Linux ends a child with the thread that started it.
#[tokio::test]
async fn a_child_outlives_the_thread_that_asked_for_it() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let (asking, runtime) = (consumer.clone(), tokio::runtime::Handle::current());
    let thread = std::thread::spawn(move || runtime.block_on(ask(&asking, "pid")));
    until("answer", async || thread.is_finished().then_some(())).await;
    let pid = thread.join().unwrap();
    for _ in 0..10 {
        assert_eq!(ask(&consumer, "pid").await, pid);
    }
}

#[tokio::test]
async fn children_that_are_not_needed_any_more_end() {
    let unit = Unit::compiled();
    let keep_warm = Duration::from_millis(200);
    let consumer = unit.consumer(Spec { concurrency: 2, keep_warm, ..unit.provided() });
    let gate = unit.path("gate");
    let event = format!("await {}", gate.display());
    let (one, other) = tokio::join!(ask(&consumer, &event), async {
        unit.line("waiting").await;
        let other = ask(&consumer, "pid").await;
        std::fs::write(&gate, "").unwrap();
        other
    });
    assert_ne!(one, other);
    // One child has all the work from now on.
    let busy = until("end of one child", async || {
        let busy = ask(&consumer, "pid").await;
        let idle = if busy == one { &other } else { &one };
        (!lives(idle)).then_some(busy)
    });
    assert!(lives(&busy.await));
}

#[tokio::test]
async fn a_child_that_stays_idle_ends_though_nothing_runs_any_more() {
    let unit = Unit::compiled();
    let keep_warm = Duration::from_millis(100);
    let consumer = unit.consumer(Spec { keep_warm, ..unit.provided() });
    for _ in 0..2 {
        let pid = ask(&consumer, "pid").await;
        gone(&pid).await;
    }
}

#[tokio::test]
async fn a_run_that_nobody_waits_for_any_more_is_killed() {
    let unit = Unit::compiled();
    let consumer = unit.consumer(unit.provided());
    let waiting = tokio::spawn({
        let consumer = consumer.clone();
        async move { consumer.invoke("hang".into()).await }
    });
    let pid = unit.line("hanging in ").await;
    waiting.abort();
    gone(&pid).await;
    assert_eq!(ask(&consumer, "hello").await, "hello");
}
