//! An AWS endpoint on loopback, as a deployed env looks from outside: CloudFormation tells of its
//! stack, and calls on its API go on to a server on this machine.

use crate::outcome::Outcome;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Where the stack says that its API is.
pub const API_URL: &str = "https://abcdefghij.execute-api.eu-central-1.amazonaws.com/v1";

/// A listener; it lives as long as the process.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
}

impl Front {
    /// Knows this one stack, whose API is the server of this address.
    ///
    /// # Errors
    /// No port.
    pub fn of(stack: &str, api: &str) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (stack, upstream) = (stack.to_owned(), authority(api).to_owned());
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                // A caller that breaks off is the caller's affair.
                answer(caller, &stack, &upstream).ok();
            }
        });
        Ok(Self { address })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn authority(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_default()
}

fn answer(mut caller: TcpStream, stack: &str, upstream: &str) -> io::Result<()> {
    let mut reader = BufReader::new(caller.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut headers, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        let name = line.to_ascii_lowercase();
        if let Some(value) = name.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        if !name.starts_with("connection:") {
            headers.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if first.split(' ').nth(1).is_some_and(|path| path.starts_with("/v1/")) {
        let mut server = TcpStream::connect(upstream)?;
        write!(server, "{first}{headers}Connection: close\r\n\r\n")?;
        server.write_all(&body)?;
        io::copy(&mut server, &mut caller)?;
        return Ok(());
    }
    let is_known = String::from_utf8_lossy(&body).contains(&format!("StackName={stack}"));
    let (status, text) = if is_known { ("200 OK", known(stack)) } else { ("400 X", unknown()) };
    let length = text.len();
    write!(
        caller,
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{text}"
    )
}

fn known(stack: &str) -> String {
    format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
         <DescribeStacksResult><Stacks><member><StackName>{stack}</StackName>\
         <StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>{API_URL}</OutputValue></member>\
         </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}

fn unknown() -> String {
    "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error>\
     <Type>Sender</Type><Code>ValidationError</Code>\
     <Message>Stack with id x does not exist</Message></Error></ErrorResponse>"
        .to_owned()
}
