//! Types for the labels and link kinds of a project, and the way back from a type to its name.
//!
//! UIMA's names are identifiers. A name that is none gets a form; the description of the type or feature says which name
//! it stands for. On reading, a description counts as the name only where it would get that form, so that what others
//! write about their types is never taken for a name.

use super::types::{ANNOTATION, DOCUMENT_ANNOTATION, FS_ARRAY, Range, STRING_ARRAY, Type};
use crate::formats::output::{ExportInput, ExportOptions};
use crate::formats::records;
use crate::model::{AttributeKind, Layer, Name, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The package of custom types in WebAnno and INCEpTION.
pub const PACKAGE: &str = "webanno.custom.";
/// The two ends of a relation, as DKPro names them.
pub const FROM: &str = "Governor";
/// Where a relation points.
pub const TO: &str = "Dependent";
/// The feature that holds a note.
pub const NOTE: &str = "note";
/// DKPro's type for what is known about a document.
pub const META: &str = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData";
/// DKPro's type for a further field of it.
pub const META_FIELD: &str = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.MetaDataStringField";
/// The type that holds what UIMA has no place for.
pub const EXTRAS: &str = "byline.Extras";

/// Types of DKPro and INCEpTION whose structures a program makes, and no annotator.
const MADE_BY_PROGRAMS: [&str; 7] = [
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token",
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.TokenForm",
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Sentence",
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Lemma",
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Stem",
    "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.TagsetDescription",
    "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.TagDescription",
];

/// Names that no feature may have: those of UIMA and of ours, and those that `dkpro-cassis` cannot load because they
/// are words of Python or of its classes.
const TAKEN: &[&str] = &[
    "begin", "end", "sofa", "xmiID", "get", "set", NOTE, FROM, TO, "False", "None", "True", "and", "as", "assert",
    "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from",
    "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Whether the structures of a type are made by programs, and by no annotator.
pub fn made_by_program(kind: &str) -> bool {
    MADE_BY_PROGRAMS.contains(&kind)
}

/// In what the values of an attribute are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    YesNo,
    Number,
    Texts,
    Text,
}

impl Shape {
    fn of(kind: &AttributeKind) -> Self {
        match kind {
            AttributeKind::YesNo => Self::YesNo,
            AttributeKind::Number => Self::Number,
            AttributeKind::Several(_) => Self::Texts,
            _ => Self::Text,
        }
    }

    fn of_value(value: &Value) -> Self {
        match value {
            Value::YesNo(_) => Self::YesNo,
            Value::Number(_) => Self::Number,
            Value::List(_) => Self::Texts,
            Value::Text(_) => Self::Text,
        }
    }

    /// Whether a value is of this kind.
    pub fn fits(self, value: &Value) -> bool {
        Self::of_value(value) == self
    }

    fn range(self) -> &'static str {
        match self {
            Self::YesNo => "uima.cas.Boolean",
            Self::Number => "uima.cas.Double",
            Self::Texts => STRING_ARRAY,
            Self::Text => "uima.cas.String",
        }
    }
}

/// The type of a label.
#[derive(Clone, PartialEq, Debug)]
pub struct LabelForm {
    /// Full name of the type.
    pub kind: Name,
    /// Features by attribute.
    pub attributes: BTreeMap<Name, (Name, Shape)>,
}

/// All types of an export.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Forms {
    /// By label.
    pub labels: BTreeMap<Name, LabelForm>,
    /// Full names of types by link kind.
    pub links: BTreeMap<Name, Name>,
}

impl Forms {
    /// The types for the scheme and for what the annotations use beyond it.
    pub fn new(input: &ExportInput) -> Self {
        let mut used: BTreeMap<Name, BTreeMap<Name, Shape>> = BTreeMap::new();
        let scheme = &input.project.scheme;
        for label in &scheme.labels {
            let attributes = label.attributes.iter().map(|a| (a.name.clone(), Shape::of(&a.kind)));
            used.insert(label.name.clone(), attributes.collect());
        }
        let mut kinds: BTreeSet<Name> = scheme.links.iter().map(|l| l.name.clone()).collect();
        let layers = || input.documents.iter().flat_map(|d| d.layers.iter().copied());
        for annotation in layers().flat_map(Layer::annotations) {
            let attributes = match used.get_mut(&annotation.label) {
                Some(attributes) => attributes,
                None => used.entry(annotation.label.clone()).or_default(),
            };
            for (name, value) in &annotation.attributes {
                let shape = attributes.entry(name.clone()).or_insert(Shape::of_value(value));
                if !shape.fits(value) {
                    *shape = Shape::Text;
                }
            }
        }
        for link in layers().flat_map(Layer::links).filter(|link| !scheme.links.iter().any(|l| l.name == link.kind)) {
            kinds.insert(link.kind.clone());
        }
        let mut taken = BTreeSet::new();
        let full = |name: &Name, taken: &mut _| Name::from(format!("{PACKAGE}{}", form(name, taken)));
        let mut forms = Self::default();
        for (label, shapes) in used {
            let kind = full(&label, &mut taken);
            let mut features: BTreeSet<String> = TAKEN.iter().map(|&name| name.to_owned()).collect();
            let attributes = shapes.into_iter().map(|(name, shape)| {
                let feature = Name::from(form(&name, &mut features));
                (name, (feature, shape))
            });
            let attributes = attributes.collect();
            forms.labels.insert(label, LabelForm { kind, attributes });
        }
        for kind in kinds {
            let full = full(&kind, &mut taken);
            forms.links.insert(kind, full);
        }
        forms
    }

