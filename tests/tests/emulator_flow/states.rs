//! Whatever state a stack was left in, `scheduler deploy` goes on from there, and says why.

use crate::asked::same_everywhere;
use crate::stage::{Stage, destroy_leaves_nothing};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::aws::{ECR, xml_texts};
use scheduler_tests::support::poll;
use scheduler_tests::support::project::{ENV, Project, REGION};
use scheduler_tests::support::stacks;
use serde_json::{Value, json};
use std::time::Duration;
use ureq::http::Method;

const TYPE: &str = "[job_types.ping]\nschema = {}\n";
const ASSETS: &str = "scheduler-assets-000000000000-eu-central-1";
const STACK: &str = "flow-dev";
const REPOSITORY: &str = "made-by-somebody";
const DEPLOY: [&str; 4] = ["deploy", "--env", ENV, "--yes"];

#[test]
fn every_state_has_an_answer() -> Outcome {
    let stage = Stage::of("states", Project::of(TYPE)?)?;
    let hand = Hand { stage: &stage };

    hand.leaves_the_shell_of_a_change_set()?;
    let deployed = stage.deploy()?;

    hand.protects()?;
    let destroy = ["destroy", "--env", ENV, "--yes"];
    let refused = stage.scheduler.run(&destroy)?;
    ensure(refused.code == 3 && refused.stderr.contains("`scheduler deploy` first"), || {
        refused.told(&destroy)
    })?;
    let off = stage.scheduler.succeed(&DEPLOY)?;
    ensure(off.stderr.contains("it is on, its env says off"), || off.told(&DEPLOY))?;
    let nothing = stage.scheduler.succeed(&DEPLOY)?;
    ensure(nothing.stderr.contains("is up to date"), || nothing.told(&DEPLOY))?;

    hand.updates_for_seconds()?;
    let waited = stage.scheduler.succeed(&DEPLOY)?;
    ensure(waited.stderr.contains("waiting for its end"), || waited.told(&DEPLOY))?;

    hand.fails_without_rollback()?;
    let back = stage.scheduler.succeed(&DEPLOY)?;
    for what in ["`Wait` (AWS::CloudFormation::WaitCondition) failed: ", "bringing `flow-dev` back"]
    {
        ensure(back.stderr.contains(what), || format!("{what}: {}", back.told(&DEPLOY)))?;
    }
    hand.is_in("UPDATE_ROLLBACK_COMPLETE")?;

    hand.deletes_half()?;
    let refused = stage.scheduler.run(&DEPLOY)?;
    ensure(refused.code == 1 && refused.stderr.contains("`scheduler destroy` again"), || {
        refused.told(&DEPLOY)
    })?;
    let stuck = stage.scheduler.run(&destroy)?;
    let what = "leave it behind: `scheduler destroy --env dev --retain Images`";
    ensure(stuck.code == 1 && stuck.stderr.contains(what), || stuck.told(&destroy))?;
    stage.scheduler.succeed(&[&destroy[..], &["--retain", "Images"]].concat())?;
    stage.deploy()?;
    destroy_leaves_nothing(&stage, &deployed)
}

/// Somebody with a console.
struct Hand<'a> {
    stage: &'a Stage,
}

