//! `scheduler plugin test`, as a person or a script sees it.

use crate::support::{gone, lives};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const SCHEDULER: &str = env!("CARGO_BIN_EXE_scheduler");

struct Project(TempDir);

impl Project {
    /// With a plugin `greeter` in Python behind a queue.
    fn new(handler: &str, consumer: &str) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("scheduler.toml", "[service]\nname = \"shop\"\n");
        project.plugin("greeter", handler, consumer);
        project
    }

    fn plugin(&self, name: &str, handler: &str, consumer: &str) {
        let job_type = name.replace('-', "_");
        let manifest = format!(
            "[job_types.{job_type}]\n\
             schema = {{ properties = {{ name = {{ type = \"string\", minLength = 1 }} }}, required = [\"name\"] }}\n\
             [build]\nkind = \"zip\"\nzip = \"code.zip\"\n\
             [consumer]\nruntime = \"python3.12\"\nhandler = \"app.handle\"\n{consumer}\n"
        );
        self.write(&format!("plugins/{name}/plugin.toml"), &manifest);
        let mut zip = zip::ZipWriter::new(
            fs::File::create(self.path(&format!("plugins/{name}/code.zip"))).unwrap(),
        );
        zip.start_file("app.py", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(handler.as_bytes()).unwrap();
        zip.finish().unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(SCHEDULER);
        command.args(["plugin", "test"]).args(arguments).arg("--project").arg(self.0.path());
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let ran = self.run(&[arguments, &["--json"]].concat());
        let value = serde_json::from_str(&ran.stdout);
        (ran.code, value.unwrap_or_else(|_| panic!("{}\n{}", ran.stdout, ran.stderr)))
    }
}

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap();
        Self { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Refused as wrong input, in these words.
    fn refused(&self, what: &str, hint: &str) {
        assert_eq!(self.code, 2, "{}", self.stderr);
        assert!(self.stderr.contains(&format!("error: {what}")), "{}", self.stderr);
        assert!(self.stderr.contains(&format!("hint: {hint}")), "{}", self.stderr);
    }
}

const ECHO: &str = "
def handle(event, context):
    for record in event['Records']:
        print('got', record['body'] if 'body' in record else record['Sns']['Message'])
";

#[test]
fn a_tick_that_fits_is_made_and_sent_and_its_outcome_told() {
    let ran = Project::new(ECHO, "").run(&["greeter"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("answer  null\ntook    "), "{}", ran.stdout);
    assert!(ran.stdout.trim_end().ends_with(" MB"), "{}", ran.stdout);
    let tick = r#"{"job_id":0,"job_type":"greeter","name":"sample","sleep_time":60,"user_email":"user@example.com","user_id":"sample-user"}"#;
    assert!(ran.stderr.contains(&format!("got {tick}")), "{}", ran.stderr);
    assert!(ran.stderr.contains("note: this machine runs it on Python 3."), "{}", ran.stderr);
}

#[test]
fn the_report_as_json_says_all_of_it() {
    let (code, report) = Project::new(ECHO, "").json(&["greeter"]);
    assert_eq!(code, 0);
    assert_eq!((&report["plugin"], &report["ok"]), (&json!("greeter"), &json!(true)));
    assert_eq!(report["answer"], Value::Null);
    assert_eq!(report["output"].as_array().unwrap().len(), 1);
    assert!(report["duration_ms"].as_f64().unwrap() > 0.0);
    assert!(report["peak_memory_mb"].as_u64().unwrap() > 0);
    let record = &report["event"]["Records"][0];
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:sqs:eu-central-1:000000000000:shop-local-greeter"
    );
}

#[test]
fn a_direct_consumer_gets_the_topics_envelope() {
    let (code, report) = Project::new(ECHO, "buffer = \"none\"").json(&["greeter"]);
    assert_eq!(code, 0);
    let sns = &report["event"]["Records"][0]["Sns"];
    assert_eq!(sns["TopicArn"], "arn:aws:sns:eu-central-1:000000000000:shop-local-distribution");
}

