//! What is in the file, read with another msgpack and with no help from what wrote it; spaCy itself reads it in
//! `tests/readers`.

use super::{DocBin, strings};
use crate::formats::losses::{Policy, losses as losses_of};
use crate::formats::output::{ExportDocument, ExportInput, ExportOptions, Memory, WriteError};
use crate::formats::read::Progress;
use crate::formats::testing::{Sample, any_sample};
use crate::formats::{Capability, write};
use crate::model::testing::{annotation, key, layer_over, scheme};
use crate::model::{Annotation, Fragment, Layer, Project, Status};
use proptest::prelude::*;
use rmpv::Value;
use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::ops::Range;

/// A span as spaCy has it: label, kb_id, id, and what its tokens say.
type Said = (String, String, String, String);

#[derive(Debug, PartialEq)]
struct Doc {
    text: String,
    entities: Vec<Said>,
    is_annotated: bool,
    groups: HashMap<String, Vec<Said>>,
    user_data: Value,
}

fn unpacked(bytes: &[u8]) -> Value {
    let mut rest = bytes;
    let value = rmpv::decode::read_value(&mut rest).unwrap();
    assert!(rest.is_empty());
    value
}

fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    let pairs = value.as_map().unwrap().iter();
    pairs.clone().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value).unwrap()
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    field(value, name).as_array().unwrap()
}

fn docs(file: &[u8]) -> Vec<Doc> {
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(file).read_to_end(&mut bytes).unwrap();
    let file = unpacked(&bytes);
    let attrs: Vec<u64> = items(&file, "attrs").iter().map(|a| a.as_u64().unwrap()).collect();
    assert_eq!(attrs, [65, 77, 78, 452, 454]);
    let strings = items(&file, "strings").iter().map(|s| s.as_str().unwrap().to_owned());
    let strings: HashMap<u64, String> = strings.map(|s| (strings::id(&s), s)).chain([(0, String::new())]).collect();
    let cells = field(&file, "tokens").as_slice().unwrap().as_chunks::<8>().0.iter().map(|c| u64::from_le_bytes(*c));
    let cells: Vec<u64> = cells.collect();
    let mut rows = cells.chunks_exact(5);
    let mut spaces = field(&file, "spaces").as_slice().unwrap().iter();
    let lengths = field(&file, "lengths").as_slice().unwrap().as_chunks::<4>().0.iter();
    let mut docs = Vec::new();
    for (n, length) in lengths.map(|c| i32::from_le_bytes(*c)).enumerate() {
        let rows: Vec<&[u64]> = rows.by_ref().take(length as usize).collect();
        let spaces: Vec<u8> = spaces.by_ref().take(length as usize).copied().collect();
        let word = |n: usize| strings[&rows[n][0]].as_str();
        let space = |n: usize| if spaces[n] == 1 { " " } else { "" };
        let said = |from: usize, to: usize| -> String {
            (from..to).map(|n| [word(n), if n + 1 < to { space(n) } else { "" }].concat()).collect()
        };
        let mut entities = Vec::new();
        for start in (0..rows.len()).filter(|n| rows[*n][1] == 3) {
            let inside = rows[start + 1..].iter().take_while(|row| row[1] == 1);
            let end = start + 1 + inside.clone().count();
            assert!(inside.into_iter().all(|row| row[2..] == rows[start][2..]), "one entity has one label");
            let blank = |n: usize| word(n).chars().all(|c| c.is_whitespace() || c == '\u{1c}');
            assert!(!blank(start) && !blank(end - 1), "spaCy's training fails on such an entity");
            let [label, kb_id, id] = [2, 3, 4].map(|column: usize| strings[&rows[start][column]].clone());
            entities.push((label, kb_id, id, said(start, end)));
        }
        let code_points: Vec<usize> = (0..rows.len())
            .scan(0, |at, n| {
                let start = *at;
                *at += word(n).chars().count() + space(n).len();
                Some(start)
            })
            .collect();
        let groups = unpacked(items(&file, "span_groups")[n].as_slice().unwrap());
        let group = |(bytes, keys): &(Value, Value)| {
            let group = unpacked(bytes.as_slice().unwrap());
            let name = field(&group, "name").as_str().unwrap().to_owned();
            assert_eq!(keys.as_array().unwrap(), &[Value::from(name.as_str())]);
            let spans = items(&group, "spans").iter().map(|span| {
                let bytes = span.as_slice().unwrap();
                let (ids, places) = (bytes[..24].as_chunks::<8>().0, bytes[24..].as_chunks::<4>().0);
                let [id, kb_id, label] = [0, 1, 2].map(|n: usize| strings[&u64::from_be_bytes(ids[n])].clone());
                let [start, end, from, to] = [0, 1, 2, 3].map(|n: usize| i32::from_be_bytes(places[n]) as usize);
                assert_eq!((code_points[start], code_points[end - 1] + word(end - 1).chars().count()), (from, to));
                (label, kb_id, id, said(start, end))
            });
            (name, spans.collect())
        };
        let groups = groups.as_map().unwrap().iter().map(group).collect();
        let text = (0..rows.len()).map(|n| [word(n), space(n)].concat()).collect();
        let user_data = unpacked(items(&file, "user_data")[n].as_slice().unwrap());
        let is_annotated = rows.iter().any(|row| row[1] != 0);
        docs.push(Doc { text, entities, is_annotated, groups, user_data });
    }
    docs
}

