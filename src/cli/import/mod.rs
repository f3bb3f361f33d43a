//! `byline import`: takes articles and annotated files into a project, all of them or none.
//!
//! Here: reading, entering the project as changes, saving once, taking back what could not be saved. What the paths
//! lead to: `crate::sources`. What an article becomes: `article`. What is told: `report`.

mod article;
mod report;

use super::console::{Console, DATA, Failure, Issue, Severity, USAGE};
use super::project;
use super::waiting::Waiting;
use crate::edit::{Change, NewDocument, Refusal, Stamp, State, documents};
use crate::formats::import::{ImportOptions, known, plan};
use crate::formats::{self, Format, Problem, Progress, ReadError, ReadOptions, ReadResult, Unit};
use crate::ingest::{Article, Encoding};
use crate::model::{DocumentId, LayerKey, Name, Origin, Text};
use crate::sources::{self, ArticleFile, Set, SourceError, Sources};
use crate::store::{Dirty, LockError, ProjectFolder};
use chrono::{DateTime, Utc};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use report::{Report, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Take articles (text, HTML, DOCX, ODT, PDF, EPUB) and annotated files into a project
// Each is an option of its own on the command line.
#[expect(clippy::struct_excessive_bools)]
#[derive(Args)]
pub struct Arguments {
    /// Files and folders; folders are walked
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder of the project
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Format of annotated files; told by their content if not given
    #[arg(long, value_parser = super::format_parser())]
    format: Option<&'static dyn Format>,
    /// Whose the annotations are where the files do not say it
    #[arg(long, value_name = "NAME", default_value = "imported")]
    annotator: String,
    /// In what offsets are counted; found by the quotes if not given
    #[arg(long, value_parser = units())]
    unit: Option<Unit>,
    /// Encoding of articles, as in windows-1251; detected if not given
    #[arg(long, value_parser = Encoding::parse)]
    encoding: Option<Encoding>,
    /// Take the rest in where something cannot be
    #[arg(long)]
    keep_going: bool,
    /// Say what would be taken in and what not, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Widen spans that begin or end inside a character to whole characters
    #[arg(long)]
    widen: bool,
    /// Add labels, links and attributes to the scheme that it lacks
    #[arg(long)]
    add_labels: bool,
    /// Give annotations of one label another one; can be repeated
    #[arg(long, value_name = "LABEL=LABEL", value_parser = mapping)]
    map: Vec<(Name, Name)>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    given: article::Given,
}

fn units() -> impl TypedValueParser<Value = Unit> {
    // Both spellings are common; the one with the hyphen is that of the reports.
    let value = |unit: Unit| PossibleValue::new(unit.option()).aliases((unit == Unit::Utf16).then_some("utf16"));
    PossibleValuesParser::new(Unit::ALL.map(value)).try_map(move |name| {
        Unit::ALL.into_iter().find(|unit| value(*unit).matches(&name, false)).ok_or("no such unit")
    })
}

fn mapping(text: &str) -> Result<(Name, Name), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.into(), to.into())),
        _ => Err("expected two labels, as in `PER=speaker`".to_owned()),
    }
}

/// Takes everything in, or nothing.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let (folder, project) = project::open(&arguments.into)?;
    check_annotator(&folder, &arguments.annotator)?;
    let sources = sources::find(&arguments.paths, arguments.format).map_err(|error| failure_of(&error))?;
    check_use(arguments, &sources)?;
    let mut import = Import {
        arguments,
        folder: &folder,
        state: State::new(project),
        changes: Vec::new(),
        report: Report::new(&arguments.into, arguments.dry_run, &sources.left_out),
        at: Utc::now(),
    };
    // Annotated texts first: a text that lies there a second time, without annotations, is then known.
    import.annotated(sources.annotated)?;
    import.articles(&sources.articles)?;
    let Import { state, changes, report, .. } = import;
    if report.has_errors() && !arguments.keep_going {
        return Err(Failure { code: DATA, issues: report.issues });
    }
    if !arguments.dry_run {
        save(&folder, &state, &changes)?;
    }
    report.tell(console);
    // What was left behind is an error, also where the person agreed to it.
    if report.has_errors() {
        return Err(Failure { code: DATA, issues: report.issues });
    }
    Console::complain(&report.issues);
    Ok(())
}

fn failure_of(error: &SourceError) -> Failure {
    let issue = Issue::error(error);
    match error {
        SourceError::Unreadable { help, is_missing: true, .. } => Failure::usage(issue.help(help)),
        SourceError::Unreadable { help, .. } => Failure::data(issue.help(help)),
        SourceError::Unrecognised(_) => {
            let read = formats::ALL.iter().filter(|format| format.card().uses.reads());
            let names: Vec<_> = read.map(|format| format!("`{}`", format.card().name)).collect();
            Failure::data(issue.help(format!("name it with `--format`: {}", names.join(", "))))
        }
        SourceError::Refused(problem) => Failure::data(self::issue(problem, None)),
    }
}

