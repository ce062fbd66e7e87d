//! What can never be scheduled blocks nobody and is told; what can be arrives as it was; what a
//! broken controller missed is made up for.

use crate::stage::{Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::aws::{DYNAMODB, SQS};
use scheduler_tests::support::cognito::{self, User};
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::project::{ENV, Recorder};
use scheduler_tests::support::{poll, schedules};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use ureq::http::Method;

const PLUGIN: Recorder = Recorder { name: "recorder", job_type: "recorded", buffer: "queue" };
/// Of a job type that comes only later.
const LATER: Recorder = Recorder { name: "later", job_type: "of_tomorrow", buffer: "queue" };
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn poison_blocks_nobody_and_is_made_up_for() -> Outcome {
    let stage = Stage::set("poison", &[])?;
    stage.project.add(PLUGIN)?;
    let manifest = stage.project.path().join("plugins/recorder/plugin.toml");
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, text.replace("url = { type", "own = {}, url = { type"))?;
    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;

    let poison = Poison { stage: &stage, deployed: &deployed };
    poison.blocks_no_neighbour(&user)?;
    poison.lies_with_its_reason()?;
    poison.is_in_step_once_its_cause_is_gone()?;
    values_arrive_as_they_were(&deployed, &user)?;
    a_broken_controller_is_made_up_for(&stage, &deployed, &user)?;
    destroy_leaves_nothing(&stage, &deployed)
}

fn number(value: u64) -> Value {
    json!({ "N": value.to_string() })
}

fn text(value: &str) -> Value {
    json!({ "S": value })
}

/// An item as `DynamoDB` takes it, which no schedule can be made of, and why.
fn items() -> [(Value, &'static str); 4] {
    let whole = |job_id: u64| {
        json!({
            "user_id": text("somebody"), "user_email": text("somebody@example.com"),
            "job_id": number(job_id), "job_type": text(PLUGIN.job_type),
            "sleep_time": number(86_400), "url": text("http://127.0.0.1:9/")
        })
    };
    let mut unknown = whole(901);
    unknown["job_type"] = text(LATER.job_type);
    let mut lacking = whole(902);
    lacking.as_object_mut().map(|item| item.remove("user_email"));
    let mut wrong = whole(903);
    wrong["sleep_time"] = text("86400");
    let mut large = whole(904);
    large["own"] = text(&"x".repeat(300_000));
    [
        (unknown, "no plugin defines the job type `of_tomorrow`"),
        (lacking, "user_email"),
        (wrong, "sleep_time"),
        (large, "fit into a schedule"),
    ]
}

/// Items that came into the table past the API.
struct Poison<'a> {
    stage: &'a Stage,
    deployed: &'a Deployed,
}

impl Poison<'_> {
    fn put(&self, item: &Value) -> Outcome {
        let table = format!("{}-items", self.deployed.stack);
        let body = json!({ "TableName": table, "Item": item });
        self.deployed.aws.json(DYNAMODB, "PutItem", &body).map(drop)
    }

    fn blocks_no_neighbour(&self, user: &User) -> Outcome {
        let mut neighbours = Vec::new();
        for (item, _) in items() {
            self.put(&item)?;
            let job = job(&json!(1));
            neighbours.push(self.deployed.api.create(&user.token, &job)?);
        }
        for job in neighbours {
            schedule_of(self.deployed, &job)?;
            let path = format!("/job/delete/{}", job["job_id"]);
            self.deployed.api.ok(&user.token, Method::DELETE, &path, &Value::Null)?;
        }
        Ok(())
    }

    /// Each once, and nothing else.
    fn lies_with_its_reason(&self) -> Outcome {
        let url = self.queue("changes-dead")?;
        let asked = json!({
            "QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"],
            "VisibilityTimeout": 0
        });
        let mut told: Vec<String> = Vec::new();
        poll::until_true("four dead letters", MINUTE, || {
            let answer = self.deployed.aws.json(SQS, "ReceiveMessage", &asked)?;
            for message in answer["Messages"].as_array().into_iter().flatten() {
                let reason = message["MessageAttributes"]["reason"]["StringValue"].as_str();
                let reason = reason.unwrap_or_default().to_owned();
                if !told.contains(&reason) {
                    told.push(reason);
                }
            }
            Ok(told.len() >= items().len())
        })
        .or_else(|error| fail(format!("{error}: {told:?}")))?;
        for (_, why) in items() {
            ensure(told.iter().any(|reason| reason.contains(why)), || format!("{why}: {told:?}"))?;
        }
        ensure(told.len() == items().len(), || format!("{told:?}"))?;
        self.deployed.aws.json(SQS, "PurgeQueue", &json!({ "QueueUrl": url })).map(drop)
    }

    fn is_in_step_once_its_cause_is_gone(&self) -> Outcome {
        let report = verify(self.stage, &[], 4)?;
        let unschedulable = &report["differences"]["unschedulable"];
        ensure(unschedulable["count"] == 4, || format!("{report}"))?;
        // Three are put right by hand, which the stream tells of; nothing tells of a new type.
        for (mut item, _) in items().into_iter().skip(1) {
            item["user_email"] = text("somebody@example.com");
            item["sleep_time"] = number(86_400);
            item["own"] = number(1);
            self.put(&item)?;
        }
        self.stage.project.add(LATER)?;
        self.stage.deploy()?;
        poll::until_true("three to be in step", MINUTE, || {
            Ok(schedules::all(&self.deployed.aws, &self.deployed.group)?.len() == 3)
        })?;
        let report = verify(self.stage, &[], 4)?;
        ensure(report["differences"]["missing"]["count"] == 1, || format!("{report}"))?;
        is_mended(self.stage)?;
        let all = schedules::all(&self.deployed.aws, &self.deployed.group)?;
        ensure(all.iter().any(|one| one.input["job_type"] == LATER.job_type), || format!("{all:?}"))
    }

    fn queue(&self, name: &str) -> Outcome<String> {
        let prefix = json!({ "QueueNamePrefix": format!("{}-{name}", self.deployed.stack) });
        let listed = self.deployed.aws.json(SQS, "ListQueues", &prefix)?;
        let url = listed["QueueUrls"][0].as_str();
        url.map_or_else(|| fail(format!("no queue {name}")), |url| Ok(url.to_owned()))
    }
}

