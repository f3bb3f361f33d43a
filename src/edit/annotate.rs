//! Giving a label to a span.

use super::{Change, Edit, LayerChange, Refusal, Stamp};
use crate::model::layer::LayerError;
use crate::model::{Annotation, AnnotationId, Layer, Name, Scheme, Span, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Makes an annotation with label `label` on `span`.
pub fn annotate(layer: &Layer, scheme: &Scheme, label: &Name, span: Span, stamp: &Stamp) -> Result<Change, Refusal> {
    scheme.label(label).ok_or_else(|| Refusal::NoSuchLabel(label.clone()))?;
    let made = annotations(layer, label, &BTreeMap::new(), vec![span], stamp)?;
    Ok(Change::new(format!("mark as {}", title(scheme, label)), stamp).with_layer(made))
}

/// Makes an annotation with this label and these attributes on each of `spans`. Spans that already have one which says
/// the same, here or earlier in the list, are passed over.
///
/// # Errors
/// Where a span does not fit the text, or nothing is left to make.
pub(super) fn annotations(
    layer: &Layer,
    label: &Name,
    attributes: &BTreeMap<Name, Value>,
    spans: Vec<Span>,
    stamp: &Stamp,
) -> Result<LayerChange, Refusal> {
    let mut edits: Vec<Edit<Annotation>> = Vec::new();
    let mut seen = BTreeSet::new();
    let first = layer.fresh_ids().annotation;
    let mut twin = None;
    for span in spans {
        layer.text().check(&span)?;
        let annotation = Annotation {
            id: AnnotationId(first + edits.len() as u32),
            label: label.clone(),
            span,
            attributes: attributes.clone(),
            note: String::new(),
            provenance: stamp.provenance(),
        };
        if let Some(found) = layer.twin_of(&annotation) {
            twin = Some(LayerError::Twin(found.id, annotation.id));
        } else if seen.insert(annotation.span.clone()) {
            edits.push(Edit::make(annotation));
        }
    }
    if edits.is_empty() {
        return Err(twin.map_or(Refusal::NothingToDo, Refusal::Layer));
    }
    let mut change = LayerChange::new(layer);
    change.next.1.annotation = first + edits.len() as u32;
    change.annotations = edits;
    Ok(change)
}

/// The label as people call it.
pub(super) fn title(scheme: &Scheme, label: &Name) -> String {
    scheme.label(label).map_or_else(|| label.to_string(), |l| l.title.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{check, refused};
    use crate::model::testing::{noon, scheme};

    #[test]
    fn a_mark_lies_where_the_selection_lay_in_any_script() {
        let mark = |label: &'static str| {
            move |layer: &Layer| {
                let at = layer.text().as_str().find('王').unwrap();
                let span = Span::single(at, at + 3).unwrap();
                annotate(layer, &scheme(), &label.into(), span, &Stamp::by_hand(noon()))
            }
        };
        check("🦀 王 说 [claim:下雨]", mark("speaker"), "🦀 [speaker:王] 说 [claim:下雨]");
        check("🦀 [claim:王] 说", mark("speaker"), "🦀 [claim:[speaker:王]] 说");
        let twin = refused("🦀 [speaker:王] 说", mark("speaker"));
        assert_eq!(twin, "a2 says the same as a1: the same label on the same text with the same attributes");
        assert_eq!(refused("🦀 王", mark("speeker")), "the scheme has no label “speeker”");
    }
}
