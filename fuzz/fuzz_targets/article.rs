//! The readers of articles: `BYLINE_FUZZ=docx`, `odt` or `epub` puts the bytes into an archive as its main part; else they
//! are a file as it is, which says by its beginning what it is (`%PDF-`, `<html`, text).
#![no_main]

use byline_fuzz::{PACKAGES, check_article, package};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KIND: LazyLock<Option<&'static str>> = LazyLock::new(|| {
    let name = std::env::var("BYLINE_FUZZ").ok()?;
    PACKAGES.into_iter().find(|kind| *kind == name)
});

fuzz_target!(|bytes: &[u8]| match *KIND {
    Some(kind) => check_article(&package(kind, bytes)),
    None => check_article(bytes),
});
