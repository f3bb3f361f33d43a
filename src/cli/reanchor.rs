//! `byline reanchor`: the annotations of a document whose text was changed outside, in the new text.
//!
//! Lists what became of their places; writes only what was accepted by name of its kind or by id.

use super::console::{Align, Console, Failure, Issue, counted, lines, table, with_help};
use super::project::{self, locked};
use super::waiting::Waiting;
use crate::anchor::{Accepted, Found, Placed};
use crate::ingest::Article;
use crate::model::{AnnotationId, Document, Name, Project, Span, Text};
use crate::personal;
use crate::session::Anchoring;
use crate::store::{FileError, Lock, ProjectFolder};
use chrono::Utc;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Find the annotations of a document again in a text that was changed outside
#[derive(Args)]
#[command(
    after_help = "Without --accept and --take nothing is changed: what became of every annotation is listed. The \
    layers as they were are kept in the history: `byline restore` lists them."
)]
pub struct Arguments {
    /// Folder of the project
    dir: PathBuf,
    /// Which document
    document: String,
    /// The new text, if it does not lie in the project yet
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Take the new text with the annotations of this kind and the surer ones
    #[arg(long, value_name = "KIND")]
    accept: Option<Kind>,
    /// Take the place that is proposed for this annotation as well, as in `a12` or `maria/a12`; can be repeated
    #[arg(long, value_name = "ID")]
    take: Vec<String>,
    /// Leave annotations behind that were not taken: they stay in the history only
    #[arg(long)]
    leave_rest: bool,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Kinds of places, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
enum Kind {
    /// At the same place, with the same words
    Same,
    /// Elsewhere, without a doubt, with the same words
    Moved,
    /// Only a proposal: the words were changed, or stand there several times
    Doubtful,
}

fn kind_of(placed: &Placed) -> Option<Kind> {
    match placed.found {
        Found::Exact => Some(Kind::Same),
        Found::Moved(_) => Some(Kind::Moved),
        Found::Doubtful { .. } => Some(Kind::Doubtful),
        Found::Lost => None,
    }
}

fn name_of(placed: &Placed) -> &'static str {
    match kind_of(placed) {
        Some(Kind::Same) => "same",
        Some(Kind::Moved) => "moved",
        Some(Kind::Doubtful) => "doubtful",
        None => "lost",
    }
}

/// Where the annotations of a layer are to lie.
type Chosen = BTreeMap<AnnotationId, Span>;

/// Lists what became of the annotations, or takes the new text.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let is_wanted = arguments.accept.is_some() || !arguments.take.is_empty();
    if arguments.leave_rest && !is_wanted {
        let issue = Issue::error("`--leave-rest` says what becomes of the rest, but nothing is taken");
        return Err(Failure::usage(issue.help("say what is taken with `--accept` or `--take`")));
    }
    let (folder, project) = project::open(&arguments.dir)?;
    let document = document(arguments, &project)?;
    // Before the layers are read: what is read then stays so.
    let locks = if is_wanted && !arguments.dry_run { locks(&folder, &document)? } else { BTreeMap::new() };
    let _project_lock = if is_wanted && !arguments.dry_run { Some(locked(|| folder.lock_project())?) } else { None };
    // Somebody may have saved while the locks were waited for.
    let (folder, project) = if locks.is_empty() { (folder, project) } else { ProjectFolder::open(folder.path())? };
    let document = self::document(arguments, &project).unwrap_or(document);
    let Some(anchoring) = anchoring(arguments, &folder, &document)? else {
        console.json(&json!({ "document": document.id.as_str(), "changed": false }));
        console.say(format!("the text of {} is the one that was annotated: there is nothing to do\n", document.id));
        return Ok(());
    };
    let chosen = chosen(arguments, &anchoring)?;
    let accepted = anchoring.accepted(&chosen);
    let left: usize = accepted.iter().map(|one| one.left_out.len()).sum();
    let writes = is_wanted && !arguments.dry_run;
    if writes && left > 0 && !arguments.leave_rest {
        return Err(left_behind(&anchoring, &accepted));
    }
    if writes {
        // The last moment to give up: what is being saved is saved to its end.
        Waiting::new("saving").done(0, 1)?;
        let rescue = personal::rescue_folder();
        let done = anchoring.write(&folder, &project, &accepted, &locks, rescue.as_deref(), Utc::now());
        done.map_err(|error| Failure::data(with_help(&error)))?;
    }
    report(&document, &anchoring, &accepted, writes, console);
    if !anchoring.text.has_old_text {
        let issue = Issue::warning("the text that was annotated is gone: only the quotes say where annotations lay");
        Console::complain(&[issue.help("look at all of them, also at those that are found word for word")]);
    }
    if !is_wanted {
        console.say("nothing was changed; take the new text with `--accept` (`same`, `moved` or `doubtful`)\n");
    } else if arguments.dry_run {
        console.say(format!("nothing was changed; {} would be left behind\n", counted(left, "annotation")));
    }
    Ok(())
}

