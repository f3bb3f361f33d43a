//! Which keys do what: the defaults of the table of actions, and what a person's `keys.ron` says instead.
//!
//! Elsewhere: how the file is read (`personal::keys`), the actions and their defaults (`actions`), what a key press
//! leads to (`keyboard`), the dialog in which keys are changed (`dialogs::settings`). The keys of labels belong to the
//! scheme; here it is only known which they are, so that what is shown is true: the key of a label comes before the same
//! key of an action.

use super::actions::{Action, Chord, Row, TABLE};
use crate::personal::settings;
use crate::personal::{BadKeys, Entry, KeysFile, WrittenKey};
use eframe::egui::{self, Key, Modifiers};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The keys of all actions. No key means two things.
#[derive(Clone, PartialEq, Debug)]
pub struct Keymap {
    /// By row of the table, the first shown in menus.
    chords: Vec<Vec<Chord>>,
}

/// Keys that never reach an action: fields cut and paste with them, and the system says so in other words.
const RESERVED: [Chord; 2] = [
    Chord { ctrl: true, shift: false, alt: false, key: Key::X },
    Chord { ctrl: true, shift: false, alt: false, key: Key::V },
];

impl Default for Keymap {
    fn default() -> Self {
        Self { chords: TABLE.iter().map(|row| row.chords().collect()).collect() }
    }
}

impl Keymap {
    /// The keys of an action.
    pub fn chords(&self, action: Action) -> &[Chord] {
        index(action).map(|row| self.chords[row].as_slice()).unwrap_or_default()
    }

    /// The row that has this key; a key that makes a selection grow belongs to its motion.
    pub fn holder(&self, chord: Chord) -> Option<&'static Row> {
        let of = |chord: Chord| self.chords.iter().position(|chords| chords.contains(&chord)).map(|row| &TABLE[row]);
        let motion = || of(Chord { shift: false, ..chord }).filter(|row| matches!(row.action, Action::Caret(..)));
        of(chord).or_else(motion)
    }

    /// Whether no action can have this key.
    pub fn is_reserved(chord: Chord) -> bool {
        RESERVED.contains(&chord)
    }

    /// Gives an action these keys, and takes them from those that have them.
    pub fn set(&mut self, action: Action, chords: Vec<Chord>) {
        let Some(row) = index(action) else { return };
        for (_, other) in self.chords.iter_mut().enumerate().filter(|(n, _)| *n != row) {
            other.retain(|chord| !chords.contains(chord));
        }
        self.chords[row] = chords;
    }

    /// Whether an action has other keys than by default.
    pub fn differs(&self, action: Action) -> bool {
        index(action).is_some_and(|row| self.chords[row].iter().copied().ne(TABLE[row].chords()))
    }

    /// The action that a key press means.
    pub fn action_of(&self, key: Key, modifiers: Modifiers) -> Option<Action> {
        match self.holder(Chord::pressed(key, modifiers))?.action {
            // With Shift, every motion extends the selection.
            Action::Caret(motion, _) => Some(Action::Caret(motion, modifiers.shift)),
            action => Some(action),
        }
    }

    /// What `keys.ron` says where this differs from the defaults.
    pub fn to_ron(&self) -> String {
        let mut text = String::from(
            "// The keys of Byline, as far as they are not the defaults: the name of an action, and its keys.\n\
             // All names are in docs/keys.md. Comments are not kept when keys are changed in the window.\n{\n",
        );
        for row in TABLE.iter().filter(|row| self.differs(row.action)) {
            let keys: Vec<_> = self.chords(row.action).iter().map(|c| format!("{:?}", c.written())).collect();
            text.push_str(&format!("  \"{}\": [{}],\n", row.name(), keys.join(", ")));
        }
        text.push_str("}\n");
        text
    }

    /// Reads `keys.ron`, and says in words what in it cannot be used; the rest is.
    pub fn load(path: &Path) -> (Self, Vec<String>) {
        match settings::read_small(path) {
            Ok(Some(source)) => Self::read(&source, &path.display().to_string()),
            Ok(None) => (Self::default(), Vec::new()),
            Err(error) => (Self::default(), vec![format!("`{}` cannot be read: {error}", path.display())]),
        }
    }

    fn read(source: &str, file: &str) -> (Self, Vec<String>) {
        let keys = match KeysFile::read(source) {
            Ok(keys) => keys,
            Err(BadKeys { line, what }) => {
                let help = "help: write a name and keys a line, as in {\"undo\": [\"Ctrl+Z\", \"F5\"]}";
                let problem = format!("`{file}`, line {line}: {what}; all keys are the defaults\n{help}");
                return (Self::default(), vec![problem]);
            }
        };
        let mut problems = Vec::new();
        let mut given: BTreeMap<usize, Vec<Chord>> = BTreeMap::new();
        let mut holders: Vec<(Chord, &Row)> = Vec::new();
        for Entry { name, line, keys } in &keys.entries {
            let mut complain = |line: usize, what: String| problems.push(format!("`{file}`, line {line}: {what}"));
            let Some(row) = TABLE.iter().position(|row| row.name() == *name) else {
                complain(*line, format!("there is no action `{name}`; docs/keys.md names them all"));
                continue;
            };
            if given.contains_key(&row) {
                complain(*line, format!("`{name}` stands there twice; the first counts"));
                continue;
            }
            let Some(keys) = keys else {
                complain(*line, format!("`{name}` needs a list of keys, as in [\"Ctrl+Z\", \"F5\"]"));
                continue;
            };
            let mut chords = Vec::new();
            for WrittenKey { text: key, line } in keys {
                let line = *line;
                match Chord::parse(key) {
                    Err(error) => complain(line, error.to_string()),
                    Ok(chord) if Self::is_reserved(chord) => {
                        complain(line, format!("`{key}` belongs to fields, which cut and paste with it"));
                    }
                    Ok(chord) => match holders.iter().find(|(c, _)| *c == chord) {
                        Some((_, other)) => complain(
                            line,
                            format!(
                                "`{key}` is given to “{}” already; “{}” goes without",
                                other.title, TABLE[row].title
                            ),
                        ),
                        None => {
                            holders.push((chord, &TABLE[row]));
                            chords.push(chord);
                        }
                    },
                }
            }
            given.insert(row, chords);
        }
        // What the file gives comes before the defaults of the others.
        let mut map = Self::default();
        for (row, chords) in map.chords.iter_mut().enumerate() {
            if let Some(own) = given.remove(&row) {
                *chords = own;
                continue;
            }
            chords.retain(|chord| {
                let Some((_, other)) = holders.iter().find(|(c, _)| c == chord) else { return true };
                let line = keys.line_of(&other.name());
                problems.push(format!(
                    "`{file}`, line {line}: `{}` goes to “{}”, and “{}” loses it\nhelp: give `{}` keys too, or none",
                    chord.written(),
                    other.title,
                    TABLE[row].title,
                    TABLE[row].name(),
                ));
                false
            });
        }
        (map, problems)
    }
}

