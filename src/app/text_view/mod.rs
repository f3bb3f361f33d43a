//! The article as a page to read: layout by paragraph, caret, selection, marks.
//!
//! The view reads a layer and reports what the person did ([`ViewEvent`]); it changes nothing but its own caret,
//! selection and scroll position. The unit of layout is the block: the header, or (a part of) a paragraph. Blocks are
//! laid out when they come near the viewport and dropped when far; the scroll position is (block, offset inside it),
//! so that corrected heights above never move the text.

mod ahead;
mod atlas;
mod found;
mod heights;
mod lanes;
mod late_engine;
mod links;
mod marks;
mod measure;
mod motion;
mod overview;
mod paint;
mod pointer;
mod speech;

pub use found::Found;
pub use marks::underline_into;
pub use motion::{Extent, Motion};
pub use overview::Overview;

use crate::app::desktop::Blink;
use crate::app::theme::Palette;
use crate::edit::span::FragmentEdge;
use crate::model::{AnnotationId, Direction, Entity, EntityId, LabelDef, Layer, Scheme, Text};
use crate::text_layout::{self, Affinity, Laid};
use ahead::Ahead;
use atlas::Atlas;
use eframe::egui::{self, Mesh, Rect};
use heights::Heights;
use lanes::Lanes;
use late_engine::LateEngine;
use measure::{Cuts, Measured, Measuring};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A block is at most this long in bytes; longer paragraphs are cut at a space, so that no layout takes long.
const BLOCK_LIMIT: usize = 6_000;
/// Blocks laid out this many viewports away from the viewport are dropped.
const KEEP: f32 = 2.0;
/// Room below a paragraph, in points.
const PARAGRAPH_GAP: f32 = 15.0;
/// Room above the header, in points.
const TOP_MARGIN: f32 = 26.0;

/// How the page is set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PageStyle {
    /// Size of the type in points.
    pub size: f32,
    /// Width of the column in points, where there is room.
    pub column: f32,
    /// Whether signs are drawn for invisible characters.
    pub show_invisibles: bool,
}

impl Default for PageStyle {
    fn default() -> Self {
        Self { size: 17.0, column: 640.0, show_invisibles: false }
    }
}

impl PageStyle {
    fn line_height(self) -> f32 {
        (self.size * 1.95).round()
    }
}

/// What the view shows in this frame.
pub struct Page<'a> {
    /// The annotations; none while they are being loaded.
    pub layer: Option<&'a Layer>,
    /// Labels and their colours.
    pub scheme: &'a Scheme,
    /// Whom and what values name.
    pub entities: &'a BTreeMap<EntityId, Entity>,
    /// Which annotation is selected.
    pub selected: Option<AnnotationId>,
    /// Whether the next mark picked is the other end of a link; then the numbers of marks are shown.
    pub linking: Option<&'a [AnnotationId]>,
    /// Title of the document.
    pub title: &'a str,
    /// Publisher, date, author in one line; may be empty.
    pub source: &'a str,
    /// Changes with every change of the layer.
    pub revision: u64,
    /// What was found.
    pub found: Found<'a>,
    /// The label that every selection gets.
    pub brush: Option<&'a LabelDef>,
    /// Whether nothing is shown beside the text.
    pub bare: bool,
}

/// What the person did in the view.
#[derive(Clone, PartialEq, Debug)]
pub enum ViewEvent {
    /// Clicked on a mark.
    Picked(AnnotationId),
    /// Clicked where no mark is.
    PickedNothing,
    /// Finished selecting; `true`: what was selected just before is now part of more.
    Selected(bool),
    /// Finished selecting what is to be added to the selected annotation.
    AddFragment,
    /// Dragged a handle of the selected annotation to this byte.
    MoveEdge(AnnotationId, FragmentEdge, usize),
}

