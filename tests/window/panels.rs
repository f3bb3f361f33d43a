//! The panels: lists of any length, the card, messages, a scheme with many labels.

use super::*;
use byline::model::scheme::{AttributeDef, AttributeKind};
use byline::model::{Annotation, EntityKind, LayerKey, Origin, Provenance, Span, Value};
use egui::Role;
use egui_kittest::kittest::By;

impl Window {
    /// Names of the rows that are drawn in the list of documents.
    fn documents(&self) -> Vec<String> {
        let ends = ["not started", "in progress", "done", "needs a second look"];
        let rows = self.harness.query_all(By::new().role(Role::ListItem));
        let names = rows.filter_map(|row| row.accesskit_node().label());
        names.filter(|name| ends.iter().any(|end| name.ends_with(end))).collect()
    }

    fn title(&self) -> String {
        self.read(|app| app.session().unwrap().current().map(|d| d.title.clone()).unwrap_or_default())
    }

    fn type_text(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.run();
    }

    fn statuses(&mut self) -> Vec<String> {
        self.harness.run();
        self.documents()
    }
}

const FOUR: [(&str, &str); 4] =
    [("Crabs", ARTICLE), ("Nets", "Näts."), ("Żółwie", "Żółw."), ("Boats", "Fewer than 300 boats.")];

