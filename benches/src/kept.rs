//! `figures.json`: the figures that the next ones are compared with.
//!
//! It holds no date and no machine. Beside the times stands what the reference work took on the
//! machine that they come from, so that another machine's can be compared with them.

use crate::table::{Table, Unit};
use scheduler_tests::outcome::Outcome;
use scheduler_tests::places;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The figures of every suite, by its name.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept(BTreeMap<String, KeptSuite>);

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct KeptSuite {
    /// What the reference work took on the machine of these figures.
    reference_ms: f64,
    /// Table -> row -> column -> value.
    tables: BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>,
}

/// A figure among the others.
pub(crate) struct Address<'a> {
    pub(crate) suite: &'a str,
    pub(crate) table: &'a Table,
    pub(crate) row: &'a str,
    pub(crate) column: &'a str,
}

impl Kept {
    /// What is kept; nothing where there is no such file yet.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn read() -> Outcome<Self> {
        match fs::read_to_string(path()) {
            Ok(text) => Ok(serde_json::from_str(&text)?),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write(&self) -> Outcome {
        Ok(fs::write(path(), serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// A suite's figures take the place of its former ones.
    pub(crate) fn put(&mut self, suite: &str, tables: &[Table], reference_ms: f64) {
        let of_row = |table: &Table, values: &[f64]| {
            table.columns.iter().cloned().zip(values.iter().copied().map(rounded)).collect()
        };
        let of_table = |table: &Table| {
            table.rows.iter().map(|row| (row.name.clone(), of_row(table, &row.values))).collect()
        };
        let tables = tables.iter().map(|table| (table.name.to_owned(), of_table(table))).collect();
        let reference_ms = rounded(reference_ms);
        self.0.insert(suite.to_owned(), KeptSuite { reference_ms, tables });
    }

    /// What is kept of a figure, as it would be on a machine that takes so long for the reference
    /// work.
    pub(crate) fn find(&self, address: &Address<'_>, reference_ms: f64) -> Option<f64> {
        let Address { suite, table, row, column } = address;
        let kept = self.0.get(*suite)?;
        let value = *kept.tables.get(table.name)?.get(*row)?.get(*column)?;
        Some(match table.unit {
            Unit::Milliseconds => value * reference_ms / kept.reference_ms,
            Unit::Megabytes | Unit::Kilobytes | Unit::Count | Unit::Times => value,
        })
    }
}

fn path() -> PathBuf {
    places::repository().join("benches/figures.json")
}

/// More digits than a figure is good for make a noisy file.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Row;

    fn table(unit: Unit) -> Table {
        let row = Row { name: "check".into(), values: vec![10.0], ..Row::default() };
        let columns = vec!["50".to_owned()];
        Table { name: "t", what: String::new(), unit, columns, rows: vec![row] }
    }

    fn found(unit: Unit) -> Option<f64> {
        let (mut kept, table) = (Kept::default(), table(unit));
        kept.put("s", std::slice::from_ref(&table), 20.0);
        kept.find(&Address { suite: "s", table: &table, row: "check", column: "50" }, 40.0)
    }

    #[test]
    fn a_time_is_told_as_this_machine_would_take_it() {
        assert_eq!(found(Unit::Milliseconds), Some(20.0));
        assert_eq!(found(Unit::Megabytes), Some(10.0));
    }

    #[test]
    fn what_was_never_measured_has_no_figure() {
        let table = table(Unit::Count);
        let address = Address { suite: "s", table: &table, row: "check", column: "50" };
        assert_eq!(Kept::default().find(&address, 1.0), None);
    }
}
