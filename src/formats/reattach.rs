//! Annotations that were written without their text, and meet it with other line ends or without a byte order mark.
//!
//! A file without texts names them by their hash. Where the project has no text with that hash, it may have the same one
//! as another system keeps it. Then it is read over the text as it was annotated, whose hash proves it, and brought back
//! to the project's own. How offsets change with line ends is known elsewhere (`unit_trial`).

use super::problem::{Cause, Place, Problem};
use super::read::{ImportedDocument, ReadResult};
use super::unit_trial::{Counting, Newlines, Reading, Unit};
use crate::model::{Fragment, OffsetError, Span, Text};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What the texts of a project would be with other line ends, by their SHA-256. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    /// Made when a hash is asked for that no text has: each is then hashed up to seven times.
    by_hash: Arc<OnceLock<HashMap<String, Form>>>,
    /// Those that were asked for and found.
    used: Arc<Mutex<BTreeMap<String, Form>>>,
}

/// A text of the project, and how another program would have seen it.
#[derive(Clone, Debug)]
struct Form {
    text: Text,
    newlines: Newlines,
    with_bom: bool,
}

impl Form {
    fn reading(&self) -> Reading {
        let Self { newlines, with_bom, .. } = *self;
        Reading::new(&self.text, Counting { unit: Unit::Bytes, newlines, with_bom })
    }
}

impl Forms {
    /// The text with this SHA-256 that one of `texts` would be in another form.
    pub fn text_with(&self, sha256: &str, texts: &[Text]) -> Option<Text> {
        let form = self.by_hash.get_or_init(|| all(texts)).get(sha256)?;
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(sha256.to_owned(), form.clone());
        Some(form.reading().seen().clone())
    }

    /// Moves documents that were read over another form to the text of the project, and says so. One of which any span
    /// cannot be moved is refused by name.
    pub fn bring_home(&self, result: &mut ReadResult) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.is_empty() {
            return;
        }
        let ReadResult { documents, problems, .. } = result;
        documents.retain_mut(|document| {
            let Some(form) = used.get(document.text.sha256()) else { return true };
            let moved = moved(document, form);
            problems.push(match &moved {
                Ok(spans) => {
                    let cause = Cause::Unit(format!(
                        "the text of “{}” has other line ends here than where it was annotated; with those its SHA-256 \
                         is the one that the file names, and {spans} of {spans} annotations were moved, each verified",
                        document.title
                    ));
                    Problem::doubt(Place::file(&document.file), cause, "")
                }
                Err((id, error)) => {
                    let cause = Cause::Offsets { id: id.clone(), error: error.clone() };
                    let help =
                        "it fits the text only with the line ends with which it was annotated: give the text those";
                    Problem::error(Place::file(&document.file), cause, help)
                }
            });
            moved.is_ok()
        });
    }
}

/// Each form of each text that is another one, by its hash.
fn all(texts: &[Text]) -> HashMap<String, Form> {
    let mut by_hash = HashMap::new();
    for text in texts {
        for with_bom in [false, true] {
            for newlines in Newlines::OTHERS.into_iter().chain(with_bom.then_some(Newlines::Raw)) {
                let form = Form { text: text.clone(), newlines, with_bom };
                let seen = form.reading().seen().clone();
                if seen.as_str() != text.as_str() {
                    by_hash.entry(seen.sha256().to_owned()).or_insert(form);
                }
            }
        }
    }
    by_hash
}

/// Moves every span of a document to the text of the project; returns how many.
///
/// # Errors
/// Names the first annotation that does not fit there; the document is then not to be used.
fn moved(document: &mut ImportedDocument, form: &Form) -> Result<usize, (String, OffsetError)> {
    let reading = form.reading();
    let mut count = 0;
    for annotation in document.layers.iter_mut().flat_map(|layer| &mut layer.annotations) {
        let there = |error| (annotation.id.to_string(), error);
        let here = span(&annotation.span, form, &reading).map_err(there)?;
        annotation.span = here;
        count += 1;
    }
    document.text = form.text.clone();
    (document.verdict.counting.newlines, document.verdict.counting.with_bom) = (form.newlines, form.with_bom);
    Ok(count)
}

fn span(there: &Span, form: &Form, reading: &Reading) -> Result<Span, OffsetError> {
    let mut fragments = Vec::with_capacity(there.fragment_count());
    for fragment in there.fragments() {
        let here = Fragment::new(reading.byte(fragment.start())?, reading.byte(fragment.end())?)?;
        let says = |text: &Text, of: Fragment| text.as_str().get(of.range()).map(str::to_owned).unwrap_or_default();
        let (found, expected) = (says(&form.text, here), says(reading.seen(), fragment));
        let seen = Form { text: Text::new(found.as_str()), with_bom: false, ..*form };
        if seen.reading().seen().as_str() != expected {
            return Err(OffsetError::QuoteDiffers { span: here.into(), expected, found });
        }
        fragments.push(here);
    }
    let here = Span::new(fragments)?;
    form.text.check(&here)?;
    Ok(here)
}

#[cfg(test)]
mod tests {
    use crate::formats::output::{ExportDocument, ExportInput, ExportOptions, Memory};
    use crate::formats::testing::{input_files, options};
    use crate::formats::{Progress, ReadOptions, by_name, read, write};
    use crate::model::testing::{annotation, layer_over, scheme};
    use crate::model::{Project, Text};

    #[test]
    fn a_text_with_other_line_ends_is_found_by_its_hash_and_one_with_other_words_is_not() {
        let mut layer = layer_over("É said:\r\n“No.”\r\n\r\nThen nothing.");
        let at = layer.text().as_str().find("“No.”").unwrap();
        layer.insert(annotation(1, "claim", at..at + "“No.”\r\n\r\nThen".len())).unwrap();
        let document = crate::edit::testing::document(layer.key().document.clone(), layer.text());
        let project = Project::new("T", scheme());
        let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
        let input = ExportInput { project: &project, documents };
        let how = ExportOptions { without_text: true, ..ExportOptions::default() };
        for name in ["csv", "doccano", "brat", "bundle", "xmi"] {
            let format = by_name(name).unwrap();
            let mut memory = Memory::default();
            write(format, &input, &how, &mut memory, Progress::none()).unwrap();
            let with = |text: &str| {
                let texts = vec![Text::new(text)];
                read(format, &input_files(&memory), &ReadOptions { texts, ..options() }, Progress::none())
            };
            let found = with("É said:\n“No.”\n\nThen nothing.").unwrap();
            let document = &found.documents[0];
            let marked = &document.layers[0].annotations[0];
            assert_eq!(document.text.quote(&marked.span), "“No.”\n\nThen", "{name}");
            let said: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
            assert!(said.iter().any(|said| said.contains("1 of 1 annotations were moved, each verified")), "{said:?}");
            assert!(with("É said:\n“Yes.”\n\nThen nothing.").is_err(), "{name}");
        }
    }
}
