//! Articles of others, in the encodings they came in: each must load to the text that it really is.

mod shared_data;

use std::{fs, path::Path};

use byline::ingest::{Article, Certainty, Encoding, LineEnds, MAX_BYTES, Reason};
use shared_data::shared;

fn load(path: &Path) -> Article {
    Article::from_path(path, None).unwrap_or_else(|refusal| panic!("{refusal}"))
}

#[test]
fn re_encoded_articles_load_to_the_text_of_their_utf_8_original() {
    let test = "re_encoded_articles_load_to_the_text_of_their_utf_8_original";
    let Some(folder) = shared(test, "reencoded-texts") else {
        return;
    };
    for (file, original, encoding, certainty, had_bom) in [
        ("ar.windows-1256.txt", "ar.utf-8.txt", "windows-1256", Certainty::Detected, false),
        ("en.utf-16be-bom.txt", "en.utf-8.txt", "UTF-16BE", Certainty::ByteOrderMark, true),
        ("en.utf-16le-no-bom.txt", "en.utf-8.txt", "UTF-16LE", Certainty::Detected, false),
        ("en.utf-8-bom.txt", "en.utf-8.txt", "UTF-8", Certainty::ByteOrderMark, true),
        ("en.windows-1252.txt", "en.utf-8.txt", "UTF-8", Certainty::ValidUtf8, false),
        ("ja.euc-jp.txt", "ja.utf-8.txt", "EUC-JP", Certainty::Detected, false),
        ("ja.shift_jis.txt", "ja.utf-8.txt", "Shift_JIS", Certainty::Detected, false),
        ("ru.utf-16le-bom.txt", "ru.utf-8.txt", "UTF-16LE", Certainty::ByteOrderMark, true),
        ("ru.windows-1251.txt", "ru.utf-8.txt", "windows-1251", Certainty::Detected, false),
    ] {
        let article = load(&folder.join(file));
        let original = fs::read_to_string(folder.join(original)).unwrap();
        // The one character whose meaning the standard and the maker of the files see differently:
        // JIS X 0208 1-61 is U+FF0D for the WHATWG, U+2212 for others; both have as many units in every encoding.
        let original = if file.starts_with("ja.") { original.replace('\u{2212}', "\u{FF0D}") } else { original };
        assert!(article.text == original, "{file}: {}", article.encoding);
        assert_eq!(
            (article.encoding.name(), article.certainty, article.had_bom),
            (encoding, certainty, had_bom),
            "{file}"
        );
        let size = fs::metadata(folder.join(file)).unwrap().len();
        assert_eq!(article.byte_len as u64, size);
    }
}

#[test]
fn articles_whose_encoding_lacked_characters_load_to_what_was_put_in_their_place() {
    let test = "articles_whose_encoding_lacked_characters_load_to_what_was_put_in_their_place";
    let Some(folder) = shared(test, "reencoded-texts") else {
        return;
    };
    let russian = load(&folder.join("ru.koi8-r.txt"));
    let original = fs::read_to_string(folder.join("ru.utf-8.txt")).unwrap();
    assert_eq!(russian.encoding.name(), "KOI8-R");
    assert_eq!(russian.text, original.replace(['«', '»'], "?"));

    let french = load(&folder.join("fr.iso-8859-15.html"));
    let original = fs::read_to_string(folder.join("fr.utf-8.html")).unwrap();
    assert_eq!((french.encoding.name(), french.certainty), ("ISO-8859-15", Certainty::Declared));
    assert_eq!(french.warnings, []);
    // What the encoding lacks is written as numbers, which the page means.
    let original = Article::from_bytes("", original.as_bytes(), None).unwrap();
    assert!(original.text.contains('’') && original.text.contains('—'));
    assert_eq!(french.text, original.text);
}

#[test]
fn line_ends_and_normalisation_stay_as_they_came() {
    let test = "line_ends_and_normalisation_stay_as_they_came";
    let Some(folder) = shared(test, "reencoded-texts") else {
        return;
    };
    for (file, line_ends) in [
        ("en.bom-crlf.txt", LineEnds::CrLf),
        ("en.cr-only.txt", LineEnds::Cr),
        ("en.crlf.txt", LineEnds::CrLf),
        ("en.form-feed-nbsp.txt", LineEnds::Lf),
        ("en.mixed-newlines.txt", LineEnds::Mixed),
        ("en.no-final-newline.txt", LineEnds::Lf),
    ] {
        let article = load(&folder.join(file));
        let bytes = fs::read(folder.join(file)).unwrap();
        let content = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        assert_eq!(article.text.as_bytes(), content, "{file}");
        assert_eq!(article.line_ends, line_ends, "{file}");
    }
    let page = load(&folder.join("fr.nfd.html")).text;
    assert!(page.contains("s'est e\u{301}teint dans la nuit"), "{page}");
}

