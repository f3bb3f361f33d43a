//! PDFs, made here object by object: what stands on the page is known, and so is where.

use super::{about, keys, read, refused};
use byline::ingest::{Article, FieldKind, Reason, Warning};
use proptest::prelude::*;
use std::fmt::Write as _;

/// A PDF of these objects, numbered from 1; the first is the catalogue.
fn file(objects: &[String]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", n + 1).bytes());
        // One byte a character, as in the encoding of the font.
        bytes.extend(object.chars().map(|c| u8::try_from(u32::from(c)).unwrap()));
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    let mut end = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        writeln!(end, "{place:010} 00000 n ").unwrap();
    }
    let size = objects.len() + 1;
    write!(end, "trailer <</Size {size} /Root 1 0 R /Info 2 0 R>>\nstartxref\n{start}\n%%EOF\n").unwrap();
    bytes.extend(end.bytes());
    bytes
}

fn stream(dictionary: &str, data: &str) -> String {
    format!("<<{dictionary} /Length {}>>\nstream\n{data}\nendstream", data.chars().count())
}

/// A PDF whose pages have these contents. `F` is a font with an encoding, `G` one that does not say its letters.
fn pages(contents: &[&str]) -> Vec<u8> {
    let kids: String = (0..contents.len()).map(|n| format!("{} 0 R ", 10 + 2 * n)).collect();
    let mut objects = vec![
        "<</Type /Catalog /Pages 3 0 R /Lang (de-CH)>>".to_owned(),
        "<</Title (Fischer am Ende) /Author (Zo\u{EB} M\u{FC}ller) /CreationDate (D:20230929)>>".to_owned(),
        format!("<</Type /Pages /Count {} /MediaBox [0 0 595 842] /Kids [{kids}] /Resources <</Font <</F 4 0 R /G 5 0 R>> /XObject <</X 8 0 R>>>>>>", contents.len()),
        "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding <</BaseEncoding /WinAnsiEncoding /Differences [1 /fi]>>>>".to_owned(),
        "<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [6 0 R]>>".to_owned(),
        "<</Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor 7 0 R>>".to_owned(),
        "<</Type /FontDescriptor /FontName /X /Flags 4>>".to_owned(),
        stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X 8 0 R /Y 9 0 R>>>>", &"/X Do ".repeat(40)),
        stream("/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", "x"),
    ];
    for content in contents {
        let next = objects.len() + 2;
        objects.push(format!("<</Type /Page /Parent 3 0 R /Contents {next} 0 R>>"));
        objects.push(stream("", content));
    }
    file(&objects)
}

/// Lines of text, one below the other from the height `y` on, each from the place `x`.
fn lines(x: f64, y: f64, size: f64, lines: &[&str]) -> String {
    let mut content = format!("BT /F {size} Tf {} TL 1 0 0 1 {x} {y} Tm\n", size * 1.2);
    for line in lines {
        writeln!(content, "({line}) Tj T*").unwrap();
    }
    content + "ET\n"
}

