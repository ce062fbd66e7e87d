//! `scheduler local`: the whole system on this machine.

mod watched;

use crate::args::LocalArgs;
use crate::error::Failure;
use crate::jobs::Server;
use crate::local::clock::WallClock;
use crate::local::{Callers, Local, Log, Options, StartError};
use crate::output::Behind;
use crate::pipeline;
use crate::project;
use crate::settings::Settings;
use scheduler_plan::app::App;
use scheduler_plan::resolve;
use scheduler_plan::unit::UnitKind;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use watched::{Outside, Watched};

const DAY: Duration = Duration::from_secs(86_400);
/// Bytes for each thread: a job is judged by calls within calls, as deep as its schema refers to
/// itself. Nothing of it is taken before it is used.
const STACK: usize = 16 << 20;
/// The last lines get this long to be printed.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long a failed tick waits for its second attempt.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// How often `--watch` looks at the project.
const LOOK: Duration = Duration::from_millis(500);

/// Checks, builds what is stale, and serves until it is told to stop.
///
/// # Errors
/// The project's problems, what could not be built, a port or data folder that cannot be had.
pub fn local(settings: &Settings, args: &LocalArgs) -> Result<(), Failure> {
    let project = canonical(settings)?;
    let mut watched = Watched::new(&project, &args.data_dir);
    // Before the build: what is changed meanwhile is a change.
    watched.look();
    let mut built = built(settings, args.env.as_deref(), &watched)?;
    watched.outside = std::mem::take(&mut built.outside);
    let words = settings.output.behind();
    let clock = WallClock::new(args.speed);
    let options = options(settings, args, (built, &words, clock))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    let service = Service { settings, args, words: &words, clock };
    let done = match args.check {
        true => runtime.block_on(check(settings, options)),
        false => runtime.block_on(service.serve(options, watched)),
    };
    words.flush(LAST_WORDS);
    // What hangs, such as a write to a disk that does not answer, does not keep the process.
    runtime.shutdown_background();
    done
}

/// Holds table and schedules against each other, with no server and no run.
async fn check(settings: &Settings, options: Options) -> Result<(), Failure> {
    let differences = Local::check(options).await.map_err(|error| refused(&error))?;
    told(settings, &differences)
}

fn told(settings: &Settings, differences: &[String]) -> Result<(), Failure> {
    let text = match differences {
        [] => "every job has its schedule, and the database is whole".to_owned(),
        lines => lines.join("\n"),
    };
    let value = json!({"in_step": differences.is_empty(), "differences": differences});
    settings.output.result(&text, &value);
    match differences.is_empty() {
        true => Ok(()),
        false => Err(Failure::Differences),
    }
}

/// The project, checked and built for this machine.
struct Built {
    app: App,
    digests: BTreeMap<String, String>,
    outside: Outside,
}

fn canonical(settings: &Settings) -> Result<PathBuf, Failure> {
    let project = settings.project.canonicalize();
    project.map_err(|error| Failure::failed(error.to_string()))
}

fn built(settings: &Settings, env: Option<&str>, watched: &Watched) -> Result<Built, Failure> {
    let env = match env {
        Some(env) => env.to_owned(),
        // The first is the one that people try things on.
        None => resolve::env_names(&project::load(settings)?).swap_remove(0),
    };
    let planned = pipeline::plan(settings, &env)?;
    let is_plugin = |kind: &UnitKind| !matches!(kind, UnitKind::Core { .. });
    let units: Vec<_> =
        planned.plan.units.into_iter().filter(|unit| is_plugin(&unit.kind)).collect();
    let outside = watched.beyond(&planned.app, &units);
    let artifacts = pipeline::build_local(settings, &units)?;
    let digests = artifacts.into_iter().map(|artifact| (artifact.name, artifact.sha256));
    Ok(Built { app: planned.app, digests: digests.collect(), outside })
}

fn options(
    settings: &Settings,
    args: &LocalArgs,
    (built, words, clock): (Built, &Behind, WallClock),
) -> Result<Options, Failure> {
    let project = canonical(settings)?;
    let program = settings.program().map_err(|error| {
        Failure::failed(format!("cannot find this program, which starts consumers: {error}"))
    })?;
    let (words, troubles) = (words.clone(), words.clone());
    let log = Log::new(move |line| words.note(line));
    Ok(Options {
        data_dir: project.join(&args.data_dir),
        listen: SocketAddr::new(args.host, args.port),
        callers: callers(args)?,
        environment: settings.environment(),
        clock: Arc::new(clock),
        keep_runs: DAY * args.keep_runs,
        retry_after: RETRY_AFTER,
        log: log.with_trouble(move |what| troubles.complain(what)),
        app: built.app,
        digests: built.digests,
        project,
        program,
    })
}

fn callers(args: &LocalArgs) -> Result<Callers, Failure> {
    let user = &args.user;
    match (args.auth, user.split_once('@')) {
        (true, _) => Ok(Callers::OfIssuer),
        (false, Some((name, host))) if !name.is_empty() && !host.is_empty() => {
            Ok(Callers::One(user.clone()))
        }
        (false, _) => Err(Failure::input(
            format!("`{user}` is no e-mail address"),
            "`--user` is who calls, such as `--user me@example.com`; jobs mail to it",
        )),
    }
}

