//! From an address to a page.
//!
//! In: an address that a user wrote. Out: the bytes of a page, or a [`FetchError`] that says
//! whether trying again may help. Deliberately absent: cookies, scripts, compression, proxies, and
//! connections kept for later.

mod body;
mod error;
mod hops;
mod resolve;
mod web;

pub use error::FetchError;
pub use resolve::{Answer, Names, Reach, SystemNames};
pub use web::{Page, Web};
