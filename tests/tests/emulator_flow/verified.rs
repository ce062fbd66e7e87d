//! `scheduler verify` as it is used: it looks as closely as it is told to, says what it leaves and
//! what the queue refuses, and needs the rights that its page names and no others.

use crate::in_step::{Hand, is_mended, verify};
use crate::stage::{Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::places;
use scheduler_tests::support::aws::{DYNAMODB, SQS, xml_texts};
use scheduler_tests::support::cognito;
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::project::{ENV, Project};
use scheduler_tests::support::scheduler::Finished;
use scheduler_tests::support::{poll, schedules};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

const TYPE: &str = "[job_types.ping]\nschema = { properties = { n = { type = \"integer\" } } }\n";
const JOBS: u64 = 3;
/// The id of a job whose user's name does not fit into a small message.
const LONG: u64 = 77;

#[test]
fn verify_looks_as_it_is_told_and_says_what_it_leaves() -> Outcome {
    let stage = Stage::of("verified", Project::of(TYPE)?)?;
    says_that_nothing_is_deployed(&stage)?;
    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    for n in 0..JOBS {
        let job = json!({"job_type": "ping", "sleep_time": 86_400, "n": n});
        schedule_of(&deployed, &deployed.api.create(&user.token, &job)?)?;
    }
    deployed.wait_until_quiet()?;
    let scene = Scene { stage: &stage, deployed: &deployed, hand: Hand { deployed: &deployed } };
    scene.a_sample_sees_of_the_others_what_a_list_shows()?;
    scene.what_points_elsewhere_points_here_again()?;
    scene.what_changed_within_the_grace_is_left_alone()?;
    scene.what_the_queue_refuses_is_told()?;
    scene.takes_the_rights_of_its_page_and_no_others()?;
    destroy_leaves_nothing(&stage, &deployed)
}

fn says_that_nothing_is_deployed(stage: &Stage) -> Outcome {
    let wanted = [
        (["verify", "--env", ENV], 1, "`flow-dev` is not deployed (state ABSENT)"),
        (["verify", "--env", ENV], 1, "deploy the env first"),
        (["verify", "--env", "prd"], 2, "there is no env `prd`"),
    ];
    for (line, code, words) in wanted {
        let done = stage.scheduler.run(&line)?;
        let is_told = done.code == code && done.stderr.contains(words) && done.stdout.is_empty();
        ensure(is_told, || done.told(&line))?;
    }
    Ok(())
}

struct Scene<'a> {
    stage: &'a Stage,
    deployed: &'a Deployed,
    hand: Hand<'a>,
}

