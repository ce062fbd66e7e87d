//! Which folders are plugins: `plugins/*` and the like, a `*` standing for any part of a name.

use scheduler_plan::problem::{Place, Problem};
use scheduler_plan::sources::{MANIFEST, PLUGIN_MANIFEST};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The plugin folders that the patterns name, sorted, each once; relative to the project.
pub(super) fn plugin_folders(
    project: &Path,
    patterns: &[(String, Option<Place>)],
) -> (Vec<String>, Vec<Problem>) {
    let mut plugins = BTreeSet::new();
    let mut problems = Vec::new();
    for (pattern, place) in patterns {
        let folders = expand(project, pattern);
        let found: Vec<_> = folders
            .iter()
            .filter(|dir| project.join(dir).join(PLUGIN_MANIFEST).symlink_metadata().is_ok())
            .cloned()
            .collect();
        if found.is_empty() {
            problems.extend(nothing(pattern, place.as_ref(), &folders));
        } else {
            problems.extend(without_manifest(place.as_ref(), &folders, &found));
        }
        plugins.extend(found);
    }
    (plugins.into_iter().collect(), problems)
}

/// A pattern that matches nothing. Where nobody wrote it, a project without plugins is fine.
fn nothing(pattern: &str, place: Option<&Place>, folders: &[String]) -> Option<Problem> {
    if place.is_none() && folders.is_empty() {
        return None;
    }
    let place = place.cloned().unwrap_or_else(|| Place::file(MANIFEST));
    let what = match folders {
        [] => format!("the plugin pattern `{pattern}` matches no folder"),
        [only] => format!("`{only}` has no `{PLUGIN_MANIFEST}`, so it is no plugin"),
        _ => format!("no folder that `{pattern}` matches has a `{PLUGIN_MANIFEST}`"),
    };
    Some(Problem::error(place, what).hint(format!(
        "the pattern is relative to the folder of `{MANIFEST}`; a plugin is a folder with a `{PLUGIN_MANIFEST}`"
    )))
}

fn without_manifest(place: Option<&Place>, folders: &[String], found: &[String]) -> Vec<Problem> {
    let place = place.cloned().unwrap_or_else(|| Place::file(MANIFEST));
    let others = folders.iter().filter(|dir| !found.contains(dir));
    others
        .map(|dir| {
            let what = format!("`{dir}` has no `{PLUGIN_MANIFEST}`, so it is no plugin");
            Problem::warning(place.clone(), what)
        })
        .collect()
}

/// The folders that a pattern matches. Hidden ones match only a name that is written out.
fn expand(project: &Path, pattern: &str) -> Vec<String> {
    let pattern = pattern.trim_end_matches('/');
    let (root, rest) = match pattern.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", pattern),
    };
    let mut matched = vec![root.to_owned()];
    for part in rest.split('/').filter(|part| !part.is_empty() && *part != ".") {
        matched = matched.iter().flat_map(|dir| children(project, dir, part)).collect();
    }
    matched.retain(|dir| !dir.is_empty());
    matched
}

fn children(project: &Path, dir: &str, part: &str) -> Vec<String> {
    let join = |name: &str| match dir {
        "" | "/" => format!("{dir}{name}"),
        _ => format!("{dir}/{name}"),
    };
    if !part.contains('*') {
        let path = join(part);
        return if project.join(&path).is_dir() { vec![path] } else { Vec::new() };
    }
    let Ok(entries) = fs::read_dir(project.join(dir)) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && matches(part, name))
        .filter(|name| project.join(join(name)).is_dir())
        .collect();
    names.sort();
    names.iter().map(|name| join(name)).collect()
}

/// Whether a name fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_part_of_a_name() {
        for (pattern, name, fits) in [
            ("*", "mail", true),
            ("html-*", "html-checker", true),
            ("html-*", "mail", false),
            ("*-checker", "html-checker", true),
            ("*a*a", "a", false),
            ("*a*a", "xaya", true),
            ("plain", "plain", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} on {name}");
        }
    }
}
