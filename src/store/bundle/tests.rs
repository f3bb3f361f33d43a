//! Packing and unpacking, on random projects and on damaged bundles.

use super::*;
use crate::edit::State;
use crate::model::Scheme;
use crate::store::{Dirty, testing};
use proptest::collection::vec;
use proptest::prelude::*;

/// A random project with its texts and layers, as on disk.
#[derive(Debug, Clone)]
struct Sample {
    state: State,
    guidelines: Option<String>,
}

fn sample() -> impl Strategy<Value = Sample> {
    let documents = vec((testing::layer(), proptest::option::of(testing::naughty())), 0..4);
    (testing::project(), documents, proptest::option::of(testing::naughty())).prop_map(
        |(mut project, documents, guidelines)| {
            project.documents.clear();
            let mut state = State::new(project);
            for (n, (layer, second)) in documents.into_iter().enumerate() {
                let id = DocumentId::from_title(n + 1, "é doc");
                let text = layer.text().clone();
                state.project.documents.push(crate::edit::testing::document(id.clone(), &text));
                state.load_text(id.clone(), text);
                for annotator in ["maria".to_owned()].into_iter().chain(second.filter(|name| name != "maria")) {
                    let key = LayerKey { document: id.clone(), annotator: annotator.into() };
                    if folder_of(&key.annotator).is_ok() {
                        state.load_layer(of_key(&layer, key));
                    }
                }
            }
            Sample { state, guidelines }
        },
    )
}

fn of_key(layer: &Layer, key: LayerKey) -> Layer {
    let mut same = Layer::new(key, layer.text().clone());
    layer.annotations().for_each(|a| same.insert(a.clone()).unwrap());
    layer.links().for_each(|l| same.insert_link(l.clone()).unwrap());
    same.set_next_ids(layer.next_ids());
    same.set_status(layer.status());
    same
}

impl Sample {
    fn bundle(&self) -> String {
        let texts = self.state.project.documents.iter().map(|d| (&d.id, self.state.text(&d.id).unwrap()));
        write_bundle(&self.state.project, texts, self.state.layers(), self.guidelines.as_deref()).unwrap()
    }

    fn on_disk(&self, root: &Path) -> ProjectFolder {
        let empty = Project { documents: Vec::new(), ..self.state.project.clone() };
        let folder = ProjectFolder::create(root, &empty).unwrap();
        folder.save(&self.state, &Dirty::everything(&self.state)).unwrap();
        if let Some(guidelines) = &self.guidelines {
            fs::write(root.join("guidelines.md"), guidelines).unwrap();
        }
        folder
    }
}

/// The files of a project with their bytes, by path inside; not those that Byline keeps for itself.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(".byline") {
                folders.push(path);
            } else if path.is_file() {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_packed_project_is_unpacked_with_the_same_bytes_and_one_written_from_memory_is_the_same_bundle(
        sample in sample(),
        by_hand in vec((any::<prop::sample::Index>(), 0usize..6), 0..3),
    ) {
        let temp = tempfile::tempdir().unwrap();
        let (from, to) = (temp.path().join("a"), temp.path().join("b"));
        let folder = sample.on_disk(&from);
        prop_assert_eq!(&pack(&folder).unwrap().source, &sample.bundle());
        // What people write: comments, marks, other line ends, another layout.
        let rons: Vec<_> = files(&from).into_keys().filter(|p| p.extension().is_some_and(|e| e == "ron")).collect();
        for (which, how) in by_hand {
            let path = from.join(which.get(&rons));
            let source = fs::read_to_string(&path).unwrap();
            let edited = match how {
                0 => format!("// é\n{source}"),
                1 => format!("{source}// the end\n"),
                2 => format!("\u{feff}{}", source.trim_start_matches('\u{feff}')),
                3 => source.replace('\n', "\r\n"),
                4 => source.replacen("version:", "/* é */  version:", 1),
                _ => source.trim_end().to_owned(),
            };
            // A mark may only stand at the very beginning.
            if !(edited.contains('\u{feff}') && how < 2) {
                fs::write(&path, edited).unwrap();
            }
        }
        let packed = pack(&folder).unwrap();
        prop_assert_eq!(&packed.left_out, &Vec::<PathBuf>::new());
        let bundle = Bundle::open(Path::new("é.ron"), &packed.source).map_err(|e| e.to_string()).unwrap();
        prop_assert_eq!((&bundle.project, &bundle.guidelines), (&sample.state.project, &sample.guidelines));
        unpack(&bundle, &to).map_err(|e| e.to_string()).unwrap();
        let (before, after) = (files(&from), files(&to));
        prop_assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        prop_assert!(before == after);
        let left: Vec<_> = fs::read_dir(temp.path()).unwrap().collect();
        prop_assert_eq!(left.len(), 2, "nothing is left beside it");
    }

    #[test]
    fn a_damaged_bundle_is_refused_with_help_or_understood_but_never_makes_it_fail(
        sample in sample(), at in any::<prop::sample::Index>(), len in 0usize..40, put in testing::naughty(),
    ) {
        let source = sample.bundle();
        let borders: Vec<_> = source.char_indices().map(|(i, _)| i).chain([source.len()]).collect();
        let first = at.index(borders.len());
        let last = (first + len).min(borders.len() - 1);
        let damaged = format!("{}{put}{}", &source[..borders[first]], &source[borders[last]..]);
        let _ = is_bundle(damaged.as_bytes());
        match Bundle::open(Path::new("é.ron"), &damaged) {
            Ok(bundle) => match bundle.check() {
                Ok(()) => {}
                Err(fault) => prop_assert!(fault.to_string().contains("\nhelp: ")),
            },
            Err(fault) => prop_assert!(fault.to_string().contains("\nhelp: ")),
        }
    }
}

