//! What others do to the open project: merged, shown side by side, asked about; and a second window, which reads.

use super::*;
use std::path::PathBuf;

impl Window {
    fn layer_path(&self) -> PathBuf {
        self.folder.path().join("harbour/annotations/maria/0001-crabs.ron")
    }

    fn text_path(&self) -> PathBuf {
        self.folder.path().join("harbour/documents/0001-crabs.txt")
    }

    /// Marks the word at the caret as a claim.
    fn mark_a_word(&mut self) {
        self.press(&[(CTRL, Key::Home), (shift(CTRL), Key::ArrowRight), (shift(CTRL), Key::ArrowRight)]);
        self.key(Key::Num2);
        self.saved();
    }

    fn note(&self) -> String {
        self.layer(|l| l.annotations().next().unwrap().note.clone())
    }
}

#[test]
fn what_was_changed_here_and_outside_is_shown_side_by_side_and_decided_by_keys() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.mark_a_word();
    let file = std::fs::read_to_string(w.layer_path()).unwrap();
    let with_note = |note: &str| file.replacen(", created:", &format!(", note: \"{note}\", created:"), 1);
    // Nothing was changed here since: what comes from outside comes in, and is told.
    std::fs::write(w.layer_path(), with_note("theirs")).unwrap();
    w.until("it came in", |w| w.note() == "theirs");
    assert!(w.says("Taken in from outside in “Crabs”: 1 changed"));
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.note(), "");
    w.saved();
    // Both change the note: written while the window does not look.
    std::fs::write(w.layer_path(), with_note("theirs again")).unwrap();
    w.key(Key::Tab).key(Key::M);
    w.harness.get_by_label("Note").type_text("ours");
    w.harness.run();
    w.key(Key::Enter);
    w.until("it is asked", |w| w.says("Changed here and outside"));
    assert!(w.says("a1: both sides changed note") && w.says("note: theirs again") && w.says("note: ours"));
    assert_eq!(w.note(), "ours");
    w.harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Theirs").click();
    w.harness.run();
    w.click("Decide");
    assert_eq!(w.note(), "theirs again");
    assert!(w.saved().contains("theirs again"));
}

#[test]
fn a_text_that_was_exchanged_asks_where_its_annotations_lie_also_when_it_is_opened_later() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.mark_a_word();
    let marks = w.marks();
    std::fs::write(w.text_path(), format!("Breaking. {ARTICLE}")).unwrap();
    w.until("it is asked", |w| w.says("“Crabs” was changed"));
    // Not now: nothing is written, and the next start asks again.
    w.key(Key::Escape);
    assert_eq!(w.marks(), marks);
    let Window { harness, folder } = w;
    drop(harness.state().borrow_mut().take());
    let mut w = Window::on(folder, [1360.0, 850.0], egui::Theme::Light, &[]);
    let (path, ctx) = (w.folder.path().join("harbour"), w.harness.ctx.clone());
    w.app(|app| app.open_paths(&ctx, vec![path]));
    w.until("it is asked again", |w| w.says("“Crabs” was changed"));
    assert!(w.says("1 annotation: 0 at the same place, 1 moved with their words"));
    w.click("Take the new text with 1 annotation");
    w.until("the new text is open", |w| {
        w.read(|app| app.session().unwrap().layer().is_some_and(|l| l.text().as_str().starts_with("Breaking.")))
    });
    assert_eq!(w.marks(), marks);
    assert!(w.saved().contains("start: 10"));
}

#[test]
fn a_second_window_reads_says_who_writes_and_goes_on_when_they_have_left() {
    let mut first = Window::with_project(&[("Crabs", ARTICLE)]);
    let mut second = Window::new([1360.0, 850.0], egui::Theme::Light);
    let (path, ctx) = (first.folder.path().join("harbour"), second.harness.ctx.clone());
    second.app(|app| app.open_paths(&ctx, vec![path]));
    second.until("it is open", |w| w.read(|app| app.session().is_some_and(|s| s.layer().is_some())));
    assert!(second.says("Only for reading"));
    // What is tried here is refused with words; what is done there shows here.
    second.press(&[(CTRL, Key::Home), (shift(CTRL), Key::ArrowRight)]).key(Key::Num2);
    assert!(second.marks().is_empty() && second.says("being worked on by"));
    first.mark_a_word();
    second.until("it shows", |w| !w.marks().is_empty());
    drop(first.harness.state().borrow_mut().take());
    second.until("it may write", |w| w.read(|app| app.session().is_some_and(|s| s.holder().is_none())));
    second.until("it is open", |w| w.read(|app| app.session().is_some_and(|s| s.layer().is_some())));
    // The text takes the focus when all that was waited for is there.
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(5));
        second.harness.step();
    }
    second.press(&[(CTRL, Key::Home), (CTRL, Key::ArrowRight), (CTRL, Key::ArrowRight)]);
    second.press(&[(shift(CTRL), Key::ArrowRight)]).key(Key::Num2);
    assert_eq!(second.marks().len(), 2);
}

#[test]
fn annotations_are_put_back_as_they_were_in_one_step_that_can_be_undone() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL | Modifiers::ALT, Key::R)]);
    assert!(w.says("There are no earlier copies"));
    w.mark_a_word();
    let before = w.marks();
    let mut w = w.again();
    w.press(&[(CTRL, Key::Home), (CTRL, Key::ArrowRight), (CTRL, Key::ArrowRight)]);
    w.press(&[(shift(CTRL), Key::ArrowRight)]).key(Key::Num2);
    w.saved();
    let after = w.marks();
    assert_eq!(after.len(), 2);
    w.press(&[(CTRL | Modifiers::ALT, Key::R)]);
    assert!(w.says("Annotations as of…"));
    w.click("Restore");
    w.until("it is as it was", |w| w.marks() == before);
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.marks(), after);
}
