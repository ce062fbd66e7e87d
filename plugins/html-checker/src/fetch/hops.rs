//! Redirects, each looked at before it is followed.

use super::body;
use super::error::FetchError;
use super::web::{Page, Web};
use scheduler_plugin::web::reqwest::header::{ACCEPT, LOCATION};
use scheduler_plugin::web::reqwest::{Method, Response, StatusCode, Url};

const MOST_REDIRECTS: usize = 5;

pub(super) async fn follow(web: &Web, mut url: Url) -> Result<Page, FetchError> {
    for _ in 0..=MOST_REDIRECTS {
        let asked = web.client.request(Method::GET, url.clone())?;
        let response = asked.header(ACCEPT, "text/html,*/*;q=0.8").send().await?;
        match target(&url, &response)? {
            Some(next) => url = next,
            None => return page(response).await,
        }
    }
    Err(FetchError::Redirects(MOST_REDIRECTS))
}

/// Where a redirect leads; `None` where the answer is none.
fn target(from: &Url, response: &Response) -> Result<Option<Url>, FetchError> {
    if !is_redirect(response.status()) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(location.as_bytes());
    let next = from.join(&text).map_err(|_| FetchError::Address { url: text.into_owned() })?;
    Ok(Some(next))
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

async fn page(response: Response) -> Result<Page, FetchError> {
    if !response.status().is_success() {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    body::read(response).await
}