impl Scene<'_> {
    fn a_sample_sees_of_the_others_what_a_list_shows(&self) -> Outcome {
        self.hand
            .alters(0, |schedule| schedule["ScheduleExpression"] = json!("rate(7 minutes)"))?;
        let report = verify(self.stage, &["--sample", "0"], 0)?;
        ensure(report["jobs"] == JOBS && report["compared"] == 0, || format!("{report}"))?;
        let report = verify(self.stage, &["--sample", "100"], 4)?;
        ensure(report["compared"] == JOBS, || format!("{report}"))?;
        ensure(count(&report, "altered") == 1, || format!("{report}"))?;
        self.hand.deletes(1)?;
        let report = verify(self.stage, &["--sample", "0"], 4)?;
        ensure(count(&report, "missing") == 1 && report["compared"] == 0, || format!("{report}"))?;
        is_mended(self.stage)
    }

    fn what_points_elsewhere_points_here_again(&self) -> Outcome {
        let elsewhere = |arn: &Value| json!(format!("{}-other", arn.as_str().unwrap_or_default()));
        for (job, part) in [(0, "Arn"), (1, "RoleArn")] {
            self.hand.alters(job, |schedule| {
                schedule["Target"][part] = elsewhere(&schedule["Target"][part]);
            })?;
        }
        let report = verify(self.stage, &["--sample", "0"], 4)?;
        let found = &report["differences"]["wrong_target"];
        let what = &found["examples"][0]["what"];
        ensure(found["count"] == 1 && *what == "the topic", || format!("{report}"))?;
        let report = verify(self.stage, &[], 4)?;
        let told = report["differences"]["wrong_target"].to_string();
        ensure(count(&report, "wrong_target") == 2 && told.contains("the role"), || told)?;
        is_mended(self.stage)?;
        let all = schedules::all(&self.deployed.aws, &self.deployed.group)?;
        let are_right = all.iter().all(|one| one.target == self.deployed.topic);
        ensure(are_right && all.len() as u64 == JOBS, || format!("{all:?}"))
    }

    fn what_changed_within_the_grace_is_left_alone(&self) -> Outcome {
        self.hand.deletes(0)?;
        // A quarter of an hour by default: all jobs are new.
        let line = ["verify", "--env", ENV, "--json"];
        let done = self.stage.scheduler.run(&line)?;
        let told: Value = serde_json::from_str(&done.stdout)?;
        let is_left = done.code == 0 && told["in_step"] == true && told["report"]["recent"] == JOBS;
        ensure(is_left, || done.told(&line))?;
        verify(self.stage, &[], 4)?;
        is_mended(self.stage)?;

        self.hand.ages(0)?;
        self.hand.deletes(0)?;
        let done = self.stage.scheduler.run(&line)?;
        let told: Value = serde_json::from_str(&done.stdout)?;
        let report = &told["report"];
        let is_told = count(report, "missing") == 1 && report["recent"] == JOBS - 1;
        ensure(done.code == 4 && is_told, || done.told(&line))?;
        is_mended(self.stage)
    }

    /// A repair of this job is longer than what the queue takes for now.
    fn what_the_queue_refuses_is_told(&self) -> Outcome {
        let aws = &self.deployed.aws;
        let user = "x".repeat(1_100);
        let table = format!("{}-items", self.deployed.stack);
        let item = json!({ "user_id": { "S": user }, "user_email": { "S": "x@example.com" },
            "job_id": { "N": LONG.to_string() }, "job_type": { "S": "ping" },
            "sleep_time": { "N": "86400" } });
        aws.json(DYNAMODB, "PutItem", &json!({ "TableName": table, "Item": item }))?;
        schedule_of(self.deployed, &json!({ "job_id": LONG }))?;
        self.deployed.wait_until_quiet()?;
        let url = self.queue()?;
        let largest = |bytes: &str| {
            let body = json!({ "QueueUrl": url, "Attributes": { "MaximumMessageSize": bytes } });
            aws.json(SQS, "SetQueueAttributes", &body).map(drop)
        };
        largest("1024")?;
        for job in [0, LONG] {
            self.hand.deletes(job)?;
        }
        let report = verify(self.stage, &["--repair"], 4)?;
        ensure(count(&report, "missing") == 2 && report["repairs"] == 1, || format!("{report}"))?;
        schedule_of(self.deployed, &json!({ "job_id": 0 }))?;
        let line = ["verify", "--env", ENV, "--grace", "0", "--repair"];
        let done = self.stage.scheduler.run(&line)?;
        let words = "1 change not taken by the queue: verify again with --repair";
        ensure(done.code == 4 && done.stdout.contains(words), || done.told(&line))?;
        largest("262144")?;
        is_mended(self.stage)?;
        schedule_of(self.deployed, &json!({ "job_id": LONG })).map(drop)
    }

    /// The policy as the page has it, whole and without each of its statements.
    fn takes_the_rights_of_its_page_and_no_others(&self) -> Outcome {
        let (example, policy) = page()?;
        let keys = |value: &Value| -> BTreeSet<String> {
            value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
        };
        let report = verify(self.stage, &[], 0)?;
        ensure(keys(&report) == keys(&example["report"]), || format!("{report}"))?;

        self.hand.deletes(1)?;
        self.hand.adds("somebody-7")?;
        let verifier = self.verifier()?;
        let repair = ["verify", "--env", ENV, "--grace", "0", "--repair", "--json"];
        let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
        for without in 0..statements.len() {
            let mut rest = statements.clone();
            let left_out = rest.remove(without);
            verifier.is_allowed(self.deployed, &rest)?;
            let done = verifier.runs(self.stage, &repair)?;
            ensure(done.code == 1, || format!("without {left_out}: {}", done.told(&repair)))?;
        }
        verifier.is_allowed(self.deployed, &statements)?;
        let done = verifier.runs(self.stage, &repair)?;
        let told: Value = serde_json::from_str(&done.stdout)?;
        let report = &told["report"];
        let is_seen = count(report, "missing") == 1 && count(report, "orphaned") == 1;
        let is_sent = done.code == 0 && is_seen && report["repairs"] == 2;
        ensure(is_sent, || done.told(&repair))?;
        poll::until_true("both to be mended", Duration::from_secs(60), || {
            let look = ["verify", "--env", ENV, "--grace", "0", "--json"];
            Ok(verifier.runs(self.stage, &look)?.code == 0)
        })
    }

    fn verifier(&self) -> Outcome<Verifier> {
        let asked = |action: &str| {
            let call = [("Action", action), ("Version", "2010-05-08"), ("UserName", USER)];
            self.deployed.aws.query("iam", &call)
        };
        asked("CreateUser")?;
        let made = asked("CreateAccessKey")?.body;
        let one = |element: &str| xml_texts(&made, element).into_iter().next();
        match (one("AccessKeyId"), one("SecretAccessKey")) {
            (Some(id), Some(secret)) => Ok(Verifier { id, secret }),
            _ => fail(format!("no access key: {made}")),
        }
    }

    fn queue(&self) -> Outcome<String> {
        let urls = self.deployed.messages()?.into_iter().map(|(url, _)| url);
        let found = urls.into_iter().find(|url| url.ends_with("-changes.fifo"));
        found.map_or_else(|| fail("no queue of changes"), Ok)
    }
}

