//! The scripts told apart, and how many letters of each a text has.

use std::sync::LazyLock;

/// A script of writing, as far as languages are told by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Script {
    Latn,
    Cyrl,
    Arab,
    Hani,
    Kana,
    Hang,
    Tibt,
    Mong,
    Deva,
    Beng,
    Guru,
    Gujr,
    Orya,
    Taml,
    Telu,
    Knda,
    Mlym,
    Sinh,
    Thai,
    Laoo,
    Mymr,
    Khmr,
    Geor,
    Armn,
    Grek,
    Hebr,
    Ethi,
    Yiii,
    Thaa,
    Other,
}

impl Script {
    /// All of them, in the order of the counters. Where two scripts are equally frequent in a text, the earlier one leads.
    pub(super) const ALL: [Script; 30] = [
        Script::Latn,
        Script::Cyrl,
        Script::Arab,
        Script::Hani,
        Script::Kana,
        Script::Hang,
        Script::Tibt,
        Script::Mong,
        Script::Deva,
        Script::Beng,
        Script::Guru,
        Script::Gujr,
        Script::Orya,
        Script::Taml,
        Script::Telu,
        Script::Knda,
        Script::Mlym,
        Script::Sinh,
        Script::Thai,
        Script::Laoo,
        Script::Mymr,
        Script::Khmr,
        Script::Geor,
        Script::Armn,
        Script::Grek,
        Script::Hebr,
        Script::Ethi,
        Script::Yiii,
        Script::Thaa,
        Script::Other,
    ];

    /// The script of a letter; none for digits, marks that many scripts share, and signs.
    #[inline]
    pub(super) fn of(c: char) -> Option<Script> {
        if c.is_ascii() {
            return c.is_ascii_alphabetic().then_some(Script::Latn);
        }
        match LETTERS.get(c as usize) {
            Some(&NONE) => None,
            Some(&number) => Script::ALL.get(usize::from(number)).copied(),
            None => by_block(c),
        }
    }

    /// Its ISO 15924 code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Script::Latn => "Latn",
            Script::Cyrl => "Cyrl",
            Script::Arab => "Arab",
            Script::Hani => "Hani",
            Script::Kana => "Jpan",
            Script::Hang => "Kore",
            Script::Tibt => "Tibt",
            Script::Mong => "Mong",
            Script::Deva => "Deva",
            Script::Beng => "Beng",
            Script::Guru => "Guru",
            Script::Gujr => "Gujr",
            Script::Orya => "Orya",
            Script::Taml => "Taml",
            Script::Telu => "Telu",
            Script::Knda => "Knda",
            Script::Mlym => "Mlym",
            Script::Sinh => "Sinh",
            Script::Thai => "Thai",
            Script::Laoo => "Laoo",
            Script::Mymr => "Mymr",
            Script::Khmr => "Khmr",
            Script::Geor => "Geor",
            Script::Armn => "Armn",
            Script::Grek => "Grek",
            Script::Hebr => "Hebr",
            Script::Ethi => "Ethi",
            Script::Yiii => "Yiii",
            Script::Thaa => "Thaa",
            Script::Other => "Zyyy",
        }
    }

    /// The language of a script that, as far as this program tells, one language writes.
    pub(super) fn only_language(self) -> Option<&'static str> {
        Some(match self {
            Script::Hang => "ko",
            Script::Mong => "mn-Mong",
            Script::Guru => "pa",
            Script::Gujr => "gu",
            Script::Orya => "or",
            Script::Taml => "ta",
            Script::Telu => "te",
            Script::Knda => "kn",
            Script::Mlym => "ml",
            Script::Sinh => "si",
            Script::Thai => "th",
            Script::Laoo => "lo",
            Script::Mymr => "my",
            Script::Khmr => "km",
            Script::Geor => "ka",
            Script::Armn => "hy",
            Script::Grek => "el",
            Script::Ethi => "am",
            Script::Yiii => "ii",
            Script::Thaa => "dv",
            Script::Latn
            | Script::Cyrl
            | Script::Arab
            | Script::Hani
            | Script::Kana
            | Script::Tibt
            | Script::Deva
            | Script::Beng
            | Script::Hebr
            | Script::Other => return None,
        })
    }

    /// How many letters of an alphabet say as much as one of this script's.
    pub(super) fn weight(self) -> u32 {
        if self == Script::Hani { 3 } else { 1 }
    }
}

const NONE: u8 = u8::MAX;

/// The script of each character of the basic plane.
static LETTERS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..=0xFFFF_u32)
        .map(|point| char::from_u32(point).and_then(by_block).map_or(NONE, |script| script as u8))
        .collect()
});

