//! What the cells of a file say: annotations by layer, id and place in a stack; relations, slots and chains as links.

use super::escape::{bracketed, parts, value_from, value_of};
use super::header::{Column, Kind, Layer};
use super::links::{End, Pending};
use super::read::{Lines, Row};
use super::{LINK_FEATURE, NOTE, features, short};
use crate::formats::cas::names::made_by_program;
use crate::formats::cas::told::Told;
use crate::formats::encode;
use crate::formats::problem::{Cause, Place, Problem, shown};
use crate::formats::read::{Cancelled, Names, Progress};
use crate::formats::resolve::{RawLayer, RawSpan};
use crate::formats::unit_trial::Claim;
use crate::model::{AnnotationId, LinkId, Name, Value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What stands for no annotation in a cell.
const NONE: &str = "_";
/// What stands for no value.
const NO_VALUE: &str = "*";

/// Reads the cells of one file.
pub struct Cells<'a> {
    pub file: &'a str,
    pub lines: &'a Lines<'a>,
    /// The rows whose place in the text is not known.
    pub wrong: HashSet<usize>,
    pub names: &'a mut Names,
    pub problems: &'a mut Vec<Problem>,
    pub told: &'a mut Told,
    pub used: &'a mut BTreeMap<Name, (String, bool)>,
    pub valued: &'a mut HashSet<(Name, Name)>,
    pub taken: Taken<'a>,
}

/// What was read so far.
#[derive(Default)]
pub struct Taken<'a> {
    pub layer: RawLayer,
    /// Spans by layer and id.
    pub by_id: HashMap<(usize, u32), usize>,
    /// The first span with an id, in any layer.
    pub any_by_id: HashMap<u32, usize>,
    /// The first span of a layer in a row.
    pub at_row: HashMap<(usize, usize), usize>,
    /// The first span of any layer in a row.
    pub any_at_row: HashMap<usize, usize>,
    /// Spans of words at which relations end, by row.
    pub words: HashMap<usize, usize>,
    /// Elements of chains, by layer, chain and place in it.
    pub elements: BTreeMap<(usize, u32, u32), usize>,
    pub pending: Vec<Pending<'a>>,
}

/// One place in the stack of a layer at a row.
struct Slot {
    span: usize,
    is_new: bool,
}

impl<'a> Cells<'a> {
    /// The layer of the file.
    pub fn layer(&mut self, progress: Progress) -> Result<RawLayer, Cancelled> {
        let header = &self.lines.header;
        let width = header.width();
        let mut cells: Vec<&'a str> = Vec::with_capacity(width);
        for (n, row) in self.lines.rows.iter().enumerate() {
            if n % 4_096 == 0 {
                progress.step(n, self.lines.rows.len())?;
            }
            let (unit, _, all) = self.lines.fields(*row);
            cells.clear();
            cells.extend(all.split('\t'));
            // A row ends with a tab, but not every program writes it.
            if cells.len() == width + 1 && cells.last() == Some(&"") {
                cells.pop();
            }
            if cells.len() != width && !(width == 0 && cells == [""]) {
                let (expected, found) = (format!("{width} cells after the token"), format!("{}", cells.len()));
                self.problems.push(Problem::syntax(self.place(*row), expected, found));
                continue;
            }
            let mut from = 0;
            for (l, layer) in header.layers.iter().enumerate() {
                let to = from + layer.columns.len();
                let own = cells.get(from..to).unwrap_or_default();
                from = to;
                if own.iter().all(|cell| *cell == NONE || cell.is_empty()) {
                    continue;
                }
                let read = match layer.kind {
                    Kind::Span => self.spans(l, layer, own, unit, n),
                    Kind::Relation => self.relations(l, layer, own, unit, n),
                    Kind::Chain => self.chain(l, layer, own, unit, n),
                };
                self.problems.extend(read.err());
            }
        }
        self.chains();
        self.links();
        let mut layer = std::mem::take(&mut self.taken.layer);
        self.complete(&mut layer);
        Ok(layer)
    }

