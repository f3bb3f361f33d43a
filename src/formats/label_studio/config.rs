//! The labelling configuration: which labels there are, how attributes are asked for, which relations can be drawn.

use super::values::Ask;
use super::{LABEL, TEXT};
use crate::formats::gather::utf8;
use crate::formats::output::{ExportInput, safe_stem};
use crate::formats::problem::Problem;
use crate::formats::read::{InputFile, LabelHint, SchemeHints};
use crate::formats::xml;
use crate::model::scheme::{AttributeKind, Scheme, is_good_name};
use crate::model::{Annotation, AttributeDef, LinkDef, Name, Value};
use roxmltree::{Document, Node};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

/// A control for one attribute, by the way in which it is asked for.
pub struct Control {
    /// As results name it; unique in the configuration.
    pub name: String,
    /// Labels for which it is shown.
    labels: Vec<Name>,
    /// What can be chosen.
    options: Vec<String>,
    title: String,
}

/// The controls that a project needs, by attribute and way of asking.
pub struct Controls<'a> {
    scheme: &'a Scheme,
    controls: BTreeMap<(Name, Ask), Control>,
}

impl<'a> Controls<'a> {
    /// Those of the scheme, and of what the annotations say beyond it.
    pub fn new(input: &ExportInput<'a>) -> Self {
        let mut all = Self { scheme: &input.project.scheme, controls: BTreeMap::new() };
        for label in &input.project.scheme.labels {
            for attribute in &label.attributes {
                let control = all.add(&attribute.name, Ask::by(&attribute.kind), &label.name);
                control.title.clone_from(&attribute.title);
                if let AttributeKind::Choice(options) | AttributeKind::Several(options) = &attribute.kind {
                    add_options(control, options.iter().map(Name::as_str));
                }
            }
        }
        for annotation in input.documents.iter().flat_map(|d| &d.layers).flat_map(|l| l.annotations()) {
            for (name, value) in &annotation.attributes {
                let ask = all.ask(annotation, name, value);
                let control = all.add(name, ask, &annotation.label);
                match (ask, value) {
                    (Ask::One, Value::Text(text)) => add_options(control, [text.as_str()].into_iter()),
                    (Ask::Any, Value::List(texts)) => add_options(control, texts.iter().map(String::as_str)),
                    _ => {}
                }
            }
        }
        all.name();
        all
    }

    fn ask(&self, annotation: &Annotation, name: &Name, value: &Value) -> Ask {
        let kind = self.scheme.label(&annotation.label).and_then(|label| label.attribute(name)).map(|a| &a.kind);
        Ask::of(value, kind)
    }

    fn add(&mut self, name: &Name, ask: Ask, label: &Name) -> &mut Control {
        let fresh = || Control {
            name: String::new(),
            labels: Vec::new(),
            options: if ask == Ask::YesNo { vec!["yes".to_owned(), "no".to_owned()] } else { Vec::new() },
            title: name.as_str().to_owned(),
        };
        let control = self.controls.entry((name.clone(), ask)).or_insert_with(fresh);
        if !control.labels.contains(label) {
            control.labels.push(label.clone());
        }
        control
    }

    /// Gives each a name of its own: the attribute's, where Label Studio can have it.
    fn name(&mut self) {
        let mut taken: BTreeSet<String> = BTreeSet::from([TEXT.to_owned(), LABEL.to_owned()]);
        for ((attribute, ask), control) in &mut self.controls {
            let plain = safe_stem(attribute);
            let asked = format!("{plain}-{}", ask.name());
            let numbered = (2..).map(|n| format!("{asked}-{n}"));
            let name = [plain, asked.clone()].into_iter().chain(numbered).find(|name| taken.insert(name.clone()));
            control.name = name.unwrap_or(asked);
        }
    }

    /// The control for a value, and how it asks.
    pub fn of(&self, annotation: &Annotation, name: &Name, value: &Value) -> Option<(&Control, Ask)> {
        let ask = self.ask(annotation, name, value);
        self.controls.get(&(name.clone(), ask)).map(|control| (control, ask))
    }

