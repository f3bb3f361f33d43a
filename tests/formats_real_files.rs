//! Files that other programs wrote, read in place: every quote verified, nothing shifted, written again alike.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod shared_data;

use byline::formats::output::{ExportDocument, ExportInput, Memory};
use byline::formats::{
    ExportOptions, InputFile, Policy, Progress, ReadOptions, ReadResult, Severity, by_name, gather::gather, read,
    recognise, write,
};
use byline::model::{Document, DocumentId, Layer, LayerKey, LinkDef, Project, Scheme};
use shared_data::shared;
use std::collections::BTreeSet;

fn options() -> ReadOptions {
    ReadOptions::new("reader", chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap())
}

fn read_as(name: &str, files: &[InputFile]) -> ReadResult {
    let found = recognise(files);
    assert_eq!(found.first().map(|f| f.card().name), Some(name));
    read(by_name(name).unwrap(), files, &options(), Progress::none()).unwrap_or_else(|error| panic!("{error}"))
}

/// Annotations and links of all documents.
fn counts(result: &ReadResult) -> (usize, usize) {
    let layers = || result.documents.iter().flat_map(|d| &d.layers);
    (layers().map(|l| l.annotations.len()).sum(), layers().map(|l| l.links.len()).sum())
}

#[test]
fn every_brat_example_verifies_and_is_written_again_line_by_line() {
    let Some(folder) = shared("every_brat_example_verifies_and_is_written_again_line_by_line", "brat-examples") else {
        return;
    };
    let (mut alike, mut all, mut same_files, mut file_count) = (0, 0, 0, 0);
    for set in ["tutorials/news", "tutorials/bio", "BioNLP-ST_2011_ID", "NCBI-disease"] {
        let files = gather(&folder.join(set)).unwrap();
        let result = read_as("brat", &files);
        let errors: Vec<_> = result.problems.iter().filter(|p| p.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?}");
        for document in &result.documents {
            assert_eq!(document.verdict.verified, document.verdict.of, "{}", document.file);
            assert_eq!(document.verdict.counting.to_string(), "code points", "{}", document.file);
        }
        let again = written_again("brat", &result);
        for file in files.iter().filter(|f| f.has_extension("ann")) {
            let before = String::from_utf8(file.bytes.clone()).unwrap();
            let after = String::from_utf8(again.0[&file.name].clone()).unwrap();
            let after_lines: Vec<_> = after.lines().map(without_running_number).collect();
            for line in before.lines().map(without_running_number) {
                all += 1;
                alike += usize::from(after_lines.contains(&line));
                if !after_lines.contains(&line) {
                    println!("not alike in {}: {line}", file.name);
                }
            }
            file_count += 1;
            same_files += usize::from(before == after);
        }
    }
    println!("{alike} of {all} lines alike, {same_files} of {file_count} files the same bytes");
    assert_eq!(alike, all);
}

/// Numbers of attributes, notes and references say nothing: they are given in the order of writing. `M` is the old `A`.
fn without_running_number(line: &str) -> String {
    match line.split_once('\t') {
        Some((id, rest)) if id.starts_with(['A', 'M', '#', 'N']) => format!("{}\t{rest}", id[..1].replace('M', "A")),
        _ => line.to_owned(),
    }
}

fn written_again(format: &str, result: &ReadResult) -> Memory {
    let mut project = Project::new("again", scheme_of(result));
    project.entities = result.entities.iter().map(|e| (e.id, e.clone())).collect();
    let mut documents = Vec::new();
    for document in &result.documents {
        let id = DocumentId::new(&document.id).unwrap();
        let about = Document {
            id: id.clone(),
            title: document.title.clone(),
            metadata: document.metadata.clone(),
            direction: document.direction,
            directions: document.directions.clone(),
            sha256: document.text.sha256().to_owned(),
            original: None,
        };
        let mut layers = Vec::new();
        for imported in &document.layers {
            let key = LayerKey { document: id.clone(), annotator: imported.annotator.clone() };
            let mut layer = Layer::new(key, document.text.clone());
            imported.annotations.iter().for_each(|a| layer.insert(a.clone()).unwrap());
            imported.links.iter().for_each(|l| layer.insert_link(l.clone()).unwrap());
            layers.push(layer);
        }
        documents.push((about, layers));
    }
    let documents = documents.iter().zip(&result.documents).map(|((document, layers), imported)| ExportDocument {
        document,
        text: &imported.text,
        layers: layers.iter().collect(),
    });
    let input = ExportInput { project: &project, documents: documents.collect() };
    let mut memory = Memory::default();
    let options = ExportOptions { plain: true, policy: Policy::EarliestFirst, ..ExportOptions::default() };
    write(by_name(format).unwrap(), &input, &options, &mut memory, Progress::none()).unwrap();
    memory
}

/// The link kinds of the configuration. `Equiv` is used undeclared where that is old.
fn scheme_of(result: &ReadResult) -> Scheme {
    let mut links = result.scheme.links.clone();
    if !links.iter().any(|l| l.name == "Equiv") {
        links.push(byline::formats::read::link_def(&"Equiv".into()));
    }
    links.iter_mut().filter(|l| l.name == "Equiv").for_each(|LinkDef { symmetric, .. }| *symmetric = true);
    Scheme { links, ..Scheme::default() }
}

