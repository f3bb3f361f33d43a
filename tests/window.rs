//! The window without a window: keys are pressed and buttons clicked, the accessibility tree and the files are read.
#![cfg(feature = "window")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use byline::app::App;
use byline::app::raster::Raster;
use byline::edit::{NewDocument, Stamp, State, documents};
use byline::model::{AnnotationId, Direction, Document, DocumentId, Layer, Metadata, Project, Status, Text};
use byline::store::{Dirty, ProjectFolder, builtin_schemes};
use eframe::egui::{self, Key, Modifiers, TexturesDelta, pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, SnapshotOptions, TestRenderer};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

#[path = "window/annotating.rs"]
mod annotating;
#[path = "window/exporting.rs"]
mod exporting;
#[path = "window/find.rs"]
mod find;
#[path = "window/history.rs"]
mod history;
#[path = "window/importing.rs"]
mod importing;
#[path = "window/outside.rs"]
mod outside;
#[path = "window/panels.rs"]
mod panels;
#[path = "window/pictures.rs"]
mod pictures;
#[path = "window/preferences.rs"]
mod preferences;
#[path = "window/scheme.rs"]
mod scheme;
#[path = "window/trouble.rs"]
mod trouble;

const ARTICLE: &str = "🦀 Crabs — “We have café prices up 25 %,” Zoë Müller said on Friday. Zoë Müller added nothing.\n\n\
    The Fishers’ Union (FU) disagreed: fewer than 300 boats left port, it said.\n\n\
    הדובר אמר שלום today.";

struct Window {
    harness: Harness<'static, Rc<RefCell<Option<App>>>>,
    folder: tempfile::TempDir,
}

/// Paints with our own rasteriser, so that pictures need no graphics driver.
#[derive(Default)]
struct Painter(Raster);

impl TestRenderer for Painter {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.0.apply(delta);
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<image::RgbaImage, String> {
        let scale = output.pixels_per_point;
        let size = ctx.content_rect().size() * scale;
        let size = [size.x as usize, size.y as usize];
        let primitives = ctx.tessellate(output.shapes.clone(), scale);
        let picture = self.0.paint(&primitives, size, scale, egui::Color32::BLACK);
        let bytes = picture.pixels.iter().flat_map(egui::Color32::to_srgba_unmultiplied).collect();
        image::RgbaImage::from_raw(size[0] as u32, size[1] as u32, bytes).ok_or_else(|| "no picture".to_owned())
    }
}

fn project(path: &std::path::Path, articles: &[(&str, &str)]) {
    let mut state = State::new(Project::new("Harbour", builtin_schemes()[0].1.clone()));
    let folder = ProjectFolder::create(path, &state.project).unwrap();
    let mut new = Vec::new();
    for (n, (title, text)) in articles.iter().enumerate() {
        let text = Text::new(*text);
        let document = Document {
            id: DocumentId::from_title(n + 1, title),
            title: (*title).to_owned(),
            metadata: Metadata {
                source: Some("The Quay".into()),
                date: "2026-05-01".parse().ok(),
                ..Metadata::default()
            },
            direction: Direction::Auto,
            directions: std::collections::BTreeMap::new(),
            sha256: text.sha256().to_owned(),
            original: None,
        };
        new.push((NewDocument { document, text }, vec![]));
    }
    let change = documents::add(&state, new, &Stamp::by_hand(chrono::Utc::now())).unwrap();
    state.apply(&change).unwrap();
    folder.save(&state, &Dirty::everything(&state)).unwrap();
}

impl Window {
    fn new(size: [f32; 2], theme: egui::Theme) -> Self {
        Self::with_files(size, theme, &[("settings.ron", &format!("(annotator: \"maria\", theme: {theme:?})"))])
    }

    /// With these files in the folder of the settings.
    fn with_files(size: [f32; 2], theme: egui::Theme, files: &[(&str, &str)]) -> Self {
        Self::on(tempfile::tempdir().unwrap(), size, theme, files)
    }

    /// The program is started again: another window on the same folders.
    fn again(self) -> Self {
        let Self { harness, folder } = self;
        drop(harness.state().borrow_mut().take());
        let mut window = Self::on(folder, [1360.0, 850.0], egui::Theme::Light, &[]);
        window.open();
        window
    }

