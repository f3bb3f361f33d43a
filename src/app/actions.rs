//! The one table of everything that can be done: menu bar, palette, key overlay, tooltips and `docs/keys.md` are made
//! from it. What an action does is in `app::commands`; keys of labels come from the scheme.

use super::text_view::{Extent, Motion};
use crate::edit::span::{Edge, Step};
use crate::personal::Combination;
use eframe::egui::{Event, Key, Modifiers};
use std::fmt;
use std::fmt::Write;

/// Something that can be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Take articles into the project.
    OpenArticle,
    /// Open another project.
    OpenProject,
    /// Make a project.
    NewProject,
    /// Import datasets.
    Import,
    /// Import a folder of datasets.
    ImportFolder,
    /// Export a dataset.
    Export,
    /// Save now.
    Save,
    /// Pack the project into a file elsewhere.
    SaveCopy,
    /// Annotations as they were.
    Restore,
    /// Back to the start page.
    CloseProject,
    /// End the program.
    Quit,
    /// Take the last step back.
    Undo,
    /// Do it again.
    Redo,
    /// Copy the selected text.
    Copy,
    /// Find in the open document.
    Find,
    /// Find in all documents, or only in the open one again.
    FindEverywhere,
    /// Next or previous match.
    FindStep(bool),
    /// How matches are compared with the pattern.
    FindOption(FindOption),
    /// Label all matches.
    LabelMatches,
    /// Select around the caret.
    Around(Extent),
    /// Leave the selection, the brush, linking.
    Escape,
    /// Edit the attributes.
    Attributes,
    /// Edit the note.
    Note,
    /// Link to another annotation.
    Link,
    /// Move an end.
    Nudge(Edge, Step, bool),
    /// Add the selection to the annotation.
    AddFragment,
    /// Mark all places that say the same.
    SameText,
    /// Delete the annotation.
    Delete,
    /// Next or previous annotation.
    Step(bool),
    /// Next or previous annotation of the same label.
    StepSame(bool),
    /// Mark the document as done and go on.
    DoneAndNext,
    /// Mark the document as one to look at again.
    SecondLook,
    /// Set the status of the chosen documents.
    Status,
    /// Look for documents in the list.
    FilterDocuments,
    /// Take the newest message away.
    Dismiss,
    /// Next or previous document.
    StepDocument(bool),
    /// Jump to a document.
    JumpToDocument,
    /// Title, metadata and direction of the document.
    Describe,
    /// Direction of the paragraph at the caret.
    Direction,
    /// Light, dark or as the system.
    Theme,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Zoom to 100 %.
    ZoomReset,
    /// Signs for invisible characters.
    Invisibles,
    /// Show the card of the selected annotation.
    Card,
    /// Show the table of all annotations.
    All,
    /// Who said what in the open document.
    Ledger,
    /// What was done.
    History,
    /// Show the guidelines.
    Guide,
    /// Left panel.
    LeftPanel,
    /// Right panel.
    RightPanel,
    /// Next region of the window.
    NextPane,
    /// Command palette.
    Palette,
    /// Keys of the moment.
    Keys,
    /// Who annotates.
    Annotator,
    /// Moves the caret, with or without the selection.
    Caret(Motion, bool),
    /// What the program remembers of a person.
    Settings,
    /// Labels, link kinds and attributes of the project.
    Scheme,
    /// Nothing but the text.
    Reading,
}

/// How matches are compared with the pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FindOption {
    /// “Putin” is not “putin”.
    Case,
    /// Not inside a longer word.
    WholeWord,
    /// The pattern is a regular expression.
    Regex,
}

/// Where an action stands in the menu bar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Menu {
    /// File.
    File,
    /// Edit.
    Edit,
    /// Annotation.
    Annotation,
    /// Document.
    Document,
    /// View.
    View,
    /// Go: where the caret moves.
    Go,
    /// Help.
    Help,
}

impl Menu {
    /// In the order of the menu bar.
    pub const ALL: [Self; 7] =
        [Self::File, Self::Edit, Self::Annotation, Self::Document, Self::View, Self::Go, Self::Help];