/// What serves, and where its words go: nothing of it waits for whoever reads them.
struct Service<'a> {
    settings: &'a Settings,
    args: &'a LocalArgs,
    words: &'a Behind,
    clock: WallClock,
}

impl Service<'_> {
    async fn serve(self, options: Options, watched: Watched) -> Result<(), Failure> {
        // Before anybody is told that it runs: a signal that comes at once is not lost.
        let mut ended = Ended::listen()?;
        let mut told = Told::of(&options);
        let local = Local::start(options).await.map_err(|error| refused(&error))?;
        told.api = format!("http://{}/v1", local.address());
        let (api, clock) = (told.api.clone(), self.clock);
        let server = Server { api, pid: std::process::id(), clock };
        if let Err(error) = server.tell(&told.data_dir) {
            self.words.complain(&format!("other commands will not find this server: {error}"));
        }
        let mut notes = BTreeSet::new();
        self.tell_notes(&local, &mut notes).await;
        self.settings.output.result(&told.text(), &told.json());
        let broken = tokio::select! {
            () = ended.wait() => None,
            why = local.broken() => Some(why),
            () = self.watch(&local, notes, watched), if self.args.watch => None,
        };
        self.words.note("stopping: running ticks finish first; a second signal ends it at once");
        tokio::select! {
            () = local.stop() => {}
            () = ended.wait() => {
                self.words.note("ended at once: what was under way is delivered again");
                return Err(Failure::Told);
            }
        }
        // One that is not there is forgotten already.
        let _ = Server::forget(&told.data_dir);
        broken.map_or(Ok(()), |why| Err(Failure::failed(why)))
    }

    /// Each once.
    async fn tell_notes(&self, local: &Local, told: &mut BTreeSet<String>) {
        for note in local.notes().await {
            if told.insert(note.clone()) {
                self.words.note(&note);
            }
        }
    }

    /// Takes over what changes in the project, for ever. What does not check or build is told, and
    /// the server goes on with what it has.
    async fn watch(&self, local: &Local, mut notes: BTreeSet<String>, mut watched: Watched) {
        loop {
            tokio::time::sleep(LOOK).await;
            if !watched.look() {
                continue;
            }
            let (settings, env) = (self.settings.clone(), self.args.env.clone());
            let seen = watched.clone();
            let built = move || built(&settings, env.as_deref(), &seen);
            match tokio::task::spawn_blocking(built).await {
                Ok(Ok(Built { app, digests, outside })) => {
                    watched.outside = outside;
                    local.adopt(&app, &digests).await;
                    self.tell_notes(local, &mut notes).await;
                    self.words.note("took over the changed project");
                }
                Ok(Err(failure)) => self.words.say(move |output| {
                    if let Failure::Problems(problems) = &failure {
                        output.problems(problems);
                    }
                    output.complain(&failure.to_string(), failure.hint());
                    output.note("the project as it was goes on");
                }),
                Err(_) => {
                    let what = "looking at the project failed; the project as it was goes on";
                    self.words.complain(what);
                }
            }
        }
    }
}

pub(super) fn refused(error: &StartError) -> Failure {
    let (what, hint) = (error.to_string(), error.hint());
    match error {
        StartError::Exposed(_) => Failure::Refused { what, hint },
        StartError::NoIssuer(_) => Failure::Input { what, hint },
        StartError::Store(_)
        | StartError::Taken(_)
        | StartError::Listen { .. }
        | StartError::Failed(_) => Failure::Failed { what, hint },
    }
}

/// What a person wants to know at the start.
struct Told {
    api: String,
    job_types: Vec<String>,
    data_dir: PathBuf,
}

impl Told {
    fn of(options: &Options) -> Self {
        let job_types = options.app.job_types.keys().map(ToString::to_string);
        Self {
            api: String::new(),
            job_types: job_types.collect(),
            data_dir: options.data_dir.clone(),
        }
    }

    fn text(&self) -> String {
        let types = match self.job_types.as_slice() {
            [] => "none; add a plugin folder".to_owned(),
            types => types.join(", "),
        };
        let data = self.data_dir.display();
        format!(
            "API        {}\njob types  {types}\nmails      {data}/outbox\nstate      {data}/state\njobs       {data}/jobs.sqlite\nstop with Ctrl-C",
            self.api
        )
    }

    fn json(&self) -> Value {
        json!({
            "api": self.api,
            "job_types": self.job_types,
            "data_dir": self.data_dir,
            "outbox": self.data_dir.join("outbox"),
            "state": self.data_dir.join("state"),
            "pid": std::process::id(),
        })
    }
}

/// Ctrl-C, or what a service supervisor sends.
struct Ended {
    interrupt: Signal,
    terminate: Signal,
}

impl Ended {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            let failed = |error| Failure::failed(format!("cannot wait for signals: {error}"));
            signal(kind).map_err(failed)
        };
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: listen(interrupt)?, terminate: listen(terminate)? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_where_everything_is() {
        let told = Told {
            api: "http://127.0.0.1:8080/v1".to_owned(),
            job_types: vec!["ping".to_owned(), "pong".to_owned()],
            data_dir: "/d".into(),
        };
        let text = told.text();
        for line in [
            "API        http://127.0.0.1:8080/v1",
            "job types  ping, pong",
            "mails      /d/outbox",
            "state      /d/state",
            "jobs       /d/jobs.sqlite",
        ] {
            assert!(text.lines().any(|said| said == line), "{text}");
        }
    }
}
