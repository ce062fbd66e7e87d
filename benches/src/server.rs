//! A `scheduler local` to measure, and connections to it that stay open.

use crate::bench::Bench;
use scheduler_tests::outcome::{Outcome, ensure, fail};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::ScopedJoinHandle;

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(bench: &Bench, project: &Path, arguments: &[&str]) -> Outcome<Self> {
        let line = [&["local", "--port", "0", "--json", "--quiet"][..], arguments].concat();
        let mut command = bench.scheduler(project, &line)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let Some(stdout) = child.stdout.take() else { return fail("no stdout") };
        let told = serde_json::Deserializer::from_reader(stdout).into_iter::<Value>().next();
        let api = told.and_then(Result::ok).and_then(|told| Some(told["api"].as_str()?.to_owned()));
        let address = api.as_deref().and_then(|api| api.split('/').nth(2)).map(str::to_owned);
        match address {
            Some(address) => Ok(Self { child, address }),
            None => fail("`scheduler local` does not start"),
        }
    }

    pub(crate) fn connect(&self) -> Outcome<Connection> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        let host = self.address.clone();
        Ok(Connection { writer: stream.try_clone()?, reader: BufReader::new(stream), host })
    }

    /// Resident memory in MB.
    pub(crate) fn resident(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.map_or_else(|| fail("the system does not tell"), |kib| Ok(kib * 1.024 / 1e3))
    }

    /// As Ctrl-C does.
    pub(crate) fn stop(mut self) -> Outcome {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status()?;
        let ended = self.child.wait()?;
        ensure(ended.success(), || format!("the server ended with {ended}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already is no trouble.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One connection, kept open.
pub(crate) struct Connection {
    writer: TcpStream,
    reader: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    /// Calls a route that must answer 200.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: &str) -> Outcome<Vec<u8>> {
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "{method} /v1{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.writer.write_all(request.as_bytes())?;
        let mut status = String::new();
        self.reader.read_line(&mut status)?;
        let mut length = 0;
        let mut line = String::new();
        while self.reader.read_line(&mut line)? > 2 {
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        self.reader.read_exact(&mut answer)?;
        let is_ok = status.split(' ').nth(1) == Some("200");
        ensure(is_ok, || format!("{method} {path}: {status}{}", String::from_utf8_lossy(&answer)))?;
        Ok(answer)
    }
}

/// What a thread came to.
pub(crate) fn joined(thread: ScopedJoinHandle<'_, Outcome>) -> Outcome {
    thread.join().unwrap_or_else(|_| fail("a client panicked"))
}
