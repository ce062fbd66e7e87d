//! What a Rust package is built from: its folder, the folders of its path dependencies and of
//! theirs, and the files above them that cargo reads.

use super::manifests::{Manifests, dependencies, inherited, patches, path};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use toml::Value;

/// Files that steer cargo and rustup from a folder above the package.
const STEERING: &[&str] =
    &[".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];

/// What a package is built from. Files need not be there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Packages {
    /// Folders, none inside another.
    pub(super) folders: Vec<PathBuf>,
    /// Single files.
    pub(super) files: BTreeSet<PathBuf>,
    /// The lock file that cargo obeys.
    pub(super) lock: PathBuf,
}

impl Packages {
    /// Follows the manifests from the package's folder on. `top` is where files above it end
    /// to count.
    pub(super) fn find(manifests: &mut Manifests, folder: &Path, top: &Path) -> Self {
        let root = manifests.workspace(folder);
        let mut found = Search { manifests, folders: BTreeSet::new(), files: BTreeSet::new() };
        found.package(folder);
        found.patched(&root);
        let lock = root.join("Cargo.lock");
        found.files.insert(lock.clone());
        let above = folder.ancestors().take_while(|above| above.starts_with(top));
        found.files.extend(above.flat_map(|above| STEERING.iter().map(|name| above.join(name))));
        Self { folders: outermost(found.folders), files: found.files, lock }
    }
}

struct Search<'a> {
    manifests: &'a mut Manifests,
    folders: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
}

impl Search<'_> {
    fn package(&mut self, folder: &Path) {
        if !self.folders.insert(folder.to_path_buf()) {
            return;
        }
        let Some(manifest) = self.manifests.of(folder) else { return };
        let root = self.manifests.workspace(folder);
        self.files.insert(root.join("Cargo.toml"));
        for (name, dependency) in dependencies(&manifest) {
            if let Some(path) = path(dependency) {
                self.package(&normal(&folder.join(path)));
            } else if dependency.get("workspace").and_then(Value::as_bool) == Some(true) {
                self.inherited(&root, name);
            }
        }
    }

    fn inherited(&mut self, root: &Path, name: &str) {
        let Some(workspace) = self.manifests.of(root) else { return };
        if let Some(path) = inherited(&workspace, name).and_then(path) {
            self.package(&normal(&root.join(path)));
        }
    }

    fn patched(&mut self, root: &Path) {
        let Some(workspace) = self.manifests.of(root) else { return };
        for path in patches(&workspace) {
            self.package(&normal(&root.join(path)));
        }
    }
}

fn outermost(folders: BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut kept: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if !kept.iter().any(|above| folder.starts_with(above)) {
            kept.push(folder);
        }
    }
    kept
}

/// The path without `.` and `..`, as cargo reads it: links in it stay.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn found(root: &Path, package: &str) -> (Vec<String>, Packages) {
        let packages = Packages::find(&mut Manifests::default(), &root.join(package), root);
        let relative = |path: &PathBuf| path.strip_prefix(root).unwrap().display().to_string();
        (packages.folders.iter().map(relative).collect(), packages)
    }

    #[test]
    fn path_dependencies_are_followed_through_workspaces() {
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        write(
            root,
            "plugins/mail/Cargo.toml",
            "workspace = {}\n[dependencies]\nsdk = { path = '../../runtime/sdk' }\n\
             [dev-dependencies]\ntest = { path = '../../test' }\n\
             [target.'cfg(unix)'.build-dependencies]\nmake = { path = 'make' }",
        );
        write(
            root,
            "runtime/sdk/Cargo.toml",
            "[dependencies]\ncontract.workspace = true\nserde.workspace = true",
        );
        write(root, "runtime/contract/Cargo.toml", "");
        write(
            root,
            "Cargo.toml",
            "[workspace]\nexclude = ['plugins']\n[workspace.dependencies]\nserde = '1'\n\
             contract = { path = 'runtime/contract' }",
        );
        let (folders, packages) = found(root, "plugins/mail");
        assert_eq!(folders, ["plugins/mail", "runtime/contract", "runtime/sdk"]);
        assert!(packages.files.contains(&root.join("Cargo.toml")));
        assert_eq!(packages.lock, root.join("plugins/mail/Cargo.lock"));
    }

    #[test]
    fn a_member_of_a_workspace_obeys_its_lock() {
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        write(root, "Cargo.toml", "[workspace]\n[patch.crates-io]\nx = { path = 'x' }");
        write(root, "plugins/mail/Cargo.toml", "[package]");
        let (folders, packages) = found(root, "plugins/mail");
        assert_eq!(folders, ["plugins/mail", "x"]);
        assert_eq!(packages.lock, root.join("Cargo.lock"));
    }

    #[test]
    fn a_package_that_a_workspace_excludes_has_its_own_lock() {
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        write(root, "Cargo.toml", "[workspace]\nexclude = ['plugins']");
        write(root, "plugins/mail/Cargo.toml", "[package]");
        assert_eq!(found(root, "plugins/mail").1.lock, root.join("plugins/mail/Cargo.lock"));
    }

    #[test]
    fn packages_that_need_each_other_end() {
        let project = tempfile::tempdir().unwrap();
        let root = project.path();
        write(root, "a/Cargo.toml", "[dependencies]\nb = { path = '../b' }");
        write(root, "b/Cargo.toml", "[dependencies]\na = { path = '../a' }");
        assert_eq!(found(root, "a").0, ["a", "b"]);
    }
}
