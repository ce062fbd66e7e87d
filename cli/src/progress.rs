//! The port through which long work tells how it goes. What implements it prints to stderr;
//! nothing else in the tool prints.
//!
//! Deliberately absent: how it looks. On a terminal a task is a bar that is gone when the task is
//! over; elsewhere it is a line when it begins, and further ones the more seldom the longer it
//! takes.

/// Where long work tells how it goes.
pub trait Progress: Send + Sync {
    /// One finished line, without a line end.
    fn line(&self, text: &str);

    /// Something begins that may take a while. `task` names it in the calls that follow, `what` is
    /// for people: "building `mail`".
    fn begin(&self, task: &str, what: &str) {
        let _ = task;
        self.line(what);
    }

    /// How far the task is, in a few words. May be called as often as one likes.
    fn at(&self, task: &str, detail: &str) {
        let _ = (task, detail);
    }

    /// The task is over, however it went.
    fn end(&self, task: &str) {
        let _ = task;
    }
}
