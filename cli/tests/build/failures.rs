//! Several units at once, some of which fail.

use crate::support::{Project, command, rust, zip};
use scheduler::build::{Fault, build};

#[test]
fn one_failure_does_not_stop_the_others() {
    let project = Project::new();
    project.script("plugins/a/bin/package_lambda_entrypoint", "exit 1");
    project.zip("plugins/c/code.zip", &[("x", b"x")]);
    project.write("plugins/d/code.zip", "text");
    let units = [command("a"), zip("b"), zip("c"), zip("d"), rust("e")];
    let (report, told) = project.build_and_tell(&units);
    let built: Vec<_> = report.artifacts.iter().map(|one| one.name.as_str()).collect();
    let failed: Vec<_> = report.failures.iter().map(|one| one.unit.as_str()).collect();
    assert_eq!((built, failed), (vec!["c"], vec!["a", "b", "d", "e"]));
    assert!(told.contains(&"building `c` (zip, x86_64)".into()), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("built `c` in 0.")), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("failed to build `a` after ")), "{told:?}");
}

#[test]
fn all_that_failed_is_told_to_scripts_with_place_and_repair() {
    let project = Project::new();
    project.write("scheduler.toml", "[service]\nname = \"shop\"\n");
    let manifest = |name: &str, build: &str| {
        let text = format!(
            "[job_types.{name}]\nschema = {{}}\n[build]\n{build}\n[consumer]\n\
             runtime = \"python3.12\"\nhandler = \"app.entry\"\n"
        );
        project.write(&format!("plugins/{name}/plugin.toml"), text);
    };
    manifest("a", "kind = \"command\"\nrun = \"pack\"\nzip = \"out.zip\"");
    project.script("plugins/a/pack", "exit 3");
    manifest("b", "kind = \"zip\"\nzip = \"code.zip\"");
    project.write("plugins/b/code.zip", "text");
    manifest("c", "kind = \"zip\"\nzip = \"code.zip\"");
    project.zip("plugins/c/code.zip", &[("app.py", b"def other(): pass")]);
    let mut scheduler = std::process::Command::new(env!("CARGO_BIN_EXE_scheduler"));
    scheduler.args(["--json", "build", "--plugin", "a", "--plugin", "b", "--plugin", "c"]);
    let done = scheduler.current_dir(project.path("")).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((done.status.code(), &told["error"]["code"]), (Some(1), &1.into()));
    assert_eq!(told["error"]["message"], "3 of 3 zips could not be built");
    let zips = told["error"]["problems"].as_array().unwrap();
    let places: Vec<_> = zips
        .iter()
        .map(|zip| (zip["unit"].as_str().unwrap(), zip["place"]["path"].as_str().unwrap()))
        .collect();
    assert_eq!(
        places,
        [("a", "plugins/a/pack"), ("b", "plugins/b/code.zip"), ("c", "plugins/c/code.zip")]
    );
    assert_eq!(zips[0]["what"], "the script `plugins/a/pack` failed (exit code 3)");
    assert_eq!(zips[2]["hint"], "name one that it has in `consumer.handler`, such as `other`");
    assert!(zips.iter().all(|zip| zip["hint"].is_string() && zip["place"]["line"] == 1));
}

#[test]
fn a_folder_without_a_package_is_named() {
    let project = Project::new();
    let failure = project.failure(&rust("mail"));
    assert_eq!(failure.to_string(), "`mail` was not built: there is no `plugins/mail/Cargo.toml`");
    assert_eq!(failure.fault(), Fault::Input);
}

#[test]
fn a_checkout_that_is_gone_is_named() {
    use scheduler::build::{BuildRequest, CoreSource, Target};
    let project = Project::new();
    let request = BuildRequest {
        project: &project.path(""),
        units: &[crate::support::core("{}")],
        target: Target::Aws,
        core: CoreSource::Checkout("/nowhere/scheduler".into()),
    };
    let report = build(&request, &crate::support::Told::default()).unwrap();
    assert_eq!(
        report.failures[0].to_string(),
        "`core` was not built: the checkout that this `scheduler` was built from is gone: there \
         is no `/nowhere/scheduler/runtime/Cargo.toml`"
    );
    assert_eq!(report.failures[0].fault(), Fault::Failure);
}
