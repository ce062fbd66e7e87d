//! Rendering what somebody else wrote, with as much stack as it may take.

use super::engine::{CLOSING, OPENING};
use minijinja::{Environment, Error, ErrorKind, Value as Context};
use std::thread;

/// Bytes that a plugin's template may have within its tags. The engine goes into a chain such as
/// `1+1+1` or `<% elif %>` after `<% elif %>` by calling itself, with up to a kilobyte of stack a
/// byte, and knows no limit of its own there.
const TAGS: usize = 32_000;
/// So many need no stack of their own.
const SHALLOW: usize = 1_000;
/// Bytes: twice what the longest chain takes.
const STACK: usize = 64 << 20;

/// What a template renders to.
///
/// # Errors
/// What the engine refuses; more within tags than it could go into.
pub(super) fn render(
    environment: &Environment<'_>,
    (path, text): (&str, &str),
    context: Context,
) -> Result<String, Error> {
    let tags = within_tags(text);
    if tags > TAGS {
        let what = format!("it has {tags} bytes within tags; at most {TAGS} can be read");
        return Err(Error::new(ErrorKind::SyntaxError, what));
    }
    let render = || environment.render_named_str(path, text, context);
    if tags <= SHALLOW {
        return render();
    }
    thread::scope(|scope| {
        let deep = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, render);
        deep.ok().and_then(|deep| deep.join().ok()).unwrap_or_else(|| {
            Err(Error::new(ErrorKind::InvalidOperation, "no stack is left to read it with"))
        })
    })
}

/// Bytes between what opens a tag and what closes it, all tags together; none of comments.
fn within_tags(text: &str) -> usize {
    let (mut bytes, mut rest) = (0, text);
    while let Some(at) = rest.find('<') {
        let (_, tail) = rest.split_at(at);
        let mut kinds = OPENING.iter().zip(CLOSING).zip([true, true, false]);
        let opened = kinds
            .find_map(|((open, close), counts)| Some((tail.strip_prefix(open)?, close, counts)));
        rest = match opened {
            Some((inside, close, counts)) => {
                let (tag, after) = inside.split_once(close).unwrap_or((inside, ""));
                bytes += if counts { tag.len() } else { 0 };
                after
            }
            None => tail.strip_prefix('<').unwrap_or_default(),
        };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_within_tags_is_counted() {
        for (text, bytes) in [
            ("", 0),
            ("{}", 0),
            ("<< a >>", 3),
            ("a<%b%>c<<dd>>e", 3),
            ("<<abc", 3),
            ("<# c #>a < b<<d>>", 1),
        ] {
            assert_eq!(within_tags(text), bytes, "{text}");
        }
    }
}
