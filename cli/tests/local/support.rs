//! A server in this process, on a clock of the test's own.

use scheduler::local::clock::{Clock, SteppedClock};
use scheduler::local::{Callers, Local, Log, Options};
use scheduler::{http, load};
use scheduler_plan::app::App;
use scheduler_plan::check;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A Monday.
pub(crate) const START: i64 = 1_800_000_000;

/// A running server.
pub(crate) struct Server {
    pub(crate) local: Local,
    pub(crate) clock: Arc<SteppedClock>,
    said: Arc<Mutex<Vec<String>>>,
}

/// A project with one type that nobody consumes: what is fired is written down all the same.
pub(crate) fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = "[service]\nname = \"steps\"\n[job_types.beat]\nschema = {}\n[env.dev]\n";
    std::fs::write(folder.path().join("scheduler.toml"), text).unwrap();
    folder
}

/// The app as it is written there.
pub(crate) fn app(project: &Path) -> App {
    let sources = load::load(project).unwrap();
    check::app(&sources, "dev").decided.unwrap().app
}

/// A server on a clock.
pub(crate) fn options(project: &Path, clock: Arc<dyn Clock>) -> Options {
    Options {
        app: app(project),
        digests: BTreeMap::new(),
        project: project.to_path_buf(),
        data_dir: project.join("data"),
        program: env!("CARGO_BIN_EXE_scheduler").into(),
        listen: "127.0.0.1:0".parse().unwrap(),
        callers: Callers::One("ada@example.com".into()),
        environment: std::env::vars().filter(|(name, _)| name == "PATH").collect(),
        clock,
        keep_runs: Duration::from_secs(86_400),
        retry_after: Duration::from_millis(50),
        log: Log::new(|_| {}),
    }
}

/// A project with one plugin in Python whose handler is this text; what its ticks' jobs are called
/// is up to the test. `consumer` stands under `[consumer]`.
pub(crate) fn consumed(handler: &str, consumer: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("scheduler.toml", "[service]\nname = \"steps\"\n[env.dev]\n");
    let manifest = format!(
        "[job_types.beat]\nschema = {{}}\n[build]\nkind = \"zip\"\nzip = \"beat.zip\"\n\
         [consumer]\nruntime = \"python3.12\"\nhandler = \"beat.handle\"\n{consumer}\n"
    );
    write("plugins/beater/plugin.toml", &manifest);
    write("plugins/beater/beat.zip", "");
    // As a build leaves it.
    write(".scheduler/build/local/beater/beat.py", handler);
    folder
}

impl Server {
    pub(crate) async fn start(project: &Path, clock: &Arc<SteppedClock>) -> Self {
        let said = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&said);
        let options = Options {
            log: Log::new(move |line| lines.lock().unwrap().push(line.to_owned())),
            ..options(project, Arc::clone(clock) as Arc<dyn Clock>)
        };
        let local = Local::start(options).await.unwrap();
        Self { local, clock: Arc::clone(clock), said }
    }

    /// Moves the clock on, and waits until everything that is due has been fired.
    pub(crate) async fn step(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.settled().await;
    }

    /// Waits until no change is pending and nothing is due.
    pub(crate) async fn settled(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let store = self.local.store();
            // In the order in which a change goes its way: what has left one is seen in the next.
            let changes = store.counts().await.unwrap().changes;
            let due = store.next_due().await.unwrap();
            let is_ahead = due.is_none_or(|due| due > self.clock.now());
            let waiting = store.counts().await.unwrap().waiting;
            if is_ahead && changes == 0 && waiting == 0 {
                return;
            }
            let told = format!("{changes} changes, {waiting} waiting, due {due:?}");
            assert!(Instant::now() < deadline, "{told}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until a job is due within so many seconds.
    pub(crate) async fn due_within(&self, seconds: i64) {
        let is_near = |due: i64| due <= self.clock.now() + seconds;
        until("job that is due soon", async || {
            let due = self.local.store().next_due().await.unwrap();
            due.is_some_and(is_near).then_some(())
        })
        .await;
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}\n{}", self.said());
        answer
    }

    /// Whatever the status.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = http::Request {
            method: method.to_owned(),
            url: format!("http://{}/v1{path}", self.local.address()),
            headers: Vec::new(),
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        };
        let reply = http::send(request).await.unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }

    pub(crate) async fn create(&self, sleep_time: u64) -> Value {
        self.create_of("beat", sleep_time).await
    }

    pub(crate) async fn create_of(&self, job_type: &str, sleep_time: u64) -> Value {
        let job = json!({"job_type": job_type, "sleep_time": sleep_time});
        self.call("POST", "/job/create", Some(job)).await
    }

    /// The server's lines so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// When a job was due, oldest first, counted from [`START`].
    pub(crate) async fn due(&self, job_id: u64) -> Vec<i64> {
        let runs = self.call("GET", &format!("/job/{job_id}/runs?limit=1000"), None).await;
        let runs = runs.as_array().unwrap().iter().rev();
        runs.map(|run| run["due"].as_i64().unwrap() - START).collect()
    }
}

/// Asks again and again, for a minute.
pub(crate) async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "no {what} in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
