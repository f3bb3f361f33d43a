//! Claims as fact-checkers exchange them: a list of schema.org `Claim`, in JSON-LD.
//!
//! Source: <https://schema.org/Claim>. A `ClaimReview` rates a claim. Nobody has rated anything here, so none is written:
//! whoever rates a claim wraps it and has text, speaker, date and place in the article already. Written only.

use super::ledger::{self, Claim, Role};
use super::output::{ExportDocument, ExportInput, ExportOptions, Sink, Verified, Verifier, WriteError, io_at};
use super::read::Progress;
use super::unit_trial::Unit;
use super::{Capability, Card, Format, Lost, Uses, encode};
use crate::model::{Annotation, AnnotationId, Entity, EntityKind, Layer, Link, LinkId, Name, Project, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::io;

/// The ledger of claims.
pub struct ClaimReview;

static CARD: Card = Card {
    name: "claimreview",
    title: "ClaimReview ledger",
    versions: "JSON-LD of schema.org, type Claim",
    uses: Uses::Export,
    extensions: &["jsonld", "json"],
    unit: Unit::CodePoints,
    holds: &[Capability::Overlap, Capability::Nesting, Capability::SeveralLabels, Capability::Discontinuous],
    byline_keeps: &[],
    cannot: "everything but claims with their values, speakers and the statistics that back them; the texts; links \
             between claims; it is not read back",
};

impl Format for ClaimReview {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn always_quotes(&self) -> bool {
        true
    }

    fn lacks(&self, layer: &Layer) -> Option<Vec<Lost>> {
        Some(lacks(layer))
    }

    fn write(
        &self,
        input: &ExportInput,
        _options: &ExportOptions,
        sink: &mut dyn Sink,
        progress: Progress,
    ) -> Result<Verified, WriteError> {
        let layers = || input.documents.iter().flat_map(|d| d.layers.iter().map(move |layer| (d, *layer)));
        let count: usize = layers().map(|(_, layer)| ledger::claims(layer).len()).sum();
        let name = "claims.jsonld";
        let mut out = sink.file(name)?;
        let head = json!({"@context": "https://schema.org", "@type": "ItemList", "name": input.project.name,
            "numberOfItems": count});
        let head = head.to_string();
        // The list is written as it comes, into the object that the head leaves open.
        let head = format!("{},\"itemListElement\":[", head.strip_suffix('}').unwrap_or(&head));
        out.write_all(head.as_bytes()).map_err(io_at(name))?;
        let (mut verified, mut position) = (Verified::default(), 0);
        for (n, document) in input.documents.iter().enumerate() {
            progress.step(n, input.documents.len())?;
            let mut verifier = Verifier::new(document);
            for layer in &document.layers {
                for claim in ledger::claims(layer) {
                    let item =
                        Writer { project: input.project, document, layer, verifier: &mut verifier }.claim(&claim)?;
                    let comma = if position > 0 { "," } else { "" };
                    position += 1;
                    let row = json!({"@type": "ListItem", "position": position, "item": item});
                    write!(out, "{comma}\n{row}").map_err(io_at(name))?;
                }
            }
            verified.slices += verifier.verified().slices;
        }
        let mut end = || -> io::Result<()> {
            out.write_all(b"\n]}\n")?;
            out.flush()
        };
        end().map_err(io_at(name))?;
        Ok(verified)
    }
}

/// What has no place: what is neither a claim nor linked to one, links of other kinds, what is known of a mention
/// besides whom it means, and notes on anything but claims.
fn lacks(layer: &Layer) -> Vec<Lost> {
    let (mut claims, mut statistics, mut names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut links: BTreeSet<LinkId> = BTreeSet::new();
    for claim in ledger::claims(layer) {
        let others: BTreeSet<_> = claim.others.iter().map(|(link, _)| link.id).collect();
        links.extend(layer.links_of(claim.annotation.id).map(|link| link.id).filter(|id| !others.contains(id)));
        claims.insert(claim.annotation.id);
        statistics.extend(claim.statistics.iter().map(|a| a.id));
        for speaker in claim.speakers {
            names.insert(speaker.id);
            let bodies: BTreeSet<_> = organisations(layer, speaker).iter().map(|a| a.id).collect();
            let to_bodies = layer.links_of(speaker.id).filter(|l| l.from == speaker.id && bodies.contains(&l.to));
            links.extend(to_bodies.map(|link| link.id));
            names.extend(bodies);
        }
    }
    let those = |which: &dyn Fn(&Annotation) -> bool| -> Vec<AnnotationId> {
        layer.annotations().filter(|a| which(a)).map(|a| a.id).collect()
    };
    let has_place = |a: &Annotation| [&claims, &statistics, &names].iter().any(|set| set.contains(&a.id));
    let is_name_alone =
        |a: &Annotation| names.contains(&a.id) && !claims.contains(&a.id) && !statistics.contains(&a.id);
    let noted = |a: &Annotation| has_place(a) && !claims.contains(&a.id) && !a.note.is_empty();
    let mut lost = vec![Lost::of_annotations(Capability::AnyAnnotation, those(&|a| !has_place(a)))];
    let mut attributes: BTreeSet<&Name> =
        layer.annotations().filter(|a| is_name_alone(a)).flat_map(|a| a.attributes.keys()).collect();
    attributes.retain(|name| *name != "entity");
    for name in attributes {
        let annotations = those(&|a| is_name_alone(a) && a.attributes.contains_key(name));
        let attribute = Some(name.clone());
        lost.push(Lost { attribute, ..Lost::of_annotations(Capability::Attributes, annotations) });
    }
    let of_links = |which: &dyn Fn(&Link) -> bool| layer.links().filter(|l| which(l)).map(|l| l.id).collect();
    let links_lost = of_links(&|link| !links.contains(&link.id));
    lost.push(Lost { links: links_lost, ..Lost::of_annotations(Capability::Links, Vec::new()) });
    let notes_lost = of_links(&|link| links.contains(&link.id) && !link.note.is_empty());
    lost.push(Lost { links: notes_lost, ..Lost::of_annotations(Capability::Notes, those(&noted)) });
    lost
}

/// The organisations to which a speaker is linked.
fn organisations<'a>(layer: &'a Layer, speaker: &Annotation) -> Vec<&'a Annotation> {
    let ends = layer.links_of(speaker.id).filter(|link| link.from == speaker.id).filter_map(|link| layer.get(link.to));
    let mut ends: Vec<_> = ends.filter(|end| ledger::role(&end.label) == Some(Role::Organisation)).collect();
    ends.sort_by_key(|a| a.id);
    ends.dedup_by_key(|a| a.id);
    ends
}

