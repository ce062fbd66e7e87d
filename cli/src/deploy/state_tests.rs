//! Every state that a stack can be left in, and the way on from it.

use super::error::{CallFailure, DeployError, ExitClass};
use super::ports::MeantChange;
use super::prepare::Agreed;
use super::tests::{Bench, request};
use serde_json::json;

/// A deployed stack, then left in this state.
fn left_in(state: &str) -> Bench {
    let bench = Bench::new();
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    bench.set_state(state);
    bench
}

#[test]
fn an_update_that_could_not_go_back_goes_back_first() {
    for (state, action) in [
        ("UPDATE_ROLLBACK_FAILED", "cloudformation:ContinueUpdateRollback"),
        ("UPDATE_FAILED", "cloudformation:RollbackStack"),
    ] {
        let bench = left_in(state);
        bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect("deploys");
        assert_eq!(bench.state(), "UPDATE_COMPLETE");
        assert!(bench.cloud.actions().contains(&action.to_owned()), "{state}");
    }
}

#[test]
fn what_keeps_a_stack_from_going_back_is_named_and_skipped_on_request() {
    let bench = left_in("UPDATE_ROLLBACK_FAILED");
    bench.cloud.model().unable = ["Topic".to_owned()].into();
    let release = bench.release(&json!({ "Delay": 1 }));
    let error = bench.deploy(&release).expect_err("it still cannot go back");
    assert_eq!(
        error.to_string(),
        "`mon-dev` cannot go back to the last state that worked: `Topic` (AWS::SNS::Topic): it is \
         in use"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("--skip-rollback Topic")));

    let wrong =
        bench.deploy_skipping(&release, Agreed::default(), &["Table"]).expect_err("not in the way");
    assert_eq!(wrong.exit(), ExitClass::Input);
    assert_eq!(wrong.to_string(), "`Table` does not keep `mon-dev` from going back, but `Topic`");
    bench.deploy_skipping(&release, Agreed::default(), &["Topic"]).expect("goes on without it");
    assert_eq!(bench.state(), "UPDATE_COMPLETE");
}

#[test]
fn only_what_failed_by_itself_is_offered_to_be_skipped() {
    let bench = left_in("UPDATE_ROLLBACK_FAILED");
    let mut model = bench.cloud.model();
    model.unable = ["Topic".to_owned(), "Table".to_owned(), "PluginMail".to_owned()].into();
    model.cancelled = ["Table".to_owned(), "PluginMail".to_owned()].into();
    drop(model);
    let error = bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect_err("cannot go back");
    let DeployError::CannotGoBack { unable, .. } = error else { panic!("{error}") };
    assert_eq!(unable.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["Topic"]);

    // A nested stack that failed as a whole, and that is still there, cannot be skipped either.
    bench.cloud.model().cancelled = ["Table".to_owned()].into();
    bench.set_state("UPDATE_ROLLBACK_FAILED");
    let error = bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect_err("cannot go back");
    let DeployError::CannotGoBack { unable, .. } = error else { panic!("{error}") };
    assert_eq!(unable.len(), 1);
}

#[test]
fn a_failed_create_is_made_anew_whatever_it_is_called() {
    for state in ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"] {
        let bench = Bench::new();
        let id = bench.cloud.model().add("mon-dev", state);
        bench.deploy(&bench.release(&json!({}))).expect("deploys");
        assert_eq!(bench.state(), "CREATE_COMPLETE");
        assert!(bench.cloud.model().calls.contains(&format!("cloudformation:DeleteStack {id}")));
    }
}

/// The same stack in another region.
fn deployed_in(bench: &Bench, region: &str, state: &str) {
    let mut model = bench.cloud.model();
    let id = model.add("mon-dev", state);
    let stack = model.stacks.remove(&id).expect("there").stack;
    model.other_regions.insert(region.to_owned(), stack);
}

