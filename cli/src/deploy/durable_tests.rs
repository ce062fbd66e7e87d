//! What a deploy promised, and a later one keeps: everything that is due once the stack has changed.

use super::due::Due;
use super::fake::ACCOUNT;
use super::note::Note;
use super::prepare::Agreed;
use super::release::{Release, asset_bucket};
use super::tests::Bench;
use scheduler_plan::template::{Template, Templates, hex_sha256};
use serde_json::{Value, json};

/// The release without its plugin.
fn without_mail(bench: &Bench) -> Release {
    let mut release = bench.release(&json!({}));
    let mut root: Value = serde_json::from_str(&release.templates.root.text).expect("JSON");
    root["Resources"].as_object_mut().expect("a map").remove("PluginMail");
    let digest = hex_sha256(b"without mail");
    root["Outputs"]["Digest"]["Value"] = json!(digest);
    release.templates =
        Templates { root: Template::of(&root), plugins: [].into(), nested_ids: [].into(), digest };
    release
}

fn agreed(orphans: &[(&str, bool)]) -> Agreed {
    let orphans = orphans.iter().map(|(name, go)| ((*name).to_owned(), *go)).collect();
    Agreed { data_loss: vec!["PluginMail/State".into()], orphans }
}

fn deployed() -> Bench {
    let bench = Bench::new();
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    bench
}

fn has_note(bench: &Bench, key: &str) -> bool {
    bench.cloud.model().buckets[&asset_bucket(ACCOUNT, "eu-central-1")].contains_key(key)
}

fn deleted_jobs(bench: &Bench) -> Vec<String> {
    let model = bench.cloud.model();
    let calls = model.calls.iter().filter(|call| call.starts_with("dynamodb:DeleteItem"));
    calls.cloned().collect()
}