fn document(arguments: &Arguments, project: &Project) -> Result<Document, Failure> {
    let ids = project.documents.iter().map(|document| document.id.as_str());
    project::wanted(ids, std::slice::from_ref(&arguments.document), "document")?;
    let found = project.documents.iter().find(|document| document.id.as_str() == arguments.document);
    found.cloned().ok_or_else(|| Failure::usage(Issue::error("the project has no such document")))
}

fn locks(folder: &ProjectFolder, document: &Document) -> Result<BTreeMap<Name, Lock>, Failure> {
    let annotators = folder.annotators(&document.id)?;
    annotators.into_iter().map(|name| Ok((name.clone(), locked(|| folder.lock(&name))?))).collect()
}

fn anchoring(arguments: &Arguments, folder: &ProjectFolder, document: &Document) -> Result<Option<Anchoring>, Failure> {
    let Some(path) = &arguments.text else { return Ok(Anchoring::of(folder, document)?) };
    let article = Article::from_path(path, None).map_err(|refusal| Failure::data(Issue::error(refusal)))?;
    let found: Result<_, FileError> = Anchoring::with(folder, document, Text::new(article.text.as_str()));
    Ok(found?)
}

/// What is to be taken, for each layer.
fn chosen(arguments: &Arguments, anchoring: &Anchoring) -> Result<Vec<Chosen>, Failure> {
    let layers = anchoring.text.layers.iter().zip(&anchoring.proposals);
    let mut all: Vec<Chosen> = layers
        .clone()
        .map(|(_, proposal)| {
            let is_sure = |placed: &&Placed| kind_of(placed).is_some_and(|kind| Some(kind) <= arguments.accept);
            let taken = proposal.placed.iter().filter(is_sure);
            taken.filter_map(|placed| Some((placed.id, placed.proposed()?.clone()))).collect()
        })
        .collect();
    for typed in &arguments.take {
        let (annotator, id) = typed.rsplit_once('/').map_or((None, typed.as_str()), |(name, id)| (Some(name), id));
        let mut found = Vec::new();
        for (at, (layer, proposal)) in layers.clone().enumerate() {
            if annotator.is_none_or(|name| *layer.key().annotator == *name) {
                let here = proposal.placed.iter().filter(|placed| placed.id.to_string() == id);
                found.extend(here.map(|placed| (at, placed)));
            }
        }
        let (at, placed) = match found[..] {
            [one] => one,
            [] => return Err(Failure::usage(Issue::error(format!("the document has no annotation “{typed}”")))),
            _ => {
                let issue = Issue::error(format!("several annotators have an annotation “{typed}”"));
                return Err(Failure::usage(issue.help(format!("say whose, as in `--take maria/{id}`"))));
            }
        };
        let Some(span) = placed.proposed() else {
            let issue = Issue::error(format!("“{typed}” is found nowhere in the new text: “{}”", placed.quote));
            return Err(Failure::usage(issue.help("annotate it anew in the window, if it is there in other words")));
        };
        all[at].insert(placed.id, span.clone());
    }
    Ok(all)
}

fn left_behind(anchoring: &Anchoring, accepted: &[Accepted]) -> Failure {
    let mut issues = Vec::new();
    for (proposal, accepted) in anchoring.proposals.iter().zip(accepted) {
        for placed in proposal.placed.iter().filter(|placed| accepted.left_out.contains(&placed.id)) {
            let whose = &accepted.layer.key().annotator;
            let what = format!("{whose}/{} ({}) would be left behind: “{}”", placed.id, name_of(placed), placed.quote);
            issues.push(Issue::error(what));
        }
    }
    let help = "take more with `--accept` or `--take`, or leave the rest in the history with `--leave-rest`";
    if let Some(last) = issues.pop() {
        issues.push(last.help(help));
    }
    Failure { code: super::console::DATA, issues }
}

