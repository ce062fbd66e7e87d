//! The whole flow on a model of an account: what a user would notice.

use super::apply::{Outcome, apply, protect_again};
use super::destroy::{DestroyRequest, destroy, prepare_destroy};
use super::due::Due;
use super::error::{CallFailure, DeployError, ExitClass};
use super::fake::{ACCOUNT, FakeCloud};
use super::finish::finish;
use super::note::Note;
use super::prepare::{Agreed, Before, Place, Prepared, look, prepare};
use super::preview::Preview;
use super::recover::go_back;
use super::release::{ObjectFile, Release, asset_bucket};
use super::session::{Pace, Session};
use super::stack::StackState;
use super::status::status;
use crate::progress::Progress;
use scheduler_plan::template::{Template, Templates, hex_sha256};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;

#[derive(Default)]
pub(super) struct Lines(Mutex<Vec<String>>);

impl Progress for Lines {
    fn line(&self, text: &str) {
        self.0.lock().expect("lines").push(text.to_owned());
    }
}

impl Lines {
    pub(super) fn all(&self) -> String {
        self.0.lock().expect("lines").join("\n")
    }
}

const PACE: Pace = Pace {
    shortest: Duration::from_millis(1),
    longest: Duration::from_millis(2),
    smoke: Duration::from_millis(20),
};

