//! Node handlers, on the machine's own `node`.

use crate::support::{Unit, ask, failure};
use scheduler::local::consumers::{Consumer, InvokeError};

fn node(file: &str, text: &str) -> (Unit, Consumer) {
    let unit = Unit::empty();
    unit.write(file, text);
    let consumer = unit.consumer(unit.spec("nodejs22.x", "index.handler"));
    (unit, consumer)
}

#[tokio::test]
async fn handlers_are_modules_of_both_kinds_and_of_every_style() {
    for (file, text) in [
        ("index.mjs", "export const handler = async (event) => ({ got: event.a });"),
        ("index.js", "exports.handler = async (event) => ({ got: event.a });"),
        ("index.cjs", "module.exports = { handler: async (event) => ({ got: event.a }) };"),
        ("index.js", "exports.handler = (event, context, done) => done(null, { got: event.a });"),
        ("index.js", "exports.handler = (event, context) => context.succeed({ got: event.a });"),
        (
            "index.js",
            "exports.handler = (event, context, done) => {
                setTimeout(() => done(null, { got: event.a }), 1);
            };",
        ),
    ] {
        let (_unit, consumer) = node(file, text);
        for _ in 0..3 {
            assert_eq!(ask(&consumer, r#"{"a": "ü"}"#).await, r#"{"got":"ü"}"#, "{text}");
        }
    }
}

#[tokio::test]
async fn a_handler_is_found_in_folders_and_packages() {
    let unit = Unit::empty();
    unit.write("package.json", r#"{"type": "module"}"#);
    unit.write("src/app.js", "export const jobs = { mail: async () => import.meta.url };");
    let consumer = unit.consumer(unit.spec("nodejs22.x", "src/app.jobs.mail"));
    assert!(ask(&consumer, "{}").await.contains("/src/app.js"));
}

#[tokio::test]
async fn a_handler_gets_lambdas_context() {
    let (_unit, consumer) = node(
        "index.mjs",
        "export const handler = async (event, context) => [context.awsRequestId,
            context.functionName, context.functionVersion, context.invokedFunctionArn,
            context.memoryLimitInMB, context.logGroupName,
            String(context.getRemainingTimeInMillis() > 0)];",
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
            "true"
        ]
    );
}

#[tokio::test]
async fn a_callback_waits_for_what_still_runs_unless_told_not_to() {
    let slow = |wait: bool| {
        format!(
            "exports.handler = (event, context, done) => {{
                context.callbackWaitsForEmptyEventLoop = {wait};
                setTimeout(() => console.log('later'), 50);
                done(null, 'answered');
            }};"
        )
    };
    let (_unit, consumer) = node("index.js", &slow(true));
    let run = consumer.invoke(b"{}".to_vec()).await;
    assert_eq!((run.outcome, run.output.as_str()), (Ok(b"\"answered\"".to_vec()), "later"));
    let (_unit, consumer) = node("index.js", &slow(false));
    let run = consumer.invoke(b"{}".to_vec()).await;
    assert_eq!((run.outcome, run.output.as_str()), (Ok(b"\"answered\"".to_vec()), ""));
}

#[tokio::test]
async fn who_never_answers_has_answered_nothing() {
    let (_unit, consumer) = node("index.js", "exports.handler = (event, context, done) => {};");
    assert_eq!(ask(&consumer, "{}").await, "null");
    assert_eq!(ask(&consumer, "{}").await, "null");
}

#[tokio::test]
async fn errors_are_told_with_their_place_and_without_ours() {
    for text in [
        "exports.handler = async () => { throw new TypeError('no such user'); };",
        "exports.handler = () => { throw new TypeError('no such user'); };",
        "exports.handler = (event, context, done) => done(new TypeError('no such user'));",
        "exports.handler = (event, context) => context.fail(new TypeError('no such user'));",
    ] {
        let (_unit, consumer) = node("index.js", text);
        let error = failure(&consumer, "{}").await;
        let InvokeError::Handler { kind, message, trace } = error else { panic!("{error:?}") };
        assert_eq!((kind.as_str(), message.as_str()), ("TypeError", "no such user"));
        let trace = trace.join("\n");
        assert!(trace.contains("index.js:1"), "{trace}");
        assert!(!trace.contains("[eval"), "{trace}");
        let again = failure(&consumer, "{}").await;
        assert!(matches!(again, InvokeError::Handler { .. }), "{again:?}");
    }
}

#[tokio::test]
async fn what_nobody_catches_fails_the_run_and_the_next_child_is_fine() {
    let (_unit, consumer) = node(
        "index.mjs",
        "export const handler = async (event) => {
            if (event === 'reject') Promise.reject(new Error('nobody waited'));
            if (event === 'throw') setTimeout(() => { throw new RangeError('nobody caught'); }, 0);
            return event ? new Promise(() => setTimeout(() => {}, 60000)) : process.pid;
        };",
    );
    let pid = ask(&consumer, "null").await;
    let error = failure(&consumer, "\"reject\"").await.to_string();
    let told = "the handler failed: Runtime.UnhandledPromiseRejection: nobody waited";
    assert_eq!(error, told);
    let error = failure(&consumer, "\"throw\"").await.to_string();
    assert_eq!(error, "the handler failed: RangeError: nobody caught");
    assert_ne!(ask(&consumer, "null").await, pid);
}

#[tokio::test]
async fn what_cannot_be_loaded_is_told_in_lambdas_words() {
    for (file, text, handler, kind) in [
        ("index.js", "require('nowhere');", "index.handler", "Runtime.ImportModuleError"),
        ("index.mjs", "import 'nowhere';", "index.handler", "Runtime.ImportModuleError"),
        ("other.js", "", "index.handler", "Runtime.ImportModuleError"),
        ("index.js", "exports.handler = (", "index.handler", "Runtime.UserCodeSyntaxError"),
        ("index.js", "", "index.handler", "Runtime.HandlerNotFound"),
        ("index.js", "exports.handler = 1;", "index.handler", "Runtime.HandlerNotFound"),
        ("index.js", "", "index", "Runtime.MalformedHandlerName"),
        ("index.mjs", "throw new RangeError('settings');", "index.handler", "RangeError"),
    ] {
        let unit = Unit::empty();
        unit.write(file, text);
        let consumer = unit.consumer(unit.spec("nodejs22.x", handler));
        let error = failure(&consumer, "{}").await;
        let InvokeError::Init { kind: told, .. } = &error else { panic!("{error:?}") };
        assert_eq!(told, kind, "{file}: {text}: {error}");
    }
}

#[tokio::test]
async fn another_version_than_on_aws_is_noted() {
    let unit = Unit::empty();
    let consumer = unit.consumer(unit.spec("nodejs99.x", "index.handler"));
    let notes = consumer.prepare().await.unwrap();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("this machine runs it on Node.js "), "{notes:?}");
    let version = notes[0].split(' ').nth(6).unwrap().trim_end_matches(';');
    let major = version.split('.').next().unwrap();
    let same = unit.consumer(unit.spec(&format!("nodejs{major}.x"), "index.handler"));
    assert_eq!(same.prepare().await.unwrap(), [""; 0]);
}
