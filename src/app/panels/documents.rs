//! The left panel: the documents with their status.

use super::Do;
use crate::app::fonts::Face;
use crate::app::theme::Palette;
use crate::app::widgets::section;
use crate::edit::LayerChange;
use crate::model::{Document, DocumentId, Layer, Name, Scheme, Status};
use eframe::egui::{self, Color32, CornerRadius, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::collections::HashMap;

/// What is known of the work in a document.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Summary {
    /// How far the annotator is.
    pub status: Status,
    /// Number of annotations by label name.
    pub labels: Vec<(String, usize)>,
}

impl Summary {
    /// Counts a layer: labels in the order of the scheme, then those it does not know, by name.
    pub fn of(layer: &Layer, scheme: &Scheme) -> Self {
        let mut summary = Self { status: layer.status(), labels: Vec::new() };
        // There are few labels: to look through them is quicker than a map.
        let mut counts: Vec<(&Name, usize)> = Vec::new();
        for annotation in layer.in_any_order() {
            match counts.iter_mut().find(|(label, _)| **label == annotation.label) {
                Some((_, n)) => *n += 1,
                None => counts.push((&annotation.label, 1)),
            }
        }
        for (label, n) in counts {
            *summary.count_of(label, scheme) = n;
        }
        summary
    }

    /// Does what a change of the layer did to its counts.
    pub fn follow(&mut self, change: &LayerChange, scheme: &Scheme) {
        self.status = change.status.1;
        for edit in &change.annotations {
            if let Some(before) = &edit.before {
                let count = self.count_of(&before.label, scheme);
                *count = count.saturating_sub(1);
            }
            if let Some(after) = &edit.after {
                *self.count_of(&after.label, scheme) += 1;
            }
        }
        self.labels.retain(|(_, n)| *n > 0);
    }

    fn count_of(&mut self, label: &str, scheme: &Scheme) -> &mut usize {
        let rank = |label: &str| {
            let place = scheme.labels.iter().position(|l| *l.name == *label);
            (place.unwrap_or(usize::MAX), label.to_owned())
        };
        let place = self.labels.binary_search_by_key(&rank(label), |(known, _)| rank(known));
        let at = place.unwrap_or_else(|at| {
            self.labels.insert(at, (label.to_owned(), 0));
            at
        });
        &mut self.labels[at].1
    }
}

/// Height of a row in points: all rows are alike, so that only visible ones need to be drawn.
const ROW: f32 = 51.0;

/// What the panel shows.
pub struct Documents<'a> {
    /// In the order of reading.
    pub all: &'a [Document],
    /// What is known; documents that are missing were not looked at yet.
    pub summaries: &'a HashMap<DocumentId, Summary>,
    /// The one that is open.
    pub current: Option<&'a DocumentId>,
    /// For colours.
    pub scheme: &'a Scheme,
}

