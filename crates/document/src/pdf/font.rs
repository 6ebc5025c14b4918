//! From the codes of a font to characters and widths.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use hayro_cmap::{BfString, CMap, CMapName, CidFamily, load_embedded};
use hayro_font::{
    CMapResolverFn, Font, FontCache, FontGlyph, FontQuery, FontResolverFn, StandardFont,
};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream, String as Bytes};

use super::decode::is_safe;
use super::guess::Guesses;

/// What one code of a font stands for.
#[derive(Clone)]
pub(super) struct Character {
    /// Its text; empty where the font does not say.
    pub(super) text: Rc<str>,
    /// How far the pen moves, in thousandths of the font's size: right and up.
    pub(super) advance: (f64, f64),
    /// Whether its text is a guess from its code.
    pub(super) guessed: bool,
}

/// A font of the file.
pub(super) struct Face<'a> {
    font: Font<'a>,
    /// Codes to CIDs, and CIDs to characters, for the character collections of East Asia.
    collection: Option<(CMap, CMap)>,
    guesses: Option<Guesses>,
    /// Of a font of one byte a code: its own map from codes to characters, if it has one.
    own_map: Option<Option<CMap>>,
    known: RefCell<HashMap<(u32, usize), Character>>,
}

impl Face<'_> {
    /// The first code of the bytes, how many bytes it takes (never none), and what it stands for.
    pub(super) fn read(&self, bytes: &[u8]) -> (u32, usize, Character) {
        let (code, length) = self.font.read_code(bytes, 0);
        let length = length.max(1);
        let character = self
            .known
            .borrow_mut()
            .entry((code, length))
            .or_insert_with(|| self.look_up(code, length))
            .clone();
        (code, length, character)
    }

    /// Whether lines run from left to right, and not downwards.
    pub(super) fn is_horizontal(&self) -> bool {
        self.font.is_horizontal()
    }

    fn look_up(&self, code: u32, length: usize) -> Character {
        let glyph = self.font.glyph(self.font.map_code(code), code);
        let named = match &glyph {
            FontGlyph::Outline(glyph) => glyph.as_unicode(),
            FontGlyph::Type3(glyph) => glyph.as_unicode(),
        };
        let mut text = named.map(written).filter(|text| is_text(text)).or_else(|| {
            let (encoding, ucs2) = self.collection.as_ref()?;
            let cid = encoding.lookup_cid_code(code, u8::try_from(length).ok()?)?;
            ucs2.lookup_bf_string(cid)
                .map(written)
                .or_else(|| Some(char::from_u32(ucs2.lookup_cid_code(cid, 2)?)?.to_string()))
                .filter(|text| is_text(text))
        });
        // Only the names of glyphs give these code points wrongly; a map of the file means what it says.
        if let (Some(map), Some(found)) = (&self.own_map, &mut text)
            && found.contains(is_angle_bracket)
            && map.as_ref().is_none_or(|map| map.lookup_bf_string(code).is_none())
        {
            *found = found.chars().map(as_in_formulas).collect();
        }
        let advance = self.font.code_advance(code);
        let mut character = Character {
            text: text.unwrap_or_default().into(),
            advance: (advance.x, advance.y),
            guessed: false,
        };
        if character.text.is_empty()
            && let Some(guess) = self.guesses.as_ref().and_then(|guesses| guesses.character(code))
        {
            character.text = guess.to_string().into();
            character.guessed = true;
        }
        character
    }
}

fn is_angle_bracket(one: char) -> bool {
    as_in_formulas(one) != one
}

/// Fonts name the angle brackets of formulas; the lists of names give them the code points of Chinese punctuation.
fn as_in_formulas(one: char) -> char {
    match one {
        '\u{3008}' => '\u{27E8}',
        '\u{3009}' => '\u{27E9}',
        other => other,
    }
}

fn written(found: BfString) -> String {
    match found {
        BfString::Char(one) => one.to_string(),
        BfString::String(text) => text,
    }
}

/// A mapping to nothing but control characters says nothing.
fn is_text(text: &str) -> bool {
    text.chars().any(|one| !one.is_control() && one != '\u{FFFF}')
}

