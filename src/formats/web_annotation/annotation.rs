//! One annotation, in the shapes that the model allows and that are found.

use crate::formats::encode;
use crate::formats::extras::KEY;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};

/// Properties of an annotation that are understood, or say nothing about the text.
const KNOWN: [&str; 15] = [
    "@context",
    "id",
    "@id",
    "type",
    "@type",
    "motivation",
    "body",
    "bodyValue",
    "bodies",
    "target",
    "creator",
    "created",
    "modified",
    "label",
    KEY,
];
/// How deep bodies and targets can be packed into choices, lists and selectors that refine others.
const DEPTH: usize = 4;

/// An annotation, as far as it is understood.
#[derive(Default)]
pub struct Annotation {
    pub id: Option<String>,
    /// By their last words: `tagging`, not `oa:tagging`.
    pub motivations: Vec<String>,
    pub labels: Vec<String>,
    pub notes: Vec<String>,
    /// Addresses of bodies that are neither labels nor notes.
    pub resources: Vec<String>,
    pub targets: Vec<Target>,
    pub creator: Option<String>,
    pub created: Option<DateTime<Utc>>,
    pub modified: Option<DateTime<Utc>>,
    pub byline: Option<Json>,
    /// What cannot be taken in, in words.
    pub left: Vec<String>,
}

/// A part of a text, or the whole of something.
#[derive(Default)]
pub struct Target {
    /// The address of what is annotated; that of another annotation, in a link.
    pub source: Option<String>,
    pub quote: Option<Quote>,
    /// Start and end, as counted in the file.
    pub position: Option<(usize, usize)>,
}

/// A quote with what stands around it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Quote {
    pub exact: String,
    pub prefix: String,
    pub suffix: String,
}

/// What is wrong with an annotation: what was expected, what was found.
pub type Wrong = (&'static str, String);

/// Whether a `type`, a text or a list of them, names `kind`, in its short form or as an address.
pub fn is_of_type(found: &Json, kind: &str) -> bool {
    texts(found).any(|text| last_word(text) == kind)
}

/// The texts of a text or a list.
fn texts(json: &Json) -> impl Iterator<Item = &str> {
    let list = json.as_array().map(Vec::as_slice).unwrap_or_default();
    json.as_str().into_iter().chain(list.iter().filter_map(Json::as_str))
}

/// `tagging` of `oa:tagging` and of `http://www.w3.org/ns/oa#tagging`.
fn last_word(text: &str) -> &str {
    text.rsplit(['#', ':', '/']).next().unwrap_or(text)
}

/// One thing or several.
fn several(json: &Json) -> &[Json] {
    json.as_array().map_or_else(|| std::slice::from_ref(json), Vec::as_slice)
}

/// Whether a text can be an address: with a scheme, or at least without white space.
fn is_address(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_whitespace)
}

impl Annotation {
    /// Understands an annotation.
    pub fn new(json: &Map<String, Json>) -> Result<Self, Wrong> {
        let mut this = Self { byline: json.get(KEY).cloned(), ..Self::default() };
        let kind = json.get("type").or_else(|| json.get("@type"));
        match kind {
            Some(kind) if is_of_type(kind, "Annotation") => {}
            Some(kind) => return Err(("an object of the type `Annotation`", format!("the type {kind}"))),
            None if json.contains_key("@context") => return Err(("a `type`", "an annotation without one".to_owned())),
            // Recogito and pairs of links leave it out.
            None => {}
        }
        if let Some(context) = json.get("@context")
            && !texts(context).any(|text| text.contains("/ns/anno") || text.contains("/ns/oa"))
        {
            return Err(("the context `http://www.w3.org/ns/anno.jsonld`", context.to_string()));
        }
        match json.get("id").or_else(|| json.get("@id")) {
            Some(Json::String(id)) => {
                if !is_address(id) {
                    this.left.push(format!("ids that are no addresses: `{id}`"));
                }
                this.id = Some(id.clone());
            }
            None | Some(Json::Null) => {}
            Some(_) => return Err(("one `id`", "an `id` that is no text".to_owned())),
        }
        this.motivations =
            json.get("motivation").into_iter().flat_map(texts).map(last_word).map(str::to_owned).collect();
        let target = json.get("target").ok_or_else(|| ("a `target`", "an annotation without one".to_owned()))?;
        for target in several(target) {
            this.target(target, None, 0)?;
        }
        for body in ["body", "bodies"].iter().filter_map(|key| json.get(*key)).flat_map(several) {
            this.body(body, 0)?;
        }
        match json.get("bodyValue") {
            None | Some(Json::Null) => {}
            Some(Json::String(note)) => this.notes.push(note.clone()),
            Some(_) => return Err(("a text as `bodyValue`", "something else".to_owned())),
        }
        let of_target = || several(target).iter().find_map(|target| target.get("creator"));
        this.creator = json.get("creator").or_else(of_target).and_then(name_of);
        this.created = this.time(json, "created");
        this.modified = this.time(json, "modified");
        for key in json.keys().filter(|key| !KNOWN.contains(&key.as_str())) {
            this.left.push(format!("`{key}` of annotations"));
        }
        // All of them wait until the texts are known.
        for list in [&mut this.motivations, &mut this.labels, &mut this.notes, &mut this.resources, &mut this.left] {
            list.shrink_to_fit();
        }
        this.targets.shrink_to_fit();
        Ok(this)
    }