impl Hand<'_> {
    fn leaves_the_shell_of_a_change_set(&self) -> Outcome {
        let template = json!({ "Resources": { "Odd": { "Type": "AWS::SNS::Topic" } } });
        let body = template.to_string();
        let fields =
            [("ChangeSetName", "mine"), ("ChangeSetType", "CREATE"), ("TemplateBody", &body)];
        self.call("CreateChangeSet", &fields)?;
        self.becomes("REVIEW_IN_PROGRESS")
    }

    fn protects(&self) -> Outcome {
        self.call("UpdateTerminationProtection", &[("EnableTerminationProtection", "true")])
    }

    fn updates_for_seconds(&self) -> Outcome {
        self.update(&waiting(), &[])?;
        self.is_in("UPDATE_IN_PROGRESS")
    }

    fn fails_without_rollback(&self) -> Outcome {
        self.update(&waiting(), &[("DisableRollback", "true")])?;
        self.becomes("UPDATE_FAILED")
    }

    fn deletes_half(&self) -> Outcome {
        self.update(&json!({ "Images": images() }), &[])?;
        self.becomes("UPDATE_COMPLETE")?;
        self.pushes()?;
        self.call("DeleteStack", &[])?;
        self.becomes("DELETE_FAILED")
    }

    fn pushes(&self) -> Outcome {
        let image =
            json!({ "repositoryName": REPOSITORY, "imageTag": "one", "imageManifest": "{}" });
        self.stage.aws.json(ECR, "PutImage", &image).map(drop)
    }

    fn put(&self, bucket: &str, key: &str, value: &Value) -> Outcome<bool> {
        let path = format!("/{bucket}/{key}");
        Ok(self.stage.aws.rest("s3", Method::PUT, &path, value)?.status == 200)
    }

    fn uploaded(&self, template: &Value) -> Outcome<String> {
        let done = self.put(ASSETS, "template.json", template)?;
        ensure(done, || "the template could not be put".into())?;
        Ok(format!("https://s3.{REGION}.amazonaws.com/{ASSETS}/template.json"))
    }

    /// The live template with these resources besides.
    fn update(&self, more: &Value, fields: &[(&str, &str)]) -> Outcome {
        let mut template = stacks::template(&self.stage.aws, STACK)?;
        for (id, definition) in more.as_object().into_iter().flatten() {
            template["Resources"][id] = definition.clone();
        }
        // Somebody's template is not one of this tool's.
        template["Outputs"]["Digest"]["Value"] = json!("somebody's");
        let url = self.uploaded(&template)?;
        let capabilities = [
            ("TemplateURL", url.as_str()),
            ("Capabilities.member.1", "CAPABILITY_IAM"),
            ("Capabilities.member.2", "CAPABILITY_NAMED_IAM"),
        ];
        self.call("UpdateStack", &[&capabilities[..], fields].concat())
    }

    fn call(&self, action: &str, fields: &[(&str, &str)]) -> Outcome {
        let head = [("Action", action), ("Version", "2010-05-15"), ("StackName", STACK)];
        let reply = self.stage.aws.query("cloudformation", &[&head[..], fields].concat())?;
        ensure(reply.status == 200, || format!("{action}: {}", reply.body))
    }

    fn state(&self) -> Outcome<String> {
        let head = [("Action", "DescribeStacks"), ("Version", "2010-05-15"), ("StackName", STACK)];
        let reply = self.stage.aws.query("cloudformation", &head)?;
        Ok(xml_texts(&reply.body, "StackStatus").concat())
    }

    fn is_in(&self, state: &str) -> Outcome {
        let found = self.state()?;
        ensure(found == state, || format!("{found}, not {state}"))
    }

    fn becomes(&self, state: &str) -> Outcome {
        poll::until_true(state, Duration::from_secs(60), || Ok(self.state()? == state))
            .or_else(|error| fail(format!("{error}: it is in {}", self.state()?)))
    }
}

fn images() -> Value {
    json!({ "Type": "AWS::ECR::Repository", "Properties": { "RepositoryName": REPOSITORY } })
}

/// Takes some seconds and fails.
fn waiting() -> Value {
    json!({
        "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" },
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": { "Handle": { "Ref": "Handle" }, "Timeout": "6" }
        }
    })
}

#[test]
fn a_resource_of_a_plugin_that_fails_leads_to_its_file() -> Outcome {
    let stage = Stage::set("failing-plugin", &[])?;
    let folder = stage.project.path().join("plugins/odd");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(
        folder.join("plugin.toml"),
        "[job_types.odd]\nschema = {}\n\n[consumer]\nqueue_arn = \"arn:aws:sqs:eu-central-1:000000000000:theirs\"\n\n\
         [resources]\ntemplate = \"own.json.j2\"\n",
    )?;
    let write = |resources: &Value| {
        let text = format!("{:#}", json!({ "Resources": resources }));
        std::fs::write(folder.join("own.json.j2"), &text).map(|()| text)
    };
    let (mut broken, sound) = (waiting(), json!({ "Handle": waiting()["Handle"] }));
    broken["Wait"]["Properties"]["Timeout"] = json!("1");

    // The emulator's parent stack does not name a nested one that it could not make.
    write(&broken)?;
    let failed = stage.scheduler.run(&DEPLOY)?;
    let cause = "`PluginOdd` (AWS::CloudFormation::Stack) of plugin `odd` failed: ";
    for what in [cause, "(from plugins/odd/plugin.toml)", "the failed stack is then recreated"] {
        ensure(failed.code == 1 && failed.stderr.contains(what), || failed.told(&DEPLOY))?;
    }
    write(&sound)?;
    same_everywhere(&stage)?;
    let done = stage.scheduler.succeed(&DEPLOY)?;
    for what in ["the first create of `flow-dev` failed: ", cause, "deleting `flow-dev`"] {
        ensure(done.stderr.contains(what), || format!("{what}: {}", done.told(&DEPLOY)))?;
    }

    let text = write(&broken)?;
    let line = text.lines().position(|line| line.contains("\"Wait\"")).unwrap_or(0) + 1;
    let failed = stage.scheduler.run(&DEPLOY)?;
    let cause = "error: `Wait` (AWS::CloudFormation::WaitCondition) of plugin `odd` failed: ";
    let place = format!("(from plugins/odd/own.json.j2:{line})");
    for what in [cause, &place, "the stack is as it was before"] {
        ensure(failed.code == 1 && failed.stderr.contains(what), || failed.told(&DEPLOY))?;
    }
    // One cause is told, and nothing of the cascade.
    let told = failed.stderr.lines().filter(|line| line.starts_with("error: ")).count();
    ensure(told == 1, || failed.told(&DEPLOY))?;
    stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes"]).map(drop)
}
