//! The reader of one format, named by `BYLINE_FUZZ` (`byline formats` lists them); without it the first byte chooses.
#![no_main]

use byline::formats::{ALL, Format, by_name};
use byline_fuzz::{check_format, parted};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static NAMED: LazyLock<Option<&'static dyn Format>> = LazyLock::new(|| {
    let name = std::env::var("BYLINE_FUZZ").ok()?;
    Some(by_name(&name).unwrap_or_else(|| panic!("no format is called `{name}`")))
});

fuzz_target!(|bytes: &[u8]| {
    let readers = || ALL.iter().copied().filter(|format| format.card().uses.reads());
    let (format, bytes) = match (*NAMED, bytes.split_first()) {
        (Some(format), _) => (format, bytes),
        (None, Some((first, rest))) => match readers().nth(usize::from(*first) % readers().count()) {
            Some(format) => (format, rest),
            None => return,
        },
        (None, None) => return,
    };
    check_format(format, &parted(format, bytes));
});