/// A part of the text that is laid out by itself; block 0 is the header and holds no bytes.
#[derive(Clone, Debug)]
struct Block {
    bytes: Range<usize>,
    /// Number of the paragraph, from 1.
    paragraph: usize,
    /// Whether it begins its paragraph.
    first: bool,
    /// Whether it ends its paragraph.
    last: bool,
}

/// A block near the viewport.
struct Near {
    laid: Laid,
    /// Glyphs, relative to the block's upper left corner; with the atlas generation for which it is right.
    mesh: Option<(u64, Arc<Mesh>)>,
}

/// A place in the text: byte and, where a byte has two places on screen, which one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Bytes of the text before it.
    pub byte: usize,
    /// To which neighbour it belongs.
    pub affinity: Affinity,
}

/// The scroll position: what is at the upper edge of the viewport.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Top {
    block: usize,
    /// Points of the block that are above the viewport.
    offset: f32,
}

/// The row at the top of the viewport: a byte in it, and how many points of it are above the viewport.
#[derive(Clone, Copy, PartialEq, Debug)]
struct TopRow {
    byte: usize,
    hidden: f32,
}

/// What everything that is laid out depends on.
#[derive(Clone, Copy, PartialEq, Debug)]
struct LayoutKey {
    width: f32,
    pixels_per_point: f32,
    style: PageStyle,
    direction: Direction,
}

/// The article as a page.
pub struct TextView {
    engine: LateEngine,
    atlas: Option<Atlas>,
    text: Text,
    direction: Direction,
    /// Of paragraphs (from 1) that run in another one.
    directions: BTreeMap<usize, Direction>,
    blocks: Vec<Block>,
    heights: Heights,
    /// By block; ordered, so that a range of any length is drawn without asking for blocks that are far.
    near: BTreeMap<usize, Near>,
    /// Lays out what comes near; none before something was laid out.
    ahead: Option<Ahead>,
    title: Option<(String, Near)>,
    key: Option<LayoutKey>,
    /// Finds the exact heights for `key`; none as long as the width still changes.
    measuring: Option<Measuring>,
    lanes: Lanes,
    ink: egui::Color32,
    top: Top,
    /// What stays at the top while width and zoom change, as long as nobody scrolls.
    held: Option<(Top, TopRow)>,
    caret: Place,
    /// The other end of the selection.
    anchor: usize,
    /// The column in which ↑ and ↓ move, in points from the column's left edge.
    goal_x: Option<f32>,
    /// Whether keys were pressed since the pointer was moved.
    pointer_rests: bool,
    drag: pointer::Drag,
    /// Whether the selection was made with Alt, to the character.
    exact: bool,
    /// Of the last frame, for scrolling from outside.
    viewport: Rect,
    /// Scroll to the caret when the next frame is laid out.
    reveal: Option<Reveal>,
    /// How the page is set.
    pub style: PageStyle,
    /// Whether what is selected with the mouse is widened to whole words; Alt turns it round.
    pub snap: bool,
    /// How the caret blinks; `None`: it is always there.
    pub blink: Option<Blink>,
    /// Where the caret was seen last, and since when (in seconds of the window's clock) it is there.
    rested: (usize, f64),
    overview: Overview,
    /// Characters on the page for which no font has a picture.
    missing: BTreeSet<char>,
}

#[derive(Clone, Copy, PartialEq)]
enum Reveal {
    /// Just as far as needed.
    Caret,
    /// So that this byte is in the upper third.
    Byte(usize),
}

/// The id that the view's widget has, for asking whether it has the focus.
pub fn widget_id() -> egui::Id {
    egui::Id::unique("article")
}