fn index(action: Action) -> Option<usize> {
    let action = match action {
        Action::Caret(motion, _) => Action::Caret(motion, false),
        action => action,
    };
    TABLE.iter().position(|row| row.action == action)
}

/// What is known wherever something is drawn: the keys, and which of them belong to labels now.
#[derive(Clone, PartialEq, Default)]
struct Shown {
    map: Arc<Keymap>,
    taken: Vec<char>,
}

/// Tells everything that is drawn with `ctx` which keys there are, and which of them are keys of labels.
pub fn install(ctx: &egui::Context, map: &Arc<Keymap>, taken: impl Iterator<Item = char>) {
    let taken: Vec<char> = taken.collect();
    let id = egui::Id::unique("keymap");
    ctx.data_mut(|data| {
        let shown: &mut Shown = data.get_temp_mut_or_default(id);
        if !Arc::ptr_eq(&shown.map, map) || shown.taken != taken {
            *shown = Shown { map: map.clone(), taken };
        }
    });
}

fn shown(ctx: &egui::Context) -> Shown {
    ctx.data(|data| data.get_temp(egui::Id::unique("keymap"))).unwrap_or_default()
}

/// The action that a key press means, where there is no more than `ctx` at hand.
pub fn action_of(ctx: &egui::Context, key: Key, modifiers: Modifiers) -> Option<Action> {
    shown(ctx).map.action_of(key, modifiers)
}

