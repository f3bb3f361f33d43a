//! From a document with its annotations to a CAS.

use super::model::{Cas, Feature, INITIAL_VIEW, Sofa, Structure};
use super::names::{EXTRAS, FROM, Forms, META, META_FIELD, NOTE, Shape, TO};
use crate::formats::encode::{METADATA_FIELDS, metadata_values};
use crate::formats::exact::{Exact, shown_value};
use crate::formats::losses::fragments_for;
use crate::formats::output::{ExportDocument, ExportInput, ExportOptions, Verifier, WriteError};
use crate::formats::{Card, extras, records};
use crate::model::{Annotation, AnnotationId, Layer, Link, Value};
use std::collections::HashMap;

/// What all documents of an export share.
#[derive(Clone, Copy)]
pub struct Builder<'a> {
    /// Of the format that is written.
    pub card: &'a Card,
    /// Scheme and entities.
    pub input: &'a ExportInput<'a>,
    /// How to write.
    pub options: &'a ExportOptions,
    /// The types of labels and link kinds.
    pub forms: &'a Forms,
    /// Whether the CAS becomes XML, which has not every character.
    pub xml: bool,
}

/// The id of the only text.
const SOFA: u64 = 1;

impl Builder<'_> {
    /// The CAS of a document with one layer, or with none.
    pub fn cas<'d>(
        &self,
        document: &ExportDocument<'d>,
        layer: Option<&'d Layer>,
        verifier: &mut Verifier<'d>,
    ) -> Result<Cas, WriteError> {
        let mut making = Making { builder: *self, structures: Vec::new(), exact: Exact::default() };
        making.metadata(document);
        let mut ids: HashMap<AnnotationId, (u64, (u64, u64))> = HashMap::new();
        for annotation in layer.into_iter().flat_map(Layer::annotations) {
            let Some(whole) = fragments_for(self.card, annotation).first().copied() else { continue };
            let (at, _) = verifier.slice(&annotation.id.to_string(), whole, self.card.unit)?;
            let range = (at.start as u64, at.end as u64);
            ids.insert(annotation.id, (making.annotation(annotation, range), range));
        }
        let annotations = layer.into_iter().flat_map(Layer::annotations).filter_map(|a| ids.get(&a.id));
        let annotations = annotations.map(|(id, _)| *id).collect();
        let mut links = Vec::new();
        for link in layer.into_iter().flat_map(Layer::links) {
            if let (Some((from, _)), Some((to, range))) = (ids.get(&link.from), ids.get(&link.to)) {
                links.push(making.link(link, *from, *to, *range));
            }
        }
        if !self.options.plain {
            if self.xml && !self.options.without_text {
                making.exact.keep_document(document.text.as_str());
            }
            let mut json =
                extras::json_with_quotes(self.card, document, layer, self.input.project, self.options, verifier)?;
            json["ids"] = layer.into_iter().flat_map(Layer::annotations).map(|a| a.id.0).collect();
            json["link_ids"] = layer.into_iter().flat_map(Layer::links).map(|l| l.id.0).collect();
            if let Some(exact) = std::mem::take(&mut making.exact).json() {
                json["exact"] = exact;
            }
            let features = vec![
                ("annotations".into(), Feature::Many(annotations)),
                ("json".into(), Feature::Value(Value::Text(records::as_ascii(&json)))),
                ("links".into(), Feature::Many(links)),
            ];
            making.add(EXTRAS, None, features);
        }
        let mut cas = Cas::default();
        cas.sofas.push(Sofa {
            id: SOFA,
            name: INITIAL_VIEW.to_owned(),
            text: (!self.options.without_text).then(|| document.text.as_str().to_owned()),
            members: making.structures.iter().map(|s| s.id).collect(),
            ..Sofa::default()
        });
        cas.structures = making.structures;
        Ok(cas)
    }
}

struct Making<'a> {
    builder: Builder<'a>,
    structures: Vec<Structure>,
    exact: Exact,
}

impl Making<'_> {
    /// Adds a structure; gives its id.
    fn add(&mut self, kind: &str, range: Option<(u64, u64)>, features: Vec<(crate::model::Name, Feature)>) -> u64 {
        let id = SOFA + 1 + self.structures.len() as u64;
        let sofa = range.map(|_| SOFA);
        self.structures.push(Structure { id, kind: kind.into(), range, sofa, features, line: 0 });
        id
    }

    fn metadata(&mut self, document: &ExportDocument) {
        let whole = (0, document.text.len_utf16().0 as u64);
        let about = document.document;
        let text = |name: &str, text: &str| (name.into(), Feature::Value(Value::Text(text.to_owned())));
        let mut of_document = vec![text("documentTitle", &about.title), text("documentId", about.id.as_str())];
        of_document.extend(about.metadata.url.as_deref().map(|url| text("documentUri", url)));
        of_document.extend(about.metadata.language.as_deref().map(|language| text("language", language)));
        self.add(META, Some(whole), of_document);
        let known = METADATA_FIELDS.into_iter().zip(metadata_values(&about.metadata));
        let known = known.filter(|(name, _)| !matches!(*name, "url" | "language"));
        let known = known.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let other = about.metadata.other.iter().map(|(name, value)| (name.clone(), value.clone()));
        for (key, value) in known.chain(other) {
            self.add(META_FIELD, Some(whole), vec![text("key", &key), text("value", &value)]);
        }
    }

    fn annotation(&mut self, annotation: &Annotation, range: (u64, u64)) -> u64 {
        let mut features = Vec::new();
        // The types were made for all labels and attributes of the export.
        let form = self.builder.forms.labels.get(&annotation.label);
        for (name, value) in &annotation.attributes {
            let Some((feature, shape)) = form.and_then(|form| form.attributes.get(name)) else { continue };
            let held = held(*shape, value, self.builder.xml);
            self.exact.keep_value(|| format!("{} {name}", annotation.id), value, &held);
            features.push((feature.clone(), Feature::Value(held)));
        }
        if !annotation.note.is_empty() {
            self.keep(&annotation.id, &annotation.note);
            features.push((NOTE.into(), Feature::Value(Value::Text(annotation.note.clone()))));
        }
        self.add(form.map_or("", |form| &form.kind), Some(range), features)
    }

    fn link(&mut self, link: &Link, from: u64, to: u64, range: (u64, u64)) -> u64 {
        let mut features = vec![(FROM.into(), Feature::One(from)), (TO.into(), Feature::One(to))];
        if !link.note.is_empty() {
            self.keep(&link.id, &link.note);
            features.push((NOTE.into(), Feature::Value(Value::Text(link.note.clone()))));
        }
        // As INCEpTION has it, a relation lies where it points.
        let kind = self.builder.forms.links.get(&link.kind).cloned();
        self.add(kind.as_deref().unwrap_or_default(), Some(range), features)
    }

    fn keep(&mut self, id: &impl ToString, note: &str) {
        if self.builder.xml {
            self.exact.keep(|| id.to_string(), note);
        }
    }
}

/// A value as its feature can hold it.
fn held(shape: Shape, value: &Value, xml: bool) -> Value {
    let held = match value {
        value if shape.fits(value) => value.clone(),
        Value::YesNo(yes) => Value::Text(yes.to_string()),
        other => Value::Text(other.to_string()),
    };
    if xml { shown_value(&held) } else { held }
}
