//! From the plan and what was built to CloudFormation templates.
//!
//! In: a [`Plan`](crate::plan::Plan) and the artifacts by unit. Out:
//! [`Templates`](crate::template::Templates), canonical: the same input gives the same bytes.
//! Deliberately absent: decisions. A template loops and picks; its values come ready, each
//! placeholder is a whole JSON value, and what is rendered is parsed again, duplicate keys refused.

mod access_log;
mod alarms;
mod api;
mod context;
mod core;
mod drafts;
mod engine;
mod error;
mod fragment;
mod functions;
mod json;
mod lines;
mod nested;
mod placeholders;
mod queues;
mod references;
mod sections;
mod stack;
mod structure;
mod tags;
mod templates;

pub use drafts::{Draft, Drafts};
pub use error::SynthError;
pub use fragment::{Fragment, TOPIC_PARAMETER, Variables, render_fragment};
pub use references::line_of;
pub(crate) use references::{head, in_sub, place};
pub use templates::{drafts, finish, synth};

#[cfg(test)]
mod tests;
