//! The layers of an export: which type stands for which label or link kind, and which columns it has.

use super::header::{BASE, RELATION, SPAN};
use super::{NOTE, features, short};
use crate::formats::cas::names::Forms;
use crate::formats::output::ExportInput;
use crate::model::{Layer, Name};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The layers that every project of INCEpTION has, without tokens, which are no layer of annotations.
const BUILT_IN: [&str; 9] = [
    "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity",
    "de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS",
    "de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.morph.MorphologicalFeatures",
    "de.tudarmstadt.ukp.dkpro.core.api.syntax.type.chunk.Chunk",
    "de.tudarmstadt.ukp.dkpro.core.api.syntax.type.dependency.Dependency",
    "de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink",
    "de.tudarmstadt.ukp.dkpro.core.api.semantics.type.SemArg",
    "de.tudarmstadt.ukp.dkpro.core.api.semantics.type.SemPred",
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.SurfaceForm",
];

/// Full names of types by label and by link kind, the same in all files of an export.
pub struct TypeNames<'a> {
    forms: &'a Forms,
    labels: BTreeMap<&'a Name, String>,
    links: BTreeMap<&'a Name, String>,
}

impl<'a> TypeNames<'a> {
    /// As in a CAS, but for the layers that INCEpTION has itself, and for full names that came from there.
    pub fn new(forms: &'a Forms) -> Self {
        let mut taken: BTreeSet<&str> = forms.labels.values().map(|form| form.kind.as_str()).collect();
        taken.extend(forms.links.values().map(Name::as_str));
        let mut full = |name: &'a str| {
            let wish = BUILT_IN.into_iter().find(|built_in| short(built_in) == name);
            let wish = wish.or_else(|| is_full_name(name).then_some(name));
            wish.filter(|wish| taken.insert(wish))
        };
        let mut names = Self { forms, labels: BTreeMap::new(), links: BTreeMap::new() };
        for (label, form) in &forms.labels {
            names.labels.insert(label, full(label).unwrap_or(&form.kind).to_owned());
        }
        for (kind, form) in &forms.links {
            names.links.insert(kind, full(kind).unwrap_or(form).to_owned());
        }
        names
    }

    /// The type of a label.
    pub fn label(&self, label: &Name) -> &str {
        self.labels.get(label).map_or("", String::as_str)
    }

    /// The type of a link kind.
    pub fn link(&self, kind: &Name) -> &str {
        self.links.get(kind).map_or("", String::as_str)
    }
}

fn is_full_name(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    name.contains('.') && name.split('.').all(is_part)
}

/// What a column of a span layer holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Column {
    /// That there is an annotation.
    Nothing,
    /// Its note.
    Note,
    /// An attribute.
    Value(Name),
}

/// A span layer: the annotations of one label.
pub struct Spans<'a> {
    pub label: &'a Name,
    pub columns: Vec<Column>,
}

/// A relation layer: the links of one kind.
pub struct Relations<'a> {
    pub kind: &'a Name,
    /// Names of features, in order; [`NOTE`] for whole notes.
    pub columns: Vec<String>,
    /// The label of all that it joins; `None` where they are of several.
    pub base: Option<&'a Name>,
}

/// The layers of one file.
pub struct Layers<'a> {
    pub spans: Vec<Spans<'a>>,
    pub relations: Vec<Relations<'a>>,
}