impl Default for TextView {
    fn default() -> Self {
        Self {
            engine: LateEngine::start(),
            atlas: None,
            text: Text::new(""),
            direction: Direction::Auto,
            directions: BTreeMap::new(),
            blocks: Vec::new(),
            heights: Heights::default(),
            near: BTreeMap::new(),
            ahead: None,
            title: None,
            key: None,
            measuring: None,
            lanes: Lanes::default(),
            ink: egui::Color32::BLACK,
            top: Top::default(),
            held: None,
            caret: Place { byte: 0, affinity: Affinity::Downstream },
            anchor: 0,
            goal_x: None,
            pointer_rests: false,
            drag: pointer::Drag::None,
            exact: false,
            viewport: Rect::NOTHING,
            reveal: None,
            style: PageStyle::default(),
            snap: true,
            blink: None,
            rested: (0, 0.0),
            overview: Overview::default(),
            missing: BTreeSet::new(),
        }
    }
}

impl TextView {
    /// Shows another text, from its beginning.
    pub fn open(&mut self, text: Text, direction: Direction) {
        self.blocks = blocks_of(&text, &Cuts::new());
        self.heights = Heights::default();
        self.measuring = None;
        self.lanes = Lanes::default();
        self.held = None;
        self.text = text;
        self.direction = direction;
        self.forget_near();
        self.title = None;
        self.key = None;
        self.top = Top::default();
        let first = self.blocks.get(1).map_or(0, |b| b.bytes.start);
        self.caret = Place { byte: first, affinity: Affinity::Downstream };
        self.anchor = first;
        self.goal_x = None;
        self.drag = pointer::Drag::None;
        self.overview = Overview::default();
    }

    /// Sets the direction of paragraphs, and of those (from 1) that run in another one.
    pub fn set_directions(&mut self, direction: Direction, others: &BTreeMap<usize, Direction>) {
        self.direction = direction;
        if self.directions != *others {
            self.directions.clone_from(others);
            self.forget_near();
        }
    }

    /// Sets the text in other families, named as CSS does.
    pub fn set_families(&mut self, families: &str) {
        if self.engine.set_families(families) {
            self.ahead = None;
            self.title = None;
            self.key = None;
        }
    }

    /// The families of fonts that there are, by name.
    pub fn families(&mut self) -> Vec<String> {
        self.engine.get().families()
    }

    /// The text shown.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The selected bytes; empty at the caret if nothing is selected.
    pub fn selection(&self) -> Range<usize> {
        self.anchor.min(self.caret.byte)..self.anchor.max(self.caret.byte)
    }

    /// The selected bytes without the white space at their ends, unless exactly they were asked for with Alt.
    pub fn selection_to_mark(&self) -> Range<usize> {
        let selection = self.selection();
        let content = self.text.as_str().get(selection.clone()).unwrap_or_default();
        let inked = content.trim();
        if self.exact || inked.is_empty() {
            return selection;
        }
        let start = selection.start + (content.len() - content.trim_start().len());
        start..start + inked.len()
    }

    /// Characters on the page that are drawn as boxes, because no font on this machine has them.
    pub fn missing(&self) -> &BTreeSet<char> {
        &self.missing
    }

    /// Where the caret is.
    pub fn caret(&self) -> Place {
        self.caret
    }

    /// The paragraph (from 0) at the top of the viewport, for coming back to this place.
    pub fn top_paragraph(&self) -> usize {
        self.blocks.get(self.top.block).map_or(0, |b| b.paragraph.saturating_sub(1))
    }

    /// Comes back to a place: caret (byte) and paragraph at the top (from 0); what does not fit is put right.
    pub fn restore(&mut self, caret: usize, top_paragraph: usize) {
        let byte = crate::model::boundaries::grapheme_floor(self.text.as_str(), caret.min(self.text.len()));
        self.set_caret(byte);
        let block = if top_paragraph == 0 { 0 } else { self.blocks.partition_point(|b| b.paragraph <= top_paragraph) };
        self.top = Top { block: block.min(self.blocks.len() - 1), offset: 0.0 };
        self.reveal = None;
    }

    /// Puts the caret at `byte`, with nothing selected.
    pub fn set_caret(&mut self, byte: usize) {
        self.caret = Place { byte, affinity: Affinity::Downstream };
        self.anchor = byte;
        self.goal_x = None;
    }

