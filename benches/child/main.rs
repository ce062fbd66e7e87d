//! The smallest consumer: it answers every event at once. Compiled by `cargo figures` itself, with
//! nothing but the standard library.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::TcpStream;

const RUNTIME: &str = "/2018-06-01/runtime/invocation";

fn main() -> Result<()> {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
    let stream = TcpStream::connect(&api)?;
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        writer
            .write_all(format!("GET {RUNTIME}/next HTTP/1.1\r\nHost: {api}\r\n\r\n").as_bytes())?;
        let id = answer(&mut reader)?;
        let request = format!(
            "POST {RUNTIME}/{id}/response HTTP/1.1\r\nHost: {api}\r\nContent-Length: 4\r\n\r\nnull"
        );
        writer.write_all(request.as_bytes())?;
        answer(&mut reader)?;
    }
}

/// Reads an answer to its end; its request id, if it has one.
fn answer(reader: &mut impl BufRead) -> Result<String> {
    let (mut id, mut length) = (String::new(), 0);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "lambda-runtime-aws-request-id" => id = value.to_owned(),
            "content-length" => length = value.parse().unwrap_or_default(),
            _ => {}
        }
        line.clear();
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(id)
}
