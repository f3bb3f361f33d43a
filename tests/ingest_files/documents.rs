//! Word documents, OpenDocument texts, e-books: archives of XML, made here part by part.

use super::{about, keys, read, refused};
use byline::ingest::{Article, FieldKind, Reason, Warning};
use proptest::prelude::*;
use std::io::{Cursor, Write};

/// An archive of these parts, in this order.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;

/// A Word document with this body.
fn docx(body: &str) -> Vec<u8> {
    let styles = r#"<w:styles xmlns:w="w"><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="de-CH"/></w:rPr></w:rPrDefault></w:docDefaults>
        <w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
        <w:style w:styleId="Eigen"><w:name w:val="Eigene"/><w:basedOn w:val="berschrift1"/></w:style>
        <w:style w:styleId="Zitat"><w:name w:val="Quote"/></w:style>
        <w:style w:styleId="Liste"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>"#;
    let numbering = r#"<w:numbering xmlns:w="w">
        <w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
        <w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num></w:numbering>"#;
    let core = r#"<cp:coreProperties xmlns:cp="cp" xmlns:dc="dc"><dc:title>Fischer am Ende</dc:title><dc:creator>Zoë Müller</dc:creator></cp:coreProperties>"#;
    let document = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="w" xmlns:mc="mc" xmlns:m="m"><w:body>{body}</w:body></w:document>"#
    );
    archive(&[
        ("[Content_Types].xml", TYPES),
        ("word/document.xml", &document),
        ("word/styles.xml", styles),
        ("word/numbering.xml", numbering),
        ("docProps/core.xml", core),
    ])
}

/// A text of LibreOffice with this body.
fn odt(styles: &str, body: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content xmlns:office="o" xmlns:text="t" xmlns:style="s" xmlns:draw="d" xmlns:table="tb"><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"#
    );
    let meta = r#"<office:document-meta xmlns:office="o" xmlns:dc="dc" xmlns:meta="m"><office:meta><dc:creator>Setzer</dc:creator><meta:initial-creator>Zoë Müller</meta:initial-creator><dc:language>de</dc:language></office:meta></office:document-meta>"#;
    archive(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", &content), ("meta.xml", meta)])
}