    /// The configuration as XML.
    pub fn xml(&self, input: &ExportInput) -> String {
        let mut xml = String::from("<View>\n");
        // Without the style a browser squeezes white space, also in what it then says was selected.
        xml.push_str("  <Style>.htx-text{ white-space: pre-wrap; }</Style>\n");
        let layers = || input.documents.iter().flat_map(|d| &d.layers);
        let defined = self.scheme.links.iter().map(|l| l.name.as_str());
        let kinds = in_order(defined, layers().flat_map(|l| l.links()).map(|l| l.kind.as_str()));
        if !kinds.is_empty() {
            xml.push_str("  <Relations choice=\"multiple\">\n");
            for kind in &kinds {
                element(&mut xml, 4, "Relation", &[("value", kind)], true);
            }
            xml.push_str("  </Relations>\n");
        }
        let defined = self.scheme.labels.iter().map(|l| l.name.as_str());
        let labels = in_order(defined, layers().flat_map(|l| l.annotations()).map(|a| a.label.as_str()));
        element(&mut xml, 2, "Labels", &[("name", LABEL), ("toName", TEXT)], false);
        for label in labels {
            let def = self.scheme.label(label);
            let (colour, key) = (def.map(|d| d.colour.to_string()), def.and_then(|d| d.key).map(|k| k.to_string()));
            let mut attributes = vec![("value", label)];
            attributes.extend(colour.as_deref().map(|colour| ("background", colour)));
            attributes.extend(key.as_deref().map(|key| ("hotkey", key)));
            element(&mut xml, 4, "Label", &attributes, true);
        }
        xml.push_str("  </Labels>\n");
        element(&mut xml, 2, "Text", &[("name", TEXT), ("value", "$text")], true);
        self.controls.iter().for_each(|((_, ask), control)| control_xml(&mut xml, *ask, control));
        xml.push_str("</View>\n");
        xml
    }
}

fn control_xml(xml: &mut String, ask: Ask, control: &Control) {
    let labels: Vec<&str> = control.labels.iter().map(Name::as_str).collect();
    // Label Studio separates labels by commas, and tries a name with a comma in it only alone.
    let alone = labels.len() == 1 || !labels.iter().any(|label| label.contains(','));
    let when = labels.join(",");
    let mut shown = vec![("visibleWhen", "region-selected")];
    shown.extend(alone.then_some(("whenLabelValue", when.as_str())));
    element(xml, 2, "View", &shown, false);
    element(xml, 4, "Header", &[("value", &control.title), ("size", "5")], true);
    let mut attributes = vec![("name", control.name.as_str()), ("toName", TEXT), ("perRegion", "true")];
    attributes.extend(alone.then_some(("whenLabelValue", when.as_str())));
    match ask {
        Ask::One | Ask::Any | Ask::YesNo => {
            attributes.push(("choice", if ask == Ask::Any { "multiple" } else { "single" }));
            attributes.push(("showInline", "true"));
            element(xml, 4, "Choices", &attributes, false);
            control.options.iter().for_each(|option| element(xml, 6, "Choice", &[("value", option)], true));
            xml.push_str("    </Choices>\n");
        }
        Ask::Number => element(xml, 4, "Number", &attributes, true),
        Ask::Text => {
            attributes.extend([("editable", "true"), ("maxSubmissions", "1")]);
            element(xml, 4, "TextArea", &attributes, true);
        }
        Ask::Texts => {
            attributes.push(("editable", "true"));
            element(xml, 4, "TextArea", &attributes, true);
        }
    }
    xml.push_str("  </View>\n");
}

fn add_options<'b>(control: &mut Control, options: impl Iterator<Item = &'b str>) {
    for option in options {
        if !control.options.iter().any(|known| known == option) {
            control.options.push(option.to_owned());
        }
    }
}

/// First what is defined, then what is used beyond it; each once.
fn in_order<'b>(defined: impl Iterator<Item = &'b str>, used: impl Iterator<Item = &'b str>) -> Vec<&'b str> {
    let mut all: Vec<&str> = defined.collect();
    let known: BTreeSet<&str> = all.iter().copied().collect();
    let beyond: BTreeSet<&str> = used.filter(|name| !known.contains(name)).collect();
    all.extend(beyond);
    all
}

fn element(xml: &mut String, indent: usize, tag: &str, attributes: &[(&str, &str)], closed: bool) {
    let _ = write!(xml, "{:indent$}<{tag}", "");
    for (name, value) in attributes {
        let _ = write!(xml, " {name}=\"{}\"", escaped(value));
    }
    xml.push_str(if closed { "/>\n" } else { ">\n" });
}

/// A value of an attribute; what XML 1.0 cannot hold becomes U+FFFD.
fn escaped(text: &str) -> String {
    let one = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\n' | '\r' | '\t' => format!("&#{};", u32::from(c)),
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}'.to_string(),
        _ => c.to_string(),
    };
    text.chars().map(one).collect()
}

/// What configurations beside the tasks say.
#[derive(Default)]
pub struct Config {
    /// Objects by name: their tag, and under which key of the data their content stands.
    pub objects: HashMap<String, (String, String)>,
    /// The objects that are labelled, in the order of the configuration.
    pub labelled: Vec<String>,
    /// How attributes are asked for, by control.
    pub asks: HashMap<String, Ask>,
    hints: SchemeHints,
}