/// The fonts of one file, each loaded once.
pub(super) struct Fonts<'a> {
    cache: FontCache<'a>,
    fonts: FontResolverFn,
    maps: CMapResolverFn,
    faces: HashMap<Vec<u8>, Option<Rc<Face<'a>>>>,
}

impl<'a> Fonts<'a> {
    /// No font yet.
    pub(super) fn new() -> Self {
        Self {
            cache: FontCache::new(),
            // Only names and widths of glyphs are wanted: any font does for one that the file lacks.
            fonts: Arc::new(|query| {
                Some(match query {
                    FontQuery::Standard(font) => font.get_font_data(),
                    FontQuery::Fallback(_) => StandardFont::Helvetica.get_font_data(),
                })
            }),
            maps: Arc::new(load_embedded),
            faces: HashMap::new(),
        }
    }

    /// The font that a dictionary describes, if it can be read.
    pub(super) fn face(&mut self, dict: &Dict<'a>) -> Option<Rc<Face<'a>>> {
        let key = dict.data().to_vec();
        if let Some(face) = self.faces.get(&key) {
            return face.clone();
        }
        let face = self.load(dict).map(Rc::new);
        self.faces.insert(key, face.clone());
        face
    }

    fn load(&self, dict: &Dict<'a>) -> Option<Face<'a>> {
        if !has_safe_streams(dict) {
            return None;
        }
        let font = self.cache.font(dict, &self.fonts, &self.maps)?;
        let collection = collection(dict);
        let is_simple = !dict.contains_key("DescendantFonts");
        Some(Face {
            font,
            collection,
            guesses: if is_simple { Guesses::of(dict) } else { None },
            own_map: is_simple.then(|| {
                let stream = dict.get::<Stream<'_>>("ToUnicode")?;
                CMap::parse(&stream.decoded_data().ok()?, load_embedded)
            }),
            known: RefCell::default(),
        })
    }
}

/// Whether none of the streams of a font unpacks to more than a stream may hold.
fn has_safe_streams(dict: &Dict<'_>) -> bool {
    let descendant = || dict.get::<Array<'_>>("DescendantFonts")?.iter::<Dict<'_>>().next();
    let fonts = [Some(dict.clone()), descendant()];
    fonts.iter().flatten().all(|font| {
        let descriptor = font.get::<Dict<'_>>("FontDescriptor").unwrap_or_default();
        ["ToUnicode", "Encoding", "CIDToGIDMap"]
            .iter()
            .filter_map(|key| font.get::<Stream<'_>>(*key))
            .chain(
                ["FontFile", "FontFile2", "FontFile3"]
                    .iter()
                    .filter_map(|key| descriptor.get::<Stream<'_>>(*key)),
            )
            .all(|stream| is_safe(&stream))
    })
}

/// The maps of a font whose codes are of one of Adobe's character collections (PDF 32000-1, 9.7.5.2 and 9.10.2).
fn collection(dict: &Dict<'_>) -> Option<(CMap, CMap)> {
    let font = dict.get::<Array<'_>>("DescendantFonts")?.iter::<Dict<'_>>().next()?;
    let system = font.get::<Dict<'_>>("CIDSystemInfo")?;
    let family = CidFamily::from_registry_ordering(
        &system.get::<Bytes<'_>>("Registry")?,
        &system.get::<Bytes<'_>>("Ordering")?,
    );
    let ucs2 = CMap::parse(load_embedded(family.ucs2_cmap()?)?, load_embedded)?;
    let encoding = match dict.get::<Object<'_>>("Encoding")? {
        Object::Name(name) => named_map(&name)?,
        Object::Stream(stream) => CMap::parse(&stream.decoded_data().ok()?, load_embedded)?,
        _ => return None,
    };
    Some((encoding, ucs2))
}

fn named_map(name: &Name<'_>) -> Option<CMap> {
    match name.as_ref() {
        b"Identity-H" => Some(CMap::identity_h()),
        b"Identity-V" => Some(CMap::identity_v()),
        name => CMap::parse(load_embedded(CMapName::from_bytes(name))?, load_embedded),
    }
}
