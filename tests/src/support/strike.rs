//! Stands between the command and the emulator, and swallows the answer to one call: AWS has done
//! what was asked, and the command will never know.

use crate::outcome::{Outcome, fail};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A listener that lives as long as the process.
#[derive(Debug)]
pub struct Strike {
    address: SocketAddr,
    heard: Arc<AtomicUsize>,
    fatal: usize,
}

/// How a command ended that was to be struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Struck {
    /// It was killed after the call.
    Killed,
    /// It had ended before, in this many calls.
    Ended(usize),
}

/// A command that neither ends nor calls is stuck.
const PATIENCE: Duration = Duration::from_secs(180);

impl Strike {
    /// Passes calls on to the endpoint, but for the answer to the call of this number.
    ///
    /// # Errors
    /// No port.
    pub fn at(endpoint: &str, fatal: usize) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let heard = Arc::new(AtomicUsize::new(0));
        let (upstream, shared) =
            (endpoint.trim_start_matches("http://").to_owned(), Arc::clone(&heard));
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                let (upstream, shared) = (upstream.clone(), Arc::clone(&shared));
                // A caller that breaks off is the caller's affair.
                thread::spawn(move || pass(caller, &upstream, (&shared, fatal)).ok());
            }
        });
        Ok(Self { address, heard, fatal })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the command, and interrupts it as Ctrl-C does while it waits for the fatal call's
    /// answer; answers how it ended and what it said on stderr.
    ///
    /// # Errors
    /// A command that ends before.
    pub fn interrupt(&self, mut command: Command) -> Outcome<(Option<i32>, String)> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = child.spawn()?;
        let began = Instant::now();
        while self.heard.load(Ordering::SeqCst) < self.fatal {
            let has_ended = child.try_wait()?.is_some();
            if has_ended || began.elapsed() > PATIENCE {
                child.kill()?;
                return fail(format!("it did not come to call {}", self.fatal));
            }
            thread::sleep(Duration::from_millis(5));
        }
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT)?;
        let done = child.wait_with_output()?;
        Ok((done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned()))
    }

    /// Starts the command, and kills it after the fatal call.
    ///
    /// # Errors
    /// A command that fails by itself, or never ends.
    pub fn kill(&self, mut command: Command) -> Outcome<Struck> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child: Child = child.spawn()?;
        let began = Instant::now();
        loop {
            let heard = self.heard.load(Ordering::SeqCst);
            if heard >= self.fatal {
                child.kill()?;
                child.wait()?;
                return Ok(Struck::Killed);
            }
            match child.try_wait()? {
                Some(status) if status.success() => return Ok(Struck::Ended(heard)),
                Some(status) => return fail(format!("the command ended with {status}")),
                None if began.elapsed() > PATIENCE => {
                    child.kill()?;
                    child.wait()?;
                    return fail(format!("the command is stuck after {heard} calls"));
                }
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

/// One call a connection: the answer says that it closes.
fn pass(
    caller: TcpStream,
    upstream: &str,
    (heard, fatal): (&AtomicUsize, usize),
) -> io::Result<()> {
    let mut reader = BufReader::new(caller.try_clone()?);
    let (mut head, mut length, mut expects) = (Vec::new(), 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_ascii_lowercase();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        match lower.split(':').next() {
            Some("connection") => {}
            Some("expect") => expects = true,
            _ => head.extend_from_slice(line.as_bytes()),
        }
    }
    let mut caller = caller;
    if expects {
        caller.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(&head)?;
    server.write_all(b"Connection: close\r\n\r\n")?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if heard.fetch_add(1, Ordering::SeqCst) + 1 >= fatal {
        // Nobody will hear of it: the command is about to be killed.
        thread::sleep(PATIENCE);
        return Ok(());
    }
    caller.write_all(&answer)
}
