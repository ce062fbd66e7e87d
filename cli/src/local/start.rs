//! The server's life: what is opened, in which order, and how it ends.

use super::broken::Broken;
use super::clock::Clock;
use super::consumers::{self, Consumer, Dirs, Spec};
use super::controller::{self, Changes};
use super::error::StartError;
use super::expiry::{self, Expiry};
use super::firing;
use super::listen::{door, listen, serve};
use super::log::Log;
use super::pump::{self, Arns, Pump};
use super::server::Shared;
use super::world::{World, Worlds, subscriptions};
use crate::text::count;
use scheduler_plan::app::{App, Buffer, Consumer as Decided, Plugin};
use scheduler_runtime::local::Store;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, JoinSet};

/// Running ticks get this long to finish when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// What a server is started with.
#[derive(Debug)]
pub struct Options {
    /// The app as decided.
    pub app: App,
    /// The digest of each plugin's zip: a consumer whose digest is the same goes on as it is.
    pub digests: BTreeMap<String, String>,
    /// The project's folder, with the unpacked build units in it.
    pub project: PathBuf,
    /// Where jobs, runs, state and mails are kept.
    pub data_dir: PathBuf,
    /// This program, which starts consumers as its own `__child`.
    pub program: PathBuf,
    /// Where to listen; port 0: any free one.
    pub listen: SocketAddr,
    /// Who calls.
    pub callers: Callers,
    /// Values that only AWS knows, from the caller's environment.
    pub environment: BTreeMap<String, String>,
    /// The jobs' clock.
    pub clock: Arc<dyn Clock>,
    /// How long finished runs are kept.
    pub keep_runs: Duration,
    /// How long a failed tick waits for its next attempt; doubled after each further failure.
    pub retry_after: Duration,
    /// Where lines go.
    pub log: Log,
}

/// Who calls.
#[derive(Debug, Clone)]
pub enum Callers {
    /// One development user, by e-mail address; loopback only.
    One(String),
    /// Whoever a token of the env's issuer names.
    OfIssuer,
}

/// A running server.
#[derive(Debug)]
pub struct Local {
    address: SocketAddr,
    store: Store,
    worlds: Worlds,
    frame: Frame,
    pumps: Mutex<BTreeMap<String, Running>>,
    loops: JoinSet<()>,
    broken: Broken,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// What outlives a change of the project.
#[derive(Debug)]
struct Frame {
    project: PathBuf,
    data_dir: PathBuf,
    program: PathBuf,
    environment: BTreeMap<String, String>,
    /// Whether whoever writes jobs owns this machine.
    is_open: bool,
    retry_after: Duration,
    log: Log,
    broken: Broken,
}

#[derive(Debug)]
struct Running {
    fingerprint: String,
    consumer: Consumer,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Local {
    /// Opens the data folder and the port, and starts to fire.
    ///
    /// # Errors
    /// Where one of them cannot be had, or everybody would be let in.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let door = door(&options)?;
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().unwrap_or(options.listen);
        let store = Store::open(&options.data_dir)?;
        let state = options.data_dir.join("state");
        let worlds = Worlds::new(World::new(&options.app, &store, &state));
        let Options { clock, log, keep_runs, .. } = options;
        let shared =
            Shared { worlds: worlds.clone(), door, clock: clock.clone(), log: log.clone() };
        let (stop, broken) = (watch::Sender::new(false), Broken::default());
        let server = serve(listener, Arc::new(shared), (stop.subscribe(), broken.clone()));
        let server = tokio::spawn(broken.guarded("the API", server));
        let local = Self {
            address,
            store: store.clone(),
            worlds: worlds.clone(),
            frame: Frame {
                project: options.project,
                data_dir: options.data_dir,
                program: options.program,
                environment: options.environment,
                is_open: matches!(options.callers, Callers::One(_)),
                retry_after: options.retry_after,
                log: log.clone(),
                broken: broken.clone(),
            },
            pumps: Mutex::default(),
            loops: JoinSet::new(),
            broken,
            stop,
            server,
        };
        local.adopt(&options.app, &options.digests).await;
        Ok(local.looping(clock, keep_runs))
    }

    fn looping(mut self, clock: Arc<dyn Clock>, keep_runs: Duration) -> Self {
        let (store, worlds, log) = (&self.store, &self.worlds, &self.frame.log);
        let expiry =
            Expiry { store: store.clone(), worlds: worlds.clone(), keep_runs, log: log.clone() };
        let changes = Changes {
            store: store.clone(),
            worlds: worlds.clone(),
            clock: clock.clone(),
            log: log.clone(),
        };
        let firing = firing::run(store.clone(), clock, log.clone());
        let broken = self.broken.clone();
        self.loops.spawn(broken.guarded("the loop that applies changes", controller::run(changes)));
        self.loops.spawn(broken.guarded("the loop that fires jobs", firing));
        self.loops.spawn(broken.guarded("the loop that removes old runs", expiry::run(expiry)));
        self
    }

    /// Applies the changes that wait, and says what does not fit together; nothing is fired.
    ///
    /// # Errors
    /// A data folder that cannot be used.
    pub async fn check(options: Options) -> Result<Vec<String>, StartError> {
        let store = Store::open(&options.data_dir)?;
        let world = World::new(&options.app, &store, &options.data_dir.join("state"));
        let changes = Changes {
            store: store.clone(),
            worlds: Worlds::new(world),
            clock: options.clock,
            log: options.log,
        };
        let checked = async {
            controller::apply_all(&changes).await?;
            store.check().await
        };
        let differences = checked.await.map_err(|error| StartError::Failed(error.sentence()));
        store.close().await;
        differences
    }

