//! The files read with the reader of Parquet, which knows nothing of how rows were taken apart; `datasets` itself reads
//! them in `tests/readers`.

use super::agreement::agreements;
use super::{HuggingFace, yaml};
use crate::edit::testing::document;
use crate::formats::losses::{Loss, Policy, flatten};
use crate::formats::output::{DatasetOptions, ExportDocument, ExportInput, ExportOptions, Memory, WriteError};
use crate::formats::read::Progress;
use crate::formats::testing::{Sample, any_sample, cases};
use crate::formats::tokens::is_gap;
use crate::formats::{Capability, Split, SplitBy, write};
use crate::model::testing::{annotation, layer_over, scheme};
use crate::model::{Document, DocumentId, Fragment, Layer, LayerKey, Project, Status, Text};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

fn reader(bytes: &[u8]) -> SerializedFileReader<std::fs::File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    SerializedFileReader::new(file).unwrap()
}

/// The rows of each file.
fn tables(memory: &Memory) -> BTreeMap<&str, Vec<Row>> {
    let rows = |bytes: &Vec<u8>| reader(bytes).get_row_iter(None).unwrap().map(Result::unwrap).collect();
    let files = memory.0.iter().filter(|(name, _)| name.ends_with(".parquet"));
    files.map(|(name, bytes)| (name.as_str(), rows(bytes))).collect()
}

fn field<'a>(row: &'a Row, name: &str) -> &'a Field {
    row.get_column_iter().find(|(known, _)| *known == name).map(|(_, field)| field).unwrap()
}

fn text<'a>(row: &'a Row, name: &str) -> &'a str {
    let Field::Str(text) = field(row, name) else { panic!("{name}") };
    text
}

fn number(field: &Field) -> usize {
    let Field::Long(number) = field else { panic!("{field}") };
    usize::try_from(*number).unwrap()
}

fn items<'a>(row: &'a Row, name: &str) -> &'a [Field] {
    let Field::ListInternal(list) = field(row, name) else { panic!("{name}") };
    list.elements()
}

fn texts(row: &Row, name: &str) -> Vec<String> {
    let text = |field: &Field| if let Field::Str(text) = field { text.clone() } else { panic!("{field}") };
    items(row, name).iter().map(text).collect()
}

fn group(field: &Field) -> &Row {
    let Field::Group(row) = field else { panic!("{field}") };
    row
}

fn offsets(row: &Row) -> (usize, usize) {
    (number(field(row, "start")), number(field(row, "end")))
}

/// Id, label and fragments in code points.
type Mark = (String, String, Vec<(usize, usize)>);

/// The marks of a layer as Python would have them, counted anew.
fn marks(layer: &Layer) -> Vec<Mark> {
    let points = |byte: usize| layer.text().as_str()[..byte].chars().count();
    let parts =
        |a: &crate::model::Annotation| a.span.fragments().map(|f| (points(f.start()), points(f.end()))).collect();
    layer.annotations().map(|a| (a.id.to_string(), a.label.to_string(), parts(a))).collect()
}

fn sliced(text: &str, (start, end): (usize, usize)) -> String {
    text.chars().skip(start).take(end - start).collect()
}

fn check_spans(row: &Row, layer: &Layer) {
    let content = layer.text().as_str();
    assert_eq!(text(row, "text"), content);
    let spans: Vec<&Row> = items(row, "spans").iter().map(group).collect();
    let said = spans.iter().map(|span| {
        let parts = items(span, "fragments").iter().map(|part| offsets(group(part))).collect();
        (text(span, "id").to_owned(), text(span, "label").to_owned(), parts)
    });
    assert_eq!(said.collect::<Vec<_>>(), marks(layer));
    for (span, annotation) in spans.iter().zip(layer.annotations()) {
        assert_eq!(text(span, "text"), sliced(content, offsets(span)));
        assert_eq!(text(span, "text"), &content[annotation.span.hull()]);
        assert_eq!(text(span, "note"), annotation.note);
    }
    let links = items(row, "links").iter().map(group);
    let links: Vec<_> =
        links.map(|link| ["id", "kind", "from", "to"].map(|name| text(link, name).to_owned())).collect();
    let expected = layer.links().map(|l| [l.id.to_string(), l.kind.to_string(), l.from.to_string(), l.to.to_string()]);
    assert_eq!(links, expected.collect::<Vec<_>>());
}

