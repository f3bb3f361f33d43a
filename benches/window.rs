//! What a frame costs: the real window without a display, driven by keys and wheel, from the sample to 1,000,000 words.
//!
//! `cargo bench --bench window` for all sizes, `-- --quick` for the small ones in some seconds. A frame is
//! `App::frame` and the tessellation of its shapes; painting is the graphics driver's. Its time is the CPU time of
//! the window's thread (`/proc/thread-self/schedstat`), so that what else runs on the machine does not count; where
//! the system does not tell it, the time on the clock. Allocations are those of the same thread. Each size runs in a
//! process of its own, for its memory. `-- --make FOLDER WORDS ANNOTATIONS` writes a project.

use byline::app::App;
use byline::edit::State;
use byline::model::{
    Annotation, AnnotationId, Direction, Document, DocumentId, Layer, LayerKey, Link, LinkId, Metadata, Origin,
    Project, Provenance, Span, Text, Value,
};
use byline::session::SaveStatus;
use byline::store::{Dirty, ProjectFolder, builtin_schemes};
use chrono::DateTime;
use eframe::egui::{
    self, Event, Key, Modifiers, MouseWheelUnit, PlatformOutput, PointerButton, RawInput, Rect, TouchPhase, pos2, vec2,
};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Words and annotations of the generated articles.
const SIZES: [(usize, usize); 4] = [(400, 30), (20_000, 2_000), (200_000, 20_000), (1_000_000, 100_000)];
/// So many of them are small enough for `--quick`.
const QUICK: usize = 2;
const ANNOTATOR: &str = "maria";
const PLAIN: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    match &arguments[..] {
        [flag, folder, annotator] if flag == "--one" => print!("{}", one(Path::new(folder), annotator, false)),
        [flag, folder, annotator, _] if flag == "--one" => print!("{}", one(Path::new(folder), annotator, true)),
        [flag, folder, words, annotations] if flag == "--make" => {
            let number = |text: &String| text.parse().expect("words and annotations are numbers");
            save(&generated(number(words), number(annotations)), Path::new(folder));
        }
        _ => all(quick),
    }
}

/// Runs every size in a process of its own and prints the table.
fn all(quick: bool) {
    let mut columns = Vec::new();
    columns.extend(sample().map(|(state, annotator)| ("the sample".to_owned(), run(&state, &annotator, quick))));
    for (words, annotations) in &SIZES[..if quick { QUICK } else { SIZES.len() }] {
        let title = format!("{} words, {} annotations", grouped(*words), grouped(*annotations));
        columns.push((title, run(&generated(*words, *annotations), ANNOTATOR, quick)));
    }
    print!("{}", table(&columns));
}

/// A row of the table: its name, the value shown, and the number by which sizes are compared, if there is one.
struct Row {
    name: String,
    value: String,
    growing: Option<f64>,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split('\t').map(str::to_owned);
        let (name, value) = (parts.next()?, parts.next()?);
        Some(Self { name, value, growing: parts.next().and_then(|n| n.parse().ok()) })
    }
}

/// Saves a project into a folder and measures it in a process of its own.
fn run(state: &State, annotator: &str, quick: bool) -> Vec<Row> {
    let temp = tempfile::tempdir().expect("a temporary folder can be made");
    let path = temp.path().join("project");
    save(state, &path);
    let this = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(this);
    command.arg("--one").arg(&path).arg(annotator).args(quick.then_some("--quick"));
    let output = command.output().expect("this program can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = String::from_utf8_lossy(&output.stdout);
    rows.lines().filter_map(Row::parse).collect()
}

/// Saves a project into a new folder.
fn save(state: &State, path: &Path) {
    let empty = Project::new(state.project.name.clone(), state.project.scheme.clone());
    let folder = ProjectFolder::create(path, &empty).expect("it is new");
    folder.save(state, &Dirty::everything(state)).expect("there is room");
}

fn table(columns: &[(String, Vec<Row>)]) -> String {
    let mut out = String::from("| p50 / p99 / max |");
    let titles: Vec<_> = columns.iter().map(|(title, _)| format!(" {title} |")).collect();
    out.push_str(&titles.concat());
    out.push_str(" p99 from size to size |\n|---|");
    out.push_str(&"---|".repeat(columns.len() + 1));
    for (row, name) in columns.first().into_iter().flat_map(|c| &c.1).map(|row| &row.name).enumerate() {
        let cells: Vec<_> = columns.iter().map(|c| format!(" {} |", c.1.get(row).map_or("", |r| &r.value))).collect();
        // The sample is no size.
        let numbers: Vec<_> = columns.iter().skip(1).filter_map(|c| c.1.get(row)?.growing).collect();
        let growth: Vec<_> = numbers.windows(2).map(|two| format!("×{:.1}", two[1] / two[0])).collect();
        let _ = write!(out, "\n| {name} |{} {} |", cells.concat(), growth.join(" "));
    }
    out.push('\n');
    out
}

fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

// What is measured.

/// What a frame cost.
#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    allocations: u64,
}

