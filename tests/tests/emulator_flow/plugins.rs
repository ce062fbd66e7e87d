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
use std::fs;
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

    a_schema_that_stored_jobs_do_not_fit_is_refused(&stage)?;
    jobs_of_a_removed_plugin_are_refused_paused_and_deleted(&stage, &deployed, &user)?;
    before.is_again(&Snapshot::of(&stage, &deployed)?)?;
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

fn refused(stage: &Stage, more: &[&str], what: &str) -> Outcome {
    let line = [&["deploy", "--env", ENV, "--yes"][..], more].concat();
    let done = stage.scheduler.run(&line)?;
    ensure(done.code == 3 && done.stderr.contains(what), || done.told(&line))
}

fn a_schema_that_stored_jobs_do_not_fit_is_refused(stage: &Stage) -> Outcome {
    let manifest = stage.project.path().join("plugins").join(LATER.name).join("plugin.toml");
    let written = fs::read_to_string(&manifest)?;
    let stricter = written.replace("required = [\"url\"]", "required = [\"url\", \"more\"]");
    fs::write(&manifest, stricter)?;
    let job_type = LATER.job_type;
    refused(stage, &[], &format!("1 job of `{job_type}` (such as "))?;
    refused(stage, &["--allow-misfits", DIRECT.job_type], "`--allow-misfits added_later`")?;
    stage.scheduler.succeed(&["deploy", "--env", ENV, "--yes", "--allow-misfits", job_type])?;
    fs::write(&manifest, written)?;
    Ok(())
}

fn jobs_of_a_removed_plugin_are_refused_paused_and_deleted(
    stage: &Stage,
    deployed: &Deployed,
    user: &User,
) -> Outcome {
    let folder = stage.project.path().join("plugins").join(LATER.name);
    let aside = stage.project.path().join(LATER.name);
    let is_later = |job: &Value| job["job_type"] == LATER.job_type;
    let jobs = || deployed.api.jobs(&user.token);
    fs::rename(&folder, &aside)?;
    refused(stage, &[], "jobs would have no type any more: 1 job of `added_later`")?;
    let deploy =
        |what| stage.scheduler.succeed(&["deploy", "--env", ENV, "--yes", "--on-orphans", what]);
    deploy("pause")?;
    let paused: Vec<_> = jobs()?.into_iter().filter(is_later).collect();
    ensure(paused.len() == 1 && paused[0]["enabled"] == false, || format!("{paused:?}"))?;
    let schedule = schedule_of(deployed, &paused[0])?;
    ensure(schedule.state == "DISABLED", || format!("{schedule:?}"))?;

    // The folder is back, and so is its job, which waits for its owner.
    fs::rename(&aside, &folder)?;
    stage.deploy()?;
    ensure(jobs()?.iter().any(is_later), || "the paused job is gone".to_owned())?;
    fs::rename(&folder, &aside)?;
    deploy("delete")?;
    ensure(!jobs()?.iter().any(is_later), || "the job is still there".to_owned())?;
    schedules::wait_for(&deployed.aws, &deployed.group, &paused[0]["job_id"], |schedule| {
        schedule.is_none()
    })?;
    Ok(())
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
