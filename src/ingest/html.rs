//! Web pages: which text is HTML, and which part of a page is its article.
//!
//! The article is found by `dom_smoothie`, which follows the rules of Firefox's reader. Of what it found only the places
//! are used: the text is that of the page itself (`walk`). What a page says about its article: `about`.

mod about;
mod walk;

pub(super) use walk::Walk;

use std::{collections::BTreeSet, time::Instant};

use dom_query::{Document, NodeId, NodeRef};
use dom_smoothie::{Config, Metadata, Readability};
use html5ever::{
    ParseOpts, parse_document,
    tendril::{StrTendril, TendrilSink},
    tree_builder::TreeBuilderOpts,
};

use super::{Extracted, Extraction, FieldKind, FileKind, Reason, Warning, guard};

/// More elements and texts than any page of news has, or any chapter; longer ones would be worked on for minutes.
const NODES: usize = 400_000;

/// Pages whose elements lie deeper in each other are taken whole: what looks for articles is slow with them.
const DEEPEST: usize = 200;

/// Elements with which pages begin, after comments and declarations, and hardly any other text
/// (after <https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type>).
static BEGINNINGS: [&str; 14] = [
    "!doctype html",
    "html",
    "head",
    "body",
    "title",
    "meta",
    "script",
    "style",
    "div",
    "p",
    "h1",
    "table",
    "article",
    "main",
];

/// Whether `text` is that of a web page.
pub(super) fn is_html(text: &str) -> bool {
    let mut rest = text.trim_start();
    loop {
        let after = match rest.get(..4) {
            Some("<!--") => rest.split_once("-->"),
            Some(start) if start.starts_with("<?") => rest.split_once('>'),
            _ => break,
        };
        let Some((_, after)) = after else { return false };
        rest = after.trim_start();
    }
    let Some(tag) = rest.strip_prefix('<') else { return false };
    BEGINNINGS.iter().any(|name| {
        let begins = tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        begins
            && tag.get(name.len()..).is_some_and(|after| after.starts_with(['>', '/', ' ', '\t', '\n', '\r', '\u{C}']))
    })
}

/// Takes the article out of a page.
pub(super) fn read(page: &str) -> Result<Extracted, Reason> {
    let document = parse(FileKind::Html, page)?;
    let mut extraction = Extraction::new(FileKind::Html);
    let mut warnings = Vec::new();
    // What finds the article changes its document: it gets one of its own, in which the nodes keep their numbers.
    let mut finder = Readability::with_document(document.clone(), None, Some(Config::default()))
        .map_err(|error| Reason::Damaged { kind: FileKind::Html, what: error.to_string() })?;
    let metadata = finder.get_article_metadata(finder.parse_json_ld());
    let (mut chosen, byline) = if depth(&document) <= DEEPEST { article(&mut finder) } else { Default::default() };
    if let Some(chosen) = &mut chosen {
        add_headline(&document, &metadata, chosen);
    } else {
        warnings.push(Warning::WholePage);
    }
    let about = about::about(&document, &metadata, byline);
    let mut walk = Walk::new(&mut extraction, chosen.as_ref());
    walk.walk(&document);
    let text = walk.finish();
    if text.is_empty() {
        return Err(Reason::NoText { kind: FileKind::Html });
    }
    Ok(Extracted { text, about, extraction, warnings })
}

/// The tree of a page, or of a chapter.
///
/// The page goes into the parser in pieces: a few unclosed elements can be repeated in each paragraph that follows, so
/// that what a page grows to does not show in its size.
pub(super) fn parse(kind: FileKind, page: &str) -> Result<Document, Reason> {
    /// The most nodes that one piece may add, about, in pages that are sound.
    const GROWTH: usize = 2_000_000;
    let deadline = Instant::now() + guard::PATIENCE;
    // As a browser without scripts: then what stands in their place is elements, too.
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let mut parser = parse_document(Document::default(), ParseOpts { tree_builder, ..ParseOpts::default() });
    let mut rest = page;
    loop {
        let nodes = parser.tokenizer.sink.sink.tree.len();
        if nodes > NODES {
            return Err(Reason::TooMany { kind, of: "elements and texts".into(), limit: NODES });
        }
        guard::check(kind, deadline);
        let end = rest.floor_char_boundary((GROWTH / (nodes + 1)).clamp(64, 1 << 14));
        let Some((piece, after)) = rest.split_at_checked(end).filter(|(piece, _)| !piece.is_empty()) else { break };
        parser.process(StrTendril::from(piece));
        rest = after;
    }
    Ok(parser.finish())
}

/// The text nodes that are the article, if one stands out, and who wrote it, where the page says so in its text only.
fn article(finder: &mut Readability) -> (Option<BTreeSet<NodeId>>, Option<String>) {
    let Ok(found) = finder.parse() else { return (None, None) };
    let root = finder.doc.select_single("#readability-page-1");
    let texts = root.nodes().first().map(|root| root.descendants_it().filter(NodeRef::is_nonempty_text));
    let chosen: BTreeSet<NodeId> = texts.into_iter().flatten().map(|node| node.id).collect();
    (Some(chosen).filter(|chosen| !chosen.is_empty()), found.byline)
}

/// The headline often stands outside the part that is the article; where it is certain, it belongs to the text.
fn add_headline(document: &Document, metadata: &Metadata, chosen: &mut BTreeSet<NodeId>) {
    let bare =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let page_title = bare(&document.select_single("head > title").text());
    let title = bare(&metadata.title);
    let is_title = |heading: &NodeRef| {
        let heading = bare(&heading.text());
        !heading.is_empty() && (heading == title || page_title.contains(&heading))
    };
    let headings = document.select("h1");
    let headings = headings.nodes();
    let only = headings.first().filter(|_| headings.len() == 1);
    let Some(headline) = headings.iter().find(|heading| is_title(heading)).or(only) else { return };
    chosen.extend(headline.descendants_it().filter(NodeRef::is_nonempty_text).map(|node| node.id));
}

/// How deep elements lie in each other at most. Walked from one node to the next, so that it cannot go too deep itself.
fn depth(document: &Document) -> usize {
    let (mut depth, mut deepest, mut node) = (0_usize, 0, document.root());
    loop {
        if let Some(child) = node.first_child() {
            (depth, node) = (depth + 1, child);
            deepest = deepest.max(depth);
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return deepest };
            (depth, node) = (depth.saturating_sub(1), parent);
        }
    }
}
