//! What a child does. It says what it is about to ask for, and what was acknowledged:
//! `try USER ID STATE` and `ack USER ID STATE`, a state being a revision or `gone`; `fired N`;
//! `done RUN`.

use super::{CONSUMER, NOW, Outcome, Random, apply, block_on, open, told};
use futures_util::future::try_join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use scheduler_contract::ScheduledJob;
use scheduler_runtime::local::{Outcome as End, Settled, Store};
use scheduler_runtime::ports::JobStore;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::task::yield_now;

/// Who writes jobs at the same time.
const WRITERS: u64 = 8;

/// Opens the store and holds it until it is killed.
pub(crate) fn hold(folder: &Path) -> Outcome {
    let _store = open(folder)?;
    say("ready")?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Works until it is killed.
pub(crate) fn write(folder: &Path, seed: &str) -> Outcome {
    let store = open(folder)?;
    let round: u64 = seed.parse()?;
    block_on(async {
        let writers = try_join_all((0..WRITERS).map(|nth| {
            let random = Random(round * WRITERS + nth + 1);
            write_jobs(&store, format!("{round}-{nth}@example.com"), random)
        }));
        let (controller, firing, consumer) = (control(&store), fire(&store), consume(&store));
        tokio::try_join!(writers, controller, firing, consumer)?;
        Ok(())
    })
}

fn job(user_id: &str, job_id: u64, rev: u64) -> Outcome<ScheduledJob> {
    let text = format!(
        r#"{{"user_id":"{user_id}","user_email":"u@example.com","job_id":{job_id},"rev":{rev},
        "job_type":"test","sleep_time":{},"enabled":true,"anchor":{NOW},"updated_at":{NOW}}}"#,
        60 * rev
    );
    Ok(serde_json::from_str(&text)?)
}

async fn write_jobs(store: &Store, user: String, mut random: Random) -> Outcome {
    let mut own: Vec<ScheduledJob> = Vec::new();
    store.start_ids(&user, 0).await.map_err(told)?;
    loop {
        let pick = random.next();
        let position = usize::try_from(pick >> 8)?.checked_rem(own.len());
        match (pick % 4, position) {
            (2, Some(position)) => {
                let old = &own[position];
                let job = job(&user, old.job_id, old.rev + 1)?;
                tried(&job, &job.rev.to_string())?;
                store.replace(&job, old.rev).await.map_err(told)?;
                acknowledged(&job, &job.rev.to_string())?;
                own[position] = job;
            }
            (3, Some(position)) => {
                let job = own.swap_remove(position);
                tried(&job, "gone")?;
                store.remove(&job.key()).await.map_err(told)?;
                acknowledged(&job, "gone")?;
            }
            _ => {
                let id = store.claim_id(&user).await.map_err(told)?.ok_or("no counter")?;
                let job = job(&user, id, 1)?;
                tried(&job, "1")?;
                store.insert(&job).await.map_err(told)?;
                acknowledged(&job, "1")?;
                own.push(job);
            }
        }
    }
}

async fn control(store: &Store) -> Outcome {
    loop {
        apply(store).await.map_err(told)?;
        yield_now().await;
    }
}

async fn fire(store: &Store) -> Outcome {
    let clock = AtomicI64::new(NOW);
    loop {
        let now = clock.fetch_add(2, Ordering::Relaxed);
        let fired = store.fire(now, 20).await.map_err(told)?;
        say(&format!("fired {fired}"))?;
    }
}

async fn consume(store: &Store) -> Outcome {
    loop {
        let taken = store.take(CONSUMER, 7, 1).await.map_err(told)?;
        let settled = taken.iter().map(|one| Settled {
            run: one.run,
            outcome: match one.run % 3 {
                0 => End::Retry { visible_at_ms: 2 },
                _ => End::Succeeded,
            },
            started_ms: 1,
            ended_ms: 2,
            error: None,
            output: String::new(),
        });
        store.settle(settled.collect()).await.map_err(told)?;
        for one in taken.iter().filter(|one| one.run % 3 != 0) {
            say(&format!("done {}", one.run))?;
        }
    }
}

/// Writes until the disk takes no more, and once more when it does again.
pub(crate) fn fill(folder: &Path) -> Outcome {
    let store = open(folder)?;
    block_on(async {
        insert(&store, 0..20).await?;
        let log = folder.join("jobs.sqlite-wal").metadata()?.len();
        let before = getrlimit(Resource::Fsize);
        setrlimit(Resource::Fsize, Rlimit { current: Some(log + 200_000), ..before })?;
        insert(&store, 20..400).await?;
        setrlimit(Resource::Fsize, before)?;
        insert(&store, 400..420).await?;
        say("again")?;
        store.close().await;
        Ok(())
    })
}

/// Many at once, some of which fail.
async fn insert(store: &Store, ids: std::ops::Range<u64>) -> Outcome {
    let inserts = ids.map(|id| async move {
        let job = job("u@example.com", id, 1)?;
        tried(&job, "1")?;
        match store.insert(&job).await {
            Ok(_) => acknowledged(&job, "1"),
            Err(failure) => say(&format!("refused u@example.com {id}: {}", failure.sentence())),
        }
    });
    try_join_all(inserts).await?;
    Ok(())
}

fn tried(job: &ScheduledJob, state: &str) -> Outcome {
    say(&format!("try {} {} {state}", job.user_id, job.job_id))
}

fn acknowledged(job: &ScheduledJob, state: &str) -> Outcome {
    say(&format!("ack {} {} {state}", job.user_id, job.job_id))
}

/// At once, in one piece.
fn say(line: &str) -> Outcome {
    io::stdout().lock().write_all(format!("{line}\n").as_bytes())?;
    Ok(())
}
