//! The words around a number: what bounds it, how sure it is, what it counts.

use super::lexicon::{
    AGE_AFTER, AGE_BEFORE, BOUND_AFTER, BOUND_BEFORE, CURRENCY_BEFORE, MODAL_AFTER, MODAL_AT_END,
    MODAL_BEFORE, MODAL_IN_SENTENCE, OTHER_VERBS, PHRASE_ENDS, UNITS, UNITS_BEFORE,
};
use super::numbers::{behind_gap, ends_with_phrase, longest, needs_boundary, starts_with_phrase};
use super::{Bound, Modality};

/// What a number counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    pub(super) to: usize,
    pub(super) is_currency: bool,
}

/// The words around a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    pub(super) bound: Option<Bound>,
    pub(super) modality: Modality,
    pub(super) currency: Option<(usize, &'static str)>,
    pub(super) unit: Option<Unit>,
    /// It is how old somebody is.
    pub(super) is_age: bool,
}

impl Around {
    pub(super) fn read(text: &str, from: usize, to: usize) -> Around {
        let window = window_before(text, from);
        let lower = window.to_lowercase();
        let mut before = lower.as_str();
        let currency = CURRENCY_BEFORE
            .iter()
            .filter(|(sign, _)| ends_with_phrase(before.trim_end_matches(' '), sign))
            .max_by_key(|(sign, _)| sign.len());
        let mut currency_from = None;
        if let Some((sign, code)) = currency {
            let trimmed = before.trim_end_matches(' ');
            let gap = before.len() - trimmed.len();
            currency_from = Some((from.saturating_sub(sign.len() + gap), *code));
            before = trimmed.get(..trimmed.len() - sign.len()).unwrap_or("");
        }
        let (mut bound, mut modality) = (None, Modality::Stated);
        for _ in 0..3 {
            before = before.trim_end_matches([' ', '\u{A0}', '\u{F0B}']);
            // 约有四十户, 达到: the verb stands between.
            if let Some(rest) = before.strip_suffix(['有', '为', '達', '达', '為'])
                && rest.chars().next_back().is_some_and(|c| c.is_alphabetic())
                && last_phrase(rest, BOUND_BEFORE).is_some()
            {
                before = rest;
            }
            let a_bound = last_phrase(before, BOUND_BEFORE);
            let a_modal = last_phrase(before, MODAL_BEFORE);
            before = match (a_bound, a_modal) {
                (Some((rest, found)), other)
                    if other.is_none_or(|(o, _)| rest.len() <= o.len()) =>
                {
                    bound = bound.or(Some(found));
                    rest
                }
                (_, Some((rest, found))) => {
                    modality = found;
                    rest
                }
                _ => break,
            };
        }
        if modality == Modality::Stated {
            modality = sentence_modality(&lower);
        }
        let noun_before = UNITS_BEFORE
            .iter()
            .filter(|(noun, _)| window.trim_end_matches(' ').ends_with(noun))
            .max_by_key(|(noun, _)| noun.len())
            .map(|(_, name)| Unit { name, to, is_currency: false });
        let after = bound_after(text, to);
        let unit_from = after.map_or(to, |(end, _)| end);
        let unit = unit_after(text, unit_from).or(noun_before);
        let late = unit.and_then(|unit| bound_after(text, unit.to));
        let bound = bound.or(after.map(|(_, found)| found)).or(late.map(|(_, found)| found));
        if modality == Modality::Stated {
            modality = modality_after(text, unit.map_or(unit_from, |unit| unit.to));
        }
        let is_age = currency_from.is_none() && is_age(text, to, &lower, unit);
        Around { bound, modality, currency: currency_from, unit, is_age }
    }
}

/// Whether the words around a number say that it is an age; `before` is in lower case.
fn is_age(text: &str, to: usize, before: &str, unit: Option<Unit>) -> bool {
    match unit.map(|unit| unit.name) {
        Some("year-of-age") => return true,
        Some("year") | None => {}
        Some(_) => return false,
    }
    let head = before.trim_end_matches([' ', '\u{F0B}']);
    let head = last_phrase(head, BOUND_BEFORE).map_or(head, |(head, _)| head.trim_end());
    if AGE_BEFORE
        .iter()
        .any(|phrase| ends_with_phrase(head, phrase) || before.trim_end().ends_with(" as young as"))
    {
        return true;
    }
    let rest = text.get(to..).unwrap_or("").trim_start();
    unit.is_some() && AGE_AFTER.iter().any(|phrase| starts_with_phrase(rest, phrase).is_some())
}

/// What may stand between a number with its unit and 可能, so that the number is what the verb speaks of.
const SUBJECTS: &[&str] = &[
    "", "都", "也", "均", "现", "居民", "民众", "村民", "群众", "儿童", "男性", "女性", "样本",
    "血样",
];

/// A verb further behind than this many bytes is not looked for.
const MODAL_WITHIN: usize = 240;

/// At most the last 200 bytes of the line before a byte: what stands further off says nothing of a
/// number, and a text may be one line.
pub(super) fn window_before(text: &str, from: usize) -> &str {
    let mut start = from.saturating_sub(200);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let window = text.get(start..from).unwrap_or("");
    window.rsplit('\n').next().unwrap_or("")
}

fn last_phrase<'b, T: Copy>(before: &'b str, table: &[(&str, T)]) -> Option<(&'b str, T)> {
    table
        .iter()
        .filter(|(phrase, _)| ends_with_phrase(before, phrase))
        .max_by_key(|(phrase, _)| phrase.len())
        .and_then(|(phrase, found)| Some((before.get(..before.len() - phrase.len())?, *found)))
}

