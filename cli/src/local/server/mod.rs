//! The REST API over HTTP, as API Gateway serves it: base path `/v1`, the same routes, the same
//! answers.

mod dead;
mod door;
mod guard;
mod serve;

pub(super) use door::Door;
pub(super) use serve::{Shared, router};
