//! The keys of the moment: where a label has the key of an action, the action is shown without it.

use super::{After, modal, scroll_by_keys};
use crate::app::actions::{Action, Menu, TABLE};
use crate::app::fonts::Face;
use crate::app::keymap::key_of;
use crate::app::theme::size;
use crate::app::widgets::{key_badge, muted};
use crate::model::Scheme;
use eframe::egui::{self, RichText, Ui};

/// Draws the overlay; what is not available now is faint.
pub fn show(ctx: &egui::Context, scheme: Option<&Scheme>, available: &dyn Fn(Action) -> bool) -> After {
    let height = ctx.content_rect().height() - 160.0;
    let ((), close) = modal(ctx, "keys", "Keys", 860.0, |ui| {
        // A modal begins low; the list is to use the room there is.
        let scroll = egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height);
        scroll.auto_shrink([false, true]).show(ui, |ui| {
            scroll_by_keys(ui, height);
            let lines = |key| ui.input(|i| i.num_presses(key)) as f32;
            ui.scroll_with_delta(egui::vec2(0.0, 48.0 * (lines(egui::Key::ArrowUp) - lines(egui::Key::ArrowDown))));
            ui.spacing_mut().item_spacing = egui::vec2(28.0, 1.0);
            ui.columns(3, |columns| {
                if let Some(scheme) = scheme {
                    columns[0].label(RichText::new("Labels").font(Face::SemiBold.size(size::BODY)));
                    for label in scheme.labels.iter().filter(|l| l.on) {
                        row(&mut columns[0], &label.title, &label.key.map(String::from).unwrap_or_default(), true);
                    }
                    columns[0].add_space(12.0);
                }
                // Balanced by hand: the groups are of different length.
                let groups: [&[Menu]; 3] = [
                    &[Menu::Edit, Menu::File, Menu::Help],
                    &[Menu::Annotation, Menu::Go],
                    &[Menu::View, Menu::Document],
                ];
                for (ui, menus) in columns.iter_mut().zip(groups) {
                    for menu in menus {
                        group(ui, *menu, available);
                    }
                }
            });
        });
    });
    let again = ctx.input(|i| i.key_pressed(egui::Key::Questionmark));
    if close || again { After::Close } else { After::Stay }
}

fn group(ui: &mut Ui, menu: Menu, available: &dyn Fn(Action) -> bool) {
    ui.label(RichText::new(menu.title()).font(Face::SemiBold.size(size::BODY)));
    for action in TABLE.iter().filter(|row| row.menu == menu) {
        let key = key_of(ui, action.action);
        row(ui, action.title.trim_end_matches('…'), &key, available(action.action));
    }
    ui.add_space(12.0);
}

fn row(ui: &mut Ui, title: &str, key: &str, available: bool) {
    ui.horizontal(|ui| {
        let text = if available { RichText::new(title) } else { muted(ui, title) };
        let key_room =
            ui.painter().layout_no_wrap(key.to_owned(), Face::Sans.size(size::BADGE), egui::Color32::WHITE).size().x;
        let room = ui.available_width() - if key.is_empty() { 0.0 } else { key_room + 18.0 };
        let label = ui.scope(|ui| {
            ui.set_max_width(room);
            ui.add(egui::Label::new(text.size(size::SMALL)).truncate())
        });
        let response = label.inner;
        // A painted key is nothing to a screen reader.
        let name = if key.is_empty() { title.to_owned() } else { format!("{title}: {key}") };
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(name));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| key_badge(ui, key));
    });
}
