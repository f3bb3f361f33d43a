//! Pictures of the window in both themes: they are in the repository and were looked at beside the mocks.

use super::*;

/// Compares the window with its picture, when all is saved and a frame after the minutes of the session were set back.
fn snapshot(w: &mut Window, name: String) {
    let saved =
        |app: &App| app.session().is_none_or(|session| session.file_status() == byline::session::SaveStatus::Saved);
    w.until("all is saved", |w| w.read(saved));
    w.app(App::restart_clock);
    w.harness.step();
    w.harness.snapshot(name);
}

/// One small story through the principal states; the pictures are in the repository and were looked at.
fn take_pictures(theme: egui::Theme) {
    let name = |state: &str| format!("{state}-{}", if theme == egui::Theme::Dark { "slate" } else { "paper" });
    let mut w = Window::new([1100.0, 700.0], theme);
    w.harness.run();
    snapshot(&mut w, name("start"));
    let long = "A title that is much too long for the narrow panel";
    project(&w.folder.path().join("harbour"), &[("Crabs", ARTICLE), (long, "Näts.")]);
    w.open();
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2);
    w.key(Key::Escape).key(Key::P).key(Key::Num3);
    w.key(Key::Escape);
    w.press(&[(CTRL, Key::Home), (Modifiers::ALT, Key::ArrowDown)]);
    w.press(&[(CTRL, Key::ArrowRight), (shift(CTRL), Key::ArrowRight)]).key(Key::Num4);
    w.press(&[(Modifiers::SHIFT, Key::Tab)]);
    w.saved();
    w.harness.run_steps(60);
    snapshot(&mut w, name("annotating"));
    for (state, keys) in [
        ("palette", &[(CTRL, Key::K)][..]),
        ("keys", &[(Modifiers::NONE, Key::Questionmark)]),
        ("settings", &[(CTRL, Key::Comma)]),
        ("scheme", &[(shift(CTRL), Key::M)]),
        ("find", &[(CTRL, Key::F)]),
        ("reading", &[(Modifiers::NONE, Key::Escape), (Modifiers::NONE, Key::F11)]),
    ] {
        w.press(keys);
        w.harness.run_steps(20);
        if state == "scheme" {
            w.until("the work is counted", |w| !w.harness.get_by_label("Delete label").accesskit_node().is_disabled());
        }
        if state == "find" {
            w.harness.event(egui::Event::Text("Müller".into()));
            w.until("it is found", |w| w.says("1 of 2"));
            w.harness.run_steps(20);
        }
        snapshot(&mut w, name(state));
        w.key(Key::Escape);
        w.harness.run_steps(4);
    }
    w.harness.set_size(egui::vec2(900.0, 700.0));
    w.press(&[(shift(CTRL), Key::M)]);
    w.harness.run_steps(20);
    snapshot(&mut w, name("scheme-narrow"));
    w.key(Key::Escape);
    w.harness.run_steps(4);
    w.press(&[(Modifiers::NONE, Key::Tab)]).click("All 3");
    w.harness.run_steps(20);
    snapshot(&mut w, name("narrow"));
    w.press(&[(CTRL, Key::F)]);
    w.harness.run_steps(20);
    w.harness.event(egui::Event::Text("o".into()));
    w.until("it is found", |w| w.says(" of "));
    w.harness.run_steps(20);
    snapshot(&mut w, name("find-narrow"));
}

/// What is there only for a while: dialogs of work, a menu, a message, documents chosen together, an empty project.
fn take_pictures_of_the_rest(theme: egui::Theme) {
    let name = |state: &str| format!("{state}-{}", if theme == egui::Theme::Dark { "slate" } else { "paper" });
    let mut w = Window::new([1100.0, 700.0], theme);
    project(&w.folder.path().join("harbour"), &[]);
    let ctx = w.harness.ctx.clone();
    let path = w.folder.path().join("harbour");
    w.app(|app| app.open_paths(&ctx, vec![path.clone()]));
    w.until("the project is open", |w| w.read(|app| app.session().is_some()));
    w.harness.run_steps(20);
    snapshot(&mut w, name("empty"));
    // Where it was, another one is opened.
    std::fs::remove_dir_all(&path).unwrap();
    w.press(&[(CTRL, Key::W)]);
    project(&w.folder.path().join("harbour"), &[("Crabs", ARTICLE), ("Nets", "Näts."), ("Quay", "The Quay wrote.")]);
    w.open();
    w.press(&[(CTRL, Key::ArrowRight); 3]).key(Key::Q).key(Key::Num2).key(Key::Escape);
    let folder = super::importing::mixed(&w);
    let ctx = w.harness.ctx.clone();
    w.app(|app| app.open_paths(&ctx, vec![folder]));
    w.until("it is recognised", |w| w.says("Recognised as doccano"));
    w.harness.run_steps(20);
    snapshot(&mut w, name("import"));
    w.key(Key::Escape);
    w.press(&[(CTRL, Key::E)]);
    w.until("what is lost is known", |w| w.says("in 3 documents"));
    // The folder is another one in every run.
    w.fill("Where to", "/home/maria/harbour-csv");
    w.harness.run_steps(20);
    snapshot(&mut w, name("export"));
    w.key(Key::Escape);
    w.harness.run_steps(10);
    w.click("Menu");
    w.harness.run_steps(20);
    snapshot(&mut w, name("menu"));
    w.key(Key::Escape);
    w.harness.run_steps(10);
    w.press(&[(Modifiers::NONE, Key::F6), (CTRL, Key::Home), (Modifiers::NONE, Key::Tab), (Modifiers::NONE, Key::L)]);
    assert!(w.says("no annotation near this one can be linked"));
    // It goes by itself after some time, which a picture must not depend on.
    w.press(&[(shift(CTRL), Key::X)]);
    w.harness.run_steps(20);
    let nets = w.harness.get_by_label("Nets, not started").rect().center();
    let hold = |pressed| egui::Event::PointerButton {
        pos: nets,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: CTRL,
    };
    w.harness.hover_at(nets);
    w.harness.step();
    w.harness.input_mut().events.push(egui::Event::ModifiersChanged(CTRL));
    w.harness.input_mut().events.extend([hold(true), hold(false)]);
    w.harness.step();
    w.harness.input_mut().events.push(egui::Event::ModifiersChanged(Modifiers::NONE));
    w.harness.run_steps(20);
    snapshot(&mut w, name("chosen"));
}

