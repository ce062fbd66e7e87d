//! The digest of one unit.

use super::hash::Hash;
use super::manifests::Manifests;
use super::packages::{Packages, normal};
use super::tree::Tree;
use crate::build::archive::{Content, Entry};
use crate::build::error::BuildError;
use crate::build::folder::Folder;
use crate::build::node::Pinned;
use crate::build::python::Interpreter;
use crate::build::request::{BuildRequest, CoreSource, Target};
use crate::build::sources::{self, Language};
use scheduler_plan::unit::{BuildUnit, UnitKind};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Goes up when the same inputs shall give other zips.
const RECIPE: &str = "1";

/// Digests of units, with what several of them share read once.
pub(in crate::build) struct Inputs<'a> {
    folder: &'a Folder,
    project: &'a Path,
    target: Target,
    core: &'a CoreSource,
    python: &'a Interpreter,
    manifests: Manifests,
    trees: HashMap<Tree, String>,
}

impl<'a> Inputs<'a> {
    pub(in crate::build) fn new(
        request: &'a BuildRequest<'a>,
        folder: &'a Folder,
        python: &'a Interpreter,
    ) -> Self {
        let BuildRequest { target, .. } = *request;
        Self {
            folder,
            project: &folder.project,
            target,
            core: &request.core,
            python,
            manifests: Manifests::default(),
            trees: HashMap::new(),
        }
    }

    /// The digest of everything that the unit is built from.
    pub(in crate::build) fn digest(&mut self, unit: &BuildUnit) -> Result<String, BuildError> {
        let mut hash = Hash::default();
        let version = env!("CARGO_PKG_VERSION");
        for field in [RECIPE, version, self.target.as_str(), unit.architecture.as_str()] {
            hash.field(field);
        }
        // What the zip is held against once it is made.
        for field in [&unit.runtime, &unit.handler] {
            hash.field(field);
        }
        hash.field(if unit.layered { "layered" } else { "whole" });
        match &unit.kind {
            UnitKind::Core { job_types } => self.core(job_types, &mut hash)?,
            UnitKind::Rust { dir, bin } => {
                hash.field("rust");
                hash.field(bin);
                self.package(&self.project.join(dir), self.project, &mut hash)?;
            }
            UnitKind::Python { dir, without, requirements } => {
                hash.field("python");
                self.sources(dir, Language::Python, without, &mut hash)?;
                if let Some(requirements) = requirements {
                    let path = self.project.join(dir).join(requirements);
                    hash.field(fs::read(&path).map_err(|e| BuildError::io("read", &path, e))?);
                    hash.field(self.interpreter()?);
                }
            }
            UnitKind::Node { dir, without, lock, bundle } => {
                hash.field("node");
                self.sources(dir, Language::Node, without, &mut hash)?;
                if let Some(lock) = lock {
                    let pinned = Pinned::read(&self.project.join(dir), lock)?;
                    pinned.files().for_each(|(name, text)| {
                        hash.field(name);
                        hash.field(text);
                    });
                }
                hash.field(format!("{bundle:?}"));
            }
            UnitKind::Command { dir, run, zip, inputs } => {
                for field in ["command", run, zip] {
                    hash.field(field);
                }
                let folder = self.project.join(dir);
                if inputs.is_empty() {
                    hash.field(self.tree(command_tree(&folder, zip))?);
                }
                for input in inputs {
                    hash.field(input);
                    let Tree { without, .. } = command_tree(&folder, zip);
                    hash.field(self.tree(Tree { folder: folder.join(input), without })?);
                }
            }
            UnitKind::Zip { path } => {
                hash.field("zip");
                hash.field(zip_bytes(&self.project.join(path), path)?);
            }
        }
        Ok(hash.finish())
    }

    fn core(&mut self, job_types: &str, hash: &mut Hash) -> Result<(), BuildError> {
        hash.field("core");
        hash.field(job_types);
        match self.core {
            CoreSource::Embedded(bootstrap) => hash.field(bootstrap),
            CoreSource::Checkout(checkout) => {
                let runtime = checkout.join("runtime");
                if !runtime.join("Cargo.toml").is_file() {
                    let manifest = runtime.join("Cargo.toml").display().to_string();
                    return Err(BuildError::CheckoutGone { manifest });
                }
                self.package(&runtime, checkout, hash)?;
            }
        }
        Ok(())
    }

    fn package(&mut self, folder: &Path, top: &Path, hash: &mut Hash) -> Result<(), BuildError> {
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            let shown = manifest.strip_prefix(self.project).unwrap_or(&manifest);
            return Err(BuildError::PackageMissing { manifest: shown.display().to_string() });
        }
        let packages = Packages::find(&mut self.manifests, folder, top);
        for folder in packages.folders {
            hash.field(self.tree(Tree { folder, without: None })?);
        }
        for file in packages.files {
            match fs::read(&file) {
                Ok(content) => hash.field(content),
                Err(error) if error.kind() == io::ErrorKind::NotFound => hash.field("absent"),
                Err(error) => return Err(BuildError::io("read", &file, error)),
            }
        }
        Ok(())
    }

    // For AWS it is the same packages whatever interpreter runs pip.
    fn interpreter(&self) -> Result<&str, BuildError> {
        match self.target {
            Target::Aws => Ok(""),
            Target::Local => self.python.identity(&self.folder.root),
        }
    }

    // What the zip holds of the folder, and nothing else of it.
    fn sources(
        &self,
        dir: &str,
        language: Language,
        without: &[String],
        hash: &mut Hash,
    ) -> Result<(), BuildError> {
        let folder = self.project.join(dir);
        for Entry { name, content } in sources::entries(&folder, language, without)? {
            let (executable, bytes) = match content {
                Content::File(bytes) => (0, bytes),
                Content::Executable(bytes) => (1, bytes),
                Content::Link(_) | Content::Folder => continue,
            };
            hash.field(name);
            hash.field([executable]);
            hash.field(bytes);
        }
        Ok(())
    }

    fn tree(&mut self, tree: Tree) -> Result<String, BuildError> {
        if let Some(known) = self.trees.get(&tree) {
            return Ok(known.clone());
        }
        let digest = tree.digest()?;
        self.trees.insert(tree, digest.clone());
        Ok(digest)
    }
}

/// Whether cargo has a lock file to obey for the package.
pub(in crate::build) fn is_locked(folder: &Path) -> bool {
    Packages::find(&mut Manifests::default(), folder, folder).lock.is_file()
}

// What the script writes is no input: the folder that its zip lies in (the whole hidden one, by
// the convention of `.packaging/result/lambda.zip`), or the zip alone where it lies at the top.
fn command_tree(folder: &Path, zip: &str) -> Tree {
    let zip = normal(Path::new(zip));
    let top = zip.components().next().map(|part| Path::new(part.as_os_str()));
    let hidden = top.filter(|top| top.as_os_str().as_encoded_bytes().starts_with(b"."));
    let parent = zip.parent().filter(|parent| !parent.as_os_str().is_empty());
    let without: PathBuf = folder.join(hidden.or(parent).unwrap_or(&zip));
    Tree { folder: folder.to_path_buf(), without: Some(without) }
}

fn zip_bytes(path: &Path, shown: &str) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => BuildError::ZipMissing { zip: shown.into() },
        _ => BuildError::io("read", path, error),
    })
}
