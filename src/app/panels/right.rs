//! The panel on the right: its tabs, and which one is shown. What is in them: the modules named like them.

use super::all::All;
use super::history::History;
use super::ledger::Ledger;
use super::selected::{Focus, Selected};
use super::{Do, guide};
use crate::app::summaries::Summaries;
use crate::app::tabs::{Title, tabs};
use crate::app::widgets::empty;
use crate::model::{AnnotationId, Layer};
use crate::session::Session;
use eframe::egui::Ui;

/// The tabs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tab {
    /// The selected annotation.
    #[default]
    Selected,
    /// All annotations of the document.
    All,
    /// Its claims by who says them.
    Ledger,
    /// What was done.
    History,
    /// The project's guidelines.
    Guide,
}

/// What the panel shows beside the session.
pub struct Shown<'a> {
    /// What is open.
    pub session: &'a Session,
    /// What is known of the documents.
    pub summaries: &'a Summaries,
    /// The selected annotation.
    pub selected: Option<AnnotationId>,
    /// The project's guidelines.
    pub guidelines: Option<&'a str>,
}

/// The tab that is shown, and what each remembers.
#[derive(Default)]
pub struct Right {
    /// The tab that is shown.
    pub tab: Tab,
    /// The card of the selected annotation.
    pub card: Selected,
    all: All,
    ledger: Ledger,
    history: History,
    /// Put the focus on the tab that is shown, in the next frame.
    focus_tab: bool,
}

impl Right {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut Ui, shown: &Shown, out: &mut Vec<Do>) {
        let session = shown.session;
        let layer = session.layer();
        let count = layer.map_or(0, Layer::len);
        tabs(
            ui,
            &mut self.tab,
            &[
                (Tab::Selected, Title::new("Selected")),
                (Tab::All, Title::new(format!("All {count}"))),
                (Tab::Ledger, Title::new("Who said what").or("Claims")),
                (Tab::History, Title::new("History")),
                (Tab::Guide, Title::new("Guide")),
            ],
            std::mem::take(&mut self.focus_tab),
        );
        match (self.tab, layer) {
            (Tab::Selected, _) => self.card.show(ui, session, shown.selected, out),
            (Tab::All, Some(layer)) => {
                let summary = shown.summaries.get(&layer.key().document);
                self.all.show(ui, session, layer, summary, shown.selected, out);
            }
            (Tab::Ledger, Some(layer)) => self.ledger.show(ui, session, layer, shown.selected, out),
            (Tab::All, None) => empty(ui, "No document", "Open a document to see its annotations"),
            (Tab::Ledger, None) => empty(ui, "No document", "Open a document to see who says what in it"),
            (Tab::History, _) => self.history.show(ui, session, out),
            (Tab::Guide, _) => guide::show(ui, shown.guidelines, &session.project().scheme),
        }
    }

    /// Shows a tab, and puts the focus on what is in it.
    pub fn go(&mut self, tab: Tab) {
        self.tab = tab;
        match tab {
            Tab::Selected => self.card.focus(Focus::Attributes),
            Tab::All => self.all.focus(),
            Tab::Ledger => self.ledger.focus(),
            Tab::History => self.history.focus(),
            Tab::Guide => self.focus_tab = true,
        }
    }

    /// Puts the focus on the tab that is shown: there is nothing in it that could have it.
    pub fn focus_tab(&mut self) {
        self.focus_tab = true;
    }

    /// Whether the tab that is shown is a list that can have the focus.
    pub fn shows_list(&self) -> bool {
        matches!(self.tab, Tab::All | Tab::Ledger | Tab::History)
    }
}
