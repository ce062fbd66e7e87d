//! Lines that nobody waits for: a thread of its own prints them.
//!
//! A reader of stderr that stops reading blocks whoever writes. A server must not be that one: what
//! does not fit into the queue is dropped, and counted.

use super::Output;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

/// What waits at most: some seconds of a consumer that prints without end.
const WAITING: usize = 4096;

type Words = Box<dyn FnOnce(&Output) + Send>;

/// An output that is never waited for.
#[derive(Clone)]
pub struct Behind {
    queue: SyncSender<Words>,
    lost: Arc<AtomicUsize>,
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Behind")
    }
}

impl Behind {
    pub(super) fn of(output: Output) -> Self {
        let (queue, waiting) = mpsc::sync_channel(WAITING);
        let lost = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&lost);
        // Without a thread nothing is printed, and everything goes on.
        let _ = thread::Builder::new()
            .name("stderr".into())
            .spawn(move || print(output, &waiting, &counted));
        Self { queue, lost }
    }

    /// A line about the work.
    pub fn note(&self, text: &str) {
        let text = text.to_owned();
        self.say(move |output| output.note(&text));
    }

    /// Something that went wrong on the way.
    pub fn complain(&self, what: &str) {
        let what = what.to_owned();
        self.say(move |output| output.complain(&what, None));
    }

    /// Anything else that goes to stderr, in its turn.
    pub fn say(&self, words: impl FnOnce(&Output) + Send + 'static) {
        if self.queue.try_send(Box::new(words)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything so far is printed, but not longer than this.
    pub fn flush(&self, within: Duration) {
        let (done, printed) = mpsc::channel();
        let told = move |_: &Output| {
            // Whoever waited may have given up.
            let _ = done.send(());
        };
        if self.queue.try_send(Box::new(told)).is_ok() {
            // Either way the end goes on.
            let _ = printed.recv_timeout(within);
        }
    }
}

fn print(output: Output, waiting: &Receiver<Words>, lost: &AtomicUsize) {
    for words in waiting {
        words(&output);
        match lost.swap(0, Ordering::Relaxed) {
            0 => {}
            count => output.note(&format!(
                "{count} lines are missing around here: they came faster than they were read"
            )),
        }
    }
}