    /// As shown.
    pub fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Edit => "Edit",
            Self::Annotation => "Annotation",
            Self::Document => "Document",
            Self::View => "View",
            Self::Go => "Go",
            Self::Help => "Help",
        }
    }
}

/// What must be there for an action to be available.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Nothing.
    Always,
    /// A project.
    Project,
    /// A document.
    Document,
    /// A selected annotation.
    Annotation,
    /// Selected text.
    Selection,
    /// Selected text or a selected annotation.
    Either,
    /// The bar for finding is open.
    Find,
    /// It is, and something is found.
    Found,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is.
    pub action: Action,
    /// As shown; sentence case, `…` where a dialog follows.
    pub title: &'static str,
    /// One line more.
    pub help: &'static str,
    /// Where it stands in the menu bar.
    pub menu: Menu,
    /// Its keys, the first shown in menus; `Ctrl+Shift+Z`.
    pub keys: &'static [&'static str],
    /// When it is available.
    pub when: When,
}

macro_rules! table {
    ($($action:expr, $menu:ident, $when:ident, [$($key:literal),+], $title:literal, $help:literal;)*) => {
        /// All rows, in the order of menus and palette.
        pub const TABLE: &[Row] = &[$(Row {
            action: $action, title: $title, help: $help, menu: Menu::$menu, keys: &[$($key),+], when: When::$when,
        }),*];
    };
}

