//! The readers of articles: `BYLINE_FUZZ=docx`, `odt` or `epub` puts the bytes into an archive as its main part; else they
//! are a file as it is, which says by its beginning what it is (`%PDF-`, `<html`, text).
#![no_main]

use byline_fuzz::{PACKAGES, check_article, package};
use libfuzzer_sys::fuzz_target;
use std::panic::PanicHookInfo;
use std::path::Path;
use std::sync::LazyLock;

static KIND: LazyLock<Option<&'static str>> = LazyLock::new(|| {
    let name = std::env::var("BYLINE_FUZZ").ok()?;
    PACKAGES.into_iter().find(|kind| *kind == name)
});

/// Whether a library panicked on a thread where that becomes a refusal: no find, but the fuzzer would end with it.
fn is_caught(panic: &PanicHookInfo) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"));
    let is_ours = |file: &str| Path::new(file).is_relative() || Path::new(file).starts_with(root.join("src"));
    std::thread::current().name() == Some("article") && panic.location().is_some_and(|place| !is_ours(place.file()))
}

fn spare_what_is_caught() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !is_caught(panic) {
            usual(panic);
        }
    }));
}

fuzz_target!(init: spare_what_is_caught(), |bytes: &[u8]| -> () {
    match *KIND {
        Some(kind) => check_article(&package(kind, bytes)),
        None => check_article(bytes),
    }
});
