//! The build: open the folder, see what is stale, build that, remember it.

use super::error::{BuildError, BuildFailure};
use super::folder::Folder;
use super::inputs::{self, Inputs};
use super::lanes::{self, Done, Stale};
use super::ledger::Ledger;
use super::python::Interpreter;
use super::request::{BuildReport, BuildRequest};
use super::text::size;
use super::unit::Workshop;
use crate::progress::Progress;
use scheduler_plan::unit::{Artifact, BuildUnit, UnitKind};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The ledger grows with the project: it is written once for units that are done within so short
/// a time, and a run that is killed forgets only units that were as quick.
const MOMENT: Duration = Duration::from_millis(100);

/// Builds what is stale. A unit that fails does not keep the others from being built.
///
/// # Errors
/// Where the output folder itself cannot be used; what is wrong with a unit is in the report.
pub fn build(
    request: &BuildRequest<'_>,
    progress: &dyn Progress,
) -> Result<BuildReport, BuildError> {
    let folder = Folder::open(request.project, request.target, progress)?;
    let mut ledger = Ledger::read(&folder);
    let python = Interpreter::default();
    let mut results = Results::new(request.units);
    let inputs = Inputs::new(request, &folder, &python);
    let stale = results.find_stale(inputs, &folder, &ledger);
    let workshop = Workshop { request, folder: &folder, progress, python: &python };
    thread::scope(|scope| {
        let (sender, done) = mpsc::channel();
        lanes::start(scope, &workshop, stale, &sender);
        drop(sender);
        let mut next = done.recv().ok();
        while let Some(one) = next {
            results.finish(one, &workshop, &mut ledger);
            next = done.recv_timeout(MOMENT).ok();
            if next.is_none() {
                ledger.write(&folder)?;
                next = done.recv().ok();
            }
        }
        Ok::<_, BuildError>(())
    })?;
    let report = results.report();
    if report.failures.is_empty() {
        request.units.iter().try_for_each(|unit| folder.settle(unit))?;
    }
    Ok(report)
}

/// A place for each unit of the request.
struct Results<'a> {
    units: &'a [BuildUnit],
    found: Vec<Option<Result<Artifact, BuildError>>>,
    stale: usize,
    finished: usize,
}

impl<'a> Results<'a> {
    fn new(units: &'a [BuildUnit]) -> Self {
        let found = units.iter().map(|_| None).collect();
        Self { units, found, stale: 0, finished: 0 }
    }

    fn find_stale(
        &mut self,
        mut inputs: Inputs<'_>,
        folder: &Folder,
        ledger: &Ledger,
    ) -> Vec<Stale<'a>> {
        let mut stale = Vec::new();
        for (index, unit) in self.units.iter().enumerate() {
            match inputs.digest(unit) {
                Err(error) => self.found[index] = Some(Err(error)),
                Ok(inputs) => match ledger.find(folder, unit, &inputs) {
                    Some(artifact) => self.found[index] = Some(Ok(artifact)),
                    None => {
                        let unlocked = is_unlocked(unit, &folder.project);
                        stale.push(Stale { index, unit, inputs, unlocked });
                    }
                },
            }
        }
        self.stale = stale.len();
        stale
    }

    fn finish(&mut self, done: Done<'_>, workshop: &Workshop<'_>, ledger: &mut Ledger) {
        let Done { stale, result, took } = done;
        let (index, name, took) = (stale.index, &stale.unit.name, took.as_secs_f64());
        let result = result.and_then(|artifact| {
            ledger.record(workshop.folder, &artifact, inputs_after(stale, workshop)?)?;
            Ok(artifact)
        });
        let what = match &result {
            Ok(artifact) => format!("built `{name}` in {took:.1} s, {}", size(artifact.bytes)),
            Err(_) => format!("failed to build `{name}` after {took:.1} s"),
        };
        self.finished += 1;
        let nth = match self.stale {
            1 => String::new(),
            all => format!(" ({} of {all})", self.finished),
        };
        workshop.progress.line(&format!("{what}{nth}"));
        self.found[index] = Some(result);
    }

    fn report(self) -> BuildReport {
        let mut report = BuildReport::default();
        for (unit, found) in self.units.iter().zip(self.found) {
            match found {
                Some(Ok(artifact)) => report.artifacts.push(artifact),
                Some(Err(error)) => report.failures.push(BuildFailure::new(&unit.name, error)),
                // Every unit was cached, failed, or handed to a lane that answers for it.
                None => {}
            }
        }
        report
    }
}

fn is_unlocked(unit: &BuildUnit, project: &Path) -> bool {
    match &unit.kind {
        UnitKind::Rust { dir, .. } => !inputs::is_locked(&project.join(dir)),
        UnitKind::Core { .. }
        | UnitKind::Python { .. }
        | UnitKind::Node { .. }
        | UnitKind::Command { .. }
        | UnitKind::Zip { .. } => false,
    }
}

fn inputs_after(stale: Stale<'_>, workshop: &Workshop<'_>) -> Result<String, BuildError> {
    if !stale.unlocked {
        return Ok(stale.inputs);
    }
    let Workshop { request, folder, python, .. } = workshop;
    Inputs::new(request, folder, python).digest(stale.unit)
}
