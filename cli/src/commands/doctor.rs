//! `scheduler doctor`: what stands in the way of a deploy.

use crate::cloud;
use crate::doctor::{self, Finding, Needs, State};
use crate::error::Failure;
use crate::pipeline;
use crate::project;
use crate::settings::Settings;
use scheduler_plan::check::{self, Checked, Decided};
use scheduler_plan::code::Code;
use scheduler_plan::problem::{Problem, Severity};
use scheduler_plan::resolve;
use serde_json::json;

/// Looks at the project, the tools and the credentials; with an env, at its account too.
///
/// # Errors
/// [`Failure::Told`] where a deploy would fail; where there is no project, or no such env.
pub fn doctor(settings: &Settings, env: Option<&str>) -> Result<(), Failure> {
    let sources = project::load(settings)?;
    let first = || resolve::env_names(&sources).swap_remove(0);
    let name = env.map_or_else(first, str::to_owned);
    let Checked { decided, problems } = check::app(&sources, &name);
    // A mistake on the command line is no state of the project.
    if problems.iter().any(|problem| problem.code == Code::UnknownEnv) {
        return Err(Failure::Problems(problems));
    }
    if decided.is_none() {
        settings.output.problems(&problems);
    }
    let (mut findings, decided) = of_project(&name, decided, &problems);
    if let Some(decided) = &decided {
        findings.extend(of_account(settings, decided, env)?);
    }
    let value = json!({ "findings": findings, "problems": problems });
    settings.output.result(&text(&findings), &value);
    match findings.iter().any(|finding| finding.state == State::Failed) {
        true => Err(Failure::Told),
        false => Ok(()),
    }
}

fn of_account(
    settings: &Settings,
    decided: &Decided,
    env: Option<&str>,
) -> Result<Vec<Finding>, Failure> {
    let place = cloud::place(&decided.app);
    // What cannot be read is the build's to tell.
    let zips = pipeline::look(settings, &decided.plan.units).unwrap_or_default();
    let needs = Needs::of(&decided.plan, &zips);
    cloud::block_on(async {
        let aws = cloud::connect(settings, &place.region).await?;
        let found = match env {
            Some(env) => doctor::account(&aws, (env, &place), needs).await,
            None => vec![doctor::credentials(&aws, &place.region).await],
        };
        cloud::told_calls(settings, &aws);
        Ok(found)
    })
}

fn of_project(
    env: &str,
    decided: Option<Decided>,
    problems: &[Problem],
) -> (Vec<Finding>, Option<Decided>) {
    let version = format!("scheduler {}", env!("CARGO_PKG_VERSION"));
    let mut findings = vec![Finding::ok("version", version)];
    let Some(decided) = decided else {
        let count = problems.iter().filter(is_error).count();
        let what = format!("env `{env}` has {}", crate::text::count(count, "problem"));
        let hint = "`scheduler check` tells them".to_owned();
        findings.push(Finding::failed("project", what, Some(hint)));
        return (findings, None);
    };
    let plugins = crate::text::count(decided.app.plugins.len(), "plugin");
    findings.push(Finding::ok("project", format!("env `{env}`, {plugins}")));
    let limits = problems.iter().filter(|problem| problem.code.is_limit());
    findings.extend(
        limits.map(|problem| {
            Finding::failed("quota", problem.what.clone(), Some(problem.hint.clone()))
        }),
    );
    findings.extend(doctor::tools(&decided.plan.units, &std::env::temp_dir()));
    (findings, Some(decided))
}

fn is_error(problem: &&Problem) -> bool {
    problem.severity == Severity::Error
}

fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
    let lines = findings.iter().map(|finding| {
        let Finding { name, state, what, hint } = finding;
        let mark = match state {
            State::Ok => "ok     ",
            State::Warning => "warning",
            State::Failed => "failed ",
        };
        let hint =
            hint.as_ref().map(|hint| format!("\n{:width$}   hint: {hint}", "", width = width + 7));
        format!("{mark}  {name:width$}  {what}{}", hint.unwrap_or_default())
    });
    lines.collect::<Vec<_>>().join("\n")
}