#[test]
fn of_a_word_document_comes_what_reads_once_its_changes_are_accepted() {
    let article = read(&docx(
        r#"<w:p><w:pPr><w:pStyle w:val="Eigen"/></w:pPr><w:r><w:t>Fischer am </w:t></w:r><w:r><w:t xml:space="preserve">Ende</w:t></w:r></w:p>
        <w:p><w:r><w:t xml:space="preserve">«Nichts» </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>mehr</w:t></w:r><w:r><w:footnoteReference w:id="2"/><w:noBreakHyphen/><w:t>da</w:t><w:softHyphen/><w:t>von,</w:t><w:br/><w:t>sagt</w:t><w:tab/><w:t>Zoë.</w:t><w:sym w:font="Wingdings" w:char="F04A"/></w:r></w:p>
        <w:p/>
        <w:p><w:r><w:t xml:space="preserve">Es sind </w:t></w:r><w:del><w:r><w:delText>400</w:delText></w:r></w:del><w:ins><w:r><w:t>360</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>(geheim)</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t xml:space="preserve"> Tonnen, Seite </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>PAGE</w:instrText><w:t>nicht</w:t><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>3</w:t><w:fldChar w:fldCharType="end"/><w:t>.</w:t><w:commentReference w:id="0"/></w:r></w:p>
        <w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>Ge</w:t></w:r></w:p><w:p><w:r><w:t>trennt.</w:t></w:r></w:p>
        <w:p><w:pPr><w:pStyle w:val="Zitat"/></w:pPr><w:hyperlink><w:r><w:t>Es war einmal.</w:t></w:r></w:hyperlink></w:p>
        <w:p><w:pPr><w:pStyle w:val="Liste"/></w:pPr><w:r><w:t>eins</w:t></w:r></w:p><w:p><w:pPr><w:pStyle w:val="Liste"/></w:pPr><w:r><w:t>zwei</w:t></w:r></w:p>
        <w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr></w:pPr><w:r><w:t>A</w:t></w:r></w:p><w:p><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="2"/></w:numPr></w:pPr><w:r><w:t>Aa</w:t></w:r></w:p><w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr></w:pPr><w:r><w:t>B</w:t></w:r></w:p>
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Jahr</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Tonnen</w:t></w:r></w:p><w:p><w:r><w:t>(netto)</w:t></w:r></w:p></w:tc></w:tr>
        <w:tr><w:tc><w:p/></w:tc><w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>360</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>
        <w:p><w:r><w:t>Bild</w:t><mc:AlternateContent><mc:Choice><w:drawing><x><w:txbxContent><w:p><w:r><w:t>im Kasten</w:t></w:r></w:p></w:txbxContent></x></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>im Kasten</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent><w:drawing/></w:r><m:oMath><m:t>x</m:t></m:oMath></w:p>
        <w:sdt><w:sdtContent><w:p><w:r><w:t>Schluss.</w:t></w:r></w:p></w:sdtContent></w:sdt><w:sectPr><w:headerReference/></w:sectPr>"#,
    ));
    let expected = "Fischer am Ende\n\n«Nichts» mehr\u{2011}da\u{AD}von,\nsagt\tZoë.\u{FFFD}\n\nEs sind 360 Tonnen, Seite 3.\n\n\
        Getrennt.\n\nEs war einmal.\n\n• eins\n• zwei\n1. A\n1. Aa\n2. B\n\nJahr\tTonnen (netto)\n\t360\n\nBild\n\nim Kasten\n\nSchluss.\n";
    assert_eq!(article.text, expected);
    let extraction = article.extraction.as_ref().unwrap();
    let taken = [
        ("headings", 1),
        ("paragraphs", 6),
        ("list_items", 5),
        ("table_rows", 2),
        ("block_quotations", 1),
        ("insertions", 1),
        ("text_boxes", 1),
    ];
    assert_eq!(keys(&extraction.taken), taken);
    let left_out = [
        ("page_furniture", 1),
        ("hidden", 1),
        ("comments", 1),
        ("pictures", 1),
        ("formulas", 1),
        ("notes", 1),
        ("deletions", 1),
        ("field_instructions", 1),
        ("unknown_characters", 1),
    ];
    assert_eq!(keys(&extraction.left_out), left_out);
    assert_eq!(article.warnings, [Warning::UnknownCharacters { count: 1 }, Warning::TrackedChanges]);
    assert_eq!(about(&article, FieldKind::Title).as_deref(), Some("Fischer am Ende"));
    assert_eq!(about(&article, FieldKind::Author).as_deref(), Some("Zoë Müller"));
    assert_eq!(about(&article, FieldKind::Language).as_deref(), Some("de-CH"));
    assert_eq!(article.form(), "DOCX");
}

