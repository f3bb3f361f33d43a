//! XMI: a CAS as XML (UIMA references, “XMI CAS Serialization Reference”).
//!
//! An element is a structure: its namespace and name are its type, its attributes and child elements its features. What
//! an attribute holds is only said by the type system.

use super::model::{Cas, Feature, INITIAL_VIEW, Sofa, Structure, ids_from};
use super::types::{Holds, Types};
use crate::formats::encode::number_from;
use crate::formats::markup::{self, push_escaped};
use crate::formats::problem::{Cause, Place, Problem};
use crate::formats::read::{InputFile, Names};
use crate::formats::records::Lines;
use crate::formats::xml;
use crate::model::{Name, Value};
use roxmltree::Node;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The namespace of the root element and of ids.
const XMI: &str = "http://www.omg.org/XMI";
/// The namespace of texts, views and arrays.
const CAS: &str = "http:///uima/cas.ecore";
/// The namespace of types that have none.
const NO_NAMESPACE: &str = "uima.noNamespace.";

/// Whether a file is XMI, by its beginning.
pub fn is_xmi(file: &InputFile) -> bool {
    let head = file.bytes.get(..file.bytes.len().min(8_192)).unwrap_or_default();
    memchr::memmem::find(head, XMI.as_bytes()).is_some()
}

