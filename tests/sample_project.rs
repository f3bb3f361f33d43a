//! The sample project is what a new user sees first: whole, complete, and as its guidelines say.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use byline::check::check;
use byline::edit::State;
use byline::model::{Annotation, Layer, LayerKey, Project, Status, Value};
use byline::store::{Dirty, ProjectFolder};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("projects/latin-america")
}

/// The project and maria's layer of its only document.
fn opened() -> (Project, Layer) {
    let (folder, project) = ProjectFolder::open(sample()).unwrap();
    let [document] = project.documents.as_slice() else { panic!("one document is expected") };
    let text = folder.load_text(document).unwrap();
    let key = LayerKey { document: document.id.clone(), annotator: "maria".into() };
    let layer = folder.load_layer(&key, &text).unwrap();
    (project, layer)
}

fn labelled<'a>(layer: &'a Layer, label: &'a str) -> impl Iterator<Item = &'a Annotation> {
    layer.annotations().filter(move |annotation| &*annotation.label == label)
}

fn quote(layer: &Layer, annotation: &Annotation) -> String {
    layer.text().quote(&annotation.span)
}

/// The text of an attribute, empty for none.
fn text_of<'a>(annotation: &'a Annotation, attribute: &str) -> &'a str {
    annotation.attributes.get(attribute).and_then(Value::as_text).unwrap_or_default()
}

/// The quotes at the other ends of the links of a kind that lead to an annotation.
fn sources(layer: &Layer, kind: &str, to: &Annotation) -> Vec<String> {
    let links = layer.links().filter(|link| &*link.kind == kind && link.to == to.id);
    links.map(|link| quote(layer, layer.get(link.from).unwrap())).collect()
}

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    names.fold(BTreeMap::new(), |mut counts, name| {
        *counts.entry(name).or_default() += 1;
        counts
    })
}

#[test]
fn the_sample_opens_without_a_problem_and_every_quote_verifies() {
    let report = check(&sample());
    assert!(report.is_clean(), "{report}");
    let checked = report.checked;
    assert_eq!((checked.documents, checked.texts_verified, checked.layers), (1, 1, 1));
    assert_eq!((checked.annotations, checked.quotes_verified, checked.links), (33, 33, 14));
}

#[test]
fn the_sample_is_done_and_holds_what_its_article_holds() {
    let (project, layer) = opened();
    assert_eq!(project.name, "Latin America 2023");
    let document = &project.documents[0];
    assert_eq!(document.title, "Conference opens in Moscow");
    assert_eq!(document.metadata.date.unwrap().to_string(), "2023-09-29");
    assert_eq!(layer.status(), Status::Done);
    let labels = counted(layer.annotations().map(|annotation| &*annotation.label));
    assert_eq!(labels, BTreeMap::from([("claim", 10), ("organisation", 11), ("speaker", 9), ("statistic", 3)]));
    let links = counted(layer.links().map(|link| &*link.kind));
    assert_eq!(links, BTreeMap::from([("affiliated_with", 1), ("same_claim", 1), ("says", 10), ("supports", 2)]));
}

#[test]
fn every_claim_has_one_speaker_from_its_own_paragraph_and_all_its_attributes() {
    let (_, layer) = opened();
    for claim in labelled(&layer, "claim") {
        let words = quote(&layer, claim);
        let [link] = layer.links().filter(|l| &*l.kind == "says" && l.to == claim.id).collect::<Vec<_>>()[..] else {
            panic!("{words}: one speaker is expected")
        };
        let paragraph = |annotation: &Annotation| layer.text().paragraph_at(annotation.span.start());
        assert_eq!(paragraph(layer.get(link.from).unwrap()), paragraph(claim), "{words}");
        for attribute in ["quotation", "claim_type", "check_worthy", "normalised"] {
            assert!(!text_of(claim, attribute).is_empty(), "{words}: {attribute}");
        }
        assert!(text_of(claim, "normalised").split_whitespace().count() <= 25, "{words}");
    }
}

#[test]
fn quotation_marks_stand_around_direct_claims_inside_mixed_ones_and_nowhere_near_indirect_ones() {
    let (_, layer) = opened();
    let text = layer.text().as_str();
    let mut kinds = BTreeMap::new();
    for claim in labelled(&layer, "claim") {
        let words = quote(&layer, claim);
        let marks_inside = words.matches('"').count();
        // Straight marks open and close alike: an odd number before a place means that it is quoted.
        let is_quoted = text[..claim.span.start()].matches('"').count() % 2 == 1;
        let kind = text_of(claim, "quotation");
        let expected = match kind {
            "direct" => (0, true),
            "mixed" => (2, false),
            _ => (0, false),
        };
        assert_eq!((marks_inside, is_quoted), expected, "{words}");
        *kinds.entry(kind).or_insert(0) += 1;
    }
    assert_eq!(kinds, BTreeMap::from([("direct", 6), ("indirect", 3), ("mixed", 1)]));
}