/// A release with one table, one nested stack with a queue and a bucket, and one zip.
fn release(queue: &Value, zip: &std::path::Path) -> Release {
    let data = |kind: &str| json!({ "Type": kind, "DeletionPolicy": "Delete", "Properties": {} });
    let mail = Template::of(&json!({ "Resources": {
        "Queue": { "Type": "AWS::SQS::Queue", "Properties": queue },
        "State": data("AWS::S3::Bucket"),
    }}));
    let digest = hex_sha256(mail.text.as_bytes());
    let url = format!("https://s3.eu-central-1.amazonaws.com/b/{}", mail.sha256);
    let root = Template::of(&json!({
        "Resources": {
            "Table": data("AWS::DynamoDB::Table"),
            "Topic": { "Type": "AWS::SNS::Topic" },
            "PluginMail": { "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url } }
        },
        "Outputs": {
            "Digest": { "Value": digest },
            "TableName": { "Value": "mon-dev-items" },
            "ApiUrl": { "Value": "https://api.example.com/v1" }
        }
    }));
    let bytes = b"code";
    std::fs::write(zip, bytes).expect("write");
    Release {
        stack: "mon-dev".into(),
        service: "mon".into(),
        env: "dev".into(),
        region: "eu-central-1".into(),
        account: None,
        protect: false,
        templates: Templates {
            root,
            plugins: [("mail".to_owned(), mail)].into(),
            nested_ids: [("PluginMail".to_owned(), "mail".to_owned())].into(),
            digest,
        },
        objects: vec![ObjectFile { key: hex_sha256(bytes), path: zip.to_owned() }],
        job_types: ["ping".to_owned()].into(),
        schemas: serde_json::Map::new(),
        places: super::place::Places::default(),
    }
}

/// One account and one project folder.
pub(super) struct Bench {
    pub(super) cloud: FakeCloud,
    pub(super) lines: Lines,
    dir: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new() -> Self {
        let cloud = FakeCloud::default();
        cloud.model().job_types = r#"{"ping": {}}"#.into();
        Self { cloud, lines: Lines::default(), dir: tempfile::tempdir().expect("tempdir") }
    }

    pub(super) fn release(&self, queue: &Value) -> Release {
        release(queue, &self.dir.path().join("code.zip"))
    }

    fn run<T>(&self, work: impl AsyncFnOnce(&FakeCloud, &Session<'_>) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let session = Session::new(&self.lines, PACE);
        runtime.expect("runtime").block_on(work(&self.cloud, &session))
    }

    pub(super) fn deploy(&self, release: &Release) -> Result<Outcome, DeployError> {
        self.deploy_agreeing(release, Agreed::default())
    }

    pub(super) fn deploy_agreeing(
        &self,
        release: &Release,
        agreed: Agreed,
    ) -> Result<Outcome, DeployError> {
        self.deploy_skipping(release, agreed, &[])
    }

    /// As the command does it, with every question answered.
    pub(super) fn deploy_skipping(
        &self,
        release: &Release,
        agreed: Agreed,
        skip: &[&str],
    ) -> Result<Outcome, DeployError> {
        self.run(async |cloud, session| {
            let found = look(cloud, &place(release), session).await?;
            let mut prepared = prepare(cloud, found, release).await?;
            if let Prepared::Stranded(found) = prepared {
                let skip: Vec<_> = skip.iter().map(ToString::to_string).collect();
                let plugins = &release.templates.nested_ids;
                go_back(cloud, found.stranded, (&skip, plugins), session).await?;
                let found = look(cloud, &place(release), session).await?;
                prepared = prepare(cloud, found, release).await?;
            }
            match prepared {
                Prepared::Stranded(_) => panic!("it has gone back"),
                Prepared::Unchanged(found) => {
                    if found.protected != release.protect {
                        protect_again(cloud, release).await?;
                    }
                    if let Some(due) = &found.due {
                        let bucket = asset_bucket(&found.account, &release.region);
                        finish(cloud, (release, &bucket), due, &found.outputs, session).await?;
                    }
                    Ok(Outcome::Unchanged { outputs: found.outputs })
                }
                Prepared::Ready(mut ready) => {
                    ready.agreed = agreed;
                    apply(cloud, *ready, release, session).await
                }
            }
        })
    }

    pub(super) fn destroy(&self, keep_data: bool) -> Result<String, DeployError> {
        self.destroy_as(&request(keep_data))
    }

    pub(super) fn destroy_as(&self, request: &DestroyRequest) -> Result<String, DeployError> {
        self.run(async |cloud, session| match prepare_destroy(cloud, request, session).await? {
            None => Ok("nothing there".into()),
            Some(ready) => Ok(destroy(cloud, ready, request, session).await?.to_string()),
        })
    }

    pub(super) fn state(&self) -> String {
        self.run(async |cloud, _| status(cloud, "mon-dev").await).expect("status").state
    }

    pub(super) fn set_state(&self, state: &str) {
        let mut model = self.cloud.model();
        let id = model.live("mon-dev").expect("there").stack.id.clone();
        model.stacks.get_mut(&id).expect("there").stack.state = StackState::new(state);
    }

    /// The release with a table that is protected from deletion.
    pub(super) fn with_deletion_protection(&self, mut release: Release) -> Release {
        let mut root: Value = serde_json::from_str(&release.templates.root.text).expect("JSON");
        root["Resources"]["Table"]["Properties"] = json!({ "DeletionProtectionEnabled": true });
        release.templates.root = Template::of(&root);
        release
    }

    /// What stands there before a deploy.
    fn before(&self, release: &Release) -> Before {
        let prepared = self.run(async |cloud, session| {
            let found = look(cloud, &place(release), session).await?;
            prepare(cloud, found, release).await
        });
        let Ok(Prepared::Ready(ready)) = prepared else { panic!("there is something to do") };
        ready.before
    }

    pub(super) fn left_data(&self, release: &Release) -> Vec<String> {
        self.before(release).left_data().into_iter().map(|(id, _)| id).collect()
    }

    pub(super) fn first_cause(&self, release: &Release) -> Option<String> {
        match self.before(release) {
            Before::FailedCreate { cause, .. } => cause.map(|cause| cause.to_string()),
            _ => None,
        }
    }

    pub(super) fn protected_resources(&self) -> usize {
        let model = self.cloud.model();
        let live = model.stacks.values().filter(|one| one.stack.name == "mon-dev");
        live.filter(|one| one.template.contains("\"DeletionProtectionEnabled\": true")).count()
    }

    /// The policies of the root and of the nested stack.
    pub(super) fn policies(&self) -> (String, String) {
        let model = self.cloud.model();
        let nested = model.policies.iter().find(|(stack, _)| stack.starts_with("arn:"));
        (model.policies["mon-dev"].clone(), nested.expect("nested").1.clone())
    }

    /// What a deploy of the release would do.
    pub(super) fn preview(&self, release: &Release) -> Result<Preview, DeployError> {
        self.run(async |cloud, session| {
            let found = look(cloud, &place(release), session).await?;
            Ok(Preview::of(&prepare(cloud, found, release).await?, release))
        })
    }

    pub(super) fn forget_calls(&self) {
        self.cloud.model().calls.clear();
    }
}

pub(super) fn request(keep_data: bool) -> DestroyRequest {
    DestroyRequest {
        stack: "mon-dev".into(),
        env: "dev".into(),
        region: "eu-central-1".into(),
        account: None,
        protect: false,
        keep_data,
        retain: Vec::new(),
        plugins: [("PluginMail".to_owned(), "mail".to_owned())].into(),
    }
}

fn place(release: &Release) -> Place {
    Place {
        stack: release.stack.clone(),
        region: release.region.clone(),
        account: release.account.clone(),
        plugins: release.templates.nested_ids.clone(),
    }
}

fn is_write(action: &str) -> bool {
    ["Create", "Put", "Delete", "Execute", "Update"].iter().any(|verb| action.contains(verb))
}

#[test]
fn a_first_deploy_makes_everything_and_a_second_one_only_looks() {
    let bench = Bench::new();
    let release = bench.release(&json!({}));
    let outcome = bench.deploy(&release).expect("deploys");
    let Outcome::Deployed { outputs } = outcome else { panic!("it deployed") };
    assert_eq!(outputs["ApiUrl"], "https://api.example.com/v1");
    assert!(bench.lines.all().contains("create complete   mail, 2 resources"));
    assert!(!bench.lines.all().contains("Queue"), "{}", bench.lines.all());
    // The zip, the plugin's template and the root's.
    assert!(bench.lines.all().contains("uploaded 3 objects"), "{}", bench.lines.all());

    bench.forget_calls();
    let again = bench.deploy(&release).expect("nothing to do");
    assert_eq!(again, Outcome::Unchanged { outputs });
    assert_eq!(bench.cloud.actions(), ["cloudformation:DescribeStacks", "s3:GetObject"]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let bench = Bench::new();
    let release = bench.release(&json!({}));
    let prepared = bench.run(async |cloud, session| {
        let found = look(cloud, &place(&release), session).await?;
        prepare(cloud, found, &release).await
    });
    let Ok(Prepared::Ready(ready)) = prepared else { panic!("there is something to do") };
    assert_eq!(ready.before, Before::Absent);
    assert!(!bench.cloud.actions().iter().any(|action| is_write(action)));
}

#[test]
fn another_account_is_refused_before_anything_is_written() {
    let bench = Bench::new();
    let mut release = bench.release(&json!({}));
    release.account = Some("999999999999".into());
    let error = bench.deploy(&release).expect_err("refused");
    assert_eq!(error.exit(), ExitClass::Refused);
    assert!(error.to_string().contains(ACCOUNT), "{error}");
    assert!(!bench.cloud.actions().iter().any(|action| is_write(action)));
}

#[test]
fn objects_that_are_there_are_not_sent_again() {
    let bench = Bench::new();
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    bench.forget_calls();
    bench.deploy(&bench.release(&json!({ "Delay": 1 }))).expect("deploys");
    let model = bench.cloud.model();
    let puts = model.calls.iter().filter(|call| call.starts_with("s3:PutObject"));
    let puts = puts.filter(|call| !call.contains("due/")).count();
    assert_eq!(puts, 2, "the changed nested template and the root, not the zip");
}

#[test]
fn a_file_that_is_not_what_its_key_says_stops_the_deploy() {
    let bench = Bench::new();
    let release = bench.release(&json!({}));
    std::fs::write(&release.objects[0].path, b"other").expect("write");
    let error = bench.deploy(&release).expect_err("stopped");
    assert!(error.to_string().contains("code.zip"), "{error}");
    assert_eq!(bench.state(), "ABSENT");
}

#[test]
fn throttled_polls_are_not_fatal() {
    let bench = Bench::new();
    bench.cloud.model().bad_polls = vec![CallFailure::Throttled; 70].into();
    bench.deploy(&bench.release(&json!({}))).expect("deploys all the same");
    assert_eq!(bench.state(), "CREATE_COMPLETE");
}

#[test]
fn a_denied_poll_is_fatal() {
    let bench = Bench::new();
    bench.cloud.model().bad_polls = vec![CallFailure::Denied("no".into())].into();
    let error = bench.deploy(&bench.release(&json!({}))).expect_err("denied");
    assert!(error.hint().is_some_and(|hint| hint.contains("cloudformation:DescribeStackEvents")));
}

#[test]
fn a_failure_in_a_plugin_names_its_resource_and_the_next_deploy_recovers() {
    let bench = Bench::new();
    let error = bench.deploy(&bench.release(&json!({ "Fail": "bad value" }))).expect_err("fails");
    assert_eq!(
        error.to_string(),
        "`Queue` (AWS::SQS::Queue) of plugin `mail` failed: bad value; `mon-dev` ended in \
         ROLLBACK_COMPLETE"
    );
    bench.deploy(&bench.release(&json!({}))).expect("the failed stack is recreated");
    assert_eq!(bench.state(), "CREATE_COMPLETE");
}

#[test]
fn an_empty_change_set_is_no_failure_and_is_removed() {
    let bench = Bench::new();
    let mut release = bench.release(&json!({}));
    bench.deploy(&release).expect("deploys");
    // A digest that the template does not carry: CloudFormation alone knows that nothing changed.
    release.templates.digest = "other".into();
    bench.forget_calls();
    let outcome = bench.deploy(&release).expect("no failure");
    assert!(matches!(outcome, Outcome::Unchanged { .. }));
    let actions = bench.cloud.actions();
    assert!(actions.contains(&"cloudformation:DeleteChangeSet".to_owned()));
    assert!(!actions.contains(&"cloudformation:ExecuteChangeSet".to_owned()));
}

#[test]
fn a_left_over_shell_counts_as_nothing() {
    let bench = Bench::new();
    bench.cloud.model().add("mon-dev", "REVIEW_IN_PROGRESS");
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    assert_eq!(bench.state(), "CREATE_COMPLETE");
}

#[test]
fn wrong_job_types_fail_the_smoke_check_until_they_are_right() {
    let bench = Bench::new();
    let release = bench.release(&json!({}));
    bench.cloud.model().job_types = "{}".into();
    for _ in 0..2 {
        // The second time nothing is to be changed, and it is no better.
        let error = bench.deploy(&release).expect_err("smoke");
        assert!(error.to_string().contains("answers the job types (none), not `ping`"), "{error}");
    }
    bench.cloud.model().job_types = r#"{"ping": {}}"#.into();
    bench.deploy(&release).expect("answers");
    let model = bench.cloud.model();
    let bucket = &model.buckets[&asset_bucket(ACCOUNT, "eu-central-1")];
    assert!(!bucket.contains_key(&Due::key("mon-dev")));
}

#[test]
fn protection_follows_the_env_and_stops_a_destroy() {
    let bench = Bench::new();
    let mut release = bench.release(&json!({}));
    release.protect = true;
    bench.deploy(&release).expect("deploys");
    let error = bench.destroy(false).expect_err("refused");
    assert_eq!(error.exit(), ExitClass::Refused);
    assert_eq!(bench.state(), "CREATE_COMPLETE");

    let mut release = bench.release(&json!({ "Delay": 1 }));
    release.protect = false;
    bench.deploy(&release).expect("deploys");
    assert_eq!(bench.destroy(false).expect("goes"), "`mon-dev` is gone");
}

#[test]
fn destroy_empties_buckets_and_is_done_the_second_time() {
    let bench = Bench::new();
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    let objects = [("page".to_owned(), b"x".to_vec())].into();
    bench.cloud.model().buckets.insert("State-physical".into(), objects);
    assert_eq!(bench.destroy(false).expect("goes"), "`mon-dev` is gone");
    assert_eq!(bench.state(), "ABSENT");
    assert!(!bench.cloud.model().buckets.contains_key("State-physical"));
    assert_eq!(bench.destroy(false).expect("done"), "nothing there");
}

#[test]
fn kept_data_is_named_and_taken_over_by_the_next_deploy() {
    let bench = Bench::new();
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    let objects = [("page".to_owned(), b"x".to_vec())].into();
    bench.cloud.model().buckets.insert("State-physical".into(), objects);
    let said = bench.destroy(true).expect("goes");
    assert!(said.contains("left: Table-physical (AWS::DynamoDB::Table)"), "{said}");
    assert!(said.contains("left: State-physical (AWS::S3::Bucket)"), "{said}");

    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    let lines = bench.lines.all();
    assert!(lines.contains("taking over Table-physical (AWS::DynamoDB::Table)"), "{lines}");
    assert!(lines.contains("taking over State-physical (AWS::S3::Bucket)"), "{lines}");
    let model = bench.cloud.model();
    assert_eq!(model.buckets["State-physical"]["page"], b"x");
    let notes = model.buckets[&asset_bucket(ACCOUNT, "eu-central-1")].keys();
    assert_eq!(notes.filter(|key| key.starts_with("retained/")).count(), 0);
}

#[test]
fn a_destroy_that_stops_half_way_loses_nothing() {
    let bench = Bench::new();
    bench.deploy(&bench.release(&json!({}))).expect("deploys");
    let objects = [("page".to_owned(), b"x".to_vec())].into();
    bench.cloud.model().buckets.insert("State-physical".into(), objects);

    bench.cloud.model().refuse_delete = true;
    bench.destroy(true).expect_err("the credentials expire");
    bench.deploy(&bench.release(&json!({}))).expect("deploys as if nothing had been");
    assert!(bench.lines.all().contains("taking over State-physical (AWS::S3::Bucket)"));

    bench.cloud.model().refuse_delete = true;
    bench.destroy(true).expect_err("the credentials expire");
    let said = bench.destroy(true).expect("goes");
    assert!(said.contains("left: State-physical (AWS::S3::Bucket)"), "{said}");
    assert_eq!(bench.cloud.model().buckets["State-physical"]["page"], b"x");
}

#[test]
fn data_is_not_kept_from_a_state_that_cannot_keep_it() {
    let bench = Bench::new();
    bench.cloud.model().add("mon-dev", "UPDATE_ROLLBACK_FAILED");
    let error = bench.destroy(true).expect_err("stuck");
    assert!(error.hint().is_some_and(|hint| hint.contains("cannot be kept")));
    assert!(!bench.cloud.actions().contains(&"cloudformation:DeleteStack".to_owned()));
}