/// Reads a CAS; `None` where nothing of it can be read.
pub fn read(file: &InputFile, types: &Types, names: &mut Names, problems: &mut Vec<Problem>) -> Option<Cas> {
    let mut reader = Reader {
        file: &file.name,
        types,
        names,
        problems,
        cas: Cas::default(),
        views: Vec::new(),
        holds: HashMap::new(),
    };
    let done = xml::decoded(file).and_then(|content| {
        let document = xml::parsed(&file.name, &content)?;
        let root = document.root_element();
        if root.tag_name().name() != "XMI" {
            let found = format!("`{}`", root.tag_name().name());
            return Err(Problem::syntax(Place::file(&file.name), "an element `xmi:XMI` around everything", found));
        }
        let mut lines = Lines::new(&content);
        for node in root.children().filter(Node::is_element) {
            let line = lines.of(content.get(node.range()).unwrap_or_default());
            if let Err(problem) = reader.element(&node, line) {
                reader.problems.push(problem);
            }
        }
        reader.views();
        Ok(())
    });
    match done {
        Ok(()) => Some(reader.cas),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    types: &'a Types,
    names: &'a mut Names,
    problems: &'a mut Vec<Problem>,
    cas: Cas,
    /// Sofas, members and lines of views, which can stand before their sofas.
    views: Vec<(Option<u64>, Vec<u64>, usize)>,
    /// What the features of types hold, once it was looked up.
    holds: HashMap<Name, HashMap<Name, Option<Holds>>>,
}

impl Reader<'_> {
    fn views(&mut self) {
        let places: HashMap<u64, usize> = self.cas.sofas.iter().enumerate().map(|(n, sofa)| (sofa.id, n)).collect();
        for (id, members, line) in std::mem::take(&mut self.views) {
            // The first view has no sofa before it has a text.
            let Some(id) = id else {
                self.cas.sofas.push(Sofa { name: INITIAL_VIEW.to_owned(), members, line, ..Sofa::default() });
                continue;
            };
            if let Some(sofa) = places.get(&id).and_then(|place| self.cas.sofas.get_mut(*place)) {
                sofa.members.extend(members);
                continue;
            }
            let cause = Cause::UnknownId { what: "a view".to_owned(), id: id.to_string() };
            let help = "add the `cas:Sofa` with that id, or import the rest with `--keep-going`";
            self.problems.push(Problem::error(Place::line(self.file, line), cause, help));
        }
    }

    fn element(&mut self, node: &Node, line: usize) -> Result<(), Problem> {
        let place = || Place::line(self.file, line);
        let number = |name: &str, value: Option<&str>| {
            let read = value.and_then(|value| value.trim().parse::<u64>().ok());
            read.ok_or_else(|| Problem::syntax(place(), format!("a number in `{name}`"), value.unwrap_or("none")))
        };
        let id = node.attribute((XMI, "id"));
        let space = node.tag_name().namespace().unwrap_or_default();
        match (space, node.tag_name().name()) {
            (CAS, "NULL") => {}
            (CAS, "Sofa") => {
                let text = node.attribute("sofaString");
                let elsewhere = node.attribute("sofaURI").map(|_| "it lies elsewhere (`sofaURI`)");
                let data = node.attribute("sofaArray").map(|_| "it holds data (`sofaArray`)");
                self.cas.sofas.push(Sofa {
                    id: number("xmi:id", id)?,
                    name: node.attribute("sofaID").unwrap_or_default().to_owned(),
                    text: text.map(str::to_owned),
                    instead: elsewhere.or(data),
                    members: Vec::new(),
                    line,
                });
            }
            (CAS, "View") => {
                let id = node.attribute("sofa").map(|id| number("sofa", Some(id))).transpose()?;
                let members = node.attribute("members").unwrap_or_default();
                let ids = ids_from(members).ok_or_else(|| Problem::syntax(place(), "ids in `members`", members))?;
                self.views.push((id, ids, line));
            }
            (space, name) => {
                let package = space.strip_prefix("http:///").and_then(|rest| rest.strip_suffix(".ecore"));
                let package = package.ok_or_else(|| {
                    let expected = "a type whose namespace is such as `http:///webanno/custom.ecore`";
                    Problem::syntax(place(), expected, format!("`{name}` in `{space}`"))
                })?;
                let kind = format!("{}.{name}", package.replace('/', "."));
                let kind = self.names.get(kind.strip_prefix(NO_NAMESPACE).unwrap_or(&kind));
                let id = number("xmi:id", id)?;
                let mut structure = Structure { id, kind, range: None, sofa: None, features: Vec::new(), line };
                self.features(node, &mut structure);
                self.cas.add(self.file, structure)?;
            }
        }
        Ok(())
    }

    fn features(&mut self, node: &Node, structure: &mut Structure) {
        let (mut begin, mut end) = (None, None);
        for attribute in node.attributes().filter(|attribute| attribute.namespace().is_none()) {
            let (name, value) = (attribute.name(), attribute.value());
            let number = || value.trim().parse::<u64>().ok();
            match name {
                "begin" if number().is_some() => begin = number(),
                "end" if number().is_some() => end = number(),
                "sofa" if number().is_some() => structure.sofa = number(),
                _ => {
                    let name = self.names.get(name);
                    let feature = self.feature(&structure.kind, &name, value);
                    structure.features.push((name, feature));
                }
            }
        }
        structure.range = begin.zip(end);
        if structure.range.is_none() {
            // One alone is no place, but it says that there should be one.
            for (name, offset) in [("begin", begin), ("end", end)] {
                let feature = offset.map(|offset| Feature::Unknown(offset.to_string()));
                structure.features.extend(feature.map(|feature| (self.names.get(name), feature)));
            }
        }
        // Lists of texts stand in child elements.
        let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for child in node.children().filter(Node::is_element) {
            let text = child.children().filter_map(|node| node.text()).collect();
            lists.entry(child.tag_name().name()).or_default().push(text);
        }
        for (name, mut items) in lists {
            let name = self.names.get(name);
            let single = matches!(self.holds(&structure.kind, &name), Some(Holds::Text | Holds::YesNo | Holds::Number));
            let feature = match items.pop() {
                Some(one) if single && items.is_empty() => self.feature(&structure.kind, &name, &one),
                last => Feature::Value(Value::List(items.into_iter().chain(last).collect())),
            };
            structure.features.push((name, feature));
        }
    }

    fn holds(&mut self, kind: &Name, name: &Name) -> Option<Holds> {
        let of_kind = self.holds.entry(kind.clone()).or_default();
        *of_kind.entry(name.clone()).or_insert_with(|| self.types.holds(kind, name))
    }

    fn feature(&mut self, kind: &Name, name: &Name, value: &str) -> Feature {
        let text = || Value::Text(value.to_owned());
        let read = match self.holds(kind, name) {
            None => return Feature::Unknown(value.to_owned()),
            Some(Holds::Structures) => match ids_from(value) {
                Some(ids) if ids.len() == 1 => return Feature::One(ids[0]),
                Some(ids) => return Feature::Many(ids),
                None => text(),
            },
            Some(Holds::YesNo) => value.trim().parse().map_or_else(|_| text(), Value::YesNo),
            Some(Holds::Number) => number_from(value).unwrap_or_else(|| {
                self.cas.odd_numbers += 1;
                text()
            }),
            Some(Holds::Text) => text(),
            Some(Holds::Values) => Value::List(value.split_whitespace().map(str::to_owned).collect()),
        };
        Feature::Value(read)
    }
}

