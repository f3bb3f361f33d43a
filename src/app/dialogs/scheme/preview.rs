//! How the marks of a label look: on both themes, beside the other labels, to people with other colour vision.

use crate::app::colours::{THEMES, Vision, remarks};
use crate::app::fonts::Face;
use crate::app::text_view::underline_into;
use crate::app::theme::{Palette, contrast, size};
use crate::app::widgets::muted;
use crate::model::{LabelDef, Underline};
use eframe::egui::{self, Color32, Mesh, Rect, RichText, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2};

/// Draws the column.
pub fn show(ui: &mut Ui, label: &LabelDef, all: &[LabelDef]) {
    ui.label(RichText::new("Preview").font(Face::SemiBold.size(size::BODY)));
    ui.add_space(4.0);
    for (theme, name) in THEMES {
        let palette = Palette::of(theme);
        mark(ui, label, &palette, name);
        let tinted = palette.paper.blend(palette.tint_of(label.colour));
        let (line, text) = (contrast(palette.ink_of(label.colour), palette.paper), contrast(palette.ink, tinted));
        ui.label(muted(ui, format!("{name}: line {line:.1}:1, text {text:.1}:1")).size(size::CAPTION));
        ui.add_space(4.0);
    }
    ui.add_space(8.0);
    ui.label(RichText::new("All labels, as seen with").font(Face::SemiBold.size(size::BODY)));
    ui.add_space(4.0);
    let shown: Vec<&LabelDef> = all.iter().filter(|l| l.on || l.name == label.name).collect();
    for (vision, title) in Vision::ALL {
        ui.label(muted(ui, title).size(size::CAPTION));
        swatches(ui, &shown, vision, title);
        ui.add_space(4.0);
    }
    let found = remarks(label, all);
    if !found.is_empty() {
        ui.add_space(8.0);
        ui.label(RichText::new("To consider").font(Face::SemiBold.size(size::BODY)));
        for remark in found {
            ui.add(egui::Label::new(RichText::new(remark).size(size::SMALL)).wrap());
            ui.add_space(4.0);
        }
    }
}

/// A sentence with a mark.
fn mark(ui: &mut Ui, label: &LabelDef, palette: &Palette, theme: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 52.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("A mark on {theme}")));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect(rect, 6, palette.paper, (1.0, Palette::current(ui).line), egui::StrokeKind::Inside);
    let lay = |text: &str| painter.layout_no_wrap(text.to_owned(), Face::Serif.size(size::TITLE), palette.ink);
    let y = rect.center().y - 12.0;
    let mut x = rect.left() + 14.0;
    for (text, marked) in [("Prices ", false), ("rose by 25 %", true), (", she said.", false)] {
        let galley = lay(text);
        let size = galley.size();
        if marked {
            let around = Rect::from_min_size(pos2(x, y), size).expand2(vec2(0.0, 2.0));
            painter.rect_filled(around, 2, palette.tint_of(label.colour));
            underline(&painter, label.underline, around, palette.ink_of(label.colour));
        }
        painter.galley(pos2(x, y), galley, palette.ink);
        x += size.x;
    }
}

/// The swatch of each label on both themes.
fn swatches(ui: &mut Ui, labels: &[&LabelDef], vision: Vision, title: &str) {
    let half = ui.available_width() / 2.0;
    // Where they do not fit in one row, smaller and in several.
    let fit = |width: f32| (((half - 12.0) / width) as usize).max(1);
    let width = if labels.len() <= fit(26.0) { 26.0 } else { 16.0 };
    let per_row = fit(width);
    let rows = labels.len().div_ceil(per_row).max(1);
    let size = vec2(ui.available_width(), 8.0 + 20.0 * rows as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("All labels, {title}")));
    for (n, (theme, _)) in THEMES.into_iter().enumerate() {
        let palette = Palette::of(theme);
        let part = Rect::from_min_size(rect.min + vec2(n as f32 * half, 0.0), vec2(half, rect.height()));
        let painter = ui.painter().with_clip_rect(part.intersect(ui.clip_rect()));
        painter.rect_filled(part, 4, vision.of(palette.paper));
        for (n, label) in labels.iter().enumerate() {
            let corner = vec2(8.0 + (n % per_row) as f32 * width, 7.0 + (n / per_row) as f32 * 20.0);
            let at = Rect::from_min_size(part.min + corner, vec2(width - 5.0, 14.0));
            let tinted = palette.paper.blend(palette.tint_of(label.colour));
            painter.rect_filled(at, 2, vision.of(tinted));
            underline(&painter, label.underline, at, vision.of(palette.ink_of(label.colour)));
        }
    }
}

fn underline(painter: &egui::Painter, line: Underline, rect: Rect, ink: Color32) {
    let mut mesh = Mesh::default();
    let height = if line == Underline::Double { 3.0 } else { 2.0 };
    underline_into(&mut mesh, line, rect.x_range(), rect.bottom() - height, ink, painter.pixels_per_point());
    painter.add(Shape::mesh(mesh));
}
