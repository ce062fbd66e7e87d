//! The body of an answer, up to a size.

use super::error::FetchError;
use super::web::Page;
use scheduler_plugin::web::reqwest::Response;
use scheduler_plugin::web::reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};

/// Far above the pages that people read, and ten of them fit into the function's memory.
const LARGEST: usize = 5 * 1024 * 1024;

pub(super) async fn read(mut response: Response) -> Result<Page, FetchError> {
    let encoding = header(&response, &CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(FetchError::Encoding(encoding));
    }
    let content_type = header(&response, &CONTENT_TYPE);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST {
            return Err(FetchError::TooLarge(LARGEST));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Page { content_type, body })
}

fn header(response: &Response, name: &HeaderName) -> String {
    let value = response.headers().get(name);
    value.map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).unwrap_or_default()
}
