//! From characters to lines: what stands on one height and close enough, with blanks where there is room for one.

use super::glyphs::Glyph;

/// A line, or what stands in one column of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// Its text; a tab stands where there is room for more than a blank, as between the cells of a table.
    pub text: String,
    /// Where it begins.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
    /// How wide its first word is.
    pub first_word: f64,
    /// Where it stands on, from above.
    pub baseline: f64,
    /// Height of most of its type.
    pub size: f64,
    /// Whether some of it is written from right to left.
    pub is_right_to_left: bool,
}

/// Room between words, in heights of the type: blanks in justified text are not much narrower, letters not as far apart.
const BLANK: f64 = 0.18;

/// Room between cells, in heights of the type.
const TAB: f64 = 2.5;

/// The lines of a page, in the order in which they are drawn: with columns, one after the other.
pub(super) fn lines(glyphs: &[Glyph]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Vec<&Glyph> = Vec::new();
    let (mut start, mut end, mut is_leftward) = (0.0, 0.0, false);
    for glyph in glyphs {
        if let Some(first) = open.first() {
            let size = first.size.max(glyph.size);
            let is_level = (glyph.baseline - first.baseline).abs() < 0.5 * size;
            let goes_on = glyph.start > end - 0.6 * size;
            // Text that runs to the left is drawn so, and the numbers in it to the right.
            is_leftward = is_leftward || is_right_to_left(glyph);
            let goes_back = is_leftward && glyph.end > start - 2.0 * TAB * size && glyph.start < end + TAB * size;
            if !is_level || !(goes_on || goes_back) {
                lines.extend(line(&open));
                open.clear();
            }
        }
        if open.is_empty() {
            (start, end, is_leftward) = (glyph.start, glyph.end, is_right_to_left(glyph));
        }
        (start, end) = (glyph.start.min(start), glyph.end.max(end));
        open.push(glyph);
    }
    lines.extend(line(&open));
    lines
}

