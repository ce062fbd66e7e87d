//! A user watches a page with html-checker, through its queue.

use crate::stage::{ONE_TICK, Stage, destroy_leaves_nothing, schedule_of};
use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::cognito::{self, User};
use scheduler_tests::support::deployed::Deployed;
use scheduler_tests::support::page::Page;
use scheduler_tests::support::project::{ENV, SENDER};
use scheduler_tests::support::tap::Tap;
use scheduler_tests::support::{outbox, poll, schedules};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;
use ureq::http::Method;

#[test]
fn a_page_is_watched_from_deploy_to_destroy() -> Outcome {
    let stage = Stage::set("watch", &["html-checker"])?;
    outbox::verify_sender(&stage.aws, SENDER)?;
    let deployed = stage.deploy()?;
    a_second_deploy_changes_nothing(&stage)?;
    let user = cognito::sign_in(&stage.aws, &deployed.pool, "ada@example.com")?;
    only_users_are_answered(&deployed, &user)?;

    let page = Page::serve("<html><body><p>one bright morning</p></body></html>")?;
    let job = a_job_gets_its_schedule(&deployed, &user, &page)?;
    a_changed_page_is_mailed_once(&deployed, &user, &page, &job)?;

    another_user_sees_none_of_it(&deployed, &job)?;
    an_update_changes_the_schedule(&deployed, &user, &job)?;
    a_delete_removes_the_schedule(&deployed, &user, &job)?;
    sixteen_creates_at_once_give_sixteen_ids(&deployed, &user)?;
    deployed.wait_until_quiet()?;
    destroy_leaves_nothing(&stage, &deployed)
}

fn a_second_deploy_changes_nothing(stage: &Stage) -> Outcome {
    let tap = Tap::to(stage.aws.endpoint())?;
    let scheduler = stage.scheduler.clone().at(&tap.endpoint());
    let again = scheduler.succeed(&["deploy", "--env", ENV, "--yes"])?;
    let calls = tap.calls();
    ensure(calls.len() <= 2 && !calls.is_empty(), || {
        format!("a deploy without changes called {calls:?}")
    })?;
    ensure(calls.iter().all(|call| !call.contains("ChangeSet")), || format!("{calls:?}"))?;
    let said = format!("{}{}", again.stdout, again.stderr);
    ensure(said.contains("nothing"), || {
        format!("a deploy without changes does not say so:\n{said}")
    })?;
    for looking in [&["diff", "--env", ENV][..], &["deploy", "--env", ENV, "--dry-run"]] {
        stage.scheduler.succeed(looking)?;
    }
    Ok(())
}

fn only_users_are_answered(deployed: &Deployed, user: &User) -> Outcome {
    let routes = [
        (Method::GET, "/job_types"),
        (Method::GET, "/jobs"),
        (Method::POST, "/job/create"),
        (Method::PUT, "/job/update/0"),
        (Method::DELETE, "/job/delete/0"),
    ];
    for token in ["", "not.a.token"] {
        for (method, path) in &routes {
            let reply = deployed.api.call(token, method.clone(), path, &Value::Null)?;
            ensure(reply.status == 401, || {
                format!("{method} {path} with token `{token}`: {}", reply.status)
            })?;
        }
    }
    let types = deployed.api.ok(&user.token, Method::GET, "/job_types", &Value::Null)?;
    let url = &types["html_monitor_job"]["properties"]["url"];
    ensure(url.is_object(), || format!("no html_monitor_job in {types}"))
}

fn a_job_gets_its_schedule(deployed: &Deployed, user: &User, page: &Page) -> Outcome<Value> {
    let wanted = json!({"job_type": "html_monitor_job", "sleep_time": 60, "url": page.url()});
    let job = deployed.api.create(&user.token, &wanted)?;
    ensure(job["job_id"] == 0 && job["user_email"] == user.email.as_str(), || {
        format!("not the first job of {}: {job}", user.email)
    })?;
    let schedule = schedule_of(deployed, &job)?;
    ensure(schedule.expression == "rate(1 minute)", || format!("{schedule:?}"))?;
    ensure(schedule.target == deployed.topic && schedule.state == "ENABLED", || {
        format!("{schedule:?} does not lead to {}", deployed.topic)
    })?;
    for field in ["user_id", "user_email", "job_id", "job_type", "sleep_time", "url"] {
        ensure(schedule.input[field] == job[field], || {
            format!("`{field}` of {} is not that of {job}", schedule.input)
        })?;
    }
    Ok(job)
}