impl Documents<'_> {
    /// Draws the panel.
    pub fn show(&self, ui: &mut Ui, out: &mut Vec<Do>) {
        let palette = Palette::current(ui);
        let done = self.summaries.values().filter(|s| s.status == Status::Done).count();
        egui::Frame::new().inner_margin(egui::Margin::symmetric(14, 0)).show(ui, |ui| {
            ui.add_space(10.0);
            section(ui, "Documents", &format!("{done} of {} done", self.all.len()));
            ui.add_space(3.0);
            let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 5.0), Sense::empty());
            let share = done as f32 / self.all.len().max(1) as f32;
            ui.painter().rect_filled(bar, 3, palette.line);
            ui.painter().rect_filled(bar.with_max_x(bar.left() + bar.width() * share), 3, palette.accent);
            ui.add_space(8.0);
        });
        if self.all.is_empty() {
            crate::app::widgets::empty(ui, "No documents yet", "Ctrl O takes an article in");
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, self.all.len(), |ui, rows| {
            for document in &self.all[rows] {
                if self.row(ui, document, &palette) {
                    out.push(Do::OpenDocument(document.id.clone()));
                }
            }
        });
    }

    fn row(&self, ui: &mut Ui, document: &Document, palette: &Palette) -> bool {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
        let current = self.current == Some(&document.id);
        let unknown = Summary::default();
        let summary = self.summaries.get(&document.id).unwrap_or(&unknown);
        let title = if document.title.is_empty() { document.id.as_str() } else { &document.title };
        let status = status_name(summary.status);
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, current, format!("{title}, {status}")));
        let painter = ui.painter_at(rect);
        if current {
            painter.rect_filled(rect, 0, palette.card);
            painter.rect_filled(rect.with_max_x(rect.left() + 3.0), 0, palette.accent);
        } else if response.hovered() {
            painter.rect_filled(rect, 0, palette.hover);
        }
        if response.has_focus() {
            painter.rect_stroke(rect, 4, Stroke::new(1.5, palette.accent), egui::StrokeKind::Inside);
        }
        status_dot(&painter, pos2(rect.left() + 21.5, rect.top() + 17.0), summary.status, palette);
        let x = rect.left() + 39.0;
        let room = rect.right() - 14.0 - x;
        let mut job = egui::text::LayoutJob::simple_singleline(title.to_owned(), Face::Medium.size(13.0), palette.ink);
        job.wrap = egui::text::TextWrapping::truncate_at_width(room);
        let galley = painter.layout_job(job);
        let cut = galley.elided;
        painter.galley(pos2(x, rect.top() + 8.0), galley, palette.ink);
        let total: usize = summary.labels.iter().map(|(_, n)| n).sum();
        let below = if total == 0 {
            status.to_owned()
        } else if let Some((_, n)) = summary.labels.iter().find(|(label, _)| label == "claim") {
            if *n == 1 { "1 claim".to_owned() } else { format!("{n} claims") }
        } else {
            format!("{total} annotations")
        };
        let galley = painter.layout_no_wrap(below, Face::Sans.size(11.5), palette.muted);
        let after = x + galley.size().x + 8.0;
        painter.galley(pos2(x, rect.top() + 27.0), galley, palette.muted);
        self.label_bar(
            &painter,
            pos2(after, rect.top() + 31.5),
            (rect.right() - 14.0 - after).min(74.0),
            summary,
            palette,
        );
        let response = if cut { response.on_hover_text(title) } else { response };
        response.clicked()
    }

    fn label_bar(&self, painter: &egui::Painter, at: egui::Pos2, width: f32, summary: &Summary, palette: &Palette) {
        let total: usize = summary.labels.iter().map(|(_, n)| n).sum();
        let mut x = at.x;
        for (name, n) in &summary.labels {
            let colour = self.scheme.label(name).map_or(palette.muted, |l| palette.ink_of(l.colour));
            let part = width * *n as f32 / total.max(1) as f32;
            let rect = Rect::from_min_size(pos2(x, at.y), vec2(part, 5.0));
            painter.rect_filled(rect, CornerRadius::same(1), colour);
            x += part;
        }
    }
}

/// A status in words.
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::NotStarted => "not started",
        Status::InProgress => "in progress",
        Status::Done => "done",
        Status::SecondLook => "needs a second look",
    }
}

fn status_dot(painter: &egui::Painter, centre: egui::Pos2, status: Status, palette: &Palette) {
    let ring = |colour: Color32| painter.circle_stroke(centre, 4.2, Stroke::new(1.6, colour));
    match status {
        Status::NotStarted => {
            ring(palette.muted);
        }
        Status::InProgress => {
            let half = Rect::from_min_max(centre - vec2(5.0, 5.0), centre + vec2(0.0, 5.0));
            painter.with_clip_rect(half.intersect(painter.clip_rect())).circle_filled(centre, 4.2, palette.accent);
            ring(palette.accent);
        }
        Status::Done => {
            painter.circle_filled(centre, 5.0, palette.accent);
        }
        Status::SecondLook => {
            ring(palette.error);
            painter.circle_filled(centre, 1.6, palette.error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Edit;
    use crate::model::testing::{annotation, layer_over, scheme};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_that_follow_changes_are_those_of_counting_anew(
            steps in proptest::collection::vec((1u32..8, 0usize..4), 1..30)
        ) {
            let mut layer = layer_over("日本 a b c d e f g");
            let mut summary = Summary::of(&layer, &scheme());
            for (id, label) in steps {
                // One label that the scheme does not know.
                let label = ["claim", "speaker", "statistic", "żółw"][label];
                let mut change = LayerChange::new(&layer);
                let after = annotation(id, label, 5 + 2 * id as usize..6 + 2 * id as usize);
                change.annotations.push(match layer.get(after.id).cloned() {
                    None => Edit::make(after),
                    Some(before) if before.label == after.label => Edit::remove(before),
                    Some(before) => Edit::change(before, after),
                });
                for edit in &change.annotations {
                    if let Some(before) = &edit.before {
                        layer.remove(before.id).unwrap();
                    }
                    if let Some(after) = &edit.after {
                        layer.insert(after.clone()).unwrap();
                    }
                }
                summary.follow(&change, &scheme());
                prop_assert_eq!(&summary, &Summary::of(&layer, &scheme()));
            }
        }
    }
}
