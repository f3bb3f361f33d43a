//! From a text to a [`Laid`] paragraph: the only place that knows parley. It shapes, breaks and
//! orders; everything it says of positions in the text goes through the seal.

use super::cells::{EngineRow, Glyph, Invisible, Laid, Measures, stack};
use super::fonts::{FontHandle, FontSet, Fonts, Instance};
use super::seal::{Piece, seal};
use super::substitute::{InvisibleKind, for_shaping};
use parley::fontique::Language;
use parley::{
    Alignment, BaseDirection, FontFamily, FontFamilyName, FontStyle, FontWeight, GenericFamily, Layout, LayoutContext,
    LineHeight, OverflowWrap, PositionedLayoutItem, Run, StyleProperty,
};
use std::ops::Range;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

/// The widest paragraph in points: beyond, a 32 bit coordinate is no longer exact to a pixel.
pub const MAX_WIDTH: f32 = 100_000.0;

/// U+FE0F: the sign before it is meant as a colour picture (UTS #51).
const EMOJI_SELECTOR: char = '\u{FE0F}';

/// U+00AD: a hyphen that is seen only where a row ends with it.
const SOFT_HYPHEN: char = '\u{AD}';

/// Which way a paragraph runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// As its first letter that has a direction (UAX #9, rules P2 and P3).
    #[default]
    Auto,
    /// From left to right.
    LeftToRight,
    /// From right to left.
    RightToLeft,
}

/// How a paragraph is set. Values that make no sense are taken as the nearest that does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Size of the type in points, 1 to 400.
    pub size: f32,
    /// Height of every row in points, 1 to 4000; a whole number of physical pixels is taken.
    pub line_height: f32,
    /// Which way the paragraph runs.
    pub direction: Direction,
    /// Weight from 1 to 1000: 400 is regular, 700 is bold.
    pub weight: f32,
    /// Whether italics are used.
    pub italic: bool,
    /// Whether [`Laid::invisibles`] is filled.
    pub show_invisibles: bool,
    /// Room between letters in points, 0 to 100. Never negative: cells would overlap.
    pub letter_spacing: f32,
}

impl Default for Style {
    /// The article's page at 100 %.
    fn default() -> Self {
        Self {
            size: 17.0,
            line_height: 33.0,
            direction: Direction::Auto,
            weight: 400.0,
            italic: false,
            show_invisibles: false,
            letter_spacing: 0.0,
        }
    }
}

/// Lays paragraphs out. A clone, for another thread, shares the fonts.
pub struct Engine {
    fonts: Fonts,
    context: LayoutContext<()>,
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        Self { fonts: self.fonts.clone(), context: LayoutContext::new() }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("families", &self.fonts.families).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine with these fonts. Finding the system's takes some hundredths of a second.
    pub fn new(fonts: &FontSet) -> Self {
        Self { fonts: Fonts::new(fonts), context: LayoutContext::new() }
    }

    /// Sets the text in other families (as in [`FontSet::families`]); returns whether they are others.
    pub fn set_families(&mut self, families: &str) -> bool {
        self.fonts.set_families(families)
    }

    /// The families that there are, of the program and of the system, by name.
    pub fn families(&mut self) -> Vec<String> {
        self.fonts.names()
    }

    /// Lays one paragraph out. `text` may hold anything, also line ends, which end rows; `width`
    /// is in points, from 0 (a grapheme a row) to [`MAX_WIDTH`]; `pixels_per_point` is taken
    /// from 0.25 to 16. A text of 4 GiB or more is laid out as far as that:
    /// [`Laid::len`] says how far.
    pub fn layout(&mut self, text: &str, width: f32, pixels_per_point: f32, style: &Style) -> Laid {
        let text = text.get(..text.floor_char_boundary(u32::MAX as usize)).unwrap_or(text);
        let set = Setting::new(text, width, pixels_per_point, style);
        let shaped = for_shaping(text);
        let mut layout = self.shape(&shaped, &set, &[]);
        let mut missing = missing_glyphs(text, &layout);
        let found = self.last_resort(text, &missing);
        if !found.is_empty() {
            layout = self.shape(&shaped, &set, &found);
            missing = missing_glyphs(text, &layout);
        }
        self.copy_out(text, &layout, &set, &missing)
    }