    /// The descriptions of all types that are written, by name.
    pub fn types(&self, options: &ExportOptions) -> Vec<(String, Type)> {
        let range = |of: &str| Range { of: of.to_owned(), about: String::new(), apart: false };
        let text = || range("uima.cas.String");
        let features = |features: &[(&str, Range)]| -> BTreeMap<String, Range> {
            features.iter().map(|(name, range)| ((*name).to_owned(), range.clone())).collect()
        };
        let described = |above: &str, about: &str, features| {
            let (above, about) = (above.to_owned(), about.to_owned());
            Type { above, about, features }
        };
        let meta =
            ["documentTitle", "documentId", "documentUri", "collectionId", "documentBaseUri"].map(|f| (f, text()));
        let mut meta = features(&meta);
        meta.insert("isLastSegment".to_owned(), range("uima.cas.Boolean"));
        let mut types = BTreeMap::from([
            (META.to_owned(), described(DOCUMENT_ANNOTATION, "", meta)),
            (META_FIELD.to_owned(), described(ANNOTATION, "", features(&[("key", text()), ("value", text())]))),
        ]);
        if !options.plain {
            let about = "What UIMA has no place for, as JSON: for Byline.";
            let all = [("annotations", range(FS_ARRAY)), ("json", text()), ("links", range(FS_ARRAY))];
            types.insert(EXTRAS.to_owned(), described("uima.cas.TOP", about, features(&all)));
        }
        for (label, form) in &self.labels {
            let mut of = features(&[(NOTE, text())]);
            for (name, (feature, shape)) in &form.attributes {
                let about = description(feature, name);
                of.insert(feature.to_string(), Range { about, ..range(shape.range()) });
            }
            types.insert(form.kind.to_string(), described(ANNOTATION, &description(&form.kind, label), of));
        }
        for (link, kind) in &self.links {
            let of = features(&[(FROM, range(ANNOTATION)), (TO, range(ANNOTATION)), (NOTE, text())]);
            types.insert(kind.to_string(), described(ANNOTATION, &description(kind, link), of));
        }
        types.into_iter().collect()
    }
}

/// The form of a name that no other name has.
fn form(name: &str, taken: &mut BTreeSet<String>) -> String {
    let wish = wish(name);
    let mut numbered = std::iter::once(wish.clone()).chain((2..).map(|n| format!("{wish}_{n}")));
    numbered.find(|form| taken.insert(form.clone())).unwrap_or(wish)
}

/// A name as an identifier: letters and digits of ASCII, and one `_` for all between them.
fn wish(name: &str) -> String {
    let mut form = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => form.push(c),
            _ if form.ends_with('_') => {}
            _ => form.push('_'),
        }
    }
    // WebAnno TSV means something else by features that begin so.
    let is_free = form.starts_with(|c: char| c.is_ascii_alphabetic()) && !form.starts_with("ROLE_");
    let form = if is_free { form } else { format!("x{form}") };
    // A digit at the end would look like the number that tells two forms apart.
    let digits = form.trim_end_matches(|c: char| c.is_ascii_digit());
    if digits.len() < form.len() && digits.ends_with('_') { format!("{form}_") } else { form }
}

/// What the description of a type or feature says: nothing where the form is the name; else the name, as JSON where
/// XML could not hold it.
fn description(full: &str, name: &str) -> String {
    let form = full.rsplit('.').next().unwrap_or(full);
    let plain = name.chars().all(crate::formats::markup::is_xml_char)
        && !name.starts_with('"')
        && !name.is_empty()
        && name.trim() == name;
    match (form == name, plain) {
        (true, _) => String::new(),
        (false, true) => name.to_owned(),
        (false, false) => records::as_ascii(&name.into()),
    }
}

/// The name for which a type or feature stands.
pub fn name_of(full: &str, description: &str) -> String {
    let form = full.rsplit('.').next().unwrap_or(full);
    let read = if description.starts_with('"') { serde_json::from_str(description).ok() } else { None };
    let name = read.unwrap_or_else(|| description.to_owned());
    let wish = wish(&name);
    let number = form.strip_prefix(&*wish).and_then(|rest| rest.strip_prefix('_'));
    let numbered = number.is_some_and(|n| n.parse::<u32>().is_ok());
    if !description.is_empty() && (form == wish || numbered) { name } else { form.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_read_back_whatever_they_are(names in proptest::collection::btree_set("[a-z2 ()_é\n\"\u{b}]{0,5}", 1..12)) {
            let mut taken = BTreeSet::from(["from".to_owned()]);
            for name in &names {
                let form = format!("{PACKAGE}{}", form(name, &mut taken));
                let said = description(&form, name);
                prop_assert!(said.chars().all(crate::formats::markup::is_xml_char));
                prop_assert_eq!(&name_of(&form, &said), name, "{} {}", form, said);
            }
            prop_assert_eq!(taken.len(), names.len() + 1);
        }
    }

    #[test]
    fn forms_look_like_the_names_and_foreign_descriptions_are_no_names() {
        let mut taken = BTreeSet::from(["from".to_owned()]);
        for (name, expected) in [
            ("claim", "claim"),
            ("claim (direct)", "claim_direct_"),
            ("from", "from_2"),
            ("2 é", "x2_"),
            ("a_2", "a_2_"),
        ] {
            assert_eq!(form(name, &mut taken), expected);
        }
        assert_eq!(name_of("webanno.custom.Claim", "A statement that somebody makes."), "Claim");
        assert_eq!(name_of("de.dkpro.Token", ""), "Token");
    }
}