fn options(policy: Policy) -> ExportOptions {
    ExportOptions { policy, ..ExportOptions::default() }
}

fn written(input: &ExportInput, policy: Policy) -> Memory {
    let mut memory = Memory::default();
    write(&DocBin, input, &options(policy), &mut memory, Progress::none()).unwrap();
    memory
}

/// Every span of a layer with its gaps, and those of its parts.
fn expected(layer: &Layer) -> (BTreeSet<Said>, BTreeSet<Said>) {
    let text = layer.text().as_str();
    let said = |a: &Annotation, range: Range<usize>| {
        let is_putin = a.attributes.values().any(|value| value.as_text() == Some("e4"));
        let kb_id = if is_putin { "Q7747" } else { "" };
        (a.label.to_string(), kb_id.to_owned(), a.id.to_string(), text[range].to_owned())
    };
    let (mut whole, mut parts) = (BTreeSet::new(), BTreeSet::new());
    for a in layer.annotations() {
        whole.insert(said(a, a.span.hull()));
        if a.span.is_discontinuous() {
            parts.extend(a.span.fragments().map(|f| said(a, f.range())));
        }
    }
    (whole, parts)
}

fn check(sample: &Sample) {
    let files = written(&sample.input(), Policy::EarliestFirst).0;
    let mut layers: usize = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| name.rsplit('.').next() == Some("spacy")) {
        for doc in docs(bytes) {
            let of = sample.documents.iter().find(|(_, text, _)| text.as_str() == doc.text);
            let (_, text, all) = of.unwrap_or_else(|| panic!("{name}: {:?}", doc.text));
            assert_eq!(field(&doc.user_data, "sha256").as_str(), Some(text.sha256()));
            let Some(whose) = field(&doc.user_data, "annotator").as_str() else {
                assert!(!doc.is_annotated && doc.entities.is_empty() && doc.groups.is_empty(), "{name}");
                assert!(all.iter().all(|l| l.is_empty() && l.status() == Status::NotStarted));
                continue;
            };
            layers += 1;
            let layer = all.iter().find(|l| l.key().annotator.as_str() == whose).unwrap();
            let (whole, parts) = expected(layer);
            let found =
                |group: &str| -> BTreeSet<Said> { doc.groups.get(group).into_iter().flatten().cloned().collect() };
            assert_eq!((found("sc"), found("fragments")), (whole.clone(), parts));
            for entity in &doc.entities {
                let words = entity.3.as_str();
                assert!(
                    whole.iter().any(|span| (&span.1, &span.2) == (&entity.1, &entity.2) && span.3.contains(words)),
                    "{entity:?}"
                );
            }
            assert!(doc.is_annotated);
            assert_eq!(items(&doc.user_data, "links").len(), layer.links().len());
            let told = field(&doc.user_data, "annotations").as_map().unwrap();
            for annotation in layer.annotations() {
                let told = told.iter().find(|(id, _)| id.as_str() == Some(&annotation.id.to_string())).unwrap();
                assert_eq!(field(&told.1, "note").as_str(), Some(annotation.note.as_str()));
                assert_eq!(field(&told.1, "attributes").as_map().unwrap().len(), annotation.attributes.len());
            }
        }
    }
    let all = sample.documents.iter().flat_map(|(_, _, layers)| layers);
    let worked_on = all.filter(|l| !l.is_empty() || l.status() != Status::NotStarted).count();
    assert_eq!(layers, worked_on, "every layer stands in one file");
}