fn bytes(span: &Span) -> String {
    let parts: Vec<_> = span.fragments().map(|part| format!("{}–{}", part.start(), part.end())).collect();
    parts.join(" + ")
}

fn ranges(span: &Span) -> Value {
    span.fragments().map(|part| json!([part.start(), part.end()])).collect()
}

fn report(document: &Document, anchoring: &Anchoring, accepted: &[Accepted], written: bool, console: &mut Console) {
    let mut layers = Vec::new();
    let mut words = String::new();
    let mut sums = [0; 4];
    for (proposal, accepted) in anchoring.proposals.iter().zip(accepted) {
        let annotator = &accepted.layer.key().annotator;
        let counts = proposal.counts();
        for (sum, count) in sums.iter_mut().zip([counts.exact, counts.moved, counts.doubtful, counts.lost]) {
            *sum += count;
        }
        let is_taken = |placed: &Placed| !accepted.left_out.contains(&placed.id);
        let row = |placed: &Placed| {
            let mut row = json!({
                "id": placed.id.to_string(),
                "found": name_of(placed),
                "quote": placed.quote,
                "old_bytes": ranges(&placed.old),
                "new_bytes": placed.proposed().map(ranges),
                "taken": is_taken(placed),
            });
            if let Found::Doubtful { quote, score, candidates, .. } = &placed.found {
                row["now"] = quote.as_str().into();
                row["alike"] = json!(score);
                row["candidates"] = json!(candidates);
            }
            row
        };
        layers.push(json!({
            "annotator": annotator.as_str(),
            "annotations": proposal.placed.iter().map(row).collect::<Vec<_>>(),
            "links_left_behind": accepted.left_links.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
        let rows: Vec<_> = proposal.placed.iter().filter(|placed| placed.found != Found::Exact).map(line).collect();
        if !rows.is_empty() {
            words += &format!("{annotator}:\n{}", table(2, &[Align::Left; 4], &rows));
        }
        let links = accepted.left_links.iter().map(|id| format!("  link {id} stays behind: an end of it does"));
        words += &lines(links.filter(|_| written));
    }
    let [same, moved, doubtful, lost] = sums;
    console.json(&json!({
        "document": document.id.as_str(),
        "changed": true,
        "old_sha256": document.sha256,
        "new_sha256": anchoring.text.new.sha256(),
        "has_old_text": anchoring.text.has_old_text,
        "same": same,
        "moved": moved,
        "doubtful": doubtful,
        "lost": lost,
        "written": written,
        "layers": layers,
    }));
    console.say(format!(
        "{}: {} at the same place, {moved} moved, {doubtful} doubtful, {lost} found nowhere\n{words}",
        document.id,
        counted(same, "annotation"),
    ));
    if written {
        let taken: usize = accepted.iter().map(|one| one.layer.len()).sum();
        let left: usize = accepted.iter().map(|one| one.left_out.len()).sum();
        console.say(format!(
            "took the new text with {}; {} in the history only\n",
            counted(taken, "annotation"),
            counted(left, "annotation"),
        ));
    }
}

/// An annotation that is not where it was.
fn line(placed: &Placed) -> Vec<String> {
    let now = match &placed.found {
        Found::Exact => String::new(),
        Found::Lost => format!("bytes {}", bytes(&placed.old)),
        Found::Moved(span) => format!("bytes {} → {}", bytes(&placed.old), bytes(span)),
        Found::Doubtful { span, quote, score, candidates } => {
            let others = if *candidates > 1 { format!(", one of {candidates}") } else { String::new() };
            let place = format!("bytes {} → {}", bytes(&placed.old), bytes(span));
            format!("{place}, now perhaps “{quote}” ({:.0} % alike{others})", score * 100.0)
        }
    };
    vec![name_of(placed).to_owned(), placed.id.to_string(), format!("“{}”", placed.quote), now]
}
