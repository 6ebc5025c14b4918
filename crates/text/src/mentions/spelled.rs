//! Numbers and shares in the words of other languages than English, Chinese and Tibetan.
//!
//! A word may be something else as well (French `neuf` is "new"), so what is read here counts only
//! beside a known noun or a bound.

use super::english::InWords;
use super::numbers::starts_with_phrase;
use super::numerals::Amount;

/// What a word adds to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// A value below a thousand.
    Value(i128),
    /// A hundred of what stands before.
    Hundred,
    /// A power of ten, of all that stands before.
    Times(u32),
    /// "and".
    And,
}

type Words = &'static [(&'static str, i128)];

const RUSSIAN: Words = &[
    ("два", 2),
    ("две", 2),
    ("двух", 2),
    ("три", 3),
    ("четыре", 4),
    ("пять", 5),
    ("шесть", 6),
    ("семь", 7),
    ("восемь", 8),
    ("девять", 9),
    ("десять", 10),
    ("одиннадцать", 11),
    ("двенадцать", 12),
    ("пятнадцать", 15),
    ("двадцать", 20),
    ("тридцать", 30),
    ("сорок", 40),
    ("пятьдесят", 50),
    ("шестьдесят", 60),
    ("семьдесят", 70),
    ("восемьдесят", 80),
    ("девяносто", 90),
    ("сто", 100),
    ("двести", 200),
    ("триста", 300),
    ("четыреста", 400),
    ("пятьсот", 500),
    ("шестьсот", 600),
    ("семьсот", 700),
    ("восемьсот", 800),
    ("девятьсот", 900),
];
const FRENCH: Words = &[
    ("deux", 2),
    ("trois", 3),
    ("quatre", 4),
    ("cinq", 5),
    ("six", 6),
    ("sept", 7),
    ("huit", 8),
    ("neuf", 9),
    ("dix", 10),
    ("onze", 11),
    ("douze", 12),
    ("treize", 13),
    ("quatorze", 14),
    ("quinze", 15),
    ("seize", 16),
    ("vingt", 20),
    ("trente", 30),
    ("quarante", 40),
    ("cinquante", 50),
    ("soixante", 60),
];
const SPANISH: Words = &[
    ("dos", 2),
    ("tres", 3),
    ("cuatro", 4),
    ("cinco", 5),
    ("seis", 6),
    ("siete", 7),
    ("ocho", 8),
    ("nueve", 9),
    ("diez", 10),
    ("once", 11),
    ("doce", 12),
    ("trece", 13),
    ("catorce", 14),
    ("quince", 15),
    ("veinte", 20),
    ("veintiuno", 21),
    ("veintidós", 22),
    ("veintitrés", 23),
    ("veinticuatro", 24),
    ("veinticinco", 25),
    ("veintiséis", 26),
    ("veintisiete", 27),
    ("veintiocho", 28),
    ("veintinueve", 29),
    ("treinta", 30),
    ("cuarenta", 40),
    ("cincuenta", 50),
    ("sesenta", 60),
    ("setenta", 70),
    ("ochenta", 80),
    ("noventa", 90),
    ("cien", 100),
    ("ciento", 100),
    ("doscientos", 200),
    ("doscientas", 200),
    ("trescientos", 300),
    ("trescientas", 300),
    ("cuatrocientos", 400),
    ("cuatrocientas", 400),
    ("quinientos", 500),
    ("quinientas", 500),
    ("seiscientos", 600),
    ("seiscientas", 600),
    ("setecientos", 700),
    ("setecientas", 700),
    ("ochocientos", 800),
    ("ochocientas", 800),
    ("novecientos", 900),
    ("novecientas", 900),
];
const ARABIC: Words = &[
    ("ثلاث", 3),
    ("ثلاثة", 3),
    ("أربع", 4),
    ("أربعة", 4),
    ("خمس", 5),
    ("خمسة", 5),
    ("ست", 6),
    ("ستة", 6),
    ("سبع", 7),
    ("سبعة", 7),
    ("ثماني", 8),
    ("ثمانية", 8),
    ("تسع", 9),
    ("تسعة", 9),
    ("عشر", 10),
    ("عشرة", 10),
    ("عشرون", 20),
    ("عشرين", 20),
    ("ثلاثون", 30),
    ("ثلاثين", 30),
    ("أربعون", 40),
    ("أربعين", 40),
    ("خمسون", 50),
    ("خمسين", 50),
    ("ستون", 60),
    ("ستين", 60),
    ("سبعون", 70),
    ("سبعين", 70),
    ("ثمانون", 80),
    ("ثمانين", 80),
    ("تسعون", 90),
    ("تسعين", 90),
    ("مئة", 100),
    ("مائة", 100),
    ("مئتان", 200),
    ("مئتين", 200),
    ("مائتان", 200),
    ("مائتين", 200),
    ("ثلاثمئة", 300),
    ("ثلاثمائة", 300),
    ("أربعمئة", 400),
    ("أربعمائة", 400),
    ("خمسمئة", 500),
    ("خمسمائة", 500),
    ("ستمئة", 600),
    ("ستمائة", 600),
    ("سبعمئة", 700),
    ("سبعمائة", 700),
    ("ثمانمئة", 800),
    ("ثمانمائة", 800),
    ("تسعمئة", 900),
    ("تسعمائة", 900),
];
const UYGHUR: Words = &[
    ("بىر", 1),
    ("ئىككى", 2),
    ("ئۈچ", 3),
    ("تۆت", 4),
    ("بەش", 5),
    ("ئالتە", 6),
    ("يەتتە", 7),
    ("سەككىز", 8),
    ("توققۇز", 9),
    ("ئون", 10),
    ("يىگىرمە", 20),
    ("ئوتتۇز", 30),
    ("قىرىق", 40),
    ("ئەللىك", 50),
    ("ئاتمىش", 60),
    ("يەتمىش", 70),
    ("سەكسەن", 80),
    ("توقسان", 90),
];
const HINDI: Words = &[
    ("दो", 2),
    ("तीन", 3),
    ("चार", 4),
    ("पांच", 5),
    ("पाँच", 5),
    ("छह", 6),
    ("सात", 7),
    ("आठ", 8),
    ("नौ", 9),
    ("दस", 10),
    ("ग्यारह", 11),
    ("बारह", 12),
    ("पंद्रह", 15),
    ("बीस", 20),
    ("पच्चीस", 25),
    ("तीस", 30),
    ("चालीस", 40),
    ("पचास", 50),
    ("साठ", 60),
    ("सत्तर", 70),
    ("अस्सी", 80),
    ("नब्बे", 90),
];
const GERMAN: Words = &[
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwölf", 12),
    ("dreizehn", 13),
    ("vierzehn", 14),
    ("fünfzehn", 15),
    ("sechzehn", 16),
    ("siebzehn", 17),
    ("achtzehn", 18),
    ("neunzehn", 19),
    ("zwanzig", 20),
    ("dreißig", 30),
    ("vierzig", 40),
    ("fünfzig", 50),
    ("sechzig", 60),
    ("siebzig", 70),
    ("achtzig", 80),
    ("neunzig", 90),
];

