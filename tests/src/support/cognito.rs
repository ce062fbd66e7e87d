//! Users of a deployed pool, made and logged in the way an administrator does it.

use super::aws::{Aws, COGNITO};
use crate::outcome::{Outcome, fail};
use serde_json::{Value, json};

const PASSWORD: &str = "Correct-horse-7";

/// Where users live.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Output `UserPoolId`.
    pub id: String,
    /// Output `UserPoolClientId`.
    pub client: String,
}

/// A user who is logged in.
#[derive(Debug, Clone)]
pub struct User {
    /// The address.
    pub email: String,
    /// An id token, which carries `cognito:username` and `email`.
    pub token: String,
}

/// Makes a user and logs in.
///
/// # Errors
/// A refusal, or no token.
pub fn sign_in(aws: &Aws, pool: &Pool, email: &str) -> Outcome<User> {
    create(aws, pool, email)?;
    let login = aws.json(
        COGNITO,
        "AdminInitiateAuth",
        &json!({
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "UserPoolId": pool.id,
            "ClientId": pool.client,
            "AuthParameters": {"USERNAME": email, "PASSWORD": PASSWORD},
        }),
    )?;
    match &login["AuthenticationResult"]["IdToken"] {
        Value::String(token) => Ok(User { email: email.into(), token: token.clone() }),
        _ => fail(format!("no id token in {login}")),
    }
}

fn create(aws: &Aws, pool: &Pool, email: &str) -> Outcome {
    aws.json(
        COGNITO,
        "AdminCreateUser",
        &json!({
            "UserPoolId": pool.id,
            "Username": email,
            "MessageAction": "SUPPRESS",
            "UserAttributes": [
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        }),
    )?;
    aws.json(
        COGNITO,
        "AdminSetUserPassword",
        &json!({
            "UserPoolId": pool.id,
            "Username": email,
            "Password": PASSWORD,
            "Permanent": true,
        }),
    )?;
    Ok(())
}