/// A bundle with one document, as in the documentation.
fn small() -> String {
    let mut layer = crate::edit::testing::layer_of("🦀 [speaker:Ana]: [claim:« 25 % »]{says 1 2}\n");
    layer.set_status(crate::model::Status::InProgress);
    let (key, text) = (layer.key().clone(), layer.text().clone());
    let mut project = Project::new("Été", Scheme::default());
    project.documents.push(crate::edit::testing::document(key.document.clone(), &text));
    write_bundle(&project, [(&key.document, &text)], [&layer], Some("# Read\r\n\r\nall of it")).unwrap()
}

#[test]
fn a_bundle_is_written_as_the_documentation_shows() {
    let written = small();
    assert!(include_str!("../../../docs/file-format.md").contains(&written), "{written}");
}

#[test]
fn what_is_wrong_is_said_with_its_line_in_the_bundle_and_nothing_is_unpacked() {
    let good = small();
    let hash = Text::new("🦀 Ana: « 25 % »\n").sha256().to_owned();
    let cases = [
        (
            "  version: 1,\n  project",
            "  version: 9,\n  project",
            "this file has version 9 of the format “byline-bundle”",
            3,
        ),
        ("  version: 1,\n  name", "  version: 2,\n  name", "this file has version 2 of the format “byline-project”", 6),
        ("  version: 1,\n  document", "  version: 3,\n  doc", "version 3 of the format “byline-annotations”", 32),
        ("  texts: {", "  colour: 3,\n  texts: {", "unknown field `colour`", 24),
        ("  name: \"Été\"", "  title: \"Été\"", "unknown field `title`", 7),
        ("quote: \"Ana\"", "quote: \"Eva\"", "the text at 5..8 is “Ana”, not “Eva”", 40),
        ("Ana: ", "Eva: ", "the text was changed outside Byline", 25),
        (
            "    \"0001-test\": [\n      \"🦀 Ana: « 25 % »\\n\",\n    ],\n",
            "",
            "text of document “0001-test” is missing",
            24,
        ),
        ("    \"0001-test\": [", "    \"0002\": [\n    ],\n    \"0001-test\": [", "has no document “0002”", 25),
        ("document: \"0001-test\"", "document: \"../../etc\"", "the project has no document “../../etc”", 33),
        ("annotator: \"maria\"", "annotator: \"\"", "“” cannot be the name of an annotator", 34),
        ("(id: \"0001-test\"", "(id: \"../../etc\"", "cannot name a document", 14),
        ("  layers: [", "  layers: [\n3,", "the file must begin with `(format: \"byline-annotations\"", 30),
        (&hash, "00", "“00” is no SHA-256", 14),
        ("  ],\n)\n", "", "the file ends in the middle", 47),
    ];
    for (from, to, message, line) in cases {
        assert!(good.contains(from), "{from}");
        let bad = good.replacen(from, to, 1);
        let path = Path::new("é.ron");
        let temp = tempfile::tempdir().unwrap();
        let into = temp.path().join("x");
        let said = match Bundle::open(path, &bad) {
            Ok(bundle) => unpack(&bundle, &into).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        let place = format!("é.ron, line {line}, column");
        assert!(said.contains(message) && said.contains(&place), "{to}: {said}");
        assert!(!into.exists());
    }
}

#[test]
fn a_layer_that_stands_there_twice_is_refused_and_a_bundle_goes_only_into_an_empty_folder() {
    let good = small();
    let bundle = Bundle::open(Path::new("é.ron"), &good).unwrap();
    let layer = &bundle.layers[0].1.source();
    let twice = good.replace("  layers: [\n", &format!("  layers: [\n{},\n", layer.trim_end()));
    let faults = Bundle::open(Path::new("é.ron"), &twice).unwrap().faults;
    assert!(faults[0].to_string().starts_with("`0001-test, maria` stands there twice"), "{}", faults[0]);
    let temp = tempfile::tempdir().unwrap();
    let refused = |into: &Path| unpack(&bundle, into).unwrap_err().to_string();
    fs::write(temp.path().join("mine.txt"), "é").unwrap();
    assert!(refused(temp.path()).contains("is not empty: it holds `mine.txt`"));
    assert!(refused(&temp.path().join("mine.txt/x")).contains("cannot use the folder"));
    let (into, empty) = (temp.path().join("new/deep"), temp.path().join("empty"));
    fs::create_dir(&empty).unwrap();
    for into in [into, empty] {
        unpack(&bundle, &into).unwrap();
        assert!(refused(&into).contains("is already a Byline project"));
        assert!(into.join(".byline/.gitignore").is_file());
    }
}

#[test]
fn what_is_no_part_of_the_project_is_named_and_left_out() {
    let temp = tempfile::tempdir().unwrap();
    let good = small();
    let folder = unpack(&Bundle::open(Path::new("é.ron"), &good).unwrap(), &temp.path().join("p")).unwrap();
    fs::create_dir(folder.path().join("annotations/zoe")).unwrap();
    for name in ["notes.md", "annotations/zoe/0009-gone.ron", ".hidden"] {
        fs::write(folder.path().join(name), "é").unwrap();
    }
    let packed = pack(&folder).unwrap();
    let left: Vec<_> = packed.left_out.iter().map(|p| p.strip_prefix(folder.path()).unwrap().to_owned()).collect();
    assert_eq!(left, [Path::new("annotations/zoe/0009-gone.ron"), Path::new("notes.md")]);
    assert_eq!((packed.source, packed.documents, packed.layers, packed.annotations), (good, 1, 1, 2));
}

#[test]
fn a_copy_is_what_is_in_memory_and_what_can_be_read_and_says_what_is_missing() {
    let temp = tempfile::tempdir().unwrap();
    let good = small();
    let root = temp.path().join("p");
    let folder = unpack(&Bundle::open(Path::new("é.ron"), &good).unwrap(), &root).unwrap();
    let project = ProjectFolder::open(&root).unwrap().1;
    let nothing_loaded = State::new(project.clone());
    let copied = pack_in_memory(&folder, &nothing_loaded).unwrap();
    assert_eq!((copied.source, copied.missing), (good.clone(), Vec::new()), "all of it comes from the folder");
    // What was done since is in the copy, and not in the folder.
    let mut state = folder.load_all(project).unwrap();
    let key = state.layers().next().unwrap().key().clone();
    let mut layer = state.layer(&key).unwrap().clone();
    layer.set_status(crate::model::Status::Done);
    state.load_layer(layer);
    let text = Text::new("Żółw");
    let other = DocumentId::from_title(2, "b");
    state.project.documents.push(crate::edit::testing::document(other, &text));
    fs::remove_dir_all(&root).unwrap();
    let copied = pack_in_memory(&folder, &state).unwrap();
    assert_eq!((copied.documents, copied.layers, copied.annotations), (1, 1, 2));
    assert!(copied.missing.iter().any(|line| line.starts_with("“0002-b”, its text and annotations: ")), "{copied:?}");
    let bundle = Bundle::open(Path::new("é.ron"), &copied.source).unwrap();
    let again = unpack(&bundle, &temp.path().join("again")).unwrap();
    let again = again.load_all(bundle.project.clone()).unwrap();
    assert_eq!(again.layer(&key).map(Layer::status), Some(crate::model::Status::Done));
    // A layer that cannot be read is told, and the rest is there.
    let folder = unpack(&Bundle::open(Path::new("é.ron"), &good).unwrap(), &root).unwrap();
    fs::create_dir(root.join("annotations/zoe")).unwrap();
    fs::write(root.join("annotations/zoe/0001-test.ron"), "é").unwrap();
    let copied = pack_in_memory(&folder, &nothing_loaded).unwrap();
    assert_eq!((copied.source, copied.missing.len()), (good, 1));
    assert!(copied.missing[0].starts_with("the annotations of zoe in 0001-test: "), "{:?}", copied.missing);
}