struct Writer<'a, 'v> {
    project: &'a Project,
    document: &'a ExportDocument<'a>,
    layer: &'a Layer,
    verifier: &'v mut Verifier<'a>,
}

impl Writer<'_, '_> {
    fn claim(&mut self, claim: &Claim) -> Result<Json, WriteError> {
        let annotation = claim.annotation;
        let metadata = &self.document.document.metadata;
        let quote = self.document.text.quote(&annotation.span);
        let mut of = Map::new();
        put(&mut of, "@type", "Claim");
        put(&mut of, "@id", self.iri(annotation.id));
        put(&mut of, "text", ledger::words(annotation, "normalised").unwrap_or(quote));
        put(&mut of, "inLanguage", ledger::language_tag(metadata.language.as_deref()));
        let mut parts = self.quotations(annotation, "claim")?;
        let mut authors: Vec<Json> = Vec::new();
        for speaker in &claim.speakers {
            parts.extend(self.quotations(speaker, "speaker")?);
            let author = self.author(speaker)?;
            // One person can be named twice.
            if !authors.contains(&author) {
                authors.push(author);
            }
        }
        put_list(&mut of, "author", authors);
        put(&mut of, "datePublished", metadata.date.map(|date| date.to_string()));
        put(&mut of, "appearance", self.article(parts));
        let statistics: Result<Vec<_>, _> = claim.statistics.iter().map(|s| self.statistic(s)).collect();
        put_list(&mut of, "citation", statistics?);
        let values = annotation.attributes.iter().filter(|(name, _)| *name != "normalised");
        put_list(&mut of, "keywords", values.flat_map(|(name, value)| terms(name, value)).collect());
        let annotator = self.layer.key().annotator.as_str();
        put(&mut of, "claimInterpreter", json!({"@type": "Person", "name": annotator}));
        let note = Some(&annotation.note).filter(|note| !note.is_empty());
        put(&mut of, "comment", note.map(|note| json!({"@type": "Comment", "text": note})));
        Ok(Json::Object(of))
    }

