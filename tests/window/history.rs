//! What was done, who said what: the lists of the right panel beside that of all annotations.

use super::*;
use byline::edit::{annotate, link};
use byline::model::Span;
use byline::session::{self, Session};
use egui::Role;
use egui_kittest::kittest::By;

/// Names of the rows of the list that is shown on the right.
fn rows(w: &Window) -> Vec<String> {
    let rows = w.harness.query_all(By::new().role(Role::ListItem));
    // The documents, and what is left to check, stand on the left.
    let right = rows.filter(|row| row.rect().left() > w.harness.ctx.content_rect().width() / 2.0);
    right.filter_map(|row| row.accesskit_node().label()).collect()
}

/// The row that is marked as the point where one is.
fn now(w: &Window) -> String {
    rows(w).into_iter().find(|row| row.ends_with(", now")).unwrap()
}

#[test]
fn the_history_outlives_the_program_and_any_point_of_it_is_gone_to_with_keys() {
    let mut w = Window::with_project(&[("Crabs", ARTICLE), ("Nets", "Näts.")]);
    w.press(&[(CTRL, Key::H)]);
    // Taking the articles in was done before the window knew of it: nothing is told of it.
    assert!(w.says("Nothing was done yet"));
    w.key(Key::Escape)
        .press(&[(CTRL, Key::ArrowRight); 3])
        .key(Key::Q)
        .key(Key::Num2)
        .key(Key::Escape)
        .key(Key::Escape);
    w.press(&[(CTRL, Key::Home), (Modifiers::ALT, Key::ArrowDown)]).key(Key::W).key(Key::Num4);
    w.press(&[(CTRL, Key::Enter)]);
    w.until("the next is open", |w| w.read(|app| app.session().unwrap().current().unwrap().title == "Nets"));
    w.key(Key::W).key(Key::Num1);
    w.press(&[(CTRL, Key::ArrowUp)]);
    w.until("the first is open", |w| w.read(|app| app.session().unwrap().current().unwrap().title == "Crabs"));
    let end = w.layer(Clone::clone);
    w.saved();
    w.press(&[(CTRL, Key::W)]);
    let mut w = w.again();
    w.until("the first is open", |w| w.read(|app| app.session().unwrap().current().unwrap().title == "Crabs"));
    assert_eq!(w.layer(Clone::clone), end);
    w.press(&[(CTRL, Key::H)]);
    w.harness.run();
    let told = |w: &Window| -> Vec<String> {
        // Without the time, which is now.
        rows(w).iter().map(|row| row.split(", ").filter(|p| !p.contains(':')).collect::<Vec<_>>().join(", ")).collect()
    };
    let three = ["Set the status, now", "Mark as organisation", "Mark as claim", "As it was at the beginning"];
    assert_eq!(told(&w), three);
    // The list has the focus; its cursor is where one is. Two down, and there.
    w.key(Key::ArrowDown).key(Key::ArrowDown).key(Key::Enter);
    w.harness.run();
    assert_eq!(w.marks(), ["claim: We have café prices up 25 %,"]);
    w.harness.get_by_label("Undone: 2 steps");
    assert!(now(&w).starts_with("Mark as claim, "));
    assert_eq!(told(&w)[0], "Set the status, undone");
    // The view moved to what changed.
    assert_eq!(w.read(App::selection).start, ARTICLE.find("The Fishers").unwrap());
    // To the beginning, and all the way on again; the other document stayed as it was.
    w.key(Key::End).key(Key::Enter);
    assert!(w.layer(Layer::is_empty));
    assert_eq!(now(&w), "As it was at the beginning, now");
    w.key(Key::Home).key(Key::Enter);
    assert_eq!(w.layer(|l| (l.len(), l.status())), (end.len(), end.status()));
    assert_eq!(told(&w), three);
    // By the mouse.
    let name = rows(&w)[1].clone();
    w.click(&name);
    assert_eq!(w.layer(|l| (l.len(), l.status())), (2, Status::InProgress));
    let nets = w.read(|app| {
        let session = app.session().unwrap();
        let document = session.project().documents[1].clone();
        Session::load(session.folder(), &document, session.annotator()).unwrap().1.len()
    });
    assert_eq!(nets, 1);
}

/// Ten thousand steps, without the window.
fn many_steps(path: &std::path::Path, count: usize) {
    let (folder, project) = ProjectFolder::open(path).unwrap();
    let mut session = Session::start(session::open(folder, project, &"maria".into(), None).unwrap(), || {});
    let document = session.project().documents[0].clone();
    let (text, layer) = Session::load(session.folder(), &document, &"maria".into()).unwrap();
    session.take_in(text, layer);
    session.show(&document.id);
    let stamp = Stamp::by_hand("2026-05-01T12:00:00Z".parse().unwrap());
    for n in 0..count {
        let (layer, scheme) = (session.layer().unwrap(), &session.project().scheme);
        let change = if n == 0 {
            annotate::annotate(layer, scheme, &"claim".into(), Span::single(0, 4).unwrap(), &stamp)
        } else {
            byline::edit::note::set_note(layer, AnnotationId(1), &format!("note {n}"), &stamp)
        };
        session.apply(change.unwrap()).unwrap();
    }
    session.save_now();
    assert!(session.flusher().wait(Duration::from_secs(20)));
}

