//! Ctrl-C: at a question nothing has happened yet, while waiting AWS goes on by itself.

use crate::support::{command, finish};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use tempfile::TempDir;

/// A CloudFormation whose only stack is in this state for ever.
fn cloudformation(state: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let request = request(&mut socket);
            let body = match request.contains("Action=DescribeStacks&") {
                true => stack(state),
                false => nothing(&request),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = socket.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

fn request(socket: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !text.contains("Action=") {
        match socket.read(&mut bytes) {
            Ok(length @ 1..) => text.push_str(&String::from_utf8_lossy(&bytes[..length])),
            _ => break,
        }
    }
    text
}

/// An answer with nothing in it to any other call.
fn nothing(request: &str) -> String {
    let name = request.split("Action=").nth(1).and_then(|rest| rest.split('&').next());
    let name = name.unwrap_or_default();
    format!("<{name}Response><{name}Result></{name}Result></{name}Response>")
}

fn stack(state: &str) -> String {
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackId>\
         arn:aws:cloudformation:eu-central-1:111122223333:stack/shop-dev/1</StackId>\
         <StackName>shop-dev</StackName><StackStatus>{state}</StackStatus>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks>\
         </DescribeStacksResult></DescribeStacksResponse>"
    )
}

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = "[service]\nname = \"shop\"\nregion = \"eu-central-1\"\n\n\
                [job_types.ping]\nschema = {}\n\n[env.dev]\n";
    fs::write(folder.path().join("scheduler.toml"), text).unwrap();
    folder
}

/// A run on a terminal of its own.
struct Run {
    child: Child,
    screen: File,
    seen: String,
    _project: TempDir,
}

impl Run {
    fn of(state: &'static str, arguments: &[&str]) -> Self {
        let project = project();
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap().into_string().unwrap();
        let end = OpenOptions::new().read(true).write(true).open(name).unwrap();
        let mut run = command(project.path(), arguments);
        run.env("TERM", "dumb").env("AWS_ENDPOINT_URL", cloudformation(state));
        run.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
        run.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        let stderr = Stdio::from(end.try_clone().unwrap());
        let child = run.stdin(end).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        Self { child, screen: File::from(screen), seen: String::new(), _project: project }
    }

    fn until(&mut self, words: &str) {
        let mut bytes = [0; 4096];
        while !self.seen.contains(words) {
            // Linux says EIO when nobody holds the other end of a terminal any more.
            let Ok(length @ 1..) = self.screen.read(&mut bytes) else {
                panic!("it ended without {words:?}: {}", self.seen)
            };
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    }

    /// As Ctrl-C does it. The exit code, and all that was told.
    fn interrupt(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = self.screen.read(&mut bytes) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        (code, self.seen)
    }
}

#[test]
fn at_the_question_it_ends_the_command_at_once() {
    let mut run = Run::of("CREATE_COMPLETE", &["destroy", "--env", "dev"]);
    run.until("with all of its data? [y/N]");
    let (code, seen) = run.interrupt();
    assert_eq!(code, Some(130), "{seen}");
    assert!(seen.contains("interrupted: nothing was changed"), "{seen}");
}

#[test]
fn while_waiting_for_somebody_elses_change_it_detaches() {
    for name in ["deploy", "destroy"] {
        let mut run = Run::of("UPDATE_IN_PROGRESS", &[name, "--env", "dev"]);
        run.until("waiting for its end");
        let (code, seen) = run.interrupt();
        assert_eq!(code, Some(130), "{seen}");
        assert!(seen.contains("detached: what AWS has begun goes on by itself"), "{seen}");
        assert!(
            seen.contains(&format!("`scheduler {name} --env dev` takes it up again")),
            "{seen}"
        );
    }
}

#[test]
fn quiet_shows_nothing_that_could_be_agreed_to() {
    let mut run = Run::of("CREATE_COMPLETE", &["destroy", "--env", "dev", "--quiet"]);
    run.until("pass `--yes` to agree beforehand");
    assert_eq!(run.child.wait().unwrap().code(), Some(3), "{}", run.seen);
}

#[test]
fn another_region_than_the_envs_is_refused_before_anything_is_called() {
    let project = project();
    for (name, line) in [
        ("AWS_REGION", ["deploy", "--env", "dev"]),
        ("AWS_DEFAULT_REGION", ["diff", "--env", "dev"]),
        ("AWS_REGION", ["destroy", "--env", "dev"]),
    ] {
        let mut run = command(project.path(), &line);
        run.env_remove("AWS_REGION").env(name, "us-east-1");
        let done = finish(run);
        assert_eq!(done.code, 3, "{}", done.all());
        let told = format!("belongs to region `eu-central-1`, but {name} is `us-east-1`");
        assert!(done.stderr.contains(&told), "{}", done.all());
        assert!(done.stderr.contains("set it to `eu-central-1`"), "{}", done.all());
    }
}
