//! Conversions along a text: those that go forward in small steps cost the step, not a look into the tables.

use super::unit_trial::Unit;
use crate::model::{CodePoints, OffsetError, Text, Utf16Units};
use std::cell::Cell;

/// Steps up to here are walked; for longer ones the tables are faster. In the unit, or bytes.
const NEAR: usize = 256;

/// A place in a text, in bytes and in a unit, from which the next conversion starts.
#[derive(Clone, Debug)]
pub struct Cursor {
    unit: Unit,
    /// Byte and offset; always a pair that belongs together.
    at: Cell<(usize, usize)>,
}

impl Cursor {
    /// At the start of any text.
    pub fn new(unit: Unit) -> Self {
        Self { unit, at: Cell::new((0, 0)) }
    }

    /// The byte at `offset`. Always to be called with the same text.
    pub fn byte(&self, text: &Text, offset: usize) -> Result<usize, OffsetError> {
        let (byte, known) = self.at.get();
        let near = offset.checked_sub(known).filter(|step| *step <= NEAR);
        let walked = near.and_then(|step| walk(text.as_str().get(byte..)?, step, self.unit));
        let found = match walked {
            Some(step) => byte + step,
            None => byte_at(text, offset, self.unit)?,
        };
        self.at.set((found, offset));
        Ok(found)
    }

    /// The offset of `byte`. Always to be called with the same text.
    pub fn offset(&self, text: &Text, byte: usize) -> Result<usize, OffsetError> {
        let (known, offset) = self.at.get();
        let near = byte.checked_sub(known).filter(|step| *step <= NEAR);
        let between = near.and_then(|_| text.as_str().get(known..byte));
        let found = match between {
            Some(between) => offset + length(between, self.unit),
            None => offset_at(text, byte, self.unit)?,
        };
        self.at.set((byte, found));
        Ok(found)
    }
}

/// Bytes of the first `step` units of `text`; `None` past its end or inside a character.
fn walk(text: &str, step: usize, unit: Unit) -> Option<usize> {
    match unit {
        Unit::Bytes => text.is_char_boundary(step).then_some(step),
        Unit::CodePoints if step == 0 => Some(0),
        Unit::CodePoints => text.char_indices().nth(step - 1).map(|(at, c)| at + c.len_utf8()),
        Unit::Utf16 => {
            let mut left = step;
            let mut chars = text.chars();
            while left > 0 {
                left = left.checked_sub(chars.next()?.len_utf16())?;
            }
            Some(text.len() - chars.as_str().len())
        }
    }
}

fn length(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Bytes => text.len(),
        Unit::CodePoints => text.chars().count(),
        Unit::Utf16 => text.chars().map(char::len_utf16).sum(),
    }
}

/// The byte at `offset`, from the tables of the text.
pub fn byte_at(text: &Text, offset: usize, unit: Unit) -> Result<usize, OffsetError> {
    match unit {
        Unit::CodePoints => text.byte_from_code_points(CodePoints(offset)),
        Unit::Utf16 => text.byte_from_utf16(Utf16Units(offset)),
        Unit::Bytes if text.as_str().is_char_boundary(offset) => Ok(offset),
        Unit::Bytes => text.code_points_from_byte(offset).map(|_| offset),
    }
}

/// The offset of `byte`, from the tables of the text.
pub fn offset_at(text: &Text, byte: usize, unit: Unit) -> Result<usize, OffsetError> {
    match unit {
        Unit::CodePoints => text.code_points_from_byte(byte).map(|at| at.0),
        Unit::Utf16 => text.utf16_from_byte(byte).map(|at| at.0),
        Unit::Bytes => byte_at(text, byte, Unit::Bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::hostile_text;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn walking_agrees_with_the_tables_in_any_order(
            text in hostile_text(),
            steps in proptest::collection::vec((0usize..300, any::<bool>()), 1..40),
            unit in prop::sample::select(Unit::ALL.to_vec()),
        ) {
            let text = Text::new(text.repeat(3));
            let cursor = Cursor::new(unit);
            for (at, to_byte) in steps {
                if to_byte {
                    prop_assert_eq!(cursor.byte(&text, at), byte_at(&text, at, unit));
                } else {
                    prop_assert_eq!(cursor.offset(&text, at), offset_at(&text, at, unit));
                }
            }
        }
    }
}
