//! `scheduler plan`: what would be built and created.

use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;

/// Prints the plan's summary.
///
/// # Errors
/// The project's problems.
pub fn plan(settings: &Settings, env: &str) -> Result<(), Failure> {
    let decided = pipeline::plan(settings, env)?;
    let summary = decided.plan.summary(&decided.drafts);
    settings.output.result(&summary.to_string(), &summary);
    Ok(())
}
