//! Reading RON with precise faults, and writing strings, times and numbers of RON by hand.
//!
//! `ron` reads; it cannot write one annotation per line, so the lines are put together here and in the file modules.

use super::fault::{Fault, Located};
use super::outline::{self, Step};
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use ron::error::{Error, Position, SpannedError};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::marker::PhantomData;
use std::ops::Range;

/// The version that is written, and the newest that is read, of every file.
pub(super) const VERSION: u64 = 1;

/// Reads a file that must be of this format, in version 1.
pub(super) fn read<'a, T: Deserialize<'a>>(source: &'a str, format: &'static str) -> Result<T, Located> {
    check_head(source, format)?;
    ron::from_str(source).map_err(|error| syntax_fault(source, error))
}

/// Every file opens with what it is and its version, so that a newer one is refused before anything else of it is
/// looked at.
pub(super) fn check_head(source: &str, expected: &'static str) -> Result<(), Located> {
    if source.trim().is_empty() {
        return Err(Fault::Empty.at(None));
    }
    let root = outline::root(source);
    let mut fields = outline::children(source, root);
    let value = |range: &Range<usize>| source.get(range.clone()).unwrap_or_default();
    let head = fields.next().zip(fields.next()).filter(|(f, v)| f.key == "format" && v.key == "version");
    let Some((format, version)) = head else {
        return Err(Fault::OtherFormat { expected, found: None }.at(Some(first_line(source))));
    };
    let found: Option<String> = ron::from_str(value(&format.value)).ok();
    if found.as_deref() != Some(expected) {
        return Err(Fault::OtherFormat { expected, found }.at(Some(format.value)));
    }
    match value(&version.value).parse() {
        Ok(VERSION) => Ok(()),
        Ok(found) if found > VERSION => {
            Err(Fault::NewerVersion { format: expected, found, supported: VERSION }.at(Some(version.value)))
        }
        _ => Err(Fault::NoVersion(value(&version.value).to_owned()).at(Some(version.value))),
    }
}

fn first_line(source: &str) -> Range<usize> {
    let start = source.len() - source.trim_start().len();
    let len = source[start..].find(['\n', '\r']).unwrap_or(source.len() - start);
    start..start + len
}

fn syntax_fault(source: &str, error: SpannedError) -> Located {
    let (start, end) = (byte_of(source, error.span.start), byte_of(source, error.span.end));
    let list = |names: &'static [&'static str]| names.to_vec();
    let fault = match error.code {
        Error::NoSuchStructField { expected, found, .. } => Fault::UnknownField { found, expected: list(expected) },
        Error::MissingStructField { field, .. } => Fault::MissingField(field.to_owned()),
        Error::DuplicateStructField { field, .. } => Fault::Twice(field.to_owned()),
        Error::NoSuchEnumVariant { expected, found, .. } => Fault::UnknownVariant { found, expected: list(expected) },
        Error::ExceededRecursionLimit => Fault::Syntax("brackets are nested too deeply".to_owned()),
        Error::Eof => Fault::Syntax("the file ends in the middle".to_owned()),
        code => Fault::Syntax(lower_first(&code.to_string())),
    };
    let range = match &fault {
        // `ron` has read on to the colon; the name is what is wrong.
        Fault::UnknownField { found, .. } | Fault::UnknownVariant { found, .. } => word_before(source, end, found),
        _ => None,
    };
    let blank = |at: usize| source.get(at..).map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\n']).len());
    let start = start + blank(start);
    fault.at(Some(range.unwrap_or(start..end.max(start))))
}

/// The last place before `end` at which `word` stands; nothing if it is not close.
fn word_before(source: &str, end: usize, word: &str) -> Option<Range<usize>> {
    let start = source.get(..end)?.rfind(word)?;
    let between = source.get(start + word.len()..end)?;
    between.trim_start().is_empty().then_some(start..start + word.len())
}

fn byte_of(source: &str, at: Position) -> usize {
    let line_start = match at.line.checked_sub(2) {
        Some(n) => memchr::memchr_iter(b'\n', source.as_bytes()).nth(n).map_or(source.len(), |i| i + 1),
        None => 0,
    };
    let line = source.get(line_start..).unwrap_or_default();
    line.char_indices().nth(at.col.saturating_sub(1)).map_or(source.len(), |(i, _)| line_start + i)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The place of a value of the file, for a fault that is found after reading.
pub(super) fn place(source: &str, path: &[Step]) -> Option<Range<usize>> {
    // A field that was left out has no place of its own; what it is missing from has.
    outline::locate(source, path).or_else(|| path.split_last().and_then(|(_, parent)| place(source, parent)))
}

/// Writes `text` in quotes, on one line, so that `ron` reads the same text.
pub(super) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut done = 0;
    for (at, c) in text.char_indices() {
        if !needs_escape(c) {
            continue;
        }
        out.push_str(&text[done..at]);
        done = at + c.len_utf8();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => push_display(out, c.escape_unicode()),
        }
    }
    out.push_str(&text[done..]);
    out.push('"');
}

