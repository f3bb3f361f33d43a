//! Finding, and marking what was found: the bar, the list, the dialog, the steps of undo.

use super::*;

const NETS: &str = "Näts, said Zoë Müller.\n\nMore näts for Zoë  Müller and zoë müller.";

fn type_into(w: &mut Window, text: &str) {
    w.harness.get_by_label("Text to find").type_text(text);
    w.harness.step();
    w.harness.step();
}

fn shows(w: &mut Window, text: &str) {
    w.until(text, |w| w.harness.query_by_label_contains(text).is_some());
}

fn selected(w: &Window) -> String {
    w.layer(|l| l.text().as_str()[w.read(App::selection)].to_owned())
}

fn bytes(w: &mut Window) -> Vec<(String, String)> {
    w.saved();
    let mut files = Vec::new();
    let folder = w.folder.path().join("harbour/annotations/maria");
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        files.push((path.display().to_string(), std::fs::read_to_string(path).unwrap()));
    }
    files.sort();
    files
}

#[test]
fn what_is_typed_is_found_and_keys_lead_from_match_to_match() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::F)]);
    type_into(&mut w, "zoë m");
    shows(&mut w, "1 of 2");
    let first = ARTICLE.find("Zoë").unwrap();
    let second = ARTICLE.rfind("Zoë").unwrap();
    let length = "Zoë M".len();
    assert_eq!(w.read(App::selection), first..first + length);
    // Round again at the end, from the field and from the keys that work everywhere.
    w.key(Key::Enter);
    assert_eq!(w.read(App::selection), second..second + length);
    w.key(Key::F3);
    assert_eq!(w.read(App::selection).start, first);
    w.press(&[(Modifiers::SHIFT, Key::F3)]);
    w.press(&[(Modifiers::SHIFT, Key::Enter)]);
    assert_eq!(w.read(App::selection).start, first);
    // What is typed next belongs to the field still.
    type_into(&mut w, "üller");
    w.until("the longer text is found", |w| selected(w) == "Zoë Müller");
    w.press(&[(Modifiers::ALT, Key::C)]);
    shows(&mut w, "No match");
    w.press(&[(Modifiers::ALT, Key::C)]);
    shows(&mut w, "1 of 2");
    // Esc leaves the match selected, and a label key makes an annotation of it.
    w.key(Key::Escape);
    assert!(w.harness.query_by_label("Text to find").is_none());
    assert_eq!(selected(&w), "Zoë Müller");
    w.key(Key::Num1);
    assert_eq!(w.marks(), ["speaker: Zoë Müller"]);
    // Closed, F3 goes on from here.
    w.key(Key::F3);
    w.until("the second is selected", |w| w.read(App::selection).start == second);
}

#[test]
fn selected_text_is_looked_for_and_a_bad_expression_is_said() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::W).press(&[(CTRL, Key::F)]);
    let selected = w.layer(|l| l.text().as_str()[w.read(App::selection)].to_owned());
    assert_eq!(w.harness.get_by_label("Text to find").value().as_deref(), Some(selected.as_str()));
    w.press(&[(Modifiers::ALT, Key::R)]);
    // All of it is selected: typing replaces it.
    type_into(&mut w, r"\d+ %|(");
    shows(&mut w, "character 7: this group is not closed");
    w.key(Key::Backspace).key(Key::Backspace);
    w.until("the number is found", |w| w.layer(|l| &l.text().as_str()[w.read(App::selection)] == "25 %"));
    // The key of an option types nothing into the field.
    for event in [
        egui::Event::Key { key: Key::W, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::ALT },
        egui::Event::Text("w".into()),
    ] {
        w.harness.input_mut().events.push(event);
    }
    w.harness.step();
    w.harness.step();
    assert_eq!(w.harness.get_by_label("Text to find").value().as_deref(), Some(r"\d+ %"));
}

#[test]
fn the_match_of_the_last_letter_is_shown_however_quickly_it_was_typed() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    for _ in 0..10 {
        w.press(&[(CTRL, Key::Home), (CTRL, Key::F), (CTRL, Key::A)]);
        for letter in "Fishers’".chars() {
            type_into(&mut w, &letter.to_string());
        }
        w.until("all of it is found", |w| selected(w) == "Fishers’");
        shows(&mut w, "1 of 1");
        w.key(Key::Escape);
        w.key(Key::Escape);
    }
}