    /// Names an annotation within the file.
    fn iri(&self, id: AnnotationId) -> String {
        let annotator = self.layer.key().annotator.as_str();
        let mut encoded = String::new();
        for byte in annotator.bytes() {
            let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            if plain { encoded.push(char::from(byte)) } else { encoded.push_str(&format!("%{byte:02X}")) }
        }
        format!("#{}/{encoded}/{id}", self.document.document.id)
    }

    /// The words of an annotation, fragment by fragment, each with its place: `char=` of RFC 5147 counts code points
    /// from 0, the end not included.
    fn quotations(&mut self, annotation: &Annotation, name: &str) -> Result<Vec<Json>, WriteError> {
        let mut parts = Vec::new();
        for fragment in annotation.span.fragments() {
            let (at, text) = self.verifier.slice(&annotation.id.to_string(), fragment, CARD.unit)?;
            let position = format!("char={},{}", at.start, at.end);
            parts.push(json!({"@type": "Quotation", "name": name, "text": text, "position": position}));
        }
        Ok(parts)
    }

    /// Who speaks. Where nobody has said what the words stand for, there is no type: a guess would be one.
    fn author(&mut self, speaker: &Annotation) -> Result<Json, WriteError> {
        let entity = ledger::entity(speaker, self.project);
        let mut of = self.named(speaker, entity);
        let mut affiliations = Vec::new();
        for organisation in organisations(self.layer, speaker) {
            for fragment in organisation.span.fragments() {
                self.verifier.slice(&organisation.id.to_string(), fragment, CARD.unit)?;
            }
            let mut named = self.named(organisation, ledger::entity(organisation, self.project));
            put(&mut named, "@type", "Organization");
            affiliations.push(Json::Object(named));
        }
        // Only people are affiliated; a body that belongs to another is a member of it.
        let is_body = of.get("@type").is_some_and(|kind| kind == "Organization");
        put_list(&mut of, if is_body { "memberOf" } else { "affiliation" }, affiliations);
        Ok(Json::Object(of))
    }

    fn named(&self, annotation: &Annotation, entity: Option<&Entity>) -> Map<String, Json> {
        let mut of = Map::new();
        let is_body = ledger::role(&annotation.label) == Some(Role::Organisation);
        match entity.map(|entity| entity.kind) {
            Some(EntityKind::Person) => put(&mut of, "@type", "Person"),
            Some(EntityKind::Organisation) => put(&mut of, "@type", "Organization"),
            None if is_body => put(&mut of, "@type", "Organization"),
            None => {}
        }
        match entity {
            Some(entity) => {
                put(&mut of, "name", entity.name.as_str());
                put_list(&mut of, "alternateName", entity.aliases.iter().map(|a| a.as_str().into()).collect());
                put(&mut of, "sameAs", ledger::wikidata_url(entity));
            }
            None => put(&mut of, "name", self.document.text.quote(&annotation.span)),
        }
        of
    }

