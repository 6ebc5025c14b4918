//! From the codes of a font to characters and widths.

mod charmap;
mod plain;
mod unicode;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use hayro_cmap::{BfString, CMap, CMapName, CidFamily, load_embedded};
use hayro_font::{
    CMapResolverFn, Font, FontCache, FontGlyph, FontQuery, FontResolverFn, StandardFont,
};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream, String as Bytes};

use charmap::Charmap;
use plain::Plain;
use unicode::Unicode;

use super::decode::{decode, is_safe};
use super::guess::Guesses;

/// How many characters of the tables of embedded fonts are looked at, over all fonts of a file.
const MAX_MAPPED: usize = 4 << 20;

/// What one code of a font stands for.
#[derive(Clone)]
pub(super) struct Character {
    /// Its text; empty where the font does not say.
    pub(super) text: Rc<str>,
    /// How far the pen moves, in thousandths of the font's size: right and up.
    pub(super) advance: (f64, f64),
    /// Whether its text is a guess from its code.
    pub(super) guessed: bool,
    /// Whether the font says that it has no text: it is a part of another sign.
    pub(super) silent: bool,
}

/// How a font is read.
enum Loaded<'a> {
    /// By the library.
    Whole(Font<'a>),
    /// By its dictionary alone.
    Plain(Plain),
}

/// A font of the file.
pub(super) struct Face<'a> {
    font: Loaded<'a>,
    /// Codes to CIDs, and CIDs to characters, for the character collections of East Asia.
    collection: Option<(CMap, CMap)>,
    guesses: Option<Guesses>,
    /// Of a font of one byte a code: its own map from codes to characters, if it has one.
    own_map: Option<Option<CMap>>,
    /// Its own map from codes to characters, if that breaks the rules of the format.
    broken_map: Option<Unicode>,
    /// The font's own table of characters, where the file maps its codes to none.
    charmap: Option<Charmap>,
    /// Whether nothing says what its codes mean, so that whatever they are read as is a guess.
    is_symbolic: bool,
    scale: f64,
    known: RefCell<HashMap<(u32, usize), Character>>,
}

impl Face<'_> {
    /// The first code of the bytes, how many bytes it takes (never none), and what it stands for.
    pub(super) fn read(&self, bytes: &[u8]) -> (u32, usize, Character) {
        let (code, length) = match &self.font {
            Loaded::Whole(font) => font.read_code(bytes, 0),
            Loaded::Plain(font) => font.read_code(bytes),
        };
        let length = length.max(1);
        let character = self
            .known
            .borrow_mut()
            .entry((code, length))
            .or_insert_with(|| match &self.font {
                Loaded::Whole(font) => self.look_up(font, code, length),
                Loaded::Plain(font) => {
                    let (text, guessed) = font.text(code);
                    let advance = font.advance(code);
                    Character { text: text.into(), advance, guessed, silent: false }
                }
            })
            .clone();
        (code, length, character)
    }

    /// Whether lines run from left to right, and not downwards.
    pub(super) fn is_horizontal(&self) -> bool {
        match &self.font {
            Loaded::Whole(font) => font.is_horizontal(),
            Loaded::Plain(font) => font.is_horizontal(),
        }
    }

    /// How much larger its letters are than the size that it is set in says.
    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    fn look_up(&self, font: &Font<'_>, code: u32, length: usize) -> Character {
        let glyph_id = font.map_code(code);
        let glyph = font.glyph(glyph_id, code);
        let named = match &glyph {
            FontGlyph::Outline(glyph) => glyph.as_unicode(),
            FontGlyph::Type3(glyph) => glyph.as_unicode(),
        };
        let own = self.broken_map.as_ref().and_then(|map| map.text(code));
        let silent = own.as_ref().is_some_and(String::is_empty);
        let named = own.or_else(|| named.map(written));
        let mut text = named.filter(|text| silent || is_text(text)).or_else(|| {
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
        let advance = font.code_advance(code);
        let mut character = Character {
            text: text.unwrap_or_default().into(),
            advance: (advance.x, advance.y),
            guessed: false,
            silent,
        };
        if silent {
            return character;
        }
        if character.text.is_empty()
            && let Some(guess) = self.guesses.as_ref().and_then(|guesses| guesses.character(code))
        {
            character.text = guess.to_string().into();
            character.guessed = true;
        }
        if (self.is_symbolic || character.text.is_empty())
            && let Some(charmap) = &self.charmap
            && let Some((one, is_ambiguous)) = charmap.character(glyph_id.to_u32())
        {
            character.text = one.to_string().into();
            character.guessed = is_ambiguous;
        }
        character.guessed |= self.is_symbolic && !character.text.is_empty();
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
    /// How many characters of the tables of embedded fonts may still be looked at.
    mapped: usize,
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
            mapped: MAX_MAPPED,
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

    fn load(&mut self, dict: &Dict<'a>) -> Option<Face<'a>> {
        // The library unpacks all streams of a font whole.
        let is_safe = has_safe_streams(dict);
        let font = is_safe.then(|| self.cache.font(dict, &self.fonts, &self.maps)).flatten();
        let Some(font) = font else {
            return Some(Face {
                font: Loaded::Plain(Plain::of(dict)?),
                charmap: None,
                is_symbolic: false,
                scale: 1.0,
                collection: None,
                guesses: None,
                own_map: None,
                broken_map: None,
                known: RefCell::default(),
            });
        };
        let collection = collection(dict);
        let is_simple = !dict.contains_key("DescendantFonts");
        let is_symbolic = is_symbolic(dict);
        let map = dict.get::<Stream<'_>>("ToUnicode").and_then(|stream| stream.decoded_data().ok());
        let own_map = map.as_ref().and_then(|map| CMap::parse(map, load_embedded));
        let broken_map = map.filter(|_| own_map.is_none()).and_then(|map| Unicode::of(&map));
        let is_mapped = own_map.is_some() || broken_map.is_some();
        let charmap = if is_symbolic || (!is_simple && !is_mapped) {
            embedded(dict, &font).and_then(|bytes| Charmap::of(&bytes, &mut self.mapped))
        } else {
            None
        };
        Some(Face {
            font: Loaded::Whole(font),
            charmap,
            is_symbolic,
            scale: scale(dict),
            collection,
            guesses: if is_simple { Guesses::of(dict) } else { None },
            own_map: is_simple.then_some(own_map),
            broken_map,
            known: RefCell::default(),
        })
    }
}

/// The font that describes the glyphs: of a composite font, its descendant.
fn descendant<'a>(dict: &Dict<'a>) -> Option<Dict<'a>> {
    match dict.get::<Array<'a>>("DescendantFonts") {
        Some(fonts) => fonts.iter::<Dict<'a>>().next(),
        None => Some(dict.clone()),
    }
}

