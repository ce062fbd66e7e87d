//! Whether a `bootstrap` is a program that this machine, and Lambda, can run.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What is wrong with the file on every machine. A text without `#!` would run here, as a shell's
/// script, and nowhere else.
pub(super) fn fault(program: &Path) -> Option<String> {
    if !program.is_file() {
        return Some(format!("`{}` is no file", program.display()));
    }
    // A file that cannot be read may run nevertheless.
    let head = head(program)?;
    let known =
        !cfg!(target_os = "linux") || head.starts_with(b"#!") || head.starts_with(b"\x7fELF");
    (!known).then(|| "it is neither an ELF file nor a script that begins with `#!`".to_owned())
}

/// The other processor that the file is for. A machine that emulates it runs the file all the
/// same: this is asked once it did not.
pub(super) fn foreign(program: &Path) -> Option<String> {
    let head = head(program)?;
    head.strip_prefix(b"\x7fELF")?;
    // `e_machine`, little endian.
    let machine = match u16::from_le_bytes([*head.get(18)?, *head.get(19)?]) {
        0x3e => "x86_64",
        0xb7 => "aarch64",
        _ => "another processor",
    };
    let ours = std::env::consts::ARCH;
    (machine != ours).then(|| format!("it is built for {machine}, and this machine is {ours}"))
}

fn head(program: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    File::open(program).ok()?.take(20).read_to_end(&mut head).ok()?;
    Some(head)
}
