//! The scheme is edited in the window: work follows as one step, and undo brings it back.

use super::*;

/// A document with a claim in it, direct, said by a speaker; the editor is open and has counted.
fn opened() -> (Window, String) {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", "Näts are dear.")]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    w.click("Quotation: direct");
    w.key(Key::Escape);
    w.press(&[(CTRL, Key::Home), (CTRL, Key::ArrowRight), (shift(CTRL), Key::ArrowRight)]).key(Key::Num1);
    let before = w.saved();
    assert!(before.contains("speaker") && before.contains("direct"), "{before}");
    open(&mut w);
    (w, before)
}

fn open(w: &mut Window) {
    w.press(&[(shift(CTRL), Key::M)]);
    w.until("the work is counted", |w| !w.harness.get_by_label("Delete label").accesskit_node().is_disabled());
}

fn apply(w: &mut Window) {
    w.click("Apply");
    w.until("it is done", |w| w.harness.query_by_label("Apply").is_none());
    w.harness.run_steps(4);
}

#[test]
fn renaming_in_the_editor_renames_everywhere_as_one_step() {
    let (mut w, before) = opened();
    w.fill("Name", "source");
    w.fill("Title", "Source");
    w.click("Label: Claim");
    w.fill("Option 1 of attribute 1", "verbatim");
    assert!(w.says("rename label speaker to source") && w.says("rename option direct to verbatim"));
    apply(&mut w);
    assert!(w.marks().iter().any(|m| m.starts_with("source: ")), "{:?}", w.marks());
    let after = w.saved();
    assert!(
        after.contains("\"source\"") && after.contains("\"verbatim\"") && !after.contains("\"speaker\""),
        "{after}"
    );
    let scheme = w.read(|app| app.session().unwrap().project().scheme.clone());
    assert_eq!(scheme.link("says").unwrap().from, [byline::model::Name::from("source")]);
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.saved(), before, "one undo restores every byte");
    w.press(&[(shift(CTRL), Key::Z)]);
    assert!(w.saved().contains("\"verbatim\""));
}

#[test]
fn deleting_a_label_in_use_shows_the_counts_and_asks_what_becomes_of_its_work() {
    let (mut w, before) = opened();
    w.click("Delete label");
    assert!(w.says("Delete the label “Speaker”? 1 annotation in 1 document uses it."));
    w.click("Keep it");
    assert!(w.harness.query_by_label("Label: Speaker").is_some());
    w.click("Delete label").click("The annotations become");
    w.click("Delete");
    assert!(w.says("delete label speaker"));
    apply(&mut w);
    assert!(w.marks().iter().all(|m| m.starts_with("claim: ")), "{:?}", w.marks());
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.saved(), before);
}

#[test]
fn a_new_label_is_made_and_used_and_its_key_comes_before_that_of_an_action() {
    let (mut w, _) = opened();
    w.click("Add label");
    w.fill("Title", "Evidence").fill("Name", "evidence").fill("Key", "2");
    assert!(w.says("have the same key `2`"));
    assert!(w.harness.get_by_label("Apply").accesskit_node().is_disabled());
    w.fill("Key", "e");
    assert!(!w.says("have the same key"));
    w.fill("Colour, as # and six digits", "#12");
    assert!(w.says("write # and six hexadecimal digits"));
    w.click("Colour: vermilion").click("Line: wavy");
    // Below what the window shows: by keyboard.
    w.harness.get_by_label("Add attribute").focus();
    w.harness.run();
    w.key(Key::Space).fill("Name of attribute 1", "weight");
    w.harness.get_by_label("A mark on slate");
    w.harness.get_by_label("All labels, Deuteranopia");
    apply(&mut w);
    w.press(&[(CTRL, Key::End), (CTRL, Key::Home)]).key(Key::W).key(Key::E);
    assert!(w.marks().iter().any(|m| m.starts_with("evidence: ")), "{:?}", w.marks());
    w.key(Key::Questionmark);
    w.harness.run();
    assert!(w.says("Evidence: e") && w.says("Edit note: M"));
    assert!(!w.says("Edit attributes: "), "the key belongs to the label now");
}

#[test]
fn changes_are_not_lost_by_escape() {
    let (mut w, before) = opened();
    w.fill("Title", "Somebody");
    w.press(&[(Modifiers::NONE, Key::Escape), (Modifiers::NONE, Key::Escape)]);
    assert!(w.says("The changes are not applied yet."));
    w.click("Keep editing");
    assert_eq!(w.harness.get_by_label("Title").value().as_deref(), Some("Somebody"));
    w.press(&[(Modifiers::NONE, Key::Escape)]);
    w.click("Discard the changes");
    assert!(w.harness.query_by_label("Apply").is_none());
    assert_eq!(w.saved(), before);
    assert!(w.read(|app| app.session().unwrap().project().scheme.label("speaker").unwrap().title == "Speaker"));
}

#[test]
fn link_kinds_are_edited_too() {
    let (mut w, _) = opened();
    let links = w.read(|app| app.session().unwrap().project().scheme.links.len());
    w.click(&format!("Links {links}")).click("Add link kind");
    assert!(w.says("choose a label at each end"));
    w.fill("Title", "doubts").fill("Name", "doubts").fill("Inverse", "doubted by");
    w.click("From Speaker").click("To Claim");
    apply(&mut w);
    let scheme = w.read(|app| app.session().unwrap().project().scheme.clone());
    let link = scheme.link("doubts").unwrap();
    assert_eq!((link.from.as_slice(), link.to.as_slice()), (&["speaker".into()][..], &["claim".into()][..]));
}
