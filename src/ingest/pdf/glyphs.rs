//! The characters of a page and where they stand, as the interpreter of the page hands them over.
//!
//! Every place is turned so that the text runs from left to right and its lines downwards, in units of the page (1/72
//! inch). What follows from the places is reckoned elsewhere.

use std::collections::BTreeSet;
use std::time::Instant;

use hayro_interpret::font::{Glyph as Drawn, GlyphRun};
use hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro_interpret::hayro_syntax::object::{Dict, String as PdfString};
use hayro_interpret::kurbo::{BezPath, Point, Vec2};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};

use super::super::extraction::{Extraction, Part};
use super::super::{Reason, guard};
use super::{KIND, string};

/// More characters than any book has.
const CHARACTERS: usize = 8_000_000;

/// One character, or a few that are drawn as one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Glyph {
    /// Empty where the text stands with the glyph before it.
    pub text: String,
    /// Where it begins.
    pub start: f64,
    /// Where the next one would begin.
    pub end: f64,
    /// Where it stands on, from above.
    pub baseline: f64,
    /// Height of the type.
    pub size: f64,
    /// Whether the file says that it is no content, as headers and footers.
    pub is_artifact: bool,
}

/// Gathers the characters of pages, and counts what is no text.
pub(super) struct Collector {
    deadline: Instant,
    calls: usize,
    /// With the quarter turn that their text has.
    glyphs: Vec<(u8, Glyph)>,
    /// What was drawn, and where, so that what is drawn twice is not read twice.
    seen: BTreeSet<(i64, i64, char)>,
    doubled: usize,
    slanted: usize,
    /// Sequences of marked content that are open.
    marked: Vec<Marked>,
    /// Characters so far.
    pub all: usize,
    /// Those of which the file does not say which they are.
    pub unknown: usize,
    /// Those that stand for several letters.
    pub ligatures: usize,
    /// Pictures of the page.
    pub pictures: usize,
}

struct Marked {
    is_artifact: bool,
    /// What the file says that the glyphs in it stand for; empty once it was used.
    actual: Option<String>,
}

impl Collector {
    pub fn new(deadline: Instant) -> Self {
        Self {
            deadline,
            calls: 0,
            glyphs: Vec::new(),
            seen: BTreeSet::new(),
            doubled: 0,
            slanted: 0,
            marked: Vec::new(),
            all: 0,
            unknown: 0,
            ligatures: 0,
            pictures: 0,
        }
    }

    /// The characters since the page before, in the order in which they are drawn; only those that run as most do.
    pub fn take_page(&mut self, extraction: &mut Extraction) -> Vec<Glyph> {
        let glyphs = std::mem::take(&mut self.glyphs);
        let mut turns = [0_usize; 4];
        for (turn, _) in &glyphs {
            turns[usize::from(*turn)] += 1;
        }
        let most = (0_u8..4).max_by_key(|turn| (turns[usize::from(*turn)], 4 - turn)).unwrap_or(0);
        let turned = glyphs.len() - turns[usize::from(most)];
        extraction.left_out.add(Part::TurnedCharacter, turned + std::mem::take(&mut self.slanted));
        extraction.left_out.add(Part::DoubledCharacter, std::mem::take(&mut self.doubled));
        self.seen.clear();
        self.marked.clear();
        glyphs.into_iter().filter(|(turn, _)| *turn == most).map(|(_, glyph)| glyph).collect()
    }

    /// Called for everything that is drawn, as nothing else tells how long a page goes on.
    fn tick(&mut self) {
        self.calls += 1;
        if self.calls.is_multiple_of(64) {
            guard::check(KIND, self.deadline);
        }
    }

    fn add(&mut self, drawn: &Drawn, props: &DrawProps, transform: hayro_interpret::kurbo::Affine, is_vertical: bool) {
        self.all += 1;
        if self.all > CHARACTERS {
            guard::give_up(Reason::TooMany { kind: KIND, of: "characters".into(), limit: CHARACTERS });
        }
        let place = props.transform * transform;
        let advance = match drawn {
            Drawn::Outline(glyph) => glyph.advance_width(),
            Drawn::Type3(glyph) => glyph.advance_width(),
        };
        let origin = place * Point::ZERO;
        let along = place * Point::new(1000.0, 0.0) - origin;
        let up = place * Point::new(0.0, 1000.0) - origin;
        let (direction, size) = if is_vertical { (-up, along.hypot()) } else { (along, up.hypot()) };
        let share = if is_vertical { 1.0 } else { f64::from(advance.unwrap_or(500.0)) / 1000.0 };
        if !(origin.is_finite() && size.is_finite() && direction.is_finite()) || size <= 0.0 {
            return;
        }
        let text = self.meaning(drawn);
        let Some(turn) = quarter_turn(direction) else {
            self.slanted += usize::from(!text.trim().is_empty());
            return;
        };
        let (start, baseline) = match turn {
            0 => (origin.x, origin.y),
            1 => (origin.y, -origin.x),
            2 => (-origin.x, -origin.y),
            _ => (-origin.y, origin.x),
        };
        let glyph = Glyph {
            end: start + (direction.hypot() * share).max(0.0),
            start,
            baseline,
            size,
            is_artifact: self.marked.iter().any(|marked| marked.is_artifact),
            text,
        };
        if !glyph.text.trim().is_empty() && self.is_doubled(&glyph) {
            self.doubled += 1;
            return;
        }
        self.glyphs.push((turn, glyph));
    }

