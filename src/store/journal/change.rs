//! A change as one line of RON: the rows are those of layer and project files, before and after.
//!
//! Quotes are written for people and for taking offsets up again in another text; reading compares them with nothing:
//! a change is checked when it is applied.

use super::super::fault::Fault;
use super::super::layer_file::{
    self, AnnotationV1, LinkV1, NotFinite, OriginV1, Shared, StatusV1, push_annotation, push_link, push_origin,
    quote_of, status_name,
};
use super::super::project_file::{self, DocumentV1, EntityV1, SchemeV1};
use super::super::ron_text::{self, push_display, push_field, push_string, push_time};
use crate::edit::{Change, Edit, LayerChange, NewDocument, ProjectEdit};
use crate::model::{Document, DocumentId, Entity, LayerKey, Link, NextIds, Scheme, Text};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "change")]
struct ChangeV1<'a> {
    what: String,
    at: String,
    #[serde(default)]
    origin: OriginV1,
    #[serde(default)]
    layers_first: bool,
    #[serde(default)]
    project: Vec<ProjectEditV1>,
    #[serde(borrow, default)]
    layers: Vec<LayerChangeV1<'a>>,
}

#[derive(Deserialize)]
enum ProjectEditV1 {
    Name(String, String),
    Scheme(Box<SchemeV1>, Box<SchemeV1>),
    Membership { at: usize, before: Option<MemberV1>, after: Option<MemberV1> },
    Document { before: Option<DocumentV1>, after: Option<DocumentV1> },
    Order(usize, usize),
    Entity { before: Option<EntityV1>, after: Option<EntityV1>, next: (u32, u32) },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "member")]
struct MemberV1 {
    document: DocumentV1,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "layer change")]
struct LayerChangeV1<'a> {
    document: String,
    annotator: String,
    next: (NextV1, NextV1),
    status: (StatusV1, StatusV1),
    #[serde(borrow, default)]
    annotations: Vec<BeforeAfter<AnnotationV1<'a>>>,
    #[serde(borrow, default)]
    links: Vec<BeforeAfter<LinkV1<'a>>>,
}

type NextV1 = (u32, u32);
type BeforeAfter<T> = (Option<T>, Option<T>);

/// Reads what [`write`] writes.
pub(super) fn read(source: &str) -> Result<Change, Fault> {
    let file: ChangeV1 = ron::from_str(source).map_err(|error| Fault::Syntax(error.code.to_string()))?;
    let shared = &mut Shared::default();
    Ok(Change {
        what: file.what,
        at: ron_text::time(&file.at)?,
        origin: shared.origin(file.origin),
        layers_first: file.layers_first,
        project: file.project.into_iter().map(project_edit).collect::<Result<_, _>>()?,
        layers: file.layers.into_iter().map(|row| layer_change(row, shared)).collect::<Result<_, _>>()?,
    })
}

fn project_edit(row: ProjectEditV1) -> Result<ProjectEdit, Fault> {
    let scheme = |row: SchemeV1| project_file::scheme("", row).map(Box::new).map_err(|located| *located.fault);
    let document = |row: DocumentV1| project_file::document(row).map_err(|(_, fault)| fault);
    let member =
        |row: MemberV1| Ok::<_, Fault>(NewDocument { document: document(row.document)?, text: Text::new(row.text) });
    Ok(match row {
        ProjectEditV1::Name(before, after) => ProjectEdit::Name { before, after },
        ProjectEditV1::Scheme(before, after) => {
            ProjectEdit::Scheme { before: scheme(*before)?, after: scheme(*after)? }
        }
        ProjectEditV1::Membership { at, before, after } => {
            ProjectEdit::Membership { at, edit: Box::new(edit((before, after), member)?) }
        }
        ProjectEditV1::Document { before, after } => ProjectEdit::Document(Box::new(edit((before, after), document)?)),
        ProjectEditV1::Order(from, to) => ProjectEdit::Order { from, to },
        ProjectEditV1::Entity { before, after, next } => {
            ProjectEdit::Entity { edit: edit((before, after), |row| project_file::entity(&row))?, next }
        }
    })
}

fn edit<R, T>((before, after): BeforeAfter<R>, mut of: impl FnMut(R) -> Result<T, Fault>) -> Result<Edit<T>, Fault> {
    Ok(Edit { before: before.map(&mut of).transpose()?, after: after.map(&mut of).transpose()? })
}

fn layer_change(row: LayerChangeV1, shared: &mut Shared) -> Result<LayerChange, Fault> {
    let next = |(annotation, link): NextV1| NextIds { annotation, link };
    let annotations = row.annotations.into_iter().map(|pair| edit(pair, |row| layer_file::annotation_of(row, shared)));
    let annotations = annotations.collect::<Result<_, _>>()?;
    let link = |row, shared: &mut _| layer_file::link_of(row, shared).map_err(|(_, fault)| fault);
    let links = row.links.into_iter().map(|pair| edit(pair, |row| link(row, shared))).collect::<Result<_, _>>()?;
    Ok(LayerChange {
        key: LayerKey { document: document_id(&row.document)?, annotator: row.annotator.into() },
        annotations,
        links,
        next: (next(row.next.0), next(row.next.1)),
        status: (row.status.0.into(), row.status.1.into()),
    })
}

