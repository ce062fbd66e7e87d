//! From an address to a page.
//!
//! In: an address that a user wrote. Out: the bytes of a page, or a [`FetchError`] that says
//! whether trying again may help. Which addresses may be asked is [`scheduler_plugin::web`]'s to
//! know. Deliberately absent: cookies, scripts and compression.

mod body;
mod error;
mod hops;
mod web;

pub use error::FetchError;
pub use web::{Page, Web};
