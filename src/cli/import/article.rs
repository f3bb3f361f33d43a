//! From an article to a document: its header lines become metadata where they are certain.

use super::super::console::Issue;
use crate::ingest::{Article, DateReading, FieldKind, FieldValue, HeaderField};
use crate::model::{Direction, Document, DocumentId, Metadata, Original, Text};
use chrono::NaiveDate;
use clap::Args;
use std::path::Path;

/// What the person says about an article; it wins over the header lines.
#[derive(Args, Default)]
#[command(next_help_heading = "About the article, if it is only one")]
pub struct Given {
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// Who wrote it
    #[arg(long)]
    author: Option<String>,
    /// Who published it
    #[arg(long)]
    source: Option<String>,
    /// Where it stands
    #[arg(long)]
    url: Option<String>,
    /// When it was published, as in 2023-09-29
    #[arg(long)]
    date: Option<NaiveDate>,
    /// Language tag (BCP 47), as in en
    #[arg(long)]
    language: Option<String>,
}

impl Given {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        let texts = [&self.title, &self.author, &self.source, &self.url, &self.language];
        texts.into_iter().all(Option::is_none) && self.date.is_none()
    }
}

/// The title that an article gets.
pub fn title(article: &Article, path: &Path, given: &Given) -> String {
    let proposed = || article.title.as_ref().map(|proposal| proposal.title.clone());
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    given.title.clone().or_else(proposed).unwrap_or_else(stem)
}

/// The document that an article becomes.
pub fn document(article: &Article, text: &Text, path: &Path, id: DocumentId, given: &Given) -> Document {
    let of_header = |kind| {
        article.header.iter().find_map(|field| match &field.value {
            FieldValue::Text(text) if field.kind == kind => Some(text.clone()),
            _ => None,
        })
    };
    let metadata = Metadata {
        author: given.author.clone().or_else(|| of_header(FieldKind::Author)),
        source: given.source.clone().or_else(|| of_header(FieldKind::Source)),
        url: given.url.clone().or_else(|| of_header(FieldKind::Url)),
        date: given.date.or_else(|| certain_date(article)),
        language: given.language.clone().or_else(|| of_header(FieldKind::Language)),
        ..Metadata::default()
    };
    let original = Original {
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        encoding: article.form(),
        sha256: article.sha256.clone(),
    };
    Document {
        id,
        title: title(article, path, given),
        metadata,
        direction: Direction::default(),
        directions: std::collections::BTreeMap::new(),
        sha256: text.sha256().to_owned(),
        original: Some(original),
    }
}

/// What somebody should know about an article: doubtful dates, what its bytes tell.
pub fn doubts(article: &Article, text: &Text, path: &Path, given: &Given) -> Vec<Issue> {
    let warnings = article.warnings.iter().map(|warning| {
        let words = warning.to_string();
        let (what, help) = words.rsplit_once(": ").unwrap_or((&words, ""));
        Issue::warning(what).file(path.display()).help(help)
    });
    let date_is_known = given.date.is_some() || certain_date(article).is_some();
    let dates = article.header.iter().filter(|field| field.kind == FieldKind::Date && !date_is_known);
    let dates = dates.filter_map(|field| Some(doubt(field, &field.note()?, text, path)));
    warnings.chain(dates).collect()
}

/// What the header says when the article was published, if there is one reading only.
fn certain_date(article: &Article) -> Option<NaiveDate> {
    article.header.iter().find_map(|field| match field.value {
        FieldValue::Date(DateReading::Certain(date)) if field.kind == FieldKind::Date => Some(date),
        _ => None,
    })
}

fn doubt(field: &HeaderField, note: &str, text: &Text, path: &Path) -> Issue {
    let what = note.rsplit_once(": ").map_or(note, |(what, _)| what);
    let issue = Issue::warning(format!("the date is left open: {what}")).file(path.display());
    let issue = issue.help("import the article by itself with `--date`, or enter the date in the window");
    // What stands beside the text of a file has no place in it.
    let Some(range) = &field.range else { return issue };
    let (line, column) = text.line_and_column(range.start);
    Issue { line: Some(line), column: Some(column), ..issue }
}
