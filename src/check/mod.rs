//! Whether a project is whole: every file readable, every quote where it is said to be, everything as the scheme says.
//!
//! Here: the report of `byline check`. It reads, and changes nothing. Elsewhere: what a fault is (`store`), what
//! departs from a scheme (`model::Scheme`).

pub mod doubts;
mod strays;

use crate::model::{Annotation, DocumentId, Layer, LayerKey, Project, Scheme, Text, counted};
use crate::store::{FileError, ProjectFolder};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// How bad a problem is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something cannot be read, or is not what it says it is.
    Error,
    /// Readable, but not as the scheme says, or not part of the project.
    Warning,
}

/// One problem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// In which file.
    pub path: String,
    /// On which line, from 1.
    pub line: Option<usize>,
    /// In which column, from 1, in code points.
    pub column: Option<usize>,
    /// Which annotation, link or document it is about.
    pub id: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The line with its marker.
    #[serde(skip)]
    excerpt: Option<String>,
}

/// What was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Checked {
    /// Documents of the project.
    pub documents: usize,
    /// Texts that are what the project file says, by SHA-256.
    pub texts_verified: usize,
    /// Layers of the project's documents.
    pub layers: usize,
    /// Annotations in their files.
    pub annotations: usize,
    /// Annotations whose quote stands in the text where the file says.
    pub quotes_verified: usize,
    /// Links that are sound.
    pub links: usize,
}

/// What `byline check` says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// The project's folder.
    pub folder: String,
    /// What was looked at.
    pub checked: Checked,
    /// Number of errors, also of those that are not listed.
    pub errors: usize,
    /// Number of warnings.
    pub warnings: usize,
    /// By file, then line.
    pub problems: Vec<Problem>,
}

/// Checks the project in the folder `path`.
pub fn check(path: &Path) -> Report {
    let mut report = Report {
        folder: path.display().to_string(),
        checked: Checked::default(),
        errors: 0,
        warnings: 0,
        problems: Vec::new(),
    };
    match ProjectFolder::open(path) {
        Ok((folder, project)) => report.project(&folder, &project),
        Err(error) => report.error(&error),
    }
    report
}

impl Report {
    /// Whether there is neither error nor warning.
    pub fn is_clean(&self) -> bool {
        self.errors == 0 && self.warnings == 0
    }

    fn project(&mut self, folder: &ProjectFolder, project: &Project) {
        self.checked.documents = project.documents.len();
        let mut layers: BTreeMap<DocumentId, Vec<LayerKey>> = BTreeMap::new();
        match folder.all_layers() {
            Ok(keys) => keys.into_iter().for_each(|key| layers.entry(key.document.clone()).or_default().push(key)),
            Err(error) => self.error(&error),
        }
        for document in &project.documents {
            let text = match folder.load_text(document) {
                Ok(text) => {
                    self.checked.texts_verified += 1;
                    Some(text)
                }
                Err(error) => {
                    self.error(&error);
                    // Its quotes can still be compared with what is there now.
                    folder.read_text(&document.id).ok()
                }
            };
            for key in layers.remove(&document.id).unwrap_or_default() {
                if let Some(text) = &text {
                    self.layer(folder, project, &key, text);
                }
            }
        }
        for (path, message, help) in strays::find(folder, project) {
            self.warning(Problem { help: Some(help), ..warning(&path, message) });
        }
    }

