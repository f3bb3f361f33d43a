//! Making annotations: fragments, the brush, words between blanks, and what is told of the text while that is done.

use super::*;
use eframe::egui::accesskit::{Action, ActionData, ActionRequest, TextPosition, TextSelection, TreeId};

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;

/// The fragments of an annotation as they stand in the text.
fn fragments(w: &Window, id: u32) -> Vec<String> {
    w.layer(|l| {
        let text = l.text().as_str();
        l.get(AnnotationId(id)).unwrap().span.fragments().map(|f| text[f.range()].to_owned()).collect()
    })
}

/// Puts the caret before the first place that says `text`.
fn go_to(w: &mut Window, text: &str) {
    let byte = ARTICLE.find(text).unwrap();
    w.press(&[(CTRL, Key::Home)]);
    for _ in 0..300 {
        if w.read(App::selection).start >= byte {
            return;
        }
        w.press(&[(NONE, Key::ArrowRight)]);
    }
    panic!("“{text}” was not reached");
}

#[test]
fn a_discontinuous_annotation_is_made_with_keys_alone_and_has_no_blanks_at_its_ends() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    go_to(&mut w, "prices");
    w.key(Key::W).key(Key::Num2);
    assert_eq!(fragments(&w, 1), ["prices"]);
    // Nothing is selected: now it waits, and wherever the caret goes it stays selected.
    w.press(&[(SHIFT, Key::Plus)]);
    assert!(w.says("Add fragment: select text and press + · Esc"));
    w.press(&[(NONE, Key::ArrowDown), (NONE, Key::Home), (CTRL, Key::ArrowRight)]);
    assert_eq!(w.read(App::selected), Some(AnnotationId(1)));
    // Words are walked over with the blank behind them, which does not belong to a fragment.
    go_to(&mut w, "said");
    w.press(&[(shift(CTRL), Key::ArrowRight)]);
    assert_eq!(&ARTICLE[w.read(App::selection)], "said ");
    w.press(&[(SHIFT, Key::Plus)]);
    assert_eq!(fragments(&w, 1), ["prices", "said"]);
    assert!(!w.says("Add fragment:"));
    // Esc leaves the waiting, and only that.
    w.press(&[(SHIFT, Key::Plus)]).key(Key::Escape);
    assert!(!w.says("Add fragment:"));
    assert_eq!(w.read(App::selected), Some(AnnotationId(1)));
    w.key(Key::ArrowDown);
    assert_eq!(w.read(App::selected), None);
}

#[test]
fn a_brush_labels_every_selection_also_those_made_with_keys() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.key(Key::Num4);
    assert!(w.says("Brush: Organisation · Esc"));
    go_to(&mut w, "Crabs");
    w.key(Key::W);
    assert_eq!(w.marks(), ["organisation: Crabs"]);
    // The same key again takes more, in its place; undo brings nothing half.
    w.key(Key::S).key(Key::S);
    assert_eq!(w.marks().len(), 1, "{:?}", w.marks());
    assert!(w.marks()[0].ends_with("Zoë Müller added nothing."), "{:?}", w.marks());
    // A selection made with Shift is made when Shift is let go.
    go_to(&mut w, "Fishers");
    let held = shift(CTRL);
    let down = |pressed| egui::Event::Key {
        key: Key::ArrowRight,
        pressed,
        modifiers: held,
        repeat: false,
        physical_key: None,
    };
    w.harness.input_mut().events.push(egui::Event::ModifiersChanged(held));
    w.harness.input_mut().events.extend([down(true), down(false)]);
    w.harness.step();
    assert_eq!(&ARTICLE[w.read(App::selection)], "Fishers’ ");
    assert_eq!(w.marks().len(), 1, "Shift is still down");
    w.harness.input_mut().events.push(egui::Event::ModifiersChanged(NONE));
    w.harness.run();
    assert_eq!(w.marks()[1..], ["organisation: Fishers’"]);
    w.key(Key::Escape);
    w.press(&[(CTRL, Key::End)]).key(Key::W);
    assert_eq!(w.marks().len(), 2, "the brush was put away");
}