#[test]
fn all_documents_are_searched_and_a_place_in_another_is_opened() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", NETS)]);
    w.press(&[(shift(CTRL), Key::F)]);
    type_into(&mut w, "zoë müller");
    shows(&mut w, "5 places in 2 documents");
    w.harness.get_by_label("Nets, 3");
    // Three down in the list, and there.
    w.key(Key::ArrowDown).key(Key::ArrowDown).key(Key::ArrowDown).key(Key::Enter);
    w.until("the other document is open", |w| w.layer(|l| l.text().as_str() == NETS));
    w.until("the place is selected", |w| selected(w) == "Zoë  Müller");
    shows(&mut w, "4 of 5 places in 2 documents");
    w.key(Key::Enter);
    assert_eq!(selected(&w), "zoë müller");
    // Round again, into the first document.
    w.key(Key::Enter);
    w.until("the first document is open again", |w| w.layer(|l| l.text().as_str() == ARTICLE));
    let row = w.harness.get_all_by_label_contains("said Zoë Müller.").next().unwrap();
    row.click();
    w.harness.step();
    w.until("the clicked place is selected", |w| {
        w.layer(|l| l.text().as_str() == NETS) && w.read(App::selection).start == 12
    });
    w.key(Key::Num1);
    assert_eq!(w.marks(), ["speaker: Zoë Müller"]);
}

#[test]
fn the_same_text_is_marked_everywhere_as_one_step_and_undo_restores_the_same_bytes() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", NETS)]);
    w.press(&[(CTRL, Key::F)]);
    type_into(&mut w, "Zoë Müller");
    shows(&mut w, "1 of 2");
    w.key(Key::Escape).key(Key::Num2);
    w.harness.get_by_label("Quotation: direct").click();
    w.harness.run();
    w.press(&[(Modifiers::NONE, Key::F6)]);
    let before = bytes(&mut w);
    w.key(Key::A);
    shows(&mut w, "2 places in 1 document, 1 chosen, 1 labelled already");
    w.harness.get_by_label("Search in: All documents").click();
    w.harness.step();
    shows(&mut w, "4 places in 2 documents, 3 chosen, 1 labelled already");
    let already = w.harness.get_by_label_contains("has the label already");
    assert!(already.accesskit_node().is_disabled());
    w.harness.get_by_label("With its attributes: Quotation: direct").click();
    w.harness.step();
    w.press(&[(Modifiers::ALT, Key::C)]);
    shows(&mut w, "5 places in 2 documents, 4 chosen");
    // The last but one is not wanted.
    // A dialog finds its place within some frames.
    w.harness.run_steps(4);
    w.harness
        .get_all_by_role(egui::Role::CheckBox)
        .find(|n| n.accesskit_node().label().is_some_and(|l| l.contains("More näts")))
        .unwrap()
        .click();
    w.harness.step();
    shows(&mut w, "3 chosen");
    w.harness.get_by_label("Label 3 places").click();
    w.harness.step();
    w.harness.step();
    assert_eq!(w.marks(), ["claim: Zoë Müller", "claim: Zoë Müller"]);
    w.harness.get_by_label("Nets, in progress");
    let after = bytes(&mut w);
    assert_eq!(after.len(), 2);
    let nets = &after[1].1;
    assert_eq!(nets.matches(r#"attributes: {"quotation": "direct"}"#).count(), 2, "{nets}");
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.marks(), ["claim: Zoë Müller"]);
    let undone = bytes(&mut w);
    assert_eq!(undone[0], before[0]);
    assert!(undone[1..].iter().all(|(_, layer)| !layer.contains("id:")), "{undone:?}");
    w.press(&[(shift(CTRL), Key::Z)]);
    assert_eq!(bytes(&mut w), after);
}

#[test]
fn the_dialog_of_same_text_is_worked_with_keys_alone() {
    let mut w = Window::with_project(&[("Nets", NETS)]);
    w.press(&[(CTRL, Key::F)]);
    type_into(&mut w, "näts");
    shows(&mut w, "1 of 2");
    w.press(&[(Modifiers::ALT, Key::Enter)]);
    shows(&mut w, "2 places in 1 document, 2 chosen");
    w.harness.get_by_label("Choose a label");
    // The first is not wanted; then none, then all but the first again.
    w.key(Key::Space);
    shows(&mut w, "1 chosen");
    w.press(&[(shift(CTRL), Key::A)]);
    shows(&mut w, "0 chosen");
    w.key(Key::ArrowDown).key(Key::Space);
    shows(&mut w, "1 chosen");
    w.key(Key::Num3).key(Key::Enter);
    w.until("the dialog is closed", |w| w.harness.query_by_label("Places").is_none());
    assert_eq!(w.marks(), ["statistic: näts"]);
    // Selected text, without an annotation: the label is asked for too.
    w.press(&[(CTRL, Key::Home)]);
    w.key(Key::Escape).key(Key::W).key(Key::A);
    shows(&mut w, "1 place, 1 chosen");
    w.press(&[(Modifiers::ALT, Key::C)]);
    shows(&mut w, "2 places in 1 document, 2 chosen");
    w.key(Key::Num3);
    shows(&mut w, "1 chosen, 1 labelled already");
    w.key(Key::Escape);
    w.harness.step();
    assert_eq!(w.marks().len(), 1, "Esc does nothing");
}