    pub fn place(&self, row: Row) -> Place {
        Place::line(self.file, row.line as usize)
    }

    pub fn row(&self, n: usize) -> Row {
        self.lines.rows.get(n).copied().unwrap_or_default()
    }

    /// Makes a span at a row.
    pub fn new_span(&mut self, id: String, kind: &Name, n: usize) -> usize {
        let row = self.row(n);
        let label = self.type_name(kind, false);
        let mut span = RawSpan::new(id, label, row.line as usize);
        let place = row.begin as usize..row.end as usize;
        span.claim = Claim { fragments: [place].into(), quote: None };
        self.taken.layer.spans.push(span);
        self.taken.layer.spans.len() - 1
    }

    /// A span goes on at a row: it ends there, as for INCEpTION.
    fn extend(&mut self, span: usize, n: usize) {
        let row = self.row(n);
        let claim = self.taken.layer.spans.get_mut(span).and_then(|span| span.claim.fragments.first_mut());
        if let Some(fragment) = claim {
            fragment.end = (row.end as usize).max(fragment.start);
        }
    }

    /// The name that Byline wrote beside a type, else the full one until all are known.
    fn type_name(&mut self, kind: &Name, of_links: bool) -> Name {
        if let Some(name) = self.said("names", kind).and_then(Json::as_str) {
            return self.names.get(name);
        }
        self.used.entry(kind.clone()).or_insert_with(|| (short(kind).to_owned(), of_links));
        kind.clone()
    }

