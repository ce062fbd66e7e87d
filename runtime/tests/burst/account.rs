//! Table and schedules of an account whose calls to EventBridge Scheduler are limited.

use scheduler_contract::JobKey;
use scheduler_runtime::controller::WantedSchedule;
use scheduler_runtime::ports::{
    Created, DeadLetter, DeadLetters, Failure, Found, Item, JobReader, Made, Schedules,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const LATENCY: Duration = Duration::from_millis(20);

/// Calls that the account may make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub(crate) a_second: u64,
}

/// How the SDK tries again: waits of up to 1, 2, 4, ... seconds, at random, all within the time
/// that a call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) attempts: u32,
}

impl Patience {
    /// The adapters' `Patience::MESSAGE`.
    pub(crate) const OF_THE_CONTROLLER: Self = Self { attempts: 6 };
    const TIME: Duration = Duration::from_secs(15);
}

/// The clock of jobs when the account is made, epoch seconds.
pub(crate) const NOW: i64 = 1_700_000_000;
/// A schedule fires within so many seconds of its moment; here, as late as it may.
const PRECISION: i64 = 59;
/// A change within 90 seconds of the last one lets it fire anew, as late as its batch ends.
const SOON: i64 = 150;
/// A first moment may be so many seconds past, and no more.
const PAST: i64 = 300;

/// A schedule, and when it fires for the first time.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) wanted: WantedSchedule,
    /// Whether it has been waited for long enough.
    has_fired: bool,
    start: Option<i64>,
    due: i64,
    made: i64,
    modified: i64,
}

impl Standing {
    /// Whether it fires soon after it was made: a change may put the first run off for a moment.
    pub(crate) fn fires_soon(&self) -> bool {
        self.has_fired || self.due <= self.made + SOON
    }
}

#[derive(Debug)]
struct State {
    quota: Quota,
    patience: Patience,
    items: BTreeMap<JobKey, Item>,
    schedules: BTreeMap<String, Standing>,
    letters: usize,
    /// Calls that may be made at once, and when that was counted.
    left: (f64, Instant),
    began: Instant,
    random: u64,
    made: u64,
    throttled: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Account(Arc<Mutex<State>>);

impl Account {
    pub(crate) fn new(quota: Quota, patience: Patience) -> Self {
        Self(Arc::new(Mutex::new(State {
            quota,
            patience,
            items: BTreeMap::new(),
            schedules: BTreeMap::new(),
            letters: 0,
            left: (quota.a_second as f64, Instant::now()),
            began: Instant::now(),
            random: 0x9e37_79b9_7f4a_7c15,
            made: 0,
            throttled: 0,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Writes an item; its image in the stream.
    pub(crate) fn put(&self, key: &JobKey, item: Item) -> Value {
        let typed = |value: &Value| match value {
            Value::Number(number) => json!({ "N": number.to_string() }),
            Value::Bool(flag) => json!({ "BOOL": flag }),
            text => json!({ "S": text }),
        };
        let image = item.iter().map(|(field, value)| (field.clone(), typed(value))).collect();
        self.state().items.insert(key.clone(), item);
        image
    }

    pub(crate) fn remove(&self, key: &JobKey) {
        self.state().items.remove(key);
    }

    pub(crate) fn items(&self) -> BTreeMap<JobKey, Item> {
        self.state().items.clone()
    }

    pub(crate) fn schedules(&self) -> BTreeMap<String, Standing> {
        self.state().schedules.clone()
    }

    /// Messages that the controller put aside.
    pub(crate) fn letters(&self) -> usize {
        self.state().letters
    }

    /// Calls that were taken, and those that were throttled.
    pub(crate) fn calls(&self) -> (u64, u64) {
        let state = self.state();
        (state.made, state.throttled)
    }

    /// The clock of jobs, epoch seconds.
    pub(crate) fn now(&self) -> i64 {
        self.state().now()
    }

    /// A call as the SDK makes it.
    async fn call<T>(&self, effect: impl FnOnce(&mut State) -> T) -> Result<T, Failure> {
        let throttled = || Failure::new("use a schedule", "ThrottlingException");
        let attempts = self.state().patience.attempts;
        let taken = async {
            for nth in 0..attempts {
                sleep(LATENCY).await;
                if self.state().take() {
                    return true;
                }
                let wait = self.state().below_one() * f64::from(1_u32 << nth);
                if nth + 1 < attempts {
                    sleep(Duration::from_secs_f64(wait)).await;
                }
            }
            false
        };
        match timeout(Patience::TIME, taken).await {
            Ok(true) => Ok(effect(&mut self.state())),
            Ok(false) | Err(_) => Err(throttled()),
        }
    }
}

impl State {
    fn now(&self) -> i64 {
        NOW + self.began.elapsed().as_secs() as i64
    }

    /// Whether the account may make one more call now (a token bucket of one second).
    fn take(&mut self) -> bool {
        let (left, then) = self.left;
        let a_second = self.quota.a_second as f64;
        let left = (left + then.elapsed().as_secs_f64() * a_second).min(a_second);
        let is_taken = left >= 1.0;
        self.left = (if is_taken { left - 1.0 } else { left }, Instant::now());
        self.made += u64::from(is_taken);
        self.throttled += u64::from(!is_taken);
        is_taken
    }

    fn below_one(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn valid(start: i64, now: i64) -> Result<i64, Failure> {
    if start >= now - PAST {
        return Ok(start.max(now));
    }
    Err(Failure::new("use a schedule", format!("ValidationException: {start} is past at {now}")))
}

impl JobReader for Account {
    async fn read(&self, key: &JobKey) -> Result<Option<Item>, Failure> {
        sleep(LATENCY).await;
        Ok(self.state().items.get(key).cloned())
    }
}

impl Schedules for Account {
    async fn made(&self, name: &str) -> Result<Option<Made>, Failure> {
        let name = name.to_owned();
        self.call(move |state| {
            let standing = state.schedules.get(&name)?;
            Some(Made {
                at: Some(standing.made),
                modified: Some(standing.modified),
                start: standing.start,
            })
        })
        .await
    }

    async fn update(&self, wanted: &WantedSchedule, start: Option<i64>) -> Result<Found, Failure> {
        let wanted = wanted.clone();
        self.call(move |state| {
            let now = state.now();
            let Some(standing) = state.schedules.get_mut(&wanted.name) else {
                return Ok(Found::No);
            };
            standing.has_fired |= standing.due + PRECISION <= now;
            standing.wanted = wanted;
            standing.due = valid(start.unwrap_or(now), now)?;
            standing.start = start;
            standing.modified = now;
            Ok(Found::Yes)
        })
        .await?
    }

    async fn create(
        &self,
        wanted: &WantedSchedule,
        start: Option<i64>,
    ) -> Result<Created, Failure> {
        let wanted = wanted.clone();
        self.call(move |state| {
            let made = state.now();
            if state.schedules.contains_key(&wanted.name) {
                return Ok(Created::Exists);
            }
            let due = valid(start.unwrap_or(made), made)?;
            let standing = Standing { wanted, start, due, made, modified: made, has_fired: false };
            state.schedules.insert(standing.wanted.name.clone(), standing);
            Ok(Created::Done)
        })
        .await?
    }

    async fn delete(&self, name: &str) -> Result<Found, Failure> {
        let name = name.to_owned();
        self.call(move |state| state.schedules.remove(&name).map_or(Found::No, |_| Found::Yes))
            .await
    }
}

impl DeadLetters for Account {
    async fn bury(&self, _letter: &DeadLetter) -> Result<(), Failure> {
        self.state().letters += 1;
        Ok(())
    }
}