/// Shares: language, phrase, parts, of how many. Those of Romance languages and Arabic stand before an article or "of".
const SHARES: &[(&str, &str, i128, u32)] = &[
    ("ru", "треть", 1, 3),
    ("ru", "две трети", 2, 3),
    ("ru", "половина", 1, 2),
    ("ru", "половину", 1, 2),
    ("ru", "четверть", 1, 4),
    ("ru", "три четверти", 3, 4),
    ("fr", "un tiers", 1, 3),
    ("fr", "deux tiers", 2, 3),
    ("fr", "un quart", 1, 4),
    ("fr", "trois quarts", 3, 4),
    ("fr", "la moitié", 1, 2),
    ("de", "ein drittel", 1, 3),
    ("de", "zwei drittel", 2, 3),
    ("de", "ein viertel", 1, 4),
    ("de", "drei viertel", 3, 4),
    ("de", "die hälfte", 1, 2),
    ("es", "un tercio", 1, 3),
    ("es", "dos tercios", 2, 3),
    ("es", "un cuarto", 1, 4),
    ("es", "tres cuartos", 3, 4),
    ("es", "la mitad", 1, 2),
    ("ar", "ثلث", 1, 3),
    ("ar", "ثلثا", 2, 3),
    ("ar", "ثلثي", 2, 3),
    ("ar", "نصف", 1, 2),
    ("ar", "ربع", 1, 4),
    ("hi", "एक तिहाई", 1, 3),
    ("hi", "दो तिहाई", 2, 3),
    ("hi", "एक चौथाई", 1, 4),
    ("hi", "तीन चौथाई", 3, 4),
    ("hi", "आधे", 1, 2),
    ("hi", "आधी", 1, 2),
    ("ug", "ئۈچتىن بىر", 1, 3),
    ("ug", "ئۈچتىن بىرى", 1, 3),
    ("ug", "ئۈچتىن ئىككى", 2, 3),
    ("ug", "ئۈچتىن ئىككىسى", 2, 3),
    ("ug", "تۆتتىن بىر", 1, 4),
    ("ug", "تۆتتىن بىرى", 1, 4),
    ("ug", "تۆتتىن ئۈچ", 3, 4),
    ("ug", "تۆتتىن ئۈچى", 3, 4),
];

