//! When something goes wrong: files that cannot be written, a crash before, a fault of the program itself.

use super::*;
use byline::app::falls::Part;
use byline::session::SaveStatus;
use byline::store::{Bundle, read_bundle};
use egui::Role;
use std::path::{Path, PathBuf};

/// Lets nothing more be saved in the project: there is a file where its folder was. Also root cannot write then.
fn in_the_way(w: &Window) -> PathBuf {
    let path = w.folder.path().join("harbour");
    std::fs::rename(&path, w.folder.path().join("away")).unwrap();
    std::fs::write(&path, "in the way").unwrap();
    path
}

fn failed(w: &mut Window) {
    w.until("saving fails", |w| w.read(|app| matches!(app.session().unwrap().file_status(), SaveStatus::Failed(..))));
    w.harness.run_steps(4);
}

/// The only bundle in `folder`: its text, its claims.
fn bundle_in(folder: &Path) -> (String, String) {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "ron"));
    let [file] = &files[..] else { panic!("{files:?}") };
    (file.file_name().unwrap().to_str().unwrap().to_owned(), read_bundle(file).unwrap())
}

/// Opens the second document and marks its first word.
fn mark_in_the_other(w: &mut Window) {
    w.press(&[(CTRL, Key::P)]);
    w.harness.run();
    w.key(Key::ArrowDown).key(Key::Enter);
    w.until("the other is open", |w| w.read(|app| app.session().unwrap().current().is_some_and(|d| d.title == "Nets")));
    w.harness.run_steps(4);
    w.press(&[(CTRL, Key::Home)]).key(Key::W).key(Key::Num1);
    assert_eq!(w.marks(), ["speaker: Näts"]);
}

#[test]
fn work_that_cannot_be_saved_is_copied_elsewhere_when_closing() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", "Näts.")]);
    w.saved();
    in_the_way(&w);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    failed(&mut w);
    w.press(&[(CTRL, Key::Q)]);
    w.until("it is said", |w| w.says("Not everything could be saved"));
    w.harness.run_steps(4);
    // There is one in the status bar too, behind the dialog.
    let target = w.folder.path().join("rescued");
    std::fs::create_dir(&target).unwrap();
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.copy_into(&ctx, target.clone()));
    w.until("the copy is there", |w| w.says("A copy was saved: "));
    // The document that was open is whole; of the other, the text was only on disk.
    let (name, source) = bundle_in(&target);
    assert_eq!(name, "harbour.byline.ron");
    let bundle = Bundle::open(Path::new("é.ron"), &source).unwrap();
    assert!(bundle.faults.is_empty());
    assert_eq!(bundle.project.documents.len(), 1);
    let text = bundle.text(&bundle.project.documents[0].id).unwrap().clone();
    assert_eq!(text.as_str(), ARTICLE);
    let layer = bundle.layer(0, &text).unwrap().unwrap().layer;
    assert_eq!(Some(&layer), w.layer(|l| Some(l.clone())).as_ref());
    assert!(w.says("“Nets”, its text and annotations: "));
    // The dialog is still there; the work goes on.
    w.click("Stay");
    assert_eq!(w.marks().len(), 1);
}

#[test]
fn the_status_bar_offers_a_copy_while_nothing_can_be_saved() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.saved();
    in_the_way(&w);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    failed(&mut w);
    w.harness.get_by_label("Save a copy elsewhere…").click();
    w.until("a folder is asked for", |w| w.says("Choose a folder for the copy"));
    let target = w.folder.path().join("rescued");
    std::fs::create_dir(&target).unwrap();
    // Whether the system has a dialog for it depends on the system.
    w.key(Key::Escape);
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.copy_into(&ctx, target.clone()));
    w.until("the copy is there", |w| w.says("A copy was saved"));
    w.key(Key::Escape);
    let (_, source) = bundle_in(&target);
    assert_eq!(Bundle::open(Path::new("é.ron"), &source).unwrap().layers().len(), 1);
    // A second copy does not take the place of the first; a place that cannot be written is said.
    w.app(|app| app.copy_into(&ctx, target.clone()));
    w.until("the second is there", |_| target.join("harbour-2.byline.ron").is_file());
    w.until("it is said", |w| w.says("A copy was saved"));
    w.key(Key::Escape);
    let blocked = w.folder.path().join("harbour/below a file");
    w.app(|app| app.copy_into(&ctx, blocked));
    w.until("it is said", |w| w.says("No copy was saved"));
}

