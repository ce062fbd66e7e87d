//! A small working model of S3 and SES over HTTP, for consumers with the real SDK: objects and mails
//! are files, as the models in `fakes` keep them.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves until the test ends.
pub(super) async fn start(folder: PathBuf) -> SocketAddr {
    let routes = Router::new().fallback(answer).with_state(Arc::new(folder));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

async fn answer(
    State(folder): State<Arc<PathBuf>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match uri.path() {
        "/v2/email/outbound-emails" => email(&folder, &headers, &body),
        path => object(&folder.join("objects"), &method, path, &body),
    }
}

fn object(folder: &Path, method: &Method, path: &str, body: &Bytes) -> Response {
    fs::create_dir_all(folder).unwrap();
    let file = folder.join(quoted(&unquoted(path.trim_start_matches('/'))));
    match *method {
        Method::GET => match fs::read(file) {
            Ok(content) => content.into_response(),
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        },
        Method::PUT => {
            fs::write(file, body).unwrap();
            [("ETag", "\"tag\"")].into_response()
        }
        // S3 deletes what is not there.
        Method::DELETE => {
            let _ = fs::remove_file(file);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn email(folder: &Path, headers: &HeaderMap, body: &Bytes) -> Response {
    let asked: Value = serde_json::from_slice(body).unwrap();
    let raw = from_base64(asked["Content"]["Raw"]["Data"].as_str().unwrap());
    if raw.len() > 10_000 {
        let told = json!({"message": "Message length is more than 10000 bytes long."}).to_string();
        return (StatusCode::BAD_REQUEST, [("x-amzn-errortype", "BadRequestException")], told)
            .into_response();
    }
    let scope = headers["authorization"].to_str().unwrap().split('/').nth(2).unwrap();
    let told = json!({"region": scope, "from": asked["FromEmailAddress"],
        "to": asked["Destination"]["ToAddresses"]});
    let folder = folder.join("mails");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("envelope.json"), told.to_string()).unwrap();
    fs::write(folder.join("raw.eml"), raw).unwrap();
    json!({"MessageId": "m"}).to_string().into_response()
}

fn unquoted(path: &str) -> Vec<u8> {
    let mut pieces = path.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend(piece[2..].bytes());
    }
    bytes
}

/// As Python's `quote` with nothing safe.
fn quoted(bytes: &[u8]) -> String {
    let one = |byte: &u8| match byte {
        b'_' | b'.' | b'-' | b'~' => char::from(*byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(one).collect()
}

fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter(|byte| *byte != b'=');
    let sixes: Vec<_> =
        digits.map(|byte| ALPHABET.iter().position(|one| *one == byte).unwrap()).collect();
    let group = |six: &[usize]| {
        let bits = six.iter().fold(0, |bits, six| bits << 6 | six) << (6 * (4 - six.len()));
        let bytes = [16, 8, 0].map(|by| u8::try_from(bits >> by & 255).unwrap());
        bytes[..six.len() - 1].to_vec()
    };
    sixes.chunks(4).flat_map(group).collect()
}
