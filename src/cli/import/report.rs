//! What `byline import` tells.

use super::super::console::{Align, Console, Issue, Severity, counted, lines, table};
use crate::formats::ImportedDocument;
use crate::formats::import::ImportReport;
use crate::ingest::{Article, Counts, Extraction, FileKind};
use crate::model::{Document, DocumentId, Name, Scheme};
use crate::sources::Set;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What an import did.
pub struct Report {
    into: PathBuf,
    /// Whether it only says what would be.
    is_rehearsal: bool,
    left_out: Vec<PathBuf>,
    /// One for each file or document that was read.
    pub rows: Vec<Row>,
    /// Articles whose text is in the project, and as which document.
    pub already_there: Vec<(PathBuf, DocumentId)>,
    /// What is wrong or doubtful.
    pub issues: Vec<Issue>,
    annotations: usize,
    links: usize,
    entities: usize,
    twins: usize,
    unknown_labels: BTreeMap<Name, usize>,
    unknown_links: BTreeMap<Name, usize>,
}

/// One document that was read.
#[derive(Serialize)]
pub struct Row {
    id: String,
    title: String,
    new: bool,
    file: String,
    format: Option<&'static str>,
    encoding: Option<&'static str>,
    annotations: usize,
    links: usize,
    unit: Option<&'static str>,
    quotes: usize,
    quotes_verified: usize,
    /// What came of an article that is more than its text.
    #[serde(flatten)]
    extraction: Option<OutOfFile>,
    #[serde(skip)]
    how: String,
    /// What was taken and what was left out, in words.
    #[serde(skip)]
    notes: Vec<String>,
}

/// What was taken out of a file and what was left in it, as numbers by name.
#[derive(Serialize)]
struct OutOfFile {
    kind: &'static str,
    taken: BTreeMap<&'static str, usize>,
    left_out: BTreeMap<&'static str, usize>,
    changed: BTreeMap<&'static str, usize>,
    passages_left_out: Vec<String>,
}

impl From<&Extraction> for OutOfFile {
    fn from(extraction: &Extraction) -> Self {
        let by_key = |counts: &Counts| counts.iter().map(|(part, count)| (part.key(), count)).collect();
        Self {
            kind: extraction.kind.name(),
            taken: by_key(&extraction.taken),
            left_out: by_key(&extraction.left_out),
            changed: by_key(&extraction.changed),
            passages_left_out: extraction.passages.clone(),
        }
    }
}

impl Row {
    /// A document with annotations; where it entered is said by [`Row::of`].
    pub fn annotated(document: &ImportedDocument, set: &Set) -> Self {
        let verdict = &document.verdict;
        let annotations: usize = document.layers.iter().map(|layer| layer.annotations.len()).sum();
        let links: usize = document.layers.iter().map(|layer| layer.links.len()).sum();
        let counts = format!("{}, {}", counted(annotations, "annotation"), counted(links, "link"));
        let how = if annotations > 0 { format!("{counts}; {verdict}") } else { counts };
        Self {
            id: String::new(),
            title: String::new(),
            new: false,
            file: set.root.join(&document.file).display().to_string(),
            format: Some(set.format.card().name),
            encoding: None,
            annotations,
            links,
            unit: Some(verdict.counting.unit.option()),
            quotes: verdict.of,
            quotes_verified: verdict.verified,
            extraction: None,
            how,
            notes: Vec::new(),
        }
    }

    /// As which document it entered the project.
    #[must_use]
    pub fn of(self, document: &Document, new: bool) -> Self {
        Self { id: document.id.to_string(), title: document.title.clone(), new, ..self }
    }

    /// An article that became a document.
    pub fn article(document: &Document, article: &Article, path: &Path) -> Self {
        let metadata = &document.metadata;
        let known = [
            ("author", metadata.author.clone()),
            ("source", metadata.source.clone()),
            ("date", metadata.date.map(|date| date.to_string())),
            ("language", metadata.language.clone()),
            ("url", metadata.url.clone()),
        ];
        let known = known.into_iter().filter_map(|(what, is)| Some(format!("; {what} {}", is?)));
        let extraction = article.extraction.as_ref();
        let has_encoding = extraction.is_none_or(|extraction| extraction.kind == FileKind::Html);
        let how = if has_encoding {
            format!("article in {} ({})", article.form(), article.certainty.in_words())
        } else {
            format!("article in {}", article.form())
        };
        Self {
            id: document.id.to_string(),
            title: document.title.clone(),
            new: true,
            file: path.display().to_string(),
            format: None,
            encoding: has_encoding.then_some(article.encoding.name()),
            annotations: 0,
            links: 0,
            unit: None,
            quotes: 0,
            quotes_verified: 0,
            extraction: extraction.map(OutOfFile::from),
            how: how + &known.collect::<String>(),
            notes: extraction.map(Extraction::in_words).unwrap_or_default(),
        }
    }
}