    fn layer(&mut self, folder: &ProjectFolder, project: &Project, key: &LayerKey, text: &Text) {
        self.checked.layers += 1;
        let survey = match folder.survey_layer(key, text) {
            Ok(survey) => survey,
            Err(error) => return self.error(&error),
        };
        self.checked.annotations += survey.annotations;
        self.checked.quotes_verified += survey.quotes_verified;
        self.checked.links += survey.layer.links().len();
        survey.errors.iter().for_each(|error| self.error(error));
        self.errors += survey.errors_not_kept;
        if survey.errors_not_kept > 0 {
            let message = format!("{} more errors in this file are not listed", survey.errors_not_kept);
            self.problems.push(Problem { severity: Severity::Error, ..warning(&survey.path, message) });
        }
        let departures = departures(&project.scheme, &survey.layer, project);
        let unclear = |a: &Annotation| {
            let told = doubts::unclear(a, &project.scheme, &project.entities).into_iter();
            told.map(|message| (a.id.to_string(), message)).collect::<Vec<_>>()
        };
        let unclear: Vec<_> = survey.layer.annotations().flat_map(unclear).collect();
        if departures.is_empty() && unclear.is_empty() {
            return;
        }
        let lines = survey.lines();
        for (id, message) in unclear {
            let line = lines.get(&id).copied();
            let help = "choose who is meant; when all is decided, remove the notes of both that tell of it".to_owned();
            self.warning(Problem { line, id: Some(id), help: Some(help), ..warning(&survey.path, message) });
        }
        for (id, message) in departures {
            let line = lines.get(&id).copied();
            let help = Some("correct it, or add it to the scheme; it is kept as it is".to_owned());
            self.warning(Problem { line, id: Some(id), help, ..warning(&survey.path, message) });
        }
    }

    fn error(&mut self, error: &FileError) {
        self.errors += 1;
        self.problems.push(Problem {
            severity: Severity::Error,
            path: error.path.display().to_string(),
            line: error.excerpt.as_ref().map(|e| e.line),
            column: error.excerpt.as_ref().map(|e| e.column),
            id: error.id.clone(),
            message: error.fault.to_string(),
            help: Some(error.fault.help()),
            excerpt: error.excerpt.as_ref().map(|e| format!("{}\n  | {}", e.shown(), e.marker())),
        });
    }

    fn warning(&mut self, problem: Problem) {
        self.warnings += 1;
        self.problems.push(problem);
    }
}

fn warning(path: &Path, message: String) -> Problem {
    Problem {
        severity: Severity::Warning,
        path: path.display().to_string(),
        line: None,
        column: None,
        id: None,
        message,
        help: None,
        excerpt: None,
    }
}

