//! Reads a layer file that is laid out exactly as Byline writes it, several times as fast as `ron`.
//!
//! Whatever differs from that layout, in a single byte, is left to `ron`, which also says what is wrong: nothing is
//! refused here. That both understand the same is a property test beside [`super::layer_file`].

use super::layer_file::{AnnotationV1, FORMAT, LayerV1, LinkV1, OriginV1, StatusV1};
use super::outline;
use super::ron_text::UniqueMap;
use crate::model::Value;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::borrow::Cow;

/// The file, if it is laid out as [`super::layer_file::write`] does it.
pub(super) fn read(source: &str) -> Option<LayerV1<'_>> {
    let (file, annotations) = read_each(source, || |row| row)?;
    Some(LayerV1 { annotations, ..file })
}

/// Likewise, but each annotation is handed on as soon as it is read, so that the rows never lie in memory all
/// together: the file without annotations, and what was made of each. `taker` is called once on each thread.
pub(super) fn read_each<'a, T: Send, F: FnMut(AnnotationV1<'a>) -> T>(
    source: &'a str,
    taker: impl Fn() -> F + Sync,
) -> Option<(LayerV1<'a>, Vec<T>)> {
    let mut at = Cursor { rest: source };
    at.expect("(\n  format: \"")?;
    at.expect(FORMAT)?;
    at.expect("\",\n  version: 1,\n  document: ")?;
    let document = at.string()?.into_owned();
    at.expect(",\n  annotator: ")?;
    let annotator = at.string()?.into_owned();
    at.expect(",\n  status: ")?;
    let status: StatusV1 = at.value()?;
    at.expect(",\n  text_sha256: ")?;
    let text_sha256 = at.string()?.into_owned();
    at.expect(",\n  next_annotation: ")?;
    let next_annotation = at.number()?.try_into().ok()?;
    at.expect(",\n  next_link: ")?;
    let next_link = at.number()?.try_into().ok()?;
    at.expect(",\n  annotations: [")?;
    let (taken, links) = at.halves(&taker).or_else(|| at.lists(taker()))?;
    let file = LayerV1 {
        format: IgnoredAny,
        version: IgnoredAny,
        document,
        annotator,
        status,
        text_sha256,
        next_annotation,
        next_link,
        annotations: Vec::new(),
        links,
    };
    Some((file, taken))
}

/// How each row begins.
const ROW: &str = "    (id: ";

/// Of files of which half is longer than this (bytes), both halves are read at once.
const LONG: usize = 1 << 18;

type Lists<'a, T> = (Vec<T>, Vec<LinkV1<'a>>);

