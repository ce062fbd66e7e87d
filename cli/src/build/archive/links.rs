//! Whether the entries of a zip stay in its folder, and whether they can all be written.

use super::entry::Content;
use crate::build::error::BuildError;
use std::collections::BTreeMap;

/// Looks at the entries, by name. `zip` is the file for people.
pub(super) fn check(entries: &BTreeMap<String, Content>, zip: &str) -> Result<(), BuildError> {
    for (name, content) in entries {
        let above = name.match_indices('/').map(|(at, _)| &name[..at]);
        let no_folder =
            |above: &&str| entries.get(*above).is_some_and(|content| *content != Content::Folder);
        if let Some(above) = above.into_iter().find(no_folder) {
            let (zip, entry, above) = (zip.to_owned(), name.clone(), above.to_owned());
            return Err(BuildError::EntryBelow { zip, entry, above });
        }
        if let Content::Link(target) = content
            && !stays(name, target)
        {
            let (zip, entry, target) = (zip.to_owned(), name.clone(), target.clone());
            return Err(BuildError::LinkOutside { zip, entry, target });
        }
    }
    Ok(())
}

/// Whether the link leads to a place in the zip's folder. It may go up first, and only first: what
/// `..` means behind another link only that link tells.
fn stays(name: &str, target: &str) -> bool {
    let parts: Vec<_> = target.split('/').filter(|part| !["", "."].contains(part)).collect();
    let up = parts.iter().take_while(|part| **part == "..").count();
    let inside = up <= name.matches('/').count() && !parts[up..].contains(&"..");
    inside && !target.is_empty() && !target.starts_with('/') && !target.contains(['\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_goes_up_as_far_as_the_top() {
        for (name, target) in
            [("a", "b"), ("a", "./b/c"), ("a/b", "../c"), ("a/b/c", "../../d/e"), ("a/b", "..")]
        {
            assert!(stays(name, target), "{name} {target}");
        }
        for (name, target) in [
            ("a", ".."),
            ("a", "../b"),
            ("a", "/etc"),
            ("a/b", "../../c"),
            ("a", "b/../../c"),
            ("a", "b/.."),
            ("a", ""),
            ("a", "c:\\windows"),
        ] {
            assert!(!stays(name, target), "{name} {target}");
        }
    }
}
