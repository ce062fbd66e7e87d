//! Where the tags of a template stand.

use super::engine::{CLOSING, OPENING};
use std::ops::Range;

/// The inside of every tag, in their order; to the end for one that is not closed. What a comment
/// holds is no tag's.
pub(super) fn tags(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut rest = 0;
    let all = std::iter::from_fn(move || {
        let tail = text.get(rest..)?;
        let (at, kind) = opening(tail)?;
        let begin = rest + at + OPENING[kind].len();
        let closing = text.get(begin..)?.find(CLOSING[kind]);
        let end = closing.map_or(text.len(), |length| begin + length);
        rest = end + closing.map_or(0, |_| CLOSING[kind].len());
        Some((kind, begin..end))
    });
    all.filter(|(kind, _)| OPENING[*kind] != COMMENT).map(|(_, inside)| inside)
}

const COMMENT: &str = OPENING[2];

/// Where the next tag or comment opens, and of which kind it is.
pub(super) fn opening(text: &str) -> Option<(usize, usize)> {
    text.match_indices('<').find_map(|(at, _)| {
        let tail = text.get(at..)?;
        Some((at, OPENING.iter().position(|open| tail.starts_with(open))?))
    })
}

#[cfg(test)]
mod tests {
    use super::tags;

    #[test]
    fn a_tag_is_what_opens_and_closes_alike() {
        for (text, inside) in [
            ("", &[][..]),
            ("{}", &[]),
            ("<< a >>", &[" a "]),
            ("a<%b%>c<<dd>>e", &["b", "dd"]),
            ("<% a >> b %><<c>>", &[" a >> b ", "c"]),
            ("<<abc", &["abc"]),
            ("<# c << d >> #>a < b<<d>>", &["d"]),
        ] {
            let found: Vec<_> = tags(text).map(|range| &text[range]).collect();
            assert_eq!(found, inside, "{text}");
        }
    }
}