/// Measures one project; a line for each row of the table.
fn one(folder: &Path, annotator: &str, quick: bool) -> String {
    let (mut window, opened) = Window::open(folder, annotator);
    let mut out = format!("start to the first frame with the document, on the clock, ms\t{0:.0}\t{0}\n", ms(opened));
    window.settle();
    let _ = writeln!(out, "memory with it open, MB\t{0:.0}\t{0}", memory("VmRSS:"));
    let n = |full: usize| if quick { full / 10 } else { full };
    let mut allocations = String::new();
    let mut row = |name: &str, costs: Vec<Cost>| {
        let mut times: Vec<_> = costs.iter().map(|cost| ms(cost.time)).collect();
        times.sort_unstable_by(f64::total_cmp);
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| at(&times, share));
        let _ = writeln!(out, "{name}, ms\t{p50:.2} / {p99:.2} / {max:.2}\t{p99}");
        let mut counts: Vec<_> = costs.iter().map(|cost| cost.allocations as f64).collect();
        counts.sort_unstable_by(f64::total_cmp);
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| at(&counts, share));
        let _ = writeln!(allocations, "{name}, allocations\t{p50:.0} / {p99:.0} / {max:.0}\t{p99}");
    };
    row("nothing happens", window.repeat(n(300), &[]));
    row("→ through the text", window.repeat(n(600), &[(PLAIN, Key::ArrowRight)]));
    row("↓ through the text", window.repeat(n(600), &[(PLAIN, Key::ArrowDown)]));
    row("Ctrl → through the text", window.repeat(n(600), &[(CTRL, Key::ArrowRight)]));
    row("page down", window.repeat(n(200), &[(PLAIN, Key::PageDown)]));
    row("scroll through all of it", window.scroll_through(n(1_000)));
    row("wheel", window.wheel(n(1_000)));
    row("to the end and back", window.repeat(n(40), &[(CTRL, Key::End), (CTRL, Key::Home)]));
    row("select across a page with the mouse", window.select_across(n(300)));
    row("select everything", window.select_all(n(60)));
    row("Tab to the next annotation", window.repeat(n(300), &[(PLAIN, Key::Tab)]));
    row("type in the bar for finding, with what comes of it", window.find(n(20)));
    row("change the width of the window", window.resize(n(200)));
    let tags = n(100);
    row("tag a span, while others are saved", window.tag(tags));
    row("undo half of them", window.repeat(tags / 2, &[(CTRL, Key::Z)]));
    row("link key", window.link(n(20)));
    row("open the list of all annotations", window.open_list());
    row("undo and redo beside the list", window.repeat(tags / 2, &[(CTRL, Key::Z), (CTRL | Modifiers::SHIFT, Key::Z)]));
    out.push_str(&allocations);
    let _ = writeln!(out, "memory at the end, MB\t{0:.0}\t{0}", memory("VmRSS:"));
    let _ = writeln!(out, "memory at most, MB\t{0:.0}\t{0}", memory("VmHWM:"));
    out
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted.get((sorted.len() as f64 * share) as usize).or(sorted.last()).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// CPU time of this thread so far; giving the processor up for a moment brings the system's account up to date.
fn cpu_time() -> Option<Duration> {
    std::thread::yield_now();
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    account.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// A line of what the system says of this process, in MB; 0 where it says nothing.
fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|l| l.strip_prefix(line)?.trim().strip_suffix("kB")?.trim().parse().ok());
    found.map_or(0.0, |kb: f64| kb / 1024.0)
}

/// The window, without one.
struct Window {
    ctx: egui::Context,
    app: App,
    time: f64,
    size: egui::Vec2,
    /// Rings when something outside a frame asks for one.
    woken: Receiver<()>,
}

