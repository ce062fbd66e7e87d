//! Rendering what somebody else wrote, with as much stack as it may take.

use super::tags::tags;
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
    let tags: usize = tags(text).map(|inside| inside.len()).sum();
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
