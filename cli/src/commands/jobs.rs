//! `scheduler jobs`: jobs of the server on this machine, or of a deployed env.

use crate::args::{Ids, JobsArgs, JobsCommand};
use crate::cloud;
use crate::commands::login;
use crate::deploy::status;
use crate::error::Failure;
use crate::jobs::{
    self, Client, ClientError, FileError, Known, Place, Server, dead_table, job_text, jobs_table,
    run_text, runs_table,
};
use crate::project::{self, LOCAL};
use crate::settings::Settings;
use crate::text::count;
use scheduler_plan::app::{App, Consumer};
use scheduler_plan::plan::Physical;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const LOCAL_API: &str = "http://127.0.0.1:8080/v1";
const LOCAL_DATA: &str = ".scheduler/local";
/// The most runs that the API answers.
const RUNS_MOST: u32 = 1000;

/// Does what was asked with jobs.
///
/// # Errors
/// An API that does not answer, or refuses.
pub fn jobs(settings: &Settings, args: &JobsArgs) -> Result<(), Failure> {
    cloud::block_on(async {
        if let (JobsCommand::Dead { .. }, None, true) =
            (&args.command, &args.url, args.env != LOCAL)
        {
            return dead_queues(settings, &args.env);
        }
        let place = place(settings, args).await?;
        let client = Client::new(place);
        let done = run(settings, &client, &args.command).await;
        done.map_err(|error| error.failure(&args.env))
    })
}

/// Why a command on jobs did not end well.
enum Trouble {
    Call(ClientError),
    File(FileError),
    Input(Failure),
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        Self::Call(error)
    }
}

impl From<FileError> for Trouble {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Input(failure)
    }
}

impl Trouble {
    fn failure(self, env: &str) -> Failure {
        match self {
            Self::Input(failure) => failure,
            Self::File(error) => {
                let what = error.to_string();
                match error {
                    FileError::Io { .. } => Failure::Failed {
                        what,
                        hint: Some("give a file that can be read, or `-` for stdin".to_owned()),
                    },
                    _ => {
                        Failure::input(what, "`scheduler jobs list --file FILE` writes such a file")
                    }
                }
            }
            Self::Call(error) => call_failure(&error, env),
        }
    }
}

/// What no text can be.
const TYPED: [&str; 6] = ["integer", "number", "boolean", "object", "array", "null"];

/// `port=80` is a text: whoever writes it for a number is told how numbers are written.
fn typed(errors: &BTreeMap<String, String>) -> Option<String> {
    let wants =
        |what: &str| what.starts_with("must be a") && TYPED.iter().any(|kind| what.contains(kind));
    let (field, _) = errors.iter().find(|(_, what)| wants(what))?;
    let name = field.trim_start_matches('/');
    Some(format!("`{name}=...` is a text; `{name}:=...` takes numbers, true, false and other JSON"))
}

fn call_failure(error: &ClientError, env: &str) -> Failure {
    let what = error.to_string();
    match error {
        ClientError::NoAnswer(_) if env == LOCAL => {
            let hint = "start it: `scheduler local`; one of another folder, or on another port: \
                        `--url http://127.0.0.1:PORT/v1`";
            Failure::Failed { what, hint: Some(hint.to_owned()) }
        }
        ClientError::Unauthorized { .. } => Failure::Failed {
            what,
            hint: Some(format!("`scheduler login --env {env}`, or set SCHEDULER_TOKEN")),
        },
        ClientError::NotFound(message) if message.contains("records no runs") => {
            Failure::Input { what, hint: None }
        }
        ClientError::NotFound(message) if message == "Not Found" => {
            Failure::Input { what: "this API has no such route".to_owned(), hint: None }
        }
        ClientError::NotFound(message) if message.contains("dead letter") => {
            Failure::input(what, "`scheduler jobs dead` shows what there is")
        }
        ClientError::Refused(_) => Failure::Input { what, hint: None },
        ClientError::Changed(_) => Failure::Failed {
            what,
            hint: Some("somebody else keeps changing it; look at it, and try again".to_owned()),
        },
        ClientError::NotFound(_) => {
            Failure::input(what, format!("`scheduler jobs list --env {env}` shows what there is"))
        }
        ClientError::Invalid { errors, .. } => Failure::Input { what, hint: typed(errors) },
        ClientError::NoAnswer(_) | ClientError::Other { .. } | ClientError::Shape { .. } => {
            Failure::Failed { what, hint: None }
        }
    }
}

