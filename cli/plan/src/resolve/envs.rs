//! One env: its own settings, and what it changes of the plugins.

use super::{Base, Findings, consumer, environment, not_yet};
use crate::app::{App, Auth, Consumer, LambdaConsumer, Plugin, Quotas};
use crate::code::Code;
use crate::limits::FUNCTION_NAME;
use crate::manifest::{ArchitectureName, AuthTable, EnvTable, PluginOverrideTable, ServiceTable};
use crate::names::{AccountId, Architecture, EnvName, PREFIX_MAX, REGIONS, Region, ServiceName};
use crate::nearest::{did_you_mean, list};
use crate::problem::{Place, Problem};
use crate::sources::Sources;

const DEFAULT_REGION: &str = "eu-central-1";
/// The envs of a file that names none.
const DEFAULT_ENVS: [&str; 2] = ["dev", "prod"];

/// The envs that a project has.
#[must_use]
pub fn env_names(sources: &Sources) -> Vec<String> {
    let written = &sources.app.value.env;
    match written.is_empty() {
        true => DEFAULT_ENVS.map(String::from).to_vec(),
        false => written.keys().cloned().collect(),
    }
}

/// Which env was perhaps meant, or which there are.
#[must_use]
pub fn env_meant(env: &str, known: &[&str]) -> String {
    did_you_mean(env, known).unwrap_or_else(|| format!("it can be {}", list(known)))
}

/// One env of the app, where its names could be read.
pub(crate) fn app(
    sources: &Sources,
    base: &Base,
    env: &str,
    findings: &mut Findings,
) -> Option<App> {
    let document = &sources.app.document;
    let known = env_names(sources);
    if !known.iter().any(|name| name == env) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let problem = Problem::error(
            Code::UnknownEnv,
            document.key(&["env"]),
            format!("there is no env `{env}`"),
        );
        findings.push(problem.hint(env_meant(env, &known)));
        return None;
    }
    let service = sources.app.value.service.clone().unwrap_or_default();
    let table = sources.app.value.env.get(env).cloned().unwrap_or_default();
    let name = service.name.as_ref().and_then(|name| {
        let parsed = ServiceName::parse(name)
            .map_err(|why| format!("`{name}` cannot be a service's name: {why}"));
        findings.parsed(Code::BadServiceName, document.value(&["service", "name"]), parsed)
    });
    let parsed =
        EnvName::parse(env).map_err(|why| format!("`{env}` cannot be an env's name: {why}"));
    let env_name = findings.parsed(Code::BadEnvName, document.key(&["env", env]), parsed);
    if table.domain.is_some() {
        findings.push(not_yet(document.key(&["env", env, "domain"]), "`domain`"));
    }
    let region = region(sources, env, (&service, &table), findings);
    let account = account(sources, env, &table, findings);
    let alarms = alarms(sources, env, &table, findings);
    let auth = auth(sources, env, table.auth.as_ref(), findings);
    let plugins = overridden(sources, base, env, &table, findings);
    let app = App {
        service: name?,
        env: env_name?,
        region: region?,
        account,
        protect: table.protect.unwrap_or(false),
        max_jobs_per_user: table.max_jobs_per_user,
        alarms,
        architecture: architecture(&service, &table),
        auth,
        quotas: quotas(&table),
        plugins,
        job_types: base.types.clone(),
    };
    lengths(sources, &app, findings);
    Some(app)
}

fn alarms(
    sources: &Sources,
    env: &str,
    table: &EnvTable,
    findings: &mut Findings,
) -> Option<String> {
    let address = table.alarms.as_ref()?;
    consumer::address(address, sources.app.document.value(&["env", env, "alarms"]), findings);
    Some(address.clone())
}

fn region(
    sources: &Sources,
    env: &str,
    (service, table): (&ServiceTable, &EnvTable),
    findings: &mut Findings,
) -> Option<Region> {
    let document = &sources.app.document;
    // Both are looked at: the one that an env overrides is another env's.
    let of_service = service
        .region
        .as_deref()
        .map(|text| known_region(text, document.value(&["service", "region"]), findings));
    let of_env = table
        .region
        .as_deref()
        .map(|text| known_region(text, document.value(&["env", env, "region"]), findings));
    of_env.or(of_service).unwrap_or_else(|| Region::parse(DEFAULT_REGION).ok())
}

fn known_region(text: &str, place: Place, findings: &mut Findings) -> Option<Region> {
    let region = Region::parse(text).ok();
    if region.is_none() {
        let problem =
            Problem::error(Code::UnknownRegion, place, format!("`{text}` is no AWS region"));
        findings.push(match did_you_mean(text, REGIONS) {
            Some(hint) => problem.hint(hint),
            None => problem.hint(format!("such as `{DEFAULT_REGION}`")),
        });
    }
    region
}

fn account(
    sources: &Sources,
    env: &str,
    table: &EnvTable,
    findings: &mut Findings,
) -> Option<AccountId> {
    let text = table.account.as_ref()?;
    let place = sources.app.document.value(&["env", env, "account"]);
    let parsed =
        AccountId::parse(text).map_err(|why| format!("`{text}` cannot be an account: {why}"));
    findings.parsed(Code::BadAccount, place, parsed)
}

fn architecture(service: &ServiceTable, table: &EnvTable) -> Architecture {
    match table.architecture.or(service.architecture) {
        Some(ArchitectureName::Arm64) => Architecture::Arm64,
        Some(ArchitectureName::X86_64) | None => Architecture::X86_64,
    }
}

fn quotas(table: &EnvTable) -> Quotas {
    let usual = Quotas::default();
    let granted = table.quotas.as_ref().and_then(|quotas| quotas.filtered_subscriptions);
    let granted = granted.and_then(|number| usize::try_from(number).ok());
    Quotas { filtered_subscriptions: granted.unwrap_or(usual.filtered_subscriptions) }
}

