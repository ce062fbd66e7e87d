//! A text that a simple regular expression matches.
//!
//! Choices are taken at their first branch and repetitions as seldom as they may be. Whoever asks
//! looks whether the text really matches: what is not understood here is `None` or a bad guess.

use std::iter::Peekable;
use std::str::Chars;

/// Most repetitions of one thing.
const REPEATED: usize = 1000;
/// How deep groups may be nested.
const DEPTH: usize = 32;

/// A text that should match.
pub(super) fn example(pattern: &str) -> Option<String> {
    let mut rest = pattern.chars().peekable();
    let text = choice(&mut rest, 0)?;
    rest.next().is_none().then_some(text)
}

/// Up to the group's end: the first branch counts, the others are only read.
fn choice(rest: &mut Peekable<Chars<'_>>, depth: usize) -> Option<String> {
    if depth > DEPTH {
        return None;
    }
    let first = sequence(rest, depth)?;
    while rest.next_if_eq(&'|').is_some() {
        sequence(rest, depth)?;
    }
    Some(first)
}

fn sequence(rest: &mut Peekable<Chars<'_>>, depth: usize) -> Option<String> {
    let mut text = String::new();
    while let Some(next) = rest.next_if(|next| !matches!(next, '|' | ')')) {
        let atom = match next {
            '^' | '$' => continue,
            '.' => "a".to_owned(),
            '\\' => escaped(rest)?.map_or_else(String::new, String::from),
            '[' => class(rest)?.to_string(),
            '(' => group(rest, depth)?,
            '*' | '+' | '?' | '{' => return None,
            plain => plain.to_string(),
        };
        let count = repetitions(rest)?;
        text.extend(std::iter::repeat_n(atom, count));
    }
    Some(text)
}

fn group(rest: &mut Peekable<Chars<'_>>, depth: usize) -> Option<String> {
    if rest.next_if_eq(&'?').is_some() {
        match rest.next()? {
            ':' => {}
            '<' if rest.peek().is_some_and(|next| next.is_alphabetic()) => {
                rest.by_ref().find(|next| *next == '>')?;
            }
            // What stands around the text is not made up here.
            _ => return None,
        }
    }
    let text = choice(rest, depth + 1)?;
    rest.next_if_eq(&')').map(|_| text)
}

/// How often the last thing has to stand there.
fn repetitions(rest: &mut Peekable<Chars<'_>>) -> Option<usize> {
    let count = match rest.peek() {
        Some('*' | '?') => {
            rest.next();
            0
        }
        Some('+') => {
            rest.next();
            1
        }
        Some('{') => {
            let bounds: String = rest.by_ref().skip(1).take_while(|next| *next != '}').collect();
            let least = bounds.split(',').next().unwrap_or_default();
            least.trim().parse().ok().filter(|count| *count <= REPEATED)?
        }
        _ => return Some(1),
    };
    // A lazy one matches the same.
    rest.next_if_eq(&'?');
    Some(count)
}

/// `Some(None)`: a place, not a character.
fn escaped(rest: &mut Peekable<Chars<'_>>) -> Option<Option<char>> {
    let escape = rest.next()?;
    Some(match escape {
        'b' | 'B' | 'A' | 'z' => None,
        other => Some(meant(other, rest)?),
    })
}

/// A character that an escape stands for.
fn meant(escape: char, rest: &mut Peekable<Chars<'_>>) -> Option<char> {
    Some(match escape {
        'd' => '0',
        'w' | 'D' | 'S' => 'a',
        's' => ' ',
        'W' => '-',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'p' | 'P' => {
            rest.by_ref().find(|next| *next == '}')?;
            'a'
        }
        'x' => code(rest, 2)?,
        'u' => code(rest, 4)?,
        other if other.is_ascii_alphanumeric() => return None,
        other => other,
    })
}

fn code(rest: &mut Peekable<Chars<'_>>, digits: usize) -> Option<char> {
    let hex: String = rest.by_ref().take(digits).collect();
    u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32)
}

/// A character of a class; of a negated one, a usual character that is not in it.
fn class(rest: &mut Peekable<Chars<'_>>) -> Option<char> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges: Vec<(char, char)> = Vec::new();
    loop {
        let first = match rest.next()? {
            ']' if !ranges.is_empty() => break,
            '\\' => meant_in_class(rest)?,
            plain => plain,
        };
        let mut ahead = rest.clone();
        let ranged = ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']');
        if !ranged {
            ranges.push((first, first));
            continue;
        }
        rest.next();
        let last = match rest.next()? {
            '\\' => meant_in_class(rest)?,
            plain => plain,
        };
        ranges.push((first, last));
    }
    let within = |one: &char| ranges.iter().any(|(first, last)| (first..=last).contains(&one));
    match negated {
        true => "a0A-_ .".chars().find(|one| !within(one)),
        false => ranges.first().map(|(first, _)| *first),
    }
}

fn meant_in_class(rest: &mut Peekable<Chars<'_>>) -> Option<char> {
    let escape = rest.next()?;
    meant(escape, rest)
}

#[cfg(test)]
mod tests {
    use super::example;
    use crate::sample::judge;
    use serde_json::json;

    #[test]
    fn simple_patterns_get_a_text_that_matches() {
        for pattern in [
            "^[A-Z]{3}-[0-9]{2,4}$",
            r"^\d{4}-\d{2}$",
            "^(?:red|green)-(?<n>[^0-9a-z])+$",
            r"^\+?[1-9]\d{1,14}$",
            r"^https?://[\w.-]+\.example\.(com|org)(/.*)?$",
            r"^[\]\\-]x[-a]\x41\u0042$",
            r"\bword\b",
            "^$",
            "^a*?b+?$",
        ] {
            let text = example(pattern).unwrap_or_else(|| panic!("nothing for {pattern}"));
            assert_eq!(judge(&json!({ "pattern": pattern }), &json!(text)), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn what_is_not_understood_is_nothing() {
        for pattern in ["(?=a)", "*", "(", "[", "a{x}", "a{99999}", r"\", ")", r"(a)\1"] {
            assert_eq!(example(pattern), None, "{pattern}");
        }
        assert_eq!(example(&"(".repeat(10_000)), None);
    }
}
