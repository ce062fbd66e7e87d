//! How fast and how big `scheduler` is, and how fast and how big it was.
//!
//! In: this checkout. Out: tables with the previous figures beside them, which `figures.json`
//! keeps. A suite is one file of `suites/` and one line in its list: it is given a [`Bench`] and
//! answers [`Table`]s. Deliberately absent: any verdict. A figure is read by a person; no test
//! fails over one, since machines differ and have other work to do.

mod args;
mod bench;
mod build;
mod kept;
mod measure;
mod project;
mod reference;
mod report;
mod run;
mod server;
mod suites;
mod table;

pub use bench::Bench;
pub use run::main;
pub use table::{Row, Table, Unit};
