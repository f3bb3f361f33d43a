//! Moving the edges of annotations, adding fragments to them and taking fragments away.

use super::relabel::change_each;
use super::{Change, Refusal, Stamp};
use crate::model::layer::LayerError;
use crate::model::{AnnotationId, Fragment, Layer, Span, boundaries};

/// One end of a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// Where it starts.
    Start,
    /// Where it ends.
    End,
}

/// How far a key moves an edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// To the next word border.
    Word,
    /// To the next grapheme border.
    Grapheme,
}

/// Gives an annotation another span.
pub fn set_span(layer: &Layer, id: AnnotationId, span: &Span, stamp: &Stamp) -> Result<Change, Refusal> {
    layer.text().check(span)?;
    change_each(layer, &[id], "move the edges", stamp, |a| {
        a.span.clone_from(span);
        Ok(())
    })
}

/// An end of one of the fragments of a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FragmentEdge {
    /// Which fragment, from 0.
    pub fragment: usize,
    /// Which of its ends.
    pub edge: Edge,
}

/// Moves an end of a fragment of an annotation to `byte`; the other stays, and the span never becomes empty.
pub fn move_edge_to(
    layer: &Layer,
    id: AnnotationId,
    which: FragmentEdge,
    byte: usize,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    let annotation = layer.get(id).ok_or(LayerError::NoSuchAnnotation(id))?;
    let span = with_fragment_edge(&annotation.span, which, byte).ok_or(Refusal::EdgeStuck(id))?;
    set_span(layer, id, &span, stamp)
}

/// The span with an end of a fragment at `byte`. The start and the end of the whole go past fragments, which fall away
/// ([`with_edge`]); an end between two fragments goes no further than the fragment beside it. `None` where nothing of
/// the fragment would be left, or the span has no such fragment.
pub fn with_fragment_edge(span: &Span, FragmentEdge { fragment, edge }: FragmentEdge, byte: usize) -> Option<Span> {
    let mut fragments: Vec<_> = span.fragments().collect();
    let whole = *fragments.get(fragment)?;
    let beside = match edge {
        Edge::Start => fragment.checked_sub(1).and_then(|before| fragments.get(before)),
        Edge::End => fragments.get(fragment + 1),
    };
    let Some(beside) = beside else { return with_edge(span, edge, byte) };
    let (start, end) = match edge {
        Edge::Start => (byte.max(beside.end()), whole.end()),
        Edge::End => (whole.start(), byte.min(beside.start())),
    };
    fragments[fragment] = Fragment::new(start, end).ok()?;
    Span::new(fragments).ok()
}

/// The span with its start or end at `byte`: fragments beyond it fall away. `None` where nothing would be left.
pub fn with_edge(span: &Span, edge: Edge, byte: usize) -> Option<Span> {
    let mut fragments: Vec<_> = span.fragments().collect();
    match edge {
        Edge::Start => {
            fragments.retain(|f| f.end() > byte);
            let first = fragments.first_mut()?;
            *first = Fragment::new(byte, first.end()).ok()?;
        }
        Edge::End => {
            fragments.retain(|f| f.start() < byte);
            let last = fragments.last_mut()?;
            *last = Fragment::new(last.start(), byte).ok()?;
        }
    }
    Span::new(fragments).ok()
}

/// Moves one end of an annotation by a word or a grapheme.
pub fn nudge(
    layer: &Layer,
    id: AnnotationId,
    edge: Edge,
    step: Step,
    forward: bool,
    stamp: &Stamp,
) -> Result<Change, Refusal> {
    let annotation = layer.get(id).ok_or(LayerError::NoSuchAnnotation(id))?;
    let from = match edge {
        Edge::Start => annotation.span.start(),
        Edge::End => annotation.span.end(),
    };
    let to = stepped(layer, from, edge, step, forward).ok_or(Refusal::EdgeStuck(id))?;
    let span = with_edge(&annotation.span, edge, to).ok_or(Refusal::EdgeStuck(id))?;
    set_span(layer, id, &span, stamp)
}

/// The place to which `edge` moves from byte `from`.
fn stepped(layer: &Layer, from: usize, edge: Edge, step: Step, forward: bool) -> Option<usize> {
    let text = layer.text().as_str();
    if step == Step::Grapheme {
        let to = if forward { boundaries::next_grapheme(text, from) } else { boundaries::prev_grapheme(text, from) };
        return (to != from).then_some(to);
    }
    // Words are looked for in the paragraph, whose size bounds the work; at its end, in the next one.
    let paragraphs = layer.text().paragraphs();
    let mut at = paragraphs.partition_point(|p| if forward { p.end <= from } else { p.start < from });
    if !forward {
        at = at.checked_sub(1)?;
    }
    let paragraph = paragraphs.get(at)?.clone();
    let inside = from.clamp(paragraph.start, paragraph.end) - paragraph.start;
    let content = &text[paragraph.clone()];
    let to = match (edge, forward) {
        (Edge::Start, true) => boundaries::next_word_start(content, inside),
        (Edge::Start, false) => boundaries::prev_word_start(content, inside),
        (Edge::End, true) => after_unit(content, inside).unwrap_or_else(|| boundaries::next_word_end(content, inside)),
        (Edge::End, false) => {
            let word = boundaries::prev_word_end(content, inside);
            after_unit(content, word).filter(|end| *end < inside).unwrap_or(word)
        }
    };
    (paragraph.start + to != from).then_some(paragraph.start + to)
}