#[test]
fn an_env_whose_region_was_changed_is_not_made_a_second_time() {
    let bench = Bench::new();
    deployed_in(&bench, "eu-west-1", "UPDATE_COMPLETE");
    let error = bench.deploy(&bench.release(&json!({}))).expect_err("it is elsewhere");
    assert_eq!(error.exit(), ExitClass::Refused);
    assert_eq!(
        error.to_string(),
        "`mon-dev` is deployed in region `eu-west-1`, not in `eu-central-1` as the project says"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("back to `eu-west-1`")));
    let is_write = |action: &String| action.contains("Create") || action.contains("Put");
    assert!(!bench.cloud.actions().iter().any(is_write));
    // Nor is it taken for gone.
    let error = bench.destroy(false).expect_err("it is elsewhere");
    assert!(matches!(error, DeployError::Elsewhere { .. }), "{error}");
}

#[test]
fn a_look_into_other_regions_costs_only_a_first_deploy_and_stops_it_only_where_it_finds_the_env() {
    let lists = |bench: &Bench| {
        let actions = bench.cloud.actions();
        actions.iter().filter(|action| *action == "s3:ListAllMyBuckets").count()
    };
    let bench = Bench::new();
    deployed_in(&bench, "eu-west-1", "REVIEW_IN_PROGRESS");
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    assert_eq!(lists(&bench), 1);
    bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect("deploys");
    assert_eq!(lists(&bench), 1);

    let bench = Bench::new();
    bench.cloud.model().hidden_regions = true;
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    let told = bench.lines.all();
    assert!(told.contains("whether `mon-dev` is in another region is not known"), "{told}");
}

#[test]
fn half_deleted_and_unknown_states_are_refused_before_anything_is_built() {
    for (state, next) in [
        ("DELETE_FAILED", "scheduler destroy"),
        ("IMPORT_ROLLBACK_FAILED", "scheduler destroy --keep-data"),
        ("QUITE_NEW_FAILED", "scheduler destroy"),
    ] {
        let bench = left_in(state);
        bench.forget_calls();
        let error = bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect_err("stuck");
        assert!(error.hint().is_some_and(|hint| hint.contains(next)), "{state}");
        let reads = |action: &String| !action.starts_with("s3:");
        assert!(bench.cloud.actions().iter().all(reads), "{state}");
        assert!(!bench.cloud.actions().contains(&"cloudformation:CreateChangeSet".to_owned()));
    }
}

#[test]
fn a_failed_import_is_taken_away_and_what_it_took_in_is_taken_over_anew() {
    let bench = left_in("CREATE_COMPLETE");
    bench.destroy(true).expect("goes");
    let id = bench.cloud.model().add("mon-dev", "IMPORT_ROLLBACK_FAILED");
    assert_eq!(bench.destroy(true).expect("goes"), "`mon-dev` is gone");
    assert!(bench.cloud.model().calls.contains(&format!("cloudformation:DeleteStack {id}")));
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    let model = bench.cloud.model();
    let table = model.live("mon-dev").expect("there").resources.iter();
    assert!(table.clone().any(|one| one.physical_id == "Table-physical"));
}

#[test]
fn a_stack_that_somebody_deletes_meanwhile_is_no_success() {
    let bench = left_in("UPDATE_COMPLETE");
    bench.cloud.model().deleted_meanwhile = true;
    let error = bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect_err("it is gone");
    assert_eq!(error.to_string(), "`mon-dev` is in the state DELETE_COMPLETE");
    assert_eq!(error.hint().as_deref(), Some("somebody deleted it meanwhile; deploy again"));
}

#[test]
fn a_change_that_never_begins_is_told_and_not_waited_for() {
    let bench = Bench::new();
    bench.cloud.model().never_begins = true;
    let error = bench.deploy(&bench.release(&json!({}))).expect_err("it never begins");
    assert_eq!(error.to_string(), "`mon-dev` ended in REVIEW_IN_PROGRESS: it was not to be");
    assert!(error.hint().is_some_and(|hint| hint.contains("deploy again")));
}

