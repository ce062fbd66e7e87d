//! What the server runs with at one moment, made from the app: replaced as a whole when the
//! project changes.

use scheduler_plan::app::{App, Consumer as Decided};
use scheduler_runtime::controller::{Controller, Deployment, Target};
use scheduler_runtime::items::{Api, Creation};
use scheduler_runtime::job_types::JobTypes;
use scheduler_runtime::local::{Store, Subscriptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Everything that follows from the app alone.
#[derive(Debug)]
pub(super) struct World {
    pub(super) api: Api<Store, Store, Store>,
    pub(super) controller: Controller<Store, Store, Store>,
    expiring: Vec<(PathBuf, u32)>,
}

/// The current world, for everybody.
#[derive(Debug, Clone)]
pub(super) struct Worlds(Arc<RwLock<Arc<World>>>);

impl Worlds {
    pub(super) fn new(world: World) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(world))))
    }

    pub(super) fn current(&self) -> Arc<World> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, world: World) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(world);
    }
}

impl World {
    pub(super) fn new(app: &App, store: &Store, state: &Path) -> Self {
        let types = JobTypes::of(app.job_types_document());
        let deployment = Deployment { types: types.clone(), target: target() };
        Self {
            api: Api {
                store: store.clone(),
                creation: Creation { types, max_jobs: app.max_jobs_per_user.map(u64::from) },
                distribution: store.clone(),
                runs: store.clone(),
            },
            controller: Controller {
                jobs: store.clone(),
                schedules: store.clone(),
                dead_letters: store.clone(),
                deployment,
            },
            expiring: expiring(app, state),
        }
    }

    /// Folders, and after how many days what lies in them goes.
    pub(super) fn expiring(&self) -> Vec<(PathBuf, u32)> {
        self.expiring.clone()
    }
}

/// Who gets the ticks of which type: the rule of the templates' subscription filters.
pub(super) fn subscriptions(app: &App) -> Subscriptions {
    let mut subscriptions = Subscriptions::default();
    for plugin in &app.plugins {
        if let Some(Decided::Lambda(_)) = &plugin.consumer {
            for job_type in &plugin.job_types {
                subscriptions.add(job_type.as_str(), plugin.name.as_str());
            }
        }
    }
    subscriptions
}

/// One process has one topic; what schedules say of it is only compared with itself.
pub(super) fn target() -> Target {
    let name = |what: &str| format!("local:{what}");
    Target { topic_arn: name("topic"), role_arn: name("role"), dead_letter_arn: name("dead") }
}

fn expiring(app: &App, state: &Path) -> Vec<(PathBuf, u32)> {
    let folder = |plugin: &scheduler_plan::app::Plugin| match &plugin.consumer {
        Some(Decided::Lambda(lambda)) => {
            let days = lambda.state.as_ref()?.expire_days?;
            Some((state.join(plugin.name.as_str()), days))
        }
        _ => None,
    };
    app.plugins.iter().filter_map(folder).collect()
}
