//! Whatever state a stack was left in, `scheduler deploy` goes on from there, and says why.

use crate::asked::same_everywhere;
use crate::hand::{Hand, waiting};
use crate::stage::{Stage, destroy_leaves_nothing};
use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::project::{ENV, Project, REGION};
use scheduler_tests::support::terminal::Terminal;
use serde_json::{Value, json};

const TYPE: &str = "[job_types.ping]\nschema = {}\n";
pub(crate) const DEPLOY: [&str; 4] = ["deploy", "--env", ENV, "--yes"];

#[test]
fn every_state_of_a_stack_that_has_been_whole_has_an_answer() -> Outcome {
    let stage = Stage::of("states", Project::of(TYPE)?)?;
    let hand = Hand { stage: &stage };

    hand.leaves_the_shell_of_a_change_set()?;
    let deployed = stage.deploy()?;
    hand.is_in("CREATE_COMPLETE")?;

    hand.protects()?;
    let destroy = ["destroy", "--env", ENV, "--yes"];
    let refused = stage.scheduler.run(&destroy)?;
    ensure(refused.code == 3 && refused.stderr.contains("`scheduler deploy` first"), || {
        refused.told(&destroy)
    })?;
    let off = stage.scheduler.succeed(&DEPLOY)?;
    ensure(off.stderr.contains("it is on, its env says off"), || off.told(&DEPLOY))?;
    let line = [&["-v"][..], &DEPLOY].concat();
    let nothing = stage.scheduler.succeed(&line)?;
    // The stack, and the note of what is due; once more where the build took its time.
    let calls = ["2 AWS calls: CloudFormation.DescribeStacks, S3.GetObject", "3 AWS calls: "];
    let is_cheap = calls.iter().any(|what| nothing.stderr.contains(what));
    ensure(is_cheap && nothing.stderr.contains("is up to date"), || nothing.told(&line))?;

    hand.updates_for_seconds()?;
    let waited = stage.scheduler.succeed(&DEPLOY)?;
    ensure(waited.stderr.contains("waiting for its end"), || waited.told(&DEPLOY))?;

    hand.fails_without_rollback()?;
    let back = stage.scheduler.succeed(&DEPLOY)?;
    for what in ["`Wait` (AWS::CloudFormation::WaitCondition) failed: ", "bringing `flow-dev` back"]
    {
        ensure(back.stderr.contains(what), || format!("{what}: {}", back.told(&DEPLOY)))?;
    }
    hand.is_in("UPDATE_ROLLBACK_COMPLETE")?;
    hand.wants(1)?;
    stage.scheduler.succeed(&DEPLOY)?;
    hand.is_in("UPDATE_COMPLETE")?;

    hand.cannot_go_back()?;
    let stuck = stage.scheduler.run(&DEPLOY)?;
    let cause = "cannot go back to the last state that worked: `Custom` \
                 (AWS::CloudFormation::CustomResource) failed: it does not go back";
    for what in [cause, "repair what stands in the way"] {
        ensure(stuck.code == 1 && stuck.stderr.contains(what), || stuck.told(&DEPLOY))?;
    }
    hand.is_in("UPDATE_ROLLBACK_FAILED")?;
    hand.repairs()?;
    let back = stage.scheduler.succeed(&DEPLOY)?;
    ensure(back.stderr.contains("bringing `flow-dev` back"), || back.told(&DEPLOY))?;
    hand.is_in("UPDATE_COMPLETE")?;

    what_was_brought_back_is_told_where_the_rest_is_not_agreed_to(&hand)?;
    stage.scheduler.succeed(&DEPLOY)?;

    hand.deletes_half()?;
    let refused = stage.scheduler.run(&DEPLOY)?;
    ensure(refused.code == 1 && refused.stderr.contains("`scheduler destroy` again"), || {
        refused.told(&DEPLOY)
    })?;
    let stuck = stage.scheduler.run(&destroy)?;
    let what = "leave it behind: `scheduler destroy --env dev --retain Images`";
    ensure(stuck.code == 1 && stuck.stderr.contains(what), || stuck.told(&destroy))?;
    stage.scheduler.succeed(&[&destroy[..], &["--retain", "Images"]].concat())?;
    stage.deploy()?;
    destroy_leaves_nothing(&stage, &deployed)
}

/// Only what the stack becomes by going back can be asked about: there are two questions.
fn what_was_brought_back_is_told_where_the_rest_is_not_agreed_to(hand: &Hand<'_>) -> Outcome {
    hand.fails_without_rollback()?;
    hand.wants(2)?;
    let mut asked = Terminal::of(hand.stage.scheduler.command(&["deploy", "--env", ENV])?)?;
    let question = "deploy this to `flow-dev` in account 000000000000? [y/N]";
    asked.answer(question, "y")?;
    asked.answer(question, "n")?;
    let (code, told) = asked.end()?;
    let back = "not agreed to; `flow-dev` was brought back to the last state that worked, and \
                nothing else was changed";
    ensure(code == Some(3) && told.contains(back), || format!("ended with {code:?}: {told}"))?;
    hand.is_in("UPDATE_ROLLBACK_COMPLETE")
}