impl Window {
    /// Opens a project; returns how long it took until a frame showed its document.
    fn open(folder: &Path, annotator: &str) -> (Self, Duration) {
        let settings = folder.with_file_name("settings.ron");
        std::fs::write(&settings, format!("(annotator: {annotator:?}, theme: Light)")).expect("there is room");
        let start = Instant::now();
        let ctx = egui::Context::default();
        let (wake, woken) = channel();
        ctx.set_request_repaint_callback(move |_| {
            let _ = wake.send(());
        });
        let mut app = App::new(&ctx, Some(settings));
        app.open_paths(&ctx, vec![folder.to_owned()]);
        let mut window = Self { ctx, app, time: 0.0, size: vec2(1360.0, 850.0), woken };
        loop {
            window.frame(Vec::new());
            if window.layer().is_some() {
                let opened = start.elapsed();
                return (window, opened);
            }
            assert!(start.elapsed() < Duration::from_mins(1), "the document cannot be opened");
            // As the real window does: the next frame comes when somebody asks for it.
            let _ = window.woken.recv_timeout(Duration::from_millis(100));
        }
    }

    fn layer(&self) -> Option<&Layer> {
        self.app.session()?.layer()
    }

    /// Draws a frame with what happened since the last one; returns what it cost.
    fn frame(&mut self, events: Vec<Event>) -> Cost {
        self.draw(events).0
    }

