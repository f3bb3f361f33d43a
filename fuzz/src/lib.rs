//! What must hold for whatever bytes a reader is given: it comes back, with words or with spans that fit, and holds no more
//! memory meanwhile than such an input is worth.
//!
//! The fuzz targets hand over what the fuzzer finds, `tests/fuzz_corpus.rs` examples and what it makes of them. Neither a
//! panic nor a hang is caught here. How offsets were counted is tried in `trial`.

mod trial;

pub use trial::{check_trial, trial_input};

use byline::anchor::{accept, propose, propose_from_quotes};
use byline::formats::{Format, InputFile, Progress, ReadOptions, Unit, read, recognise};
use byline::ingest::{Article, Encoding};
use byline::model::{Annotation, AnnotationId, DocumentId, Layer, LayerKey, Origin, Provenance, Text, boundaries};
use byline::personal::settings::{Settings, read_small};
use byline::personal::{Combination, KeysFile};
use byline::store::{ProjectFolder, Side, merge_files, read_scheme, read_without_text};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What a reader may hold at a time whatever it reads, in bytes.
const MEMORY: u64 = 64 << 20;

/// What it may hold in addition for each byte that it reads, in bytes.
const MEMORY_A_BYTE: u64 = 500;

/// Does `work` on an input of `size` bytes, and fails where it holds too much memory at a time. Counted is this thread
/// alone: articles are taken apart on others, for which the fuzzer limits what the process takes.
pub fn bounded(size: usize, work: impl FnOnce()) {
    let mut panic = None;
    // The counter does not bear to be unwound.
    let counted = allocation_counter::measure(|| panic = catch_unwind(AssertUnwindSafe(work)).err());
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
    let most = MEMORY + MEMORY_A_BYTE * size as u64;
    assert!(counted.bytes_max <= most, "{} bytes of memory for {size} bytes of input", counted.bytes_max);
}

/// Begins a file in [`joined`] input: after it stands the name, to the end of the line.
const MARK: &str = "\n=== ";

/// Several files as one input, for a fuzzer.
pub fn joined(files: &[InputFile]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in files {
        bytes.extend_from_slice(format!("{MARK}{}\n", file.name).as_bytes());
        bytes.extend_from_slice(&file.bytes);
    }
    bytes
}

/// The files of a [`joined`] input; without any mark it is one file of the `format`.
pub fn parted(format: &dyn Format, bytes: &[u8]) -> Vec<InputFile> {
    let mut starts: Vec<usize> =
        bytes.windows(MARK.len()).enumerate().filter(|(_, w)| *w == MARK.as_bytes()).map(|(at, _)| at).collect();
    if starts.first() != Some(&0) {
        let extension = format.card().extensions.first().copied().unwrap_or_default();
        return vec![InputFile::new(format!("a.{extension}"), bytes)];
    }
    starts.push(bytes.len());
    let files = starts.windows(2).map(|range| {
        let file = &bytes[range[0] + MARK.len()..range[1].max(range[0] + MARK.len())];
        let end = file.iter().position(|byte| *byte == b'\n').unwrap_or(file.len());
        InputFile::new(String::from_utf8_lossy(&file[..end]), file.get(end + 1..).unwrap_or_default())
    });
    files.collect()
}

/// Reads the files as a format, in each of the ways that a person can ask for.
pub fn check_format(format: &dyn Format, files: &[InputFile]) {
    let size = files.iter().map(|file| file.name.len() + file.bytes.len()).sum();
    bounded(size, || read_in_all_ways(format, files));
}