/// The lists of the right panel, wide and narrow.
fn take_pictures_of_lists(theme: egui::Theme) {
    let name = |state: &str| format!("{state}-{}", if theme == egui::Theme::Dark { "slate" } else { "paper" });
    let mut w = Window::new([1100.0, 700.0], theme);
    super::history::said(&w.folder.path().join("harbour"));
    w.open();
    w.press(&[(CTRL, Key::L), (Modifiers::NONE, Key::ArrowDown), (Modifiers::NONE, Key::ArrowDown)]);
    w.harness.run_steps(20);
    snapshot(&mut w, name("ledger"));
    // The dates are those of the project; what is done now would have the time of the picture.
    w.press(&[(CTRL, Key::H)]);
    for _ in 0..3 {
        w.key(Key::ArrowDown);
    }
    w.key(Key::Enter);
    w.press(&[(shift(CTRL), Key::X)]);
    w.until("it is no longer said", |w| !w.says("Undone: "));
    w.harness.run_steps(20);
    snapshot(&mut w, name("history"));
    w.harness.set_size(egui::vec2(900.0, 700.0));
    w.press(&[(CTRL, Key::L)]);
    w.harness.run_steps(20);
    snapshot(&mut w, name("ledger-narrow"));
}

#[test]
fn lists_look_as_they_did_on_paper() {
    take_pictures_of_lists(egui::Theme::Light);
}

#[test]
fn lists_look_as_they_did_on_slate() {
    take_pictures_of_lists(egui::Theme::Dark);
}

#[test]
fn what_is_there_for_a_while_looks_as_it_did_on_paper() {
    take_pictures_of_the_rest(egui::Theme::Light);
}

#[test]
fn what_is_there_for_a_while_looks_as_it_did_on_slate() {
    take_pictures_of_the_rest(egui::Theme::Dark);
}

#[test]
fn the_principal_states_look_as_they_did_on_paper() {
    take_pictures(egui::Theme::Light);
}

#[test]
fn the_principal_states_look_as_they_did_on_slate() {
    take_pictures(egui::Theme::Dark);
}

#[test]
fn a_page_of_more_letters_than_the_first_texture_holds_is_drawn_as_a_part_of_it_is() {
    let letters: Vec<char> = ('A'..='z')
        .chain('À'..='ɏ')
        .chain('Α'..='ώ')
        .chain('А'..='ӿ')
        .chain('Ạ'..='ỹ')
        .filter(|c| c.is_alphabetic())
        .collect();
    let paragraph = |n: usize| {
        let word = |word: usize| (0..7).map(|i| letters[(n * 131 + word * 17 + i * 29) % letters.len()]).collect();
        (0..9).map(word).collect::<Vec<String>>().join(" ")
    };
    let article = (0..60).map(paragraph).collect::<Vec<_>>().join("\n\n");
    let column = |height: f32| {
        let settings = "(annotator: \"maria\", theme: Light, zoom: 3.0)";
        let mut w = Window::with_files([800.0, height], egui::Theme::Light, &[("settings.ron", settings)]);
        project(&w.folder.path().join("harbour"), &[("Letters", &article)]);
        w.open();
        w.harness.run_steps(20);
        let picture = w.harness.render().unwrap();
        assert_eq!((picture.width(), picture.height()), (2400, 3 * height as u32));
        image::imageops::crop_imm(&picture, 600, 150, 1200, 450).to_image()
    };
    let (tall, low) = (column(800.0), column(280.0));
    let ink = low.pixels().filter(|pixel| pixel.0[0] < 80).count();
    assert!(ink > 2000, "there are letters: {ink}");
    // Where a letter lies in the texture decides how its borders are rounded.
    let other = tall.pixels().zip(low.pixels()).filter(|(a, b)| a != b).count();
    assert!(other < 60, "{other} pixels are others");
}