const USER: &str = "verifier";

/// Somebody with an access key and one policy.
struct Verifier {
    id: String,
    secret: String,
}

impl Verifier {
    fn is_allowed(&self, deployed: &Deployed, statements: &[Value]) -> Outcome {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let call = [
            ("Action", "PutUserPolicy"),
            ("Version", "2010-05-08"),
            ("UserName", USER),
            ("PolicyName", "verify"),
            ("PolicyDocument", policy.as_str()),
        ];
        let reply = deployed.aws.query("iam", &call)?;
        ensure(reply.status == 200, || format!("{}: {}", self.id, reply.body))
    }

    fn runs(&self, stage: &Stage, line: &[&str]) -> Outcome<Finished> {
        let mut command = stage.scheduler.command(line)?;
        command.env("AWS_ACCESS_KEY_ID", &self.id).env("AWS_SECRET_ACCESS_KEY", &self.secret);
        let done = command.stdin(Stdio::null()).output()?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let code = done.status.code().unwrap_or(-1);
        Ok(Finished { code, stdout: text(&done.stdout), stderr: text(&done.stderr) })
    }
}

fn count(report: &Value, kind: &str) -> u64 {
    report["differences"][kind]["count"].as_u64().unwrap_or(0)
}

/// The example of what it prints, and the policy for this deployment.
fn page() -> Outcome<(Value, Value)> {
    let text = fs::read_to_string(places::repository().join("docs/in-step.md"))?;
    let blocks = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut blocks =
        blocks.map(|block| serde_json::from_str(&block.replace("monitor-prod", "flow-dev")));
    match (blocks.next(), blocks.next()) {
        (Some(example), Some(policy)) => Ok((example?, policy?)),
        _ => fail("the page lacks its example or its policy"),
    }
}
