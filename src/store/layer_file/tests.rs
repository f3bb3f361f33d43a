//! Layers as files hold them.

use super::*;
use crate::edit::testing::layer_of;
use crate::model::testing::{annotation, layer_over};
use crate::store::testing;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn layers_reread_equal_rewrite_to_the_same_bytes_and_hold_one_row_a_line(layer in testing::layer()) {
        let source = write(&layer).unwrap();
        let quick = quick_layer::read(&source);
        prop_assert!(quick.is_some() && quick == ron_text::read(&source, FORMAT).ok(), "{}", source);
        let again = read(&source, layer.key(), layer.text()).map_err(|e| e.fault.to_string());
        prop_assert_eq!(again.as_ref(), Ok(&layer), "{}", source);
        prop_assert_eq!(write(&again.unwrap()).unwrap(), source.clone());
        let lines = lines(&source);
        let all: Vec<_> = source.lines().collect();
        for (number, annotation) in layer.annotations().enumerate() {
            let line = lines[&annotation.id.to_string()];
            prop_assert_eq!(line, 11 + number);
            let start = format!("    (id: \"{}\", label: ", annotation.id);
            prop_assert!(all[line - 1].starts_with(&start) && all[line - 1].ends_with("),"), "{}", all[line - 1]);
        }
    }

    #[test]
    fn a_damaged_file_is_refused_or_understood_but_never_makes_it_fail(
        layer in testing::layer(), at in any::<prop::sample::Index>(), len in 0usize..9, put in testing::naughty(),
    ) {
        let source = write(&layer).unwrap();
        let borders: Vec<_> = source.char_indices().map(|(i, _)| i).chain([source.len()]).collect();
        let first = at.index(borders.len());
        let last = (first + len).min(borders.len() - 1);
        let damaged = format!("{}{put}{}", &source[..borders[first]], &source[borders[last]..]);
        if let Some(quick) = quick_layer::read(&damaged) {
            let slow = ron_text::read(&damaged, FORMAT).map_err(|fault| fault.fault.to_string());
            prop_assert_eq!(Ok(quick), slow, "{}", damaged);
        }
        match read(&damaged, layer.key(), layer.text()) {
            Ok(read) => prop_assert_eq!(survey(&write(&read).unwrap(), layer.key(), layer.text()).unwrap().fault_count, 0),
            Err(fault) => prop_assert!(fault.in_file("é.ron", &damaged).to_string().contains("\nhelp: ")),
        }
    }
}

#[test]
fn a_long_file_read_in_halves_is_what_it_is_as_a_whole() {
    let mut layer = layer_over(&"żółw ".repeat(12_000));
    for (id, start) in (1..).zip((0..12_000).map(|n| n * 8)) {
        layer.insert(annotation(id, "claim", start..start + 7)).unwrap();
    }
    let source = write(&layer).unwrap();
    assert!(quick_layer::read(&source).is_some_and(|quick| quick.annotations.len() == 12_000));
    assert_eq!(read(&source, layer.key(), layer.text()).map_err(|e| e.fault.to_string()).as_ref(), Ok(&layer));
    // A fault in the second half is found on its own row.
    let (good, bad) =
        ("id: \"a9000\", label: \"claim\", start: 71992", "id: \"a9000\", label: \"claim\", start: 71993");
    let fault = read(&source.replace(good, bad), layer.key(), layer.text()).unwrap_err();
    let message = fault.in_file("é.ron", &source).to_string();
    assert!(message.contains("a9000") && message.contains("9010"), "{message}");
    // So is one that only shows when they come together.
    let again = read(&source.replace("id: \"a9000\"", "id: \"a8999\""), layer.key(), layer.text()).unwrap_err();
    let message = again.in_file("é.ron", &source).to_string();
    assert!(message.contains("a8999 is used twice") && message.contains("9010"), "{message}");
    // What looks like a row inside a string is none, even in the middle of the file.
    let middle = source.len() / 2;
    let note = middle + source[middle..].find(", created").unwrap();
    let inside = format!("{}, note: \"{}\"{}", &source[..note], "),\n    (id: \\u{22}".repeat(200), &source[note..]);
    assert_eq!(quick_layer::read(&inside), ron_text::read(&inside, FORMAT).ok());
    assert!(quick_layer::read(&inside).is_some());
}

