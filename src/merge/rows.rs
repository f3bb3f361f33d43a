//! Merging the rows of two layers over the same text.

use super::content::Rows;
use super::{AnnotationConflict, Conflict, Field, LinkConflict, Sides, pick};
use crate::model::{Annotation, AnnotationId, Link, LinkId, Name, NextIds, Provenance, Span, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether the places in the base are places of the same text as those of the two sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BaseSpans {
    /// The same text.
    SameText,
    /// Another text: both sides have moved to a new one since. No place counts as unchanged.
    OtherText,
}

/// Two sides as one.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct MergedRows {
    /// The result.
    pub rows: Rows,
    /// What a person has to decide.
    pub conflicts: Vec<Conflict>,
    /// Annotations of their side whose number was given on ours as well: theirs, and what it is now.
    pub renumbered: Vec<(AnnotationId, AnnotationId)>,
    /// Annotations that say the same as another one: this one, and the one that stayed.
    pub joined: Vec<(AnnotationId, AnnotationId)>,
}

/// Merges two sides with what they began with. New numbers are at least `fresh`.
///
/// - What one side changed is taken, field by field. `modified` is the later one.
/// - A number that both gave to different things stays on our side, and theirs get new ones.
/// - Annotations that say the same become one, with the links of both; so do links.
/// - What one side deleted and the other did not touch is gone. What was changed or linked anew survives, as a conflict,
///   and with it the links that went along with it.
pub(super) fn merge_rows(
    base: Option<&Rows>,
    ours: &Rows,
    theirs: &Rows,
    base_spans: BaseSpans,
    fresh: NextIds,
) -> MergedRows {
    let empty = Rows::default();
    let base = base.unwrap_or(&empty);
    let next = |of: fn(NextIds) -> u32| [base.next, ours.next, theirs.next, fresh].map(of).into_iter().max();
    let mut merging = Merging {
        base,
        ours,
        theirs,
        base_spans,
        fresh: NextIds { annotation: next(|n| n.annotation).unwrap_or(1), link: next(|n| n.link).unwrap_or(1) },
        theirs_now: BTreeMap::new(),
        merged: MergedRows { rows: Rows::default(), conflicts: Vec::new(), renumbered: Vec::new(), joined: Vec::new() },
    };
    merging.annotations();
    let gone = merging.links();
    merging.ends_survive();
    merging.links_come_back(gone);
    merging.join_twins();
    merging.the_rest();
    merging.merged
}

struct Merging<'a> {
    base: &'a Rows,
    ours: &'a Rows,
    theirs: &'a Rows,
    base_spans: BaseSpans,
    /// The next numbers that nothing has on any side.
    fresh: NextIds,
    /// What annotations of their side are called in the result, where it is not the same.
    theirs_now: BTreeMap<AnnotationId, AnnotationId>,
    merged: MergedRows,
}

/// A link that one side deleted and the other did not touch.
struct Gone {
    link: Link,
    by_ours: bool,
}

