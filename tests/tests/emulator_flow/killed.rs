//! A deploy that is killed anywhere is taken up by the next one; two at once do no harm.

use crate::stage::{Stage, destroy_leaves_nothing};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::aws::{Aws, DYNAMODB};
use scheduler_tests::support::cognito;
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::project::{ENV, Project};
use scheduler_tests::support::stacks;
use scheduler_tests::support::strike::{Strike, Struck};
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::process::Stdio;

const TYPE: &str = "[job_types.ping]\nschema = { properties = { n = { type = \"integer\" } } }\n";
/// Every so many-th call is struck; `SCHEDULER_FULL=1`: every one.
const STRIDE: usize = 5;
/// What deploys without a question.
const DEPLOY: [&str; 4] = ["deploy", "--env", ENV, "--yes"];
/// More calls than any deploy makes.
const MANY: usize = 500;

#[test]
fn a_deploy_killed_after_any_call_is_taken_up_by_the_next() -> Outcome {
    let stage = Stage::of("killed", Project::of(TYPE)?)?;
    let deployed = stage.deploy()?;
    let whole = resources(&stage, &deployed)?;
    stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes"])?;

    let creates = each_call(STRIDE, |fatal| {
        let struck = strike(&stage, &DEPLOY, fatal)?;
        let deployed = taken_up(&stage, &DEPLOY)?;
        let found = resources(&stage, &deployed)?;
        ensure(found == whole, || format!("after call {fatal}: {found:?}, not {whole:?}"))?;
        stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes"])?;
        Ok(struck)
    })?;
    ensure(creates > 1, || format!("only {creates} creates were killed"))?;

    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    let job = json!({"job_type": "ping", "sleep_time": 86_400, "n": 1});
    deployed.api.create(&user.token, &job)?;
    let table = table(&stage.aws, &deployed)?;
    let updates = each_call(STRIDE, |fatal| {
        changed(&stage, fatal)?;
        let struck = strike(&stage, &DEPLOY, fatal)?;
        let deployed = taken_up(&stage, &DEPLOY)?;
        ensure(self::table(&stage.aws, &deployed)? == table, || "another table".to_owned())?;
        let jobs = deployed.api.jobs(&user.token)?;
        ensure(jobs.len() == 1, || format!("after call {fatal}: {jobs:?}"))?;
        Ok(struck)
    })?;
    ensure(updates > 1, || format!("only {updates} updates were killed"))?;
    deployed.wait_until_quiet()?;
    destroy_leaves_nothing(&stage, &deployed)
}

/// Strikes later and later calls until the deploy ends before; answers how many were killed.
pub(crate) fn each_call(
    stride: usize,
    mut round: impl FnMut(usize) -> Outcome<Struck>,
) -> Outcome<usize> {
    let stride = if env::var_os("SCHEDULER_FULL").is_some() { 1 } else { stride };
    let mut killed = 0;
    for fatal in (1..MANY).step_by(stride) {
        match round(fatal)? {
            Struck::Killed => killed += 1,
            Struck::Ended(_) => return Ok(killed),
        }
    }
    fail("a deploy without an end")
}

pub(crate) fn strike(stage: &Stage, line: &[&str], fatal: usize) -> Outcome<Struck> {
    let strike = Strike::at(stage.emulator.endpoint(), fatal)?;
    let through = stage.scheduler.clone().at(&strike.endpoint());
    strike.kill(through.command(line)?)
}

/// Deploys again, with nothing done by hand; afterwards there is nothing left to do or to check.
pub(crate) fn taken_up(stage: &Stage, line: &[&str]) -> Outcome<Deployed> {
    stage.scheduler.succeed(line)?;
    let again = stage.scheduler.succeed(line)?;
    ensure(again.stderr.contains("nothing changed") && !again.stderr.contains("checking"), || {
        again.told(line)
    })?;
    Deployed::of(&stage.scheduler, &stage.aws, ENV)
}

/// Another schema, so that there is something to deploy.
fn changed(stage: &Stage, round: usize) -> Outcome {
    let path = stage.project.path().join("scheduler.toml");
    let text = fs::read_to_string(&path)?;
    let line = format!(
        "schema = {{ properties = {{ n = {{ type = \"integer\", maximum = {} }} }} }}",
        1000 + round
    );
    let lines: Vec<_> = text
        .lines()
        .map(|old| match old.starts_with("schema") {
            true => line.as_str(),
            false => old,
        })
        .collect();
    fs::write(path, lines.join("\n") + "\n")?;
    Ok(())
}

/// The logical ids of everything in the root stack.
fn resources(stage: &Stage, deployed: &Deployed) -> Outcome<Vec<String>> {
    let mut ids: Vec<_> =
        stacks::resources(&stage.aws, &deployed.stack)?.into_iter().map(|(id, _)| id).collect();
    ids.sort();
    Ok(ids)
}

/// What tells a table from one of the same name.
fn table(aws: &Aws, deployed: &Deployed) -> Outcome<Value> {
    let asked = json!({ "TableName": format!("{}-items", deployed.stack) });
    Ok(aws.json(DYNAMODB, "DescribeTable", &asked)?["Table"]["CreationDateTime"].take())
}

#[test]
fn ctrl_c_detaches_and_says_how_to_come_back() -> Outcome {
    let stage = Stage::of("detached", Project::of(TYPE)?)?;
    // Among the polls that follow what CloudFormation does.
    let strike = Strike::at(stage.emulator.endpoint(), 18)?;
    let through = stage.scheduler.clone().at(&strike.endpoint());
    let (code, said) = strike.interrupt(through.command(&["deploy", "--env", ENV, "--yes"])?)?;
    let come_back = "`scheduler deploy --env dev` takes it up again";
    ensure(code == Some(130) && said.contains("detached") && said.contains(come_back), || {
        format!("ended with {code:?}: {said}")
    })?;
    let deployed = taken_up(&stage, &DEPLOY)?;
    destroy_leaves_nothing(&stage, &deployed)
}

#[test]
fn two_deploys_at_once_do_no_harm() -> Outcome {
    let stage = Stage::of("two-at-once", Project::of(TYPE)?)?;
    // Built before, so that both come to AWS at the same time.
    stage.scheduler.succeed(&["build"])?;
    for round in 0..3 {
        let line = ["deploy", "--env", ENV, "--yes"];
        let start = || -> Outcome<_> {
            let mut command = stage.scheduler.command(&line)?;
            let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            Ok(piped.spawn()?)
        };
        let both = [start()?, start()?];
        let mut codes = Vec::new();
        for child in both {
            let done = child.wait_with_output()?;
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            let code = done.status.code();
            ensure(matches!(code, Some(0 | 3)), || format!("ended with {code:?}:\n{said}"))?;
            codes.push(code);
        }
        ensure(codes.contains(&Some(0)), || "both were refused".to_owned())?;
        taken_up(&stage, &DEPLOY)?;
        changed(&stage, round)?;
    }
    let deployed = Deployed::of(&stage.scheduler, &stage.aws, ENV)?;
    destroy_leaves_nothing(&stage, &deployed)
}
