//! As much of S3 and SES as the plugin uses: conditional writes, and raw messages up to a length.

use crate::http::{Reply, Request, Server, serve};
use crate::world::{Mail, mail};
use mailparse::parse_mail;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Stored {
    objects: HashMap<String, (String, String)>,
    writes: usize,
    mails: Vec<Vec<u8>>,
    longest_mail: Option<usize>,
}

pub(crate) struct Aws {
    server: Server,
    stored: Arc<Mutex<Stored>>,
}

impl Aws {
    pub(crate) fn new() -> Self {
        let stored = Arc::new(Mutex::new(Stored::default()));
        let shared = Arc::clone(&stored);
        let server = serve(move |request: Request| {
            let signed = request.headers.get("authorization");
            if !signed.is_some_and(|s| s.contains("Credential=AKIDPLAYED/")) {
                return Reply::whole(403, &[], b"who are you");
            }
            let mut stored = shared.lock().unwrap();
            match request.method.as_str() {
                "GET" => stored.get(&request),
                "PUT" => stored.put(request),
                _ => stored.send(&request),
            }
        });
        Self { server, stored }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub(crate) fn refuse_mail_longer_than(&self, bytes: usize) {
        self.stored.lock().unwrap().longest_mail = Some(bytes);
    }

    pub(crate) fn object(&self, path: &str) -> Value {
        let stored = self.stored.lock().unwrap();
        serde_json::from_str(&stored.objects[path].1).unwrap()
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.stored.lock().unwrap().mails.iter().map(|raw| mail(raw)).collect()
    }
}

impl Stored {
    fn get(&self, request: &Request) -> Reply {
        let Some((tag, body)) = self.objects.get(&request.path) else {
            return Reply::whole(404, &[], b"<Error><Code>NoSuchKey</Code></Error>");
        };
        let headers = [("etag", &**tag), ("last-modified", "Mon, 23 Nov 2026 12:00:00 GMT")];
        Reply::whole(200, &headers, body.as_bytes())
    }

    fn put(&mut self, request: Request) -> Reply {
        let now = self.objects.get(&request.path).map(|(tag, _)| tag);
        let fits = match (request.headers.get("if-match"), now) {
            (Some(wanted), now) => now == Some(wanted),
            (None, now) => request.headers.contains_key("if-none-match") && now.is_none(),
        };
        if !fits {
            return Reply::whole(412, &[], b"<Error><Code>PreconditionFailed</Code></Error>");
        }
        self.writes += 1;
        let tag = format!("\"{}\"", self.writes);
        self.objects.insert(request.path, (tag.clone(), request.body));
        Reply::whole(200, &[("etag", &tag)], b"")
    }

    fn send(&mut self, request: &Request) -> Reply {
        assert_eq!(request.path, "/v2/email/outbound-emails");
        let message: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(message["FromEmailAddress"], "monitor@example.com");
        assert_eq!(message["Destination"]["ToAddresses"][0], "reader@example.com");
        let raw = base64(message["Content"]["Raw"]["Data"].as_str().unwrap());
        if self.longest_mail.is_some_and(|longest| raw.len() > longest) {
            let why = br#"{"message": "Message length is more than 10485760 bytes long: '1'."}"#;
            return Reply::whole(400, &[("x-amzn-errortype", "BadRequestException")], why);
        }
        self.mails.push(raw);
        Reply::whole(200, &[], br#"{"MessageId": "1"}"#)
    }
}

/// A mail's own encoding, read by what reads mail.
fn base64(text: &str) -> Vec<u8> {
    let part = format!("Content-Transfer-Encoding: base64\r\n\r\n{text}");
    parse_mail(part.as_bytes()).unwrap().get_body_raw().unwrap()
}