#[test]
fn jobs_that_were_to_go_go_though_the_first_check_fails() {
    let bench = deployed();
    let release = without_mail(&bench);
    bench.cloud.model().job_types = "{}".into();
    bench.deploy_agreeing(&release, agreed(&[("pong", true)])).expect_err("smoke");
    assert_eq!(deleted_jobs(&bench), [""; 0]);
    bench.cloud.model().job_types = r#"{"ping": {}}"#.into();
    bench.deploy(&release).expect("nothing changed, but something is due");
    assert_eq!(deleted_jobs(&bench), [r#"dynamodb:DeleteItem mon-dev-items {"pong"}"#]);
    assert!(!has_note(&bench, &Due::key("mon-dev")));
}

#[test]
fn jobs_whose_type_is_back_stay() {
    let bench = deployed();
    bench.cloud.model().job_types = "{}".into();
    bench.deploy_agreeing(&without_mail(&bench), agreed(&[("ping", true)])).expect_err("smoke");
    bench.cloud.model().job_types = r#"{"ping": {}}"#.into();
    bench.deploy(&bench.release(&json!({}))).expect("the plugin is back");
    assert_eq!(deleted_jobs(&bench), [""; 0]);
    assert!(!has_note(&bench, &Due::key("mon-dev")));
}

#[test]
fn a_nested_stack_that_an_update_left_goes_with_the_next_deploy() {
    let bench = deployed();
    let objects = [("page".to_owned(), b"x".to_vec())].into();
    bench.cloud.model().buckets.insert("State-physical".into(), objects);
    bench.cloud.model().refuse_delete = true;
    let release = without_mail(&bench);
    bench.deploy_agreeing(&release, agreed(&[])).expect_err("the credentials expire");
    assert!(bench.cloud.model().buckets.contains_key("State-physical"));
    bench.deploy(&release).expect("nothing changed, but something is due");
    let model = bench.cloud.model();
    assert!(!model.buckets.contains_key("State-physical"));
    let nested = model.stacks.values().find(|one| one.stack.name == "nested-PluginMail");
    assert_eq!(nested.expect("it was there").stack.state.as_str(), "DELETE_COMPLETE");
}

#[test]
fn schedules_are_in_step_before_kept_data_counts_as_taken_over() {
    let bench = deployed();
    bench.destroy(true).expect("goes");
    bench.cloud.model().differences = [3; 100].into();
    let release = bench.release(&json!({}));
    let error = bench.deploy(&release).expect_err("the schedules do not follow");
    assert_eq!(
        error.to_string(),
        "`mon-dev` is deployed, but 3 of its jobs and schedules do not agree yet"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("scheduler verify")));
    bench.cloud.model().differences = [3, 2, 0].into();
    bench.deploy(&release).expect("they do");
    assert!(bench.lines.all().contains("every job has its schedule"));
    assert!(!has_note(&bench, &Due::key("mon-dev")));
}

#[test]
fn an_update_that_leaves_what_schedules_point_at_looks_at_none() {
    let bench = deployed();
    bench.forget_calls();
    bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect("deploys");
    assert!(!bench.cloud.actions().contains(&"sqs:SendMessageBatch".to_owned()));
    let mut release = bench.release(&json!({ "Delay": 1 }));
    let mut root: Value = serde_json::from_str(&release.templates.root.text).expect("JSON");
    root["Resources"]["Topic"]["Properties"] = json!({ "TopicName": "other" });
    root["Outputs"]["Digest"]["Value"] = json!("other");
    release.templates.root = Template::of(&root);
    release.templates.digest = "other".into();
    bench.deploy(&release).expect("deploys");
    assert!(bench.cloud.actions().contains(&"sqs:SendMessageBatch".to_owned()));
}

#[test]
fn data_that_went_after_it_was_kept_is_not_taken_over() {
    let bench = deployed();
    bench.destroy(true).expect("goes");
    bench.deploy(&bench.release(&json!({}))).expect("takes over");
    assert!(!has_note(&bench, "retained/mon-dev.json"));
    bench.destroy(true).expect("goes");
    bench.cloud.model().gone = ["Table-physical".to_owned()].into();
    bench.forget_calls();
    bench.deploy(&bench.release(&json!({}))).expect("makes a new table");
    assert!(!has_note(&bench, "retained/mon-dev.json"));
}

#[test]
fn a_destroy_forgets_what_it_deletes() {
    let bench = deployed();
    bench.destroy(true).expect("goes");
    bench.cloud.model().job_types = "{}".into();
    bench.deploy(&bench.release(&json!({}))).expect_err("smoke");
    assert!(has_note(&bench, "retained/mon-dev.json") && has_note(&bench, &Due::key("mon-dev")));
    bench.destroy(false).expect("goes");
    assert!(!has_note(&bench, "retained/mon-dev.json") && !has_note(&bench, &Due::key("mon-dev")));
}

#[test]
fn protection_that_was_switched_by_hand_is_as_the_env_says_again() {
    let bench = deployed();
    let mut release = bench.release(&json!({}));
    let protected = || bench.cloud.model().live("mon-dev").expect("there").stack.protected;
    bench.cloud.model().find("mon-dev").expect("there").stack.protected = true;
    bench.deploy(&release).expect("nothing else to do");
    assert!(!protected());
    release.protect = true;
    bench.deploy(&release).expect("nothing else to do");
    assert!(protected());
    let model = bench.cloud.model();
    assert!(model.policies["mon-dev"].contains("LogicalResourceId/Table"));
}

#[test]
fn what_a_failed_create_left_is_named_and_its_buckets_are_emptied() {
    for (state, left) in [("CREATE_FAILED", 2), ("ROLLBACK_FAILED", 2), ("ROLLBACK_COMPLETE", 0)] {
        let bench = deployed();
        let objects = [("page".to_owned(), b"x".to_vec())].into();
        bench.cloud.model().buckets.insert("State-physical".into(), objects);
        bench.set_state(state);
        let release = bench.release(&json!({ "Delay": 1 }));
        let data = bench.left_data(&release);
        assert_eq!(data.len(), left, "{state}: {data:?}");
        bench.deploy(&release).expect("made anew");
        assert!(!bench.cloud.model().buckets.contains_key("State-physical"));
        assert_eq!(bench.state(), "CREATE_COMPLETE");
    }
}

#[test]
fn the_cause_of_a_first_create_is_found_in_the_nested_stacks_history() {
    for state in ["CREATE_FAILED", "ROLLBACK_FAILED"] {
        let bench = Bench::new();
        bench.deploy(&bench.release(&json!({ "Fail": "bad value" }))).expect_err("fails");
        bench.set_state(state);
        let cause = bench.first_cause(&bench.release(&json!({}))).expect("a cause");
        assert_eq!(cause, "`Queue` (AWS::SQS::Queue) of plugin `mail` failed: bad value");
    }
}
