//! Version 1 of `project.ron` and of scheme files.
//!
//! The structs here are the file, not the model: what is serialised is a promise.

use super::fault::{Fault, Located};
use super::outline::Step;
use super::ron_text::{self, UniqueMap, VERSION, push_display, push_field, push_string, push_strings};
use crate::model::scheme::SchemeError;
use crate::model::{
    AttributeDef, AttributeKind, Direction, Document, DocumentId, Entity, EntityKind, LabelDef, LinkDef, Metadata,
    Name, Original, Project, Scheme, Underline,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// What a project file says that it is.
pub(super) const FORMAT: &str = "byline-project";
/// What a scheme file says that it is.
pub(super) const SCHEME_FORMAT: &str = "byline-scheme";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "project")]
struct ProjectV1 {
    #[allow(dead_code, reason = "looked at before anything else is read")]
    format: IgnoredAny,
    #[allow(dead_code, reason = "likewise")]
    version: IgnoredAny,
    name: String,
    scheme: SchemeV1,
    documents: Vec<DocumentV1>,
    #[serde(default)]
    entities: Vec<EntityV1>,
    #[serde(default)]
    next_entity: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "scheme file")]
struct SchemeFileV1 {
    #[allow(dead_code, reason = "looked at before anything else is read")]
    format: IgnoredAny,
    #[allow(dead_code, reason = "likewise")]
    version: IgnoredAny,
    scheme: SchemeV1,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "scheme")]
pub(super) struct SchemeV1 {
    name: String,
    labels: Vec<LabelV1>,
    #[serde(default)]
    links: Vec<LinkKindV1>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "label")]
struct LabelV1 {
    name: String,
    title: String,
    #[serde(default, deserialize_with = "ron_text::present")]
    key: Option<String>,
    colour: String,
    #[serde(default)]
    underline: UnderlineV1,
    #[serde(default = "yes")]
    on: bool,
    #[serde(default)]
    description: String,
    #[serde(default)]
    attributes: Vec<AttributeV1>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, Default)]
enum UnderlineV1 {
    #[default]
    Solid,
    Dashed,
    Dotted,
    Double,
    Wavy,
    Thick,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "attribute")]
struct AttributeV1 {
    name: String,
    title: String,
    kind: AttributeKindV1,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
enum AttributeKindV1 {
    Choice(Vec<String>),
    Several(Vec<String>),
    YesNo,
    Text,
    Number,
    Date,
    Entity(Vec<EntityKindV1>),
}

#[derive(Deserialize)]
enum EntityKindV1 {
    Person,
    Organisation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "link kind")]
struct LinkKindV1 {
    name: String,
    title: String,
    inverse: String,
    from: Vec<String>,
    to: Vec<String>,
    #[serde(default)]
    symmetric: bool,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "document")]
pub(super) struct DocumentV1 {
    id: String,
    title: String,
    #[serde(default, deserialize_with = "ron_text::present")]
    author: Option<String>,
    #[serde(default, deserialize_with = "ron_text::present")]
    source: Option<String>,
    #[serde(default, deserialize_with = "ron_text::present")]
    url: Option<String>,
    #[serde(default, deserialize_with = "ron_text::present")]
    date: Option<String>,
    #[serde(default, deserialize_with = "ron_text::present")]
    language: Option<String>,
    #[serde(default)]
    other: UniqueMap<String>,
    #[serde(default)]
    direction: DirectionV1,
    #[serde(default)]
    directions: Vec<(usize, DirectionV1)>,
    sha256: String,
    #[serde(default, deserialize_with = "ron_text::present")]
    original: Option<OriginalV1>,
}

#[derive(Deserialize, Default, Clone, Copy)]
enum DirectionV1 {
    #[default]
    Auto,
    LeftToRight,
    RightToLeft,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "original")]
struct OriginalV1 {
    file: String,
    encoding: String,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "entity")]
pub(super) struct EntityV1 {
    id: String,
    kind: EntityKindV1,
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default, deserialize_with = "ron_text::present")]
    wikidata: Option<String>,
    #[serde(default)]
    note: String,
}