impl Config {
    /// What the files that are configurations say; others are left.
    pub fn read(files: &[InputFile], problems: &mut Vec<Problem>) -> Self {
        let mut config = Self::default();
        for file in files.iter().filter(|f| f.has_extension("xml")) {
            let Some(content) = utf8(&file.name, &file.bytes).ok().filter(|c| c.contains("<View")) else { continue };
            match xml::parsed(&file.name, content) {
                Ok(document) if document.root_element().has_tag_name("View") => config.add(&document),
                Ok(_) => {}
                Err(problem) => problems.push(problem),
            }
        }
        config
    }

    fn add(&mut self, document: &Document) {
        for node in document.descendants().filter(Node::is_element) {
            let tag = node.tag_name().name();
            let attribute = |name| node.attribute(name).unwrap_or_default();
            let name = attribute("name");
            if let Some(key) = attribute("value").strip_prefix('$').filter(|_| !name.is_empty()) {
                self.objects.insert(name.to_owned(), (tag.to_owned(), key.to_owned()));
            }
            match tag {
                "Labels" | "HyperTextLabels" | "ParagraphLabels" => {
                    self.labelled.extend(attribute("toName").split(',').map(str::to_owned));
                }
                "Label" => self.label(node),
                "Relation" if is_good_name(attribute("value")) => {
                    self.hints.link(&attribute("value").into());
                }
                "Choices" if attribute("perRegion") == "true" => self.choices(node),
                _ => {}
            }
        }
    }

    fn label(&mut self, node: Node) {
        let value = node.attribute("value").unwrap_or_default();
        let name = node.attribute("alias").unwrap_or(value);
        // Dynamic labels stand in the data of each task.
        if !is_good_name(name) || name.starts_with('$') {
            return;
        }
        let hint = self.hints.label(&name.into());
        hint.title = Some(value.to_owned()).filter(|title| title != name);
        hint.colour = node.attribute("background").and_then(|colour| colour.parse().ok());
        let mut key = node.attribute("hotkey").unwrap_or_default().chars();
        hint.key = key.next().filter(|_| key.next().is_none());
    }

    /// Choices for regions: an attribute of the labels for which they are shown.
    fn choices(&mut self, node: Node) {
        let name = node.attribute("name").unwrap_or_default();
        let options = node.descendants().filter(|n| n.has_tag_name("Choice"));
        let options = options.filter_map(|n| n.attribute("alias").or(n.attribute("value")));
        let options: Vec<Name> = options.filter(|option| is_good_name(option)).map(Name::from).collect();
        let single = node.attribute("choice").is_none_or(|choice| choice != "multiple");
        let (ask, kind) = match &options[..] {
            [yes, no] if single && yes == "yes" && no == "no" => (Ask::YesNo, AttributeKind::YesNo),
            _ if single => (Ask::One, AttributeKind::Choice(options)),
            _ => (Ask::Any, AttributeKind::Several(options)),
        };
        let is_empty =
            matches!(&kind, AttributeKind::Choice(options) | AttributeKind::Several(options) if options.is_empty());
        self.asks.insert(name.to_owned(), ask);
        if !is_good_name(name) || is_empty {
            return;
        }
        let when = node.attribute("whenLabelValue").unwrap_or_default();
        for label in when.split(',').filter(|label| is_good_name(label)) {
            let (title, description) = (name.to_owned(), String::new());
            let def = AttributeDef { name: name.into(), title, kind: kind.clone(), description };
            self.hints.label(&label.into()).attributes.push(def);
        }
    }

    /// The hints, with attributes called as `attributes` says of controls, and `symmetric` kinds of links marked.
    pub fn into_hints(self, attributes: &HashMap<String, Name>, symmetric: &BTreeSet<Name>) -> SchemeHints {
        let mut hints = self.hints;
        for attribute in hints.labels.iter_mut().flat_map(|label: &mut LabelHint| &mut label.attributes) {
            if let Some(name) = attributes.get(attribute.name.as_str()) {
                attribute.name.clone_from(name);
                attribute.title = name.as_str().to_owned();
            }
        }
        for label in &mut hints.labels {
            let mut seen = BTreeSet::new();
            label.attributes.retain(|attribute| seen.insert(attribute.name.clone()));
        }
        for kind in symmetric {
            hints.link(kind);
        }
        hints.links.iter_mut().filter(|l: &&mut LinkDef| symmetric.contains(&l.name)).for_each(|l| l.symmetric = true);
        hints
    }
}
