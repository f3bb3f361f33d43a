//! CoNLL-U: ten columns, with the text in comments and in what is said of spaces.
//!
//! Spans are read from tags (`ner=B-PER`) and from the brackets of `Entity=` in the last column; they are written as
//! tags. Words of a multiword token share its text, empty nodes have none. What CoNLL-U has no place for stands in a
//! comment `# byline = {…}`, which the tools of Universal Dependencies keep. Elsewhere: the schemes of tags (`tags`).

mod entities;
mod gaps;
mod read;
mod sentence;
mod write;

use super::output::{ExportInput, ExportOptions, Sink, Verified, WriteError};
use super::read::{Cancelled, InputFile, Progress, ReadOptions, ReadResult};
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Uses};

/// CoNLL-U.
pub struct Conllu;

static CARD: Card = Card {
    name: "conllu",
    title: "CoNLL-U",
    versions: "CoNLL-U 2 with `ner=` or `Entity=`; IOB1, IOB2, IOBES, BILOU; words, no offsets",
    uses: Uses::Both,
    extensions: &["conllu", "conll"],
    unit: Unit::Bytes,
    holds: &[Capability::Text],
    byline_keeps: &[
        Capability::Overlap,
        Capability::Nesting,
        Capability::SeveralLabels,
        Capability::Discontinuous,
        Capability::Links,
        Capability::Attributes,
        Capability::Notes,
        Capability::Metadata,
        Capability::Provenance,
        Capability::Ids,
        Capability::Entities,
        Capability::Status,
        Capability::Directions,
    ],
    cannot: "overlapping spans (see `--flatten`), discontinuous spans (written with their gaps), spans of white space, \
             links, attributes, notes, origins, entities; they stand in the comment `# byline`",
};

/// The comment in which that stands which only Byline reads.
const BYLINE: &str = "byline";
/// The key of tags in the last column, as Stanza has it.
const NER: &str = "ner";
/// What comments call the fields of metadata, with ours.
const FIELDS: [(&str, &str); 5] = [
    ("author", "author"),
    ("source", "source"),
    ("sourceURL", "url"),
    ("dateCreated", "date"),
    ("language", "language"),
];

impl Format for Conllu {
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
        files.iter().map(sentence::sureness).max().unwrap_or(0)
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
    use crate::formats::testing::{any_sample, assert_kept, cases, input_files, options};
    use crate::formats::{self, TagScheme, tokens};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(cases(64))]

        #[test]
        fn under_every_scheme_and_policy_everything_comes_back_and_plain_files_keep_text_and_tags(
            sample in any_sample(),
            scheme in prop::sample::select(TagScheme::ALL.to_vec()),
            policy in prop::sample::select(Policy::ALL[1..].to_vec()),
        ) {
            let mut memory = Memory::default();
            let how = ExportOptions { tags: scheme, policy, ..ExportOptions::default() };
            formats::write(&Conllu, &sample.input(), &how, &mut memory, Progress::none()).unwrap();
            let result = formats::read(&Conllu, &input_files(&memory), &options(), Progress::none()).unwrap();
            assert_kept(&Conllu, &sample, &result);
            // Without the comments of Byline: one document of one annotator, so that nothing is to be merged.
            let mut input = sample.input();
            input.documents.truncate(1);
            input.documents[0].layers.truncate(1);
            let mut memory = Memory::default();
            formats::write(&Conllu, &input, &ExportOptions { plain: true, ..how }, &mut memory, Progress::none()).unwrap();
            let files = input_files(&memory);
            for file in &files {
                let fine = |line: &str| !line.contains(|c: char| !matches!(c, ' ' | '\t') && tokens::is_gap(c));
                prop_assert!(std::str::from_utf8(&file.bytes).unwrap().split('\n').all(fine));
            }
            let result = formats::read(&Conllu, &files, &options(), Progress::none()).unwrap();
            let (layer, text) = (input.documents[0].layers[0], input.documents[0].text.as_str());
            prop_assert!(result.documents.iter().all(|d| d.text.as_str() == text));
            let kept = flatten(layer, &sample.project.scheme, policy).kept.into_iter().map(|a| a.span.hull());
            let mut wanted: Vec<String> = kept.map(|hull| text[hull].trim_matches(tokens::is_gap).to_owned()).collect();
            let layers = result.documents.iter().flat_map(|d| &d.layers);
            let mut found: Vec<String> = layers.flat_map(|l| &l.annotations).map(|a| text[a.span.hull()].to_owned()).collect();
            wanted.retain(|words| !words.is_empty());
            wanted.sort();
            found.sort();
            prop_assert_eq!(found, wanted);
        }
    }
}
