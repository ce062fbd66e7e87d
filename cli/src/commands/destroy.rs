//! `scheduler destroy`: deletes everything of an env, data included unless it is kept.

use crate::args::DestroyArgs;
use crate::cloud;
use crate::deploy::aws::clients::Aws;
use crate::deploy::destroy::{DestroyRequest, Destroyed, destroy as delete, prepare_destroy};
use crate::error::Failure;
use crate::project;
use crate::settings::Settings;
use scheduler_plan::app::App;

/// Destroys one env.
///
/// # Errors
/// A protected env, no consent, a failed call, or what could not be deleted.
pub fn destroy(settings: &Settings, args: &DestroyArgs) -> Result<(), Failure> {
    let app = project::app(settings, &args.env)?;
    cloud::check_region(settings, &app)?;
    let request = request(&app, args);
    cloud::block_on(async {
        let aws = cloud::connect(settings, &request.region).await?;
        let come_back = format!(
            "`scheduler destroy --env {env}` takes it up again, `scheduler status --env {env}` \
             shows it",
            env = args.env
        );
        let done = cloud::detachable(&come_back, run(settings, &aws, &request, args)).await;
        cloud::told_calls(settings, &aws);
        done
    })
}

fn request(app: &App, args: &DestroyArgs) -> DestroyRequest {
    DestroyRequest {
        stack: app.prefix(),
        env: app.env.to_string(),
        region: app.region.to_string(),
        account: app.account.as_ref().map(ToString::to_string),
        protect: app.protect,
        plugins: cloud::nested_ids(app),
        keep_data: args.keep_data,
        retain: args.retain.clone(),
    }
}

async fn run(
    settings: &Settings,
    aws: &Aws,
    request: &DestroyRequest,
    args: &DestroyArgs,
) -> Result<(), Failure> {
    let session = cloud::session(settings);
    let ready = prepare_destroy(aws, request, &session).await;
    let Some(ready) = ready.map_err(|error| cloud::failure(settings, &error))? else {
        let gone = Destroyed { stack: request.stack.clone(), leftovers: Vec::new() };
        settings.output.result(&format!("there is no `{}`", request.stack), &gone);
        return Ok(());
    };
    settings.output.note(&ready.to_string());
    let question = match args.keep_data {
        true => format!("delete `{}` and keep its data?", request.stack),
        false => format!("delete `{}` with all of its data?", request.stack),
    };
    cloud::consent(settings, args.yes, &question).await?;
    let gone = delete(aws, ready, request, &session).await;
    let gone = gone.map_err(|error| cloud::failure(settings, &error))?;
    settings.output.result(&gone.to_string(), &gone);
    Ok(())
}
