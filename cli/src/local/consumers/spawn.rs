//! The one thread that starts children.
//!
//! Linux ends a child with the thread that started it, and threads of the runtime come and go:
//! this one lives as long as the process.

use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

static THREAD: OnceLock<Sender<Order>> = OnceLock::new();

struct Order {
    command: Command,
    runtime: Handle,
    started: oneshot::Sender<io::Result<Child>>,
}

/// Starts a child.
///
/// # Errors
/// What the system says.
pub(super) async fn spawn(command: Command) -> io::Result<Child> {
    let (started, child) = oneshot::channel();
    let gone = || io::Error::other("there is no thread to start processes from");
    let order = Order { command, runtime: Handle::current(), started };
    THREAD.get_or_init(begin).send(order).map_err(|_| gone())?;
    child.await.map_err(|_| gone())?
}

fn begin() -> Sender<Order> {
    let (sender, orders) = mpsc::channel();
    // Without a thread nobody receives, and every order says so.
    let _ = thread::Builder::new().name("children".into()).spawn(move || work(&orders));
    sender
}

fn work(orders: &Receiver<Order>) {
    for mut order in orders {
        let _runtime = order.runtime.enter();
        // Who does not wait any more gets no child: it is killed as it is dropped.
        let _ = order.started.send(order.command.spawn());
    }
}