/// Whether numbers in words are known for a language.
pub(super) fn knows(language: &str) -> bool {
    matches!(language, "ru" | "fr" | "de" | "es" | "ar" | "ug" | "hi")
}

/// Reads the number or share in the words of a language that begins at a byte.
pub(super) fn read(text: &str, from: usize, language: &str) -> Option<InWords> {
    let rest = text.get(from..)?;
    let share = SHARES
        .iter()
        .filter(|(of, ..)| *of == language)
        .filter_map(|(_, phrase, parts, whole)| {
            Some((starts_with_phrase(rest, phrase)?, *parts, *whole))
        })
        .max_by_key(|(length, ..)| *length);
    if let Some((length, parts, whole)) = share {
        let tail = rest.get(length..)?.trim_start();
        let is_of = match language {
            "fr" => ["d", "à un ", "à la ", "à deux ", "et un ", "et la "]
                .iter()
                .any(|of| tail.starts_with(of)),
            "es" => {
                ["de", "a un ", "a la ", "y un ", "y la "].iter().any(|of| tail.starts_with(of))
            }
            "ar" => tail.starts_with("ال"),
            _ => tail.chars().next().is_some_and(char::is_alphabetic),
        };
        return is_of.then_some(InWords {
            to: from + length,
            amount: Amount::whole(parts),
            denominator: Some(whole),
        });
    }
    let (mut total, mut section, mut to, mut words) = (0_i128, 0_i128, from, 0);
    let mut last_power = u32::MAX;
    let mut next = Some(from);
    let mut joined = false;
    while let Some(at) = next {
        let here = text.get(at..)?;
        let length = here.find(|c: char| !(c.is_alphabetic() || is_mark(c))).unwrap_or(here.len());
        let word = here.get(..length)?;
        if word.is_empty() || word.len() > 80 || words > 12 {
            break;
        }
        let word = word.to_lowercase();
        let (word, and) = match word.strip_prefix('و').filter(|_| language == "ar" && words > 0) {
            Some(tail) => (tail.to_owned(), true),
            None => (word, joined),
        };
        match part(&word, language) {
            Some(Part::And) if words > 0 => joined = true,
            Some(Part::Value(value)) if adds(section, value, and) => {
                (section, joined) = (section + value, false);
                (to, words) = (at + length, words + 1);
            }
            Some(Part::Hundred) if section < 10 => {
                (section, joined) = (section.max(1) * 100, false);
                (to, words) = (at + length, words + 1);
            }
            Some(Part::Times(power)) if power < last_power && (section > 0 || words == 0) => {
                total += section.max(1) * 10_i128.pow(power);
                (section, last_power, joined) = (0, power, false);
                (to, words) = (at + length, words + 1);
            }
            _ => break,
        }
        let tail = text.get(at + length..)?;
        next = tail.starts_with([' ', '-']).then_some(at + length + 1);
    }
    let value = total + section;
    (words > 0 && value > 1).then_some(InWords {
        to,
        amount: Amount::whole(value),
        denominator: None,
    })
}

fn is_mark(c: char) -> bool {
    // Vowel signs of Devanagari are no letters.
    ('\u{900}'..='\u{963}').contains(&c)
}

