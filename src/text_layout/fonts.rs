//! Fonts: those that the program brings, those of the system, and who stands in for whom. Knows
//! no text layout and no pixels.

use parley::fontique::{
    Blob, Charmap, CharmapIndex, Collection, CollectionOptions, FallbackKey, FamilyId, GenericFamily, Language, Script,
    SourceCache,
};
use parley::{FontContext, FontFamilyName};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The bytes of a font file, such as `Arc::new(include_bytes!("a.ttf").as_slice())`.
pub type FontBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Which fonts there are, and which of them the text is set in.
#[derive(Clone, Default)]
pub struct FontSet {
    /// Font files that the program brings (OpenType; single, collection or variable). One that
    /// cannot be read is left out.
    pub faces: Vec<FontBytes>,
    /// The families of the text, the first before the others, as CSS writes them: names with
    /// commas between. A family that is not there is left out, and so are generic ones such as
    /// `serif`: those stand for every font there is, and would win over the one for emoji.
    pub families: String,
    /// Whether the fonts of the system stand in for glyphs that these families lack.
    pub use_system: bool,
}

impl fmt::Debug for FontSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FontSet")
            .field("faces", &self.faces.len())
            .field("families", &self.families)
            .field("use_system", &self.use_system)
            .finish()
    }
}

/// A font as it is drawn: the file, the instance of a variable font, and what is imitated. Cheap
/// to clone; two handles of one [`Engine`](super::Engine) and its clones are equal exactly when
/// they draw alike.
#[derive(Clone)]
pub struct FontHandle(Arc<Face>);

struct Face {
    id: u32,
    instance: Instance,
    blob: Blob<u8>,
    key: swash::CacheKey,
}

/// What makes one drawn font differ from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Instance {
    /// Number of the font file, the same for the life of the process.
    pub blob: u64,
    /// Index of the font in its file.
    pub index: u32,
    /// Normalised coordinates of a variable font, 2.14 fixed point (OpenType 1.9, “avar”).
    pub coords: Vec<i16>,
    /// Whether bold is imitated.
    pub embolden: bool,
    /// Degrees by which upright letters are slanted, to imitate italics.
    pub skew: i8,
}

/// Counts the fonts of the process: a cache may serve several engines.
static NEXT_FONT: AtomicU32 = AtomicU32::new(0);

impl FontHandle {
    /// Number of the font, for keys of caches: no other font of the process has it.
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// The font file.
    pub fn bytes(&self) -> &[u8] {
        self.0.blob.as_ref()
    }

    pub(super) fn instance(&self) -> &Instance {
        &self.0.instance
    }

    /// The glyph of a hyphen and its width in pixels, `px` of them per em.
    pub(super) fn hyphen(&self, px: f32) -> Option<(u16, f32)> {
        let font = self.font_ref()?;
        let charmap = font.charmap();
        let glyphs = ['\u{2010}', '-'].map(|c| charmap.map(c));
        let glyph = glyphs.into_iter().find(|glyph| *glyph != 0)?;
        let metrics = font.glyph_metrics(&self.0.instance.coords).scale(px);
        Some((glyph, metrics.advance_width(glyph)))
    }

    /// The font for the rasteriser, or `None` where the file is broken.
    pub(super) fn font_ref(&self) -> Option<swash::FontRef<'_>> {
        let mut font = swash::FontRef::from_index(self.bytes(), self.0.instance.index as usize)?;
        font.key = self.0.key;
        Some(font)
    }
}

impl PartialEq for FontHandle {
    fn eq(&self, other: &Self) -> bool {
        self.0.instance == other.0.instance
    }
}

impl fmt::Debug for FontHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FontHandle").field(&self.0.instance).finish()
    }
}

