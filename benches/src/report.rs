//! Figures as text and as JSON, the kept ones beside them.

use crate::kept::{Address, Kept};
use crate::table::Table;
use serde_json::{Value, json};

/// A suite's figures.
pub(crate) struct Measured {
    pub(crate) suite: &'static str,
    pub(crate) tables: Vec<Table>,
    /// What the reference work took meanwhile.
    pub(crate) reference_ms: f64,
}

/// Everything that was measured, for people.
pub(crate) fn text(measured: &[Measured], kept: &Kept) -> String {
    let tables = measured.iter().flat_map(|one| one.tables.iter().map(move |table| (one, table)));
    let texts: Vec<_> = tables.map(|(one, table)| one.text(table, kept)).collect();
    texts.join("\n")
}

/// The same for programs.
pub(crate) fn json(measured: &[Measured], kept: &Kept) -> Value {
    let suites: Vec<_> = measured
        .iter()
        .map(|one| {
            let tables: Vec<_> = one.tables.iter().map(|table| one.json(table, kept)).collect();
            json!({ "name": one.suite, "reference_ms": one.reference_ms, "tables": tables })
        })
        .collect();
    json!({ "suites": suites })
}

impl Measured {
    fn before(&self, kept: &Kept, table: &Table, (row, column): (&str, &str)) -> Option<f64> {
        let address = Address { suite: self.suite, table, row, column };
        kept.find(&address, self.reference_ms)
    }

    fn text(&self, table: &Table, kept: &Kept) -> String {
        let mut lines = vec![cells("", table.columns.iter().map(String::as_str))];
        for row in &table.rows {
            let values = table.columns.iter().zip(&row.values).map(|(column, value)| {
                let now = table.unit.text(*value);
                match self.before(kept, table, (&row.name, column)) {
                    Some(before) => format!("{now} ({})", table.unit.text(before)),
                    None => format!("{now} (-)"),
                }
            });
            let values: Vec<_> = values.collect();
            let limit = row.limited_by.map(|limit| format!("   limited by {limit}"));
            let figures = cells(&row.name, values.iter().map(String::as_str));
            lines.push(figures + &limit.unwrap_or_default());
        }
        format!("{}: {}; before in brackets\n{}\n", self.suite, table.what, lines.join("\n"))
    }

    fn json(&self, table: &Table, kept: &Kept) -> Value {
        let rows: Vec<_> = table
            .rows
            .iter()
            .map(|row| {
                let before = table
                    .columns
                    .iter()
                    .map(|column| self.before(kept, table, (&row.name, column)));
                let before: Vec<_> = before.collect();
                let limit = row.limited_by;
                json!({ "name": row.name, "values": row.values, "before": before, "limited_by": limit })
            })
            .collect();
        json!({
            "name": table.name,
            "unit": table.unit.as_str(),
            "columns": table.columns,
            "rows": rows,
        })
    }
}

fn cells<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> String {
    let line = values.fold(format!("  {name:24}"), |line, value| format!("{line} {value:>16}"));
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Row, Unit};

    fn measured(value: f64) -> Measured {
        let row = Row { name: "check".into(), values: vec![value], limited_by: None };
        let columns = vec!["300".to_owned()];
        let (name, what, unit) = ("cpu", "CPU time".to_owned(), Unit::Milliseconds);
        let table = Table { name, what, unit, columns, rows: vec![row] };
        Measured { suite: "commands", tables: vec![table], reference_ms: 40.0 }
    }

    #[test]
    fn figures_stand_beside_the_kept_ones() {
        let mut kept = Kept::default();
        let text_without = text(&[measured(12.0)], &kept);
        assert!(
            text_without.ends_with("  check                            12.0 (-)\n"),
            "{text_without}"
        );
        kept.put("commands", &measured(5.0).tables, 20.0);
        let text = text(&[measured(12.0)], &kept);
        assert!(text.ends_with("  check                         12.0 (10.0)\n"), "{text}");
        let json = json(&[measured(12.0)], &kept);
        assert_eq!(json["suites"][0]["tables"][0]["rows"][0]["before"][0], 10.0);
    }
}
