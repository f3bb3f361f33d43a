//! JSON that Label Studio, Recogito, the W3C and doccano wrote or show as examples, read in place.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod shared_data;

use byline::formats::{
    InputFile, Progress, ReadError, ReadOptions, ReadResult, Severity, by_name, gather::gather, read, recognise,
};
use byline::model::Text;
use shared_data::shared;
use std::path::Path;

fn options() -> ReadOptions {
    ReadOptions::new("reader", chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap())
}

fn read_as(name: &str, path: &Path) -> Result<ReadResult, ReadError> {
    read(by_name(name).unwrap(), &gather(path).unwrap(), &options(), Progress::none())
}

/// Annotations of all documents.
fn count(result: &ReadResult) -> usize {
    result.documents.iter().flat_map(|d| &d.layers).map(|l| l.annotations.len()).sum()
}

fn words(result: &ReadResult) -> String {
    result.problems.iter().map(|p| format!("{p}\n")).collect()
}

#[test]
fn label_studios_tasks_are_read_and_what_is_no_text_is_passed_over_with_a_word() {
    let name = "label_studios_tasks_are_read_and_what_is_no_text_is_passed_over_with_a_word";
    let Some(folder) = shared(name, "label-studio") else { return };
    for (path, documents, annotations, said) in [
        ("frontend-examples/named_entity", 2, 2, "1 × suggestions of the model `model 1`"),
        ("frontend-examples/references", 3, 0, "answers of `validation-label` about whole documents"),
        ("test_export_csv/csv_test.json", 2, 0, "regions that lie in no text"),
        ("test_export_csv/csv_test_history.json", 1, 0, "answers of `sentiment` about whole documents"),
        ("test_export_csv/csv_test_colliding_keys.json", 1, 0, "answers of `text` about whole documents"),
        ("test_export_csv/csv_test_colliding_keys_mixed.json", 2, 0, "answers of `text` about whole documents"),
    ] {
        let files = gather(&folder.join(path)).unwrap();
        assert_eq!(recognise(&files).first().map(|f| f.card().name), Some("label-studio"), "{path}");
        let result = read_as("label-studio", &folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!((result.documents.len(), count(&result)), (documents, annotations), "{path}: {}", words(&result));
        assert!(words(&result).contains(said), "{path}: {}", words(&result));
        assert!(result.documents.iter().all(|d| d.verdict.verified == annotations.min(1)), "{path}");
    }
    for (path, said) in [
        ("frontend-examples/html_document/annotations/1.json", "tasks whose regions lie in HTML"),
        // The example's offsets belong to another example's text.
        ("frontend-examples/rich_text_plain/annotations/1.json", "not “February 22”"),
        ("test_export_doclang/data.json", "3 × tasks without a text"),
        ("test_export_json_min/data.json", "tasks without a text"),
        ("test_export_json_min/data_repeater.json", "tasks without a text"),
    ] {
        let error = read_as("label-studio", &folder.join(path)).unwrap_err().to_string();
        assert!(error.contains(said), "{path}: {error}");
    }
}

#[test]
fn recogitos_annotations_find_their_page_although_its_white_space_was_written_otherwise() {
    let name = "recogitos_annotations_find_their_page_although_its_white_space_was_written_otherwise";
    let Some(folder) = shared(name, "recogito-text-annotator") else { return };
    let file = folder.join("plugins/awareness/test/annotations.json");
    let page = std::fs::read_to_string(folder.join("packages/text-annotator/test/index.html")).unwrap();
    // Its offsets count from somewhat before the paragraph with the quotes: 36 characters.
    let from = page.find("Tell me, O muse, of that ingenious hero").unwrap() - "\n          ".len();
    let text = " ".repeat(36) + &page[from..from + page[from..].find("</p>").unwrap()];
    let mut files = gather(&file).unwrap();
    assert_eq!(recognise(&files).first().map(|f| f.card().name), Some("web-annotation"));
    files.push(InputFile::new("page.txt", text));
    let options = ReadOptions { keep_going: true, ..options() };
    let result = read(by_name("web-annotation").unwrap(), &files, &options, Progress::none()).unwrap();
    let document = &result.documents[0];
    assert_eq!((document.verdict.verified, document.verdict.of), (13, 14));
    let quoted: Vec<_> =
        document.layers.iter().flat_map(|l| &l.annotations).map(|a| document.text.quote(&a.span)).collect();
    assert!(quoted.iter().any(|q| q == "ingenious hero who travelled far and wide"), "{quoted:?}");
    // One begins four spaces before what it quotes: at the ends nothing is let pass.
    let refused = "annotation `4a5e379d-a425-408a-81bb-6d4350f3cd23`: the text there is “    he suffered";
    assert!(words(&result).contains(refused), "{}", words(&result));
    // Two of them say what another says.
    assert!(
        words(&result).contains("the only one has") || words(&result).contains("is taken to be"),
        "{}",
        words(&result)
    );
}

#[test]
fn every_sample_of_the_w3c_is_refused_or_read_with_a_reason() {
    let Some(folder) = shared("every_sample_of_the_w3c_is_refused_or_read_with_a_reason", "w3c-web-annotation") else {
        return;
    };
    let mut reasons = Vec::new();
    for kind in ["correct", "incorrect"] {
        let folder = folder.join("samples").join(kind);
        let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for path in files {
            // None of them comes with a text.
            let error = read_as("web-annotation", &path).unwrap_err().to_string();
            let name = format!("{kind}/{}", path.file_stem().unwrap().to_str().unwrap());
            println!("{name}: {error}");
            reasons.push((name, error));
        }
    }
    let reason = |name: &str| &reasons.iter().find(|(of, _)| of == name).unwrap().1;
    for (name, said) in [
        ("correct/anno1", "annotations of something as a whole"),
        ("correct/anno26", "the text of `http://example.org/page1` is not here, so 1 annotation of it"),
        ("correct/anno32", "the text of `http://example.org/page1` is not here"),
        ("correct/anno25", "selectors of the type `XPathSelector`"),
        ("correct/anno10", "bodies that are the second choice or a later one"),
        ("correct/example41", "the page \"http://example.org/page1\" is not here"),
        ("incorrect/anno1", "expected JSON"),
        ("incorrect/anno2", "expected a `target`, found an annotation without one"),
        ("incorrect/anno4", "expected the context `http://www.w3.org/ns/anno.jsonld`, found \"fish\""),
        ("incorrect/anno6", "ids that are no addresses: `not a uri`"),
        ("incorrect/anno7", "expected one `id`"),
        ("incorrect/anno8", "expected a `type`, found an annotation without one"),
        ("incorrect/anno28", "expected one `id`"),
    ] {
        assert!(reason(name).contains(said), "{name}: {}", reason(name));
    }
    let no_json =
        reasons.iter().filter(|(name, error)| name.starts_with("incorrect") && error.contains("expected JSON"));
    assert_eq!(no_json.count(), 13);
    assert_eq!(reasons.len(), 34 + 29);
}

#[test]
fn a_sample_of_the_w3c_is_placed_in_the_only_text_that_has_its_quote() {
    let name = "a_sample_of_the_w3c_is_placed_in_the_only_text_that_has_its_quote";
    let Some(folder) = shared(name, "w3c-web-annotation/samples/correct") else { return };
    let files = gather(&folder.join("anno26.json")).unwrap();
    let texts = vec![Text::new("é: this is an anotation that has some more"), Text::new("é: another text")];
    let options = ReadOptions { texts, ..options() };
    let result = read(by_name("web-annotation").unwrap(), &files, &options, Progress::none()).unwrap();
    let annotation = &result.documents[0].layers[0].annotations[0];
    assert_eq!(result.documents[0].text.quote(&annotation.span), "anotation");
    assert!(result.problems.iter().all(|p| p.severity == Severity::Doubt), "{:?}", result.problems);
}

#[test]
fn doccanos_examples_of_labels_give_keys_and_colours() {
    let Some(folder) = shared("doccanos_examples_of_labels_give_keys_and_colours", "doccano/import-tests") else {
        return;
    };
    let mut files = gather(&folder.join("valid_labels.json")).unwrap();
    files.extend(gather(&folder.join("relation_extraction/example.jsonl")).unwrap());
    let result = read(by_name("doccano").unwrap(), &files, &options(), Progress::none()).unwrap();
    let labels: Vec<_> = result.scheme.labels.iter().map(|l| (l.name.as_str(), l.key)).collect();
    assert_eq!((labels, count(&result)), (vec![("Dog", Some('a')), ("Cat", Some('c'))], 4));
}
