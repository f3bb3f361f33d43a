//! Every reader, merging and finding places again, against examples and what becomes of them when they are damaged in ten
//! thousand known ways: they come back within seconds, with words or with spans that fit. What a fuzzer is held to as well
//! (`fuzz`), without one. `BYLINE_FUZZ_SEEDS=DIR` writes the examples as seeds for it: `DIR/TARGET/READER/…`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod examples;
#[path = "../fuzz/src/lib.rs"]
mod target;

use byline::formats::{ALL, Format, InputFile};
use examples::{cases, input};
use std::any::Any;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A reader that is not back by then, of a few kilobytes, hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many places of a file are tried in each way of damaging it.
const PLACES: usize = 12;

/// Panics in our own readers of articles, which turn them into refusals.
static OWN_PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Runs `all` on a thread that says before each piece of work what it is; fails where one panics or hangs.
fn watched(all: impl FnOnce(&mut dyn FnMut(String, &mut dyn FnMut())) + Send + 'static) -> usize {
    let (sender, receiver) = channel::<String>();
    let worker = move |sender: Sender<String>| {
        let mut failures = Vec::new();
        all(&mut |what, work| {
            sender.send(what.clone()).unwrap();
            if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
                failures.push(format!("{what}: {}", words(panic.as_ref())));
            }
        });
        failures
    };
    let working = thread::Builder::new().stack_size(2 << 20).spawn(move || worker(sender)).unwrap();
    let (mut count, mut last) = (0, "the beginning".to_owned());
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(what) => (count, last) = (count + 1, what),
            Err(RecvTimeoutError::Disconnected) => break,
            // The thread is left alone: it ends with the test.
            Err(RecvTimeoutError::Timeout) => panic!("after {PATIENCE:?} not back: {last}"),
        }
    }
    let mut failures = working.join().unwrap();
    failures.append(&mut OWN_PANICS.lock().unwrap_or_else(PoisonError::into_inner));
    failures.dedup();
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
    count
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// The example folders of a format: name and files.
fn examples(format: &dyn Format) -> Vec<(String, Vec<InputFile>)> {
    let mut examples = Vec::new();
    for kind in ["good", "bad"] {
        for case in cases(format, kind) {
            let name = format!("{}/{kind}/{}", format.card().name, case.file_name().unwrap().display());
            examples.push((name, input(&case)));
        }
    }
    assert!(!examples.is_empty(), "{} needs examples under tests/formats", format.card().name);
    examples
}

/// `count` places in `0..length`, evenly.
fn places(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(length);
    (0..count).map(move |n| n * length / count)
}

/// The bytes with those of a range replaced.
fn spliced(bytes: &[u8], range: std::ops::Range<usize>, new: &[u8]) -> Vec<u8> {
    [&bytes[..range.start], new, &bytes[range.end..]].concat()
}

/// Where the maximal runs of bytes of a kind lie.
fn runs(bytes: &[u8], is: impl Fn(u8) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| is(**byte)) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// The beginning of what may be long, for a message.
fn shortened(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(20)]).into_owned()
}

/// What can happen to a file, always the same: each with what it is.
fn damaged(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![("as it is".to_owned(), bytes.to_vec()), ("empty".to_owned(), Vec::new())];
    for at in places(bytes.len(), 3 * PLACES) {
        all.push((format!("cut at byte {at}"), bytes[..at].to_vec()));
    }
    for (n, at) in places(bytes.len(), 4 * PLACES).enumerate() {
        // One bit, the highest bit, a NUL, what is in no UTF-8.
        let byte = [bytes[at] ^ 1 << (n % 7), bytes[at] ^ 0x80, 0, 0xFF][n % 4];
        all.push((format!("byte {at} is {byte:#04X}"), spliced(bytes, at..at + 1, &[byte])));
    }
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for at in places(lines.len(), PLACES) {
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        all.push((format!("line {} twice", at + 1), doubled.concat()));
        let mut without = lines.clone();
        without.remove(at);
        all.push((format!("without line {}", at + 1), without.concat()));
        let mut swapped = lines.clone();
        swapped.swap(at, (at + 1) % lines.len());
        all.push((format!("line {} after the next", at + 1), swapped.concat()));
    }
    let numbers = runs(bytes, |byte| byte.is_ascii_digit());
    let values = ["18446744073709551616", "-1", "4294967295", "0", "1e308", "9007199254740993", ""];
    for (n, at) in places(numbers.len(), 2 * PLACES).enumerate() {
        for value in [values[n % values.len()], values[(n + 3) % values.len()]] {
            let what = format!("the number at byte {} is {value:?}", numbers[at].start);
            all.push((what, spliced(bytes, numbers[at].clone(), value.as_bytes())));
        }
    }
    let signs = runs(bytes, |byte| byte.is_ascii_punctuation());
    for (n, at) in places(signs.len(), 2 * PLACES).enumerate() {
        let new: &[u8] = [b"".as_slice(), b"[", b"}", b"\"", b"null", b"\t", b"\r\n", "\u{2028}".as_bytes()][n % 8];
        let what = format!("{:?} at byte {}", shortened(new), signs[at].start);
        all.push((what, spliced(bytes, signs[at].start..signs[at].start + 1, new)));
    }
    // A thousand times the same, as deep and as wide as it goes; of what is long already, a megabyte.
    for at in places(signs.len(), PLACES / 2) {
        let run = &bytes[signs[at].clone()];
        let times = (1_000_000 / run.len()).min(1_000);
        let what = format!("{:?} {times} times at byte {}", shortened(run), signs[at].start);
        all.push((what, spliced(bytes, signs[at].clone(), &run.repeat(times))));
    }
    all
}

