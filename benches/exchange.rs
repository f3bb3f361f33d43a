//! What every exchange format costs: MB/s out and in, growth, memory, and the usual Python reader beside it.
//!
//! `cargo bench --no-default-features --bench exchange`, `-- --quick` for the small size alone, `-- --long` for one long
//! document in place of many, `-- FORMAT…` for some formats. Each format and size is written and read in processes of their own, for their peak memory. Times are CPU
//! time of all threads, so that what else runs on the machine does not count; beside that of reading stands the time on
//! the clock, which several threads make shorter. The Python readers run with `BYLINE_READERS_PYTHON`, else with the
//! interpreter that `tests/readers/run --install` makes.

use byline::formats::gather::gather;
use byline::formats::output::{Folder, Memory};
use byline::formats::{
    ALL, ExportDocument, ExportInput, ExportOptions, Format, Progress, ReadOptions, Sink, by_name, read, write,
};
use byline::model::{
    Annotation, AnnotationId, Direction, Document, DocumentId, Layer, LayerKey, Link, LinkId, Metadata, Origin,
    Project, Provenance, Span, Text,
};
use byline::store::builtin_schemes;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Words of the generated datasets. Every tenth is annotated. The larger one is so large that what any process takes at
/// least, some two megabytes, is little beside the smallest files.
const SIZES: [usize; 2] = [250_000, 1_000_000];
/// Words of each of their documents, where there are many.
const WORDS: usize = 2_000;
/// A measurement goes on for this long, in seconds of CPU time, which the system counts in hundredths.
const ENOUGH: f64 = 0.5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match &arguments[..] {
        [what, name, words, documents, folder] if what == "--write" || what == "--read" => {
            let number = |text: &String| text.parse().expect("a number");
            let shape = Shape { words: number(words), documents: number(documents) };
            let measure = if what == "--write" { measure_writing } else { measure_reading };
            measure(format_of(name), shape, Path::new(folder));
        }
        _ => all(&arguments),
    }
}

/// How large a dataset is.
#[derive(Clone, Copy)]
struct Shape {
    words: usize,
    documents: usize,
}

fn format_of(name: &str) -> &'static dyn Format {
    by_name(name).expect("the name of a format")
}

fn all(arguments: &[String]) {
    let sizes = if arguments.iter().any(|a| a == "--quick") { &SIZES[..1] } else { &SIZES[..] };
    let named: Vec<_> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    let is_long = arguments.iter().any(|a| a == "--long");
    let shape = |words: &usize| Shape { words: *words, documents: if is_long { 1 } else { words / WORDS } };
    println!(
        "| format | written, MB | write, MB/s | read, MB/s | read on the clock, MB/s | time for 4 × the size | \
              memory ÷ file, write / read | Python reader | its MB/s | read ÷ it |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for format in ALL.iter().filter(|f| named.is_empty() || named.iter().any(|name| *name == f.card().name)) {
        let rows: Vec<Row> = sizes.iter().map(|words| Row::measure(*format, shape(words), is_long)).collect();
        if let Some(last) = rows.last() {
            println!("{}", last.shown(*format, rows.first().filter(|_| rows.len() > 1)));
        }
    }
}

/// What one way of one format costs.
#[derive(Clone, Copy)]
struct Cost {
    /// Of all files, in bytes.
    size: f64,
    /// CPU time of all threads, in seconds.
    cpu: f64,
    /// Time on the clock, in seconds.
    clock: f64,
    /// What memory grew by at most, in bytes.
    peak: f64,
}

struct Row {
    write: Cost,
    read: Option<Cost>,
    /// The Python reader's name and its seconds of CPU time; else why there are none.
    python: Result<(String, f64), String>,
}

impl Row {
    fn measure(format: &dyn Format, shape: Shape, is_long: bool) -> Self {
        let temp = tempfile::tempdir().expect("a temporary folder can be made");
        let folder = temp.path().join("dataset");
        let name = format.card().name;
        let write = in_process("--write", name, shape, &folder);
        let read = format.card().uses.reads().then(|| in_process("--read", name, shape, &folder));
        // How theirs grow is not ours to tell.
        let python = if is_long { Err("–".to_owned()) } else { python(name, &folder) };
        Self { write, read, python }
    }