use Action as A;
table! {
    A::OpenArticle, File, Always, ["Ctrl+O"], "Open article…", "Take articles into this project, or into a new one";
    A::OpenProject, File, Always, ["Ctrl+Shift+O"], "Open project…", "Open the folder of a project";
    A::NewProject, File, Always, ["Ctrl+N"], "New project…", "Make an empty project in a folder of your choice";
    A::Import, File, Project, ["Ctrl+I"], "Import dataset…", "Take in annotations made with other tools";
    A::ImportFolder, File, Project, ["Ctrl+Alt+I"], "Import folder…", "Take in all annotated files of a folder, whatever their formats";
    A::Export, File, Project, ["Ctrl+E"], "Export dataset…", "Write the annotations in a format that others read";
    A::Save, File, Project, ["Ctrl+S"], "Save now", "Byline saves by itself within a second; this does not wait";
    A::SaveCopy, File, Project, ["Ctrl+Alt+S"], "Save a copy elsewhere…", "Pack the whole project as it is now into one file, in a folder of your choice";
    A::Restore, File, Document, ["Ctrl+Alt+R"], "Restore as of…", "Take the annotations of this document as they were at an earlier time";
    A::CloseProject, File, Project, ["Ctrl+W"], "Close project", "Back to the start page";
    A::Quit, File, Always, ["Ctrl+Q"], "Quit", "Save and close the window";
    A::Undo, Edit, Document, ["Ctrl+Z"], "Undo", "Take the last step in this document back";
    A::Redo, Edit, Document, ["Ctrl+Shift+Z", "Ctrl+Y"], "Redo", "Do again what was taken back";
    A::Copy, Edit, Selection, ["Ctrl+C"], "Copy", "Copy the selected text";
    A::Find, Edit, Document, ["Ctrl+F"], "Find…", "Find text in this document; selected text is looked for";
    A::FindEverywhere, Edit, Document, ["Ctrl+Shift+F"], "Find in all documents…", "Find text in all documents of the project; again: in this one only";
    A::FindStep(true), Edit, Document, ["F3"], "Next match", "Go to the next place that was found; in the field: Enter";
    A::FindStep(false), Edit, Document, ["Shift+F3"], "Previous match", "Go to the previous place that was found; in the field: Shift Enter";
    A::FindOption(FindOption::Case), Edit, Find, ["Alt+C"], "Match case", "“Putin” is not “putin”";
    A::FindOption(FindOption::WholeWord), Edit, Find, ["Alt+W"], "Whole words", "Find nothing inside a longer word";
    A::FindOption(FindOption::Regex), Edit, Find, ["Alt+R"], "Regular expression", "The pattern is a regular expression, seen by one paragraph at a time";
    A::LabelMatches, Edit, Found, ["Alt+Enter"], "Label all matches…", "Choose among all places that were found, and give them a label in one step";
    A::Around(Extent::Word), Edit, Document, ["W"], "Select word", "Select the word at the caret";
    A::Around(Extent::Sentence), Edit, Document, ["S"], "Select sentence", "Select the sentence at the caret; again: one more";
    A::Around(Extent::Quotation), Edit, Document, ["Q"], "Select quotation", "Select what is inside the quotation marks; again: with the marks, then what is around";
    A::Around(Extent::Paragraph), Edit, Document, ["P"], "Select paragraph", "Select the paragraph at the caret; again: one more";
    A::Escape, Edit, Document, ["Escape"], "Let go", "Leave linking, the brush, finding, the selection, the selected annotation, in this order";
    A::Attributes, Annotation, Annotation, ["E"], "Edit attributes", "Go to the attributes in the card; Esc leads back to the text";
    A::Note, Annotation, Annotation, ["M"], "Edit note", "Go to the note in the card; Esc leads back to the text";
    A::Link, Annotation, Annotation, ["L"], "Link…", "Then click the other mark or type its number";
    A::Nudge(Edge::End, Step::Word, false), Annotation, Annotation, ["["], "End back by a word", "Move the end of the annotation back";
    A::Nudge(Edge::End, Step::Word, true), Annotation, Annotation, ["]"], "End on by a word", "Move the end of the annotation on";
    A::Nudge(Edge::Start, Step::Word, false), Annotation, Annotation, ["{"], "Start back by a word", "Move the start of the annotation back";
    A::Nudge(Edge::Start, Step::Word, true), Annotation, Annotation, ["}"], "Start on by a word", "Move the start of the annotation on";
    A::Nudge(Edge::End, Step::Grapheme, false), Annotation, Annotation, ["Ctrl+["], "End back by a character", "Move the end of the annotation back";
    A::Nudge(Edge::End, Step::Grapheme, true), Annotation, Annotation, ["Ctrl+]"], "End on by a character", "Move the end of the annotation on";
    A::Nudge(Edge::Start, Step::Grapheme, false), Annotation, Annotation, ["Ctrl+{"], "Start back by a character", "Move the start of the annotation back";
    A::Nudge(Edge::Start, Step::Grapheme, true), Annotation, Annotation, ["Ctrl+}"], "Start on by a character", "Move the start of the annotation on";
    A::AddFragment, Annotation, Annotation, ["+"], "Add fragment", "Add the selected text to the annotation as a part of its own; with nothing selected, choose it first";
    A::SameText, Annotation, Either, ["A"], "Same text everywhere…", "Give all places that say the same the same label, in this document or in all, in one step";
    A::Delete, Annotation, Annotation, ["Delete", "Backspace"], "Delete", "Delete the annotation and its links";
    A::Step(true), Annotation, Document, ["Tab"], "Next annotation", "Select the next annotation";
    A::Step(false), Annotation, Document, ["Shift+Tab"], "Previous annotation", "Select the previous annotation";
    A::StepSame(true), Annotation, Document, ["N"], "Next of the same label", "Select the next annotation with the same label";
    A::StepSame(false), Annotation, Document, ["Shift+N"], "Previous of the same label", "Select the previous annotation with the same label";
    A::DoneAndNext, Document, Document, ["Ctrl+Enter"], "Done, next document", "Mark this document as done and open the next";
    A::SecondLook, Document, Document, ["Ctrl+Shift+Enter"], "Needs a second look", "Mark this document as one to look at again";
    A::StepDocument(true), Document, Project, ["Ctrl+Down"], "Next document", "Open the next document";
    A::StepDocument(false), Document, Project, ["Ctrl+Up"], "Previous document", "Open the previous document";
    A::JumpToDocument, Document, Project, ["Ctrl+P"], "Go to document…", "Find a document by its title";
    A::FilterDocuments, Document, Project, ["/"], "Filter documents", "Find documents in the list by their title; the arrows lead on into the list";
    A::Status, Document, Project, ["Ctrl+Shift+S"], "Set status…", "Set how far the documents are that are chosen in the list, or the open one";
    A::Describe, Document, Document, ["Ctrl+D"], "Describe document…", "Title, author, source, date, direction of the text";
    A::Direction, Document, Document, ["Ctrl+Shift+D"], "Direction of paragraph", "As the document, from left to right, from right to left: each press takes the next, for all paragraphs that are selected";
    A::Theme, View, Always, ["Ctrl+Shift+L"], "Light or dark", "Change between paper and slate";
    A::ZoomIn, View, Always, ["Ctrl+Plus", "Ctrl+="], "Zoom in", "Make everything larger";
    A::ZoomOut, View, Always, ["Ctrl+-"], "Zoom out", "Make everything smaller";
    A::ZoomReset, View, Always, ["Ctrl+0"], "Zoom to 100 %", "Everything in its own size";
    A::Invisibles, View, Document, ["Ctrl+Shift+I"], "Show invisibles", "Show spaces, line ends and other characters that cannot be seen";
    A::Card, View, Document, ["Ctrl+J"], "Selected annotation", "The selected annotation: label, attributes, links, note";
    A::All, View, Document, ["Ctrl+T"], "All annotations", "A table of the annotations of this document, to sort and to filter";
    A::Ledger, View, Document, ["Ctrl+L"], "Who said what", "The claims of this document by who says them, with what they rest on";
    A::History, View, Project, ["Ctrl+H"], "History", "What was done in this document and the project, when, and the way back to any point";
    A::Guide, View, Project, ["Ctrl+G"], "Guidelines", "What the project says about its labels and how to annotate";
    A::LeftPanel, View, Always, ["Ctrl+B"], "Documents panel", "Show or hide the panel on the left";
    A::RightPanel, View, Always, ["Ctrl+Shift+B"], "Annotation panel", "Show or hide the panel on the right";
    A::NextPane, View, Always, ["F6"], "Next region", "Move the focus between text and panels";
    A::Dismiss, View, Always, ["Ctrl+Shift+X"], "Dismiss message", "Take the newest message at the bottom away";
    A::Annotator, View, Always, ["Ctrl+Shift+A"], "Annotator…", "Whose annotations are shown and made";
    A::Caret(Motion::WordLeft, false), Go, Document, ["Ctrl+Left"], "Word back", "Move the caret to the left; where the text runs from the right, on";
    A::Caret(Motion::WordRight, false), Go, Document, ["Ctrl+Right"], "Word on", "Move the caret to the right; where the text runs from the right, back";
    A::Caret(Motion::RowStart, false), Go, Document, ["Home"], "Start of line", "Move the caret";
    A::Caret(Motion::RowEnd, false), Go, Document, ["End"], "End of line", "Move the caret";
    A::Caret(Motion::ParagraphUp, false), Go, Document, ["Alt+Up"], "Paragraph back", "Move the caret";
    A::Caret(Motion::ParagraphDown, false), Go, Document, ["Alt+Down"], "Paragraph on", "Move the caret";
    A::Caret(Motion::PageUp, false), Go, Document, ["PageUp"], "Page up", "Move the caret and the page";
    A::Caret(Motion::PageDown, false), Go, Document, ["PageDown"], "Page down", "Move the caret and the page";
    A::Caret(Motion::DocumentStart, false), Go, Document, ["Ctrl+Home"], "Start of document", "Move the caret";
    A::Caret(Motion::DocumentEnd, false), Go, Document, ["Ctrl+End"], "End of document", "Move the caret";
    A::Caret(Motion::Left, false), Go, Document, ["Left"], "Character left", "Move the caret; with Shift, as with all of these, the selection grows";
    A::Caret(Motion::Right, false), Go, Document, ["Right"], "Character right", "Move the caret";
    A::Caret(Motion::Up, false), Go, Document, ["Up"], "Line up", "Move the caret";
    A::Caret(Motion::Down, false), Go, Document, ["Down"], "Line down", "Move the caret";
    A::Scheme, Edit, Project, ["Ctrl+Shift+M"], "Scheme…", "Labels, their attributes and the kinds of links, with what becomes of existing work";
    A::Settings, View, Always, ["Ctrl+,"], "Settings…", "Theme, type, width of the column, keys";
    A::Reading, View, Document, ["F11", "Ctrl+Shift+R"], "Reading mode", "Hide everything but the text; Esc leads back";
    A::Palette, Help, Always, ["Ctrl+K", "F1"], "Commands…", "Everything that can be done, found by typing";
    A::Keys, Help, Always, ["?"], "Keys", "The keys of the moment";
}

