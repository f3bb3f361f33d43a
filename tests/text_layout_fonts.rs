//! The text layout with the program's own fonts and no others: the same numbers on every machine.

mod text_layout_invariants;

use byline::text_layout::{
    Caret, Direction, Engine, GlyphImage, GlyphKey, GlyphPixels, InvisibleKind, Laid, Rasterizer, Style,
};
use text_layout_invariants::{check, engine};

const SERIF: &[u8] = include_bytes!("../assets/fonts/BylineSerif-Regular.ttf");
const SANS: &[u8] = include_bytes!("../assets/fonts/Inter-Regular.ttf");

fn serif() -> Engine {
    engine(&[SERIF], "Byline Serif", false)
}

fn lay(text: &str, width: f32, style: &Style) -> Laid {
    let laid = serif().layout(text, width, 1.0, style);
    check(text, &laid, 1);
    laid
}

/// The glyph ids of a text of one row.
fn ids(text: &str) -> Vec<u16> {
    let laid = lay(text, 640.0, &Style::default());
    laid.glyphs(0).iter().map(|glyph| glyph.id).collect()
}

fn picture(laid: &Laid, nth: usize) -> Option<GlyphImage> {
    let glyph = laid.glyphs(0)[nth];
    let font = &laid.fonts()[usize::from(glyph.font)];
    Rasterizer::new().raster(font, glyph.id, laid.font_px(), glyph.pixel().2)
}

fn ink(image: &GlyphImage) -> u32 {
    match &image.pixels {
        GlyphPixels::Coverage(pixels) | GlyphPixels::Color(pixels) => pixels.iter().map(|p| u32::from(*p)).sum(),
    }
}

#[test]
fn rows_are_filled_up_to_the_width_and_hold_whole_words() {
    let text = "Der Präsident sagte, die Straße sei überall für den Verkehr geöffnet worden. ";
    let laid = lay(text, 200.0, &Style::default());
    assert!(laid.rows().len() >= 3);
    for (index, row) in laid.rows().iter().enumerate() {
        let line = &text[row.bytes()];
        assert!(line.ends_with(' '), "{line:?} ends within a word");
        let mut cells = laid.cells(index).iter().rev();
        let last = cells.find(|cell| &text[cell.bytes()] != " ").expect("a row has a letter");
        assert!(last.x1 <= 200.0, "{line:?} is too wide");
        let next = text[row.bytes().end..].split_inclusive(' ').next().map_or(0, |word| word.chars().count());
        assert!(next == 0 || last.x1 + 20.0 * next as f32 > 200.0, "{line:?} is too short");
    }
}

#[test]
fn a_word_wider_than_the_row_is_broken_between_graphemes() {
    let laid = lay("Donaudampfschiffe\u{301}", 40.0, &Style::default());
    assert!(laid.rows().len() > 2);
    assert!((0..laid.rows().len()).all(|row| laid.cells(row).iter().all(|cell| cell.x1 <= 40.0)));
    let narrow = lay("äbc", 0.0, &Style::default());
    assert_eq!(narrow.rows().len(), 3);
}

#[test]
fn every_letter_of_a_word_has_a_place_of_its_own() {
    let laid = lay("é office", 640.0, &Style::default());
    assert!(laid.cells(0).iter().all(|cell| cell.x1 - cell.x0 > 2.0));
    let x: Vec<_> = (3..=9).map(|byte| laid.caret_rect(Caret::before(byte)).x0).collect();
    assert!(x.windows(2).all(|two| two[0] < two[1]), "{x:?}");
}

#[test]
fn a_paragraph_forced_from_right_to_left_stands_at_the_right_edge() {
    let style = Style { direction: Direction::RightToLeft, ..Style::default() };
    let laid = lay("é, abc\n", 300.0, &style);
    assert!(laid.is_rtl());
    let right = laid.cells(0).last().map(|cell| cell.x1);
    assert!((right.expect("there are cells") - 300.0).abs() < 0.5);
    assert!((laid.caret_rect(Caret::before(8)).x0 - 300.0).abs() < 0.5, "also on the empty row");
    assert!(!lay("é, abc", 300.0, &Style::default()).is_rtl());
}

#[test]
fn rows_are_a_whole_number_of_pixels_high_on_every_screen() {
    let style = Style { line_height: 33.1, ..Style::default() };
    for (scale, pixels) in [(1.0, 33.0), (1.25, 41.0), (2.0, 66.0)] {
        let laid = serif().layout("é a\nb\nc", 300.0, scale, &style);
        for row in laid.rows() {
            assert!(((row.y1 - row.y0) * scale - pixels).abs() < 0.01);
            // The letters stand in the middle of the row, on each row at the same height.
            assert!((15.0..27.0).contains(&(row.baseline - row.y0)), "{row:?}");
            let baseline = row.baseline * scale;
            assert!((baseline - baseline.round()).abs() < 0.01);
        }
        assert!((laid.height() * scale - 3.0 * pixels).abs() < 0.01);
    }
}

