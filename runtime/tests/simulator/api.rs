//! What callers ask of the API.

use crate::original;
use crate::world::{Ports, deployment};
use scheduler_contract::JobKey;
use scheduler_runtime::items::{self, Answer, ApiError, Ask, Caller, Creation, Query};

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) user: String,
    pub(crate) job_id: String,
    pub(crate) action: Action,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    Create(String),
    /// With the value of `If-Match`.
    Update(String, Option<String>),
    Delete,
    Pause,
    Resume,
}

/// Which system is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Ours,
    /// A port of the original, with its defects.
    Original,
}

/// Does it; what a create answered is remembered.
pub(crate) async fn ask(system: System, ports: Ports, request: Request) {
    let is_create = matches!(request.action, Action::Create(_));
    let user_id = request.user.clone();
    let job_id = match system {
        System::Ours => ours(&ports, &request).await,
        System::Original => original::ask(&ports, &request).await,
    };
    let mut world = ports.world();
    world.note(|| format!("API: {request:?} -> {job_id:?}"));
    if let (true, Ok(job_id)) = (is_create, job_id) {
        world.told.push(JobKey { user_id, job_id });
    }
}

/// The job's id, or what went wrong.
async fn ours(ports: &Ports, request: &Request) -> Result<u64, String> {
    let user_id = request.user.clone();
    let caller = Caller { user_id, user_email: "u@example.com".to_owned() };
    let query = Query::default();
    let (job_id, now) = (request.job_id.as_str(), ports.world().now);
    let ask = Ask { caller: &caller, job_id, body: None, query: &query, if_match: None, now };
    let creation = Creation { types: deployment().types, max_jobs: None };
    let answer: Result<Answer, ApiError> = match &request.action {
        Action::Create(body) => {
            items::create(ports, &creation, Ask { body: Some(body.as_bytes()), ..ask }).await
        }
        Action::Update(body, if_match) => {
            let ask = Ask { body: Some(body.as_bytes()), if_match: if_match.as_deref(), ..ask };
            items::update(ports, &creation.types, ask).await
        }
        Action::Delete => items::remove(ports, ask).await,
        Action::Pause => items::pause(ports, ask).await,
        Action::Resume => items::resume(ports, ask).await,
    };
    let body = answer.map_err(|error| error.to_string())?.body;
    body["job_id"].as_u64().ok_or_else(|| "no id in the answer".to_owned())
}
