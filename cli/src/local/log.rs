//! Where the server's lines go.

use std::fmt;
use std::sync::Arc;

type Line = Arc<dyn Fn(&str) + Send + Sync>;

/// A place for lines about what happens; lines of consumers among them.
#[derive(Clone)]
pub struct Log {
    line: Line,
    trouble: Line,
}

impl Log {
    /// Hands each line to this function, those about trouble too.
    pub fn new(line: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let line: Line = Arc::new(line);
        Self { trouble: Arc::clone(&line), line }
    }

    /// Hands what somebody has to hear of to another one.
    #[must_use]
    pub fn with_trouble(self, trouble: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { trouble: Arc::new(trouble), ..self }
    }

    /// One line, without a line end.
    pub fn line(&self, text: &str) {
        (self.line)(text);
    }

    /// One line about what the server could not do, such as for want of disk space: it is told
    /// whoever asked for quiet, too.
    pub fn trouble(&self, text: &str) {
        (self.trouble)(text);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}
