//! `annotation.conf`, `visual.conf` and `kb_shortcuts.conf`: what brat is told about labels, links and attributes.

use super::names::{Kind, Names};
use crate::formats::read::SchemeHints;
use crate::model::{AttributeDef, AttributeKind, Name, Scheme};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Reads one of the three files into `hints`; what brat itself would pass over is passed over.
pub fn read(base: &str, content: &str, names: &mut Names, hints: &mut SchemeHints) {
    content.lines().for_each(|line| names.read_comment(line));
    match base {
        "annotation.conf" => read_annotation(content, names, hints),
        "visual.conf" => read_visual(content, names, hints),
        _ => read_shortcuts(content, names, hints),
    }
}

/// Lines of each section, without comments and separators.
fn sections(content: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut section = "";
    content.lines().filter_map(move |line| {
        let line = line.trim_end();
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
            return None;
        }
        let empty = line.trim().is_empty() || line.starts_with('#') || line.trim().bytes().all(|b| b == b'-');
        (!empty).then_some((section, line))
    })
}

fn read_annotation(content: &str, names: &Names, hints: &mut SchemeHints) {
    let mut macros: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut entities, mut events) = (Vec::new(), Vec::new());
    for (section, line) in sections(content) {
        if let Some((name, types)) = line.strip_prefix('<').and_then(|l| l.split_once(">=")) {
            macros.insert(name, types);
            continue;
        }
        let form = line.split_whitespace().next().unwrap_or_default();
        // A type with `!` in front only groups others.
        if form.starts_with('!') {
            continue;
        }
        let name = Name::from(names.name(Kind::Label, form));
        match section {
            "entities" => entities.push(name),
            "events" => events.push(name),
            _ => {}
        }
    }
    for name in entities.iter().chain(&events) {
        hints.label(name);
    }
    let types = Types { names, macros, entities, events };
    for (section, line) in sections(content).filter(|(_, line)| !line.starts_with('<')) {
        match section {
            "relations" => read_relation(line, &types, hints),
            "events" => read_event(line, &types, hints),
            "attributes" => read_attribute(line, &types, hints),
            _ => {}
        }
    }
}

/// What can stand for types in arguments.
struct Types<'a> {
    names: &'a Names,
    macros: BTreeMap<&'a str, &'a str>,
    entities: Vec<Name>,
    events: Vec<Name>,
}

impl Types<'_> {
    /// The labels that `A|B|<EVENT>` stands for. Macros of macros are followed once: brat has no deeper ones.
    fn labels(&self, types: &str) -> Vec<Name> {
        let mut labels = Vec::new();
        for one in types.split('|').map(str::trim) {
            match one.strip_prefix('<').and_then(|o| o.strip_suffix('>')) {
                Some("ENTITY") => labels.extend(self.entities.iter().cloned()),
                Some("EVENT") => labels.extend(self.events.iter().cloned()),
                Some("ANY") => labels.extend(self.entities.iter().chain(&self.events).cloned()),
                Some(name) => {
                    let parts = self.macros.get(name).copied().unwrap_or_default().split('|').map(str::trim);
                    let plain = parts.filter(|part| !part.is_empty() && !part.starts_with('<'));
                    labels.extend(plain.map(|form| Name::from(self.names.name(Kind::Label, form))));
                }
                None if one.is_empty() => {}
                None => labels.push(Name::from(self.names.name(Kind::Label, one))),
            }
        }
        let mut seen = BTreeSet::new();
        labels.retain(|label| seen.insert(label.clone()));
        labels
    }
}

