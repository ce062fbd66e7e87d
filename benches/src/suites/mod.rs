//! The suites. A new one is a file here and a line in [`SUITES`].

mod commands;
mod deploys;
mod emulator;
mod in_step;
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
    /// What they are of.
    pub(crate) subject: Measures,
    /// Takes them.
    pub(crate) run: fn(&Bench) -> Outcome<Vec<Table>>,
}

/// What a suite measures, and so what has to be there first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measures {
    /// `scheduler`, as a child process.
    Tool,
    /// The core functions over memory, as a child process.
    Core,
    /// A whole deployment, with what `cargo ci` sets up.
    Deployment,
}

/// All of them.
pub(crate) const SUITES: &[Suite] = &[
    commands::SUITE,
    templates::SUITE,
    local::SUITE,
    deploys::SUITE,
    in_step::SUITE,
    emulator::SUITE,
];
