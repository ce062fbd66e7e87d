//! What came of a test, as text or as JSON.

use super::event::Event;
use crate::error::Failure;
use crate::local::consumers::Invocation;
use crate::local::consumers::events::batch_failures;
use crate::output::Output;
use serde_json::{Value, json};

/// What was sent, and what came of it.
pub(super) struct Report {
    pub(super) plugin: String,
    pub(super) event: Event,
    pub(super) invocation: Invocation,
}

/// Why the consumer failed.
struct Fault {
    what: String,
    hint: Option<String>,
    trace: Vec<String>,
}

impl Report {
    /// Prints it.
    ///
    /// # Errors
    /// The consumer failed; that has been told.
    pub(super) fn tell(&self, output: &Output) -> Result<(), Failure> {
        let fault = self.fault();
        output.result(&self.text(), &self.json(fault.as_ref()));
        let Some(Fault { what, hint, trace }) = fault else { return Ok(()) };
        if !trace.is_empty() {
            output.quote(&trace.join("\n"));
        }
        output.complain(&what, hint.as_deref());
        Err(Failure::Told)
    }

    fn fault(&self) -> Option<Fault> {
        let plain = |what: String| Fault { what, hint: None, trace: Vec::new() };
        let answer = match &self.invocation.outcome {
            Ok(answer) => answer,
            Err(error) => {
                let (hint, trace) = (error.hint(), error.trace().to_vec());
                return Some(Fault { what: error.to_string(), hint, trace });
            }
        };
        // Nobody reads the answer to a topic.
        let ids = self.event.message_ids.as_ref()?;
        match batch_failures(answer, ids) {
            Err(garbage) => Some(plain(garbage.to_string())),
            Ok(failed) if failed.is_empty() => None,
            Ok(failed) => {
                let (failed, all) = (failed.len(), ids.len());
                Some(plain(format!("the consumer reported {failed} of {all} ticks as failed")))
            }
        }
    }

    fn text(&self) -> String {
        let Invocation { outcome, duration, peak_memory_mb, .. } = &self.invocation;
        let answer = outcome.as_ref().map_or_else(
            |_| "none".to_owned(),
            |answer| match String::from_utf8_lossy(answer).trim() {
                "" => "empty".to_owned(),
                text => text.to_owned(),
            },
        );
        let memory = peak_memory_mb.map_or("unknown".to_owned(), |mb| format!("{mb} MB"));
        let took = duration.as_secs_f64() * 1000.0;
        format!("answer  {answer}\ntook    {took:.1} ms\nmemory  {memory}")
    }

    fn json(&self, fault: Option<&Fault>) -> Value {
        let Invocation { outcome, started: _, duration, output, request_id, peak_memory_mb } =
            &self.invocation;
        let parsed = |bytes: &[u8]| {
            serde_json::from_slice(bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
        };
        let mut report = json!({
            "plugin": self.plugin,
            "ok": fault.is_none(),
            "event": parsed(&self.event.bytes),
            "answer": outcome.as_ref().ok().map(|bytes| parsed(bytes)),
            "duration_ms": duration.as_secs_f64() * 1000.0,
            "peak_memory_mb": peak_memory_mb,
            "request_id": request_id,
            "output": output.lines().collect::<Vec<_>>(),
        });
        if let Some(Fault { what, hint, trace }) = fault {
            report["error"] = json!({
                "code": Failure::Told.code(),
                "message": what,
                "hint": hint,
                "problems": [],
                "trace": trace,
            });
        }
        report
    }
}
