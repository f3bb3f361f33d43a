//! Settings, keys, reading mode: what is chosen holds at once and is kept.

use super::*;

const SIZE: [f32; 2] = [1360.0, 850.0];

fn with_project(files: &[(&str, &str)]) -> Window {
    let mut window = Window::with_files(SIZE, egui::Theme::Light, files);
    project(&window.folder.path().join("harbour"), &[("Crabs", ARTICLE)]);
    window.open();
    window
}

const MARIA: (&str, &str) = ("settings.ron", "(annotator: \"maria\", theme: Light)");

fn file(w: &Window, name: &str) -> String {
    std::fs::read_to_string(w.folder.path().join(name)).unwrap_or_default()
}

#[test]
fn settings_hold_at_once_and_are_kept() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::Comma)]);
    w.click("Theme: slate");
    assert_eq!(w.harness.ctx.theme(), egui::Theme::Dark);
    // The slider; its number field has the same name.
    w.harness.get_all_by_role(egui::Role::Slider).next().unwrap().focus();
    w.harness.run();
    w.key(Key::ArrowRight).key(Key::ArrowRight);
    w.click("Snap to whole words").click("Reduce motion");
    w.fill("Name of the annotator", "ana");
    w.click("Done");
    w.until("the work is hers", |w| w.read(|app| app.session().is_some_and(|s| **s.annotator() == *"ana")));
    let kept = file(&w, "settings.ron");
    for part in ["theme: Dark", "text_size: 19", "snap: false", "reduced_motion: true", "annotator: \"ana\""] {
        assert!(kept.contains(part), "{part} is not in {kept}");
    }
    // What was dragged over is taken to the character now.
    w.until("the document is there", |w| w.read(|app| app.session().is_some_and(|s| s.layer().is_some())));
    let at = w.harness.get_by_label_contains("Fishers").rect().left_top();
    w.harness.drag_at(pos2(at.x + 60.0, at.y + 16.0));
    w.harness.step();
    w.harness.hover_at(pos2(at.x + 90.0, at.y + 16.0));
    w.harness.step();
    w.harness.drop_at(pos2(at.x + 90.0, at.y + 16.0));
    w.harness.run();
    let selected = ARTICLE[w.read(App::selection)].to_owned();
    assert!(!selected.is_empty() && !ARTICLE.split([' ', '’', '\n']).any(|word| word == selected), "{selected}");
}

#[test]
fn a_broken_settings_file_is_said_and_kept() {
    let mut w = Window::with_files(SIZE, egui::Theme::Light, &[("settings.ron", "(zoom: 2,\n theme: Drak)")]);
    w.harness.run_steps(3);
    w.harness.get_by_label_contains("line 2");
    w.press(&[(shift(CTRL), Key::L)]);
    w.harness.run_steps(3);
    assert!(file(&w, "settings.ron").contains("theme: Dark"));
    assert_eq!(file(&w, "settings.ron.broken"), "(zoom: 2,\n theme: Drak)");
}

#[test]
fn keys_of_the_file_hold_and_are_shown_and_what_is_wrong_in_it_is_said() {
    let keys = "{\n  \"select-quotation\": [\"J\"],\n  \"undo\": [\"F5\"],\n  \"fly\": [\"F7\"],\n  \"copy\": [\"Ctrl+Ö\"],\n}\n";
    let mut w = with_project(&[MARIA, ("keys.ron", keys)]);
    assert!(w.says("line 4: there is no action `fly`") && w.says("and 1 more"));
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q);
    assert!(w.read(App::selection).is_empty(), "the default is no more");
    w.key(Key::J).key(Key::Num2);
    assert_eq!(w.marks(), ["claim: We have café prices up 25 %,"]);
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.marks().len(), 1);
    w.key(Key::F5);
    assert_eq!(w.marks().len(), 0);
    w.key(Key::Questionmark);
    w.harness.run();
    assert!(w.says("Undo: F5"));
    assert!(!w.says("Undo: Ctrl Z"));
    assert!(w.says("Select quotation: J"));
    w.key(Key::Escape);
    w.press(&[(CTRL, Key::Comma)]).click("Keys");
    assert!(w.says("line 4: there is no action `fly`") && w.says("line 5: “Ctrl+Ö” is no key"));
}

