//! The bar at the top: menus, where we are, labels.

use super::Do;
use crate::app::actions::{Action, Menu, TABLE, key_of};
use crate::app::fonts::Face;
use crate::app::theme::Palette;
use crate::app::widgets::{Chip, logo};
use crate::model::{Name, Scheme};
use eframe::egui::{self, Rect, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

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
            let chips = self.chips();
            let gap = 10.0;
            let width: f32 = chips.iter().map(|(_, chip)| chip.width(ui) + gap).sum::<f32>() - gap;
            let commands = Chip { text: "Commands", label: None, key: key_of(Action::Palette), on: false, quiet: true };
            let right = bar.right() - commands.width(ui);
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
                let label = chip.label;
                let tip = label.map_or("", |l| l.description.as_str());
                let response = chip.show(&mut ui);
                let response = if tip.is_empty() { response } else { response.on_hover_text(tip) };
                if response.clicked() {
                    out.push(Do::Label(name.clone()));
                }
                x += width + gap;
            }
            let mut ui = ui.new_child(UiBuilder::new().max_rect(row(right, commands.width(&ui))).id_salt("commands"));
            if commands.show(&mut ui).on_hover_text("Everything that can be done").clicked() {
                out.push(Do::Run(Action::Palette));
            }
        });
    }

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
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, 6, palette.hover);
        }
        logo(ui.painter(), Rect::from_center_size(rect.center(), vec2(18.0, 18.0)), &palette);
        egui::Popup::menu(&response).show(|ui| {
            ui.set_min_width(170.0);
            for menu in Menu::ALL {
                ui.menu_button(menu.title(), |ui| {
                    ui.set_min_width(260.0);
                    for row in TABLE.iter().filter(|row| row.menu == menu) {
                        let button = egui::Button::new(row.title)
                            .shortcut_text(key_of(row.action))
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
            ui.label(RichText::new("Byline").font(Face::SemiBold.size(13.0)));
            return;
        };
        let room = (until - ui.cursor().left()).max(40.0);
        ui.scope(|ui| {
            ui.set_max_width(room);
            let mut job = egui::text::LayoutJob::default();
            let format = |font, color| egui::TextFormat { font_id: font, color, ..egui::TextFormat::default() };
            if let Some(document) = document {
                let whole = format!("{project} / {document}");
                let needed = ui.painter().layout_no_wrap(whole, Face::SemiBold.size(13.0), palette.ink).size().x;
                // Where there is no room for both, the document is what one wants to know.
                let project = if needed > room { String::new() } else { format!("{project} / ") };
                job.append(&project, 0.0, format(Face::Sans.size(13.0), palette.muted));
                job.append(document, 0.0, format(Face::SemiBold.size(13.0), palette.ink));
            } else {
                job.append(project, 0.0, format(Face::SemiBold.size(13.0), palette.ink));
            }
            ui.add(egui::Label::new(job).truncate());
        });
    }
}
