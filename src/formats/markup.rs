//! Text in markup: what HTML and XML take for something else is escaped here, once.

use std::borrow::Cow;
use std::fmt::Write;

/// Adds `text` so that HTML and XML read exactly it, in content as in attributes between double quotes. A carriage
/// return is a reference, because both would read it as a line feed; so are, for attributes, tab and line feed. What
/// neither can hold is for the caller to replace before.
pub fn push_escaped(out: &mut String, text: &str) {
    push(out, text, false);
}

/// Adds `text` as the value of an attribute, without its quotes.
pub fn push_attribute(out: &mut String, text: &str) {
    push(out, text, true);
}

fn push(out: &mut String, text: &str, is_attribute: bool) {
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let escaped = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&#39;",
            '\r' => "&#13;",
            '\n' if is_attribute => "&#10;",
            '\t' if is_attribute => "&#9;",
            _ => continue,
        };
        out.push_str(&text[done..at]);
        out.push_str(escaped);
        done = at + c.len_utf8();
    }
    out.push_str(&text[done..]);
}

/// `text` escaped.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    push_escaped(&mut out, text);
    out
}

/// Whether XML 1.0 can hold a character (section 2.2, production 2).
pub fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// A picture of a control character: the symbol of Unicode's block “Control Pictures”, or the replacement character.
pub fn picture(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    }
}

/// `text` with pictures in place of the characters that XML 1.0 cannot hold; for words of people, not for the article.
pub fn pictured(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_xml_char) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_xml_char(c) { c } else { picture(c) }).collect())
}

/// Adds formatted text.
pub fn push_display(out: &mut String, shown: impl std::fmt::Display) {
    // Writing into a String cannot fail.
    let _ = write!(out, "{shown}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_of_xml_reads_back_from_content_and_attribute(text in any::<String>()) {
            let text = pictured(&text);
            let mut source = "<a b=\"".to_owned();
            push_attribute(&mut source, &text);
            source.push_str("\">");
            push_escaped(&mut source, &text);
            source.push_str("</a>");
            let document = roxmltree::Document::parse(&source).unwrap();
            let root = document.root_element();
            prop_assert_eq!(root.attribute("b"), Some(&*text));
            prop_assert_eq!(root.text().unwrap_or_default(), &*text);
        }
    }
}
