//! Values of attributes. What a value means is said by the scheme ([`crate::model::AttributeKind`]).

use chrono::{Datelike, NaiveDate};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A value as it is kept: values describe themselves, so that one that the scheme does not know is still kept whole.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// yes/no.
    YesNo(bool),
    /// A finite number.
    Number(f64),
    /// A choice, text, date or entity id.
    Text(String),
    /// Several of.
    List(Vec<String>),
}

impl Value {
    /// The text of a [`Value::Text`].
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::YesNo(yes) => f.write_str(if *yes { "yes" } else { "no" }),
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(text) => f.write_str(text),
            Self::List(items) => f.write_str(&items.join("; ")),
        }
    }
}

/// Numbers up to here are whole numbers that a 64-bit float holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::YesNo(yes) => serializer.serialize_bool(*yes),
            // “25” reads better than “25.0”, in RON as in JSON.
            Self::Number(n) if n.fract() == 0.0 && n.abs() < EXACT && !(*n == 0.0 && n.is_sign_negative()) => {
                serializer.serialize_i64(*n as i64)
            }
            Self::Number(n) => serializer.serialize_f64(*n),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Kind;
        impl<'de> Visitor<'de> for Kind {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text, a number, true, false or a list of texts")
            }
            fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
                Ok(Value::YesNo(yes))
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Value, E> {
                if n.is_finite() { Ok(Value::Number(n)) } else { Err(E::custom("expected a finite number")) }
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Value, E> {
                exact(n as f64, i128::from(n))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Value, E> {
                exact(n as f64, i128::from(n))
            }
            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Value::List(items))
            }
        }
        fn exact<E: de::Error>(n: f64, whole: i128) -> Result<Value, E> {
            if n as i128 == whole {
                Ok(Value::Number(n))
            } else {
                Err(E::custom(format!("the number {whole} has more digits than can be kept; put it in quotes")))
            }
        }
        deserializer.deserialize_any(Kind)
    }
}

/// A date of reduced precision (ISO 8601-1, 4.3 and 5.2.2.2): a year, a month of a year, or a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PartialDate {
    /// “2018”
    Year(i32),
    /// “2018-09”
    Month(i32, u32),
    /// “2018-09-29”
    Day(NaiveDate),
}

/// A text that is no date in the form YYYY, YYYY-MM or YYYY-MM-DD.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{0}” is no date; write 2018, 2018-09 or 2018-09-29")]
pub struct NoDate(pub String);

impl FromStr for PartialDate {
    type Err = NoDate;
    fn from_str(text: &str) -> Result<Self, NoDate> {
        let no_date = || NoDate(text.to_owned());
        let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<_> = text.split('-').collect();
        let shapes = [4, 2, 2];
        if parts.len() > 3 || !parts.iter().zip(shapes).all(|(part, n)| digits(part, n)) {
            return Err(no_date());
        }
        let number = |i: usize| parts.get(i).and_then(|part| part.parse::<u32>().ok());
        let year = number(0).ok_or_else(no_date)? as i32;
        match (number(1), number(2)) {
            (None, _) => Ok(Self::Year(year)),
            (Some(month @ 1..=12), None) => Ok(Self::Month(year, month)),
            (Some(month), Some(day)) => NaiveDate::from_ymd_opt(year, month, day).map(Self::Day).ok_or_else(no_date),
            _ => Err(no_date()),
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::YesNo),
            proptest::num::f64::NORMAL.prop_map(Value::Number),
            any::<i32>().prop_map(|n| Value::Number(n.into())),
            any::<String>().prop_map(Value::Text),
            proptest::collection::vec(any::<String>(), 0..4).prop_map(Value::List),
        ]
    }

    proptest! {
        #[test]
        fn values_reread_equal_in_ron_and_json(value in any_value()) {
            let ron = ron::to_string(&value).unwrap();
            prop_assert_eq!(&ron::from_str::<Value>(&ron).unwrap(), &value, "{}", ron);
            let json = serde_json::to_string(&value).unwrap();
            if !matches!(value, Value::Number(_)) {
                prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
            }
        }
    }

    #[test]
    fn whole_numbers_are_written_without_a_point_and_large_ones_are_not_rounded() {
        assert_eq!(ron::to_string(&Value::Number(25.0)).unwrap(), "25");
        assert_eq!(ron::to_string(&Value::Number(2.3)).unwrap(), "2.3");
        let error = ron::from_str::<Value>("9007199254740993").unwrap_err().to_string();
        assert!(error.contains("put it in quotes"), "{error}");
    }

    #[test]
    fn dates_keep_their_precision_and_impossible_ones_are_refused() {
        for text in ["2018", "2018-09", "2018-09-29", "0099-01-01"] {
            assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
        }
        for text in ["", "18", "2018-13", "2018-00", "2018-02-30", "2018-9-1", "２０１８", "2018-09-29-1", "+201"] {
            assert!(text.parse::<PartialDate>().is_err(), "{text}");
        }
    }
}
