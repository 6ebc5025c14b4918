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
//! digits of every script as 0–9 and without Arabic vowel signs and tatweel; Uyghur and Arabic
//! letters stay what they are. Offsets are bytes of the untouched text.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

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
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309D}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}'
        | '\u{30FC}'..='\u{30FF}'
        | '\u{3131}'..='\u{318E}'
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

/// The longest word that is indexed, in bytes of its normalised form; the rest of a longer one is
/// passed over (tantivy's own limit is 65,530).
const MAX_TERM: usize = 240;

/// Gives every term of `text` to `take`, in order of place.
pub(crate) fn each_term(text: &str, mut take: impl FnMut(Term<'_>)) {
    let mut position = 0;
    let mut buffer = String::new();
    let mut units: Vec<(usize, usize)> = Vec::new();
    let mut characters = text.char_indices().peekable();
    let mut plain_to = 0;
    while let Some((from, first)) = characters.next() {
        if from < plain_to {
            continue;
        }
        // Most words of most texts are plain ASCII between ASCII: no need to look closer.
        if first.is_ascii_alphanumeric()
            && let Some(to) = plain_word_end(text, from)
        {
            buffer.clear();
            buffer.push_str(text.get(from..to).unwrap_or(""));
            buffer.make_ascii_lowercase();
            if buffer.len() <= MAX_TERM {
                take(Term { text: &buffer, from, to, position, is_tail: false });
                position += 1;
            }
            plain_to = to;
            continue;
        }
        let class = class_of(first);
        match class {
            Class::Gap | Class::Mark => {}
            Class::Letter | Class::Tibetan => {
                let mut to = from + first.len_utf8();
                while let Some((at, next)) = characters.peek().copied() {
                    let next_class = class_of(next);
                    if next_class != class && next_class != Class::Mark {
                        break;
                    }
                    to = at + next.len_utf8();
                    characters.next();
                }
                let word = text.get(from..to).unwrap_or("");
                if class == Class::Tibetan {
                    tibetan(word, from, &mut position, &mut buffer, &mut take);
                } else {
                    normalise(word, &mut buffer);
                    if !buffer.is_empty() && buffer.len() <= MAX_TERM {
                        take(Term { text: &buffer, from, to, position, is_tail: false });
                        position += 1;
                    }
                }
            }
            Class::Ideograph | Class::Cluster => {
                units.clear();
                units.push((from, from + first.len_utf8()));
                while let Some((at, next)) = characters.peek().copied() {
                    let end = at + next.len_utf8();
                    let next_class = class_of(next);
                    if next_class == class {
                        units.push((at, end));
                    } else if next_class == Class::Mark {
                        if let Some(last) = units.last_mut() {
                            last.1 = end;
                        }
                    } else {
                        break;
                    }
                    characters.next();
                }
                for (at, unit) in units.iter().enumerate() {
                    let next = units.get(at + 1);
                    let to = next.map_or(unit.1, |next| next.1);
                    normalise(text.get(unit.0..to).unwrap_or(""), &mut buffer);
                    let is_tail = next.is_none();
                    if !buffer.is_empty() && buffer.len() <= MAX_TERM {
                        take(Term { text: &buffer, from: unit.0, to, position, is_tail });
                        position += 1;
                    }
                }
            }
        }
    }
}

/// The end of a word of ASCII letters and digits that no other letter or mark goes on.
fn plain_word_end(text: &str, from: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from..)?;
    let length = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
    rest.get(length).is_none_or(u8::is_ascii).then_some(from + length)
}

/// Particles that are written onto a syllable that ends in a vowel.
const FUSED: [&str; 4] = ["འི", "འོ", "འང", "འམ"];

fn tibetan(
    syllable: &str,
    from: usize,
    position: &mut usize,
    buffer: &mut String,
    take: &mut impl FnMut(Term<'_>),
) {
    normalise(syllable, buffer);
    if buffer.is_empty() || buffer.len() > MAX_TERM {
        return;
    }
    let to = from + syllable.len();
    take(Term { text: buffer, from, to, position: *position, is_tail: false });
    let bare = FUSED.iter().find_map(|particle| buffer.strip_suffix(particle));
    if let Some(bare) = bare.filter(|bare| !bare.is_empty()) {
        let to = FUSED
            .iter()
            .find_map(|particle| syllable.strip_suffix(particle))
            .map_or(to, |bare| from + bare.len());
        take(Term { text: bare, from, to, position: *position, is_tail: false });
    }
    *position += 1;
}

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
            None => into.extend(c.to_lowercase()),
        },
    };
    match is_nfkc_quick(word.chars()) {
        IsNormalized::Yes => word.chars().for_each(&mut push),
        _ => word.nfkc().for_each(&mut push),
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

    use super::each_term;

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
        fn terms_point_into_the_text(text in "(\\PC|[\u{0F00}-\u{0FDA}]|[\u{0600}-\u{06FF}]|[\u{4E00}-\u{4E40}]|[\u{1000}-\u{1060}]){0,120}") {
            let mut last = 0;
            each_term(&text, |term| {
                assert!(term.from < term.to);
                assert!(text.get(term.from..term.to).is_some(), "cut inside a character");
                assert!(term.position >= last);
                last = term.position;
            });
        }
    }
}