    /// What is different from AWS on this machine, a sentence each; also what keeps a consumer
    /// from starting at all.
    pub async fn notes(&self) -> Vec<String> {
        let pumps = self.pumps.lock().await;
        let mut notes = Vec::new();
        for (name, running) in &*pumps {
            match running.consumer.prepare().await {
                Ok(own) => notes.extend(own.iter().map(|note| format!("{name}: {note}"))),
                Err(error) => notes.push(format!("{name}: {error}")),
            }
        }
        notes
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The store, to look at.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Goes on with another state of the project: consumers that are the same stay warm.
    pub async fn adopt(&self, app: &App, digests: &BTreeMap<String, String>) {
        let state = self.frame.data_dir.join("state");
        self.store.subscribe(subscriptions(app));
        self.worlds.replace(World::new(app, &self.store, &state));
        let wanted: BTreeMap<String, Wanted> = app
            .plugins
            .iter()
            .filter_map(|plugin| self.frame.wanted(app, plugin, digests))
            .collect();
        let mut pumps = self.pumps.lock().await;
        let stale: Vec<String> = pumps
            .iter()
            .filter(|(name, running)| {
                wanted.get(*name).is_none_or(|one| one.fingerprint != running.fingerprint)
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in stale {
            if let Some(running) = pumps.remove(&name) {
                running.stop().await;
            }
        }
        for (name, one) in wanted {
            pumps.entry(name).or_insert_with_key(|name| self.frame.run(&self.store, name, one));
        }
        drop(pumps);
        self.abandon().await;
    }

    /// What waits for a plugin that is gone is given up, and can be taken up again with the plugin.
    async fn abandon(&self) {
        let log = &self.frame.log;
        match self.store.abandon().await {
            Ok(given_up) => given_up.iter().for_each(|(consumer, ticks)| {
                let ticks = count(*ticks, "tick");
                log.trouble(&format!(
                    "{ticks} waited for `{consumer}`, which is not installed: \
                     `scheduler jobs dead` keeps what was given up"
                ));
            }),
            Err(failure) => log.trouble(&failure.sentence()),
        }
    }

    /// Ends with why the server cannot go on: a part of it broke, or the database is damaged.
    pub async fn broken(&self) -> String {
        tokio::select! {
            what = self.broken.heard() => what,
            why = self.store.damaged() => why,
        }
    }

    /// No new ticks; running ones finish, or are handed back for the next start.
    pub async fn stop(mut self) {
        self.loops.shutdown().await;
        self.stop.send_replace(true);
        let pumps = std::mem::take(&mut *self.pumps.lock().await);
        let mut stopping: JoinSet<()> = pumps.into_values().map(Running::stop).collect();
        while stopping.join_next().await.is_some() {}
        // A client that keeps its connection open does not keep the server.
        let _ = tokio::time::timeout(Duration::from_secs(1), &mut self.server).await;
        self.server.abort();
        self.store.close().await;
    }
}

impl Running {
    async fn stop(self) {
        self.stop.send_replace(true);
        let ((), ended) = tokio::join!(self.consumer.stop(GRACE), self.task);
        // A loop that broke has lost nothing: what it held is delivered at the next start.
        drop(ended);
    }
}

struct Wanted {
    fingerprint: String,
    spec: Spec,
    retries: u32,
    buffer: Buffer,
    arn: Arns,
}

impl Frame {
    fn wanted(
        &self,
        app: &App,
        plugin: &Plugin,
        digests: &BTreeMap<String, String>,
    ) -> Option<(String, Wanted)> {
        let Some(Decided::Lambda(lambda)) = &plugin.consumer else { return None };
        let dirs = Dirs { project: self.project.clone(), data: self.data_dir.clone() };
        let mut spec = consumers::spec(app, plugin, &dirs, &self.environment)?;
        if self.is_open {
            spec.allow_loopback();
        }
        let name = plugin.name.to_string();
        let digest = digests.get(&name).map_or("", String::as_str);
        let of = |service: &str, what: String| {
            format!("arn:aws:{service}:{}:000000000000:{what}", app.region)
        };
        let prefix = format!("{}-local", app.service);
        Some((
            name.clone(),
            Wanted {
                fingerprint: format!("{digest} {:?} {} {spec:?}", lambda.buffer, lambda.retries),
                spec,
                retries: lambda.retries,
                buffer: lambda.buffer,
                arn: Arns {
                    queue: of("sqs", format!("{prefix}-{name}")),
                    topic: of("sns", format!("{prefix}-distribution")),
                    region: app.region.to_string(),
                },
            },
        ))
    }

    fn run(&self, store: &Store, name: &str, wanted: Wanted) -> Running {
        let Wanted { fingerprint, spec, retries, buffer, arn } = wanted;
        let concurrency = spec.concurrency;
        let log = self.log.clone();
        let (shown, lines) = (name.to_owned(), log.clone());
        let consumer = Consumer::new(
            spec,
            self.program.clone(),
            Arc::new(move |line: &str| lines.line(&format!("{shown} | {line}"))),
        );
        let stop = watch::Sender::new(false);
        let broken = self.broken.clone();
        let pump = Pump {
            store: store.clone(),
            name: name.to_owned(),
            arn,
            buffer,
            consumer: consumer.clone(),
            concurrency,
            retries,
            wait: self.retry_after,
            log,
            broken: broken.clone(),
        };
        let task = broken.guarded("a consumer's loop", pump::run(pump, stop.subscribe()));
        let task = tokio::spawn(task);
        Running { fingerprint, consumer, stop, task }
    }
}