#[test]
fn of_an_opendocument_text_comes_what_reads_once_its_changes_are_accepted() {
    let styles = r#"<style:style style:name="T9"><style:text-properties text:display="none"/></style:style>
        <text:list-style style:name="L1"><text:list-level-style-bullet text:level="1"/></text:list-style>
        <text:list-style style:name="L2"><text:list-level-style-number text:level="1" style:num-format="1"/><text:list-level-style-number text:level="2" style:num-format=""/></text:list-style>"#;
    let article = read(&odt(
        styles,
        r#"<text:tracked-changes><text:changed-region><text:deletion><text:p>weg</text:p></text:deletion></text:changed-region></text:tracked-changes>
        <text:h text:outline-level="1">Fischer am
            Ende</text:h>
        <text:table-of-content><text:index-body><text:p>Inhalt</text:p></text:index-body></text:table-of-content>
        <text:p>  «Nichts<text:s text:c="2"/>mehr» <text:span>davon<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Fußnote</text:p></text:note-body></text:note></text:span> , <text:line-break/>sagt<text:tab/>Zoë.<office:annotation><text:p>Stimmt das?</text:p></office:annotation><text:span text:style-name="T9">(geheim)</text:span> </text:p>
        <text:section text:name="a"><text:p>Im Abschnitt.</text:p></text:section><text:section text:name="b" text:display="none"><text:p>nie</text:p></text:section>
        <text:list text:style-name="L1"><text:list-item><text:p>eins</text:p><text:p>noch eins</text:p></text:list-item><text:list-item><text:p>zwei</text:p></text:list-item></text:list>
        <text:list text:style-name="L2"><text:list-item text:start-value="4"><text:p>A</text:p><text:list><text:list-item><text:p>Aa</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>B</text:p></text:list-item></text:list>
        <table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Jahr</text:p></table:table-cell><table:table-cell><text:p>Tonnen</text:p><text:p>(netto)</text:p></table:table-cell></table:table-row></table:table-header-rows>
        <table:table-row><table:table-cell/><table:table-cell><text:p>360</text:p></table:table-cell><table:table-cell table:number-columns-repeated="1000000000"/></table:table-row></table:table>
        <text:p>Bild<draw:frame><draw:text-box><text:p>im Kasten</text:p></draw:text-box></draw:frame><draw:frame><draw:image/></draw:frame></text:p>"#,
    ));
    let expected = "Fischer am Ende\n\n«Nichts  mehr» davon ,\u{20}\nsagt\tZoë.\n\nIm Abschnitt.\n\n• eins\nnoch eins\n• zwei\n\n\
        4. A\n• Aa\n5. B\n\nJahr\tTonnen (netto)\n\t360\n\nBild\n\nim Kasten\n";
    assert_eq!(article.text, expected);
    let extraction = article.extraction.as_ref().unwrap();
    let taken = [("headings", 1), ("paragraphs", 4), ("list_items", 6), ("table_rows", 2), ("text_boxes", 1)];
    assert_eq!(keys(&extraction.taken), taken);
    let left_out = [("navigation", 1), ("hidden", 2), ("comments", 1), ("pictures", 1), ("notes", 1), ("deletions", 1)];
    assert_eq!(keys(&extraction.left_out), left_out);
    assert_eq!(about(&article, FieldKind::Author).as_deref(), Some("Zoë Müller"));
    assert_eq!((article.form().as_str(), article.warnings), ("ODT", vec![Warning::TrackedChanges]));
}

/// A book whose first chapter has this body.
fn epub(body: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let container = r#"<container xmlns="c"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"#;
    let book = r#"<package xmlns="o"><metadata xmlns:dc="dc"><dc:title>Die Fischer</dc:title><dc:creator>Zoë Müller</dc:creator><dc:publisher>Verlag am See</dc:publisher><dc:date>2023-09-29</dc:date><dc:language>de</dc:language></metadata>
        <manifest><item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/><item id="b" href="text/b%C3%A9.xhtml" media-type="application/xhtml+xml"/><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="x" href="x.xhtml" media-type="application/xhtml+xml"/></manifest>
        <spine><itemref idref="n"/><itemref idref="b"/><itemref idref="a"/><itemref idref="x" linear="no"/></spine></package>"#;
    let first = format!(
        r#"<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="e"><head><title/><script src="x"/></head><body>{body}</body></html>"#
    );
    let mut parts = vec![
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", container),
        ("OEBPS/book.opf", book),
        ("OEBPS/a.xhtml", "<html><body><p>Zweites&nbsp;Kapitel.</p></body></html>"),
        ("OEBPS/nav.xhtml", "<html><body><nav>Inhalt</nav></body></html>"),
        ("OEBPS/x.xhtml", "<html><body>Lösungen</body></html>"),
        ("OEBPS/text/bé.xhtml", &first),
    ];
    parts.extend(more);
    archive(&parts)
}

#[test]
fn the_chapters_of_a_book_come_in_the_order_of_reading() {
    let article = read(&epub(
        r##"<h1>Die Fischer</h1><p>Nichts <a/>mehr<a epub:type="noteref" href="#n">1</a>.</p><aside epub:type="footnote" id="n"><p>Fußnote</p></aside>"##,
        &[],
    ));
    assert_eq!(article.text, "Die Fischer\n\nNichts mehr.\n\nZweites\u{A0}Kapitel.\n");
    let extraction = article.extraction.as_ref().unwrap();
    assert_eq!(keys(&extraction.taken), [("chapters", 2), ("headings", 1), ("paragraphs", 2)]);
    assert_eq!(keys(&extraction.left_out), [("chapters", 1), ("navigation", 1), ("scripts", 1), ("notes", 1)]);
    for (kind, said) in [
        (FieldKind::Title, "Die Fischer"),
        (FieldKind::Author, "Zoë Müller"),
        (FieldKind::Source, "Verlag am See"),
        (FieldKind::Date, "2023-09-29"),
        (FieldKind::Language, "de"),
    ] {
        assert_eq!(about(&article, kind).as_deref(), Some(said));
    }
}

