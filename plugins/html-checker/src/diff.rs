//! What changed, as a unified diff that fits into a mail. Pure.

use similar::TextDiff;
use std::time::Duration;

/// Characters of a diff at most: the original's limit.
const LONGEST: usize = 2600;
/// Of one line: a page may well be a single line.
const LONGEST_LINE: usize = 400;
/// After that the diff gets coarser instead of better.
const WITHIN: Duration = Duration::from_secs(1);

/// A unified diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diff {
    /// Whole lines, each ended by a newline.
    pub(crate) text: String,
    /// Whether there is more than is shown.
    pub(crate) cut: bool,
}

/// What turns `old` into `new`, up to 2,600 characters.
pub(crate) fn unified(old: &str, new: &str) -> Diff {
    let diff = TextDiff::configure().timeout(WITHIN).diff_lines(old, new);
    let mut shown = Shown::default();
    shown.line("--- before");
    shown.line("+++ now");
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        shown.line(&hunk.header().to_string());
        for change in hunk.iter_changes() {
            shown.line(&format!("{}{}", change.tag(), change.value().trim_end()));
            if shown.cut {
                return shown.into();
            }
        }
    }
    shown.into()
}

#[derive(Default)]
struct Shown {
    text: String,
    characters: usize,
    cut: bool,
}

impl Shown {
    /// Adds a line where it fits; after the first that does not, none does.
    fn line(&mut self, line: &str) {
        let line = clip(line);
        let characters = self.characters + line.chars().count() + 1;
        if self.cut || characters > LONGEST {
            self.cut = true;
            return;
        }
        self.characters = characters;
        self.text.extend([&line, "\n"]);
    }
}

impl From<Shown> for Diff {
    fn from(shown: Shown) -> Self {
        Self { text: shown.text, cut: shown.cut }
    }
}

/// A line of bearable length, without characters that would move a terminal's cursor.
fn clip(line: &str) -> String {
    let shown = line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c });
    let mut clipped: String = shown.clone().take(LONGEST_LINE).collect();
    if shown.count() > LONGEST_LINE {
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_change_with_its_surroundings() {
        let diff = unified("a\nb\nc\n", "a\nx\nc\n");
        assert_eq!(diff.text, "--- before\n+++ now\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
        assert!(!diff.cut);
    }

    #[test]
    fn cut_at_a_line() {
        let new: String = (0..1000).map(|n| format!("line {n}\n")).collect();
        let diff = unified("", &new);
        assert!(diff.cut);
        let characters = diff.text.chars().count();
        assert!((2580..=2600).contains(&characters), "{characters}");
        let last = diff.text.lines().next_back().unwrap();
        assert!(new.lines().any(|line| format!("+{line}") == last), "{last}");
        assert!(diff.text.ends_with('\n'));
    }

    #[test]
    fn one_endless_line_is_shown_in_part() {
        let diff = unified("", &"ü".repeat(100_000));
        assert!(diff.text.contains(&"ü".repeat(300)));
        assert!(diff.text.chars().count() < 500);
        assert!(!diff.cut);
    }

    #[test]
    fn large_pages_with_nothing_in_common_take_no_minutes() {
        let old: String = (0..200_000).map(|n| format!("{n}\n")).collect();
        let new: String = (0..200_000).map(|n| format!("{}\n", n * 7 % 200_001)).collect();
        let start = std::time::Instant::now();
        assert!(unified(&old, &new).cut);
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