fn read_in_all_ways(format: &dyn Format, files: &[InputFile]) {
    let _ = recognise(files);
    let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a sound time");
    let strict = ReadOptions::new("reader", at);
    let lenient = ReadOptions { keep_going: true, widen: true, ..strict.clone() };
    let forced = ReadOptions { unit: Some(Unit::Bytes), ..lenient.clone() };
    for options in [&strict, &lenient, &forced] {
        let result = match read(format, files, options, Progress::none()) {
            Ok(result) => result,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        for problem in &result.problems {
            assert!(!problem.to_string().is_empty());
        }
        for document in &result.documents {
            for layer in &document.layers {
                for annotation in &layer.annotations {
                    assert_eq!(document.text.check(&annotation.span), Ok(()), "a span that does not fit its text");
                }
                for link in &layer.links {
                    let known = |id| layer.annotations.iter().any(|annotation| annotation.id == id);
                    assert!(known(link.from) && known(link.to), "a link that leads nowhere");
                }
            }
        }
    }
}

/// Reads bytes as an article, in the encoding that is found and in one that is forced.
pub fn check_article(bytes: &[u8]) {
    for forced in [None, Some(Encoding::UTF_8)] {
        match Article::from_bytes("é", bytes, forced) {
            Ok(article) => {
                assert!(!article.text.is_empty());
                for field in &article.header {
                    let range = field.range.clone().unwrap_or(0..0);
                    assert!(article.text.get(range).is_some(), "a header line that is not in the text");
                }
            }
            Err(refusal) => assert!(refusal.to_string().starts_with("`é` ")),
        }
    }
}

/// Kinds of Byline's own files, with an example of each that is in order.
pub const OWN: [(&str, &str); 8] = [
    ("project", include_str!("../../projects/latin-america/project.ron")),
    ("layer", include_str!("../../projects/latin-america/annotations/maria/0001-conference-opens-in-moscow.ron")),
    ("scheme", include_str!("../../assets/schemes/who-said-what.ron")),
    ("journal", include_str!("../../tests/store/journal.log")),
    ("lock", LOCK),
    ("place", PLACE),
    ("settings", SETTINGS),
    ("keys", KEYS),
];

const LOCK: &str = r#"(format: "byline-lock", version: 1, user: "maria", host: "desk", process: 7, program: "Byline", since: "2026-11-23T10:00:00Z", boot: "b", table: "t", started: 70, guarded: true, token: "é", beat: "00000000000000000001")"#;

const PLACE: &str = r#"(format: "byline-place", version: 1, places: {"maria": (document: "0001-conference-opens", caret: 5, top_paragraph: 2)})"#;

const SETTINGS: &str = r#"(annotator: "maria", theme: Dark, zoom: 1.25, text_size: 17.0, column: 640.0, font: System("Noto Sans"), snap: true, reduced_motion: false, recent: ["/home/maria/é"], recent_commands: ["undo"], left_panel: true, right_panel: false, left_width: 236.0, right_width: 340.0, window: (1360.0, 850.0))"#;

const KEYS: &str = r#"// The keys of Byline.
{
  "undo": ["Ctrl+Z", "F5"],
  "open-article": "Ctrl+Shift+O", // "redo"
  "redo": [],
}
"#;

/// Reads bytes as a file of a person's own: settings that make sense, or a reason and the file beside them; keys that
/// stand on lines of the file.
fn read_personal(kind: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("there is room for a file");
    let path = folder.path().join(format!("{kind}.ron"));
    fs::write(&path, bytes).expect("there is room for a file");
    if kind == "settings" {
        let (settings, problem) = Settings::load(Some(&path));
        assert!(
            problem.is_none() || fs::read(folder.path().join("settings.ron.broken")).is_ok_and(|kept| kept == bytes)
        );
        settings.save(&path).expect("there is room for a file");
        assert_eq!(Settings::load(Some(&path)), (settings, None), "what makes sense is read as it was");
        return;
    }
    let Ok(Some(source)) = read_small(&path) else { return };
    let lines = source.lines().count().max(1);
    match KeysFile::read(&source) {
        Ok(keys) => {
            for entry in &keys.entries {
                let written = entry.keys.iter().flatten();
                assert!(written.clone().all(|key| (entry.line..=lines).contains(&key.line)), "behind its name");
                let parted = written.map(|key| (Combination::of(&key.text), &key.text));
                assert!({ parted }.all(|(combination, text)| text.ends_with(combination.key)));
                assert!((1..=entry.line).contains(&keys.line_of(&entry.name)));
            }
        }
        Err(error) => assert!((1..=lines + 1).contains(&error.line), "{error}"),
    }
}

/// A project on disk in which one file after the other is exchanged, by one thread at a time.
static PROJECT: LazyLock<Mutex<tempfile::TempDir>> = LazyLock::new(|| {
    const TEXT: &[u8] = include_bytes!("../../projects/latin-america/documents/0001-conference-opens-in-moscow.txt");
    let folder = tempfile::tempdir().expect("there is room for a project");
    let folders = ["documents", "annotations/maria", ".byline/locks/annotators", ".byline/journal/maria"];
    for name in folders {
        fs::create_dir_all(folder.path().join(name)).expect("there is room for a folder");
    }
    fs::write(folder.path().join("documents/0001-conference-opens-in-moscow.txt"), TEXT).expect("there is room");
    Mutex::new(folder)
});

/// Reads bytes as one of Byline's own files, in a project whose other files are in order.
pub fn check_own(kind: &str, bytes: &[u8]) {
    bounded(bytes.len(), || read_own(kind, bytes));
}

fn read_own(kind: &str, bytes: &[u8]) {
    if kind == "settings" || kind == "keys" {
        return read_personal(kind, bytes);
    }
    let project = PROJECT.lock().unwrap_or_else(PoisonError::into_inner);
    let root = project.path();
    let place = match kind {
        "project" => "project.ron",
        "layer" => "annotations/maria/0001-conference-opens-in-moscow.ron",
        "journal" => ".byline/journal/maria/0000000001.log",
        "lock" => ".byline/locks/annotators/maria.ron",
        "place" => ".byline/place.ron",
        _ => {
            let source = String::from_utf8_lossy(bytes);
            if let Err(error) = read_scheme(Path::new("é.ron"), &source) {
                assert!(error.to_string().contains("é.ron"), "which file?");
            }
            return;
        }
    };
    fs::write(root.join("project.ron"), OWN[0].1).expect("there is room");
    fs::write(root.join(place), bytes).expect("there is room");
    let (folder, project) = match ProjectFolder::open(root) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(kind == "project" && error.to_string().contains("project.ron"), "{kind}: {error}");
            return;
        }
    };
    let (annotator, documents) = ("maria".into(), project.documents.clone());
    let _ = (folder.holder(&annotator), folder.place(&annotator));
    for error in [folder.load_all(project).err(), documents.iter().find_map(|d| folder.load_text(d).err())] {
        assert!(error.is_none_or(|error| error.to_string().contains("help: ")), "what to do?");
    }
    let _ = byline::check::check(root).to_string();
    if kind == "journal" {
        check_journal(&folder);
    }
    fs::remove_file(root.join(place)).expect("it was made");
}

