//! One plugin deployed alone: nothing of the others is built or changed.

use crate::stage::{Stage, destroy_leaves_nothing};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::cognito;
use scheduler_tests::support::project::{ENV, Recorder};
use serde_json::Value;
use std::fs;
use ureq::http::Method;

const MINE: Recorder = Recorder { name: "mine", job_type: "my_job", buffer: "queue" };
const THEIRS: Recorder = Recorder { name: "theirs", job_type: "their_job", buffer: "queue" };
const MINE_ALONE: [&str; 6] = ["deploy", "--env", ENV, "--yes", "--plugin", MINE.name];

#[test]
fn one_plugin_is_deployed_alone() -> Outcome {
    let stage = Stage::set("one-plugin", &[])?;
    stage.project.add(MINE)?;
    let first = stage.scheduler.run(&MINE_ALONE)?;
    ensure(first.code == 2 && first.stderr.contains("deploy everything first"), || {
        first.told(&MINE_ALONE)
    })?;
    stage.project.add(THEIRS)?;
    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;

    for plugin in [MINE, THEIRS] {
        let manifest = stage.project.path().join("plugins").join(plugin.name).join("plugin.toml");
        let text = fs::read_to_string(&manifest)?;
        let wider = text.replace("url = { type", "note = { type = \"string\" }, url = { type");
        fs::write(&manifest, wider + "timeout_seconds = 60\n")?;
    }
    // The other one does not even build.
    let broken = stage.project.path().join("plugins/theirs/bin/package_lambda_entrypoint");
    let script = fs::read_to_string(&broken)?;
    fs::write(&broken, "#!/bin/sh\nexit 1\n")?;

    stage.scheduler.succeed(&MINE_ALONE)?;
    let has_note = |job_type: &str| -> Outcome<bool> {
        let types = deployed.api.ok(&user.token, Method::GET, "/job_types", &Value::Null)?;
        Ok(types[job_type]["properties"]["note"].is_object())
    };
    ensure(has_note(MINE.job_type)?, || "the new schema is not there".to_owned())?;
    ensure(!has_note(THEIRS.job_type)?, || "the other plugin's schema changed".to_owned())?;
    let again = stage.scheduler.succeed(&MINE_ALONE)?;
    ensure(again.stderr.contains("nothing changed"), || again.told(&MINE_ALONE))?;

    fs::write(&broken, script)?;
    let line = ["diff", "--env", ENV, "--json"];
    let left = stage.scheduler.run(&line)?;
    let changes: Value = serde_json::from_str(&left.stdout)?;
    let stacks = changes["stacks"].as_array().into_iter().flatten();
    let mut told: Vec<_> = stacks.map(|stack| stack["stack"].clone()).collect();
    told.retain(|name| name != "core");
    ensure(left.code == 4 && told == [THEIRS.name], || left.told(&line))?;
    stage.deploy()?;
    ensure(has_note(THEIRS.job_type)?, || "the other plugin was left behind".to_owned())?;

    let unknown = ["deploy", "--env", ENV, "--yes", "--plugin", "mien"];
    let refused = stage.scheduler.run(&unknown)?;
    ensure(refused.code == 2 && refused.stderr.contains("did you mean `mine`?"), || {
        refused.told(&unknown)
    })?;
    destroy_leaves_nothing(&stage, &deployed)
}
