//! `scheduler diff`: what is deployed against what is wanted.

use crate::cloud;
use crate::deploy::deployed::read_deployed;
use crate::deploy::ports::StackReader;
use crate::deploy::stack::{Situation, Stack};
use crate::error::Failure;
use crate::pipeline;
use crate::settings::Settings;
use scheduler_plan::diff::{self, Changes, Deployed};

/// Prints the changes that a deploy would make.
///
/// # Errors
/// [`Failure::Differences`] where there are any.
pub fn diff(settings: &Settings, env: &str) -> Result<(), Failure> {
    let synthesised = pipeline::synth(settings, env)?;
    let templates = &synthesised.templates;
    let stack = synthesised.app.prefix();
    let deployed = cloud::block_on(async {
        let aws = cloud::connect(settings, synthesised.app.region.as_str()).await?;
        let found = async {
            match aws.describe(&stack).await?.filter(has_template) {
                Some(_) => read_deployed(&aws, &stack, Some(templates)).await,
                None => Ok(Deployed::default()),
            }
        };
        let found = found.await;
        cloud::told_calls(settings, &aws);
        found.map_err(|error| cloud::failure(settings, &error))
    })?;
    print(settings, &diff::diff(&deployed, templates))
}

/// The shell of a change set that was never executed has no template.
fn has_template(stack: &Stack) -> bool {
    stack.state.situation() != Situation::Absent
}

/// Prints changes; that there are some is the exit code.
///
/// # Errors
/// [`Failure::Differences`] where there are any.
pub(super) fn print(settings: &Settings, changes: &Changes) -> Result<(), Failure> {
    let text = match changes.is_empty() {
        true => "no differences".to_owned(),
        false => changes.to_string(),
    };
    settings.output.result(&text, changes);
    if changes.is_empty() { Ok(()) } else { Err(Failure::Differences) }
}
