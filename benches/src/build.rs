//! What has to be there before anything can be measured: the `scheduler` of this checkout, and a
//! stand-in for the compiler of its core functions.

use scheduler_tests::outcome::{Outcome, ensure, fail};
use scheduler_tests::places;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which `scheduler` is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// This checkout's, as people use it.
    Release,
    /// This checkout's, as the tests build it.
    Debug,
    /// One that is there already.
    Binary(PathBuf),
}

const SCHEDULER: &str = "scheduler";
const CORE: &str = "core-figures";

/// With the features that `cargo test --workspace` has, which a test among what is built brings in:
/// nothing is built twice.
const AS_TESTS: &[&str] = &["build", "--workspace", "--test", "layering"];

/// Answers where the binary is: a copy in `folder`, which no later build replaces.
///
/// # Errors
/// What the compiler said.
pub(crate) fn scheduler(subject: &Subject, folder: &Path) -> Outcome<PathBuf> {
    let found = match subject {
        Subject::Binary(path) => path.clone(),
        Subject::Release => {
            built("release", SCHEDULER, &["build", "--release", "--package", "scheduler"])?
        }
        Subject::Debug => built("debug", SCHEDULER, AS_TESTS)?,
    };
    let copy = folder.join(SCHEDULER);
    fs::copy(found, &copy)?;
    Ok(copy)
}

/// Answers where the program is that runs the core functions over memory.
///
/// # Errors
/// What the compiler said.
pub(crate) fn core_figures(subject: &Subject, folder: &Path) -> Outcome<PathBuf> {
    let found = match subject {
        Subject::Debug => built("debug", CORE, AS_TESTS)?,
        Subject::Release | Subject::Binary(_) => {
            built("release", CORE, &["build", "--release", "--package", "scheduler-benches-core"])?
        }
    };
    let copy = folder.join(CORE);
    fs::copy(found, &copy)?;
    Ok(copy)
}

fn built(profile: &str, program: &str, arguments: &[&str]) -> Outcome<PathBuf> {
    let mut cargo = Command::new(places::cargo());
    places::forget_cargo(&mut cargo);
    let done = cargo
        .current_dir(places::repository())
        .args(arguments)
        .args(["--quiet", "--bin", program])
        .output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure(done.status.success(), || format!("`{program}` does not build:\n{said}"))?;
    // This program lies in the same target folder, in `debug` or `debug/deps`.
    let own = env::current_exe()?;
    let mut found = own.ancestors().map(|folder| folder.join(profile).join(program));
    let found = found.find(|path| path.is_file());
    found.map_or_else(|| fail(format!("`{program}` was built, but not beside this program")), Ok)
}

/// What the core weighs when it is really compiled.
const CORE_BYTES: usize = 4_000_000;
/// The first bytes of an ELF file for `x86_64`, which is what the measured projects are for.
const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";

/// Answers `cargo lambda build` with a file of the core's size, at once: what is measured is
/// `scheduler`, not a compiler.
const CARGO: &str = include_str!("cargo.sh");

/// Puts the stand-in into a folder, and answers a PATH on which it comes first.
///
/// # Errors
/// A file that cannot be written; a folder whose name holds a colon.
pub(crate) fn stand_in(folder: &Path) -> Outcome<OsString> {
    let cargo = folder.join("cargo");
    fs::write(&cargo, CARGO)?;
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))?;
    fs::write(folder.join("core"), core())?;
    let rest = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths([folder.to_path_buf()].into_iter().chain(env::split_paths(&rest)))?)
}

/// Half of it repeats itself, as in a real binary; the rest cannot be packed.
fn core() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = ELF.to_vec();
    while bytes.len() < CORE_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
        bytes.extend([0; 8]);
    }
    bytes
}
