//! `[consumer]`: a function built from the folder, or a queue that exists already.

use super::external::{self, Written};
use super::handler::{self, Language};
use super::{Findings, environment};
use crate::app::{
    ArnRef, Buffer, Build, Consumer, External, LambdaConsumer, Mail, Permission, State,
};
use crate::code::Code;
use crate::iam;
use crate::limits::{CONCURRENCY_QUEUED, RETRIES_DIRECT, RUNTIMES};
use crate::manifest::{
    ArnSource, BufferName, BuildKind, ConsumerTable, MailTable, PermissionTable, StateTable,
};
use crate::nearest::{did_you_mean, list};
use crate::problem::{Place, Problem};
use crate::schemas;
use crate::sources::PluginSource;

const DEFAULT_RUNTIME: &str = "provided.al2023";
const DEFAULT_PYTHON: &str = "python3.12";
const DEFAULT_NODE: &str = "nodejs22.x";
const DEFAULT_MEMORY_MB: u32 = 128;
const DEFAULT_TIMEOUT_SECONDS: u32 = 30;
/// A queue that hands a message out five times is what AWS advises at least (Lambda developer guide,
/// "SQS").
const RETRIES_QUEUED: u32 = 4;

/// The consumer as decided.
pub(crate) fn consumer(
    source: &PluginSource,
    table: &ConsumerTable,
    build: Option<Build>,
    build_written: bool,
    findings: &mut Findings,
) -> Option<Consumer> {
    let document = &source.written.document;
    let (queue, function_arn) = (table.queue_arn.as_ref(), table.function_arn.as_ref());
    let written = Written { queue, function: function_arn, document, table: &["consumer"] };
    if let Some(external) = external::external(&written, findings) {
        let what = match &external {
            External::Function(_) => "a function that is there already",
            External::Queue(_) => "a queue",
        };
        if build_written {
            let what = format!("there is a `[build]`, and the consumer is {what}");
            let key = match &external {
                External::Function(_) => "function_arn",
                External::Queue(_) => "queue_arn",
            };
            findings.push(
                Problem::error(Code::BuildBesideQueue, document.key(&["build"]), what).hint(
                    format!("remove `[build]`; or remove `{key}`, to run what is built here"),
                ),
            );
        }
        keys_of_functions(source, what, findings);
        return Some(Consumer::External(external));
    }
    if !build_written {
        let what = "the consumer is a function, and no `[build]` says how its zip is made";
        findings.push(
            Problem::error(Code::ConsumerWithoutBuild, document.key(&["consumer"]), what).hint(
                "add `[build]` with `kind = \"rust\"`, `\"python\"`, `\"node\"`, `\"command\"` or `\"zip\"`",
            ),
        );
    }
    function(source, table, build, findings).map(|lambda| Consumer::Lambda(Box::new(lambda)))
}

/// What says how a function runs would be ignored where none is built here.
fn keys_of_functions(source: &PluginSource, consumer: &str, findings: &mut Findings) {
    let document = &source.written.document;
    let keys = schemas::plugin_manifest()["properties"]["consumer"]["properties"].as_object();
    let keys = keys.into_iter().flatten().map(|(key, _)| key);
    let keys = keys.filter(|key| !external::KEYS.contains(&key.as_str()));
    for key in keys.filter(|key| document.has(&["consumer", key])) {
        let what = format!("`consumer.{key}` means nothing here: the consumer is {consumer}");
        let hint = "remove it, or build the function here: `[build]`, and no ARN";
        let place = document.key(&["consumer", key]);
        findings.push(Problem::error(Code::KeyWithoutEffect, place, what).hint(hint));
    }
}

