//! The document of job types: job type -> merged JSON Schema (2020-12) of a whole job.
//!
//! In: the text of `job_types.json`, written at build time. Schemas are not compiled here: a
//! broken one concerns the jobs of its type only.

use serde_json::{Map, Value};

/// Every job type that an installed plugin defines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobTypes {
    document: Map<String, Value>,
}

impl JobTypes {
    /// Reads the document.
    ///
    /// # Errors
    /// Where the text is no JSON object.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let document = serde_json::from_str(text)?;
        Ok(Self { document })
    }

    /// Of a document that is an object; anything else defines nothing.
    #[must_use]
    pub fn of(document: Value) -> Self {
        match document {
            Value::Object(document) => Self { document },
            _ => Self::default(),
        }
    }

    /// The merged schema of a type, if it is known.
    #[must_use]
    pub fn schema(&self, job_type: &str) -> Option<&Value> {
        self.document.get(job_type)
    }

    /// Whether a plugin defines this type.
    #[must_use]
    pub fn contains(&self, job_type: &str) -> bool {
        self.document.contains_key(job_type)
    }

    /// The names of all types, for a sentence.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.document.keys().map(String::as_str).collect()
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }
}