#[test]
fn lines_become_paragraphs_and_what_runs_along_the_edges_is_left_out() {
    let body = [
        "Die Fischer haben nichts mehr, sagte am letzten Freitag Morgen die Pr\u{E4}sidentin der Gewerk-",
        "schaft, Zo\u{EB} M\u{FC}ller, in der Hauptstadt. Das Wort Nordsee-K\u{FC}ste kommt hier vor, und die Nordsee-",
        "K\u{FC}ste ist lang. Ein langer Satz \u{FC}ber die l\u{E4}ngst be\u{1}ndliche Flotte und ihre vielen Schiffe, die dort",
        "liegen.",
        "Ein neuer Absatz beginnt, weil die Zeile vorher Platz f\u{FC}r sein erstes Wort gehabt h\u{E4}tte, und das",
        "ist alles.",
    ];
    let mut contents: Vec<String> = (1..=3)
        .map(|n| {
            let edges =
                lines(60.0, 815.0, 8.0, &["Journal am See"]) + &lines(500.0, 20.0, 8.0, &[&format!("Seite {n}")]);
            edges + &lines(60.0, 700.0, 11.0, if n == 1 { &body } else { &["Noch eine Zeile."] })
        })
        .collect();
    contents[0] = lines(60.0, 760.0, 20.0, &["Fischer am Ende"]) + &contents[0];
    // From here on the text of the second page goes on in the third.
    contents[1] += &lines(
        60.0,
        650.0,
        11.0,
        &["Am Ende der Seite steht ein Satz, der auf der n\u{E4}chsten Seite weitergeht und dort mit M\u{FC}he ein"],
    );
    contents[2] = lines(60.0, 720.0, 11.0, &["Ende findet."]) + &contents[2];
    let article = read(&pages(&contents.iter().map(String::as_str).collect::<Vec<_>>()));
    let expected = "Fischer am Ende\n\n\
        Die Fischer haben nichts mehr, sagte am letzten Freitag Morgen die Präsidentin der Gewerkschaft, Zoë Müller, \
        in der Hauptstadt. Das Wort Nordsee-Küste kommt hier vor, und die Nordsee-Küste ist lang. Ein langer Satz über \
        die längst befindliche Flotte und ihre vielen Schiffe, die dort liegen.\n\n\
        Ein neuer Absatz beginnt, weil die Zeile vorher Platz für sein erstes Wort gehabt hätte, und das ist alles.\n\n\
        Noch eine Zeile.\n\n\
        Am Ende der Seite steht ein Satz, der auf der nächsten Seite weitergeht und dort mit Mühe ein Ende findet.\n\n\
        Noch eine Zeile.\n";
    assert_eq!(article.text, expected);
    let extraction = article.extraction.as_ref().unwrap();
    assert_eq!(keys(&extraction.taken), [("pages", 3), ("headings", 1), ("paragraphs", 5)]);
    assert_eq!(keys(&extraction.left_out), [("running_lines", 6)]);
    let changed = [("joined_lines", 5), ("removed_hyphens", 1), ("kept_hyphens", 1), ("ligatures", 1)];
    assert_eq!(keys(&extraction.changed), changed);
    assert_eq!(article.warnings, [Warning::Reckoned { right_to_left: false }]);
    assert_eq!(about(&article, FieldKind::Title).as_deref(), Some("Fischer am Ende"));
    assert_eq!(about(&article, FieldKind::Author).as_deref(), Some("Zoë Müller"));
    assert_eq!(
        (about(&article, FieldKind::Language).as_deref(), about(&article, FieldKind::Date)),
        (Some("de-CH"), None)
    );
    assert_eq!(article.form(), "PDF");
}

#[test]
fn what_the_file_says_of_its_marks_is_heeded_and_what_is_no_text_is_counted() {
    let content = "/Artifact BMC BT /F 9 Tf 50 800 Td (Kopf) Tj ET EMC\n\
        /Span <</ActualText (\u{FE}\u{FF}\0Z\0o\0\u{EB})>> BDC BT /F 12 Tf 50 700 Td (Z) Tj (o) Tj (?) Tj ET EMC\n\
        BT /F 12 Tf 90 700 Td 2 Tr (sagt) Tj 0 Tr ET BT /F 12 Tf 120 700 Td (nein.) Tj ET BT /F 12 Tf 120.3 700 Td (nein.) Tj ET\n\
        BT /F 12 Tf 0 1 -1 0 20 400 Tm (Rand) Tj ET BT /F 40 Tf .7 .7 -.7 .7 200 400 Tm (ENTWURF) Tj ET\n\
        BT /F 12 Tf 50 650 Td 3 Tr (Unsichtbar, wie nach einer Texterkennung.) Tj ET q 9 0 0 9 0 0 cm /X Do Q";
    // The form that calls itself is given up after some levels.
    let article = read(&pages(&[&content.replace("/X Do", "")]));
    assert_eq!(article.text, "Zoë sagt nein.\n\nUnsichtbar, wie nach einer Texterkennung.\n");
    let extraction = article.extraction.as_ref().unwrap();
    let left_out = [("running_lines", 1), ("turned_characters", 11), ("doubled_characters", 5)];
    assert_eq!(keys(&extraction.left_out), left_out);
    let rows = lines(50.0, 700.0, 12.0, &["Jahr", "2021"]) + &lines(200.0, 700.0, 12.0, &["Tonnen", "410"]);
    // As tables are drawn: row after row.
    let row =
        |y: u32, cells: [&str; 2]| format!("BT /F 12 Tf 50 {y} Td ({}) Tj 150 0 Td ({}) Tj ET\n", cells[0], cells[1]);
    let table = row(700, ["Jahr", "Tonnen"]) + &row(686, ["2021", "410"]);
    assert_eq!(read(&pages(&[&table])).text, "Jahr\tTonnen\n2021\t410\n");
    // Columns, one after the other, are no rows.
    assert_eq!(read(&pages(&[&rows])).text, "Jahr\n\n2021\n\nTonnen\n\n410\n");
}

