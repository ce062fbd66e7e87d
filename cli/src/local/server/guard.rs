//! Who may call at all, before anybody is asked for a token.
//!
//! A page that some other site serves must not reach a server on loopback that asks nobody for a
//! token, neither directly (`Origin`, `Sec-Fetch-Site`) nor through a name of its own that it lets
//! point here (`Host`; DNS rebinding).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Which pages may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    /// Only those that this machine serves.
    OfThisMachine,
    /// Any: every call carries a token.
    Any,
}

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the request's Host names no address of this machine")]
    Host,
    #[error("a page of another site may not call this server")]
    Origin,
}

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The value of `access-control-allow-origin`, where the call comes from a page.
pub(super) fn admit(pages: Pages, headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
    let origin = headers.get(header::ORIGIN);
    match pages {
        Pages::Any => Ok(origin.map(|_| HeaderValue::from_static("*"))),
        Pages::OfThisMachine => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            if !host.is_some_and(is_loopback) {
                return Err(Refusal::Host);
            }
            let crossed = headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site");
            let foreign = origin.is_some_and(|origin| !of_this_machine(origin));
            match crossed || foreign {
                true => Err(Refusal::Origin),
                false => Ok(origin.cloned()),
            }
        }
    }
}

fn of_this_machine(origin: &HeaderValue) -> bool {
    let text = origin.to_str().unwrap_or_default();
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    host.is_some_and(is_loopback)
}

/// A host, with or without a port, that is this machine whatever a name server says (RFC 6761
/// reserves `localhost` and all names below it).
fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_address = bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    is_address || host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.map(header).collect()
    }

    fn judged(pairs: &[(&'static str, &'static str)]) -> Result<bool, Refusal> {
        admit(Pages::OfThisMachine, &headers(pairs)).map(|origin| origin.is_some())
    }

    #[test]
    fn this_machine_may_call_by_any_of_its_names() {
        for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "a.localhost:9"] {
            assert_eq!(judged(&[("host", host)]), Ok(false), "{host}");
        }
        let page = [("host", "localhost:8080"), ("origin", "http://localhost:5173")];
        assert_eq!(judged(&page), Ok(true));
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_refused() {
        for host in ["evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", ""] {
            assert_eq!(judged(&[("host", host)]), Err(Refusal::Host), "{host}");
        }
        assert_eq!(judged(&[]), Err(Refusal::Host));
    }

    #[test]
    fn another_sites_page_is_refused() {
        for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
            let call = [("host", "localhost"), ("origin", origin)];
            assert_eq!(judged(&call), Err(Refusal::Origin), "{origin}");
        }
        let image = [("host", "localhost"), ("sec-fetch-site", "cross-site")];
        assert_eq!(judged(&image), Err(Refusal::Origin));
    }

    #[test]
    fn where_every_call_carries_a_token_any_page_may_try() {
        let call = headers(&[("host", "box.example"), ("origin", "https://ui.example")]);
        assert_eq!(admit(Pages::Any, &call), Ok(Some(HeaderValue::from_static("*"))));
    }
}