/// What a journal tells goes over the layer as it was, and what comes out can be saved and read.
fn check_journal(folder: &ProjectFolder) {
    let annotator = "maria".into();
    fs::write(folder.path().join("annotations/maria/0001-conference-opens-in-moscow.ron"), OWN[1].1)
        .expect("there is room");
    let (journal, told) = match folder.journal(&annotator, None) {
        Ok(read) => read,
        Err(error) => {
            assert!(error.to_string().contains(".log"), "which file?");
            return;
        }
    };
    let (folder, project) = ProjectFolder::open(folder.path()).expect("a sound project");
    let recovered = folder.recover(project, &journal, &told);
    for layer in recovered.state.layers() {
        assert!(layer.annotations().all(|a| layer.text().check(&a.span).is_ok()), "a place outside the text");
    }
    for number in journal.numbers().take(100) {
        let _ = journal.change(number);
    }
    folder.save(&recovered.state, &recovered.dirty).expect("what was put together can be saved");
    let (folder, project) = ProjectFolder::open(folder.path()).expect("and read");
    folder.load_all(project).expect("and read");
    let _ = fs::remove_dir_all(folder.path().join(".byline/damaged"));
    let _ = fs::remove_dir_all(folder.path().join(".byline/history"));
    let _ = fs::remove_file(folder.path().join("annotations/maria/0001-conference-opens-in-moscow.ron"));
}

/// Between the parts of an input of several.
const PART: u8 = 0;

