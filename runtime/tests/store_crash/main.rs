//! The store in a process of its own, which is ended by SIGKILL at random moments, or whose disk
//! takes no more: what was acknowledged is there afterwards, and nothing that was not asked for.
//!
//! This program is its own child: `write`, `hold` and `fill` are not for people.

mod child;
mod known;
mod life;

use known::Known;
use life::Life;
use scheduler_contract::JobKey;
use scheduler_runtime::controller::{self, Controller, Deployment, Target};
use scheduler_runtime::job_types::JobTypes;
use scheduler_runtime::local::{OpenError, Store, Subscriptions};
use scheduler_runtime::ports::{Failure, Item, JobStore};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Test = fn() -> Outcome;

/// When jobs are made, epoch seconds of their clock.
const NOW: i64 = 1_700_000_000;
/// The one consumer.
const CONSUMER: &str = "one";
/// A child lives so long, at most.
const LIFE_MS: u64 = 250;

const TESTS: [(&str, Test); 3] = [
    ("what_was_acknowledged_survives_sigkill", what_was_acknowledged_survives_sigkill),
    ("the_lock_ends_with_its_process", the_lock_ends_with_its_process),
    ("a_disk_that_takes_no_more_is_survived", a_disk_that_takes_no_more_is_survived),
];

fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", folder, seed] => child::write(Path::new(folder), seed),
        ["hold", folder] => child::hold(Path::new(folder)),
        ["fill", folder] => child::fill(Path::new(folder)),
        // As the usual harness: any word that is no option is part of a test's name.
        options => TESTS
            .iter()
            .filter(|(name, _)| {
                let mut wanted = options.iter().filter(|word| !word.starts_with('-')).peekable();
                wanted.peek().is_none() || wanted.any(|word| name.contains(word))
            })
            .try_for_each(|(name, test)| test().map_err(|error| format!("{name}: {error}").into())),
    }
}

fn what_was_acknowledged_survives_sigkill() -> Outcome {
    let rounds = if std::env::var_os("SCHEDULER_FULL").is_some() { 100 } else { 20 };
    let folder = TempDir::new()?;
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let seed = u64::try_from(nanos & u128::from(u64::MAX))?;
    let mut random = Random(seed | 1);
    let mut known = Known::default();
    for round in 0..rounds {
        let mut life = Life::begin("write", folder.path(), &[&round.to_string()])?;
        std::thread::sleep(Duration::from_millis(random.next() % LIFE_MS));
        for line in life.kill()? {
            known.hear(&line)?;
        }
        block_on(agrees(folder.path(), &mut known))
            .map_err(|error| format!("round {round} of seed {seed}: {error}"))?;
    }
    ensure(known.acknowledged() > rounds, || "hardly anything was acknowledged".to_owned())
}

/// What the next process finds.
async fn agrees(folder: &Path, known: &mut Known) -> Outcome {
    let store = open(folder)?;
    let mut found = BTreeMap::new();
    for user in known.users() {
        for item in store.list(&user).await.map_err(told)? {
            let (key, rev) = state(&user, &item)?;
            found.insert(key, rev);
        }
    }
    known.agree(&found)?;
    known.runs_agree(&store, &found).await?;
    let mut applied = 0;
    loop {
        match apply(&store).await.map_err(told)? {
            0 => break,
            more => applied += more,
        }
    }
    let differences = store.check().await.map_err(told)?;
    ensure(differences.is_empty(), || format!("{applied} applied, then {differences:?}"))?;
    known.every_job_fires(&store, &found).await?;
    store.close().await;
    Ok(())
}

fn state(user: &str, item: &Item) -> Outcome<(JobKey, u64)> {
    let number = |field: &str| item[field].as_u64().ok_or_else(|| format!("{item:?}"));
    Ok((JobKey { user_id: user.to_owned(), job_id: number("job_id")? }, number("rev")?))
}

/// A lock that its process does not give back would shut a server out for ever.
fn the_lock_ends_with_its_process() -> Outcome {
    let folder = TempDir::new()?;
    let mut life = Life::begin("hold", folder.path(), &[])?;
    life.wait_for("ready")?;
    let refused = Store::open(folder.path());
    let is_refused = matches!(refused, Err(OpenError::InUse(_)));
    ensure(is_refused, || format!("a second process got {refused:?}"))?;
    life.kill()?;
    let store = open(folder.path())?;
    block_on(async {
        store.close().await;
        Ok(())
    })
}

/// The child may write no more than a part of what it wants to, as on a full disk: commits fail.
fn a_disk_that_takes_no_more_is_survived() -> Outcome {
    let folder = TempDir::new()?;
    let mut known = Known::default();
    let lines = Life::begin("fill", folder.path(), &[])?.end()?;
    let said = |wanted: &str| lines.iter().filter(|line| line.starts_with(wanted)).count();
    ensure(said("refused") > 0 && said("again") == 1, || {
        format!("{} were acknowledged, {} refused", said("ack"), said("refused"))
    })?;
    for line in lines.iter().filter(|line| line.starts_with("refused")) {
        let tells = line.contains("cannot store a new job: the disk ");
        ensure(tells, || format!("the child was told: {line}"))?;
    }
    for line in lines.iter().filter(|line| !line.starts_with("again")) {
        known.hear(line)?;
    }
    block_on(agrees(folder.path(), &mut known))
}

fn open(folder: &Path) -> Outcome<Store> {
    let store = Store::open(folder)?;
    let mut subscriptions = Subscriptions::default();
    subscriptions.add("test", CONSUMER);
    store.subscribe(subscriptions);
    Ok(store)
}

/// One turn of the controller; answers how many changes it applied.
async fn apply(store: &Store) -> Result<usize, Failure> {
    let pending = store.changes(100).await?;
    let target =
        Target { topic_arn: "t".into(), role_arn: "r".into(), dead_letter_arn: "d".into() };
    let types = JobTypes::parse(r#"{"test":{}}"#).map_err(|error| Failure::new("read", error))?;
    let controller = Controller {
        jobs: store.clone(),
        schedules: store.clone(),
        dead_letters: store.clone(),
        deployment: Deployment { types, target },
    };
    let messages = pending.iter().map(|change| change.message.clone()).collect();
    let report = controller::run(&controller, messages, NOW).await;
    if !report.problems.is_empty() {
        return Err(Failure::new("apply changes", report.problems.join("; ")));
    }
    let seqs: Vec<_> = pending.iter().map(|change| change.seq).collect();
    store.forget_changes(&seqs).await?;
    Ok(seqs.len())
}

fn block_on(what: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(what)
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn told(failure: Failure) -> String {
    failure.sentence()
}

/// Marsaglia's xorshift64: a seed is told when a round fails.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
