//! The suites. A new one is a file here and a line in [`SUITES`].

mod commands;
mod deploys;
mod local;
mod templates;

use crate::bench::Bench;
use crate::table::Table;
use scheduler_tests::outcome::Outcome;

/// Figures that are taken together.
pub(crate) struct Suite {
    /// What it is picked by, and kept under.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) what: &'static str,
    /// Takes them.
    pub(crate) run: fn(&Bench) -> Outcome<Vec<Table>>,
}

/// All of them.
pub(crate) const SUITES: &[Suite] =
    &[commands::SUITE, templates::SUITE, local::SUITE, deploys::SUITE];
