//! The digest of one unit.

use super::compiler::Compilers;
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
    compilers: Compilers,
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
            compilers: Compilers::default(),
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
        let mut without = None;
        hash.field(if unit.layered { "layered" } else { "whole" });
        match &unit.kind {
            UnitKind::Core { job_types } => self.core(job_types, &mut hash)?,
            UnitKind::Rust { dir, bin } => {
                hash.field("rust");
                hash.field(bin);
                let folder = self.project.join(dir);
                hash.field(self.compilers.of(&folder, self.project));
                self.package(&folder, self.project, &mut hash)?;
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
            UnitKind::Command { dir, run, zip } => {
                let folder = self.project.join(dir);
                without = Some(written(&folder, zip));
                self.script(&folder, run, zip, &mut hash)?;
                if unit.inputs.is_empty() {
                    hash.field(self.tree(Tree { folder, without: without.clone() })?);
                }
            }
            UnitKind::Zip { path } => {
                hash.field("zip");
                hash.field(zip_bytes(&self.project.join(path), path)?);
            }
        }
        if !unit.inputs.is_empty() {
            hash.field(self.named(&unit.inputs, without.as_deref())?);
        }
        Ok(hash.finish())
    }

    /// The digest of the files and folders of the paths, relative to the project, without some path in
    /// them.
    pub(in crate::build) fn named(
        &mut self,
        paths: &[String],
        without: Option<&Path>,
    ) -> Result<String, BuildError> {
        let mut hash = Hash::default();
        for path in paths {
            hash.field(path);
            let folder = normal(&self.project.join(path));
            hash.field(self.tree(Tree { folder, without: without.map(Path::to_path_buf) })?);
        }
        Ok(hash.finish())
    }

    fn script(
        &mut self,
        folder: &Path,
        run: &str,
        zip: &str,
        hash: &mut Hash,
    ) -> Result<(), BuildError> {
        for field in ["command", run, zip] {
            hash.field(field);
        }
        let script = folder.join(run);
        if script.is_file() {
            hash.field(self.tree(Tree { folder: script, without: None })?);
        }
        Ok(())
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
                // A program of a checkout is made by the checkout's compiler, which need not be asked
                // again at every command.
                hash.field(env!("SCHEDULER_RUSTC"));
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

// What the script writes is no input: its zip, or all of the hidden folder at the top that the zip
// lies in, by the convention of `.packaging/result/lambda.zip`. A folder with a plain name may hold
// sources beside the zip.
fn written(folder: &Path, zip: &str) -> PathBuf {
    let zip = normal(Path::new(zip));
    let top = zip.components().next().map(|part| Path::new(part.as_os_str()));
    let hidden = top.filter(|top| top.as_os_str().as_encoded_bytes().starts_with(b"."));
    folder.join(hidden.unwrap_or(&zip))
}

fn zip_bytes(path: &Path, shown: &str) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => BuildError::ZipMissing { zip: shown.into() },
        _ => BuildError::io("read", path, error),
    })
}
