//! The page around the articles: head, legend, contents, and how many files there are.

use super::colours;
use super::layer::{Part, kind_in_words, push_wikidata};
use super::marks::{self, push_characters, shown};
use crate::formats::ledger;
use crate::formats::markup::{push_attribute, push_display, push_escaped};
use crate::formats::output::{
    ExportDocument, ExportInput, ExportOptions, Sink, Verified, WriteError, io_at, referred_entities,
};
use crate::formats::read::Progress;
use crate::model::scheme::Colour;
use crate::model::{Entity, LabelDef, Layer, Name, Project, Status, Underline, counted};
use std::collections::{BTreeMap, HashMap};

/// More documents than this stand on a page each.
const ON_ONE_PAGE: usize = 24;
/// More text than this, in bytes, too: browsers are slow with it.
const LONG: usize = 2 << 20;

/// Of labels that the scheme does not have.
const NO_COLOUR: Colour = Colour([0x80, 0x80, 0x80]);

/// The labels of a report: those of the scheme, then those that are only used.
pub struct Labels<'a> {
    all: Vec<(&'a Name, Option<&'a LabelDef>, usize)>,
    places: HashMap<&'a Name, usize>,
}

impl<'a> Labels<'a> {
    fn new(input: &ExportInput<'a>) -> Self {
        let mut labels = Self { all: Vec::new(), places: HashMap::new() };
        for label in &input.project.scheme.labels {
            labels.add(&label.name, Some(label));
        }
        for annotation in input.documents.iter().flat_map(|d| &d.layers).flat_map(|layer| layer.annotations()) {
            let place = labels.add(&annotation.label, None);
            labels.all[place].2 += 1;
        }
        labels
    }

    fn add(&mut self, name: &'a Name, label: Option<&'a LabelDef>) -> usize {
        let place = *self.places.entry(name).or_insert(self.all.len());
        if place == self.all.len() {
            self.all.push((name, label, 0));
        }
        place
    }

    /// The class of marks with a label: no name of a label stands where a name could be code.
    pub fn class(&self, label: &Name) -> String {
        self.places.get(label).map_or_else(String::new, |place| format!("k{place}"))
    }

    /// A label as shown.
    pub fn title<'n>(&self, label: &'n Name) -> &'n str
    where
        'a: 'n,
    {
        let known = self.places.get(label).and_then(|place| self.all[*place].1);
        known.map_or(label.as_str(), |label| &label.title)
    }

    /// Those that are offered or used.
    fn shown(&self) -> impl Iterator<Item = &(&'a Name, Option<&'a LabelDef>, usize)> {
        self.all.iter().filter(|(_, label, count)| *count > 0 || label.is_some_and(|label| label.on))
    }

    fn push_style(&self, out: &mut String) {
        for (place, (_, label, _)) in self.all.iter().enumerate() {
            let (colour, underline) = label.map_or((NO_COLOUR, Underline::Solid), |l| (l.colour, l.underline));
            let (line, width) = match underline {
                Underline::Solid => ("solid", "2px"),
                Underline::Dashed => ("dashed", "2px"),
                Underline::Dotted => ("dotted", "2.5px"),
                Underline::Double => ("double", "1.2px"),
                Underline::Wavy => ("wavy", "1.2px"),
                Underline::Thick => ("solid", "4px"),
            };
            push_display(out, format_args!(".k{place}{{--kind:{line};--width:{width};"));
            colours::push_variables(out, colour, false);
            out.push_str("}\n@media screen and (prefers-color-scheme:dark){");
            push_display(out, format_args!(".k{place}{{"));
            colours::push_variables(out, colour, true);
            out.push_str("}}\n");
        }
    }

    fn push_legend(&self, out: &mut String, input: &ExportInput) {
        out.push_str("<section class=\"legend\"><h2>Labels</h2>\n<dl>\n");
        for (name, label, count) in self.shown() {
            let class = self.class(name);
            push_display(out, format_args!("<div><dt><span class=\"{class} swatch\"><bdi>"));
            push_characters(out, label.map_or(name.as_str(), |label| &label.title));
            out.push_str("</bdi></span>");
            if let Some(key) = label.and_then(|label| label.key) {
                out.push_str(" <kbd>");
                push_characters(out, key.encode_utf8(&mut [0; 4]));
                out.push_str("</kbd>");
            }
            push_display(out, format_args!(" <b>{count}</b></dt><dd>"));
            push_characters(out, label.map_or("not in the scheme", |label| &label.description));
            out.push_str("</dd></div>\n");
        }
        out.push_str("</dl>\n");
        let mut links: BTreeMap<&Name, usize> = BTreeMap::new();
        for link in input.documents.iter().flat_map(|d| &d.layers).flat_map(|layer| layer.links()) {
            *links.entry(&link.kind).or_default() += 1;
        }
        if !links.is_empty() {
            out.push_str("<p class=\"kinds\">Links: ");
            for (n, (kind, count)) in links.into_iter().enumerate() {
                out.push_str(if n > 0 { ", <bdi>" } else { "<bdi>" });
                push_characters(out, input.project.scheme.link(kind).map_or(kind.as_str(), |def| &def.title));
                push_display(out, format_args!("</bdi> {count}"));
            }
            out.push_str("</p>\n");
        }
        out.push_str("</section>\n");
    }
}