    fn draw(&mut self, events: Vec<Event>) -> (Cost, PlatformOutput) {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), self.size)),
            time: Some(self.time),
            focused: true,
            events,
            ..RawInput::default()
        };
        let (clock, cpu) = (Instant::now(), cpu_time());
        let mut drawn = None;
        let allocated = allocation_counter::measure(|| {
            let mut output = self.ctx.run_ui(input, |ui| self.app.frame(ui));
            std::hint::black_box(self.ctx.tessellate(output.shapes, output.pixels_per_point));
            output.textures_delta.clear();
            drawn = Some(output.platform_output);
        });
        let time = cpu.zip(cpu_time()).map_or_else(|| clock.elapsed(), |(before, after)| after.saturating_sub(before));
        (Cost { time, allocations: allocated.count_total }, drawn.unwrap_or_default())
    }

    fn key(&mut self, modifiers: Modifiers, key: Key) -> Cost {
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        let mut events = vec![Event::ModifiersChanged(modifiers), event(true), event(false)];
        events.push(Event::ModifiersChanged(PLAIN));
        self.frame(events)
    }

    /// Frames until all is saved and nothing moves any more.
    fn settle(&mut self) {
        let saved = |app: &App| app.session().is_none_or(|s| s.save_status() == SaveStatus::Saved);
        let mut quiet = 0;
        while quiet < 30 {
            std::thread::sleep(Duration::from_millis(5));
            self.frame(Vec::new());
            quiet = if saved(&self.app) { quiet + 1 } else { 0 };
        }
    }

    /// Presses keys, one a frame, `times` times; without keys: draws so many frames.
    fn repeat(&mut self, times: usize, keys: &[(Modifiers, Key)]) -> Vec<Cost> {
        let mut times_taken = Vec::new();
        for _ in 0..times {
            if keys.is_empty() {
                times_taken.push(self.frame(Vec::new()));
            }
            times_taken.extend(keys.iter().map(|(modifiers, key)| self.key(*modifiers, *key)).collect::<Vec<_>>());
        }
        times_taken
    }

    /// Scrolls through the text, and back from its end.
    fn wheel(&mut self, frames: usize) -> Vec<Cost> {
        self.key(CTRL, Key::Home);
        self.frame(vec![Event::PointerMoved(pos2(640.0, 400.0))]);
        let turn = |down: bool| Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, if down { -60.0 } else { 60.0 }),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Trackpad,
            modifiers: PLAIN,
        };
        let times = (0..frames).map(|n| self.frame(vec![turn(n < frames * 3 / 4)])).collect();
        self.frame(vec![Event::PointerGone]);
        times
    }

    /// Drags the handle of the overview from one end of the text to the other.
    fn scroll_through(&mut self, frames: usize) -> Vec<Cost> {
        self.key(CTRL, Key::Home);
        let strip = self.bounds_of(&|name| name == "Overview");
        let place =
            |n: usize| pos2(strip.center().x, strip.top() + 1.0 + (strip.height() - 2.0) * n as f32 / frames as f32);
        let button =
            |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: PLAIN };
        self.frame(vec![Event::PointerMoved(place(0)), button(place(0), true)]);
        let costs = (1..=frames).map(|n| self.frame(vec![Event::PointerMoved(place(n))])).collect();
        self.frame(vec![button(place(frames), false), Event::PointerGone]);
        costs
    }

    /// Drags from the top of a page to its bottom and back.
    fn select_across(&mut self, frames: usize) -> Vec<Cost> {
        self.key(CTRL, Key::Home);
        self.repeat(3, &[(PLAIN, Key::PageDown)]);
        let place = |n: usize| {
            let across = (n as f32 / frames as f32 * std::f32::consts::PI).sin();
            pos2(400.0 + 400.0 * across, 100.0 + 680.0 * across)
        };
        let button =
            |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: PLAIN };
        self.frame(vec![Event::PointerMoved(place(0)), button(place(0), true)]);
        let costs = (1..=frames).map(|n| self.frame(vec![Event::PointerMoved(place(n))])).collect();
        self.frame(vec![button(place(frames), false), Event::PointerGone]);
        self.key(PLAIN, Key::Escape);
        costs
    }

    /// Opens the bar for finding and types a word, frame by frame with what the worker brings back; leaves it again.
    fn find(&mut self, times: usize) -> Vec<Cost> {
        let mut costs = Vec::new();
        for _ in 0..times {
            costs.push(self.key(CTRL, Key::F));
            costs.push(self.frame(Vec::new()));
            for letter in "growth".chars() {
                costs.push(self.frame(vec![Event::Text(letter.to_string())]));
                std::thread::sleep(Duration::from_millis(30));
                costs.extend(self.repeat(3, &[]));
            }
            std::thread::sleep(Duration::from_millis(100));
            costs.extend(self.repeat(3, &[]));
            self.key(PLAIN, Key::Escape);
            self.key(PLAIN, Key::Escape);
        }
        costs
    }

    /// Makes the window narrower and wider, some points a frame.
    fn resize(&mut self, frames: usize) -> Vec<Cost> {
        let widths = (0..frames).map(|n| 1360.0 - 8.0 * (n.min(frames - n) as f32));
        let widths: Vec<f32> = widths.map(|width| width.max(900.0)).collect();
        let mut costs = Vec::new();
        for width in widths {
            self.size.x = width;
            costs.push(self.frame(Vec::new()));
        }
        self.size.x = 1360.0;
        self.settle();
        costs
    }

    /// Selects from the start to the end, and draws it there and here.
    fn select_all(&mut self, frames: usize) -> Vec<Cost> {
        self.key(CTRL, Key::Home);
        let mut times = vec![self.key(CTRL | Modifiers::SHIFT, Key::End)];
        times.extend(self.repeat(frames, &[]));
        self.key(CTRL, Key::Home);
        times
    }

    /// Selects three words and presses the key of a label, `count` times; returns what the frames cost in which that
    /// was done and shown. Saving goes on meanwhile, as when somebody works fast.
    fn tag(&mut self, count: usize) -> Vec<Cost> {
        self.key(CTRL, Key::Home);
        let before = self.layer().map_or(0, Layer::len);
        let labels = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
        let mut times = Vec::new();
        for (_, label) in (0..count).zip(labels.into_iter().cycle()) {
            self.repeat(2, &[(CTRL, Key::ArrowRight)]);
            self.repeat(3, &[(CTRL | Modifiers::SHIFT, Key::ArrowRight)]);
            times.push(self.key(PLAIN, label));
            times.push(self.frame(Vec::new()));
            std::thread::sleep(Duration::from_millis(60));
        }
        // Some are there already in a short text that is tagged twice.
        assert!(self.layer().map_or(0, Layer::len) > before, "nothing was tagged");
        times
    }

    /// Begins and ends a link from the selected annotation.
    fn link(&mut self, times: usize) -> Vec<Cost> {
        self.settle();
        self.key(CTRL, Key::Home);
        self.key(PLAIN, Key::Tab);
        let mut taken = Vec::new();
        for _ in 0..times {
            taken.push(self.key(PLAIN, Key::L));
            taken.push(self.frame(Vec::new()));
            self.key(PLAIN, Key::Escape);
        }
        taken
    }

    /// Where something is, found by its name as a screen reader finds it.
    fn bounds_of(&mut self, is_it: &dyn Fn(&str) -> bool) -> Rect {
        self.ctx.enable_accesskit();
        let (_, output) = self.draw(Vec::new());
        self.ctx.disable_accesskit();
        let nodes = output.accesskit_update.map(|update| update.nodes).unwrap_or_default();
        let found = nodes.iter().find(|(_, node)| node.label().is_some_and(is_it));
        let place = found.and_then(|(_, node)| node.bounds()).expect("it is on the window");
        Rect::from_min_max(pos2(place.x0 as f32, place.y0 as f32), pos2(place.x1 as f32, place.y1 as f32))
    }

    /// Clicks on the tab with the list of all annotations.
    fn open_list(&mut self) -> Vec<Cost> {
        self.settle();
        let is_list = |label: &str| label.strip_prefix("All ").is_some_and(|n| n.parse::<usize>().is_ok());
        let pos = self.bounds_of(&is_list).min + vec2(5.0, 5.0);
        let button = |pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: PLAIN };
        let events = [Event::PointerMoved(pos), button(true), button(false), Event::PointerGone];
        events.into_iter().map(|event| self.frame(vec![event])).collect()
    }
}

