//! What goes into a reader and what comes out of it.
//!
//! Here: files, options, documents as read, the scheme as far as a format tells it. Elsewhere: how offsets become spans
//! (`resolve`, `unit_trial`), how the result enters a project (`import`).

use super::problem::Problem;
use super::reattach::Forms;
use super::unit_trial::{Unit, Verdict};
use crate::model::{
    Annotation, AttributeDef, Direction, Entity, Link, LinkDef, Metadata, Name, Original, Status, Text, Underline,
    scheme::Colour,
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashSet};

/// A file that was read into memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InputFile {
    /// Its name, with `/` between folders, relative to what the person chose.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl InputFile {
    /// A file with this name and content.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }

    /// Name without folders.
    pub fn base_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Folder with the `/` at its end, or nothing.
    pub fn folder(&self) -> &str {
        self.name.rfind('/').map_or("", |at| &self.name[..=at])
    }

    /// Name without folders and without what stands after its last dot.
    pub fn stem(&self) -> &str {
        let base = self.base_name();
        base.rfind('.').filter(|&at| at > 0).map_or(base, |at| &base[..at])
    }

    /// Whether the name ends with a dot and `extension` (lower case), in any case.
    pub fn has_extension(&self, extension: &str) -> bool {
        let found = self.base_name().rsplit_once('.').map(|(_, found)| found);
        found.is_some_and(|found| found.eq_ignore_ascii_case(extension))
    }
}

/// How to read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// In what offsets are counted, if the person says so; else what the format says, tried against the quotes.
    pub unit: Option<Unit>,
    /// Whose the annotations are where the files do not say it.
    pub annotator: Name,
    /// Whether the rest is taken in where something cannot be.
    pub keep_going: bool,
    /// Whether spans that begin or end within a grapheme are widened to whole ones (and reported) instead of refused.
    pub widen: bool,
    /// When: becomes the time of what the files give no time for.
    pub at: DateTime<Utc>,
    /// Texts that the project has already, for formats written without their text.
    pub texts: Vec<Text>,
    /// What these texts would be with other line ends. Each read begins anew.
    pub forms: Forms,
}

impl ReadOptions {
    /// Everything as the format says, all or nothing.
    pub fn new(annotator: impl Into<Name>, at: DateTime<Utc>) -> Self {
        let annotator = annotator.into();
        let (texts, forms) = (Vec::new(), Forms::default());
        Self { unit: None, annotator, keep_going: false, widen: false, at, texts, forms }
    }

    /// The text with this SHA-256, for files that were written without it: one of the project, or what one of them would
    /// be with other line ends. A document over the latter is brought back to the text of the project at the end
    /// ([`Forms::bring_home`]).
    pub fn text_with(&self, sha256: &str) -> Option<Text> {
        let here = self.texts.iter().find(|text| text.sha256() == sha256).cloned();
        here.or_else(|| self.forms.text_with(sha256, &self.texts))
    }
}

/// Names of labels, attributes and people, each kept once however often it stands in the files.
#[derive(Clone, Debug, Default)]
pub struct Names(HashSet<Name>);

impl Names {
    /// The name with this text.
    pub fn get(&mut self, text: &str) -> Name {
        if let Some(name) = self.0.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.0.insert(name.clone());
        name
    }
}

/// What was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReadResult {
    /// In the order of the files.
    pub documents: Vec<ImportedDocument>,
    /// What the files say about labels, link kinds and attributes.
    pub scheme: SchemeHints,
    /// The entities to which annotations refer, by the ids of the files.
    pub entities: Vec<Entity>,
    /// What is wrong or doubtful, by file and line.
    pub problems: Vec<Problem>,
}

impl ReadResult {
    /// Adds what was read after it. What is known of an entity or a label already stands.
    pub fn join(&mut self, later: Self) {
        let Self { mut documents, scheme, entities, mut problems } = later;
        self.documents.append(&mut documents);
        self.problems.append(&mut problems);
        for entity in entities {
            if !self.entities.iter().any(|known| known.id == entity.id) {
                self.entities.push(entity);
            }
        }
        for label in scheme.labels {
            if !self.scheme.labels.iter().any(|known| known.name == label.name) {
                self.scheme.labels.push(label);
            }
        }
        for link in scheme.links {
            if !self.scheme.links.iter().any(|known| known.name == link.name) {
                self.scheme.links.push(link);
            }
        }
    }
}

/// A document as it was read; every span fits its text.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportedDocument {
    /// As it is named there: a file stem, a number.
    pub id: String,
    /// As shown in lists.
    pub title: String,
    /// Its text, without a BOM, otherwise as it came.
    pub text: Text,
    /// What is known about it.
    pub metadata: Metadata,
    /// In which direction its paragraphs run.
    pub direction: Direction,
    /// Paragraphs that run in another one, by their numbers from 1.
    pub directions: BTreeMap<usize, Direction>,
    /// Where it came from before it came into that file.
    pub original: Option<Original>,
    /// The file it was read from.
    pub file: String,
    /// By annotator.
    pub layers: Vec<ImportedLayer>,
    /// How the offsets were counted, and how sure that is.
    pub verdict: Verdict,
}