/// The fonts of an engine. Clones share what was found and loaded.
#[derive(Clone)]
pub(super) struct Fonts {
    pub context: FontContext,
    /// The families of the text.
    pub families: Arc<[FontFamilyName<'static>]>,
    handles: Arc<Mutex<HashMap<Instance, FontHandle>>>,
    last_resort: Arc<Mutex<LastResort>>,
}

impl Fonts {
    pub fn new(set: &FontSet) -> Self {
        let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: set.use_system });
        let brought: Vec<FamilyId> = set
            .faces
            .iter()
            .flat_map(|face| collection.register_fonts(Blob::new(face.clone()), None))
            .map(|(family, _)| family)
            .collect();
        for generic in [GenericFamily::Serif, GenericFamily::SansSerif] {
            collection.append_generic_families(generic, brought.iter().copied());
        }
        set_fallbacks(&mut collection);
        Self {
            context: FontContext { collection, source_cache: SourceCache::new_shared() },
            families: named_families(&set.families),
            handles: Arc::default(),
            last_resort: Arc::default(),
        }
    }

    /// Sets the text in other families; returns whether they are others.
    pub fn set_families(&mut self, css: &str) -> bool {
        let families = named_families(css);
        let changed = families != self.families;
        self.families = families;
        changed
    }

    /// The families that there are, by name.
    pub fn names(&mut self) -> Vec<String> {
        let mut names: Vec<String> = self.context.collection.family_names().map(str::to_owned).collect();
        // The system has no order of its own: without one, two runs would draw differently.
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The handle of a font instance, the same one each time.
    pub fn handle(&self, blob: &Blob<u8>, instance: Instance) -> FontHandle {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = handles.entry(instance).or_insert_with_key(|instance| {
            FontHandle(Arc::new(Face {
                id: NEXT_FONT.fetch_add(1, Ordering::Relaxed),
                instance: instance.clone(),
                blob: blob.clone(),
                key: swash::CacheKey::new(),
            }))
        });
        handle.clone()
    }

    /// A family that has a glyph for `c`, of all there are, sought once for each character.
    pub fn family_with(&mut self, c: char) -> Option<Arc<str>> {
        let mut last_resort = self.last_resort.lock().unwrap_or_else(PoisonError::into_inner);
        last_resort.family_with(c, &mut self.context)
    }
}

fn named_families(css: &str) -> Arc<[FontFamilyName<'static>]> {
    let families = FontFamilyName::parse_css_list(css).filter_map(Result::ok);
    families.filter(|family| matches!(family, FontFamilyName::Named(_))).map(FontFamilyName::into_owned).collect()
}

/// The search through all families, for characters of which no fallback knows.
#[derive(Default)]
struct LastResort {
    families: Option<Vec<Candidate>>,
    found: HashMap<char, Option<Arc<str>>>,
}

struct Candidate {
    name: Arc<str>,
    blob: Blob<u8>,
    charmap: CharmapIndex,
}

impl LastResort {
    fn family_with(&mut self, c: char, fonts: &mut FontContext) -> Option<Arc<str>> {
        let families = self.families.get_or_insert_with(|| candidates(fonts));
        let found = self.found.entry(c).or_insert_with(|| {
            let has = |charmap: Charmap| charmap.map(c).is_some_and(|glyph| glyph != 0);
            let mut families = families.iter();
            let family = families.find(|f| f.charmap.charmap(f.blob.as_ref()).is_some_and(has));
            family.map(|family| family.name.clone())
        });
        found.clone()
    }
}

fn candidates(fonts: &mut FontContext) -> Vec<Candidate> {
    let mut names: Vec<String> = fonts.collection.family_names().map(str::to_owned).collect();
    // The system has no order of its own: without one, two runs would draw differently.
    names.sort_unstable();
    names.dedup();
    let mut candidate = |name: String| {
        let family = fonts.collection.family_by_name(&name)?;
        let font = family.default_font()?;
        Some(Candidate {
            name: name.into(),
            blob: font.load(Some(&mut fonts.source_cache))?,
            charmap: font.charmap_index(),
        })
    };
    names.into_iter().filter_map(&mut candidate).collect()
}

/// Puts families that are known to be good before what the system proposes for a script: left to
/// itself it may choose, for Hebrew, a face for commentaries.
fn set_fallbacks(collection: &mut Collection) {
    for (script, language, families) in FALLBACKS {
        let language = language.and_then(|language| Language::parse(language).ok());
        let key = FallbackKey::new(Script::from_bytes(**script), language.as_ref());
        let of_system: Vec<FamilyId> = collection.fallback_families(key).collect();
        let mut ids: Vec<FamilyId> = Vec::new();
        for name in families.iter().chain(EVERY_SCRIPT) {
            ids.extend(collection.family_id(name));
        }
        ids.extend(of_system);
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(*id));
        collection.set_fallbacks(key, ids.into_iter());
    }
}

