//! `keys.ron`: names of actions, and keys as they are written. Which actions there are, and which keys, the window knows.

use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// What stands in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeysFile {
    /// In the order of the file; nothing says that a name is that of an action, or stands there once.
    pub entries: Vec<Entry>,
    /// Where each text between quotation marks stands first.
    lines: BTreeMap<String, usize>,
}

/// The keys of an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name of the action.
    pub name: String,
    /// The line on which it stands, from 1.
    pub line: usize,
    /// Its keys; `None` where something else stands in their place.
    pub keys: Option<Vec<WrittenKey>>,
}

/// A key as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenKey {
    /// As in `Ctrl+Shift+Z`.
    pub text: String,
    /// The line on which it stands, from 1.
    pub line: usize,
}

/// Why nothing can be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct BadKeys {
    /// Where, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl KeysFile {
    /// Reads the file.
    ///
    /// # Errors
    /// Where it is no map.
    pub fn read(source: &str) -> Result<Self, BadKeys> {
        let Entries(found) = ron::from_str(source)
            .map_err(|error| BadKeys { line: error.span.start.line, what: error.code.to_string() })?;
        // Comments say nothing of where something stands.
        let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        let (mut line, mut column) = (0, 0);
        // Each stands behind the one before it; what is written with escapes of its own is taken for as far as that one.
        let mut place = |text: &str| {
            let quoted = format!("{text:?}");
            let from = |n: usize| if n == line { column } else { 0 };
            let lines = code.iter().enumerate().skip(line);
            let found = lines.filter_map(|(n, code)| Some((n, from(n) + code.get(from(n)..)?.find(&quoted)?)));
            if let Some((n, at)) = { found }.next() {
                (line, column) = (n, at + quoted.len());
            }
            line + 1
        };
        let entry = |(name, value): (String, ron::Value)| {
            let line = place(&name);
            let keys = texts(&value).map(|texts| texts.into_iter().map(|text| WrittenKey { line: place(&text), text }));
            Entry { line, keys: keys.map(Iterator::collect), name }
        };
        let entries: Vec<Entry> = found.into_iter().map(entry).collect();
        let mut lines = BTreeMap::new();
        for entry in &entries {
            lines.entry(entry.name.clone()).or_insert(entry.line);
        }
        Ok(Self { entries, lines })
    }

    /// The line (from 1) where the keys of an action stand; the first where they stand nowhere.
    pub fn line_of(&self, name: &str) -> usize {
        self.lines.get(name).copied().unwrap_or(1)
    }
}

/// A combination of keys, taken apart: which keys are held, and the name of the one that is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Combination<'a> {
    /// Ctrl (on a Mac: Command).
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
    /// Alt.
    pub alt: bool,
    /// The key; nothing says that there is one of this name.
    pub key: &'a str,
}

impl<'a> Combination<'a> {
    /// Takes `Ctrl+Shift+Z` apart.
    pub fn of(text: &'a str) -> Self {
        let mut found = Self { ctrl: false, shift: false, alt: false, key: text };
        loop {
            if let Some(after) = found.key.strip_prefix("Ctrl+") {
                (found.ctrl, found.key) = (true, after);
            } else if let Some(after) = found.key.strip_prefix("Shift+") {
                (found.shift, found.key) = (true, after);
            } else if let Some(after) = found.key.strip_prefix("Alt+") {
                (found.alt, found.key) = (true, after);
            } else {
                return found;
            }
        }
    }
}

/// The entries in the order of the file; a map would lose which of two comes first.
struct Entries(Vec<(String, ron::Value)>);

impl<'de> serde::Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of names and keys")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// A list of texts, or a single one.
fn texts(value: &ron::Value) -> Option<Vec<String>> {
    match value {
        ron::Value::String(text) => Some(vec![text.clone()]),
        ron::Value::Seq(items) => items.iter().map(|item| texts(item)?.pop()).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_keys_are_told_with_their_lines_past_comments() {
        let source = "// \"undo\": [\"F1\"]\n{\n  \"redo\": \"Ctrl+Y\", // \"undo\"\n\n  \"undo\": [\n    \"F5\",\n    \
                      \"Ctrl+Z\",\n  ],\n  \"undo\": 3,\n}\n";
        let file = KeysFile::read(source).unwrap();
        let key = |line, text: &str| WrittenKey { text: text.to_owned(), line };
        let entry = |name: &str, line, keys| Entry { name: name.to_owned(), line, keys };
        let (redo, undo) = (vec![key(3, "Ctrl+Y")], vec![key(6, "F5"), key(7, "Ctrl+Z")]);
        let entries = vec![entry("redo", 3, Some(redo)), entry("undo", 5, Some(undo)), entry("undo", 9, None)];
        assert_eq!(file.entries, entries);
        assert_eq!((file.line_of("undo"), file.line_of("help")), (5, 1));
        let error = KeysFile::read("{\n  \"undo\": [\"F5\"\n  \"redo\": []}").unwrap_err();
        assert_eq!((error.line, KeysFile::read("").is_err(), KeysFile::read("[]").is_err()), (3, true, true));
    }

    proptest! {
        #[test]
        fn every_key_is_found_on_the_line_on_which_it_was_written(
            all in proptest::collection::vec(("[a-z]{1,8}", proptest::collection::vec("[ -~é]{0,5}", 0..4)), 0..8),
        ) {
            // What looks like a comment in a key hides where the key is, and nothing else.
            prop_assume!(!all.iter().any(|(_, keys)| keys.iter().any(|key| key.contains("//"))));
            let (mut source, mut line, mut expected) = ("{\n".to_owned(), 2, Vec::new());
            for (name, keys) in &all {
                source += &format!("{name:?}: [\n");
                let mut written = Vec::new();
                for (n, key) in keys.iter().enumerate() {
                    source += &format!("  {key:?},\n");
                    written.push(WrittenKey { text: key.clone(), line: line + 1 + n });
                }
                source += "],\n";
                expected.push(Entry { name: name.clone(), line, keys: Some(written) });
                line += keys.len() + 2;
            }
            source.push('}');
            prop_assert_eq!(KeysFile::read(&source).unwrap().entries, expected);
        }

        #[test]
        fn a_combination_is_its_keys(ctrl: bool, shift: bool, alt: bool, key in "[A-Z+\\[]|F[1-9]|Tab") {
            let held = [(ctrl, "Ctrl+"), (shift, "Shift+"), (alt, "Alt+")];
            let held: String = held.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect();
            let text = format!("{held}{key}");
            prop_assert_eq!(Combination::of(&text), Combination { ctrl, shift, alt, key: &key });
        }
    }
}
