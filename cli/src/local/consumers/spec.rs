//! From a plugin of the app to what its children are started with.

use scheduler_contract::env;
use scheduler_plan::app::{App, Consumer, EnvValue, LambdaConsumer, Plugin};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a child keeps of the caller's environment. Nothing else: what a consumer needs stands in
/// its `plugin.toml`, here as on AWS, and a developer's credentials are none of its business.
const INHERITED: &[&str] = &["HOME", "LANG", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR"];
/// The variable that tells a consumer that whoever wrote its job owns this machine: there is one
/// development user, and no token is asked for. An address on loopback is then nothing to hide.
const LOCAL: &str = "SCHEDULER_LOCAL";
/// Lambda's own.
const INIT: Duration = Duration::from_secs(10);
/// About as long as Lambda keeps an idle environment.
const KEEP_WARM: Duration = Duration::from_secs(10 * 60);
/// Children of one consumer at once, at most.
const CONCURRENCY: usize = 10;

/// What the children of one consumer are started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The plugin's name.
    pub name: String,
    /// Lambda's runtime identifier, such as `python3.12`.
    pub runtime: String,
    /// Lambda's handler.
    pub handler: String,
    /// The unpacked build unit: absolute.
    pub dir: PathBuf,
    /// A child that takes more is killed.
    pub memory_mb: u32,
    /// What a child has to load its code in, if a run does not have more. Lambda would load code
    /// that takes longer once more, in the time of the first run; here it just goes on.
    pub init: Duration,
    /// A run that takes longer is killed.
    pub timeout: Duration,
    /// A child that has had nothing to do for longer ends.
    pub keep_warm: Duration,
    /// Children at once, at least one.
    pub concurrency: usize,
    /// The function's own variables and what it keeps of the caller's environment.
    pub environment: BTreeMap<String, String>,
    /// As the consumer sees itself.
    pub function_name: String,
    /// As the consumer sees it.
    pub region: String,
    /// What is different from AWS, a sentence each.
    pub notes: Vec<String>,
}

impl Spec {
    /// Tells the consumer that whoever wrote its job owns this machine.
    pub fn allow_loopback(&mut self) {
        self.environment.insert(LOCAL.to_owned(), "1".to_owned());
    }
}

/// Where things lie on this machine; absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    /// The project's folder.
    pub project: PathBuf,
    /// Where state and mails are kept.
    pub data: PathBuf,
}

impl Dirs {
    /// Where a plugin keeps its state.
    #[must_use]
    pub fn state(&self, plugin: &str) -> PathBuf {
        self.data.join("state").join(plugin)
    }

    /// Where mails go.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.data.join("outbox")
    }

    /// Where a plugin's build unit lies unpacked.
    #[must_use]
    pub fn unpacked(&self, plugin: &str) -> PathBuf {
        self.project.join(".scheduler/build/local").join(plugin)
    }
}

/// The spec of a plugin's function; `None` where it has none. `caller` is the caller's
/// environment: values that only AWS knows are taken from the variable of the same name there.
#[must_use]
pub fn spec(
    app: &App,
    plugin: &Plugin,
    dirs: &Dirs,
    caller: &BTreeMap<String, String>,
) -> Option<Spec> {
    let Some(Consumer::Lambda(lambda)) = &plugin.consumer else { return None };
    let name = plugin.name.to_string();
    let mut notes = Vec::new();
    let kept = INHERITED.iter().filter_map(|name| caller.get_key_value(*name));
    let mut environment: BTreeMap<_, _> =
        kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    environment.extend(declared(lambda, caller, &mut notes));
    environment.extend(ours(lambda, &name, dirs));
    if !lambda.layers.is_empty() {
        notes.push("its layers are not there: only AWS has them".to_owned());
    }
    Some(Spec {
        runtime: lambda.runtime.clone(),
        handler: lambda.handler.clone(),
        dir: dirs.unpacked(&name),
        memory_mb: lambda.memory_mb,
        init: INIT,
        timeout: Duration::from_secs(u64::from(lambda.timeout_seconds)),
        keep_warm: KEEP_WARM,
        concurrency: concurrency(lambda),
        environment,
        function_name: format!("{}-local-{name}", app.service),
        region: app.region.to_string(),
        notes,
        name,
    })
}

/// A machine has less to give than an account.
fn concurrency(lambda: &LambdaConsumer) -> usize {
    let wanted = lambda.concurrency.and_then(|number| usize::try_from(number).ok());
    wanted.map_or(CONCURRENCY, |wanted| wanted.min(CONCURRENCY))
}

fn declared(
    lambda: &LambdaConsumer,
    caller: &BTreeMap<String, String>,
    notes: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let mut declared = BTreeMap::new();
    for (name, value) in &lambda.environment {
        let only_on_aws = match value {
            EnvValue::Text(text) => {
                declared.insert(name.clone(), text.clone());
                continue;
            }
            EnvValue::Ref(id) => format!("the resource `{id}`"),
            EnvValue::Att(path) => format!("the resource's attribute `{path}`"),
            EnvValue::Ssm(path) => format!("the parameter `{path}`"),
        };
        match caller.get(name) {
            Some(value) => {
                declared.insert(name.clone(), value.clone());
            }
            None => notes.push(format!(
                "`{name}` is left out: only AWS knows {only_on_aws}; to give it a value here, set \
                 the variable `{name}`"
            )),
        }
    }
    declared
}

fn ours(lambda: &LambdaConsumer, name: &str, dirs: &Dirs) -> Vec<(String, String)> {
    let state = lambda.state.iter().map(|_| (env::STATE_URL, file_url(&dirs.state(name))));
    let mail = lambda.mail.iter().flat_map(|mail| {
        [(env::MAIL_URL, file_url(&dirs.outbox())), (env::SOURCE_EMAIL, mail.from.clone())]
    });
    state.chain(mail).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `file:///...`, with everything escaped that a URL's path cannot hold.
fn file_url(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let escaped = |byte: &u8| match plain(*byte) {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    let path: String = path.as_os_str().as_encoded_bytes().iter().map(escaped).collect();
    format!("file://{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_blanks_and_umlauts_becomes_a_url() {
        let path = Path::new("/a b/ü%/x-y_z.~1");
        assert_eq!(file_url(path), "file:///a%20b/%C3%BC%25/x-y_z.~1");
    }
}
