//! Which line of a template a line of its output comes from.
//!
//! A loop writes one line many times. Where an error in the output has to be told, the template is
//! rendered once more with a mark at the end of every line of plain text.

use super::engine::{CLOSING, OPENING};
use super::tags::opening;

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// The template with a mark before every line's end outside of a tag.
pub(super) fn marked(template: &str) -> String {
    let mut out = String::new();
    let mut closing = None;
    for (nth, line) in template.split('\n').enumerate() {
        out.push_str(line);
        closing = after(line, closing);
        if closing.is_none() {
            out.push_str(&format!("{OPEN}{}{CLOSE}", nth + 1));
        }
        out.push('\n');
    }
    out
}

/// The tag that is open at a line's end, given the one that is open at its start.
fn after(line: &str, open: Option<&'static str>) -> Option<&'static str> {
    let mut rest = line;
    let mut closing = open;
    loop {
        match closing {
            Some(end) => match rest.split_once(end) {
                Some((_, tail)) => (rest, closing) = (tail, None),
                None => return closing,
            },
            None => match opening(rest) {
                Some((at, kind)) => {
                    (rest, closing) = (&rest[at + OPENING[kind].len()..], Some(CLOSING[kind]));
                }
                None => return None,
            },
        }
    }
}

/// The output without marks, and the template's line of each of its lines (0: unknown).
pub(super) fn unmarked(output: &str) -> (String, Vec<usize>) {
    output.split('\n').map(unmarked_line).fold((String::new(), Vec::new()), |mut all, one| {
        all.0.push_str(&one.0);
        all.0.push('\n');
        all.1.push(one.1);
        all
    })
}

fn unmarked_line(line: &str) -> (String, usize) {
    let mut pieces = line.split(OPEN);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let mut number = 0;
    for piece in pieces {
        let (mark, rest) = piece.split_once(CLOSE).unwrap_or((piece, ""));
        number = mark.parse().unwrap_or(number);
        text.push_str(rest);
    }
    (text, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_inside_of_a_tag_carry_no_mark() {
        let (text, lines) = unmarked(&marked("a\n<% if x\n   and y %>\nb << c >>"));
        assert_eq!(text, "a\n<% if x\n   and y %>\nb << c >>\n\n");
        assert_eq!(lines, [1, 0, 3, 4, 0]);
    }
}
