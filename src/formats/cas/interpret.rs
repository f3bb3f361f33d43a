//! From a CAS to documents: a view with a text is one, its annotations are those in its index.
//!
//! Types become labels by their short names; where two types of an import share it, both keep their full ones. What
//! programs make for themselves (tokens, sentences, the elements of a page) stays out and is counted.

use super::found::Found;
use super::model::{Cas, Feature, INITIAL_VIEW, Sofa, Structure};
use super::names::{EXTRAS, META, META_FIELD, NOTE, made_by_program, name_of};
use super::relations::{Target, Targets, ends_of};
use super::types::{ANNOTATION, DOCUMENT_ANNOTATION, Types};
use crate::formats::Card;
use crate::formats::annotators::one_a_text;
use crate::formats::encode::put_field;
use crate::formats::exact::Exact;
use crate::formats::extras::Extras;
use crate::formats::parallel;
use crate::formats::problem::{Cause, Place, Problem};
use crate::formats::read::{Cancelled, ImportedDocument, InputFile, Names, Progress, ReadOptions, ReadResult};
use crate::formats::resolve::{self, RawLayer, RawLink, RawSpan, Rules};
use crate::formats::unit_trial::Claim;
use crate::model::{AnnotationId, LinkId, Name, Text, Value};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The package of the elements of a page.
const PAGE: &str = "org.dkpro.core.api.xml.type.";
/// Links of tokens to themselves mark the root of a sentence there.
const DEPENDENCY: &str = "de.tudarmstadt.ukp.dkpro.core.api.syntax.type.dependency.Dependency";

/// What structures of a type are for us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Something that an annotator may have made.
    Annotation,
    /// It has a place in the text, and a program made it.
    Made,
    /// What is known about the document.
    Meta,
    /// A further field of that.
    MetaField,
    /// What Byline wrote for itself.
    Extras,
    /// A list.
    List,
    /// It has no place in a text.
    Other,
}

/// The class of a structure; one of an unknown type is an annotation if it has a place.
pub fn class_of(structure: &Structure, types: &Types) -> Class {
    let kind = structure.kind.as_str();
    match kind {
        EXTRAS => Class::Extras,
        META_FIELD => Class::MetaField,
        META | DOCUMENT_ANNOTATION => Class::Meta,
        _ if kind.starts_with("uima.cas.") => Class::List,
        _ if made_by_program(kind) || kind.starts_with(PAGE) => Class::Made,
        _ if types.is_below(kind, DOCUMENT_ANNOTATION) => Class::Meta,
        _ if types.is_below(kind, ANNOTATION) => Class::Annotation,
        _ if !types.knows(kind) && has_offsets(structure) => Class::Annotation,
        _ => Class::Other,
    }
}

/// Whether a structure says where it lies, if only wrongly.
fn has_offsets(structure: &Structure) -> bool {
    structure.range.is_some() || structure.feature("begin").is_some() || structure.feature("end").is_some()
}

/// A document before its labels have their final names.
struct Pending {
    document: ImportedDocument,
    /// Whether Byline wrote it.
    ours: bool,
}

/// Reads one CAS after the other.
pub struct Reader<'a> {
    card: &'static Card,
    options: &'a ReadOptions,
    progress: Progress<'a>,
    names: Names,
    found: Found<Pending>,
    /// The first file that is a CAS.
    first_file: Option<String>,
}

/// What is known about one view while its annotations are taken in.
struct View<'a> {
    file: &'a str,
    cas: &'a Cas,
    types: &'a Types,
    numbers: HashMap<u64, u32>,
    link_numbers: HashMap<u64, u32>,
    extras: Extras,
    exact: Exact,
}

impl<'a> Reader<'a> {
    /// A reader for files of a format, with the problems that there are already.
    pub fn new(card: &'static Card, options: &'a ReadOptions, progress: Progress<'a>, problems: Vec<Problem>) -> Self {
        Self {
            card,
            options,
            progress,
            names: Names::default(),
            found: Found { result: ReadResult { problems, ..ReadResult::default() }, ..Found::default() },
            first_file: None,
        }
    }

    /// Reads files with `read`, each with a reader of its own, several at once.
    pub fn each(
        &mut self,
        files: Vec<&InputFile>,
        read: impl Fn(&mut Reader, &InputFile) -> Result<(), Cancelled> + Sync,
    ) -> Result<(), Cancelled> {
        let (card, options) = (self.card, self.options);
        let read = |names: &mut Names, file: &InputFile, progress: Progress| {
            let mut reader = Reader::new(card, options, progress, Vec::new());
            std::mem::swap(&mut reader.names, names);
            let done = read(&mut reader, file);
            std::mem::swap(&mut reader.names, names);
            done.map(|()| (reader.found, reader.first_file))
        };
        let take = |(found, first_file): (Found<Pending>, Option<String>)| {
            self.found.join(found);
            self.first_file = self.first_file.take().or(first_file);
        };
        parallel::each(files, |file| file.bytes.len(), self.progress, read, take)
    }

