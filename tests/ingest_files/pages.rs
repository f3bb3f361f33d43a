//! Web pages.

use super::{about, keys, read, refused, shared};
use byline::ingest::{Article, Certainty, Encoding, FieldKind, Reason, TitleSource, Warning};
use proptest::prelude::*;
use std::fs;

/// A page as newspapers make them, with everything around the article that is around articles.
const PAGE: &str = r##"<!-- cached --><!DOCTYPE html>
<html lang="fr-FR"><head><meta charset="utf-8">
<title>La pêche s’effondre | Journal de l’Été</title>
<link rel="canonical" href="https://journal.example/2023/peche">
<meta property="og:site_name" content="Journal de l’Été &amp; Cie">
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "x"},
 {"@type": "NewsArticle", "headline": "La pêche s’effondre", "author": [{"name": "Zoé Müller"}, {"name": "A. B."}],
  "datePublished": "2023-09-29T08:15:00+02:00"}]}</script>
<style>p { color: red }</style></head>
<body>
<header class="site-header"><a href="/">Journal de l’Été</a><nav><ul><li><a href="/a">Politique</a></li><li><a href="/b">Sport</a></li></ul></nav></header>
<main><article><h1>La pêche s’effondre</h1>
<div class="share"><a href="#">Partager</a> <button>Imprimer</button></div>
<p>«&nbsp;Nous n’avons plus rien&nbsp;», a dit <b>Zoé</b>
   M&uuml;ller, la pré&shy;si&shy;dente de l’Union des p&#234;cheurs&#x202F;; selon elle, <q>c’est fini</q>, et personne ne l’avait prévu, sauf elle.</p>
<p>Le ministère parle d’une baisse de 12&#8239;%,<br>sur deux ans, ce que conteste l’Union, qui compte autrement, et depuis plus longtemps, dit-elle, que le ministère.</p>
<!-- publicité --><script>track()</script>
<figure><img src="a.jpg" alt="Un port"><figcaption>Le port de Sète, en août, avant la fermeture de la criée, selon l’agence.</figcaption></figure>
<h2>Ce que disent les chiffres</h2>
<ul><li>2021&nbsp;: <i>410</i> tonnes, selon les pêcheurs, et 500, selon le ministère, qui les compte</li><li><p>2022&nbsp;: 360 tonnes, selon les mêmes, et 440, selon le ministère, qui les compte</p></li></ul>
<ol start="3"><li>La première mesure, qui est de compter, et de le faire tout de suite, ensemble</li><li>La seconde, qui est d’attendre, et de compter encore, ensemble ou non</li></ol>
<table><thead><tr><th>Année</th><th>Tonnes, d’après l’Union</th></tr></thead><tbody><tr><td><p>2021</p></td><td>410</td></tr><tr><td></td><td>360</td></tr></tbody></table>
<blockquote><p>On ne pêche pas des chiffres, on pêche des poissons, et il n’y en a plus, ni ici, ni plus loin.</p></blockquote>
<pre>def peche():
    return 0</pre>
<p>Contactée, la préfecture n’a pas répondu, ni vendredi, ni samedi, ni même dimanche, malgré plusieurs appels, et des messages.</p>
</article>
<aside><h3>À lire aussi</h3><p><a href="/c">Les quotas, expliqués en cinq points par notre correspondante à Bruxelles, qui les suit</a></p></aside></main>
<footer><p>© Journal de l’Été, tous droits réservés, mentions légales et politique de confidentialité du site</p></footer>
<script src="a.js"></script></body></html>"##;

