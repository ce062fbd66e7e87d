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
    /// 403 and 413: not this one, or no more of them.
    #[error("{0}")]
    Refused(String),
    /// 412: somebody else was faster.
    #[error("{0}")]
    Changed(String),
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
            let answer = self.call(Call::get(&path)).await?;
            jobs.extend(self.read::<Vec<Job>>(answer.body)?);
            match answer.cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(jobs),
            }
        }
    }

    /// Every job type with the schema of its jobs.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn job_types(&self) -> Result<Map<String, Value>, ClientError> {
        let answer = self.call(Call::get("/job_types")).await?;
        self.read(answer.body)
    }

    /// One job.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn get(&self, id: u64) -> Result<Job, ClientError> {
        Ok(self.get_tagged(id).await?.0)
    }

    /// One job, and the tag of this state of it, where the API gives one.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn get_tagged(&self, id: u64) -> Result<(Job, Option<String>), ClientError> {
        let answer = self.call(Call::get(&format!("/job/{id}"))).await?;
        Ok((self.read(answer.body)?, answer.etag))
    }

    /// A new job, whole. One that is to be paused never runs before its resume; an API that does
    /// not know this yet has it paused right after.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn create(&self, job: Job, paused: bool) -> Result<Job, ClientError> {
        let path = if paused { "/job/create?paused=true" } else { "/job/create" };
        let made: Job = {
            let call = Call { method: "POST", body: Some(Value::Object(job)), ..Call::get(path) };
            self.read(self.call(call).await?.body)?
        };
        match (paused && made.get("enabled") == Some(&Value::Bool(true)), made.get("job_id")) {
            (true, Some(id)) => self.act(id.as_u64().unwrap_or_default(), "pause").await,
            _ => Ok(made),
        }
    }

    /// The job, replaced; where it is still in the state of this tag.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn update(
        &self,
        id: u64,
        job: Job,
        if_match: Option<String>,
    ) -> Result<Job, ClientError> {
        let path = format!("/job/update/{id}");
        let body = Some(Value::Object(job));
        let answer = self.call(Call { method: "PUT", body, if_match, ..Call::get(&path) }).await?;
        self.read(answer.body)
    }

    /// What was given up: only a server on this machine tells.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn dead(&self) -> Result<Vec<Job>, ClientError> {
        let answer = self.call(Call::get("/dead_letters")).await?;
        self.read(answer.body)
    }

    /// One of them once more.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn retry(&self, id: &str) -> Result<(), ClientError> {
        let path = format!("/dead_letters/{id}/retry");
        self.call(Call { method: "POST", ..Call::get(&path) }).await?;
        Ok(())
    }

    /// The job that was.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn delete(&self, id: u64) -> Result<Job, ClientError> {
        let path = format!("/job/delete/{id}");
        let answer = self.call(Call { method: "DELETE", ..Call::get(&path) }).await?;
        self.read(answer.body)
    }

    /// `pause`, `resume` or `run`.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn act(&self, id: u64, verb: &str) -> Result<Job, ClientError> {
        let path = format!("/job/{id}/{verb}");
        let answer = self.call(Call { method: "POST", ..Call::get(&path) }).await?;
        self.read(answer.body)
    }

    /// The last runs, newest first.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn runs(&self, id: u64, limit: u32) -> Result<Vec<Job>, ClientError> {
        let answer = self.call(Call::get(&format!("/job/{id}/runs?limit={limit}"))).await?;
        self.read(answer.body)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, body: Value) -> Result<T, ClientError> {
        serde_json::from_value(body).map_err(|error| self.shape(&error))
    }

    fn shape(&self, error: &serde_json::Error) -> ClientError {
        ClientError::Shape { api: self.place.url.clone(), detail: error.to_string() }
    }

    async fn call(&self, call: Call<'_>) -> Result<Answered, ClientError> {
        let Call { method, path, body, if_match } = call;
        let Route { url, host } =
            Route::to(&format!("{}{path}", self.place.url), self.place.endpoint.as_deref());
        let mut headers = vec![("accept", "application/json".to_owned())];
        headers.extend(host.map(|host| ("host", host)));
        headers.extend(if_match.map(|tag| ("if-match", tag)));
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
        let header = |name: &str| reply.header(name).map(str::to_owned);
        let (cursor, etag) = (header("x-next-cursor"), header("etag"));
        let body = serde_json::from_slice::<Value>(&reply.body);
        if reply.status == 200 {
            return Ok(Answered { body: body.map_err(|error| self.shape(&error))?, cursor, etag });
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
            403 | 413 => ClientError::Refused(message),
            412 => ClientError::Changed(message),
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

/// What is asked of the API.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    body: Option<Value>,
    if_match: Option<String>,
}

impl<'a> Call<'a> {
    fn get(path: &'a str) -> Self {
        Self { method: "GET", path, body: None, if_match: None }
    }
}

struct Answered {
    body: Value,
    cursor: Option<String>,
    etag: Option<String>,
}
