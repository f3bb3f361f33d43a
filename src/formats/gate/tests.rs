//! What only GATE XML can get wrong.

use super::*;
use crate::formats::output::{ExportDocument, Memory};
use crate::formats::testing::{any_sample, cases, flattened, input_files, options, sample_of};
use crate::formats::{read, write};
use crate::model::testing::{annotation, key, layer_over, link, scheme};
use crate::model::{Project, Value};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn what_was_written_read_and_written_again_has_the_same_bytes(sample in any_sample()) {
        let mut first = Memory::default();
        write(&Gate, &sample.input(), &flattened(), &mut first, Progress::none()).unwrap();
        let result = read(&Gate, &input_files(&first), &options(), Progress::none()).unwrap();
        let (again, mut second) = (sample_of(&sample.project, &result), Memory::default());
        write(&Gate, &again.input(), &flattened(), &mut second, Progress::none()).unwrap();
        for (name, before) in &first.0 {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            prop_assert_eq!(text(&second.0[name]), text(before));
        }
    }
}

#[test]
fn plain_files_hold_sets_values_relations_and_notes_and_nothing_of_ours() {
    let mut layer = layer_over("Zoë 🐢 pays\r\n8 %\u{b}");
    let mut claim = annotation(1, "claim (direct)", 0..4);
    for (name, value) in [
        ("from", Value::from(" é\r\n")),
        ("checked", Value::YesNo(true)),
        ("whole", Value::Number(-25.0)),
        ("long", Value::Number(9e15)),
        ("part", Value::Number(0.25)),
        ("tiny", Value::Number(1e-9)),
        ("list", Value::List(vec!["a;b".into(), "<&>".into(), String::new()])),
        ("none", Value::List(Vec::new())),
    ] {
        claim.attributes.insert(name.into(), value);
    }
    claim.note = "a \"note\"\r".to_owned();
    layer.insert(claim).unwrap();
    layer.insert(annotation(2, "statistic", 16..19)).unwrap();
    let mut says = link(3, "says", 1, 2);
    says.note = "é".to_owned();
    layer.insert_link(says).unwrap();
    let document = crate::edit::testing::document(key().document, layer.text());
    let project = Project::new("T", scheme());
    let documents = vec![ExportDocument { document: &document, text: layer.text(), layers: vec![&layer] }];
    let input = ExportInput { project: &project, documents };
    let mut memory = Memory::default();
    write(&Gate, &input, &ExportOptions { plain: true, ..flattened() }, &mut memory, Progress::none()).unwrap();
    assert!(memory.0.values().all(|bytes| !String::from_utf8_lossy(bytes).contains("byline")));
    let result = read(&Gate, &input_files(&memory), &options(), Progress::none()).unwrap();
    assert_eq!(result.documents[0].text.as_str(), "Zoë 🐢 pays\r\n8 %\u{240b}");
    assert_eq!(result.documents[0].verdict.to_string(), "2 of 2 quotes verified in UTF-16 units");
    let found = &result.documents[0].layers[0];
    let said =
        |a: &crate::model::Annotation| (a.id, a.label.clone(), a.span.clone(), a.attributes.clone(), a.note.clone());
    assert_eq!(
        found.annotations.iter().map(said).collect::<Vec<_>>(),
        layer.annotations().map(said).collect::<Vec<_>>()
    );
    assert_eq!((found.links[0].kind.as_str(), found.links[0].note.as_str()), ("says", "é"));
    let lost: Vec<_> = crate::formats::losses(&Gate, &input, &flattened()).iter().map(ToString::to_string).collect();
    let said = "0001-test: 1 character that XML does not have (U+000B), shown as pictures; Byline reads it back";
    assert!(lost.contains(&said.to_owned()), "{lost:?}");
    let without = ExportOptions { without_text: true, ..flattened() };
    let refused = write(&Gate, &input, &without, &mut Memory::default(), Progress::none());
    assert!(matches!(refused, Err(WriteError::NeedsText(_))));
}

#[test]
fn maps_nested_deeper_than_anybody_means_are_kept_as_they_stand() {
    let inner = format!("{}{}", "<list>".repeat(3_000), "</list>".repeat(3_000));
    let wrapped =
        format!("<gate.corpora.ObjectWrapper><value class=\"list\">{inner}</value></gate.corpora.ObjectWrapper>");
    let read = super::values::value_from("gate.corpora.ObjectWrapper", "", &wrapped);
    assert_eq!(read, super::values::Read::Value(Value::Text(wrapped)));
}