/// What the tags say, by first and last word, and what has none.
fn check_tokens(row: &Row, layer: &Layer, names: &[String], project: &Project, policy: Policy, only: Option<&str>) {
    let content = layer.text().as_str();
    let numbers = |name| items(row, name).iter().map(number).collect::<Vec<_>>();
    let (starts, ends, tags) = (numbers("starts"), numbers("ends"), numbers("ner_tags"));
    let words = texts(row, "tokens");
    assert!(words.len() == tags.len() && words.len() == starts.len() && words.len() == ends.len());
    let mut at = 0;
    for ((start, end), word) in starts.iter().zip(&ends).zip(&words) {
        assert!(sliced(content, (at, *start)).chars().all(is_gap));
        assert!(sliced(content, (*start, *end)) == *word && !word.is_empty() && !word.contains(is_gap));
        at = *end;
    }
    assert!(content.chars().skip(at).all(is_gap));
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    for ((start, end), tag) in starts.iter().zip(&ends).zip(tags) {
        match names[tag].split_once('-') {
            Some(("B", label)) => found.push((label.to_owned(), *start, *end)),
            Some((_, label)) => {
                let last = found.last_mut().unwrap();
                assert_eq!(last.0, label);
                last.2 = *end;
            }
            None => assert_eq!(names[tag], "O"),
        }
    }
    let points = |byte: usize| content[..byte].chars().count();
    let mut wanted = BTreeMap::new();
    for annotation in flatten(layer, &project.scheme, policy).kept {
        let hull = annotation.span.hull();
        let inside = content[hull.clone()].trim_start_matches(is_gap);
        let start = hull.end - inside.len();
        let end = start + inside.trim_end_matches(is_gap).len();
        if start < end && only.is_none_or(|only| only == annotation.label.as_str()) {
            wanted.insert(annotation.id.to_string(), (annotation.label.to_string(), points(start), points(end)));
        }
    }
    let mut in_order: Vec<_> = wanted.values().cloned().collect();
    in_order.sort_by_key(|(_, start, _)| *start);
    assert_eq!(found, in_order);
    let left_out: BTreeSet<String> = texts(row, "left_out").into_iter().collect();
    let mine = layer.annotations().filter(|a| only.is_none_or(|only| only == a.label.as_str()));
    assert_eq!(left_out, mine.map(|a| a.id.to_string()).filter(|id| !wanted.contains_key(id)).collect());
}

/// The names of the tags, as the file says them to `datasets`.
fn names(bytes: &[u8]) -> Vec<String> {
    let reader = reader(bytes);
    let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let of = metadata.iter().find(|pair| pair.key == "huggingface").and_then(|pair| pair.value.as_deref()).unwrap();
    let json: serde_json::Value = serde_json::from_str(of).unwrap();
    serde_json::from_value(json["info"]["features"]["ner_tags"]["feature"]["names"].clone()).unwrap()
}