/// `Name  Key:Values, Key2:Values2`
fn arguments(line: &str) -> (&str, Vec<(&str, &str)>) {
    let line = line.trim();
    let (form, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    (form, rest.split(',').filter_map(|part| part.trim().split_once(':')).collect())
}

fn read_relation(line: &str, types: &Types, hints: &mut SchemeHints) {
    let (form, arguments) = arguments(line);
    // Tells what may lie inside what; nobody annotates it.
    if form == "ENTITY-NESTING" {
        return;
    }
    let link = hints.link(&Name::from(types.names.name(Kind::Link, form)));
    let mut ends = Vec::new();
    for (key, value) in arguments {
        if key == "<REL-TYPE>" {
            link.symmetric |= value.contains("symmetric");
        } else {
            ends.push(types.labels(value));
        }
    }
    let mut ends = ends.into_iter();
    add(&mut link.from, ends.next().unwrap_or_default());
    add(&mut link.to, ends.next().unwrap_or_default());
}

fn read_event(line: &str, types: &Types, hints: &mut SchemeHints) {
    let (form, arguments) = arguments(line);
    if form.starts_with('!') {
        return;
    }
    let trigger = Name::from(types.names.name(Kind::Label, form));
    for (role, value) in arguments {
        let role = role.split(['?', '*', '+', '{']).next().unwrap_or(role);
        let link = hints.link(&Name::from(types.names.name(Kind::Link, role)));
        add(&mut link.from, vec![trigger.clone()]);
        add(&mut link.to, types.labels(value));
    }
}

fn read_attribute(line: &str, types: &Types, hints: &mut SchemeHints) {
    let (form, arguments) = arguments(line);
    let find = |key: &str| arguments.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
    let options: Option<Vec<Name>> =
        find("Value").map(|values| values.split('|').map(|v| Name::from(v.trim())).filter(|v| !v.is_empty()).collect());
    let kind = options.filter(|o| !o.is_empty()).map_or(AttributeKind::YesNo, AttributeKind::Choice);
    let name = Name::from(types.names.name(Kind::Attribute, form));
    for label in types.labels(find("Arg").unwrap_or("<ANY>")) {
        let hint = hints.label(&label);
        if !hint.attributes.iter().any(|a| a.name == name) {
            let (title, description) = (name.as_str().to_owned(), String::new());
            hint.attributes.push(AttributeDef { name: name.clone(), title, kind: kind.clone(), description });
        }
    }
}

fn add(to: &mut Vec<Name>, more: Vec<Name>) {
    for name in more {
        if !to.contains(&name) {
            to.push(name);
        }
    }
}

fn read_visual(content: &str, names: &Names, hints: &mut SchemeHints) {
    for (section, line) in sections(content) {
        let (form, rest) = line.trim().split_once(['|', ' ', '\t']).unwrap_or((line.trim(), ""));
        let name = names.name(Kind::Label, form.trim());
        let Some(label) = hints.labels.iter_mut().find(|l| l.name == name) else { continue };
        match section {
            "labels" => {
                let shown = rest.trim_start_matches([' ', '|']).split('|').next().unwrap_or_default().trim();
                label.title = (!shown.is_empty()).then(|| shown.to_owned());
            }
            "drawing" => {
                let colour = rest.split(',').find_map(|pair| pair.trim().strip_prefix("bgColor:"));
                label.colour = colour.and_then(|c| c.trim().to_uppercase().parse().ok());
            }
            _ => {}
        }
    }
}

fn read_shortcuts(content: &str, names: &Names, hints: &mut SchemeHints) {
    for line in content.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (Some(key), Some(form)) = (words.next(), words.next()) else { continue };
        let mut letters = key.chars();
        let (Some(key), None) = (letters.next(), letters.next()) else { continue };
        let name = names.name(Kind::Label, form);
        // brat looks without regard to case; the keys of Byline are small letters.
        if let Some(label) = hints.labels.iter_mut().find(|l| l.name == name) {
            label.key = key.to_lowercase().next().filter(|k| k.is_alphanumeric());
        }
    }
}

/// Labels that are triggers of events, with the kinds of links that are their roles.
pub type Events = BTreeMap<Name, BTreeSet<String>>;

