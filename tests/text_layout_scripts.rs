//! Real texts in every script at hand, and Unicode's own list of grapheme borders.

mod text_layout_invariants;

use byline::text_layout::{Caret, Cell, Engine, Style};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use text_layout_invariants::{check, engine};

/// Families of which a machine may have some, all or none.
const FAMILIES: &str = "Byline Serif, Noto Serif, DejaVu Serif";
/// Bytes of a paragraph that are looked at: the promises are checked for each of them.
const MOST_BYTES: usize = 4_000;
/// Paragraphs of a file that are looked at, spread over the whole of it.
const MOST_PARAGRAPHS: usize = 12;

fn shared_data(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("BYLINE_SHARED_DATA").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {test}: no shared data");
    None
}

/// The UTF-8 texts below a folder, in the order of their paths.
fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = vec![folder.to_path_buf()];
    let mut texts = Vec::new();
    while let Some(path) = files.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            files.extend(entries.map(|entry| entry.expect("a folder can be listed").path()));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push((path, text));
        }
    }
    texts.sort();
    texts
}

/// Paragraphs with their line ends, cut to a length that can be looked at byte by byte.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let stride = all.len().div_ceil(MOST_PARAGRAPHS).max(1);
    let some = all.into_iter().step_by(stride);
    some.map(|text| &text[..text.floor_char_boundary(MOST_BYTES)])
}

fn check_folder(engine: &mut Engine, folder: &Path) -> usize {
    let style = Style { show_invisibles: true, ..Style::default() };
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for (path, text) in texts(folder) {
        for paragraph in paragraphs(&text) {
            if !seen.insert(paragraph.to_owned()) {
                continue;
            }
            let (width, scale) = [(640.0, 1.0), (70.0, 1.25)][count % 2];
            let laid = engine.layout(paragraph, width, scale, &style);
            // Shown when a promise below is not kept.
            println!("{}: {paragraph:?}", path.display());
            check(paragraph, &laid, 1 + laid.len() / 150);
            count += 1;
        }
    }
    count
}

#[test]
fn every_promise_is_kept_for_real_texts_of_every_script() {
    let Some(data) = shared_data("every_promise_is_kept_for_real_texts_of_every_script") else {
        return;
    };
    let mut engine = engine(&[], FAMILIES, true);
    for folder in [
        "seed",
        "wikinews-ar",
        "wikinews-fr",
        "wikinews-ja",
        "udhr-encodings",
        "reencoded-texts",
        "naughty-strings",
        "factrueval-2016",
        "kaznerd",
        "tei-tests",
        "wnut17",
        "re3d",
        "labelbuddy-annotations",
    ] {
        let count = check_folder(&mut engine, &data.join(folder));
        assert!(count > 0, "{folder} has no text");
    }
}

#[test]
fn the_caret_stops_only_where_unicode_divides_graphemes() {
    let Some(data) = shared_data("the_caret_stops_only_where_unicode_divides_graphemes") else {
        return;
    };
    let list = texts(&data.join("unicode-break-tests"));
    let list = list.iter().find(|(path, _)| path.ends_with("GraphemeBreakTest.txt"));
    let (_, list) = list.expect("the folder holds the list");
    // The list may be a draft of a version after the library's; rule GB9c is then a newer one.
    let version = format!("-{}.", unicode_segmentation::UNICODE_VERSION.0);
    let is_newer = !list.lines().next().unwrap_or_default().contains(&version);
    let mut engine = engine(&[], FAMILIES, true);
    let mut count = 0;
    for line in list.lines() {
        let (example, rules) = line.split_once('#').unwrap_or((line, ""));
        let example = example.trim();
        if example.is_empty() || (is_newer && rules.contains("[9.3]")) {
            continue;
        }
        let (text, borders) = parse(example);
        let laid = engine.layout(&text, 640.0, 1.0, &Style::default());
        let mut stops: Vec<usize> =
            (0..laid.rows().len()).flat_map(|row| laid.cells(row)).map(|cell: &Cell| cell.bytes().start).collect();
        stops.sort_unstable();
        stops.push(text.len());
        assert_eq!(stops, borders, "{line}");
        let onwards = |caret: &Caret| laid.right(*caret);
        let carets = std::iter::successors(Some(Caret::before(0)), onwards);
        for caret in carets.take(100) {
            assert!(borders.contains(&caret.byte), "{line}");
        }
        check(&text, &laid, 1);
        count += 1;
    }
    assert!(count > 500, "the list has {count} examples");
}

/// The text of an example such as `÷ 0020 × 0308 ÷`, and the bytes at which it is divided.
fn parse(example: &str) -> (String, Vec<usize>) {
    let (mut text, mut borders) = (String::new(), Vec::new());
    for word in example.split_whitespace() {
        match word {
            "÷" => borders.push(text.len()),
            "×" => {}
            code => {
                let code = u32::from_str_radix(code, 16).expect("a code point is hexadecimal");
                text.push(char::from_u32(code).expect("a code point is a character"));
            }
        }
    }
    (text, borders)
}
