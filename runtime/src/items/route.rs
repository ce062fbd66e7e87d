//! The API's routes, by the names that API Gateway gives them.

/// A route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Every job type with its schema.
    JobTypes,
    /// The caller's jobs.
    List,
    /// One job.
    Get,
    /// A new job.
    Create,
    /// Another content for a job.
    Update,
    /// A job's end.
    Delete,
    /// No runs until it is resumed.
    Pause,
    /// Runs again.
    Resume,
    /// One run now.
    Run,
    /// Past runs.
    Runs,
}

impl Route {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::JobTypes,
        Self::List,
        Self::Get,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Pause,
        Self::Resume,
        Self::Run,
        Self::Runs,
    ];

    /// HTTP's.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            Self::JobTypes | Self::List | Self::Get | Self::Runs => "GET",
            Self::Create | Self::Pause | Self::Resume | Self::Run => "POST",
            Self::Update => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// Below the base path; `{job_id}` stands for a job's id.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::JobTypes => "/job_types",
            Self::List => "/jobs",
            Self::Get => "/job/{job_id}",
            Self::Create => "/job/create",
            Self::Update => "/job/update/{job_id}",
            Self::Delete => "/job/delete/{job_id}",
            Self::Pause => "/job/{job_id}/pause",
            Self::Resume => "/job/{job_id}/resume",
            Self::Run => "/job/{job_id}/run",
            Self::Runs => "/job/{job_id}/runs",
        }
    }

    /// The route of API Gateway's `routeKey`, such as `GET /jobs`.
    #[must_use]
    pub fn of(route_key: &str) -> Option<Self> {
        let (method, path) = route_key.split_once(' ')?;
        Self::ALL.iter().copied().find(|route| route.method() == method && route.path() == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_by_its_key() {
        for route in Route::ALL {
            assert_eq!(Route::of(&format!("{} {}", route.method(), route.path())), Some(*route));
        }
        for key in ["", "GET", "GET /job", "POST /jobs", "$default"] {
            assert_eq!(Route::of(key), None, "{key}");
        }
    }
}