    /// The article in which the claim stands, with the words of it that count.
    fn article(&self, parts: Vec<Json>) -> Json {
        let about = self.document.document;
        let metadata = &about.metadata;
        let mut of = Map::new();
        put(&mut of, "@type", "NewsArticle");
        put(&mut of, "headline", about.title.as_str());
        put(&mut of, "url", metadata.url.as_deref().and_then(ledger::web_url));
        put_list(&mut of, "author", metadata.author.iter().map(|name| json!({"name": name})).collect());
        let publisher = metadata.source.iter().map(|name| json!({"@type": "Organization", "name": name}));
        put_list(&mut of, "publisher", publisher.collect());
        put(&mut of, "datePublished", metadata.date.map(|date| date.to_string()));
        put(&mut of, "inLanguage", ledger::language_tag(metadata.language.as_deref()));
        let hash = json!({"@type": "PropertyValue", "propertyID": "SHA-256 of the text", "value": self.document.text.sha256()});
        put(&mut of, "identifier", hash);
        put(&mut of, "hasPart", parts);
        Json::Object(of)
    }

    fn statistic(&mut self, statistic: &Annotation) -> Result<Json, WriteError> {
        let parts = self.quotations(statistic, "statistic")?;
        let mut of = Map::new();
        put(&mut of, "@type", "Quotation");
        put(&mut of, "text", self.document.text.quote(&statistic.span));
        put(&mut of, "hasPart", parts);
        let mut quantity = Map::new();
        put(&mut quantity, "@type", "QuantitativeValue");
        put(&mut quantity, "value", statistic.attributes.get("value").map(encode::json));
        put(&mut quantity, "unitText", ledger::words(statistic, "unit"));
        put(&mut quantity, "name", ledger::words(statistic, "about"));
        let known = ["value", "unit", "about", "from", "to", "place"];
        let others = statistic.attributes.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        let other = |(name, value): (&Name, &Value)| json!({"@type": "PropertyValue", "name": name.as_str(), "value": encode::json(value)});
        put_list(&mut quantity, "additionalProperty", others.map(other).collect());
        put(&mut of, "about", quantity);
        put(&mut of, "temporalCoverage", period(statistic));
        let place = ledger::words(statistic, "place").map(|name| json!({"@type": "Place", "name": name}));
        put(&mut of, "spatialCoverage", place);
        Ok(Json::Object(of))
    }
}

/// The time for which a statistic holds, as an interval of ISO 8601, with `..` for an open end.
fn period(statistic: &Annotation) -> Option<String> {
    match (ledger::words(statistic, "from"), ledger::words(statistic, "to")) {
        (None, None) => None,
        (Some(from), Some(to)) if from == to => Some(from),
        (from, to) => Some(format!("{}/{}", from.as_deref().unwrap_or(".."), to.as_deref().unwrap_or(".."))),
    }
}

/// A value of an attribute as terms of the set that the attribute is.
fn terms(name: &str, value: &Value) -> Vec<Json> {
    let term = |text: &str| json!({"@type": "DefinedTerm", "name": text, "inDefinedTermSet": {"@type": "DefinedTermSet", "name": name}});
    match value {
        Value::List(items) => items.iter().map(|item| term(item)).collect(),
        other => vec![term(&other.to_string())],
    }
}

/// Adds a value, if there is one.
fn put(of: &mut Map<String, Json>, key: &str, value: impl Into<Json>) {
    let value = value.into();
    if !value.is_null() {
        of.insert(key.to_owned(), value);
    }
}

