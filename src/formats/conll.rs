//! CoNLL columns: a word a line, its tag in the last column, an empty line after each sentence.
//!
//! Read: any number of columns, separated by spaces or tabs, with or without `-DOCSTART-` and a line of names, in every
//! scheme of tags. Written: the four columns of CoNLL-2003. Elsewhere: the schemes (`tags`), words and sentences
//! (`tokens`), the ten columns of CoNLL-U, which holds the text (`conllu`).

mod columns;
mod read;
mod words;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::sidecar;
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};

/// CoNLL columns.
pub struct Conll;

static CARD: Card = Card {
    name: "conll",
    title: "CoNLL columns",
    versions: "CoNLL-2003 and files of two or more columns; IOB1, IOB2, IOBES, BILOU; words, no offsets",
    uses: Uses::Both,
    extensions: &["conll", "conll2003", "conll03", "iob", "iob2", "bio", "tsv", "txt", "json"],
    unit: Unit::Bytes,
    holds: &[],
    byline_keeps: &[Capability::Metadata],
    cannot: "the text between words, overlapping spans (see `--flatten`), discontinuous spans (written with their gaps), \
             spans of white space, links, attributes, notes, origins, entities; metadata, labels with spaces and \
             annotators stand in `byline.json`",
};

/// The first word of the line before a document.
const DOCUMENT: &str = "-DOCSTART-";

impl Format for Conll {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn needs_text(&self) -> bool {
        true
    }

    fn holds_only_words(&self) -> bool {
        true
    }

    fn recognise(&self, files: &[InputFile]) -> u8 {
        let sidecars = sidecar::Sidecars::of(files, CARD.name);
        if files.iter().any(|file| sidecars.about(file).is_some()) {
            return 98;
        }
        files.iter().map(columns::sureness).max().unwrap_or(0)
    }

    fn read(&self, files: &[InputFile], options: &ReadOptions, progress: Progress) -> Result<ReadResult, Cancelled> {
        read::read(files, options, progress)
    }

    fn write(
        &self,
        input: &ExportInput,
        options: &ExportOptions,
        sink: &mut dyn Sink,
        progress: Progress,
    ) -> Result<Verified, WriteError> {
        write::write(input, options, sink, progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::losses::{Policy, flatten};
    use crate::formats::output::Memory;
    use crate::formats::testing::{any_sample, cases, input_files, options};
    use crate::formats::{self, TagScheme, tokens};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(cases(64))]

        #[test]
        fn under_every_scheme_and_policy_spans_come_back_into_their_text_at_their_words(
            sample in any_sample(),
            scheme in prop::sample::select(TagScheme::ALL.to_vec()),
            policy in prop::sample::select(Policy::ALL[1..].to_vec()),
        ) {
            let mut memory = Memory::default();
            let how = ExportOptions { tags: scheme, policy, ..ExportOptions::default() };
            formats::write(&Conll, &sample.input(), &how, &mut memory, Progress::none()).unwrap();
            for (name, bytes) in &memory.0 {
                let content = std::str::from_utf8(bytes).unwrap();
                let fine = |line: &str| line.is_empty() || line.split(' ').count() == 4 && !line.contains(|c: char| c != ' ' && tokens::is_gap(c));
                prop_assert!(name == sidecar::NAME || content.split('\n').all(fine), "{}", content);
            }
            let texts = sample.documents.iter().map(|(_, text, _)| text.clone()).collect();
            let files = input_files(&memory);
            let result = formats::read(&Conll, &files, &ReadOptions { texts, ..options() }, Progress::none()).unwrap();
            for ((document, text, layers), found) in sample.documents.iter().zip(&result.documents) {
                prop_assert_eq!((found.text.as_str(), &found.id), (text.as_str(), &document.id.to_string()));
                for layer in layers {
                    let mut wanted = BTreeSet::new();
                    for annotation in flatten(layer, &sample.project.scheme, policy).kept {
                        let hull = annotation.span.hull();
                        let inside = text.as_str()[hull.clone()].trim_start_matches(tokens::is_gap);
                        let start = hull.end - inside.len();
                        let end = start + inside.trim_end_matches(tokens::is_gap).len();
                        wanted.extend((start < end).then(|| (annotation.label.clone(), start..end)).map(|(l, r)| (l, r.start, r.end)));
                    }
                    let found = found.layers.iter().find(|l| l.annotator == layer.key().annotator);
                    let found = found.into_iter().flat_map(|l| &l.annotations);
                    let found: BTreeSet<_> = found.map(|a| (a.label.clone(), a.span.start(), a.span.end())).collect();
                    prop_assert_eq!(found, wanted);
                }
            }
        }
    }

    #[test]
    fn without_the_text_there_are_no_words_to_write() {
        let project = crate::model::Project::new("T", crate::model::testing::scheme());
        let input = ExportInput { project: &project, documents: Vec::new() };
        let how = ExportOptions { without_text: true, ..ExportOptions::default() };
        let refused = formats::write(&Conll, &input, &how, &mut Memory::default(), Progress::none()).unwrap_err();
        assert_eq!(refused.to_string(), "CoNLL columns cannot be written without the texts");
    }
}
