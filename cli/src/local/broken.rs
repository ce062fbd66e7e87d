//! What the server cannot go on without, and has lost.

use std::future::Future;
use std::sync::Arc;
use std::thread;
use tokio::sync::watch;

/// Hears of parts that broke. Clones share what they hear.
#[derive(Debug, Clone, Default)]
pub(super) struct Broken(Arc<watch::Sender<Option<String>>>);

impl Broken {
    /// Says what broke; the first one counts.
    pub(super) fn tell(&self, what: String) {
        self.0.send_if_modified(|told| {
            let is_first = told.is_none();
            if is_first {
                *told = Some(what);
            }
            is_first
        });
    }

    /// Ends with what broke.
    pub(super) async fn heard(&self) -> String {
        let mut told = self.0.subscribe();
        // The sender is our own: it cannot be gone.
        let what = told.wait_for(Option::is_some).await;
        what.ok().and_then(|what| what.clone()).unwrap_or_default()
    }

    /// The same work; a panic on the way is told.
    pub(super) fn guarded<F: Future>(
        &self,
        part: &str,
        work: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        let guard = Guard { broken: self.clone(), part: part.to_owned() };
        async move {
            let _guard = guard;
            work.await
        }
    }
}

struct Guard {
    broken: Broken,
    part: String,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.broken.tell(format!("a bug ended a part of the server: {}", self.part));
        }
    }
}
