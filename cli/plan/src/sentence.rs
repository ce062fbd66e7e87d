//! Sentences of pages and descriptions, as parts of a message.

/// The first sentence of a text, as messages have it: in one line, without a capital letter and a
/// full stop.
pub(crate) fn first(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = line.split_once(". ").map_or(line.as_str(), |(first, _)| first);
    let sentence = sentence.trim_end_matches('.');
    let mut letters = sentence.chars();
    match (letters.next(), letters.as_str()) {
        // `IAM` stays `IAM`.
        (Some(first), rest) if !rest.starts_with(|next: char| next.is_uppercase()) => {
            format!("{}{rest}", first.to_lowercase())
        }
        _ => sentence.to_owned(),
    }
}