#[test]
fn keys_are_given_taken_and_reset_in_the_dialog() {
    let mut w = with_project(&[MARIA, ("keys.ron", "{\"fly\": []}")]);
    w.press(&[(CTRL, Key::Comma)]).click("Keys");
    w.fill("Find an action or a key", "undo");
    w.click("Add key to Undo");
    w.key(Key::F5);
    assert!(file(&w, "keys.ron").contains("\"undo\": [\"Ctrl+Z\", \"F5\"]"), "{}", file(&w, "keys.ron"));
    assert_eq!(file(&w, "keys.ron.broken"), "{\"fly\": []}", "what could not be used is kept");
    // A key that another action has is taken only when that was said.
    w.click("Add key to Undo").press(&[(CTRL, Key::D)]);
    assert!(w.says("Ctrl D — already: Describe document"));
    assert!(!file(&w, "keys.ron").contains("Ctrl+D"));
    w.click("Use Ctrl D for Undo").click("Take Ctrl Z from Undo");
    let kept = file(&w, "keys.ron");
    assert!(kept.contains("\"undo\": [\"F5\", \"Ctrl+D\"]") && kept.contains("\"describe-document\": []"), "{kept}");
    // Esc ends the asking, not the dialog.
    w.click("Add key to Undo").key(Key::Escape);
    w.click("Done");
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    assert_eq!(w.marks().len(), 1);
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.marks().len(), 1, "Ctrl Z is free now");
    w.press(&[(CTRL, Key::D)]);
    assert_eq!(w.marks().len(), 0);
    w.press(&[(CTRL, Key::Comma)]).click("Keys").click("Reset all keys");
    assert!(!file(&w, "keys.ron").contains("undo"));
    w.click("Done").press(&[(shift(CTRL), Key::Z)]);
    assert_eq!(w.marks().len(), 1);
    w.press(&[(CTRL, Key::Z)]);
    assert_eq!(w.marks().len(), 0);
}

#[test]
fn reading_mode_shows_nothing_but_the_text_and_esc_leads_back() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    for leave in [Key::F11, Key::Escape] {
        w.key(Key::F11);
        w.harness.run_steps(4);
        for name in ["Menu", "Commands", "Documents", "All changes saved", "Selected"] {
            assert!(w.harness.query_by_label(name).is_none(), "{name} is shown");
        }
        assert!(w.says("leads back"), "how to leave is said where it is needed");
        w.harness.get_by_label_contains("Fishers");
        // Work goes on.
        w.press(&[(CTRL, Key::Home), (CTRL, Key::ArrowRight), (shift(CTRL), Key::ArrowRight)]).key(Key::Num1);
        assert_eq!(w.marks().len(), 1);
        w.key(leave);
        w.harness.run_steps(4);
        w.harness.get_by_label("Menu");
        assert!(!w.says("leads back"));
        assert!(w.read(App::selected).is_some(), "what was selected still is");
        w.press(&[(CTRL, Key::Z)]);
    }
    w.press(&[(shift(CTRL), Key::R)]);
    assert!(w.harness.query_by_label("Menu").is_none());
    // The card is in a panel: who wants to edit it comes back to it.
    w.press(&[(CTRL, Key::Home)]).key(Key::W).key(Key::Num1).key(Key::E);
    w.harness.run_steps(4);
    w.harness.get_by_label("Menu");
}