#[test]
fn damaged_articles_get_a_message_that_says_where() {
    let test = "damaged_articles_get_a_message_that_says_where";
    let Some(folder) = shared(test, "reencoded-texts") else {
        return;
    };
    let refusal = Article::from_path(&folder.join("en.truncated-utf-8.txt"), None).unwrap_err();
    assert!(
        matches!(&refusal.reason, Reason::Malformed { encoding, byte: 2056, line: 29, bytes }
            if *encoding == Encoding::UTF_8 && bytes == b"\xE2\x80"),
        "{refusal}"
    );
    let refusal = Article::from_path(&folder.join("en.nul-byte.txt"), None).unwrap_err();
    assert!(matches!(refusal.reason, Reason::Nul { byte: 2056, line: 29 }), "{refusal}");
    assert!(refusal.to_string().contains("en.nul-byte.txt"));
}

#[test]
fn declarations_of_human_rights_are_detected_in_eight_legacy_encodings() {
    let test = "declarations_of_human_rights_are_detected_in_eight_legacy_encodings";
    let Some(folder) = shared(test, "udhr-encodings") else {
        return;
    };
    for (file, encoding, said) in [
        ("Arabic_Alarabia-Arabic", "windows-1256", "الإعلان العالمي لحقوق الإنسان"),
        ("Chinese_Mandarin-GB2312", "GBK", "世界人权宣言"),
        ("Greek_Ellinika-Greek", "windows-1253", "ΟΙΚΟΥΜΕΝΙΚΗ"),
        ("Japanese_Nihongo-SJIS", "Shift_JIS", "世界人権宣言"),
        ("Polish_Polski-Latin2", "windows-1250", "POWSZECHNA DEKLARACJA PRAW CZŁOWIEKA"),
        ("Russian_Russky-Cyrillic", "windows-1251", "Всеобщая декларация прав человека"),
        ("Spanish_Espanol-Latin1", "windows-1252", "Declaración Universal de Derechos Humanos"),
        ("Turkish_Turkce-Turkish", "windows-1254", "İnsan hakları"),
    ] {
        let article = load(&folder.join("native").join(file));
        assert_eq!(article.encoding.name(), encoding, "{file}");
        assert!(article.text.contains(said), "{file}: {}", &article.text[..200]);
    }
    for file in fs::read_dir(folder.join("utf8")).unwrap() {
        let path = file.unwrap().path();
        let article = load(&path);
        assert_eq!(article.certainty, Certainty::ValidUtf8);
        assert_eq!(article.text, fs::read_to_string(&path).unwrap());
    }
}

#[test]
fn the_seed_article_offers_its_date_and_keeps_it_in_its_text() {
    let test = "the_seed_article_offers_its_date_and_keeps_it_in_its_text";
    let Some(folder) = shared(test, "seed") else {
        return;
    };
    let article = load(&folder.join("latin-america-conference.txt"));
    let [date] = article.header.as_slice() else {
        panic!("{:?}", article.header);
    };
    assert_eq!((date.raw.as_str(), date.range.clone()), ("2023-09-29", Some(6..16)));
    assert!(article.text.starts_with(" date 2023-09-29 The conference"));
    assert_eq!(article.title.unwrap().title, "Latin america conference");
}

#[test]
fn files_that_cannot_be_articles_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("grösse.txt");
    // Sparse: takes no space, and would take far more memory than the limit if it were read.
    let size = 300 * 1024 * 1024;
    fs::File::create(&large).unwrap().set_len(size).unwrap();
    let refusal = Article::from_path(&large, None).unwrap_err();
    assert!(matches!(refusal.reason, Reason::TooLarge { size: found, limit: MAX_BYTES } if found == size));
    let said = refusal.to_string();
    assert!(said.contains("grösse.txt` has 300 MiB") && said.contains("64 MiB"), "{said}");

    let refusal = Article::from_path(folder.path(), None).unwrap_err();
    assert!(matches!(refusal.reason, Reason::IsFolder));
    let refusal = Article::from_path(&folder.path().join("no-é.txt"), None).unwrap_err();
    assert!(refusal.to_string().ends_with("no-é.txt` cannot be read: there is no such file; check its name"));
    #[cfg(unix)]
    {
        let refusal = Article::from_path(Path::new("/dev/zero"), None).unwrap_err();
        assert!(matches!(refusal.reason, Reason::NotAFile));
    }
}
