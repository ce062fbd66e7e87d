//! `scheduler plan`: what would be built and created.

use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use scheduler_plan::plan::PlanSummary;
use scheduler_plan::problem::Problem;
use serde::Serialize;

/// What `--json` prints.
#[derive(Serialize)]
struct Planned<'a> {
    #[serde(flatten)]
    summary: &'a PlanSummary,
    problems: &'a [Problem],
}

/// Prints the plan's summary.
///
/// # Errors
/// The project's problems.
pub fn plan(settings: &Settings, env: &str) -> Result<(), Failure> {
    let decided = pipeline::plan(settings, env)?;
    let summary = decided.plan.summary(&decided.drafts);
    let planned = Planned { summary: &summary, problems: &decided.warnings };
    settings.output.result(&summary.to_string(), &planned);
    Ok(())
}
