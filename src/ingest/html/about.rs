//! What a page says about its article outside the text: title, author, publisher, date, address, language.
//!
//! From linked data ([schema.org](https://schema.org/Article) as JSON-LD), from `meta` and `link` elements, from marked
//! times, and from what the finder of the article made out.

use dom_query::Document;
use dom_smoothie::Metadata;
use serde_json::Value;

use super::FieldKind;

/// All that is said, the more trustworthy first.
pub(super) fn about(document: &Document, metadata: &Metadata, byline: Option<String>) -> Vec<(FieldKind, String)> {
    let mut about = Vec::new();
    for script in document.select("script[type='application/ld+json']").nodes() {
        // The reader of JSON refuses deep nesting itself.
        if let Ok(value) = serde_json::from_str::<Value>(script.text().trim()) {
            linked_data(&value, &mut about);
        }
    }
    let mut add = |kind, said: Option<String>| about.extend(said.map(|said| (kind, said)));
    let attribute = |selector: &str, name: &str| {
        let found = document.select(selector);
        found.nodes().iter().find_map(|node| node.attr(name)).map(|value| value.to_string())
    };
    let meta = |name: &str| {
        attribute(&format!("meta[property='{name}'], meta[name='{name}'], meta[itemprop='{name}']"), "content")
    };
    add(FieldKind::Title, Some(metadata.title.clone()).filter(|title| !title.is_empty()));
    for author in [metadata.byline.clone(), meta("author"), byline].into_iter().flatten() {
        add(FieldKind::Author, Some(without_by(&author).to_owned()));
    }
    add(FieldKind::Source, metadata.site_name.clone());
    for name in ["og:site_name", "publisher", "DC.publisher", "dc.publisher", "citation_publisher", "application-name"]
    {
        add(FieldKind::Source, meta(name));
    }
    add(FieldKind::Url, attribute("link[rel='canonical']", "href"));
    add(FieldKind::Url, meta("og:url"));
    add(FieldKind::Url, metadata.url.clone());
    add(FieldKind::Date, metadata.published_time.clone());
    for name in [
        "article:published_time",
        "datePublished",
        "date",
        "pubdate",
        "DC.date",
        "dc.date",
        "DC.date.issued",
        "citation_publication_date",
        "parsely-pub-date",
    ] {
        add(FieldKind::Date, meta(name));
    }
    add(FieldKind::Date, attribute("time[itemprop='datePublished'], time[pubdate]", "datetime"));
    add(FieldKind::Language, attribute("html", "lang"));
    add(FieldKind::Language, attribute("html", "xml:lang"));
    add(FieldKind::Language, attribute("meta[http-equiv='content-language' i]", "content"));
    add(FieldKind::Language, meta("og:locale").map(|locale| locale.replace('_', "-")));
    about
}

/// Finds the articles in linked data: at the top, in a list, or in a graph.
fn linked_data(value: &Value, about: &mut Vec<(FieldKind, String)>) {
    let values = match value {
        Value::Array(values) => values.as_slice(),
        Value::Object(object) => match object.get("@graph") {
            Some(Value::Array(values)) => values.as_slice(),
            _ => std::slice::from_ref(value),
        },
        _ => return,
    };
    let is_article = |value: &&Value| {
        let is = |kind: &str| kind.ends_with("Article") || kind.ends_with("BlogPosting") || kind == "Report";
        match value.get("@type") {
            Some(Value::String(kind)) => is(kind),
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(is),
            _ => false,
        }
    };
    for article in values.iter().filter(is_article) {
        let mut add = |kind, value: Option<&Value>| {
            let said = value.map(names).unwrap_or_default();
            if !said.is_empty() {
                about.push((kind, said.join(", ")));
            }
        };
        add(FieldKind::Title, article.get("headline"));
        add(FieldKind::Author, article.get("author"));
        add(FieldKind::Source, article.get("publisher"));
        add(FieldKind::Date, article.get("datePublished"));
        add(FieldKind::Url, article.get("url").or_else(|| article.get("mainEntityOfPage")));
        add(FieldKind::Language, article.get("inLanguage"));
    }
}

/// The names of one thing or several, however they are said.
fn names(value: &Value) -> Vec<&str> {
    match value {
        Value::String(name) => vec![name.trim()],
        Value::Array(values) => values.iter().filter(|value| !value.is_array()).flat_map(names).collect(),
        Value::Object(thing) => {
            let name = ["name", "@id"].into_iter().find_map(|key| thing.get(key)?.as_str());
            name.map(str::trim).into_iter().collect()
        }
        _ => Vec::new(),
    }
    .into_iter()
    .filter(|name| !name.is_empty())
    .collect()
}

/// A byline without the word that makes it one.
fn without_by(byline: &str) -> &str {
    let byline = byline.trim();
    let rest = byline.get(..3).filter(|start| start.eq_ignore_ascii_case("by ")).and_then(|_| byline.get(3..));
    rest.unwrap_or(byline).trim()
}
