//! PDFs: the text layer, put together from the places of its characters.
//!
//! A PDF says which character stands where, and nothing of words, lines or paragraphs (ISO 32000-2, 9.4 and 14.8): those
//! are reckoned (`lines`, `paragraphs`). The file itself is read by `hayro`; what it may unpack to is looked at before
//! (`bombs`).

mod bombs;
mod glyphs;
mod lines;
mod paragraphs;

use std::time::Instant;

use hayro_interpret::hayro_syntax::object::{Dict, Object, String as PdfString};
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::util::TransformExt;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, RenderContent, interpret_page, kurbo::Rect};

use super::extraction::{Extracted, Extraction, FileKind, Part};
use super::{FieldKind, Reason, Warning, guard};
use glyphs::Collector;

const KIND: FileKind = FileKind::Pdf;

/// The end mark stands so near to the end, in bytes; the standard leaves room behind it.
const NEAR_END: usize = 2_048;
/// More pages than any book has.
const PAGES: usize = 20_000;

/// Takes the text out of the PDF in `bytes`.
pub(super) fn read(bytes: Vec<u8>) -> Result<Extracted, Reason> {
    let deadline = Instant::now() + guard::PATIENCE;
    let is_encrypted = bombs::check_file(&bytes, deadline)?;
    // Of a file that was cut off, readers of PDF put together what is left.
    let has_end = memchr::memmem::rfind(&bytes, b"%%EOF").is_some_and(|at| bytes.len() - at < NEAR_END);
    let pdf = Pdf::new(bytes).map_err(|error| refusal(&error))?;
    if is_encrypted {
        // Only now can be seen what the parts are.
        let mut budget = bombs::Budget::default();
        for object in pdf.objects() {
            if let Object::Stream(stream) = object {
                budget.spend(&stream.filters(), &stream.raw_data(), deadline)?;
            }
        }
    }
    if pdf.pages().len() > PAGES {
        return Err(Reason::TooMany { kind: KIND, of: "pages".into(), limit: PAGES });
    }
    let mut extraction = Extraction::new(KIND);
    let cache = InterpreterCache::new();
    // Notes and forms on top of the page are not the article.
    let settings = InterpreterSettings { render_content: RenderContent::PAGE, ..InterpreterSettings::default() };
    let (mut pages, mut artifact_pages) = (Vec::new(), Vec::new());
    let mut collector = Collector::new(deadline);
    for page in pdf.pages().iter() {
        guard::check(KIND, deadline);
        let transform = page.initial_transform(true).to_kurbo();
        let (width, height) = page.render_dimensions();
        let room = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let mut context = Context::new(transform, room, &cache, pdf.xref(), settings.clone());
        interpret_page(page, &mut context, &mut collector);
        let (artifacts, content): (Vec<_>, Vec<_>) =
            collector.take_page(&mut extraction).into_iter().partition(|glyph| glyph.is_artifact);
        pages.push(lines::lines(&content));
        artifact_pages.push(lines::lines(&artifacts));
        extraction.left_out.add(Part::Picture, std::mem::take(&mut collector.pictures));
    }
    check_meaning(&collector)?;
    // What the file says is no content is left out, unless that is all there is.
    if pages.iter().all(Vec::is_empty) {
        std::mem::swap(&mut pages, &mut artifact_pages);
    }
    extraction.left_out.add(Part::RunningLine, artifact_pages.iter().map(Vec::len).sum());
    extraction.taken.add(Part::Page, pages.iter().filter(|page| !page.is_empty()).count());
    extraction.left_out.add(Part::UnknownCharacter, collector.unknown);
    extraction.changed.add(Part::Ligature, collector.ligatures);
    let right_to_left = pages.iter().flatten().any(|line| line.is_right_to_left);
    let text = paragraphs::text(pages, &mut extraction);
    let mut warnings = vec![Warning::Reckoned { right_to_left }];
    if !has_end {
        warnings.insert(0, Warning::NoEnd);
    }
    Ok(Extracted { text, about: about(&pdf), extraction, warnings })
}

/// Refuses files that say of most characters only how they look: the text would be noise.
fn check_meaning(collector: &Collector) -> Result<(), Reason> {
    let (unknown, all) = (collector.unknown, collector.all);
    if unknown * 10 > all {
        return Err(Reason::Meaningless { kind: KIND, unknown, all });
    }
    Ok(())
}

fn refusal(error: &LoadPdfError) -> Reason {
    let damaged = |what: &str| Reason::Damaged { kind: KIND, what: what.to_owned() };
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Reason::Protected { kind: KIND },
        LoadPdfError::Decryption(_) => damaged("its encryption is not understood"),
        LoadPdfError::Invalid => damaged("its pages are not found"),
    }
}

/// What the file says about itself. When it was made is not when the article was published.
fn about(pdf: &Pdf) -> Vec<(FieldKind, String)> {
    let metadata = pdf.metadata();
    let mut about = Vec::new();
    if let Some(title) = metadata.title.as_deref().map(string).filter(|title| !is_file_name(title)) {
        about.push((FieldKind::Title, title));
    }
    about.extend(metadata.author.as_deref().map(|author| (FieldKind::Author, string(author))));
    let catalogue = pdf.xref().get::<Dict>(pdf.xref().root_id());
    let language = catalogue.and_then(|catalogue| catalogue.get::<PdfString>(b"Lang"));
    about.extend(language.map(|language| (FieldKind::Language, string(language.as_bytes()))));
    about
}

/// Programs write names of files where the title belongs.
fn is_file_name(title: &str) -> bool {
    let title = title.trim().to_ascii_lowercase();
    let endings = [".doc", ".docx", ".odt", ".pdf", ".indd", ".qxd", ".tex", ".dvi", ".ps", ".rtf", ".txt", ".pages"];
    endings.iter().any(|ending| title.ends_with(ending))
}

/// A text string (ISO 32000-2, 7.9.2.2): UTF-16 or UTF-8 with a mark, else the encoding of PDF itself.
fn string(bytes: &[u8]) -> String {
    let text = if let Some(units) = bytes.strip_prefix(b"\xFE\xFF") {
        let units: Vec<u16> = units.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    } else if let Some(bytes) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        bytes.iter().map(|byte| of_pdf_encoding(*byte)).collect()
    };
    text.chars().filter(|c| !c.is_control()).collect()
}

/// `PDFDocEncoding` (ISO 32000-2, annex D.3).
fn of_pdf_encoding(byte: u8) -> char {
    const FROM_80: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł',
        'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{FFFD}', '€',
    ];
    let at = usize::from(byte).checked_sub(0x80);
    at.and_then(|at| FROM_80.get(at)).copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_strings_are_read_in_their_three_encodings() {
        assert_eq!(string(b"\xFE\xFF\0Z\0o\0\xEB\xD8\x3D\xDE\x00"), "Zoë😀");
        assert_eq!(string("\u{FEFF}Zoë\0".as_bytes()), "Zoë");
        assert_eq!(string(b"Zo\xEB \x8Dso\x8E \xA0"), "Zoë “so” €");
        assert!(is_file_name("Microsoft Word - a.DOC") && !is_file_name("Die Fischer"));
    }
}
