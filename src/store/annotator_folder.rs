//! The name of an annotator's folder.
//!
//! a–z, A–Z, 0–9, `-`, `_` and inner dots stand for themselves, every other byte of the UTF-8 name is `%` and two
//! hexadecimal digits: safe on every system, whatever it makes of é, of `CON` or of a trailing dot, and reversible.

use crate::model::Name;
use std::fmt::Write;

/// A name that cannot name a folder.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{0}” cannot be the name of an annotator: it must have at least one character and fit a folder's name")]
pub struct BadAnnotator(pub String);

/// Folder names may have 255 bytes nearly everywhere; less leaves room for what other programs append.
const LONGEST: usize = 200;

/// The folder of an annotator.
pub(crate) fn folder_of(annotator: &str) -> Result<String, BadAnnotator> {
    let device = is_device(annotator);
    let last = annotator.len().saturating_sub(1);
    let mut folder = String::with_capacity(annotator.len());
    for (i, byte) in annotator.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && i > 0 && i < last);
        if plain && !(device && i == 0) {
            folder.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(folder, "%{byte:02X}");
        }
    }
    if (1..=LONGEST).contains(&folder.len()) { Ok(folder) } else { Err(BadAnnotator(annotator.to_owned())) }
}

/// The annotator whose folder this is; `None` if it is nobody's.
pub(crate) fn annotator_of(folder: &str) -> Option<Name> {
    let mut bytes = Vec::with_capacity(folder.len());
    let mut rest = folder.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    // One spelling for each name: another folder that decodes to it would be a second home for the same layer.
    (folder_of(&name).ok()?.as_str() == folder).then(|| name.into())
}

/// Names that some systems keep for devices, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered =
        |prefix| stem.strip_prefix(prefix).is_some_and(|n: &str| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folders_are_safe_everywhere_and_lead_nowhere_else() {
        for (name, folder) in [
            ("maria", "maria"),
            ("José Á.", "Jos%C3%A9%20%C3%81%2E"),
            ("..", "%2E%2E"),
            ("../../etc", "%2E.%2F..%2Fetc"),
            ("con", "%63on"),
            ("Nul.txt", "%4Eul.txt"),
            ("a\\b:c%", "a%5Cb%3Ac%25"),
        ] {
            assert_eq!(folder_of(name).unwrap(), folder);
            assert_eq!(annotator_of(folder), Some(name.into()));
        }
        assert!(folder_of("").is_err() && folder_of(&"é".repeat(40)).is_err());
        for nobodys in ["", "José", ".git", "a%2", "%c3%a9", "%61", "a b", "%FF", "a."] {
            assert_eq!(annotator_of(nobodys), None, "{nobodys}");
        }
    }

    proptest! {
        #[test]
        fn a_folder_leads_back_to_its_annotator(name in any::<String>()) {
            if let Ok(folder) = folder_of(&name) {
                prop_assert_eq!(annotator_of(&folder), Some(Name::from(name)));
                prop_assert!(folder.bytes().all(|b| b.is_ascii_graphic() && !b"/\\:*?\"<>|".contains(&b)), "{}", folder);
                prop_assert!(!folder.starts_with('.') && !folder.ends_with('.'));
            }
        }
    }
}
