//! All routes in one place, for a server that has all ports in its hands.

use super::answer::{Answer, ApiError};
use super::claims::Ask;
use super::route::Route;
use super::{Creation, create, get, job_types, list, pause, remove, resume, run, runs, update};
use crate::ports::{Distribution, Failure, JobStore, RunLog};

/// The API over its ports.
#[derive(Debug, Clone)]
pub struct Api<S, D, R> {
    /// The jobs.
    pub store: S,
    /// The known job types, and how many jobs a user may have.
    pub creation: Creation,
    /// Where a run by hand goes.
    pub distribution: D,
    /// Past runs.
    pub runs: R,
}

impl<S: JobStore, D: Distribution, R: RunLog> Api<S, D, R> {
    /// Answers a request; the cause of a failure, which is not the caller's business, goes to
    /// `log`.
    pub async fn answer(&self, route: Route, ask: Ask<'_>, log: impl Fn(&Failure)) -> Answer {
        self.asked(route, ask).await.unwrap_or_else(|error| {
            if let ApiError::Failed(failure) = &error {
                log(failure);
            }
            error.answer()
        })
    }

    async fn asked(&self, route: Route, ask: Ask<'_>) -> Result<Answer, ApiError> {
        let Self { store, creation, distribution, runs: log } = self;
        let types = &creation.types;
        match route {
            Route::JobTypes => Ok(job_types(types)),
            Route::List => list(store, log, ask).await,
            Route::Get => get(store, log, ask).await,
            Route::Create => create(store, creation, ask).await,
            Route::Update => update(store, types, ask).await,
            Route::Delete => remove(store, ask).await,
            Route::Pause => pause(store, ask).await,
            Route::Resume => resume(store, ask).await,
            Route::Run => run(store, types, distribution, ask).await,
            Route::Runs => runs(store, log, ask).await,
        }
    }
}
