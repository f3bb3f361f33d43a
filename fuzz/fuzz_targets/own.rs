//! Byline's own files, in a project whose other files are in order: `BYLINE_FUZZ=project`, `layer` or any other
//! of them; without it the first byte chooses.
#![no_main]

use byline_fuzz::{OWN, check_own};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KIND: LazyLock<Option<&'static str>> = LazyLock::new(|| {
    let name = std::env::var("BYLINE_FUZZ").ok()?;
    let kind = OWN.into_iter().map(|(kind, _)| kind).find(|kind| *kind == name);
    Some(kind.unwrap_or_else(|| panic!("no file of Byline is called `{name}`")))
});

fuzz_target!(|bytes: &[u8]| match (*KIND, bytes.split_first()) {
    (Some(kind), _) => check_own(kind, bytes),
    (None, Some((first, rest))) => check_own(OWN[usize::from(*first) % OWN.len()].0, rest),
    (None, None) => {}
});