    fn shown(&self, format: &dyn Format, small: Option<&Self>) -> String {
        let speed = |size: f64, seconds: f64| format!("{:.3}", size / seconds / 1e6);
        let three = |text: String| text.get(..4).unwrap_or(&text).trim_end_matches('.').to_owned();
        let speed = |size, seconds| three(speed(size, seconds));
        let growth = |of: fn(&Self) -> Option<Cost>| {
            let (small, large) = (small.and_then(of)?, of(self)?);
            // Per byte, so that what the files of a format share does not count.
            Some(format!("×{:.1}", large.cpu / small.cpu))
        };
        let growth = [growth(|row| Some(row.write)), growth(|row| row.read)].into_iter().flatten();
        let or_none = |cell: Option<String>| cell.unwrap_or_else(|| "–".to_owned());
        let memory = |cost: Cost| format!("{:.1}", cost.peak / cost.size);
        let size = self.write.size;
        let (python, python_speed, ratio) = match &self.python {
            Ok((name, seconds)) => {
                let ratio = self.read.map(|read| format!("{:.1}", seconds / read.cpu));
                (name.clone(), speed(size, *seconds), or_none(ratio))
            }
            Err(why) => (why.clone(), "not measured".to_owned(), "–".to_owned()),
        };
        let cells = [
            format.card().title.to_owned(),
            format!("{:.1}", size / 1e6),
            speed(size, self.write.cpu),
            or_none(self.read.map(|read| speed(read.size, read.cpu))),
            or_none(self.read.map(|read| speed(read.size, read.clock))),
            growth.collect::<Vec<_>>().join(" / "),
            format!("{} / {}", memory(self.write), or_none(self.read.map(memory))),
            python,
            python_speed,
            ratio,
        ];
        format!("| {} |", cells.join(" | "))
    }
}

/// Measures in a process of its own.
fn in_process(what: &str, name: &str, Shape { words, documents }: Shape, folder: &Path) -> Cost {
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new(this).args([what, name, &words.to_string(), &documents.to_string()]).arg(folder).output();
    let output = output.expect("this program can be started");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [size, cpu, clock, peak] = numbers[..] else { panic!("{name}: four numbers, not {said}") };
    Cost { size, cpu, clock, peak }
}