/// Reads a project file.
pub(crate) fn read(source: &str) -> Result<Project, Located> {
    let file: ProjectV1 = ron_text::read(source, FORMAT)?;
    let mut project = Project::new(file.name, scheme(source, file.scheme)?);
    let mut taken = BTreeMap::new();
    for (index, row) in file.documents.into_iter().enumerate() {
        let id = row.id.clone();
        let at = |field, fault: Fault| row_fault(source, "documents", index, field, fault).about(&id);
        let document = document(row).map_err(|(field, fault)| at(field, fault))?;
        match taken.insert(document.id.as_str().to_ascii_lowercase(), document.id.clone()) {
            Some(other) if other == document.id => return Err(at("id", Fault::DuplicateDocument(document.id))),
            Some(other) => return Err(at("id", Fault::SameFile(other, document.id))),
            None => {}
        }
        project.documents.push(document);
    }
    for (index, row) in file.entities.into_iter().enumerate() {
        let at = |fault: Fault| row_fault(source, "entities", index, "id", fault).about(&row.id);
        let entity = entity(&row).map_err(at)?;
        if project.entities.contains_key(&entity.id) {
            return Err(at(Fault::Twice(row.id.clone())));
        }
        project.next_entity = project.next_entity.max(entity.id.0.saturating_add(1));
        project.entities.insert(entity.id, entity);
    }
    project.next_entity = project.next_entity.max(file.next_entity);
    Ok(project)
}

/// Reads a scheme file.
pub(super) fn read_scheme_file(source: &str) -> Result<Scheme, Located> {
    let file: SchemeFileV1 = ron_text::read(source, SCHEME_FORMAT)?;
    scheme(source, file.scheme)
}

fn row_fault(source: &str, list: &'static str, index: usize, field: &'static str, fault: Fault) -> Located {
    fault.at(ron_text::place(source, &[Step::Field(list), Step::Item(index), Step::Field(field)]))
}

fn names(texts: Vec<String>) -> Vec<Name> {
    texts.into_iter().map(Name::from).collect()
}

/// The scheme of a file; `source` is where faults are located.
pub(super) fn scheme(source: &str, file: SchemeV1) -> Result<Scheme, Located> {
    let mut labels = Vec::with_capacity(file.labels.len());
    for (index, row) in file.labels.into_iter().enumerate() {
        labels.push(label(row).map_err(|(field, fault)| {
            let path = [Step::Field("scheme"), Step::Field("labels"), Step::Item(index), Step::Field(field)];
            fault.at(ron_text::place(source, &path))
        })?);
    }
    let links = file.links.into_iter().map(|row| LinkDef {
        name: row.name.into(),
        title: row.title,
        inverse: row.inverse,
        from: names(row.from),
        to: names(row.to),
        symmetric: row.symmetric,
        description: row.description,
    });
    let scheme = Scheme { name: file.name, labels, links: links.collect() };
    match scheme.validate() {
        Ok(()) => Ok(scheme),
        Err(error) => {
            let path = path_of(&scheme, &error);
            Err(Fault::Scheme(error).at(ron_text::place(source, &path)))
        }
    }
}

/// Where in the file the row stands that is at fault; the last one where two are alike.
fn path_of(scheme: &Scheme, error: &SchemeError) -> Vec<Step> {
    let label = |name: &str| ("labels", scheme.labels.iter().rposition(|l| l.name == name));
    let link = |name: &str| ("links", scheme.links.iter().rposition(|l| l.name == name));
    let bad_label = |bad: &str| {
        let holds = |l: &LabelDef| l.name == bad || l.attributes.iter().any(|a| a.name == bad);
        ("labels", scheme.labels.iter().position(holds))
    };
    let (list, index) = match error {
        SchemeError::BadName(name) if bad_label(name).1.is_some() => bad_label(name),
        SchemeError::SameKey(_, name, _)
        | SchemeError::BadKey(name, _)
        | SchemeError::NoOptions { label: name, .. }
        | SchemeError::Twice { what: "label", name } => label(name),
        SchemeError::BadName(name) => link(name),
        SchemeError::Twice { what: "link kind", name } | SchemeError::NoSuchLabel { link: name, .. } => link(name),
        SchemeError::Twice { .. } => ("labels", None),
    };
    let mut path = vec![Step::Field("scheme"), Step::Field(list)];
    path.extend(index.map(Step::Item));
    path
}

