//! Compiled modules, which run on one processor alone.

use super::archive::{Content, Entry, expect_architecture};
use scheduler_plan::names::Architecture;
use std::collections::BTreeMap;

/// A file that does not run on the processor, where nothing of its group does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit<'a> {
    pub(super) group: &'a str,
    pub(super) file: &'a str,
    /// What it is.
    pub(super) found: String,
}

/// The first group of files with the ending in which none is for the processor. Some packages bring
/// a file for each platform, and load the one that fits.
pub(super) fn unfit<'a>(
    entries: &'a [Entry],
    ending: &str,
    group: impl Fn(&'a str) -> &'a str,
    wanted: Architecture,
) -> Option<Unfit<'a>> {
    let mut groups: BTreeMap<&str, Option<Unfit<'_>>> = BTreeMap::new();
    for Entry { name, content } in entries.iter().filter(|entry| entry.name.ends_with(ending)) {
        let (Content::File(bytes) | Content::Executable(bytes)) = content else { continue };
        let group = group(name);
        match expect_architecture(bytes, wanted) {
            Ok(()) => drop(groups.insert(group, None)),
            Err(found) => {
                groups.entry(group).or_insert(Some(Unfit { group, file: name, found }));
            }
        }
    }
    groups.into_values().flatten().next()
}