#[test]
fn documents_are_found_by_their_title_and_opened_with_the_keyboard() {
    let mut w = Window::with_project(&FOUR);
    w.key(Key::Slash);
    w.type_text("ŻÓŁ");
    assert_eq!(w.documents(), ["Żółwie, not started"]);
    w.harness.get_by_label("1 of 4");
    w.key(Key::Enter);
    w.until("it is open", |w| w.title() == "Żółwie");
    w.harness.get_by_label("Show all").click();
    w.harness.run();
    assert_eq!(w.documents().len(), 4);
    // From the filter, an arrow leads into the list, and through it to its end.
    w.key(Key::Slash).key(Key::ArrowDown).key(Key::End).key(Key::Enter);
    w.until("the last is open", |w| w.title() == "Boats");
    // Sorted by title, the next document is the next one of the list.
    w.harness.get_by_label("Show and sort documents").click();
    w.harness.run();
    w.harness.get_by_label("Title").click();
    w.harness.run();
    let titles: Vec<_> = w.documents().iter().map(|d| d.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(titles, ["Boats", "Crabs", "Nets", "Żółwie"]);
    w.press(&[(CTRL, Key::ArrowDown)]);
    w.until("the next is open", |w| w.title() == "Crabs");
}

#[test]
fn the_status_of_several_documents_is_set_as_one_step_and_undone_from_anywhere() {
    let mut w = Window::with_project(&FOUR);
    w.key(Key::Slash).key(Key::ArrowDown);
    w.press(&[
        (Modifiers::NONE, Key::ArrowDown),
        (Modifiers::SHIFT, Key::ArrowDown),
        (Modifiers::SHIFT, Key::ArrowDown),
    ]);
    w.harness.get_by_label("3 chosen");
    w.press(&[(shift(CTRL), Key::S)]).key(Key::Num3);
    w.until("they are done", |w| w.documents().iter().filter(|d| d.ends_with(", done")).count() == 3);
    assert_eq!(w.documents()[0], "Crabs, not started");
    w.harness.get_by_label("3 of 4 done");
    w.harness.get_by_label("3 documents: done");
    w.until("all is saved", |w| {
        w.read(|app| app.session().unwrap().file_status() == byline::session::SaveStatus::Saved)
    });
    let file = w.folder.path().join("harbour/annotations/maria/0002-nets.ron");
    assert!(std::fs::read_to_string(file).unwrap().contains("status: Done"));
    // Another document is open, in which nothing was done.
    assert_eq!(w.title(), "Crabs");
    w.key(Key::Escape);
    w.press(&[(CTRL, Key::Z)]);
    assert!(w.statuses().iter().all(|d| d.ends_with("not started")), "{:?}", w.documents());
    w.press(&[(shift(CTRL), Key::Z)]);
    assert_eq!(w.statuses().iter().filter(|d| d.ends_with(", done")).count(), 3);
    // One document, by the mouse: a click on its dot.
    let rect = w.harness.get_by_label("Crabs, not started").rect();
    let dot = pos2(rect.left() + 20.0, rect.top() + 17.0);
    w.harness.drag_at(dot);
    w.harness.step();
    w.harness.drop_at(dot);
    w.harness.run();
    w.harness.get_by_label("Needs a second look").click();
    w.harness.run();
    assert_eq!(w.documents()[0], "Crabs, needs a second look");
}

#[test]
fn ten_thousand_documents_are_listed_found_and_walked_through() {
    const MANY: usize = 10_000;
    let mut w = Window::new([1360.0, 850.0], egui::Theme::Light);
    let path = w.folder.path().join("harbour");
    project(&path, &[("Crabs", ARTICLE)]);
    // Their texts are not there: nobody opens them.
    let file = path.join("project.ron");
    let source = std::fs::read_to_string(&file).unwrap();
    let first = source.lines().find(|line| line.contains("0001-crabs")).unwrap().to_owned();
    let more =
        |n: usize| first.replace("0001-crabs", &format!("{:04}-z", n + 1)).replace("Crabs", &format!("Żółw {n}"));
    let all: Vec<_> = std::iter::once(first.clone()).chain((1..MANY).map(more)).collect();
    std::fs::write(&file, source.replace(&first, &all.join("\n"))).unwrap();
    w.open();
    let drawn = w.documents();
    assert!((8..40).contains(&drawn.len()) && drawn[1] == "Żółw 1, not started", "{drawn:?}");
    w.harness.get_by_label("0 of 10000 done");
    w.key(Key::Slash).key(Key::ArrowDown).key(Key::End);
    w.harness.run();
    assert_eq!(w.documents().last().unwrap(), "Żółw 9999, not started");
    w.key(Key::Slash);
    w.type_text("99");
    w.until("some are found", |w| w.documents().first().is_some_and(|d| d == "Żółw 98, not started"));
    // Żółw 98 has the id 0099-z: what is typed may be either.
    let found = (1..MANY).filter(|n| format!("{n} {:04}", n + 1).contains("99")).count();
    w.harness.get_by_label(&format!("{found} of 10000"));
    assert!(w.documents().len() < 40);
}

#[test]
fn the_list_of_annotations_is_sorted_filtered_and_walked_through() {
    let mut w = Window::with_project(&FOUR);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2).key(Key::Escape).key(Key::Escape);
    w.press(&[(CTRL, Key::Home), (Modifiers::ALT, Key::ArrowDown)]).key(Key::W).key(Key::Num4).key(Key::Escape);
    w.press(&[(Modifiers::ALT, Key::ArrowDown)]).key(Key::W).key(Key::Num1).key(Key::Escape).key(Key::Escape);
    let labels = |w: &Window| {
        let rows = w.harness.query_all(By::new().role(Role::ListItem)).filter_map(|row| row.accesskit_node().label());
        // Not what is left to check, which stands on the left.
        let rows = rows.filter(|name| !name.contains(" without "));
        let label = |name: String| name.split(' ').next().unwrap_or_default().to_owned();
        rows.map(label).filter(|l| ["Claim", "Organisation", "Speaker"].contains(&l.as_str())).collect::<Vec<_>>()
    };
    w.harness.get_by_label("All 3").click();
    w.harness.run();
    assert_eq!(labels(&w), ["Claim", "Organisation", "Speaker"]);
    w.harness.get_by_label("By place, sorted forwards").click();
    w.harness.run();
    assert_eq!(labels(&w), ["Speaker", "Organisation", "Claim"]);
    // F6 leads into the text, and from there into the list; an arrow selects and shows, Enter leads into the text.
    w.key(Key::Escape).key(Key::F6).key(Key::F6).key(Key::Home).key(Key::ArrowDown);
    let organisation = w.layer(|l| l.annotations().find(|a| &*a.label == "organisation").unwrap().id);
    assert_eq!(w.read(App::selected), Some(organisation));
    w.key(Key::Enter);
    w.harness.run();
    w.key(Key::Num3);
    assert_eq!(w.layer(|l| l.get(organisation).unwrap().label.to_string()), "statistic");
    w.press(&[(CTRL, Key::Z)]);
    // By label, with the chip of the list: there is one of the same name at the top.
    let chips: Vec<_> = w.harness.query_all_by_label("Speaker").collect();
    chips.last().unwrap().click();
    w.harness.run();
    assert_eq!(labels(&w), ["Speaker"]);
    w.harness.get_by_label("1 of 3");
    w.harness.get_by_label("Filter by text, label, value or note").focus();
    w.harness.run();
    w.type_text("nothing of this kind");
    w.until("it is looked through", |w| w.harness.query_by_label("Nothing found").is_some());
    w.harness.get_by_label("Show all").click();
    w.harness.run();
    assert_eq!(labels(&w).len(), 3);
}

