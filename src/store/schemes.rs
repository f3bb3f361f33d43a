//! The schemes that come with Byline, and scheme files.

use super::fault::FileError;
use super::project_file;
use crate::model::Scheme;
use std::path::Path;
use std::sync::OnceLock;

/// Name of the asset without ending, and its source.
const BUILTIN: [(&str, &str); 1] = [("who-said-what", include_str!("../../assets/schemes/who-said-what.ron"))];

/// The schemes that come with Byline, the usual one first, by the name that the command line takes.
pub fn builtin_schemes() -> &'static [(&'static str, Scheme)] {
    static SCHEMES: OnceLock<Vec<(&str, Scheme)>> = OnceLock::new();
    // All of them can be read: a test of this file says so.
    SCHEMES.get_or_init(|| {
        BUILTIN
            .iter()
            .filter_map(|(name, source)| Some((*name, project_file::read_scheme_file(source).ok()?)))
            .collect()
    })
}

/// Reads a scheme file; `path` is named in errors.
pub fn read_scheme(path: &Path, source: &str) -> Result<Scheme, FileError> {
    project_file::read_scheme_file(source).map_err(|fault| fault.in_file(path, source))
}

/// Writes a scheme file: the same scheme always gives the same text.
pub fn write_scheme(scheme: &Scheme) -> String {
    project_file::write_scheme_file(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AttributeKind;

    #[test]
    fn every_builtin_scheme_is_read_and_stands_as_byline_would_write_it() {
        assert_eq!(builtin_schemes().len(), BUILTIN.len());
        for ((name, source), (_, scheme)) in BUILTIN.iter().zip(builtin_schemes()) {
            assert_eq!(write_scheme(scheme), *source, "{name}");
        }
    }

    #[test]
    fn who_said_what_describes_every_label_attribute_and_link() {
        let scheme = &builtin_schemes()[0].1;
        let labels: Vec<_> = scheme.labels.iter().map(|l| (l.name.as_str(), l.key, l.on)).collect();
        let on = |name, key| (name, Some(key), true);
        let off = |name, key| (name, Some(key), false);
        let expected = [on("speaker", '1'), on("claim", '2'), on("statistic", '3'), on("organisation", '4')];
        assert_eq!(labels, [&expected[..], &[off("cue", '5'), off("addressee", '6')]].concat());
        for label in &scheme.labels {
            assert!(label.description.len() > 40, "{}", label.name);
            for attribute in &label.attributes {
                assert!(!attribute.description.is_empty(), "{} {}", label.name, attribute.name);
            }
        }
        for link in &scheme.links {
            assert!(!link.description.is_empty() && !link.inverse.is_empty(), "{}", link.name);
        }
        let names: Vec<_> = scheme.links.iter().map(|l| l.name.as_str()).collect();
        let some = ["says", "supports", "affiliated_with", "source_of", "addressed_to", "cue_of", "same_claim"];
        assert!(some.iter().all(|name| names.contains(name)) && names.contains(&"contradicts"));
        let claim = scheme.label("claim").unwrap();
        assert!(matches!(&claim.attribute("check_worthy").unwrap().kind, AttributeKind::Choice(o) if o.len() == 3));
    }
}
