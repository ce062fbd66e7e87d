//! Somebody with a console: whatever they leave a stack in.

use crate::stage::Stage;
use crate::states::DEPLOY;
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::aws::{ECR, xml_texts};
use scheduler_tests::support::poll;
use scheduler_tests::support::project::REGION;
use scheduler_tests::support::scheduler::Finished;
use scheduler_tests::support::stacks;
use serde_json::{Value, json};
use std::time::Duration;
use ureq::http::Method;

const ASSETS: &str = "scheduler-assets-000000000000-eu-central-1";
const STACK: &str = "flow-dev";
const FUNCTION: &str = "made-by-somebody";
const REPOSITORY: &str = "made-by-somebody";

/// Somebody with a console.
pub(crate) struct Hand<'a> {
    pub(crate) stage: &'a Stage,
}

impl Hand<'_> {
    pub(crate) fn leaves_the_shell_of_a_change_set(&self) -> Outcome {
        let template = json!({ "Resources": { "Odd": { "Type": "AWS::SNS::Topic" } } });
        let body = template.to_string();
        let fields =
            [("ChangeSetName", "mine"), ("ChangeSetType", "CREATE"), ("TemplateBody", &body)];
        self.call("CreateChangeSet", &fields)?;
        self.becomes("REVIEW_IN_PROGRESS")
    }

    pub(crate) fn protects(&self) -> Outcome {
        self.call("UpdateTerminationProtection", &[("EnableTerminationProtection", "true")])
    }

    /// From nothing.
    pub(crate) fn creates(&self, resources: &Value, fields: &[(&str, &str)]) -> Outcome {
        let body = json!({ "Resources": resources }).to_string();
        self.call("CreateStack", &[&[("TemplateBody", body.as_str())], fields].concat())
    }

    /// A repository with an image in it is not deleted.
    pub(crate) fn creates_what_cannot_be_taken_away(&self) -> Outcome {
        let mut resources = waiting(6);
        resources["Images"] = images();
        resources["Wait"]["DependsOn"] = json!("Images");
        self.creates(&resources, &[])?;
        poll::until_true("the repository", Duration::from_secs(5), || Ok(self.pushes().is_ok()))
    }

    /// `scheduler deploy` goes on from a stack that was never whole.
    pub(crate) fn sees_it_made_anew(&self) -> Outcome<Finished> {
        let done = self.stage.scheduler.succeed(&DEPLOY)?;
        let cause = "the first create of `flow-dev` failed: `Wait` \
                     (AWS::CloudFormation::WaitCondition) failed: ";
        for what in [cause, "deleting `flow-dev`, whose first create failed"] {
            ensure(done.stderr.contains(what), || format!("{what}: {}", done.told(&DEPLOY)))?;
        }
        self.is_in("CREATE_COMPLETE")?;
        Ok(done)
    }

    pub(crate) fn deletes(&self) -> Outcome {
        let head = [("Action", "DescribeStacks"), ("Version", "2010-05-15"), ("StackName", STACK)];
        let found = self.stage.aws.query("cloudformation", &head)?;
        let id = xml_texts(&found.body, "StackId").concat();
        self.call("DeleteStack", &[])?;
        poll::until_true("DELETE_COMPLETE", Duration::from_secs(60), || {
            Ok(self.state_of(&id)? == "DELETE_COMPLETE")
        })
    }

    /// A custom resource says only after some seconds that it is gone.
    pub(crate) fn takes_long_to_delete(&self) -> Outcome {
        self.update(&custom(1), &[])?;
        self.becomes("UPDATE_COMPLETE")?;
        self.call("DeleteStack", &[])
    }

    pub(crate) fn updates_for_seconds(&self) -> Outcome {
        self.update(&waiting(6), &[])?;
        self.is_in("UPDATE_IN_PROGRESS")
    }

    pub(crate) fn fails_without_rollback(&self) -> Outcome {
        self.update(&waiting(6), &[("DisableRollback", "true")])?;
        self.becomes("UPDATE_FAILED")
    }

    /// A custom resource refuses to be changed back.
    pub(crate) fn cannot_go_back(&self) -> Outcome {
        self.update(&custom(1), &[])?;
        self.becomes("UPDATE_COMPLETE")?;
        let mut resources = custom(2);
        for (id, definition) in waiting(1).as_object().into_iter().flatten() {
            resources[id] = definition.clone();
        }
        resources["Wait"]["DependsOn"] = json!("Custom");
        self.update(&resources, &[])?;
        self.becomes("UPDATE_ROLLBACK_FAILED")
    }

    pub(crate) fn repairs(&self) -> Outcome {
        let path = format!("/2015-03-31/functions/{FUNCTION}/configuration");
        let repaired = json!({ "Environment": { "Variables": { "REPAIRED": "yes" } } });
        let reply = self.stage.aws.rest("lambda", Method::PUT, &path, &repaired)?;
        ensure(reply.status == 200, || reply.body)
    }

    /// Another schema, so that there is something to deploy.
    pub(crate) fn wants(&self, minimum: u32) -> Outcome {
        let schema = format!(
            "schema = {{ properties = {{ n = {{ type = \"integer\", minimum = {minimum} }} }} }}"
        );
        self.rewrites("schema = ", &schema)
    }

    pub(crate) fn moves_to(&self, region: &str) -> Outcome {
        self.rewrites("region = ", &format!("region = \"{region}\""))
    }

    /// The line of `scheduler.toml` that begins so.
    fn rewrites(&self, begin: &str, line: &str) -> Outcome {
        let path = self.stage.project.path().join("scheduler.toml");
        let text = std::fs::read_to_string(&path)?;
        let pick =
            |old: &'_ str| if old.starts_with(begin) { line.to_owned() } else { old.to_owned() };
        let lines: Vec<_> = text.lines().map(pick).collect();
        Ok(std::fs::write(path, lines.join("\n") + "\n")?)
    }

    pub(crate) fn deletes_half(&self) -> Outcome {
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
        self.state_of(STACK)
    }

    /// By name or by ARN.
    fn state_of(&self, stack: &str) -> Outcome<String> {
        let head = [("Action", "DescribeStacks"), ("Version", "2010-05-15"), ("StackName", stack)];
        let reply = self.stage.aws.query("cloudformation", &head)?;
        Ok(xml_texts(&reply.body, "StackStatus").concat())
    }

    pub(crate) fn is_in(&self, state: &str) -> Outcome {
        let found = self.state()?;
        ensure(found == state, || format!("{found}, not {state}"))
    }

    pub(crate) fn becomes(&self, state: &str) -> Outcome {
        poll::until_true(state, Duration::from_secs(60), || Ok(self.state()? == state))
            .or_else(|error| fail(format!("{error}: it is in {}", self.state()?)))
    }
}

