//! Where values stand in the source of a RON file.
//!
//! `ron` says where a file is no RON; where an annotation with a wrong quote stands is found here, after the fact, so
//! that reading costs nothing more. Whatever the layout: by hand, several on a line, with comments in between.

use std::ops::Range;

/// One value in a struct, list or map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Child<'a> {
    /// Field name or map key as written; empty in lists and tuples.
    pub key: &'a str,
    /// The value, in bytes of the source.
    pub value: Range<usize>,
}

/// Where the outermost value of a file begins, after attributes and comments; up to the end of the file, so that the
/// head of a large file can be looked at without walking through the rest.
pub(super) fn root(source: &str) -> Range<usize> {
    let bytes = source.as_bytes();
    let mut at = skip_blank(bytes, 0);
    while bytes.get(at) == Some(&b'#') {
        at = skip_blank(bytes, bytes[at..].iter().position(|&b| b == b']').map_or(bytes.len(), |n| at + n + 1));
    }
    at..bytes.len()
}

/// The values in the struct, list or map that stands at `parent`; none if a plain value stands there.
pub(super) fn children(source: &str, parent: Range<usize>) -> Children<'_> {
    let bytes = source.get(..parent.end).unwrap_or_default().as_bytes();
    let mut at = parent.start.min(bytes.len());
    while at < bytes.len() && !is_opening(bytes[at]) {
        // A struct or variant may have its name before the bracket; anything else has no children.
        let blank = skip_blank(bytes, at);
        at = if blank > at {
            blank
        } else if is_word(bytes[at]) && !is_string_start(bytes, at) {
            at + 1
        } else {
            bytes.len()
        };
    }
    Children { source, end: bytes.len(), at: at + 1 }
}

/// The value at the end of `path`, each step a field name or an index from 0.
pub(super) fn locate(source: &str, path: &[Step]) -> Option<Range<usize>> {
    path.iter().try_fold(root(source), |parent, step| match *step {
        Step::Field(name) => children(source, parent).find(|c| c.key == name).map(|c| c.value),
        Step::Item(index) => children(source, parent).nth(index).map(|c| c.value),
    })
}

/// One step down into a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Into a struct.
    Field(&'static str),
    /// Into a list, counted from 0.
    Item(usize),
}

/// Walks over the values of one bracket.
pub(super) struct Children<'a> {
    source: &'a str,
    end: usize,
    at: usize,
}

impl<'a> Iterator for Children<'a> {
    type Item = Child<'a>;

    fn next(&mut self) -> Option<Child<'a>> {
        let bytes = self.source.as_bytes().get(..self.end)?;
        let start = skip_blank(bytes, self.at);
        if bytes.get(start).is_none_or(|&b| is_closing(b)) {
            return None;
        }
        let mut child = Child { key: "", value: start..value_end(bytes, start) };
        let mut after = skip_blank(bytes, child.value.end);
        if bytes.get(after) == Some(&b':') {
            let value = skip_blank(bytes, after + 1);
            child =
                Child { key: self.source.get(child.value).unwrap_or_default(), value: value..value_end(bytes, value) };
            after = skip_blank(bytes, child.value.end);
        }
        // Without a comma this was the last, or the file is broken, which `ron` has to say.
        self.at = if bytes.get(after) == Some(&b',') { after + 1 } else { bytes.len() };
        Some(child)
    }
}

/// The end of the value that starts at `at`: before the comma, colon or closing bracket that ends it.
pub(super) fn value_end(bytes: &[u8], mut at: usize) -> usize {
    let (mut depth, mut end) = (0usize, at);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b',' | b':' if depth == 0 => break,
            _ if is_closing(byte) && depth == 0 => break,
            _ if is_closing(byte) => (depth, at) = (depth - 1, at + 1),
            _ if is_opening(byte) => (depth, at) = (depth + 1, at + 1),
            b'\'' => at = char_end(bytes, at),
            _ if is_string_start(bytes, at) => at = string_end(bytes, at),
            _ if is_word(byte) => at += bytes[at..].iter().take_while(|&&b| is_word(b)).count(),
            _ => {
                let blank = skip_blank(bytes, at);
                if blank > at {
                    at = blank;
                    continue;
                }
                at += 1;
            }
        }
        end = at;
    }
    end
}

