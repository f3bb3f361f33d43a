//! What an export cannot hold, by annotation and link, before anything is written; and how overlaps are resolved.

use super::output::{ExportDocument, ExportInput, ExportOptions};
use super::{Capability, Card, Format, tokens};
use crate::model::{Annotation, AnnotationId, Direction, DocumentId, Fragment, Layer, LinkId, Metadata, Name, Scheme};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

/// What is written where a format cannot hold overlapping or discontinuous spans.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Policy {
    /// Nothing at all: the person decides first.
    #[default]
    Refuse,
    /// Of those that overlap, the one that covers most (brat's own converter does the opposite).
    LongestFirst,
    /// Of those that overlap, the one that begins first (as doccano and Label Studio do).
    EarliestFirst,
    /// Of those that overlap, the one whose label stands first in the scheme.
    LabelOrder,
    /// Each label in a file of its own, where the format can; overlaps of one label as with `EarliestFirst`.
    OneFilePerLabel,
}

impl Policy {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] =
        [Self::Refuse, Self::LongestFirst, Self::EarliestFirst, Self::LabelOrder, Self::OneFilePerLabel];

    /// As the command line writes it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::LongestFirst => "longest-first",
            Self::EarliestFirst => "earliest-first",
            Self::LabelOrder => "label-order",
            Self::OneFilePerLabel => "one-file-per-label",
        }
    }
}

/// Something that an export of one layer does not hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Loss {
    /// What the format lacks.
    pub lacks: Capability,
    /// Which attribute, for [`Capability::Attributes`].
    pub attribute: Option<Name>,
    /// In words what is lost, where it is less than all of what the format lacks.
    pub only: Option<String>,
    /// In which document.
    pub document: DocumentId,
    /// In whose layer; empty for what belongs to the document.
    pub annotator: Name,
    /// The annotations that lose something.
    pub annotations: Vec<AnnotationId>,
    /// The links that lose something.
    pub links: Vec<LinkId>,
    /// Whether Byline gets it back all the same when it reads the file.
    pub byline_keeps: bool,
}

/// What a format lacks of one layer.
#[derive(Clone, PartialEq, Debug)]
pub struct Lost {
    /// What it lacks.
    pub lacks: Capability,
    /// Which attribute, for [`Capability::Attributes`].
    pub attribute: Option<Name>,
    /// The annotations that lose something.
    pub annotations: Vec<AnnotationId>,
    /// The links that lose something.
    pub links: Vec<LinkId>,
}

impl Lost {
    /// Something that annotations lack.
    pub fn of_annotations(lacks: Capability, annotations: Vec<AnnotationId>) -> Self {
        Self { lacks, attribute: None, annotations, links: Vec::new() }
    }
}

/// A part of a format's files in which a word belongs to one span at most, beside another that holds every span. What it
/// leaves out or changes is listed like any loss, and a [`Policy`] chosen: people train on that part alone.
#[derive(Clone, Copy, Debug)]
pub struct FlatPart {
    /// What it is called.
    pub name: &'static str,
    /// Where all spans are.
    pub elsewhere: &'static str,
    /// What is no word in it.
    pub is_blank: fn(char) -> bool,
    /// Whether only there discontinuous spans are what they are; else the card says what becomes of them.
    pub fills_gaps: bool,
}

impl Loss {
    /// Whether a person must choose a [`Policy`]: a span would be dropped or changed.
    pub fn needs_policy(&self) -> bool {
        use Capability::{Discontinuous, Nesting, Overlap, SeveralLabels};
        matches!(self.lacks, Overlap | Nesting | SeveralLabels | Discontinuous)
    }
}