fn job(own: &Value) -> Value {
    json!({
        "job_type": PLUGIN.job_type, "sleep_time": 86_400, "own": own,
        "url": "http://127.0.0.1:9/"
    })
}

/// The values that the original's functions stumbled over.
fn values_arrive_as_they_were(deployed: &Deployed, user: &User) -> Outcome {
    let inbox = Page::serve("")?;
    let values = [
        json!(null),
        json!([1, [2, { "x": null }]]),
        json!({ "a": {}, "b": [] }),
        json!(9_007_199_254_740_993_u64),
        json!(u64::MAX),
    ];
    for own in &values {
        let mut job = job(own);
        job["url"] = json!(inbox.url());
        let created = deployed.api.create(&user.token, &job)?;
        let schedule = schedule_of(deployed, &created)?;
        ensure(schedule.input["own"] == *own, || format!("{own}: {schedule:?}"))?;
        let run = format!("/job/{}/run", created["job_id"]);
        deployed.api.ok(&user.token, Method::POST, &run, &Value::Null)?;
    }
    let received = || -> Outcome<Vec<Value>> {
        let posted = inbox.posted();
        let ticks = posted.iter().map(|body| serde_json::from_str::<Value>(body));
        Ok(ticks
            .map(|tick| tick.map(|mut tick| tick["job"]["own"].take()))
            .collect::<Result<_, _>>()?)
    };
    poll::until_true("every value to arrive", MINUTE, || {
        let seen = received()?;
        Ok(values.iter().all(|own| seen.contains(own)))
    })
    .or_else(|error| fail(format!("{error}: {:?}", received())))?;
    deployed.wait_until_quiet()
}

/// A controller that fails gives its messages up; afterwards nothing tells of them but a look.
fn a_broken_controller_is_made_up_for(stage: &Stage, deployed: &Deployed, user: &User) -> Outcome {
    let aws = &deployed.aws;
    let path = format!("/2015-03-31/functions/{}-schedulers-schedule-controller", deployed.stack);
    let found = aws.get("lambda", &path)?;
    let sound = found["Configuration"]["Environment"]["Variables"].clone();
    let configure = |variables: &Value| {
        let body = json!({ "Environment": { "Variables": variables } });
        let reply = aws.rest("lambda", Method::PUT, &format!("{path}/configuration"), &body)?;
        ensure(reply.status == 200, || reply.body)
    };
    let mut broken = sound.clone();
    for value in broken.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if *value == deployed.group.as_str() {
            *value = json!("no-such-group");
        }
    }
    ensure(broken != sound, || format!("nothing names the group: {sound}"))?;
    let poison = Poison { stage, deployed };
    let url = poison.queue("changes.fifo")?;
    let asked = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
    let before = aws.json(SQS, "GetQueueAttributes", &asked)?["Attributes"].take();
    let mut hasty: Value = serde_json::from_str(before["RedrivePolicy"].as_str().unwrap_or("{}"))?;
    hasty["maxReceiveCount"] = json!(1);
    let set = |visibility: &Value, redrive: &Value| {
        let attributes = json!({ "VisibilityTimeout": visibility, "RedrivePolicy": redrive });
        let body = json!({ "QueueUrl": url, "Attributes": attributes });
        aws.json(SQS, "SetQueueAttributes", &body).map(drop)
    };

    // So that it does not take an hour.
    set(&json!("2"), &json!(hasty.to_string()))?;
    configure(&broken)?;
    let created = deployed.api.create(&user.token, &job(&json!(1)))?;
    let dead = poison.queue("changes-dead")?;
    poll::until_true("the change to be given up", MINUTE, || {
        let messages = deployed.messages()?;
        Ok(messages.iter().any(|(url, count)| *url == dead && *count > 0))
    })?;
    configure(&sound)?;
    set(&before["VisibilityTimeout"], &before["RedrivePolicy"])?;
    aws.json(SQS, "PurgeQueue", &json!({ "QueueUrl": dead }))?;

    let report = verify(stage, &[], 4)?;
    ensure(report["differences"]["missing"]["count"] == 1, || format!("{report}"))?;
    is_mended(stage)?;
    schedule_of(deployed, &created)?;
    deployed.wait_until_quiet()
}

/// The report of a look at everything, and the exit code that it must have.
fn verify(stage: &Stage, more: &[&str], code: i32) -> Outcome<Value> {
    let line = [&["verify", "--env", ENV, "--grace", "0", "--json"][..], more].concat();
    let done = stage.scheduler.run(&line)?;
    ensure(done.code == code, || done.told(&line))?;
    let mut told: Value = serde_json::from_str(&done.stdout)?;
    Ok(told["report"].take())
}

fn is_mended(stage: &Stage) -> Outcome {
    verify(stage, &["--repair"], 0)?;
    let mut last = String::new();
    poll::until_true("everything to be mended", MINUTE, || {
        let done = stage.scheduler.run(&["verify", "--env", ENV, "--grace", "0"])?;
        last = done.stdout;
        Ok(done.code == 0)
    })
    .or_else(|error| fail(format!("{error}: {last}")))
}