    /// Whether the same was drawn here already, perhaps a little beside: so type is made bold, or outlined.
    fn is_doubled(&mut self, glyph: &Glyph) -> bool {
        // Less than the width of an “l”, of which there may be two.
        let step = (glyph.size * 0.05).max(0.01);
        let place = |offset: f64| (offset / step).round() as i64;
        let (x, y) = (place(glyph.start), place(glyph.baseline));
        let letter = glyph.text.chars().next().unwrap_or_default();
        let near = |x: i64, y: i64| self.seen.contains(&(x, y, letter));
        let found = (-1..=1).any(|dx| (-1..=1).any(|dy| near(x.saturating_add(dx), y.saturating_add(dy))));
        self.seen.insert((x, y, letter));
        found
    }

    /// The letters that a glyph stands for.
    fn meaning(&mut self, drawn: &Drawn) -> String {
        if let Some(actual) = self.marked.iter_mut().rev().find_map(|marked| marked.actual.as_mut()) {
            return std::mem::take(actual);
        }
        let mut text = String::new();
        match drawn.as_unicode() {
            Some(BfString::Char(c)) => self.push(c, &mut text),
            Some(BfString::String(letters)) => letters.chars().for_each(|c| self.push(c, &mut text)),
            None => self.push('\0', &mut text),
        }
        text
    }

    fn push(&mut self, c: char, text: &mut String) {
        let letters = match c {
            'ﬀ' => "ff",
            'ﬁ' => "fi",
            'ﬂ' => "fl",
            'ﬃ' => "ffi",
            'ﬄ' => "ffl",
            'ﬅ' | 'ﬆ' => "st",
            // The bullets of Symbol and Wingdings, which word processors write.
            '\u{F0B7}' => "•",
            '\u{F0A7}' => "▪",
            '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' => " ",
            // Places without a meaning, and those whose meaning only the font knows.
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}' | '\u{FFFD}' | '\u{F0000}'.. => {
                self.unknown += 1;
                "\u{FFFD}"
            }
            c => return text.push(c),
        };
        self.ligatures += usize::from(letters.len() > 1 && letters.is_ascii());
        text.push_str(letters);
    }
}

/// In which of the four directions text runs: to the right, down, to the left, up; none if it is slanted.
fn quarter_turn(direction: Vec2) -> Option<u8> {
    let (x, y) = (direction.x, direction.y);
    let is_along = |main: f64, other: f64| other.abs() <= main.abs() * 0.1;
    if x != 0.0 && is_along(x, y) {
        return Some(if x > 0.0 { 0 } else { 2 });
    }
    (y != 0.0 && is_along(y, x)).then_some(if y > 0.0 { 1 } else { 3 })
}

impl<'a> Device<'a> for Collector {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.tick();
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.tick();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.tick();
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        self.tick();
        let is_vertical = run.writing_mode() == WritingMode::Vertical;
        // The outline of what was filled just now comes as a run of its own.
        let doubled = self.doubled;
        for glyph in run.glyphs() {
            self.add(glyph, &props, glyph.transform(), is_vertical);
        }
        if matches!(mode, DrawMode::Stroke(_)) {
            self.doubled = doubled;
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.tick();
        self.pictures += 1;
    }

    fn pop_clip(&mut self) {
        self.tick();
    }

    fn pop_transparency_group(&mut self) {
        self.tick();
    }

    fn begin_marked_content(&mut self, tag: &[u8], properties: Option<&Dict<'_>>) {
        self.tick();
        let actual = properties.and_then(|properties| properties.get::<PdfString>(b"ActualText"));
        let actual = actual.map(|actual| string(actual.as_bytes()));
        self.marked.push(Marked { is_artifact: tag == b"Artifact", actual });
    }

    fn end_marked_content(&mut self) {
        self.marked.pop();
    }
}
