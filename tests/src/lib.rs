//! What the tests of this repository stand on, and the programs behind `cargo ci` and `cargo demo`.
//!
//! In: this checkout and the `scheduler` binary built from it. Out: verdicts. Everything is
//! black-box: the binary is run, and what it deployed is asked over HTTP. Deliberately absent:
//! any crate of the product, so that nothing here can know more than a user does.

pub mod ci;
pub mod demo;
pub mod outcome;
pub mod places;
pub mod say;
pub mod support;
pub mod tools;