    /// Whether it has a motivation, or a link's shape without one.
    pub fn is_motivated_by(&self, motivation: &str) -> bool {
        self.motivations.iter().any(|found| found == motivation)
    }

    fn time(&mut self, json: &Map<String, Json>, key: &str) -> Option<DateTime<Utc>> {
        let found = json.get(key).filter(|found| !found.is_null())?;
        let time = found.as_str().and_then(encode::time_from);
        if time.is_none() {
            self.left.push(format!("`{key}` that is no time: {found}"));
        }
        time
    }

    fn target(&mut self, json: &Json, source: Option<&str>, depth: usize) -> Result<(), Wrong> {
        if depth > DEPTH {
            return Err(("a target", "targets packed too deep".to_owned()));
        }
        let object = match json {
            Json::String(source) => {
                self.targets.push(Target { source: Some(source.clone()), ..Target::default() });
                return Ok(());
            }
            Json::Object(object) => object,
            other => return Err(("a `target`: an address or an object", other.to_string())),
        };
        // Composite, List, Independents and Choice are all lists of targets here.
        if let Some(items) = object.get("items").and_then(Json::as_array) {
            return items.iter().try_for_each(|item| self.target(item, source, depth + 1));
        }
        let address = |key: &str| match object.get(key)? {
            Json::String(text) => Some(text.as_str()),
            of => of.get("id").and_then(Json::as_str),
        };
        let source = address("source").or_else(|| address("id")).or(source).map(str::to_owned);
        let mut target = Target { source, ..Target::default() };
        let Some(selector) = object.get("selector") else {
            self.targets.push(target);
            return Ok(());
        };
        // Recogito's own form has a selector for each part of a discontinuous span; the model's are alternatives.
        let own = several(selector).iter().all(|one| one.get("type").is_none() && one.get("quote").is_some());
        for one in several(selector) {
            self.selector(one, &mut target, depth)?;
            if own {
                let source = target.source.clone();
                self.targets.push(std::mem::replace(&mut target, Target { source, ..Target::default() }));
            }
        }
        if !own {
            self.targets.push(target);
        }
        Ok(())
    }

    fn selector(&mut self, json: &Json, target: &mut Target, depth: usize) -> Result<(), Wrong> {
        if depth > DEPTH {
            return Err(("a selector", "selectors that refine others too deep".to_owned()));
        }
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let kind = json.get("type").and_then(Json::as_str).map(last_word);
        let refined = json.get("refinedBy");
        match kind {
            Some("TextQuoteSelector") | None if json.get("exact").or(json.get("quote")).is_some() => {
                let exact = text("exact").or_else(|| text("quote")).ok_or_else(|| no_text("exact"))?;
                let (prefix, suffix) = (text("prefix").unwrap_or_default(), text("suffix").unwrap_or_default());
                target.quote = Some(Quote { exact, prefix, suffix });
                if kind.is_none() && json.get("start").is_some() {
                    target.position = Some((offset(json, "start")?, offset(json, "end")?));
                }
            }
            Some("TextQuoteSelector") => return Err(no_text("exact")),
            Some("TextPositionSelector") => {
                target.position = Some((offset(json, "start")?, offset(json, "end")?));
            }
            _ if refined.is_some() => {}
            Some(other) => self.left.push(format!("selectors of the type `{other}`")),
            None => self.left.push("selectors that are only an address".to_owned()),
        }
        if let Some(refined) = refined {
            // What is refined says where to look: a position there counts from another place, a quote is a quote.
            let mut inner = Target::default();
            several(refined).iter().try_for_each(|one| self.selector(one, &mut inner, depth + 1))?;
            match inner.quote {
                Some(quote) => (target.quote, target.position) = (Some(quote), None),
                None => {
                    (target.quote, target.position) = (None, None);
                    self.left.push("selectors that are refined by others than quotes".to_owned());
                }
            }
        }
        Ok(())
    }

