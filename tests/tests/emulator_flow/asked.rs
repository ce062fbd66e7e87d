//! What asks does nothing where nobody answers, and what looks says so by its exit code.

use crate::stage::Stage;
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::project::{ENV, Recorder};
use scheduler_tests::support::stacks;

const PLUGIN: Recorder = Recorder { name: "recorder", job_type: "recorded", buffer: "none" };

#[test]
fn without_consent_nothing_is_written_or_deleted() -> Outcome {
    let stage = Stage::set("asked", &[])?;
    stage.project.add(PLUGIN)?;
    ends_with(&stage, &["diff", "--env", ENV], 4, "+ Table")?;
    ends_with(&stage, &["deploy", "--env", ENV, "--dry-run"], 4, "+ Table")?;
    ends_with(&stage, &["deploy", "--env", ENV], 3, "deploy this to `flow-")?;
    same_everywhere(&stage)?;
    ensure(stacks::live_stacks(&stage.aws)?.is_empty(), || "a stack was made".into())?;

    let deployed = stage.deploy()?;
    ends_with(&stage, &["destroy", "--env", ENV], 3, "with all of its data?")?;
    ensure(stacks::live_stacks(&stage.aws)?.contains(&deployed.stack), || "it is gone".into())?;
    ends_with(&stage, &["deploy", "--env", "prd"], 2, "there is no env `prd`")
}

/// `diff`, a dry run and the question show the same value.
pub(crate) fn same_everywhere(stage: &Stage) -> Outcome {
    let diff = stage.scheduler.run(&["diff", "--env", ENV])?;
    let dry = stage.scheduler.run(&["deploy", "--env", ENV, "--dry-run"])?;
    let asked = stage.scheduler.run(&["deploy", "--env", ENV])?;
    let told =
        || format!("{}\n{}\n{}", diff.told(&["diff"]), dry.told(&["dry"]), asked.told(&["asked"]));
    ensure((diff.code, dry.code, asked.code) == (4, 4, 3), told)?;
    ensure(diff.stdout == dry.stdout && asked.stderr.contains(diff.stdout.trim()), told)?;
    let diff = stage.scheduler.run(&["diff", "--env", ENV, "--json"])?;
    let dry = stage.scheduler.run(&["deploy", "--env", ENV, "--dry-run", "--json"])?;
    ensure(diff.stdout == dry.stdout && diff.stdout.contains("\"first\""), || diff.told(&["json"]))
}

fn ends_with(stage: &Stage, arguments: &[&str], code: i32, words: &str) -> Outcome {
    let ended = stage.scheduler.run(arguments)?;
    let said = format!("{}{}", ended.stdout, ended.stderr);
    ensure(ended.code == code && said.contains(words), || {
        format!("{arguments:?} ended with {}:\n{said}", ended.code)
    })
}
