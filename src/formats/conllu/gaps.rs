//! What stands between words, as the last column says it: `SpaceAfter=No`, and `SpacesAfter` with the escapes of UDPipe.

use crate::formats::tokens::is_gap;
use std::fmt::Write;

/// Escapes of UDPipe; other white space is written as `\u` and four hexadecimal digits, as Stanza writes U+00A0.
const ESCAPES: [(char, char); 6] = [(' ', 's'), ('\t', 't'), ('\n', 'n'), ('\r', 'r'), ('|', 'p'), ('\\', '\\')];

/// A gap as a value of the last column.
pub fn escaped(gap: &str) -> String {
    let mut out = String::new();
    for c in gap.chars() {
        match ESCAPES.iter().find(|(of, _)| *of == c) {
            Some((_, letter)) => out.extend(['\\', *letter]),
            None if is_gap(c) => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            None => out.push(c),
        }
    }
    out
}

/// The inverse of [`escaped`]; what is no escape stays as it is.
pub fn unescaped(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let letter = after.chars().next();
        let hex = after.strip_prefix('u').and_then(|hex| hex.get(..4));
        let number = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        if let Some((c, letter)) = ESCAPES.iter().find(|(_, l)| Some(*l) == letter) {
            out.push(*c);
            rest = &after[letter.len_utf8()..];
        } else if let Some(c) = number {
            out.push(c);
            rest = &after[5..];
        } else {
            out.push('\\');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::hostile_text;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_gap_reads_back_and_has_no_white_space(gap in hostile_text()) {
            let escaped = escaped(&gap);
            prop_assert!(!escaped.contains(is_gap));
            prop_assert_eq!(unescaped(&escaped), gap);
        }
    }

    #[test]
    fn escapes_are_those_of_udpipe() {
        assert_eq!(escaped(" \t\r\n\u{a0}\u{2028}\\"), r"\s\t\r\n\u00A0\u2028\\");
        assert_eq!(unescaped(r"é\x\u12\p\"), "é\\x\\u12|\\");
    }
}