#[test]
fn every_state_that_a_first_create_or_a_delete_leaves_has_an_answer() -> Outcome {
    let stage = Stage::of("states-of-a-create", Project::of(TYPE)?)?;
    let hand = Hand { stage: &stage };

    hand.creates(&waiting(1), &[("DisableRollback", "true")])?;
    hand.becomes("CREATE_FAILED")?;
    hand.sees_it_made_anew()?;
    hand.deletes()?;

    hand.creates(&waiting(1), &[])?;
    hand.becomes("ROLLBACK_COMPLETE")?;
    hand.sees_it_made_anew()?;
    hand.deletes()?;

    hand.creates_what_cannot_be_taken_away()?;
    hand.becomes("ROLLBACK_FAILED")?;
    hand.sees_it_made_anew()?;
    hand.deletes()?;

    hand.creates(&waiting(6), &[])?;
    hand.is_in("CREATE_IN_PROGRESS")?;
    let waited = hand.sees_it_made_anew()?;
    ensure(waited.stderr.contains("waiting for its end"), || waited.told(&DEPLOY))?;

    hand.takes_long_to_delete()?;
    hand.is_in("DELETE_IN_PROGRESS")?;
    let waited = stage.scheduler.succeed(&DEPLOY)?;
    ensure(waited.stderr.contains("waiting for its end"), || waited.told(&DEPLOY))?;
    hand.is_in("CREATE_COMPLETE")?;

    // Another region is another env: this one is not made a second time by a word.
    hand.moves_to("eu-west-1")?;
    for line in [&DEPLOY[..], &["diff", "--env", ENV], &["destroy", "--env", ENV, "--yes"]] {
        let refused = stage.scheduler.run(line)?;
        let what = "`flow-dev` is deployed in region `eu-central-1`";
        ensure(refused.code == 3 && refused.stderr.contains(what), || refused.told(line))?;
    }
    let line = ["doctor", "--env", ENV];
    let told = stage.scheduler.run(&line)?;
    let what = "set `region` back to `eu-central-1`";
    ensure(told.code == 1 && told.stdout.contains(what), || told.told(&line))?;
    hand.moves_to(REGION)?;
    stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes"]).map(drop)
}

#[test]
fn a_resource_of_a_plugin_that_fails_leads_to_its_file() -> Outcome {
    let stage = Stage::set("failing-plugin", &[])?;
    let folder = stage.project.path().join("plugins/odd");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(
        folder.join("plugin.toml"),
        "[job_types.odd]\nschema = {}\n\n[consumer]\nqueue_arn = \"arn:aws:sqs:eu-central-1:000000000000:theirs\"\n\n\
         [resources]\ntemplate = \"own.json.j2\"\n",
    )?;
    let write = |resources: &Value| {
        let text = format!("{:#}", json!({ "Resources": resources }));
        std::fs::write(folder.join("own.json.j2"), &text).map(|()| text)
    };
    let (broken, sound) = (waiting(1), json!({ "Handle": waiting(1)["Handle"] }));

    // The emulator's parent stack does not name a nested one that it could not make.
    write(&broken)?;
    let failed = stage.scheduler.run(&DEPLOY)?;
    let cause = "`PluginOdd` (AWS::CloudFormation::Stack) of plugin `odd` failed: ";
    for what in [cause, "(from plugins/odd/plugin.toml)", "the failed stack is then recreated"] {
        ensure(failed.code == 1 && failed.stderr.contains(what), || failed.told(&DEPLOY))?;
    }
    write(&sound)?;
    same_everywhere(&stage)?;
    let done = stage.scheduler.succeed(&DEPLOY)?;
    for what in ["the first create of `flow-dev` failed: ", cause, "deleting `flow-dev`"] {
        ensure(done.stderr.contains(what), || format!("{what}: {}", done.told(&DEPLOY)))?;
    }

    let text = write(&broken)?;
    let line = text.lines().position(|line| line.contains("\"Wait\"")).unwrap_or(0) + 1;
    let failed = stage.scheduler.run(&DEPLOY)?;
    let cause = "error: `Wait` (AWS::CloudFormation::WaitCondition) of plugin `odd` failed: ";
    let place = format!("(from plugins/odd/own.json.j2:{line})");
    for what in [cause, &place, "the stack is as it was before"] {
        ensure(failed.code == 1 && failed.stderr.contains(what), || failed.told(&DEPLOY))?;
    }
    // One cause is told, and nothing of the cascade.
    let told = failed.stderr.lines().filter(|line| line.starts_with("error: ")).count();
    ensure(told == 1, || failed.told(&DEPLOY))?;
    stage.scheduler.succeed(&["destroy", "--env", ENV, "--yes"]).map(drop)
}
