//! `scheduler status`: the stack's state and outputs.

use crate::cloud;
use crate::deploy::status;
use crate::error::Failure;
use crate::project;
use crate::settings::Settings;

/// Prints state and outputs.
///
/// # Errors
/// The project's problems, or a failed call.
pub fn status(settings: &Settings, env: &str) -> Result<(), Failure> {
    let app = project::app(settings, env)?;
    cloud::block_on(async {
        let aws = cloud::connect(settings, app.region.as_str()).await?;
        let found = status::status(&aws, &app.prefix()).await;
        cloud::told_calls(settings, &aws);
        let status = found.map_err(|error| cloud::failure(settings, &error))?;
        settings.output.result(&status.to_string(), &status);
        Ok(())
    })
}
