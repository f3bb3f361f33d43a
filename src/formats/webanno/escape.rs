//! The two escapes of WebAnno TSV: of values in cells, and of the lines of `#Text=`; and cells as their parts.
//!
//! Both as INCEpTION's own class `Escaping` does it: a backslash before anything else stands for itself.

use crate::formats::encode;
use crate::model::Value;

/// What a value means nothing by, with its escape.
const ESCAPES: [(&str, &str); 10] = [
    ("\\", "\\\\"),
    ("[", "\\["),
    ("]", "\\]"),
    ("|", "\\|"),
    ("_", "\\_"),
    ("->", "\\->"),
    (";", "\\;"),
    ("\t", "\\t"),
    ("\n", "\\n"),
    ("*", "\\*"),
];

/// What is shown for a carriage return, which the escapes of values do not have and which would end the line.
const RETURN: &str = "\u{240d}";

/// Adds a value to a cell.
pub fn push_value(out: &mut String, value: &str) {
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let found = ESCAPES.iter().find(|(plain, _)| rest.starts_with(plain));
        let (step, pushed) = found.map_or((c.len_utf8(), None), |(plain, escaped)| (plain.len(), Some(*escaped)));
        out.push_str(pushed.unwrap_or(&rest[..step]));
        rest = &rest[step..];
    }
}

/// The value that a part of a cell stands for.
pub fn value_of(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    let mut rest = part;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = ESCAPES.iter().find(|(_, escaped)| rest.starts_with(escaped));
        let (plain, step) = found.map_or(("\\", 1), |(plain, escaped)| (plain, escaped.len()));
        out.push_str(plain);
        rest = &rest[step..];
    }
    out + rest
}

/// The parts of a cell between separators that no backslash escapes.
pub fn parts(cell: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    cell.split(move |c: char| {
        let is_end = c == separator && !escaped;
        escaped = c == '\\' && !escaped;
        is_end
    })
}

/// A part of a cell without what stands in brackets at its end, and that.
pub fn bracketed(part: &str) -> (&str, Option<&str>) {
    let open =
        part.strip_suffix(']').filter(|rest| !rest.ends_with('\\')).and_then(|rest| Some((rest, rest.rfind('[')?)));
    match open {
        Some((rest, at)) => (&rest[..at], Some(&rest[at + 1..])),
        None => (part, None),
    }
}

/// A value in the letters of a cell, before it is escaped.
pub fn shown(value: &Value) -> String {
    match value {
        Value::YesNo(yes) => yes.to_string(),
        Value::Number(_) => encode::json(value).to_string(),
        other => shown_text(&other.to_string()),
    }
}

/// A text in the letters of a cell, before it is escaped.
pub fn shown_text(text: &str) -> String {
    text.replace('\r', RETURN)
}

/// The inverse of [`shown`], for what it does not change: `true`, `false` and numbers as we spell them, else text.
pub fn value_from(shown: &str) -> Value {
    match (shown, encode::value_from_cell(shown)) {
        ("true", _) => Value::YesNo(true),
        ("false", _) => Value::YesNo(false),
        (_, number @ Value::Number(_)) => number,
        _ => Value::Text(shown.to_owned()),
    }
}

/// Adds a line of a text, without its end.
pub fn push_line(out: &mut String, line: &str) {
    for c in line.chars() {
        let letter = match c {
            '\\' => '\\',
            '\t' => 't',
            '\n' => 'n',
            '\r' => 'r',
            '\u{c}' => 'f',
            '\u{8}' => 'b',
            // There is no escape for U+000B.
            '\0'..='\u{7}' | '\u{e}'..='\u{1f}' => c,
            _ => {
                out.push(c);
                continue;
            }
        };
        out.extend(['\\', letter]);
    }
}

/// A token as it stands in its column: as it is, unless it would end the line or the column.
pub fn push_token(out: &mut String, token: &str) {
    if token.contains(['\t', '\n', '\r']) {
        push_line(out, token);
    } else {
        out.push_str(token);
    }
}

