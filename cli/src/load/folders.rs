//! Which folders are plugins: `plugins/*` and the like, a `*` standing for any part of a name.

use scheduler_plan::code::Code;
use scheduler_plan::problem::{Place, Problem};
use scheduler_plan::resolve::READABLE;
use scheduler_plan::sources::{MANIFEST, PLUGIN_MANIFEST};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The plugin folders that the patterns name, sorted, each once; relative to the project.
pub(super) fn plugin_folders(
    project: &Path,
    patterns: &[(String, Option<Place>)],
) -> (Vec<String>, Vec<Problem>) {
    let mut plugins = BTreeSet::new();
    let mut search = Search { project, problems: Vec::new() };
    for (pattern, place) in patterns {
        let told = search.problems.len();
        let folders = search.expand(pattern);
        let found: Vec<_> = folders.iter().filter(|dir| search.is_plugin(dir)).cloned().collect();
        // What could not be read may have held anything.
        if search.problems.len() == told {
            search.problems.extend(match found.is_empty() {
                true => nothing(pattern, place.as_ref(), &folders).into_iter().collect(),
                false => without_manifest(place.as_ref(), &folders, &found),
            });
        }
        plugins.extend(found);
    }
    (plugins.into_iter().collect(), search.problems)
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
    Some(Problem::error(Code::NoPluginFound, place, what).hint(format!(
        "the pattern is relative to the folder of `{MANIFEST}`; a plugin is a folder with a `{PLUGIN_MANIFEST}`"
    )))
}

fn without_manifest(place: Option<&Place>, folders: &[String], found: &[String]) -> Vec<Problem> {
    let place = place.cloned().unwrap_or_else(|| Place::file(MANIFEST));
    let others = folders.iter().filter(|dir| !found.contains(dir));
    others
        .map(|dir| {
            let what = format!("`{dir}` has no `{PLUGIN_MANIFEST}`, so it is no plugin");
            Problem::warning(Code::NotAPlugin, place.clone(), what)
        })
        .collect()
}

/// A walk along the patterns. Only what is not there counts as absent: a folder that cannot be
/// read would silently take its plugins out of the next deploy.
struct Search<'a> {
    project: &'a Path,
    problems: Vec<Problem>,
}

impl Search<'_> {
    /// The folders that a pattern matches. Hidden ones match only a name that is written out.
    fn expand(&mut self, pattern: &str) -> Vec<String> {
        let pattern = pattern.trim_end_matches('/');
        let (root, rest) = match pattern.strip_prefix('/') {
            Some(rest) => ("/", rest),
            None => ("", pattern),
        };
        let mut matched = vec![root.to_owned()];
        for part in rest.split('/').filter(|part| !part.is_empty() && *part != ".") {
            matched = matched.iter().flat_map(|dir| self.children(dir, part)).collect();
        }
        matched.retain(|dir| !dir.is_empty());
        matched
    }

    fn children(&mut self, dir: &str, part: &str) -> Vec<String> {
        let join = |name: &str| match dir {
            "" | "/" => format!("{dir}{name}"),
            _ => format!("{dir}/{name}"),
        };
        let mut names = match part.contains('*') {
            false => vec![part.to_owned()],
            true => self.names(dir, part),
        };
        names.sort();
        names.iter().map(|name| join(name)).filter(|path| self.is_folder(path)).collect()
    }

    fn names(&mut self, dir: &str, part: &str) -> Vec<String> {
        let entries = match fs::read_dir(self.project.join(dir)) {
            Ok(entries) => entries.collect::<Result<Vec<_>, _>>(),
            Err(error) => Err(error),
        };
        let Some(entries) = self.there(dir, entries) else { return Vec::new() };
        let names = entries.into_iter().filter_map(|entry| {
            let name = entry.file_name();
            let plain = name.to_str().map(str::to_owned);
            if plain.is_none() {
                let what = format!("the name `{}` is not UTF-8", name.to_string_lossy());
                self.problems.push(Problem::error(Code::NotUtf8, Place::file(dir), what));
            }
            plain.filter(|name| !name.starts_with('.') && matches(part, name))
        });
        names.collect()
    }

    fn is_folder(&mut self, path: &str) -> bool {
        let metadata = fs::metadata(self.project.join(path));
        self.there(path, metadata).is_some_and(|metadata| metadata.is_dir())
    }

    fn is_plugin(&mut self, dir: &str) -> bool {
        let path = format!("{dir}/{PLUGIN_MANIFEST}");
        let metadata = self.project.join(&path).symlink_metadata();
        self.there(&path, metadata).is_some()
    }

    /// What is there; `None` where it is not, or where that cannot be known, which is told.
    fn there<T>(&mut self, path: &str, found: io::Result<T>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            // No name of a file holds a NUL: `InvalidInput`.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput
                ) =>
            {
                None
            }
            Err(error) => {
                let what = format!("cannot be read: {error}");
                let problem = Problem::error(Code::Unreadable, Place::file(path), what);
                self.problems.push(problem.hint(READABLE));
                None
            }
        }
    }
}

/// The folder of this name that a pattern would find, relative to the project. None where the
/// pattern leaves open in which folder it would lie.
pub fn folder_for(pattern: &str, name: &str) -> Option<String> {
    let pattern = pattern.trim_end_matches('/');
    let (above, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let above: Vec<_> = above.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let outside = pattern.starts_with('/') || above.contains(&"..");
    if outside || above.iter().any(|part| part.contains('*')) || !matches(last, name) {
        return None;
    }
    Some(above.into_iter().chain([name]).collect::<Vec<_>>().join("/"))
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

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_read_is_told_and_never_left_out() {
        let project = tempfile::tempdir().unwrap();
        let plugins = project.path().join("plugins");
        fs::create_dir_all(plugins.join("mail")).unwrap();
        fs::write(plugins.join("mail").join(PLUGIN_MANIFEST), "").unwrap();
        let (found, problems) = plugin_folders(project.path(), &[("plugins/*".into(), None)]);
        assert_eq!((found, problems), (vec!["plugins/mail".to_owned()], Vec::new()));
        std::os::unix::fs::symlink("loop", plugins.join("loop")).unwrap();
        let (found, problems) = plugin_folders(project.path(), &[("plugins/*".into(), None)]);
        assert_eq!(found, ["plugins/mail"]);
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!(problem.place.path, "plugins/loop");
        assert!(problem.what.starts_with("cannot be read: "), "{problem}");
    }

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