#[test]
fn twice_the_pixels_give_the_same_page_with_glyphs_twice_as_large() {
    let text = "Für „x“ – 2024";
    let (one, two) =
        (serif().layout(text, 640.0, 1.0, &Style::default()), { serif().layout(text, 640.0, 2.0, &Style::default()) });
    assert!((one.width() - two.width()).abs() < 1.0);
    assert!((two.font_px() - 2.0 * one.font_px()).abs() < f32::EPSILON);
    for (one, two) in one.glyphs(0).iter().zip(two.glyphs(0)) {
        assert!((one.x * 2.0 - two.x).abs() < 1.5);
    }
}

#[test]
fn letter_spacing_and_size_widen_the_text_and_senseless_values_do_not_harm() {
    let text = "é abc";
    let width = |style: Style| lay(text, 640.0, &style).width();
    let usual = Style::default();
    let plain = width(usual);
    let spaced = width(Style { letter_spacing: 2.0, ..usual });
    assert!((spaced - plain - 10.0).abs() < 2.5, "{spaced} for {plain}");
    assert!(width(Style { size: 34.0, ..usual }) > 1.9 * plain);
    assert!((width(Style { letter_spacing: -5.0, ..usual }) - plain).abs() < 0.01);
    assert!((width(Style { size: f32::NAN, ..usual }) - plain).abs() < 0.01);
    assert!(width(Style { size: f32::INFINITY, weight: -1.0, line_height: f32::NAN, ..usual }).is_finite());
}

#[test]
fn control_characters_are_blanks_and_not_boxes() {
    let text = "é\ta\0b\u{85}c\u{1B}d";
    let laid = lay(text, 640.0, &Style::default());
    assert!(laid.missing().is_empty());
    let blank = ids("é ")[1];
    let ids = ids(text);
    assert_eq!([ids[1], ids[3], ids[7]], [blank; 3]);
    assert!(!ids.contains(&0));
}

#[test]
fn what_no_font_has_is_named_grapheme_by_grapheme() {
    let laid = lay("é שׁל \u{10FFFF}\t\u{200B}!", 640.0, &Style::default());
    // שׁ is one grapheme of two characters; blanks and separators are never missed.
    assert_eq!(laid.missing(), [3..7, 7..9, 10..14]);
}

#[test]
fn a_character_that_no_fallback_knows_is_found_in_any_font_there_is() {
    let serif_lacks = |c: &char| ids(&c.to_string()) == [0];
    let mut both = engine(&[SERIF, SANS], "Byline Serif", false);
    let mut sans = engine(&[SANS], "Inter", false);
    let signs = ['⌘', '⌥', '↵', '⎋', '⏎', '◆', '⇧', '⌫', '①', '♥'];
    let has = |c: &char| sans.layout(&c.to_string(), 640.0, 1.0, &Style::default()).missing().is_empty();
    let only_sans = signs.into_iter().filter(serif_lacks).find(has);
    let text = format!("é{}x", only_sans.expect("Inter has a sign that the serif lacks"));
    let laid = both.layout(&text, 640.0, 1.0, &Style::default());
    assert!(laid.missing().is_empty());
    assert_eq!(laid.fonts().len(), 2);
    check(&text, &laid, 1);
}

#[test]
fn a_soft_hyphen_is_seen_only_where_its_row_ends() {
    let hyphens = |laid: &Laid, hyphen: u16| -> Vec<usize> {
        let rows = 0..laid.rows().len();
        rows.map(|row| laid.glyphs(row).iter().filter(|glyph| glyph.id == hyphen).count()).collect()
    };
    let hyphen = ids("\u{2010}")[0];
    let text = "Über\u{AD}raschung";
    assert_eq!(hyphens(&lay(text, 640.0, &Style::default()), hyphen), [0]);
    let broken = lay(text, 90.0, &Style::default());
    assert_eq!(hyphens(&broken, hyphen), [1, 0]);
    assert_eq!(broken.rows()[1].bytes().start, 7);
}

#[test]
fn invisible_characters_are_listed_where_they_stand_when_asked_for() {
    let text = "é \u{202E}a\u{AD}b\r\n";
    let laid = lay(text, 640.0, &Style { show_invisibles: true, ..Style::default() });
    let kinds: Vec<_> = laid.invisibles().iter().map(|sign| (sign.byte, sign.kind)).collect();
    assert!(kinds.contains(&(2, InvisibleKind::Space)));
    assert!(kinds.contains(&(3, InvisibleKind::Direction)));
    assert!(kinds.contains(&(7, InvisibleKind::SoftHyphen)));
    assert!(kinds.contains(&(10, InvisibleKind::LineEnd)));
    assert_eq!(kinds.len(), 4);
    for sign in laid.invisibles() {
        assert!(laid.cells(sign.row).iter().any(|c| c.bytes().start == sign.byte && (c.x0 - sign.x0).abs() < 0.01));
    }
    let plain = lay(text, 640.0, &Style::default());
    assert_eq!(plain.invisibles(), []);
    assert_eq!(plain.rows(), laid.rows(), "to see them moves nothing");
}