/// Whether a value may follow what the section holds.
fn adds(section: i128, value: i128, and: bool) -> bool {
    section == 0
        || (section % 100 == 0 && value < 100)
        || (section % 10 == 0 && section % 100 != 0 && value < 10)
        || (and && section % 100 < 10 && value < 100 && value % 10 == 0)
}

fn part(word: &str, language: &str) -> Option<Part> {
    let value = |words: Words| {
        words.iter().find(|(known, _)| *known == word).map(|(_, value)| Part::Value(*value))
    };
    match language {
        "ru" => match word {
            "тысяча" | "тысячи" | "тысяч" => Some(Part::Times(3)),
            "миллион" | "миллиона" | "миллионов" => Some(Part::Times(6)),
            _ => value(RUSSIAN),
        },
        "fr" => match word {
            "et" => Some(Part::And),
            "cent" | "cents" => Some(Part::Hundred),
            "mille" => Some(Part::Times(3)),
            "million" | "millions" => Some(Part::Times(6)),
            _ => value(FRENCH),
        },
        "es" => match word {
            "y" => Some(Part::And),
            "mil" => Some(Part::Times(3)),
            "millones" => Some(Part::Times(6)),
            _ => value(SPANISH),
        },
        "ar" => match word {
            "ألف" | "ألفا" | "آلاف" => Some(Part::Times(3)),
            "ألفان" | "ألفين" => Some(Part::Value(2000)),
            "مليون" | "ملايين" => Some(Part::Times(6)),
            _ => value(ARABIC),
        },
        "ug" => match word {
            "يۈز" => Some(Part::Hundred),
            "مىڭ" => Some(Part::Times(3)),
            "مىليون" => Some(Part::Times(6)),
            _ => value(UYGHUR),
        },
        "hi" => match word {
            "सौ" => Some(Part::Hundred),
            "हजार" | "हज़ार" => Some(Part::Times(3)),
            "लाख" => Some(Part::Times(5)),
            "करोड़" => Some(Part::Times(7)),
            _ => value(HINDI),
        },
        "de" => match word {
            "millionen" => Some(Part::Times(6)),
            _ => german(word, 0).map(Part::Value),
        },
        _ => None,
    }
}

/// German writes one word: dreihundertfünfundzwanzig.
fn german(word: &str, depth: u8) -> Option<i128> {
    if depth > 3 {
        return None;
    }
    for (unit, value) in [("tausend", 1000), ("hundert", 100)] {
        if let Some((above, below)) = word.split_once(unit) {
            let above = match above {
                "" | "ein" => 1,
                _ => german(above, depth + 1)?,
            };
            let below = match below {
                "" => 0,
                _ => german(below, depth + 1)?,
            };
            return Some(above * value + below);
        }
    }
    if let Some((ones, tens)) = word.split_once("und") {
        let ones =
            if ones == "ein" { 1 } else { german(ones, depth + 1).filter(|ones| *ones < 10)? };
        return Some(ones + german(tens, depth + 1).filter(|tens| *tens >= 20)?);
    }
    GERMAN.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_words() {
        for (language, text, expected) in [
            ("ru", "двадцать пять деревень", Some((25, None, "двадцать пять"))),
            ("ru", "Пять тысяч", Some((5000, None, "Пять тысяч"))),
            ("fr", "trois cents personnes", Some((300, None, "trois cents"))),
            ("fr", "vingt et un mille", Some((20, None, "vingt"))),
            ("de", "dreihundertfünfundzwanzig", Some((325, None, "dreihundertfünfundzwanzig"))),
            ("de", "Hund", None),
            ("es", "treinta y dos", Some((32, None, "treinta y dos"))),
            ("ar", "خمسة وعشرون", Some((25, None, "خمسة وعشرون"))),
            ("ar", "ثلاثة آلاف", Some((3000, None, "ثلاثة آلاف"))),
            ("ug", "ئۈچ يۈز", Some((300, None, "ئۈچ يۈز"))),
            ("ug", "بىر ئادەم", None),
            ("hi", "तीन सौ", Some((300, None, "तीन सौ"))),
            ("fr", "deux tiers des cas", Some((2, Some(3), "deux tiers"))),
        ] {
            let found = read(text, 0, language).map(|found| {
                let value = i64::try_from(found.amount.mantissa).unwrap();
                (value, found.denominator, &text[..found.to])
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
