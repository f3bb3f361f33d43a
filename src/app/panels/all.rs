//! The list of all annotations of the document.

use super::Do;
use crate::app::fonts::Face;
use crate::app::theme::Palette;
use crate::app::widgets::empty;
use crate::model::layer::order_key;
use crate::model::{Annotation, AnnotationId, Layer, Scheme};
use crate::session::Session;
use eframe::egui::{self, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use std::collections::BTreeSet;

const ROW: f32 = 44.0;

/// How the list is sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// By place in the text.
    #[default]
    Place,
    /// By label, then place.
    Label,
    /// By text.
    Text,
}

/// Sorting and filter; and the result, kept until the layer changes.
#[derive(Default)]
pub struct All {
    sort: Sort,
    filter: String,
    rows: Vec<AnnotationId>,
    made_for: Option<(u64, Sort, String)>,
}

impl All {
    /// Draws the list.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        layer: &Layer,
        selected: Option<AnnotationId>,
        out: &mut Vec<Do>,
    ) {
        let scheme = &session.project().scheme;
        let palette = Palette::current(ui);
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            ui.add_space(12.0);
            let width = ui.available_width() - 128.0;
            let hint = egui::TextEdit::singleline(&mut self.filter).hint_text("Filter by text or label");
            let response = ui.add(hint.desired_width(width).margin(egui::Margin::symmetric(8, 5)));
            crate::app::widgets::named(ui, &response, "Filter by text or label");
            let name = match self.sort {
                Sort::Place => "By place",
                Sort::Label => "By label",
                Sort::Text => "By text",
            };
            let combo = egui::ComboBox::from_id_salt("sort").selected_text(name).width(96.0).show_ui(ui, |ui| {
                ui.selectable_value(&mut self.sort, Sort::Place, "By place");
                ui.selectable_value(&mut self.sort, Sort::Label, "By label");
                ui.selectable_value(&mut self.sort, Sort::Text, "By text");
            });
            crate::app::widgets::named_value(ui, &combo.response, "Sort", name);
        });
        ui.add_space(8.0);
        self.refresh(session, layer);
        if self.rows.is_empty() {
            if layer.is_empty() {
                empty(ui, "No annotations yet", "Select text and press the key of a label");
            } else {
                empty(ui, "Nothing found", "No annotation says this or has such a label");
            }
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, self.rows.len(), |ui, rows| {
            for annotation in self.rows[rows].iter().filter_map(|id| layer.get(*id)) {
                if row(ui, annotation, layer, scheme, selected == Some(annotation.id), &palette) {
                    out.push(Do::Select(annotation.id));
                }
            }
        });
    }

    fn refresh(&mut self, session: &Session, layer: &Layer) {
        let made_for = (session.revision(), self.sort, self.filter.clone());
        let before = self.made_for.replace(made_for.clone());
        let same = before.filter(|(_, sort, filter)| (*sort, filter) == (made_for.1, &made_for.2));
        let touched = same.and_then(|(revision, ..)| session.touched_since(revision));
        let scheme = &session.project().scheme;
        match touched {
            Some(ids) if ids.is_empty() => {}
            Some(ids) => self.refresh_some(&ids, layer, scheme),
            None => self.refresh_all(layer, scheme),
        }
    }

    fn refresh_all(&mut self, layer: &Layer, scheme: &Scheme) {
        let wanted = self.filter.to_lowercase();
        let mut found: Vec<_> = layer.annotations().filter(|a| matches(a, &wanted, layer, scheme)).collect();
        if self.sort != Sort::Place {
            found.sort_by_cached_key(|a| self.sort.rank(a, layer, scheme));
        }
        self.rows = found.into_iter().map(|a| a.id).collect();
    }

    /// Takes these annotations out of the list and puts them in where they belong now.
    fn refresh_some(&mut self, ids: &[AnnotationId], layer: &Layer, scheme: &Scheme) {
        self.rows.retain(|id| !ids.contains(id));
        let wanted = self.filter.to_lowercase();
        let ids: BTreeSet<_> = ids.iter().collect();
        for annotation in ids.into_iter().filter_map(|id| layer.get(*id)) {
            if matches(annotation, &wanted, layer, scheme) {
                let place = |a: &Annotation| (self.sort.rank(a, layer, scheme), order_key(a));
                let own = place(annotation);
                let at = self.rows.partition_point(|id| layer.get(*id).is_some_and(|a| place(a) < own));
                self.rows.insert(at, annotation.id);
            }
        }
    }
}