/// Writes all pages.
pub fn write(
    input: &ExportInput,
    options: &ExportOptions,
    sink: &mut dyn Sink,
    progress: Progress,
) -> Result<Verified, WriteError> {
    let labels = Labels::new(input);
    let count = input.documents.len();
    let length: usize = input.documents.iter().map(|d| d.text.len() * d.layers.len().max(1)).sum();
    let on_one_page = count <= ON_ONE_PAGE && length <= LONG;
    let page_of = |n: usize| (!on_one_page).then(|| format!("documents/{}.html", input.documents[n].document.id));
    let mut verified = Verified::default();
    let mut head = String::new();
    push_head(&mut head, &input.project.name, &labels);
    push_masthead(&mut head, input);
    labels.push_legend(&mut head, input);
    push_contents(&mut head, input, &labels, &page_of);
    if on_one_page {
        let name = "index.html";
        let mut out = sink.file(name)?;
        out.write_all(head.as_bytes()).map_err(io_at(name))?;
        for (n, document) in input.documents.iter().enumerate() {
            progress.step(n, count)?;
            let mut part = String::new();
            verified.slices += push_document(&mut part, document, n, input.project, &labels, options)?;
            out.write_all(part.as_bytes()).map_err(io_at(name))?;
        }
        let mut foot = String::new();
        push_entities(&mut foot, input);
        push_foot(&mut foot);
        out.write_all(foot.as_bytes()).and_then(|()| out.flush()).map_err(io_at(name))?;
        return Ok(verified);
    }
    push_entities(&mut head, input);
    push_foot(&mut head);
    put(sink, "index.html", &head)?;
    for (n, document) in input.documents.iter().enumerate() {
        progress.step(n, count)?;
        let alone = ExportInput { project: input.project, documents: vec![document.clone()] };
        let mut page = String::new();
        push_head(&mut page, &document.document.title, &labels);
        push_display(&mut page, format_args!("<nav class=\"back\"><a href=\"../index.html\"><bdi>"));
        push_characters(&mut page, &input.project.name);
        page.push_str("</bdi></a></nav>\n<main>\n");
        labels.push_legend(&mut page, &alone);
        verified.slices += push_document(&mut page, document, n, input.project, &labels, options)?;
        push_entities(&mut page, &alone);
        push_foot(&mut page);
        put(sink, &page_of(n).unwrap_or_default(), &page)?;
    }
    Ok(verified)
}

fn put(sink: &mut dyn Sink, name: &str, page: &str) -> Result<(), WriteError> {
    let mut out = sink.file(name)?;
    out.write_all(page.as_bytes()).and_then(|()| out.flush()).map_err(io_at(name))
}

