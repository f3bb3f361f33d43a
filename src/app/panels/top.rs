//! The bar at the top: menus, where we are, labels.

use super::Do;
use crate::app::actions::{Action, Menu, TABLE};
use crate::app::fonts::Face;
use crate::app::keymap::key_of;
use crate::app::theme::{Palette, size};
use crate::app::widgets::{Chip, focus_ring, in_ink, logo, menu, swatch};
use crate::model::{Name, Scheme};
use eframe::egui::{self, Rect, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

/// In a bar narrower than this, in points, what stands on the right is shown without its keys.
const WIDE: f32 = 1_000.0;
/// In a bar narrower than this, in points, only the commands stand there.
const NARROW: f32 = 640.0;
/// Fewer letters of a project’s name say nothing.
const SHORTEST: usize = 4;

/// So much room in points is kept for where we are, however many labels there are; less in a narrow window.
const CRUMB: f32 = 200.0;

/// How many chips fit into `room`, with the one that holds the others if not all do.
fn fitting(ui: &Ui, chips: &[(Name, Chip)], gap: f32, room: f32) -> usize {
    let widths: Vec<_> = chips.iter().map(|(_, chip)| chip.width(ui) + gap).collect();
    if widths.iter().sum::<f32>() - gap <= room {
        return chips.len();
    }
    // “+40” and its gap.
    let room = room - 54.0;
    let ends = widths.iter().scan(0.0, |end, width| {
        *end += width;
        Some(*end)
    });
    ends.take_while(|end| *end <= room).count()
}

fn tip(ui: &Ui, chip: &Chip) -> String {
    let label = chip.label.map_or("", |l| l.description.as_str());
    let usage = match (chip.on, chip.key.as_str()) {
        (true, _) => format!("Every selection gets this label; {} ends it", key_of(ui, Action::Escape)),
        (false, "") => "Marks the selection".to_owned(),
        (false, key) => format!("Marks the selection ({key})"),
    };
    if label.is_empty() { usage } else { format!("{label}\n{usage}") }
}

/// The labels for which there is no room.
fn rest_menu(ui: &mut Ui, rest: &[(Name, Chip)], out: &mut Vec<Do>) {
    let palette = Palette::current(ui);
    menu(ui, 280.0);
    egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
        for (name, chip) in rest {
            // Room for the swatch.
            let button = egui::Button::selectable(chip.on, in_ink(ui, format!("         {}", chip.text)))
                .truncate()
                .shortcut_text(&chip.key);
            let response = ui.add(button.min_size(vec2(ui.available_width(), 26.0)));
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, chip.on, chip.text));
            if let Some(label) = chip.label {
                let at = response.rect.left_center() + vec2(8.0, -5.0);
                swatch(ui.painter(), Rect::from_min_size(at, vec2(16.0, 10.0)), label, &palette);
            }
            if response.on_hover_text(tip(ui, chip)).clicked() {
                out.push(Do::Label(name.clone()));
                ui.close();
            }
        }
    });
}

/// What the bar shows.
pub struct Top<'a> {
    /// Project and document; the document may be missing.
    pub crumb: Option<(&'a str, Option<&'a str>)>,
    /// Whose labels are offered.
    pub scheme: Option<&'a Scheme>,
    /// The label that every selection gets.
    pub brush: Option<&'a Name>,
    /// Whether an action is available now.
    pub available: &'a dyn Fn(Action) -> bool,
}