#[test]
fn a_layer_is_written_as_the_documentation_shows() {
    let mut layer = layer_of("🦀 [speaker:Ana]: [claim:« 25 % » “\n”]{says 1 2}");
    let mut claim = layer.take(AnnotationId(2)).unwrap();
    claim.span = Span::new(vec![Fragment::new(10, 17).unwrap(), Fragment::new(21, 28).unwrap()]).unwrap();
    claim.attributes.insert("quotation".into(), "direct".into());
    claim.attributes.insert("value".into(), Value::Number(25.0));
    claim.note = "see “b”".to_owned();
    claim.provenance.origin = Origin::Import { format: "brat".into(), file: "é.ann".into() }.into();
    claim.provenance.modified += chrono::TimeDelta::seconds(61);
    layer.insert(claim).unwrap();
    layer.set_status(Status::InProgress);
    let written = write(&layer).unwrap();
    assert!(include_str!("../../../docs/file-format.md").contains(&written), "{written}");
}

#[test]
fn a_number_that_no_file_can_hold_is_refused_when_writing() {
    let mut layer = layer_of("é[claim:a]");
    let mut claim = layer.take(AnnotationId(1)).unwrap();
    claim.attributes.insert("value".into(), Value::Number(f64::NAN));
    layer.insert(claim).unwrap();
    assert_eq!(write(&layer).unwrap_err().to_string(), "a1: the number of attribute “value” is not finite");
}

#[test]
fn a_fault_of_an_annotation_is_not_told_again_for_its_links_and_many_are_counted() {
    let mut layer = layer_of("é[claim:a][speaker:b]{says 2 1}");
    let source = write(&layer).unwrap().replace("quote: \"a\"", "quote: \"z\"");
    let reading = survey(&source, layer.key(), layer.text()).unwrap();
    assert_eq!((reading.fault_count, reading.layer.len(), reading.quotes_verified), (1, 1, 1));
    layer.remove_link(crate::model::LinkId(1)).unwrap();
    for id in 3..300 {
        layer.insert(crate::model::testing::annotation(id, &format!("l{id}"), 2..3)).unwrap();
    }
    let other = Text::new("éxyz");
    let reading = survey(&write(&layer).unwrap(), layer.key(), &other).unwrap();
    assert_eq!((reading.fault_count, reading.faults.len()), (300, MOST_FAULTS));
}

#[test]
fn naughty_strings_reread_equal_as_label_value_and_note() {
    let shared = std::env::var_os("BYLINE_SHARED_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        std::path::PathBuf::from,
    );
    let Ok(list) = std::fs::read_to_string(shared.join("naughty-strings/blns.txt")) else {
        println!("skipped: naughty_strings_reread_equal_as_label_value_and_note: no shared data");
        return;
    };
    let mut layer = layer_of("🦀 [claim:ça]");
    let plain = layer.take(AnnotationId(1)).unwrap();
    for (number, line) in (1..).zip(list.lines().filter(|line| !line.is_empty())) {
        let mut naughty = Annotation { id: AnnotationId(number), label: line.into(), ..plain.clone() };
        naughty.attributes.insert(line.into(), line.into());
        naughty.attributes.insert(format!("{number}").as_str().into(), Value::List(vec![line.to_owned()]));
        naughty.note = line.to_owned();
        layer.insert(naughty).unwrap();
    }
    assert!(layer.len() > 400);
    let source = write(&layer).unwrap();
    assert_eq!(source.lines().count(), layer.len() + 13);
    assert_eq!(ron_text::read::<LayerV1>(&source, FORMAT).ok(), quick_layer::read(&source));
    assert_eq!(read(&source, layer.key(), layer.text()).map_err(|e| e.fault.to_string()), Ok(layer));
}