#[test]
fn a_triple_click_with_a_brush_makes_one_mark() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.key(Key::Num2);
    let place = w.harness.get_by_label_contains("Fishers").rect().left_top() + egui::vec2(60.0, 16.0);
    w.harness.hover_at(place);
    w.harness.step();
    for click in 0..3 {
        for pressed in [true, false] {
            let button = egui::PointerButton::Primary;
            let event = egui::Event::PointerButton { pos: place, button, pressed, modifiers: NONE };
            w.harness.input_mut().events.push(event);
        }
        w.harness.step();
        if click == 1 {
            assert_eq!(w.marks(), ["claim: Fishers"]);
        }
    }
    w.harness.run();
    assert_eq!(w.marks(), ["claim: The Fishers’ Union (FU) disagreed: fewer than 300 boats left port, it said."]);
}

#[test]
fn between_words_the_word_before_is_meant_and_else_the_next() {
    let mut w = Window::with_project(&[("Blanks", "One, two   three")]);
    let mut word_at = |byte: usize| {
        w.press(&[(CTRL, Key::Home)]);
        for _ in 0..byte {
            w.press(&[(NONE, Key::ArrowRight)]);
        }
        w.key(Key::W);
        let range = w.read(App::selection);
        w.key(Key::Escape);
        range
    };
    assert_eq!(word_at(8), 5..8, "behind “two”");
    assert_eq!(word_at(9), 11..16, "among blanks");
    assert_eq!(word_at(4), 5..8, "behind the comma, which is no word");
    assert_eq!(word_at(3), 0..3, "before the comma");
}

#[test]
fn words_are_walked_over_as_they_stand_on_the_page() {
    let text = "אחת שתיים שלוש\n\none two";
    let mut w = Window::with_project(&[("Mixed", text)]);
    let starts: Vec<_> = ["אחת", "שתיים", "שלוש", "one", "two"].map(|word| text.find(word).unwrap()).into();
    let mut path = vec![w.read(App::selection).start];
    for _ in 0..3 {
        w.press(&[(CTRL, Key::ArrowLeft)]);
        path.push(w.read(App::selection).start);
    }
    // To the left is on, where the text runs from the right; the end of the paragraph is a stop.
    let end = text.find("\n\n").unwrap();
    assert_eq!(path, [starts[0], starts[1], starts[2], end]);
    w.press(&[(CTRL, Key::ArrowRight)]);
    assert_eq!(w.read(App::selection).start, starts[2]);
    w.press(&[(CTRL, Key::End), (CTRL, Key::ArrowLeft)]);
    assert_eq!(w.read(App::selection).start, starts[4]);
    w.press(&[(CTRL, Key::ArrowLeft)]);
    assert_eq!(w.read(App::selection).start, starts[3]);
}

#[test]
fn a_screen_reader_gets_the_letters_the_caret_and_the_selection_and_can_move_them() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    go_to(&mut w, "Zoë");
    w.press(&[(shift(CTRL), Key::ArrowRight), (shift(CTRL), Key::ArrowRight)]);
    w.harness.run();
    let (text, selected, first) = {
        let document = w.harness.get_by_role(egui::Role::Document);
        let document = document.accesskit_node();
        assert!(document.supports_text_ranges());
        let selected = document.text_selection().unwrap().text();
        let runs = w.harness.query_all_by_role(egui::Role::TextRun).map(|n| n.accesskit_node());
        let first: Vec<_> = runs.filter(|n| n.data().value().is_some_and(|v| v.starts_with('🦀'))).collect();
        assert_eq!(first.len(), 1);
        (document.document_range().text(), selected, first[0].locate().0)
    };
    assert_eq!(text, ARTICLE.replace("\n\n", "\n") + "\n");
    assert_eq!(selected, "Zoë Müller ");
    // It asks for the first letter to be selected, which is four bytes long.
    let at = |character_index| TextPosition { node: first, character_index };
    let request = ActionRequest {
        action: Action::SetTextSelection,
        target_tree: TreeId::ROOT,
        target_node: w.harness.get_by_role(egui::Role::Document).accesskit_node().locate().0,
        data: Some(ActionData::SetTextSelection(TextSelection { anchor: at(0), focus: at(1) })),
    };
    w.harness.input_mut().events.push(egui::Event::AccessKitActionRequest(request));
    w.harness.run();
    assert_eq!(&ARTICLE[w.read(App::selection)], "🦀");
}

