//! A web page on loopback that can be changed, and that keeps what was sent to it.

use crate::outcome::Outcome;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Page {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    html: String,
    visits: usize,
    posted: Vec<Posted>,
    stopping: bool,
}

/// A request that was sent to a page.
#[derive(Debug, Clone)]
pub struct Posted {
    head: String,
    /// What it carried.
    pub body: String,
}

impl Posted {
    /// Its path, from the first slash.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// A header's value, empty where it has none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut named = pairs.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim()).unwrap_or_default()
    }
}

impl Page {
    /// Serves a page at a free port.
    ///
    /// # Errors
    /// No port.
    pub fn serve(html: &str) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State { html: html.into(), ..State::default() }));
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || serve(&listener, &shared));
        Ok(Self { address, state, thread: Some(thread) })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// From now on it reads otherwise.
    pub fn change(&self, html: &str) {
        lock(&self.state).html = html.into();
    }

    /// How often it was asked for.
    #[must_use]
    pub fn visits(&self) -> usize {
        lock(&self.state).visits
    }

    /// The bodies that were sent to it.
    #[must_use]
    pub fn posted(&self) -> Vec<String> {
        self.requests().into_iter().map(|posted| posted.body).collect()
    }

    /// The same with what came before each body.
    #[must_use]
    pub fn requests(&self) -> Vec<Posted> {
        lock(&self.state).posted.clone()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        lock(&self.state).stopping = true;
        // The thread waits in `accept`: one more caller wakes it.
        TcpStream::connect(self.address).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(listener: &TcpListener, state: &Mutex<State>) {
    for caller in listener.incoming() {
        if lock(state).stopping {
            return;
        }
        // A caller that breaks off is the caller's affair.
        caller.map_err(Into::into).and_then(|stream| answer(stream, state)).ok();
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) -> Outcome {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let posted = read_request(&mut BufReader::new(&stream))?;
    // A path that is a status, such as `/503`, is answered with it.
    let status = posted.as_ref().and_then(|posted| posted.path().get(1..)?.parse::<u16>().ok());
    let status = status.unwrap_or(200);
    let html = {
        let mut state = lock(state);
        match posted {
            Some(posted) => state.posted.push(posted),
            None => state.visits += 1,
        }
        state.html.clone()
    };
    write!(
        stream,
        "HTTP/1.1 {status} So\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{html}",
        html.len()
    )?;
    Ok(())
}

/// What a POST brings, `None` of anything else.
fn read_request(stream: &mut impl BufRead) -> Outcome<Option<Posted>> {
    let mut head = String::new();
    stream.read_line(&mut head)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
        head.push_str(&line);
    }
    if !head.starts_with("POST ") {
        return Ok(None);
    }
    let mut body = String::new();
    stream.take(length).read_to_string(&mut body)?;
    Ok(Some(Posted { head, body }))
}