    /// Selects bytes; the caret is at the end.
    pub fn select(&mut self, range: Range<usize>) {
        self.anchor = range.start;
        self.caret = Place { byte: range.end, affinity: Affinity::Upstream };
        self.goal_x = None;
    }

    /// Scrolls so that `byte` can be seen, if it cannot yet.
    pub fn reveal(&mut self, byte: usize) {
        self.reveal = Some(Reveal::Byte(byte));
    }

    /// Number (from 1) of the paragraph at `byte`.
    pub fn paragraph_at(&self, byte: usize) -> usize {
        self.blocks.get(self.block_of(byte)).map_or(0, |b| b.paragraph)
    }

    /// The block that holds `byte`; where one ends and the next begins, the later.
    fn block_of(&self, byte: usize) -> usize {
        let after = self.blocks.partition_point(|b| b.paragraph == 0 || b.bytes.start <= byte);
        after.saturating_sub(1).max(usize::from(self.blocks.len() > 1))
    }

    /// The block that shows a place: at a border, by affinity.
    fn block_of_place(&self, place: Place) -> usize {
        let block = self.block_of(place.byte);
        let at_start = self.blocks.get(block).is_some_and(|b| b.bytes.start == place.byte && !b.first);
        if at_start && place.affinity == Affinity::Upstream { block - 1 } else { block }
    }

    /// Lays a block out, if that was not done yet.
    fn lay_out(&mut self, block: usize) -> Option<&Laid> {
        let key = self.key?;
        let bytes = self.blocks.get(block).filter(|b| b.paragraph > 0)?.bytes.clone();
        if !self.near.contains_key(&block) {
            let paragraph = self.paragraph_range(bytes.start);
            let own = self.directions.get(&self.blocks[block].paragraph).copied();
            let key = LayoutKey { direction: own.unwrap_or(key.direction), ..key };
            let direction = if self.blocks[block].first {
                layout_direction(key.direction)
            } else {
                measure::direction_of(self.engine.get(), &self.text, &paragraph, &key)
            };
            let content = self.text.as_str().get(bytes)?;
            let style = layout_style(&key, direction);
            let laid = self.engine.get().layout(content, key.width, key.pixels_per_point, &style);
            self.keep(block, laid);
        }
        self.near.get(&block).map(|near| &near.laid)
    }

    /// Keeps a block that was laid out.
    fn keep(&mut self, block: usize, laid: Laid) {
        let gap = if self.blocks.get(block).is_some_and(|b| b.last) { PARAGRAPH_GAP } else { 0.0 };
        self.heights.set(block, laid.height() + gap);
        self.near.entry(block).or_insert(Near { laid, mesh: None });
    }

    /// Lets go of everything that is laid out.
    fn forget_near(&mut self) {
        self.near.clear();
        if let Some(ahead) = &mut self.ahead {
            ahead.forget();
        }
    }

    /// Begins anew if width, zoom, style or theme changed; the line at the top stays.
    fn prepare(&mut self, key: LayoutKey, palette: &Palette, title: &str) {
        if self.ink != palette.ink {
            self.ink = palette.ink;
            self.near.values_mut().for_each(|near| near.mesh = None);
            if let Some((_, near)) = &mut self.title {
                near.mesh = None;
            }
        }
        if self.key != Some(key) {
            let top = self.top_row();
            self.forget_near();
            self.title = None;
            // Heights of another width are estimates like any other, until the exact ones are there: while a window is
            // resized, no frame walks all blocks.
            if self.heights.len() != self.blocks.len() {
                self.heights = Heights::new(estimates(&self.blocks, &key));
            }
            self.key = Some(key);
            self.measuring = None;
            self.overview.forget();
            self.hold(top);
        }
        if self.title.as_ref().is_none_or(|(shown, _)| shown != title) {
            let size = (key.style.size * 23.0 / 17.0).round();
            let style = text_layout::Style {
                size,
                line_height: (size * 1.3).round(),
                weight: 600.0,
                direction: layout_direction(key.direction),
                ..text_layout::Style::default()
            };
            let laid = self.engine.get().layout(title, key.width, key.pixels_per_point, &style);
            self.heights.set(0, TOP_MARGIN + laid.height() + paint::SOURCE_HEIGHT + 14.0);
            self.title = Some((title.to_owned(), Near { laid, mesh: None }));
        }
    }

