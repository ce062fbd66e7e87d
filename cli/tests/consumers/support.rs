//! Unpacked build units in temporary folders, and processes that are there or gone.

use scheduler::local::consumers::{Consumer, Hook, Invocation, InvokeError, Spec};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Long enough for anything that works on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A build unit and what its children print.
pub(crate) struct Unit {
    pub(crate) dir: TempDir,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Unit {
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), lines: Arc::default() }
    }

    /// With the compiled consumer as its `bootstrap`.
    pub(crate) fn compiled() -> Self {
        let unit = Self::empty();
        copy_executable(compiled(), &unit.path("bootstrap"));
        unit
    }

    /// With a shell script as its `bootstrap`, and the compiled consumer beside it.
    pub(crate) fn script(text: &str) -> Self {
        let unit = Self::empty();
        copy_executable(compiled(), &unit.path("consumer"));
        unit.write("bootstrap", text);
        chmod(&unit.path("bootstrap"));
        unit
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn spec(&self, runtime: &str, handler: &str) -> Spec {
        let kept = ["PATH", "HOME"].map(|name| (name.to_owned(), env::var(name).unwrap()));
        Spec {
            name: "mail".into(),
            runtime: runtime.into(),
            handler: handler.into(),
            dir: self.dir.path().to_path_buf(),
            memory_mb: 256,
            init: PATIENCE,
            timeout: PATIENCE,
            keep_warm: PATIENCE,
            concurrency: 1,
            environment: BTreeMap::from(kept),
            function_name: "svc-local-mail".into(),
            region: "eu-central-1".into(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn provided(&self) -> Spec {
        self.spec("provided.al2023", "bootstrap")
    }

    pub(crate) fn consumer(&self, spec: Spec) -> Consumer {
        let lines = Arc::clone(&self.lines);
        let hook: Hook = Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()));
        Consumer::new(spec, env!("CARGO_BIN_EXE_scheduler").into(), hook)
    }

    /// Waits for a line that begins like this, and answers the rest of it.
    pub(crate) async fn line(&self, start: &str) -> String {
        let found = async || {
            let lines = self.lines.lock().unwrap();
            lines.iter().find_map(|line| line.strip_prefix(start).map(str::to_owned))
        };
        until(&format!("a line `{start}`"), found).await
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// The consumer that is compiled once for all tests, in a process of its own.
fn compiled() -> &'static Path {
    static COMPILED: OnceLock<PathBuf> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let source =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/consumers/fixtures/consumer.rs");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("consumer");
        let mut rustc = Command::new("rustc");
        rustc.args(["-O", "--edition", "2024", "-o"]).arg(&program).arg(source);
        assert!(rustc.status().unwrap().success());
        program
    })
}

/// By a process of its own: this one forks in other threads, which would hold the file open.
fn copy_executable(from: &Path, to: &Path) {
    assert!(Command::new("cp").args([from, to]).status().unwrap().success());
}

fn chmod(path: &Path) {
    assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
}

/// The answer's text, of an invocation that worked.
pub(crate) fn answer(invocation: Invocation) -> String {
    match invocation.outcome {
        Ok(bytes) => String::from_utf8(bytes).unwrap(),
        Err(error) => panic!("{error}\n{}", invocation.output),
    }
}

pub(crate) async fn ask(consumer: &Consumer, event: &str) -> String {
    answer(consumer.invoke(event.into()).await)
}

/// Why an invocation failed.
pub(crate) async fn failure(consumer: &Consumer, event: &str) -> InvokeError {
    consumer.invoke(event.into()).await.outcome.unwrap_err()
}

/// Asks again and again, within patience.
pub(crate) async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < end, "no {what} in time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process is there and not merely waiting to be buried.
pub(crate) fn lives(pid: &str) -> bool {
    let ps = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    let state = String::from_utf8_lossy(&ps.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

pub(crate) async fn gone(pid: &str) {
    until(&format!("end of process {pid}"), async || (!lives(pid)).then_some(())).await;
}