/// Signs belong to no script and take that of their neighbours: so each script needs these.
const EVERY_SCRIPT: &[&str] = &[
    "Noto Sans Math",
    "Noto Sans Symbols2",
    "Noto Sans Symbols 2",
    "Noto Sans Symbols",
    "DejaVu Sans",
    "Segoe UI Symbol",
    "Apple Symbols",
];

type Fallback = (&'static [u8; 4], Option<&'static str>, &'static [&'static str]);

/// Script (ISO 15924), language, and the families to try: seriffed ones first, as on a page.
#[rustfmt::skip]
const FALLBACKS: &[Fallback] = &[
    (b"Latn", None, &["Noto Serif", "DejaVu Serif", "Times New Roman"]),
    (b"Grek", None, &["Noto Serif", "DejaVu Serif", "Times New Roman"]),
    (b"Cyrl", None, &["Noto Serif", "DejaVu Serif", "Times New Roman"]),
    (b"Zyyy", None, &["Noto Serif", "DejaVu Serif", "Times New Roman"]),
    (b"Hebr", None, &["Noto Serif Hebrew", "Noto Sans Hebrew", "Frank Ruehl CLM", "Times New Roman"]),
    (b"Arab", None, &["Noto Naskh Arabic", "Noto Sans Arabic", "Amiri", "Times New Roman"]),
    (b"Armn", None, &["Noto Serif Armenian", "Noto Sans Armenian"]),
    (b"Geor", None, &["Noto Serif Georgian", "Noto Sans Georgian"]),
    (b"Ethi", None, &["Noto Serif Ethiopic", "Noto Sans Ethiopic"]),
    (b"Deva", None, &["Noto Serif Devanagari", "Noto Sans Devanagari"]),
    (b"Beng", None, &["Noto Serif Bengali", "Noto Sans Bengali"]),
    (b"Guru", None, &["Noto Serif Gurmukhi", "Noto Sans Gurmukhi"]),
    (b"Gujr", None, &["Noto Serif Gujarati", "Noto Sans Gujarati"]),
    (b"Orya", None, &["Noto Serif Oriya", "Noto Sans Oriya"]),
    (b"Taml", None, &["Noto Serif Tamil", "Noto Sans Tamil"]),
    (b"Telu", None, &["Noto Serif Telugu", "Noto Sans Telugu"]),
    (b"Knda", None, &["Noto Serif Kannada", "Noto Sans Kannada"]),
    (b"Mlym", None, &["Noto Serif Malayalam", "Noto Sans Malayalam"]),
    (b"Sinh", None, &["Noto Serif Sinhala", "Noto Sans Sinhala"]),
    (b"Thai", None, &["Noto Serif Thai", "Noto Sans Thai"]),
    (b"Laoo", None, &["Noto Serif Lao", "Noto Sans Lao"]),
    (b"Khmr", None, &["Noto Serif Khmer", "Noto Sans Khmer"]),
    // The bold face of the seriffed one says that it is regular.
    (b"Mymr", None, &["Noto Sans Myanmar", "Noto Serif Myanmar"]),
    (b"Tibt", None, &["Noto Serif Tibetan", "Noto Sans Tibetan"]),
    (b"Hani", None, &["Noto Serif CJK SC", "Noto Sans CJK SC"]),
    (b"Hani", Some("ja"), &["Noto Serif CJK JP", "Noto Sans CJK JP"]),
    (b"Hani", Some("ko"), &["Noto Serif CJK KR", "Noto Sans CJK KR"]),
    (b"Hira", None, &["Noto Serif CJK JP", "Noto Sans CJK JP"]),
    (b"Kana", None, &["Noto Serif CJK JP", "Noto Sans CJK JP"]),
    (b"Bopo", None, &["Noto Serif CJK TC", "Noto Sans CJK TC"]),
    (b"Hang", None, &["Noto Serif CJK KR", "Noto Sans CJK KR"]),
];