/// What is left to read.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn eat(&mut self, text: &str) -> bool {
        self.expect(text).is_some()
    }

    fn expect(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// The first `len` bytes of the rest.
    fn take(&mut self, len: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        // Numbers that begin with 0 are left to `ron`: they could be of another base.
        self.take(digits).filter(|text| text.len() == 1 || !text.starts_with('0'))?.parse().ok()
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let inside = self.rest.strip_prefix('"')?;
        let stop = memchr::memchr2(b'"', b'\\', inside.as_bytes())?;
        if inside.as_bytes().get(stop) == Some(&b'"') {
            let text = self.take(stop + 2)?;
            return text.get(1..=stop).map(Cow::Borrowed);
        }
        self.value().map(Cow::Owned)
    }

    /// A value that is rare or intricate enough to be left to `ron`.
    fn value<T: DeserializeOwned>(&mut self) -> Option<T> {
        let end = outline::value_end(self.rest.as_bytes(), 0);
        ron::from_str(self.take(end)?).ok()
    }

    fn list<T>(&mut self, rows: impl FnOnce(&mut Self) -> Option<Vec<T>>) -> Option<Vec<T>> {
        if self.eat("],\n") {
            return Some(Vec::new());
        }
        self.expect("\n")?;
        let rows = rows(self)?;
        self.expect("  ],\n")?;
        Some(rows)
    }

    fn rows<T>(&mut self, mut row: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut rows = Vec::new();
        while self.eat(ROW) {
            rows.push(row(self)?);
            self.expect("),\n")?;
        }
        Some(rows)
    }

    /// Both lists, to the end of the file.
    fn lists<T>(&mut self, mut take: impl FnMut(AnnotationV1<'a>) -> T) -> Option<Lists<'a, T>> {
        let annotations = self.list(|at| at.rows(|at| at.annotation().map(&mut take)))?;
        Some((annotations, self.links()?))
    }

    /// What comes after the annotations, to the end of the file.
    fn links(&mut self) -> Option<Vec<LinkV1<'a>>> {
        self.expect("  links: [")?;
        let links = self.list(|at| at.rows(Cursor::link))?;
        self.expect(")\n")?;
        self.rest.is_empty().then_some(links)
    }

    /// Both lists of a long file, read from the first annotation and from one in the middle at once. What looks like
    /// the beginning of a row in the middle may be none: then the first half does not end with it.
    fn halves<T: Send, F: FnMut(AnnotationV1<'a>) -> T>(
        &self,
        taker: &(impl Fn() -> F + Sync),
    ) -> Option<Lists<'a, T>> {
        let rows = self.rest.strip_prefix('\n')?;
        let half = rows.len() / 2;
        let behind = rows.as_bytes().get(half..).filter(|_| half > LONG)?;
        let middle = half + memchr::memmem::find(behind, b"),\n    (id: ")? + "),\n".len();
        let (first, second) = rows.split_at_checked(middle)?;
        let (mut first, mut second) = (Cursor { rest: first }, Cursor { rest: second });
        let (rows, rest) = std::thread::scope(|scope| {
            let rest = scope.spawn(|| {
                let mut take = taker();
                let more = second.rows(|at| at.annotation().map(&mut take))?;
                second.expect("  ],\n")?;
                Some((more, second.links()?))
            });
            let mut take = taker();
            (first.rows(|at| at.annotation().map(&mut take)), rest.join().ok().flatten())
        });
        let (mut annotations, (more, links)) = rows.filter(|_| first.rest.is_empty()).zip(rest)?;
        annotations.extend(more);
        Some((annotations, links))
    }

    fn annotation(&mut self) -> Option<AnnotationV1<'a>> {
        let id = self.string()?;
        self.expect(", label: ")?;
        let label = self.string()?;
        let (mut start, mut end, mut fragments) = (None, None, Vec::new());
        if self.eat(", start: ") {
            start = Some(self.number()?);
            self.expect(", end: ")?;
            end = Some(self.number()?);
        } else {
            self.expect(", fragments: ")?;
            fragments = self.value()?;
        }
        self.expect(", quote: ")?;
        let quote = self.string()?;
        let attributes = if self.eat(", attributes: {") { self.attributes()? } else { UniqueMap::default() };
        let (note, origin, created, modified) = self.ending()?;
        Some(AnnotationV1 { id, label, start, end, fragments, quote, attributes, note, origin, created, modified })
    }

    fn attributes(&mut self) -> Option<UniqueMap<Value>> {
        let mut attributes = UniqueMap::default();
        loop {
            let name = self.string()?.into_owned();
            self.expect(": ")?;
            let value =
                if self.rest.starts_with('"') { Value::Text(self.string()?.into_owned()) } else { self.value()? };
            if attributes.0.insert(name, value).is_some() {
                return None;
            }
            if self.eat("}") {
                return Some(attributes);
            }
            self.expect(", ")?;
        }
    }

    fn link(&mut self) -> Option<LinkV1<'a>> {
        let id = self.string()?;
        self.expect(", kind: ")?;
        let kind = self.string()?;
        self.expect(", from: ")?;
        let from = self.string()?;
        self.expect(", to: ")?;
        let to = self.string()?;
        let (note, origin, created, modified) = self.ending()?;
        Some(LinkV1 { id, kind, from, to, note, origin, created, modified })
    }

    /// Note, origin and times.
    fn ending(&mut self) -> Option<(String, OriginV1, Cow<'a, str>, Option<String>)> {
        let note = if self.eat(", note: ") { self.string()?.into_owned() } else { String::new() };
        let origin = if self.eat(", origin: ") { self.value()? } else { OriginV1::ByHand };
        self.expect(", created: ")?;
        let created = self.string()?;
        let modified = if self.eat(", modified: ") { Some(self.string()?.into_owned()) } else { None };
        Some((note, origin, created, modified))
    }
}