/// Adds a list as JSON-LD has it: none at all, the one value, or several.
fn put_list(of: &mut Map<String, Json>, key: &str, mut values: Vec<Json>) {
    let value = match values.len() {
        0 => return,
        1 => values.remove(0),
        _ => Json::Array(values),
    };
    of.insert(key.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::layer_of;
    use crate::formats::output::Memory;
    use crate::formats::testing::set_value;
    use crate::formats::write;

    #[test]
    fn a_claim_has_its_sentence_speaker_date_place_and_evidence_and_nothing_that_nobody_said() {
        let mut layer = layer_of(
            "🦀 [speaker:Ana Ünal] of [organisation:ACME]: “[claim:prices rose by [statistic:25 %]]”. [speaker:He] left.\
             {says 1 3}{affiliated_with 1 2}{supports 4 3}",
        );
        for (id, name, value) in [
            (1, "entity", Value::from("e1")),
            (3, "quotation", "direct".into()),
            (3, "normalised", "Prices rose by 25% in 2026.".into()),
            (4, "value", Value::Number(25.0)),
            (4, "from", "2026".into()),
            (4, "comparison", "2025".into()),
        ] {
            set_value(&mut layer, id, name, value);
        }
        let mut project = Project::new("Prices", crate::model::testing::scheme());
        let id = crate::model::EntityId(1);
        let (name, wikidata) = ("Ana Ünal".to_owned(), Some("Q7".to_owned()));
        let (kind, aliases, note) = (EntityKind::Person, Vec::new(), String::new());
        project.entities.insert(id, Entity { id, kind, name, aliases, wikidata, note });
        let mut about = crate::edit::testing::document(layer.key().document.clone(), layer.text());
        about.metadata.url = Some("https://example.org/a".to_owned());
        let document = ExportDocument { document: &about, text: layer.text(), layers: vec![&layer] };
        let input = ExportInput { project: &project, documents: vec![document] };
        let mut memory = Memory::default();
        let written = write(&ClaimReview, &input, &ExportOptions::default(), &mut memory, Progress::none()).unwrap();
        let found: Json = serde_json::from_slice(&memory.0["claims.jsonld"]).unwrap();
        let quotation = |name: &str, text: &str, position: &str| json!({"@type": "Quotation", "name": name, "text": text, "position": position});
        let claim = json!({
            "@type": "Claim",
            "@id": "#0001-test/maria/a3",
            "text": "Prices rose by 25% in 2026.",
            "author": {
                "@type": "Person",
                "name": "Ana Ünal",
                "sameAs": "https://www.wikidata.org/wiki/Q7",
                "affiliation": {"@type": "Organization", "name": "ACME"},
            },
            "appearance": {
                "@type": "NewsArticle",
                "headline": "0001-test",
                "url": "https://example.org/a",
                "identifier": {"@type": "PropertyValue", "propertyID": "SHA-256 of the text", "value": layer.text().sha256()},
                "hasPart": [quotation("claim", "prices rose by 25 %", "char=21,40"), quotation("speaker", "Ana Ünal", "char=2,10")],
            },
            "citation": {
                "@type": "Quotation",
                "text": "25 %",
                "hasPart": [quotation("statistic", "25 %", "char=36,40")],
                "about": {
                    "@type": "QuantitativeValue",
                    "value": 25,
                    "additionalProperty": {"@type": "PropertyValue", "name": "comparison", "value": "2025"},
                },
                "temporalCoverage": "2026/..",
            },
            "keywords": {
                "@type": "DefinedTerm",
                "name": "direct",
                "inDefinedTermSet": {"@type": "DefinedTermSet", "name": "quotation"},
            },
            "claimInterpreter": {"@type": "Person", "name": "maria"},
        });
        assert_eq!(found["itemListElement"][0]["item"], claim);
        assert_eq!(
            (&found["numberOfItems"], &found["@type"], &found["name"]),
            (&json!(1), &json!("ItemList"), &json!("Prices"))
        );
        let lost: Vec<_> = written.losses.iter().map(ToString::to_string).collect();
        assert!(!lost.iter().any(|l| l.contains("quotation") || l.contains("links")), "{lost:?}");
        assert!(lost.contains(&"0001-test, maria: annotations that have no place there: a5".to_owned()), "{lost:?}");
    }
}