impl Loss {
    /// What is lost, in words, without where.
    pub fn what(&self) -> String {
        let what = match self.lacks {
            Capability::Overlap => "overlapping spans that are left out",
            Capability::Nesting => "spans inside others that are left out",
            Capability::SeveralLabels => "further labels on one range that are left out",
            Capability::Discontinuous => "discontinuous spans that are written with their gaps",
            Capability::Links => "links that are left out",
            Capability::Attributes => "values that are left out",
            Capability::Notes => "notes that are left out",
            Capability::Metadata => "metadata that are left out",
            Capability::Directions => "the directions of single paragraphs, which are left out",
            Capability::Text if !self.annotations.is_empty() => "spans of nothing but white space that are left out",
            Capability::Text => "the text as a whole, which is left out",
            Capability::Provenance => "origins and times that are left out",
            Capability::Ids => "ids that are given anew",
            Capability::Entities => "entities that are left out",
            Capability::Status => "the status, which is left out",
            Capability::AnyAnnotation => "annotations that have no place there",
        };
        let what = self.only.as_deref().unwrap_or(what);
        match &self.attribute {
            Some(attribute) => format!("{what} (attribute {attribute})"),
            None => what.to_owned(),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.document)?;
        if !self.annotator.is_empty() {
            write!(f, ", {}", self.annotator)?;
        }
        write!(f, ": {}", self.what())?;
        let ids = self.annotations.iter().map(ToString::to_string).chain(self.links.iter().map(ToString::to_string));
        let count = self.annotations.len() + self.links.len();
        if count > 0 {
            let shown: Vec<_> = ids.take(12).collect();
            write!(
                f,
                ": {}{}",
                shown.join(", "),
                if count > 12 { format!(" and {} more", count - 12) } else { String::new() }
            )?;
        }
        if self.byline_keeps { f.write_str("; Byline reads it back") } else { Ok(()) }
    }
}

/// Everything that a format loses of `input`.
pub fn losses(format: &dyn Format, input: &ExportInput, options: &ExportOptions) -> Vec<Loss> {
    let card = format.card();
    let mut found = Vec::new();
    for document in &input.documents {
        of_document(format, document, options, &mut found);
        for layer in &document.layers {
            of_layer(format, layer, &input.project.scheme, options, &mut found);
            if format.holds_only_words() {
                wordless(card, document, layer, options, &mut found);
            }
            if let Some(part) = format.flat_part(options) {
                of_flat_part(part, document, layer, &input.project.scheme, options, &mut found);
            }
        }
    }
    found
}

fn of_document(format: &dyn Format, document: &ExportDocument, options: &ExportOptions, found: &mut Vec<Loss>) {
    let about = document.document;
    let has_metadata = about.metadata != Metadata::default() || about.original.is_some();
    let card = format.card();
    let in_part = Some(format).filter(|_| !options.without_text).and_then(|f| f.lacks_of_text(document.text));
    let lost = [
        (Capability::Metadata, has_metadata || about.direction != Direction::Auto),
        (Capability::Directions, !about.directions.is_empty()),
        (Capability::Text, options.without_text || !card.holds(Capability::Text) || in_part.is_some()),
    ];
    for (lacks, something) in lost {
        if something && !(card.holds(lacks) && lacks != Capability::Text) {
            found.push(Loss {
                lacks,
                attribute: None,
                only: if lacks == Capability::Text { in_part.clone() } else { None },
                document: document.document.id.clone(),
                annotator: Name::from(""),
                annotations: Vec::new(),
                links: Vec::new(),
                byline_keeps: card.keeps(lacks) && !options.plain && (lacks != Capability::Text || in_part.is_some()),
            });
        }
    }
}

/// What a flat part leaves out or changes, where the rest of the files holds it.
fn of_flat_part(
    part: FlatPart,
    document: &ExportDocument,
    layer: &Layer,
    scheme: &Scheme,
    options: &ExportOptions,
    found: &mut Vec<Loss>,
) {
    let FlatPart { name, elsewhere, is_blank, fills_gaps } = part;
    let gaps = layer.annotations().filter(|a| fills_gaps && a.span.is_discontinuous()).map(|a| a.id).collect();
    let lost = [
        (Capability::Overlap, "overlapping spans that are not in", flatten(layer, scheme, options.policy).dropped),
        (Capability::Discontinuous, "discontinuous spans that fill their gaps in", gaps),
        (Capability::Text, "spans of nothing but white space that are not in", wordless_of(document, layer, is_blank)),
    ];
    for (lacks, what, annotations) in lost {
        if !annotations.is_empty() {
            found.push(Loss {
                lacks,
                attribute: None,
                only: Some(format!("{what} {name}; {elsewhere} has them as they are")),
                document: layer.key().document.clone(),
                annotator: layer.key().annotator.clone(),
                annotations,
                links: Vec::new(),
                byline_keeps: false,
            });
        }
    }
}

