//! Dates as articles write them: numbers or month names, in the languages of the articles.
//!
//! Reads one date and the time that may follow it; where in a text a date stands is not its concern.

use chrono::NaiveDate;

/// What a written date means. The date is the one written: a time zone beside it is not reckoned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateReading {
    /// This day.
    Certain(NaiveDate),
    /// Day and month are both numbers up to 12 and their order is not told, e.g. `03/04/2023`.
    Doubtful {
        /// As most of the world reads it.
        day_first: NaiveDate,
        /// As the United States read it.
        month_first: NaiveDate,
    },
    /// It has the form of a date, but the calendar has no such day, e.g. `2023-02-30`.
    Impossible,
}

impl DateReading {
    /// The date that `written` is, if it is one and nothing else but a weekday and a time of day.
    pub fn of(written: &str) -> Option<Self> {
        let written = written.trim();
        // Nothing longer is a date, and words are looked up one by one.
        if written.len() > 80 {
            return None;
        }
        let parts = parts(written);
        numeric(&parts).or_else(|| in_words(&parts))
    }
}

/// A run of digits, of letters, or one other character that is not white space.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Number { value: u32, digits: usize },
    Word(String),
    Sign(char),
}

use Part::{Number, Sign, Word};

fn parts(written: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        let run = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        let end = if c.is_ascii_digit() {
            let end = run(|c| c.is_ascii_digit());
            let digits = rest.get(..end).unwrap_or_default();
            parts.push(Number { value: digits.parse().unwrap_or(u32::MAX), digits: end });
            end
        } else if c.is_alphabetic() {
            let end = run(char::is_alphabetic);
            parts.push(Word(rest.get(..end).unwrap_or_default().to_lowercase()));
            end
        } else {
            if !c.is_whitespace() {
                parts.push(Sign(c));
            }
            c.len_utf8()
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    parts
}

/// Dates whose month is a number.
fn numeric(parts: &[Part]) -> Option<DateReading> {
    let (parts, _) = without_weekday(parts);
    match parts {
        [Number { value, digits: 8 }, rest @ ..] if is_time(rest) => {
            Some(day(value / 10_000, value / 100 % 100, value % 100))
        }
        [
            Number { value: year, digits: 4 },
            Sign(one @ ('-' | '/' | '.')),
            Number { value: month, digits: 1 | 2 },
            Sign(two),
            Number { value: date, digits: 1 | 2 },
            rest @ ..,
        ] if one == two && is_time(rest) => Some(day(*year, *month, *date)),
        [
            Number { value: year, digits: 4 },
            Word(y),
            Number { value: month, digits: 1 | 2 },
            Word(m),
            Number { value: date, digits: 1 | 2 },
            Word(d),
            rest @ ..,
        ] if is_cjk_date(y, m, d) && is_time(rest) => Some(day(*year, *month, *date)),
        [
            Number { value: first, digits: 1 | 2 },
            Sign(one @ ('-' | '/' | '.')),
            Number { value: second, digits: 1 | 2 },
            Sign(two),
            Number { value: year, digits: 4 },
            rest @ ..,
        ] if one == two && is_time(rest) => {
            let (day_first, month_first) = (day(*year, *second, *first), day(*year, *first, *second));
            // With points the day comes first wherever people write dates so.
            Some(match (*one, day_first, month_first) {
                ('.', ..) => day_first,
                (_, DateReading::Certain(day_first), DateReading::Certain(month_first)) if day_first != month_first => {
                    DateReading::Doubtful { day_first, month_first }
                }
                (_, DateReading::Certain(_), _) => day_first,
                _ => month_first,
            })
        }
        _ => None,
    }
}

/// Dates whose month is a word.
fn in_words(parts: &[Part]) -> Option<DateReading> {
    let (without, dropped) = without_weekday(parts);
    // French and Spanish `mar.` is a Tuesday as well as March: a weekday only if a month follows.
    if dropped && let Some(found) = day_and_month(without) {
        return Some(found);
    }
    day_and_month(parts)
}

fn day_and_month(parts: &[Part]) -> Option<DateReading> {
    let mut rest = parts;
    let (mut date, mut month, mut year) = (None, None, None);
    while date.is_none() || month.is_none() || year.is_none() {
        let (part, after) = rest.split_first()?;
        rest = after;
        match part {
            Number { value, digits: 1 | 2 } if date.is_none() => date = Some(*value),
            Number { value, digits: 4 } if year.is_none() => year = Some(*value),
            Word(word) if month.is_none() && month_named(word).is_some() => {
                month = month_named(word);
            }
            Word(word) if BETWEEN.contains(&word.as_str()) => {}
            Sign('.' | ',' | '/' | '-' | 'º' | 'ª' | '°' | '’' | '\'') => {}
            _ => return None,
        }
    }
    is_time(rest).then(|| day(year.unwrap_or(0), month.unwrap_or(0), date.unwrap_or(0)))
}

/// The parts after a weekday at the start, and whether there was one.
fn without_weekday(parts: &[Part]) -> (&[Part], bool) {
    let Some((Word(word), mut rest)) = parts.split_first() else {
        return (parts, false);
    };
    let is_weekday = WEEKDAYS
        .iter()
        .any(|full| full == word || (word.chars().count() >= 2 && full.starts_with(word.as_str()) && rest.len() > 2));
    if !is_weekday {
        return (parts, false);
    }
    while let [Sign('.' | ','), after @ ..] = rest {
        rest = after;
    }
    (rest, true)
}

/// Whether `parts` are nothing, or a time of day with what people write around it.
fn is_time(parts: &[Part]) -> bool {
    let fits = |part: &Part| match part {
        Number { digits, .. } => *digits != 8,
        Word(word) => AROUND_TIME.contains(&word.as_str()),
        Sign(sign) => matches!(sign, ':' | '.' | ',' | '+' | '-' | '−' | '–' | '|' | '(' | ')' | '/' | '·'),
    };
    // A number alone would be the beginning of something else: a time has two.
    let numbers = parts.iter().filter(|part| matches!(part, Number { .. })).count();
    parts.iter().all(fits) && (numbers != 1 || parts.iter().any(is_hour_word))
}

fn is_hour_word(part: &Part) -> bool {
    matches!(part, Word(word) if matches!(word.as_str(), "am" | "pm" | "h" | "uhr" | "a" | "p"))
}

fn is_cjk_date(year: &str, month: &str, day: &str) -> bool {
    (year, month, day) == ("年", "月", "日") || (year, month, day) == ("년", "월", "일")
}

fn day(year: u32, month: u32, day: u32) -> DateReading {
    let year = i32::try_from(year).ok().filter(|year| (1000..=9999).contains(year));
    year.and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .map_or(DateReading::Impossible, DateReading::Certain)
}

/// The month whose name is `word`, or of whose name it is the beginning, from three letters on.
fn month_named(word: &str) -> Option<u32> {
    if word.chars().count() < 3 {
        return None;
    }
    let begins = |names: &&[&str]| names.iter().any(|name| name.starts_with(word));
    let at = MONTHS.iter().position(begins)?;
    // `jui` begins two months in French: no date then.
    let is_only = MONTHS.iter().filter(|names| begins(names)).count() == 1;
    is_only.then_some(at as u32 + 1)
}

/// English, German, French, Spanish, Russian (as in a date, and by itself); also without accents.
static MONTHS: [&[&str]; 12] = [
    &["january", "januar", "jänner", "janvier", "enero", "января", "январь"],
    &["february", "februar", "feber", "février", "fevrier", "febrero", "февраля", "февраль"],
    &["march", "märz", "maerz", "marz", "mrz", "mars", "marzo", "марта"],
    &["april", "avril", "abril", "апреля", "апрель"],
    &["may", "mai", "mayo", "мая", "май"],
    &["june", "juni", "juin", "junio", "июня", "июнь"],
    &["july", "juli", "juillet", "julio", "июля", "июль"],
    &["august", "août", "aout", "agosto", "августа"],
    &["september", "septembre", "septiembre", "setiembre", "сентября", "сентябрь"],
    &["october", "oktober", "octobre", "octubre", "октября", "октябрь"],
    &["november", "novembre", "noviembre", "ноября", "ноябрь"],
    &["december", "dezember", "décembre", "decembre", "diciembre", "декабря", "декабрь"],
];

static WEEKDAYS: [&str; 45] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonnabend",
    "sonntag",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "lunes",
    "martes",
    "miércoles",
    "miercoles",
    "jueves",
    "viernes",
    "sábado",
    "sabado",
    "domingo",
    "понедельник",
    "вторник",
    "среда",
    "четверг",
    "пятница",
    "суббота",
    "воскресенье",
    "пн",
    "вт",
    "ср",
    "чт",
    "пт",
    "сб",
    "вс",
];

