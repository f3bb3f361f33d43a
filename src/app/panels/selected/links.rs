//! The links of the card: where each leads, and making one by choosing the other end from a list.

use crate::app::actions::Action;
use crate::app::fonts::Face;
use crate::app::keymap::key_of;
use crate::app::panels::all::brief;
use crate::app::panels::{Do, capitalised};
use crate::app::theme::{Palette, size};
use crate::app::widgets::{cross_button, field, key_badge, muted, named};
use crate::edit::link;
use crate::model::{Annotation, AnnotationId, Layer, Name, Project};
use eframe::egui::{
    self, Key, Margin, Popup, PopupCloseBehavior, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

/// Among so many neighbours of an annotation the other end of a link is looked for.
const NEAR: usize = 2_000;
/// No more are offered at a time.
const MOST: usize = 40;

/// The list of possible other ends, while it is open.
#[derive(Default)]
pub struct Finder {
    text: String,
    /// What could be linked, the nearest first; made when the list opens.
    found: Option<Vec<End>>,
}

/// A link that could be made.
struct End {
    /// “Says”.
    title: String,
    kind: Name,
    from: AnnotationId,
    to: AnnotationId,
    /// The other annotation, and the beginning of what it covers.
    other: AnnotationId,
    text: String,
}

impl Finder {
    /// One row for each link, and one to make another.
    pub fn rows(&mut self, ui: &mut Ui, project: &Project, layer: &Layer, a: &Annotation, out: &mut Vec<Do>) {
        for link in layer.links_of(a.id) {
            let outgoing = link.from == a.id;
            let title = match project.scheme.link(&link.kind) {
                Some(def) if outgoing => def.title.as_str(),
                Some(def) => &def.inverse,
                None => &link.kind,
            };
            let Some(other) = layer.get(if outgoing { link.to } else { link.from }) else { continue };
            field(ui, &capitalised(title), |ui| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 4.0;
                    if end(ui, project, other, &brief(layer, other, 120), title) {
                        out.push(Do::Select(other.id));
                    }
                    let cross = cross_button(ui, &format!("Remove link {title}"));
                    if cross.on_hover_text("Remove this link").clicked() {
                        out.push(Do::Unlink(link.id));
                    }
                });
                let departure = project.scheme.link_departure(
                    link,
                    if outgoing { &a.label } else { &other.label },
                    if outgoing { &other.label } else { &a.label },
                );
                if let Some(departure) = departure {
                    super::problem(ui, &departure.to_string());
                }
            });
            ui.add_space(4.0);
        }
        let possible = project.scheme.links.iter().any(|l| l.from.contains(&a.label) || l.to.contains(&a.label));
        if possible {
            field(ui, "", |ui| ui.horizontal(|ui| self.make(ui, project, layer, a, out)));
        }
    }

    /// The buttons that make a link: in the text, or from the list.
    fn make(&mut self, ui: &mut Ui, project: &Project, layer: &Layer, a: &Annotation, out: &mut Vec<Do>) {
        ui.spacing_mut().item_spacing.x = 4.0;
        // Flush with the fields above and below.
        ui.spacing_mut().button_padding.x = 4.0;
        ui.add_space(-4.0);
        let button = egui::Button::new(muted(ui, "Link…")).frame_when_inactive(false);
        if ui.add(button).on_hover_text("Then click the other mark, or type its number").clicked() {
            out.push(Do::Run(Action::Link));
        }
        let key = key_of(ui, Action::Link);
        key_badge(ui, &key);
        let button = ui.add(egui::Button::new(muted(ui, "List…")).frame_when_inactive(false));
        let popup = Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let shown = popup.show(|ui| {
            ui.set_width(320.0);
            let chosen = self.list(ui, project, layer, a);
            if let Some(todo) = chosen {
                out.push(todo);
                ui.close();
            }
        });
        if shown.is_none() {
            *self = Self::default();
        }
        button.on_hover_text("Choose the other mark from a list");
    }

    fn list(&mut self, ui: &mut Ui, project: &Project, layer: &Layer, a: &Annotation) -> Option<Do> {
        let opened = self.found.is_none();
        let found = self.found.get_or_insert_with(|| ends(project, layer, a));
        let field = egui::TextEdit::singleline(&mut self.text).hint_text("Find the other mark");
        let response = ui.add(field.desired_width(f32::INFINITY).margin(Margin::symmetric(8, 5)));
        named(ui, &response, "Find the other mark");
        if opened {
            response.request_focus();
        }
        ui.add_space(4.0);
        let wanted = self.text.trim().to_lowercase();
        let fits = |end: &&End| {
            wanted.is_empty() || end.text.to_lowercase().contains(&wanted) || end.title.to_lowercase().contains(&wanted)
        };
        let fitting: Vec<_> = found.iter().filter(fits).take(MOST).collect();
        let enter = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let mut chosen = fitting.first().filter(|_| enter).copied();
        if fitting.is_empty() {
            let why = if found.is_empty() { "No mark near this one can be linked to it" } else { "Nothing found" };
            ui.label(muted(ui, why));
        }
        ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            for found in fitting {
                ui.label(muted(ui, &found.title).size(size::CAPTION));
                if let Some(other) = layer.get(found.other)
                    && end(ui, project, other, &found.text, &found.title)
                {
                    chosen = Some(found);
                }
            }
        });
        chosen.map(|end| Do::Link(end.kind.clone(), end.from, end.to))
    }
}

/// What can be linked to an annotation, the nearest first.
fn ends(project: &Project, layer: &Layer, a: &Annotation) -> Vec<End> {
    let end = |other: &Annotation| {
        let candidates = link::candidates(layer, &project.scheme, a.id, other.id);
        let text = if candidates.is_empty() { String::new() } else { brief(layer, other, 120) };
        let end = |c: link::Candidate| {
            let title = capitalised(if c.from == a.id { &c.def.title } else { &c.def.inverse });
            End { title, kind: c.def.name.clone(), from: c.from, to: c.to, other: other.id, text: text.clone() }
        };
        candidates.into_iter().map(end).collect::<Vec<_>>()
    };
    layer.nearest(a.id).take(NEAR).flat_map(end).collect()
}

/// A button that shows an annotation: its colour and its text, cut where there is no room.
fn end(ui: &mut Ui, project: &Project, other: &Annotation, text: &str, title: &str) -> bool {
    let palette = Palette::current(ui);
    let colour = project.scheme.label(&other.label).map_or(palette.muted, |l| palette.ink_of(l.colour));
    // Room for a cross behind it.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 26.0, 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{title} {text}")));
    let border = if response.has_focus() { palette.accent } else { palette.line };
    let fill = match (response.is_pointer_button_down_on(), response.hovered()) {
        (true, _) => palette.line,
        (false, true) => palette.hover,
        (false, false) => palette.panel,
    };
    ui.painter().rect(rect, 5, fill, Stroke::new(1.0, border), StrokeKind::Inside);
    ui.painter().rect_filled(rect.with_max_x(rect.left() + 3.0), 2, colour);
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), Face::Sans.size(size::BODY), palette.ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 18.0);
    let galley = ui.painter().layout_job(job);
    let cut = galley.elided;
    ui.painter().galley(rect.left_center() + vec2(11.0, -galley.size().y / 2.0), galley, palette.ink);
    let response = if cut { response.on_hover_text(text) } else { response };
    response.clicked()
}