/// Where the unit sign ends that stands right after `at`: “25%” ends after its sign.
fn after_unit(content: &str, at: usize) -> Option<usize> {
    let sign = content.get(at..)?.chars().next().filter(|c| "%‰°€£$¥".contains(*c))?;
    Some(at + sign.len_utf8())
}

/// Adds a fragment to an annotation; it is joined to those that it touches.
pub fn add_fragment(layer: &Layer, id: AnnotationId, added: Fragment, stamp: &Stamp) -> Result<Change, Refusal> {
    layer.text().check(&added.into())?;
    change_each(layer, &[id], "add a fragment", stamp, |a| {
        a.span = a.span.with(added);
        Ok(())
    })
}

/// Takes the fragment that holds `byte` away; the last one stays.
pub fn remove_fragment(layer: &Layer, id: AnnotationId, byte: usize, stamp: &Stamp) -> Result<Change, Refusal> {
    change_each(layer, &[id], "take a fragment away", stamp, |a| {
        let rest: Vec<_> = a.span.fragments().filter(|f| !f.range().contains(&byte)).collect();
        a.span = Span::new(rest).map_err(|_| Refusal::EdgeStuck(id))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{check, refused};
    use crate::model::testing::noon;

    fn nudge_first(edge: Edge, step: Step, forward: bool) -> impl Fn(&Layer) -> Result<Change, Refusal> {
        move |layer| nudge(layer, AnnotationId(1), edge, step, forward, &Stamp::by_hand(noon()))
    }

    #[test]
    fn edges_move_by_words_and_by_graphemes() {
        use Edge::{End, Start};
        use Step::{Grapheme, Word};
        check("un [claim:été chaud] à Nice", nudge_first(End, Word, true), "un [claim:été chaud à] Nice");
        check("un [claim:été chaud à] Nice", nudge_first(End, Word, false), "un [claim:été chaud] à Nice");
        check("un [claim:été chaud]", nudge_first(Start, Word, true), "un été [claim:chaud]");
        check("un [claim:été chaud]", nudge_first(Start, Word, false), "[claim:un été chaud]");
        check("[claim:a👩‍👧]b", nudge_first(End, Grapheme, false), "[claim:a]👩‍👧b");
        check("[claim:a👩‍👧]b", nudge_first(End, Grapheme, true), "[claim:a👩‍👧b]");
        check("[claim:fin]\n\nété", nudge_first(End, Word, true), "[claim:fin\n\nété]");
        check("[claim:à 25% en]", nudge_first(End, Word, false), "[claim:à 25%] en");
        check("[claim:à 25]% en", nudge_first(End, Word, true), "[claim:à 25%] en");
        assert_eq!(
            refused("[claim:é]", nudge_first(End, Grapheme, false)),
            "the edge of a1 cannot be moved any further"
        );
        assert_eq!(refused("[claim:é]", nudge_first(End, Word, true)), "the edge of a1 cannot be moved any further");
    }

    #[test]
    fn an_end_between_two_fragments_goes_no_further_than_its_neighbour() {
        let span = Span::new([(2, 5), (8, 11), (14, 20)].map(|(a, b)| Fragment::new(a, b).unwrap()).to_vec()).unwrap();
        let moved = |fragment, edge, byte| {
            let span = with_fragment_edge(&span, FragmentEdge { fragment, edge }, byte)?;
            Some(span.fragments().map(|f| (f.start(), f.end())).collect::<Vec<_>>())
        };
        assert_eq!(moved(0, Edge::End, 7), Some(vec![(2, 7), (8, 11), (14, 20)]));
        assert_eq!(moved(0, Edge::End, 19), Some(vec![(2, 8), (8, 11), (14, 20)]));
        assert_eq!(moved(1, Edge::Start, 0), Some(vec![(2, 5), (5, 11), (14, 20)]));
        assert_eq!((moved(1, Edge::End, 8), moved(0, Edge::End, 1), moved(3, Edge::End, 19)), (None, None, None));
        // Those of the whole go past what lies between, as they always did.
        assert_eq!(moved(0, Edge::Start, 9), Some(vec![(9, 11), (14, 20)]));
        assert_eq!(moved(2, Edge::End, 10), Some(vec![(2, 5), (8, 10)]));
    }

    #[test]
    fn fragments_come_and_go() {
        let add = |layer: &Layer| {
            add_fragment(layer, AnnotationId(1), Fragment::new(8, 11).unwrap(), &Stamp::by_hand(noon()))
        };
        check("«[claim:oui]» – dit", add, "«[claim:oui]» [claim:–] dit");
        let remove = |layer: &Layer| remove_fragment(layer, AnnotationId(1), 3, &Stamp::by_hand(noon()));
        assert_eq!(refused("«[claim:oui]»", remove), "the edge of a1 cannot be moved any further");
    }
}