    fn body(&mut self, json: &Json, depth: usize) -> Result<(), Wrong> {
        if depth > DEPTH {
            return Err(("a body", "bodies packed too deep".to_owned()));
        }
        let object = match json {
            Json::Null => return Ok(()),
            Json::String(address) if is_address(address) => {
                self.resource(address, None);
                return Ok(());
            }
            Json::Object(object) => object,
            other => return Err(("a `body`: an address or an object", other.to_string())),
        };
        let is = |kind| object.get("type").is_some_and(|found| is_of_type(found, kind));
        if let Some(items) = object.get("items").and_then(Json::as_array) {
            let choice = is("Choice");
            if choice && items.len() > 1 {
                self.left.push("bodies that are the second choice or a later one".to_owned());
            }
            let taken = if choice { 1 } else { items.len() };
            return items.iter().take(taken).try_for_each(|item| self.body(item, depth + 1));
        }
        let purpose = object.get("purpose").into_iter().flat_map(texts).map(last_word).next();
        match object.get("value") {
            Some(Json::String(value)) => {
                if self.is_label(purpose) {
                    self.labels.push(value.clone());
                } else {
                    self.notes.push(value.clone());
                }
            }
            Some(_) => return Err(("a text as `value` of a body", "something else".to_owned())),
            None if is("TextualBody") => return Err(("a `value` of a `TextualBody`", "none".to_owned())),
            None => {
                let address = ["source", "id"].iter().find_map(|key| match object.get(*key)? {
                    Json::String(text) => Some(text.as_str()),
                    of => of.get("id").and_then(Json::as_str),
                });
                match address {
                    Some(address) => self.resource(address, purpose),
                    None => self.left.push("bodies without text or address".to_owned()),
                }
            }
        }
        Ok(())
    }

    /// Without a purpose of its own, a body has that of the annotation.
    fn is_label(&self, purpose: Option<&str>) -> bool {
        let label = |purpose: &str| matches!(purpose, "tagging" | "classifying" | "identifying");
        match purpose {
            Some(purpose) => label(purpose),
            None => self.motivations.iter().any(|motivation| label(motivation)),
        }
    }

    fn resource(&mut self, address: &str, purpose: Option<&str>) {
        if self.is_label(purpose) {
            self.labels.push(address.to_owned());
        } else {
            self.resources.push(address.to_owned());
        }
    }
}

fn no_text(key: &str) -> Wrong {
    ("a text as `exact` of a quote", format!("a selector without a text as `{key}`"))
}

fn offset(json: &Json, key: &str) -> Result<usize, Wrong> {
    let found = json.get(key);
    let offset = found.and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
    let what = || found.map_or_else(|| "none".to_owned(), Json::to_string);
    offset.ok_or_else(|| ("an offset of 0 or more", format!("{} as `{key}` of a position", what())))
}

/// Who somebody is: the name, else another one, else the address.
fn name_of(json: &Json) -> Option<String> {
    let first = several(json).first()?;
    let of = |key: &str| first.get(key).and_then(Json::as_str).map(str::to_owned);
    let named = first.as_str().map(str::to_owned).or_else(|| of("name")).or_else(|| of("nickname"));
    let named = named.or_else(|| of("email")).or_else(|| of("id"));
    let named = named.map(|name| name.strip_prefix("mailto:").map_or(name.clone(), str::to_owned));
    named.filter(|name| !name.trim().is_empty())
}
