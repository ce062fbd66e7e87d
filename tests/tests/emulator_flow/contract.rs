//! The API's contract holds on AWS as it does on one machine; and what pause and resume mean to a
//! schedule.

use crate::stage::{Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::cognito::{self, User};
use scheduler_tests::support::contract::{self, LIMIT, Place, TYPE, Who};
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::project::{ENV, Project};
use scheduler_tests::support::schedules;
use serde_json::{Value, json};
use ureq::http::Method;

#[test]
fn the_contract_holds_for_a_deployed_env() -> Outcome {
    let stage = Stage::of("contract", Project::of(&format!("{LIMIT}{TYPE}"))?)?;
    let deployed = stage.deploy()?;
    let sign_in = |email: &str| -> Outcome<Who> {
        let User { email, token } = cognito::sign_in(&stage.aws, &deployed.pool, email)?;
        Ok(Who { email, token })
    };
    let (user, other) = (sign_in("ada@example.com")?, sign_in("eve@example.com")?);
    let (api, other) = (&deployed.api, Some(&other));
    contract::holds(Place { api, user: &user, other, records_runs: false })?;
    the_command_works_with_its_jobs(&stage, &user)?;
    a_paused_job_has_a_paused_schedule(&deployed, &user)?;
    deployed.wait_until_quiet()?;
    destroy_leaves_nothing(&stage, &deployed)
}

/// `scheduler jobs --env`, with a token of the user pool.
fn the_command_works_with_its_jobs(stage: &Stage, user: &Who) -> Outcome {
    let scheduler = stage.scheduler.clone().with("SCHEDULER_TOKEN", &user.token);
    let jobs = |words: &[&str]| scheduler.json(&[&["jobs", "--env", ENV], words].concat());
    let made = jobs(&["create", "--type", "contract_job", "--every", "1d", "text=a"])?;
    let id = made["job_id"].to_string();
    ensure(made["user_email"] == user.email.as_str(), || made.to_string())?;
    let changed = jobs(&["update", &id, "text=b"])?;
    ensure(changed["text"] == "b" && changed["rev"] == 2, || changed.to_string())?;
    ensure(jobs(&["pause", &id])?[0]["enabled"] == false, || "it is not paused".into())?;
    let runs = ["jobs", "--env", ENV, "runs", &id];
    let none = scheduler.run(&runs)?;
    ensure(none.code == 2 && none.stderr.contains("records no runs"), || none.told(&runs))?;
    jobs(&["delete", &id])?;
    ensure(jobs(&["list"])? == json!([]), || "a deleted job is listed".into())
}

fn a_paused_job_has_a_paused_schedule(deployed: &Deployed, user: &Who) -> Outcome {
    let job = json!({"job_type": "contract_job", "sleep_time": 86_400, "text": "a"});
    let job = deployed.api.create(&user.token, &job)?;
    let before = schedule_of(deployed, &job)?;
    for (verb, state) in [("pause", "DISABLED"), ("resume", "ENABLED")] {
        let path = format!("/job/{}/{verb}", job["job_id"]);
        deployed.api.ok(&user.token, Method::POST, &path, &Value::Null)?;
        let is_so = |schedule: Option<&schedules::Schedule>| {
            schedule.is_some_and(|schedule| schedule.state == state)
        };
        let now = schedules::wait_for(&deployed.aws, &deployed.group, &job["job_id"], is_so)?;
        let now = now.map(|schedule| (schedule.expression, schedule.input));
        ensure(
            now.as_ref()
                .is_some_and(|(rate, input)| *rate == before.expression && *input == before.input),
            || format!("after {verb}: {now:?}, before: {before:?}"),
        )?;
    }
    Ok(())
}
