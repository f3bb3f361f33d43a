//! Random Unicode, chosen to be nasty, through the whole of the text layout.

mod text_layout_invariants;

use byline::text_layout::{Direction, Engine, InvisibleKind, Laid, Style};
use proptest::prelude::*;
use std::cell::RefCell;
use text_layout_invariants::{check, engine};
use unicode_segmentation::UnicodeSegmentation;

/// Families of which a machine may have some, all or none.
const FAMILIES: &str = "Byline Serif, Noto Serif, DejaVu Serif";

thread_local! {
    static SYSTEM: RefCell<Engine> = RefCell::new(engine(&[], FAMILIES, true));
    static NO_FONTS: RefCell<Engine> = RefCell::new(engine(&[], "", false));
}

/// Pieces of text that break layouts: each alone, and more so together.
const NASTY: &[&str] = &[
    "word ",
    "office ",
    "a",
    "é",
    "e\u{301}",
    "\u{301}",
    "Z\u{351}\u{36B}\u{343}",
    "ﬁ",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\u{B}",
    "\u{C}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\0",
    "\u{1B}",
    "\u{7F}",
    "\u{9B}",
    "\u{AD}",
    "\u{200B}",
    "\u{200C}",
    "\u{200D}",
    "\u{2060}",
    "\u{FEFF}",
    "\u{200E}",
    "\u{200F}",
    "\u{61C}",
    "\u{202A}",
    "\u{202B}",
    "\u{202C}",
    "\u{202D}",
    "\u{202E}",
    "\u{2066}",
    "\u{2067}",
    "\u{2068}",
    "\u{2069}",
    "שלום ",
    "ש",
    "שּׁ",
    "سلام ",
    "لا",
    "ﷺ",
    "عُ",
    "(123)",
    "12",
    "٣",
    "中文",
    "日本語。",
    "カ\u{3099}",
    "한국",
    "\u{1100}\u{1161}\u{11A8}",
    "ไทย",
    "เสี",
    "हिन्दी",
    "क\u{94D}ष",
    "தமிழ்",
    "မြန်",
    "ខ្មែរ",
    "བོད",
    "😀",
    "👍🏽",
    "👨\u{200D}👩\u{200D}👧",
    "🇫🇷",
    "🇫",
    "1\u{FE0F}\u{20E3}",
    "☺\u{FE0F}",
    "🏴\u{E0067}\u{E0062}\u{E007F}",
    "𝒜𝓁",
    "\u{10FFFF}",
    "\u{E000}",
    "\u{FFFC}",
    "\u{FFFE}",
    "\u{378}",
    "\u{FDD0}",
    "\u{180E}",
    "\u{115F}",
    "\u{F0000}",
    "\u{1F3FB}",
    "http://example.org/a?b=c&d",
    "« x »",
    "„x“",
    "「x」",
];

fn nasty_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        9 => prop::sample::select(NASTY).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn any_width() -> impl Strategy<Value = f32> {
    prop::sample::select(&[640.0, 100.0, 30.0, 5.0, 0.0, -1.0, 1e30, f32::NAN, f32::INFINITY])
}

fn any_style() -> impl Strategy<Value = Style> {
    let directions = [Direction::Auto, Direction::LeftToRight, Direction::RightToLeft];
    (
        prop::sample::select(&[0.0_f32, 0.5, -3.0, f32::NAN]),
        prop::sample::select(&[17.0_f32, 1.0, 40.0, 0.0, f32::NAN, f32::INFINITY]),
        prop::sample::select(directions.to_vec()),
        any::<bool>(),
    )
        .prop_map(|(letter_spacing, size, direction, odd)| Style {
            size,
            direction,
            letter_spacing,
            weight: if odd { 700.0 } else { 400.0 },
            italic: odd,
            show_invisibles: true,
            ..Style::default()
        })
}

fn lay(text: &str, width: f32, scale: f32, style: &Style) -> Laid {
    SYSTEM.with_borrow_mut(|engine| engine.layout(text, width, scale, style))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_promise_is_kept_for_nasty_texts(
        text in nasty_text(),
        width in any_width(),
        scale in prop::sample::select(&[1.0_f32, 1.25, 2.0, 0.0, f32::NAN]),
        style in any_style(),
    ) {
        check(&text, &lay(&text, width, scale, &style), 1);
    }

    #[test]
    fn every_promise_is_kept_without_any_font(text in nasty_text(), width in any_width()) {
        let style = Style::default();
        let laid = NO_FONTS.with_borrow_mut(|engine| engine.layout(&text, width, 1.0, &style));
        check(&text, &laid, 1);
        prop_assert!(laid.fonts().is_empty());
        let visible = text.graphemes(true).filter(|grapheme| InvisibleKind::of(grapheme).is_none());
        prop_assert_eq!(laid.missing().len(), visible.count());
    }

    #[test]
    fn the_same_text_is_laid_out_the_same_again_and_on_a_clone(text in nasty_text()) {
        let style = Style::default();
        let once = lay(&text, 100.0, 1.0, &style);
        let mut worker = SYSTEM.with_borrow(Clone::clone);
        let laid = worker.layout(&text, 100.0, 1.0, &style);
        prop_assert_eq!(once.rows(), laid.rows());
        prop_assert_eq!(once.fonts(), laid.fonts());
        for row in 0..once.rows().len() {
            prop_assert_eq!(once.cells(row), laid.cells(row));
            prop_assert_eq!(once.glyphs(row), laid.glyphs(row));
        }
    }
}
