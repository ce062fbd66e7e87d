//! What becomes of ticks that wait for a plugin that is taken away.

use crate::retries::ended;
use crate::support::{START, Server, app, consumed, until};
use scheduler::local::clock::SteppedClock;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

const GONE: &str = "the plugin `beater`, which consumes this tick, is not installed";

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_plugin_that_is_gone_is_a_dead_letter_until_the_plugin_is_back() {
    let project =
        consumed("def handle(event, context):\n    raise KeyError('x')\n", "retries = 50");
    let installed = app(project.path());
    let server = Server::start(project.path(), &Arc::new(SteppedClock::new(START))).await;
    server.create(3600).await;
    until("a failed attempt", async || {
        let runs = server.call("GET", "/job/0/runs", None).await;
        (runs[0]["attempt"].as_u64() >= Some(1)).then_some(())
    })
    .await;

    let aside = project.path().join("aside");
    fs::rename(project.path().join("plugins"), &aside).unwrap();
    server.local.adopt(&app(project.path()), &BTreeMap::new()).await;
    let run = ended(&server, 0, "failed").await.remove(0);
    assert_eq!(run["error"], GONE);
    let said = server.said();
    assert!(said.contains("1 tick waited for `beater`, which is not installed"), "{said}");
    let dead = server.call("GET", "/dead_letters", None).await;
    assert_eq!((&dead[0]["id"], &dead[0]["error"]), (&json!("1"), &json!(GONE)));
    let again = server.ask("POST", "/dead_letters/1/retry", None).await;
    assert_eq!(again, (409, json!({"message": GONE})));
    // The server goes on; a run that is due now says that nobody gets it.
    server.step(3600).await;
    let run = ended(&server, 0, "unconsumed").await.remove(0);
    assert_eq!(run["error"], "nothing on this machine consumes `beat`");

    fs::rename(aside, project.path().join("plugins")).unwrap();
    let mended = "def handle(event, context):\n    return {'batchItemFailures': []}\n";
    fs::write(project.path().join(".scheduler/build/local/beater/beat.py"), mended).unwrap();
    server.local.adopt(&installed, &BTreeMap::new()).await;
    server.call("POST", "/dead_letters/1/retry", None).await;
    until("its success", async || {
        let runs = server.call("GET", "/job/0/runs", None).await;
        (runs[1]["state"] == "succeeded").then_some(())
    })
    .await;
    assert_eq!(server.call("GET", "/dead_letters", None).await, json!([]));
    server.local.stop().await;
}

/// The plugin was taken away while nothing ran.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_gives_up_what_waits_for_a_plugin_that_is_gone() {
    let project =
        consumed("def handle(event, context):\n    raise KeyError('x')\n", "retries = 50");
    let clock = Arc::new(SteppedClock::new(START));
    let server = Server::start(project.path(), &clock).await;
    server.create(3600).await;
    until("a run", async || {
        let runs = server.call("GET", "/job/0/runs", None).await;
        runs.as_array().is_some_and(|runs| !runs.is_empty()).then_some(())
    })
    .await;
    server.local.stop().await;
    fs::remove_dir_all(project.path().join("plugins")).unwrap();
    let server = Server::start(project.path(), &clock).await;
    assert_eq!(ended(&server, 0, "failed").await[0]["error"], GONE);
    server.local.stop().await;
}