#[test]
fn an_engine_and_its_clone_name_a_font_alike_also_on_another_thread() {
    let mut engine = serif();
    let mut clone = engine.clone();
    let style = Style { italic: true, ..Style::default() };
    let theirs = std::thread::spawn(move || clone.layout("é", 640.0, 1.0, &style)).join();
    let theirs = theirs.expect("the layout does not panic");
    let upright = engine.layout("é", 640.0, 1.0, &Style::default());
    let ours = engine.layout("é", 640.0, 1.0, &style);
    assert_eq!(ours.fonts(), theirs.fonts());
    assert_eq!(ours.fonts()[0].id(), theirs.fonts()[0].id());
    assert_ne!(ours.fonts()[0].id(), upright.fonts()[0].id());
}

#[test]
fn a_glyph_is_drawn_above_the_baseline_at_the_size_that_is_asked_for() {
    let laid = lay("Hé", 640.0, &Style { size: 100.0, line_height: 200.0, ..Style::default() });
    let image = picture(&laid, 0).expect("H has ink");
    // Capitals of text faces are 0.6 to 0.75 em high; H stands on the baseline.
    assert!((60..=75).contains(&image.height), "{} high", image.height);
    assert!((image.top - image.height.cast_signed()).abs() <= 1);
    let cell = laid.cells(0)[0];
    assert!(image.left >= 0 && (image.left as f32 + image.width as f32) <= cell.x1 + 1.0);
    let GlyphPixels::Coverage(pixels) = &image.pixels else { panic!("a letter has no colour of its own") };
    assert_eq!(pixels.len(), (image.width * image.height) as usize);
    assert!(pixels.contains(&255) && pixels.contains(&0));
}

#[test]
fn a_quarter_of_a_pixel_moves_the_ink_to_the_right() {
    let laid = lay("l é", 640.0, &Style::default());
    let glyph = laid.glyphs(0)[0];
    let mut rasterizer = Rasterizer::new();
    let mut centres = (0..4).map(|bin| {
        let image = rasterizer.raster(&laid.fonts()[0], glyph.id, 17.0, bin).expect("l has ink");
        let GlyphPixels::Coverage(pixels) = &image.pixels else { panic!("a letter has no colour of its own") };
        let weighted = pixels.iter().zip((0..image.width).cycle());
        let moment: f32 = weighted.map(|(ink, x)| f32::from(*ink) * x as f32).sum();
        moment / ink(&image) as f32 + image.left as f32
    });
    let first = centres.next().expect("there are four");
    for (nth, centre) in (1..4).zip(centres) {
        assert!((centre - first - nth as f32 / 4.0).abs() < 0.1, "{first} and {centre}");
    }
}

#[test]
fn bold_and_italics_are_imitated_where_the_font_has_none() {
    let plain = lay("Hé", 640.0, &Style::default());
    let bold = lay("Hé", 640.0, &Style { weight: 700.0, ..Style::default() });
    let italic = lay("Hé", 640.0, &Style { italic: true, ..Style::default() });
    let images = [&plain, &bold, &italic].map(|laid| picture(laid, 0).expect("H has ink"));
    assert!(ink(&images[1]) > ink(&images[0]) * 21 / 20);
    assert!(images[2].width > images[0].width);
    assert_eq!(plain.glyphs(0)[0].id, bold.glyphs(0)[0].id);
    let keys = [&plain, &bold, &italic].map(|laid| laid.key(&laid.glyphs(0)[0]).expect("the font is known"));
    assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2]);
    assert_eq!(keys[0], GlyphKey::new(&plain.fonts()[0], plain.glyphs(0)[0].id, 17.0, 0));
}

#[test]
fn what_cannot_be_drawn_gives_no_picture() {
    let laid = lay("é x", 640.0, &Style::default());
    assert_eq!(picture(&laid, 1), None, "a space has no ink");
    let mut rasterizer = Rasterizer::new();
    for px in [0.0, -1.0, f32::NAN] {
        assert_eq!(rasterizer.raster(&laid.fonts()[0], 5, px, 0), None);
    }
    assert_eq!(rasterizer.raster(&laid.fonts()[0], u16::MAX, 17.0, 0), None);
    let huge = rasterizer.raster(&laid.fonts()[0], laid.glyphs(0)[0].id, f32::INFINITY, 200);
    assert!(huge.is_some_and(|image| image.width <= 1000));
}

#[test]
fn a_file_that_is_no_font_is_left_out() {
    let mut engine = engine(&[b"no font \xC3\xA9", &SERIF[..40_000], b"", SERIF], "Nowhere, Byline Serif", false);
    let laid = engine.layout("é", 640.0, 1.0, &Style::default());
    check("é", &laid, 1);
    assert!(laid.missing().is_empty());
}

#[test]
fn memory_grows_with_the_text_and_not_with_the_width() {
    let heap = |count: usize, width| lay(&"é ".repeat(count), width, &Style::default()).heap_bytes();
    assert!(heap(200, 640.0) > 15 * heap(10, 640.0));
    assert!(heap(200, 640.0) < 200 * 2 * 40);
    assert!(heap(200, 5000.0) <= heap(200, 640.0));
}