    /// What the reader of a file needs.
    pub fn tools(&mut self) -> (&mut Names, &mut Vec<Problem>) {
        (&mut self.names, &mut self.found.result.problems)
    }

    /// Takes in the views of a CAS.
    pub fn cas(&mut self, file: &InputFile, cas: &Cas, types: &Types) -> Result<(), Cancelled> {
        self.first_file.get_or_insert_with(|| file.name.clone());
        self.found.told.odd_numbers += cas.odd_numbers;
        let mut views: HashMap<u64, usize> = HashMap::new();
        for (n, sofa) in cas.sofas.iter().enumerate() {
            for member in &sofa.members {
                views.entry(*member).or_insert(n);
            }
        }
        let sofas: HashMap<u64, usize> = cas.sofas.iter().enumerate().map(|(n, sofa)| (sofa.id, n)).collect();
        let mut by_view: Vec<Vec<&Structure>> = vec![Vec::new(); cas.sofas.len()];
        for structure in &cas.structures {
            let indexed = views.get(&structure.id);
            let class = class_of(structure, types);
            let at = structure.sofa.and_then(|sofa| sofas.get(&sofa)).or(indexed);
            match (indexed, at) {
                (Some(_), Some(at)) => by_view[*at].push(structure),
                // Only an index makes an annotation one: what is not there was deleted, or never meant for others.
                _ if class == Class::Annotation => self.found.told.not_indexed += 1,
                _ => {}
            }
        }
        let before = self.found.pending.len();
        for (sofa, structures) in cas.sofas.iter().zip(&by_view) {
            self.view(file, cas, types, sofa, structures)?;
        }
        let refused = self
            .found
            .result
            .problems
            .iter()
            .any(|p| p.place.file == file.name && p.severity == crate::formats::Severity::Error);
        if self.found.pending.len() == before && !refused {
            let instead =
                cas.sofas.iter().find_map(|sofa| sofa.instead).map_or(String::new(), |why| format!(": {why}"));
            let cause = Cause::Nothing(format!("no text in this CAS{instead}"));
            self.found.result.problems.push(Problem::error(Place::file(&file.name), cause, "choose other files"));
        }
        Ok(())
    }

    fn view(
        &mut self,
        file: &InputFile,
        cas: &Cas,
        types: &Types,
        sofa: &Sofa,
        structures: &[&Structure],
    ) -> Result<(), Cancelled> {
        let extras = structures.iter().find(|s| s.kind == EXTRAS);
        let json = extras.and_then(|s| s.text("json")).and_then(|json| serde_json::from_str(json).ok());
        let mut view = View {
            file: &file.name,
            cas,
            types,
            numbers: HashMap::new(),
            link_numbers: HashMap::new(),
            extras: Extras::new(json),
            exact: Exact::default(),
        };
        view.exact = Exact::new(view.extras.get("exact"));
        if let Some(extras) = extras {
            let numbered = |feature: &str, key: &str| -> HashMap<u64, u32> {
                let ids = Targets::new(cas).all(&extras.ids(feature));
                let numbers = view.extras.ids(key).filter(|numbers| numbers.len() == ids.len());
                ids.into_iter().zip(numbers.unwrap_or_default()).collect()
            };
            (view.numbers, view.link_numbers) = (numbered("annotations", "ids"), numbered("links", "link_ids"));
        }
        let Some(text) = self.text(&view, sofa) else {
            let count = structures.iter().filter(|s| class_of(s, types) == Class::Annotation).count();
            if count > 0 {
                let why = sofa.instead.map_or(String::new(), |why| format!(": {why}"));
                let annotations = if count == 1 { "annotation" } else { "annotations" };
                let cause = Cause::NotKept(format!("{count} {annotations} of a view without text{why}"));
                let help = "annotations need a text; import the rest with `--keep-going`";
                self.found.result.problems.push(Problem::error(Place::line(view.file, sofa.line), cause, help));
            }
            return Ok(());
        };
        let mut layer = self.layer(&mut view, structures)?;
        view.extras.complete_layer(&mut layer, &mut self.names);
        view.extras.add_entities(&mut self.found.result);
        let stem = file.stem();
        let initial = sofa.name == INITIAL_VIEW || sofa.name.is_empty();
        let (id, title) = if initial {
            (stem.to_owned(), stem.to_owned())
        } else {
            (format!("{stem}-{}", sofa.name), format!("{stem} ({})", sofa.name))
        };
        // Labels have the full names of their types until all are known: placed spans take half of what raw ones do.
        let fits = |quote: &str, slices: &[&str]| slices == [quote];
        let rules = Rules { format: self.card.name, unit: self.card.unit, fits, rejoin: None };
        let problems = &mut self.found.result.problems;
        let layers = vec![layer];
        let (layers, verdict) =
            resolve::layers(&text, layers, &file.name, rules, self.options, problems, self.progress)?;
        let mut document = ImportedDocument::new(id, title, text, &file.name, layers, verdict);
        if !view.extras.complete_document(&mut document) {
            describe(&mut document, structures, types, initial);
        }
        self.found.pending.push(Pending { document, ours: view.extras.is_there() });
        Ok(())
    }