fn bound_after(text: &str, to: usize) -> Option<(usize, Bound)> {
    let (gap, rest) = behind_gap(text, to)?;
    let rest = rest.strip_prefix('\u{F0B}').unwrap_or(rest);
    let skipped = text.len() - to - gap - rest.len();
    let (length, bound) = longest(rest, BOUND_AFTER)?;
    Some((to + gap + skipped + length, *bound))
}

/// The modality that the sentence before a number carries over to it; `before` is in lower case.
fn sentence_modality(before: &str) -> Modality {
    let sentence = before.rsplit(['!', '?', '。', '！', '？', '；', ';', '།']).next().unwrap_or("");
    let sentence = sentence.rsplit(". ").next().unwrap_or("");
    MODAL_IN_SENTENCE
        .iter()
        .filter_map(|(phrase, modality)| {
            let at = sentence.rfind(phrase)?;
            let head = sentence.get(..at)?;
            let tail = sentence.get(at + phrase.len()..)?;
            if !is_verb(head, phrase, tail) {
                return None;
            }
            let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let is_word = !needs_boundary(phrase.chars().next()?)
                || (!joined(head.chars().next_back()) && !joined(tail.chars().next()));
            is_word.then_some((at + phrase.len(), *modality))
        })
        .max_by_key(|(at, _)| *at)
        .map_or(Modality::Stated, |(_, modality)| modality)
}

/// Whether "may" and "will" are verbs there; the month and the wish are not.
fn is_verb(head: &str, phrase: &str, tail: &str) -> bool {
    const BEFORE_MONTHS: &[&str] = &[
        "in", "of", "on", "since", "until", "by", "from", "early", "late", "mid", "last", "this",
        "and", "to",
    ];
    const BEFORE_WISHES: &[&str] =
        &["their", "his", "her", "your", "our", "own", "free", "good", "of", "the", "a"];
    let before = head.trim_end().rsplit(' ').next().unwrap_or("");
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    match phrase {
        "may" => {
            !is_number(before) && !is_number(tail.trim_start()) && !BEFORE_MONTHS.contains(&before)
        }
        "will" => !BEFORE_WISHES.contains(&before),
        _ => true,
    }
}

/// The modality that the verb behind what is counted gives it: "919,282 people may have been sampled".
fn modality_after(text: &str, from: usize) -> Modality {
    let rest = text.get(from..).unwrap_or("");
    let mut length = rest.len().min(MODAL_WITHIN);
    while !rest.is_char_boundary(length) {
        length -= 1;
    }
    let rest = rest.get(..length).unwrap_or("");
    let ends = ['!', '?', '。', '！', '？', '؟', '।', '།', '༎', '\n'];
    let sentence = rest.split(ends).next().unwrap_or("");
    let sentence = sentence.split(". ").next().unwrap_or("");
    let is_whole = sentence.len() < length || from + length == text.len();
    let sentence = sentence.trim_end_matches(['.', ' ', '་']);
    if is_whole && MODAL_AT_END.iter().any(|phrase| sentence.ends_with(phrase)) {
        return Modality::Possible;
    }
    let clause =
        sentence.split([',', ';', ':', '，', '；', '：', '،', '(', '（']).next().unwrap_or("");
    // 人可能: no spaces part the words.
    if let Some((subject, behind)) = clause.split_once("可能") {
        let is_verb = SUBJECTS.contains(&subject) && !behind.starts_with(['的', '性']);
        return if is_verb { Modality::Possible } else { Modality::Stated };
    }
    let mut at = 0;
    for word in clause.split(' ') {
        let here = clause.get(at..).unwrap_or("");
        // May is a month, Will a name.
        if !word.starts_with(char::is_uppercase)
            && let Some((_, modality)) = longest(here, MODAL_AFTER)
        {
            return *modality;
        }
        if OTHER_VERBS.iter().any(|verb| word.eq_ignore_ascii_case(verb)) {
            break;
        }
        at += word.len() + 1;
    }
    Modality::Stated
}

/// What the words after a number say it counts.
fn unit_after(text: &str, to: usize) -> Option<Unit> {
    let (gap, rest) = behind_gap(text, to)?;
    let found = |length: usize, name: &'static str, skipped: usize| Unit {
        name,
        to: to + gap + skipped + length,
        is_currency: name.len() == 3 && name.chars().all(|c| c.is_ascii_uppercase()),
    };
    let first = rest.chars().next()?;
    if !first.is_ascii_alphabetic() {
        let (length, name) = longest(rest, UNITS)?;
        // 五年级: a school grade.
        let is_grade =
            rest.get(length..).is_some_and(|tail| tail.starts_with('级') || tail.starts_with('級'));
        return (!is_grade).then(|| found(length, name, 0));
    }
    if gap == 0 {
        return None;
    }
    // The last known noun of the phrase: in "14 blood sample kits" the kits are unknown, so none.
    let mut skipped = 0;
    let mut unit = None;
    for _ in 0..4 {
        let word_rest = rest.get(skipped..)?;
        let length = word_rest
            .find(|c: char| !(c.is_alphabetic() || matches!(c, '-' | '’' | '\'')))
            .unwrap_or(word_rest.len());
        let word = word_rest.get(..length)?;
        if word.is_empty() || PHRASE_ENDS.iter().any(|end| word.eq_ignore_ascii_case(end)) {
            break;
        }
        if ["square", "cubic"].iter().any(|power| word.eq_ignore_ascii_case(power)) {
            return None;
        }
        let known = UNITS.iter().find(|(noun, _)| word.eq_ignore_ascii_case(noun));
        if let Some((_, name)) = known {
            unit = Some(found(length, name, skipped));
        }
        let next = word_rest.get(length..)?;
        if !next.starts_with(' ') {
            break;
        }
        skipped += length + 1;
    }
    unit
}