async fn run(settings: &Settings, client: &Client, command: &JobsCommand) -> Result<(), Trouble> {
    match command {
        JobsCommand::List { file } => list(settings, client, file.as_deref()).await,
        JobsCommand::Show { id } => {
            let job = client.get(*id).await?;
            settings.output.result(&job_text(&job), &job);
            Ok(())
        }
        JobsCommand::Create { file: Some(file), .. } => import(settings, client, file).await,
        JobsCommand::Create { job_type, every, fields, file: None } => {
            let mut job = Map::new();
            jobs::apply(&mut job, parsed(fields)?);
            job.extend(job_type.iter().map(|name| ("job_type".to_owned(), json!(name))));
            job.extend(every.iter().map(|seconds| ("sleep_time".to_owned(), json!(seconds))));
            let made = client.create(job, false).await?;
            settings.output.result(&format!("created job {}", made["job_id"]), &made);
            Ok(())
        }
        JobsCommand::Update { id, every, fields } => {
            let changed = update(client, *id, every.as_ref(), fields).await?;
            settings.output.result(&format!("changed job {id}"), &changed);
            Ok(())
        }
        JobsCommand::Delete { ids, yes } => {
            if ids.all {
                cloud::consent(settings, *yes, "delete all of your jobs?").await?;
            }
            act(settings, client, ids, Act::Delete).await
        }
        JobsCommand::Pause(ids) => act(settings, client, ids, Act::Verb("pause", "paused")).await,
        JobsCommand::Resume(ids) => {
            act(settings, client, ids, Act::Verb("resume", "resumed")).await
        }
        JobsCommand::Run(ids) => act(settings, client, ids, Act::Verb("run", "started")).await,
        JobsCommand::Runs { id, run: Some(wanted), .. } => {
            let runs = client.runs(*id, RUNS_MOST).await?;
            let found = runs.iter().find(|run| run.get("run_id") == Some(&json!(wanted)));
            let run = found.ok_or_else(|| {
                let hint = format!("`scheduler jobs runs {id}` shows what there is");
                Failure::input(format!("job {id} has no run {wanted}"), hint)
            })?;
            settings.output.result(&run_text(run), run);
            Ok(())
        }
        JobsCommand::Dead { retry: None } => {
            let dead = client.dead().await?;
            settings.output.result(&dead_table(&dead), &dead);
            Ok(())
        }
        JobsCommand::Dead { retry: Some(ids) } => retry(settings, client, ids).await,
        JobsCommand::Runs { id, limit, run: None } => {
            let runs = client.runs(*id, *limit).await?;
            settings.output.result(&runs_table(&runs), &runs);
            Ok(())
        }
    }
}

/// Reads, changes and writes; where somebody else was faster, once more from the start.
async fn update(
    client: &Client,
    id: u64,
    every: Option<&u64>,
    fields: &[String],
) -> Result<jobs::Job, Trouble> {
    let fields = parsed(fields)?;
    let mut tries = 0;
    loop {
        let (mut job, tag) = client.get_tagged(id).await?;
        jobs::apply(&mut job, fields.clone());
        job.extend(every.map(|seconds| ("sleep_time".to_owned(), json!(seconds))));
        match client.update(id, job, tag).await {
            Err(ClientError::Changed(_)) if tries == 0 => tries += 1,
            done => return Ok(done?),
        }
    }
}

/// All of them, or these, once more.
async fn retry(settings: &Settings, client: &Client, ids: &[String]) -> Result<(), Trouble> {
    let ids = match ids {
        [] => {
            let dead = client.dead().await?;
            let id = |one: &jobs::Job| one.get("id").and_then(Value::as_str).map(str::to_owned);
            dead.iter().filter_map(id).collect()
        }
        ids => ids.to_vec(),
    };
    for (done, id) in ids.iter().enumerate() {
        client.retry(id).await.inspect_err(|_| {
            settings.output.note(&format!("`{id}` after {done} that are tried again:"));
        })?;
    }
    let text = format!("trying {} again", count(ids.len(), "dead letter"));
    settings.output.result(&text, &ids);
    Ok(())
}

/// On AWS, dead letters lie in queues, by these names.
fn dead_queues(settings: &Settings, env: &str) -> Result<(), Failure> {
    let app = project::app_beside_local(settings, env)?;
    let names = Physical::new(&app.prefix(), app.region.as_str());
    let mut queues = vec![names.changes_dead(), names.stream_dead(), names.schedules_dead()];
    for plugin in &app.plugins {
        if let Some(Consumer::Lambda(_)) = &plugin.consumer {
            queues.push(names.dead(plugin.name.as_str()));
        }
    }
    settings
        .output
        .note("only `scheduler local` lists dead letters; here they lie in these queues:");
    settings.output.result(&queues.join("\n"), &json!({"queues": queues}));
    Ok(())
}

fn parsed(fields: &[String]) -> Result<Vec<(String, Option<Value>)>, Failure> {
    jobs::parse(fields).map_err(|error| {
        Failure::input(error.to_string(), "such as `url=https://example.com depth:=3`")
    })
}

async fn list(settings: &Settings, client: &Client, file: Option<&Path>) -> Result<(), Trouble> {
    let jobs = client.list().await?;
    match file {
        None => settings.output.result(&jobs_table(&jobs), &jobs),
        Some(path) => {
            jobs::write(path, &jobs)?;
            let text = format!("wrote {} to {}", count(jobs.len(), "job"), path.display());
            settings.output.result(&text, &json!({"file": path, "jobs": jobs.len()}));
        }
    }
    Ok(())
}