// What it is measured on.

/// The project that comes with the program, and whose layers are shown.
fn sample() -> Option<(State, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("projects/latin-america");
    let (folder, project) = ProjectFolder::open(path).ok()?;
    let annotator = folder.all_annotators().ok()?.first()?.to_string();
    Some((folder.load_all(project).ok()?, annotator))
}

/// Numbers that look random and are always the same (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

/// A project with one article: English words, one in twelve not all ASCII, in sentences and paragraphs; and the bytes
/// of each word.
fn article(words: usize) -> (Text, Vec<(usize, usize)>) {
    const COMMON: [&str; 24] = [
        "the",
        "minister",
        "said",
        "that",
        "growth",
        "of",
        "exports",
        "in",
        "region",
        "has",
        "reached",
        "billion",
        "according",
        "to",
        "figures",
        "published",
        "on",
        "Thursday",
        "and",
        "officials",
        "expect",
        "more",
        "for",
        "next",
    ];
    const RARE: [&str; 8] = ["Zürich", "café", "São Paulo’s", "“unlikely”", "Łódź", "3.2 %", "Путин", "שלום"];
    let mut dice = Dice(2_023);
    let (mut content, mut places) = (String::new(), Vec::with_capacity(words));
    let (mut to_stop, mut to_paragraph) = (14, 5);
    while places.len() < words {
        let word = if dice.below(12) == 0 { RARE[dice.below(RARE.len())] } else { COMMON[dice.below(COMMON.len())] };
        places.push((content.len(), content.len() + word.len()));
        content.push_str(word);
        to_stop -= 1;
        if to_stop > 0 {
            content.push(' ');
            continue;
        }
        (to_stop, to_paragraph) = (8 + dice.below(14), to_paragraph - 1);
        content.push_str(if to_paragraph > 0 { ". " } else { ".\n\n" });
        if to_paragraph == 0 {
            to_paragraph = 3 + dice.below(5);
        }
    }
    (Text::new(content), places)
}

/// A project with one article and a layer: marks of one to twelve words, some over each other, every second pair
/// linked.
fn generated(words: usize, annotations: usize) -> State {
    let (text, places) = article(words);
    let id = DocumentId::from_title(1, "Bench");
    let (_, scheme) = &builtin_schemes()[0];
    let mut project = Project::new("Bench", scheme.clone());
    project.documents.push(Document {
        id: id.clone(),
        title: "An article of some length".to_owned(),
        metadata: Metadata::default(),
        direction: Direction::Auto,
        directions: std::collections::BTreeMap::new(),
        sha256: text.sha256().to_owned(),
        original: None,
    });
    let mut layer = Layer::new(LayerKey { document: id, annotator: ANNOTATOR.into() }, text);
    let provenance = Provenance::new(Origin::ByHand, DateTime::from_timestamp(1_795_428_059, 0).unwrap_or_default());
    let mut dice = Dice(7);
    for i in 0..annotations {
        let number = u32::try_from(i).expect("there are not so many") + 1;
        let (label, longest) = [("speaker", 3), ("claim", 12), ("statistic", 2), ("organisation", 4)][i % 4];
        let first = i * places.len() / annotations;
        let last = (first + dice.below(longest)).min(places.len() - 1);
        let attributes = match label {
            "claim" => BTreeMap::from([("quotation".into(), "indirect".into())]),
            "statistic" => BTreeMap::from([("value".into(), Value::Number(i as f64 / 4.0))]),
            _ => BTreeMap::new(),
        };
        let annotation = Annotation {
            id: AnnotationId(number),
            label: label.into(),
            span: Span::single(places[first].0, places[last].1).expect("words are not empty"),
            attributes,
            note: String::new(),
            provenance: provenance.clone(),
        };
        layer.insert(annotation).expect("it fits the text");
        if i % 4 == 1 {
            let (from, to) = (AnnotationId(number - 1), AnnotationId(number));
            let (id, kind, note) = (LinkId(number), "says".into(), String::new());
            layer
                .insert_link(Link { id, kind, from, to, note, provenance: provenance.clone() })
                .expect("both are there");
        }
    }
    let mut state = State::new(project);
    state.load_layer(layer);
    state
}
