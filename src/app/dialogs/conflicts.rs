//! What two sides changed differently, side by side, for a person to decide. Until then ours stays.

use super::{After, buttons, modal};
use crate::app::App;
use crate::app::fonts::Face;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{muted, radio};
use crate::merge::{Choice, Conflict, resolve};
use crate::model::{Annotation, Layer, LayerKey, Link, Scheme, counted};
use crate::session::Session;
use eframe::egui::{self, RichText, Ui};

/// More are asked about when these are decided.
const AT_ONCE: usize = 100;

/// The conflicts of a layer.
pub struct Conflicts {
    key: LayerKey,
    open: Vec<Conflict>,
    choices: Vec<Choice>,
    problem: Option<String>,
}

impl Conflicts {
    /// What is to be decided in a layer.
    pub fn new(key: LayerKey, conflicts: Vec<Conflict>) -> Self {
        let choices = vec![Choice::Ours; conflicts.len()];
        Self { key, open: conflicts, choices, problem: None }
    }
}

fn annotation_in_words(annotation: Option<&Annotation>, layer: Option<&Layer>, scheme: &Scheme) -> String {
    let Some(annotation) = annotation else { return "deleted".to_owned() };
    let title =
        scheme.label(&annotation.label).map_or_else(|| annotation.label.to_string(), |l| l.title.to_lowercase());
    let quote = layer.filter(|layer| layer.text().check(&annotation.span).is_ok());
    let quote = quote.map(|layer| layer.text().quote(&annotation.span)).unwrap_or_default();
    let mut words = format!("{title}: “{}”", crate::app::words::shortened(&quote, 120));
    for (name, value) in &annotation.attributes {
        words.push_str(&format!("\n{name}: {value}"));
    }
    if !annotation.note.is_empty() {
        words.push_str(&format!("\nnote: {}", annotation.note));
    }
    words
}

fn link_in_words(link: Option<&Link>) -> String {
    let Some(link) = link else { return "deleted".to_owned() };
    let note = if link.note.is_empty() { String::new() } else { format!("\nnote: {}", link.note) };
    format!("{} from {} to {}{note}", link.kind, link.from, link.to)
}

fn sides(conflict: &Conflict, layer: Option<&Layer>, scheme: &Scheme) -> [String; 2] {
    match conflict {
        Conflict::Annotation(conflict) => {
            [&conflict.sides.ours, &conflict.sides.theirs].map(|side| annotation_in_words(side.as_ref(), layer, scheme))
        }
        Conflict::Link(conflict) => {
            [&conflict.sides.ours, &conflict.sides.theirs].map(|side| link_in_words(side.as_ref()))
        }
        Conflict::Status(sides) => [sides.ours, sides.theirs]
            .map(|status| status.map_or("nothing", crate::app::panels::documents::status_name).to_owned()),
    }
}

/// Whether both can stay.
fn can_be_both(conflict: &Conflict) -> bool {
    match conflict {
        Conflict::Annotation(conflict) => conflict.sides.ours.is_some() && conflict.sides.theirs.is_some(),
        Conflict::Link(_) | Conflict::Status(_) => false,
    }
}

impl Conflicts {
    fn show(&mut self, ui: &mut Ui, layer: Option<&Layer>, scheme: &Scheme) {
        let palette = Palette::current(ui);
        let intro = format!(
            "Others changed this layer outside while it was open here. In {} both changed the same: ours stays until \
             you decide. Each decision can be undone.",
            counted(self.open.len(), "place")
        );
        ui.add(egui::Label::new(muted(ui, intro)).wrap());
        ui.add_space(8.0);
        let height = (ui.ctx().content_rect().height() - 300.0).clamp(120.0, 420.0);
        egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            ui.set_width(ui.available_width() - 14.0);
            for (n, conflict) in self.open.iter().enumerate().take(AT_ONCE) {
                let [ours, theirs] = sides(conflict, layer, scheme);
                ui.push_id(n, |ui| {
                    ui.label(RichText::new(conflict.to_string()).font(Face::SemiBold.size(size::BODY)));
                    let width = (ui.available_width() - 12.0) / 2.0;
                    ui.horizontal_top(|ui| {
                        for (choice, name, words) in
                            [(Choice::Ours, "Ours", &ours), (Choice::Theirs, "Theirs", &theirs)]
                        {
                            ui.vertical(|ui| {
                                ui.set_width(width);
                                if radio(ui, self.choices[n] == choice, name).clicked() {
                                    self.choices[n] = choice;
                                }
                                let text = RichText::new(words).color(palette.ink).size(size::SMALL);
                                ui.add(egui::Label::new(text).wrap());
                            });
                        }
                    });
                    if can_be_both(conflict) && radio(ui, self.choices[n] == Choice::Both, "Both").clicked() {
                        self.choices[n] = Choice::Both;
                    }
                    ui.separator();
                });
            }
        });
        if self.open.len() > AT_ONCE {
            let more = counted(self.open.len() - AT_ONCE, "more place");
            ui.label(muted(ui, format!("{more}: ours stays there; decide in “All annotations”")));
        }
        if let Some(problem) = &self.problem {
            ui.label(RichText::new(problem).color(palette.error));
        }
    }
}

impl App {
    pub(super) fn conflicts_dialog(&mut self, ctx: &egui::Context, dialog: &mut Conflicts) -> After {
        let Some(session) = &self.session else { return After::Close };
        let (pressed, close) = modal(ctx, "conflicts", "Changed here and outside", 720.0, |ui| {
            dialog.show(ui, session.state().layer(&dialog.key), &session.project().scheme);
            buttons(ui, &["Keep ours", "Decide"], true)
        });
        match pressed {
            Some(1) => self.decide(dialog),
            Some(_) => After::Close,
            None if close => After::Close,
            None => After::Stay,
        }
    }

    fn decide(&mut self, dialog: &mut Conflicts) -> After {
        let Some(session) = &mut self.session else { return After::Close };
        let mut problems = Vec::new();
        for (conflict, choice) in dialog.open.iter().zip(&dialog.choices) {
            if *choice == Choice::Ours {
                continue;
            }
            let Some(layer) = session.state().layer(&dialog.key) else { continue };
            let decided = resolve(layer, conflict, *choice, &Session::stamp()).map_err(|error| error.to_string());
            let done = decided.and_then(|change| session.apply(change).map_err(|error| error.to_string()));
            problems.extend(done.err().map(|why| format!("{conflict}: {why}")));
        }
        self.summarise();
        if !problems.is_empty() {
            self.complain(format!("Not everything could be decided so; ours stays there.\n{}", problems.join("\n")));
        }
        After::Close
    }
}