fn function(
    source: &PluginSource,
    table: &ConsumerTable,
    build: Option<Build>,
    findings: &mut Findings,
) -> Option<LambdaConsumer> {
    let document = &source.written.document;
    let kind = source.written.value.build.as_ref().and_then(|table| table.kind);
    let runtime = runtime(source, table, kind, findings);
    let handler = handler(source, table, &runtime, findings);
    let language = source.written.value.build.as_ref().and_then(Language::of);
    if let (Some(language), Some(text)) = (language, &table.handler) {
        handler::check(source, language, text, findings);
    }
    let place = |key: &str| document.value(&["consumer", "environment", key]);
    let environment = environment::environment(&table.environment, place, findings);
    environment::size(&environment, document.key(&["consumer", "environment"]), findings);
    let mail = table
        .mail
        .as_ref()
        .and_then(|mail| self::mail(mail, document.value(&["consumer", "mail", "from"]), findings));
    let permissions = permissions(source, &table.permissions, findings);
    let buffer = match table.buffer {
        Some(BufferName::None) => Buffer::None,
        Some(BufferName::Queue) | None => Buffer::Queue,
    };
    bounds(source, table, buffer, findings);
    layers(source, &table.layers, findings);
    Some(LambdaConsumer {
        build: build?,
        inputs: source
            .written
            .value
            .build
            .as_ref()
            .map(|table| table.inputs.clone())
            .unwrap_or_default(),
        runtime,
        handler,
        memory_mb: table.memory_mb.unwrap_or(DEFAULT_MEMORY_MB),
        timeout_seconds: table.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS),
        buffer,
        concurrency: table.concurrency,
        retries: table.retries.unwrap_or(match buffer {
            Buffer::Queue => RETRIES_QUEUED,
            Buffer::None => RETRIES_DIRECT,
        }),
        layers: table.layers.clone(),
        environment,
        state: table.state.as_ref().map(state),
        mail,
        permissions,
    })
}

/// AWS has other bounds behind a queue than without one.
fn bounds(source: &PluginSource, table: &ConsumerTable, buffer: Buffer, findings: &mut Findings) {
    let place = |key| source.written.document.value(&["consumer", key]);
    match buffer {
        Buffer::Queue => {
            if table.concurrency.is_some_and(|number| number < CONCURRENCY_QUEUED) {
                let what =
                    format!("behind a queue, `concurrency` is at least {CONCURRENCY_QUEUED}");
                findings.push(
                    Problem::error(Code::OutOfRange, place("concurrency"), what)
                        .hint("`buffer = \"none\"` takes 1"),
                );
            }
        }
        Buffer::None => {
            if table.retries.is_some_and(|number| number > RETRIES_DIRECT) {
                let what = format!("without a queue, `retries` is at most {RETRIES_DIRECT}");
                findings.push(
                    Problem::error(Code::OutOfRange, place("retries"), what)
                        .hint("a queue (`buffer = \"queue\"`) takes more"),
                );
            }
        }
    }
}

fn layers(source: &PluginSource, layers: &[String], findings: &mut Findings) {
    for (nth, layer) in layers.iter().enumerate() {
        let parts: Vec<_> = layer.split(':').collect();
        let fits = matches!(
            parts.as_slice(),
            ["arn", partition, "lambda", region, account, "layer", name, version]
                if external::is_somewhere(partition, region, account)
                    && !name.is_empty()
                    && version.parse::<u32>().is_ok()
        );
        if !fits {
            let place = source.written.document.value(&["consumer", "layers", &nth.to_string()]);
            let what = format!("`{layer}` is not the ARN of a version of a Lambda layer");
            let hint = "such as `arn:aws:lambda:eu-central-1:123456789012:layer:fonts:3`";
            findings.push(Problem::error(Code::BadLayerArn, place, what).hint(hint));
        }
    }
}

fn runtime(
    source: &PluginSource,
    table: &ConsumerTable,
    kind: Option<BuildKind>,
    findings: &mut Findings,
) -> String {
    let Some(runtime) = &table.runtime else {
        return match kind {
            Some(BuildKind::Python) => DEFAULT_PYTHON.into(),
            Some(BuildKind::Node) => DEFAULT_NODE.into(),
            _ => DEFAULT_RUNTIME.into(),
        };
    };
    let place = source.written.document.value(&["consumer", "runtime"]);
    if !RUNTIMES.contains(&runtime.as_str()) {
        let problem = Problem::error(
            Code::UnknownRuntime,
            place,
            format!("Lambda has no runtime `{runtime}`"),
        );
        let hint = did_you_mean(runtime, RUNTIMES)
            .unwrap_or_else(|| format!("it can be {}", RUNTIMES.join(", ")));
        findings.push(problem.hint(hint));
    } else if let Some((kind, family)) = kind.and_then(family)
        && !runtime.starts_with(family)
    {
        let what =
            format!("the runtime `{runtime}` cannot run what a build of kind `{kind}` makes");
        let known: Vec<_> =
            RUNTIMES.iter().copied().filter(|name| name.starts_with(family)).collect();
        findings.push(
            Problem::error(Code::RuntimeMismatch, place, what)
                .hint(format!("it can be {}", list(&known))),
        );
    }
    runtime.clone()
}

