//! Writing datasets: what a format asks for stands in the dialog, and what it does not is not there.

use super::*;
use egui::Role;

fn export_is_possible(w: &Window) -> bool {
    let button = w.harness.get_by_role_and_label(Role::Button, "Export");
    !button.accesskit_node().is_disabled()
}

#[test]
fn a_dataset_is_divided_by_shares_and_seed_and_other_formats_ask_for_neither() {
    let articles: Vec<_> =
        (1..=8).map(|n| (format!("Nets {n}"), format!("Näts cost {n} crowns, said Zoë {n}."))).collect();
    let articles: Vec<_> = articles.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect();
    let mut w = Window::with_project(&articles);
    // Only documents with annotations are divided.
    for n in 1..=4 {
        let title = format!("Nets {n}");
        w.until("the document is open", |w| {
            w.read(|app| {
                app.session().is_some_and(|s| s.layer().is_some() && s.current().is_some_and(|d| d.title == title))
            })
        });
        w.press(&[(CTRL, Key::Home)]).key(Key::W).key(Key::Num1);
        w.saved();
        w.press(&[(CTRL, Key::ArrowDown)]);
    }
    w.press(&[(CTRL, Key::E)]);
    w.until("the dialog is there", |w| w.says("in 8 documents"));
    let asks = |w: &Window, name: &str| w.harness.query_all_by_label_contains(name).next().is_some();
    for name in ["Split: ", "Shares", "Seed", "Licence"] {
        assert!(!asks(&w, name), "{name}");
    }
    // The list is longer than it is high: letters lead to what is below.
    w.click("Format: CSV tables");
    for letter in ["h", "u"] {
        w.harness.event(egui::Event::Text(letter.to_owned()));
        w.harness.run_steps(2);
    }
    w.key(Key::Enter);
    w.until("the format is chosen", |w| w.says("Format: Hugging Face dataset folder"));
    assert!(asks(&w, "Licence") && !asks(&w, "Shares") && !asks(&w, "Seed"), "it is not divided yet");
    w.click("Split: date");
    assert!(asks(&w, "Shares") && !asks(&w, "Seed"), "dates leave nothing to chance");
    w.click("Split: random");
    assert_eq!(w.harness.get_by_label("Shares").value().as_deref(), Some("80/10/10"));
    assert_eq!(w.harness.get_by_label("Seed").value().as_deref(), Some("1"));
    for (name, wrong, right) in [("Shares", "a half", "50 / 25 / 25"), ("Seed", "-7", "7")] {
        w.fill(name, wrong);
        w.until("it is said", |w| w.says("expected"));
        assert!(!export_is_possible(&w), "{name}");
        w.fill(name, right);
        w.until("it is counted", |w| w.says("in 8 documents") && !w.says("expected") && export_is_possible(w));
    }
    w.fill("Licence", "cc-by-4.0");
    let target = w.folder.path().join("dataset");
    w.fill("Where to", target.to_str().unwrap());
    w.click("Export");
    w.until("it is written", |w| w.says("Exported"));
    w.harness.run_steps(4);
    let card = std::fs::read_to_string(target.join("README.md")).unwrap();
    for words in ["By chance, with the seed 7.", "50 : 25 : 25", "license: \"cc-by-4.0\""] {
        assert!(card.contains(words), "{words}\n{card}");
    }
    assert!(w.says("README.md") && !w.says("--"), "no option of the command line");
    let (shown, asked) = std::sync::mpsc::channel();
    let no_file_manager = std::io::ErrorKind::NotFound;
    w.app(|app| {
        app.reveal_with(move |path| {
            let _ = shown.send(path.to_owned());
            Err(no_file_manager.into())
        });
    });
    w.click("Show in folder");
    assert_eq!(asked.recv_timeout(std::time::Duration::from_secs(20)).unwrap(), target);
    w.until("it is said", |w| w.says("The folder cannot be shown (entity not found); its path was copied"));
    w.click("Close");
}
