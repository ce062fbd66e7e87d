//! The html-checker plugin: watches pages and mails their owners what changed.
//!
//! In: ticks of `html_monitor_job`. Out: a mail where the page's text differs from that of the
//! run before. [`check`] reads as the whole of a run; the other modules are its steps.

mod charset;
pub mod check;
mod diff;
pub mod fetch;
mod mail;
mod memory;
mod pretty;
pub mod settings;
