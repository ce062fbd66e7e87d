//! Two plugins, one behind a queue and one right at the topic; a third one comes later.

use crate::snapshot::Snapshot;
use crate::stage::{ONE_TICK, Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::cognito::{self, User};
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::project::{ENV, Recorder};
use scheduler_tests::support::{poll, schedules};
use serde_json::{Value, json};
use std::time::Duration;
use ureq::http::Method;

const BUFFERED: Recorder =
    Recorder { name: "buffered", job_type: "through_queue", buffer: "queue" };
const DIRECT: Recorder = Recorder { name: "direct", job_type: "through_topic", buffer: "none" };
const LATER: Recorder = Recorder { name: "later", job_type: "added_later", buffer: "queue" };

#[test]
fn a_plugin_folder_added_later_adds_one_nested_stack() -> Outcome {
    let stage = Stage::set("plugins", &[])?;
    stage.project.add(BUFFERED)?;
    stage.project.add(DIRECT)?;
    let deployed = stage.deploy()?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    let inbox = Page::serve("")?;
    a_scheduled_tick_reaches_only_its_plugin(&deployed, &user, &inbox)?;

    let before = Snapshot::of(&stage, &deployed)?;
    stage.project.add(LATER)?;
    let refused =
        deployed.api.call(&user.token, Method::POST, "/job/create", &job(LATER, &inbox, 86400))?;
    ensure(refused.status == 422, || {
        format!("a type that is not deployed yet: {}", refused.status)
    })?;
    let deployed = stage.deploy()?;
    before.differs_by_one_nested_stack(&Snapshot::of(&stage, &deployed)?)?;
    every_plugin_receives_its_own(&deployed, &user, &inbox)?;
    deployed.wait_until_quiet()?;
    destroy_leaves_nothing(&stage, &deployed)
}

fn job(recorder: Recorder, inbox: &Page, sleep_time: u32) -> Value {
    json!({"job_type": recorder.job_type, "sleep_time": sleep_time, "url": inbox.url()})
}

fn a_scheduled_tick_reaches_only_its_plugin(
    deployed: &Deployed,
    user: &User,
    inbox: &Page,
) -> Outcome {
    for recorder in [BUFFERED, DIRECT] {
        deployed.api.create(&user.token, &job(recorder, inbox, 60))?;
    }
    let two = |told: &[Value]| told.iter().any(from(BUFFERED)) && told.iter().any(from(DIRECT));
    poll::until_true("both schedules to fire", ONE_TICK, || Ok(two(&ticks(inbox)?)))?;
    deployed.wait_until_quiet()?;
    each_came_its_own_way(&ticks(inbox)?)?;
    for job in deployed.api.jobs(&user.token)? {
        let path = format!("/job/delete/{}", job["job_id"]);
        deployed.api.ok(&user.token, Method::DELETE, &path, &Value::Null)?;
        schedules::wait_for(&deployed.aws, &deployed.group, &job["job_id"], |schedule| {
            schedule.is_none()
        })?;
    }
    Ok(())
}

fn every_plugin_receives_its_own(deployed: &Deployed, user: &User, inbox: &Page) -> Outcome {
    let all = [BUFFERED, DIRECT, LATER];
    let seen = inbox.posted().len();
    for recorder in all {
        let created = deployed.api.create(&user.token, &job(recorder, inbox, 86400))?;
        schedule_of(deployed, &created)?;
        let run = format!("/job/{}/run", created["job_id"]);
        deployed.api.ok(&user.token, Method::POST, &run, &Value::Null)?;
    }
    poll::until_true("three ticks to run", Duration::from_secs(60), || {
        Ok(inbox.posted().len() >= seen + 3)
    })?;
    deployed.wait_until_quiet()?;
    let told = ticks(inbox)?;
    ensure(told.iter().any(from(LATER)), || format!("{told:?}"))?;
    each_came_its_own_way(&told)
}

fn ticks(inbox: &Page) -> Outcome<Vec<Value>> {
    let posted = inbox.posted();
    Ok(posted.iter().map(|body| serde_json::from_str(body)).collect::<Result<_, _>>()?)
}

fn from(recorder: Recorder) -> impl Fn(&Value) -> bool {
    move |tick| tick["function"] == format!("flow-{ENV}-{}", recorder.name)
}

fn each_came_its_own_way(ticks: &[Value]) -> Outcome {
    for tick in ticks {
        let fits = [(BUFFERED, "queue"), (DIRECT, "topic"), (LATER, "queue")].into_iter().any(
            |(recorder, through)| {
                from(recorder)(tick)
                    && tick["through"] == through
                    && tick["job"]["job_type"] == recorder.job_type
            },
        );
        ensure(fits, || format!("a tick went astray: {tick}"))?;
    }
    Ok(())
}