pub(super) fn document_id(text: &str) -> Result<DocumentId, Fault> {
    DocumentId::new(text).map_err(Fault::BadDocumentId)
}

/// Writes a change on one line; `texts` are those that its annotations are quoted from, as far as they are at hand.
pub(super) fn write(change: &Change, texts: &BTreeMap<DocumentId, Text>) -> Result<String, NotFinite> {
    let mut out = String::from("(what: ");
    push_string(&mut out, &change.what);
    out.push_str(", at: ");
    push_time(&mut out, change.at);
    out.push_str(", origin: ");
    push_origin(&mut out, &change.origin);
    push_display(&mut out, format_args!(", layers_first: {}, project: [", change.layers_first));
    for edit in &change.project {
        push_project_edit(&mut out, edit);
        out.push(',');
    }
    out.push_str("], layers: [");
    for layer in &change.layers {
        push_layer(&mut out, layer, texts.get(&layer.key.document))?;
    }
    out.push_str("])");
    // Within strings they are escaped: these stand between fields.
    Ok(if out.contains('\n') { out.replace('\n', " ") } else { out })
}

fn push_project_edit(out: &mut String, edit: &ProjectEdit) {
    match edit {
        ProjectEdit::Name { before, after } => {
            out.push_str("Name(");
            push_string(out, before);
            out.push(',');
            push_string(out, after);
        }
        ProjectEdit::Scheme { before, after } => {
            let push = |out: &mut String, scheme: &Scheme| project_file::push_scheme_value(out, scheme);
            out.push_str("Scheme(");
            push(out, before);
            out.push(',');
            push(out, after);
        }
        ProjectEdit::Membership { at, edit } => {
            push_display(out, format_args!("Membership(at: {at}, "));
            push_named(out, edit, |out, NewDocument { document, text }| {
                out.push_str("document: (");
                project_file::push_document(out, document);
                out.push(')');
                push_field(out, "text", text.as_str());
            });
        }
        ProjectEdit::Document(edit) => {
            out.push_str("Document(");
            push_named(out, edit, |out, document: &Document| project_file::push_document(out, document));
        }
        ProjectEdit::Order { from, to } => push_display(out, format_args!("Order({from}, {to}")),
        ProjectEdit::Entity { edit, next } => {
            out.push_str("Entity(");
            push_named(out, edit, |out, entity: &Entity| project_file::push_entity(out, entity));
            push_display(out, format_args!(", next: {next:?}"));
        }
    }
    out.push(')');
}

fn push_named<T>(out: &mut String, edit: &Edit<T>, push: impl Fn(&mut String, &T)) {
    for (name, side) in [("before: ", &edit.before), (", after: ", &edit.after)] {
        out.push_str(name);
        push_side(out, side.as_ref(), |out, it| push(out, it));
    }
}

fn push_side<T>(out: &mut String, side: Option<&T>, push: impl FnOnce(&mut String, &T)) {
    match side {
        Some(it) => {
            out.push_str("Some((");
            push(out, it);
            out.push_str("))");
        }
        None => out.push_str("None"),
    }
}

fn push_layer(out: &mut String, layer: &LayerChange, text: Option<&Text>) -> Result<(), NotFinite> {
    out.push_str("(document: ");
    push_string(out, layer.key.document.as_str());
    push_field(out, "annotator", &layer.key.annotator);
    let ((a, l), (b, m)) = (numbers(layer.next.0), numbers(layer.next.1));
    let (from, to) = (status_name(layer.status.0), status_name(layer.status.1));
    push_display(out, format_args!(", next: (({a}, {l}), ({b}, {m})), status: ({from}, {to}), annotations: ["));
    let mut outcome = Ok(());
    for Edit { before, after } in &layer.annotations {
        push_pair(out, (before.as_ref(), after.as_ref()), |out, annotation| {
            let quote = text.map(|text| quote_of(text, &annotation.span)).unwrap_or_default();
            let pushed = push_annotation(out, annotation, &quote);
            if outcome.is_ok() {
                outcome = pushed;
            }
        });
    }
    out.push_str("], links: [");
    for Edit { before, after } in &layer.links {
        push_pair(out, (before.as_ref(), after.as_ref()), |out, link: &Link| push_link(out, link));
    }
    out.push_str("]),");
    outcome
}

fn push_pair<T>(out: &mut String, (before, after): (Option<&T>, Option<&T>), mut push: impl FnMut(&mut String, &T)) {
    out.push('(');
    push_side(out, before, &mut push);
    out.push(',');
    push_side(out, after, &mut push);
    out.push_str("),");
}

fn numbers(next: NextIds) -> NextV1 {
    (next.annotation, next.link)
}