impl Sort {
    /// What comes before the place in the text.
    fn rank(self, a: &Annotation, layer: &Layer, scheme: &Scheme) -> (usize, String) {
        match self {
            Self::Place => (0, String::new()),
            Self::Label => {
                let place = scheme.labels.iter().position(|l| l.name == a.label);
                (place.unwrap_or(usize::MAX), a.label.to_string())
            }
            Self::Text => (0, layer.text().quote(&a.span).to_lowercase()),
        }
    }
}

/// Whether text, label or a value holds `wanted`, which is in lower case.
fn matches(a: &Annotation, wanted: &str, layer: &Layer, scheme: &Scheme) -> bool {
    let title = scheme.label(&a.label).map_or(a.label.as_str(), |l| &l.title);
    wanted.is_empty()
        || title.to_lowercase().contains(wanted)
        || layer.text().quote(&a.span).to_lowercase().contains(wanted)
        || a.attributes.values().any(|v| v.to_string().to_lowercase().contains(wanted))
}

fn row(ui: &mut Ui, a: &Annotation, layer: &Layer, scheme: &Scheme, selected: bool, palette: &Palette) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let def = scheme.label(&a.label);
    let title = def.map_or(a.label.as_str(), |l| &l.title);
    let quote = layer.text().quote(&a.span).replace(['\n', '\r'], " ");
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, format!("{title} {quote}")));
    let painter = ui.painter_at(rect);
    if selected {
        painter.rect_filled(rect, 0, palette.card);
    } else if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, 0, palette.hover);
    }
    let ink = def.map_or(palette.muted, |l| palette.text_of(l.colour));
    let bar = Rect::from_min_size(pos2(rect.left() + 12.0, rect.top() + 8.0), vec2(3.0, ROW - 16.0));
    painter.rect_filled(bar, 1, def.map_or(palette.muted, |l| palette.ink_of(l.colour)));
    let x = rect.left() + 22.0;
    painter.text(pos2(x, rect.top() + 6.0), egui::Align2::LEFT_TOP, title, Face::Medium.size(11.5), ink);
    let paragraph = layer.text().paragraph_at(a.span.start()).map_or(0, |p| p + 1);
    let right = pos2(rect.right() - 14.0, rect.top() + 6.0);
    painter.text(right, egui::Align2::RIGHT_TOP, format!("¶ {paragraph}"), Face::Sans.size(11.5), palette.muted);
    let mut job = egui::text::LayoutJob::simple_singleline(quote, Face::Serif.size(13.5), palette.ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.right() - 14.0 - x);
    painter.galley(pos2(x, rect.top() + 21.0), painter.layout_job(job), palette.ink);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, (1.0, palette.line));
    response.clicked()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{annotation, layer_over, scheme};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_that_follows_changes_is_the_one_made_anew(
            steps in proptest::collection::vec((1u32..12, 0usize..8, 0usize..3), 1..30),
            sort in 0usize..3,
            filter in "[aé]?",
        ) {
            let mut layer = layer_over("é Anna é Émile a Zoé b");
            let words = [0..2, 3..7, 8..10, 11..17, 18..19, 20..24, 25..26, 3..10];
            let sort = [Sort::Place, Sort::Label, Sort::Text][sort];
            let mut list = All { sort, filter: filter.clone(), ..All::default() };
            for (id, word, label) in steps {
                if layer.remove(AnnotationId(id)).is_err() {
                    let label = ["claim", "speaker", "żółw"][label];
                    let _ = layer.insert(annotation(id, label, words[word].clone()));
                }
                list.refresh_some(&[AnnotationId(id), AnnotationId(id)], &layer, &scheme());
                let mut anew = All { sort, filter: filter.clone(), ..All::default() };
                anew.refresh_all(&layer, &scheme());
                prop_assert_eq!(&list.rows, &anew.rows);
            }
        }
    }
}
