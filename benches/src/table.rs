//! What a suite answers.

/// Figures of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is kept under: one word.
    pub name: &'static str,
    /// For people.
    pub what: String,
    /// What its values are.
    pub unit: Unit,
    /// What each row has a value for.
    pub columns: Vec<String>,
    /// The figures.
    pub rows: Vec<Row>,
}

/// One line of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// A value a column.
    pub values: Vec<f64>,
    /// What keeps it from being better, where that is known.
    pub limited_by: Option<&'static str>,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Of CPU time; a slower machine needs more of them for the same work.
    Milliseconds,
    /// A million bytes.
    Megabytes,
    /// A thousand bytes.
    Kilobytes,
    /// A whole number.
    Count,
    /// How many times as much.
    Times,
}

impl Unit {
    /// Its name in what `--json` prints.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Megabytes => "MB",
            Self::Kilobytes => "kB",
            Self::Count => "count",
            Self::Times => "times",
        }
    }

    /// A value as people read it.
    #[must_use]
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Count => format!("{value:.0}"),
            Self::Times => format!("{value:.2}"),
            Self::Milliseconds | Self::Megabytes | Self::Kilobytes => format!("{value:.1}"),
        }
    }
}

impl Table {
    /// The value in a row and a column, where there are such.
    #[must_use]
    pub fn value(&self, row: &str, column: &str) -> Option<f64> {
        let column = self.columns.iter().position(|name| name == column)?;
        let row = self.rows.iter().find(|one| one.name == row)?;
        row.values.get(column).copied()
    }
}