impl Report {
    /// Nothing was done yet.
    pub fn new(into: &Path, is_rehearsal: bool, left_out: &[PathBuf]) -> Self {
        Self {
            into: into.to_owned(),
            is_rehearsal,
            left_out: left_out.to_vec(),
            rows: Vec::new(),
            already_there: Vec::new(),
            issues: Vec::new(),
            annotations: 0,
            links: 0,
            entities: 0,
            twins: 0,
            unknown_labels: BTreeMap::new(),
            unknown_links: BTreeMap::new(),
        }
    }

    /// Adds what a set of files brought; what `scheme` lacks becomes a warning.
    pub fn counts(&mut self, done: &ImportReport, scheme: &Scheme) {
        self.annotations += done.annotations;
        self.links += done.links;
        self.entities += done.entities;
        self.twins += done.twins;
        let names: Vec<_> = scheme.labels.iter().map(|label| format!("`{}`", label.name)).collect();
        let of_labels = format!(
            "they are kept; add the labels with `--add-labels`, or make them {} with `--map`",
            names.join(", ")
        );
        let of_links = "they are kept; add the link kinds with `--add-labels`";
        self.issues.extend(lacking("label", "annotation", &done.unknown_labels).map(|issue| issue.help(of_labels)));
        self.issues.extend(lacking("link kind", "link", &done.unknown_links).map(|issue| issue.help(of_links)));
        for (sum, more) in
            [(&mut self.unknown_labels, &done.unknown_labels), (&mut self.unknown_links, &done.unknown_links)]
        {
            for (name, n) in more {
                *sum.entry(name.clone()).or_default() += n;
            }
        }
    }

    /// Adds files of which everything was there already.
    pub fn all_there<'a>(&mut self, rows: impl Iterator<Item = &'a Row>) {
        self.twins += rows.map(|row| row.annotations + row.links).sum::<usize>();
    }

    /// Whether something could not be taken in.
    pub fn has_errors(&self) -> bool {
        self.issues.iter().any(|issue| issue.severity == Severity::Error)
    }

    /// Tells it, but for the issues.
    pub fn tell(&self, console: &mut Console) {
        let already = self
            .already_there
            .iter()
            .map(|(path, id)| json!({ "file": path.display().to_string(), "id": id.as_str() }));
        let by_name = |counts: &BTreeMap<Name, usize>| -> serde_json::Map<_, _> {
            counts.iter().map(|(name, n)| (name.to_string(), json!(n))).collect()
        };
        console.json(&json!({
            "project": self.into.display().to_string(),
            "dry_run": self.is_rehearsal,
            "documents": self.rows,
            "annotations": self.annotations,
            "links": self.links,
            "entities": self.entities,
            "passed_over": self.twins,
            "already_there": already.collect::<Vec<_>>(),
            "left_out": self.left_out.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "unknown_labels": by_name(&self.unknown_labels),
            "unknown_links": by_name(&self.unknown_links),
            "issues": self.issues,
        }));
        console.say(self.in_words());
    }

    fn in_words(&self) -> String {
        // Two that have one text are one document.
        let new = self.rows.iter().filter(|row| row.new).map(|row| &row.id).collect::<BTreeSet<_>>().len();
        let mut counts = vec![counted(new, "new document")];
        let several = [(self.annotations, "annotation"), (self.links, "link")];
        counts.extend(several.map(|(n, noun)| counted(n, noun)));
        if self.entities > 0 {
            counts.push(counted(self.entities, "new entity"));
        }
        let done = if self.is_rehearsal { "would be imported into" } else { "imported into" };
        let first = format!("{done} `{}`: {}\n", self.into.display(), counts.join(", "));
        let rows = self.rows.iter().map(|row| {
            let entered = if row.new { "new" } else { "there" };
            vec![row.id.clone(), entered.to_owned(), row.how.clone()]
        });
        let rows = table(2, &[Align::Left; 3], &rows.collect::<Vec<_>>());
        let notes = self.rows.iter().flat_map(|row| row.notes.iter().map(|note| format!("{}: {note}", row.id)));
        let twins = (self.twins > 0).then(|| format!("passed over, because the layers say so already: {}", self.twins));
        let there = |(path, id): &(PathBuf, _)| format!("passed over, because it is there as {id}: {}", path.display());
        let left_out = |path: &PathBuf| format!("left out, of no known kind: {}", path.display());
        let others = notes.chain(self.already_there.iter().map(there)).chain(self.left_out.iter().map(left_out));
        format!("{first}{rows}{}", lines(twins.into_iter().chain(others)))
    }
}

/// That the scheme lacks `names`, with how many things have each.
fn lacking(what: &str, noun: &str, names: &BTreeMap<Name, usize>) -> Option<Issue> {
    let named: Vec<_> = names.iter().map(|(name, n)| format!("“{name}” ({})", counted(*n, noun))).collect();
    let issue = || Issue::warning(format!("the scheme lacks {}: {}", counted(names.len(), what), named.join(", ")));
    (!names.is_empty()).then(issue)
}