/// A combination of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chord {
    /// Ctrl (on a Mac: Command).
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
    /// Alt.
    pub alt: bool,
    /// The key, by what it types.
    pub key: Key,
}

/// A text that is no combination of keys.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{0}” is no key; write for example `Ctrl+Shift+Z`, `Tab` or `[`")]
pub struct NoChord(pub String);

impl Row {
    /// The name by which `keys.ron` knows the action: its title in small letters, with hyphens (`open-article`).
    pub fn name(&self) -> String {
        let lower = self.title.to_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-")
    }

    /// Its default keys.
    pub fn chords(&self) -> impl Iterator<Item = Chord> {
        self.keys.iter().filter_map(|text| Chord::parse(text).ok())
    }
}

impl Chord {
    /// Reads `Ctrl+Shift+Z`.
    pub fn parse(text: &str) -> Result<Self, NoChord> {
        let Combination { ctrl, shift, alt, key } = Combination::of(text);
        let key = match key {
            "Delete" => Key::Delete,
            "Escape" => Key::Escape,
            "+" => Key::Plus,
            other => Key::from_name(other).ok_or_else(|| NoChord(text.to_owned()))?,
        };
        Ok(Self { ctrl, shift, alt, key }.normal())
    }

    /// The combination that is pressed.
    pub fn pressed(key: Key, modifiers: Modifiers) -> Self {
        Self { ctrl: modifiers.command, shift: modifiers.shift, alt: modifiers.alt, key }.normal()
    }