fn check(sample: &Sample, policy: Policy, split: Split) {
    let mut memory = Memory::default();
    let dataset = DatasetOptions { split, license: None };
    let how = ExportOptions { policy, dataset, ..ExportOptions::default() };
    let written = match write(&HuggingFace, &sample.input(), &how, &mut memory, Progress::none()) {
        Ok(written) => written,
        Err(WriteError::NeedsPolicy(losses)) => {
            assert!(policy == Policy::Refuse && losses.iter().any(Loss::needs_policy));
            assert_eq!(memory, Memory::default());
            return;
        }
        Err(WriteError::Undivided(why)) => {
            assert!(split.by != SplitBy::Nothing && memory == Memory::default(), "{why}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let layers = || sample.documents.iter().flat_map(|(_, _, layers)| layers).filter(|layer| layer.is_worked_on());
    let by_key: BTreeMap<(&str, &str), &Layer> =
        layers().map(|l| ((l.key().document.as_str(), l.key().annotator.as_str()), l)).collect();
    let mut seen: BTreeMap<&str, BTreeMap<(String, String), String>> = BTreeMap::new();
    let mut left_out: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let tables = tables(&memory);
    for (path, rows) in &tables {
        let (config, split) = path.split_once('/').unwrap();
        for row in rows {
            let key = (text(row, "id").to_owned(), text(row, "annotator").to_owned());
            let twice = seen.entry(config).or_default().insert(key.clone(), split.to_owned());
            assert_eq!(twice, None, "{path}");
            let Some(layer) = by_key.get(&(key.0.as_str(), key.1.as_str())) else {
                assert!(split.starts_with("unannotated-") && items(row, "spans").is_empty());
                continue;
            };
            if config == "spans" {
                check_spans(row, layer);
            } else {
                let names = names(&memory.0[*path]);
                let only = (policy == Policy::OneFilePerLabel).then(|| names[1][2..].to_owned());
                left_out.entry(key.clone()).or_default().extend(texts(row, "left_out"));
                check_tokens(row, layer, &names, &sample.project, policy, only.as_deref());
            }
        }
    }
    // What has no tag was named before anything was written.
    let mut named: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for loss in written.losses.iter().filter(|loss| loss.lacks != Capability::Discontinuous) {
        assert!(loss.what().ends_with("not in `tokens`; `spans` has them as they are"), "{loss}");
        let ids = loss.annotations.iter().map(ToString::to_string);
        named.entry((loss.document.to_string(), loss.annotator.to_string())).or_default().extend(ids);
    }
    left_out.retain(|_, ids| !ids.is_empty());
    assert_eq!(named, left_out);
    // No document is in two splits, in no configuration.
    let mut of_documents: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for ((document, _), split) in seen.values().flatten() {
        of_documents.entry(document).or_default().insert(split);
    }
    assert!(of_documents.values().all(|splits| splits.len() == 1), "{of_documents:?}");
    assert_eq!(of_documents.len(), sample.documents.len());
    let rows = |config| seen.get(config).map_or(0, BTreeMap::len);
    let nobody = sample.documents.iter().filter(|(_, _, layers)| layers.iter().all(|l| !l.is_worked_on())).count();
    assert_eq!(rows("spans"), layers().count() + nobody);
    assert!(policy == Policy::OneFilePerLabel || rows("tokens") == layers().count());
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn rows_say_every_annotation_tags_what_the_policy_keeps_and_no_document_is_in_two_splits(
        sample in any_sample(),
        policy in prop::sample::select(Policy::ALL.to_vec()),
        by in prop::sample::select(SplitBy::ALL.to_vec()),
        seed in 0u64..4,
    ) {
        check(&sample, policy, Split { by, seed, shares: [1, 1, 1] });
    }
}

/// Documents that one or two people annotated, and one that nobody did.
fn annotated() -> (Project, Vec<(Document, Text, Vec<Layer>)>) {
    let mut project = Project::new("Łódź | *news*", scheme());
    project.scheme.labels[0].description = "Who | says it".to_owned();
    let mut documents = Vec::new();
    for n in 1..=3usize {
        let text = Text::new(format!("{n}é said more, and paid."));
        let id = DocumentId::from_title(n, "d");
        let mut layers = Vec::new();
        for (annotator, last) in [("zoë", 3), ("ana", n)] {
            let mut layer = Layer::new(LayerKey { document: id.clone(), annotator: annotator.into() }, text.clone());
            layer.insert(annotation(1, "speaker", 0..3)).unwrap();
            layer.insert(annotation(2, if last == 3 { "claim" } else { "cue" }, 4..8)).unwrap();
            if n < 3 && !(n == 2 && annotator == "ana") {
                layers.push(layer);
            }
        }
        let mut about = document(id, &text);
        about.metadata.language = Some("pl-PL".to_owned());
        documents.push((about, text, layers));
    }
    (project, documents)
}

#[test]
fn what_has_no_tag_is_named_and_refused_until_somebody_chooses() {
    let mut layer = layer_over("é said it \u{a0} again");
    layer.insert(annotation(1, "claim", 3..10)).unwrap();
    layer.insert(annotation(2, "cue", 3..7)).unwrap();
    layer.insert(annotation(3, "speaker", 11..13)).unwrap();
    let mut gaps = annotation(4, "claim", 0..2);
    gaps.span = gaps.span.with(Fragment::new(14, 19).unwrap());
    layer.insert(gaps).unwrap();
    let about = document(layer.key().document.clone(), layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &about, text: layer.text(), layers: vec![&layer] }];
    let input = ExportInput { project: &project, documents };
    let written = |options: &ExportOptions| {
        let mut memory = Memory::default();
        let written = write(&HuggingFace, &input, options, &mut memory, Progress::none());
        (written, memory)
    };
    let (refused, nothing) = written(&ExportOptions::default());
    let Err(WriteError::NeedsPolicy(losses)) = refused else { panic!("{refused:?}") };
    let said: Vec<String> = losses.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "0001-test, maria: overlapping spans that are not in `tokens`; `spans` has them as they are: a1, a2, a3",
            "0001-test, maria: discontinuous spans that fill their gaps in `tokens`; `spans` has them as they are: a4",
            "0001-test, maria: spans of nothing but white space that are not in `tokens`; `spans` has them as they are: a3",
        ]
    );
    assert_eq!(nothing, Memory::default());
    // Without the texts there are no tokens, and `spans` holds everything.
    let (all, _) = written(&ExportOptions { without_text: true, ..ExportOptions::default() });
    assert!(all.unwrap().losses.iter().all(|loss| !loss.needs_policy()));
    let (chosen, _) = written(&ExportOptions { policy: Policy::LabelOrder, ..ExportOptions::default() });
    assert!(chosen.is_ok(), "{chosen:?}");
}

