//! Children that never come so far as to ask for an event.

use crate::support::{Unit, ask, failure};
use scheduler::local::consumers::{InvokeError, Spec};
use std::time::{Duration, Instant};

fn cannot_start(error: &InvokeError) -> (String, String) {
    let InvokeError::CannotStart { hint, .. } = error else { panic!("{error:?}") };
    (error.to_string(), hint.clone().unwrap())
}

#[tokio::test]
async fn an_error_that_the_runtime_tells_of_its_start_is_the_runs_error() {
    let unit = Unit::script("#!/bin/sh\nexec ./consumer broken\n");
    let consumer = unit.consumer(unit.provided());
    let (kind, message) = ("Settings".to_owned(), "no settings".to_owned());
    let error = failure(&consumer, "hello").await;
    assert_eq!(error, InvokeError::Init { kind, message, trace: Vec::new() });
    assert_eq!(error.to_string(), "the consumer did not start: Settings: no settings");
}

#[tokio::test]
async fn a_child_that_ends_at_once_is_told_with_what_it_printed() {
    let unit = Unit::script("#!/bin/sh\necho no such table >&2\nexit 4\n");
    let consumer = unit.consumer(unit.provided());
    let run = consumer.invoke("hello".into()).await;
    assert_eq!(run.output, "no such table");
    assert_eq!(
        run.outcome.unwrap_err().to_string(),
        "the consumer did not start: its process ended before it asked for an event (exit code 4)"
    );
}

#[tokio::test]
async fn a_child_that_never_asks_is_killed() {
    let unit = Unit::script("#!/bin/sh\necho $$\nexec sleep 600\n");
    let second = Duration::from_secs(1);
    let consumer = unit.consumer(Spec { init: second, timeout: second, ..unit.provided() });
    let run = consumer.invoke("hello".into()).await;
    assert_eq!(
        run.outcome.unwrap_err().to_string(),
        "the consumer did not start: it did not ask for an event within 1 seconds"
    );
    crate::support::gone(&run.output).await;
}

#[tokio::test]
async fn a_child_that_outgrows_its_memory_while_it_starts_is_killed() {
    let unit = Unit::script("#!/bin/sh\necho $$\nexec ./consumer swollen\n");
    let consumer = unit.consumer(unit.provided());
    let run = consumer.invoke("hello".into()).await;
    let Err(InvokeError::OutOfMemory { limit_mb, used_mb }) = run.outcome else {
        panic!("{:?}", run.outcome)
    };
    assert_eq!(limit_mb, 256);
    assert!(used_mb > 256, "{used_mb}");
    crate::support::gone(&run.output).await;
}

#[tokio::test]
async fn a_child_that_keeps_failing_to_start_is_not_started_without_pause() {
    let unit = Unit::script("#!/bin/sh\nexit 1\n");
    let consumer = unit.consumer(unit.provided());
    let begin = Instant::now();
    for _ in 0..4 {
        failure(&consumer, "hello").await;
    }
    // 100, 200 and 400 ms lie between the four.
    assert!(begin.elapsed() >= Duration::from_millis(700));
}

#[tokio::test]
async fn a_child_that_starts_the_second_time_is_a_child_as_any_other() {
    let script = "#!/bin/sh\n[ -f seen ] || { touch seen; exit 1; }\nexec ./consumer\n";
    let unit = Unit::script(script);
    let consumer = unit.consumer(unit.provided());
    failure(&consumer, "hello").await;
    assert_eq!(ask(&consumer, "hello").await, "hello");
}

#[tokio::test]
async fn a_unit_without_a_bootstrap_is_told_so() {
    let unit = Unit::empty();
    let consumer = unit.consumer(unit.provided());
    let (what, hint) = cannot_start(&failure(&consumer, "hello").await);
    let path = unit.path("bootstrap");
    assert_eq!(what, format!("`bootstrap` cannot be started: `{}` is no file", path.display()));
    assert!(hint.contains("executable `bootstrap`"), "{hint}");
    assert_eq!(consumer.prepare().await.unwrap_err(), failure(&consumer, "hello").await);
}