fn check_annotator(folder: &ProjectFolder, annotator: &str) -> Result<(), Failure> {
    let key = LayerKey { document: DocumentId::from_title(1, ""), annotator: annotator.into() };
    let path = folder.layer_path(&key);
    path.map(|_| ()).map_err(|error| Failure::usage(Issue::error(error).help("choose another name")))
}

fn check_use(arguments: &Arguments, sources: &Sources) -> Result<(), Failure> {
    let one = sources.articles.len() == 1 && sources.annotated.is_empty();
    if !arguments.given.is_empty() && !one {
        let issue = Issue::error("title, author and the like can be given for one article, not for several files");
        return Err(Failure::usage(issue.help("import the article by itself")));
    }
    if sources.articles.is_empty() && sources.annotated.is_empty() {
        let issue = Issue::error("there is nothing to import: no article and no annotated file was found");
        let issue = issue.help("name text files or files of a format in `byline formats`");
        return Err(Failure { code: USAGE, issues: vec![issue] });
    }
    Ok(())
}

/// An import under way; nothing of it is on the disk.
struct Import<'a> {
    arguments: &'a Arguments,
    folder: &'a ProjectFolder,
    state: State,
    /// In the order in which they were applied.
    changes: Vec<Change>,
    report: Report,
    at: DateTime<Utc>,
}

impl Import<'_> {
    fn annotated(&mut self, sets: Vec<Set>) -> Result<(), Failure> {
        if sets.is_empty() {
            return Ok(());
        }
        let documents = self.state.project.documents.iter();
        // A text that cannot be read matters only where annotations are to enter it, and is told there.
        let texts: Vec<Text> = documents.filter_map(|document| self.folder.load_text(document).ok()).collect();
        sets.into_iter().try_for_each(|set| self.set(&set, &texts))
    }

    fn set(&mut self, set: &Set, texts: &[Text]) -> Result<(), Failure> {
        let Some(result) = self.read(set, texts)? else { return Ok(()) };
        for document in known(&self.state.project, &result) {
            self.folder.load_document(&mut self.state, &document)?;
        }
        let options = ImportOptions {
            labels: self.arguments.map.iter().cloned().collect(),
            add_to_scheme: self.arguments.add_labels,
        };
        let file = set.files.first().map_or_else(String::new, |file| file.base_name().to_owned());
        let format = set.format.card().name;
        let origin = Arc::new(Origin::Import { format: format.into(), file: file.into() });
        let before: BTreeSet<_> = self.state.project.documents.iter().map(|d| d.id.clone()).collect();
        let rows: Vec<_> = result
            .documents
            .iter()
            .map(|document| (document.text.sha256().to_owned(), Row::annotated(document, set)))
            .collect();
        match plan(&self.state, result, &options, &Stamp { at: self.at, origin }) {
            Ok((change, done)) => {
                self.apply(change)?;
                self.report.counts(&done, &self.state.project.scheme);
            }
            // Everything that the files say is there already.
            Err(Refusal::NothingToDo) => self.report.all_there(rows.iter().map(|(_, row)| row)),
            Err(refusal) => return Err(Failure::data(Issue::error(refusal))),
        }
        let by_hash: BTreeMap<&str, _> = self.state.project.documents.iter().map(|d| (d.sha256.as_str(), d)).collect();
        for (hash, row) in rows {
            if let Some(document) = by_hash.get(hash.as_str()) {
                self.report.rows.push(row.of(document, !before.contains(&document.id)));
            }
        }
        Ok(())
    }

    /// What the files of a set say; `None` where they are refused and the rest goes on.
    fn read(&mut self, set: &Set, texts: &[Text]) -> Result<Option<ReadResult>, Failure> {
        let options = ReadOptions {
            unit: self.arguments.unit,
            keep_going: self.arguments.keep_going,
            widen: self.arguments.widen,
            texts: texts.to_vec(),
            ..ReadOptions::new(self.arguments.annotator.as_str(), self.at)
        };
        let waiting = Waiting::new("reading");
        let step = |share| waiting.step(share);
        match formats::read(set.format, &set.files, &options, Progress::new(&step)) {
            Ok(result) => {
                self.report.issues.extend(result.problems.iter().map(|problem| issue(problem, Some(&set.root))));
                Ok(Some(result))
            }
            Err(ReadError::Refused(problems)) => {
                self.report.issues.extend(problems.iter().map(|problem| issue(problem, Some(&set.root))));
                Ok(None)
            }
            Err(ReadError::Cancelled(_)) => Err(Failure::interrupted()),
        }
    }

    fn articles(&mut self, files: &[ArticleFile]) -> Result<(), Failure> {
        let waiting = Waiting::new("reading");
        let mut ids = Ids::new(&self.state);
        let mut new = Vec::new();
        for (done, file) in files.iter().enumerate() {
            waiting.done(done, files.len())?;
            let Some(article) = self.article(file, files.len() > 1) else { continue };
            let path = &file.path;
            let text = Text::new(article.text.as_str());
            if let Some(known) = ids.by_hash.get(text.sha256()) {
                self.report.already_there.push((path.clone(), known.clone()));
                continue;
            }
            let id = ids.give(&article::title(&article, path, &self.arguments.given));
            ids.by_hash.insert(text.sha256().to_owned(), id.clone());
            let document = article::document(&article, &text, path, id, &self.arguments.given);
            self.report.issues.extend(article::doubts(&article, &text, path, &self.arguments.given));
            self.report.rows.push(Row::article(&document, &article, path));
            new.push((NewDocument { document, text }, Vec::new()));
        }
        if new.is_empty() {
            return Ok(());
        }
        let change = documents::add(&self.state, new, &Stamp::by_hand(self.at));
        self.apply(change.map_err(|refusal| Failure::data(Issue::error(refusal)))?)
    }

    fn article(&mut self, file: &ArticleFile, among_others: bool) -> Option<Article> {
        let refusal = match file.read(self.arguments.encoding) {
            Ok(article) => return Some(article),
            Err(refusal) => refusal,
        };
        let issue = Issue::error(&refusal);
        let offer = if self.arguments.keep_going { refusal.into_offer() } else { None };
        if offer.is_none() {
            let help = if among_others { "leave it out, or take the others in with `--keep-going`" } else { "" };
            self.report.issues.push(issue.help(help));
        }
        offer
    }

    fn apply(&mut self, change: Change) -> Result<(), Failure> {
        self.state.apply(&change).map_err(|error| Failure::data(Issue::error(error)))?;
        self.changes.push(change);
        Ok(())
    }
}