#[test]
fn every_litbank_file_verifies() {
    let Some(folder) = shared("every_litbank_file_verifies", "litbank") else { return };
    let mut annotations = 0;
    for set in ["entities/brat", "events/brat", "coref/brat"] {
        let files = gather(&folder.join(set)).unwrap();
        let result = read_as("brat", &files);
        assert!(result.documents.iter().all(|d| d.verdict.verified == d.verdict.of), "{set}");
        annotations += counts(&result).0;
    }
    println!("{annotations} annotations");
    assert!(annotations > 9_000);
}

#[test]
fn labelbuddys_files_verify_in_both_units_and_its_own_are_written_again_byte_by_byte() {
    let name = "labelbuddys_files_verify_in_both_units_and_its_own_are_written_again_byte_by_byte";
    let Some(folder) = shared(name, "labelbuddy-annotations") else { return };
    for (set, documents, annotators, annotations) in
        [("cluster_inference", 12, 2, 108), ("participant_demographics", 9, 6, 167)]
    {
        let files = gather(&folder.join(set)).unwrap();
        let result = read_as("labelbuddy", &files);
        assert_eq!(result.problems, []);
        assert_eq!((result.documents.len(), counts(&result).0), (documents, annotations), "{set}");
        for document in &result.documents {
            assert_eq!(document.verdict.verified, document.verdict.of, "{}", document.title);
            assert_eq!(document.verdict.unquoted, 0);
        }
        let names: BTreeSet<_> = result.documents.iter().flat_map(|d| &d.layers).map(|l| &l.annotator).collect();
        assert_eq!(names.len(), annotators, "{names:?}");
        // The documents of the other set were put together by hand, with keys in another order.
        if set == "cluster_inference" {
            let again = written_again("labelbuddy", &result);
            for file in files.iter().filter(|f| f.has_extension("jsonl")) {
                assert!(again.0[&file.name] == file.bytes, "{}", file.name);
            }
        }
    }
}

#[test]
fn prodigys_files_verify_and_what_was_not_accepted_stays_out() {
    let name = "prodigys_files_verify_and_what_was_not_accepted_stays_out";
    let Some(folder) = shared(name, "prodigy") else { return };
    for (file, documents, annotations, quotes) in [
        ("annotated_news_headlines-ORG-PERSON-LOCATION-ner.jsonl", 373, 303, 303),
        ("fashion_brands_eval.first150.jsonl", 150, 71, 71),
        ("ner_tweets_test_annotated.first150.jsonl", 150, 78, 78),
        ("nel_emerson_annotated_text.jsonl", 30, 30, 30),
        ("bio_events.jsonl", 129, 422, 0),
        ("spacy-docbin/demo.jsonl", 1, 1, 1),
        ("spacy-json/ner_demo-train.json", 2, 3, 0),
        ("spacy-json/spancat_demo-train.json", 3, 4, 0),
    ] {
        let result = read_as("prodigy", &gather(&folder.join(file)).unwrap());
        let spans: usize = counts(&result).0;
        assert_eq!((result.documents.len(), spans), (documents, annotations), "{file}");
        let verified: usize = result.documents.iter().map(|d| d.verdict.verified).sum();
        assert_eq!(verified, quotes, "{file}");
    }
}

#[test]
fn doccano_files_of_two_annotators_become_layers() {
    let name = "doccano_files_of_two_annotators_become_layers";
    let Some(folder) = shared(name, "two-annotators-novels/doccano-jsonl") else { return };
    let files = gather(&folder).unwrap();
    let result = read_as("doccano", &files);
    let layers = result.documents.iter().flat_map(|d| &d.layers);
    let annotators: std::collections::BTreeSet<_> = layers.map(|l| l.annotator.to_string()).collect();
    assert_eq!(annotators.into_iter().collect::<Vec<_>>(), ["user-1", "user-2", "user-3"]);
    assert!(result.problems.iter().all(|p| p.severity == Severity::Doubt), "{:?}", result.problems);
    let twins = result.problems.len();
    println!("{:?}, {} documents, {twins} doubts", counts(&result), result.documents.len());
    assert_eq!(counts(&result).0 + twins, 4_318);
}

#[test]
fn doccanos_own_examples_are_read_or_refused_with_a_reason() {
    let Some(folder) = shared("doccanos_own_examples_are_read_or_refused_with_a_reason", "doccano") else { return };
    for (path, fits) in [
        ("import-tests/sequence_labeling/example.jsonl", true),
        ("import-tests/sequence_labeling/example_overlapping.jsonl", true),
        ("import-tests/relation_extraction/example.jsonl", true),
        ("import-tests/text_classification/example.jsonl", false),
        ("import-tests/seq2seq/example.jsonl", false),
        ("import-examples/relation_extraction/example.jsonl", true),
        ("import-examples/sequence_labeling/example.jsonl", true),
    ] {
        let files = gather(&folder.join(path)).unwrap();
        // One of the examples has a line without a text.
        let options = ReadOptions { keep_going: fits, ..options() };
        let result = read(by_name("doccano").unwrap(), &files, &options, Progress::none());
        match (&result, fits) {
            (Ok(result), true) => assert!(counts(result).0 > 0, "{path}"),
            (Err(error), false) => assert!(error.to_string().contains("classification"), "{path}: {error}"),
            _ => panic!("{path}: {result:?}"),
        }
    }
}

#[test]
fn litbanks_quotation_tables_are_not_taken_for_brat() {
    let name = "litbanks_quotation_tables_are_not_taken_for_brat";
    let Some(folder) = shared(name, "litbank/quotations/tsv") else { return };
    assert!(recognise(&gather(&folder).unwrap()).is_empty());
}
