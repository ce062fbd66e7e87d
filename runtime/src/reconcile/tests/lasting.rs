//! How long a run goes on after its time is up, where every call takes all of its patience.

use super::super::*;
use super::models::*;
use crate::fakes::MemoryQueue;
use crate::ports::{
    ChangeQueue, Failure, Item, JobReader, JobScan, ListedSchedule, Part, QueuedChange, Refusal,
    ScheduleReader, StandingSchedule,
};
use scheduler_contract::JobKey;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const CALL: i64 = 15;

/// A port whose calls end at the last moment.
struct Slow<T>(T);

async fn slowly<T>(call: impl Future<Output = T>) -> T {
    sleep(Duration::from_secs(CALL.unsigned_abs())).await;
    call.await
}

impl JobReader for Slow<Table> {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        slowly(self.0.read(key)).await
    }
}

impl JobScan for Slow<Table> {
    async fn scan(&self, next: Option<&str>) -> Result<Part<Item>, Failure> {
        slowly(self.0.scan(next)).await
    }
}

impl ScheduleReader for Slow<Group> {
    async fn list(
        &self,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<Part<ListedSchedule>, Failure> {
        slowly(self.0.list(prefix, next)).await
    }

    async fn get(&self, name: &str) -> Result<Option<StandingSchedule>, Failure> {
        slowly(self.0.get(name)).await
    }

    async fn wait(&self, seconds: u64) {
        sleep(Duration::from_secs(seconds)).await;
    }
}

impl ChangeQueue for Slow<MemoryQueue> {
    async fn send(&self, changes: &[QueuedChange]) -> Result<Vec<Refusal>, Failure> {
        slowly(self.0.send(changes)).await
    }
}

/// Jobs without schedules, schedules without jobs (also such that hide whose they are), and others
/// that were altered.
fn apart() -> Reconciler<Slow<Table>, Slow<Group>> {
    let users = ["u", "somebody@example.com"];
    let items = (0..60).map(|id| item(users[(id % 2) as usize], id)).collect();
    let mut world = world(items);
    world.jobs.page = 25;
    world.schedules.page = 40;
    let items = world.jobs.items.split_off(25);
    world
        .schedules
        .schedules
        .retain(|name, _| !world.jobs.items[..5].iter().any(|item| standing(item).0 == *name));
    for item in &world.jobs.items[5..] {
        let schedule = world.schedules.schedules.get_mut(&standing(item).0).unwrap();
        schedule.input = json!({}).to_string();
    }
    assert_eq!(items.len(), 35);
    let Reconciler { jobs, schedules, deployment } = world;
    Reconciler { jobs: Slow(jobs), schedules: Slow(schedules), deployment }
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_after_its_time_no_longer_than_it_says() {
    let mut longest = 0;
    for seconds in (200..600).step_by(7) {
        let (world, queue) = (apart(), Slow(MemoryQueue::default()));
        let began = Instant::now();
        let clock = || NOW + i64::try_from(began.elapsed().as_secs()).unwrap();
        let limits = Limits { until: Some(NOW + seconds), ..Limits::NONE };
        let pass = Pass { clock: &clock, ..pass(Cursor::default(), limits) };
        let report = repair(&world, &pass, &queue).await;
        // And then it is noted.
        let over = clock() - NOW - seconds + CALL;
        assert!(over <= Limits::overrun(CALL), "{over} seconds after {seconds}: {report:?}");
        longest = longest.max(over);
    }
    assert!(longest > Limits::overrun(CALL) - CALL, "{longest} is far from what it says");
}