    fn on(folder: tempfile::TempDir, size: [f32; 2], theme: egui::Theme, files: &[(&str, &str)]) -> Self {
        let app: Rc<RefCell<Option<App>>> = Rc::default();
        let (made, settings) = (app.clone(), folder.path().join("settings.ron"));
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let harness = Harness::builder()
            .with_size(size)
            .with_theme(theme)
            .with_max_steps(40)
            // What the bundled fonts lack comes from the system in the real window.
            .allow_missing_glyphs()
            .with_options(SnapshotOptions::new().output_path("tests/pictures").threshold(1.2).max_failed_pixels(60))
            .renderer(Painter::default())
            .with_context_setup(move |ctx| *made.borrow_mut() = Some(App::new(ctx, Some(settings))))
            .build_ui_state(
                |ui, app: &mut Rc<RefCell<Option<App>>>| {
                    // Up to the edges, as in the real window; the harness would leave a margin.
                    let whole = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
                    app.borrow_mut().as_mut().unwrap().frame(&mut ui.new_child(whole));
                },
                app,
            );
        Self { harness, folder }
    }

    fn with_project(articles: &[(&str, &str)]) -> Self {
        let mut window = Self::new([1360.0, 850.0], egui::Theme::Light);
        project(&window.folder.path().join("harbour"), articles);
        window.open();
        window
    }

    fn open(&mut self) {
        let path = self.folder.path().join("harbour");
        let ctx = self.harness.ctx.clone();
        self.app(|app| app.open_paths(&ctx, vec![path]));
        self.until("a document is open", |w| w.read(|app| app.session().is_some_and(|s| s.layer().is_some())));
        // The counting of all documents comes back too, and the text takes the focus.
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(5));
            self.harness.step();
        }
    }

    fn app<R>(&mut self, f: impl FnOnce(&mut App) -> R) -> R {
        f(self.harness.state().borrow_mut().as_mut().unwrap())
    }

    fn read<R>(&self, f: impl FnOnce(&App) -> R) -> R {
        f(self.harness.state().borrow().as_ref().unwrap())
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "waited in vain until {what}; it says {}",
                self.all_words()
            );
            std::thread::sleep(Duration::from_millis(10));
            self.harness.step();
        }
    }

    /// Everything that the window says, for messages.
    fn all_words(&self) -> String {
        let nodes = self.harness.query_all_by_label_contains("");
        nodes.filter_map(|node| node.accesskit_node().label()).collect::<Vec<_>>().join(" | ")
    }

    fn press(&mut self, keys: &[(Modifiers, Key)]) -> &mut Self {
        for (modifiers, key) in keys {
            self.harness.key_press_modifiers(*modifiers, *key);
            self.harness.step();
            self.harness.step();
        }
        self
    }

    fn click(&mut self, name: &str) -> &mut Self {
        // What has just appeared may still find its place, and a click beside a dialog closes it.
        self.harness.run_steps(2);
        self.harness.get_by_label(name).click();
        self.harness.run();
        self
    }

    /// Puts a text into a field in place of what was there.
    fn fill(&mut self, name: &str, text: &str) -> &mut Self {
        self.harness.get_by_label(name).focus();
        self.harness.run();
        self.press(&[(CTRL, Key::A), (Modifiers::NONE, Key::Backspace)]);
        self.harness.get_by_label(name).type_text(text);
        self.harness.run();
        self
    }

    fn says(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    fn key(&mut self, key: Key) -> &mut Self {
        self.press(&[(Modifiers::NONE, key)])
    }

    fn layer<R>(&self, f: impl FnOnce(&Layer) -> R) -> R {
        self.read(|app| f(app.session().unwrap().layer().unwrap()))
    }

    /// Labels and quotes of all annotations.
    fn marks(&self) -> Vec<String> {
        self.layer(|l| l.annotations().map(|a| format!("{}: {}", a.label, l.text().quote(&a.span))).collect())
    }

    fn saved(&mut self) -> String {
        self.until("all is saved", |w| {
            w.read(|app| app.session().unwrap().file_status() == byline::session::SaveStatus::Saved)
        });
        let path = self.folder.path().join("harbour/annotations/maria/0001-crabs.ron");
        std::fs::read_to_string(path).unwrap_or_default()
    }
}

const CTRL: Modifiers = Modifiers::COMMAND;

fn shift(modifiers: Modifiers) -> Modifiers {
    modifiers | Modifiers::SHIFT
}

