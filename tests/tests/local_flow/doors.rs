//! Who is let in, and what keeps the server from starting.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::contract::TYPE;
use scheduler_tests::support::http;
use scheduler_tests::support::local::Local;
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::{Finished, Scheduler};
use serde_json::{Value, json};
use std::fs;
use ureq::http::{Method, Request};

fn ends(done: &Finished, code: i32, says: &[&str]) -> Outcome {
    let told = || done.told(&["local"]);
    ensure(done.code == code, told)?;
    says.iter().try_for_each(|text| ensure(done.stderr.contains(text), told))
}

#[test]
fn a_page_of_another_site_is_turned_away() -> Outcome {
    let project = Project::of(TYPE)?;
    let local = Local::start(&Scheduler::of(project.path()), &[])?;
    let url = format!("{}/jobs", local.told["api"].as_str().unwrap_or_default());
    let asked = |headers: &[(&str, &str)]| {
        let request = headers
            .iter()
            .fold(Request::get(&url), |request, (name, value)| request.header(*name, *value));
        http::send(request.body(String::new())?).map(|reply| reply.status)
    };
    for (headers, wanted) in [
        (&[][..], 200),
        (&[("Origin", "http://localhost:5173")], 200),
        (&[("Origin", "https://evil.example")], 403),
        (&[("Origin", "null")], 403),
        (&[("Sec-Fetch-Site", "cross-site")], 403),
        (&[("Host", "evil.example")], 403),
        (&[("Host", "127.0.0.1.evil.example")], 403),
    ] {
        let status = asked(headers)?;
        ensure(status == wanted, || format!("{headers:?} answered {status}"))?;
    }
    local.stop()
}

#[test]
fn a_path_or_a_query_that_means_nothing_is_told_so() -> Outcome {
    let project = Project::of(TYPE)?;
    let local = Local::start(&Scheduler::of(project.path()), &[])?;
    let get = |path: &str| local.api.call("", Method::GET, path, &Value::Null);
    let reply = get("/job/%ff")?;
    ensure(reply.status == 404 && reply.json()?.is_object(), || reply.body.clone())?;
    let base = local.told["api"].as_str().unwrap_or_default();
    let foreign = Request::get(format!("{base}/job/%ff")).header("Host", "evil.example");
    let status = http::send(foreign.body(String::new())?)?.status;
    ensure(status == 403, || format!("another site's page got {status}"))?;
    let reply = get("/jobs?limit=1&limit=2")?;
    ensure(reply.status == 400, || format!("{} {}", reply.status, reply.body))?;
    let reply = get("/jobs?cursor=9223372036854775808")?;
    ensure(reply.status == 200 && reply.body == "[]", || reply.body.clone())?;
    local.stop()
}

#[test]
fn a_user_has_no_more_jobs_than_the_env_says() -> Outcome {
    let project = Project::of("max_jobs_per_user = 2\n[job_types.few]\nschema = {}\n")?;
    let scheduler = Scheduler::of(project.path());
    let local = Local::start(&scheduler, &[])?;
    let job = json!({"job_type": "few", "sleep_time": 3600});
    let create = || local.api.call("", Method::POST, "/job/create", &job);
    let statuses = [create()?.status, create()?.status, create()?.status];
    ensure(statuses == [200, 200, 403], || format!("{statuses:?}"))?;
    let one_more = scheduler.run(&["jobs", "create", "--type", "few", "--every", "1h"])?;
    ends(&one_more, 2, &["error: you have 2 jobs, as many as this deployment allows"])?;
    local.api.ok("", Method::DELETE, "/job/delete/0", &Value::Null)?;
    ensure(create()?.status == 200, || "there is room again".to_owned())?;
    local.stop()
}

#[test]
fn a_taken_port_and_a_taken_folder_are_told() -> Outcome {
    let project = Project::of(TYPE)?;
    let scheduler = Scheduler::of(project.path());
    let local = Local::start(&scheduler, &[])?;
    let api = local.told["api"].as_str().unwrap_or_default().to_owned();
    let port = api.split(':').nth(2).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let other = ["local", "--data-dir", "other", "--port", port];
    ends(&scheduler.run(&other)?, 1, &["is taken by another process", "--port 0"])?;
    let same = scheduler.run(&["local", "--port", "0"])?;
    ends(&same, 1, &["in use by another process", ".scheduler/local"])?;
    local.stop()?;
    // Nothing is left that would keep the next one.
    Local::start(&scheduler, &[])?.stop()
}

#[test]
fn everybody_is_let_in_on_loopback_only() -> Outcome {
    let project = Project::of(TYPE)?;
    let scheduler = Scheduler::of(project.path());
    let exposed = scheduler.run(&["local", "--port", "0", "--host", "0.0.0.0"])?;
    ends(&exposed, 3, &["reachable from other machines", "--auth"])?;
    let nobody = scheduler.run(&["local", "--port", "0", "--auth"])?;
    ends(&nobody, 2, &["names no issuer of tokens", "auth = { jwt"])?;
    let user = scheduler.run(&["local", "--port", "0", "--user", "nobody"])?;
    ends(&user, 2, &["`nobody` is no e-mail address"])
}

#[test]
fn a_data_folder_that_is_none_of_ours_is_left_as_it_is() -> Outcome {
    let project = Project::of(TYPE)?;
    let scheduler = Scheduler::of(project.path());
    let folder = project.path().join(".scheduler/local");
    fs::create_dir_all(&folder)?;
    let file = folder.join("jobs.sqlite");
    let rubbish = "this is no database, and long enough to have a header".repeat(100);
    fs::write(&file, &rubbish)?;
    let damaged = scheduler.run(&["local", "--port", "0"])?;
    ends(&damaged, 1, &["jobs.sqlite", "hint:"])?;
    ensure(fs::read_to_string(&file)? == rubbish, || "the file was changed".into())
}

#[test]
fn a_project_with_problems_does_not_start() -> Outcome {
    let project = Project::of(TYPE)?;
    project.append("\n[job_types.Wrong]\nschema = {}\n")?;
    let done = Scheduler::of(project.path()).run(&["local", "--port", "0"])?;
    ends(&done, 2, &["scheduler.toml:"])
}