fn by_block(c: char) -> Option<Script> {
    Some(match c {
        'a'..='z' | 'A'..='Z' => Script::Latn,
        '\0'..='\u{A9}' => return None,
        '\u{AA}' | '\u{BA}' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' => Script::Latn,
        '\u{F8}'..='\u{2AF}' | '\u{1E00}'..='\u{1EFF}' => Script::Latn,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Grek,
        '\u{400}'..='\u{481}' | '\u{48A}'..='\u{52F}' => Script::Cyrl,
        '\u{531}'..='\u{58F}' => Script::Armn,
        '\u{5D0}'..='\u{5F4}' => Script::Hebr,
        '\u{620}'..='\u{63F}'
        | '\u{641}'..='\u{64A}'
        | '\u{66E}'..='\u{6D3}'
        | '\u{6D5}'
        | '\u{6EE}'..='\u{6EF}'
        | '\u{6FA}'..='\u{6FF}'
        | '\u{750}'..='\u{77F}'
        | '\u{8A0}'..='\u{8FF}'
        | '\u{FB50}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFC}' => Script::Arab,
        '\u{780}'..='\u{7B1}' => Script::Thaa,
        '\u{900}'..='\u{963}' | '\u{971}'..='\u{97F}' => Script::Deva,
        '\u{980}'..='\u{9E3}' | '\u{9F0}'..='\u{9F1}' => Script::Beng,
        '\u{A00}'..='\u{A65}' | '\u{A70}'..='\u{A7F}' => Script::Guru,
        '\u{A80}'..='\u{AE3}' => Script::Gujr,
        '\u{B00}'..='\u{B63}' => Script::Orya,
        '\u{B80}'..='\u{BE5}' => Script::Taml,
        '\u{C00}'..='\u{C63}' => Script::Telu,
        '\u{C80}'..='\u{CE3}' => Script::Knda,
        '\u{D00}'..='\u{D63}' => Script::Mlym,
        '\u{D80}'..='\u{DE5}' => Script::Sinh,
        '\u{E01}'..='\u{E4E}' => Script::Thai,
        '\u{E81}'..='\u{ECD}' | '\u{EDC}'..='\u{EDF}' => Script::Laoo,
        '\u{F00}' | '\u{F40}'..='\u{FBC}' => Script::Tibt,
        '\u{1000}'..='\u{103F}'
        | '\u{1050}'..='\u{108F}'
        | '\u{A9E0}'..='\u{A9FF}'
        | '\u{AA60}'..='\u{AA7F}' => Script::Mymr,
        '\u{10A0}'..='\u{10FF}' | '\u{1C90}'..='\u{1CBF}' => Script::Geor,
        '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7AF}' => Script::Hang,
        '\u{1200}'..='\u{139F}' => Script::Ethi,
        '\u{1780}'..='\u{17D3}' => Script::Khmr,
        '\u{1820}'..='\u{18AF}' => Script::Mong,
        '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' => Script::Kana,
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}' => Script::Hani,
        '\u{A000}'..='\u{A48C}' => Script::Yiii,
        _ if c.is_alphabetic() => Script::Other,
        _ => return None,
    })
}

/// How many letters of each script a text has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts([u32; Script::ALL.len()]);

impl Counts {
    /// Counts the letters of a text.
    pub(super) fn of(text: &str) -> Self {
        let mut counts = Self::default();
        for c in text.chars() {
            if let Some(script) = Script::of(c) {
                counts.add(script, 1);
            }
        }
        counts
    }

    pub(super) fn add(&mut self, script: Script, letters: u32) {
        if let Some(count) = self.0.get_mut(script as usize) {
            *count += letters;
        }
    }

    pub(super) fn get(&self, script: Script) -> u32 {
        self.0.get(script as usize).copied().unwrap_or(0)
    }

    /// The script most of the text is in, its weight in letters of an alphabet, and its share of the whole. Kana count as Han:
    /// Japanese is written in both. None without letters.
    pub(super) fn leading(&self) -> Option<(Script, u32, f64)> {
        let weigh = |script: Script| match script {
            Script::Hani => {
                (self.get(Script::Hani) + self.get(Script::Kana)) * Script::Hani.weight()
            }
            Script::Kana => 0,
            script => self.get(script),
        };
        let mut leading = (Script::Other, 0);
        let mut total = 0;
        for script in Script::ALL {
            let weight = weigh(script);
            total += weight;
            if weight > leading.1 {
                leading = (script, weight);
            }
        }
        let (script, weight) = leading;
        (weight > 0).then(|| (script, weight, f64::from(weight) / f64::from(total)))
    }
}