#[test]
fn pdfs_without_letters_without_end_and_without_sense_are_refused_with_words() {
    let whole = pages(&[&lines(50.0, 700.0, 12.0, &["Fischer"])]);
    let refusal = refused(&pages(&["q 9 0 0 9 0 0 cm Q"])).to_string();
    assert!(refusal.contains("is a PDF without any text, probably pictures of pages: let a program"), "{refusal}");
    let glyphs = "BT /G 12 Tf 50 700 Td <00410042004300440045> Tj ET";
    let refusal = refused(&pages(&[glyphs]));
    assert!(matches!(refusal.reason, Reason::Meaningless { unknown: 5, all: 5, .. }), "{refusal}");
    // Few are shown as what they are: unknown.
    let some = read(&pages(&[&(lines(50.0, 700.0, 12.0, &["Fischer haben nichts, und das ist alles, was"])
        + "BT /G 12 Tf 50 600 Td <0041> Tj ET")]));
    assert!(some.text.ends_with("\n\n\u{FFFD}\n") && some.warnings[0] == Warning::UnknownCharacters { count: 1 });
    for bytes in [&b"%PDF-1.7"[..], b"%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\nendobj", b"%PDF-\xFF\xFF\xFF"] {
        let refusal = refused(bytes).to_string();
        assert!(
            refusal.contains("is a PDF, but a damaged one: its pages are not found; get an undamaged copy"),
            "{refusal}"
        );
    }
    // The list of places is lost: the objects are looked for.
    let at = whole.windows(4).position(|word| word == b"xref").unwrap();
    assert_eq!(read(&whole[..at]).text, "Fischer\n");
    let bomb = refused(&pages(&["/X Do"]));
    assert!(matches!(bomb.reason, Reason::TooSlow { .. } | Reason::NoText { .. }), "{bomb}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn any_pdf_is_read_the_same_each_time_or_refused_with_words(
        words in prop::collection::vec("[a-z -]{0,12}", 0..12),
        moves in prop::collection::vec((-300_i32..300, -300_i32..300, 0_i32..40), 12),
        changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..4),
        cut in prop::option::of(0.0..1.0_f64),
    ) {
        let mut content = "BT 300 400 Td ".to_owned();
        for (word, (x, y, size)) in words.iter().zip(moves) {
            write!(content, "/F {size} Tf {x} {y} Td ({word}) Tj ").unwrap();
        }
        let mut bytes = pages(&[&(content + "ET")]);
        for (share, byte) in changes {
            let at = (bytes.len() as f64 * share) as usize;
            if at > 8 { bytes[at] = byte; }
        }
        if let Some(share) = cut {
            bytes.truncate((bytes.len() as f64 * share) as usize);
        }
        match Article::from_bytes("é", &bytes, None) {
            Ok(article) => prop_assert_eq!(Article::from_bytes("é", &bytes, None).unwrap(), article),
            Err(refusal) => prop_assert!(refusal.to_string().starts_with("`é` ")),
        }
    }
}