proptest! {
    #[test]
    fn texts_come_out_whole_and_every_span_says_what_it_said(sample in any_sample()) {
        check(&sample);
    }
}

#[test]
fn entities_are_chosen_by_the_policy_and_end_with_words() {
    let mut layer = layer_over("number of \u{1c}Ana — said twenty-five percent of it");
    layer.insert(annotation(1, "claim", 0..24)).unwrap();
    layer.insert(annotation(2, "speaker", 10..15)).unwrap();
    layer.insert(annotation(3, "statistic", 23..44)).unwrap();
    let mut gaps = annotation(4, "claim", 0..6);
    gaps.span = gaps.span.with(Fragment::new(46, 48).unwrap());
    layer.insert(gaps).unwrap();
    let document = crate::edit::testing::document(key().document, layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
    let input = ExportInput { project: &project, documents };
    let entities = |policy, file: &str| -> Vec<String> {
        let doc = docs(&written(&input, policy).0[file]).remove(0);
        doc.entities.into_iter().map(|(label, _, id, words)| format!("{label} {id} {words}")).collect()
    };
    let one = "annotations.spacy";
    assert_eq!(entities(Policy::LongestFirst, one), ["claim a1 number of \u{1c}Ana — said"]);
    assert_eq!(entities(Policy::LabelOrder, one), ["speaker a2 Ana", "statistic a3 twenty-five percent"]);
    let each = Policy::OneFilePerLabel;
    assert_eq!(entities(each, "annotations-speaker.spacy"), ["speaker a2 Ana"]);
    assert_eq!(entities(each, "annotations-statistic.spacy"), ["statistic a3 twenty-five percent"]);
    let doc = docs(&written(&input, each).0["annotations-claim.spacy"]).remove(0);
    assert_eq!(doc.groups["sc"].len(), 2, "all spans of the label");
    assert_eq!(field(&doc.user_data, "annotations").as_map().unwrap().len(), 4, "what is known is known in each file");
}

#[test]
fn without_its_text_nothing_is_written_and_gaps_are_asked_about() {
    let mut layer = layer_over("Ana said it");
    let mut gaps = annotation(1, "claim", 0..3);
    gaps.span = gaps.span.with(Fragment::new(9, 11).unwrap());
    layer.insert(gaps).unwrap();
    let document = crate::edit::testing::document(key().document, layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
    let input = ExportInput { project: &project, documents };
    let refused = |options| {
        let mut memory = Memory::default();
        let error = write(&DocBin, &input, &options, &mut memory, Progress::none()).unwrap_err();
        assert_eq!(memory, Memory::default());
        error
    };
    let without = refused(ExportOptions { without_text: true, ..options(Policy::LongestFirst) });
    assert_eq!(without.to_string(), "spaCy DocBin cannot be written without the texts");
    let WriteError::NeedsPolicy(losses) = refused(ExportOptions::default()) else { panic!() };
    assert_eq!(losses.iter().map(|loss| loss.lacks).collect::<Vec<_>>(), [Capability::Discontinuous]);
    let mut over = layer.clone();
    over.insert(annotation(2, "speaker", 0..3)).unwrap();
    over.insert(annotation(3, "speaker", 3..4)).unwrap();
    let documents = vec![ExportDocument { document: &document, text: over.text(), layers: vec![&over] }];
    let overlapping = ExportInput { project: &project, documents };
    let listed: Vec<String> = losses_of(&DocBin, &overlapping, &ExportOptions::default())
        .iter()
        .map(ToString::to_string)
        .filter(|loss| loss.contains("doc.ents"))
        .collect();
    let all = "`doc.spans[\"sc\"]` has them as they are";
    assert_eq!(
        listed,
        [
            format!("0001-test, maria: overlapping spans that are not in `doc.ents`; {all}: a2, a3"),
            format!("0001-test, maria: spans of nothing but white space that are not in `doc.ents`; {all}: a3"),
        ]
    );
    let plain = ExportOptions { plain: true, ..options(Policy::LongestFirst) };
    let mut memory = Memory::default();
    write(&DocBin, &input, &plain, &mut memory, Progress::none()).unwrap();
    assert_eq!(memory.0.keys().collect::<Vec<_>>(), ["annotations.spacy"]);
}