/// The kind's name, and what the names of the runtimes that run it begin with.
fn family(kind: BuildKind) -> Option<(&'static str, &'static str)> {
    match kind {
        BuildKind::Rust => Some(("rust", "provided.")),
        BuildKind::Python => Some(("python", "python")),
        BuildKind::Node => Some(("node", "nodejs")),
        BuildKind::Command | BuildKind::Zip => None,
    }
}

fn handler(
    source: &PluginSource,
    table: &ConsumerTable,
    runtime: &str,
    findings: &mut Findings,
) -> String {
    let wants_one = RUNTIMES.contains(&runtime) && !runtime.starts_with("provided.");
    if table.handler.is_none() && wants_one {
        let what = format!("the runtime `{runtime}` needs the key `handler`");
        let place = source.written.document.value(&["consumer", "runtime"]);
        findings.push(
            Problem::error(Code::MissingHandler, place, what)
                .hint("such as `handler = \"module.function\"`"),
        );
    }
    table.handler.clone().unwrap_or_else(|| "bootstrap".into())
}

/// State as decided.
pub(crate) fn state(table: &StateTable) -> State {
    State { expire_days: table.expire_days }
}

/// Mail as decided.
pub(crate) fn mail(table: &MailTable, place: Place, findings: &mut Findings) -> Option<Mail> {
    let from = table.from.as_ref()?;
    address(from, place, findings);
    Some(Mail { from: from.clone() })
}

/// What is no e-mail address is a problem.
pub(crate) fn address(text: &str, place: Place, findings: &mut Findings) {
    if !is_address(text) {
        let what = format!("`{text}` is no e-mail address");
        let hint = "such as `monitor@example.com`, without a display name";
        findings.push(Problem::error(Code::BadMailAddress, place, what).hint(hint));
    }
}

fn is_address(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    text.split_once('@').is_some_and(|(user, host)| {
        plain(user)
            && plain(host)
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
    })
}

fn permissions(
    source: &PluginSource,
    tables: &[PermissionTable],
    findings: &mut Findings,
) -> Vec<Permission> {
    let mut permissions = Vec::new();
    for (nth, table) in tables.iter().enumerate() {
        let nth = nth.to_string();
        let place = |key| source.written.document.value(&["consumer", "permissions", &nth, key]);
        let actions = table.actions.clone().unwrap_or_default();
        for action in actions.iter().filter(|action| !is_action(action)) {
            let what = format!("`{action}` is no IAM action");
            findings.push(
                Problem::error(Code::BadAction, place("actions"), what)
                    .hint("such as `s3:GetObject`"),
            );
        }
        let resources: Vec<_> = table.resources.iter().flatten().map(arn).collect();
        for (at, resource) in resources.iter().enumerate() {
            if let ArnRef::Att(text) = resource {
                let path = ["consumer", "permissions", &nth, "resources", &at.to_string()];
                environment::attribute(text, source.written.document.value(&path), findings);
            }
        }
        let everything = resources.iter().find_map(|resource| match resource {
            ArnRef::Text(text) | ArnRef::Sub(text) => {
                Some(text).filter(|it| iam::is_everything(it))
            }
            ArnRef::Ref(_) | ArnRef::Att(_) => None,
        });
        let everything = everything.map(|resource| {
            let actions = actions.join("`, `");
            ("resources", format!("this allows `{actions}` on every resource (`{resource}`)"))
        });
        let several = actions.iter().find(|action| action.ends_with(":*"));
        let several = several
            .map(|action| ("actions", format!("this allows `{action}`: more than one thing")));
        for (key, what) in several.into_iter().chain(everything) {
            findings.push(
                Problem::warning(Code::WidePermission, place(key), what)
                    .hint("name the actions and the ARNs that the plugin needs"),
            );
        }
        permissions.push(Permission { actions, resources });
    }
    permissions
}

fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, action)| {
        let service_fits =
            service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let action_fits = action.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*');
        !service.is_empty() && !action.is_empty() && service_fits && action_fits
    })
}

fn arn(source: &ArnSource) -> ArnRef {
    match source {
        ArnSource::Text(text) => ArnRef::Text(text.clone()),
        ArnSource::Ref(table) => ArnRef::Ref(table.r#ref.clone()),
        ArnSource::Att(table) => ArnRef::Att(table.att.clone()),
        ArnSource::Sub(table) => ArnRef::Sub(table.sub.clone()),
    }
}