impl ImportedDocument {
    /// A document of which nothing but this is known.
    pub fn new(
        id: String,
        title: String,
        text: Text,
        file: &str,
        layers: Vec<ImportedLayer>,
        verdict: Verdict,
    ) -> Self {
        Self {
            id,
            title,
            text,
            metadata: Metadata::default(),
            direction: Direction::Auto,
            directions: BTreeMap::new(),
            original: None,
            file: file.to_owned(),
            layers,
            verdict,
        }
    }
}

/// What one annotator made in a document. Ids are unique, links do not dangle, no two say the same.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportedLayer {
    /// Whose.
    pub annotator: Name,
    /// How far they were.
    pub status: Status,
    /// By start, then longest first, then id.
    pub annotations: Vec<Annotation>,
    /// By id.
    pub links: Vec<Link>,
}

/// What files say about a scheme; what else is used in the annotations is added when they enter a project.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SchemeHints {
    /// In their order there.
    pub labels: Vec<LabelHint>,
    /// In their order there; ends may name labels that are nowhere else.
    pub links: Vec<LinkDef>,
}

/// What a file says about a label.
#[derive(Clone, PartialEq, Debug)]
pub struct LabelHint {
    /// As used in annotations.
    pub name: Name,
    /// As shown.
    pub title: Option<String>,
    /// Its colour.
    pub colour: Option<Colour>,
    /// Its key.
    pub key: Option<char>,
    /// The line under its marks.
    pub underline: Option<Underline>,
    /// When to use it; empty for none.
    pub description: String,
    /// Whether it is offered.
    pub on: bool,
    /// What can be said about its annotations.
    pub attributes: Vec<AttributeDef>,
}

impl LabelHint {
    /// Of a label of which only the name is known.
    pub fn new(name: Name) -> Self {
        let (title, colour, key, underline) = (None, None, None, None);
        Self { name, title, colour, key, underline, description: String::new(), on: true, attributes: Vec::new() }
    }
}

impl SchemeHints {
    /// The hint about a label, made if there is none.
    pub fn label(&mut self, name: &Name) -> &mut LabelHint {
        let at = self.labels.iter().position(|l| l.name == *name).unwrap_or_else(|| {
            self.labels.push(LabelHint::new(name.clone()));
            self.labels.len() - 1
        });
        &mut self.labels[at]
    }

    /// The hint about a link kind, made if there is none.
    pub fn link(&mut self, name: &Name) -> &mut LinkDef {
        let at = self.links.iter().position(|l| l.name == *name).unwrap_or_else(|| {
            self.links.push(link_def(name));
            self.links.len() - 1
        });
        &mut self.links[at]
    }
}

/// A link kind of which only the name is known.
pub fn link_def(name: &Name) -> LinkDef {
    LinkDef {
        name: name.clone(),
        title: name.as_str().to_owned(),
        inverse: format!("{name} (of)"),
        from: Vec::new(),
        to: Vec::new(),
        symmetric: false,
        description: String::new(),
    }
}

/// The person gave up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cancelled; nothing was changed")]
pub struct Cancelled;

/// Tells how far long work is and learns whether to go on.
#[derive(Clone, Copy)]
pub struct Progress<'a>(&'a dyn Fn(f32) -> bool);

impl<'a> Progress<'a> {
    /// `report` gets the share that is done (0 to 1) and says whether to go on.
    pub fn new(report: &'a dyn Fn(f32) -> bool) -> Self {
        Self(report)
    }

    /// For whom nobody waits.
    pub fn none() -> Progress<'static> {
        Progress(&|_| true)
    }

    /// Says that `done` of `all` is done.
    pub fn step(&self, done: usize, all: usize) -> Result<(), Cancelled> {
        let share = if all == 0 { 1.0 } else { done as f32 / all as f32 };
        if (self.0)(share.min(1.0)) { Ok(()) } else { Err(Cancelled) }
    }
}

/// Why nothing was read.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ReadError {
    /// Something is wrong and the rest is not wanted.
    #[error("{}", summary(.0))]
    Refused(Vec<Problem>),
    /// The person gave up.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

fn summary(problems: &[Problem]) -> String {
    let shown: Vec<_> = problems.iter().take(20).map(ToString::to_string).collect();
    let more = problems.len().saturating_sub(20);
    let rest = if more > 0 { format!("\nand {more} more") } else { String::new() };
    format!("{}{rest}", shown.join("\n"))
}
