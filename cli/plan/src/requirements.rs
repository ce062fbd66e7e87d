//! `requirements.txt`: which lines ask for which package, and which of them a build cannot use.
//!
//! In: the file's text, in pip's format. Out: its lines. Deliberately absent: environment markers
//! and everything else that pip itself judges.

/// A requirement, or another line that is more than blank and comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What it says.
    pub says: Says<'a>,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says<'a> {
    /// Exactly one version of a package.
    Pinned {
        /// The package's name, as pip compares names.
        name: String,
    },
    /// A package in any of several versions.
    Unpinned {
        /// The package's name as written.
        name: &'a str,
    },
    /// Where and how pip searches.
    Search,
    /// Something that another machine would understand in another way.
    Foreign {
        /// The option, or what else there is.
        what: &'a str,
    },
}

/// Options that only say where and how pip searches.
const SEARCH: &[&str] = &[
    "--index-url",
    "-i",
    "--extra-index-url",
    "--no-index",
    "--find-links",
    "-f",
    "--trusted-host",
    "--require-hashes",
    "--pre",
    "--prefer-binary",
    "--only-binary",
    "--use-feature",
];

/// The lines that say something.
#[must_use]
pub fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut continued = false;
    for (nth, line) in text.lines().enumerate() {
        // What continues a requirement is its hashes or a marker.
        let first = !std::mem::replace(&mut continued, line.ends_with('\\'));
        let code = without_comment(line.trim_start_matches('\u{feff}'));
        if first && !code.is_empty() {
            let column = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
            lines.push(Line { number: nth + 1, column, says: says(code) });
        }
    }
    lines
}

/// The name as pip compares names.
#[must_use]
pub fn normal(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

fn without_comment(line: &str) -> &str {
    let end = line.match_indices('#').map(|(at, _)| at).find(|at| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(char::is_whitespace)
    });
    line[..end.unwrap_or(line.len())].trim_end_matches('\\').trim()
}

fn says(code: &str) -> Says<'_> {
    if code.starts_with('-') {
        let what = code.split([' ', '=', '\t']).next().unwrap_or(code);
        return if SEARCH.contains(&what) { Says::Search } else { Says::Foreign { what } };
    }
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let end = code.find(|c| !is_of_name(c)).unwrap_or(code.len());
    let (name, rest) = code.split_at(end);
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest.trim_start()),
        None => rest,
    };
    if name.is_empty() || name.starts_with('.') || rest.starts_with(['@', '/', ':', '+']) {
        return Says::Foreign { what: code.split_whitespace().next().unwrap_or(code) };
    }
    let version = rest.split(';').next().unwrap_or_default();
    let version = version.split(" --").next().unwrap_or_default();
    let version = version.strip_prefix("===").or_else(|| version.strip_prefix("=="));
    let pinned = version.is_some_and(|version| {
        let version = version.trim();
        // An epoch's `!` stands before the version: `1!3.7`.
        let several = version.contains(['*', ',', ' ', '<', '>', '=', '~']);
        !version.is_empty() && !several
    });
    match pinned {
        true => Says::Pinned { name: normal(name) },
        false => Says::Unpinned { name },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Says<'_> {
        let mut lines = lines(line);
        assert_eq!(lines.len(), 1, "{line}");
        lines.remove(0).says
    }

    #[test]
    fn one_version_is_a_pin() {
        for line in [
            "idna==3.7",
            "  Idna == 3.7  # why",
            "idna[all]==3.7",
            "idna===3.7",
            "idna==3.7;python_version<'3.13'",
            "idna==3.7 --hash=sha256:00",
            "idna==3.7 ; sys_platform == 'linux' and python_version >= '3.10'",
            "idna==1!3.7+local.1",
        ] {
            assert_eq!(one(line), Says::Pinned { name: "idna".into() }, "{line}");
        }
    }

    #[test]
    fn everything_else_is_none() {
        for line in
            ["idna", "idna>=3", "idna==3.*", "idna==3.7,!=3.8", "idna~=3.7", "idna==", "idna[a]"]
        {
            assert_eq!(one(line), Says::Unpinned { name: "idna" }, "{line}");
        }
        for (line, what) in [
            ("-r other.txt", "-r"),
            ("--requirement=other.txt", "--requirement"),
            ("-e .", "-e"),
            ("./wheels/idna.whl", "./wheels/idna.whl"),
            ("idna @ https://example.com/idna.whl", "idna"),
            ("https://example.com/idna.whl", "https://example.com/idna.whl"),
            ("git+https://example.com/idna", "git+https://example.com/idna"),
        ] {
            assert_eq!(one(line), Says::Foreign { what }, "{line}");
        }
        assert_eq!(one("--index-url https://example.com/simple"), Says::Search);
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let text =
            "# pins\n\nidna==3.7 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n  six==1\n";
        let places: Vec<_> = lines(text).iter().map(|line| (line.number, line.column)).collect();
        assert_eq!(places, [(3, 1), (6, 3)]);
        assert_eq!(lines("\u{feff}\n# nothing\n"), []);
    }

    #[test]
    fn names_are_compared_as_pip_does() {
        assert_eq!(normal("Zope.Interface__X"), "zope-interface-x");
    }
}