#[test]
fn a_tick_that_is_reported_as_failed_is_a_failure() {
    let project = Project::new(
        "def handle(event, context):\n    \
             return {'batchItemFailures': [{'itemIdentifier': r['messageId']} for r in event['Records']]}\n",
        "",
    );
    let ran = project.run(&["greeter"]);
    assert_eq!(ran.code, 1);
    let told = "error: the consumer reported 1 of 1 ticks as failed";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let (code, report) = project.json(&["greeter"]);
    assert_eq!((code, &report["ok"], &report["error"]["code"]), (1, &json!(false), &json!(1)));
    let event =
        r#"{"Records": [{"messageId": "a", "body": "1"}, {"messageId": "b", "body": "2"}]}"#;
    project.write("event.json", event);
    let file = project.path("event.json").display().to_string();
    let (_, report) = project.json(&["greeter", "--event", &file]);
    let told = "the consumer reported 2 of 2 ticks as failed";
    assert_eq!(report["error"]["message"], told);
}

#[test]
fn an_exception_is_told_with_its_trace() {
    let project =
        Project::new("def handle(event, context):\n    raise ValueError('no\x1b[2J')\n", "");
    let ran = project.run(&["greeter"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.starts_with("answer  none\n"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("error: the handler failed: ValueError: no\\u{1b}[2J"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("app.py\", line 2, in handle"), "{}", ran.stderr);
}

#[test]
fn an_answer_that_a_queue_cannot_read_is_a_failure_and_a_topic_does_not_read_it() {
    let handler = "def handle(event, context):\n    return 'done'\n";
    let ran = Project::new(handler, "").run(&["greeter"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("it is no object: `\"done\"`"), "{}", ran.stderr);
    assert_eq!(Project::new(handler, "buffer = \"none\"").run(&["greeter"]).code, 0);
}

#[test]
fn own_fields_and_whole_jobs_are_ticks_and_events_are_sent_as_they_are() {
    let project = Project::new(ECHO, "");
    let job = json!({
        "user_id": "u", "user_email": "u@example.com", "job_id": 7, "job_type": "greeter",
        "sleep_time": 60, "name": "Eve", "enabled": true, "rev": 3, "next_run": 1,
    });
    for (text, expected) in [
        (json!({"name": "Eve"}), json!({"name": "Eve", "job_id": 0})),
        (json!({"name": "Eve", "job_id": 7}), json!({"name": "Eve", "job_id": 7})),
        (job, json!({"name": "Eve", "job_id": 7, "user_id": "u", "rev": null})),
    ] {
        project.write("tick.json", &text.to_string());
        let file = project.path("tick.json").display().to_string();
        let (code, report) = project.json(&["greeter", "--event", &file]);
        assert_eq!(code, 0, "{report}");
        let body = report["event"]["Records"][0]["body"].as_str().unwrap();
        let tick: Value = serde_json::from_str(body).unwrap();
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(tick.get(field).unwrap_or(&Value::Null), value, "{text}");
        }
    }
    let event = json!({"Records": [{"messageId": "m", "body": "no tick at all"}]});
    project.write("event.json", &event.to_string());
    let file = project.path("event.json").display().to_string();
    let (_, report) = project.json(&["greeter", "--event", &file]);
    assert_eq!(report["event"], event);
}

#[test]
fn wrong_input_is_refused_with_its_repair() {
    let project = Project::new(ECHO, "");
    let schema = "schema = { properties = { token = { type = \"string\", pattern = \"^(?:a(?:b|c){3}){9}$\", maxLength = 3 } }, required = [\"token\"] }";
    project.write("plugins/types/plugin.toml", &format!("[job_types.odd]\n{schema}\n"));
    project.run(&["greter"]).refused("there is no plugin `greter`", "did you mean `greeter`?");
    project
        .run(&["types"])
        .refused("the plugin `types` has no function to test: it only defines", "");
    project
        .run(&["greeter", "--type", "greet"])
        .refused("the plugin `greeter` has no job type `greet`", "did you mean `greeter`?");
    project.run(&["greeter", "--event", "nowhere.json"]).refused("cannot read `nowhere.json`", "");
    for (text, what) in [
        ("{", "no JSON"),
        ("[]", "holds 0 objects, not one"),
        ("{\"name\": \"\"}", "does not fit `greeter`: `/name`: "),
        ("{\"name\": \"x\", \"other\": 1}", "does not fit `greeter`: "),
        ("{\"name\": \"x\", \"job_id\": \"y\"}", "does not fit `greeter`: `job_id` is not"),
    ] {
        project.write("tick.json", text);
        let file = project.path("tick.json").display().to_string();
        let ran = project.run(&["greeter", "--event", &file]);
        assert_eq!(ran.code, 2, "{text}: {}", ran.stderr);
        assert!(ran.stderr.contains(what), "{text}: {}", ran.stderr);
    }
}

#[test]
fn a_schema_that_no_sample_fits_asks_for_an_event() {
    let project = Project::new(ECHO, "");
    let manifest = fs::read_to_string(project.path("plugins/greeter/plugin.toml")).unwrap();
    let odd = manifest.replace("minLength = 1", "pattern = \"^(?:ab){9}$\", maxLength = 3");
    project.write("plugins/greeter/plugin.toml", &odd);
    project.run(&["greeter"]).refused(
        "no sample could be made that fits the schema: `/name`: ",
        "write the tick's fields: `--event FILE`",
    );
}

#[test]
fn the_environment_is_the_consumers_own_and_says_what_is_missing() {
    let handler = "import os\ndef handle(event, context):\n    for name in ('STATE_URL', 'MAIL_URL', 'SOURCE_EMAIL', 'TOKEN', 'KEY', 'LEVEL', 'AWS_ACCESS_KEY_ID'):\n        print(name, os.environ.get(name))\n";
    let consumer = "state = { expire_days = 30 }\nmail = { from = \"me@example.com\" }\n\
        environment = { TOKEN = { ssm = \"/token\" }, KEY = { ssm = \"/key\" }, LEVEL = \"info\" }";
    let project = Project::new(handler, consumer);
    let mut command = project.command(&["greeter"]);
    let ran = command.env("TOKEN", "from outside").env("AWS_ACCESS_KEY_ID", "secret").output();
    let ran = Ran::of(&ran.unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let data = project.path(".scheduler/local/test").display().to_string();
    for line in [
        &format!("STATE_URL file://{data}/state/greeter"),
        &format!("MAIL_URL file://{data}/outbox"),
        "SOURCE_EMAIL me@example.com",
        "TOKEN from outside",
        "KEY None",
        "LEVEL info",
        "AWS_ACCESS_KEY_ID None",
        "note: `KEY` is left out: only AWS knows the parameter `/key`",
        "mails go to `.scheduler/local/test/outbox`",
    ] {
        assert!(ran.stderr.contains(line), "{line}\n{}", ran.stderr);
    }
}

/// Linux alone can be asked to end a child with its server.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_server_takes_its_children_along() {
    let handler = "import os, time\ndef handle(event, context):\n    print('hanging in', os.getpid())\n    time.sleep(600)\n";
    let project = Project::new(handler, "timeout_seconds = 900");
    let mut command = project.command(&["greeter"]);
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let mut pids =
        lines.filter_map(|line| line.unwrap().strip_prefix("hanging in ").map(str::to_owned));
    let pid = pids.next().unwrap();
    assert!(lives(&pid));
    // SIGKILL: nothing of the server's own runs any more.
    server.kill().unwrap();
    server.wait().unwrap();
    gone(&pid).await;
}
