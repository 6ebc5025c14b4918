//! Ranges of numbers: their marks, their ends, and what both ends share.

use super::han;
use super::lexicon::MULTIPLIERS;
use super::numbers::{
    Core, Writing, abbreviated, behind_gap, characters, digits, in_words, longest, money_before,
    words,
};
use super::numerals::{Amount, Style, figure};
use super::surroundings::window_before;
use crate::words::digit_value;

/// Marks between the two ends of a range.
const RANGE_MARKS: &[&str] = [
    "–",
    "—",
    "−",
    "-",
    "~",
    "～",
    "〜",
    " – ",
    " — ",
    " - ",
    " to ",
    "至",
    "到",
    "岁至",
    "岁到",
    "歲至",
    "周岁至",
    "周岁到",
    "岁—",
    "岁-",
    "歳から",
    " ياشتىن ",
    " bis ",
    " до ",
    " إلى ",
    " से ",
    "から",
]
.as_slice();

/// Words before the lower end of a range, and between its ends.
const BETWEEN: &[(&str, &str)] = &[
    ("between", " and "),
    ("between the ages of", " and "),
    ("ages of", " and "),
    ("entre", " et "),
    ("entre", " y "),
    ("zwischen", " und "),
    ("между", " и "),
    ("بين", " و"),
];

/// The upper end of a range, where one follows.
pub(super) fn range_end(text: &str, core: &Core, style: Style, tongue: &str) -> Option<Core> {
    let rest = text.get(core.to..)?;
    let before = text.get(..core.from)?;
    // "from 5 to 6" and 由…至… tell of a change, not of a range.
    let is_change =
        ["from", "From", "由", "从", "從"].iter().any(|word| before.trim_end().ends_with(word));
    let head = before.trim_end_matches([' ', '$', '€', '£', '¥']);
    let head = window_before(head, head.len()).to_lowercase();
    let between = BETWEEN.iter().filter(|(word, _)| head.ends_with(word)).map(|(_, mark)| mark);
    // "passé de 1.200 à 3.400" tells of a change, too.
    let romance = match tongue {
        _ if head.ends_with(" de") => &[][..],
        "fr" => &[" à "],
        "es" | "pt" | "it" => &[" a "],
        _ => &[],
    };
    let mark = RANGE_MARKS
        .iter()
        .chain(between)
        .chain(romance)
        .filter(|mark| rest.starts_with(**mark))
        .filter(|mark| !(is_change && matches!(**mark, " to " | "至" | "到")))
        .max_by_key(|mark| mark.len())?;
    let mut from = core.to + mark.len();
    for sign in ["US$", "$", "€", "£", "¥", "￥"] {
        if text.get(from..)?.starts_with(sign) {
            from += sign.len();
            break;
        }
    }
    let first = text.get(from..)?.chars().next()?;
    let money = money_before(text, from).or_else(|| money_before(text, core.from));
    let end = if digit_value(first).is_some() {
        digits(text, from, money, style)?
    } else if han::begins(first) {
        characters(text, from, None)?
    } else {
        words(text, from).or_else(|| in_words(text, from, tongue))?
    };
    // 5-6-7 is no range.
    let tail = text.get(end.to..)?;
    let goes_on = tail.starts_with(['-', '–', '/'])
        && tail.chars().nth(1).is_some_and(|c| digit_value(c).is_some());
    let are_alike = end.parts.is_some() == core.parts.is_some();
    (!goes_on && end.high.is_none() && are_alike).then_some(end)
}

/// The low end of a range, lifted by the multiplier that is written at the high end only.
pub(super) fn shared_multiplier(text: &str, low: &Core, high: &Core) -> Option<Amount> {
    let (Writing::Digits { .. }, Writing::Digits { .. }) = (low.kind, high.kind) else {
        if let (Writing::Digits { is_grouped: false, .. }, Writing::Han { .. }) =
            (low.kind, high.kind)
        {
            // 3至5万
            let last = text.get(..high.to)?.chars().next_back()?;
            let power = match last {
                '万' | '萬' => 4,
                '亿' | '億' => 8,
                _ => return None,
            };
            return low.low.times_power_of_ten(power);
        }
        // "1.5 to two million", not "300 to two thousand".
        let last = text.get(high.from..high.to)?.rsplit(' ').next()?;
        let (_, power) = MULTIPLIERS.iter().find(|(word, _)| last.eq_ignore_ascii_case(word))?;
        let lifted = low.low.times_power_of_ten(*power)?;
        let is_small = low.low.is_below(Amount::whole(1000));
        return (is_small && lifted.is_below(high.low)).then_some(lifted);
    };
    let bare =
        figure(text, high.from, Style::Point).or_else(|| figure(text, high.from, Style::Comma))?;
    let (_, rest) = behind_gap(text, bare.to)?;
    let short = abbreviated(text.get(bare.to..)?, money_before(text, low.from));
    let power =
        short.or_else(|| longest(rest, MULTIPLIERS).map(|(length, power)| (length, *power)));
    let (_, power) = power?;
    // "5 million to 6 million" has one of its own.
    let own =
        figure(text, low.from, Style::Point).or_else(|| figure(text, low.from, Style::Comma))?;
    (own.to == low.to).then(|| low.low.times_power_of_ten(power)).flatten()
}

/// The low end of "919,282 and 1,206,962", read as a fraction because of the language, where the high end shows that the mark
/// groups digits.
pub(super) fn grouped_alike(text: &str, low: &Core, high: &Core) -> Option<Amount> {
    let (written, other) = (text.get(low.from..low.to)?, text.get(high.from..high.to)?);
    let mark = written.chars().find(|c| matches!(c, ',' | '.'))?;
    let is_grouped = low.low.scale == 3 && high.low.scale == 0 && other.matches(mark).count() == 2;
    is_grouped.then(|| low.low.times_power_of_ten(3)).flatten()
}
