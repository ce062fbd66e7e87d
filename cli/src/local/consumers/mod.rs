//! Consumers as child processes behind the Lambda Runtime API.
//!
//! In: a [`Spec`] (what the app says of a plugin's function, and where its build unit lies
//! unpacked) and events. Out: an [`Invocation`] an event, which never fails as a whole. A
//! [`Consumer`] keeps its children warm, as many as run at once, and ends them with the server,
//! whatever ends it. Deliberately absent: what is tried again, and when (the pump's).

mod answer;
mod api;
mod backoff;
mod bootstrap;
mod child;
pub mod events;
mod guard;
mod ids;
mod invocation;
mod launch;
mod memory;
mod output;
mod pool;
mod spawn;
mod spec;

pub use child::CANNOT_START;
pub use invocation::{Invocation, InvokeError};
pub use pool::{Consumer, Hook};
pub use spec::{Dirs, Spec, spec};
