//! The core's one binary: `_HANDLER` picks the function. Settings, clients, run.

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use scheduler_runtime::aws::{Function, Invocation, Settings};
use serde_json::value::RawValue;
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    // One event at a time: more threads would only cost start and memory.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(serve()));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log("", &error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let lookup = |name: &str| std::env::var(name).ok();
    let function = &Function::new(&Settings::new(&lookup))?;
    run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let id = event.context.request_id;
        let invocation = Invocation {
            event: event.payload.get().as_bytes(),
            // Epoch milliseconds.
            deadline: i64::try_from(event.context.deadline / 1_000).unwrap_or(i64::MAX),
            problem: &|line| log(&id, line),
            metrics: &print,
        };
        let answer = function.answer(&invocation).await;
        answer.map_err(|error| Diagnostic {
            error_type: "UnexpectedEvent".to_owned(),
            error_message: format!("the event is not of the kind of this function: {error}"),
        })
    }))
    .await
}

/// One JSON line a problem.
fn log(request_id: &str, problem: &str) {
    print(&serde_json::json!({"level": "ERROR", "requestId": request_id, "message": problem}));
}

/// To stderr, which Lambda keeps, and CloudWatch reads metrics from.
fn print(line: &serde_json::Value) {
    // There is nobody left to tell where stderr is gone.
    let _ = writeln!(std::io::stderr(), "{line}");
}
