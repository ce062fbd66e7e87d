//! What a child is started with: which program, which arguments, which environment.
//!
//! In: a [`Spec`]. Out: a [`Launch`], and what is different from AWS. Python and Node handlers
//! run on the machine's own interpreter, under a small loop that speaks the Lambda Runtime API.

use super::bootstrap;
use super::invocation::InvokeError;
use super::spec::Spec;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::time::Duration;
use tokio::process::Command;

/// The loops, given on the command line: no file has to lie anywhere.
const PYTHON_LOOP: &str = include_str!("shim.py");
const NODE_LOOP: &str = include_str!("shim.mjs");
/// Asks an interpreter for its own path and version.
const ASK_PYTHON: &str =
    "import sys; print(sys.executable); print('.'.join(map(str, sys.version_info[:3])))";
const ASK_NODE: &str = "process.execPath + '\\n' + process.versions.node";
/// How long an interpreter may take to answer.
const ASK: Duration = Duration::from_secs(20);

/// What a child is started with.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    /// What is different from AWS, a sentence.
    pub(super) note: Option<String>,
}

enum Runtime<'a> {
    Provided,
    Python(&'a str),
    Node(&'a str),
    Other,
}

impl<'a> Runtime<'a> {
    fn of(name: &'a str) -> Self {
        if name.starts_with("provided") {
            return Self::Provided;
        }
        let node = name.strip_prefix("nodejs").map(|version| version.trim_end_matches(".x"));
        match (name.strip_prefix("python"), node) {
            (Some(version), _) if version.starts_with('3') => Self::Python(version),
            (_, Some(version)) => Self::Node(version),
            _ => Self::Other,
        }
    }
}

/// Finds the program.
///
/// # Errors
/// [`InvokeError::CannotStart`].
pub(super) async fn find(spec: &Spec) -> Result<Launch, InvokeError> {
    if let Some(error) = without_folder(spec) {
        return Err(error);
    }
    match Runtime::of(&spec.runtime) {
        Runtime::Provided => provided(spec),
        Runtime::Python(version) => python(spec, version).await,
        Runtime::Node(version) => node(spec, version).await,
        Runtime::Other => Err(cannot_start(
            &spec.runtime,
            "this machine stands in for Lambda's `provided`, `python` and `nodejs` runtimes alone",
            "try such a consumer in a deployed env",
        )),
    }
}

/// The folder may be gone at any time: the system says no more than that something is missing.
pub(super) fn without_folder(spec: &Spec) -> Option<InvokeError> {
    let reason = format!("there is no folder `{}`", spec.dir.display());
    let error = || cannot_start(&spec.name, reason, "it is made by a build for this machine");
    (!spec.dir.is_dir()).then(error)
}

fn cannot_start(program: &str, reason: impl Into<String>, hint: &str) -> InvokeError {
    InvokeError::CannotStart {
        program: program.to_owned(),
        reason: reason.into(),
        hint: Some(hint.to_owned()),
    }
}

fn provided(spec: &Spec) -> Result<Launch, InvokeError> {
    let program = spec.dir.join("bootstrap");
    match bootstrap::fault(&program) {
        Some(fault) => Err(cannot_start(
            "bootstrap",
            fault,
            "the zip of a `provided` runtime holds an executable `bootstrap` at its top",
        )),
        None => Ok(Launch { program: program.into(), arguments: Vec::new(), note: None }),
    }
}

async fn python(spec: &Spec, version: &str) -> Result<Launch, InvokeError> {
    // Isolated: nothing of the consumer's own folder is imported in place of the real thing.
    let asked = ask(spec, "python3", &["-I", "-c", ASK_PYTHON]).await;
    let found = asked.map_err(|reason| {
        cannot_start("python3", reason, "install Python 3, and have it on the PATH")
    })?;
    let same = found.version.split('.').take(2).eq(version.split('.'));
    Ok(Launch {
        program: found.program.into(),
        arguments: ["-c", PYTHON_LOOP].map(OsString::from).to_vec(),
        note: (!same).then(|| other_version("Python", &found.version, &spec.runtime)),
    })
}

async fn node(spec: &Spec, version: &str) -> Result<Launch, InvokeError> {
    let asked = ask(spec, "node", &["-p", ASK_NODE]).await;
    let found = asked.map_err(|reason| {
        cannot_start("node", reason, "install Node.js, and have it on the PATH")
    })?;
    let same = found.version.split('.').next() == Some(version);
    // As Lambda does: V8 clears up by what the function has, not by what the machine has.
    let heap = format!("--max-old-space-size={}", u64::from(spec.memory_mb) * 9 / 10);
    Ok(Launch {
        program: found.program.into(),
        arguments: [&heap, "--input-type=module", "-e", NODE_LOOP].map(OsString::from).to_vec(),
        note: (!same).then(|| other_version("Node.js", &found.version, &spec.runtime)),
    })
}

fn other_version(language: &str, found: &str, wanted: &str) -> String {
    format!("this machine runs it on {language} {found}; on AWS it is `{wanted}`")
}

struct Interpreter {
    program: String,
    version: String,
}

/// Starts an interpreter once to hear where it really lies, past every shim, and which one it is.
async fn ask(spec: &Spec, name: &str, arguments: &[&str]) -> Result<Interpreter, String> {
    let mut command = Command::new(name);
    command.args(arguments).env_clear().envs(&spec.environment).kill_on_drop(true);
    command.current_dir(&spec.dir).stdin(std::process::Stdio::null());
    let said = match tokio::time::timeout(ASK, command.output()).await {
        Err(_) => return Err("it does not answer".to_owned()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("there is no `{name}` on the PATH"));
        }
        Ok(Err(error)) => return Err(error.to_string()),
        Ok(Ok(said)) => said,
    };
    let text = String::from_utf8_lossy(&said.stdout);
    let mut lines = text.lines().map(str::to_owned);
    match (lines.next(), lines.next()) {
        (Some(program), Some(version)) if said.status.success() && !program.is_empty() => {
            Ok(Interpreter { program, version })
        }
        _ => {
            let complaint = String::from_utf8_lossy(&said.stderr);
            let complaint = complaint.lines().next_back().unwrap_or("it says nothing");
            Err(format!("it does not tell its version: {complaint}"))
        }
    }
}

/// The environment of a child: Lambda's ("Defined runtime environment variables" in its developer
/// guide), then the consumer's own. No credentials, and none to be found.
pub(super) fn environment(spec: &Spec, api: &str) -> BTreeMap<String, String> {
    let log_group = format!("/aws/lambda/{}", spec.function_name);
    let memory = spec.memory_mb.to_string();
    let dir = spec.dir.display().to_string();
    let mut environment: BTreeMap<String, String> = [
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_DEFAULT_REGION", &spec.region),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &spec.function_name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
        ("AWS_REGION", &spec.region),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("LAMBDA_TASK_ROOT", &dir),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if matches!(Runtime::of(&spec.runtime), Runtime::Provided) {
        // What the zip brings along is meant for what the zip brings along, not for this
        // machine's own interpreters.
        environment.insert("LD_LIBRARY_PATH".to_owned(), format!("{dir}:{dir}/lib"));
    } else {
        let identifier = format!("AWS_Lambda_{}", spec.runtime);
        environment.insert("AWS_EXECUTION_ENV".to_owned(), identifier);
    }
    environment.extend(spec.environment.clone());
    environment.insert("AWS_LAMBDA_RUNTIME_API".to_owned(), api.to_owned());
    environment.insert("_HANDLER".to_owned(), spec.handler.clone());
    environment
}