#[test]
fn after_a_crash_it_is_told_what_came_back_until_that_is_dismissed() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.saved();
    // A folder where the layer's file must be: it cannot be written, but the journal can.
    let file = w.folder.path().join("harbour/annotations/maria/0001-crabs.ron");
    std::fs::remove_file(&file).ok();
    std::fs::create_dir_all(file.join("in the way")).unwrap();
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    failed(&mut w);
    w.press(&[(CTRL, Key::W)]);
    std::fs::remove_dir_all(&file).unwrap();
    w.open();
    assert_eq!(w.marks(), ["claim: We have café prices up 25 %,"]);
    let told = "Byline had ended before everything was in the files: 1 action in “Crabs” came back from the journal. \
                Nothing is lost.";
    let notice = w.harness.get_by_label(told);
    assert_eq!(notice.accesskit_node().role(), Role::Status);
    std::thread::sleep(Duration::from_millis(50));
    w.harness.run_steps(4);
    assert!(w.says(told), "it does not go by itself");
    w.press(&[(shift(CTRL), Key::X)]);
    w.harness.run_steps(3);
    assert!(!w.says(told));
}

#[test]
fn a_page_that_falls_over_says_so_in_its_place_and_the_session_goes_on() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", "Näts.")]);
    let crashes = w.folder.path().join("crash");
    byline::crash::install(Some(crashes.clone()));
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2).key(Key::M);
    w.harness.get_by_label("Note").type_text("kept");
    w.key(Key::Escape);
    w.app(|app| app.provoke_fall(Part::Page));
    w.harness.run_steps(4);
    assert!(w.says("“Crabs” cannot be shown") && w.says("Your work is safe"));
    w.harness.get_by_label_contains("provoked by a test (src/app/falls.rs:");
    let written: Vec<_> = std::fs::read_dir(&crashes).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(written.iter().any(|file| std::fs::read_to_string(file).unwrap().contains("src/app/falls.rs:")));
    // Keys that need a document do nothing; another one is opened.
    w.press(&[(Modifiers::NONE, Key::Delete), (CTRL, Key::End)]).key(Key::Num1);
    mark_in_the_other(&mut w);
    // And the one that fell over, again.
    w.press(&[(CTRL, Key::ArrowUp)]);
    w.until("it is open again", |w| w.read(|app| app.session().unwrap().current().is_some_and(|d| d.title == "Crabs")));
    w.harness.run_steps(4);
    assert_eq!(w.layer(|l| l.get(AnnotationId(1)).unwrap().note.clone()), "kept");
    w.app(|app| app.provoke_fall(Part::Page));
    w.harness.run_steps(4);
    w.click("Try again");
    w.until("it is open again", |w| w.read(|app| app.session().unwrap().layer().is_some()));
    w.harness.run_steps(4);
    assert_eq!(w.marks().len(), 1);
    assert!(w.saved().contains("kept"));
}

#[test]
fn a_panel_or_a_worker_that_falls_over_is_told_and_the_rest_goes_on() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    for part in [Part::Left, Part::Right] {
        w.app(|app| app.provoke_fall(part));
        w.harness.run_steps(4);
        assert!(w.says("This panel cannot be shown"), "{part:?}");
        w.press(&[(CTRL, Key::Home)]).key(Key::W).key(Key::Num1);
        w.click("Try again");
        w.harness.run_steps(4);
        assert!(!w.says("This panel cannot be shown"), "{part:?}");
        w.press(&[(CTRL, Key::Z)]);
    }
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.provoke_fall_of_worker(&ctx));
    w.until("it is told", |w| {
        w.says("“Counting the hours” did not work: a fault in Byline itself, provoked by a test")
    });
    assert!(!w.says("Cancel: Counting the hours"), "nobody waits for it");
}

/// Opens the project and waits for what is said where the document should be.
fn open_damaged(w: &mut Window) {
    let ctx = w.harness.ctx.clone();
    let path = w.folder.path().join("harbour");
    w.app(|app| app.open_paths(&ctx, vec![path]));
    w.until("it is said", |w| w.says("This document cannot be opened"));
    w.harness.run_steps(4);
}