#[test]
fn an_article_is_annotated_with_the_keyboard_alone_and_everything_is_on_disk() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    // To “Zoë Müller” in the first paragraph: the claim is selected as a quotation first.
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    assert_eq!(w.marks(), ["claim: We have café prices up 25 %,"]);
    w.press(&[(CTRL, Key::Home)]);
    // Past eight words to the name, and select two of them.
    let name = ARTICLE.find("Zoë").unwrap();
    for _ in 0..40 {
        if w.read(|app| app.selection().start) >= name {
            break;
        }
        w.press(&[(CTRL, Key::ArrowRight)]);
    }
    w.press(&[(shift(CTRL), Key::ArrowRight), (shift(CTRL), Key::ArrowRight), (Modifiers::SHIFT, Key::ArrowLeft)])
        .key(Key::Num1);
    assert_eq!(w.marks(), ["claim: We have café prices up 25 %,", "speaker: Zoë Müller"]);
    // Link it with the only claim.
    w.key(Key::L).key(Key::Num1);
    assert_eq!(
        w.layer(|l| l.links().map(|l| (l.kind.to_string(), l.from, l.to)).collect::<Vec<_>>()),
        [("says".to_owned(), AnnotationId(2), AnnotationId(1))]
    );
    // Back to the claim; an attribute and a note in the card.
    w.press(&[(Modifiers::SHIFT, Key::Tab)]);
    assert_eq!(w.read(App::selected), Some(AnnotationId(1)));
    w.harness.get_by_label("Quotation: direct").click();
    w.harness.run();
    w.press(&[(Modifiers::NONE, Key::F6)]).key(Key::M);
    w.harness.get_by_label("Note").type_text("über alles");
    w.harness.run();
    w.key(Key::Enter);
    let note = w.layer(|l| l.get(AnnotationId(1)).unwrap().note.clone());
    assert_eq!(note, "über alles");
    // The end moves by a word and by a grapheme; relabel and back.
    w.key(Key::OpenBracket);
    assert_eq!(w.marks()[0], "claim: We have café prices up 25");
    w.press(&[(CTRL, Key::OpenBracket)]);
    assert_eq!(w.marks()[0], "claim: We have café prices up 2");
    w.press(&[(CTRL, Key::Z), (CTRL, Key::Z)]).key(Key::Num3);
    assert_eq!(w.marks()[0], "statistic: We have café prices up 25 %,");
    w.press(&[(CTRL, Key::Z)]);
    let saved = w.saved();
    assert!(saved.contains(r#"quote: "We have café prices up 25 %,""#), "{saved}");
    assert!(
        saved.contains(r#"attributes: {"quotation": "direct"}"#) && saved.contains(r#"note: "über alles""#),
        "{saved}"
    );
    assert!(saved.contains(r#"kind: "says", from: "a2", to: "a1""#), "{saved}");
    // Deleting takes the link along; undo brings both back, byte for byte.
    w.key(Key::Delete);
    assert_eq!(w.layer(|l| (l.len(), l.links().len())), (1, 0));
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.saved(), saved);
    // Everything can be taken back.
    for _ in 0..20 {
        w.press(&[(CTRL, Key::Z)]);
    }
    assert!(w.layer(Layer::is_empty));
    assert_eq!(w.layer(Layer::status), Status::NotStarted);
    for _ in 0..20 {
        w.press(&[(shift(CTRL), Key::Z)]);
    }
    // The last step that is done again is the deletion.
    assert_eq!(w.layer(|l| (l.len(), l.links().len())), (1, 0));
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.saved(), saved);
}

#[test]
fn paragraphs_and_marks_are_in_the_accessibility_tree() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    w.harness.run();
    w.harness.get_by_label("claim: We have café prices up 25 %,");
    let paragraph = w.harness.get_by_label_contains("הדובר אמר שלום");
    assert_eq!(paragraph.accesskit_node().role(), egui::Role::Paragraph);
    for name in ["Speaker", "Claim", "Statistic", "Organisation", "Menu", "Overview", "Commands"] {
        let found = w.harness.query_all_by_label(name).count();
        assert!(found > 0, "nothing is named {name}");
    }
}

#[test]
fn the_mouse_selects_words_and_picks_what_lies_underneath() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    let at = |w: &Window, text: &str, end: bool| {
        // Paragraphs are found by their accessible rectangles; words by what the caret selects there.
        let rect = w.harness.get_by_label_contains(text).rect();
        if end { rect.right_bottom() } else { rect.left_top() }
    };
    let top = at(&w, "Fishers", false);
    // From inside “Fishers” to inside “Union”: whole words are selected, without the blank behind.
    w.harness.drag_at(pos2(top.x + 60.0, top.y + 16.0));
    w.harness.step();
    w.harness.hover_at(pos2(top.x + 130.0, top.y + 16.0));
    w.harness.step();
    w.harness.drop_at(pos2(top.x + 130.0, top.y + 16.0));
    w.harness.run();
    let selected = w.read(byline::app::App::selection);
    assert_eq!(&ARTICLE[selected], "Fishers’ Union");
    w.key(Key::Num4);
    // A second mark over the first: clicks at one place take turns.
    w.key(Key::Escape);
    w.press(&[(CTRL, Key::Home), (Modifiers::ALT, Key::ArrowDown)]).key(Key::P).key(Key::Num2);
    assert_eq!(w.marks().len(), 2);
    w.key(Key::Escape);
    let place = pos2(top.x + 60.0, top.y + 16.0);
    let mut picked = Vec::new();
    for _ in 0..3 {
        w.harness.drag_at(place);
        w.harness.step();
        w.harness.drop_at(place);
        w.harness.run();
        picked.push(w.read(App::selected).unwrap().0);
        std::thread::sleep(Duration::from_millis(400));
        w.harness.run_steps(30);
    }
    assert_eq!(picked, [1, 2, 1]);
}

