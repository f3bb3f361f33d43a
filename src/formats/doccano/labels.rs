//! doccano's files of labels: names, colours and keys, one for spans and one for relations.
//!
//! Source: the serialisers of `label_types` in doccano's backend. A key is one of `0`–`9` and `a`–`z`.

use crate::formats::output::{Sink, WriteError, io_at};
use crate::formats::problem::{Problem, Severity};
use crate::formats::read::{InputFile, SchemeHints};
use crate::formats::records;
use crate::model::scheme::{Colour, Scheme, is_good_name};
use crate::model::{Layer, Name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A file of label types for spans, as doccano calls the one that it exports.
const SPANS: &str = "label_config.json";
/// The same for relations.
const RELATIONS: &str = "relation_config.json";

/// A label of spans or relations.
#[derive(Serialize, Deserialize)]
struct LabelType {
    text: String,
    #[serde(default, alias = "prefixKey")]
    prefix_key: Option<String>,
    #[serde(default, alias = "suffixKey")]
    suffix_key: Option<String>,
    #[serde(alias = "backgroundColor")]
    background_color: String,
    #[serde(default, alias = "textColor")]
    text_color: String,
}

/// Whether a file holds labels instead of documents.
pub fn is_labels(file: &InputFile) -> bool {
    file.has_extension("json") && records::first::<LabelType>(file).is_some()
}

/// Labels of a file, and whether they are those of relations by the name of the file.
pub struct Labels {
    of_relations: bool,
    labels: Vec<LabelType>,
}

impl Labels {
    /// Reads a file of labels; one that is damaged says less, and stops nothing: no annotation needs it.
    pub fn read(file: &InputFile, problems: &mut Vec<Problem>) -> Self {
        let mut labels = Vec::new();
        for record in records::records(file) {
            match record.and_then(|record| record.read(&file.name, "a label with `text` and `background_color`")) {
                Ok(label) => labels.push(label),
                Err(problem) => problems.push(Problem { severity: Severity::Doubt, ..problem }),
            }
        }
        Self { of_relations: file.stem().to_lowercase().contains("relation"), labels }
    }

    /// Adds what is said to the hints; `relations` are the kinds that occur between annotations.
    pub fn add_to(self, hints: &mut SchemeHints, relations: &BTreeSet<Name>) {
        for label in self.labels.into_iter().filter(|label| is_good_name(&label.text)) {
            let name = Name::from(label.text.as_str());
            if self.of_relations || relations.contains(&name) {
                hints.link(&name);
                continue;
            }
            let hint = hints.label(&name);
            hint.colour = label.background_color.parse().ok();
            let mut key = label.suffix_key.as_deref().unwrap_or_default().chars();
            // Byline's keys are pressed alone.
            let alone = label.prefix_key.as_deref().unwrap_or_default().is_empty();
            hint.key = key.next().filter(|_| alone && key.next().is_none());
        }
    }
}

/// Writes both files; none for what the scheme has not.
pub fn write(scheme: &Scheme, layers: &[&Layer], sink: &mut dyn Sink) -> Result<(), WriteError> {
    let label = |name: &str, colour: Colour, key: Option<char>| LabelType {
        text: name.to_owned(),
        prefix_key: None,
        suffix_key: key.filter(|key| matches!(key, '0'..='9' | 'a'..='z')).map(String::from),
        background_color: colour.to_string(),
        text_color: text_colour(colour).to_owned(),
    };
    let grey = Colour([0x75, 0x75, 0x75]);
    let mut spans: Vec<_> = scheme.labels.iter().map(|l| label(&l.name, l.colour, l.key)).collect();
    let used: BTreeSet<&Name> = layers.iter().flat_map(|l| l.annotations()).map(|a| &a.label).collect();
    let beyond = used.into_iter().filter(|name| scheme.label(name).is_none());
    spans.extend(beyond.map(|name| label(name, grey, None)));
    let mut relations: Vec<_> = scheme.links.iter().map(|l| label(&l.name, grey, None)).collect();
    let used: BTreeSet<&Name> = layers.iter().flat_map(|l| l.links()).map(|l| &l.kind).collect();
    let beyond = used.into_iter().filter(|name| scheme.link(name).is_none());
    relations.extend(beyond.map(|name| label(name, grey, None)));
    for (name, labels) in [(SPANS, spans), (RELATIONS, relations)].iter().filter(|(_, labels)| !labels.is_empty()) {
        let mut out = sink.beside(name)?;
        serde_json::to_writer_pretty(&mut out, labels).map_err(|error| io_at(name)(error.into()))?;
        out.write_all(b"\n").and_then(|()| out.flush()).map_err(io_at(name))?;
    }
    Ok(())
}

/// Black or white, whichever can be read on the colour (by its luma, ITU-R BT.601).
fn text_colour(Colour([r, g, b]): Colour) -> &'static str {
    let luma = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
    if luma > 150_000 { "#000000" } else { "#ffffff" }
}