/// Spans in which no word stands.
fn wordless_of(document: &ExportDocument, layer: &Layer, is_blank: fn(char) -> bool) -> Vec<AnnotationId> {
    let has_none = |text: &str| text.chars().all(is_blank);
    let is_wordless = |a: &&Annotation| document.text.as_str().get(a.span.hull()).is_some_and(has_none);
    layer.annotations().filter(is_wordless).map(|a| a.id).collect()
}

/// Spans of nothing but white space and controls, for formats that mark words.
fn wordless(card: &Card, document: &ExportDocument, layer: &Layer, options: &ExportOptions, found: &mut Vec<Loss>) {
    let annotations = wordless_of(document, layer, tokens::is_gap);
    if !annotations.is_empty() {
        let (document, annotator) = (layer.key().document.clone(), layer.key().annotator.clone());
        let byline_keeps = card.holds(Capability::Text) && !options.plain;
        let (attribute, only, links) = (None, None, Vec::new());
        found.push(Loss {
            lacks: Capability::Text,
            attribute,
            only,
            document,
            annotator,
            annotations,
            links,
            byline_keeps,
        });
    }
}

fn of_layer(format: &dyn Format, layer: &Layer, scheme: &Scheme, options: &ExportOptions, found: &mut Vec<Loss>) {
    let card = format.card();
    let mut lose = |lacks,
                    attribute: Option<Name>,
                    annotations: Vec<AnnotationId>,
                    links: Vec<LinkId>,
                    always: bool| {
        if !card.holds(lacks) && (always || !annotations.is_empty() || !links.is_empty()) {
            let (document, annotator) = (layer.key().document.clone(), layer.key().annotator.clone());
            let byline_keeps = card.keeps(lacks) && !options.plain;
            found.push(Loss { lacks, attribute, only: None, document, annotator, annotations, links, byline_keeps });
        }
    };
    let those = |which: &dyn Fn(&Annotation) -> bool| -> Vec<AnnotationId> {
        layer.annotations().filter(|a| which(a)).map(|a| a.id).collect()
    };
    let links = |which: &dyn Fn(&crate::model::Link) -> bool| -> Vec<LinkId> {
        layer.links().filter(|l| which(l)).map(|l| l.id).collect()
    };
    match format.lacks(layer) {
        Some(lost) => {
            for Lost { lacks, attribute, annotations, links } in lost {
                lose(lacks, attribute, annotations, links, false);
            }
        }
        None => {
            if !card.holds(Capability::Overlap) {
                // The weaker capabilities are part of it: who holds no overlap holds no nesting and no second label.
                lose(Capability::Overlap, None, flatten(layer, scheme, options.policy).dropped, Vec::new(), false);
            }
            lose(Capability::Discontinuous, None, those(&|a| a.span.is_discontinuous()), Vec::new(), false);
            lose(Capability::Links, None, Vec::new(), links(&|_| true), false);
            if !card.holds(Capability::Attributes) {
                for (name, ids) in by_attribute(layer.annotations()) {
                    lose(Capability::Attributes, Some(name.clone()), ids, Vec::new(), false);
                }
            }
            lose(Capability::Notes, None, those(&|a| !a.note.is_empty()), links(&|l| !l.note.is_empty()), false);
        }
    }
    // Every annotation has an origin: naming them all would say nothing.
    lose(Capability::Provenance, None, Vec::new(), Vec::new(), !layer.is_empty());
    lose(Capability::Status, None, Vec::new(), Vec::new(), layer.status() != crate::model::Status::NotStarted);
}