#[test]
fn no_reader_of_a_format_panics_or_hangs_whatever_becomes_of_its_examples() {
    let count = watched(|try_out| {
        for format in ALL.iter().copied().filter(|format| format.card().uses.reads()) {
            for (case, files) in examples(format) {
                seed("format", format.card().name, &case, &target::joined(&files));
                for at in 0..files.len() {
                    let mut changed = files.clone();
                    let gone = changed.remove(at);
                    let what = format!("{case} without {}", gone.name);
                    try_out(what, &mut || target::check_format(format, &changed));
                    for (what, bytes) in damaged(&files[at].bytes) {
                        let mut changed = files.clone();
                        changed[at].bytes = bytes;
                        let what = format!("{case}, {}: {what}", changed[at].name);
                        try_out(what, &mut || target::check_format(format, &changed));
                    }
                }
            }
        }
    });
    assert!(count > 10_000, "{count}");
}

#[test]
fn what_a_fuzzer_finds_is_parted_as_it_was_joined() {
    for format in ALL.iter().copied().filter(|format| format.card().uses.reads()) {
        for (case, files) in examples(format) {
            assert_eq!(target::parted(format, &target::joined(&files)), files, "{case}");
        }
        assert_eq!(target::parted(format, b"\xFF").len(), 1);
    }
}

/// Articles of each kind, with much of what their kinds can have.
fn articles() -> Vec<(&'static str, Vec<u8>)> {
    let mut pdf = b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R /Lang (de)>> endobj\n2 0 obj <</Type /Pages /Count 1 /Kids [3 0 R] /MediaBox [0 0 595 842]>> endobj\n3 0 obj <</Type /Page /Parent 2 0 R /Contents 5 0 R /Resources <</Font <</F 4 0 R>> /XObject <</X 6 0 R>>>>>> endobj\n4 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding <</BaseEncoding /WinAnsiEncoding /Differences [1 /fi]>>>> endobj\n".to_vec();
    let content = "/Artifact BMC BT /F 9 Tf 50 800 Td (Kopf) Tj ET EMC /Span <</ActualText (Zo)>> BDC BT /F 12 Tf 50 700 Td (Z) Tj ET EMC\nBT /F 12 Tf 14 TL 50 650 Td (Die Fischer haben nichts mehr, sagte die Gewerk-) Tj T* (schaft am Abend.) Tj [(A) -250 (B)] TJ ET\nBT /F 12 Tf 0 1 -1 0 20 400 Tm (Rand) Tj ET q 9 0 0 9 0 0 cm /X Do Q";
    pdf.extend(format!("5 0 obj <</Length {}>> stream\n{content}\nendstream endobj\n", content.len()).bytes());
    pdf.extend(b"6 0 obj <</Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1>> stream\nx\nendstream endobj\ntrailer <</Root 1 0 R /Info 7 0 R>>\n");
    let html = "<!doctype html><html lang=de><head><meta charset=utf-8><title>Fischer</title><meta name=author content=Zoë><script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"Fischer\",\"datePublished\":\"2023-09-29\",\"author\":[{\"name\":\"Zoë\"}]}</script></head><body><nav><a href=/>Start</a></nav><article><h1>Fischer</h1><p>„Wir haben <b>nichts</b> mehr“, sagte <q>Zoë</q>&nbsp;&#x1F600;.<br>Ende</p><ul><li>a<li>b</ul><table><tr><td>1<td>2</table><pre>x\n y</pre></article><p hidden>no</p><!-- c --></body></html>";
    let docx = "<w:document xmlns:w='w'><w:body><w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr><w:r><w:t>Fischer</w:t></w:r></w:p><w:p><w:r><w:t xml:space='preserve'>Wir </w:t></w:r><w:ins><w:r><w:t>haben</w:t></w:r></w:ins><w:del><w:r><w:delText>hatten</w:delText></w:r></w:del><w:hyperlink><w:r><w:tab/><w:t>nichts</w:t><w:br/></w:r></w:hyperlink><w:r><w:footnoteReference w:id='1'/></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl></w:body></w:document>";
    let odt = "<office:document-content xmlns:office='o' xmlns:text='t' xmlns:table='b'><office:body><office:text><text:tracked-changes><text:changed-region text:id='c'><text:deletion><text:p>weg</text:p></text:deletion></text:changed-region></text:tracked-changes><text:h text:outline-level='1'>Fischer</text:h><text:p>Wir<text:s text:c='3'/>haben <text:span>nichts</text:span><text:tab/><text:line-break/><text:change text:change-id='c'/><text:note><text:note-body><text:p>n</text:p></text:note-body></text:note></text:p><text:list><text:list-item><text:p>a</text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell table:number-columns-repeated='3'><text:p>1</text:p></table:table-cell></table:table-row></table:table></office:text></office:body></office:document-content>";
    let text = "Title: Fischer\nBy Zoë Müller\nDate: 03/04/2023\nSource: Journal\n\n„Wir haben nichts mehr“, sagte sie.\r\nEnde\r\n";
    vec![
        ("pdf", pdf),
        ("html", html.into()),
        ("docx", docx.into()),
        ("odt", odt.into()),
        ("epub", html.into()),
        ("text", text.into()),
        ("utf-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ]
}

#[test]
fn no_reader_of_articles_panics_or_hangs_whatever_becomes_of_its_examples() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        if place.starts_with("src/ingest") {
            OWN_PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
        }
        if place.starts_with("src/") || place.starts_with("tests/") {
            usual(panic);
        }
    }));
    for (kind, bytes) in articles() {
        let whole = byline::ingest::Article::from_bytes("é", &file(kind, &bytes), None);
        let text = whole.unwrap_or_else(|refusal| panic!("{kind}: {refusal}")).text;
        assert!(text.contains("Fischer"), "{kind}: {text}");
    }
    let count = watched(|try_out| {
        for (kind, bytes) in articles() {
            seed("article", kind, kind, &bytes);
            let archive = file(kind, &bytes);
            let archives = damaged(&archive).into_iter().filter(|_| target::PACKAGES.contains(&kind));
            let inside = damaged(&bytes).into_iter().map(|(what, bytes)| (what, file(kind, &bytes)));
            for (what, bytes) in inside.chain(archives) {
                try_out(format!("{kind}: {what}"), &mut || target::check_article(&bytes));
            }
        }
    });
    assert!(count > 1_000, "{count}");
}