fn a_changed_page_is_mailed_once(
    deployed: &Deployed,
    user: &User,
    page: &Page,
    job: &Value,
) -> Outcome {
    poll::until_true("the schedule to fire", ONE_TICK, || Ok(page.visits() > 0))?;
    deployed.wait_until_quiet()?;
    ensure(outbox::mails(&deployed.aws)?.is_empty(), || "the first run sent a mail".into())?;
    page.change("<html><body><p>one <b>rainy</b> morning</p></body></html>");
    let mails = poll::until("a mail about the change", ONE_TICK, || {
        let mails = outbox::mails(&deployed.aws)?;
        Ok((!mails.is_empty()).then_some(mails))
    })?;
    let told = format!("{mails:?}");
    ensure(mails[0].to == [user.email.clone()], || told.clone())?;
    for body in [&mails[0].text, &mails[0].html] {
        ensure(body.contains(&page.url()) && body.contains("rainy"), || told.clone())?;
    }
    runs_without_a_change_mail_nothing(deployed, page, job)
}

/// Two more ticks of the schedule's own input: sent by hand, so that nobody waits two minutes.
fn runs_without_a_change_mail_nothing(deployed: &Deployed, page: &Page, job: &Value) -> Outcome {
    let input = schedule_of(deployed, job)?.input;
    for _ in 0..2 {
        let visits = page.visits();
        deployed.tick(&input)?;
        let minute = Duration::from_secs(60);
        poll::until_true("the tick to run", minute, || Ok(page.visits() > visits))?;
    }
    deployed.wait_until_quiet()?;
    let mails = outbox::mails(&deployed.aws)?;
    ensure(mails.len() == 1, || format!("one change, but {} mails: {mails:?}", mails.len()))
}

fn another_user_sees_none_of_it(deployed: &Deployed, job: &Value) -> Outcome {
    let other = cognito::sign_in(&deployed.aws, &deployed.pool, "eve@example.com")?;
    let jobs = deployed.api.jobs(&other.token)?;
    ensure(jobs.is_empty(), || format!("another user sees {jobs:?}"))?;
    let id = &job["job_id"];
    let changed = json!({"job_type": job["job_type"], "sleep_time": 60, "url": job["url"]});
    for (method, path, body) in [
        (Method::PUT, format!("/job/update/{id}"), &changed),
        (Method::DELETE, format!("/job/delete/{id}"), &Value::Null),
    ] {
        let reply = deployed.api.call(&other.token, method.clone(), &path, body)?;
        ensure(reply.status == 404, || {
            format!("{method} {path} by another user: {}", reply.status)
        })?;
    }
    Ok(())
}

fn an_update_changes_the_schedule(deployed: &Deployed, user: &User, job: &Value) -> Outcome {
    let id = &job["job_id"];
    let mut changed = job.clone();
    changed["sleep_time"] = json!(121);
    let path = format!("/job/update/{id}");
    deployed.api.ok(&user.token, Method::PUT, &path, &changed)?;
    schedules::wait_for(&deployed.aws, &deployed.group, id, |schedule| {
        schedule.is_some_and(|schedule| {
            schedule.expression == "rate(3 minutes)" && schedule.input["sleep_time"] == 121
        })
    })?;
    let jobs = deployed.api.jobs(&user.token)?;
    ensure(jobs.len() == 1 && jobs[0]["sleep_time"] == 121, || format!("{jobs:?}"))
}

fn a_delete_removes_the_schedule(deployed: &Deployed, user: &User, job: &Value) -> Outcome {
    let id = &job["job_id"];
    let path = format!("/job/delete/{id}");
    deployed.api.ok(&user.token, Method::DELETE, &path, &Value::Null)?;
    schedules::wait_for(&deployed.aws, &deployed.group, id, |schedule| schedule.is_none())?;
    let again = deployed.api.call(&user.token, Method::DELETE, &path, &Value::Null)?;
    ensure(again.status == 404, || format!("deleted twice: {}", again.status))?;
    let jobs = deployed.api.jobs(&user.token)?;
    ensure(jobs.is_empty(), || format!("{jobs:?}"))
}

fn sixteen_creates_at_once_give_sixteen_ids(deployed: &Deployed, user: &User) -> Outcome {
    let day = json!({
        "job_type": "html_monitor_job", "sleep_time": 86400, "url": "http://example.com/",
    });
    let created: Vec<Outcome<Value>> = thread::scope(|scope| {
        let calls: Vec<_> =
            (0..16).map(|_| scope.spawn(|| deployed.api.create(&user.token, &day))).collect();
        calls
            .into_iter()
            .map(|call| call.join().unwrap_or_else(|_| fail("a create panicked")))
            .collect()
    });
    let jobs = created.into_iter().collect::<Outcome<Vec<_>>>()?;
    let ids: BTreeSet<_> = jobs.iter().map(|job| job["job_id"].to_string()).collect();
    ensure(ids.len() == 16 && !ids.contains("0"), || {
        format!("sixteen creates after job 0 gave the ids {ids:?}")
    })?;
    let listed = deployed.api.jobs(&user.token)?;
    ensure(listed.len() == 16, || format!("listed: {listed:?}"))?;
    poll::until_true("sixteen schedules", Duration::from_secs(60), || {
        Ok(schedules::all(&deployed.aws, &deployed.group)?.len() == 16)
    })
}