    /// The text of a view: the one that it holds, with what XML could not hold, or one of the project.
    fn text(&mut self, view: &View, sofa: &Sofa) -> Option<Text> {
        let Some(found) = &sofa.text else { return view.extras.known_text(self.options) };
        let Some(hash) = view.extras.get("sha256").and_then(serde_json::Value::as_str) else {
            return Some(Text::new(found.as_str()));
        };
        if let Some(exact) = view.exact.document(found, hash) {
            return Some(exact);
        }
        let text = Text::new(found.as_str());
        if text.sha256() != hash {
            let cause = Cause::TextDiffers(sofa.name.clone());
            let help = "another program changed it; look whether the annotations still stand where they should";
            self.found.result.problems.push(Problem::doubt(Place::line(view.file, sofa.line), cause, help));
        }
        Some(text)
    }

    fn layer(&mut self, view: &mut View, structures: &[&Structure]) -> Result<RawLayer, Cancelled> {
        let mut layer = RawLayer::default();
        let mut targets = Targets::new(view.cas);
        let mut needed: BTreeSet<u64> = BTreeSet::new();
        let mut relations = Vec::new();
        let mut taken: HashSet<u64> = HashSet::new();
        for (n, structure) in structures.iter().enumerate() {
            if n % 4_096 == 0 {
                self.progress.step(n, structures.len())?;
            }
            let class = class_of(structure, view.types);
            if !matches!(class, Class::Annotation | Class::Made) && class != Class::Other {
                continue;
            }
            if class == Class::Annotation && self.card.name == "xmi" && !view.types.knows(&structure.kind) {
                self.found.told.unknown.insert(structure.kind.clone());
            }
            if class != Class::Annotation {
                continue;
            }
            if let Some(ends) = ends_of(structure, view.types, view.cas) {
                needed.extend(ends.ids());
                relations.push((*structure, ends));
                continue;
            }
            taken.insert(structure.id);
            let links = self.annotation(view, structure, &mut targets, &mut layer);
            needed.extend(links.iter().map(|link| link.1));
            for (kind, to) in links {
                Self::link(structure.line, (kind, structure.id, to), String::new(), &mut layer);
            }
        }
        // Tokens and their like come in where something points to them.
        for structure in structures {
            match class_of(structure, view.types) {
                Class::Made if needed.contains(&structure.id) => {
                    taken.insert(structure.id);
                    self.made(view, structure, &mut layer);
                }
                Class::Made => *self.found.told.left_out.entry(structure.kind.clone()).or_default() += 1,
                Class::Other if !targets.was_used(structure.id) => {
                    *self.found.told.left_out.entry(structure.kind.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
        let mut said: HashMap<(Name, u64, u64), usize> = HashMap::new();
        for (structure, ends) in relations {
            self.relation(view, structure, &ends.pair(), &mut layer, &mut said);
        }
        let mut kept = Vec::with_capacity(layer.links.len());
        for link in std::mem::take(&mut layer.links) {
            let odd = [&link.from, &link.to].into_iter().find(|end| {
                let id = end.parse::<u64>().ok();
                id.is_some_and(|id| !taken.contains(&id) && view.cas.get(id).is_some())
            });
            match odd {
                Some(end) => {
                    let cause = Cause::NotKept(format!(
                        "{} ends at `{end}`, which is no annotation of its view",
                        name_of_link(&link)
                    ));
                    let help = "a link joins two annotations; import the rest with `--keep-going`";
                    self.found.result.problems.push(Problem::error(Place::line(view.file, link.line), cause, help));
                }
                None => kept.push(link),
            }
        }
        layer.links = kept;
        Ok(layer)
    }

    /// Takes in an annotation; gives its links, by kind and target.
    fn annotation(
        &mut self,
        view: &View,
        structure: &Structure,
        targets: &mut Targets,
        layer: &mut RawLayer,
    ) -> Vec<(Name, u64)> {
        let Some(mut span) = self.span(view, structure) else { return Vec::new() };
        let mut links = Vec::new();
        for (feature, held) in &structure.features {
            let name = self.attribute_name(view, structure, feature);
            match targets.of(feature, held, view.types) {
                Target::Value(Value::Text(note)) if feature == NOTE => span.note = note,
                Target::Value(value) => {
                    span.attributes.insert(name, value);
                }
                Target::Links { to, lost } => {
                    for (role, id) in to {
                        links.push((role.map_or_else(|| name.clone(), |role| self.names.get(&role)), id));
                    }
                    if lost > 0 {
                        let what = format!("`{}` of `{}`", feature, structure.kind);
                        *self.found.told.lost.entry(what).or_default() += lost;
                    }
                }
            }
        }
        self.complete(view, structure, &mut span);
        layer.spans.push(span);
        links
    }

    /// Takes in a token or its like, with the values that the type system says are values.
    fn made(&mut self, view: &View, structure: &Structure, layer: &mut RawLayer) {
        let Some(mut span) = self.span(view, structure) else { return };
        for (feature, held) in &structure.features {
            if let Feature::Value(value) = held {
                span.attributes.insert(feature.clone(), value.clone());
            }
        }
        layer.spans.push(span);
    }

    fn span(&mut self, view: &View, structure: &Structure) -> Option<RawSpan> {
        let Some((begin, end)) = structure.range else {
            let found = ["begin", "end"].map(|name| structure.feature(name).map_or_else(|| "none".to_owned(), shown));
            let found = found.join(" and ");
            let place = Place::line(view.file, structure.line);
            let problem = Problem::syntax(place, "offsets of 0 or more in `begin` and `end`", found);
            self.found.result.problems.push(problem);
            return None;
        };
        let label = self.type_name(view, &structure.kind, false);
        let mut span = RawSpan::new(structure.id.to_string(), label, structure.line);
        let fragment = usize::try_from(begin).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
        span.claim = Claim { fragments: [fragment].into(), quote: None };
        span.number = view.numbers.get(&structure.id).copied();
        Some(span)
    }

    /// Notes the short name of a type that is used, and gives the full one, until all are known.
    fn type_name(&mut self, view: &View, kind: &Name, of_links: bool) -> Name {
        if !self.found.used.contains_key(kind) {
            let about = view.types.get(kind).map_or("", |described| &described.about);
            self.found.used.insert(kind.clone(), (name_of(kind, about), of_links));
        }
        kind.clone()
    }

    fn attribute_name(&mut self, view: &View, structure: &Structure, feature: &Name) -> Name {
        match view.types.range(&structure.kind, feature).map(|range| range.about.as_str()) {
            None | Some("") => feature.clone(),
            Some(about) => self.names.get(&name_of(feature, about)),
        }
    }

    /// Adds what Byline wrote for itself.
    fn complete(&mut self, view: &View, structure: &Structure, span: &mut RawSpan) {
        let Some(number) = view.numbers.get(&structure.id) else { return };
        let id = AnnotationId(*number);
        for (name, value) in &mut span.attributes {
            if let Some(exact) = view.exact.value(&format!("{id} {name}"), value) {
                *value = exact;
            }
        }
        if let Some(exact) = view.exact.text(&id.to_string(), &span.note) {
            span.note = exact;
        }
        view.extras.complete_span(span, &mut self.names);
    }

    fn relation(
        &mut self,
        view: &View,
        structure: &Structure,
        ends: &(Option<u64>, Option<u64>),
        layer: &mut RawLayer,
        said: &mut HashMap<(Name, u64, u64), usize>,
    ) {
        let place = || Place::line(view.file, structure.line);
        let (Some(from), Some(to)) = *ends else {
            let problem =
                Problem::syntax(place(), "a relation with both its ends", format!("`{}` without one", structure.id));
            self.found.result.problems.push(problem);
            return;
        };
        if from == to && view.types.is_below(&structure.kind, DEPENDENCY) {
            self.found.told.roots += 1;
            return;
        }
        let mut note = String::new();
        for (name, feature) in structure.features.iter().filter(|(name, _)| !super::relations::is_end(name)) {
            match feature {
                Feature::Value(Value::Text(text)) | Feature::Unknown(text) if name == NOTE => {
                    note.insert_str(0, text);
                }
                Feature::Value(_) | Feature::Unknown(_) => add_line(&mut note, &format!("{name}: {}", shown(feature))),
                Feature::One(_) | Feature::Many(_) => {
                    *self.found.told.lost.entry(format!("`{name}` of `{}`", structure.kind)).or_default() += 1;
                }
            }
        }
        let with_values = structure.features.iter().any(|(name, _)| !super::relations::is_end(name) && name != NOTE);
        self.found.told.in_notes += usize::from(with_values);
        let kind = self.type_name(view, &structure.kind, true);
        // Byline has one link of a kind between two annotations: what a second one says joins it.
        let first = said.entry((kind.clone(), from, to)).or_insert(layer.links.len());
        if let Some(earlier) = layer.links.get_mut(*first)
            && with_values
        {
            add_line(&mut earlier.note, &note);
            return;
        }
        Self::link_from(view, structure, (kind, from, to), note, layer);
    }

    fn link_from(
        view: &View,
        structure: &Structure,
        (kind, from, to): (Name, u64, u64),
        note: String,
        layer: &mut RawLayer,
    ) {
        Self::link(structure.line, (kind, from, to), note, layer);
        let Some(link) = layer.links.last_mut() else { return };
        link.id = structure.id.to_string();
        if let Some(number) = view.link_numbers.get(&structure.id) {
            link.number = Some(*number);
            if let Some(exact) = view.exact.text(&LinkId(*number).to_string(), &link.note) {
                link.note = exact;
            }
            view.extras.complete_link(link);
        }
    }

    fn link(line: usize, (kind, from, to): (Name, u64, u64), note: String, layer: &mut RawLayer) {
        let (id, from, to) = (String::new(), from.to_string(), to.to_string());
        layer.links.push(RawLink { id, number: None, kind, from, to, note, provenance: None, line });
    }

    /// Gives labels their names, and says what there is to say.
    pub fn finish(mut self) -> ReadResult {
        let names = self.found.final_names();
        let ours = self.found.pending.iter().all(|pending| pending.ours);
        let rename = |name: &mut Name| {
            if let Some(known) = names.get(name) {
                name.clone_from(known);
            }
        };
        for Pending { mut document, .. } in std::mem::take(&mut self.found.pending) {
            for layer in &mut document.layers {
                layer.annotations.iter_mut().for_each(|annotation| rename(&mut annotation.label));
                layer.links.iter_mut().for_each(|link| rename(&mut link.kind));
            }
            self.found.result.documents.push(document);
        }
        if let Some(file) = &self.first_file {
            std::mem::take(&mut self.found.told).say(file, &mut self.found.result.problems);
        }
        self.found.result.documents = one_a_text(std::mem::take(&mut self.found.result.documents), self.options);
        if ours {
            // Each folder holds only what its annotator did.
            self.found.result.documents.sort_by(|a, b| a.id.cmp(&b.id));
        }
        self.found.result
    }
}

fn name_of_link(link: &RawLink) -> String {
    if link.id.is_empty() {
        format!("link “{}” of `{}`", link.kind, link.from)
    } else {
        format!("link `{}`", link.id)
    }
}

/// A feature in words.
fn shown(feature: &Feature) -> String {
    match feature {
        Feature::Value(value) => value.to_string(),
        Feature::Unknown(text) => text.clone(),
        Feature::One(id) => id.to_string(),
        Feature::Many(ids) => format!("{ids:?}"),
    }
}

fn add_line(note: &mut String, line: &str) {
    if !note.is_empty() {
        note.push('\n');
    }
    note.push_str(line);
}

/// What DKPro's structures say about a document.
fn describe(document: &mut ImportedDocument, structures: &[&Structure], types: &Types, initial: bool) {
    for structure in structures {
        match class_of(structure, types) {
            Class::Meta => {
                for (name, _) in &structure.features {
                    let Some(text) = structure.text(name).filter(|text| !text.trim().is_empty()) else { continue };
                    let text = text.to_owned();
                    match name.as_str() {
                        "documentTitle" if initial => document.title = text,
                        "documentId" if initial => document.id = text,
                        "documentUri" if text.starts_with("http") => document.metadata.url = Some(text),
                        "language" if text == "x-unspecified" => {}
                        "isLastSegment" | "begin" | "end" => {}
                        name => put_field(&mut document.metadata, name, text),
                    }
                }
            }
            Class::MetaField => {
                if let (Some(key), Some(value)) = (structure.text("key"), structure.text("value")) {
                    put_field(&mut document.metadata, key, value.to_owned());
                }
            }
            _ => {}
        }
    }
}
