//! The API's contract holds here as it does on AWS.

use scheduler_tests::outcome::{Outcome, ensure};
use scheduler_tests::support::contract::{self, LIMIT, Place, TYPE, Who};
use scheduler_tests::support::issuer::{AUDIENCE, Issuer};
use scheduler_tests::support::local::Local;
use scheduler_tests::support::project::Project;
use scheduler_tests::support::scheduler::Scheduler;
use serde_json::{Value, json};

#[test]
fn the_contract_holds_for_the_development_user() -> Outcome {
    let project = Project::of(&format!("{LIMIT}{TYPE}"))?;
    let local = Local::start(&Scheduler::of(project.path()), &["--user", "ada@example.com"])?;
    let user = Who { email: "ada@example.com".into(), token: String::new() };
    contract::holds(Place { api: &local.api, user: &user, other: None, records_runs: true })?;
    local.stop()
}

#[test]
fn the_contract_holds_for_users_with_tokens() -> Outcome {
    let issuer = Issuer::serve()?;
    let project = Project::of(TYPE)?;
    let (url, audience) = (issuer.url(), AUDIENCE);
    let auth = format!("auth = {{ jwt = {{ issuer = \"{url}\", audience = [\"{audience}\"] }} }}");
    project.append(&format!("\n[env.tokens]\n{LIMIT}{auth}\n"))?;
    let scheduler = Scheduler::of(project.path());
    let local = Local::start(&scheduler, &["--env", "tokens", "--auth"])?;
    let (user, other) = (issuer.sign_in("ada@example.com")?, issuer.sign_in("eve@example.com")?);
    let (api, other) = (&local.api, Some(&other));
    contract::holds(Place { api, user: &user, other, records_runs: true })?;
    a_token_that_does_not_fit_opens_nothing(&issuer, &local)?;
    local.stop()
}

fn a_token_that_does_not_fit_opens_nothing(issuer: &Issuer, local: &Local) -> Outcome {
    let claims = |more: Value| {
        let mut all = json!({"cognito:username": "ada", "email": "ada@example.com"});
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
        all
    };
    let status = |token: &str| {
        let get = ureq::http::Method::GET;
        local.api.call(token, get, "/jobs", &Value::Null).map(|reply| reply.status)
    };
    ensure(status(&issuer.token(&claims(json!({})))?)? == 200, || "a good token".into())?;
    for wrong in [
        json!({"exp": 1}),
        json!({"exp": "tomorrow"}),
        json!({"nbf": 99_999_999_999_u64}),
        json!({"iss": "https://evil.example"}),
        json!({"aud": "somebody-else"}),
        json!({"aud": ["somebody-else"]}),
        json!({"email": null}),
        json!({"cognito:username": ""}),
    ] {
        let got = status(&issuer.token(&claims(wrong.clone()))?)?;
        ensure(got == 401, || format!("a token with {wrong} answered {got}"))?;
    }
    let good = issuer.token(&claims(json!({})))?;
    let (signed, _) = good.rsplit_once('.').unwrap_or_default();
    let unsigned = format!("{signed}.AAAA");
    ensure(status(&unsigned)? == 401, || "a token with another signature".into())
}
