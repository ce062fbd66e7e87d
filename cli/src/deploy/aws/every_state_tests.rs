//! Every state that CloudFormation knows, what `scheduler deploy` does about it, and where that is
//! shown: by force on the emulator, or by answers over HTTP here.

use super::replay::{ARN, Answer, Replay, ok, session, stack};
use super::wire_tests::run;
use crate::deploy::error::DeployError;
use crate::deploy::prepare::{Before, Place, Prepared, look, prepare};
use crate::deploy::tests::Bench;
use aws_sdk_cloudformation::types::StackStatus;
use serde_json::json;
use std::collections::BTreeSet;

/// What a deploy does about a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Creates it.
    Created,
    /// Updates it.
    Updated,
    /// Waits for the end of what is going on, and goes on from there.
    Awaited,
    /// Takes away what is left of it, and creates it.
    MadeAnew,
    /// Brings it back to the last state that worked, and goes on from there.
    BroughtBack,
    /// Nothing: `scheduler destroy` comes first.
    Refused,
}

/// Where a state is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// In `tests/tests/emulator_flow/states.rs`, by somebody with a console.
    ByForce,
    /// The emulator passes through it too fast, or never comes to it.
    Replayed,
}

const ANSWERS: &[(&str, Way, Shown)] = &[
    ("REVIEW_IN_PROGRESS", Way::Created, Shown::ByForce),
    ("CREATE_IN_PROGRESS", Way::Awaited, Shown::ByForce),
    ("CREATE_COMPLETE", Way::Updated, Shown::ByForce),
    ("CREATE_FAILED", Way::MadeAnew, Shown::ByForce),
    ("ROLLBACK_IN_PROGRESS", Way::Awaited, Shown::Replayed),
    ("ROLLBACK_COMPLETE", Way::MadeAnew, Shown::ByForce),
    ("ROLLBACK_FAILED", Way::MadeAnew, Shown::ByForce),
    ("UPDATE_IN_PROGRESS", Way::Awaited, Shown::ByForce),
    ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Way::Awaited, Shown::Replayed),
    ("UPDATE_COMPLETE", Way::Updated, Shown::ByForce),
    ("UPDATE_FAILED", Way::BroughtBack, Shown::ByForce),
    ("UPDATE_ROLLBACK_IN_PROGRESS", Way::Awaited, Shown::Replayed),
    ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Way::Awaited, Shown::Replayed),
    ("UPDATE_ROLLBACK_COMPLETE", Way::Updated, Shown::ByForce),
    ("UPDATE_ROLLBACK_FAILED", Way::BroughtBack, Shown::ByForce),
    ("DELETE_IN_PROGRESS", Way::Awaited, Shown::ByForce),
    ("DELETE_COMPLETE", Way::Created, Shown::ByForce),
    ("DELETE_FAILED", Way::Refused, Shown::ByForce),
    ("IMPORT_IN_PROGRESS", Way::Awaited, Shown::Replayed),
    ("IMPORT_COMPLETE", Way::Updated, Shown::Replayed),
    ("IMPORT_ROLLBACK_IN_PROGRESS", Way::Awaited, Shown::Replayed),
    ("IMPORT_ROLLBACK_COMPLETE", Way::Updated, Shown::Replayed),
    ("IMPORT_ROLLBACK_FAILED", Way::Refused, Shown::Replayed),
];

#[test]
fn every_state_of_cloudformation_has_exactly_one_answer() {
    let known: BTreeSet<&str> = StackStatus::values().iter().copied().collect();
    let answered: BTreeSet<&str> = ANSWERS.iter().map(|(state, ..)| *state).collect();
    assert_eq!(known, answered);
    assert_eq!(ANSWERS.len(), answered.len());
}

#[test]
fn what_is_forced_on_the_emulator_stands_in_its_test_and_every_answer_on_its_page() {
    let forced = [
        include_str!("../../../../tests/tests/emulator_flow/states.rs"),
        include_str!("../../../../tests/tests/emulator_flow/hand.rs"),
    ]
    .concat();
    let page = include_str!("../../../../docs/deploying.md");
    for (state, way, shown) in ANSWERS {
        let is_forced = forced.contains(&format!("\"{state}\""));
        assert_eq!(is_forced, *shown == Shown::ByForce, "{state}");
        // The page has one row for all that is at it, and one for all that is settled.
        let is_named = page.contains(&format!("`{state}`"));
        let is_grouped = matches!(way, Way::Awaited | Way::Created | Way::Updated);
        assert!(is_named || is_grouped, "{state}");
    }
}

/// What a deploy does about a stack that is first in this state, and then settled.
async fn way(replay: &Replay) -> Way {
    let bench = Bench::new();
    let release = bench.release(&json!({ "Delay": 1 }));
    let place = Place {
        stack: release.stack.clone(),
        region: release.region.clone(),
        account: None,
        plugins: release.templates.nested_ids.clone(),
    };
    let found = match look(&replay.aws(), &place, &session()).await {
        Ok(found) => found,
        Err(DeployError::Stuck { next, .. }) => {
            assert!(next.contains("scheduler destroy"), "{next}");
            return Way::Refused;
        }
        Err(error @ DeployError::HalfDeleted { .. }) => {
            assert!(error.hint().is_some_and(|hint| hint.contains("scheduler destroy")));
            return Way::Refused;
        }
        Err(error) => panic!("{error}"),
    };
    if replay.asked("DescribeStacks").len() > 1 {
        return Way::Awaited;
    }
    match prepare(&replay.aws(), found, &release).await.expect("looks") {
        Prepared::Unchanged(_) => panic!("there is something to do"),
        Prepared::Stranded(_) => Way::BroughtBack,
        Prepared::Ready(ready) => match ready.before {
            Before::Absent | Before::Shell => Way::Created,
            Before::Live(_) => Way::Updated,
            Before::FailedCreate { .. } => Way::MadeAnew,
        },
    }
}

fn answer(state: &'static str) -> impl Fn(&str, usize) -> Answer + Send + 'static {
    let ended = format!(
        "<StackEvents><member><StackId>{ARN}</StackId><EventId>1</EventId><StackName>mon-dev\
         </StackName><LogicalResourceId>mon-dev</LogicalResourceId><PhysicalResourceId>{ARN}\
         </PhysicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType>\
         <ResourceStatus>UPDATE_COMPLETE</ResourceStatus><Timestamp>2026-01-01T00:00:00Z\
         </Timestamp></member></StackEvents>"
    );
    move |operation, nth| match (operation, nth) {
        ("DescribeStacks", 1) => stack(state),
        ("DescribeStacks", _) => stack("UPDATE_COMPLETE"),
        // Nothing yet, and then its end.
        ("DescribeStackEvents", 1) => ok(operation, "<StackEvents></StackEvents>"),
        ("DescribeStackEvents", _) => ok(operation, &ended),
        ("GetTemplate", _) => ok(operation, "<TemplateBody>{}</TemplateBody>"),
        (list, _) if list.starts_with("GET /?") => (200, "<ListAllMyBucketsResult/>".to_owned()),
        (get, _) if get.starts_with("GET ") => (404, String::new()),
        _ => ok(operation, ""),
    }
}

#[test]
fn every_state_is_answered_as_the_table_says() {
    for (state, wanted, _) in ANSWERS {
        run(async {
            let replay = Replay::of(answer(state)).await;
            assert_eq!(way(&replay).await, *wanted, "{state}");
        });
    }
}