/// Finds the places of marks all over one text in another one: they fit it, and what is certain says the same.
pub fn check_anchor(bytes: &[u8]) {
    bounded(bytes.len(), || find_again(bytes));
}

fn find_again(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == PART).map(|part| String::from_utf8_lossy(part).into_owned());
    let (old, new) = (parts.next().unwrap_or_default(), Text::new(parts.next().unwrap_or_default()));
    let key = LayerKey { document: DocumentId::new("a").expect("a sound id"), annotator: "reader".into() };
    let mut layer = Layer::new(key, Text::new(old.as_str()));
    let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a sound time");
    for (n, start) in boundaries::word_starts(&old).enumerate().take(2_000) {
        let end =
            (0..n % 4).fold(boundaries::next_word_end(&old, start), |end, _| boundaries::next_word_end(&old, end));
        let Ok(span) = layer.text().span(start..end) else { continue };
        let (label, attributes, note) = ("claim".into(), BTreeMap::new(), String::new());
        let provenance = Provenance::new(Origin::ByHand, at);
        let id = AnnotationId(n as u32 + 1);
        let _ = layer.insert(Annotation { id, label, span, attributes, note, provenance });
    }
    for proposal in [propose(&layer, &new), propose_from_quotes(&layer, &new)] {
        assert_eq!(proposal.placed.len(), layer.len());
        for placed in &proposal.placed {
            let Some(span) = placed.proposed() else { continue };
            assert_eq!(new.check(span), Ok(()), "a place that does not fit the text");
            assert!(!placed.is_certain() || new.quote(span) == placed.quote, "certain, and another quote");
        }
        let accepted = accept(&layer, &new, &proposal.certain());
        assert_eq!(accepted.layer.len() + accepted.left_out.len(), layer.len());
    }
}

/// Merges three files, each way round: there are words, or a file that can be read and merged again.
pub fn check_merge(bytes: &[u8]) {
    bounded(bytes.len(), || merge_both_ways(bytes));
}

fn merge_both_ways(bytes: &[u8]) {
    let parts: Vec<_> = bytes.splitn(3, |byte| *byte == PART).map(String::from_utf8_lossy).collect();
    let side = |n: usize| Side { path: Path::new("a.ron"), source: parts.get(n).map_or("", |part| part) };
    let base = Some(side(0)).filter(|base| !base.source.trim().is_empty());
    for (ours, theirs) in [(side(1), side(2)), (side(2), side(1))] {
        match merge_files(base, ours, theirs) {
            Ok(merged) => {
                let again = Side { path: Path::new("b.ron"), source: &merged.source };
                let settled = merge_files(Some(again), again, again).expect("what was merged can be read");
                assert_eq!(settled.source, merged.source, "what was merged is written as it was read");
                assert!(merged.what != "layer" || read_without_text(again.path, again.source).is_ok());
            }
            Err(error) => assert!(!error.to_string().is_empty() && !error.help().is_empty()),
        }
    }
}

/// Kinds of articles whose files are archives: a fuzzer that changes the bytes of those changes nothing but checksums.
pub const PACKAGES: [&str; 3] = ["docx", "odt", "epub"];

/// An archive of a kind whose main part is `part`.
pub fn package(kind: &str, part: &[u8]) -> Vec<u8> {
    const WORD: &[u8] = br#"<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    const RELATIONS: &[u8] = br#"<Relationships><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    const CONTAINER: &[u8] = br#"<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>"#;
    const BOOK: &[u8] = br#"<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>"#;
    let parts: Vec<(&str, &[u8])> = match kind {
        "docx" => vec![("[Content_Types].xml", WORD), ("_rels/.rels", RELATIONS), ("word/document.xml", part)],
        "odt" => vec![("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", part)],
        _ => vec![
            ("mimetype", b"application/epub+zip"),
            ("META-INF/container.xml", CONTAINER),
            ("a.opf", BOOK),
            ("a.xhtml", part),
        ],
    };
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in parts {
        writer.start_file(name, options).and_then(|()| Ok(writer.write_all(bytes)?)).expect("memory takes it");
    }
    writer.finish().expect("memory takes it").into_inner()
}