/// How the annotations and links of a layer depart from the scheme, by id, in the order of the file.
fn departures(scheme: &Scheme, layer: &Layer, project: &Project) -> Vec<(String, String)> {
    let of_annotations = layer.annotations().flat_map(|annotation| {
        let departures = scheme.departures(annotation, &project.entities).into_iter();
        departures.map(|departure| (annotation.id.to_string(), departure.to_string()))
    });
    let of_links = layer.links().filter_map(|link| {
        let (from, to) = (layer.get(link.from)?, layer.get(link.to)?);
        let departure = scheme.link_departure(link, &from.label, &to.label)?;
        Some((link.id.to_string(), departure.to_string()))
    });
    of_annotations.chain(of_links).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}\n")?;
        }
        let Checked { documents, texts_verified, layers, annotations, quotes_verified, links } = self.checked;
        writeln!(f, "{texts_verified} of {} verified", counted(documents, "text"))?;
        let made = format!("{} with {}", counted(layers, "layer"), counted(annotations, "annotation"));
        writeln!(f, "{made} and {}", counted(links, "link"))?;
        writeln!(f, "{quotes_verified} of {} verified", counted(annotations, "quote"))?;
        if self.is_clean() {
            return write!(f, "no problems");
        }
        write!(f, "{}, {}", counted(self.errors, "error"), counted(self.warnings, "warning"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: ")?;
        match &self.id {
            Some(id) if !self.message.contains(id.as_str()) => write!(f, "{id}: {}", self.message)?,
            _ => write!(f, "{}", self.message)?,
        }
        write!(f, "\n --> {}", self.path)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        if let Some(excerpt) = &self.excerpt {
            write!(f, "\n  | {excerpt}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::{layer_of, state_of};
    use crate::model::AnnotationId;
    use crate::store::Dirty;
    use std::fs;

    /// A project with one document: an unknown label, a link that goes the wrong way, an attribute with a bad value.
    fn project() -> tempfile::TempDir {
        let temp = tempfile::tempdir().unwrap();
        let mut layer = layer_of("🦀 [speaker:Ana]: [claim:ça] [mood:où]{says 2 1}");
        let mut claim = layer.remove_link(crate::model::LinkId(1)).and_then(|link| {
            let claim = layer.remove(AnnotationId(2))?;
            Ok((claim, link))
        });
        let (claim, link) = claim.as_mut().unwrap();
        claim.attributes.insert("quotation".into(), "réported".into());
        layer.insert(claim.clone()).unwrap();
        layer.insert_link(link.clone()).unwrap();
        let state = state_of(layer);
        let folder = ProjectFolder::create(temp.path(), &Project::new("é", state.project.scheme.clone())).unwrap();
        folder.save(&state, &Dirty::everything(&state)).unwrap();
        temp
    }

    fn said(temp: &tempfile::TempDir) -> String {
        check(temp.path()).to_string().replace(temp.path().to_str().unwrap(), "é")
    }

    #[test]
    fn departures_from_the_scheme_are_warnings_with_line_and_id() {
        let temp = project();
        let expected = "\
warning: a2: attribute “quotation” cannot be “réported”: expected one of direct, indirect, mixed
 --> é/annotations/maria/0001-test.ron, line 12
help: correct it, or add it to the scheme; it is kept as it is

warning: a3: the scheme has no label “mood”
 --> é/annotations/maria/0001-test.ron, line 13
help: correct it, or add it to the scheme; it is kept as it is

warning: l1: a link “says” cannot go from “claim” to “speaker”
 --> é/annotations/maria/0001-test.ron, line 16
help: correct it, or add it to the scheme; it is kept as it is

1 of 1 text verified
1 layer with 3 annotations and 1 link
3 of 3 quotes verified
0 errors, 3 warnings";
        assert_eq!(said(&temp), expected);
    }

    #[test]
    fn errors_are_all_listed_strays_are_named_and_nothing_on_disk_changes() {
        let temp = project();
        let at = |path: &str| temp.path().join(path);
        let layer = fs::read_to_string(at("annotations/maria/0001-test.ron")).unwrap();
        let broken = layer.replace("quote: \"Ana\"", "quote: \"Eva\"").replace("quote: \"ça\"", "quote: \"ca\"");
        fs::write(at("annotations/maria/0001-test.ron"), &broken).unwrap();
        fs::create_dir(at("annotations/José")).unwrap();
        fs::write(at("annotations/maria/0009-gone.ron"), "é").unwrap();
        fs::write(at("annotations/maria/.byline-x.tmp"), "é").unwrap();
        fs::write(at("documents/notes.txt"), "é").unwrap();
        let report = check(temp.path());
        let of = |severity| {
            let problems = report.problems.iter().filter(move |p| p.severity == severity);
            problems
                .map(|p| (p.id.as_deref().unwrap_or(p.path.rsplit('/').next().unwrap()), p.line))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Severity::Error), [("a1", Some(11)), ("a2", Some(12))]);
        let strays = [("notes.txt", None), ("José", None), (".byline-x.tmp", None), ("0009-gone.ron", None)];
        assert_eq!(of(Severity::Warning), [&[("a3", Some(13))], &strays[..]].concat());
        let josé = report.problems.iter().find(|p| p.path.ends_with("José")).unwrap();
        assert_eq!(josé.help.as_deref(), Some("rename it to `Jos%C3%A9` if it is the folder of “José”"));
        assert_eq!((report.checked.annotations, report.checked.quotes_verified), (3, 1));
        assert_eq!(fs::read_to_string(at("annotations/maria/0001-test.ron")).unwrap(), broken);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["problems"][0]["severity"], "error");
    }

    #[test]
    fn a_changed_text_a_missing_one_and_no_project_at_all_are_errors() {
        let temp = project();
        let text = temp.path().join("documents/0001-test.txt");
        fs::write(&text, "🦀 Ana: ça où!").unwrap();
        let report = check(temp.path());
        let messages: Vec<_> = report.problems.iter().map(|p| p.message.split(" (").next().unwrap()).collect();
        let other = "these annotations were made on another version of the text";
        assert_eq!(&messages[..2], ["the text was changed outside Byline", other]);
        assert_eq!((report.errors, report.checked.quotes_verified), (2, 3), "{report}");
        fs::remove_file(&text).unwrap();
        assert_eq!(check(temp.path()).problems[0].message, "the text of document “0001-test” is missing");
        fs::remove_file(temp.path().join("project.ron")).unwrap();
        assert!(
            said(&temp).starts_with("error: this is no Byline project: it has no file `project.ron`\n --> é\nhelp: ")
        );
    }
}
