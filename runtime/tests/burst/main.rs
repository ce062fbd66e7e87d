//! Thousands of jobs are made at once, and EventBridge Scheduler takes so many calls a second and no
//! more: the queue drains as fast as that allows, and nothing is lost. The real stream function and
//! controller, on a clock that jumps to whatever is waited for.
//!
//! `SCHEDULER_FULL=1` makes 100,000 jobs.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their tests")]

mod account;
mod queue;

use account::{Account, NOW, Patience, Quota};
use futures_util::future::join_all;
use queue::{Fifo, VISIBILITY};
use scheduler_contract::JobKey;
use scheduler_runtime::controller::{self, Controller, Deployment, ScheduleAction, Target, decide};
use scheduler_runtime::job_types::JobTypes;
use scheduler_runtime::ports::Item;
use scheduler_runtime::stream;
use serde_json::{Value, json};
use std::env;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// Records of a delivery (the stream mapping's `BatchSize`).
const RECORDS: usize = 100;
/// Controllers at a time (the mapping's `MaximumConcurrency`), and the time that each has.
const CONTROLLERS: usize = 5;
const TIME: Duration = Duration::from_secs(60);

fn jobs() -> u64 {
    if env::var_os("SCHEDULER_FULL").is_some() { 100_000 } else { 5_000 }
}

/// What became of a burst.
struct Drained {
    account: Account,
    queue: Fifo,
    took: Duration,
}

/// So many new jobs, of which every tenth is changed and every twentieth deleted before anything of
/// it was looked at.
async fn burst(jobs: u64, quota: Quota, patience: Patience) -> Drained {
    let (account, queue) = (Account::new(quota, patience), Fifo::default());
    let mut records = Vec::new();
    for nth in 0..jobs {
        let key = JobKey { user_id: format!("user-{}", nth % 97), job_id: nth };
        records.push(record("INSERT", &key, account.put(&key, item(&key, 1))));
        if nth % 10 == 0 {
            records.push(record("MODIFY", &key, account.put(&key, item(&key, 2))));
        }
        if nth % 20 == 0 {
            account.remove(&key);
            records.push(record("REMOVE", &key, Value::Null));
        }
    }
    for (nth, record) in records.iter_mut().enumerate() {
        record["eventID"] = nth.to_string().into();
        record["dynamodb"]["SequenceNumber"] = nth.to_string().into();
    }
    for some in records.chunks(RECORDS) {
        let event = json!({ "Records": some }).to_string();
        let forwarded = stream::forward(&queue, stream::parse(event.as_bytes()).unwrap()).await;
        assert_eq!(forwarded, stream::Forwarded::default());
    }
    let began = Instant::now();
    join_all((0..CONTROLLERS).map(|_| drain(&account, &queue))).await;
    Drained { account, queue, took: began.elapsed() }
}

/// The mapping, with one function.
async fn drain(account: &Account, queue: &Fifo) {
    let (jobs, schedules) = (account.clone(), account.clone());
    let dead_letters = account.clone();
    let controller = Controller { jobs, schedules, dead_letters, deployment: deployment() };
    loop {
        let delivery = queue.receive();
        if delivery.is_empty() {
            match queue.next_visible() {
                Some(visible) => sleep_until(visible).await,
                // What the others have under way may come back.
                None if queue.is_empty() => return,
                None => tokio::time::sleep(Duration::from_secs(1)).await,
            }
            continue;
        }
        let run = controller::run(&controller, delivery.clone(), account.now());
        match timeout(TIME, run).await {
            Ok(report) => queue.settle(&delivery, &report.failed),
            // Lambda ended it: nothing of the batch is done, as far as the queue knows.
            Err(_) => {
                let all: Vec<_> = delivery.iter().map(|one| one.message_id.clone()).collect();
                queue.settle(&delivery, &all);
            }
        }
    }
}

fn item(key: &JobKey, rev: u64) -> Item {
    let item = json!({"user_id": key.user_id, "user_email": "u@example.com", "job_id": key.job_id,
        "job_type": "test", "sleep_time": 3_600 * rev, "rev": rev, "enabled": true,
        "anchor": NOW, "updated_at": NOW});
    item.as_object().unwrap().clone()
}

fn record(name: &str, key: &JobKey, image: Value) -> Value {
    let keys = json!({"user_id": {"S": key.user_id}, "job_id": {"N": key.job_id.to_string()}});
    let mut record = json!({"eventName": name, "dynamodb": {"Keys": keys}});
    if !image.is_null() {
        record["dynamodb"]["NewImage"] = image;
    }
    record
}

fn deployment() -> Deployment {
    let name = |what: &str| format!("arn:{what}");
    Deployment {
        types: JobTypes::parse(r#"{"test":true}"#).unwrap(),
        target: Target {
            topic_arn: name("topic"),
            role_arn: name("role"),
            dead_letter_arn: name("dead"),
        },
    }
}

impl Drained {
    /// Jobs without the schedule that they want, and schedules without a job.
    fn out_of_step(&self) -> usize {
        let (items, schedules) = (self.account.items(), self.account.schedules());
        let deployment = deployment();
        let differs = items.iter().filter(|(key, item)| {
            match decide(key, Some((*item).clone()), &deployment) {
                Ok(ScheduleAction::Put(wanted)) => {
                    schedules.get(&wanted.name).map(|one| &one.wanted) != Some(&*wanted)
                }
                _ => true,
            }
        });
        differs.count() + schedules.len().saturating_sub(items.len())
    }

    /// Jobs, changed since or not, that wait for an interval before they run at all.
    fn silent(&self) -> usize {
        self.account.schedules().values().filter(|standing| !standing.fires_soon()).count()
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_drains_at_the_rate_of_the_scheduler_and_nothing_is_lost() {
    // Other callers may take the most of an account's quota.
    for a_second in [50, 20] {
        let drained = burst(jobs(), Quota { a_second }, Patience::OF_THE_CONTROLLER).await;
        let Drained { account, queue, took } = &drained;
        let (made, throttled) = account.calls();
        assert!(throttled > made / 10, "{throttled} of {made} calls were throttled");
        assert_eq!((queue.dead(), account.letters()), (0, 0));
        assert_eq!(drained.out_of_step(), 0);
        // Many of them come to their schedules far later than five minutes after they were made.
        assert!(*took > Duration::from_secs(600), "{took:?}");
        assert_eq!(drained.silent(), 0);
        // Far from the ten times after which a message is given up.
        assert!(queue.most() <= 3, "a message was received {} times", queue.most());
        // The last ones may have to come back once or twice.
        let fastest = Duration::from_secs(made / a_second);
        assert!(*took < fastest * 5 / 4 + 2 * VISIBILITY, "{took:?}, not {fastest:?}");
    }
}

/// The same burst catches a controller whose calls are not tried again for long.
#[tokio::test(start_paused = true)]
async fn calls_that_give_up_at_once_would_lose_jobs() {
    let drained = burst(5_000, Quota { a_second: 50 }, Patience { attempts: 1 }).await;
    assert!(drained.queue.dead() > 0);
    assert!(drained.out_of_step() > 0);
}