#[test]
fn a_damaged_layer_is_restored_by_keys_and_its_file_is_kept_and_no_other_document_suffers() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", "Näts.")]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    let whole = w.saved();
    w.press(&[(CTRL, Key::W)]);
    let file = w.folder.path().join("harbour/annotations/maria/0001-crabs.ron");
    let damaged = &whole[..whole.len() / 2];
    std::fs::write(&file, damaged).unwrap();
    open_damaged(&mut w);
    assert!(w.says("0001-crabs.ron") && w.says("As the journal tells it: 1 annotation"));
    w.harness.get_by_label("Begin with no annotations");
    // Not now: what it is about stands in its place, and another document opens as ever.
    w.key(Key::Escape);
    w.harness.run_steps(4);
    assert!(w.says("“Crabs” cannot be opened"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), damaged);
    mark_in_the_other(&mut w);
    w.press(&[(CTRL, Key::ArrowUp)]);
    w.until("it is said again", |w| w.says("As the journal tells it: 1 annotation"));
    w.harness.run_steps(4);
    w.key(Key::Enter);
    w.until("it is open", |w| w.read(|app| app.session().unwrap().current().is_some_and(|d| d.title == "Crabs")));
    w.harness.run_steps(4);
    assert_eq!(w.marks(), ["claim: We have café prices up 25 %,"]);
    assert!(w.says("1 annotation restored; the damaged file is kept as"));
    assert_eq!(w.saved(), whole);
    let kept: Vec<_> = std::fs::read_dir(w.folder.path().join("harbour/.byline/damaged")).unwrap().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(std::fs::read_to_string(kept[0].as_ref().unwrap().path()).unwrap(), damaged);
    // What was done before can still be taken back.
    w.press(&[(CTRL, Key::Z)]);
    assert!(w.layer(Layer::is_empty));
}

#[test]
fn in_place_of_a_damaged_layer_a_copy_is_taken_or_nothing_and_a_text_is_put_back() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    w.saved();
    w.read(|app| {
        let session = app.session().unwrap();
        session.folder().keep_layer(session.layer().unwrap().key()).unwrap();
    });
    w.press(&[(CTRL, Key::W)]);
    let harbour = w.folder.path().join("harbour");
    let file = harbour.join("annotations/maria/0001-crabs.ron");
    for (way, left) in [("As of ", 1), ("Begin with no annotations", 0)] {
        std::fs::write(&file, "(format: ").unwrap();
        open_damaged(&mut w);
        w.harness
            .get_all_by_role(Role::RadioButton)
            .find(|r| r.accesskit_node().label().unwrap_or_default().starts_with(way))
            .unwrap()
            .click();
        w.harness.run();
        w.click(if left > 0 { "Restore" } else { "Begin anew" });
        w.until("it is open", |w| w.read(|app| app.session().unwrap().layer().is_some()));
        assert_eq!(w.layer(Layer::len), left);
        w.saved();
        w.press(&[(CTRL, Key::W)]);
    }
    assert!(std::fs::read_dir(harbour.join(".byline/damaged")).unwrap().count() >= 1);
    std::fs::remove_file(harbour.join("documents/0001-crabs.txt")).unwrap();
    open_damaged(&mut w);
    assert!(w.says("The text as it was annotated"));
    w.key(Key::Enter);
    w.until("it is open", |w| w.read(|app| app.session().unwrap().layer().is_some()));
    assert_eq!(std::fs::read_to_string(harbour.join("documents/0001-crabs.txt")).unwrap(), ARTICLE);
}

#[test]
fn what_falls_while_something_is_done_opens_the_project_again_with_all_that_was_done_before() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", "Näts.")]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    w.app(|app| app.provoke_fall(Part::Command));
    w.press(&[(CTRL, Key::Z)]);
    w.until("it is open again", |w| w.read(|app| app.session().is_some_and(|s| s.layer().is_some())));
    w.harness.run_steps(30);
    assert!(w.says("The project was opened again: a fault in Byline itself, provoked by a test"));
    assert_eq!(w.marks(), ["claim: We have café prices up 25 %,"], "the step that fell was not done");
    // It goes on as if nothing had been.
    w.press(&[(CTRL, Key::Z)]);
    assert!(w.layer(Layer::is_empty));
    w.press(&[(shift(CTRL), Key::Z)]);
    assert!(w.saved().contains("café prices"));
    // What falls again at once does so for ever: the project is closed rather than opened without end.
    for open in [true, false] {
        w.app(|app| app.provoke_fall(Part::Command));
        w.press(&[(CTRL, Key::Home)]);
        if open {
            w.until("it is open again", |w| w.read(|app| app.session().is_some_and(|s| s.layer().is_some())));
        } else {
            assert!(w.read(|app| app.session().is_none()));
            w.harness.run_steps(4);
            assert!(w.says("The project was closed: a fault in Byline itself"));
        }
    }
}
