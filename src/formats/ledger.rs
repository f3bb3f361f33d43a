//! Who said what: claims with their speakers and what they rest on, as far as labels and links tell it.
//!
//! Schemes are free; the roles here are told by the names of labels. What has no role is left to the caller.

use crate::model::{Annotation, AttributeKind, Entity, EntityId, Layer, Link, Project};
use std::collections::HashMap;

/// What annotations of a label are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Who speaks.
    Speaker,
    /// What is said.
    Claim,
    /// A quantity.
    Statistic,
    /// A named body.
    Organisation,
    /// The words that attribute a claim.
    Cue,
    /// Who is spoken to.
    Addressee,
}

/// The role of a label, by the names that schemes of the field use.
pub fn role(label: &str) -> Option<Role> {
    Some(match label.to_lowercase().as_str() {
        "speaker" | "source" | "person" | "per" => Role::Speaker,
        "claim" | "content" | "quotation" | "quote" => Role::Claim,
        "statistic" | "quantity" | "number" => Role::Statistic,
        "organisation" | "organization" | "org" => Role::Organisation,
        "cue" => Role::Cue,
        "addressee" => Role::Addressee,
        _ => return None,
    })
}

/// A claim with what is linked to it.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim<'a> {
    /// The claim.
    pub annotation: &'a Annotation,
    /// Who says it, in the order of the text.
    pub speakers: Vec<&'a Annotation>,
    /// On which quantities it rests, in the order of the text.
    pub statistics: Vec<&'a Annotation>,
    /// Its other links, with what stands at the other end.
    pub others: Vec<(&'a Link, &'a Annotation)>,
}

/// The claims of a layer in the order of the text: what has that role, and what somebody `says`.
pub fn claims(layer: &Layer) -> Vec<Claim<'_>> {
    layer.annotations().filter_map(|annotation| claim(layer, annotation)).collect()
}

/// An annotation as a claim, if it is one.
pub fn claim<'a>(layer: &'a Layer, annotation: &'a Annotation) -> Option<Claim<'a>> {
    let mut claim = Claim { annotation, speakers: Vec::new(), statistics: Vec::new(), others: Vec::new() };
    let mut is_said = role(&annotation.label) == Some(Role::Claim);
    for link in layer.links_of(annotation.id) {
        let points_here = link.to == annotation.id;
        let Some(end) = layer.get(if points_here { link.from } else { link.to }) else { continue };
        let end_role = role(&end.label);
        let says = points_here && (link.kind == "says" || (is_said && end_role == Some(Role::Speaker)));
        is_said |= says;
        if says {
            claim.speakers.push(end);
        } else if points_here && end_role == Some(Role::Statistic) {
            claim.statistics.push(end);
        } else {
            claim.others.push((link, end));
        }
    }
    for ends in [&mut claim.speakers, &mut claim.statistics] {
        ends.sort_by_key(|a| (a.span.start(), a.id));
        ends.dedup_by_key(|a| a.id);
    }
    is_said.then_some(claim)
}

/// Who says claims.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Voice<'a> {
    /// A person or organisation of the project, with its name.
    Entity(EntityId, &'a str),
    /// Whom only these words name.
    Words(String),
    /// The claim has no speaker.
    Nobody,
}

impl<'a> Voice<'a> {
    /// Whom an annotation names.
    pub fn of(speaker: &Annotation, layer: &Layer, project: &'a Project) -> Self {
        match entity(speaker, project) {
            Some(entity) => Self::Entity(entity.id, &entity.name),
            None => Self::Words(layer.text().quote(&speaker.span)),
        }
    }

    /// As shown.
    pub fn name(&self) -> &str {
        match self {
            Self::Entity(_, name) => name,
            Self::Words(words) => words,
            Self::Nobody => "Without a speaker",
        }
    }
}

/// Who speaks, in the order of their first claim, with their claims. A claim of two stands with both.
pub fn voices<'c, 'a, 'p>(
    claims: &'c [Claim<'a>],
    layer: &Layer,
    project: &'p Project,
) -> Vec<(Voice<'p>, Vec<&'c Claim<'a>>)> {
    let mut voices: Vec<(Voice, Vec<&Claim>)> = Vec::new();
    let mut places: HashMap<Voice, usize> = HashMap::new();
    for claim in claims {
        let mut of_claim: Vec<Voice> = claim.speakers.iter().map(|s| Voice::of(s, layer, project)).collect();
        if of_claim.is_empty() {
            of_claim.push(Voice::Nobody);
        }
        of_claim.dedup();
        for voice in of_claim {
            let place = *places.entry(voice.clone()).or_insert(voices.len());
            if place == voices.len() {
                voices.push((voice, Vec::new()));
            }
            // A voice that speaks twice in a claim has it once.
            let of_voice = &mut voices[place].1;
            if of_voice.last().is_none_or(|last| last.annotation.id != claim.annotation.id) {
                of_voice.push(claim);
            }
        }
    }
    voices
}