#[test]
fn every_statistic_has_value_unit_and_period_and_supports_the_claim_around_it() {
    let (_, layer) = opened();
    let rows: Vec<_> = labelled(&layer, "statistic")
        .map(|statistic| {
            let Some(Value::Number(value)) = statistic.attributes.get("value") else { panic!("a number is expected") };
            let period = (text_of(statistic, "from"), text_of(statistic, "to"));
            (quote(&layer, statistic), *value, text_of(statistic, "unit"), period)
        })
        .collect();
    let expected = [
        ("25%", 25.0, "percent", ("2018", "2023")),
        ("2.3 times", 2.3, "times", ("2018", "2023")),
        ("more than 200 participants", 200.0, "participant", ("2023-09-29", "2023-10-02")),
    ];
    assert_eq!(rows, expected.map(|(quote, value, unit, period)| (quote.to_owned(), value, unit, period)));
    for statistic in labelled(&layer, "statistic") {
        let around = |claim: &&Annotation| {
            let (claim, statistic) = (claim.span.hull(), statistic.span.hull());
            claim.start <= statistic.start && statistic.end <= claim.end
        };
        let claims: Vec<_> = labelled(&layer, "claim").filter(around).map(|claim| claim.id).collect();
        let supported: Vec<_> = layer.links().filter(|l| l.from == statistic.id).map(|link| link.to).collect();
        assert_eq!(supported, claims, "{}", quote(&layer, statistic));
    }
}

#[test]
fn all_names_of_one_person_or_organisation_refer_to_one_entity() {
    let (project, layer) = opened();
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for annotation in labelled(&layer, "speaker").chain(labelled(&layer, "organisation")) {
        let entity = &project.entities[&text_of(annotation, "entity").parse().unwrap()];
        named.entry(&entity.name).or_default().push(quote(&layer, annotation));
    }
    let expected: [(&str, &[&str]); 7] = [
        (
            "Bolivarian Alliance for the Peoples of Our America",
            &["Bolivarian Alliance for the Peoples of Our America", "ALBA"],
        ),
        (
            "Community of Latin American and Caribbean States",
            &["Community of Latin American and Caribbean States", "CELAC"],
        ),
        ("Federal Assembly of Russia", &["Russian Parliament"]),
        ("Russia", &["Russia", "Moscow"]),
        ("Southern Common Market", &["Southern Common Market", "Mercosur"]),
        ("State Duma", &["lower house of the Russian Parliament", "State Duma"]),
        (
            "Vladimir Putin",
            &[
                "Russian president Vladimir Putin",
                "the President",
                "Putin",
                "The Russian president",
                "the president",
                "Putin",
                "he",
                "The president",
                "Putin",
            ],
        ),
    ];
    let expected = expected.map(|(name, quotes)| (name, quotes.iter().map(|quote| (*quote).to_owned()).collect()));
    assert_eq!(named, BTreeMap::from(expected));
    let affiliated: Vec<_> = labelled(&layer, "organisation")
        .flat_map(|organisation| sources(&layer, "affiliated_with", organisation))
        .collect();
    assert_eq!(affiliated, ["Russian president Vladimir Putin"]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn the_files_of_the_sample_are_as_byline_writes_them() {
    let temp = tempfile::tempdir().unwrap();
    copy(&sample(), temp.path());
    let (folder, project) = ProjectFolder::open(temp.path()).unwrap();
    let state: State = folder.load_all(project).unwrap();
    let saved = folder.save(&state, &Dirty::everything(&state)).unwrap();
    for path in saved.written {
        let original = sample().join(path.strip_prefix(temp.path()).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), fs::read_to_string(original).unwrap(), "{}", path.display());
    }
}

#[test]
fn the_guidelines_quote_the_article() {
    let (folder, _) = ProjectFolder::open(sample()).unwrap();
    let (_, layer) = opened();
    let guidelines = folder.guidelines().unwrap().unwrap();
    let article = layer.text().as_str().to_lowercase();
    // Names of link kinds, the attribute value “named” and the made-up interruption are no words of the article.
    let own = ["named", "a,", "b", "says", "supports", "affiliated with", "source of", "same claim as"];
    let quotes = guidelines.split('“').skip(1).filter_map(|rest| rest.split('”').next());
    let parts = quotes.flat_map(|quote| quote.split('…')).map(|part| part.trim().to_lowercase());
    let wrong: Vec<_> = parts.filter(|part| !own.contains(&part.as_str()) && !article.contains(part)).collect();
    assert_eq!(wrong, Vec::<String>::new());
}