fn is_right_to_left(glyph: &Glyph) -> bool {
    glyph.text.chars().any(|c| matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'))
}

/// The line that the glyphs are; none if they are only blanks.
fn line(glyphs: &[&Glyph]) -> Option<Line> {
    let mut glyphs = glyphs.to_vec();
    let is_right_to_left = glyphs.iter().any(|glyph| is_right_to_left(glyph));
    if is_right_to_left {
        glyphs.sort_by(|a, b| a.start.total_cmp(&b.start));
    }
    let visible = || glyphs.iter().filter(|glyph| !glyph.text.trim().is_empty());
    let (first, last) = (visible().next()?, visible().next_back()?);
    let mut pieces: Vec<String> = Vec::new();
    let mut end = first.start;
    let (mut first_word, mut word_end) = (None, first.start);
    for glyph in &glyphs {
        let is_blank = |piece: Option<&String>| piece.is_none_or(|piece| piece.ends_with([' ', '\t']));
        let room = (glyph.start - end) / glyph.size;
        let text = glyph.text.as_str();
        if text.trim_matches(' ').is_empty() {
            if !text.is_empty() && !is_blank(pieces.last()) {
                first_word.get_or_insert(word_end - first.start);
                pieces.push(" ".to_owned());
            }
        } else {
            if room > TAB {
                while pieces.pop_if(|piece| piece == " ").is_some() {}
                if !pieces.is_empty() {
                    first_word.get_or_insert(word_end - first.start);
                    pieces.push("\t".to_owned());
                }
            } else if room > BLANK && !is_blank(pieces.last()) {
                first_word.get_or_insert(word_end - first.start);
                pieces.push(" ".to_owned());
            }
            pieces.push(text.to_owned());
            word_end = glyph.end.max(word_end);
        }
        // Blanks may be drawn as wide as the room between columns: that is measured from letter to letter.
        if !text.trim_matches(' ').is_empty() || room <= BLANK && glyph.end - end < TAB * glyph.size {
            end = glyph.end.max(end);
        }
    }
    if is_right_to_left {
        reorder(&mut pieces);
    }
    let text = pieces.concat().trim().to_owned();
    let mut sizes: Vec<f64> = visible().map(|glyph| glyph.size).collect();
    sizes.sort_by(f64::total_cmp);
    let size = sizes.get(sizes.len() / 2).copied().unwrap_or(first.size);
    let same_size = visible().find(|glyph| (glyph.size - size).abs() < 0.01 * size);
    let baseline = same_size.unwrap_or(first).baseline;
    let first_word = first_word.unwrap_or(last.end - first.start);
    Some(Line { text, start: first.start, end: last.end, first_word, baseline, size, is_right_to_left })
}

/// From the order in which pieces stand to the order in which they are read.
fn reorder(pieces: &mut [String]) {
    #[derive(Clone, Copy, PartialEq)]
    enum Side {
        Left,
        Right,
        Neither,
    }
    let side = |piece: &String| {
        let glyph = |c: char| matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}');
        // Digits run to the right in every script.
        match piece.chars().find(|c| c.is_alphanumeric()) {
            Some(c) if glyph(c) && !c.is_numeric() => Side::Right,
            Some(_) => Side::Left,
            None => Side::Neither,
        }
    };
    let count = |wanted: Side| pieces.iter().filter(|piece| side(piece) == wanted).count();
    let runs_left = count(Side::Right) >= count(Side::Left);
    if runs_left {
        pieces.reverse();
    }
    let other = if runs_left { Side::Left } else { Side::Right };
    let mut at = 0;
    while at < pieces.len() {
        if side(&pieces[at]) != other {
            at += 1;
            continue;
        }
        // A run ends with the last of its pieces before one of the other side.
        let mut end = at;
        for (next, piece) in pieces.iter().enumerate().skip(at) {
            match side(piece) {
                found if found == other => end = next,
                Side::Neither => {}
                _ => break,
            }
        }
        pieces[at..=end].reverse();
        at = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters of height 10 and width 5, from `start` on.
    fn glyphs(text: &str, start: f64, baseline: f64) -> Vec<Glyph> {
        let at = |n: usize| start + 5.0 * n as f64;
        let glyph = |(n, c): (usize, char)| Glyph {
            text: c.to_string(),
            start: at(n),
            end: at(n + 1),
            baseline,
            size: 10.0,
            is_artifact: false,
        };
        text.chars().enumerate().map(glyph).collect()
    }

    fn texts(glyphs: &[Glyph]) -> Vec<String> {
        lines(glyphs).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn blanks_are_drawn_or_left_as_room_and_much_room_is_a_tab() {
        let drawn = [glyphs("Zoë ", 0.0, 0.0), glyphs("sagt", 20.0, 0.0)].concat();
        let room = [glyphs("Zoë", 0.0, 0.0), glyphs("sagt", 18.0, 1.0), glyphs("nein", 70.0, 0.0)].concat();
        assert_eq!(texts(&drawn), ["Zoë sagt"]);
        assert_eq!(texts(&room), ["Zoë sagt\tnein"]);
        let kerned = [glyphs("A", 0.0, 0.0), glyphs("V", 4.0, 0.0), glyphs("s", 10.2, -3.0)].concat();
        assert_eq!(texts(&kerned), ["AVs"]);
        let two =
            [glyphs("b", 50.0, 0.0), glyphs("a", 0.0, 0.0), glyphs("c", 0.0, 12.0), glyphs("  ", 9.0, 30.0)].concat();
        assert_eq!(texts(&two), ["b", "a", "c"]);
    }

    #[test]
    fn text_from_right_to_left_comes_in_the_order_of_reading() {
        // As it stands on the page, from the left: “in 2023 said Sarah”, in Hebrew.
        let visual: String = "שרה אמרה 2023"
            .split(' ')
            .rev()
            .map(|word| if word.starts_with('2') { word.to_owned() } else { word.chars().rev().collect() })
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(texts(&glyphs(&visual, 0.0, 0.0)), ["שרה אמרה 2023"]);
        let backwards: Vec<_> = glyphs(&visual, 0.0, 0.0).into_iter().rev().collect();
        assert_eq!(texts(&backwards), ["שרה אמרה 2023"]);
        let within: String = "Sarah (".to_owned() + &"שרה".chars().rev().collect::<String>() + ") said";
        assert_eq!(texts(&glyphs(&within, 0.0, 0.0)), ["Sarah (שרה) said"]);
    }
}
