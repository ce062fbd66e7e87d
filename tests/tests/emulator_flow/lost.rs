//! Data goes only where it was named beforehand, and then it goes whole.

use crate::stage::{Stage, destroy_leaves_nothing};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::project::{ENV, Recorder};
use scheduler_tests::support::stacks;
use serde_json::{Value, json};
use std::fs;
use ureq::http::Method;

const PLUGIN: Recorder = Recorder { name: "keeper", job_type: "kept", buffer: "queue" };
const OTHER: Recorder = Recorder { name: "other", job_type: "other_job", buffer: "none" };

#[test]
fn a_plugin_with_state_goes_only_when_its_state_may() -> Outcome {
    let stage = Stage::set("lost", &[])?;
    stage.project.add(PLUGIN)?;
    stage.project.add(OTHER)?;
    let folder = stage.project.path().join("plugins").join(PLUGIN.name);
    let manifest = folder.join("plugin.toml");
    fs::write(&manifest, fs::read_to_string(&manifest)? + "state = { expire_days = 90 }\n")?;
    let deployed = stage.deploy()?;
    let bucket = bucket(&stage)?;
    let reply =
        stage.aws.rest("s3", Method::PUT, &format!("/{bucket}/page"), &json!({ "seen": 1 }))?;
    ensure(reply.status == 200, || reply.body)?;

    fs::rename(&folder, stage.project.path().join("aside"))?;
    let line = ["deploy", "--env", ENV, "--yes"];
    let refused = stage.scheduler.run(&line)?;
    let what = "`PluginKeeper/StateBucket` (it is removed; it holds objects)";
    ensure(refused.code == 3 && refused.stderr.contains(what), || refused.told(&line))?;
    ensure(self::bucket(&stage)? == bucket, || "another bucket".to_owned())?;

    let agreed = [&line[..], &["--allow-data-loss", "PluginKeeper/StateBucket"]].concat();
    stage.scheduler.succeed(&agreed)?;
    let left = stage.aws.rest("s3", Method::GET, &format!("/{bucket}"), &Value::Null)?;
    ensure(left.status == 404, || format!("the bucket is still there: {}", left.body))?;
    let stacks = stacks::live_stacks(&stage.aws)?;
    ensure(stacks.iter().all(|name| !name.contains("Keeper")), || format!("left: {stacks:?}"))?;
    destroy_leaves_nothing(&stage, &deployed)
}

/// The plugin's own.
fn bucket(stage: &Stage) -> Outcome<String> {
    for stack in stacks::live_stacks(&stage.aws)? {
        let resources = stacks::resources(&stage.aws, &stack)?;
        if let Some((_, name)) = resources.into_iter().find(|(id, _)| id == "StateBucket") {
            return Ok(name);
        }
    }
    fail("there is no state bucket")
}