    /// The row at the top of the viewport, unless that is the header.
    fn top_row(&self) -> Option<TopRow> {
        if let Some((top, row)) = self.held
            && top == self.top
        {
            return Some(row);
        }
        let near = self.near.get(&self.top.block)?;
        let row = near.laid.rows().iter().rev().find(|row| row.y0 <= self.top.offset + 1.0)?;
        let byte = self.blocks[self.top.block].bytes.start + row.bytes().start;
        Some(TopRow { byte, hidden: (self.top.offset - row.y0).max(0.0) })
    }

    /// Puts a row back to the top of the viewport.
    fn hold(&mut self, top: Option<TopRow>) {
        let Some(top) = top else { return };
        let block = self.block_of(top.byte);
        let start = self.blocks.get(block).map_or(0, |b| b.bytes.start);
        let row = self.lay_out(block).map(|laid| {
            let caret = text_layout::Caret::before(top.byte.saturating_sub(start));
            laid.rows().get(laid.row_of(caret)).map_or(0.0, |row| row.y0)
        });
        self.top = Top { block, offset: row.unwrap_or(0.0) + top.hidden };
        self.held = Some((self.top, top));
    }

    /// Has exact heights found once the width has settled, and takes what was found; nothing on screen moves by it.
    fn measure(&mut self, ctx: &egui::Context, settled: bool) {
        let Some(key) = self.key else { return };
        if !settled {
            // The next frame tells whether it goes on changing.
            ctx.request_repaint();
            return;
        }
        if self.measuring.as_ref().is_none_or(|m| m.key != key) {
            self.measuring = Some(Measuring::start(ctx, self.text.clone(), key, self.engine.get().clone()));
        }
        for found in self.measuring.as_ref().map(Measuring::take).unwrap_or_default() {
            match found {
                Measured::Blocks(blocks, heights) => {
                    let top = self.top_row();
                    let header = self.heights.get(0);
                    (self.blocks, self.heights) = (blocks, heights);
                    self.forget_near();
                    self.heights.set(0, header);
                    self.hold(top);
                }
                Measured::Heights(first, heights) => {
                    for (block, height) in (first..).zip(heights) {
                        if !self.near.contains_key(&block) {
                            self.heights.set(block, height);
                        }
                    }
                }
            }
            self.overview.forget();
        }
    }

    /// Height in points of everything from the top of the viewport to the end of the text.
    pub fn height_from_top(&self) -> f64 {
        self.heights.total() - self.scroll_y()
    }

    /// Numbers of the first and last paragraph in the viewport, from 1; (0, 0) if there is none.
    pub fn visible_paragraphs(&self) -> (usize, usize) {
        let (last, _) = self.heights.find(self.scroll_y() + f64::from(self.viewport.height()) - 1.0);
        let number = |block: usize| self.blocks.get(block).map_or(0, |b| b.paragraph);
        (number(self.top.block.max(1)), number(last))
    }

    /// Moves the viewport down by `points`.
    fn scroll_by(&mut self, points: f64) {
        let y = self.heights.top_of(self.top.block) + f64::from(self.top.offset) + points;
        self.scroll_to(y);
    }

    /// Puts document height `y` at the top of the viewport, as far as there is something to show.
    fn scroll_to(&mut self, y: f64) {
        let most = (self.heights.total() + 80.0 - f64::from(self.viewport.height())).max(0.0);
        let (block, offset) = self.heights.find(y.clamp(0.0, most));
        self.top = Top { block, offset: offset as f32 };
    }

