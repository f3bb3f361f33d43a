//! Searching many documents on a worker, and what it brings back.

use crate::app::worker::Progress;
use crate::find::{BadPattern, MOST, Place, Query, places};
use crate::model::{Document, DocumentId, Layer, LayerKey, Name, Text};
use crate::session::Session;
use crate::store::ProjectFolder;
use std::sync::Arc;

/// A document to be searched, with what of it is in memory.
struct Source {
    document: Document,
    text: Option<Text>,
    layer: Option<Layer>,
}

/// Documents to be searched. Cloning shares them.
#[derive(Clone)]
pub struct Sources {
    folder: ProjectFolder,
    annotator: Name,
    documents: Arc<Vec<Source>>,
}

/// What was found in one document.
pub struct Hits {
    /// Which document.
    pub document: DocumentId,
    /// Its title.
    pub title: String,
    /// Where.
    pub places: Vec<Place>,
    /// What was read for annotating, if it was not in memory.
    pub loaded: Option<(Text, Layer)>,
}

/// What was found in several documents. Its places are numbered through, from 0; as a list it has a row for each
/// document, and below it one for each place.
#[derive(Default)]
pub struct Everywhere {
    hits: Vec<Hits>,
    /// The number of the first place of each document.
    first: Vec<usize>,
    /// How many places there are.
    pub count: usize,
    /// Whether there are more than were to be kept.
    pub more: bool,
    /// Documents that could not be read, and why.
    pub unread: Vec<String>,
}

/// A row of the list.
#[derive(Clone, Copy)]
pub enum Row<'a> {
    /// What follows was found in this document.
    Document(&'a Hits),
    /// A place and its number.
    Place(&'a Place, usize),
}

impl Sources {
    /// All documents of a project, or one.
    pub fn of(session: &Session, only: Option<&DocumentId>) -> Self {
        let (state, documents) = (session.state(), &session.project().documents);
        let source = |document: &Document| Source {
            text: state.text(&document.id).cloned(),
            layer: state.layer(&session.key(&document.id)).cloned(),
            document: document.clone(),
        };
        let documents = match only {
            Some(id) => session.project().document(id).map(source).into_iter().collect(),
            None => documents.iter().map(source).collect(),
        };
        Self {
            folder: session.folder().clone(),
            annotator: session.annotator().clone(),
            documents: Arc::new(documents),
        }
    }

    /// Searches them; with `layers`, it is seen to it that every place can be annotated. `None` if it was cancelled.
    pub fn search(
        &self,
        query: &Query,
        layers: bool,
        progress: &Progress,
        wake: &dyn Fn(),
    ) -> Option<Result<Everywhere, BadPattern>> {
        let finder = match query.compile() {
            Ok(finder) => finder,
            Err(error) => return Some(Err(error)),
        };
        let mut all = Everywhere::default();
        for (n, source) in self.documents.iter().enumerate() {
            let share = n as f32 / self.documents.len() as f32;
            if !progress.at(share) {
                return None;
            }
            if n % 256 == 255 {
                wake();
            }
            let document = &source.document;
            let text = match &source.text {
                Some(text) => text.clone(),
                None => match self.folder.load_text(document) {
                    Ok(text) => text,
                    Err(error) => {
                        all.unread.push(error.to_string());
                        continue;
                    }
                },
            };
            let found = finder.find(&text, MOST - all.count, &mut || progress.at(share))?;
            all.more = found.more;
            if !found.places.is_empty() {
                let key = LayerKey { document: document.id.clone(), annotator: self.annotator.clone() };
                let read = layers && source.layer.is_none();
                let layer = match read.then(|| self.folder.load_layer(&key, &text)).transpose() {
                    Ok(layer) => layer,
                    Err(error) => {
                        all.unread.push(error.to_string());
                        continue;
                    }
                };
                let places = places(&text, source.layer.as_ref().or(layer.as_ref()), found.places);
                let (document, title) = (document.id.clone(), document.title.clone());
                all.push(Hits { document, title, places, loaded: layer.map(|layer| (text, layer)) });
            }
            if all.more {
                break;
            }
        }
        Some(Ok(all))
    }
}

impl Everywhere {
    fn push(&mut self, hits: Hits) {
        self.first.push(self.count);
        self.count += hits.places.len();
        self.hits.push(hits);
    }

    /// By document, in the order of reading; none is empty.
    pub fn hits(&self) -> &[Hits] {
        &self.hits
    }

    /// Taken apart: what was found in each document.
    pub fn into_hits(self) -> Vec<Hits> {
        self.hits
    }

    /// In which of [`Everywhere::hits`] a place is.
    fn hits_of(&self, place: usize) -> usize {
        self.first.partition_point(|first| *first <= place).saturating_sub(1)
    }

    /// A place by its number, with the document in which it is.
    pub fn place(&self, number: usize) -> Option<(&Hits, &Place)> {
        let at = self.hits_of(number);
        let hits = self.hits.get(at)?;
        Some((hits, hits.places.get(number - self.first[at])?))
    }

    /// How many rows the list has.
    pub fn rows(&self) -> usize {
        self.hits.len() + self.count
    }

    /// The row of a place.
    pub fn row_of(&self, place: usize) -> usize {
        place + self.hits_of(place) + 1
    }

    /// A row of the list.
    pub fn row(&self, row: usize) -> Option<Row<'_>> {
        // The row of a document stands before its places and after the rows of the documents before it.
        let mut after = (0, self.first.len());
        while after.0 < after.1 {
            let middle = usize::midpoint(after.0, after.1);
            after = if self.first[middle] + middle <= row { (middle + 1, after.1) } else { (after.0, middle) };
        }
        let at = after.0.checked_sub(1)?;
        let hits = self.hits.get(at)?;
        match (row - at - self.first[at]).checked_sub(1) {
            None => Some(Row::Document(hits)),
            Some(nth) => Some(Row::Place(hits.places.get(nth)?, self.first[at] + nth)),
        }
    }

    /// “12 places in 3 documents”.
    pub fn in_words(&self) -> String {
        let documents =
            if self.hits.len() == 1 { "1 document".to_owned() } else { format!("{} documents", self.hits.len()) };
        match self.count {
            0 => "Nothing found".to_owned(),
            1 => "1 place".to_owned(),
            n if self.more => format!("The first {n} places, in {documents}"),
            n => format!("{n} places in {documents}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_documents_each_with_its_places() {
        let text = Text::new("é é é é é é");
        let mut all = Everywhere::default();
        for (n, count) in [3, 1, 2].into_iter().enumerate() {
            let ranges = (0..count).map(|at| at * 3..at * 3 + 2).collect();
            let document = DocumentId::from_title(n + 1, "a");
            all.push(Hits { document, title: n.to_string(), places: places(&text, None, ranges), loaded: None });
        }
        let rows: Vec<_> = (0..all.rows())
            .map(|row| match all.row(row).unwrap() {
                Row::Document(hits) => hits.title.clone(),
                Row::Place(place, number) => {
                    assert_eq!((all.row_of(number), all.place(number).unwrap().1), (row, place));
                    format!("{number} at {}", place.range.start)
                }
            })
            .collect();
        assert_eq!(rows, ["0", "0 at 0", "1 at 3", "2 at 6", "1", "3 at 0", "2", "4 at 0", "5 at 3"]);
        assert!(all.row(9).is_none() && all.place(6).is_none());
        assert_eq!(all.in_words(), "6 places in 3 documents");
    }
}