#[test]
fn of_a_page_the_article_is_taken_and_what_is_around_it_is_told() {
    let article = read(PAGE.as_bytes());
    let expected = "La pêche s’effondre\n\n\
        «\u{A0}Nous n’avons plus rien\u{A0}», a dit Zoé Müller, la pré\u{AD}si\u{AD}dente de l’Union des pêcheurs\u{202F}; \
        selon elle, “c’est fini”, et personne ne l’avait prévu, sauf elle.\n\n\
        Le ministère parle d’une baisse de 12\u{202F}%,\nsur deux ans, ce que conteste l’Union, qui compte autrement, \
        et depuis plus longtemps, dit-elle, que le ministère.\n\n\
        Le port de Sète, en août, avant la fermeture de la criée, selon l’agence.\n\n\
        Ce que disent les chiffres\n\n\
        • 2021\u{A0}: 410 tonnes, selon les pêcheurs, et 500, selon le ministère, qui les compte\n\
        • 2022\u{A0}: 360 tonnes, selon les mêmes, et 440, selon le ministère, qui les compte\n\n\
        3. La première mesure, qui est de compter, et de le faire tout de suite, ensemble\n\
        4. La seconde, qui est d’attendre, et de compter encore, ensemble ou non\n\n\
        Année\tTonnes, d’après l’Union\n2021\t410\n\t360\n\n\
        On ne pêche pas des chiffres, on pêche des poissons, et il n’y en a plus, ni ici, ni plus loin.\n\n\
        def peche():\n    return 0\n\n\
        Contactée, la préfecture n’a pas répondu, ni vendredi, ni samedi, ni même dimanche, malgré plusieurs appels, \
        et des messages.\n";
    assert_eq!(article.text, expected);
    let extraction = article.extraction.as_ref().unwrap();
    let taken = [
        ("headings", 2),
        ("paragraphs", 4),
        ("list_items", 4),
        ("table_rows", 3),
        ("block_quotations", 1),
        ("captions", 1),
    ];
    assert_eq!(keys(&extraction.taken), taken);
    let left_out = [
        ("navigation", 2),
        ("page_furniture", 2),
        ("asides", 2),
        ("forms", 1),
        ("other_text", 1),
        ("scripts", 4),
        ("comments", 1),
        ("pictures", 1),
    ];
    assert_eq!(keys(&extraction.left_out), left_out);
    assert_eq!(keys(&extraction.changed), [("quotation_marks", 2), ("list_marks", 4)]);
    let passages = [
        "Les quotas, expliqués en cinq points par notre correspondante à Bruxelles, qui l…",
        "© Journal de l’Été, tous droits réservés, mentions légales et politique de confi…",
    ];
    assert_eq!(extraction.passages, passages);
    for (kind, said) in [
        (FieldKind::Title, "La pêche s’effondre"),
        (FieldKind::Author, "Zoé Müller, A. B."),
        (FieldKind::Source, "Journal de l’Été & Cie"),
        (FieldKind::Url, "https://journal.example/2023/peche"),
        (FieldKind::Date, "2023-09-29"),
        (FieldKind::Language, "fr-FR"),
    ] {
        assert_eq!(about(&article, kind).as_deref(), Some(said), "{kind:?}");
    }
    assert_eq!(article.title.as_ref().unwrap().source, TitleSource::Header);
    assert_eq!((article.form().as_str(), article.certainty), ("HTML, UTF-8", Certainty::ValidUtf8));
    assert_eq!((article.byte_len, article.warnings.as_slice()), (PAGE.len(), &[][..]));
    assert_eq!(read(PAGE.as_bytes()), article, "the same page, the same article");
}

