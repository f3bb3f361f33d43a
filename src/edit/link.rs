//! Links: making, turning into another kind, removing; and which kinds are possible between two annotations.

use super::{Change, Edit, LayerChange, Refusal, Stamp};
use crate::model::layer::LayerError;
use crate::model::{AnnotationId, Layer, Link, LinkDef, LinkId, Name, Scheme};

/// A link that the scheme allows between two annotations.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Candidate<'a> {
    /// The kind.
    pub def: &'a LinkDef,
    /// Where it would start.
    pub from: AnnotationId,
    /// Where it would point.
    pub to: AnnotationId,
}

/// The links that the scheme allows between `a` and `b`, in either direction, and that are not there yet.
pub fn candidates<'a>(layer: &Layer, scheme: &'a Scheme, a: AnnotationId, b: AnnotationId) -> Vec<Candidate<'a>> {
    let (Some(first), Some(second)) = (layer.get(a), layer.get(b)) else { return Vec::new() };
    let mut found: Vec<Candidate<'a>> = Vec::new();
    if a == b {
        return found;
    }
    for def in &scheme.links {
        for (from, to) in [(first, second), (second, first)] {
            let other_way = def.symmetric && found.iter().any(|c| c.def == def);
            if def.joins(&from.label, &to.label) && !other_way && existing(layer, def, from.id, to.id).is_none() {
                found.push(Candidate { def, from: from.id, to: to.id });
            }
        }
    }
    found
}

/// The link of this kind between these ends; for a symmetric kind, in either direction.
fn existing(layer: &Layer, def: &LinkDef, from: AnnotationId, to: AnnotationId) -> Option<LinkId> {
    let same = |l: &&Link| {
        l.kind == def.name && ((l.from, l.to) == (from, to) || (def.symmetric && (l.from, l.to) == (to, from)))
    };
    layer.links_of(from).find(same).map(|l| l.id)
}

/// Makes a link of kind `kind`.
pub fn link(
    layer: &Layer,
    scheme: &Scheme,
    kind: &Name,
    from: AnnotationId,
    to: AnnotationId,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    let def = scheme.link(kind).ok_or_else(|| Refusal::NoSuchLinkKind(kind.clone()))?;
    let start = layer.get(from).ok_or(LayerError::NoSuchAnnotation(from))?;
    let end = layer.get(to).ok_or(LayerError::NoSuchAnnotation(to))?;
    if !def.joins(&start.label, &end.label) {
        return Err(Refusal::BadEnds { kind: kind.clone(), from: start.label.clone(), to: end.label.clone() });
    }
    let id = LinkId(layer.fresh_ids().link);
    if from == to {
        return Err(LayerError::SelfLink(id).into());
    }
    if let Some(twin) = existing(layer, def, from, to) {
        return Err(LayerError::TwinLink(twin, id).into());
    }
    let made = Link { id, kind: kind.clone(), from, to, note: String::new(), provenance: stamp.provenance() };
    let mut change = LayerChange::new(layer);
    change.links.push(Edit::make(made));
    change.next.1.link = id.0 + 1;
    Ok(Change::new(format!("link: {}", def.title), stamp).with_layer(change))
}

/// Removes a link.
pub fn unlink(layer: &Layer, id: LinkId, stamp: &Stamp) -> Result<Change, Refusal> {
    let link = layer.link(id).ok_or(LayerError::NoSuchLink(id))?;
    let mut change = LayerChange::new(layer);
    change.links.push(Edit::remove(link.clone()));
    Ok(Change::new("remove a link", stamp).with_layer(change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{check, layer_of, refused};
    use crate::model::testing::{noon, scheme};

    #[test]
    fn only_what_the_scheme_allows_is_offered_and_made() {
        let layer = layer_of("[speaker:王] 说 [claim:下] [claim:雨] [statistic:5]");
        let offered = |a, b| -> Vec<_> {
            let scheme = scheme();
            let found = candidates(&layer, &scheme, AnnotationId(a), AnnotationId(b));
            found.iter().map(|c| format!("{} {} {}", c.def.name, c.from.0, c.to.0)).collect()
        };
        assert_eq!(offered(1, 2), ["says 1 2"]);
        assert_eq!(offered(2, 1), ["says 1 2"], "whichever end is picked first");
        assert_eq!(offered(3, 2), ["same 3 2"], "a symmetric kind is offered once");
        assert_eq!(offered(1, 4), [""; 0]);
        let says = |from, to| {
            move |l: &Layer| {
                link(l, &scheme(), &"says".into(), AnnotationId(from), AnnotationId(to), &Stamp::by_hand(noon()))
            }
        };
        check("[speaker:王] [claim:雨]", says(1, 2), "[speaker:王] [claim:雨]{says 1 2}");
        let refusal = refused("[speaker:王] [claim:雨]", says(2, 1));
        assert_eq!(refusal, "a link “says” cannot go from “claim” to “speaker”");
        assert!(refused("[speaker:王] [claim:雨]{says 1 2}", says(1, 2)).contains("says the same"));
        let same =
            |l: &Layer| link(l, &scheme(), &"same".into(), AnnotationId(2), AnnotationId(1), &Stamp::by_hand(noon()));
        assert!(refused("[claim:王] [claim:雨]{same 1 2}", same).contains("says the same"));
        let cut = |l: &Layer| unlink(l, LinkId(1), &Stamp::by_hand(noon()));
        check("[speaker:王] [claim:雨]{says 1 2}", cut, "[speaker:王] [claim:雨]");
    }
}
