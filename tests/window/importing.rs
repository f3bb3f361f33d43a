//! Taking datasets in: what was recognised, what becomes of labels, what became of each document.

use super::*;

/// A folder with files of two formats, an article and something else.
pub fn mixed(w: &Window) -> std::path::PathBuf {
    let folder = w.folder.path().join("from others");
    std::fs::create_dir(&folder).unwrap();
    let line = |text: &str, from: usize, to: usize, label: &str| {
        format!("{{\"text\": \"{text}\", \"label\": [[{from}, {to}, \"{label}\"]]}}\n")
    };
    let lines = line("🦀 Zoë spoke.", 2, 5, "PER") + &line("Nobody did.", 0, 6, "claim");
    std::fs::write(folder.join("doccano.jsonl"), lines).unwrap();
    std::fs::write(folder.join("quay.txt"), "The Quay wrote.").unwrap();
    std::fs::write(folder.join("quay.ann"), "T1\tORG 4 8\tQuay\n").unwrap();
    std::fs::write(folder.join("alone.txt"), "Nobody marked this.").unwrap();
    std::fs::write(folder.join("picture.png"), [0x89, 0x50]).unwrap();
    folder
}

#[test]
fn a_folder_of_several_formats_comes_in_as_one_step_with_its_labels_mapped() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    let folder = mixed(&w);
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.open_paths(&ctx, vec![folder]));
    w.until("it is recognised", |w| w.says("Recognised as doccano"));
    assert!(w.says("Recognised as brat"));
    assert!(w.says("1 text without annotations"));
    assert!(w.says("1 file of no known kind left out"));
    // Labels that the scheme does not have come first, and become others on request.
    w.click("What becomes of PER: becomes a new label").click("becomes Speaker");
    w.click("What becomes of ORG: becomes a new label").click("becomes Organisation");
    assert!(w.says("What becomes of claim: stays as it is"));
    w.click("Import");
    w.until("it is in the project", |w| w.says("Imported 3 annotations and 0 links in 3 documents."));
    let layers = |w: &Window| {
        w.read(|app| {
            let layers = app.session().unwrap().state().layers().filter(|layer| !layer.is_empty());
            let mut said: Vec<_> = layers
                .flat_map(|layer| layer.annotations().map(|a| format!("{}: {}", a.label, layer.text().quote(&a.span))))
                .collect();
            said.sort();
            said
        })
    };
    assert_eq!(layers(&w), ["claim: Nobody", "organisation: Quay", "speaker: Zoë"]);
    // What became of each document is told, with how its offsets were counted.
    for title in ["1 annotation, 0 links · new", "1 of 1"] {
        assert!(w.says(title), "{title}");
    }
    let labels = |w: &Window| w.read(|app| app.session().unwrap().project().scheme.labels.len());
    let before = builtin_schemes()[0].1.labels.len();
    assert_eq!(labels(&w), before, "both labels became others");
    w.click("Close");
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(layers(&w), Vec::<String>::new(), "one step takes all of it back");
    assert_eq!(w.read(|app| app.session().unwrap().project().documents.len()), 1);
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_can_be_taken() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    let path = w.folder.path().join("bad.jsonl");
    let lines = "{\"text\": \"Zoë spoke.\", \"label\": [[0, 3, \"PER\"]]}\n{\"text\": \"short\", \"label\": [[0, 99, \"PER\"]]}\n";
    std::fs::write(&path, lines).unwrap();
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.open_paths(&ctx, vec![path]));
    w.until("it is refused", |w| w.says("Nothing can be imported as it is."));
    assert!(w.says("bad.jsonl:2") || w.says("line 2"), "the line is named");
    w.click("Import the rest");
    w.until("the rest is recognised", |w| w.says("What becomes of PER"));
    w.click("Import");
    w.until("it is in the project", |w| w.says("Imported 1 annotation and 0 links"));
}

#[test]
fn a_bundle_opens_as_the_project_that_it_is() {
    let mut w = Window::new([1100.0, 700.0], egui::Theme::Light);
    let path = w.folder.path().join("harbour");
    project(&path, &[("Crabs", ARTICLE)]);
    let bundle = w.folder.path().join("given.byline.ron");
    std::fs::write(&bundle, byline::store::pack(&ProjectFolder::open(&path).unwrap().0).unwrap().source).unwrap();
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.open_paths(&ctx, vec![bundle.clone()]));
    w.until("a document is open", |w| w.read(|app| app.session().is_some_and(|s| s.layer().is_some())));
    assert!(w.folder.path().join("given/project.ron").is_file());
    // A second time there is something in its place, and nothing is touched.
    let mut again = Window::new([1100.0, 700.0], egui::Theme::Light);
    let ctx = again.harness.ctx.clone();
    again.app(|app| app.open_paths(&ctx, vec![bundle]));
    again.until("it is said", |w| w.says("This bundle cannot be opened"));
}

#[test]
fn what_offsets_count_and_spans_inside_characters_are_for_the_person_to_say() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    let path = w.folder.path().join("bytes.jsonl");
    // Counted in bytes, which a file of doccano never says; and a span that ends inside a family.
    let text = "👩‍👧 Zoë spoke. Łódź agreed.";
    let byte = |quote: &str| text.find(quote).unwrap();
    let (zoe, lodz) = (byte("Zoë"), byte("Łódź"));
    let line = format!(
        "{{\"text\": \"{text}\", \"label\": [[{zoe}, {}, \"PER\"], [{lodz}, {}, \"LOC\"], [4, {}, \"PER\"]]}}\n",
        zoe + "Zoë".len(),
        lodz + "Łódź".len(),
        zoe + "Zoë".len(),
    );
    std::fs::write(&path, line).unwrap();
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.open_paths(&ctx, vec![path]));
    w.until("it is refused", |w| w.says("Nothing can be imported as it is."));
    assert!(!w.says("`--"), "the window has no options");
    let on = |w: &Window, name: &str| w.harness.get_by_label(name).accesskit_node().toggled();
    assert_eq!(on(&w, "Offsets: found by trial"), Some(egui::accesskit::Toggled::True));
    w.click("Offsets: bytes");
    w.until("it is read in bytes", |w| w.says("Widen spans to whole characters”"));
    assert!(w.says("Nothing can be imported as it is.") && !w.says("`--"));
    w.click("Widen spans to whole characters");
    w.until("it is read again", |w| w.says("What becomes of PER"));
    w.click("Import");
    w.until("it is in the project", |w| w.says("Imported 3 annotations and 0 links"));
    let said = w.read(|app| {
        let layers = app.session().unwrap().state().layers().filter(|layer| !layer.is_empty());
        let quotes = |layer: &Layer| layer.annotations().map(|a| layer.text().quote(&a.span)).collect::<Vec<_>>();
        let mut said: Vec<_> = layers.flat_map(quotes).collect();
        said.sort();
        said
    });
    assert_eq!(said, ["Zoë", "Łódź", "👩‍👧 Zoë"]);
}
