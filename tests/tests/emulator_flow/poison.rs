//! What can never be scheduled blocks nobody and is told; what can be arrives as it was; what a
//! broken controller missed is made up for.

use crate::in_step::{is_mended, listens, verify};
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
    poison.of_a_removed_type_fires_no_more()?;
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

    fn lies_with_its_reason(&self) -> Outcome {
        self.lies_with(&items().map(|(_, why)| why))
    }

    /// Each reason once, and nothing else.
    fn lies_with(&self, reasons: &[&str]) -> Outcome {
        let url = self.queue("changes-dead")?;
        let asked = json!({
            "QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"],
            "VisibilityTimeout": 0
        });
        let mut told: Vec<String> = Vec::new();
        poll::until_true("the dead letters", MINUTE, || {
            let answer = self.deployed.aws.json(SQS, "ReceiveMessage", &asked)?;
            for message in answer["Messages"].as_array().into_iter().flatten() {
                let reason = message["MessageAttributes"]["reason"]["StringValue"].as_str();
                let reason = reason.unwrap_or_default().to_owned();
                if !told.contains(&reason) {
                    told.push(reason);
                }
            }
            Ok(told.len() >= reasons.len())
        })
        .or_else(|error| fail(format!("{error}: {told:?}")))?;
        for why in reasons {
            ensure(told.iter().any(|reason| reason.contains(why)), || format!("{why}: {told:?}"))?;
        }
        ensure(told.len() == reasons.len(), || format!("{told:?}"))?;
        self.deployed.aws.json(SQS, "PurgeQueue", &json!({ "QueueUrl": url })).map(drop)
    }

    fn is_in_step_once_its_cause_is_gone(&self) -> Outcome {
        let report = verify(self.stage, &[], 4)?;
        let unschedulable = &report["differences"]["unschedulable"];
        ensure(unschedulable["count"] == 4, || format!("{report}"))?;
        // Three are put right by hand while nobody listens; nothing tells of a new type either.
        listens(self.deployed, &json!(false))?;
        for (mut item, _) in items().into_iter().skip(1) {
            item["user_email"] = text("somebody@example.com");
            item["sleep_time"] = number(86_400);
            item["own"] = number(1);
            self.put(&item)?;
        }
        let url = self.queue("changes.fifo")?;
        poll::until_true("three changes to be queued", MINUTE, || {
            Ok(self.deployed.messages()?.contains(&(url.clone(), 3)))
        })?;
        self.deployed.aws.json(SQS, "PurgeQueue", &json!({ "QueueUrl": url }))?;
        listens(self.deployed, &json!(true))?;
        self.stage.project.add(LATER)?;
        self.stage.deploy()?;
        let report = verify(self.stage, &[], 4)?;
        ensure(report["differences"]["missing"]["count"] == 4, || format!("{report}"))?;
        is_mended(self.stage)?;
        let all = schedules::all(&self.deployed.aws, &self.deployed.group)?;
        let has_later = all.iter().any(|one| one.input["job_type"] == LATER.job_type);
        ensure(has_later && all.len() == 4, || format!("{all:?}"))
    }

    /// Its plugin is taken away: the job stays, paused, and nothing fires for it; until it is back.
    fn of_a_removed_type_fires_no_more(&self) -> Outcome {
        let of_later = || -> Outcome<Vec<String>> {
            let all = schedules::all(&self.deployed.aws, &self.deployed.group)?;
            let own = all.into_iter().filter(|one| one.input["job_type"] == LATER.job_type);
            Ok(own.map(|one| one.state).collect())
        };
        let folder = self.stage.project.path().join("plugins").join(LATER.name);
        fs::remove_dir_all(&folder)?;
        let line = ["deploy", "--env", ENV, "--yes", "--on-orphans", "pause"];
        self.stage.scheduler.succeed(&line)?;
        let report = verify(self.stage, &["--repair"], 4)?;
        let found = &report["differences"]["unschedulable"];
        let what = found["examples"][0]["what"].as_str().unwrap_or_default();
        let is_told = found["count"] == 1 && what.contains(items()[0].1);
        ensure(is_told, || format!("{report}"))?;
        poll::until_true("its schedule to go", MINUTE, || Ok(of_later()?.is_empty()))?;
        self.lies_with(&[items()[0].1])?;
        verify(self.stage, &[], 4)?;
        self.stage.project.add(LATER)?;
        self.stage.deploy()?;
        is_mended(self.stage)?;
        let states = of_later()?;
        ensure(states == ["DISABLED"], || format!("{states:?}"))
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
