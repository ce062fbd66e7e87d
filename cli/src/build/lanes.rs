//! Who builds what at the same time.
//!
//! What goes through cargo is built one after another: cargo uses all processors by itself, and
//! locks the target folder that the units share. Everything else is built beside it, as many at a
//! time as there are processors.

use super::cargo::Tools;
use super::error::BuildError;
use super::request::CoreSource;
use super::unit::Workshop;
use scheduler_plan::unit::{Artifact, BuildUnit, UnitKind};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};
use std::vec::IntoIter;

/// A unit that has to be built.
#[derive(Debug, Clone)]
pub(super) struct Stale<'a> {
    /// Its place in the request.
    pub(super) index: usize,
    pub(super) unit: &'a BuildUnit,
    /// The digest of what it is built from.
    pub(super) inputs: String,
    /// Whether the build writes a lock file, which is an input from then on.
    pub(super) unlocked: bool,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Done<'a> {
    pub(super) stale: Stale<'a>,
    pub(super) result: Result<Artifact, BuildError>,
    pub(super) took: Duration,
}

/// Starts the work; what is done arrives at the other end of the channel.
pub(super) fn start<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    workshop: &'env Workshop<'env>,
    stale: Vec<Stale<'env>>,
    done: &Sender<Done<'env>>,
) {
    let (cargo, others): (Vec<_>, Vec<_>) =
        stale.into_iter().partition(|one| needs_cargo(one.unit, &workshop.request.core));
    let processors = thread::available_parallelism().map_or(1, usize::from);
    for (queue, workers) in [(cargo, 1), (others, processors)] {
        let workers = workers.min(queue.len());
        let queue = std::sync::Arc::new(Mutex::new(queue.into_iter()));
        for _ in 0..workers {
            let (queue, done) = (queue.clone(), done.clone());
            scope.spawn(move || work(workshop, &queue, &done));
        }
    }
}

fn needs_cargo(unit: &BuildUnit, core: &CoreSource) -> bool {
    match unit.kind {
        UnitKind::Core { .. } => matches!(core, CoreSource::Checkout(_)),
        UnitKind::Rust { .. } => true,
        UnitKind::Python { .. }
        | UnitKind::Node { .. }
        | UnitKind::Command { .. }
        | UnitKind::Zip { .. } => false,
    }
}

fn work<'a>(workshop: &Workshop<'a>, queue: &Mutex<IntoIter<Stale<'a>>>, done: &Sender<Done<'a>>) {
    let tools = Tools::default();
    while let Some(stale) = next(queue) {
        let unit = stale.unit;
        let (name, kind) = (&unit.name, kind(unit));
        let what = format!("building `{name}` ({kind}, {})", unit.architecture);
        workshop.progress.begin(name, &what);
        let start = Instant::now();
        let result = workshop.build(unit, &tools);
        workshop.progress.end(name);
        // The other end is gone only when the whole run is given up.
        let _ = done.send(Done { stale, result, took: start.elapsed() });
    }
}

fn next<'a>(queue: &Mutex<IntoIter<Stale<'a>>>) -> Option<Stale<'a>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

fn kind(unit: &BuildUnit) -> &'static str {
    match unit.kind {
        UnitKind::Core { .. } => "core",
        UnitKind::Rust { .. } => "rust",
        UnitKind::Python { .. } => "python",
        UnitKind::Node { .. } => "node",
        UnitKind::Command { .. } => "command",
        UnitKind::Zip { .. } => "zip",
    }
}