#[test]
fn documents_that_are_damaged_protected_or_empty_are_refused_with_words() {
    let whole = docx("<w:p><w:r><w:t>é</w:t></w:r></w:p>");
    let protected_epub = r#"<encryption><CipherReference URI="OEBPS/text/b%C3%A9.xhtml"/></encryption>"#;
    let manifest = "<manifest><encryption-data/></manifest>";
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>"#;
    let deep = "<w:p>".repeat(300) + &"</w:p>".repeat(300);
    let odt_mark = ("mimetype", "application/vnd.oasis.opendocument.text");
    for (bytes, said) in [
        (
            whole[..whole.len() - 30].to_vec(),
            "a Word document (DOCX), but a damaged one: the archive that it is has no end",
        ),
        (docx("<w:p/>"), "is a Word document (DOCX) without any text: there is nothing in it to annotate"),
        (docx("<w:p>"), "a damaged one: `word/document.xml` in it cannot be read: expected 'w:p' tag, not 'w:body'"),
        (docx(&deep), "its elements lie more than 256 deep in each other"),
        (archive(&[("[Content_Types].xml", TYPES)]), "it lacks its part `word/document.xml`"),
        (archive(&[odt_mark, ("content.xml", bomb)]), "`content.xml` in it cannot be read: XML with DTD"),
        (archive(&[odt_mark, ("META-INF/manifest.xml", manifest)]), "is protected by a password or a licence"),
        (epub("<p>é</p>", &[("META-INF/encryption.xml", protected_epub)]), "is protected by a password or a licence"),
        (archive(&[("mimetype", "application/epub+zip")]), "it lacks its part `META-INF/container.xml`"),
        (archive(&[("a.txt", "é")]), "is a ZIP archive, not plain text"),
    ] {
        let refusal = refused(&bytes).to_string();
        assert!(refusal.contains(said), "{refusal}");
    }
    // In the middle of the compressed text something else.
    let mut changed = docx(&format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", "é, ".repeat(500)));
    let at = changed.windows(17).position(|name| name == b"word/document.xml").unwrap() + 40;
    changed[at..at + 20].fill(0xFF);
    assert!(matches!(refused(&changed).reason, Reason::Damaged { .. }));
}

fn markup() -> impl Strategy<Value = String> {
    let pieces = [
        "<w:p>",
        "</w:p>",
        "<w:r>",
        "</w:r>",
        "<w:t>é, </w:t>",
        "<w:t> </w:t>",
        "<w:tbl>",
        "</w:tbl>",
        "<w:tr>",
        "</w:tr>",
        "<w:tc>",
        "</w:tc>",
        "<w:del>",
        "</w:del>",
        "<w:fldChar w:fldCharType=\"begin\"/>",
        "<w:fldChar w:fldCharType=\"end\"/>",
        "<text:p>",
        "</text:p>",
        "<text:list>",
        "</text:list>",
        "<text:list-item>",
        "</text:list-item>",
        "<text:s text:c=\"9999999999\"/>",
        "<draw:frame>",
        "</draw:frame>",
        "<p>",
        "</p>",
        "a",
        "\u{2028}",
        "&#13;",
        "&amp;",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_archive_is_read_the_same_each_time_or_refused_with_words(
        body in markup(),
        cut in prop::option::of(0.0..1.0_f64),
        change in prop::option::of((0.0..1.0_f64, any::<u8>())),
        kind in 0..3,
    ) {
        let mut bytes = match kind {
            0 => docx(&body),
            1 => odt("", &body),
            _ => epub(&body, &[]),
        };
        if let Some((share, byte)) = change {
            let at = (bytes.len() as f64 * share) as usize;
            bytes[at] = byte;
        }
        if let Some(share) = cut {
            bytes.truncate((bytes.len() as f64 * share) as usize);
        }
        match Article::from_bytes("é", &bytes, None) {
            Ok(article) => {
                // Cut short, even the mark of an archive is a text.
                let has_text = article.text.ends_with('\n') && !article.text.trim().is_empty();
                prop_assert!(has_text || article.extraction.is_none());
                prop_assert_eq!(Article::from_bytes("é", &bytes, None).unwrap(), article);
            }
            Err(refusal) => prop_assert!(refusal.to_string().starts_with("`é` ")),
        }
    }
}