impl Merging<'_> {
    fn annotations(&mut self) {
        let (base, ours, theirs) = (self.base, self.ours, self.theirs);
        let ids: BTreeSet<_> = ours.annotations.keys().chain(theirs.annotations.keys()).copied().collect();
        for id in ids {
            let of = |rows: &Rows| rows.annotations.get(&id).cloned();
            let (b, o, t) = (of(base), of(ours), of(theirs));
            let kept = match (&o, &t) {
                (Some(o), Some(t)) if o == t => Some(o.clone()),
                (Some(o), Some(t)) if b.is_some() || o.is_twin_of(t) => Some(self.both(b.as_deref(), o, t)),
                (Some(o), Some(t)) => {
                    let becomes = self.fresh_annotation();
                    self.theirs_now.insert(id, becomes);
                    self.merged.renumbered.push((id, becomes));
                    self.keep(Arc::new(Annotation { id: becomes, ..(**t).clone() }));
                    Some(o.clone())
                }
                (Some(side), None) | (None, Some(side)) => match &b {
                    None => Some(side.clone()),
                    Some(b) if self.is_untouched(b, side) => None,
                    Some(_) => {
                        let (ours, theirs) = (o.as_deref().cloned(), t.as_deref().cloned());
                        let sides = Sides { base: b.as_deref().cloned(), ours, theirs };
                        self.disagree(id, sides, Vec::new());
                        Some(side.clone())
                    }
                },
                (None, None) => None,
            };
            if let Some(kept) = kept {
                self.keep(kept);
            }
        }
    }

    fn keep(&mut self, annotation: Arc<Annotation>) {
        self.merged.rows.annotations.insert(annotation.id, annotation);
    }

    fn disagree(&mut self, id: AnnotationId, sides: Sides<Annotation>, fields: Vec<Field>) {
        let conflict = AnnotationConflict { id, sides, fields, needed_by: Vec::new() };
        self.merged.conflicts.push(Conflict::Annotation(Box::new(conflict)));
    }

    /// Whether a side left an annotation as it was; when it was last changed does not count.
    fn is_untouched(&self, base: &Annotation, side: &Annotation) -> bool {
        let same = base.is_twin_of(side) && base.note == side.note;
        same && base.provenance.origin == side.provenance.origin && self.base_spans == BaseSpans::SameText
    }

    /// An annotation that both sides have.
    fn both(&mut self, base: Option<&Annotation>, ours: &Annotation, theirs: &Annotation) -> Arc<Annotation> {
        let mut fields = Vec::new();
        let mut differs = |field: Field, is: bool| fields.extend(is.then_some(field));
        let (label, both) = pick(base.map(|b| &b.label), &ours.label, &theirs.label);
        differs(Field::Label, both);
        let base_span: Option<&Span> = base.map(|b| &b.span).filter(|_| self.base_spans == BaseSpans::SameText);
        let (span, both) = pick(base_span, &ours.span, &theirs.span);
        differs(Field::Span, both);
        let mut attributes: BTreeMap<Name, Value> = BTreeMap::new();
        for name in ours.attributes.keys().chain(theirs.attributes.keys()).collect::<BTreeSet<_>>() {
            let of = |a: &Annotation| a.attributes.get(name).cloned();
            let (b, o, t) = (base.map(of), of(ours), of(theirs));
            let (value, both) = pick(b.as_ref(), &o, &t);
            // Of a value that one side removed and the other changed the changed one survives.
            let value = value.clone().or_else(|| if both { t.clone() } else { None });
            attributes.extend(value.map(|value| (name.clone(), value)));
            differs(Field::Attribute(name.clone()), both);
        }
        // What both made has no note to begin with.
        let (note, both) = pick(Some(base.map_or("", |b| &*b.note)), &*ours.note, &*theirs.note);
        differs(Field::Note, both);
        let before = base.map(|b| &b.provenance);
        let (provenance, both) = provenance(before, &ours.provenance, &theirs.provenance);
        differs(Field::Origin, both);
        let (label, span, note) = (label.clone(), span.clone(), note.to_owned());
        if !fields.is_empty() {
            let sides = Sides { base: base.cloned(), ours: Some(ours.clone()), theirs: Some(theirs.clone()) };
            self.disagree(ours.id, sides, fields);
        }
        Arc::new(Annotation { id: ours.id, label, span, attributes, note, provenance })
    }

    /// Merges the links; what one side deleted and the other did not touch comes back to the caller.
    fn links(&mut self) -> Vec<Gone> {
        let (base, ours, theirs) = (self.base, self.ours, self.theirs);
        let ids: BTreeSet<_> = ours.links.keys().chain(theirs.links.keys()).copied().collect();
        let mut gone = Vec::new();
        for id in ids {
            let b = base.links.get(&id).cloned();
            let o = ours.links.get(&id).cloned();
            let t = theirs.links.get(&id).map(|link| {
                let becomes = |end: AnnotationId| self.theirs_now.get(&end).copied().unwrap_or(end);
                Link { from: becomes(link.from), to: becomes(link.to), ..link.clone() }
            });
            let kept = match (o, t) {
                (Some(o), Some(t)) if o == t => Some(o),
                (Some(o), Some(t)) if b.is_some() || says(&o) == says(&t) => Some(self.both_links(b, o, t)),
                (Some(o), Some(t)) => {
                    let becomes = Link { id: self.fresh_link(), ..t };
                    self.merged.rows.links.insert(becomes.id, becomes);
                    Some(o)
                }
                (o, t) => {
                    let by_ours = o.is_none();
                    match (o.as_ref().or(t.as_ref()).cloned(), b) {
                        (Some(link), Some(b)) if is_untouched_link(&b, &link) => {
                            gone.push(Gone { link, by_ours });
                            None
                        }
                        (Some(link), Some(b)) => {
                            self.disagree_on_link(id, Sides { base: Some(b), ours: o, theirs: t }, Vec::new(), None);
                            Some(link)
                        }
                        (link, _) => link,
                    }
                }
            };
            self.merged.rows.links.extend(kept.map(|link| (link.id, link)));
        }
        gone
    }

    fn disagree_on_link(
        &mut self,
        id: LinkId,
        sides: Sides<Link>,
        fields: Vec<Field>,
        ends_became: Option<AnnotationId>,
    ) {
        self.merged.conflicts.push(Conflict::Link(Box::new(LinkConflict { id, sides, fields, ends_became })));
    }

    fn both_links(&mut self, base: Option<Link>, ours: Link, theirs: Link) -> Link {
        let mut fields = Vec::new();
        let before = base.as_ref().map(says);
        let (o, t) = (says(&ours), says(&theirs));
        let (chosen, both) = pick(before.as_ref(), &o, &t);
        fields.extend(both.then_some(Field::Says));
        let (kind, from, to) = (chosen.0.clone(), chosen.1, chosen.2);
        let (note, both) = pick(Some(base.as_ref().map_or("", |b| &*b.note)), &*ours.note, &*theirs.note);
        fields.extend(both.then_some(Field::Note));
        let before = base.as_ref().map(|b| &b.provenance);
        let (provenance, both) = provenance(before, &ours.provenance, &theirs.provenance);
        fields.extend(both.then_some(Field::Origin));
        let merged = Link { id: ours.id, kind, from, to, note: note.to_owned(), provenance };
        if !fields.is_empty() {
            let sides = Sides { base, ours: Some(ours), theirs: Some(theirs) };
            self.disagree_on_link(merged.id, sides, fields, None);
        }
        merged
    }

    /// The ends of every link are there, also where the other side deleted one.
    fn ends_survive(&mut self) {
        let mut missing: BTreeMap<AnnotationId, Vec<LinkId>> = BTreeMap::new();
        for link in self.merged.rows.links.values() {
            for end in [link.from, link.to].into_iter().filter(|end| !self.merged.rows.annotations.contains_key(end)) {
                missing.entry(end).or_default().push(link.id);
            }
        }
        for (id, needed_by) in missing {
            let of = |rows: &Rows| rows.annotations.get(&id).cloned();
            let (base, ours, theirs) = (of(self.base), of(self.ours), of(self.theirs));
            // A link that is kept stands on a side that has its ends.
            if let Some(kept) = ours.clone().or_else(|| theirs.clone()) {
                self.keep(kept);
            }
            let full = |annotation: Option<Arc<Annotation>>| annotation.map(Arc::unwrap_or_clone);
            let sides = Sides { base: full(base), ours: full(ours), theirs: full(theirs) };
            let conflict = AnnotationConflict { id, sides, fields: Vec::new(), needed_by };
            self.merged.conflicts.push(Conflict::Annotation(Box::new(conflict)));
        }
    }

    /// Links that were deleted only because an annotation was that survives after all.
    fn links_come_back(&mut self, gone: Vec<Gone>) {
        for Gone { link, by_ours } in gone {
            let deleting = if by_ours { self.ours } else { self.theirs };
            let ends = [link.from, link.to];
            let went_along = ends.iter().any(|end| !deleting.annotations.contains_key(end));
            if went_along && ends.iter().all(|end| self.merged.rows.annotations.contains_key(end)) {
                self.merged.rows.links.insert(link.id, link);
            }
        }
    }

    /// Annotations that say the same become one. None of two such stand on one side.
    fn join_twins(&mut self) {
        let mut by_place: BTreeMap<(Span, Name), Vec<AnnotationId>> = BTreeMap::new();
        for annotation in self.merged.rows.annotations.values() {
            by_place.entry((annotation.span.clone(), annotation.label.clone())).or_default().push(annotation.id);
        }
        let mut becomes: BTreeMap<AnnotationId, AnnotationId> = BTreeMap::new();
        for mut ids in by_place.into_values().filter(|ids| ids.len() > 1) {
            // Those that were there before stay, then ours, then the smaller number.
            ids.sort_by_key(|id| {
                (!self.base.annotations.contains_key(id), !self.ours.annotations.contains_key(id), *id)
            });
            let touched = |id: &AnnotationId| self.merged.rows.annotations.get(id) != self.ours.annotations.get(id);
            let touched: Vec<bool> = ids.iter().map(touched).collect();
            for (n, id) in ids.iter().enumerate() {
                let Some(annotation) = self.merged.rows.annotations.get(id).cloned() else { continue };
                let stays = ids[..n].iter().zip(&touched).find_map(|(other, other_touched)| {
                    let stays = self.merged.rows.annotations.get(other)?;
                    ((touched[n] || *other_touched) && stays.is_twin_of(&annotation)).then(|| stays.clone())
                });
                if let Some(stays) = stays {
                    becomes.insert(*id, stays.id);
                    self.join(&stays, &annotation);
                }
            }
        }
        self.redirect(&becomes);
    }

    fn join(&mut self, stays: &Annotation, goes: &Annotation) {
        let (note, both) = pick(Some(""), &*stays.note, &*goes.note);
        let earlier = stays.provenance.created.min(goes.provenance.created);
        let later = stays.provenance.modified.max(goes.provenance.modified);
        let provenance = Provenance { created: earlier, modified: later, ..stays.provenance.clone() };
        let joined = Annotation { note: note.to_owned(), provenance, ..stays.clone() };
        if both {
            let sides = Sides { base: None, ours: Some(stays.clone()), theirs: Some(goes.clone()) };
            self.disagree(stays.id, sides, vec![Field::Note]);
        }
        self.merged.rows.annotations.remove(&goes.id);
        self.keep(Arc::new(joined));
        self.merged.joined.push((goes.id, stays.id));
        for conflict in &mut self.merged.conflicts {
            if let Conflict::Annotation(conflict) = conflict
                && conflict.id == goes.id
            {
                conflict.id = stays.id;
            }
        }
    }

    /// Links lead to what their ends became; those that say the same become one.
    fn redirect(&mut self, becomes: &BTreeMap<AnnotationId, AnnotationId>) {
        let of = |end: AnnotationId| becomes.get(&end).copied().unwrap_or(end);
        let mut links: Vec<Link> = std::mem::take(&mut self.merged.rows.links).into_values().collect();
        links.sort_by_key(|link| {
            (!self.base.links.contains_key(&link.id), !self.ours.links.contains_key(&link.id), link.id)
        });
        let mut seen: BTreeMap<(AnnotationId, AnnotationId, Name), LinkId> = BTreeMap::new();
        for link in links {
            let link = Link { from: of(link.from), to: of(link.to), ..link };
            let is_ours = self.ours.links.contains_key(&link.id);
            if link.from == link.to {
                let (ours, theirs) = if is_ours { (Some(link.clone()), None) } else { (None, Some(link.clone())) };
                let base = self.base.links.get(&link.id).cloned();
                self.disagree_on_link(link.id, Sides { base, ours, theirs }, Vec::new(), Some(link.from));
                continue;
            }
            let stays = seen.get(&(link.from, link.to, link.kind.clone())).copied();
            let Some(mut stays) = stays.and_then(|id| self.merged.rows.links.get(&id).cloned()) else {
                seen.insert((link.from, link.to, link.kind.clone()), link.id);
                self.merged.rows.links.insert(link.id, link);
                continue;
            };
            let (note, both) = pick(Some(""), &*stays.note, &*link.note);
            let note = note.to_owned();
            if both {
                let sides = Sides { base: None, ours: Some(stays.clone()), theirs: Some(link.clone()) };
                self.disagree_on_link(stays.id, sides, vec![Field::Note], None);
            }
            stays.note = note;
            stays.provenance.created = stays.provenance.created.min(link.provenance.created);
            stays.provenance.modified = stays.provenance.modified.max(link.provenance.modified);
            for conflict in &mut self.merged.conflicts {
                if let Conflict::Link(conflict) = conflict
                    && conflict.id == link.id
                {
                    conflict.id = stays.id;
                }
            }
            self.merged.rows.links.insert(stays.id, stays);
        }
    }

    fn the_rest(&mut self) {
        let Self { base, ours, theirs, .. } = *self;
        let (status, both) = pick(Some(&base.status), &ours.status, &theirs.status);
        self.merged.rows.status = *status;
        if both {
            let sides = Sides { base: Some(base.status), ours: Some(ours.status), theirs: Some(theirs.status) };
            self.merged.conflicts.push(Conflict::Status(sides));
        }
        let next = |of: fn(&NextIds) -> u32| {
            let (o, t) = (of(&ours.next), of(&theirs.next));
            let (next, both) = pick(Some(&of(&base.next)), &o, &t);
            if both { o.max(t) } else { *next }
        };
        self.merged.rows.next = NextIds { annotation: next(|n| n.annotation), link: next(|n| n.link) };
        self.merged.rows.settle_next_ids();
    }

    fn fresh_annotation(&mut self) -> AnnotationId {
        let is_free = |n: u32| {
            let id = AnnotationId(n);
            [&self.merged.rows, self.ours, self.theirs, self.base].iter().all(|r| !r.annotations.contains_key(&id))
        };
        let number = free(self.fresh.annotation, is_free);
        self.fresh.annotation = number.saturating_add(1);
        AnnotationId(number)
    }

    fn fresh_link(&mut self) -> LinkId {
        let is_free = |n: u32| {
            let id = LinkId(n);
            [&self.merged.rows, self.ours, self.theirs, self.base].iter().all(|r| !r.links.contains_key(&id))
        };
        let number = free(self.fresh.link, is_free);
        self.fresh.link = number.saturating_add(1);
        LinkId(number)
    }
}