fn auth(sources: &Sources, env: &str, table: Option<&AuthTable>, findings: &mut Findings) -> Auth {
    let document = &sources.app.document;
    let Some(table) = table else {
        return Auth::Cognito;
    };
    match (&table.cognito, &table.jwt) {
        (Some(_), Some(_)) => {
            let what = "`auth` names both `cognito` and `jwt`; it is one of them";
            findings.error(Code::AuthChoice, document.key(&["env", env, "auth"]), what);
        }
        (None, None)
            if ["cognito", "jwt"].iter().any(|key| document.has(&["env", env, "auth", key])) => {}
        (None, None) => {
            let what = "`auth` names neither `cognito` nor `jwt`";
            let place = document.key(&["env", env, "auth"]);
            findings.push(
                Problem::error(Code::AuthChoice, place, what)
                    .hint("say `auth = { cognito = {} }`, or leave `auth` out, which means that"),
            );
        }
        (Some(_), None) => {}
        (None, Some(jwt)) => {
            let issuer = jwt.issuer.clone().unwrap_or_default();
            if jwt.issuer.is_some() && !is_issuer(&issuer) {
                let place = document.value(&["env", env, "auth", "jwt", "issuer"]);
                let what = format!("`{issuer}` is not an https URL");
                findings.push(
                    Problem::error(Code::BadUrl, place, what)
                        .hint("write the issuer as it stands in the tokens' `iss`: `https://...`"),
                );
            }
            return Auth::Jwt { issuer, audience: jwt.audience.clone().unwrap_or_default() };
        }
    }
    Auth::Cognito
}

/// API Gateway takes https only; an emulator or `scheduler local` may ask a server on this machine.
fn is_issuer(url: &str) -> bool {
    let of_this_machine = |start: &&str| {
        url.strip_prefix(*start)
            .is_some_and(|rest: &str| rest.is_empty() || rest.starts_with([':', '/']))
    };
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    url.starts_with("https://") || loopback.iter().any(of_this_machine)
}

fn overridden(
    sources: &Sources,
    base: &Base,
    env: &str,
    table: &EnvTable,
    findings: &mut Findings,
) -> Vec<Plugin> {
    let known: Vec<&str> = base.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    for name in table.plugins.keys().filter(|name| !known.contains(&name.as_str())) {
        let place = sources.app.document.key(&["env", env, "plugins", name]);
        let problem =
            Problem::error(Code::UnknownPlugin, place, format!("there is no plugin `{name}`"));
        // A plugin with a problem of its own has been told of already.
        let folders: Vec<&str> =
            sources.plugins.iter().filter_map(|source| source.dir.rsplit('/').next()).collect();
        if folders.contains(&name.as_str()) {
            continue;
        }
        findings.push(match did_you_mean(name, &known) {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }
    let mut plugins = base.plugins.clone();
    for plugin in &mut plugins {
        if let Some(changes) = table.plugins.get(plugin.name.as_str()) {
            change(sources, env, plugin, changes, findings);
        }
    }
    plugins
}

fn change(
    sources: &Sources,
    env: &str,
    plugin: &mut Plugin,
    changes: &PluginOverrideTable,
    findings: &mut Findings,
) {
    let document = &sources.app.document;
    let name = plugin.name.to_string();
    let Some(Consumer::Lambda(function)) = &mut plugin.consumer else {
        let place = document.key(&["env", env, "plugins", &name]);
        findings.error(
            Code::PluginHasNoFunction,
            place,
            format!("plugin `{name}` has no function that could be changed"),
        );
        return;
    };
    let keys = ["env", env, "plugins", name.as_str()];
    apply(function, changes, (document, &keys), findings);
}

fn apply(
    function: &mut LambdaConsumer,
    changes: &PluginOverrideTable,
    (document, keys): (&crate::document::Document, &[&str]),
    findings: &mut Findings,
) {
    let PluginOverrideTable { memory_mb, timeout_seconds, environment, state, mail } = changes;
    function.memory_mb = memory_mb.unwrap_or(function.memory_mb);
    function.timeout_seconds = timeout_seconds.unwrap_or(function.timeout_seconds);
    let place = |more: &[&str]| document.value(&[keys, more].concat());
    let variables =
        environment::environment(environment, |key| place(&["environment", key]), findings);
    if !variables.is_empty() {
        function.environment.extend(variables);
        environment::size(&function.environment, place(&["environment"]), findings);
    }
    if let Some(state) = state {
        function.state = Some(consumer::state(state));
    }
    if let Some(mail) = mail {
        let place = place(&["mail", "from"]);
        function.mail = consumer::mail(mail, place, findings).or(function.mail.take());
    }
}

/// Names that are each short enough can be too long together.
fn lengths(sources: &Sources, app: &App, findings: &mut Findings) {
    let prefix = app.prefix();
    if prefix.len() > PREFIX_MAX {
        let what = format!(
            "`{prefix}` has {} characters; service and env together may have {PREFIX_MAX}",
            prefix.len()
        );
        let place = sources.app.document.value(&["service", "name"]);
        findings.push(
            Problem::error(Code::NameTooLong, place, what)
                .hint("function names end at 64 characters"),
        );
        return;
    }
    for plugin in &app.plugins {
        let name = format!("{prefix}-{}", plugin.name);
        if name.len() > FUNCTION_NAME {
            let place = Place::file(&format!("{}/plugin.toml", plugin.dir));
            let what = format!(
                "the function's name `{name}` has {} characters; Lambda takes {FUNCTION_NAME}",
                name.len()
            );
            findings.push(
                Problem::error(Code::NameTooLong, place, what).hint("shorten the folder's name"),
            );
        }
    }
}