    fn shape(&mut self, text: &str, set: &Setting, found: &[(Range<usize>, Arc<str>)]) -> Layout<()> {
        let families = self.fonts.families.clone();
        let fonts = &mut self.fonts.context;
        let mut builder = self.context.ranged_builder(fonts, text, 1.0, true);
        builder.set_base_direction(set.direction);
        builder.push_default(FontFamily::List(families.as_ref().into()));
        builder.push_default(StyleProperty::FontSize(set.font_px));
        builder.push_default(LineHeight::Absolute(set.row_height));
        builder.push_default(FontWeight::new(set.weight));
        builder.push_default(StyleProperty::FontStyle(set.slant));
        builder.push_default(StyleProperty::LetterSpacing(set.letter_spacing));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        builder.push_default(StyleProperty::Locale(set.language));
        for range in emoji(text) {
            let emoji = FontFamilyName::Generic(GenericFamily::Emoji);
            let families: Vec<_> = std::iter::once(emoji).chain(families.iter().cloned()).collect();
            builder.push(FontFamily::List(families.into()), range);
        }
        for (range, family) in found {
            let family = FontFamilyName::named(family);
            builder.push(FontFamily::Single(family), range.clone());
        }
        let mut layout = builder.build(text);
        layout.break_all_lines(Some(set.width));
        layout.align(Alignment::Start, parley::AlignmentOptions::default());
        layout
    }

    /// Families for the graphemes that have no glyph, where one of all the fonts has.
    fn last_resort(&mut self, text: &str, missing: &[Range<usize>]) -> Vec<(Range<usize>, Arc<str>)> {
        let mut found = Vec::new();
        for range in missing {
            let first = text.get(range.clone()).and_then(|text| text.chars().next());
            if let Some(family) = first.and_then(|c| self.fonts.family_with(c)) {
                found.push((range.clone(), family));
            }
        }
        found
    }

    fn copy_out(&self, text: &str, layout: &Layout<()>, set: &Setting, missing: &[Range<usize>]) -> Laid {
        let mut copy = Copy::default();
        for (index, line) in layout.lines().enumerate() {
            let metrics = line.metrics();
            for run in line.runs() {
                copy.pieces(index as u32, &run);
            }
            let first = copy.glyphs.len();
            for item in line.items() {
                if let PositionedLayoutItem::GlyphRun(glyphs) = item
                    && !text.is_empty()
                {
                    let font = copy.font(&self.fonts, glyphs.run());
                    let baseline = glyphs.baseline();
                    copy.glyphs.extend(glyphs.positioned_glyphs().map(|glyph| Glyph {
                        id: u16::try_from(glyph.id).unwrap_or(0),
                        font,
                        x: glyph.x,
                        y: glyph.y - baseline,
                    }));
                }
            }
            let before_end = text.get(..line.text_range().end).unwrap_or_default();
            if before_end.len() < text.len() && before_end.ends_with(SOFT_HYPHEN) {
                let left = metrics.offset + metrics.inline_min_coord;
                copy.hyphen(left..left + metrics.advance, layout.is_rtl(), set.font_px);
            }
            copy.rows.push(EngineRow {
                x: metrics.offset + metrics.inline_min_coord,
                baseline: (metrics.baseline - metrics.block_min_coord).round(),
                glyphs: first..copy.glyphs.len(),
            });
        }

        let rtl = layout.is_rtl();
        let sealed = seal(text, &copy.pieces, rtl);
        let measures = Measures {
            pixels_per_point: set.pixels_per_point,
            row_height: set.row_height,
            empty_x: if rtl { set.width } else { 0.0 },
        };
        let (rows, cells) = stack(&sealed, &copy.rows, &mut copy.glyphs, measures);
        copy.glyphs.shrink_to_fit();
        let mut laid = Laid {
            rows,
            cells,
            glyphs: copy.glyphs,
            fonts: copy.fonts,
            missing: Vec::new(),
            invisibles: Vec::new(),
            font_px: set.font_px,
            rtl,
        };
        laid.missing = whole_graphemes(&laid, missing);
        if set.show_invisibles {
            laid.invisibles = invisibles(text, &laid);
        }
        laid
    }
}

/// A style and its surroundings, in physical pixels, all values sane.
struct Setting {
    pixels_per_point: f32,
    width: f32,
    font_px: f32,
    row_height: f32,
    letter_spacing: f32,
    weight: f32,
    slant: FontStyle,
    direction: BaseDirection,
    language: Option<Language>,
    show_invisibles: bool,
}

impl Setting {
    fn new(text: &str, width: f32, pixels_per_point: f32, style: &Style) -> Self {
        let pixels_per_point = sane(pixels_per_point, 0.25..=16.0, 1.0);
        let usual = Style::default();
        Self {
            pixels_per_point,
            width: sane(width, 0.0..=MAX_WIDTH, 0.0) * pixels_per_point,
            font_px: sane(style.size, 1.0..=400.0, usual.size) * pixels_per_point,
            row_height: (sane(style.line_height, 1.0..=4000.0, usual.line_height) * pixels_per_point).round().max(1.0),
            letter_spacing: sane(style.letter_spacing, 0.0..=100.0, 0.0) * pixels_per_point,
            weight: sane(style.weight, 1.0..=1000.0, usual.weight),
            slant: if style.italic { FontStyle::Italic } else { FontStyle::Normal },
            direction: match style.direction {
                Direction::Auto => BaseDirection::Auto,
                Direction::LeftToRight => BaseDirection::Ltr,
                Direction::RightToLeft => BaseDirection::Rtl,
            },
            language: han_language(text),
            show_invisibles: style.show_invisibles,
        }
    }
}