/// A number that is free: from `first` on, or from 1 where a file has used up the numbers.
pub(super) fn free(first: u32, is_free: impl Fn(u32) -> bool) -> u32 {
    (first.max(1)..=u32::MAX).chain(1..=u32::MAX).find(|n| is_free(*n)).unwrap_or(u32::MAX)
}

fn says(link: &Link) -> (Name, AnnotationId, AnnotationId) {
    (link.kind.clone(), link.from, link.to)
}

fn is_untouched_link(base: &Link, side: &Link) -> bool {
    says(base) == says(side) && base.note == side.note && base.provenance.origin == side.provenance.origin
}

/// Where it came from: made when it was made first, changed when it was changed last. What both made by themselves has
/// the origin of ours.
fn provenance(base: Option<&Provenance>, ours: &Provenance, theirs: &Provenance) -> (Provenance, bool) {
    let (origin, both) = pick(base.map(|b| &b.origin), &ours.origin, &theirs.origin);
    let (created, both_created) = pick(base.map(|b| &b.created), &ours.created, &theirs.created);
    let created = if both_created { ours.created.min(theirs.created) } else { *created };
    let (modified, both_modified) = pick(base.map(|b| &b.modified), &ours.modified, &theirs.modified);
    let modified = if both_modified { ours.modified.max(theirs.modified) } else { *modified };
    (Provenance { origin: origin.clone(), created, modified }, both && base.is_some())
}
