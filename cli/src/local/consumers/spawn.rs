//! The one thread that starts children, and tells the guard of them.
//!
//! Linux ends a child with the thread that started it, and threads of the runtime come and go:
//! this one lives as long as the process.

use super::guard::Guard;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

static THREAD: OnceLock<Sender<Order>> = OnceLock::new();

enum Order {
    Start(Box<Start>),
    /// Nothing of this process group is left.
    Ended(u32),
}

struct Start {
    /// The `scheduler` binary.
    program: PathBuf,
    command: Command,
    runtime: Handle,
    started: oneshot::Sender<io::Result<Child>>,
}

/// Starts a child, which leads a process group of its own.
///
/// # Errors
/// What the system says.
pub(super) async fn spawn(program: &Path, command: Command) -> io::Result<Child> {
    let (started, child) = oneshot::channel();
    let gone = || io::Error::other("there is no thread to start processes from");
    let (program, runtime) = (program.to_path_buf(), Handle::current());
    let order = Order::Start(Box::new(Start { program, command, runtime, started }));
    THREAD.get_or_init(begin).send(order).map_err(|_| gone())?;
    child.await.map_err(|_| gone())?
}

/// The group of a child has ended.
pub(super) fn ended(group: u32) {
    if let Some(thread) = THREAD.get() {
        // Without the thread nothing was started.
        let _ = thread.send(Order::Ended(group));
    }
}

fn begin() -> Sender<Order> {
    let (sender, orders) = mpsc::channel();
    // Without a thread nobody receives, and every order says so.
    let _ = thread::Builder::new().name("children".into()).spawn(move || work(&orders));
    sender
}

fn work(orders: &Receiver<Order>) {
    let mut guard = Guard::default();
    for order in orders {
        match order {
            Order::Ended(group) => guard.forget(group),
            Order::Start(start) => {
                let Start { program, mut command, runtime, started } = *start;
                let _runtime = runtime.enter();
                let child = guard.stand(&program).and_then(|()| command.spawn());
                if let Some(group) = child.as_ref().ok().and_then(Child::id) {
                    guard.watch(group);
                }
                // Who does not wait any more gets no child: it is killed as it is dropped.
                let _ = started.send(child);
            }
        }
    }
}