#[test]
fn the_palette_shows_first_what_was_taken_last() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::K)]);
    w.harness.get_by_label("What do you want to do?").type_text("invis");
    w.harness.run();
    w.key(Key::Enter);
    w.harness.run_steps(4);
    assert!(file(&w, "settings.ron").contains("show-invisibles"));
    w.press(&[(CTRL, Key::K)]).key(Key::Enter);
    w.harness.run_steps(4);
    // Enter took the first one: the same again, and no dialog of another command is open.
    assert!(w.harness.query_all_by_role(egui::Role::Dialog).next().is_none());
    assert!(!file(&w, "settings.ron").contains("open-article"));
}

#[test]
fn panel_widths_are_remembered() {
    let text = "(annotator: \"maria\", theme: Light, left_width: 300, right_width: 400)";
    let mut w = with_project(&[("settings.ron", text)]);
    w.harness.run_steps(10);
    assert!(w.harness.get_by_label_contains("Fishers").rect().left() > 300.0);
    w.press(&[(CTRL, Key::Plus), (CTRL, Key::Num0)]);
    w.harness.run_steps(10);
    let kept = file(&w, "settings.ron");
    assert!(kept.is_empty() || !kept.contains("left_width") || kept.contains("left_width: 300"), "{kept}");
    // Dragging the border makes it wider, and the file follows.
    let border = pos2(298.0, 400.0);
    w.harness.drag_at(border);
    w.harness.step();
    w.harness.hover_at(pos2(340.0, 400.0));
    w.harness.step();
    w.harness.drop_at(pos2(340.0, 400.0));
    w.harness.run_steps(10);
    let kept = file(&w, "settings.ron");
    assert!(kept.contains("left_width: 33") || kept.contains("left_width: 34"), "{kept}");
}

#[test]
fn a_list_in_a_dialog_lies_above_it_also_when_both_are_opened_again() {
    let mut w = with_project(&[]);
    for format in ["doccano JSON lines", "brat standoff", "labelbuddy JSON"] {
        w.press(&[(CTRL, Key::E)]);
        w.until("the dialog is there", |w| w.says("Export dataset"));
        // With the mouse, so fast that press and release come in one frame: what lies on top gets the click.
        for name in ["Format: CSV tables", format] {
            let pos = w.harness.get_by_label(name).rect().center();
            let button = |pressed| egui::Event::PointerButton {
                pos,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            };
            w.harness.hover_at(pos);
            w.harness.run();
            w.harness.input_mut().events.extend([button(true), button(false)]);
            w.harness.run();
        }
        w.until("the format is chosen", |w| w.says(&format!("Format: {format}")));
        w.key(Key::Escape).key(Key::Escape);
        w.until("the dialog is gone", |w| !w.says("Export dataset"));
    }
}

#[test]
fn arrows_choose_in_a_list_that_the_mouse_opened() {
    let mut w = with_project(&[]);
    w.press(&[(CTRL, Key::E)]);
    w.until("the dialog is there", |w| w.says("Export dataset"));
    let pos = w.harness.get_by_label("Format: CSV tables").rect().center();
    w.harness.hover_at(pos);
    w.harness.run();
    for pressed in [true, false] {
        let button = egui::PointerButton::Primary;
        let event = egui::Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
        w.harness.input_mut().events.push(event);
        w.harness.step();
    }
    w.harness.run_steps(5);
    assert!(w.harness.query_by_label("doccano JSON lines").is_some(), "the list is open");
    w.key(Key::ArrowDown).key(Key::Enter);
    w.harness.run_steps(5);
    let second = byline::formats::ALL[1].card().title;
    assert!(w.says(&format!("Format: {second}")));
    assert!(w.says("Export dataset"), "Enter chose, and pressed nothing else");
}

#[test]
fn letters_lead_through_a_list_that_is_open() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::Comma)]).click("Font: Byline Serif");
    for letter in ["i", "n", "t"] {
        w.harness.event(egui::Event::Text(letter.to_owned()));
        w.harness.run_steps(2);
    }
    w.key(Key::Enter);
    w.harness.run();
    w.harness.get_by_label("Font: Inter");
}