#[test]
fn no_reader_of_a_projects_own_files_panics_or_hangs_whatever_becomes_of_them() {
    let count = watched(|try_out| {
        for (kind, example) in target::OWN {
            seed("own", kind, kind, example.as_bytes());
            for (what, bytes) in damaged(example.as_bytes()) {
                try_out(format!("{kind}: {what}"), &mut || target::check_own(kind, &bytes));
            }
        }
    });
    assert!(count > 800, "{count}");
}

/// As deep, as wide and as long as a file can be that somebody made to do harm: each is refused within seconds, or read.
#[test]
fn files_that_are_made_to_fill_the_memory_are_refused_or_read_in_no_time() {
    const MANY: usize = 200_000;
    let layer = target::OWN[1].1;
    let (head, _) = layer.split_once("annotations: [").unwrap();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(MANY), close.repeat(MANY));
    let value = |value: &str| {
        format!(
            "{head}annotations: [(id: \"a1\", label: \"x\", start: 0, end: 1, quote: \"\", attributes: {{\"a\": {value}}})])"
        )
    };
    let mut bombs = Vec::new();
    for (open, close) in
        [("[", "]"), ("(", ")"), ("{", "}"), ("Some(", ")"), ("{\"a\":", "}"), ("/*", "*/"), ("#![a]", "")]
    {
        bombs.extend([deep(open, close), deep(open, ""), value(&deep(open, close)), value(&open.repeat(MANY))]);
        for (_, example) in target::OWN {
            // In the place of the first list or map behind the head.
            let at = example.find(['[', '{']).unwrap_or(example.len());
            bombs.push(format!("{}{}", &example[..at], deep(open, close)));
        }
    }
    let fields: String = (0..MANY).map(|n| format!("\"a{n}\": 1, ")).collect();
    let strings: String = (0..MANY).map(|_| "\"a\", ").collect();
    bombs.extend([value(&format!("{{{fields}}}")), value(&format!("[{strings}]"))]);
    bombs.push(format!("{head}{})", (0..MANY).map(|n| format!("f{n}: 1, ")).collect::<String>()));
    bombs.push(value(&format!("\"{}\"", "\\u{202e}".repeat(MANY))));
    bombs.push(value(&format!("r{0}\"{1}\"{0}", "#".repeat(MANY), "a".repeat(MANY))));
    bombs.push(value(&"9".repeat(MANY)));
    let count = watched(move |try_out| {
        for (n, bomb) in bombs.iter().enumerate() {
            for (kind, _) in target::OWN {
                let what = format!("{kind}: bomb {n}: {}…", bomb.get(..bomb.len().min(60)).unwrap_or_default());
                try_out(what, &mut || target::check_own(kind, bomb.as_bytes()));
            }
        }
    });
    assert!(count > 200, "{count}");
}