type Faulty<T> = Result<T, (&'static str, Fault)>;

fn label(row: LabelV1) -> Faulty<LabelDef> {
    let key = row.key.map(|key| {
        let mut chars = key.chars();
        chars.next().filter(|_| chars.next().is_none()).ok_or(("key", Fault::BadKey(key)))
    });
    Ok(LabelDef {
        name: row.name.into(),
        title: row.title,
        key: key.transpose()?,
        colour: row.colour.parse().map_err(|e| ("colour", Fault::BadColour(e)))?,
        underline: match row.underline {
            UnderlineV1::Solid => Underline::Solid,
            UnderlineV1::Dashed => Underline::Dashed,
            UnderlineV1::Dotted => Underline::Dotted,
            UnderlineV1::Double => Underline::Double,
            UnderlineV1::Wavy => Underline::Wavy,
            UnderlineV1::Thick => Underline::Thick,
        },
        description: row.description,
        on: row.on,
        attributes: row.attributes.into_iter().map(attribute).collect(),
    })
}

fn attribute(row: AttributeV1) -> AttributeDef {
    let kind = match row.kind {
        AttributeKindV1::Choice(options) => AttributeKind::Choice(names(options)),
        AttributeKindV1::Several(options) => AttributeKind::Several(names(options)),
        AttributeKindV1::YesNo => AttributeKind::YesNo,
        AttributeKindV1::Text => AttributeKind::Text,
        AttributeKindV1::Number => AttributeKind::Number,
        AttributeKindV1::Date => AttributeKind::Date,
        AttributeKindV1::Entity(kinds) => AttributeKind::Entity(kinds.iter().map(entity_kind).collect()),
    };
    AttributeDef { name: row.name.into(), title: row.title, kind, description: row.description }
}

fn entity_kind(kind: &EntityKindV1) -> EntityKind {
    match kind {
        EntityKindV1::Person => EntityKind::Person,
        EntityKindV1::Organisation => EntityKind::Organisation,
    }
}

/// The entity of a row.
pub(super) fn entity(row: &EntityV1) -> Result<Entity, Fault> {
    Ok(Entity {
        id: row.id.parse().map_err(Fault::BadId)?,
        kind: entity_kind(&row.kind),
        name: row.name.clone(),
        aliases: row.aliases.clone(),
        wikidata: row.wikidata.clone(),
        note: row.note.clone(),
    })
}

impl From<DirectionV1> for Direction {
    fn from(direction: DirectionV1) -> Self {
        match direction {
            DirectionV1::Auto => Self::Auto,
            DirectionV1::LeftToRight => Self::LeftToRight,
            DirectionV1::RightToLeft => Self::RightToLeft,
        }
    }
}

/// The document of a row, or the field that is at fault.
pub(super) fn document(row: DocumentV1) -> Faulty<Document> {
    let numbers: Vec<_> = row.directions.iter().map(|(paragraph, _)| *paragraph).collect();
    if numbers.first() == Some(&0) || !numbers.is_sorted_by(|a, b| a < b) {
        return Err(("directions", Fault::BadDirections));
    }
    let directions = row.directions.into_iter().map(|(paragraph, direction)| (paragraph, direction.into())).collect();
    let original = row.original.map(|o| {
        let sha256 = ron_text::hash(&o.sha256).map_err(|fault| ("original", fault))?;
        Ok(Original { file: o.file, encoding: o.encoding, sha256 })
    });
    Ok(Document {
        id: DocumentId::new(&row.id).map_err(|e| ("id", Fault::BadDocumentId(e)))?,
        title: row.title,
        metadata: Metadata {
            author: row.author,
            source: row.source,
            url: row.url,
            date: row.date.as_deref().map(ron_text::day).transpose().map_err(|fault| ("date", fault))?,
            language: row.language,
            other: row.other.0,
        },
        direction: row.direction.into(),
        directions,
        sha256: ron_text::hash(&row.sha256).map_err(|fault| ("sha256", fault))?,
        original: original.transpose()?,
    })
}

/// Writes a project file: the same project always gives the same text.
pub(crate) fn write(project: &Project) -> String {
    let mut out = String::with_capacity(10_000 + project.documents.len() * 400);
    push_display(&mut out, format_args!("(\n  format: \"{FORMAT}\",\n  version: {VERSION},\n  name: "));
    push_string(&mut out, &project.name);
    out.push_str(",\n");
    push_scheme(&mut out, &project.scheme);
    push_rows(&mut out, 2, "documents", &project.documents, push_document);
    push_rows(&mut out, 2, "entities", project.entities.values(), push_entity);
    push_display(&mut out, format_args!("  next_entity: {},\n)\n", project.next_entity));
    out
}

/// Writes a scheme file.
pub(super) fn write_scheme_file(scheme: &Scheme) -> String {
    let mut out = format!("(\n  format: \"{SCHEME_FORMAT}\",\n  version: {VERSION},\n");
    push_scheme(&mut out, scheme);
    out.push_str(")\n");
    out
}

/// Writes a field that is a list, a row a line.
fn push_rows<T>(
    out: &mut String,
    indent: usize,
    name: &str,
    rows: impl IntoIterator<Item = T>,
    push_row: impl Fn(&mut String, T),
) {
    push_display(out, format_args!("{:indent$}{name}: [", ""));
    let mut any = false;
    for row in rows {
        push_display(out, format_args!("{}{:indent$}  (", if any { "" } else { "\n" }, ""));
        push_row(out, row);
        out.push_str("),\n");
        any = true;
    }
    if any {
        push_display(out, format_args!("{:indent$}", ""));
    }
    out.push_str("],\n");
}

fn push_scheme(out: &mut String, scheme: &Scheme) {
    out.push_str("  scheme: ");
    push_scheme_value(out, scheme);
    out.push_str(",\n");
}

/// Writes a scheme in brackets.
pub(super) fn push_scheme_value(out: &mut String, scheme: &Scheme) {
    out.push_str("(\n    name: ");
    push_string(out, &scheme.name);
    out.push_str(",\n");
    push_rows(out, 4, "labels", &scheme.labels, push_label);
    push_rows(out, 4, "links", &scheme.links, push_link_kind);
    out.push_str("  )");
}

/// Writes the field that every row begins with.
fn push_first(out: &mut String, name: &str, text: &str) {
    push_display(out, format_args!("{name}: "));
    push_string(out, text);
}

/// Writes a field unless it is empty.
fn push_text(out: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        push_field(out, name, text);
    }
}