/// A CAS as XMI.
pub fn written(cas: &Cas) -> String {
    let packages: BTreeSet<&str> = cas.structures.iter().map(|s| parts(&s.kind).0).collect();
    let mut prefixes: BTreeMap<&str, String> = BTreeMap::from([("uima.cas", "cas".to_owned())]);
    for package in packages {
        let wish = package.rsplit('.').next().unwrap_or(package);
        let numbered = std::iter::once(wish.to_owned()).chain((2..).map(|n| format!("{wish}{n}")));
        let free = |wish: &String| wish != "xmi" && !prefixes.values().any(|taken| taken == wish);
        let prefix = numbered.into_iter().find(free).unwrap_or_default();
        prefixes.entry(package).or_insert(prefix);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmi:XMI xmi:version=\"2.0\"");
    push_attribute(&mut out, "xmlns:xmi", XMI);
    for (package, prefix) in &prefixes {
        let space = format!("http:///{}.ecore", package.replace('.', "/"));
        push_attribute(&mut out, &format!("xmlns:{prefix}"), &space);
    }
    out.push_str(">\n  <cas:NULL xmi:id=\"0\"/>\n");
    for structure in &cas.structures {
        let (package, name) = parts(&structure.kind);
        let tag = format!("{}:{name}", prefixes.get(package).map_or("", String::as_str));
        push_structure(&mut out, structure, &tag);
    }
    for (n, sofa) in cas.sofas.iter().enumerate() {
        out.push_str("  <cas:Sofa");
        push_attribute(&mut out, "xmi:id", &sofa.id.to_string());
        push_attribute(&mut out, "sofaNum", &(n + 1).to_string());
        push_attribute(&mut out, "sofaID", &sofa.name);
        push_attribute(&mut out, "mimeType", "text");
        if let Some(text) = &sofa.text {
            push_attribute(&mut out, "sofaString", text);
        }
        out.push_str("/>\n");
    }
    for sofa in &cas.sofas {
        out.push_str("  <cas:View");
        push_attribute(&mut out, "sofa", &sofa.id.to_string());
        push_attribute(&mut out, "members", &spaced(&sofa.members));
        out.push_str("/>\n");
    }
    out.push_str("</xmi:XMI>\n");
    out
}

fn push_structure(out: &mut String, structure: &Structure, tag: &str) {
    out.extend(["  <", tag]);
    push_attribute(out, "xmi:id", &structure.id.to_string());
    if let Some(sofa) = structure.sofa {
        push_attribute(out, "sofa", &sofa.to_string());
    }
    if let Some((begin, end)) = structure.range {
        push_attribute(out, "begin", &begin.to_string());
        push_attribute(out, "end", &end.to_string());
    }
    let mut children = String::new();
    for (name, feature) in &structure.features {
        match feature {
            Feature::Value(Value::List(items)) if !items.is_empty() => {
                for item in items {
                    children.extend(["    <", name, ">"]);
                    push_escaped(&mut children, &markup::pictured(item));
                    children.extend(["</", name, ">\n"]);
                }
            }
            Feature::Value(Value::List(_)) => push_attribute(out, name, ""),
            Feature::Value(Value::Text(text)) | Feature::Unknown(text) => push_attribute(out, name, text),
            Feature::Value(Value::YesNo(yes)) => push_attribute(out, name, &yes.to_string()),
            // As Java spells it: 25.0.
            Feature::Value(Value::Number(number)) => push_attribute(out, name, &format!("{number:?}")),
            Feature::One(id) => push_attribute(out, name, &id.to_string()),
            Feature::Many(ids) => push_attribute(out, name, &spaced(ids)),
        }
    }
    if children.is_empty() {
        out.push_str("/>\n");
    } else {
        out.extend([">\n", &children, "  </", tag, ">\n"]);
    }
}

/// Adds an attribute, with a space before it.
fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.extend([" ", name, "=\""]);
    markup::push_attribute(out, &markup::pictured(value));
    out.push('"');
}

fn spaced(ids: &[u64]) -> String {
    let ids: Vec<_> = ids.iter().map(u64::to_string).collect();
    ids.join(" ")
}

/// Package and name of a type.
fn parts(kind: &str) -> (&str, &str) {
    kind.rsplit_once('.').unwrap_or(("", kind))
}
