//! `cargo demo`: the whole product in a few minutes, on an AWS emulator of its own.
//!
//! In: a fresh checkout. Out: a story on the terminal, and nothing left behind. Ending it early
//! (Ctrl-C) ends the emulator and everything in it too.

use crate::outcome::Outcome;
use crate::say;
use crate::support::aws::Aws;
use crate::support::cognito::{self, User};
use crate::support::deployed::Deployed;
use crate::support::emulator::Emulator;
use crate::support::page::Page;
use crate::support::project::{ENV, Project, REGION, SENDER};
use crate::support::scheduler::Scheduler;
use crate::support::{outbox, poll, schedules};
use crate::tools;
use serde_json::json;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

const READER: &str = "you@example.com";
const MINUTES: Duration = Duration::from_secs(180);

/// The program behind `cargo demo`.
#[must_use]
pub fn main() -> ExitCode {
    match tell() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::line(&format!("\nthe demo failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn tell() -> Outcome {
    chapter("A place to deploy to: an AWS emulator on this machine, no account needed");
    let tools = tools::setup()?;
    let emulator = Emulator::start(&tools, "demo")?;
    say::line(&format!("it listens at {}", emulator.endpoint()));
    let aws = Aws::new(emulator.endpoint(), REGION);
    outbox::verify_sender(&aws, SENDER)?;

    let project = Project::new(&["html-checker"])?;
    let scheduler = Scheduler::of(project.path()).at(emulator.endpoint()).with_path(tools.path()?);
    let deployed = deploy(&project, &scheduler, &aws)?;
    let (user, page) = (log_in(&deployed)?, Page::serve(&news("sunny"))?);
    create_a_job(&deployed, &user, &page)?;
    change_the_page(&deployed, &page)?;
    chapter("Gone again: `scheduler destroy` leaves nothing behind");
    scheduler.show(&["destroy", "--env", ENV, "--yes"])
}

fn chapter(title: &str) {
    say::line(&format!("\n== {title}"));
}

fn deploy(project: &Project, scheduler: &Scheduler, aws: &Aws) -> Outcome<Deployed> {
    chapter("A project is one file and a folder for each plugin");
    let manifest = project.path().join("scheduler.toml");
    say::line(&fs::read_to_string(manifest)?);
    chapter("`scheduler deploy`: build the functions, write the templates, deploy them");
    say::line("(the first build of the functions takes some minutes)");
    scheduler.show(&["deploy", "--env", ENV, "--yes"])?;
    Deployed::of(scheduler, aws, ENV)
}

fn log_in(deployed: &Deployed) -> Outcome<User> {
    chapter("A user logs in");
    let user = cognito::sign_in(&deployed.aws, &deployed.pool, READER)?;
    say::line(&format!("{READER} has a token of the deployed user pool"));
    Ok(user)
}

fn create_a_job(deployed: &Deployed, user: &User, page: &Page) -> Outcome {
    chapter("A job: watch a page, every minute");
    let wanted = json!({"job_type": "html_monitor_job", "sleep_time": 60, "url": page.url()});
    say::line(&format!("POST /v1/job/create {wanted}"));
    let job = deployed.api.create(&user.token, &wanted)?;
    say::line(&format!("200 {job}"));
    let exists = |found: Option<&schedules::Schedule>| found.is_some();
    let found = schedules::wait_for(&deployed.aws, &deployed.group, &job["job_id"], exists)?;
    let expression = found.map_or_else(String::new, |schedule| schedule.expression);
    say::line(&format!("table -> stream -> queue -> controller made its schedule: {expression}"));
    Ok(())
}

fn change_the_page(deployed: &Deployed, page: &Page) -> Outcome {
    chapter("The schedule fires: html-checker fetches the page and keeps it");
    say::line("(within a minute or so)");
    poll::until_true("the first run", MINUTES, || Ok(page.visits() > 0))?;
    deployed.wait_until_quiet()?;
    say::line("fetched once; a first run mails nothing");
    chapter("The page changes, and the next run tells the user");
    page.change(&news("rainy"));
    let mails = poll::until("the mail", MINUTES, || {
        let mails = outbox::mails(&deployed.aws)?;
        Ok((!mails.is_empty()).then_some(mails))
    })?;
    for mail in &mails {
        let outbox::Mail { to, subject, text, .. } = mail;
        say::line(&format!("to {}: {subject}\n\n{text}", to.join(", ")));
    }
    Ok(())
}

fn news(weather: &str) -> String {
    format!("<html><body><h1>News</h1><p>It is {weather} today.</p></body></html>")
}
