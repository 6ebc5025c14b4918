//! On whose word a text says something, in other languages than English and Chinese.
//!
//! Each language has phrases that stand before a name and phrases that stand behind one. Where
//! names have capitals, a name is capitalised words; elsewhere it is all between the phrase and
//! the border of its clause, if that is short.

use super::attributions::found;
use super::{Found, places};

/// How a language marks the one whose word it is.
struct Manner {
    language: &'static str,
    /// Phrases before the name.
    before: &'static [&'static str],
    /// Phrases behind the name.
    after: &'static [&'static str],
    /// Words that end a name behind a phrase of `before`, where names have no capitals.
    ends: &'static [&'static str],
    /// Whether names begin with capitals.
    has_capitals: bool,
}

const MANNERS: &[Manner] = &[
    Manner {
        language: "fr",
        before: &[
            "selon le ",
            "selon la ",
            "selon l'",
            "selon l’",
            "selon ",
            "d'après le ",
            "d'après la ",
            "d'après l'",
            "d'après ",
            "d’après ",
        ],
        after: &[" a déclaré", " a affirmé", " a indiqué", " a annoncé", " a rapporté"],
        ends: &[],
        has_capitals: true,
    },
    Manner {
        language: "de",
        before: &[
            "laut der ",
            "laut dem ",
            "laut ",
            "nach angaben von ",
            "nach angaben der ",
            "nach angaben des ",
        ],
        after: &[" sagte", " berichtete", " berichtet", " erklärte", " teilte mit", " zufolge"],
        ends: &[],
        has_capitals: true,
    },
    Manner {
        language: "es",
        before: &[
            "según el ",
            "según la ",
            "según ",
            "de acuerdo con el ",
            "de acuerdo con la ",
            "de acuerdo con ",
        ],
        after: &[" dijo", " informó", " declaró", " afirmó", " anunció"],
        ends: &[],
        has_capitals: true,
    },
    Manner {
        language: "ru",
        before: &[
            "по данным ",
            "по словам ",
            "по сообщению ",
            "сообщает ",
            "сообщило ",
            "сообщила ",
        ],
        after: &[
            " сообщил",
            " сообщила",
            " сообщило",
            " заявил",
            " заявила",
            " заявило",
            " рассказал",
            " рассказала",
        ],
        ends: &[],
        has_capitals: true,
    },
    Manner {
        language: "ar",
        before: &[
            "قالت ",
            "قال ",
            "ذكرت ",
            "ذكر ",
            "أعلنت ",
            "أعلن ",
            "وفقا ل",
            "وفقاً ل",
            "بحسب ",
            "حسب ",
        ],
        after: &[],
        ends: &[" إن ", " أن ", " إنه ", " إنها "],
        has_capitals: false,
    },
    Manner {
        language: "hi",
        before: &[],
        after: &[" के अनुसार", " के मुताबिक", " ने कहा", " ने बताया"],
        ends: &[],
        has_capitals: false,
    },
    Manner {
        language: "ug",
        before: &[],
        after: &[
            "نىڭ خەۋەر قىلىشىچە",
            "نىڭ دېيىشىچە",
            "نىڭ بىلدۈرۈشىچە",
            " بايان قىلدى",
            " ئېلان قىلدى",
            " بىلدۈردى",
            " خەۋەر قىلدى",
        ],
        ends: &[],
        has_capitals: false,
    },
    Manner {
        language: "bo",
        before: &[],
        after: &[
            "་གིས་བཤད་པ",
            "་ཀྱིས་བཤད་པ",
            "་གྱིས་བཤད་པ",
            "་གི་གནས་ཚུལ་ལྟར",
            "་ཀྱི་གནས་ཚུལ་ལྟར",
            "་གྱི་གནས་ཚུལ་ལྟར",
        ],
        ends: &[],
        has_capitals: false,
    },
    Manner {
        language: "ja",
        before: &[],
        after: &["によると", "によれば"],
        ends: &[],
        has_capitals: false,
    },
];

/// Words that name nobody: pronouns, and people without a name.
const NOBODY: &[&str] = &[
    "il",
    "elle",
    "ils",
    "on",
    "le",
    "la",
    "les",
    "ce",
    "er",
    "sie",
    "es",
    "die",
    "der",
    "das",
    "polizei",
    "ein",
    "eine",
    "man",
    "él",
    "ella",
    "el",
    "los",
    "policía",
    "он",
    "она",
    "они",
    "это",
    "об",
    "по",
    "полиция",
    "مسؤول",
    "مسؤولون",
    "شاهد",
    "شهود",
    "إن",
    "أن",
    "الذي",
    "له",
    "لي",
    "الخبراء",
    "ما",
    "مصدر",
    "مصادر",
    "उसने",
    "उन्होंने",
    "वह",
    "वे",
    "इस",
    "उस",
    "इसके",
    "उनके",
    "पुलिस",
    "लोगों",
    "किसी",
    "सूत्रों",
    "अधिकारियों",
    "ئۇ",
    "ئۇلار",
    "بۇ",
    "شۇ",
    "كىشىلەر",
    "ئادەملەر",
    "مەلۇم",
    "ھېچكىم",
    "ཁོ",
    "ཁོང",
    "མོ",
    "མི",
    "འདི",
    "དེ",
    "これ",
    "それ",
    "彼",
    "彼女",
    "関係者",
    "報道",
];

/// The longest name, in characters.
const LONGEST: usize = 48;