/// The first key of an action that leads to it now, as shown; empty if there is none.
pub fn key_of(ctx: &egui::Context, action: Action) -> String {
    let shown = shown(ctx);
    let free = |chord: &&Chord| chord.types().is_none_or(|c| !shown.taken.contains(&c));
    shown.map.chords(action).iter().find(free).map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::text_view::Motion;
    use proptest::prelude::*;

    fn pressed(map: &Keymap, chord: &str) -> Option<Action> {
        let chord = Chord::parse(chord).unwrap();
        let modifiers =
            Modifiers { alt: chord.alt, ctrl: chord.ctrl, shift: chord.shift, mac_cmd: false, command: chord.ctrl };
        map.action_of(chord.key, modifiers)
    }

    #[test]
    fn by_default_every_key_leads_to_its_action_and_no_key_means_two_things() {
        let map = Keymap::default();
        for row in TABLE {
            for key in row.keys {
                assert_eq!(pressed(&map, key), Some(row.action), "{key}");
            }
        }
    }

    #[test]
    fn shift_extends_every_motion() {
        let map = Keymap::default();
        assert_eq!(pressed(&map, "Shift+Left"), Some(Action::Caret(Motion::Left, true)));
        assert_eq!(pressed(&map, "Ctrl+Shift+End"), Some(Action::Caret(Motion::DocumentEnd, true)));
    }

    #[test]
    fn keys_are_read_by_name_and_what_cannot_be_used_is_said_with_its_line() {
        let source = "// Mine.\n{\n  \"undo\": [\"F5\", \"Strg+Z\"],\n  \"redo\": \"Ctrl+D\",\n  // \"fly\": [],\n  \
                      \"fly\": [\"F7\"],\n  \"copy\": 3, \"quit\": [\"F5\", \"Ctrl+V\"],\n  \"undo\": [],\n}\n";
        let (map, problems) = Keymap::read(source, "keys.ron");
        let undo: Vec<_> = map.chords(Action::Undo).iter().map(|c| c.written()).collect();
        assert_eq!(undo, ["F5"]);
        assert_eq!(pressed(&map, "Ctrl+Z"), None);
        assert_eq!(pressed(&map, "Ctrl+D"), Some(Action::Redo));
        assert_eq!(map.chords(Action::Quit), []);
        assert!(!map.differs(Action::Copy), "what cannot be read leaves the default");
        let starts = [
            "`keys.ron`, line 3: “Strg+Z” is no key",
            "`keys.ron`, line 6: there is no action `fly`",
            "`keys.ron`, line 7: `copy` needs a list",
            "`keys.ron`, line 7: `F5` is given to “Undo” already; “Quit” goes without",
            "`keys.ron`, line 7: `Ctrl+V` belongs to fields",
            "`keys.ron`, line 8: `undo` stands there twice",
            "`keys.ron`, line 4: `Ctrl+D` goes to “Redo”, and “Describe document…” loses it",
        ];
        assert_eq!(problems.len(), starts.len(), "{problems:#?}");
        for (problem, start) in problems.iter().zip(starts) {
            assert!(problem.starts_with(start), "{problem}");
        }
    }

    #[test]
    fn a_file_that_is_no_ron_leaves_the_defaults() {
        for source in ["", "{", "(undo: [])", "[1]", "{\"undo\": [\"F5\"", "{\"undo\": [[[[[[[[[[", "\u{0}"] {
            let (map, problems) = Keymap::read(source, "keys.ron");
            assert_eq!(map, Keymap::default(), "{source}");
            assert!(problems[0].starts_with("`keys.ron`, line "), "{problems:?}");
        }
    }

    proptest! {
        #[test]
        fn of_a_damaged_file_what_can_be_used_is_and_no_key_means_two_things(
            cut in any::<prop::sample::Index>(),
            len in 0usize..40,
            put in "[ -~]{0,12}|\\{\"undo\": |\\[\"(Ctrl\\+)?[A-Z]\"\\],|é🦀\u{0}",
        ) {
            let mut source = Keymap::default().to_ron();
            let start = cut.index(source.len());
            let end = (start + len).min(source.len());
            source.replace_range(start..end, &put);
            let (map, _) = Keymap::read(&source, "keys.ron");
            let mut all: Vec<_> = map.chords.iter().flatten().map(|chord| chord.written()).collect();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), count);
        }
    }

    #[test]
    fn what_was_given_takes_keys_from_others_and_reads_back_equal() {
        let mut map = Keymap::default();
        map.set(Action::Settings, vec![Chord::parse("Ctrl+Z").unwrap(), Chord::parse("?").unwrap()]);
        assert_eq!(map.chords(Action::Undo), []);
        assert_eq!(pressed(&map, "Ctrl+Z"), Some(Action::Settings));
        assert_eq!(Keymap::read(&map.to_ron(), "keys.ron"), (map.clone(), vec![]));
        map.set(Action::Undo, vec![Chord::parse("Ctrl+Z").unwrap()]);
        assert!(!map.differs(Action::Undo));
        assert_eq!(Keymap::read(&map.to_ron(), "keys.ron"), (map, vec![]));
    }

    #[test]
    fn the_key_of_a_label_is_not_shown_as_that_of_an_action() {
        let ctx = egui::Context::default();
        let mut map = Keymap::default();
        map.set(Action::Note, vec![Chord::parse("M").unwrap(), Chord::parse("Shift+M").unwrap()]);
        install(&ctx, &Arc::new(map), "em".chars());
        assert_eq!(key_of(&ctx, Action::Attributes), "");
        assert_eq!(key_of(&ctx, Action::Note), "Shift M");
        assert_eq!(key_of(&ctx, Action::Undo), "Ctrl Z");
    }
}