/// The bytes of the embedded TrueType or OpenType font, if the glyphs are taken from it.
fn embedded<'a>(dict: &Dict<'a>, font: &Font<'a>) -> Option<Vec<u8>> {
    let descriptor = descendant(dict)?.get::<Dict<'a>>("FontDescriptor")?;
    let stream = descriptor
        .get::<Stream<'a>>("FontFile2")
        .or_else(|| descriptor.get::<Stream<'a>>("FontFile3"))?;
    let bytes = decode(&stream)?;
    let FontGlyph::Outline(glyph) = font.glyph(font.map_code(0), 0) else { return None };
    // Another font stands in for one that is damaged, and its glyphs are others.
    let data = glyph.font_data()?.data;
    ((*data).as_ref() == bytes.as_ref()).then(|| bytes.into_owned())
}

/// Whether a font is an embedded TrueType font of signs whose codes nothing explains: they are then read as if they were ASCII.
fn is_symbolic(dict: &Dict<'_>) -> bool {
    /// The bit that says that the characters are those of the standard set (ISO 32000-1, 9.8.2).
    const NON_SYMBOLIC: u32 = 1 << 5;
    let descriptor = dict.get::<Dict<'_>>("FontDescriptor").unwrap_or_default();
    dict.get::<Name<'_>>("Subtype").as_deref() == Some(b"TrueType")
        && descriptor.contains_key("FontFile2")
        && descriptor.get::<u32>("Flags").unwrap_or(0) & NON_SYMBOLIC == 0
        && !dict.contains_key("Encoding")
        && !dict.contains_key("ToUnicode")
}

/// How much larger the letters of a font are than the size that it is set in says: only fonts made of drawings (Type 3) have
/// units of their own. A letter is about half as wide as the font is large.
fn scale(dict: &Dict<'_>) -> f64 {
    let found = || {
        if dict.get::<Name<'_>>("Subtype").as_deref() != Some(b"Type3") {
            return None;
        }
        let [.., height, _, _] = dict.get::<[f64; 6]>("FontMatrix")?;
        let list = dict.get::<Array<'_>>("Widths")?;
        let (sum, count) = list
            .iter::<f64>()
            .take(256)
            .filter(|width| *width != 0.0)
            .fold((0.0, 0.0), |(sum, count), width| (sum + width.abs(), count + 1.0));
        let scale = 2.0 * sum / count * height.abs();
        // Within what fonts differ in, the size counts as it is said.
        (scale.is_finite() && scale > 0.0 && !(0.4..=2.5).contains(&scale)).then_some(scale)
    };
    found().unwrap_or(1.0)
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
