//! Stands between the command and the emulator and notes every call.

use crate::outcome::Outcome;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A listener that passes everything on; it lives as long as the process.
#[derive(Debug)]
pub struct Tap {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// Listens at a free port and passes on to the endpoint.
    ///
    /// # Errors
    /// No port.
    pub fn to(endpoint: &str) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let upstream = endpoint.trim_start_matches("http://").to_owned();
        let shared = Arc::clone(&heard);
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                // A caller that breaks off is the caller's affair.
                pass(caller, &upstream, &shared).ok();
            }
        });
        Ok(Self { address, heard })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every call so far: request line, or the operation where the call names one.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&heard).into_owned();
        let ends: Vec<_> = text.match_indices(" HTTP/1.1\r\n").map(|(at, _)| at).collect();
        let calls = ends.iter().enumerate().map(|(nth, end)| {
            let next = ends.get(nth + 1).copied().unwrap_or(text.len());
            told(&text[..*end], &text[*end..next])
        });
        calls.collect()
    }
}

/// `before` ends with method and path; `after` holds headers and body.
fn told(before: &str, after: &str) -> String {
    let path = before.rsplit(' ').next().unwrap_or_default();
    let operation = after.split_once("Action=").map(|(_, rest)| rest);
    let operation = operation.and_then(|rest| rest.split('&').next());
    operation.unwrap_or(path).to_owned()
}

fn pass(caller: TcpStream, upstream: &str, heard: &Arc<Mutex<Vec<u8>>>) -> io::Result<()> {
    let server = TcpStream::connect(upstream)?;
    let (mut down, mut back) = (server.try_clone()?, caller.try_clone()?);
    let (mut caller, mut up) = (caller, server);
    let heard = Arc::clone(heard);
    thread::spawn(move || {
        let mut part = [0; 16 * 1024];
        while let Ok(length @ 1..) = caller.read(&mut part) {
            heard.lock().unwrap_or_else(PoisonError::into_inner).extend(&part[..length]);
            if up.write_all(&part[..length]).is_err() {
                break;
            }
        }
        up.shutdown(Shutdown::Write).ok();
    });
    thread::spawn(move || {
        io::copy(&mut down, &mut back).ok();
        back.shutdown(Shutdown::Write).ok();
    });
    Ok(())
}
