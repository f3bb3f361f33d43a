//! Articles out of web pages, documents, e-books and PDFs: what comes in is what the file says, and what does not is told.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "ingest_files/documents.rs"]
mod documents;
#[path = "ingest_files/pages.rs"]
mod pages;
#[path = "ingest_files/pdfs.rs"]
mod pdfs;
mod shared_data;

use shared_data::shared;

use byline::ingest::{Article, Counts, DateReading, FieldKind, FieldValue, Refusal};

/// The article in `bytes`, of a file whose name says nothing.
fn read(bytes: &[u8]) -> Article {
    Article::from_bytes("é", bytes, None).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn refused(bytes: &[u8]) -> Refusal {
    Article::from_bytes("é", bytes, None).unwrap_err()
}

/// What the file says about its article, the first of each kind.
fn about(article: &Article, kind: FieldKind) -> Option<String> {
    article.header.iter().find(|field| field.kind == kind).map(|field| match &field.value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Date(DateReading::Certain(date)) => date.to_string(),
        other => format!("{other:?}"),
    })
}

/// The counts by their keys.
fn keys(counts: &Counts) -> Vec<(&'static str, usize)> {
    counts.iter().map(|(part, count)| (part.key(), count)).collect()
}
