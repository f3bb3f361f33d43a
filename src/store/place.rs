//! Where a person was when they left: `.byline/place.ron`. A convenience: a broken file is as good as none.

use super::project_folder::ProjectFolder;
use super::ron_text::{self, UniqueMap, VERSION, push_display, push_string};
use super::{inside, save, write};
use crate::model::{DocumentId, Name};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

const FORMAT: &str = "byline-place";

/// Where somebody was in a project. Nothing says that the document, the byte or the paragraph still exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The document that was open.
    pub document: DocumentId,
    /// The caret, in bytes.
    pub caret: usize,
    /// The paragraph at the top of the window, from 0.
    pub top_paragraph: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacesV1 {
    #[allow(dead_code, reason = "looked at before anything else is read")]
    format: IgnoredAny,
    #[allow(dead_code, reason = "likewise")]
    version: IgnoredAny,
    places: UniqueMap<PlaceV1>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceV1 {
    document: String,
    caret: usize,
    top_paragraph: usize,
}

impl ProjectFolder {
    /// Where `annotator` was when they left, if that is known.
    pub fn place(&self, annotator: &Name) -> Option<Place> {
        self.places().remove(annotator)
    }

    /// Remembers where `annotator` is.
    pub fn set_place(&self, annotator: &Name, place: &Place) -> io::Result<()> {
        let mut places = self.places();
        if places.insert(annotator.clone(), place.clone()).as_ref() == Some(place) {
            return Ok(());
        }
        let mut out = format!("(\n  format: \"{FORMAT}\",\n  version: {VERSION},\n  places: {{\n");
        for (annotator, Place { document, caret, top_paragraph }) in &places {
            out.push_str("    ");
            push_string(&mut out, annotator);
            let place = format_args!(": (document: \"{document}\", caret: {caret}, top_paragraph: {top_paragraph}),\n");
            push_display(&mut out, place);
        }
        out.push_str("  },\n)\n");
        inside::check(self.path(), &self.place_path())?;
        let gate = &mut self.disk.gate();
        save::private_folder(self.path(), gate)?;
        write::write_file(&self.place_path(), out.as_bytes(), gate)
    }

    fn place_path(&self) -> PathBuf {
        self.path().join(".byline").join("place.ron")
    }

    fn places(&self) -> BTreeMap<Name, Place> {
        let source = self.read_source(&self.place_path()).unwrap_or_default();
        let file = ron_text::read::<PlacesV1>(&source, FORMAT);
        let places = file.map(|file| file.places.0).unwrap_or_default().into_iter();
        let understood = places.filter_map(|(annotator, PlaceV1 { document, caret, top_paragraph })| {
            let document = DocumentId::new(&document).ok()?;
            Some((annotator.into(), Place { document, caret, top_paragraph }))
        });
        understood.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Project, Scheme};

    #[test]
    fn everybody_finds_their_own_place_and_a_broken_file_is_as_good_as_none() {
        let temp = tempfile::tempdir().unwrap();
        let folder = ProjectFolder::create(temp.path(), &Project::new("é", Scheme::default())).unwrap();
        let place = |caret| Place {
            document: DocumentId::new("0001-é".trim_end_matches('é')).unwrap(),
            caret,
            top_paragraph: 2,
        };
        let (ana, zoe): (Name, Name) = ("ana".into(), "Zoë \"Z\"\n".into());
        assert_eq!(folder.place(&ana), None);
        folder.set_place(&ana, &place(5)).unwrap();
        folder.set_place(&zoe, &place(9)).unwrap();
        assert_eq!((folder.place(&ana), folder.place(&zoe)), (Some(place(5)), Some(place(9))));
        std::fs::write(folder.place_path(), "(format: é").unwrap();
        assert_eq!(folder.place(&ana), None);
        folder.set_place(&ana, &place(7)).unwrap();
        assert_eq!(folder.place(&ana), Some(place(7)));
    }
}
