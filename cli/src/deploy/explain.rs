//! AWS's opaque sentences, in words that a person can act on. Pure.
//!
//! In: what a service or CloudFormation said. Out: what it means, and what to do. A sentence that
//! is not known here stays as it is: nothing is hidden.

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
    not_authorized,
    exists_already,
    invalid_property,
    capabilities,
    export_in_use,
    mapping,
    bucket_elsewhere,
    filter_policy,
    queue_permissions,
    visibility,
    no_reason,
    throttled,
    first_create_failed,
    in_progress,
];

/// What a resource's or a change set's reason means.
#[must_use]
pub fn reason(text: &str) -> Explained {
    let (inner, code) = unwrapped(text);
    let said = match code {
        Some(code) => format!("{inner} (HandlerErrorCode: {code})"),
        None => inner.to_owned(),
    };
    let known = RULES.iter().find_map(|rule| rule(&said));
    known.unwrap_or_else(|| Explained { what: inner.to_owned(), hint: None })
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

fn not_authorized(text: &str) -> Option<Explained> {
    let rest = after(text, "is not authorized to perform: ")?;
    let action = until(rest, &[' ', ',', '\n']).trim_end_matches('.');
    let resource = after(rest, "on resource: ").map_or("*", |rest| until(rest, &[' ', ',', '\n']));
    let by_whom = match after(text, "because ") {
        Some(why) if why.starts_with("no ") => String::new(),
        Some(why) => format!(" ({})", until(why, &['(', '\n']).trim()),
        None => String::new(),
    };
    Some(Explained::new(
        format!("whoever deploys may not `{action}` on `{resource}`{by_whom}"),
        format!(
            "add to the deploying identity's policy: \
             {{\"Effect\": \"Allow\", \"Action\": \"{action}\", \"Resource\": \"{resource}\"}}"
        ),
    ))
}

fn exists_already(text: &str) -> Option<Explained> {
    let is_known = text.contains("HandlerErrorCode: AlreadyExists")
        || (text.contains("already exists") && !text.contains("changeSet"));
    if !is_known {
        return None;
    }
    let name = text.split(" already exists").next().unwrap_or(text);
    let name = name.rsplit([' ', '\'']).find(|word| !word.is_empty() && *word != "identifier");
    let name = name.unwrap_or("it").trim_matches(['\'', '"', '`']);
    Some(Explained::new(
        format!("`{name}` exists already, and this stack did not make it"),
        "delete or rename what has the name, or change `service` or the env's name; what an \
         earlier `destroy --keep-data` of the same env left is taken over by itself",
    ))
}

fn invalid_property(text: &str) -> Option<Explained> {
    let id = between(text, ("Properties validation failed for resource ", " with message"))?;
    let finding = after(text, "with message:").unwrap_or_default();
    let line = finding.lines().map(str::trim).find(|line| line.starts_with('#'));
    let line = line.or_else(|| finding.split_whitespace().find(|word| word.starts_with('#')));
    let (path, fault) = line.and_then(|line| line.split_once(':')).unwrap_or(("#", finding));
    let path = path.trim_start_matches(['#', '/']).replace('/', ".");
    let place = if path.is_empty() { String::new() } else { format!(" at `{path}`") };
    let what = match between(fault, ("extraneous key [", "]")) {
        Some(key) => format!("`{id}` has no property `{key}`{place}"),
        None => format!("`{id}` is not as its type wants it{place}: {}", fault.trim()),
    };
    Some(Explained::new(what, "look the property up in AWS's reference of the resource's type"))
}

fn capabilities(text: &str) -> Option<Explained> {
    let list = between(text, ("Requires capabilities : [", "]"))?;
    Some(Explained::new(
        format!("CloudFormation wants the consent {list}, which every deploy of this tool gives"),
        "a nested stack of a plugin's own asks for it: name its resources without one",
    ))
}

fn export_in_use(text: &str) -> Option<Explained> {
    let name = between(text, ("Export ", " cannot be"))?;
    let by_whom = after(text, "in use by ")?.trim_end_matches('.');
    Some(Explained::new(
        format!("the export `{name}` is imported by {by_whom}"),
        "take the import out of that stack first, and deploy it",
    ))
}

fn mapping(text: &str) -> Option<Explained> {
    let is_known = text.contains("Fn::FindInMap") || text.contains("Unable to get mapping for");
    is_known.then(|| {
        let keys = after(text, "Unable to get mapping for ").map(|keys| keys.trim_end_matches('.'));
        let keys = keys.map_or_else(String::new, |keys| format!(" `{keys}`"));
        Explained::new(
            format!("a mapping of the resources has no entry{keys}"),
            "add the entry for this region or env to `Mappings`",
        )
    })
}

fn bucket_elsewhere(text: &str) -> Option<Explained> {
    text.contains("must be addressed using the specified endpoint").then(|| {
        Explained::new(
            "the bucket is in another region than the stack",
            "name a bucket of the env's region",
        )
    })
}

fn filter_policy(text: &str) -> Option<Explained> {
    let fault = after(text, "Invalid parameter: FilterPolicy")?;
    Some(Explained::new(
        format!("SNS does not take the subscription's filter{}", fault.trim_end()),
        "look at the job types that the plugin names; SNS takes at most 150 values in a filter",
    ))
}

fn queue_permissions(text: &str) -> Option<Explained> {
    text.contains("does not have permissions to call ReceiveMessage on SQS").then(|| {
        Explained::new(
            "the function's role may not read from the queue that feeds it",
            "allow `sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes` on the \
             queue in the resources of the plugin",
        )
    })
}

fn visibility(text: &str) -> Option<Explained> {
    let rest = after(text, "Queue visibility timeout: ")?;
    let queue = until(rest, &[' ']);
    let function = between(rest, ("Function timeout: ", " seconds")).unwrap_or("its timeout");
    Some(Explained::new(
        format!(
            "the queue shows a message again after {queue} seconds, while the function may run \
             for {function}"
        ),
        "let the queue's `VisibilityTimeout` be at least six times the function's `timeout`",
    ))
}

fn no_reason(text: &str) -> Option<Explained> {
    let is_silent = text.trim_matches('"').starts_with("null ") || text == "null";
    let is_general = text.contains("GeneralServiceException") && is_silent;
    is_general.then(|| {
        Explained::new(
            "the service failed and gave no reason",
            "CloudTrail has the call with its answer: `aws cloudtrail lookup-events \
             --lookup-attributes AttributeKey=ReadOnly,AttributeValue=false`",
        )
    })
}

fn throttled(text: &str) -> Option<Explained> {
    let is_known = text.contains("Rate exceeded") || text.contains("HandlerErrorCode: Throttling");
    is_known.then(|| {
        Explained::new("AWS took no more calls for a while", "wait a minute and deploy again")
    })
}

fn first_create_failed(text: &str) -> Option<Explained> {
    let state = between(text, ("is in ", " state and can not be updated"))?;
    state.starts_with("ROLLBACK_").then(|| {
        Explained::new(
            "the first create of the stack failed, and such a stack cannot be updated",
            "`scheduler deploy` says what failed, deletes it and makes it anew",
        )
    })
}

fn in_progress(text: &str) -> Option<Explained> {
    let state = between(text, ("is in ", " state and can not be updated"))?;
    state.ends_with("_IN_PROGRESS").then(|| {
        Explained::new(
            format!("somebody else's operation is under way ({state})"),
            "`scheduler deploy` waits for its end",
        )
    })
}

/// What a stack says of itself where a resource of its own says more.
#[must_use]
pub fn is_summary(text: &str) -> bool {
    text.starts_with("The following resource(s) failed to") || text.ends_with("by user.")
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
