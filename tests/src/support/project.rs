//! A project in a temporary folder.

use crate::outcome::Outcome;
use crate::places;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The region of every test project.
pub const REGION: &str = "eu-central-1";
/// The service's name, and so the beginning of every name in the account.
pub const SERVICE: &str = "flow";
/// The env.
pub const ENV: &str = "dev";
/// The sender of html-checker's mails.
pub const SENDER: &str = "monitor@example.com";

/// A project that goes when it is dropped.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
}

/// A small plugin that sends each of its ticks to the address that the job names.
#[derive(Debug, Clone, Copy)]
pub struct Recorder {
    /// The plugin's folder, and so its name.
    pub name: &'static str,
    /// Its job type.
    pub job_type: &'static str,
    /// `queue` or `none`.
    pub buffer: &'static str,
}

impl Project {
    /// A project whose plugins are this repository's own, named by their path, and the folders
    /// under `plugins`.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new(own_plugins: &[&str]) -> Outcome<Self> {
        let project = Self { folder: tempfile::tempdir()? };
        fs::create_dir(project.path().join("plugins"))?;
        if !own_plugins.is_empty() {
            project.share_target()?;
        }
        fs::write(project.path().join("scheduler.toml"), manifest(own_plugins))?;
        Ok(project)
    }

    /// This repository's own project, as whoever clones it has it, with a data folder of its own.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn of_this_repository() -> Outcome<Self> {
        let project = Self { folder: tempfile::tempdir()? };
        project.share_target()?;
        let text = fs::read_to_string(places::repository().join("scheduler.toml"))?;
        let plugins = places::repository().join("plugins/*");
        let text = text.replace("\"plugins/*\"", &format!("{:?}", plugins.display().to_string()));
        fs::write(project.path().join("scheduler.toml"), text)?;
        Ok(project)
    }

    /// A project without any plugin, with this text in its `scheduler.toml`.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn of(text: &str) -> Outcome<Self> {
        let project = Self { folder: tempfile::tempdir()? };
        let service = format!("[service]\nname = \"{SERVICE}\"\nregion = \"{REGION}\"\n");
        fs::write(
            project.path().join("scheduler.toml"),
            format!("{service}\n[env.{ENV}]\n{text}"),
        )?;
        Ok(project)
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a plugin folder.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn add(&self, recorder: Recorder) -> Outcome {
        let folder = self.path().join("plugins").join(recorder.name);
        let fixture = places::repository().join("tests/fixtures/recorder");
        places::copy_folder(&fixture, &folder)?;
        fs::write(folder.join("plugin.toml"), recorder.manifest())?;
        Ok(())
    }

    /// Adds a text to the end of `scheduler.toml`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn append(&self, text: &str) -> Outcome {
        let path = self.path().join("scheduler.toml");
        let before = fs::read_to_string(&path)?;
        fs::write(path, before + text)?;
        Ok(())
    }

    /// What was compiled for one project serves the next: it is the same code.
    ///
    /// # Errors
    /// A link that cannot be made.
    pub fn share_target(&self) -> Outcome {
        let shared = places::plugin_target();
        fs::create_dir_all(&shared)?;
        let own = self.path().join(".scheduler");
        fs::create_dir(&own)?;
        std::os::unix::fs::symlink(shared, own.join("target"))?;
        Ok(())
    }
}

impl Recorder {
    fn manifest(&self) -> String {
        let Self { job_type, buffer, .. } = self;
        format!(
            r#"[job_types.{job_type}]
schema = {{ properties = {{ url = {{ type = "string" }} }}, required = ["url"] }}

[build]
kind = "command"
run = "bin/package_lambda_entrypoint"
zip = ".packaging/result/lambda.zip"

[consumer]
buffer = "{buffer}"
"#
        )
    }
}

fn manifest(own_plugins: &[&str]) -> String {
    let folder = places::repository().join("plugins");
    let own = own_plugins.iter().map(|name| folder.join(name));
    let mut patterns: Vec<_> =
        own.map(|path| format!("{:?}", path.display().to_string())).collect();
    if patterns.is_empty() {
        patterns.push("\"plugins/*\"".into());
    }
    let settings: String = own_plugins.iter().map(|name| settings(name)).collect();
    format!(
        r#"[service]
name = "{SERVICE}"
region = "{REGION}"
plugins = [{}]
architecture = "{}"

[env.{ENV}]
{settings}"#,
        patterns.join(", "),
        architecture(),
    )
}

/// Deployed, a consumer reaches a page of this machine only where the env says so.
fn settings(plugin: &str) -> String {
    format!(
        r#"
[env.{ENV}.plugins.{plugin}]
mail.from = "{SENDER}"
environment.ALLOW_LOOPBACK = "true"
"#
    )
}

/// The emulator runs functions on this machine.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "x86_64",
    }
}