impl<'a> Layers<'a> {
    /// Those that a layer of ours uses, in the order of the scheme.
    pub fn new(layer: Option<&'a Layer>, types: &TypeNames, input: &ExportInput) -> Self {
        let scheme = &input.project.scheme;
        let mut noted: BTreeMap<&Name, bool> = BTreeMap::new();
        for annotation in layer.into_iter().flat_map(Layer::annotations) {
            *noted.entry(&annotation.label).or_default() |= !annotation.note.is_empty();
        }
        let mut spans: Vec<_> = noted.iter().map(|(label, noted)| Spans::new(label, *noted, types)).collect();
        let rank = |name: &Name| scheme.labels.iter().position(|label| label.name == *name).unwrap_or(usize::MAX);
        spans.sort_by_key(|spans| rank(spans.label));
        let mut relations: BTreeMap<&Name, (BTreeSet<String>, BTreeSet<&Name>)> = BTreeMap::new();
        for link in layer.into_iter().flat_map(Layer::links) {
            let (columns, labels) = relations.entry(&link.kind).or_default();
            match features::from_note(&link.note) {
                Some(values) => columns.extend(values.into_iter().flatten().map(|(name, _)| name.to_owned())),
                None if link.note.is_empty() => {}
                None => {
                    columns.insert(NOTE.to_owned());
                }
            }
            let label = |id| layer.and_then(|layer| layer.get(id)).map(|annotation| &annotation.label);
            labels.extend([link.from, link.to].into_iter().filter_map(label));
        }
        let relation = |(kind, (columns, labels)): (_, (BTreeSet<String>, BTreeSet<&'a Name>))| Relations {
            kind,
            columns: columns.into_iter().collect(),
            base: labels.first().copied().filter(|_| labels.len() == 1),
        };
        let mut relations: Vec<_> = relations.into_iter().map(relation).collect();
        let rank = |name: &Name| scheme.links.iter().position(|link| link.name == *name).unwrap_or(usize::MAX);
        relations.sort_by_key(|relations| rank(relations.kind));
        Self { spans, relations }
    }

    /// The lines that describe them.
    pub fn header(&self, types: &TypeNames) -> String {
        let mut out = String::new();
        for spans in &self.spans {
            out.extend([SPAN, types.label(spans.label)]);
            for column in &spans.columns {
                out.extend(["|", &spans.feature(column, types)]);
            }
            out.push('\n');
        }
        for relations in &self.relations {
            out.extend([RELATION, types.link(relations.kind)]);
            relations.columns.iter().for_each(|column| out.extend(["|", column]));
            let base = relations.base.map_or("uima.tcas.Annotation", |label| types.label(label));
            out.extend(["|", BASE, base, "\n"]);
        }
        out
    }

    /// The names that cannot be told from the types and features: by type, and by type and feature.
    pub fn names(&self, types: &TypeNames) -> Map<String, Json> {
        let mut names = Map::new();
        let mut put = |form: String, name: &str| {
            if short(form.rsplit('/').next().unwrap_or(&form)) != name {
                names.insert(form, name.into());
            }
        };
        for spans in &self.spans {
            let kind = types.label(spans.label);
            put(kind.to_owned(), spans.label);
            for column in &spans.columns {
                if let Column::Value(name) = column {
                    put(format!("{kind}/{}", spans.feature(column, types)), name);
                }
            }
        }
        for relations in &self.relations {
            put(types.link(relations.kind).to_owned(), relations.kind);
        }
        names
    }
}

impl<'a> Spans<'a> {
    fn new(label: &'a Name, noted: bool, types: &TypeNames) -> Self {
        let attributes = types.forms.labels.get(label).into_iter().flat_map(|form| form.attributes.keys());
        let mut columns: Vec<Column> = attributes.cloned().map(Column::Value).collect();
        columns.extend(noted.then_some(Column::Note));
        let mut spans = Self { label, columns };
        let mut keyed: Vec<(String, Column)> =
            spans.columns.drain(..).map(|column| (feature(label, &column, types), column)).collect();
        // As INCEpTION orders them.
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        spans.columns = keyed.into_iter().map(|(_, column)| column).collect();
        if spans.columns.is_empty() {
            spans.columns.push(Column::Nothing);
        }
        spans
    }

    fn feature(&self, column: &Column, types: &TypeNames) -> String {
        feature(self.label, column, types)
    }
}

/// The feature that a column holds.
fn feature(label: &Name, column: &Column, types: &TypeNames) -> String {
    match column {
        Column::Nothing => String::new(),
        Column::Note => NOTE.to_owned(),
        Column::Value(name) => {
            let form = types.forms.labels.get(label).and_then(|form| form.attributes.get(name));
            form.map_or_else(String::new, |(feature, _)| feature.to_string())
        }
    }
}