fn push_head(out: &mut String, title: &str, labels: &Labels) {
    // Should something get past the escaping, the page still may not fetch or run anything.
    out.push_str(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"Byline\">\n<title>",
    );
    push_escaped(out, &shown(title));
    out.push_str("</title>\n<style>\n");
    out.push_str(include_str!("style.css"));
    labels.push_style(out);
    out.push_str("</style>\n</head>\n<body>\n");
}

fn push_foot(out: &mut String) {
    out.push_str("</main>\n</body>\n</html>\n");
}

fn push_masthead(out: &mut String, input: &ExportInput) {
    let layers = || input.documents.iter().flat_map(|d| &d.layers);
    let annotators: std::collections::BTreeSet<&Name> = layers().map(|layer| &layer.key().annotator).collect();
    let (annotations, links): (usize, usize) =
        (layers().map(|l| l.len()).sum(), layers().map(|l| l.links().len()).sum());
    out.push_str("<header class=\"masthead\"><p class=\"kicker\">Annotation report</p>\n<h1><bdi>");
    push_characters(out, &input.project.name);
    push_display(
        out,
        format_args!(
            "</bdi></h1>\n<p>{}, {}, {}",
            counted(input.documents.len(), "document"),
            counted(annotations, "annotation"),
            counted(links, "link")
        ),
    );
    for (n, annotator) in annotators.into_iter().enumerate() {
        out.push_str(if n > 0 { ", <bdi>" } else { " · annotated by <bdi>" });
        push_characters(out, annotator);
        out.push_str("</bdi>");
    }
    out.push_str("</p></header>\n<main>\n");
}