impl Top<'_> {
    /// Draws the bar.
    pub fn show(&self, ui: &mut Ui, out: &mut Vec<Do>) {
        let bar = ui.max_rect();
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            self.menu(ui, out);
            let mut chips = self.chips();
            let gap = 10.0;
            let key = |action| if bar.width() >= WIDE { key_of(ui, action) } else { String::new() };
            let quiet = |text, action| Chip { text, label: None, key: key(action), on: false, quiet: true };
            let commands = quiet("Commands", Action::Palette);
            let find = quiet("Find", Action::Find);
            let mut right = bar.right() - commands.width(ui);
            let commands_at = right;
            // The menu has it too, where the bar is short.
            let find = Some(find).filter(|_| self.crumb.is_some() && bar.width() >= NARROW);
            if let Some(find) = &find {
                right -= find.width(ui) + gap;
            }
            let room = right - 16.0 - (ui.cursor().left() + CRUMB.min(bar.width() * 0.2) + 16.0);
            let rest = chips.split_off(fitting(ui, &chips, gap, room));
            let title = format!("+{}", rest.len());
            let on = rest.iter().any(|(_, chip)| chip.on);
            let more = Chip { text: &title, label: None, key: String::new(), on, quiet: true };
            let mut width: f32 = chips.iter().map(|(_, chip)| chip.width(ui) + gap).sum::<f32>() - gap;
            if !rest.is_empty() {
                width += gap + more.width(ui);
            }
            // In the middle of the window where there is room, else next to what stands on the right.
            let left = (bar.center().x - width / 2.0).min(right - 16.0 - width);
            self.crumb(ui, left - 16.0);
            let mut ui =
                ui.new_child(UiBuilder::new().max_rect(bar).layout(egui::Layout::left_to_right(egui::Align::Center)));
            ui.spacing_mut().item_spacing.x = gap;
            let row = |x: f32, width: f32| Rect::from_min_size(pos2(x, bar.center().y - 14.0), vec2(width, 28.0));
            let mut x = left;
            for (name, chip) in &chips {
                let width = chip.width(&ui);
                let mut ui = ui.new_child(UiBuilder::new().max_rect(row(x, width)).id_salt(name.as_str()));
                if chip.show(&mut ui).on_hover_text(tip(&ui, chip)).clicked() {
                    out.push(Do::Label(name.clone()));
                }
                x += width + gap;
            }
            if !rest.is_empty() {
                let mut ui = ui.new_child(UiBuilder::new().max_rect(row(x, more.width(&ui))).id_salt("more"));
                let response = more.show(&mut ui).on_hover_text("More labels; their keys work as well");
                egui::Popup::menu(&response).show(|ui| rest_menu(ui, &rest, out));
            }
            if let Some(find) = find {
                let mut ui = ui.new_child(UiBuilder::new().max_rect(row(right, find.width(&ui))).id_salt("find"));
                if find
                    .show(&mut ui)
                    .on_hover_text(format!("Find text in this document ({})", key_of(&ui, Action::Find)))
                    .clicked()
                {
                    out.push(Do::Run(Action::Find));
                }
            }
            let at = row(commands_at, commands.width(&ui));
            let mut ui = ui.new_child(UiBuilder::new().max_rect(at).id_salt("commands"));
            let tip = format!("Everything that can be done, found by typing ({})", key_of(&ui, Action::Palette));
            if commands.show(&mut ui).on_hover_text(tip).clicked() {
                out.push(Do::Run(Action::Palette));
            }
        });
    }

    /// The labels that are on, in the order of the scheme.
    fn chips(&self) -> Vec<(Name, Chip<'_>)> {
        let labels = self.scheme.map(|s| s.labels.as_slice()).unwrap_or_default();
        let chip = |l| {
            let label: &crate::model::LabelDef = l;
            let key = label.key.map(String::from).unwrap_or_default();
            let on = self.brush == Some(&label.name);
            (label.name.clone(), Chip { text: &label.title, label: Some(label), key, on, quiet: false })
        };
        labels.iter().filter(|l| l.on).map(chip).collect()
    }

    fn menu(&self, ui: &mut Ui, out: &mut Vec<Do>) {
        let palette = Palette::current(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(30.0, 28.0), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Menu"));
        if response.hovered() {
            ui.painter().rect_filled(rect, 6, palette.hover);
        }
        focus_ring(ui, &response);
        logo(ui.painter(), Rect::from_center_size(rect.center(), vec2(18.0, 18.0)), &palette);
        let response = response.on_hover_text("Menu");
        egui::Popup::menu(&response).show(|ui| {
            menu(ui, 180.0);
            for group in Menu::ALL {
                ui.menu_button(group.title(), |ui| {
                    menu(ui, 280.0);
                    for row in TABLE.iter().filter(|row| row.menu == group) {
                        let button = egui::Button::new(row.title)
                            .shortcut_text(key_of(ui, row.action))
                            .frame_when_inactive(false)
                            .min_size(vec2(ui.available_width(), 0.0));
                        let response = ui.add_enabled((self.available)(row.action), button);
                        if response.on_hover_text(row.help).clicked() {
                            out.push(Do::Run(row.action));
                            ui.close();
                        }
                    }
                });
            }
        });
    }

    fn crumb(&self, ui: &mut Ui, until: f32) {
        let palette = Palette::current(ui);
        let Some((project, document)) = self.crumb else {
            ui.label(RichText::new("Byline").font(Face::SemiBold.size(size::BODY)));
            return;
        };
        let room = (until - ui.cursor().left()).max(40.0);
        ui.scope(|ui| {
            ui.set_max_width(room);
            let mut job = egui::text::LayoutJob::default();
            let format = |font, color| egui::TextFormat { font_id: font, color, ..egui::TextFormat::default() };
            if let Some(document) = document {
                let width = |text: &str, face: Face| {
                    ui.painter().layout_no_wrap(text.to_owned(), face.size(size::BODY), palette.ink).size().x
                };
                // The document is what one wants to know; the project gets what is left, if that says anything.
                let left = room - width(document, Face::SemiBold) - width("… / ", Face::Sans);
                let mut shown = project.to_owned();
                while !shown.is_empty() && width(&shown, Face::Sans) > left {
                    shown.pop();
                }
                let project = match shown.chars().count() {
                    _ if shown == project => format!("{project} / "),
                    0..SHORTEST => String::new(),
                    _ => format!("{}… / ", shown.trim_end()),
                };
                job.append(&project, 0.0, format(Face::Sans.size(size::BODY), palette.muted));
                job.append(document, 0.0, format(Face::SemiBold.size(size::BODY), palette.ink));
            } else {
                job.append(project, 0.0, format(Face::SemiBold.size(size::BODY), palette.ink));
            }
            ui.add(egui::Label::new(job).truncate());
        });
    }
}
