//! What relations say besides their kind. Links have no attributes: the values of a relation stand as lines in the note
//! of its link, `NAME: VALUE`, and go back into their columns from there.

use super::NOTE;

/// Names that no column of a relation may have, because the format or UIMA means something by them.
const TAKEN: [&str; 6] = ["begin", "end", "sofa", "Governor", "Dependent", NOTE];

/// The note of a link from the values of a relation, in the order of the columns; that of the feature `note` comes first.
pub fn note(values: Vec<(&str, String)>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (name, value) in values {
        if name == NOTE {
            lines.insert(0, value);
        } else {
            lines.push(format!("{name}: {value}"));
        }
    }
    lines.join("\n")
}

/// The values from which [`note`] makes a note, by name: of several relations, where one link stands for these. `None`
/// where the note says something else.
pub fn from_note(note: &str) -> Option<Vec<Vec<(&str, &str)>>> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(super::header::BASE)
            && !TAKEN.contains(&name)
    };
    let mut relations: Vec<Vec<(&str, &str)>> = Vec::new();
    for line in note.split('\n') {
        let (name, value) = line.split_once(": ")?;
        // A backslash at the end of a value would hide it from INCEpTION.
        if !is_name(name) || value.is_empty() || value.ends_with('\\') || value.contains('\r') {
            return None;
        }
        match relations.last_mut() {
            Some(values) if values.last().is_some_and(|(before, _)| *before < name) => values.push((name, value)),
            _ => relations.push(vec![(name, value)]),
        }
    }
    Some(relations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_note_goes_into_columns_only_if_it_comes_back_the_same(text in "(([a-cA-Z_]{1,3}|note|end)(: ?|:)[a-c :\\\\]{0,3}\n?){0,3}") {
            if let Some(relations) = from_note(&text) {
                let notes = relations.into_iter().map(|values| {
                    note(values.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
                });
                prop_assert_eq!(notes.collect::<Vec<_>>().join("\n"), text);
            }
        }
    }

    #[test]
    fn only_values_are_taken_for_values() {
        assert_eq!(from_note("flavor: basic\ntype: nsubj"), Some(vec![vec![("flavor", "basic"), ("type", "nsubj")]]));
        assert_eq!(from_note("b: 1\na: 2"), Some(vec![vec![("b", "1")], vec![("a", "2")]]));
        for other in ["", "I think so", "see: ", "note: x", "a: 1\n\nb: 2", "not sure: ask"] {
            assert_eq!(from_note(other), None, "{other}");
        }
    }
}
