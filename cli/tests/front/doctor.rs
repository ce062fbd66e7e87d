//! `scheduler doctor`

use crate::support::{command, finish, run, succeed};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

fn state(value: &Value, name: &str) -> (String, String, String) {
    let mut all = value["findings"].as_array().unwrap().iter();
    let finding = all.find(|finding| finding["name"] == name).unwrap();
    let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    (text("state"), text("what"), text("hint"))
}

/// The command of somebody without credentials.
fn signed_out(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(folder, arguments);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// An AWS that knows only whose the credentials are.
fn identity() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>";
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut bytes = [0; 8192];
            let _ = socket.read(&mut bytes);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = socket.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn without_an_env_it_tells_versions_and_credentials_and_lacks_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing to compile but the core, which may lack its tools here.
    succeed(folder.path(), &["init"]);
    let lacking = finish(signed_out(folder.path(), &["doctor", "--json"]));
    assert!(state(&lacking.json(), "version").1.starts_with("scheduler "));
    // Whoever only works on this machine needs none.
    let found = state(&lacking.json(), "credentials");
    assert_eq!(found.0, "warning", "{found:?}");
    assert!(found.2.contains("sign in"), "{found:?}");

    let mut command = signed_out(folder.path(), &["doctor", "--json"]);
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("AWS_ENDPOINT_URL", identity());
    let done = finish(command);
    let found = state(&done.json(), "credentials");
    assert_eq!(
        (found.0.as_str(), found.1.contains("account 111122223333")),
        ("ok", true),
        "{found:?}"
    );
    // The account is looked at only for an env.
    assert!(!done.stdout.contains("asset bucket"), "{}", done.all());
}

#[test]
fn missing_tools_are_told_with_the_way_to_get_them() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    let pins = folder.path().join("plugins/hello/requirements.txt");
    fs::write(pins, "idna==3.7\n").unwrap();
    let mut bare = signed_out(folder.path(), &["doctor", "--json"]);
    bare.env("PATH", folder.path());
    let done = finish(bare);
    assert_eq!(done.code, 1, "{}", done.all());
    let value = done.json();
    assert_eq!(state(&value, "project").0, "ok");
    for (name, told, hint) in
        [("Rust", "`cargo` is not installed", "rustup.rs"), ("Python", "`python3`", "Python 3")]
    {
        let found = state(&value, name);
        assert!(found.0 == "failed" && found.1.contains(told), "{found:?}");
        assert!(found.2.contains(hint), "{found:?}");
    }
}

#[test]
fn a_project_with_problems_is_told_so_and_the_problems_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("scheduler.toml"), "[service]\nname = \"Shop\"\n").unwrap();
    let done = run(folder.path(), &["doctor"]);
    assert_eq!(done.code, 1, "{}", done.all());
    assert!(done.stdout.contains("failed   project  env `dev` has 1 problem"), "{}", done.all());
    assert!(done.stderr.contains("scheduler.toml:2:8"), "{}", done.all());
    let told = run(folder.path(), &["doctor", "--json"]).json();
    assert_eq!(state(&told, "project").0, "failed");
    assert_eq!(told["problems"][0]["code"], "bad-service-name");
    assert_eq!(told["problems"][0]["place"]["line"], 2);
}

#[test]
fn an_env_that_is_not_there_is_a_mistake_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    let done = run(folder.path(), &["doctor", "--env", "prdo", "--json"]);
    assert_eq!(done.code, 2, "{}", done.all());
    let error = &done.json()["error"];
    assert_eq!(error["problems"][0]["code"], "unknown-env");
    assert_eq!(error["problems"][0]["hint"], "did you mean `prod`?");
    // In a project with problems, too.
    fs::write(folder.path().join("scheduler.toml"), "[service]\nname = \"Shop\"\n").unwrap();
    let done = run(folder.path(), &["doctor", "--env", "prdo"]);
    assert_eq!(done.code, 2, "{}", done.all());
}

#[test]
fn without_credentials_the_account_is_not_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init"]);
    let done = finish(signed_out(folder.path(), &["doctor", "--env", "dev", "--json"]));
    assert_eq!(done.code, 1, "{}", done.all());
    let found = state(&done.json(), "credentials");
    assert_eq!(found.0, "failed");
    assert!(found.2.contains("sign in"), "{found:?}");
    assert!(!done.stdout.contains("asset bucket"), "{}", done.all());
}
