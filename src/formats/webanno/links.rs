//! Links: from the units and ids that cells name to the annotations that stand there.

use super::cells::Cells;
use super::{NEXT, short};
use crate::formats::cas::names::made_by_program;
use crate::formats::problem::{Cause, Problem};
use crate::formats::resolve::RawLink;
use crate::model::Name;
use std::collections::HashMap;

/// The type of any annotation.
const ANY: &str = "uima.tcas.Annotation";
/// Relations of words: with themselves they mark the root of a sentence; what they join need not be marked.
const DEPENDENCY: &str = "de.tudarmstadt.ukp.dkpro.core.api.syntax.type.dependency.Dependency";
/// The type of words.
const TOKEN: &str = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token";

/// A link before its ends are known.
pub struct Pending<'a> {
    pub row: usize,
    /// Number of its layer.
    pub layer: usize,
    pub kind: Name,
    pub from: End<'a>,
    pub to: End<'a>,
    /// The type of what it joins.
    pub base: Name,
    pub note: String,
    /// Whether the note holds values of features.
    pub with_values: bool,
    pub is_relation: bool,
}

/// An end of a link.
#[derive(Clone, Copy)]
pub enum End<'a> {
    Span(usize),
    Unit(&'a str, Option<u32>),
}

impl Cells<'_> {
    /// Joins the elements of chains.
    pub fn chains(&mut self) {
        let all: Vec<_> = self.taken.elements.iter().map(|(key, span)| (*key, *span)).collect();
        let kind = self.names.get(NEXT);
        for pair in all.windows(2) {
            let [((l, chain, _), from), ((other, same, _), to)] = pair else { continue };
            if (l, chain) != (other, same) {
                continue;
            }
            self.taken.pending.push(Pending {
                row: 0,
                layer: *l,
                kind: kind.clone(),
                from: End::Span(*from),
                to: End::Span(*to),
                base: self.names.get(ANY),
                note: String::new(),
                with_values: false,
                is_relation: false,
            });
        }
    }

    /// Finds the ends of all links.
    pub fn links(&mut self) {
        let pending = std::mem::take(&mut self.taken.pending);
        let mut units: HashMap<&str, usize> = HashMap::new();
        if !pending.is_empty() {
            for (n, row) in self.lines.rows.iter().enumerate() {
                let (unit, _, _) = self.lines.fields(*row);
                units.entry(unit).or_insert(n);
            }
        }
        let mut said: HashMap<(Name, usize, usize), usize> = HashMap::new();
        for link in pending {
            let place = self.place(self.row(link.row));
            let ends = [self.end(&link, link.from, &units), self.end(&link, link.to, &units)];
            let [from, to] = match ends {
                [Ok(from), Ok(to)] => [from, to],
                [Err(id), _] | [_, Err(id)] => {
                    let what = format!("link “{}”", short(&link.kind));
                    let help = "add the annotation or remove the link, or import the rest with `--keep-going`";
                    self.problems.push(Problem::error(place, Cause::UnknownId { what, id }, help));
                    continue;
                }
            };
            let is_dependency = self.lines.header.layers.get(link.layer).is_some_and(|layer| layer.name == DEPENDENCY);
            if from == to && link.is_relation && is_dependency {
                self.told.roots += 1;
                continue;
            }
            self.told.in_notes += usize::from(link.with_values);
            // Byline has one link of a kind between two annotations: what a second one says joins it.
            let next = self.taken.layer.links.len();
            let first = *said.entry((link.kind.clone(), from, to)).or_insert(next);
            if let Some(earlier) = self.taken.layer.links.get_mut(first).filter(|_| !link.note.is_empty()) {
                earlier.note.extend(["\n", &link.note]);
                continue;
            }
            let id_of = |span: usize| self.taken.layer.spans.get(span).map(|span| span.id.clone()).unwrap_or_default();
            let (from, to) = (id_of(from), id_of(to));
            let line = place.line.unwrap_or(1);
            let (id, number, provenance) = (String::new(), None, None);
            self.taken.layer.links.push(RawLink {
                id,
                number,
                kind: link.kind,
                from,
                to,
                note: link.note,
                provenance,
                line,
            });
        }
    }

    /// The span at an end of a link; else the id that leads nowhere.
    fn end(&mut self, link: &Pending, end: End, units: &HashMap<&str, usize>) -> Result<usize, String> {
        let (unit, id) = match end {
            End::Span(span) => return Ok(span),
            End::Unit(unit, id) => (unit, id),
        };
        let layers = &self.lines.header.layers;
        // The layer that a link names comes first; ids are unlike each other in all layers.
        let base = layers.iter().position(|layer| layer.name == link.base);
        if let Some(id) = id {
            let found = base.and_then(|l| self.taken.by_id.get(&(l, id))).or_else(|| self.taken.any_by_id.get(&id));
            return found.copied().ok_or_else(|| format!("{unit}[{id}]"));
        }
        let row = *units.get(unit).ok_or_else(|| unit.to_owned())?;
        let found = match base {
            Some(l) => self.taken.at_row.get(&(l, row)),
            None if link.base == ANY => self.taken.any_at_row.get(&row),
            None => None,
        };
        if let Some(found) = found {
            return Ok(*found);
        }
        let is_word =
            made_by_program(&link.base) || layers.get(link.layer).is_some_and(|layer| layer.name == DEPENDENCY);
        if !is_word {
            return Err(unit.to_owned());
        }
        if let Some(word) = self.taken.words.get(&row) {
            return Ok(*word);
        }
        let kind = self.names.get(TOKEN);
        let word = self.new_span(format!("{unit} Token"), &kind, row);
        self.taken.words.insert(row, word);
        Ok(word)
    }
}
