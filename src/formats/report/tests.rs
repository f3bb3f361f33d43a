//! The pages read as a browser reads them, as far as it matters: tags, attributes, references.

use super::Report;
use crate::formats::output::Memory;
use crate::formats::testing::{Sample, any_sample, cases};
use crate::formats::{ExportOptions, Progress, write};
use crate::model::{Layer, Text};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn pages(sample: &Sample, options: &ExportOptions) -> BTreeMap<String, String> {
    let mut memory = Memory::default();
    write(&Report, &sample.input(), options, &mut memory, Progress::none()).unwrap();
    memory.0.into_iter().map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (name, after) = rest[at + 1..].split_once(';').unwrap();
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => char::from_u32(number.strip_prefix('#').unwrap().parse().unwrap()).unwrap(),
        });
        rest = after;
    }
    out + rest
}

/// What stands in `<div class="text">`: the characters, and those of each mark.
fn read_text(html: &str) -> (String, BTreeMap<String, String>) {
    let (mut text, mut marks) = (String::new(), BTreeMap::<String, String>::new());
    // For each open element: its annotation, and whether it stands for a control.
    let mut open: Vec<(Option<String>, bool)> = Vec::new();
    let mut rest = html;
    while let Some((found, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        let value = |name: &str| tag.split(&format!(" {name}=\"")).nth(1).map(|v| v.split('"').next().unwrap());
        let control = value("data-c").map(|c| char::from_u32(u32::from_str_radix(c, 16).unwrap()).unwrap());
        // The line ends between paragraphs are the page's.
        let is_content = !open.is_empty() && open.last().is_none_or(|(_, is_control)| !is_control);
        let found = if is_content { unescaped(found) } else { String::new() };
        let found: String = found.chars().chain(control).collect();
        text.push_str(&found);
        for id in open.iter().filter_map(|(id, _)| id.as_ref()) {
            marks.entry(id.clone()).or_default().push_str(&found);
        }
        if tag.starts_with('/') {
            open.pop().unwrap();
        } else {
            open.push((value("data-id").map(str::to_owned), control.is_some()));
        }
    }
    assert!(open.is_empty(), "{html}");
    (text, marks)
}

fn texts(page: &str) -> Vec<&str> {
    let blocks = page.split("<div class=\"text\"").skip(1).map(|rest| rest.split_once('>').unwrap().1);
    blocks.map(|block| block.split_once("</div>").unwrap().0).collect()
}

fn quotes(layer: &Layer, text: &Text) -> BTreeMap<String, String> {
    let quote = |a: &crate::model::Annotation| a.span.fragments().map(|f| text.slice(f)).collect::<String>();
    layer.annotations().map(|a| (a.id.to_string(), quote(a))).collect()
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn the_page_holds_the_whole_text_and_every_mark_whatever_overlaps(sample in any_sample()) {
        let pages = pages(&sample, &ExportOptions::default());
        let mut found = texts(&pages["index.html"]).into_iter();
        for (_, text, layers) in &sample.documents {
            for layer in layers {
                let html = found.next().unwrap();
                let (read, marks) = read_text(html);
                prop_assert_eq!(&read, text.as_str());
                prop_assert_eq!(marks, quotes(layer, text), "{}", html);
            }
        }
        prop_assert_eq!(found.next(), None);
    }
}

/// A project in which these words stand wherever words can stand.
fn sample_of(evil: &str, text: &str) -> Sample {
    let mut layer = crate::model::testing::layer_over(text);
    let mut annotation = crate::model::testing::annotation(1, evil.trim_end_matches(['\0', '\u{202e}']), 0..9);
    annotation.attributes.insert(evil.into(), evil.into());
    annotation.attributes.insert("entity".into(), "e1".into());
    annotation.note = evil.to_owned();
    layer.insert(annotation).unwrap();
    let mut project = crate::model::Project::new(evil, crate::model::testing::scheme());
    project.scheme.labels[0].title = evil.to_owned();
    project.scheme.labels[0].description = evil.to_owned();
    let id = crate::model::EntityId(1);
    let entity = crate::model::Entity {
        id,
        kind: crate::model::EntityKind::Person,
        name: evil.to_owned(),
        aliases: vec![evil.to_owned()],
        wikidata: Some(evil.to_owned()),
        note: evil.to_owned(),
    };
    project.entities.insert(id, entity);
    let text = layer.text().clone();
    let mut document = crate::edit::testing::document(layer.key().document.clone(), &text);
    document.title = evil.to_owned();
    document.metadata.author = Some(evil.to_owned());
    document.metadata.source = Some(evil.to_owned());
    document.metadata.url = Some("javascript:alert(1)".to_owned());
    document.metadata.language = Some(evil.to_owned());
    document.metadata.other.insert(evil.to_owned(), evil.to_owned());
    Sample { project, documents: vec![(document, text, vec![layer])] }
}

const EVIL: &str = "\"><script>alert(1)</script><img src=x onerror=y>'&amp;\u{0}\u{202e}</style><!--";
const EVIL_TEXT: &str = "<b>é</b> </div><script>x</script>";

/// The elements of a page and their attributes, as a browser sees them.
fn elements(page: &str) -> Vec<(String, Vec<String>)> {
    let document = dom_query::Document::from(page);
    let all = document.select("*");
    let element = |node: &dom_query::NodeRef| {
        let attributes = node.attrs().into_iter().map(|attribute| attribute.name.local.to_string());
        (node.node_name().unwrap_or_default().to_string(), attributes.collect())
    };
    all.nodes().iter().map(element).collect()
}

#[test]
fn a_browser_finds_no_element_and_no_attribute_that_a_harmless_project_would_not_have() {
    // Names keep their order.
    let harmless = |text: &str| text.replace(['<', '>', '"', '\'', '&'], "#");
    let of = |words: &str, text: &str| {
        let page = pages(&sample_of(words, text), &ExportOptions::default()).remove("index.html").unwrap();
        elements(&page)
    };
    let expected = of(&harmless(EVIL), &harmless(EVIL_TEXT));
    assert!(expected.len() > 20, "{expected:?}");
    assert_eq!(of(EVIL, EVIL_TEXT), expected);
}

#[test]
fn nothing_of_a_project_becomes_markup_or_an_address() {
    let page = &pages(&sample_of(EVIL, EVIL_TEXT), &ExportOptions::default())["index.html"];
    for bad in ["<script", "<img", "onerror=y>", "href=\"javascript", "\0"] {
        assert!(!page.contains(bad), "{bad}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn many_documents_stand_on_a_page_each_and_without_text_only_the_quotes_are_there() {
    let documents = (1..=30).map(|n| {
        let id = crate::model::DocumentId::from_title(n, "doc");
        let key = crate::model::LayerKey { document: id.clone(), annotator: "Zoë".into() };
        let text = Text::new(format!("é Ana said that of {n}. The rest."));
        let mut layer = Layer::new(key, text.clone());
        layer.insert(crate::model::testing::annotation(1, "speaker", 3..6)).unwrap();
        (crate::edit::testing::document(id, &text), text, vec![layer])
    });
    let project = crate::model::Project::new("Many", crate::model::testing::scheme());
    let sample = Sample { project, documents: documents.collect() };
    let all = pages(&sample, &ExportOptions::default());
    assert_eq!(all.len(), 31);
    assert!(all["index.html"].contains("href=\"documents/0007-doc.html\""));
    assert!(all["documents/0007-doc.html"].contains("said that of 7") && texts(&all["index.html"]).is_empty());
    let quoted = pages(&sample, &ExportOptions { without_text: true, ..ExportOptions::default() });
    let page = &quoted["documents/0007-doc.html"];
    assert!(page.contains("<bdi>Ana</bdi>") && !page.contains("said that") && page.contains("The text is left out."));
}