/// What would break a line, hide or turn around what stands beside it in an editor.
fn needs_escape(c: char) -> bool {
    matches!(c, '"' | '\\' | '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes a list of strings.
pub(super) fn push_strings<'a>(out: &mut String, items: impl IntoIterator<Item = &'a str>) {
    out.push('[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        push_string(out, item);
    }
    out.push(']');
}

/// Writes anything that is written as it is shown: numbers, ids.
pub(super) fn push_display(out: &mut String, shown: impl fmt::Display) {
    // Writing into a String cannot fail.
    let _ = write!(out, "{shown}");
}

/// Writes `name: "text"` after a comma.
pub(super) fn push_field(out: &mut String, name: &str, text: &str) {
    push_display(out, format_args!(", {name}: "));
    push_string(out, text);
}

/// Writes a time in UTC to the second, in quotes.
pub(super) fn push_time(out: &mut String, at: DateTime<Utc>) {
    if !(0..=9999).contains(&at.year()) || at.nanosecond() >= 1_000_000_000 {
        push_display(out, format_args!("\"{}\"", at.format("%Y-%m-%dT%H:%M:%SZ")));
        return;
    }
    out.push('"');
    let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
    let digit = |n: u32| char::from(b'0' + (n % 10) as u8);
    let year = at.year() as u32;
    out.extend([digit(year / 1000), digit(year / 100), digit(year / 10), digit(year)]);
    for (separator, part) in ['-', '-', 'T', ':', ':'].into_iter().zip(parts) {
        out.extend([separator, digit(part / 10), digit(part)]);
    }
    out.push_str("Z\"");
}

/// Reads what [`push_time`] writes, and nothing else: one spelling for each time.
pub(super) fn time(text: &str) -> Result<DateTime<Utc>, Fault> {
    plain_time(text.as_bytes())
        .or_else(|| text.parse().ok())
        .filter(|at: &DateTime<Utc>| {
            let mut again = String::with_capacity(24);
            push_time(&mut again, *at);
            again.get(1..again.len() - 1) == Some(text)
        })
        .ok_or_else(|| Fault::BadTime(text.to_owned()))
}

/// The usual case without the machinery of formats: a hundred thousand of them are read at once.
fn plain_time(text: &[u8]) -> Option<DateTime<Utc>> {
    let number = |range: Range<usize>| {
        text.get(range)?.iter().try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
    };
    let day = NaiveDate::from_ymd_opt(i32::try_from(number(0..4)?).ok()?, number(5..7)?, number(8..10)?)?;
    Some(day.and_hms_opt(number(11..13)?, number(14..16)?, number(17..19)?)?.and_utc())
}

/// Reads a day: one spelling for each.
pub(super) fn day(text: &str) -> Result<NaiveDate, Fault> {
    let day: Option<NaiveDate> = text.parse().ok();
    day.filter(|day| day.to_string() == text).ok_or_else(|| Fault::BadDate(text.to_owned()))
}

/// Reads a SHA-256 in lower-case hexadecimal.
pub(super) fn hash(text: &str) -> Result<String, Fault> {
    let good = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if good { Ok(text.to_owned()) } else { Err(Fault::BadHash(text.to_owned())) }
}

/// A field that may be left out but is written plainly where it stands, not as `Some("…")`.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A map that refuses a key that stands there twice, where serde would drop the first.
#[derive(PartialEq, Debug)]
pub(super) struct UniqueMap<V>(pub BTreeMap<String, V>);

impl<V> Default for UniqueMap<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = UniqueMap<V>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map with texts as keys")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, V>()? {
                    if entries.contains_key(&key) {
                        return Err(A::Error::custom(format_args!("the key “{key}” stands there twice")));
                    }
                    entries.insert(key, value);
                }
                Ok(UniqueMap(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        push_string(&mut out, text);
        out
    }

    #[test]
    fn what_hides_or_breaks_a_line_is_escaped_and_the_rest_is_readable() {
        assert_eq!(written("« l’été » 👩‍👧 \\ \"q\"\r\n\t\0"), r#""« l’été » 👩‍👧 \\ \"q\"\r\n\t\u{0}""#);
        assert_eq!(written("a\u{202e}b\u{2028}\u{85}\u{feff}"), r#""a\u{202e}b\u{2028}\u{85}\u{feff}""#);
    }

    #[test]
    fn a_time_has_one_spelling() {
        assert_eq!(time("2026-11-23T10:00:59Z").unwrap().timestamp(), 1_795_428_059);
        for bad in ["2026-11-23", "2026-11-23T10:00:00+00:00", "2026-11-23T10:00:00.5Z", "2026-02-30T10:00:00Z", "é"] {
            assert_eq!(time(bad), Err(Fault::BadTime(bad.to_owned())), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn strings_reread_equal_and_stay_on_one_line(text in any::<String>()) {
            let source = written(&text);
            let one_line = !source.contains(['\n', '\r', '\u{2028}']);
            prop_assert!(one_line, "{}", source);
            prop_assert_eq!(ron::from_str::<String>(&source).unwrap(), text);
        }

        #[test]
        fn times_reread_equal(seconds in -200_000_000_000i64..300_000_000_000) {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let mut out = String::new();
            push_time(&mut out, at);
            prop_assert_eq!(time(out.trim_matches('"')), Ok(at));
        }
    }
}