/// Finds the attributions in the manner of the text's language.
pub(super) fn find(text: &str, language: &str) -> Vec<Found> {
    let language = language.split('-').next().unwrap_or("");
    let Some(manner) = MANNERS.iter().find(|manner| manner.language == language) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut base = 0;
    for line in text.split_inclusive('\n') {
        // Lower case keeps the length of these alphabets' letters; where not, the line is passed over.
        let lower = line.to_lowercase();
        if lower.len() == line.len() {
            let spans = manner
                .before
                .iter()
                .flat_map(|phrase| {
                    lower.match_indices(phrase).map(|(at, _)| (at, at + phrase.len()))
                })
                .filter(|(at, _)| starts_word(line, *at))
                .filter_map(|(_, at)| behind(manner, line, at))
                .chain(manner.after.iter().flat_map(|phrase| {
                    lower
                        .match_indices(phrase)
                        .filter(|(at, _)| {
                            manner.language == "bo" || ends_word(line, at + phrase.len())
                        })
                        .filter_map(|(at, _)| ahead(manner, line, at))
                }));
            all.extend(spans.filter_map(|(from, to)| found(base + from, base + to, text)));
        }
        base += line.len();
    }
    all
}

fn starts_word(line: &str, at: usize) -> bool {
    let last = line.get(..at).and_then(|head| head.chars().next_back());
    // و is "and", and is written to the verb.
    !last.is_some_and(|c| c.is_alphanumeric() && c != 'و')
}

fn ends_word(line: &str, at: usize) -> bool {
    let next = line.get(at..).and_then(|tail| tail.chars().next());
    !next.is_some_and(|c| {
        c.is_alphanumeric() && !places::is_han(c) && !('\u{3040}'..='\u{30FF}').contains(&c)
    })
}

fn is_border(c: char) -> bool {
    matches!(
        c,
        ',' | '.'
            | ';'
            | ':'
            | '!'
            | '?'
            | '('
            | ')'
            | '"'
            | '\n'
            | '،'
            | '؛'
            | '؟'
            | '।'
            | '།'
            | '«'
            | '»'
    ) || matches!(c, '“' | '”' | '„' | '、' | '。' | '，' | '：' | '「' | '」' | '–' | '—')
        || c.is_ascii_digit()
}

fn is_name(manner: &Manner, name: &str) -> bool {
    let first = name
        .split(|c: char| c.is_whitespace() || c == '\u{F0B}' || c == '\'')
        .next()
        .unwrap_or("")
        .to_lowercase();
    let letters = name.chars().count();
    let is_short = name.split_whitespace().count() <= 5;
    (2..=LONGEST).contains(&letters)
        && is_short
        && !NOBODY.contains(&first.as_str())
        && (manner.has_capitals || name.chars().all(|c| c != '\t'))
}

/// The name that begins at a byte.
fn behind(manner: &Manner, line: &str, from: usize) -> Option<(usize, usize)> {
    let rest = line.get(from..)?;
    let length = rest.find(is_border).unwrap_or(rest.len());
    let clause = rest.get(..length)?;
    let name = if manner.has_capitals {
        capitalised(clause)?
    } else {
        let end = manner.ends.iter().filter_map(|end| clause.find(end)).min();
        // Behind a verb only a name that its sentence ends or goes on from; behind "according to", to the border.
        clause.get(..end.unwrap_or(clause.len()))?.trim_end()
    };
    is_name(manner, name).then_some((from, from + name.len()))
}

/// Words that begin the name of an institution, whose other words may be small.
const INSTITUTIONS: &[&str] = &[
    "institut",
    "ministère",
    "université",
    "observatoire",
    "ministerio",
    "instituto",
    "universidad",
    "министерств",
    "институт",
    "университет",
    "центр",
    "комитет",
];

/// The capitalised words that a clause begins with, and small words between them; of an institution, all words of a clause
/// of at most four, and nothing where only its kind has a capital.
fn capitalised(clause: &str) -> Option<&str> {
    let lower = clause.to_lowercase();
    let is_institution = INSTITUTIONS.iter().any(|kind| lower.starts_with(kind));
    if is_institution && clause.split_whitespace().count() <= 4 {
        return Some(clause.trim_end());
    }
    let (mut end, mut at) = (0, 0);
    for word in clause.split(' ') {
        let is_capital = word.chars().next().is_some_and(char::is_uppercase);
        let is_link = matches!(
            word,
            "de" | "du" | "des" | "del" | "la" | "für" | "der" | "von" | "und" | "et" | "y"
        );
        if is_capital {
            end = at + word.len();
        } else if end == 0 || !is_link {
            break;
        }
        at += word.len() + 1;
    }
    clause.get(..end).filter(|name| end > 0 && (!is_institution || name.contains(' ')))
}

/// The name that ends at a byte.
fn ahead(manner: &Manner, line: &str, to: usize) -> Option<(usize, usize)> {
    let head = line.get(..to)?;
    let clause_from = head
        .char_indices()
        .rev()
        .find(|(_, c)| is_border(*c))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let clause = head.get(clause_from..)?;
    if !manner.has_capitals {
        let name = clause.trim_start();
        return is_name(manner, name).then_some((to - name.len(), to));
    }
    let mut from = to;
    for word in clause.rsplit(' ') {
        let lower = word.to_lowercase();
        if !word.chars().next().is_some_and(char::is_uppercase) || NOBODY.contains(&lower.as_str())
        {
            break;
        }
        from = if from == to { to - word.len() } else { from - word.len() - 1 };
    }
    let name = line.get(from..to)?;
    // A single capital word may be any noun in German.
    let is_single = !name.contains(' ') && manner.language == "de";
    (from < to && !is_single && is_name(manner, name)).then_some((from, to))
}
