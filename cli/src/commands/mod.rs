//! One file a command: what it reads, what it asks of the stages, what it prints.

pub mod check;
