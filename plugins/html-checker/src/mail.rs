//! What a change reads like. Pure.
//!
//! Everything of the page is escaped in the HTML part: the page's owner is not the mail's reader.

use crate::memory::News;
use scheduler_plugin::mail::Mail;

/// Characters of an address in the subject.
const LONGEST_IN_SUBJECT: usize = 120;

/// The mail with the diff.
pub(crate) fn whole(news: &News) -> Mail {
    let more = if news.cut { "\nThere is more than is shown here.\n" } else { "" };
    let text = format!("The page {} has changed:\n\n{}{more}", news.url, news.diff);
    let html = format!("<pre>{}</pre>{}", escape(&news.diff), paragraph(more));
    mail(news, text, &html)
}

/// The mail for where the other one is refused for its length.
pub(crate) fn short(news: &News) -> Mail {
    let words = "The change is too long for a mail.";
    let text = format!("The page {} has changed.\n\n{words}\n", news.url);
    mail(news, text, &paragraph(words))
}

fn mail(news: &News, text: String, html: &str) -> Mail {
    let url = escape(&news.url);
    let head = format!("<p>The page <a href=\"{url}\">{url}</a> has changed:</p>");
    Mail {
        to: news.to.clone(),
        subject: format!("Page changed: {}", clipped(&news.url)),
        text,
        html: Some(format!("<!DOCTYPE html><html><body>{head}{html}</body></html>")),
        key: news.tick.clone(),
    }
}

fn paragraph(words: &str) -> String {
    match words.trim() {
        "" => String::new(),
        words => format!("<p>{}</p>", escape(words)),
    }
}

fn clipped(url: &str) -> String {
    match url.char_indices().nth(LONGEST_IN_SUBJECT) {
        Some((at, _)) => format!("{}…", &url[..at]),
        None => url.to_owned(),
    }
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news() -> News {
        News {
            to: "u@example.com".to_owned(),
            url: "http://x/?a=\"><script>".to_owned(),
            diff: "+<script>alert('1')</script>\n".to_owned(),
            cut: false,
            tick: "u-1-m".to_owned(),
        }
    }

    #[test]
    fn nothing_of_the_page_is_markup_in_the_mail() {
        for mail in [whole(&news()), short(&news())] {
            let html = mail.html.unwrap();
            assert!(!html.contains("<script"), "{html}");
            assert!(!html.contains("\"><"), "{html}");
        }
        let html = whole(&news()).html.unwrap();
        assert!(html.contains("+&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"), "{html}");
        assert!(whole(&news()).text.contains("+<script>alert('1')</script>"));
    }

    #[test]
    fn a_cut_diff_says_so() {
        assert!(!whole(&news()).text.contains("There is more"));
        let cut = whole(&News { cut: true, ..news() });
        assert!(cut.text.contains("There is more"));
        assert!(cut.html.unwrap().contains("There is more"));
    }

    #[test]
    fn the_short_mail_has_no_diff() {
        let mail = short(&news());
        assert!(!mail.text.contains("alert"), "{}", mail.text);
        assert_eq!(mail.key, whole(&news()).key);
    }

    #[test]
    fn a_long_address_makes_no_long_subject() {
        let url = format!("http://x/{}", "ü".repeat(2000));
        let mail = whole(&News { url, ..news() });
        assert!(mail.subject.chars().count() < 150);
    }
}