fn images() -> Value {
    json!({ "Type": "AWS::ECR::Repository", "Properties": { "RepositoryName": REPOSITORY } })
}

/// Takes some seconds and fails.
pub(crate) fn waiting(seconds: u32) -> Value {
    json!({
        "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" },
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": { "Handle": { "Ref": "Handle" }, "Timeout": seconds.to_string() }
        }
    })
}

/// Is there at once, takes some seconds to go, and refuses to be changed back to 1.
fn custom(number: u32) -> Value {
    let code = "import json, os, time, urllib.request\n\
                def handler(event, context):\n\
                \x20   kind, number = event['RequestType'], event['ResourceProperties']['Number']\n\
                \x20   if kind == 'Delete':\n\
                \x20       time.sleep(5)\n\
                \x20   back = kind == 'Update' and number == '1' and 'REPAIRED' not in os.environ\n\
                \x20   said = {key: event[key] for key in ('StackId', 'RequestId', 'LogicalResourceId')}\n\
                \x20   said['Status'] = 'FAILED' if back else 'SUCCESS'\n\
                \x20   said.update(PhysicalResourceId='custom', Reason='it does not go back')\n\
                \x20   body = json.dumps(said).encode()\n\
                \x20   call = urllib.request.Request(event['ResponseURL'], data=body, method='PUT')\n\
                \x20   urllib.request.urlopen(call).read()\n";
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "Service": "lambda.amazonaws.com" }
        }]
    });
    json!({
        "CustomRole": {
            "Type": "AWS::IAM::Role",
            "Properties": { "AssumeRolePolicyDocument": trust }
        },
        "CustomFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": FUNCTION,
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Timeout": 30,
                "Role": { "Fn::GetAtt": ["CustomRole", "Arn"] },
                "Code": { "ZipFile": code }
            }
        },
        "Custom": {
            "Type": "AWS::CloudFormation::CustomResource",
            "Properties": {
                "ServiceToken": { "Fn::GetAtt": ["CustomFunction", "Arn"] },
                "ServiceTimeout": "30",
                "Number": number.to_string()
            }
        }
    })
}
