//! A page is watched, minute by minute, on a clock that is stepped.

use crate::support::{START, Server};
use scheduler::local::clock::SteppedClock;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

/// A page on loopback that can be changed; it is served as long as the process lives.
struct Page {
    url: String,
    html: Arc<Mutex<String>>,
}

impl Page {
    fn serve(html: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let html = Arc::new(Mutex::new(html.to_owned()));
        let shown = Arc::clone(&html);
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                answer(caller, &shown.lock().unwrap().clone());
            }
        });
        Self { url, html }
    }

    fn change(&self, html: &str) {
        html.clone_into(&mut self.html.lock().unwrap());
    }
}

fn answer(mut stream: TcpStream, html: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        line.clear();
    }
    let length = html.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
    write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{html}").unwrap();
}

/// A project with the html-checker of this repository, built for this machine.
fn built() -> tempfile::TempDir {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let project = tempfile::tempdir().unwrap();
    let plugin = repository.join("plugins/html-checker").display().to_string();
    let text = format!("[service]\nname = \"steps\"\nplugins = [{plugin:?}]\n[env.dev]\n");
    fs::write(project.path().join("scheduler.toml"), text).unwrap();
    // What was compiled for one project serves the next: it is the same code.
    let shared = repository.join(".scheduler/target");
    fs::create_dir_all(&shared).unwrap();
    fs::create_dir(project.path().join(".scheduler")).unwrap();
    std::os::unix::fs::symlink(shared, project.path().join(".scheduler/target")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_scheduler"));
    // A cargo below would take what this one sets for changed inputs.
    let of_cargo =
        ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
    for (name, _) in std::env::vars() {
        if of_cargo.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let line = ["local", "--check", "--data-dir", "checked", "--project"];
    let done = command.args(line).arg(project.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    project
}

fn mails(project: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(project.join("data/outbox")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mails = paths.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    mails.map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_page_is_mailed_once() {
    let project = built();
    let page = Page::serve("<p>one bright morning</p>");
    let server = Server::start(project.path(), &Arc::new(SteppedClock::new(START))).await;
    let job = json!({"job_type": "html_monitor_job", "sleep_time": 60, "url": page.url});
    server.call("POST", "/job/create", Some(job)).await;
    server.settled().await;
    server.step(60).await;
    assert_eq!(server.due(0).await, [0, 60]);
    assert_eq!(mails(project.path()), Vec::<String>::new(), "{}", server.said());

    page.change("<p>one rainy morning</p>");
    server.step(59).await;
    assert_eq!(mails(project.path()).len(), 0);
    server.step(1).await;
    let told = mails(project.path());
    assert_eq!(told.len(), 1, "{}", server.said());
    assert!(told[0].contains("To: ada@example.com") && told[0].contains("rainy"), "{}", told[0]);
    server.step(60).await;
    server.step(60).await;
    assert_eq!(mails(project.path()).len(), 1, "one change, but another mail");
    for run in server.call("GET", "/job/0/runs", None).await.as_array().unwrap() {
        assert_eq!(run["state"], "succeeded", "{run}\n{}", server.said());
    }
    server.local.stop().await;
}