fn push_names(out: &mut String, field: &str, names: &[Name]) {
    push_display(out, format_args!(", {field}: "));
    push_strings(out, names.iter().map(Name::as_str));
}

fn push_label(out: &mut String, label: &LabelDef) {
    push_first(out, "name", &label.name);
    push_field(out, "title", &label.title);
    if let Some(key) = label.key {
        push_field(out, "key", key.encode_utf8(&mut [0; 4]));
    }
    let underline = match label.underline {
        Underline::Solid => "Solid",
        Underline::Dashed => "Dashed",
        Underline::Dotted => "Dotted",
        Underline::Double => "Double",
        Underline::Wavy => "Wavy",
        Underline::Thick => "Thick",
    };
    push_display(out, format_args!(", colour: \"{}\", underline: {underline}", label.colour));
    if !label.on {
        out.push_str(", on: false");
    }
    push_text(out, "description", &label.description);
    if !label.attributes.is_empty() {
        out.push_str(", attributes: [\n");
        for attribute in &label.attributes {
            push_attribute(out, attribute);
        }
        out.push_str("      ]");
    }
}

fn push_attribute(out: &mut String, attribute: &AttributeDef) {
    out.push_str("        (");
    push_first(out, "name", &attribute.name);
    push_field(out, "title", &attribute.title);
    out.push_str(", kind: ");
    let with_options = |out: &mut String, kind: &str, options: &[Name]| {
        push_display(out, format_args!("{kind}("));
        push_strings(out, options.iter().map(Name::as_str));
        out.push(')');
    };
    match &attribute.kind {
        AttributeKind::Choice(options) => with_options(out, "Choice", options),
        AttributeKind::Several(options) => with_options(out, "Several", options),
        AttributeKind::YesNo => out.push_str("YesNo"),
        AttributeKind::Text => out.push_str("Text"),
        AttributeKind::Number => out.push_str("Number"),
        AttributeKind::Date => out.push_str("Date"),
        AttributeKind::Entity(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(|k| entity_kind_name(*k)).collect();
            push_display(out, format_args!("Entity([{}])", kinds.join(", ")));
        }
    }
    push_text(out, "description", &attribute.description);
    out.push_str("),\n");
}

fn entity_kind_name(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Person => "Person",
        EntityKind::Organisation => "Organisation",
    }
}

