//! Names of labels, link kinds and attributes in the letters that brat allows, and the way back.
//!
//! A name that brat cannot write gets a form; `annotation.conf` says in comments which name each form stands for:
//! `# byline label claim_direct "claim (direct)"`.

use std::collections::BTreeMap;

/// What a name names: each kind has its own forms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    Label,
    Link,
    Attribute,
    /// The form is a folder.
    Annotator,
    /// The form is the stem of a file whose text stays out; the name is its SHA-256.
    Text,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Label, Self::Link, Self::Attribute, Self::Annotator, Self::Text];

    fn word(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Link => "link",
            Self::Attribute => "attribute",
            Self::Annotator => "annotator",
            Self::Text => "text",
        }
    }
}

/// Begins the comments that hold names.
const MARK: &str = "# byline ";

/// Names by form, and forms by name.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Names {
    names: BTreeMap<(Kind, String), String>,
    forms: BTreeMap<(Kind, String), String>,
}

impl Names {
    pub const fn new() -> Self {
        Self { names: BTreeMap::new(), forms: BTreeMap::new() }
    }

    /// The name that a form stands for; itself if nothing else was said.
    pub fn name<'a>(&'a self, kind: Kind, form: &'a str) -> &'a str {
        self.names.get(&(kind, form.to_owned())).map_or(form, String::as_str)
    }

    /// The annotator whose files lie in a folder, if that was said.
    pub fn annotator(&self, folder: &str) -> Option<&str> {
        self.names.get(&(Kind::Annotator, folder.to_owned())).map(String::as_str)
    }

    /// The SHA-256 of the text with this stem, if that was said.
    pub fn text(&self, stem: &str) -> Option<&str> {
        self.names.get(&(Kind::Text, stem.to_owned())).map(String::as_str)
    }

    /// The form of a name, made if it has none yet. Different names get different forms.
    pub fn form(&mut self, kind: Kind, name: &str) -> String {
        if let Some(form) = self.forms.get(&(kind, name.to_owned())) {
            return form.clone();
        }
        let letters: String = name.chars().map(|c| if is_allowed(c) { c } else { '_' }).collect();
        let wish = if letters.is_empty() { "_".to_owned() } else { letters };
        let mut form = wish.clone();
        let mut number = 2;
        while self.names.contains_key(&(kind, form.clone())) {
            form = format!("{wish}_{number}");
            number += 1;
        }
        self.put(kind, &form, name);
        form
    }

    /// Says which name a form stands for.
    pub fn put(&mut self, kind: Kind, form: &str, name: &str) {
        self.names.insert((kind, form.to_owned()), name.to_owned());
        self.forms.insert((kind, name.to_owned()), form.to_owned());
    }

    /// The comment lines that hold what cannot be told from the forms.
    pub fn comments(&self) -> String {
        // A folder says nothing of itself: it is an annotator's only if that is said.
        let told = self.names.iter().filter(|((kind, form), name)| *kind == Kind::Annotator || form != *name);
        let lines = told.map(|((kind, form), name)| {
            let json = serde_json::Value::from(name.as_str());
            [MARK, kind.word(), " ", form, " ", &json.to_string(), "\n"].concat()
        });
        lines.collect()
    }

    /// The inverse of [`Names::comments`] for one line; anything else is passed over.
    pub fn read_comment(&mut self, line: &str) {
        let mut parts = line.strip_prefix(MARK).unwrap_or_default().splitn(3, ' ');
        let (Some(word), Some(form), Some(json)) = (parts.next(), parts.next(), parts.next()) else { return };
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word);
        if let (Some(kind), Ok(name)) = (kind, serde_json::from_str::<String>(json.trim())) {
            self.put(kind, form, &name);
        }
    }
}

/// Letters of a type name (brat's visual.conf says so).
pub fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_read_back_whatever_they_are(names in proptest::collection::btree_set("[a-z ()_é\n\"]{0,5}", 1..12)) {
            let mut written = Names::default();
            let forms: Vec<_> = names.iter().map(|name| written.form(Kind::Label, name)).collect();
            prop_assert!(forms.iter().all(|form| !form.is_empty() && form.chars().all(is_allowed)));
            let mut read = Names::default();
            written.comments().lines().for_each(|line| read.read_comment(line));
            for (name, form) in names.iter().zip(&forms) {
                prop_assert_eq!(read.name(Kind::Label, form), name);
            }
        }
    }
}