/// The annotations that have each attribute.
fn by_attribute<'a>(annotations: impl Iterator<Item = &'a Annotation>) -> BTreeMap<&'a Name, Vec<AnnotationId>> {
    let mut by_name: BTreeMap<&Name, Vec<AnnotationId>> = BTreeMap::new();
    for annotation in annotations {
        for name in annotation.attributes.keys() {
            by_name.entry(name).or_default().push(annotation.id);
        }
    }
    by_name
}

/// A layer without overlaps.
#[derive(Clone, PartialEq, Debug)]
pub struct Flattened<'a> {
    /// What is written, in the order of the layer.
    pub kept: Vec<&'a Annotation>,
    /// What is left out, in the order of the layer.
    pub dropped: Vec<AnnotationId>,
}

/// Leaves out of `layer` what overlaps something better by `policy`. Under `OneFilePerLabel` only annotations of one
/// label compete. Under `Refuse` it tells what `EarliestFirst` would leave out.
pub fn flatten<'a>(layer: &'a Layer, scheme: &Scheme, policy: Policy) -> Flattened<'a> {
    let rank = |a: &Annotation| scheme.labels.iter().position(|l| l.name == a.label).unwrap_or(usize::MAX);
    let mut order: Vec<&Annotation> = layer.annotations().collect();
    match policy {
        Policy::LongestFirst => order.sort_by_key(|a| Reverse(a.span.covered_bytes())),
        Policy::LabelOrder => order.sort_by_key(|a| rank(a)),
        // The layer's own order is by start.
        Policy::Refuse | Policy::EarliestFirst | Policy::OneFilePerLabel => {}
    }
    let mut taken: BTreeMap<Option<&Name>, BTreeMap<usize, usize>> = BTreeMap::new();
    let mut kept: std::collections::BTreeSet<AnnotationId> = std::collections::BTreeSet::new();
    for annotation in order {
        let rival = (policy == Policy::OneFilePerLabel).then_some(&annotation.label);
        let lane = taken.entry(rival).or_default();
        // A discontinuous span is written with its gaps, and so takes up all of its hull.
        let hull = annotation.span.hull();
        if is_free(lane, &hull) {
            lane.insert(hull.start, hull.end);
            kept.insert(annotation.id);
        }
    }
    let dropped = layer.annotations().filter(|a| !kept.contains(&a.id)).map(|a| a.id).collect();
    Flattened { kept: layer.annotations().filter(|a| kept.contains(&a.id)).collect(), dropped }
}

/// Whether nothing taken shares a byte with `range`; what is taken never overlaps.
fn is_free(taken: &BTreeMap<usize, usize>, range: &std::ops::Range<usize>) -> bool {
    taken.range(..range.end).next_back().is_none_or(|(_, end)| *end <= range.start)
}

/// The fragments to write: as they are where the format holds several, else one with the gaps.
pub fn fragments_for(card: &Card, annotation: &Annotation) -> Vec<Fragment> {
    let hull = annotation.span.hull();
    match Fragment::new(hull.start, hull.end) {
        Ok(whole) if !card.holds(Capability::Discontinuous) => vec![whole],
        _ => annotation.span.fragments().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{annotation, layer_over, scheme};

    #[test]
    fn each_policy_keeps_what_it_says_and_names_the_rest() {
        let mut layer = layer_over("é — she said twenty-five percent of it");
        layer.insert(annotation(1, "claim", 0..20)).unwrap();
        layer.insert(annotation(2, "statistic", 15..35)).unwrap();
        layer.insert(annotation(3, "speaker", 7..10)).unwrap();
        layer.insert(annotation(4, "claim", 34..37)).unwrap();
        let dropped = |policy| flatten(&layer, &scheme(), policy).dropped.iter().map(|a| a.0).collect::<Vec<_>>();
        assert_eq!(dropped(Policy::EarliestFirst), [3, 2]);
        assert_eq!(dropped(Policy::LongestFirst), [3, 2], "21 bytes against 20");
        assert_eq!(dropped(Policy::LabelOrder), [1, 2]);
        assert_eq!(dropped(Policy::OneFilePerLabel), Vec::<u32>::new());
    }
}