/// A project whose article has an annotation of two fragments, with an attribute and a value that nobody knows.
fn strange(w: &Window) -> AnnotationId {
    let path = w.folder.path().join("harbour");
    project(&path, &[("Crabs", ARTICLE)]);
    let (folder, mut project) = ProjectFolder::open(&path).unwrap();
    let text = folder.load_text(&project.documents[0]).unwrap();
    let topics = AttributeKind::Several(vec!["fish".into(), "prices".into()]);
    let claim = project.scheme.labels.iter_mut().find(|l| &*l.name == "claim").unwrap();
    claim.attributes.push(AttributeDef {
        name: "topics".into(),
        title: "Topics".into(),
        kind: topics,
        description: String::new(),
    });
    let key = LayerKey { document: project.documents[0].id.clone(), annotator: "maria".into() };
    let mut layer = Layer::new(key, text);
    let place = |words: &str| ARTICLE.find(words).map(|at| (at, at + words.len())).unwrap();
    let fragment = |words| byline::model::Fragment::new(place(words).0, place(words).1).unwrap();
    let span = Span::new(vec![fragment("café prices"), fragment("25 %")]).unwrap();
    let values = [("quotation", "reported"), ("mood", "żółty")].map(|(n, v)| (n.into(), Value::from(v)));
    let provenance = Provenance::new(
        Origin::Import { format: "doccano".into(), file: "quay.jsonl".into() },
        chrono::DateTime::from_timestamp(1_795_428_059, 0).unwrap(),
    );
    let id = AnnotationId(1);
    let attributes = values.into_iter().collect();
    layer.insert(Annotation { id, label: "claim".into(), span, attributes, note: String::new(), provenance }).unwrap();
    let mut state = State::new(project);
    state.load_layer(layer);
    folder.save(&state, &Dirty::everything(&state)).unwrap();
    id
}

#[test]
fn the_card_shows_what_the_scheme_does_not_know_and_takes_it_away() {
    let mut w = Window::new([1360.0, 850.0], egui::Theme::Light);
    let id = strange(&w);
    w.open();
    w.key(Key::Tab);
    w.harness.run();
    w.harness.get_by_label("the scheme does not know this attribute");
    w.harness.get_by_label_contains("expected one of direct");
    w.harness.get_by_label_contains("Imported from quay.jsonl (doccano)");
    w.harness.get_by_label("Remove value of mood").click();
    w.harness.run();
    w.harness.get_by_label("Remove value of quotation").click();
    w.harness.run();
    assert!(w.layer(|l| l.get(id).unwrap().attributes.is_empty()));
    w.harness.get_by_label("Topics: prices").click();
    w.harness.run();
    w.harness.get_by_label("Topics: fish").click();
    w.harness.run();
    let topics = Value::List(vec!["fish".into(), "prices".into()]);
    assert_eq!(w.layer(|l| l.get(id).unwrap().attributes.get("topics").cloned()), Some(topics));
    w.harness.get_by_label("Remove fragment 1: café prices").click();
    w.harness.run();
    assert_eq!(w.marks(), ["claim: 25 %"]);
    assert!(w.harness.query_by_label_contains("Remove fragment").is_none());
    for _ in 0..5 {
        w.press(&[(CTRL, Key::Z)]);
    }
    assert_eq!(w.layer(|l| l.get(id).unwrap().attributes.len()), 2);
}

#[test]
fn an_entity_is_made_and_found_from_the_card() {
    let mut w = Window::with_project(&FOUR);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::W).key(Key::Num1);
    let entity = |w: &Window| {
        let id = w.read(App::selected).unwrap();
        w.layer(|l| l.get(id).unwrap().attributes.get("entity").map(ToString::to_string))
    };
    let field = |w: &mut Window| {
        let field = w.harness.query_all(By::new().role(Role::TextInput));
        field
            .into_iter()
            .find(|n| n.accesskit_node().label().is_some_and(|l| l.starts_with("Who it is")))
            .unwrap()
            .focus();
        w.harness.run();
    };
    field(&mut w);
    w.type_text("Zoë Müller");
    w.harness.get_by_label_contains("New person “Zoë Müller”");
    w.key(Key::Enter);
    w.harness.run();
    assert_eq!(entity(&w).as_deref(), Some("e1"));
    w.read(|app| {
        let project = app.session().unwrap().project();
        let made = project.entities.values().next().unwrap();
        assert_eq!((made.name.as_str(), made.kind), ("Zoë Müller", EntityKind::Person));
    });
    w.harness.get_by_label("Who it is: Zoë Müller");
    // Another mark finds it by a part of the name.
    w.key(Key::Escape).key(Key::Escape);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::W).key(Key::Num1);
    assert_eq!(entity(&w), None);
    field(&mut w);
    w.type_text("müll");
    w.key(Key::Enter);
    w.harness.run();
    assert_eq!(entity(&w).as_deref(), Some("e1"));
    w.press(&[(CTRL, Key::Z); 1]);
    assert_eq!(entity(&w), None);
}