#[tokio::test]
async fn a_bootstrap_without_its_interpreter_or_its_bit_is_told_so() {
    let without_interpreter = Unit::script("#!/nowhere/sh\n");
    let without_bit = Unit::empty();
    without_bit.write("bootstrap", "#!/bin/sh\n");
    for (unit, reason) in [(without_interpreter, "No such file"), (without_bit, "Permission")] {
        let consumer = unit.consumer(unit.provided());
        let (what, hint) = cannot_start(&failure(&consumer, "hello").await);
        let path = unit.path("bootstrap");
        let told = format!("`{}` cannot be started: {reason}", path.display());
        assert!(what.starts_with(&told), "{what}");
        assert!(hint.contains("built for this machine"), "{hint}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_bootstrap_that_lambda_could_not_run_does_not_run_here() {
    let unit = Unit::script("exec ./consumer\n");
    let consumer = unit.consumer(unit.provided());
    let (what, _) = cannot_start(&failure(&consumer, "hello").await);
    let told = "`bootstrap` cannot be started: it is neither an ELF file nor a script that begins \
                with `#!`";
    assert_eq!(what, told);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_bootstrap_for_another_processor_is_told_so() {
    let unit = Unit::compiled();
    let mut bytes = std::fs::read(unit.path("bootstrap")).unwrap();
    // Machine 8 is MIPS.
    bytes[18..20].copy_from_slice(&[8, 0]);
    std::fs::write(unit.path("bootstrap"), bytes).unwrap();
    let consumer = unit.consumer(unit.provided());
    let (what, _) = cannot_start(&failure(&consumer, "hello").await);
    assert!(what.contains("it is built for another processor, and this machine is"), "{what}");
}

#[tokio::test]
async fn a_runtime_that_this_machine_has_not_is_told_so() {
    let unit = Unit::empty();
    for runtime in ["java21", "dotnet8", "ruby3.4"] {
        let consumer = unit.consumer(unit.spec(runtime, "a.B::c"));
        let (what, hint) = cannot_start(&failure(&consumer, "hello").await);
        assert!(what.starts_with(&format!("`{runtime}` cannot be started: ")), "{what}");
        assert_eq!(hint, "try such a consumer in a deployed env");
    }
}

#[tokio::test]
async fn an_interpreter_that_is_not_installed_is_named() {
    let unit = Unit::empty();
    for (runtime, program) in [("python3.12", "python3"), ("nodejs22.x", "node")] {
        let mut spec = unit.spec(runtime, "handler.handle");
        let nowhere = unit.path("nowhere").display().to_string();
        spec.environment.insert("PATH".to_owned(), nowhere);
        let (what, hint) = cannot_start(&failure(&unit.consumer(spec), "hello").await);
        let told = format!("`{program}` cannot be started: there is no `{program}` on the PATH");
        assert_eq!(what, told);
        assert!(hint.starts_with("install "), "{hint}");
    }
}

#[tokio::test]
async fn a_unit_that_was_never_built_or_is_gone_is_told_so() {
    let unit = Unit::compiled();
    let mut spec = unit.provided();
    spec.dir = unit.path("nowhere");
    let told = format!("`mail` cannot be started: there is no folder `{}`", spec.dir.display());
    assert_eq!(cannot_start(&failure(&unit.consumer(spec), "hello").await).0, told);
    let consumer = unit.consumer(unit.provided());
    failure(&consumer, "exit 1").await;
    std::fs::remove_dir_all(unit.dir.path()).unwrap();
    let told = format!("there is no folder `{}`", unit.dir.path().display());
    assert!(failure(&consumer, "hello").await.to_string().contains(&told));
}

#[tokio::test]
async fn a_scheduler_that_is_gone_is_told_so() {
    let unit = Unit::compiled();
    let hook = std::sync::Arc::new(|_: &str| {});
    let consumer = scheduler::local::consumers::Consumer::new(
        unit.provided(),
        "/nowhere/scheduler".into(),
        hook,
    );
    let error = failure(&consumer, "hello").await;
    assert!(error.to_string().starts_with("`/nowhere/scheduler` cannot be started: "), "{error}");
}