#[test]
fn a_drag_within_one_frame_is_obeyed_with_the_keys_of_its_moments() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::Home)]).key(Key::P).key(Key::Num2);
    let top = w.harness.get_by_label_contains("Fishers").rect().left_top();
    let (from, to) = (pos2(top.x + 60.0, top.y + 16.0), pos2(top.x + 130.0, top.y + 16.0));
    let button = |pos, pressed, modifiers| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers,
    };
    // Ctrl was let go before the frame was drawn, and the pointer has moved on.
    for event in [
        egui::Event::PointerMoved(from),
        button(from, true, Modifiers::COMMAND),
        egui::Event::PointerMoved(to),
        button(to, false, Modifiers::COMMAND),
        egui::Event::PointerMoved(from),
    ] {
        w.harness.input_mut().events.push(event);
    }
    w.harness.run();
    let last = w.layer(|l| l.annotations().next().unwrap().span.fragments().next_back().unwrap().range());
    assert_eq!(&ARTICLE[last], "Fishers’ Union");
}

#[test]
fn a_label_key_without_selection_is_a_brush_until_escape() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.key(Key::Num3);
    w.harness.get_by_label_contains("Brush: Statistic");
    let rect = w.harness.get_by_label_contains("Fishers").rect();
    let (from, to) = (pos2(rect.left() + 60.0, rect.top() + 16.0), pos2(rect.left() + 70.0, rect.top() + 16.0));
    w.harness.drag_at(from);
    w.harness.step();
    w.harness.hover_at(to);
    w.harness.step();
    w.harness.drop_at(to);
    w.harness.run();
    assert_eq!(w.marks(), ["statistic: Fishers"]);
    w.key(Key::Escape);
    assert!(w.harness.query_by_label_contains("Brush").is_none());
}

#[test]
fn done_goes_to_the_next_document_and_the_place_is_kept() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", "Näts.\n\nMore näts.")]);
    w.press(&[(CTRL, Key::End)]);
    let caret = w.read(|app| app.selection().start);
    w.press(&[(CTRL, Key::Enter)]);
    w.until("the next document is open", |w| w.read(|app| app.session().unwrap().current().unwrap().title == "Nets"));
    w.press(&[(CTRL, Key::ArrowUp)]);
    w.until("the first document is open", |w| w.read(|app| app.session().unwrap().current().unwrap().title == "Crabs"));
    assert_eq!(w.layer(Layer::status), Status::Done);
    assert_eq!(w.read(|app| app.selection().start), caret);
    assert!(w.saved().contains("status: Done"));
    w.harness.get_by_label("Crabs, done");
}