fn is_opening(byte: u8) -> bool {
    matches!(byte, b'(' | b'[' | b'{')
}

fn is_closing(byte: u8) -> bool {
    matches!(byte, b')' | b']' | b'}')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// White space and comments, from `at` on.
fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.first().is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        } else if rest.starts_with(b"//") {
            at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        } else if rest.starts_with(b"/*") {
            at = block_comment_end(bytes, at);
        } else {
            return at;
        }
    }
}

/// Block comments nest in RON.
fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0usize);
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Whether a string, raw string, byte string or raw byte string starts here.
fn is_string_start(bytes: &[u8], at: usize) -> bool {
    string_opening(bytes, at).is_some()
}

/// Length of the opening up to and with the quote, and for raw strings the number of `#`.
fn string_opening(bytes: &[u8], at: usize) -> Option<(usize, Option<usize>)> {
    let rest = bytes.get(at..)?;
    let prefix = rest.iter().take_while(|&&b| b == b'b' || b == b'r').count();
    if prefix > 2 {
        return None;
    }
    let raw = rest[..prefix].contains(&b'r');
    let hashes = if raw { rest[prefix..].iter().take_while(|&&b| b == b'#').count() } else { 0 };
    (rest.get(prefix + hashes) == Some(&b'"')).then_some((prefix + hashes + 1, raw.then_some(hashes)))
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let Some((opening, raw)) = string_opening(bytes, start) else { return start + 1 };
    let mut at = start + opening;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match (byte, raw) {
            (b'\\', None) => at += 1,
            (b'"', None) => return at,
            (b'"', Some(hashes)) => {
                let closing = bytes[at..].iter().take(hashes).take_while(|&&b| b == b'#').count();
                if closing == hashes {
                    return at + hashes;
                }
            }
            _ => {}
        }
    }
    bytes.len()
}

fn char_end(bytes: &[u8], start: usize) -> usize {
    // The character itself may be a quote, when escaped; what is not closed on its line is broken anyway.
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' if at > start + 1 => return at + 1,
            b'\n' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at<'a>(source: &'a str, path: &[Step]) -> &'a str {
        &source[locate(source, path).unwrap()]
    }

    #[test]
    fn values_are_found_in_any_layout() {
        let source = r##"#![enable(implicit_some)]
            // annotations: [é]
            File( name: "é, annotations: [", /* [ /* nested ( */ */ key: '\'', raw: r#"a"),"#,
                list: [ (id: "a1", n: 1), Kind(id : "a]2" /* , */, n:2, m: {"x": [1, 2], ')': ')'}, ), ] )"##;
        assert_eq!(at(source, &[Step::Field("name")]), "\"é, annotations: [\"");
        assert_eq!(at(source, &[Step::Field("key")]), r"'\''");
        assert_eq!(at(source, &[Step::Field("raw")]), r##"r#"a"),"#"##);
        let second = [Step::Field("list"), Step::Item(1)];
        assert!(at(source, &second).starts_with("Kind(id"));
        let field = |name| [second[0], second[1], Step::Field(name)];
        assert_eq!(at(source, &field("id")), "\"a]2\"");
        assert_eq!(at(source, &field("n")), "2");
        assert_eq!(at(source, &[second[0], second[1], Step::Field("m"), Step::Item(1)]), "')'");
        assert_eq!(locate(source, &[Step::Field("list"), Step::Item(2)]), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_no_ron_makes_it_fail(source in r#"([\(\)\[\]\{\}"'\\/*#,:br \n]|é|a|1){0,60}"#, index in 0usize..4) {
            for path in [&[Step::Item(index)][..], &[Step::Item(0), Step::Item(index)], &[Step::Field("a")]] {
                if let Some(range) = locate(&source, path) {
                    prop_assert!(source.get(range).is_some());
                }
            }
        }
    }
}
