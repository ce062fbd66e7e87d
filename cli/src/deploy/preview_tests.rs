//! What is shown before anything is asked, whatever state the stack is in.

use super::tests::Bench;
use serde_json::json;

/// Everything that the release has, as added.
const ALL: &str = "5 to add, 0 to change, 0 to replace, 0 to remove";
/// Only what the second release has besides.
const ONE: &str = "0 to add, 1 to change, 0 to replace, 0 to remove";

#[test]
fn what_is_shown_begins_with_what_happens_first_in_every_state() {
    let made_anew = "first: the first create of `mon-dev` failed";
    let goes_back = "first: the last update of `mon-dev` failed";
    for (state, first, changes) in [
        ("REVIEW_IN_PROGRESS", "", ALL),
        ("CREATE_FAILED", made_anew, ALL),
        ("ROLLBACK_COMPLETE", made_anew, ALL),
        ("ROLLBACK_FAILED", made_anew, ALL),
        ("CREATE_COMPLETE", "", ONE),
        ("UPDATE_COMPLETE", "", ONE),
        ("UPDATE_ROLLBACK_COMPLETE", "", ONE),
        ("IMPORT_COMPLETE", "", ONE),
        ("IMPORT_ROLLBACK_COMPLETE", "", ONE),
        ("UPDATE_FAILED", goes_back, ONE),
        ("UPDATE_ROLLBACK_FAILED", goes_back, ONE),
    ] {
        let bench = Bench::new();
        bench.deploy(&bench.release(&json!({}))).expect("deploys");
        bench.set_state(state);
        let release = bench.release(&json!({ "Delay": 1 }));
        let preview = bench.preview(&release).expect("shows");
        let told = preview.to_string();
        assert!(told.starts_with(first) && told.contains(changes), "{state}: {told}");
        assert_eq!(preview.first.is_empty(), first.is_empty(), "{state}");
        // The same value, for a program.
        let value = serde_json::to_value(&preview).expect("JSON");
        assert_eq!(value["first"].as_array().map(Vec::len), Some(preview.first.len()));
        assert!(value["stacks"].is_array() && value["access"].is_array(), "{value}");
        // To look changes nothing: it is shown the same way again.
        assert_eq!(bench.preview(&release).expect("shows"), preview, "{state}");
    }
    let bench = Bench::new();
    let told = bench.preview(&bench.release(&json!({}))).expect("shows").to_string();
    assert!(told.contains(ALL), "{told}");
}

#[test]
fn with_nothing_to_do_the_same_value_says_so() {
    let bench = Bench::new();
    let release = bench.release(&json!({}));
    bench.deploy(&release).expect("deploys");
    let preview = bench.preview(&release).expect("shows");
    assert!(preview.is_empty());
    assert_eq!(preview.to_string(), "no differences");
    let value = serde_json::to_value(&preview).expect("JSON");
    let shape = json!({
        "stack": "mon-dev", "account": "111122223333", "first": [], "stacks": [], "access": []
    });
    assert_eq!(value, shape);

    // Something has to be done all the same.
    bench.set_state("UPDATE_ROLLBACK_FAILED");
    assert!(!bench.preview(&release).expect("shows").is_empty());
}

#[test]
fn kept_data_is_told_before_it_is_taken_over() {
    let bench = Bench::new();
    let release = bench.release(&json!({}));
    bench.deploy(&release).expect("deploys");
    bench.destroy(true).expect("goes");
    let told = bench.preview(&release).expect("shows").to_string();
    assert!(told.starts_with("first: kept from an earlier `mon-dev`:"), "{told}");
    assert!(told.contains("Table-physical (AWS::DynamoDB::Table)") && told.contains(ALL), "{told}");
}
