//! Native addons, which run on one processor alone.

use crate::build::archive::Entry;
use crate::build::error::NodeError;
use crate::build::natives;
use scheduler_plan::names::Architecture;

const MODULES: &str = "node_modules/";

/// Whether every package with addons has one for the processor.
pub(super) fn check(entries: &[Entry], wanted: Architecture) -> Result<(), NodeError> {
    match natives::unfit(entries, ".node", package_of, wanted) {
        None => Ok(()),
        Some(unfit) => Err(NodeError::OtherAddon {
            package: unfit.group.to_owned(),
            file: unfit.file.to_owned(),
            found: unfit.found,
            wanted: wanted.as_str(),
        }),
    }
}

/// The name of the package that a file of the folder belongs to; the folder's own have the empty
/// one.
pub(super) fn package_of(path: &str) -> &str {
    let Some(at) = path.rfind(MODULES) else { return "" };
    let name = &path[at + MODULES.len()..];
    let parts = if name.starts_with('@') { 2 } else { 1 };
    let end = name.match_indices('/').nth(parts - 1).map_or(name.len(), |(end, _)| end);
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::archive::Content;

    fn addon(name: &str, machine: u8) -> Entry {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend([machine, 0]);
        Entry { name: name.into(), content: Content::File(bytes) }
    }

    #[test]
    fn files_belong_to_packages() {
        assert_eq!(package_of("node_modules/a/build/x.node"), "a");
        assert_eq!(package_of("node_modules/@a/b/x.node"), "@a/b");
        assert_eq!(package_of("node_modules/a/node_modules/b/x.node"), "b");
        assert_eq!(package_of("node_modules/@a/b"), "@a/b");
        assert_eq!(package_of("lib/x.node"), "");
    }

    #[test]
    fn one_addon_that_fits_is_enough_for_a_package() {
        let both = [
            addon("node_modules/a/arm64.node", 0xb7),
            addon("node_modules/a/x64.node", 0x3e),
            addon("node_modules/a/zzz.node", 0xb7),
        ];
        assert!(check(&both, Architecture::X86_64).is_ok());
        assert!(check(&both[..1], Architecture::Arm64).is_ok());
    }

    #[test]
    fn a_package_with_none_that_fits_is_named() {
        let entries = [
            addon("node_modules/a/x.node", 0x3e),
            addon("node_modules/@b/c/x.node", 0xb7),
            Entry { name: "handler.mjs".into(), content: Content::File(Vec::new()) },
        ];
        let error = check(&entries, Architecture::X86_64).unwrap_err().to_string();
        assert!(error.contains("`@b/c`"), "{error}");
        assert!(error.contains("`node_modules/@b/c/x.node` is an ELF file for arm64"), "{error}");
    }

    #[test]
    fn an_addon_of_another_system_is_none() {
        let content = Content::File(b"\xcf\xfa\xed\xfe".to_vec());
        let entries = [Entry { name: "x.node".into(), content }];
        assert!(check(&entries, Architecture::Arm64).is_err());
    }
}
