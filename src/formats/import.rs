//! How what was read enters a project: one change, one step of undo.
//!
//! New texts become documents; where a text is in the project already, annotations go into the layer of their annotator
//! there, and those that say what is said already are passed over. Scheme and entities follow in the same change.

use super::read::{ImportedDocument, ImportedLayer, LabelHint, ReadResult, SchemeHints, link_def};
use crate::edit::{Change, Edit, LayerChange, NewDocument, ProjectEdit, Refusal, Stamp, State};
use crate::model::scheme::{Colour, is_good_name};
use crate::model::{
    Annotation, AnnotationId, AttributeDef, AttributeKind, Document, DocumentId, Entity, EntityId, LabelDef, Layer,
    LayerKey, Link, LinkId, Name, NextIds, Project, Scheme, Status, Underline, Value, counted,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How to take in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportOptions {
    /// Labels of the files that become other labels; what is not named keeps its name.
    pub labels: BTreeMap<Name, Name>,
    /// Whether labels, link kinds, attributes and options that the scheme lacks are added to it; else what uses them is
    /// kept all the same, and reported.
    pub add_to_scheme: bool,
}

/// What an import does, for people.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportReport {
    /// Documents that are new.
    pub new_documents: Vec<DocumentId>,
    /// Documents that were there and get annotations.
    pub known_documents: Vec<DocumentId>,
    /// Annotations that enter.
    pub annotations: usize,
    /// Links that enter.
    pub links: usize,
    /// Entities that enter.
    pub entities: usize,
    /// Annotations and links passed over because the layer says the same already.
    pub twins: usize,
    /// Labels that the scheme does not have, with the number of their annotations.
    pub unknown_labels: BTreeMap<Name, usize>,
    /// Link kinds that the scheme does not have, with the number of their links.
    pub unknown_links: BTreeMap<Name, usize>,
}

impl ImportReport {
    /// Adds what another import does after this one.
    pub fn join(&mut self, next: Self) {
        self.new_documents.extend(next.new_documents);
        let known = next.known_documents.into_iter().filter(|id| !self.new_documents.contains(id));
        self.known_documents.extend(known.collect::<Vec<_>>());
        self.known_documents.sort();
        self.known_documents.dedup();
        self.annotations += next.annotations;
        self.links += next.links;
        self.entities += next.entities;
        self.twins += next.twins;
        for (name, n) in next.unknown_labels {
            *self.unknown_labels.entry(name).or_default() += n;
        }
        for (name, n) in next.unknown_links {
            *self.unknown_links.entry(name).or_default() += n;
        }
    }
}

/// The documents of the project that have the text of one that was read. Their texts and layers must be loaded before
/// [`plan`] is called.
pub fn known(project: &Project, result: &ReadResult) -> Vec<DocumentId> {
    let hashes: BTreeSet<&str> = result.documents.iter().map(|d| d.text.sha256()).collect();
    project.documents.iter().filter(|d| hashes.contains(d.sha256.as_str())).map(|d| d.id.clone()).collect()
}

/// The change that takes `result` into the project, and what it does.
///
/// # Errors
/// Where nothing would change, or the scheme would not be usable.
pub fn plan(
    state: &State,
    result: ReadResult,
    options: &ImportOptions,
    stamp: &Stamp,
) -> Result<(Change, ImportReport), Refusal> {
    let mut result = result;
    rename_labels(&mut result, &options.labels);
    let mut change = Change::new(String::new(), stamp);
    let mut report = ImportReport::default();
    let scheme =
        if options.add_to_scheme { extended(&state.project.scheme, &result) } else { state.project.scheme.clone() };
    if scheme != state.project.scheme {
        scheme.validate()?;
        let (before, after) = (Box::new(state.project.scheme.clone()), Box::new(scheme.clone()));
        change.project.push(ProjectEdit::Scheme { before, after });
    }
    let entities = entities(&state.project, &result.entities, &mut change);
    report.entities = entities.values().filter(|(_, new)| *new).count();
    let fit = Fit { scheme: &scheme, entities };
    let mut documents = Documents::new(&state.project);
    let mut layers: BTreeMap<LayerKey, Growing> = BTreeMap::new();
    let count = result.documents.len();
    for imported in result.documents {
        let (id, text) = match documents.known(state, &imported) {
            Some(known) => {
                report.known_documents.push(known.0.clone());
                known
            }
            None => documents.take_in(&imported, &mut change, &mut report),
        };
        for layer in imported.layers {
            let key = LayerKey { document: id.clone(), annotator: layer.annotator.clone() };
            let growing = layers.entry(key.clone()).or_insert_with(|| {
                Growing::new(state.layer(&key).cloned().unwrap_or_else(|| Layer::new(key, text.clone())))
            });
            growing.take_in(layer, &fit, &mut report);
        }
    }
    change.layers = layers.into_values().filter_map(Growing::change).collect();
    if change.layers.is_empty() && change.project.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    change.what = format!("import {}", counted(count, "document"));
    report.known_documents.dedup();
    Ok((change, report))
}