    /// Shift does not count for a sign that is typed with it: with which key it is typed depends on the keyboard.
    fn normal(self) -> Self {
        let sign = matches!(
            self.key,
            Key::Backslash
                | Key::Backtick
                | Key::CloseBracket
                | Key::CloseCurlyBracket
                | Key::Colon
                | Key::Comma
                | Key::Equals
                | Key::Exclamationmark
                | Key::Minus
                | Key::OpenBracket
                | Key::OpenCurlyBracket
                | Key::Period
                | Key::Pipe
                | Key::Plus
                | Key::Questionmark
                | Key::Quote
                | Key::Semicolon
                | Key::Slash
        );
        Self { shift: self.shift && !sign, ..self }
    }

    /// The letter or digit that it types: a label with this key comes first.
    pub fn types(self) -> Option<char> {
        if self.ctrl || self.alt {
            return None;
        }
        let mut chars = self.key.symbol_or_name().chars();
        let first = chars.next().filter(|c| chars.next().is_none() && c.is_alphanumeric())?;
        Some(if self.shift { first.to_ascii_uppercase() } else { first.to_ascii_lowercase() })
    }

    /// As it is written in `keys.ron`: `Ctrl+Shift+Z`.
    pub fn written(self) -> String {
        let modifiers = [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")];
        let modifiers: String = modifiers.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
        modifiers + self.key.name()
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, name) in [(self.ctrl, "Ctrl "), (self.alt, "Alt "), (self.shift, "Shift ")] {
            if on {
                f.write_str(name)?;
            }
        }
        f.write_str(match self.key {
            Key::ArrowLeft => "←",
            Key::ArrowRight => "→",
            Key::ArrowUp => "↑",
            Key::ArrowDown => "↓",
            Key::Escape => "Esc",
            Key::PageUp => "PgUp",
            Key::PageDown => "PgDn",
            Key::Plus => "+",
            key => key.symbol_or_name(),
        })
    }
}

/// The row of an action.
pub fn row(action: Action) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.action == action)
}

/// The letter or digit that a key press types, for keys of labels.
pub fn typed_char(event: &Event) -> Option<char> {
    let Event::Key { key, pressed: true, modifiers, .. } = event else { return None };
    // On a Mac, Ctrl is not the key of commands.
    if modifiers.ctrl { None } else { Chord::pressed(*key, *modifiers).types() }
}