/// The line of a text for which an escaped one stands; up to version 3.1 with the escapes of Java.
pub fn line_of(escaped: &str, minor: u32) -> String {
    if minor <= 1 {
        return java(escaped);
    }
    let mut out = String::with_capacity(escaped.len());
    let mut chars = escaped.chars().peekable();
    while let Some(c) = chars.next() {
        let meant = match (c, chars.peek()) {
            ('\\', Some('\\')) => '\\',
            ('\\', Some('t')) => '\t',
            ('\\', Some('n')) => '\n',
            ('\\', Some('r')) => '\r',
            ('\\', Some('f')) => '\u{c}',
            ('\\', Some('b')) => '\u{8}',
            ('\\', Some(&control @ ('\0'..='\u{7}' | '\u{e}'..='\u{1f}'))) => control,
            _ => {
                out.push(c);
                continue;
            }
        };
        chars.next();
        out.push(meant);
    }
    out
}

/// A text with the escapes of Java's source, as the library that WebAnno uses reads them: a backslash before anything
/// else is left out.
fn java(escaped: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    let push = |units: &mut Vec<u16>, text: &str| units.extend(text.encode_utf16());
    while let Some(at) = rest.find('\\') {
        push(&mut units, &rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else { break };
        let digits = |from: &str, radix: u32, most: usize| {
            from.chars().take(most).take_while(|c| c.is_digit(radix)).map(char::len_utf8).sum::<usize>()
        };
        let hex = rest.trim_start_matches('u');
        let unit = match c {
            'u' if digits(hex, 16, 4) == 4 => {
                let unit = u16::from_str_radix(&hex[..4], 16).ok();
                rest = &hex[4..];
                unit
            }
            '0'..='7' => {
                let most = if c <= '3' { 3 } else { 2 };
                let (octal, after) = rest.split_at(digits(rest, 8, most));
                rest = after;
                u16::from_str_radix(octal, 8).ok()
            }
            _ => {
                let meant = [('t', '\t'), ('n', '\n'), ('r', '\r'), ('f', '\u{c}'), ('b', '\u{8}')];
                let meant = meant.iter().find(|(letter, _)| *letter == c).map_or(c, |(_, meant)| *meant);
                rest = &rest[c.len_utf8()..];
                push(&mut units, meant.encode_utf8(&mut [0; 4]));
                None
            }
        };
        units.extend(unit);
    }
    push(&mut units, rest);
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::hostile_text;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_and_lines_read_back_whatever_they_are(text in "[a-c\\\\\\[\\]|_>;*\t\n\u{b}\u{1}é-]{0,12}", other in hostile_text()) {
            for text in [text, other] {
                let mut cell = String::new();
                push_value(&mut cell, &text);
                prop_assert!(!cell.contains(['\n', '\t']));
                prop_assert_eq!(value_of(&cell), &*text);
                let stacked = format!("{cell}[1]|{cell}[2]");
                let all: Vec<_> = parts(&stacked, '|').map(bracketed).collect();
                prop_assert_eq!(all, [(&*cell, Some("1")), (&*cell, Some("2"))]);
                let lines: Vec<_> = text.split('\n').map(|line| {
                    let mut escaped = String::new();
                    push_line(&mut escaped, line);
                    assert!(!escaped.contains(['\n', '\t', '\r']));
                    line_of(&escaped, 3)
                }).collect();
                prop_assert_eq!(lines.join("\n"), text);
            }
        }
    }

    #[test]
    fn escapes_are_those_of_inception() {
        let mut cell = String::new();
        push_value(&mut cell, "#*'\t:;{}|[ ]()\\§&_\n-> - >");
        assert_eq!(cell, "#\\*'\\t:\\;{}\\|\\[ \\]()\\\\§&\\_\\n\\-> - >");
        assert_eq!(value_of("Journal_of\\x"), "Journal_of\\x", "what others left unescaped stays");
        assert_eq!(line_of("a\\tb\\\\n\\_\\\u{1}", 2), "a\tb\\n\\_\u{1}");
        assert_eq!(line_of("\\ud83d\\udc22\\u00e9\\101\\t\\_\\", 1), "🐢éA\t_");
        assert_eq!(bracketed("a\\[0\\]"), ("a\\[0\\]", None));
        assert_eq!(bracketed("1-1[1_2]"), ("1-1", Some("1_2")));
    }
}