fn rename_labels(result: &mut ReadResult, labels: &BTreeMap<Name, Name>) {
    let rename = |name: &mut Name| {
        if let Some(to) = labels.get(name) {
            name.clone_from(to);
        }
    };
    if labels.is_empty() {
        return;
    }
    let annotations = result.documents.iter_mut().flat_map(|d| &mut d.layers).flat_map(|l| &mut l.annotations);
    annotations.for_each(|a| rename(&mut a.label));
    result.scheme.labels.iter_mut().for_each(|l| rename(&mut l.name));
    result.scheme.links.iter_mut().flat_map(|l| l.from.iter_mut().chain(&mut l.to)).for_each(rename);
}

/// For each entity of the files: its id here, and whether it is new here.
type EntityMap = HashMap<EntityId, (EntityId, bool)>;

fn entities(project: &Project, imported: &[Entity], change: &mut Change) -> EntityMap {
    let mut map = EntityMap::new();
    let mut next = project.next_entity;
    for entity in imported {
        let same = |e: &&Entity| {
            let item = e.wikidata.is_some() && e.wikidata == entity.wikidata;
            item || (e.kind == entity.kind && e.name == entity.name)
        };
        if let Some(known) = project.entities.values().find(same) {
            map.insert(entity.id, (known.id, false));
            continue;
        }
        let id = EntityId(next);
        let after = Entity { id, ..entity.clone() };
        change.project.push(ProjectEdit::Entity { edit: Edit::make(after), next: (next, next.saturating_add(1)) });
        next = next.saturating_add(1);
        map.insert(entity.id, (id, true));
    }
    map
}

/// Finds documents by their texts, and gives new ones their ids.
struct Documents<'a> {
    by_hash: HashMap<&'a str, &'a Document>,
    /// In lower case: on some systems names that differ in nothing else are one file.
    taken: BTreeSet<String>,
    new: HashMap<String, (DocumentId, crate::model::Text)>,
    number: usize,
    at: usize,
}

impl<'a> Documents<'a> {
    fn new(project: &'a Project) -> Self {
        let numbers = project.documents.iter().filter_map(|d| d.id.as_str().get(..4)?.parse::<usize>().ok());
        Self {
            by_hash: project.documents.iter().map(|d| (d.sha256.as_str(), d)).collect(),
            taken: project.documents.iter().map(|d| d.id.as_str().to_ascii_lowercase()).collect(),
            new: HashMap::new(),
            number: numbers.max().unwrap_or(0),
            at: project.documents.len(),
        }
    }

    fn known(&self, state: &State, imported: &ImportedDocument) -> Option<(DocumentId, crate::model::Text)> {
        let hash = imported.text.sha256();
        let here = self.by_hash.get(hash).map(|document| {
            let text = state.text(&document.id).unwrap_or(&imported.text);
            (document.id.clone(), text.clone())
        });
        here.or_else(|| self.new.get(hash).cloned())
    }

    fn take_in(
        &mut self,
        imported: &ImportedDocument,
        change: &mut Change,
        report: &mut ImportReport,
    ) -> (DocumentId, crate::model::Text) {
        let id = self.id(imported);
        let document = Document {
            id: id.clone(),
            title: imported.title.clone(),
            metadata: imported.metadata.clone(),
            direction: imported.direction,
            directions: imported.directions.clone(),
            sha256: imported.text.sha256().to_owned(),
            original: imported.original.clone(),
        };
        let text = imported.text.clone();
        let edit = Edit::make(NewDocument { document, text: text.clone() });
        change.project.push(ProjectEdit::Membership { at: self.at, edit: Box::new(edit) });
        self.at += 1;
        self.new.insert(imported.text.sha256().to_owned(), (id.clone(), text.clone()));
        report.new_documents.push(id.clone());
        (id, text)
    }