#[test]
fn thousands_of_steps_are_listed_and_gone_through() {
    const MANY: usize = 3_000;
    let mut w = Window::new([1360.0, 850.0], egui::Theme::Light);
    let path = w.folder.path().join("harbour");
    project(&path, &[("Crabs", ARTICLE)]);
    many_steps(&path, MANY);
    w.open();
    w.press(&[(CTRL, Key::H)]);
    w.harness.run();
    assert!((8..40).contains(&rows(&w).len()), "{}", rows(&w).len());
    w.key(Key::End).key(Key::ArrowUp).key(Key::ArrowUp).key(Key::Enter);
    w.harness.run();
    assert_eq!(w.layer(|l| l.get(AnnotationId(1)).unwrap().note.clone()), "note 1");
    assert!(rows(&w).len() < 40);
    w.key(Key::Home).key(Key::Enter);
    w.harness.run();
    assert_eq!(w.layer(|l| l.get(AnnotationId(1)).unwrap().note.clone()), format!("note {}", MANY - 1));
}

/// A project with claims of two speakers, of nobody, with a statistic and an organisation; made at a certain time.
pub fn said(path: &std::path::Path) {
    project(path, &[("Crabs", ARTICLE), ("Nets", "Näts.")]);
    let (folder, project) = ProjectFolder::open(path).unwrap();
    let mut session = Session::start(session::open(folder, project, &"maria".into(), None).unwrap(), || {});
    let document = session.project().documents[0].clone();
    let (text, layer) = Session::load(session.folder(), &document, &"maria".into()).unwrap();
    session.take_in(text, layer);
    session.show(&document.id);
    let stamp = |minute: u32| Stamp::by_hand(format!("2026-05-01T12:{minute:02}:00Z").parse().unwrap());
    let mut minute = 0;
    for (label, words) in [
        ("claim", "We have café prices up 25 %,"),
        ("speaker", "Zoë Müller"),
        ("statistic", "25 %"),
        ("organisation", "The Fishers’ Union"),
        ("claim", "fewer than 300 boats left port"),
        ("claim", "שלום today"),
    ] {
        let at = ARTICLE.find(words).unwrap();
        let span = Span::single(at, at + words.len()).unwrap();
        let (layer, scheme) = (session.layer().unwrap(), &session.project().scheme);
        let change = annotate::annotate(layer, scheme, &label.into(), span, &stamp(minute)).unwrap();
        session.apply(change).unwrap();
        minute += 1;
    }
    let ids = |n: u32| AnnotationId(n);
    for (from, to) in [(2, 1), (3, 1), (2, 4), (4, 3)] {
        let (layer, scheme) = (session.layer().unwrap(), &session.project().scheme);
        let kind = link::candidates(layer, scheme, ids(from), ids(to))[0].def.name.clone();
        let change = link::link(layer, scheme, &kind, ids(from), ids(to), &stamp(minute)).unwrap();
        session.apply(change).unwrap();
        minute += 1;
    }
    let layer = session.layer().unwrap();
    let (state, value) = (session.state(), byline::model::Value::Text("direct".into()));
    let quotation = byline::edit::attribute::set_attribute(
        layer,
        &state.project,
        &[AnnotationId(1)],
        &"quotation".into(),
        Some(&value),
        &stamp(minute),
    );
    session.apply(quotation.unwrap()).unwrap();
    session.save_now();
    assert!(session.flusher().wait(Duration::from_secs(20)));
}

#[test]
fn claims_are_listed_by_who_says_them_and_lead_to_their_marks() {
    let mut w = Window::new([1360.0, 850.0], egui::Theme::Light);
    said(&w.folder.path().join("harbour"));
    w.open();
    w.press(&[(CTRL, Key::L)]);
    w.harness.run();
    assert_eq!(
        rows(&w),
        [
            "Zoë Müller, 1 claim",
            "Organisation: The Fishers’ Union, affiliated with",
            "Claim: We have café prices up 25 %,, paragraph 1 · direct",
            "Statistic: 25 %, Statistic",
            "Organisation: The Fishers’ Union, sourced from",
            "Without a speaker, 2 claims",
            "Claim: fewer than 300 boats left port, paragraph 2",
            "Claim: שלום today, paragraph 3",
        ]
    );
    // An arrow selects and shows; Enter leads into the text.
    for id in [4, 1, 3] {
        w.key(Key::ArrowDown);
        assert_eq!(w.read(App::selected), Some(AnnotationId(id)));
    }
    w.key(Key::Enter);
    w.harness.run();
    w.key(Key::Delete);
    w.harness.run();
    assert_eq!(rows(&w).len(), 6, "the list follows: {:?}", rows(&w));
    w.click("Zoë Müller, 1 claim");
    assert_eq!(w.read(App::selected), Some(AnnotationId(2)));
    w.press(&[(CTRL, Key::ArrowDown)]);
    w.until("the next is open", |w| w.read(|app| app.session().unwrap().current().unwrap().title == "Nets"));
    w.harness.run();
    assert!(w.says("Nothing is marked as said"));
}

#[test]
fn tabs_without_room_are_in_a_menu_and_the_one_that_is_on_is_seen() {
    let mut w = Window::new([900.0, 700.0], egui::Theme::Light);
    said(&w.folder.path().join("harbour"));
    w.open();
    let tabs = |w: &Window| {
        let tabs = w.harness.query_all(By::new().role(Role::Tab));
        tabs.map(|tab| (tab.accesskit_node().label().unwrap(), tab.rect())).collect::<Vec<_>>()
    };
    for zoom in 0..6 {
        let edge = w.harness.ctx.content_rect().right();
        if let Some((name, rect)) = tabs(&w).iter().find(|(_, rect)| rect.right() > edge) {
            panic!("“{name}” at zoom step {zoom} ends at {} of {edge}", rect.right());
        }
        w.press(&[(CTRL, Key::Plus)]);
        w.harness.run();
    }
    w.press(&[(CTRL, Key::Num0), (CTRL, Key::L)]);
    w.harness.run();
    assert!(tabs(&w).iter().any(|(name, _)| name == "Who said what"));
}
