//! AWS's opaque sentences, in words that a person can act on. Pure.
//!
//! In: what a service or CloudFormation said. Out: what it means, and what to do. A sentence that
//! is not known here stays as it is: nothing is hidden.

mod exists;
mod properties;
mod services;
mod templates;

/// What a sentence means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What went wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Explained {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: Some(hint.into()) }
    }
}

/// One kind of sentence: `None` where it is another.
type Rule = fn(&str) -> Option<Explained>;

/// The first that fits counts.
const RULES: &[Rule] = &[
    services::not_authorized,
    templates::import,
    exists::exists_already,
    templates::capabilities,
    templates::hooks,
    templates::circle,
    templates::export_in_use,
    templates::mapping,
    templates::nothing_to_do,
    templates::gone,
    templates::cancelled,
    services::bucket_elsewhere,
    services::acls,
    services::filter_policy,
    services::queue_permissions,
    services::visibility,
    services::concurrency,
    services::schedule,
    services::no_reason,
    services::throttled,
    templates::first_create_failed,
    templates::in_progress,
];

/// What a resource's or a change set's reason means.
#[must_use]
pub fn reason(text: &str) -> Explained {
    of(text, None)
}

/// The same of a resource whose type is known, such as `AWS::SQS::Queue`.
#[must_use]
pub fn of(text: &str, kind: Option<&str>) -> Explained {
    let (inner, code) = unwrapped(text);
    let said = match code {
        Some(code) => format!("{inner} (HandlerErrorCode: {code})"),
        None => inner.to_owned(),
    };
    let known = properties::invalid(&said, kind);
    let known = known.or_else(|| RULES.iter().find_map(|rule| rule(&said)));
    known.unwrap_or_else(|| {
        let what = inner.split(" (Service: ").next().unwrap_or(inner);
        Explained { what: what.to_owned(), hint: None }
    })
}

/// The resource that a sentence is about, by its id in the template.
#[must_use]
pub fn resource_of(text: &str) -> Option<&str> {
    let id = between(text, ("Properties validation failed for resource ", " with message"));
    id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The property that a sentence is about: the last name of its path, or the one that is not known.
#[must_use]
pub fn property_of(text: &str) -> Option<&str> {
    properties::named(text)
}

/// `Resource handler returned message: "..." (RequestToken: ..., HandlerErrorCode: ...)`, without
/// what only AWS can use.
fn unwrapped(text: &str) -> (&str, Option<&str>) {
    let code = after(text, "HandlerErrorCode: ").map(|rest| until(rest, &[')', ',', ' ']));
    let Some(rest) = text.strip_prefix("Resource handler returned message: \"") else {
        return (text.split(" (RequestToken:").next().unwrap_or(text), code);
    };
    let end = rest.rfind("\" (RequestToken").or_else(|| rest.rfind('"')).unwrap_or(rest.len());
    (&rest[..end], code)
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

fn until<'a>(text: &'a str, ends: &[char]) -> &'a str {
    text.split(ends).next().unwrap_or(text)
}

/// What stands between two marks.
fn between<'a>(text: &'a str, (from, to): (&str, &str)) -> Option<&'a str> {
    after(text, from)?.split_once(to).map(|(inner, _)| inner)
}

/// `` `a`, `b` ``, from names with commas between them.
fn quoted(names: &str) -> String {
    names.split(',').map(|name| format!("`{}`", name.trim())).collect::<Vec<_>>().join(", ")
}

/// What a stack says of itself where a resource of its own says more.
#[must_use]
pub fn is_summary(text: &str) -> bool {
    text.starts_with("The following resource(s) failed to") || text.ends_with("by user.")
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
