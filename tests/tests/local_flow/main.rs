//! The whole system on this machine: `scheduler local` as a user runs it.

mod changes;
mod contract;
mod doors;
mod jobs;
mod watch;