/// Gives ids to new documents and knows which texts are there.
struct Ids {
    taken: BTreeSet<DocumentId>,
    by_hash: BTreeMap<String, DocumentId>,
    next: usize,
}

impl Ids {
    fn new(state: &State) -> Self {
        let documents = || state.project.documents.iter();
        let numbers = documents().filter_map(|d| d.id.as_str().get(..4)?.parse::<usize>().ok());
        Self {
            taken: documents().map(|d| d.id.clone()).collect(),
            by_hash: documents().map(|d| (d.sha256.clone(), d.id.clone())).collect(),
            next: numbers.max().unwrap_or(0) + 1,
        }
    }

    fn give(&mut self, title: &str) -> DocumentId {
        loop {
            let id = DocumentId::from_title(self.next, title);
            self.next += 1;
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// Saves what the changes made of the project; where that fails, the project is left as it was.
fn save(folder: &ProjectFolder, state: &State, changes: &[Change]) -> Result<(), Failure> {
    let mut dirty = Dirty::default();
    for change in changes {
        dirty.note(change);
    }
    if dirty.is_empty() {
        return Ok(());
    }
    // Whoever works as one of them would have to merge what comes in.
    let annotators: BTreeSet<_> = dirty.layers.iter().map(|key| &key.annotator).collect();
    let mut locks = Vec::new();
    for annotator in annotators {
        match folder.lock(annotator) {
            Err(error @ LockError::Held { .. }) => return Err(Failure::data(Issue::error(&error))),
            lock => locks.extend(lock),
        }
    }
    // The last moment to give up: what is being saved is saved to its end.
    Waiting::new("saving").done(0, 1)?;
    folder.save_whole(state, &dirty, || {
        let mut before = state.clone();
        changes.iter().rev().try_for_each(|change| before.apply(&change.clone().inverse())).ok()?;
        Some(before)
    })?;
    Ok(())
}

/// A problem of a reader; names of files belong to `root`.
fn issue(problem: &Problem, root: Option<&Path>) -> Issue {
    let severity = match problem.severity {
        formats::Severity::Error => Severity::Error,
        formats::Severity::Doubt => Severity::Warning,
    };
    let path = root.map_or_else(|| PathBuf::from(&problem.place.file), |root| root.join(&problem.place.file));
    Issue {
        severity,
        file: Some(path.display().to_string()).filter(|path| !path.is_empty()),
        line: problem.place.line,
        column: problem.place.column,
        ..Issue::error(&problem.cause).help(&problem.help)
    }
}