    /// The id that the file gives, if it says something and is free; else one from the title.
    fn id(&mut self, imported: &ImportedDocument) -> DocumentId {
        let speaks = imported.id.contains(|c: char| c.is_ascii_alphabetic());
        let is_taken = |id: &DocumentId| self.taken.contains(&id.as_str().to_ascii_lowercase());
        let given = DocumentId::new(&imported.id).ok().filter(|id| speaks && !is_taken(id));
        let id = given.unwrap_or_else(|| {
            loop {
                self.number += 1;
                let id = DocumentId::from_title(self.number, &imported.title);
                if !is_taken(&id) {
                    return id;
                }
            }
        });
        self.taken.insert(id.as_str().to_ascii_lowercase());
        id
    }
}

/// Makes values fit the scheme: entities get their ids here, “25” becomes a number where one is wanted.
struct Fit<'a> {
    scheme: &'a Scheme,
    entities: EntityMap,
}

impl Fit<'_> {
    fn annotation(&self, annotation: &mut Annotation) {
        let Some(label) = self.scheme.label(&annotation.label) else { return };
        for (name, value) in &mut annotation.attributes {
            let Some(kind) = label.attribute(name).map(|a| &a.kind) else { continue };
            match (kind, &*value) {
                (AttributeKind::Entity(_), Value::Text(text)) => {
                    let known = text.parse().ok().and_then(|id: EntityId| self.entities.get(&id));
                    if let Some((id, _)) = known {
                        *value = Value::Text(id.to_string());
                    }
                }
                // A year can stand there as a number, an option as `true`.
                (
                    AttributeKind::Text | AttributeKind::Date | AttributeKind::Choice(_),
                    Value::Number(_) | Value::YesNo(_),
                ) => *value = Value::Text(super::encode::json(value).to_string()),
                (AttributeKind::Number | AttributeKind::YesNo, Value::Text(text)) => {
                    if let Some(meant) = kind.parse(text) {
                        *value = meant;
                    }
                }
                _ => {}
            }
        }
    }
}

/// A layer that takes annotations in.
struct Growing {
    before: Layer,
    /// Only made when the plain way, into an untouched layer, is not open.
    now: Option<Layer>,
    edits: LayerChange,
}

impl Growing {
    fn new(before: Layer) -> Self {
        Self { edits: LayerChange::new(&before), now: None, before }
    }

    fn take_in(&mut self, imported: ImportedLayer, fit: &Fit, report: &mut ImportReport) {
        let fresh = self.before.is_untouched() && self.now.is_none();
        let mut now = match self.now.take() {
            Some(now) => now,
            None => self.before.clone(),
        };
        let mut ids: HashMap<AnnotationId, AnnotationId> = HashMap::with_capacity(imported.annotations.len());
        let shift = |old: NextIds| if fresh { NextIds::default() } else { old };
        let mut next = shift(now.fresh_ids());
        for mut annotation in imported.annotations {
            fit.annotation(&mut annotation);
            let old = annotation.id;
            if !fresh {
                annotation.id = AnnotationId(next.annotation);
            }
            if let Some(twin) = now.twin_of(&annotation) {
                ids.insert(old, twin.id);
                report.twins += 1;
                continue;
            }
            ids.insert(old, annotation.id);
            if fit.scheme.label(&annotation.label).is_none() {
                *report.unknown_labels.entry(annotation.label.clone()).or_default() += 1;
            }
            if now.insert(annotation.clone()).is_ok() {
                next.annotation = next.annotation.max(annotation.id.0).saturating_add(1);
                report.annotations += 1;
                self.edits.annotations.push(Edit::make(annotation));
            }
        }
        for link in imported.links {
            let (Some(from), Some(to)) = (ids.get(&link.from), ids.get(&link.to)) else { continue };
            let id = if fresh { link.id } else { LinkId(next.link) };
            let link = Link { id, from: *from, to: *to, ..link };
            let kind = link.kind.clone();
            if now.insert_link(link.clone()).is_ok() {
                next.link = next.link.max(link.id.0).saturating_add(1);
                report.links += 1;
                if fit.scheme.link(&kind).is_none() {
                    *report.unknown_links.entry(kind).or_default() += 1;
                }
                self.edits.links.push(Edit::make(link));
            } else {
                report.twins += 1;
            }
        }
        if self.before.is_untouched() && now.status() == Status::NotStarted {
            now.set_status(imported.status);
        }
        self.edits.next.1 = now.next_ids();
        self.edits.status.1 = now.status();
        self.now = Some(now);
    }

