//! A system to test: emulator, page, user, project, and eyes to see what was deployed.

pub mod api;
pub mod aws;
pub mod cognito;
pub mod contract;
pub mod deployed;
pub mod emulator;
pub mod front;
pub mod golden;
pub mod http;
pub mod issuer;
pub mod local;
pub mod markdown;
pub mod outbox;
pub mod page;
pub mod poll;
pub mod project;
pub mod published;
pub mod scheduler;
pub mod schedules;
pub mod stacks;
pub mod strike;
pub mod tap;
pub mod terminal;
pub mod webhook;