fn page(license: Option<&str>) -> String {
    let (project, documents) = annotated();
    let documents = documents.iter().map(|(document, text, layers)| ExportDocument {
        document,
        text,
        layers: layers.iter().collect(),
    });
    let input = ExportInput { project: &project, documents: documents.collect() };
    let dataset = DatasetOptions { license: license.map(str::to_owned), ..DatasetOptions::default() };
    let mut memory = Memory::default();
    write(&HuggingFace, &input, &ExportOptions { dataset, ..ExportOptions::default() }, &mut memory, Progress::none())
        .unwrap();
    String::from_utf8(memory.0["README.md"].clone()).unwrap()
}

#[test]
fn the_card_counts_labels_and_annotators_and_says_how_far_they_agree_and_what_may_be_done() {
    let card = page(None);
    for part in [
        "---\npretty_name: \"Łódź | *news*\"\nlicense: unknown\nlanguage:\n- \"pl\"\n",
        "# Łódź \\| \\*news\\*\n",
        "| speaker | 3 | 0 | 0 | Who \\| says it |\n",
        "| cue | 1 | 0 | 0 |",
        "| statistic | 0 | 0 | 0 |",
        "| ana | 1 | 2 |\n| zoë | 2 | 4 |\n",
        // On one document both marked the speaker, and two labels on the same words.
        "| ana, zoë | 1 | 2, 2 | 1 | 0.500 |\n",
        "Nobody has said under which licence this may be used.",
        "| train | 2 | 3 |\n| validation | 0 | 0 |\n| test | 0 | 0 |\n| unannotated | 1 | 1 |\n",
    ] {
        assert!(card.contains(part), "{part}\n{card}");
    }
    assert!(page(Some("CC-BY-4.0")).contains("\nlicense: \"cc-by-4.0\"\n"));
    let card = page(Some("Ask: the publisher"));
    assert!(card.contains("\nlicense: other\nlicense_name: \"Ask: the publisher\"\n"), "{card}");
    assert!(card.contains("## Licence\n\nAsk: the publisher\n"), "{card}");
}

#[test]
fn who_marked_the_same_agrees_and_who_has_not_begun_says_nothing() {
    let layer = |annotator: &str, labels: &[&str], status| {
        let mut layer = layer_over("é said");
        let key = LayerKey { document: layer.key().document.clone(), annotator: annotator.into() };
        layer = Layer::new(key, layer.text().clone());
        for (n, label) in labels.iter().enumerate() {
            layer.insert(annotation(n as u32 + 1, label, 0..2)).unwrap();
        }
        layer.set_status(status);
        layer
    };
    let agreement = |a: &Layer, b: &Layer| {
        let about = document(a.key().document.clone(), a.text());
        let documents = [ExportDocument { document: &about, text: a.text(), layers: vec![a, b] }];
        agreements(&documents).into_values().next().map(|of| (of.same, of.f1()))
    };
    let twice = layer("zoë", &["claim", "cue", "speaker"], Status::NotStarted);
    assert_eq!(agreement(&twice, &layer("ana", &["cue"], Status::NotStarted)), Some((1, Some(0.5))));
    assert_eq!(agreement(&twice, &layer("ana", &["claim", "cue", "speaker"], Status::Done)), Some((3, Some(1.0))));
    // Who said that nothing is there agrees with nobody who found something; who has not begun says nothing.
    assert_eq!(agreement(&twice, &layer("ana", &[], Status::Done)), Some((0, Some(0.0))));
    assert_eq!(agreement(&twice, &layer("ana", &[], Status::NotStarted)), None);
    let (none, nothing) = (layer("zoë", &[], Status::Done), layer("ana", &[], Status::Done));
    assert_eq!(agreement(&none, &nothing), Some((0, None)));
}

#[test]
fn no_name_breaks_the_front_matter() {
    assert_eq!(yaml("a: \"é\\\" 🐢"), "\"a: \\\"é\\\\\\\" 🐢\"");
    assert_eq!(
        yaml("\r\n\t\u{7f}\u{85}\u{a0}\u{2028}\u{feff}"),
        "\"\\u000d\\u000a\\u0009\\u007f\\u0085\\u00a0\\u2028\\ufeff\""
    );
}
