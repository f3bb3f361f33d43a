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

/// The values from which [`note`] makes a note, by name; `None` where it says something else.
pub fn from_note(note: &str) -> Option<Vec<(&str, &str)>> {
    let values: Vec<_> = note.split('\n').map(|line| line.split_once(": ")).collect::<Option<_>>()?;
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(super::header::BASE)
            && !TAKEN.contains(&name)
    };
    // A backslash before the end of a value would hide it from INCEpTION.
    let good = values.iter().all(|(name, value)| is_name(name) && !value.is_empty() && !value.ends_with('\\'));
    let ordered = values.windows(2).all(|pair| pair[0].0 < pair[1].0);
    (good && ordered && !note.contains('\r')).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_note_goes_into_columns_only_if_it_comes_back_the_same(text in "(([a-cA-Z_]{1,3}|note|end)(: ?|:)[a-c :\\\\]{0,3}\n?){0,3}") {
            if let Some(values) = from_note(&text) {
                let values = values.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
                prop_assert_eq!(note(values), text);
            }
        }
    }

    #[test]
    fn only_values_are_taken_for_values() {
        assert_eq!(from_note("flavor: basic\ntype: nsubj"), Some(vec![("flavor", "basic"), ("type", "nsubj")]));
        for other in ["", "I think so", "see: ", "note: x", "b: 1\na: 2", "a: 1\n\nb: 2", "not sure: ask"] {
            assert_eq!(from_note(other), None, "{other}");
        }
    }
}
