//! Table and schedules of a data folder held against each other, as those of a deployed env are,
//! whether a server runs there or not.

use super::clock::Clock;
use super::controller::{self, Changes};
use super::error::StartError;
use super::log::Log;
use super::world::{World, Worlds, target};
use scheduler_plan::app::App;
use scheduler_runtime::controller::Deployment;
use scheduler_runtime::job_types::JobTypes;
use scheduler_runtime::local::{Mending, OpenError, Store, Survey};
use scheduler_runtime::ports::Failure;
use scheduler_runtime::reconcile::{self, Cursor, Depth, Limits, Pass, Reconciler, Report};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often, and after how long, a server that runs is asked whether it has applied what waits.
const SETTLES: u32 = 25;
const SETTLING: Duration = Duration::from_millis(200);

/// What to look at, and how closely.
#[derive(Debug)]
pub struct Verification<'a> {
    /// The app as decided: which types there are.
    pub app: &'a App,
    /// Where jobs and schedules are.
    pub data_dir: &'a Path,
    /// What changed within so many seconds is left alone.
    pub grace: i64,
    /// Of which schedules every attribute is compared.
    pub depth: Depth,
    /// The jobs' clock.
    pub clock: Arc<dyn Clock>,
    /// Where lines go.
    pub log: Log,
}

/// What a look found.
#[derive(Debug, Serialize)]
pub struct Found {
    /// As of a deployed env.
    pub report: Report,
    /// Changes that nobody has applied yet.
    pub waiting: u64,
    /// What SQLite finds wrong with the file.
    pub damage: Vec<String>,
}

impl Found {
    /// Whether everything agrees.
    #[must_use]
    pub fn is_in_step(&self) -> bool {
        self.report.is_in_step() && self.waiting == 0 && self.damage.is_empty()
    }
}

impl Verification<'_> {
    /// Looks, and changes nothing. What is on its way in a server that runs gets its time.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub async fn survey(&self) -> Result<Found, StartError> {
        let mut found = self.look(None).await?;
        for _ in 0..SETTLES {
            if found.waiting == 0 {
                break;
            }
            tokio::time::sleep(SETTLING).await;
            found = self.look(None).await?;
        }
        Ok(found)
    }

    /// Has what differs mended, by the server where one runs; answers what differed, and what does
    /// afterwards.
    ///
    /// # Errors
    /// A folder that cannot be read or written.
    pub async fn repair(&self) -> Result<(Found, Found), StartError> {
        let mending = Mending::open(self.data_dir)?;
        let own = match Store::open(self.data_dir) {
            Ok(store) => Some(store),
            Err(OpenError::InUse(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let done = self.mend(&mending, own.as_ref()).await;
        if let Some(store) = own {
            store.close().await;
        }
        done
    }

    async fn mend(
        &self,
        mending: &Mending,
        own: Option<&Store>,
    ) -> Result<(Found, Found), StartError> {
        self.applied(own).await?;
        let before = self.look(Some(mending)).await?;
        if !before.report.differences.is_empty() {
            mending.realign(self.clock.now()).map_err(failed)?;
        }
        self.applied(own).await?;
        Ok((before, self.survey().await?))
    }

    /// Applies what waits, where no server does.
    async fn applied(&self, own: Option<&Store>) -> Result<(), StartError> {
        let Some(store) = own else { return Ok(()) };
        let world = World::new(self.app, store, &self.data_dir.join("state"));
        let changes = Changes {
            store: store.clone(),
            worlds: Worlds::new(world),
            clock: Arc::clone(&self.clock),
            log: self.log.clone(),
        };
        controller::apply_all(&changes).await.map_err(failed)
    }

    async fn look(&self, mending: Option<&Mending>) -> Result<Found, StartError> {
        let survey = Survey::open(self.data_dir, target())?;
        let (waiting, damage) =
            (survey.waiting().map_err(failed)?, survey.damage().map_err(failed)?);
        let types = JobTypes::of(self.app.job_types_document());
        let deployment = Deployment { types, target: target() };
        let reconciler = Reconciler { jobs: survey.clone(), schedules: survey, deployment };
        let pass = Pass {
            from: Cursor::default(),
            grace: self.grace,
            depth: self.depth,
            limits: Limits::NONE,
            clock: &|| self.clock.now(),
        };
        let report = match mending {
            Some(queue) => reconcile::repair(&reconciler, &pass, queue).await,
            None => reconcile::survey(&reconciler, &pass).await,
        };
        Ok(Found { report, waiting, damage })
    }
}

fn failed(failure: Failure) -> StartError {
    StartError::Failed(failure.sentence())
}
