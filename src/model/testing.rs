//! What the tests of model and edit are written with.

use super::scheme::{AttributeDef, AttributeKind, Colour, LabelDef, LinkDef};
use super::{
    Annotation, AnnotationId, DocumentId, Layer, LayerKey, Link, LinkId, Name, Origin, Provenance, Scheme, Span, Text,
    Underline,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::ops::Range;

pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_695_988_800, 0).unwrap()
}

pub fn key() -> LayerKey {
    LayerKey { document: DocumentId::new("0001-test").unwrap(), annotator: "maria".into() }
}

pub fn layer_over(text: &str) -> Layer {
    Layer::new(key(), Text::new(text))
}

pub fn annotation(id: u32, label: &str, bytes: Range<usize>) -> Annotation {
    Annotation {
        id: AnnotationId(id),
        label: label.into(),
        span: Span::single(bytes.start, bytes.end).unwrap(),
        attributes: BTreeMap::new(),
        note: String::new(),
        provenance: Provenance::new(Origin::ByHand, noon()),
    }
}

pub fn link(id: u32, kind: &str, from: u32, to: u32) -> Link {
    Link {
        id: LinkId(id),
        kind: kind.into(),
        from: AnnotationId(from),
        to: AnnotationId(to),
        note: String::new(),
        provenance: Provenance::new(Origin::ByHand, noon()),
    }
}

/// A small scheme: two labels with keys 1 and 2, one with typed attributes, `says` and the symmetric `same`.
pub fn scheme() -> Scheme {
    let attribute =
        |name: &str, kind| AttributeDef { name: name.into(), title: name.to_owned(), kind, description: String::new() };
    let label = |name: &str, key, attributes| LabelDef {
        name: name.into(),
        title: name.to_owned(),
        key: Some(key),
        colour: Colour([0, 0x72, 0xB2]),
        underline: Underline::Solid,
        description: String::new(),
        on: true,
        attributes,
    };
    let link = |name: &str, from: &str, to: &str, symmetric| LinkDef {
        name: name.into(),
        title: name.to_owned(),
        inverse: format!("{name} by"),
        from: vec![from.into()],
        to: vec![to.into()],
        symmetric,
        description: String::new(),
    };
    let quotation: Vec<Name> = vec!["direct".into(), "indirect".into(), "mixed".into()];
    Scheme {
        name: "test".to_owned(),
        labels: vec![
            label("speaker", '1', vec![attribute("entity", AttributeKind::Entity(vec![]))]),
            label("claim", '2', vec![attribute("quotation", AttributeKind::Choice(quotation))]),
            label(
                "statistic",
                '3',
                vec![attribute("value", AttributeKind::Number), attribute("from", AttributeKind::Date)],
            ),
        ],
        links: vec![link("says", "speaker", "claim", false), link("same", "claim", "claim", true)],
    }
}
