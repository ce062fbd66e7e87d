//! A page as lines: one tag, comment or line of text each, indented. Pure.
//!
//! In: HTML of any quality. Out: text in which a change of the page is a change of few lines, and
//! layout of the source is none. The tokenizer is the browser's (html5ever); there is no tree, so
//! neither depth nor mistakes of a page cost more than its length does.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Elements that never have content.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr", "param",
];
/// Elements that end where the next of their kind begins.
const SIBLINGS: [&str; 8] = ["dd", "dt", "li", "option", "p", "td", "th", "tr"];
/// More levels are not shown, and so cost nothing.
const DEEPEST_INDENT: usize = 16;
const DEEPEST_STACK: usize = 256;
/// Between two looks at the clock.
const CHUNK: usize = 4096;
/// A page in good faith takes a small part of these.
const WITHIN: Duration = Duration::from_secs(2);
const LONGEST: usize = 12 * 1024 * 1024;

/// A page that is made to be expensive, such as one tag with a million attributes.
#[derive(Debug, thiserror::Error)]
#[error("the page is too complicated")]
pub(crate) struct TooComplicated;

/// The lines of a page, each ended by a newline.
pub(crate) fn lines(content_type: &str, text: &str) -> Result<String, TooComplicated> {
    if is_markup(content_type) { markup(text) } else { Ok(plain(text)) }
}

fn is_markup(content_type: &str) -> bool {
    let kind = content_type.to_ascii_lowercase();
    kind.trim().is_empty() || kind.contains("html") || kind.contains("xml")
}

fn plain(text: &str) -> String {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn markup(text: &str) -> Result<String, TooComplicated> {
    let tokenizer = Tokenizer::new(Printer::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    let deadline = Instant::now() + WITHIN;
    let mut rest = text;
    while !rest.is_empty() {
        let (chunk, next) = rest.split_at(rest.floor_char_boundary(CHUNK));
        queue.push_back(StrTendril::from_slice(chunk));
        // Only scripts and encodings that the sink asks about stop the tokenizer early.
        let _ = tokenizer.feed(&queue);
        if Instant::now() > deadline || tokenizer.sink.0.borrow().out.len() > LONGEST {
            return Err(TooComplicated);
        }
        rest = next;
    }
    tokenizer.end();
    Ok(tokenizer.sink.0.take().out)
}

#[derive(Default)]
struct Printer(RefCell<Lines>);

#[derive(Default)]
struct Lines {
    out: String,
    open: Vec<String>,
    text: String,
}

impl TokenSink for Printer {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut lines = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return lines.tag(&tag),
            Token::CharacterTokens(text) => lines.text.push_str(&text),
            Token::CommentToken(text) => lines.comment(&text),
            Token::DoctypeToken(doctype) => lines.doctype(&doctype),
            Token::EOFToken => lines.flush(),
            Token::NullCharacterToken | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Lines {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        self.flush();
        match tag.kind {
            TagKind::StartTag => self.start(tag),
            TagKind::EndTag => self.end(&tag.name),
        }
        match (tag.kind, &*tag.name) {
            (TagKind::StartTag, "script") => TokenSinkResult::RawData(ScriptData),
            (TagKind::StartTag, "style" | "xmp" | "iframe" | "noembed" | "noframes") => {
                TokenSinkResult::RawData(Rawtext)
            }
            (TagKind::StartTag, "title" | "textarea") => TokenSinkResult::RawData(Rcdata),
            (TagKind::StartTag, "plaintext") => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }

    fn start(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        if SIBLINGS.contains(&name) && self.open.last().is_some_and(|last| last == name) {
            self.open.pop();
        }
        let mut line = format!("<{name}");
        for attribute in &tag.attrs {
            let value = attribute.value.replace('"', "&quot;");
            line.extend([" ", &*attribute.name.local, "=\"", &value, "\""]);
        }
        line.push('>');
        self.put(&line);
        let closed = tag.self_closing || VOID.contains(&name);
        if !closed && self.open.len() < DEEPEST_STACK {
            self.open.push(name.to_owned());
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            self.open.truncate(at);
        }
        self.put(&format!("</{name}>"));
    }

    fn comment(&mut self, text: &str) {
        self.flush();
        self.put(&format!("<!--{text}-->"));
    }

    fn doctype(&mut self, doctype: &Doctype) {
        self.flush();
        self.put(&format!("<!DOCTYPE {}>", doctype.name.as_deref().unwrap_or_default()));
    }

    /// Text waits until it is whole: it comes in pieces.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.put(&text);
    }

    fn put(&mut self, text: &str) {
        let indent = " ".repeat(self.open.len().min(DEEPEST_INDENT));
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.out.extend([&indent, line, "\n"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        lines("text/html; charset=utf-8", text).unwrap()
    }

    #[test]
    fn one_thing_a_line_indented() {
        let page = "<!doctype html><title>T &amp; x</title><p class=a id='b\"c'>one<br>two</p>";
        let wanted = "<!DOCTYPE html>\n<title>\n T & x\n</title>\n<p class=\"a\" id=\"b&quot;c\">\n \
                      one\n <br>\n two\n</p>\n";
        assert_eq!(html(page), wanted);
    }

    #[test]
    fn layout_of_the_source_is_no_change() {
        let spread = "<ul>\n\n  <li>a</li>\n\t<li>b  </li>\n</ul>\n";
        assert_eq!(html("<ul><li>a</li><li>b</li></ul>"), html(spread));
    }

    #[test]
    fn an_inserted_item_moves_no_other_line() {
        let before = html("<ul><li>a<li>c</ul><p>end");
        let after = html("<ul><li>a<li>b<li>c</ul><p>end");
        assert_eq!(after.replace(" <li>\n  b\n", ""), before);
    }

    #[test]
    fn scripts_are_text_and_not_markup() {
        let text = html("<script>if (a<b) x(\"<p>\");\ny()</script><style>p > a{}</style>");
        assert!(text.contains(" if (a<b) x(\"<p>\");\n y()\n</script>"), "{text}");
        assert!(text.contains("\n p > a{}\n"), "{text}");
    }

    #[test]
    fn text_over_a_chunk_stays_one_line() {
        let long = "ä".repeat(3 * CHUNK);
        assert_eq!(html(&format!("<p>{long}")), format!("<p>\n {long}\n"));
    }

    #[test]
    fn deep_pages_cost_no_more_than_long_ones() {
        let text = html(&"<div>".repeat(100_000));
        assert_eq!(text.lines().count(), 100_000);
        assert!(text.len() < 100_000 * 24);
    }

    #[test]
    fn a_page_made_to_be_expensive_is_given_up() {
        let mut page = String::from("<p ");
        for n in 0..600_000 {
            page.push_str(&format!("a{n:x} "));
        }
        page.push('>');
        assert!(lines("text/html", &page).is_err());
    }

    #[test]
    fn what_is_no_markup_keeps_its_lines() {
        assert_eq!(lines("text/plain", "a < b\n\n  c\r\n").unwrap(), "a < b\n  c\n");
        assert_eq!(lines("", "<b>x").unwrap(), "<b>\n x\n");
    }
}
