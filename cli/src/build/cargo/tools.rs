//! Whether the tools that a Rust build needs are there. They are asked once a run, and never
//! allowed to fetch anything.

use crate::build::error::MissingTool;
use crate::build::request::Target;
use serde_json::Value;
use std::cell::OnceCell;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What is known of the tools.
#[derive(Debug, Default)]
pub(in crate::build) struct Tools(OnceCell<Result<(), MissingTool>>);

impl Tools {
    /// Asks the tools, the first time. `folder` is one without a `Cargo.toml`.
    pub(in crate::build) fn check(&self, target: Target, folder: &Path) -> Result<(), MissingTool> {
        *self.0.get_or_init(|| match target {
            Target::Aws => judge_cargo_lambda(
                ask(folder, &["lambda", "system", "--output-format", "json"]).as_ref(),
            ),
            Target::Local => judge_cargo(ask(folder, &["--version"]).as_ref()),
        })
    }
}

/// Whether everything is there that compiles for AWS. `folder` is one without a `Cargo.toml`.
///
/// # Errors
/// What is missing.
pub fn lambda_tools(folder: &Path) -> Result<(), MissingTool> {
    Tools::default().check(Target::Aws, folder)
}

fn ask(folder: &Path, arguments: &[&str]) -> io::Result<Output> {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(folder).stdin(Stdio::null()).env("RUSTUP_AUTO_INSTALL", "0");
    cargo.output()
}

fn judge_cargo(answer: Result<&Output, &io::Error>) -> Result<(), MissingTool> {
    match answer {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(MissingTool::Cargo),
        _ => Ok(()),
    }
}

// With no Zig, a build would run `pip3 install ziglang` by itself. What is not understood here
// is left to the build to complain about.
fn judge_cargo_lambda(answer: Result<&Output, &io::Error>) -> Result<(), MissingTool> {
    judge_cargo(answer)?;
    let Ok(output) = answer else { return Ok(()) };
    if !output.status.success() {
        let unknown = String::from_utf8_lossy(&output.stderr).contains("no such command");
        return if unknown { Err(MissingTool::CargoLambda) } else { Ok(()) };
    }
    let Ok(told) = serde_json::from_slice::<Value>(&output.stdout) else { return Ok(()) };
    let zig = told.get("zig").filter(|zig| zig.get("version").is_none());
    zig.map_or(Ok(()), |_| Err(MissingTool::Zig))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn judge(code: i32, stdout: &str, stderr: &str) -> Result<(), MissingTool> {
        judge_cargo_lambda(Ok(&Output {
            status: ExitStatus::from_raw(code << 8),
            stdout: stdout.into(),
            stderr: stderr.into(),
        }))
    }

    #[test]
    fn what_is_missing_is_named() {
        let none = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(judge_cargo_lambda(Err(&none)), Err(MissingTool::Cargo));
        let unknown = judge(101, "", "error: no such command: `lambda`\n");
        assert_eq!(unknown, Err(MissingTool::CargoLambda));
        let bare = r#"{"zig": {"install_options": ["pip3 install ziglang"]}}"#;
        assert_eq!(judge(0, bare, ""), Err(MissingTool::Zig));
    }

    #[test]
    fn what_is_there_is_used() {
        assert_eq!(judge(0, r#"{"zig": {"command": "zig", "version": "0.17.1"}}"#, ""), Ok(()));
        assert_eq!(judge(1, "", "error: unexpected argument"), Ok(()));
    }
}