/// The usual Python reader of a format, and its seconds of CPU time for the same files.
fn python(name: &str, folder: &Path) -> Result<(String, f64), String> {
    if name == "bundle" {
        return Err("none".to_owned());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let made = std::env::var_os("BYLINE_READERS_PYTHON").map_or_else(|| target.join("readers/bin/python"), Into::into);
    if !made.exists() {
        return Err("no readers installed".to_owned());
    }
    let output = Command::new(made).arg(root.join("benches/readers.py")).arg(name).arg(folder).output();
    let output = output.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    let told = said.lines().last().and_then(|line| line.split_once('\t'));
    let told = told.and_then(|(reader, seconds)| Some((reader.to_owned(), seconds.trim().parse().ok()?)));
    told.ok_or_else(|| {
        let error = String::from_utf8_lossy(&output.stderr);
        error.lines().last().unwrap_or("said nothing").chars().take(60).collect()
    })
}

// In a process of its own.

fn measure_writing(format: &dyn Format, shape: Shape, folder: &Path) {
    let data = Data::new(shape);
    let (before, _) = memory();
    let mut sink = Folder::new(folder, false).expect("a new folder");
    data.write(format, &mut sink);
    sink.finish().expect("there is room");
    let (_, peak) = memory();
    let size = size_of(folder);
    let (cpu, clock) = repeated(|| data.write(format, &mut Memory::default()));
    println!("{size} {cpu} {clock} {}", peak.saturating_sub(before));
}

fn measure_reading(format: &dyn Format, shape: Shape, folder: &Path) {
    let (before, _) = memory();
    let options = ReadOptions::new("maria", now());
    let read_all = || {
        let files = gather(folder).expect("the files are there");
        let result = read(format, &files, &options, Progress::none());
        let result = result.unwrap_or_else(|error| panic!("{}: {error}", format.card().name));
        let layers = result.documents.iter().flat_map(|document| &document.layers);
        let found: usize = layers.map(|layer| layer.annotations.len()).sum();
        assert_eq!((result.documents.len(), found), (shape.documents, shape.words / 10), "{}", format.card().name);
        black_box(result);
    };
    read_all();
    let (_, peak) = memory();
    let (cpu, clock) = repeated(read_all);
    println!("{} {cpu} {clock} {}", size_of(folder), peak.saturating_sub(before));
}

/// Seconds of CPU time and on the clock that something takes, on average.
fn repeated(mut work: impl FnMut()) -> (f64, f64) {
    let (cpu, clock) = (cpu_seconds(), Instant::now());
    let mut times = 0;
    while times < 3 || cpu_seconds() - cpu < ENOUGH {
        work();
        times += 1;
    }
    let times = f64::from(times);
    ((cpu_seconds() - cpu) / times, clock.elapsed().as_secs_f64() / times)
}

/// CPU time of this process, all threads together, also those that ended.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a system that tells its times");
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// Memory of this process now and at most, in bytes.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("a system that tells its memory");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Bytes of all files in a folder.
fn size_of(folder: &Path) -> u64 {
    let entries = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
    let size = |path: PathBuf| {
        if path.is_dir() { size_of(&path) } else { path.metadata().expect("a file").len() }
    };
    entries.map(size).sum()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default()
}

/// A dataset that is written.
struct Data {
    project: Project,
    documents: Vec<(Document, Text, Layer)>,
}

impl Data {
    fn new(Shape { words, documents }: Shape) -> Self {
        let (_, scheme) = &builtin_schemes()[0];
        let project = Project::new("bench", scheme.clone());
        Self { project, documents: (0..documents).map(|number| document(number, words / documents)).collect() }
    }

    fn write(&self, format: &dyn Format, sink: &mut dyn Sink) {
        let documents = self.documents.iter();
        let documents = documents.map(|(document, text, layer)| ExportDocument { document, text, layers: vec![layer] });
        let input = ExportInput { project: &self.project, documents: documents.collect() };
        let written = write(format, &input, &ExportOptions::default(), sink, Progress::none());
        assert!(written.is_ok(), "{}: {:?}", format.card().name, written.err());
    }
}

/// A document in which every tenth word is annotated, and every fifth annotation linked to the one before it.
fn document(number: usize, words: usize) -> (Document, Text, Layer) {
    const VOCABULARY: [&str; 9] = ["the", "conférence", "opened", "in", "Moscow", "“yesterday”", "said", "Путин", "🙂"];
    let (mut content, mut marks) = (format!("Article number {number}\n\n"), Vec::new());
    for n in 0..words {
        let word = VOCABULARY[(n + number) % VOCABULARY.len()];
        if n % 10 == 0 {
            marks.push((content.len(), content.len() + word.len()));
        }
        content.push_str(word);
        content.push_str(match n % 60 {
            59 => ".\n",
            19 | 39 => ". ",
            _ => " ",
        });
    }
    let text = Text::new(content);
    let id = DocumentId::new(&format!("{:04}-article", number + 1)).expect("a legal id");
    let mut layer = Layer::new(LayerKey { document: id.clone(), annotator: "maria".into() }, text.clone());
    let provenance = Provenance::new(Origin::ByHand, now());
    for (n, (start, end)) in (1..).zip(marks) {
        let annotation = Annotation {
            id: AnnotationId(n),
            label: ["speaker", "claim", "statistic"][n as usize % 3].into(),
            span: Span::single(start, end).expect("words are not empty"),
            attributes: BTreeMap::new(),
            note: String::new(),
            provenance: provenance.clone(),
        };
        assert!(layer.insert(annotation).is_ok());
        if n % 5 == 0 {
            let (from, to) = (AnnotationId(n - 1), AnnotationId(n));
            let (note, provenance) = (String::new(), provenance.clone());
            let link = Link { id: LinkId(n), kind: "says".into(), from, to, note, provenance };
            assert!(layer.insert_link(link).is_ok());
        }
    }
    let document = Document {
        id,
        title: format!("Article number {number}"),
        metadata: Metadata::default(),
        direction: Direction::Auto,
        directions: BTreeMap::new(),
        sha256: text.sha256().to_owned(),
        original: None,
    };
    (document, text, layer)
}