#[test]
fn a_first_create_of_a_protected_env_that_fails_leaves_nothing_that_is_protected() {
    let bench = Bench::new();
    let mut release = bench.release(&json!({ "Fail": "bad value" }));
    release.protect = true;
    let release = bench.with_deletion_protection(release);
    bench.deploy(&release).expect_err("fails");
    assert_eq!(bench.protected_resources(), 0);

    let mut release = bench.release(&json!({}));
    release.protect = true;
    let release = bench.with_deletion_protection(release);
    bench.deploy(&release).expect("deploys");
    assert_eq!(bench.protected_resources(), 1);
    let model = bench.cloud.model();
    assert!(model.policies["mon-dev"].contains("LogicalResourceId/Table"));
}

#[test]
fn another_deploy_in_between_is_told_and_nothing_is_done() {
    let bench = left_in("UPDATE_COMPLETE");
    bench.cloud.model().refuse_execute = Some(CallFailure::Other {
        code: "InvalidChangeSetStatus".into(),
        message: "ChangeSet cannot be executed in its current status of [OBSOLETE]".into(),
    });
    let error = bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect_err("overtaken");
    assert!(matches!(error, DeployError::Overtaken { .. }), "{error}");
    assert_eq!(error.exit(), ExitClass::Refused);
}

#[test]
fn a_shell_that_a_faster_deploy_took_away_is_told_and_nothing_is_done() {
    let bench = Bench::new();
    bench.cloud.model().lost_shells = true;
    let error = bench.deploy(&bench.release(&json!({}))).expect_err("overtaken");
    assert!(matches!(error, DeployError::Overtaken { .. }), "{error}");
    let executed = "cloudformation:ExecuteChangeSet".to_owned();
    assert!(!bench.cloud.actions().contains(&executed));
}

#[test]
fn a_bucket_that_is_still_written_to_is_emptied_again() {
    let bench = left_in("CREATE_COMPLETE");
    bench.cloud.model().sticky = [("State".to_owned(), 1)].into();
    let objects = [("page".to_owned(), b"x".to_vec())].into();
    bench.cloud.model().buckets.insert("State-physical".into(), objects);
    assert_eq!(bench.destroy(false).expect("goes"), "`mon-dev` is gone");
    assert!(!bench.cloud.model().buckets.contains_key("State-physical"));
}

#[test]
fn what_cannot_be_deleted_is_named_and_left_behind_on_request() {
    let bench = left_in("CREATE_COMPLETE");
    bench.cloud.model().sticky = [("Queue".to_owned(), 100), ("Topic".to_owned(), 100)].into();
    let error = bench.destroy(false).expect_err("it is in use");
    assert_eq!(
        error.to_string(),
        "`mon-dev` could not be deleted whole: `PluginMail/Queue` (AWS::SQS::Queue): it is in use; \
         `Topic` (AWS::SNS::Topic): it is in use"
    );
    assert_eq!(
        error.hint().as_deref(),
        Some(
            "remove what stands in the way and destroy again, or leave it behind: `scheduler \
             destroy --env dev --retain PluginMail/Queue --retain Topic`"
        )
    );
    let told = error.told();
    assert_eq!(told[0].origin.resource.as_deref(), Some("PluginMail/Queue"));
    assert_eq!(told[0].aws, "it is in use");
    assert_eq!(bench.state(), "DELETE_FAILED");

    let refused = bench.deploy(&bench.release(&json!({}))).expect_err("half deleted");
    assert_eq!(
        refused.to_string(),
        "`mon-dev` is half deleted (DELETE_FAILED): `PluginMail/Queue` (AWS::SQS::Queue): it is in \
         use; `Topic` (AWS::SNS::Topic): it is in use"
    );

    let retain = vec!["PluginMail/Queue".to_owned(), "Topic".to_owned()];
    let gone = bench.destroy_as(&super::destroy::DestroyRequest { retain, ..request(false) });
    assert_eq!(gone.expect("goes"), "`mon-dev` is gone");
    assert_eq!(bench.state(), "ABSENT");
}

