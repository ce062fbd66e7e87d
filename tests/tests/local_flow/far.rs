//! `scheduler login`, and `scheduler jobs` of a deployed env: the real command, against AWS's
//! answers and an issuer on loopback. Behind the API stands a server of this machine, which asks
//! for the issuer's tokens as a deployed one does.

use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::support::contract::TYPE;
use scheduler_tests::support::front::{API_URL, Front};
use scheduler_tests::support::http;
use scheduler_tests::support::issuer::{AUDIENCE, Issuer};
use scheduler_tests::support::local::Local;
use scheduler_tests::support::poll::until;
use scheduler_tests::support::project::{Project, SERVICE};
use scheduler_tests::support::scheduler::{Finished, Scheduler};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// A loaded machine starts a shell late.
const PATIENCE: Duration = Duration::from_secs(30);

/// An env whose tokens are the issuer's, deployed as far as anybody can tell.
struct Far {
    issuer: Issuer,
    scheduler: Scheduler,
    local: Local,
    home: tempfile::TempDir,
    _project: Project,
}

impl Far {
    fn deployed() -> Outcome<Self> {
        let issuer = Issuer::serve()?;
        let project = Project::of(TYPE)?;
        let (url, audience) = (issuer.url(), AUDIENCE);
        project.append(&format!(
            "\n[env.far]\nauth = {{ jwt = {{ issuer = \"{url}\", audience = [\"{audience}\"] }} }}\n"
        ))?;
        let here = Scheduler::of(project.path());
        let local = Local::start(&here, &["--env", "far", "--auth"])?;
        let api = local.told["api"].as_str().unwrap_or_default();
        let front = Front::of(&format!("{SERVICE}-far"), api)?;
        let home = tempfile::tempdir()?;
        let path = home.path().display().to_string();
        let scheduler = here.at(&front.endpoint()).with("HOME", &path).with("XDG_CONFIG_HOME", "");
        Ok(Self { issuer, scheduler, local, home, _project: project })
    }

    /// With a stand-in for the system's browser, which leaves the page in the file `opened`.
    fn with_a_browser(&self) -> Outcome<Scheduler> {
        let program = self.home.path().join("xdg-open");
        let text = "#!/bin/sh\nprintf %s \"$1\" > \"$HOME/.opened\"\nmv \"$HOME/.opened\" \"$HOME/opened\"\n";
        fs::write(&program, text)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.home.path().display());
        Ok(self.scheduler.clone().with("PATH", &path))
    }

    fn as_whom(&self, token: &str) -> Scheduler {
        self.scheduler.clone().with("SCHEDULER_TOKEN", token)
    }
}

fn ends(done: &Finished, code: i32, says: &[&str]) -> Outcome {
    let told = || done.told(&[]);
    ensure(done.code == code, told)?;
    says.iter().try_for_each(|text| ensure(done.stderr.contains(text), told))
}

#[test]
fn whoever_has_a_token_works_with_the_jobs_of_a_deployed_env() -> Outcome {
    let far = Far::deployed()?;
    let list = ["jobs", "--env", "far", "list"];
    let nobody = far.scheduler.run(&list)?;
    ends(&nobody, 1, &["wants a token", "scheduler login --env far", "SCHEDULER_TOKEN"])?;
    let forged = far.as_whom("not.a.token").run(&list)?;
    ends(&forged, 1, &["wants a token", "scheduler login --env far"])?;

    let ada = far.as_whom(&far.issuer.sign_in("ada@example.com")?.token);
    let jobs = |words: &[&str]| ada.json(&[&["jobs", "--env", "far"], words].concat());
    let made = jobs(&["create", "--type", "contract_job", "--every", "1d", "text=a"])?;
    ensure(made["job_id"] == 0 && made["user_email"] == "ada@example.com", || made.to_string())?;
    let changed = jobs(&["update", "0", "--every", "2d", "text=b", "number:=7"])?;
    ensure(changed["sleep_time"] == 172_800 && changed["number"] == 7, || changed.to_string())?;
    for (verb, enabled) in [("pause", false), ("resume", true), ("run", true)] {
        let done = jobs(&[verb, "0"])?;
        ensure(done[0]["enabled"] == enabled, || format!("{verb}: {done}"))?;
    }
    let shown = jobs(&["show", "0"])?;
    ensure(shown["text"] == "b" && shown["rev"] == 4, || shown.to_string())?;
    ensure(jobs(&["runs", "0"])?.is_array(), || "no runs".into())?;
    let eve = far.as_whom(&far.issuer.sign_in("eve@example.com")?.token);
    ensure(eve.json(&list)? == json!([]), || "somebody else's jobs are listed".into())?;
    let file = far.home.path().join("jobs.json").display().to_string();
    jobs(&["list", "--file", &file])?;
    jobs(&["delete", "0"])?;
    let copied = jobs(&["create", "--file", &file])?;
    ensure(copied[0]["job_id"] == 1 && copied[0]["text"] == "b", || copied.to_string())?;
    let dead = ada.json(&["jobs", "--env", "far", "dead"])?;
    let queue = format!("{SERVICE}-far-changes-dead.fifo");
    ensure(dead["queues"].to_string().contains(&queue), || dead.to_string())?;

    let absent = ada.run(&["jobs", "--env", "dev", "list"])?;
    ends(&absent, 2, &["the env `dev` is not deployed", "scheduler deploy --env dev"])?;
    let unknown = ada.run(&["jobs", "--env", "fra", "list"])?;
    ends(&unknown, 2, &["fra"])?;
    far.local.stop()
}

