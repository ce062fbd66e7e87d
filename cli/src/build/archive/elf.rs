//! What a binary is, from its first bytes.

use scheduler_plan::names::Architecture;

/// Whether it is an ELF file for Linux on the processor; if not, what it is.
pub(in crate::build) fn expect_architecture(
    bytes: &[u8],
    wanted: Architecture,
) -> Result<(), String> {
    match machine(bytes) {
        Some(found) if found == number(wanted) => Ok(()),
        _ => Err(describe(bytes)),
    }
}

fn describe(bytes: &[u8]) -> String {
    match machine(bytes) {
        Some(0x3e) => "an ELF file for x86_64".into(),
        Some(0xb7) => "an ELF file for arm64".into(),
        Some(other) => format!("an ELF file for another processor (machine {other})"),
        None => "no 64-bit ELF file".into(),
    }
}

fn number(architecture: Architecture) -> u16 {
    match architecture {
        Architecture::X86_64 => 0x3e,
        Architecture::Arm64 => 0xb7,
    }
}

// ELF-64, little endian: magic, class 2, data 1; `e_machine` stands at offset 18.
fn machine(bytes: &[u8]) -> Option<u16> {
    bytes.strip_prefix(b"\x7fELF\x02\x01")?;
    Some(u16::from_le_bytes([*bytes.get(18)?, *bytes.get(19)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(machine: u8) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend([machine, 0]);
        bytes
    }

    #[test]
    fn a_processor_is_told_from_another() {
        assert_eq!(expect_architecture(&header(0x3e), Architecture::X86_64), Ok(()));
        assert_eq!(expect_architecture(&header(0xb7), Architecture::Arm64), Ok(()));
        let wrong = expect_architecture(&header(0xb7), Architecture::X86_64);
        assert_eq!(wrong, Err("an ELF file for arm64".into()));
    }

    #[test]
    fn other_files_are_no_binary() {
        for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF\x02\x01"] {
            let wrong = expect_architecture(bytes, Architecture::X86_64);
            assert_eq!(wrong, Err("no 64-bit ELF file".into()));
        }
    }
}
