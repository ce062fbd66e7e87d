//! `scheduler login`: a token for a deployed env's API, by the browser.

use crate::args::LoginArgs;
use crate::cloud;
use crate::commands::jobs::{api_of, outputs};
use crate::error::Failure;
use crate::jobs::tokens::{Login, Tokens};
use crate::login::{self, CALLBACK, Callback, Challenge, Endpoints, LoginError};
use crate::project::{self, LOCAL};
use crate::settings::Settings;
use scheduler_plan::app::{App, Auth};
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// Logs in to an env, or out of it.
///
/// # Errors
/// An env that is not deployed, an issuer that refuses.
pub fn login(settings: &Settings, args: &LoginArgs) -> Result<(), Failure> {
    if args.env == LOCAL {
        let what = "the system on this machine asks nobody for a token";
        let hint =
            "where it does (`scheduler local --auth`), set SCHEDULER_TOKEN to one of its issuer";
        return Err(Failure::input(what, hint));
    }
    let app = project::app(settings, &args.env)?;
    let tokens = tokens(settings)?;
    cloud::block_on(async {
        let api = api_of(settings, &app).await?;
        if args.logout {
            let was = tokens.forget(&api).map_err(|error| unwritten(&error))?;
            let text = if was { "logged out" } else { "nobody was logged in" };
            settings.output.result(text, &json!({"api": api, "logged_out": was}));
            return Ok(());
        }
        let issuer = issuer(settings, &app).await?;
        let got = by_browser(settings, args, &issuer).await.map_err(|error| refused(&error))?;
        tokens.keep(&api, got).map_err(|error| unwritten(&error))?;
        settings.output.result(&format!("logged in to {api}"), &json!({"api": api}));
        Ok(())
    })
}

/// The token of an API, made new where it has ended; `None` where nobody has logged in.
pub(super) async fn token(settings: &Settings, api: &str) -> Result<Option<String>, Failure> {
    let tokens = tokens(settings)?;
    let Some(known) = tokens.get(api) else { return Ok(None) };
    if known.expires_at > now() + 60 {
        return Ok(Some(known.id_token));
    }
    let Some(old) = &known.refresh_token else { return Ok(None) };
    let fresh = login::refresh(&known.token_endpoint, &known.client_id, old).await;
    let fresh = fresh.map_err(|error| refused(&error))?;
    let kept = Login {
        id_token: fresh.id_token.clone(),
        // An issuer that gives no other one means the old one.
        refresh_token: fresh.refresh_token.or(known.refresh_token),
        expires_at: now() + fresh.expires_in,
        ..known
    };
    tokens.keep(api, kept).map_err(|error| unwritten(&error))?;
    Ok(Some(fresh.id_token))
}

struct Issuer {
    url: String,
    client_id: String,
}

async fn issuer(settings: &Settings, app: &App) -> Result<Issuer, Failure> {
    match &app.auth {
        Auth::Jwt { issuer, audience } => {
            let client_id = audience.first().cloned().unwrap_or_default();
            Ok(Issuer { url: issuer.clone(), client_id })
        }
        Auth::Cognito => {
            let outputs = outputs(settings, app).await?;
            let of = |name: &str| outputs.get(name).cloned().unwrap_or_default();
            let (region, pool) = (&app.region, of("UserPoolId"));
            let suffix = if region.as_str().starts_with("cn-") { ".cn" } else { "" };
            Ok(Issuer {
                url: format!("https://cognito-idp.{region}.amazonaws.com{suffix}/{pool}"),
                client_id: of("UserPoolClientId"),
            })
        }
    }
}

async fn by_browser(
    settings: &Settings,
    args: &LoginArgs,
    issuer: &Issuer,
) -> Result<Login, LoginError> {
    let endpoints = Endpoints::of(&issuer.url).await?;
    let challenge = Challenge::new().ok_or(LoginError::Random)?;
    let callback = Callback::open().await?;
    let page = login::authorize_url(
        &endpoints.authorization_endpoint,
        &issuer.client_id,
        CALLBACK,
        &challenge,
    );
    settings.output.note(&format!("open this page to log in:\n{page}"));
    if !args.no_browser {
        open(&page);
    }
    let code = callback.code(&challenge.state).await?;
    let tokens = login::exchange(
        &endpoints.token_endpoint,
        &issuer.client_id,
        CALLBACK,
        (&code, &challenge.verifier),
    )
    .await?;
    Ok(Login {
        id_token: tokens.id_token,
        refresh_token: tokens.refresh_token,
        expires_at: now() + tokens.expires_in,
        token_endpoint: endpoints.token_endpoint,
        client_id: issuer.client_id.clone(),
    })
}

/// With whatever the system has for it; the address was told anyway.
fn open(page: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(command.spawn());
}

fn tokens(settings: &Settings) -> Result<Tokens, Failure> {
    Tokens::of(&settings.environment()).ok_or_else(|| {
        Failure::input("there is no home folder to keep a login in", "set HOME, or SCHEDULER_TOKEN")
    })
}

fn unwritten(error: &std::io::Error) -> Failure {
    Failure::failed(format!("the login could not be written down: {error}"))
}

fn refused(error: &LoginError) -> Failure {
    let hint = match error {
        LoginError::Refused(_) | LoginError::NobodyCame { .. } => {
            Some("log in again: `scheduler login --env ENV`".to_owned())
        }
        LoginError::Listen { .. } => Some("end the other login first".to_owned()),
        _ => None,
    };
    Failure::Failed { what: error.to_string(), hint }
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
