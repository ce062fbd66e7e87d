//! Python handlers, on the machine's own `python3`.

use crate::support::{Unit, ask, failure, lives};
use scheduler::local::consumers::{Consumer, InvokeError};

fn python(text: &str) -> (Unit, Consumer) {
    let unit = Unit::empty();
    unit.write("app.py", text);
    let consumer = unit.consumer(unit.spec("python3.12", "app.handle"));
    (unit, consumer)
}

/// Kind, message, trace.
fn raised(error: InvokeError) -> (String, String, String) {
    match error {
        InvokeError::Handler { kind, message, trace }
        | InvokeError::Init { kind, message, trace } => (kind, message, trace.join("\n")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_handler_gets_the_event_and_answers() {
    let (_unit, consumer) = python(
        "import decimal\n\
         def handle(event, context):\n    \
             return {'got': event['a'], 'pi': decimal.Decimal('3.5'), 'umlaut': 'ü'}\n",
    );
    let answer: serde_json::Value =
        serde_json::from_str(&ask(&consumer, r#"{"a": [1, "ü"]}"#).await).unwrap();
    assert_eq!(answer, serde_json::json!({"got": [1, "ü"], "pi": 3.5, "umlaut": "ü"}));
}

#[tokio::test]
async fn a_handler_gets_lambdas_context() {
    let (_unit, consumer) = python(
        "def handle(event, context):\n    \
             left = context.get_remaining_time_in_millis()\n    \
             assert 0 < left <= 60000, left\n    \
             assert context.identity is None and context.client_context is None\n    \
             return [context.aws_request_id, context.function_name, context.function_version,\n        \
                 context.invoked_function_arn, context.memory_limit_in_mb,\n        \
                 context.log_group_name, context.log_stream_name]\n",
    );
    let run = consumer.invoke(b"{}".to_vec()).await;
    let answer: Vec<String> = serde_json::from_slice(&run.outcome.unwrap()).unwrap();
    assert_eq!(answer[0], run.request_id);
    assert_eq!(
        answer[1..],
        [
            "svc-local-mail",
            "$LATEST",
            "arn:aws:lambda:eu-central-1:000000000000:function:svc-local-mail",
            "256",
            "/aws/lambda/svc-local-mail",
            "local"
        ]
    );
}

#[tokio::test]
async fn handlers_lie_in_modules_and_folders() {
    for (file, handler) in [
        ("app.py", "app.handle"),
        ("src/app.py", "src/app.handle"),
        ("src/deep/app.py", "src.deep.app.handle"),
        // A module of the consumer's own may be called as one that the loop needs.
        ("json.py", "app.handle"),
    ] {
        let unit = Unit::empty();
        unit.write("app.py", "def handle(event, context):\n    return 'here'\n");
        unit.write(file, "def handle(event, context):\n    return 'here'\n");
        let consumer = unit.consumer(unit.spec("python3.12", handler));
        assert_eq!(ask(&consumer, "{}").await, "\"here\"", "{file}");
    }
}

#[tokio::test]
async fn globals_stay_from_event_to_event() {
    let (_unit, consumer) = python(
        "seen = []\ndef handle(event, context):\n    seen.append(event)\n    return len(seen)\n",
    );
    for count in ["1", "2", "3"] {
        assert_eq!(ask(&consumer, "0").await, count);
    }
}

#[tokio::test]
async fn an_exception_is_told_with_its_place_and_without_ours() {
    let (_unit, consumer) = python(
        "def deep():\n    raise ValueError('no such user')\n\
         def handle(event, context):\n    deep()\n",
    );
    let (kind, message, trace) = raised(failure(&consumer, "{}").await);
    assert_eq!((kind.as_str(), message.as_str()), ("ValueError", "no such user"));
    assert!(trace.contains("app.py\", line 2, in deep"), "{trace}");
    assert!(!trace.contains("<string>"), "{trace}");
}

#[tokio::test]
async fn an_answer_that_is_no_json_fails_the_run_and_not_the_child() {
    let (_unit, consumer) =
        python("def handle(event, context):\n    return {1, 2} if event else 'fine'\n");
    let (kind, message, _) = raised(failure(&consumer, "true").await);
    assert_eq!(kind, "Runtime.MarshalError");
    assert!(message.contains("set is not JSON serializable"), "{message}");
    assert_eq!(ask(&consumer, "false").await, "\"fine\"");
}

#[tokio::test]
async fn what_cannot_be_imported_is_told_in_lambdas_words() {
    for (text, handler, kind, message) in [
        (
            "import nowhere_to_be_found\n",
            "app.handle",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nowhere_to_be_found'",
        ),
        ("def handle(:\n", "app.handle", "Runtime.UserCodeSyntaxError", "Syntax error in module"),
        ("", "app.handle", "Runtime.HandlerNotFound", "Handler 'handle' missing on module 'app'"),
        ("", "app", "Runtime.MalformedHandlerName", "Bad handler 'app'"),
        ("raise KeyError('LEVEL')\n", "app.handle", "KeyError", "'LEVEL'"),
    ] {
        let unit = Unit::empty();
        unit.write("app.py", text);
        let consumer = unit.consumer(unit.spec("python3.12", handler));
        let error = failure(&consumer, "{}").await;
        assert!(matches!(error, InvokeError::Init { .. }), "{error:?}");
        let told = raised(error);
        assert_eq!(told.0, kind);
        assert!(told.1.starts_with(message), "{}", told.1);
    }
}

#[tokio::test]
async fn prints_and_logs_are_the_runs_output() {
    let (_unit, consumer) = python(
        "import logging, sys\n\
         def handle(event, context):\n    \
             print('printed')\n    \
             print('complained', file=sys.stderr)\n    \
             logging.getLogger().setLevel(logging.INFO)\n    \
             logging.info('noted')\n    \
             sys.stdout.write('unfinished')\n",
    );
    let run = consumer.invoke(b"{}".to_vec()).await;
    let lines: Vec<_> = run.output.lines().collect();
    assert_eq!([lines[0], lines[1], lines[3]], ["printed", "complained", "unfinished"]);
    assert!(lines[2].starts_with("[INFO]\t"), "{}", lines[2]);
    assert!(lines[2].ends_with(&format!("\t{}\tnoted", run.request_id)), "{}", lines[2]);
}

#[tokio::test]
async fn a_handler_that_leaves_python_fails_its_run() {
    let (_unit, consumer) = python(
        "import os, sys\ndef handle(event, context):\n    sys.exit(event) if event else None\n    return os.getpid()\n",
    );
    let pid = ask(&consumer, "0").await;
    let status = "exit code 7".to_owned();
    assert_eq!(failure(&consumer, "7").await, InvokeError::Exited { status });
    assert!(!lives(&pid));
    assert_ne!(ask(&consumer, "0").await, pid);
}

#[tokio::test]
async fn another_version_than_on_aws_is_noted() {
    let unit = Unit::empty();
    let consumer = unit.consumer(unit.spec("python3.99", "app.handle"));
    let notes = consumer.prepare().await.unwrap();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].starts_with("this machine runs it on Python 3."), "{notes:?}");
    let version = notes[0].split(' ').nth(6).unwrap().trim_end_matches(';');
    let minor: Vec<_> = version.split('.').take(2).collect();
    let same = unit.consumer(unit.spec(&format!("python{}", minor.join(".")), "app.handle"));
    assert_eq!(same.prepare().await.unwrap(), [""; 0]);
}