fn sane(value: f32, range: std::ops::RangeInclusive<f32>, otherwise: f32) -> f32 {
    if value.is_nan() { otherwise } else { value.clamp(*range.start(), *range.end()) }
}

/// Japanese and Korean draw Chinese characters in their own way: kana and hangul give them away.
fn han_language(text: &str) -> Option<Language> {
    let language = text.chars().find_map(|c| match c {
        '\u{3041}'..='\u{30FF}' => Some("ja"),
        '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7AF}' => Some("ko"),
        _ => None,
    })?;
    Language::parse(language).ok()
}

/// Graphemes that ask for the colour picture of a sign that text fonts have too, such as ☺\u{FE0F}.
fn emoji(text: &str) -> impl Iterator<Item = Range<usize>> {
    let asked = text.contains(EMOJI_SELECTOR).then_some(text);
    let graphemes = asked.into_iter().flat_map(|text| text.grapheme_indices(true));
    graphemes.filter(|(_, grapheme)| grapheme.contains(EMOJI_SELECTOR)).map(|(at, grapheme)| at..at + grapheme.len())
}

/// The parts of a parley layout that a [`Laid`] keeps.
#[derive(Default)]
struct Copy {
    pieces: Vec<Piece>,
    rows: Vec<EngineRow>,
    glyphs: Vec<Glyph>,
    fonts: Vec<FontHandle>,
}

impl Copy {
    fn pieces(&mut self, row: u32, run: &Run<'_, ()>) {
        self.pieces.extend(run.visual_clusters().map(|cluster| {
            let bytes = cluster.text_range();
            Piece {
                row,
                start: bytes.start as u32,
                end: bytes.end as u32,
                advance: cluster.advance(),
                rtl: cluster.is_rtl(),
            }
        }));
    }

    /// Draws a hyphen beyond the end of the row that lies at `row`, in the font of its last glyph.
    fn hyphen(&mut self, row: Range<f32>, rtl: bool, px: f32) {
        let font = self.glyphs.last().map_or(0, |glyph| glyph.font);
        let face = self.fonts.get(usize::from(font));
        if let Some((id, width)) = face.and_then(|face| face.hyphen(px)) {
            let x = if rtl { row.start - width } else { row.end };
            self.glyphs.push(Glyph { id, font, x, y: 0.0 });
        }
    }

    /// The index of the run's font among the paragraph's.
    fn font(&mut self, fonts: &Fonts, run: &Run<'_, ()>) -> u16 {
        let font = run.font();
        let instance = Instance {
            blob: font.data.id(),
            index: font.index,
            coords: run.normalized_coords().iter().map(|c| c.to_bits()).collect(),
            embolden: run.synthesis().embolden(),
            skew: run.synthesis().skew().unwrap_or(0.0) as i8,
        };
        let mut known = self.fonts.iter();
        let index = known.position(|font| *font.instance() == instance);
        let index = index.unwrap_or_else(|| {
            self.fonts.push(fonts.handle(&font.data, instance));
            self.fonts.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }
}

/// The clusters that show something but got the glyph 0, in the order of the text. Without any
/// font there are no clusters, and all is missing that would show.
fn missing_glyphs(text: &str, layout: &Layout<()>) -> Vec<Range<usize>> {
    let mut clusters = layout.lines().flat_map(|line| line.runs()).flat_map(|run| run.clusters()).peekable();
    let mut missing: Vec<Range<usize>> = if clusters.peek().is_none() {
        text.grapheme_indices(true).map(|(at, grapheme)| at..at + grapheme.len()).collect()
    } else {
        let without_glyph = clusters.filter(|cluster| cluster.glyphs().any(|glyph| glyph.id == 0));
        without_glyph.map(|cluster| cluster.text_range()).collect()
    };
    missing.retain(|range| text.get(range.clone()).is_some_and(|text| InvisibleKind::of(text).is_none()));
    missing.sort_unstable_by_key(|range| range.start);
    missing
}

/// The byte ranges widened to whole graphemes, each once.
fn whole_graphemes(laid: &Laid, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut whole: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        let mut start = laid.border_at_or_before(range.start);
        while start < range.end
            && let Some(end) = laid.next_grapheme(start)
        {
            if whole.last().is_none_or(|last| last.end <= start) {
                whole.push(start..end);
            }
            start = end;
        }
    }
    whole
}

fn invisibles(text: &str, laid: &Laid) -> Vec<Invisible> {
    let rows = 0..laid.rows().len();
    rows.flat_map(|row| laid.cells(row).iter().map(move |cell| (row, cell)))
        .filter_map(|(row, cell)| {
            let kind = InvisibleKind::of(text.get(cell.bytes())?)?;
            Some(Invisible { row, x0: cell.x0, x1: cell.x1, byte: cell.bytes().start, kind })
        })
        .collect()
}
