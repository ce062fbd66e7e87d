//! What the parent knows of a store that it has only heard of.

use super::{CONSUMER, NOW, Outcome, ensure, told};
use scheduler_contract::JobKey;
use scheduler_runtime::local::Store;
use scheduler_runtime::ports::RunLog;
use std::collections::{BTreeMap, BTreeSet};

/// Later than anything that a child fires.
const LATER: i64 = NOW + 31_536_000;

/// A job's revision; `None`: it is not there.
type State = Option<u64>;

/// What was heard of one job.
#[derive(Debug, Default)]
struct Heard {
    acknowledged: State,
    /// Asked for and not answered: it may have happened or not.
    asked: Option<State>,
}

#[derive(Debug, Default)]
pub(crate) struct Known {
    jobs: BTreeMap<JobKey, Heard>,
    /// Runs whose success was acknowledged.
    done: BTreeSet<i64>,
    fired: usize,
    acknowledged: usize,
}

impl Known {
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged
    }

    pub(crate) fn users(&self) -> BTreeSet<String> {
        self.jobs.keys().map(|key| key.user_id.clone()).collect()
    }

    pub(crate) fn hear(&mut self, line: &str) -> Outcome {
        let words: Vec<&str> = line.split(' ').collect();
        let key = |user: &str, id: &str| -> Outcome<JobKey> {
            Ok(JobKey { user_id: user.to_owned(), job_id: id.trim_end_matches(':').parse()? })
        };
        match words.as_slice() {
            ["try", user, id, state] => {
                let heard = self.jobs.entry(key(user, id)?);
                let is_new = matches!(heard, std::collections::btree_map::Entry::Vacant(_));
                ensure(*state != "1" || is_new, || format!("an id was given twice: {line}"))?;
                heard.or_default().asked = Some(state_of(state)?);
            }
            ["ack", user, id, state] => {
                let heard = self.jobs.entry(key(user, id)?).or_default();
                (heard.acknowledged, heard.asked) = (state_of(state)?, None);
                self.acknowledged += 1;
            }
            // What failed must not have happened at all.
            ["refused", user, id, ..] => self.jobs.entry(key(user, id)?).or_default().asked = None,
            ["fired", number] => self.fired += number.parse::<usize>()?,
            ["done", run] => drop(self.done.insert(run.parse()?)),
            _ => return Err(format!("the child said `{line}`").into()),
        }
        Ok(())
    }

    /// Each job is as it was acknowledged, or as it was asked for last; then that is known.
    pub(crate) fn agree(&mut self, found: &BTreeMap<JobKey, u64>) -> Outcome {
        for (key, heard) in &mut self.jobs {
            let state = found.get(key).copied();
            let is_right = state == heard.acknowledged || heard.asked == Some(state);
            ensure(is_right, || format!("job {key} is at {state:?}, heard was {heard:?}"))?;
            (heard.acknowledged, heard.asked) = (state, None);
        }
        let strange = found.keys().find(|key| !self.jobs.contains_key(key));
        ensure(strange.is_none(), || format!("nobody asked for {strange:?}"))
    }

    /// What was done is done, and everything else that was fired can be taken again.
    pub(crate) async fn runs_agree(&self, store: &Store, found: &BTreeMap<JobKey, u64>) -> Outcome {
        let mut states = BTreeMap::new();
        for key in self.jobs.keys() {
            for run in store.runs(key, usize::MAX).await.map_err(told)?.unwrap_or_default() {
                let id = run["run_id"].as_i64().ok_or("a run without an id")?;
                states.insert(id, run["state"].as_str().unwrap_or_default().to_owned());
            }
        }
        ensure(states.len() >= self.fired, || {
            format!("{} fired, {} runs of {} jobs", self.fired, states.len(), found.len())
        })?;
        let succeeded = |id: &i64| states.get(id).is_some_and(|state| state == "succeeded");
        let lost: Vec<_> = self.done.iter().filter(|id| !succeeded(id)).collect();
        ensure(lost.is_empty(), || format!("results of the runs {lost:?} are lost"))?;
        let taken = store.take(CONSUMER, usize::MAX, i64::MAX).await.map_err(told)?;
        let taken: BTreeSet<i64> = taken.iter().map(|one| one.run).collect();
        let open: BTreeSet<i64> = states.keys().filter(|id| !succeeded(id)).copied().collect();
        ensure(taken == open, || {
            let missing: Vec<_> = open.difference(&taken).take(10).collect();
            format!("{} runs are not over; among those not to be taken: {missing:?}", open.len())
        })?;
        store.release(&taken.into_iter().collect::<Vec<_>>()).await.map_err(told)?;
        Ok(())
    }

    /// Every job that there is has had its first run, or has it now.
    pub(crate) async fn every_job_fires(
        &mut self,
        store: &Store,
        found: &BTreeMap<JobKey, u64>,
    ) -> Outcome {
        loop {
            let fired = store.fire(LATER, 500).await.map_err(told)?;
            self.fired += fired;
            if fired == 0 {
                break;
            }
        }
        for key in found.keys() {
            let runs = store.runs(key, 1).await.map_err(told)?.unwrap_or_default();
            ensure(!runs.is_empty(), || format!("job {key} has never run"))?;
        }
        Ok(())
    }
}

fn state_of(word: &str) -> Outcome<State> {
    if word == "gone" { Ok(None) } else { Ok(Some(word.parse()?)) }
}
