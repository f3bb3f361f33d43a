//! Giving annotations another label. Attributes that the new label does not have stay, and are shown as such.

use super::annotate::title;
use super::{Change, Edit, LayerChange, Refusal, Stamp};
use crate::model::layer::LayerError;
use crate::model::{Annotation, AnnotationId, Layer, Name, Scheme};

/// Gives each of `ids` the label `to`, as one step.
pub fn relabel(
    layer: &Layer,
    scheme: &Scheme,
    ids: &[AnnotationId],
    to: &Name,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    scheme.label(to).ok_or_else(|| Refusal::NoSuchLabel(to.clone()))?;
    let what = format!("relabel as {}", title(scheme, to));
    change_each(layer, ids, &what, stamp, |a| {
        a.label.clone_from(to);
        Ok(())
    })
}

/// Changes each of `ids` by `change`, as one step; what stays as it is, is left alone.
pub(super) fn change_each(
    layer: &Layer,
    ids: &[AnnotationId],
    what: &str,
    stamp: &Stamp,
    change: impl Fn(&mut Annotation) -> Result<(), Refusal>,
) -> Result<Change, Refusal> {
    let mut edits = Vec::with_capacity(ids.len());
    for &id in ids {
        let before = layer.get(id).ok_or(LayerError::NoSuchAnnotation(id))?;
        let mut after = before.clone();
        change(&mut after)?;
        if after != *before {
            layer.text().check(&after.span)?;
            // Twins among the changed ones are found when the change is applied.
            if let Some(twin) = layer.twin_of(&after).filter(|twin| !ids.contains(&twin.id)) {
                return Err(LayerError::Twin(twin.id, id).into());
            }
            after.provenance = after.provenance.modified(stamp.at);
            edits.push(Edit::change(before.clone(), after));
        }
    }
    if edits.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    let what = if edits.len() == 1 { what.to_owned() } else { format!("{what} ({} annotations)", edits.len()) };
    let mut layer_change = LayerChange::new(layer);
    layer_change.annotations = edits;
    Ok(Change::new(what, stamp).with_layer(layer_change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{check, refused};
    use crate::model::testing::{noon, scheme};

    fn to_claim(ids: &'static [u32]) -> impl Fn(&Layer) -> Result<Change, Refusal> {
        move |layer| {
            let ids: Vec<_> = ids.iter().map(|&n| AnnotationId(n)).collect();
            relabel(layer, &scheme(), &ids, &"claim".into(), &Stamp::by_hand(noon()))
        }
    }

    #[test]
    fn relabel_keeps_the_span_in_mixed_scripts_and_the_links() {
        check("🦀 [speaker:王] 说 [claim:下]{says 1 2}", to_claim(&[1]), "🦀 [claim:王] 说 [claim:下]{says 1 2}");
        check("[speaker:é] [statistic:5]", to_claim(&[1, 2]), "[claim:é] [claim:5]");
    }

    #[test]
    fn relabel_never_makes_twins() {
        assert!(refused("[speaker:[claim:é]]", to_claim(&[1])).contains("says the same"));
        assert!(refused("[speaker:[statistic:é]]", to_claim(&[1, 2])).contains("says the same"));
        assert_eq!(refused("[claim:é]", to_claim(&[1])), "nothing to change");
    }
}