/// What the person at the browser does with the page that `login` names.
fn log_in(scheduler: &Scheduler, arguments: &[&str]) -> Outcome<Finished> {
    let line = [&["login", "--env", "far"], arguments].concat();
    let mut login = scheduler.command(&line)?;
    login.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut login = login.spawn()?;
    let (Some(mut stdout), Some(stderr)) = (login.stdout.take(), login.stderr.take()) else {
        return fail("no pipes");
    };
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let page = lines.find(|line| line.starts_with("http://"));
    if let Some(page) = page {
        let sent_back = http::get(&page)?;
        let to = sent_back.header("location").replace("localhost", "127.0.0.1");
        let told = http::get(&to)?;
        ensure(told.status == 200, || format!("{to} answered {}: {}", told.status, told.body))?;
    }
    let stderr: String = lines.map(|line| line + "\n").collect();
    let status = login.wait()?;
    let mut said = String::new();
    stdout.read_to_string(&mut said)?;
    Ok(Finished { code: status.code().unwrap_or(-1), stdout: said, stderr })
}

// The port that the browser comes back to is one for all: what uses it stands in one test.
#[test]
fn whoever_logs_in_needs_no_token_until_they_log_out() -> Outcome {
    let far = Far::deployed()?;
    let list = ["jobs", "--env", "far", "list"];
    let refused = log_in(&far.scheduler, &["--no-browser"])?;
    ends(&refused, 1, &["the issuer refused the login: access_denied", "scheduler login"])?;
    ends(&far.scheduler.run(&list)?, 1, &["wants a token"])?;

    far.issuer.seat("ada@example.com");
    let opened = far.home.path().join("opened");
    ensure(!opened.exists(), || "a browser was opened in spite of --no-browser".into())?;
    let done = log_in(&far.with_a_browser()?, &[])?;
    ends(&done, 0, &[])?;
    let page = until("the browser", PATIENCE, || Ok(fs::read_to_string(&opened).ok()))?;
    let is_the_issuers = page.starts_with(far.issuer.url()) && page.contains("code_challenge=");
    ensure(is_the_issuers, || format!("the browser was sent to `{page}`"))?;
    ensure(done.stdout.contains(&format!("logged in to {API_URL}")), || done.stdout.clone())?;
    let kept = kept(far.home.path())?;
    ensure(kept[API_URL]["id_token"].is_string(), || kept.to_string())?;

    let words = ["jobs", "--env", "far", "create", "--type", "contract_job", "--every", "1d"];
    let made = far.scheduler.json(&[&words[..], &["text=a"]].concat())?;
    ensure(made["user_email"] == "ada@example.com", || made.to_string())?;
    // The issuer's tokens end at once: each call has got another one.
    let before = far.issuer.refreshed();
    let jobs = far.scheduler.json(&list)?;
    ensure(jobs[0]["text"] == "a", || jobs.to_string())?;
    ensure(far.issuer.refreshed() == before + 1, || "the token was not made new".into())?;
    let eve = far.as_whom(&far.issuer.sign_in("eve@example.com")?.token);
    ensure(eve.json(&list)? == json!([]), || "the login went before SCHEDULER_TOKEN".into())?;

    let out = ["login", "--env", "far", "--logout"];
    ensure(far.scheduler.succeed(&out)?.stdout.contains("logged out"), || "still in".into())?;
    let again = far.scheduler.succeed(&out)?.stdout;
    ensure(again.contains("nobody was logged in"), || again)?;
    ends(&far.scheduler.run(&list)?, 1, &["wants a token"])?;
    far.local.stop()
}

/// The file of logins, which nobody else may read.
fn kept(home: &Path) -> Outcome<Value> {
    let path = home.join(".config/scheduler/tokens.json");
    let mode = fs::metadata(&path)?.permissions().mode() & 0o777;
    ensure(mode == 0o600, || format!("{} has mode {mode:o}", path.display()))?;
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}
