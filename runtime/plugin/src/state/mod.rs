//! A private place to keep things between ticks: `s3://bucket/prefix` or `file:///folder`.
//!
//! In: the `STATE_URL` that the tool gives a consumer with `state`. Out: whole objects by key, and
//! writes that happen only where nobody else wrote meanwhile. Deliberately absent: listing,
//! deleting (objects expire by the bucket's own rule) and unconditional writes.

mod folder;
mod open;
mod store;

pub use open::ENV;
pub use store::{State, StateError, Stored, Version};