#[test]
fn an_article_is_taken_in_with_its_encoding_and_header_shown() {
    let mut w = Window::new([1360.0, 850.0], egui::Theme::Light);
    let path = w.folder.path().join("статья.txt");
    let text =
        "Title: Порт\nDate: 2026-05-01\n\nКрабы, сказал Иванов, подорожали на 25 %. Это много для города у моря.\n";
    std::fs::write(&path, encode_windows_1251(text)).unwrap();
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.open_paths(&ctx, vec![path]));
    w.until("the dialog is open", |w| w.harness.query_by_label_contains("into a new project").is_some());
    assert_eq!(w.harness.get_by_label("Title").value().as_deref(), Some("Порт"));
    assert_eq!(w.harness.get_by_label("Date").value().as_deref(), Some("2026-05-01"));
    let target = w.folder.path().join("harbour");
    w.app(|app| app.pick_folder_for_dialog(target.clone()));
    w.harness.run();
    w.key(Key::Enter);
    w.until("the document is open", |w| w.read(|app| app.session().is_some_and(|s| s.layer().is_some())));
    assert_eq!(w.layer(|l| l.text().as_str().to_owned()), text);
}

#[test]
fn keys_typed_fast_are_obeyed_one_after_the_other() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2).key(Key::Escape);
    w.press(&[(CTRL, Key::Home)]);
    // Tab selects, Delete deletes, Ctrl+Z brings back: all before the next frame is asked for.
    for (modifiers, key) in
        [(Modifiers::NONE, Key::Tab), (Modifiers::NONE, Key::Delete), (CTRL, Key::Z), (Modifiers::NONE, Key::Num1)]
    {
        w.harness.event(egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
    }
    w.harness.step();
    assert_eq!(w.marks(), ["speaker: We have café prices up 25 %,"]);
    // What is typed right after `m` is the note.
    for event in [
        egui::Event::Key { key: Key::M, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE },
        egui::Event::Text("né".into()),
    ] {
        w.harness.event(event);
    }
    w.harness.run();
    // Esc keeps the note and leads back to the text; the annotation stays selected.
    w.key(Key::Escape);
    assert_eq!(w.layer(|l| l.get(AnnotationId(1)).unwrap().note.clone()), "né");
    assert_eq!(w.read(App::selected), Some(AnnotationId(1)));
}

#[test]
fn what_is_typed_after_the_key_that_closes_a_dialog_is_obeyed() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).press(&[(CTRL, Key::K)]);
    assert!(
        w.harness.query_by_label_contains("Type a command").is_some()
            || !w.harness.query_all_by_role(egui::Role::Dialog).collect::<Vec<_>>().is_empty()
    );
    for key in [Key::Escape, Key::Num2] {
        w.harness.event(egui::Event::Key {
            key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        });
    }
    w.harness.run();
    assert_eq!(w.marks(), ["claim: We have café prices up 25 %,"]);
}

#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

#[test]
fn files_dropped_on_the_window_are_taken_into_the_open_project() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    for (name, text) in [("nets.txt", "Näts are dear.\n"), ("boats.txt", "Boats — fewer than 300.\n")] {
        let path = w.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        w.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
    }
    w.until("the dialog shows both", |w| {
        ["nets.txt", "boats.txt"].iter().all(|name| w.harness.query_all_by_label_contains(name).count() > 0)
    });
    w.key(Key::Enter);
    w.until("both are there", |w| w.read(|app| app.session().unwrap().project().documents.len() == 3));
    w.until("the first of them is open", |w| w.layer(|l| l.text().as_str() == "Näts are dear.\n"));
}

/// The letters that the test needs; the rest is ASCII.
fn encode_windows_1251(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match c {
            'А'..='я' => (c as u32 - 'А' as u32 + 0xC0) as u8,
            c => u8::try_from(c as u32).unwrap(),
        })
        .collect()
}

#[test]
fn what_cannot_be_opened_is_said_and_changes_nothing() {
    let mut w = Window::new([1360.0, 850.0], egui::Theme::Light);
    project(&w.folder.path().join("harbour"), &[("Crabs", ARTICLE)]);
    let layer = w.folder.path().join("harbour/annotations/maria");
    std::fs::create_dir_all(&layer).unwrap();
    let bad = "(format: \"byline-annotations\", version: 1, annotation: [])\n";
    std::fs::write(layer.join("0001-crabs.ron"), bad).unwrap();
    let ctx = w.harness.ctx.clone();
    let path = w.folder.path().join("harbour");
    w.app(|app| app.open_paths(&ctx, vec![path]));
    w.until("the message is there", |w| w.harness.query_by_label("This document cannot be opened").is_some());
    w.harness.get_by_label_contains("0001-crabs.ron");
    assert_eq!(std::fs::read_to_string(layer.join("0001-crabs.ron")).unwrap(), bad);
}

