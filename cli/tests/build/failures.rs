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