/// The page `docs/keys.md`.
pub fn keys_page() -> String {
    let mut page = String::from(
        "# Keys\n\nMade by the program from its table of actions (`byline keys`); a test keeps it current.\n\n\
         Labels have the keys that the scheme gives them (in “Who said what”: 1 speaker, 2 claim, 3 statistic,\n\
         4 organisation). With text selected, a label key makes an annotation; with an annotation selected, it relabels it;\n\
         with neither, it takes the label as a brush: every selection gets it until Esc, also one made with keys\n\
         (with Shift and arrows: when Shift is let go). `S`, `Q` and `P` again take more in its place.\n\n\
         These are the defaults. They are changed in Settings › Keys, or by hand in `keys.ron` in the folder of the\n\
         settings, which says by name what is different: `{\"undo\": [\"Ctrl+Z\", \"F5\"]}`. The key of a label comes before\n\
         the same key of an action.\n\n\
         With the mouse: drag selects whole words (Alt: exactly what was dragged over), double click a word, triple click a\n\
         sentence, a click on a mark selects it, the next click at the same place what lies underneath; Ctrl and drag adds\n\
         a fragment to the selected annotation; its handles can be dragged.\n",
    );
    for menu in Menu::ALL {
        let _ = write!(page, "\n## {}\n\n| action | keys | name | |\n|---|---|---|---|\n", menu.title());
        for row in TABLE.iter().filter(|row| row.menu == menu) {
            let keys: Vec<_> = row.chords().map(|c| format!("`{c}`")).collect();
            let _ = writeln!(page, "| {} | {} | `{}` | {} |", row.title, keys.join(" or "), row.name(), row.help);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn every_action_has_a_name_of_its_own_and_keys_that_can_be_read() {
        let mut names: HashMap<String, &str> = HashMap::new();
        for row in TABLE {
            assert!(!row.keys.is_empty(), "{} has no key", row.title);
            assert_eq!(row.chords().count(), row.keys.len(), "{} has a key that cannot be read", row.title);
            let other = names.insert(row.name(), row.title);
            assert_eq!(other, None, "“{}” has the name of another action", row.title);
        }
        // Keys that people gave stand under these names in their files. A title may change only if its name stays.
        for name in PROMISED.split_whitespace() {
            assert!(names.contains_key(name), "no action is called `{name}` any more");
        }
    }

    const PROMISED: &str = "open-article open-project new-project import-dataset import-folder export-dataset save-now save-a-copy-elsewhere close-project quit undo redo \
        copy find find-in-all-documents next-match previous-match match-case whole-words regular-expression \
        label-all-matches select-word select-sentence select-quotation select-paragraph let-go scheme \
        edit-attributes edit-note link end-back-by-a-word end-on-by-a-word start-back-by-a-word start-on-by-a-word \
        end-back-by-a-character end-on-by-a-character start-back-by-a-character start-on-by-a-character add-fragment \
        same-text-everywhere delete next-annotation previous-annotation next-of-the-same-label \
        previous-of-the-same-label done-next-document needs-a-second-look next-document previous-document direction-of-paragraph \
        go-to-document filter-documents set-status describe-document light-or-dark zoom-in zoom-out zoom-to-100 \
        show-invisibles who-said-what history documents-panel annotation-panel next-region dismiss-message annotator settings reading-mode \
        word-back word-on start-of-line end-of-line paragraph-back paragraph-on page-up page-down start-of-document \
        end-of-document character-left character-right line-up line-down commands keys";

    #[test]
    fn every_key_is_written_as_it_is_read() {
        for key in Key::ALL {
            for n in 0..8 {
                let chord = Chord { ctrl: n & 1 > 0, shift: n & 2 > 0, alt: n & 4 > 0, key: *key }.normal();
                assert_eq!(Chord::parse(&chord.written()), Ok(chord), "{}", chord.written());
            }
        }
        assert_eq!(Chord::parse("Ctrl+Shift+?"), Chord::parse("Ctrl+?"), "the sign needs Shift on some keyboards");
        for bad in ["", "Ctrl+", "Strg+Z", "ctrl+z", "Ctrl+ZZ"] {
            assert!(Chord::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_page_of_keys_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        if std::env::var_os("BYLINE_UPDATE").is_some() {
            std::fs::write(path, keys_page()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(page == keys_page(), "docs/keys.md is stale: run the tests once with BYLINE_UPDATE=1");
    }
}
