//! A web site whose pages can be changed while it is watched.

use crate::http::{Reply, Request, Server, serve};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How often the body is sent.
    pub(crate) times: usize,
    /// How many requests the site must have got before this one is answered.
    pub(crate) after: usize,
}

pub(crate) struct Site {
    server: Server,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let pages = Arc::new(Mutex::new(HashMap::<String, Page>::new()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (shown, noted) = (Arc::clone(&pages), Arc::clone(&asked));
        let server = serve(move |request: Request| {
            noted.lock().unwrap().push(request.path.clone());
            let page = shown.lock().unwrap().get(&request.path).cloned();
            let page = page.unwrap_or_else(|| Page::new(404, b"nothing here"));
            wait_for(page.after, &noted);
            reply(page)
        });
        Self { server, pages, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.address.port()
    }

    pub(crate) fn set(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    pub(crate) fn html(&self, path: &str, body: &str) {
        self.set(path, Page::new(200, body.as_bytes()).header("content-type", "text/html"));
    }

    pub(crate) fn redirect(&self, path: &str, to: &str) {
        self.set(path, Page::new(302, b"").header("location", to));
    }

    /// Every path that was asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Page {
    pub(crate) fn new(status: u16, body: &[u8]) -> Self {
        Self { status, headers: Vec::new(), body: body.to_vec(), times: 1, after: 0 }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn after(self, requests: usize) -> Self {
        Self { after: requests, ..self }
    }

    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }
}

/// Past the deadline the request is answered all the same, and whoever counts finds out.
fn wait_for(requests: usize, noted: &Mutex<Vec<String>>) {
    let deadline = Instant::now() + Duration::from_secs(8);
    while noted.lock().unwrap().len() < requests && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn reply(page: Page) -> Reply {
    let body = std::iter::repeat_n(page.body, page.times);
    Reply { status: page.status, headers: page.headers, body: Box::new(body) }
}
