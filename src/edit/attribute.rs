//! Setting and clearing attributes.

use super::relabel::change_each;
use super::{Change, Refusal, Stamp};
use crate::model::{AnnotationId, Layer, Name, Project, Value};

/// Gives the attribute `name` of each of `ids` a value, or clears it.
///
/// # Errors
/// Where the label has no such attribute or the attribute does not take the value. Clearing what the scheme does not
/// know is always possible.
pub fn set_attribute(
    layer: &Layer,
    project: &Project,
    ids: &[AnnotationId],
    name: &Name,
    value: Option<&Value>,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    let what = match value {
        Some(_) => format!("set {name}"),
        None => format!("clear {name}"),
    };
    change_each(layer, ids, &what, stamp, |annotation| {
        let Some(value) = value else {
            annotation.attributes.remove(name);
            return Ok(());
        };
        let label = project.scheme.label(&annotation.label);
        let attribute = label
            .and_then(|l| l.attribute(name))
            .ok_or_else(|| Refusal::NoSuchAttribute { label: annotation.label.clone(), attribute: name.clone() })?;
        if !attribute.kind.takes(value, &project.entities) {
            let expected = attribute.kind.expected();
            return Err(Refusal::BadValue { attribute: name.clone(), value: value.to_string(), expected });
        }
        annotation.attributes.insert(name.clone(), value.clone());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{layer_of, refused, state_of};
    use crate::model::testing::{key, noon, scheme};

    fn set(name: &'static str, value: Value) -> impl Fn(&Layer) -> Result<Change, Refusal> {
        let project = Project::new("T", scheme());
        move |layer| {
            let stamp = Stamp::by_hand(noon());
            set_attribute(layer, &project, &[AnnotationId(1)], &name.into(), Some(&value), &stamp)
        }
    }

    #[test]
    fn a_value_must_be_of_the_kind_that_the_scheme_says() {
        let layer = layer_of("é [statistic:25%]");
        let change = set("value", Value::Number(25.0))(&layer).unwrap();
        let mut state = state_of(layer);
        state.apply(&change).unwrap();
        let annotation = state.layer(&key()).unwrap().get(AnnotationId(1)).unwrap();
        assert_eq!(annotation.attributes["value"], Value::Number(25.0));
        let message = refused("é [statistic:25%]", set("value", "much".into()));
        assert_eq!(message, "attribute “value” cannot be “much”: expected a number");
        assert!(refused("é [claim:x]", set("value", Value::Number(1.0))).contains("has no attribute"));
    }
}