/// Creates the jobs of a file that are not there yet; what the API refuses is told, and the others
/// are made.
async fn import(settings: &Settings, client: &Client, file: &Path) -> Result<(), Trouble> {
    let all = jobs::read(file)?;
    let mut known = Known::new(&client.list().await?, client.job_types().await?);
    let total = all.len();
    let (mut made, mut refused, mut there) = (Vec::new(), Vec::new(), 0);
    for (index, job) in all.into_iter().enumerate() {
        if known.take(&job) {
            there += 1;
            continue;
        }
        let paused = job.get("enabled") == Some(&Value::Bool(false));
        match client.create(job, paused).await {
            Ok(job) => made.push(job),
            Err(error @ ClientError::Invalid { .. }) => {
                let why = format!("job {} of the file: {error}", index + 1);
                settings.output.complain(&why, None);
                refused.push(why.replace("\n ", ":"));
            }
            Err(error) => {
                let done = made.len();
                settings.output.note(&format!("created {done} of {total} before it failed"));
                return Err(error.into());
            }
        }
    }
    if refused.is_empty() {
        let created = count(made.len(), "job");
        let text = match there {
            0 => format!("created {created}"),
            _ => format!("created {created}; {there} of the file were there already"),
        };
        settings.output.result(&text, &made);
        return Ok(());
    }
    let ids: Vec<String> = made.iter().map(|job| id_of(job).to_string()).collect();
    let what = format!(
        "{} of {} were not created ({}); created: {}",
        refused.len(),
        count(total, "job"),
        refused.join("; "),
        if ids.is_empty() { "none".to_owned() } else { ids.join(", ") },
    );
    let hint = "mend them, and create from the file again: what is there is not created twice";
    Err(Failure::input(what, hint).into())
}

enum Act {
    Delete,
    Verb(&'static str, &'static str),
}

async fn act(settings: &Settings, client: &Client, ids: &Ids, act: Act) -> Result<(), Trouble> {
    let ids = match ids.all {
        true => client.list().await?.iter().map(id_of).collect(),
        false => ids.ids.clone(),
    };
    let mut done = Vec::new();
    for id in ids {
        let job = match act {
            Act::Delete => client.delete(id).await,
            Act::Verb(verb, _) => client.act(id, verb).await,
        };
        done.push(job.inspect_err(|_| {
            let before = done.len();
            settings
                .output
                .note(&format!("job {id} after {} that were done:", count(before, "job")));
        })?);
    }
    let past = match act {
        Act::Delete => "deleted",
        Act::Verb(_, past) => past,
    };
    settings.output.result(&format!("{past} {}", count(done.len(), "job")), &done);
    Ok(())
}

fn id_of(job: &Map<String, Value>) -> u64 {
    job.get("job_id").and_then(Value::as_u64).unwrap_or_default()
}

/// Where the API of the env is.
async fn place(settings: &Settings, args: &JobsArgs) -> Result<Place, Failure> {
    let environment = settings.environment();
    // As a file of it ends with a line's end.
    let given = environment.get("SCHEDULER_TOKEN").map(|token| token.trim().to_owned());
    let given = given.filter(|token| !token.is_empty());
    if let Some(url) = &args.url {
        return Ok(Place { url: url.clone(), endpoint: None, token: given });
    }
    if args.env == LOCAL {
        let server = Server::of(&settings.project.join(LOCAL_DATA));
        let url = server.map_or_else(|| LOCAL_API.to_owned(), |server| server.api);
        return Ok(Place { url, endpoint: None, token: given });
    }
    let app = project::app_beside_local(settings, &args.env)?;
    let url = api_of(settings, &app).await?;
    let token = match given {
        Some(token) => Some(token),
        None => login::token(settings, &url).await?,
    };
    Ok(Place { url, endpoint: settings.endpoint_url.clone(), token })
}

/// The address of a deployed env's API.
pub(super) async fn api_of(settings: &Settings, app: &App) -> Result<String, Failure> {
    let outputs = outputs(settings, app).await?;
    outputs.get("ApiUrl").map(|url| url.trim_end_matches('/').to_owned()).ok_or_else(|| {
        Failure::input(
            format!("the env `{}` is not deployed", app.env),
            format!("`scheduler deploy --env {}`", app.env),
        )
    })
}

/// The outputs of a deployed env; none where it is not deployed.
pub(super) async fn outputs(
    settings: &Settings,
    app: &App,
) -> Result<std::collections::BTreeMap<String, String>, Failure> {
    let aws = cloud::connect(settings, app.region.as_str()).await?;
    let found = status::status(&aws, &app.prefix()).await;
    let status = found.map_err(|error| cloud::failure(settings, &error))?;
    Ok(status.outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_writes_a_number_as_text_is_told_how_to_write_it() {
        let hint = |what: &str| typed(&BTreeMap::from([("/port".to_owned(), what.to_owned())]));
        assert!(hint("must be an integer").unwrap().contains("`port:=...`"));
        assert!(hint("must be a boolean or null").is_some());
        for what in ["must be at least 1", "is required", "must be a string"] {
            assert_eq!(hint(what), None, "{what}");
        }
    }
}