fn push_contents(out: &mut String, input: &ExportInput, labels: &Labels, page_of: &dyn Fn(usize) -> Option<String>) {
    if input.documents.len() < 2 {
        return;
    }
    out.push_str("<nav class=\"contents\"><h2>Documents</h2>\n<ol>\n");
    for (n, document) in input.documents.iter().enumerate() {
        let address = page_of(n).unwrap_or_else(|| format!("#d{}", n + 1));
        push_display(out, format_args!("<li><a href=\"{address}\"><bdi>"));
        push_characters(out, &document.document.title);
        out.push_str("</bdi></a> <small>");
        if let Some(date) = document.document.metadata.date {
            push_display(out, format_args!("{date} "));
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for annotation in document.layers.iter().flat_map(|layer| layer.annotations()) {
            *counts.entry(labels.class(&annotation.label)).or_default() += 1;
        }
        for (class, count) in counts {
            push_display(out, format_args!("<span class=\"{class} dot\">{count}</span> "));
        }
        out.push_str("</small></li>\n");
    }
    out.push_str("</ol></nav>\n");
}

/// Adds a document with all its layers; returns how many slices were verified.
fn push_document(
    out: &mut String,
    document: &ExportDocument,
    n: usize,
    project: &Project,
    labels: &Labels,
    options: &ExportOptions,
) -> Result<usize, WriteError> {
    let about = document.document;
    let language = ledger::language_tag(about.metadata.language.as_deref());
    let lang = language.map_or_else(String::new, |tag| format!(" lang=\"{tag}\""));
    push_display(out, format_args!("<article class=\"document\" id=\"d{}\">\n<header><h2{lang} dir=\"auto\">", n + 1));
    push_characters(out, &about.title);
    out.push_str("</h2>\n<dl class=\"metadata\">");
    push_metadata(out, document);
    out.push_str("</dl></header>\n");
    let mut slices = 0;
    let layers: Vec<Option<&Layer>> = match document.layers.len() {
        0 => vec![None],
        _ => document.layers.iter().copied().map(Some).collect(),
    };
    for (of, layer) in layers.into_iter().enumerate() {
        let anchor = format!("d{}-{}-", n + 1, of + 1);
        let part = layer.map(|layer| Part { project, labels, layer, text: document.text, anchor: &anchor });
        out.push_str("<section class=\"layer\">\n<h3>");
        match layer {
            Some(layer) => {
                out.push_str("<bdi>");
                push_characters(out, &layer.key().annotator);
                push_display(out, format_args!("</bdi> <small>{}, ", status_in_words(layer.status())));
                let links = counted(layer.links().len(), "link");
                push_display(out, format_args!("{}, {links}</small>", counted(layer.len(), "annotation")));
            }
            None => out.push_str("<small>not annotated</small>"),
        }
        out.push_str("</h3>\n<div class=\"columns\">\n");
        // Without its text the page still shows what was said, but the marks are verified all the same.
        let mut text = String::new();
        let about = |annotation: &_| part.as_ref().map_or_else(String::new, |part| part.about(annotation));
        slices += marks::push_text(&mut text, document, layer, labels, &anchor, &about)?;
        if options.without_text {
            out.push_str("<p class=\"none\">The text is left out.</p>\n");
        } else {
            push_display(out, format_args!("<div class=\"text\"{lang}>"));
            out.push_str(&text);
            out.push_str("</div>\n");
        }
        if let Some(part) = &part {
            part.push_ledger(out);
        }
        out.push_str("</div>\n");
        if let Some(part) = &part {
            part.push_all(out);
        }
        out.push_str("</section>\n");
    }
    out.push_str("</article>\n");
    Ok(slices)
}

fn push_metadata(out: &mut String, document: &ExportDocument) {
    let about = document.document;
    let metadata = &about.metadata;
    let mut pair = |title: &str, value: &str, url: Option<&str>| {
        out.push_str("<div><dt><bdi>");
        push_characters(out, title);
        out.push_str("</bdi></dt><dd><bdi>");
        if let Some(url) = url {
            out.push_str("<a class=\"out\" href=\"");
            push_attribute(out, url);
            out.push_str("\">");
        }
        push_characters(out, value);
        out.push_str(if url.is_some() { "</a></bdi></dd></div>" } else { "</bdi></dd></div>" });
    };
    let date = metadata.date.map(|date| date.to_string());
    let fields = [
        ("Source", &metadata.source),
        ("Author", &metadata.author),
        ("Date", &date),
        ("Address", &metadata.url),
        ("Language", &metadata.language),
    ];
    for (title, value) in fields {
        if let Some(value) = value {
            pair(title, value, ledger::web_url(value).filter(|_| title == "Address"));
        }
    }
    for (name, value) in &metadata.other {
        pair(name, value, None);
    }
    if let Some(original) = &about.original {
        pair("Taken from", &format!("{} ({})", original.file, original.encoding), None);
        pair("SHA-256 of the file", &original.sha256, None);
    }
    pair("Document", about.id.as_str(), None);
    pair("SHA-256 of the text", document.text.sha256(), None);
}

fn status_in_words(status: Status) -> &'static str {
    match status {
        Status::NotStarted => "not started",
        Status::InProgress => "in progress",
        Status::Done => "done",
        Status::SecondLook => "needs a second look",
    }
}

fn push_entities(out: &mut String, input: &ExportInput) {
    let layers = input.documents.iter().flat_map(|d| d.layers.iter().copied());
    let entities: Vec<&Entity> = referred_entities(input.project, layers).collect();
    if entities.is_empty() {
        return;
    }
    out.push_str("<section class=\"entities\"><h2>People and organisations</h2>\n<dl>\n");
    for entity in entities {
        push_display(out, format_args!("<div data-entity=\"{}\"><dt><bdi>", entity.id));
        push_characters(out, &entity.name);
        push_display(out, format_args!("</bdi> <small>{}, {}", entity.id, kind_in_words(entity.kind)));
        push_wikidata(out, entity);
        out.push_str("</small></dt><dd>");
        if !entity.aliases.is_empty() {
            out.push_str("also <bdi>");
            push_characters(out, &entity.aliases.join("; "));
            out.push_str("</bdi>");
        }
        if !entity.note.is_empty() {
            out.push_str("<p class=\"note\"><bdi>");
            push_characters(out, &entity.note);
            out.push_str("</bdi></p>");
        }
        out.push_str("</dd></div>\n");
    }
    out.push_str("</dl></section>\n");
}
