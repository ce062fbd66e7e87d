//! AWS's limits on one deployment: warnings while people work on a project, refused by a deploy
//! before anything else is done.

use crate::support::{Finished, command, finish};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// Answers `cargo lambda build` with the file `core` beside it.
const CARGO: &str = include_str!("../../../benches/src/cargo.sh");
/// It begins as one for `x86_64` does.
const CORE: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";

struct Project {
    folder: TempDir,
    tools: TempDir,
}

impl Project {
    fn new() -> Self {
        let tools = tempfile::tempdir().unwrap();
        let cargo = tools.path().join("cargo");
        fs::write(&cargo, CARGO).unwrap();
        fs::write(tools.path().join("core"), CORE).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), tools }
    }

    /// More filtered subscriptions than a topic has.
    fn over_quota() -> Self {
        let project = Self::new();
        let mut manifest = "[service]\nname = \"shop\"\n[env.dev]\n".to_owned();
        for nth in 0..201 {
            let arn = format!("arn:aws:sqs:eu-central-1:123456789012:queue-{nth}");
            writeln!(manifest, "[job_types.t{nth}]\nconsumer = {{ queue_arn = \"{arn}\" }}")
                .unwrap();
        }
        project.write("scheduler.toml", &manifest);
        project
    }

    /// More resources than one operation of CloudFormation takes.
    fn over_limit() -> Self {
        let project = Self::new();
        project.write("scheduler.toml", "[service]\nname = \"shop\"\n[env.dev]\n");
        let topics = "{\"Resources\": {<% for n in range(440) %><< \"T\" ~ n >>: {\"Type\": \
                      \"AWS::SNS::Topic\"}<% if not loop.last %>,<% endif %><% endfor %>}}";
        for name in ["a", "b", "c", "d", "e", "f"] {
            let manifest = format!(
                "[job_types.{name}]\nschema = {{}}\n[resources]\ntemplate = \"r.json.j2\"\n"
            );
            project.write(&format!("plugins/{name}/plugin.toml"), &manifest);
            project.write(&format!("plugins/{name}/r.json.j2"), topics);
        }
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, line: &str) -> Finished {
        let words: Vec<_> = line.split(' ').collect();
        let mut command = command(self.folder.path(), &words);
        let path = std::env::var("PATH").unwrap();
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_CONFIG_FILE", "/dev/null");
        command.env("PATH", format!("{}:{path}", self.tools.path().display()));
        finish(command)
    }

    /// The one problem, as each command tells it.
    fn warns(&self, code: &str, words: &str) {
        for line in ["check", "plan --env dev", "synth --env dev", "synth --env dev --out out"] {
            let done = self.run(&format!("{line} --json"));
            assert_eq!(done.code, 0, "{line}: {}", done.all());
            is_told(&done.json()["problems"], ("warning", code, words));
            let plain = self.run(line);
            assert_eq!(plain.code, 0, "{line}: {}", plain.all());
            assert!(plain.stderr.contains(words), "{line}: {}", plain.all());
        }
        for line in ["deploy --env dev --yes", "deploy --env dev --dry-run", "diff --env dev"] {
            let done = self.run(&format!("{line} --json"));
            assert_eq!(done.code, 2, "{line}: {}", done.all());
            is_told(&done.json()["error"]["problems"], ("error", code, words));
        }
        let doctor = self.run("doctor --json");
        assert_eq!(doctor.code, 1, "{}", doctor.all());
        is_told(&doctor.json()["problems"], ("warning", code, words));
    }
}

fn is_told(problems: &Value, (severity, code, words): (&str, &str, &str)) {
    let [problem] = problems.as_array().unwrap().as_slice() else { panic!("{problems}") };
    assert_eq!((&problem["severity"], &problem["code"]), (&severity.into(), &code.into()));
    assert!(problem["what"].as_str().unwrap().contains(words), "{problem}");
    assert!(problem["hint"].as_str().unwrap().contains("`scheduler.toml`"), "{problem}");
}

#[test]
fn a_subscription_too_many_is_told_by_all_and_refused_by_a_deploy() {
    let project = Project::over_quota();
    project.warns("over-quota", "would have 201 filtered subscriptions; its quota is 200");
}

#[test]
fn a_resource_too_many_is_told_by_all_and_refused_by_a_deploy() {
    let project = Project::over_limit();
    project.warns("over-limit", "one operation of CloudFormation takes 2500");
}

fn names(folder: &Path) -> Vec<String> {
    let mut found = crate::support::tree(folder);
    found.retain(|path| path.ends_with(".json"));
    found
}

#[test]
fn synth_as_json_has_every_template_by_the_name_of_its_file() {
    let project = Project::over_limit();
    project.run("synth --env dev --out out");
    let told = project.run("synth --env dev --json").json();
    let templates = told["templates"].as_object().unwrap();
    let out = project.folder.path().join("out");
    assert_eq!(templates.keys().collect::<Vec<_>>(), names(&out).iter().collect::<Vec<_>>());
    assert_eq!(templates.len(), 7);
    for (name, template) in templates {
        let written = fs::read_to_string(out.join(name)).unwrap();
        assert_eq!(*template, serde_json::from_str::<Value>(&written).unwrap(), "{name}");
    }
    let files = project.run("synth --env dev --out out --json").json()["files"].clone();
    assert_eq!(files.as_array().unwrap().len(), 7, "{files}");
    // Without `--json` it is the root template alone, to be handed on as it is.
    let root = project.run("synth --env dev").stdout;
    assert_eq!(root, fs::read_to_string(out.join("root.json")).unwrap());
}