    /// Height of what the strip shows: the text, or the viewport where that is higher, so that marks of a short text lie
    /// beside their lines.
    fn total_height(&self) -> f64 {
        self.heights.total().max(f64::from(self.viewport.height())).max(1.0)
    }

    fn scroll_y(&self) -> f64 {
        self.heights.top_of(self.top.block) + f64::from(self.top.offset)
    }
}

fn layout_direction(direction: Direction) -> text_layout::Direction {
    match direction {
        Direction::Auto => text_layout::Direction::Auto,
        Direction::LeftToRight => text_layout::Direction::LeftToRight,
        Direction::RightToLeft => text_layout::Direction::RightToLeft,
    }
}

fn layout_style(key: &LayoutKey, direction: text_layout::Direction) -> text_layout::Style {
    text_layout::Style {
        size: key.style.size,
        line_height: key.style.line_height(),
        direction,
        show_invisibles: key.style.show_invisibles,
        ..text_layout::Style::default()
    }
}

/// Heights before anything is laid out: by the number of bytes, which comes within some percent of the truth.
fn estimates(blocks: &[Block], key: &LayoutKey) -> Vec<f32> {
    let per_row = (key.width / (key.style.size * 0.47)).max(1.0);
    let height = |block: &Block| {
        if block.paragraph == 0 {
            return 80.0;
        }
        let rows = (block.bytes.len() as f32 / per_row).ceil().max(1.0);
        rows * key.style.line_height() + if block.last { PARAGRAPH_GAP } else { 0.0 }
    };
    blocks.iter().map(height).collect()
}

/// The header and the paragraphs; long ones in parts, cut as `cuts` says or, where it says nothing, at a space.
fn blocks_of(text: &Text, cuts: &Cuts) -> Vec<Block> {
    let mut blocks = vec![Block { bytes: 0..0, paragraph: 0, first: true, last: true }];
    for (i, paragraph) in text.paragraphs().iter().enumerate() {
        let mut start = paragraph.start;
        let mut known = cuts.get(&(i + 1)).map(|ends| ends.iter().copied());
        while start < paragraph.end {
            let end = match &mut known {
                Some(ends) => ends.next().unwrap_or(paragraph.end),
                None if paragraph.end - start <= BLOCK_LIMIT => paragraph.end,
                None => cut(text.as_str(), start..paragraph.end),
            };
            blocks.push(Block {
                bytes: start..end,
                paragraph: i + 1,
                first: start == paragraph.start,
                last: end == paragraph.end,
            });
            start = end;
        }
    }
    blocks
}

/// Where a long paragraph is cut: after the last space within the limit, else at a grapheme border.
fn cut(text: &str, range: Range<usize>) -> usize {
    let limit = text.floor_char_boundary(range.start + BLOCK_LIMIT);
    let space = text[range.start..limit].rfind(' ').map(|at| range.start + at + 1);
    let at = space.unwrap_or_else(|| crate::model::boundaries::grapheme_floor(text, limit));
    // A space can carry a combining mark, and a grapheme can be longer than the limit.
    let at = crate::model::boundaries::grapheme_ceil(text, at);
    if at > range.start { at.min(range.end) } else { range.end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_all_paragraphs_and_none_is_long() {
        let text = Text::new(format!("é\n\n{}\n{}", "wörd ".repeat(20_000), "長".repeat(10_000)));
        let blocks = blocks_of(&text, &Cuts::new());
        assert!(blocks.iter().all(|b| b.bytes.len() <= BLOCK_LIMIT));
        for (i, paragraph) in text.paragraphs().iter().enumerate() {
            let parts: Vec<_> = blocks.iter().filter(|b| b.paragraph == i + 1).collect();
            assert_eq!((parts[0].bytes.start, parts[parts.len() - 1].bytes.end), (paragraph.start, paragraph.end));
            assert!(parts.windows(2).all(|pair| pair[0].bytes.end == pair[1].bytes.start));
        }
    }
}