/// What stands between day, month and year: ordinals and prepositions.
static BETWEEN: [&str; 18] =
    ["st", "nd", "rd", "th", "er", "ère", "e", "de", "del", "of", "the", "den", "der", "le", "el", "am", "го", "on"];

static AROUND_TIME: [&str; 39] = [
    "t", "z", "utc", "gmt", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "et", "bst", "cet", "cest", "mez",
    "mesz", "msk", "мск", "ist", "jst", "am", "pm", "a", "p", "m", "h", "uhr", "um", "at", "à", "las", "los", "в", "г",
    "года", "год", "hrs",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn one_day_is_read_in_every_form_and_language() {
        for written in [
            "2023-09-29",
            "2023-9-29",
            "2023/09/29",
            "2023.09.29",
            "20230929",
            "2023-09-29T08:15:00Z",
            "2023-09-29T23:59:59.123+03:00",
            "2023-09-29 08:15",
            "2023-09-29 08:15:00 UTC",
            "29 September 2023",
            "29. September 2023",
            "29th of September, 2023",
            "29 Sept. 2023",
            "29-Sep-2023",
            "September 29, 2023",
            "Sept. 29, 2023",
            "SEP 29 2023",
            "September 29th, 2023",
            "Friday, September 29, 2023",
            "Fri, 29 Sep 2023 10:00:00 GMT",
            "Friday 29 September 2023, 8.15 pm",
            "September 29, 2023 at 8:15 a.m. ET",
            "29.09.2023",
            "29.9.2023",
            "29/09/2023",
            "09/29/2023",
            "29-09-2023",
            "29 сентября 2023 г.",
            "29 сентября 2023 года, 10:15 МСК",
            "пятница, 29 сентября 2023",
            "29 сен. 2023",
            "Freitag, 29. September 2023, 8.15 Uhr",
            "Fr., den 29. Sept. 2023",
            "vendredi 29 septembre 2023 à 8h15",
            "le 29 sept. 2023",
            "viernes, 29 de septiembre de 2023",
            "29 de setiembre del 2023",
            "2023 September 29",
            "2023年9月29日",
            "2023년 9월 29일",
        ] {
            assert_eq!(DateReading::of(written), Some(DateReading::Certain(ymd(2023, 9, 29))), "{written}");
        }
    }

    #[test]
    fn every_month_is_known_in_five_languages_with_and_without_accents() {
        for (written, month) in [
            ("3 Januar 2021", 1),
            ("3. Jänner 2021", 1),
            ("3 enero 2021", 1),
            ("3 янв. 2021", 1),
            ("3 février 2021", 2),
            ("3 fevrier 2021", 2),
            ("3. März 2021", 3),
            ("3 mars 2021", 3),
            ("mar. 3 mars 2021", 3),
            ("mar. 3 août 2021", 8),
            ("Mar. 3, 2021", 3),
            ("3 марта 2021", 3),
            ("3 avr. 2021", 4),
            ("3 abr 2021", 4),
            ("3 мая 2021", 5),
            ("3 mayo 2021", 5),
            ("1er juin 2021", 6),
            ("3 июня 2021", 6),
            ("3 juil. 2021", 7),
            ("3 июля 2021", 7),
            ("3 авг 2021", 8),
            ("3 AOÛT 2021", 8),
            ("3. Oktober 2021", 10),
            ("3 octubre 2021", 10),
            ("3 нояб. 2021", 11),
            ("3 déc. 2021", 12),
            ("3. Dez. 2021", 12),
            ("3 dic. 2021", 12),
        ] {
            let Some(DateReading::Certain(date)) = DateReading::of(written) else {
                panic!("{written}: {:?}", DateReading::of(written));
            };
            assert_eq!(date.format("%m").to_string(), format!("{month:02}"), "{written}");
        }
    }

    #[test]
    fn a_day_that_might_be_a_month_is_doubtful_unless_both_readings_agree() {
        let doubtful = DateReading::Doubtful { day_first: ymd(2023, 4, 3), month_first: ymd(2023, 3, 4) };
        assert_eq!(DateReading::of("03/04/2023"), Some(doubtful));
        assert_eq!(DateReading::of("3-4-2023"), Some(doubtful));
        let certain = |year, month, day| Some(DateReading::Certain(ymd(year, month, day)));
        assert_eq!(DateReading::of("03.04.2023"), certain(2023, 4, 3));
        assert_eq!(DateReading::of("05/05/2023"), certain(2023, 5, 5));
        assert_eq!(DateReading::of("13/04/2023"), certain(2023, 4, 13));
    }

    #[test]
    fn days_that_no_calendar_has_are_impossible() {
        for written in [
            "2023-02-30",
            "2023-13-01",
            "2023-00-10",
            "29 февраля 2023",
            "31. April 2023",
            "31/31/2023",
            "0 September 2023",
            "99.99.2023",
            "2023年2月30日",
        ] {
            assert_eq!(DateReading::of(written), Some(DateReading::Impossible), "{written}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_date_is_none() {
        for written in [
            "",
            "—",
            "yesterday",
            "Friday",
            "September",
            "September 2023",
            "29 September",
            "2023",
            "29.09.23",
            "2023-09",
            "2023-09-29-12",
            "2023-09-29 The conference",
            "29 jui 2023",
            "version 1.2.2023x",
            "12 2023-09-29",
            "29 September 2023 Москва",
            "2023-09/29",
            "٢٠٢٣-٠٩-٢٩",
        ] {
            assert_eq!(DateReading::of(written), None, "{written}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_back_from_how_it_is_written(days in -300_000_i64..2_000_000) {
            let date = NaiveDate::default() + chrono::Duration::days(days);
            for form in ["%Y-%m-%d", "%d %B %Y", "%B %-d, %Y", "%A, %d %b %Y", "%d.%m.%Y", "%Y%m%d", "%a %e %b %Y"] {
                let written = date.format(form).to_string();
                prop_assert_eq!(DateReading::of(&written), Some(DateReading::Certain(date)), "{}", written);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9 ./:,年A-Za-zя-]{0,30}") {
            let _ = DateReading::of(&text);
        }
    }
}