#[test]
fn marks_are_told_of_in_the_order_of_the_text_within_their_paragraphs() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    go_to(&mut w, "Fishers");
    w.key(Key::W).key(Key::Num4);
    go_to(&mut w, "Crabs");
    w.key(Key::W).key(Key::Num4);
    w.key(Key::Escape);
    w.harness.run();
    let document = w.harness.get_by_role(egui::Role::Document);
    let mut told = Vec::new();
    for paragraph in document.accesskit_node().children().filter(|n| n.role() == egui::Role::Paragraph) {
        let marks = paragraph.children().filter(|n| n.role() == egui::Role::Mark);
        told.push(marks.filter_map(|mark| mark.label()).collect::<Vec<_>>());
    }
    assert_eq!(told, [vec!["organisation: Crabs"], vec!["organisation: Fishers"], vec![]]);
}

#[test]
fn a_click_shorter_than_a_frame_in_the_overview_goes_there() {
    let long = (0..200).map(|n| format!("Paragraph {n} says that nothing happened.")).collect::<Vec<_>>().join("\n\n");
    let mut w = Window::with_project(&[("Long", &long)]);
    let strip = w.harness.get_by_label("Overview").rect();
    let place = pos2(strip.center().x, strip.top() + strip.height() * 0.5);
    w.harness.hover_at(place);
    w.harness.step();
    let button = |pressed| egui::Event::PointerButton {
        pos: place,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: NONE,
    };
    w.harness.input_mut().events.extend([button(true), button(false)]);
    w.harness.step();
    w.harness.run();
    assert!(w.says("Paragraph 100 says"), "the middle is seen");
    let value = w.harness.get_by_label("Overview").accesskit_node().numeric_value().unwrap();
    assert!(value > 1_000.0, "it tells where the page is: {value}");
}

#[test]
fn a_label_is_given_from_the_palette() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    go_to(&mut w, "Crabs");
    w.key(Key::W);
    w.press(&[(CTRL, Key::K)]);
    w.harness.get_by_label("What do you want to do?").type_text("mark as org");
    w.harness.run();
    w.key(Key::Enter);
    assert_eq!(w.marks(), ["organisation: Crabs"]);
}

#[test]
fn a_choice_in_the_card_is_one_stop_whose_arrows_choose_and_enter_leads_back() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    go_to(&mut w, "We have");
    w.key(Key::W).key(Key::Num2).key(Key::E).key(Key::ArrowRight);
    w.harness.run();
    let value = |w: &Window| w.layer(|l| l.annotations().next().unwrap().attributes.get("quotation").cloned());
    let chosen = value(&w);
    assert!(chosen.is_some(), "an arrow chooses");
    w.key(Key::Enter);
    w.harness.run();
    assert_eq!(value(&w), chosen, "Enter changes nothing");
    // Back in the text: the arrow moves the caret.
    let before = w.read(App::selection);
    w.key(Key::ArrowRight);
    w.harness.run();
    assert_ne!(w.read(App::selection), before);
    assert_eq!(value(&w), chosen);
}

#[test]
fn what_is_typed_into_a_new_dialog_stands_in_its_first_field() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    w.press(&[(CTRL, Key::N)]);
    w.harness.run();
    w.harness.event(egui::Event::Text("Tides".into()));
    w.harness.run();
    assert_eq!(w.harness.get_by_label("Name").accesskit_node().value().as_deref(), Some("Tides"));
}

#[test]
fn a_paragraph_runs_in_another_direction_on_request_and_back_with_undo() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE)]);
    let number_at = |w: &mut Window| {
        w.harness.run();
        let directions = w.read(|app| app.session().unwrap().current().unwrap().directions.clone());
        // Where the caret of the paragraph's first letter stands tells how it runs.
        w.press(&[(CTRL, Key::Home), (NONE, Key::ArrowLeft)]);
        (directions.into_iter().collect::<Vec<_>>(), w.read(App::selection).start)
    };
    assert_eq!(number_at(&mut w), (vec![], 0), "left of the first letter is nothing");
    w.press(&[(shift(CTRL), Key::D)]);
    w.press(&[(shift(CTRL), Key::D)]);
    assert!(w.says("Paragraph 1: from right to left"));
    // The crab stands at the right now, and to the left of it the text goes on.
    assert_eq!(number_at(&mut w), (vec![(1, Direction::RightToLeft)], 4));
    let folder = w.folder.path().join("harbour");
    w.until("it is on disk", |_| {
        std::fs::read_to_string(folder.join("project.ron")).unwrap().contains("directions: [(1, RightToLeft)]")
    });
    w.press(&[(CTRL, Key::Z), (CTRL, Key::Z)]);
    assert_eq!(number_at(&mut w), (vec![], 0));
}