/// Top edges of the paragraphs on screen, by their text.
fn on_screen(w: &Window) -> Vec<(String, f32)> {
    let paragraphs = w.harness.query_all_by_role(egui::Role::Paragraph);
    paragraphs.map(|p| (p.accesskit_node().label().unwrap_or_default(), p.rect().top())).collect()
}

#[test]
fn heights_settle_and_the_window_changes_without_moving_the_line_at_the_top() {
    // Wide letters, so that the estimates are far off.
    let article: Vec<_> = (0..600).map(|n| format!("{n} {}", "WWWW MMMM ".repeat(n % 37))).collect();
    let mut w = Window::with_project(&[("Crabs", &article.join("\n\n"))]);
    for _ in 0..12 {
        w.press(&[(Modifiers::NONE, Key::PageDown)]);
    }
    let before = on_screen(&w);
    std::thread::sleep(Duration::from_millis(1500));
    w.harness.run_steps(20);
    assert_eq!(on_screen(&w), before, "exact heights came in");
    let top = before[0].0.clone();
    for width in [1000.0, 900.0, 1120.0, 1360.0] {
        w.harness.set_size(egui::vec2(width, 850.0));
        w.harness.run_steps(4);
        assert_eq!(on_screen(&w)[0].0, top, "{width} points wide");
    }
    for _ in 0..3 {
        w.press(&[(CTRL, Key::Plus)]);
        assert_eq!(on_screen(&w)[0].0, top);
    }
    w.press(&[(CTRL, Key::Num0), (CTRL, Key::B), (CTRL, Key::B)]);
    assert_eq!(on_screen(&w), before);
    w.key(Key::F11);
    assert_eq!(on_screen(&w)[0].0, top, "in reading mode");
    w.key(Key::F11);
    w.harness.run_steps(4);
    assert_eq!(on_screen(&w), before);
    // What the settings dialog changes of the page: its sliders and its font.
    w.press(&[(CTRL, Key::Comma)]);
    for (slider, key) in [(0, Key::ArrowRight), (0, Key::ArrowLeft), (1, Key::ArrowRight), (1, Key::ArrowLeft)] {
        w.harness.get_all_by_role(egui::Role::Slider).nth(slider).unwrap().focus();
        w.harness.run_steps(2);
        for _ in 0..6 {
            w.key(key);
            assert_eq!(on_screen(&w)[0].0, top, "slider {slider}");
        }
    }
    w.click("Done");
    let mut picture_in = |font: &str| {
        w.press(&[(CTRL, Key::Comma)]).click("Font: Byline Serif").click(font).click("Done");
        w.harness.run_steps(20);
        assert_eq!(on_screen(&w)[0].0, top, "in {font}");
        // The letters; the overview beside them may still learn how high the rest is.
        let picture = w.harness.render().unwrap();
        picture.enumerate_pixels().filter(|(x, ..)| *x < 1000).map(|(.., pixel)| *pixel).collect::<Vec<_>>()
    };
    let serif = picture_in("Byline Serif");
    assert!(picture_in("Byline Serif") == serif);
    assert!(picture_in("Inter") != serif, "the letters are others");
}

#[test]
fn marks_without_a_lane_are_counted_and_listed() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::ArrowRight); 3]);
    for extent in [Key::W, Key::Q, Key::S, Key::P] {
        for label in [Key::Num1, Key::Num2] {
            w.key(extent).key(label).key(Key::Escape).key(Key::Escape);
            w.press(&[(CTRL, Key::Home)]).press(&[(CTRL, Key::ArrowRight); 3]);
        }
    }
    assert_eq!(w.marks().len(), 8);
    w.harness.get_by_label("5 more annotations in this line").click();
    w.harness.run();
    w.harness.get_by_label("Claim: We have café prices up 25 %,").click();
    w.harness.run();
    assert_eq!(w.layer(|l| l.get(w.read(App::selected).unwrap()).unwrap().label.to_string()), "claim");
}