/// The named bodies that are linked to an annotation: to which a speaker belongs, from which a quantity comes.
pub fn organisations<'a>(layer: &'a Layer, annotation: &Annotation) -> Vec<(&'a Link, &'a Annotation)> {
    let end = |link: &'a Link| {
        let other = if link.to == annotation.id { link.from } else { link.to };
        layer.get(other).filter(|end| role(&end.label) == Some(Role::Organisation)).map(|end| (link, end))
    };
    layer.links_of(annotation.id).filter_map(end).collect()
}

/// The entity to which an annotation refers, by an attribute that the scheme says is one, or that is called so.
pub fn entity<'a>(annotation: &Annotation, project: &'a Project) -> Option<&'a Entity> {
    let values = annotation.attributes.iter().filter(|(name, _)| refers(annotation, name, project));
    let ids = values.filter_map(|(_, value)| value.as_text()?.parse::<EntityId>().ok());
    ids.into_iter().find_map(|id| project.entities.get(&id))
}

/// The address of a Wikidata item; nothing for what is no id of one.
pub fn wikidata_url(entity: &Entity) -> Option<String> {
    let id = entity.wikidata.as_deref()?;
    let digits = id.strip_prefix('Q')?;
    let is_id = !digits.is_empty() && digits.len() <= 12 && digits.bytes().all(|b| b.is_ascii_digit());
    is_id.then(|| format!("https://www.wikidata.org/wiki/{id}"))
}

/// An address, if it is one of the web: anything else could be a script.
pub fn web_url(url: &str) -> Option<&str> {
    let plain = url.bytes().all(|b| b.is_ascii_graphic());
    (plain && (url.starts_with("https://") || url.starts_with("http://"))).then_some(url)
}

/// A language tag, if it can be one (BCP 47: letters and digits in parts of up to eight, the first of letters).
pub fn language_tag(language: Option<&str>) -> Option<&str> {
    let mut parts = language?.split('-');
    let first = parts.next()?;
    let fits = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_tag = fits(first) && first.len() > 1 && !first.bytes().any(|b| b.is_ascii_digit()) && parts.all(fits);
    language.filter(|_| is_tag)
}

/// The value of an attribute in words, if it has one that is not blank.
pub fn words(annotation: &Annotation, attribute: &str) -> Option<String> {
    let words = annotation.attributes.get(attribute)?.to_string();
    (!words.trim().is_empty()).then_some(words)
}

/// Whether an attribute says who or what is meant.
pub fn refers(annotation: &Annotation, attribute: &str, project: &Project) -> bool {
    let label = project.scheme.label(&annotation.label);
    let kind = label.and_then(|label| label.attribute(attribute)).map(|attribute| &attribute.kind);
    kind.map_or(attribute == "entity", |kind| matches!(kind, AttributeKind::Entity(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::layer_of;

    #[test]
    fn claims_know_who_says_them_and_on_what_they_rest_whatever_the_links_are_called() {
        let layer = layer_of(
            "é [source:Ana] and [organization:ACME]: [claim:up [statistic:25 %]] [content:so] [claim:alone]\
             {says 1 3}{says 2 3}{attributed 1 5}{backs 4 3}{same 3 6}",
        );
        let claims = claims(&layer);
        let ids = |of: &[&Annotation]| of.iter().map(|a| a.id.0).collect::<Vec<_>>();
        let found: Vec<_> = claims.iter().map(|c| (c.annotation.id.0, ids(&c.speakers), ids(&c.statistics))).collect();
        assert_eq!(found, [(3, vec![1, 2], vec![4]), (5, vec![1], vec![]), (6, vec![], vec![])]);
        assert_eq!(claims[0].others.iter().map(|(l, a)| (l.kind.as_str(), a.id.0)).collect::<Vec<_>>(), [("same", 6)]);
    }

    #[test]
    fn what_could_be_a_script_is_no_address_and_what_is_no_tag_no_language() {
        for bad in ["javascript:alert(1)", "https://é.fr", "https://a b", "data:text/html,x", "//a", ""] {
            assert_eq!(web_url(bad), None, "{bad}");
        }
        assert_eq!(web_url("https://a.org/?x=\"<>"), Some("https://a.org/?x=\"<>"));
        for bad in ["", "e", "en us", "en\"x", "1a", "en-", "français", "abcdefghi"] {
            assert_eq!(language_tag(Some(bad)), None, "{bad}");
        }
        assert_eq!(language_tag(Some("zh-Hant-TW")), Some("zh-Hant-TW"));
    }
}
