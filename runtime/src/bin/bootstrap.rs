//! The core's one binary: `_HANDLER` picks the function. Settings, clients, run.

use lambda_runtime::{LambdaEvent, run, service_fn};
use scheduler_runtime::aws::{Function, Settings};
use serde_json::value::RawValue;
use std::io::Write as _;

fn main() -> Result<(), lambda_runtime::Error> {
    // One event at a time: more threads would only cost start and memory.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let lookup = |name: &str| std::env::var(name).ok();
    let function = Function::new(&Settings::new(&lookup));
    let function = function.inspect_err(|error| log("cannot start", &error.to_string()))?;
    let function = &function;
    run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let id = event.context.request_id;
        let log = |line: &str| log(&id, line);
        let answer = function.answer(event.payload.get().as_bytes(), &log).await;
        answer.map_err(|error| format!("the event is not of the expected kind: {error}"))
    }))
    .await
}

/// One JSON line a problem, on stderr, which Lambda keeps.
fn log(request_id: &str, problem: &str) {
    let line = serde_json::json!({"level": "ERROR", "requestId": request_id, "message": problem});
    // There is nobody left to tell where stderr is gone.
    let _ = writeln!(std::io::stderr(), "{line}");
}
