//! The port through which long work tells how it goes. What implements it prints to stderr;
//! nothing else in the tool prints.

/// Where long work tells how it goes.
pub trait Progress: Send + Sync {
    /// One finished line, without a line end.
    fn line(&self, text: &str);
}
