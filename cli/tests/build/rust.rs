//! `kind = "rust"`, with real compilers.

use crate::support::{Project, Told, age, rust};
use scheduler::build::{BuildRequest, CoreSource, Fault, Target, build};
use scheduler_plan::unit::BuildUnit;
use std::fs;
use std::process::Command;

const MAIN: &str = "fn main() { shared::check(std::env::args().count()); println!(\"hello\"); }";

/// A package with a path dependency outside of its workspace, whose panic tells its place.
fn package(project: &Project, name: &str) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n\
         [dependencies]\nshared = {{ path = \"../../shared\" }}\n"
    );
    project.write(&format!("plugins/{name}/Cargo.toml"), manifest);
    project.write(&format!("plugins/{name}/src/main.rs"), MAIN);
    let shared = "[package]\nname = \"shared\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    project.write("shared/Cargo.toml", shared);
    let library = "pub fn check(n: usize) { let v: Vec<u8> = Vec::new(); if n > 1 { panic!(\"{} {}\", file!(), v[n]) } }";
    project.write("shared/src/lib.rs", library);
}

fn run(bootstrap: &std::path::Path) -> String {
    let output = Command::new(bootstrap).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn for_this_machine_plain_cargo_builds_it() {
    let mut project = Project::new();
    project.target = Target::Local;
    package(&project, "mail");
    let first = project.artifact(&rust("mail"));
    assert!(!first.cached);
    assert_eq!(run(&project.path(".scheduler/build/local/mail/bootstrap")), "hello\n");
    // The lock file that cargo wrote is no change of the user's.
    assert!(project.path("plugins/mail/Cargo.lock").is_file());
    assert!(project.artifact(&rust("mail")).cached);
    project.write("shared/src/lib.rs", "pub fn check(_: usize) { print!(\"oh \") }");
    assert!(!project.artifact(&rust("mail")).cached);
    assert_eq!(run(&project.path(".scheduler/build/local/mail/bootstrap")), "oh hello\n");
}

#[test]
fn a_file_that_the_package_includes_counts_where_it_is_named() {
    let mut project = Project::new();
    project.target = Target::Local;
    package(&project, "mail");
    let main = "fn main() { print!(\"{}\", include_str!(\"../../../texts/hello.txt\")) }";
    project.write("plugins/mail/src/main.rs", main);
    project.write("texts/hello.txt", "hello");
    let unit = BuildUnit { inputs: vec!["plugins/mail/../../texts".into()], ..rust("mail") };
    let built = project.path(".scheduler/build/local/mail/bootstrap");
    assert!(!project.artifact(&unit).cached);
    assert_eq!(run(&built), "hello");
    assert!(project.artifact(&unit).cached);
    project.write("texts/hello.txt", "good day");
    assert!(!project.artifact(&unit).cached);
    assert_eq!(run(&built), "good day");
}

#[test]
fn for_aws_two_folders_give_the_same_zip() {
    let (one, other) = (Project::new(), Project::new());
    package(&one, "mail");
    package(&other, "mail");
    age(&other.path("plugins"));
    let artifact = one.artifact(&rust("mail"));
    assert_eq!(artifact.sha256, other.artifact(&rust("mail")).sha256);
    let [(name, mode, bootstrap)] = &one.entries(&artifact)[..] else { panic!("one entry") };
    assert_eq!((name.as_str(), *mode), ("bootstrap", 0o755));
    let text = String::from_utf8_lossy(bootstrap);
    assert!(!text.contains(one.path("").to_str().unwrap()));
    // Amazon Linux 2023 has glibc 2.34.
    assert!((35..60).all(|minor| !text.contains(&format!("GLIBC_2.{minor}"))));
}

#[test]
fn a_compile_error_is_shown_and_its_neighbour_built() {
    let mut project = Project::new();
    project.target = Target::Local;
    package(&project, "good");
    package(&project, "bad");
    project.write("plugins/bad/src/main.rs", "fn main() { nonsense() }");
    let report = project.build(&[rust("bad"), rust("good")]);
    assert_eq!(report.artifacts[0].name, "good");
    let failure = &report.failures[0];
    assert_eq!(
        failure.to_string(),
        "`bad` was not built: cargo could not build `plugins/bad` (exit code 101)"
    );
    let output = &failure.output().unwrap().text;
    assert!(output.contains("cannot find function `nonsense`"), "{output}");
    assert_eq!(failure.fault(), Fault::Failure);
    let log = fs::read_to_string(project.path(&failure.output().unwrap().path)).unwrap();
    assert!(log.contains("nonsense"));
}

#[test]
fn a_lock_file_is_obeyed() {
    let mut project = Project::new();
    project.target = Target::Local;
    package(&project, "mail");
    project.write("plugins/mail/Cargo.lock", "version = 4\n");
    let failure = project.failure(&rust("mail"));
    let output = &failure.output().unwrap().text;
    assert!(output.contains("--locked"), "{output}");
}

/// As tests do, and pipelines of two projects on one machine.
#[test]
fn projects_that_build_the_core_of_one_checkout_at_once_all_get_it() {
    let checkout = Project::new();
    let workspace = "[workspace]\nmembers = [\"runtime\"]\nresolver = \"2\"\n\
                     [profile.lambda]\ninherits = \"release\"\n";
    checkout.write("Cargo.toml", workspace);
    let package = "[package]\nname = \"scheduler-runtime\"\nversion = \"0.1.0\"\n\
                   edition = \"2021\"\n[[bin]]\nname = \"bootstrap\"\npath = \"main.rs\"\n";
    checkout.write("runtime/Cargo.toml", package);
    checkout.write("runtime/main.rs", "fn main() { println!(\"core\"); }");
    let build_core = || {
        let project = Project::new();
        let unit = crate::support::core("{}");
        let request = BuildRequest {
            project: &project.path(""),
            units: &[unit],
            target: Target::Aws,
            core: CoreSource::Checkout(checkout.path("")),
        };
        let report = build(&request, &Told::default()).unwrap();
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        report.artifacts[0].sha256.clone()
    };
    let digests: Vec<String> = std::thread::scope(|scope| {
        let builds: Vec<_> = (0..4).map(|_| scope.spawn(build_core)).collect();
        builds.into_iter().map(|build| build.join().unwrap()).collect()
    });
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}
