//! What is told of an account, replayed over HTTP.

use super::{Finding, Needs, State, account};
use crate::deploy::aws::replay::{Answer, Replay, ok, refused, stack};
use crate::deploy::aws::wire_tests::{refusal, run};
use crate::deploy::prepare::Place;
use serde_json::json;

const SETTINGS: &str = "GET /2016-08-19/account-settings";

fn place(account: Option<&str>) -> Place {
    Place {
        stack: "mon-dev".into(),
        region: "eu-central-1".into(),
        account: account.map(Into::into),
        plugins: [].into(),
    }
}

fn settings(concurrent: i64, unreserved: i64, code_used: i64) -> Answer {
    let body = json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_i64,
            "ConcurrentExecutions": concurrent,
            "UnreservedConcurrentExecutions": unreserved
        },
        "AccountUsage": { "TotalCodeSize": code_used, "FunctionCount": 3 }
    });
    (200, body.to_string())
}

/// An account in which everything is as it should be, and nothing is deployed.
fn fresh(operation: &str) -> Answer {
    match operation {
        "GetCallerIdentity" => ok(operation, "<Account>111122223333</Account>"),
        "DescribeStacks" => refusal(400, "ValidationError", "Stack with id mon-dev does not exist"),
        SETTINGS => settings(1000, 1000, 0),
        head if head.starts_with("HEAD ") => (404, String::new()),
        _ => (200, "<ListAllMyBucketsResult></ListAllMyBucketsResult>".to_owned()),
    }
}

fn looked(
    answer: impl Fn(&str) -> Answer + Send + 'static,
    place: &Place,
    needs: Needs,
) -> Vec<Finding> {
    run(async {
        let replay = Replay::of(move |operation, _| answer(operation)).await;
        account(&replay.aws(), ("dev", place), needs).await
    })
}

/// The one finding of a name that is not as it should be.
fn only(findings: &[Finding], name: &str) -> Finding {
    let wrong: Vec<_> = findings.iter().filter(|one| one.state != State::Ok).collect();
    assert!(wrong.len() == 1 && wrong[0].name == name, "{findings:#?}");
    wrong[0].clone()
}

#[test]
fn an_account_with_nothing_wrong_is_told_so_point_by_point() {
    let findings = looked(fresh, &place(Some("111122223333")), Needs::default());
    assert!(findings.iter().all(|one| one.state == State::Ok), "{findings:#?}");
    let names: Vec<_> = findings.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["credentials", "asset bucket", "stack", "quota"]);
    assert!(findings[3].what.contains("runs 1000 functions at a time"), "{findings:#?}");
}

#[test]
fn another_account_than_the_envs_is_named() {
    let found = only(&looked(fresh, &place(Some("999988887777")), Needs::default()), "account");
    assert_eq!(found.state, State::Failed);
    assert_eq!(found.what, "env `dev` belongs to account 999988887777, not to 111122223333");
    assert!(found.hint.is_some_and(|hint| hint.contains("AWS_PROFILE")));
}

#[test]
fn an_asset_bucket_of_somebody_else_is_told() {
    let answer = |operation: &str| match operation {
        head if head.starts_with("HEAD ") => (403, String::new()),
        other => fresh(other),
    };
    let found = only(&looked(answer, &place(None), Needs::default()), "asset bucket");
    assert_eq!(found.state, State::Failed);
    assert!(found.what.contains("another account's"), "{}", found.what);
    assert!(found.hint.is_some_and(|hint| hint.contains("its owner has to give up the name")));
}

#[test]
fn an_env_that_is_in_another_region_is_found_there() {
    let buckets = "<ListAllMyBucketsResult><Buckets><Bucket><Name>\
                   scheduler-assets-111122223333-eu-west-1</Name></Bucket></Buckets>\
                   </ListAllMyBucketsResult>";
    run(async {
        let replay = Replay::of(move |operation, nth| match (operation, nth) {
            ("DescribeStacks", 2) => stack("UPDATE_COMPLETE"),
            (list, _) if list.starts_with("GET /?") => (200, buckets.to_owned()),
            _ => fresh(operation),
        })
        .await;
        let findings = account(&replay.aws(), ("dev", &place(None)), Needs::default()).await;
        let found = only(&findings, "region");
        assert_eq!(found.state, State::Failed);
        assert_eq!(
            found.what,
            "`mon-dev` is deployed in region `eu-west-1`, not in `eu-central-1`"
        );
        assert!(found.hint.is_some_and(|hint| hint.contains("set `region` back to `eu-west-1`")));
        // It was looked for in that very region.
        let asked = replay.asked("DescribeStacks");
        assert!(asked[1].contains("/eu-west-1/cloudformation/"), "{}", asked[1]);
    });
}

