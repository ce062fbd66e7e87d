//! Where the browser comes back to: one request on loopback.
//!
//! Browsers open connections that they may never use: each is read by itself, and not for ever.

use super::exchange::LoginError;
use super::pkce::value;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The address that the templates register with the user pool's client; an issuer of your own has
/// to allow it too.
pub use scheduler_plan::plan::LOGIN_CALLBACK as CALLBACK;

const ADDRESS: &str = "127.0.0.1:8976";
/// A request on loopback comes at once, or never.
const A_REQUEST: Duration = Duration::from_secs(10);
/// So long a person may take on the issuer's page.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The open ear.
#[derive(Debug)]
pub struct Callback {
    listener: TcpListener,
}

impl Callback {
    /// Listens.
    ///
    /// # Errors
    /// Where another login listens there.
    pub async fn open() -> Result<Self, LoginError> {
        let listener = TcpListener::bind(ADDRESS).await;
        listener
            .map(|listener| Self { listener })
            .map_err(|error| LoginError::Listen { address: ADDRESS, error })
    }

    /// The code of the answer that carries this state; other callers are turned away.
    ///
    /// # Errors
    /// Where the issuer answers with an error.
    pub async fn code(self, state: &str) -> Result<String, LoginError> {
        let answer = tokio::time::timeout(PATIENCE, self.answer(state)).await;
        answer.unwrap_or(Err(LoginError::NobodyCame { minutes: PATIENCE.as_secs() / 60 }))
    }

    async fn answer(self, state: &str) -> Result<String, LoginError> {
        let mut callers = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let state = state.to_owned();
                        let answered = async move { answered(stream, &state).await };
                        callers.spawn(tokio::time::timeout(A_REQUEST, answered));
                    }
                    // Such as no file left to open: not at once again.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
                // One that breaks off, says nothing or asks for something else is not the answer.
                Some(ended) = callers.join_next() => {
                    if let Ok(Ok(Some(answer))) = ended {
                        return answer;
                    }
                }
            }
        }
    }
}

async fn answered(stream: TcpStream, state: &str) -> Option<Result<String, LoginError>> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let target = line.split_whitespace().nth(1)?;
    let query = target.strip_prefix("/callback?").unwrap_or_default();
    let is_ours = value(query, "state").as_deref() == Some(state);
    let answer = match (is_ours, value(query, "code"), value(query, "error")) {
        (true, Some(code), None) => Some(Ok(code)),
        (true, _, Some(error)) => {
            let more = value(query, "error_description").unwrap_or_default();
            Some(Err(LoginError::Refused(format!("{error} {more}").trim().to_owned())))
        }
        _ => None,
    };
    let (status, text) = match &answer {
        Some(Ok(_)) => ("200 OK", "You are logged in. This page can be closed."),
        Some(Err(_)) => ("200 OK", "The login was refused. The terminal says why."),
        None => ("404 Not Found", "This is not the answer to a login."),
    };
    let reply = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
    // The browser's page is a courtesy: the answer is here.
    let _ = stream.get_mut().write_all(reply.as_bytes()).await;
    answer
}
