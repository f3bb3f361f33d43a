//! What is left to check in a document: what departs from the scheme, and what one should know but does not.

use crate::merge::meant_elsewhere;
use crate::model::layer::order_key;
use crate::model::{Annotation, AnnotationId, AttributeKind, Entity, EntityId, Layer, LinkDef, Scheme, Value};
use std::collections::BTreeMap;

/// Something about an annotation that a person should look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doubt {
    /// The annotation.
    pub annotation: AnnotationId,
    /// What is to be looked at, in few words: “Claim without a speaker”.
    pub what: String,
    /// All that is known of it; empty where the few words say all.
    pub more: String,
}

/// All that is to be checked in a layer, in the order of the text.
///
/// What must be known is told by the scheme's first kind of link, for which people annotate at all: in “Who said what”
/// that is who says a claim. Where it may lead to a label, an annotation of this label without one is incomplete.
pub fn doubts(layer: &Layer, scheme: &Scheme, entities: &BTreeMap<EntityId, Entity>) -> Vec<Doubt> {
    let principal = scheme.links.first().filter(|def| !def.symmetric);
    let mut found: Vec<(&Annotation, Doubt)> = Vec::new();
    for annotation in layer.in_any_order() {
        let title = scheme.title_of(&annotation.label);
        let mut doubt = |what: String, more: String| {
            found.push((annotation, Doubt { annotation: annotation.id, what, more }));
        };
        let departures = scheme.departures(annotation, entities);
        if !departures.is_empty() {
            let more = departures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            doubt(format!("{title} not as the scheme says"), more);
        }
        for more in unclear(annotation, scheme, entities) {
            doubt(format!("{title}: who is meant?"), more);
        }
        if let Some(def) = principal.filter(|def| lacks(layer, def, annotation)) {
            let others: Vec<_> = def.from.iter().filter_map(|name| scheme.label(name)).collect();
            let other = match others[..] {
                [only] => with_article(&only.title.to_lowercase()),
                _ => format!("a link “{}”", def.inverse),
            };
            doubt(format!("{title} without {other}"), String::new());
        }
    }
    for link in layer.links() {
        let ends = layer.get(link.from).zip(layer.get(link.to));
        let Some((from, to)) = ends else { continue };
        if let Some(departure) = scheme.link_departure(link, &from.label, &to.label) {
            let what = format!("Link “{}” not as the scheme says", link.kind);
            found.push((from, Doubt { annotation: from.id, what, more: departure.to_string() }));
        }
    }
    found.sort_by_key(|(annotation, _)| order_key(annotation));
    found.into_iter().map(|(_, doubt)| doubt).collect()
}

/// To whom an annotation refers by a number that two sides gave to different people or organisations, each in words with
/// the other one: where they were merged, nobody but a person can tell who is meant.
pub fn unclear(annotation: &Annotation, scheme: &Scheme, entities: &BTreeMap<EntityId, Entity>) -> Vec<String> {
    let attributes = scheme.label(&annotation.label).map(|label| label.attributes.as_slice()).unwrap_or_default();
    let of_entities = attributes.iter().filter(|def| matches!(def.kind, AttributeKind::Entity(_)));
    let mut found = Vec::new();
    for def in of_entities {
        let value = annotation.attributes.get(&def.name).and_then(Value::as_text);
        let Some(here) = value.and_then(|id| entities.get(&id.parse().ok()?)) else { continue };
        for there in meant_elsewhere(here).iter().filter_map(|id| entities.get(id)) {
            found.push(format!(
                "{} is “{}”; in layers of another side it meant “{}”, now {}",
                here.id, here.name, there.name, there.id
            ));
        }
    }
    found
}

fn lacks(layer: &Layer, def: &LinkDef, annotation: &Annotation) -> bool {
    let wanted = def.to.contains(&annotation.label) && !def.from.contains(&annotation.label);
    wanted && !layer.links_of(annotation.id).any(|link| link.to == annotation.id && link.kind == def.name)
}

fn with_article(noun: &str) -> String {
    let an = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if an { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::layer_of;
    use crate::model::testing::scheme;

    #[test]
    fn claims_without_a_speaker_and_what_the_scheme_does_not_know_are_listed_in_the_order_of_the_text() {
        let layer = layer_of("é [żółw:nobody] [claim:said][claim:unsaid] [speaker:Zoë]{says 4 2}{says 3 4}{sagt 4 2}");
        let found = doubts(&layer, &scheme(), &BTreeMap::new());
        let words: Vec<_> = found.iter().map(|d| (d.annotation.0, d.what.as_str())).collect();
        assert_eq!(
            words,
            [
                (1, "żółw not as the scheme says"),
                (3, "claim without a speaker"),
                (3, "Link “says” not as the scheme says"),
                (4, "Link “sagt” not as the scheme says"),
            ]
        );
        assert_eq!(found[0].more, "the scheme has no label “żółw”");
        assert_eq!(doubts(&layer_of("[claim:said] [speaker:Zoë]{says 2 1}"), &scheme(), &BTreeMap::new()), []);
    }
}
