//! The compiler of a package: another version makes other bytes of the same sources.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What rustup reads to choose a toolchain for a folder.
const CHOICES: &[&str] = &["rust-toolchain.toml", "rust-toolchain"];

/// What compilers said of themselves, each asked once a run.
#[derive(Debug, Default)]
pub(super) struct Compilers(HashMap<PathBuf, String>);

impl Compilers {
    /// Version, commit and host of the compiler that builds the package in the folder. `top` is
    /// where nothing above chooses another one. Empty where there is none: the build says so.
    pub(super) fn of(&mut self, folder: &Path, top: &Path) -> &str {
        let chooses = |above: &&Path| CHOICES.iter().any(|name| above.join(name).is_file());
        let mut above = folder.ancestors().take_while(|above| above.starts_with(top));
        let place = above.find(chooses).unwrap_or(top).to_path_buf();
        self.0.entry(place).or_insert_with_key(|place| ask(place))
    }
}

fn ask(folder: &Path) -> String {
    let mut rustc = Command::new("rustc");
    rustc.arg("-vV").current_dir(folder).stdin(Stdio::null()).env("RUSTUP_AUTO_INSTALL", "0");
    let told = rustc.output().ok().filter(|output| output.status.success());
    told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_compiler_is_asked_once_for_all_packages_that_it_builds() {
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        for folder in ["plugins/a", "plugins/b/src"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let mut compilers = Compilers::default();
        let one = compilers.of(&root.join("plugins/a"), root).to_owned();
        assert!(one.starts_with("rustc 1.") && one.contains("commit-hash"), "{one}");
        compilers.0.insert(root.to_path_buf(), "kept".into());
        assert_eq!(compilers.of(&root.join("plugins/b/src"), root), "kept");
        fs::write(root.join("plugins/b/rust-toolchain"), "no such toolchain").unwrap();
        assert_ne!(compilers.of(&root.join("plugins/b/src"), root), "kept");
    }
}