#[test]
fn a_region_that_cannot_be_looked_at_hides_no_other_one() {
    let name = "<Bucket><Name>scheduler-assets-111122223333-";
    let buckets =
        ["backup", "ap-east-1", "eu-west-1"].map(|one| format!("{name}{one}</Name></Bucket>"));
    let list = format!(
        "<ListAllMyBucketsResult><Buckets>{}</Buckets></ListAllMyBucketsResult>",
        buckets.concat()
    );
    run(async {
        let replay = Replay::of(move |operation, nth| match (operation, nth) {
            ("DescribeStacks", 2) => refused(operation, (403, "AccessDenied"), "not authorized"),
            ("DescribeStacks", 3) => stack("UPDATE_COMPLETE"),
            (get, _) if get.starts_with("GET /?") => (200, list.clone()),
            _ => fresh(operation),
        })
        .await;
        let findings = account(&replay.aws(), ("dev", &place(None)), Needs::default()).await;
        let regions: Vec<_> = findings.iter().filter(|one| one.name == "region").collect();
        let states: Vec<_> = regions.iter().map(|one| one.state).collect();
        assert_eq!(states, [State::Failed, State::Warning], "{findings:#?}");
        assert!(regions[0].what.contains("in region `eu-west-1`"), "{}", regions[0].what);
        // `backup` is no region.
        assert_eq!(replay.asked("DescribeStacks").len(), 3);
    });
}

#[test]
fn what_the_plan_takes_is_held_against_what_lambda_gives() {
    let with = |concurrent, unreserved, used| {
        move |operation: &str| match operation {
            SETTINGS => settings(concurrent, unreserved, used),
            other => fresh(other),
        }
    };
    // A new account: ten at a time, and nothing to reserve.
    let needs = Needs { functions: 9, reserved: 5, code: 0 };
    let found = only(&looked(with(10, 10, 0), &place(None), needs), "quota");
    assert_eq!(found.state, State::Failed);
    assert_eq!(
        found.what,
        "the plan reserves 5 concurrent executions of Lambda, but 0 of the account's 10 can be \
         reserved: Lambda keeps 100 from it"
    );
    assert!(found.hint.is_some_and(|hint| hint.contains("Service Quotas")));

    let needs = Needs { functions: 12, reserved: 0, code: 0 };
    let found = only(&looked(with(10, 10, 0), &place(None), needs), "quota");
    assert_eq!(found.state, State::Warning);
    assert!(found.what.contains("runs 10 functions of this account at a time"), "{}", found.what);

    let needs = Needs { functions: 9, reserved: 5, code: 40_000_000 };
    let found = only(&looked(with(1000, 1000, 80_500_000_000), &place(None), needs), "quota");
    assert_eq!(found.state, State::Failed);
    assert!(found.what.contains("80500 MB of it are taken"), "{}", found.what);
}

#[test]
fn quotas_and_regions_that_may_not_be_looked_at_stop_nobody() {
    let answer = |operation: &str| match operation {
        SETTINGS => refused(operation, (403, "AccessDeniedException"), "not authorized"),
        list if list.starts_with("GET /?") => {
            refused(operation, (403, "AccessDenied"), "not authorized")
        }
        other => fresh(other),
    };
    let findings = looked(answer, &place(None), Needs::default());
    let wrong: Vec<_> = findings.iter().filter(|one| one.state != State::Ok).collect();
    assert_eq!(wrong.len(), 2, "{findings:#?}");
    for (found, action) in wrong.iter().zip(["s3:ListAllMyBuckets", "lambda:GetAccountSettings"]) {
        assert_eq!(found.state, State::Warning);
        let hint = found.hint.as_deref().unwrap_or_default();
        assert!(hint.contains(&format!("allow `{action}` on `*`")), "{hint}");
    }
}