fn push_link_kind(out: &mut String, link: &LinkDef) {
    push_first(out, "name", &link.name);
    push_field(out, "title", &link.title);
    push_field(out, "inverse", &link.inverse);
    push_names(out, "from", &link.from);
    push_names(out, "to", &link.to);
    if link.symmetric {
        out.push_str(", symmetric: true");
    }
    push_text(out, "description", &link.description);
}

/// Writes the fields of a document.
pub(super) fn push_document(out: &mut String, document: &Document) {
    push_first(out, "id", document.id.as_str());
    push_field(out, "title", &document.title);
    let Metadata { author, source, url, date, language, other } = &document.metadata;
    let date = date.map(|date| date.to_string());
    for (name, text) in [("author", author), ("source", source), ("url", url), ("date", &date), ("language", language)]
    {
        if let Some(text) = text {
            push_field(out, name, text);
        }
    }
    if !other.is_empty() {
        out.push_str(", other: {");
        for (i, (name, text)) in other.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            push_string(out, name);
            out.push_str(": ");
            push_string(out, text);
        }
        out.push('}');
    }
    match document.direction {
        Direction::Auto => {}
        Direction::LeftToRight => out.push_str(", direction: LeftToRight"),
        Direction::RightToLeft => out.push_str(", direction: RightToLeft"),
    }
    if !document.directions.is_empty() {
        let one = |(paragraph, direction): (&usize, &Direction)| format!("({paragraph}, {direction:?})");
        let all: Vec<_> = document.directions.iter().map(one).collect();
        out.push_str(&format!(", directions: [{}]", all.join(", ")));
    }
    push_field(out, "sha256", &document.sha256);
    if let Some(Original { file, encoding, sha256 }) = &document.original {
        out.push_str(", original: (");
        push_first(out, "file", file);
        push_field(out, "encoding", encoding);
        push_field(out, "sha256", sha256);
        out.push(')');
    }
}

/// Writes the fields of an entity.
pub(super) fn push_entity(out: &mut String, entity: &Entity) {
    push_first(out, "id", &entity.id.to_string());
    push_display(out, format_args!(", kind: {}", entity_kind_name(entity.kind)));
    push_field(out, "name", &entity.name);
    if !entity.aliases.is_empty() {
        out.push_str(", aliases: ");
        push_strings(out, entity.aliases.iter().map(String::as_str));
    }
    if let Some(wikidata) = &entity.wikidata {
        push_field(out, "wikidata", wikidata);
    }
    push_text(out, "note", &entity.note);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntityId;
    use crate::store::testing;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn projects_reread_equal_and_rewrite_to_the_same_bytes(project in testing::project()) {
            let source = write(&project);
            let again = read(&source).unwrap();
            prop_assert_eq!(&again, &project);
            prop_assert_eq!(write(&again), source);
        }
    }

    #[test]
    fn the_project_of_the_documentation_is_read_and_written_as_it_stands_there() {
        let page = include_str!("../../docs/file-format.md");
        let samples = page.split("```ron\n").skip(1).filter_map(|rest| rest.split("```").next());
        let sample = samples.into_iter().find(|sample| sample.contains(FORMAT)).unwrap();
        let project = read(sample).map_err(|fault| fault.in_file("file-format.md", sample).to_string());
        assert_eq!(write(&project.unwrap()), sample);
    }

    #[test]
    fn a_document_and_an_entity_are_one_line_each_and_defaults_are_left_out() {
        let mut project = Project::new("L’été", Scheme::default());
        project.documents.push(crate::edit::testing::document(
            DocumentId::new("0001-ete").unwrap(),
            &crate::model::Text::new("été"),
        ));
        let id = EntityId(3);
        let (name, aliases) = ("Ána".to_owned(), vec!["A.".to_owned()]);
        project
            .entities
            .insert(id, Entity { id, kind: EntityKind::Person, name, aliases, wikidata: None, note: String::new() });
        let hash = &project.documents[0].sha256;
        let expected = format!(
            r#"(
  format: "byline-project",
  version: 1,
  name: "L’été",
  scheme: (
    name: "",
    labels: [],
    links: [],
  ),
  documents: [
    (id: "0001-ete", title: "0001-ete", sha256: "{hash}"),
  ],
  entities: [
    (id: "e3", kind: Person, name: "Ána", aliases: ["A."]),
  ],
  next_entity: 1,
)
"#
        );
        assert_eq!(write(&project), expected);
    }
}
