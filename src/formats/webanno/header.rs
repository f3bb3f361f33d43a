//! The head of a file: its version, its layers and their columns.

use crate::formats::problem::{Cause, Place, Problem, shown};
use crate::formats::read::Names;
use crate::model::Name;
use std::collections::HashMap;

/// Begins every file.
pub const FORMAT: &str = "#FORMAT=WebAnno TSV ";
/// Begin the lines that describe layers.
pub const SPAN: &str = "#T_SP=";
pub const RELATION: &str = "#T_RL=";
pub const CHAIN: &str = "#T_CH=";
/// Begin the lines above the tokens of a sentence.
pub const TEXT: &str = "#Text=";
pub const SENTENCE_ID: &str = "#Sentence.id=";
/// What the format has no place for, as JSON.
pub const BYLINE: &str = "#byline=";
/// Begins the column of a relation that says where it comes from, with the type of what it joins.
pub const BASE: &str = "BT_";
/// Begins the column with the roles of a feature that points to annotations.
const ROLE: &str = "ROLE_";

/// More columns than any project has layers and features: looking them up costs each other's number.
const COLUMNS_LIMIT: usize = 10_000;

/// What a layer is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Span,
    Relation,
    Chain,
}

/// What a column holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Column {
    /// The values of a feature.
    Feature(Name),
    /// That there is an annotation.
    Nothing,
    /// The roles of a feature that points to annotations.
    Roles(Name),
    /// To which annotations it points, with their type.
    Targets(Name),
    /// Where a relation comes from, with the type of what it joins.
    From(Name),
}

/// A layer with its columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layer {
    pub kind: Kind,
    /// Full name of its type.
    pub name: Name,
    /// Unlike all other names of the file, for messages.
    pub shown: String,
    pub columns: Vec<Column>,
}

/// The head of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// The number after `3.`.
    pub minor: u32,
    pub layers: Vec<Layer>,
    /// Further lines, `#NAME=VALUE`, as some corpora have them.
    pub fields: Vec<(String, String)>,
}

impl Header {
    /// Reads the first lines of a file; gives how many there are.
    pub fn read<'a>(
        file: &str,
        lines: impl Iterator<Item = &'a str>,
        names: &mut Names,
    ) -> Result<(Self, usize), Problem> {
        let mut header = Self::default();
        let mut count = 0;
        for line in lines {
            let place = || Place::line(file, count + 1);
            if count == 0 {
                header.minor = minor_of(line, &place())?;
            } else if let Some(layer) = layer_from(line, names) {
                header.layers.push(layer.map_err(|expected| Problem::syntax(place(), expected, shown(line)))?);
            } else {
                let ours = [TEXT, SENTENCE_ID, BYLINE].iter().any(|begin| line.starts_with(begin));
                let Some(field) = line.strip_prefix('#').filter(|_| !ours) else { break };
                let (name, value) = field.split_once('=').unwrap_or(("comment", field));
                header.fields.push((name.to_owned(), value.to_owned()));
            }
            count += 1;
        }
        let short = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
        let mut count_of: HashMap<String, usize> = HashMap::new();
        header.layers.iter().for_each(|layer| *count_of.entry(short(&layer.name)).or_default() += 1);
        for layer in &mut header.layers {
            let short = short(&layer.name);
            layer.shown = if count_of.get(&short) == Some(&1) { short } else { layer.name.to_string() };
        }
        if header.width() > COLUMNS_LIMIT {
            let (found, limit) = (header.width(), COLUMNS_LIMIT);
            let cause = Cause::TooLarge { what: "the file", found, limit, unit: "columns" };
            return Err(Problem::error(Place::file(file), cause, "export fewer layers at once"));
        }
        Ok((header, count))
    }

    /// The number of columns after the token.
    pub fn width(&self) -> usize {
        self.layers.iter().map(|layer| layer.columns.len()).sum()
    }
}

fn minor_of(line: &str, place: &Place) -> Result<u32, Problem> {
    let version = line.strip_prefix(FORMAT).and_then(|version| version.trim_end().split_once('.'));
    let minor = version.filter(|(major, _)| *major == "3").and_then(|(_, minor)| minor.parse().ok());
    minor.filter(|minor| *minor <= 3).ok_or_else(|| {
        let problem = Problem::syntax(place.clone(), format!("`{FORMAT}3.0` to `3.3`"), shown(line));
        Problem {
            help: "read it with INCEpTION and export it as WebAnno TSV 3.3 or UIMA CAS XMI".to_owned(),
            ..problem
        }
    })
}

/// A line that describes a layer, or what was expected instead; `None` for another line.
fn layer_from(line: &str, names: &mut Names) -> Option<Result<Layer, &'static str>> {
    let kinds = [(SPAN, Kind::Span), (RELATION, Kind::Relation), (CHAIN, Kind::Chain)];
    let (rest, kind) = kinds.iter().find_map(|(begin, kind)| Some((line.strip_prefix(begin)?, *kind)))?;
    let mut fields = rest.trim_end().split('|');
    let name = fields.next().unwrap_or_default().trim();
    if name.is_empty() {
        return Some(Err("a layer such as `#T_SP=webanno.custom.Claim|value`"));
    }
    let mut columns: Vec<Column> = Vec::new();
    for field in fields.filter(|field| !field.is_empty()) {
        let role = field.strip_prefix(ROLE).filter(|_| kind == Kind::Span);
        let base = field.strip_prefix(BASE).filter(|_| kind == Kind::Relation);
        columns.push(match (role, base) {
            // `TYPE:FEATURE_TYPE-OF-LINK`
            (Some(role), _) => {
                let feature = role.split_once(':').map_or(role, |(_, feature)| feature);
                Column::Roles(names.get(feature.rsplit_once('_').map_or(feature, |(feature, _)| feature)))
            }
            (None, Some(base)) => Column::From(names.get(base)),
            _ if matches!(columns.last(), Some(Column::Roles(_))) => Column::Targets(names.get(field)),
            _ => Column::Feature(names.get(field)),
        });
    }
    if columns.is_empty() {
        columns.push(Column::Nothing);
    }
    let link = Column::Feature(names.get(super::LINK_FEATURE));
    let is_from = |column: &&Column| matches!(column, Column::From(_));
    match kind {
        Kind::Relation if columns.iter().filter(is_from).count() != 1 => {
            return Some(Err("a relation such as `#T_RL=webanno.custom.Says|value|BT_webanno.custom.Claim`"));
        }
        Kind::Chain if !columns.contains(&link) => {
            return Some(Err("a chain such as `#T_CH=webanno.custom.NameLink|referenceRelation|referenceType`"));
        }
        _ => {}
    }
    Some(Ok(Layer { kind, name: names.get(name), shown: String::new(), columns }))
}