#[test]
fn a_note_has_several_lines_and_is_kept_when_the_document_changes() {
    let mut w = Window::with_project(&FOUR);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::W).key(Key::Num1).key(Key::M);
    w.type_text("première");
    w.press(&[(Modifiers::SHIFT, Key::Enter)]);
    w.type_text("żółw");
    let id = w.read(App::selected).unwrap();
    w.press(&[(CTRL, Key::ArrowDown)]);
    w.until("the next document is open", |w| w.title() == "Nets");
    w.press(&[(CTRL, Key::ArrowUp)]);
    w.until("the first is open again", |w| w.title() == "Crabs");
    assert_eq!(w.layer(|l| l.get(id).unwrap().note.clone()), "première\nżółw");
}

#[test]
fn a_link_is_made_by_choosing_the_other_end_from_a_list() {
    let mut w = Window::with_project(&FOUR);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2).key(Key::Escape).key(Key::Escape);
    w.press(&[(CTRL, Key::Home), (Modifiers::ALT, Key::ArrowDown)]).key(Key::W).key(Key::Num1);
    w.harness.run();
    w.harness.get_by_label("List…").click();
    w.harness.run();
    w.type_text("café");
    w.key(Key::Enter);
    w.harness.run();
    let links = w.layer(|l| l.links().map(|l| (l.kind.to_string(), l.from, l.to)).collect::<Vec<_>>());
    assert_eq!(links, [("says".to_owned(), AnnotationId(2), AnnotationId(1))]);
    w.harness.get_by_label_contains("says We have café prices");
}

#[test]
fn what_went_wrong_stays_beside_the_text_until_it_is_dismissed() {
    let mut w = Window::with_project(&FOUR);
    let paragraph = |w: &Window| w.harness.get_by_label_contains("הדובר אמר שלום").rect();
    let before = paragraph(&w);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::W).key(Key::Num1);
    // The same again is refused.
    w.press(&[(Modifiers::NONE, Key::Escape), (CTRL, Key::Home)]);
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::W).key(Key::Num1);
    let alerts = |w: &Window| w.harness.query_all_by_role(Role::Alert).count();
    w.harness.run_steps(3);
    assert_eq!(alerts(&w), 1);
    let alert = w.harness.query_all_by_role(Role::Alert).next().unwrap();
    let (rect, live) = (alert.rect(), alert.accesskit_node().live());
    assert_eq!(live, egui::accesskit::Live::Assertive);
    // The text did not move, and nothing lies over it.
    assert_eq!(paragraph(&w), before);
    assert!(rect.top() > w.harness.get_by_label_contains("Fishers").rect().bottom());
    w.press(&[(shift(CTRL), Key::X)]);
    w.harness.run_steps(3);
    assert_eq!(alerts(&w), 0);
}

#[test]
fn forty_labels_have_room_and_keys() {
    let mut w = Window::new([900.0, 650.0], egui::Theme::Light);
    let path = w.folder.path().join("harbour");
    project(&path, &FOUR);
    let (folder, mut project) = ProjectFolder::open(&path).unwrap();
    let template = project.scheme.labels[0].clone();
    let keys = ('a'..='z').chain('A'..='Z').filter(|c| !"wsqpemlnN".contains(*c));
    for (n, key) in keys.take(36).enumerate() {
        let mut label = template.clone();
        (label.name, label.title) = (format!("label{n}").as_str().into(), format!("Label with number {n}"));
        label.key = Some(key);
        project.scheme.labels.push(label);
    }
    let count = project.scheme.labels.iter().filter(|l| l.on).count();
    assert!(count >= 40, "{count}");
    folder.save(&State::new(project), &Dirty::project()).unwrap();
    drop(folder);
    w.open();
    let more = w.harness.get_by_label_contains("+").accesskit_node().label().unwrap();
    let hidden: usize = more.trim_start_matches('+').parse().unwrap();
    assert!(hidden > 30 && hidden < count, "{more}");
    let commands = w.harness.get_by_label("Commands").rect();
    assert!(w.harness.get_by_label(&more).rect().right() < commands.left());
    // A label that has no chip has its key all the same.
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::W).key(Key::Z);
    assert!(w.marks()[0].starts_with("label"), "{:?}", w.marks());
    // And it can be chosen from the menu.
    w.key(Key::Escape);
    w.press(&[(CTRL, Key::End)]).key(Key::W);
    w.harness.get_by_label(&more).click();
    w.harness.run();
    w.harness.get_by_role_and_label(Role::Button, "Label with number 3").click();
    w.harness.run();
    assert!(w.marks().iter().any(|m| m.starts_with("label3:")), "{:?}", w.marks());
}
