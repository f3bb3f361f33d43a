//! The files read with a parser of XML: the text, every annotation once, every pointer to something.

use super::Tei;
use crate::edit::testing::layer_of;
use crate::formats::output::Memory;
use crate::formats::testing::{Sample, any_sample, cases, set_value};
use crate::formats::{ExportOptions, Progress, write};
use crate::model::{Entity, EntityId, EntityKind, Layer, Project, Text, Value};
use proptest::prelude::*;
use roxmltree::{Document, Node};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const ID: (&str, &str) = ("http://www.w3.org/XML/1998/namespace", "id");

fn files(sample: &Sample, options: &ExportOptions) -> BTreeMap<String, String> {
    let mut memory = Memory::default();
    write(&Tei, &sample.input(), options, &mut memory, Progress::none()).unwrap();
    memory.0.into_iter().map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
}

/// The characters in a node, with those that stand as pictures.
fn text_in(node: Node) -> String {
    match node.attribute("n").filter(|_| node.attribute("type") == Some("control")) {
        Some(code) => char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap().to_string(),
        None if node.is_text() => node.text().unwrap().to_owned(),
        None => node.children().map(text_in).collect(),
    }
}

/// What each annotation covers, in code points, by its id.
fn places(document: &Document, text: &str) -> BTreeMap<String, Vec<(usize, usize)>> {
    let mut places = BTreeMap::new();
    let body = document.descendants().find(|n| n.attribute(ID) == Some("text")).unwrap();
    assert_eq!(text_in(body), text);
    let mut at = 0;
    let mut starts: HashMap<roxmltree::NodeId, usize> = HashMap::new();
    for node in body.descendants() {
        starts.insert(node.id(), at);
        at += if node.is_text() { node.text().unwrap().chars().count() } else { 0 };
    }
    for node in body.descendants().filter(|n| n.attribute(ID).is_some_and(|id| id != "text")) {
        let length = node.descendants().filter_map(|n| n.text().filter(|_| n.is_text())).map(|t| t.chars().count());
        let start = starts[&node.id()];
        let twice = places.insert(node.attribute(ID).unwrap().to_owned(), vec![(start, start + length.sum::<usize>())]);
        assert_eq!(twice, None);
    }
    for node in document.descendants().filter(|n| n.has_tag_name("annotation")) {
        let target = node.attribute("target").unwrap().strip_prefix("#string-range(text,");
        let Some(numbers) = target.and_then(|target| target.strip_suffix(')')) else { continue };
        let numbers: Vec<usize> = numbers.split(',').map(|n| n.parse().unwrap()).collect();
        let ranges = numbers.chunks(2).map(|pair| (pair[0], pair[0] + pair[1])).collect();
        assert_eq!(places.insert(node.attribute(ID).unwrap().to_owned(), ranges), None);
    }
    places
}

fn expected(layer: &Layer, text: &Text) -> BTreeMap<String, Vec<(usize, usize)>> {
    let count = |byte| text.code_points_from_byte(byte).unwrap().0;
    let ranges =
        |a: &crate::model::Annotation| a.span.fragments().map(|f| (count(f.start()), count(f.end()))).collect();
    layer.annotations().map(|a| (a.id.to_string(), ranges(a))).collect()
}

/// Ids are given once, and every pointer leads to one.
fn check_pointers(document: &Document) {
    let ids: Vec<&str> = document.descendants().filter_map(|n| n.attribute(ID)).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len());
    for node in document.descendants() {
        for name in ["target", "who", "ref", "corresp"] {
            for pointer in node.attribute(name).into_iter().flat_map(str::split_whitespace) {
                let inside = pointer.strip_prefix('#').filter(|id| !id.starts_with("string-range("));
                assert!(inside.is_none_or(|id| known.contains(id)), "{pointer}");
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn the_text_is_whole_every_annotation_stands_once_and_every_pointer_leads_somewhere(sample in any_sample()) {
        let files = files(&sample, &ExportOptions::default());
        let all = sample.documents.iter().flat_map(|(_, text, layers)| layers.iter().map(move |l| (text, l)));
        prop_assert_eq!(files.len(), all.clone().count());
        for (text, layer) in all {
            let name = format!("{}.xml", layer.key().document);
            let annotator = if layer.key().annotator == "maria" { "maria/" } else { "Ana_é/" };
            let source = files.get(&format!("{annotator}{name}")).unwrap_or_else(|| &files[&name]);
            let document = Document::parse(source).unwrap();
            prop_assert_eq!(places(&document, text.as_str()), expected(layer, text), "{}", source);
            check_pointers(&document);
            let links = document.descendants().filter(|n| n.has_tag_name("link")).count();
            prop_assert_eq!(links, layer.links().len());
        }
    }
}

#[test]
fn who_says_what_stands_in_elements_of_its_own_and_what_overlaps_beside_the_text() {
    let mut layer = layer_of(
        "é [speaker:Ana] and [speaker:he]: “[claim:[statistic:25 %] more]” — [cue:said] [organisation:ACME]{says 1 3}{says 2 3}",
    );
    for (id, name, value) in [
        (1, "entity", Value::from("e1")),
        (2, "mention", "pronoun".into()),
        (3, "quotation", "direct".into()),
        (4, "value", Value::Number(25.0)),
        (4, "unit", "US dollar".into()),
    ] {
        set_value(&mut layer, id, name, value);
    }
    // From the middle of the claim to the middle of the organisation.
    layer.insert(crate::model::testing::annotation(9, "claim", 23..42)).unwrap();
    let mut project = Project::new("P", crate::model::testing::scheme());
    let id = EntityId(1);
    let (name, aliases, note) = ("Ana Ünal".to_owned(), vec!["A. Ü.".to_owned()], String::new());
    let wikidata = Some("Q7".to_owned());
    project.entities.insert(id, Entity { id, kind: EntityKind::Person, name, aliases, wikidata, note });
    let text = layer.text().clone();
    let document = crate::edit::testing::document(layer.key().document.clone(), &text);
    let sample = Sample { project, documents: vec![(document, text, vec![layer])] };
    let source = &files(&sample, &ExportOptions::default())["0001-test.xml"];
    let body = source.split("xml:space=\"preserve\">").nth(1).unwrap().split("</div>").next().unwrap();
    assert_eq!(
        body,
        "<p>é <persName xml:id=\"a1\" ref=\"#e1\">Ana</persName> and <rs xml:id=\"a2\">he</rs>: “<said xml:id=\"a3\" \
         direct=\"true\" who=\"#e1 #a2\"><measure xml:id=\"a4\" quantity=\"25\">25 %</measure> more</said>” — \
         <seg xml:id=\"a5\">said</seg> <orgName xml:id=\"a6\">ACME</orgName></p>"
    );
    for part in [
        "<annotation xml:id=\"a9\" motivation=\"classifying\" target=\"#string-range(text,",
        "<note type=\"value\" n=\"unit\">US dollar</note>",
        "<link xml:id=\"l2\" target=\"#a2 #a3\"/>",
        "<person xml:id=\"e1\"><persName>Ana Ünal</persName><persName type=\"alias\">A. Ü.</persName>\
         <idno type=\"Wikidata\">Q7</idno></person>",
    ] {
        assert!(source.contains(part), "{part}\n{source}");
    }
    let without = &files(&sample, &ExportOptions { without_text: true, ..ExportOptions::default() })["0001-test.xml"];
    assert!(without.contains("target=\"0001-test.txt#char=2,5\"") && !without.contains("Ana and he"), "{without}");
    check_pointers(&Document::parse(without).unwrap());
}