    fn change(self) -> Option<LayerChange> {
        let changed = !self.edits.annotations.is_empty()
            || !self.edits.links.is_empty()
            || self.edits.status.0 != self.edits.status.1;
        changed.then_some(self.edits)
    }
}

/// The scheme with everything that the files say or use beyond it.
fn extended(scheme: &Scheme, result: &ReadResult) -> Scheme {
    let mut scheme = scheme.clone();
    let hints = with_usage(result);
    for hint in hints.labels.iter().filter(|hint| is_good_name(&hint.name)) {
        extend_label(&mut scheme, hint);
    }
    for hint in hints.links.iter().filter(|hint| is_good_name(&hint.name)) {
        let known: BTreeSet<Name> = scheme.labels.iter().map(|l| l.name.clone()).collect();
        let at = scheme.links.iter().position(|l| l.name == hint.name).unwrap_or_else(|| {
            let mut def = hint.clone();
            (def.from, def.to) = (Vec::new(), Vec::new());
            scheme.links.push(def);
            scheme.links.len() - 1
        });
        let def = &mut scheme.links[at];
        for (ends, more) in [(&mut def.from, &hint.from), (&mut def.to, &hint.to)] {
            let missing: Vec<_> = more.iter().filter(|l| known.contains(*l) && !ends.contains(l)).cloned().collect();
            ends.extend(missing);
        }
    }
    scheme
}

fn extend_label(scheme: &mut Scheme, hint: &LabelHint) {
    let at = scheme.labels.iter().position(|l| l.name == hint.name).unwrap_or_else(|| {
        let count = scheme.labels.len();
        let free = |key: &char| key.is_alphanumeric() && !scheme.labels.iter().any(|l| l.key == Some(*key));
        let label = LabelDef {
            name: hint.name.clone(),
            title: hint.title.clone().unwrap_or_else(|| hint.name.as_str().to_owned()),
            key: hint.key.filter(free),
            colour: hint.colour.unwrap_or(PALETTE[count % PALETTE.len()]),
            underline: hint.underline.unwrap_or(UNDERLINES[count % UNDERLINES.len()]),
            description: hint.description.clone(),
            on: hint.on,
            attributes: Vec::new(),
        };
        scheme.labels.push(label);
        count
    });
    let label = &mut scheme.labels[at];
    for more in hint.attributes.iter().filter(|a| is_good_name(&a.name)) {
        let Some(known) = label.attributes.iter_mut().find(|a| a.name == more.name) else {
            label.attributes.push(more.clone());
            continue;
        };
        if let (
            AttributeKind::Choice(options) | AttributeKind::Several(options),
            AttributeKind::Choice(other) | AttributeKind::Several(other),
        ) = (&mut known.kind, &more.kind)
        {
            let missing: Vec<_> = other.iter().filter(|o| is_good_name(o) && !options.contains(o)).cloned().collect();
            options.extend(missing);
        }
    }
}

/// The Okabe–Ito colours, told apart with any colour vision.
const PALETTE: [Colour; 7] = [
    Colour([0x00, 0x72, 0xB2]),
    Colour([0xE6, 0x9F, 0x00]),
    Colour([0x00, 0x9E, 0x73]),
    Colour([0xCC, 0x79, 0xA7]),
    Colour([0xD5, 0x5E, 0x00]),
    Colour([0x56, 0xB4, 0xE9]),
    Colour([0xF0, 0xE4, 0x42]),
];
/// Of another length than the palette, so that colour and line together repeat late.
const UNDERLINES: [Underline; 6] =
    [Underline::Solid, Underline::Dashed, Underline::Dotted, Underline::Double, Underline::Wavy, Underline::Thick];