/// A layer and a project as they stand in the sample, with what two sides could have made of them.
fn versions() -> Vec<(&'static str, [Vec<u8>; 3])> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("projects/latin-america");
    let layer = fs::read_dir(sample.join("annotations/maria")).unwrap().next().unwrap().unwrap().path();
    let mut all = Vec::new();
    for (name, path) in [("layer", layer), ("project", sample.join("project.ron"))] {
        let base = fs::read_to_string(path).unwrap();
        let ours = base.replace("claim", "assertion").replacen("title: \"", "title: \"é ", 3);
        let theirs = base.replacen("speaker", "source", 5).replace("note: \"", "note: \"né ");
        let fewer: Vec<_> =
            theirs.lines().enumerate().filter(|(n, line)| n % 7 != 6 || !line.contains("id: \"a")).collect();
        let theirs = fewer.into_iter().map(|(_, line)| format!("{line}\n")).collect::<String>();
        all.push((name, [base, ours, theirs].map(String::into_bytes)));
    }
    all
}

#[test]
fn no_merge_panics_or_hangs_whatever_becomes_of_the_files() {
    let count = watched(|try_out| {
        for (kind, versions) in versions() {
            seed("merge", "merge", kind, &versions.join(&0));
            for at in 0..3 {
                for (what, bytes) in damaged(&versions[at]) {
                    let mut changed = versions.clone();
                    changed[at] = bytes;
                    let what = format!("{kind}, version {at}: {what}");
                    try_out(what, &mut || target::check_merge(&changed.join(&0)));
                }
            }
        }
    });
    assert!(count > 1_000, "{count}");
}

#[test]
fn no_search_for_places_panics_or_hangs_whatever_the_texts_are() {
    let count = watched(|try_out| {
        for (kind, old) in articles().into_iter().filter(|(kind, _)| ["text", "html", "pdf"].contains(kind)) {
            seed("anchor", "anchor", kind, &[&old[..], &old].join(&0));
            for (what, new) in damaged(&old) {
                try_out(format!("{kind}: {what}"), &mut || target::check_anchor(&[&old[..], &new].join(&0)));
                try_out(format!("{kind}, back: {what}"), &mut || target::check_anchor(&[&new[..], &old].join(&0)));
            }
        }
    });
    assert!(count > 500, "{count}");
}

#[test]
fn no_trial_of_how_offsets_were_counted_says_what_is_not_so() {
    let count = watched(|try_out| {
        let texts = ["Zoë 😀\r\n\n\rwar 👩‍👧 da\r\n", "plain\nand\nsimple", "", "\u{feff}e\u{301}\r\u{301}\n\n"];
        let article = "„Wir haben 𝒏ichts“,\r\nsagte Zoë.\n".repeat(20);
        for (n, text) in texts.into_iter().chain([&*article]).enumerate() {
            for how in 0..24 {
                for declared in 0..6 {
                    let right: Vec<_> =
                        (0..9u8).map(|k| [k.wrapping_mul(29).wrapping_add(how), k / 3, k * 4]).collect();
                    let wrong = [[how, declared, 0xFF], [2, 0, 0xFF]];
                    for (what, marks) in [("right", right.clone()), ("wrong ones too", [&right[..], &wrong].concat())] {
                        let input = target::trial_input(how, declared, text, &marks);
                        if (what, declared) == ("right", 0) {
                            seed("trial", "trial", &format!("{n}-{how}"), &input);
                        }
                        let what = format!("text {n}, counted {how}, declared {declared}, {what}");
                        try_out(what, &mut || target::check_trial(&input));
                    }
                }
            }
        }
    });
    assert!(count > 1_000, "{count}");
}

fn file(kind: &str, bytes: &[u8]) -> Vec<u8> {
    if target::PACKAGES.contains(&kind) { target::package(kind, bytes) } else { bytes.to_vec() }
}

/// Writes an example for a target of the fuzzer and one of its readers, where it is asked for.
fn seed(target: &str, reader: &str, case: &str, bytes: &[u8]) {
    let Some(folder) = std::env::var_os("BYLINE_FUZZ_SEEDS") else { return };
    let folder = Path::new(&folder).join(target).join(reader);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(case.replace('/', "-")), bytes).unwrap();
}