#[test]
fn data_that_only_cloudformation_knows_would_go_stops_the_deploy() {
    let bench = left_in("UPDATE_COMPLETE");
    let replaced = |policy: &str| MeantChange {
        logical_id: "Table".into(),
        kind: "AWS::DynamoDB::Table".into(),
        action: "Modify".into(),
        replacement: "True".into(),
        policy: policy.into(),
        nested: None,
    };
    bench.cloud.model().meant = vec![replaced("ReplaceAndDelete")];
    let release = bench.release(&json!({ "Delay": 1 }));
    let error = bench.deploy(&release).expect_err("refused");
    assert_eq!(error.exit(), ExitClass::Refused);
    assert!(error.to_string().contains("`Table` (AWS::DynamoDB::Table)"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--allow-data-loss Table")));
    assert!(!bench.cloud.actions().ends_with(&["cloudformation:ExecuteChangeSet".to_owned()]));

    bench.cloud.model().meant = vec![replaced("ReplaceAndRetain")];
    bench.deploy(&release).expect("what is retained is not lost");
}

#[test]
fn data_of_a_nested_stack_that_only_its_change_set_knows_would_go_stops_the_deploy() {
    let bench = left_in("UPDATE_COMPLETE");
    for kind in ["AWS::S3::Bucket", "AWS::EFS::FileSystem", "AWS::SecretsManager::Secret"] {
        let set = "arn:set/nested".to_owned();
        let inside = MeantChange {
            logical_id: "State".into(),
            kind: kind.into(),
            action: "Modify".into(),
            replacement: "True".into(),
            policy: "ReplaceAndDelete".into(),
            nested: None,
        };
        let nested = MeantChange {
            logical_id: "PluginMail".into(),
            kind: super::stack::NESTED_STACK.into(),
            action: "Modify".into(),
            replacement: "False".into(),
            policy: String::new(),
            nested: Some(set.clone()),
        };
        bench.cloud.model().meant = vec![nested];
        bench.cloud.model().meant_inside = [(set, vec![inside])].into();
        bench.forget_calls();
        let error = bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect_err("refused");
        assert_eq!(error.exit(), ExitClass::Refused);
        assert!(error.to_string().contains(&format!("`PluginMail/State` ({kind})")), "{error}");
        let actions = bench.cloud.actions();
        assert!(!actions.contains(&"cloudformation:ExecuteChangeSet".to_owned()));
        assert!(actions.contains(&"cloudformation:DeleteChangeSet".to_owned()));
    }
    let data_loss = vec!["PluginMail/State".to_owned()];
    let agreed = Agreed { data_loss, ..Agreed::default() };
    bench.deploy_agreeing(&bench.release(&json!({ "Delay": 1 })), agreed).expect("as agreed");
}

#[test]
fn a_protected_envs_nested_stacks_have_policies_of_their_own() {
    let bench = Bench::new();
    let protected = |protect, queue| {
        let mut release = bench.release(&queue);
        release.protect = protect;
        release
    };
    bench.deploy(&protected(true, json!({}))).expect("deploys");
    let (root, nested) = bench.policies();
    assert!(root.contains("LogicalResourceId/PluginMail"), "{root}");
    assert!(nested.contains("LogicalResourceId/State"), "{nested}");

    // What was agreed to is let through, and only while it is done.
    bench.forget_calls();
    let data_loss = vec!["PluginMail/State".to_owned()];
    let agreed = Agreed { data_loss, ..Agreed::default() };
    bench.deploy_agreeing(&protected(true, json!({ "Delay": 1 })), agreed).expect("deploys");
    let actions = bench.cloud.actions();
    let at = |name: &str| actions.iter().position(|one| one == name);
    let (opened, executed) =
        (at("cloudformation:SetStackPolicy"), at("cloudformation:ExecuteChangeSet"));
    assert!(opened < executed && opened.is_some(), "{actions:?}");
    assert!(bench.policies().1.contains("LogicalResourceId/State"));

    bench.deploy(&protected(false, json!({ "Delay": 2 }))).expect("deploys");
    let (root, nested) = bench.policies();
    assert!(!root.contains("Deny") && !nested.contains("Deny"), "{root} {nested}");
}