/// The hints of the files, and what their annotations use beyond them.
fn with_usage(result: &ReadResult) -> SchemeHints {
    let mut hints = result.scheme.clone();
    let mut values: BTreeMap<(Name, Name), Vec<&Value>> = BTreeMap::new();
    let mut ends: BTreeMap<Name, BTreeSet<(Name, Name)>> = BTreeMap::new();
    for layer in result.documents.iter().flat_map(|d| &d.layers) {
        let mut labels: HashMap<AnnotationId, &Name> = HashMap::new();
        let mut last: Option<&Name> = None;
        for annotation in &layer.annotations {
            // Most stand in a row: a look-up less for each.
            if last != Some(&annotation.label) {
                hints.label(&annotation.label);
                last = Some(&annotation.label);
            }
            labels.insert(annotation.id, &annotation.label);
            for (name, value) in &annotation.attributes {
                values.entry((annotation.label.clone(), name.clone())).or_default().push(value);
            }
        }
        for link in &layer.links {
            if let (Some(from), Some(to)) = (labels.get(&link.from), labels.get(&link.to)) {
                ends.entry(link.kind.clone()).or_default().insert(((*from).clone(), (*to).clone()));
            }
        }
    }
    for ((label, name), values) in values {
        let hint = hints.label(&label);
        if let Some(known) = hint.attributes.iter_mut().find(|a| a.name == name) {
            add_options(&mut known.kind, &values);
        } else {
            let (title, description) = (name.as_str().to_owned(), String::new());
            let kind = kind_of(&values, &result.entities);
            hint.attributes.push(AttributeDef { name, title, kind, description });
        }
    }
    for (kind, pairs) in ends {
        if !hints.links.iter().any(|l| l.name == kind) {
            hints.links.push(link_def(&kind));
        }
        let link = hints.link(&kind);
        for (from, to) in pairs {
            // A symmetric kind says its ends in one order only.
            if !link.joins(&from, &to) {
                let (has_from, has_to) = (link.from.contains(&from), link.to.contains(&to));
                link.from.extend((!has_from).then_some(from));
                link.to.extend((!has_to).then_some(to));
            }
        }
    }
    hints
}

