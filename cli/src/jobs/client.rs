//! One call on the API, and what its answers mean.

use super::place::Place;
use crate::http::{self, NoAnswer, Request, Route};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Jobs in one page.
const PAGE: &str = "500";

/// A job as the API shows it.
pub type Job = Map<String, Value>;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answered.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// 401
    #[error("`{api}` wants a token: {message}")]
    Unauthorized {
        /// The API.
        api: String,
        /// What it said.
        message: String,
    },
    /// 404
    #[error("{0}")]
    NotFound(String),
    /// 400 and 422
    #[error("{}", invalid(.message, .errors))]
    Invalid {
        /// What it said.
        message: String,
        /// JSON pointer -> what is wrong.
        errors: BTreeMap<String, String>,
    },
    /// Anything else.
    #[error("`{api}` answered {status}: {message}")]
    Other {
        /// The API.
        api: String,
        /// HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// No JSON, or of another shape.
    #[error("`{api}` answered something that is not of this API: {detail}")]
    Shape {
        /// The API.
        api: String,
        /// What is wrong with it.
        detail: String,
    },
}

fn invalid(message: &str, errors: &BTreeMap<String, String>) -> String {
    let each = errors.iter().map(|(field, what)| {
        let name = field.trim_start_matches('/');
        match name {
            "" => format!("\n  {what}"),
            name => format!("\n  `{name}` {what}"),
        }
    });
    each.fold(message.to_owned(), |text, line| text + &line)
}

/// A client of one API.
#[derive(Debug, Clone)]
pub struct Client {
    place: Place,
}

impl Client {
    /// Of this API.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self { place }
    }

    /// All jobs of the caller.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn list(&self) -> Result<Vec<Job>, ClientError> {
        let mut jobs = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/jobs?limit={PAGE}{cursor}");
            let answer = self.call("GET", &path, None).await?;
            jobs.extend(self.read::<Vec<Job>>(answer.body)?);
            match answer.cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(jobs),
            }
        }
    }

    /// One job.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn get(&self, id: u64) -> Result<Job, ClientError> {
        let answer = self.call("GET", &format!("/job/{id}"), None).await?;
        self.read(answer.body)
    }

    /// A new job, whole.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn create(&self, job: Job) -> Result<Job, ClientError> {
        let answer = self.call("POST", "/job/create", Some(Value::Object(job))).await?;
        self.read(answer.body)
    }

    /// The job, replaced.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn update(&self, id: u64, job: Job) -> Result<Job, ClientError> {
        let path = format!("/job/update/{id}");
        let answer = self.call("PUT", &path, Some(Value::Object(job))).await?;
        self.read(answer.body)
    }

    /// The job that was.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn delete(&self, id: u64) -> Result<Job, ClientError> {
        let answer = self.call("DELETE", &format!("/job/delete/{id}"), None).await?;
        self.read(answer.body)
    }

    /// `pause`, `resume` or `run`.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn act(&self, id: u64, verb: &str) -> Result<Job, ClientError> {
        let answer = self.call("POST", &format!("/job/{id}/{verb}"), None).await?;
        self.read(answer.body)
    }

    /// The last runs, newest first.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn runs(&self, id: u64, limit: u32) -> Result<Vec<Job>, ClientError> {
        let answer = self.call("GET", &format!("/job/{id}/runs?limit={limit}"), None).await?;
        self.read(answer.body)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, body: Value) -> Result<T, ClientError> {
        serde_json::from_value(body).map_err(|error| self.shape(&error))
    }

    fn shape(&self, error: &serde_json::Error) -> ClientError {
        ClientError::Shape { api: self.place.url.clone(), detail: error.to_string() }
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answered, ClientError> {
        let Route { url, host } =
            Route::to(&format!("{}{path}", self.place.url), self.place.endpoint.as_deref());
        let mut headers = vec![("accept", "application/json".to_owned())];
        headers.extend(host.map(|host| ("host", host)));
        headers.extend(
            self.place.token.iter().map(|token| ("authorization", format!("Bearer {token}"))),
        );
        let body = body.map(|body| body.to_string().into_bytes());
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        let request =
            Request { method: method.to_owned(), url, headers, body: body.unwrap_or_default() };
        let reply = http::send(request).await?;
        let cursor = reply.header("x-next-cursor").map(str::to_owned);
        let body = serde_json::from_slice::<Value>(&reply.body);
        if reply.status == 200 {
            return Ok(Answered { body: body.map_err(|error| self.shape(&error))?, cursor });
        }
        Err(self.refusal(reply.status, &body.unwrap_or_default()))
    }

    fn refusal(&self, status: u16, body: &Value) -> ClientError {
        let api = self.place.url.clone();
        let said = body.get("message").and_then(Value::as_str);
        let message = said.unwrap_or("nothing more").to_owned();
        match status {
            401 => ClientError::Unauthorized { api, message },
            404 => ClientError::NotFound(message),
            400 | 422 => {
                let errors = body.get("errors").and_then(Value::as_object).into_iter().flatten();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let errors = errors.map(|(field, what)| (field.clone(), text(what))).collect();
                ClientError::Invalid { message, errors }
            }
            status => ClientError::Other { api, status, message },
        }
    }
}

struct Answered {
    body: Value,
    cursor: Option<String>,
}
