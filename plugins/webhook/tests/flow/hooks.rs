//! A server with addresses to call, which remembers every request.

use crate::http::{Reply, Request, Server, serve};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What an address answers.
#[derive(Clone)]
pub(crate) struct Hook {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    times: usize,
    /// How many requests the server must have got before this one is answered.
    after: usize,
    echo: bool,
}

pub(crate) struct Hooks {
    server: Server,
    hooks: Arc<Mutex<HashMap<String, Hook>>>,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Hooks {
    pub(crate) fn new() -> Self {
        let hooks = Arc::new(Mutex::new(HashMap::<String, Hook>::new()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (shown, noted) = (Arc::clone(&hooks), Arc::clone(&asked));
        let server = serve(move |request: Request| {
            noted.lock().unwrap().push(request.clone());
            let hook = shown.lock().unwrap().get(&request.path).cloned();
            let hook = hook.unwrap_or_else(|| Hook::new(200));
            wait_for(hook.after, &noted);
            hook.reply(&request)
        });
        Self { server, hooks, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.address.port()
    }

    pub(crate) fn set(&self, path: &str, hook: Hook) {
        self.hooks.lock().unwrap().insert(path.to_owned(), hook);
    }

    /// Every request, in order.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// The one request.
    pub(crate) fn only(&self) -> Request {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.remove(0)
    }
}

impl Hook {
    pub(crate) fn new(status: u16) -> Self {
        let (headers, body) = (Vec::new(), b"fine".to_vec());
        Self { status, headers, body, times: 1, after: 0, echo: false }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(self, body: &str) -> Self {
        Self { body: body.as_bytes().to_vec(), ..self }
    }

    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    pub(crate) fn after(self, requests: usize) -> Self {
        Self { after: requests, ..self }
    }

    /// Answers what it was sent.
    pub(crate) fn echo(self) -> Self {
        Self { echo: true, ..self }
    }

    fn reply(self, request: &Request) -> Reply {
        if self.echo {
            let headers = format!("{:?} ", request.headers);
            let told = [headers.as_bytes(), &request.body].concat();
            return Reply::whole(self.status, &[], &told);
        }
        let body = std::iter::repeat_n(self.body, self.times);
        Reply { status: self.status, headers: self.headers, body: Box::new(body) }
    }
}

/// Past the deadline the request is answered all the same, and whoever counts finds out.
fn wait_for(requests: usize, noted: &Mutex<Vec<Request>>) {
    let deadline = Instant::now() + Duration::from_secs(8);
    while noted.lock().unwrap().len() < requests && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(2));
    }
}