/// The three files for a scheme and what else is used; by name.
pub fn write(
    scheme: &Scheme,
    used: &BTreeSet<Name>,
    events: &Events,
    names: &mut Names,
) -> [(&'static str, String); 3] {
    let known = scheme.labels.iter().map(|l| &l.name);
    let labels: Vec<&Name> = known.chain(used.iter().filter(|name| scheme.label(name).is_none())).collect();
    let mut body = String::from("[entities]\n");
    for name in labels.iter().filter(|name| !events.contains_key(**name)) {
        let _ = writeln!(body, "{}", names.form(Kind::Label, name));
    }
    body.push_str("\n[relations]\n");
    let roles: BTreeSet<&str> = events.values().flatten().map(String::as_str).collect();
    for link in scheme.links.iter().filter(|link| !roles.contains(link.name.as_str())) {
        let form = names.form(Kind::Link, &link.name);
        let (from, to) = (forms(&link.from, names), forms(&link.to, names));
        let symmetric = if link.symmetric { ", <REL-TYPE>:symmetric" } else { "" };
        let _ = writeln!(body, "{form}\tArg1:{from}, Arg2:{to}{symmetric}");
    }
    body.push_str("\n[events]\n");
    for (label, roles) in events {
        let roles: Vec<String> = roles.iter().map(|role| format!("{}*:<ANY>", names.form(Kind::Link, role))).collect();
        let _ = writeln!(body, "{}\t{}", names.form(Kind::Label, label), roles.join(", "));
    }
    body.push_str("\n[attributes]\n");
    for (name, (of, options)) in attributes(scheme) {
        let form = names.form(Kind::Attribute, &name);
        let values: Vec<&str> = options.iter().map(Name::as_str).collect();
        let values = if values.is_empty() { String::new() } else { format!(", Value:{}", values.join("|")) };
        let _ = writeln!(body, "{form}\tArg:{}{values}", forms(&of, names));
    }
    [
        ("annotation.conf", format!("{}{body}", names.comments())),
        ("visual.conf", visual(scheme, &labels, names)),
        ("kb_shortcuts.conf", shortcuts(scheme, names)),
    ]
}

fn forms(labels: &[Name], names: &mut Names) -> String {
    if labels.is_empty() {
        return "<ANY>".to_owned();
    }
    labels.iter().map(|label| names.form(Kind::Label, label)).collect::<Vec<_>>().join("|")
}

/// The attributes that brat can show as such, with their labels and options: choices and yes/no.
fn attributes(scheme: &Scheme) -> BTreeMap<Name, (Vec<Name>, Vec<Name>)> {
    let mut found: BTreeMap<Name, (Vec<Name>, Vec<Name>)> = BTreeMap::new();
    for label in &scheme.labels {
        for attribute in &label.attributes {
            let options = match &attribute.kind {
                AttributeKind::Choice(options) => options.iter().filter(|o| is_plain(o)).cloned().collect(),
                AttributeKind::YesNo => Vec::new(),
                _ => continue,
            };
            let entry = found.entry(attribute.name.clone()).or_default();
            entry.0.push(label.name.clone());
            add(&mut entry.1, options);
        }
    }
    found
}

/// Whether a value can stand in a line of brat's attributes.
pub fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.chars().all(super::names::is_allowed)
}

fn visual(scheme: &Scheme, labels: &[&Name], names: &mut Names) -> String {
    let mut out = String::from("[labels]\n");
    let one_line = |text: &str| text.replace(['|', '\n', '\r'], " ");
    for name in labels {
        let title = scheme.label(name).map_or(name.as_str(), |l| l.title.as_str());
        let _ = writeln!(out, "{} | {}", names.form(Kind::Label, name), one_line(title));
    }
    for link in &scheme.links {
        let _ = writeln!(out, "{} | {}", names.form(Kind::Link, &link.name), one_line(&link.title));
    }
    out.push_str("\n[drawing]\nSPAN_DEFAULT\tfgColor:black, bgColor:lightgreen, borderColor:darken\n");
    out.push_str("ARC_DEFAULT\tcolor:black, dashArray:-, arrowHead:triangle-5, labelArrow:none\n");
    for label in &scheme.labels {
        let _ = writeln!(out, "{}\tbgColor:{}", names.form(Kind::Label, &label.name), label.colour);
    }
    out
}

fn shortcuts(scheme: &Scheme, names: &mut Names) -> String {
    let keys = scheme.labels.iter().filter_map(|label| Some((label.key?, &label.name)));
    keys.map(|(key, name)| [&key.to_string(), "\t", &names.form(Kind::Label, name), "\n"].concat()).collect()
}