fn add_options(kind: &mut AttributeKind, values: &[&Value]) {
    if let AttributeKind::Choice(options) | AttributeKind::Several(options) = kind {
        for text in values.iter().flat_map(|v| texts(v)) {
            if is_good_name(text) && !options.iter().any(|o| o == text) {
                options.push(text.into());
            }
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => vec![text],
        Value::List(items) => items.iter().map(String::as_str).collect(),
        Value::YesNo(_) | Value::Number(_) => Vec::new(),
    }
}

/// The kind of an attribute of which only values are known.
fn kind_of(values: &[&Value], entities: &[Entity]) -> AttributeKind {
    let all = |which: &dyn Fn(&Value) -> bool| values.iter().all(|v| which(v));
    let entity = |v: &Value| {
        let id: Option<EntityId> = v.as_text().and_then(|text| text.parse().ok());
        entities.iter().find(|e| Some(e.id) == id)
    };
    if all(&|v| matches!(v, Value::YesNo(_))) {
        AttributeKind::YesNo
    } else if all(&|v| matches!(v, Value::Number(_))) {
        AttributeKind::Number
    } else if all(&|v| entity(v).is_some()) {
        let kinds: BTreeSet<_> = values.iter().filter_map(|v| entity(v)).map(|e| e.kind).collect();
        AttributeKind::Entity(kinds.into_iter().collect())
    } else if all(&|v| matches!(v, Value::List(_))) {
        let mut kind = AttributeKind::Several(Vec::new());
        add_options(&mut kind, values);
        // Several of nothing is no kind that a scheme may have.
        if kind == AttributeKind::Several(Vec::new()) { AttributeKind::Text } else { kind }
    } else {
        AttributeKind::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{layer_of, picture_of, state_of};
    use crate::formats::testing::options;
    use crate::formats::{Format, InputFile, Progress, csv::Csv, doccano::Doccano, read};
    use crate::model::testing::{key, noon};
    use crate::model::{Origin, PartialDate};

    fn stamp() -> Stamp {
        let origin = Origin::Import { format: "doccano".into(), file: "a.jsonl".into() };
        Stamp { at: noon(), origin: origin.into() }
    }

    fn read_lines(lines: &str) -> ReadResult {
        let files = [InputFile::new("a.jsonl", lines)];
        let mut options = options();
        options.annotator = key().annotator;
        read(&Doccano, &files, &options, Progress::none()).unwrap()
    }

    #[test]
    fn a_known_text_gets_what_it_lacks_in_the_layer_of_the_annotator() {
        let mut state = state_of(layer_of("🦀 [speaker:王] 说 下雨"));
        let line = r#"{"text": "🦀 王 说 下雨", "entities": [
            {"id": 1, "start_offset": 2, "end_offset": 3, "label": "speaker"},
            {"id": 2, "start_offset": 6, "end_offset": 8, "label": "claim"}],
            "relations": [{"id": 1, "from_id": 1, "to_id": 2, "type": "says"}]}"#
            .replace('\n', "");
        let before = state.clone();
        assert_eq!(known(&state.project, &read_lines(&line)), [key().document]);
        let (change, report) = plan(&state, read_lines(&line), &ImportOptions::default(), &stamp()).unwrap();
        state.apply(&change).unwrap();
        assert_eq!(picture_of(state.layer(&key()).unwrap()), "🦀 [speaker:王] 说 [claim:下雨]{says 1 2}");
        assert_eq!((report.twins, report.annotations, report.links, report.new_documents.len()), (1, 1, 1, 0));
        assert!(plan(&state, read_lines(&line), &ImportOptions::default(), &stamp()).is_err(), "nothing is left");
        state.apply(&change.inverse()).unwrap();
        assert_eq!(state, before, "an import is one step of undo");
    }

    #[test]
    fn labels_are_renamed_and_twins_that_come_of_it_are_one() {
        let state = State::new(Project::new("T", crate::model::testing::scheme()));
        let line = r#"{"text": "é Ana", "label": [[2, 5, "PER"], [2, 5, "PERSON"], [0, 1, "LETTER"]]}"#;
        let to = |from: &str| (Name::from(from), Name::from("speaker"));
        let labels = BTreeMap::from([to("PER"), to("PERSON")]);
        let options = ImportOptions { labels, add_to_scheme: false };
        let (change, report) = plan(&state, read_lines(line), &options, &stamp()).unwrap();
        assert_eq!((report.annotations, report.twins), (2, 1));
        assert_eq!(report.unknown_labels, BTreeMap::from([("LETTER".into(), 1)]));
        assert!(!change.project.iter().any(|edit| matches!(edit, ProjectEdit::Scheme { .. })));
        let options = ImportOptions { add_to_scheme: true, ..options };
        let (change, report) = plan(&state, read_lines(line), &options, &stamp()).unwrap();
        assert!(report.unknown_labels.is_empty());
        let mut state = state;
        state.apply(&change).unwrap();
        assert!(state.project.scheme.label("LETTER").is_some() && state.project.scheme.label("PER").is_none());
    }

    #[test]
    fn entities_keep_their_annotations_whatever_their_numbers_here() {
        let mut state = State::new(Project::new("T", crate::model::testing::scheme()));
        let known = Entity {
            id: EntityId(1),
            kind: crate::model::EntityKind::Person,
            name: "Ана".to_owned(),
            aliases: Vec::new(),
            wikidata: None,
            note: String::new(),
        };
        state.project.entities.insert(known.id, known);
        state.project.next_entity = 7;
        let files = [
            InputFile::new("documents.csv", "doc_id,text\nd,é Ana Bo\n"),
            InputFile::new(
                "spans.csv",
                "doc_id,label,start,end,attr:entity,attr:from\nd,speaker,2,5,e1,\nd,speaker,6,8,e2,\nd,statistic,0,1,,2018\n",
            ),
            InputFile::new("entities.csv", "entity_id,kind,name\ne1,person,Bo\ne2,person,Ана\n"),
        ];
        assert!(Csv.recognise(&files) > 0);
        let result = read(&Csv, &files, &options(), Progress::none()).unwrap();
        let (change, report) = plan(&state, result, &ImportOptions::default(), &stamp()).unwrap();
        state.apply(&change).unwrap();
        assert_eq!((report.entities, state.project.next_entity), (1, 8));
        let layer = state.layers().next().unwrap();
        let values: Vec<_> = layer.annotations().filter_map(|a| a.attributes.get("entity")?.as_text()).collect();
        assert_eq!(values, ["e7", "e1"], "e1 there is e7 here, and e2 there is e1 here");
        let year = layer.annotations().find_map(|a| a.attributes.get("from")?.as_text().map(str::to_owned));
        assert_eq!(year.unwrap().parse(), Ok(PartialDate::Year(2018)), "a number where the scheme wants a date");
    }
}