#[test]
fn a_page_in_another_encoding_says_the_same() {
    let page = PAGE.replace("utf-8", "windows-1252").replace('’', "'").replace('\u{202F}', " ");
    let expected = read(page.as_bytes());
    let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(&page);
    assert!(!lost);
    let article = read(&bytes);
    assert_eq!((&article.text, article.form().as_str()), (&expected.text, "HTML, windows-1252"));
    let utf16: Vec<u8> = std::iter::once(0xFEFF).chain(page.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let article = read(&utf16);
    assert_eq!((&article.text, article.form().as_str(), article.had_bom), (&expected.text, "HTML, UTF-16LE", true));
    // A person may know better than the page.
    let chosen = Encoding::parse("windows-1251").unwrap();
    assert_eq!(Article::from_bytes("", &bytes, Some(chosen)).unwrap().certainty, Certainty::Chosen);
}

#[test]
fn a_page_whose_bytes_are_not_what_it_declares_is_read_rightly_and_says_so() {
    let page = |declared: &str, said: &str| {
        let (open, close) = ("<!doctype html><html><head><meta charset=", "></head><body><p>");
        format!("{open}{declared}{close}{said} am Hafen, und das war der ganze Bericht.</p></body></html>")
    };
    let warned = |bytes: &[u8]| {
        let article = read(bytes);
        let of_declared = |warning: &&Warning| matches!(warning, Warning::OtherDeclared { .. });
        let warning = article.warnings.iter().find(of_declared).map(ToString::to_string);
        (article.text.split(' ').next().unwrap().to_owned(), article.encoding.name(), warning.unwrap_or_default())
    };
    let help = "look whether the letters are right, else choose the encoding";
    // As a server sent it that said it is UTF-8: two letters are enough, no “GrÃ¼ÃŸe”.
    let words =
        format!("the file says that it is in windows-1252, but its bytes are UTF-8, as which it is read: {help}");
    assert_eq!(warned(page("iso-8859-1", "Grüße").as_bytes()), ("Grüße".to_owned(), "UTF-8", words));
    // And the other way round.
    let (text, encoding, words) = warned(&encoding_rs::WINDOWS_1252.encode(&page("utf-8", "Grüße")).0);
    assert_eq!((text.as_str(), encoding), ("Grüße", "windows-1252"));
    assert!(words.starts_with("the file says that it is in UTF-8, but its bytes are windows-1252"), "{words}");
    // Two Chinese characters that look like letters of UTF-8: the page is believed, and the doubt is told.
    let chinese = page("gbk", "毛毛");
    let (bytes, _, lost) = encoding_rs::GBK.encode(&chinese);
    assert!(!lost && std::str::from_utf8(&bytes).is_ok());
    let words = format!("the file says that it is in GBK, as which it is read, but it is valid UTF-8 too: {help}");
    assert_eq!(warned(&bytes), ("毛毛".to_owned(), "GBK", words));
    // Where both agree, or a person or a mark decided, nothing is said.
    for page in [page("utf-8", "Grüße"), page("windows-1252", "Gruss"), "\u{FEFF}".to_owned() + &page("gbk", "Grün")]
    {
        assert_eq!(warned(page.as_bytes()).2, "");
    }
    let chosen = Article::from_bytes("", page("gbk", "Grün").as_bytes(), Some(Encoding::UTF_8)).unwrap();
    assert!(!chosen.warnings.iter().any(|warning| matches!(warning, Warning::OtherDeclared { .. })));
}

#[test]
fn pages_in_which_no_article_stands_out_are_taken_whole_without_what_is_hidden() {
    let page = "<html><body><nav><a href=x>Start</a></nav><p hidden>no</p><div style='DISPLAY: none'>no</div><div>a<div>b</div>c</div>\
        <ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby> d<wbr>e";
    let deep = format!("{}{page}", "<html>".repeat(3)) + &"<div>".repeat(300) + "fin";
    let article = read(deep.as_bytes());
    assert_eq!(article.text, "a\n\nb\n\nc\n\n東京 de\n\nfin\n");
    assert_eq!(article.warnings, [Warning::WholePage]);
    assert_eq!(keys(&article.extraction.unwrap().left_out), [("navigation", 1), ("hidden", 2), ("readings", 1)]);
}

#[test]
fn text_about_markup_and_other_markup_is_still_plain_text() {
    for text in ["<é> is no tag\n", "<paragraph>", "« <p> » begins a paragraph in HTML.\n", "<!-- only"] {
        let article = read(text.as_bytes());
        assert_eq!((article.text.as_str(), &article.extraction), (text, &None));
    }
    assert_eq!(read("<?xml version='1.0'?><TEI>é</TEI>".as_bytes()).warnings, [Warning::Markup]);
    assert!(read("<?xml version='1.0'?><html><p>é</p></html>".as_bytes()).extraction.is_some());
}

#[test]
fn pages_without_text_and_bottomless_ones_are_refused_or_read_but_never_hang() {
    let refusal = refused("<html><script>é</script><img src=x></html>".as_bytes());
    assert!(refusal.to_string().ends_with("is a web page (HTML) without any text: there is nothing in it to annotate"));
    // Each of the elements is repeated in each of the paragraphs.
    let formatting: String = (0..3000).map(|n| format!("<b id={n}><p>x")).collect();
    let refusal = refused(format!("<p>é{formatting}").as_bytes());
    assert!(matches!(refusal.reason, Reason::TooMany { limit: 400_000, .. }), "{refusal}");
    for tag in ["<div>", "<b x=1>", "<table><tr><td>", "<ul><li>", "<q>", "<svg><p>", "<font size=1>"] {
        let page = "<html>é".to_owned() + &tag.repeat(3000) + "fin";
        let article = read(page.as_bytes());
        assert!(article.text.starts_with('é') && article.text.contains("fin"), "{tag}");
    }
}

#[test]
fn french_news_come_in_as_they_stand_on_their_pages() {
    let Some(folder) = shared("french_news_come_in_as_they_stand_on_their_pages", "wikinews-fr/html") else { return };
    let pattern = |pattern| regex::Regex::new(pattern).unwrap();
    let of_number = pattern("&#([0-9]+);");
    // Blanks run together in HTML, and at the edges of elements there are none; others stay.
    let (blanks, several) = (pattern("(?m)^ +| +$"), pattern(" {2,}"));
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let page = fs::read_to_string(&path).unwrap();
        let article = Article::from_path(&path, None).unwrap();
        // These pages are simple: each line is an element, and nothing else is on them.
        let mut expected: Vec<String> = Vec::new();
        for line in page.lines().skip_while(|line| !line.contains("<body>")).map(str::trim) {
            let text = line.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</")).map(|(text, _)| text);
            let decoded = text.unwrap_or_default().replace("&nbsp;", "\u{A0}").replace("&amp;", "&");
            expected.extend(Some(decoded).filter(|text| !text.is_empty()));
        }
        let decode = |found: &regex::Captures| char::from_u32(found[1].parse().unwrap()).unwrap().to_string();
        let expected = of_number.replace_all(&expected.join("\n\n"), decode).into_owned() + "\n";
        let expected = several.replace_all(&expected, " ");
        assert_eq!(article.text, blanks.replace_all(&expected, ""), "{}", path.display());
        assert_eq!(article.warnings, [], "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 30);
}

proptest! {
    #[test]
    fn any_markup_is_read_the_same_each_time_or_refused_with_words(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("<p>"), Just("</p>"), Just("<li>"), Just("<ol start=-9>"), Just("<table>"), Just("<tr>"), Just("<td>"),
                Just("<br>"), Just("<pre>\n"), Just("<q>"), Just("</q>"), Just("<h1>"), Just("<div>"), Just("</div>"),
                Just("<!--"), Just("-->"), Just("<script>"), Just("</script>"), Just("<svg>"), Just("<math>"), Just("<template>"),
                Just("&nbsp;"), Just("&#0;"), Just("&#x110000;"), Just("&am"), Just("<"), Just("é, "), Just("word, word, word. "),
                Just("\u{AD}"), Just("\u{2028}"), Just("\r\n"), Just("\t"), Just("<a href=javascript:x>"), Just("<![CDATA["),
                Just("<body>"), Just("</body>"), Just("<frameset>"), Just("<select>"), Just("<noscript>"), Just("<ruby><rt>"),
            ],
            0..60,
        ),
    ) {
        let page = "<!doctype html>".to_owned() + &pieces.concat();
        match Article::from_bytes("é", page.as_bytes(), None) {
            Ok(article) => {
                let has_gaps = article.text.contains("\n\n\n") && !page.contains("<pre>");
                prop_assert!(article.text.ends_with('\n') && !has_gaps, "{:?}", article.text);
                prop_assert_eq!(Article::from_bytes("é", page.as_bytes(), None).unwrap(), article);
            }
            Err(refusal) => prop_assert!(matches!(refusal.reason, Reason::NoText { .. }), "{}", refusal),
        }
    }
}