    fn said(&self, what: &str, key: &str) -> Option<&'a Json> {
        self.lines.extras.get(what)?.get(key)
    }

    fn attribute(&mut self, kind: &Name, feature: &Name) -> Name {
        match self.said("names", &format!("{kind}/{feature}")).and_then(Json::as_str) {
            Some(name) => self.names.get(name),
            None => feature.clone(),
        }
    }

    fn spans(&mut self, l: usize, layer: &Layer, cells: &[&'a str], unit: &'a str, n: usize) -> Result<(), Problem> {
        if made_by_program(&layer.name) {
            *self.told.left_out.entry(layer.name.clone()).or_default() += 1;
            return Ok(());
        }
        let place = self.place(self.row(n));
        // Values with ids belong together by these, others by their place in the stack.
        let mut ids: Vec<Option<u32>> = Vec::new();
        let mut known: HashMap<u32, usize> = HashMap::new();
        let mut found: Vec<(usize, usize, &'a str)> = Vec::new();
        for (c, (column, cell)) in layer.columns.iter().zip(cells).enumerate() {
            if *cell == NONE {
                continue;
            }
            for (s, part) in parts(cell, '|').enumerate() {
                let is_target = matches!(column, Column::Targets(_));
                let (value, id) = if is_target { (part, None) } else { bracketed(part) };
                let id = id.map(|id| id.parse::<u32>().map_err(|_| wrong_id(&place, part))).transpose()?;
                let slot = match (id.and_then(|id| known.get(&id)), id) {
                    (Some(slot), _) => *slot,
                    (None, Some(_)) if ids.get(s).is_some_and(Option::is_some) => ids.len(),
                    _ => s,
                };
                if slot >= ids.len() {
                    ids.resize(slot + 1, None);
                }
                ids[slot] = ids[slot].or(id);
                known.extend(id.map(|id| (id, slot)));
                found.push((c, slot, value));
            }
        }
        let slots: Vec<Slot> =
            ids.into_iter().enumerate().map(|(s, id)| self.slot(l, layer, id, (unit, s), n)).collect();
        if let Some(first) = slots.first() {
            self.taken.at_row.entry((l, n)).or_insert(first.span);
            self.taken.any_at_row.entry(n).or_insert(first.span);
        }
        let mut roles: HashMap<usize, Vec<Option<String>>> = HashMap::new();
        for (c, s, value) in found {
            let (Some(column), Some(slot)) = (layer.columns.get(c), slots.get(s)) else { continue };
            if !slot.is_new || matches!(value, NONE | NO_VALUE) && !matches!(column, Column::Roles(_)) {
                continue;
            }
            match column {
                Column::Feature(feature) => self.value(&layer.name, slot.span, feature, value),
                Column::Roles(_) if value == NONE => {}
                Column::Roles(_) => {
                    let role = |role: &str| (role != NO_VALUE).then(|| value_of(role)).filter(|r| !r.trim().is_empty());
                    roles.insert(slot.span, parts(value, ';').map(role).collect());
                }
                Column::Targets(base) => {
                    let feature = layer.columns.get(c.wrapping_sub(1)).and_then(|column| match column {
                        Column::Roles(feature) => Some(feature.clone()),
                        _ => None,
                    });
                    let feature = feature.unwrap_or_else(|| base.clone());
                    let roles = roles.remove(&slot.span).unwrap_or_default();
                    self.slots(l, slot.span, &feature, base, (value, &roles), n)?;
                }
                Column::Nothing | Column::From(_) => {}
            }
        }
        Ok(())
    }

    /// The annotation at a place of a stack: one that goes on, or a new one.
    fn slot(&mut self, l: usize, layer: &Layer, id: Option<u32>, (unit, s): (&str, usize), n: usize) -> Slot {
        if let Some(known) = id.and_then(|id| self.taken.by_id.get(&(l, id)).copied()) {
            self.extend(known, n);
            return Slot { span: known, is_new: false };
        }
        let raw = match id {
            Some(id) if !self.taken.any_by_id.contains_key(&id) => id.to_string(),
            Some(id) => format!("{id} {}", layer.shown),
            None if s == 0 => format!("{unit} {}", layer.shown),
            None => format!("{unit} {} {}", layer.shown, s + 1),
        };
        let span = self.new_span(raw, &layer.name, n);
        if let Some(id) = id {
            self.taken.by_id.insert((l, id), span);
            self.taken.any_by_id.entry(id).or_insert(span);
            if let Some(span) = self.taken.layer.spans.get_mut(span) {
                span.number = Some(id);
            }
        }
        Slot { span, is_new: true }
    }

    fn value(&mut self, kind: &Name, span: usize, feature: &Name, part: &str) {
        let value = value_from(&value_of(part));
        if feature == NOTE {
            if let Some(span) = self.taken.layer.spans.get_mut(span) {
                span.note = value_of(part);
            }
            return;
        }
        self.valued.insert((kind.clone(), feature.clone()));
        let name = self.attribute(kind, feature);
        if let Some(span) = self.taken.layer.spans.get_mut(span) {
            span.attributes.entry(name).or_insert(value);
        }
    }

    fn slots(
        &mut self,
        l: usize,
        host: usize,
        feature: &Name,
        base: &Name,
        (cell, roles): (&'a str, &[Option<String>]),
        n: usize,
    ) -> Result<(), Problem> {
        for (r, part) in parts(cell, ';').enumerate().filter(|(_, part)| !matches!(*part, NONE | NO_VALUE)) {
            let (unit, id) = bracketed(part);
            let id = id.map(|id| id.parse().map_err(|_| wrong_id(&self.place(self.row(n)), part))).transpose()?;
            let kind = match roles.get(r) {
                Some(Some(role)) => self.names.get(role),
                _ => feature.clone(),
            };
            self.taken.pending.push(Pending {
                row: n,
                layer: l,
                kind,
                from: End::Span(host),
                to: End::Unit(unit, id),
                base: base.clone(),
                note: String::new(),
                with_values: false,
                is_relation: false,
            });
        }
        Ok(())
    }

    fn relations(
        &mut self,
        l: usize,
        layer: &Layer,
        cells: &[&'a str],
        unit: &'a str,
        n: usize,
    ) -> Result<(), Problem> {
        let place = self.place(self.row(n));
        let from = layer.columns.iter().zip(cells).find_map(|(column, cell)| match column {
            Column::From(base) => Some((base, *cell)),
            _ => None,
        });
        let Some((base, from)) = from.filter(|(_, cell)| *cell != NONE && !cell.is_empty()) else {
            return Err(Problem::syntax(
                place,
                "where the relation comes from, such as `1-2`",
                shown(&cells.join("\t")),
            ));
        };
        let features = layer.columns.iter().zip(cells).filter_map(|(column, cell)| match column {
            Column::Feature(name) if *cell != NONE => Some((name, parts(cell, '|').collect::<Vec<_>>())),
            _ => None,
        });
        let features: Vec<_> = features.collect();
        for (s, part) in parts(from, '|').enumerate() {
            let (source, ids) = bracketed(part);
            let ids = ids.map(|ids| {
                let (from, to) = ids.split_once('_').unwrap_or((ids, ""));
                Some((from.parse::<u32>().ok()?, to.parse::<u32>().ok()?))
            });
            let (from, to) = match ids {
                Some(ids) => ids.ok_or_else(|| wrong_id(&place, part))?,
                None => (0, 0),
            };
            let id = |id: u32| Some(id).filter(|id| *id > 0);
            let values = features.iter().filter_map(|(name, parts)| Some((*name, *parts.get(s)?)));
            let values: Vec<_> =
                values.filter(|(_, part)| *part != NO_VALUE).map(|(n, p)| (n.as_str(), value_of(p))).collect();
            let kind = self.type_name(&layer.name, true);
            self.taken.pending.push(Pending {
                row: n,
                layer: l,
                kind,
                from: End::Unit(source, id(from)),
                to: End::Unit(unit, id(to)),
                base: base.clone(),
                with_values: values.iter().any(|(name, _)| *name != NOTE),
                note: features::note(values),
                is_relation: true,
            });
        }
        Ok(())
    }

    fn chain(&mut self, l: usize, layer: &Layer, cells: &[&'a str], unit: &'a str, n: usize) -> Result<(), Problem> {
        let place = self.place(self.row(n));
        let column =
            |wanted: &str| layer.columns.iter().position(|c| matches!(c, Column::Feature(name) if name == wanted));
        let Some(cell) = column(LINK_FEATURE).and_then(|c| cells.get(c)).filter(|cell| **cell != NONE) else {
            return Err(Problem::syntax(place, "a place in a chain, such as `*->1-2`", shown(&cells.join("\t"))));
        };
        let columns = layer.columns.iter().zip(cells).filter_map(|(column, cell)| match column {
            Column::Feature(feature) if feature != LINK_FEATURE => {
                Some((feature, parts(cell, '|').collect::<Vec<_>>()))
            }
            _ => None,
        });
        let columns: Vec<_> = columns.collect();
        for (s, part) in parts(cell, '|').enumerate() {
            let element = part.rsplit_once("->").and_then(|(value, place)| {
                let (chain, element) = place.split_once('-')?;
                Some((value, chain.parse().ok()?, element.parse().ok()?))
            });
            let Some((value, chain, element)) = element else {
                return Err(Problem::syntax(place, "a place in a chain, such as `*->1-2`", shown(part)));
            };
            if let Some(known) = self.taken.elements.get(&(l, chain, element)).copied() {
                self.extend(known, n);
                continue;
            }
            let span = self.new_span(format!("{unit} {} {chain}-{element}", layer.shown), &layer.name, n);
            self.taken.elements.insert((l, chain, element), span);
            self.taken.at_row.entry((l, n)).or_insert(span);
            self.taken.any_at_row.entry(n).or_insert(span);
            let link = self.names.get(LINK_FEATURE);
            let others = columns.iter().filter_map(|(feature, parts)| Some((*feature, bracketed(parts.get(s)?).0)));
            for (feature, part) in std::iter::once((&link, value)).chain(others) {
                if !matches!(part, NONE | NO_VALUE) {
                    self.value(&layer.name, span, feature, part);
                }
            }
        }
        Ok(())
    }

    /// Adds what Byline wrote for itself, and leaves out what has no place.
    fn complete(&mut self, layer: &mut RawLayer) {
        let extras = &self.lines.extras;
        let numbers = |key: &str, count: usize| extras.ids(key).filter(|numbers| numbers.len() == count);
        let of_spans = numbers("ids", layer.spans.len()).unwrap_or_default();
        let of_links = numbers("link_ids", layer.links.len()).unwrap_or_default();
        // Values that leave a cell empty stand there as none.
        let mut empty: HashMap<&str, Vec<(&str, &Json)>> = HashMap::new();
        for (place, kept) in extras.get("values").and_then(Json::as_object).into_iter().flatten() {
            if let (Some((id, name)), Some("")) = (place.split_once(' '), kept.get(1).and_then(Json::as_str)) {
                empty.entry(id).or_default().push((name, kept));
            }
        }
        for (n, span) in layer.spans.iter_mut().enumerate().filter(|_| extras.is_there()) {
            span.number = of_spans.get(n).copied().or(span.number);
            let Some(id) = span.number.map(AnnotationId) else { continue };
            for (name, kept) in empty.remove(&*id.to_string()).into_iter().flatten() {
                let value = kept.get(0).and_then(encode::value_from_json);
                let name = self.names.get(name);
                span.attributes.entry(name).or_insert_with(|| value.unwrap_or_else(|| "".into()));
            }
            for (name, value) in &mut span.attributes {
                if let Some(exact) = self.exact(&format!("{id} {name}"), &super::escape::shown(value)) {
                    *value = exact;
                }
            }
            if let Some(Value::Text(note)) = self.exact(&id.to_string(), &span.note) {
                span.note = note;
            }
            extras.complete_span(span, self.names);
        }
        for (n, link) in layer.links.iter_mut().enumerate().filter(|_| extras.is_there()) {
            link.number = of_links.get(n).copied();
            let Some(id) = link.number.map(LinkId) else { continue };
            if let Some(Value::Text(note)) = self.exact(&id.to_string(), &link.note) {
                link.note = note;
            }
            extras.complete_link(link);
        }
        if !self.wrong.is_empty() {
            self.without_place(layer);
        }
    }

    /// The exact value of a place where a cell shows `found`.
    fn exact(&self, place: &str, found: &str) -> Option<Value> {
        let kept = self.said("values", place)?;
        let shown = kept.get(1)?.as_str()?;
        if shown == found { encode::value_from_json(kept.get(0)?) } else { None }
    }

    /// Leaves out annotations that begin or end at a token of which nobody knows where it is.
    fn without_place(&mut self, layer: &mut RawLayer) {
        let rows = self.wrong.iter().filter_map(|n| self.lines.rows.get(*n));
        let places: HashSet<usize> = rows.flat_map(|row| [row.begin as usize, row.end as usize]).collect();
        let mut gone: HashSet<String> = HashSet::new();
        for span in &layer.spans {
            let ends = span.claim.fragments.iter().flat_map(|fragment| [fragment.start, fragment.end]);
            if ends.into_iter().any(|end| places.contains(&end)) {
                let cause = Cause::NotKept(format!("annotation `{}` begins or ends at such a token", span.id));
                let help = "correct the text or the offsets";
                self.problems.push(Problem::error(Place::line(self.file, span.line), cause, help));
                gone.insert(span.id.clone());
            }
        }
        layer.spans.retain(|span| !gone.contains(&span.id));
        layer.links.retain(|link| !gone.contains(&link.from) && !gone.contains(&link.to));
    }
}

fn wrong_id(place: &Place, part: &str) -> Problem {
    Problem::syntax(place.clone(), "numbers in the brackets at the end", shown(part))
}
