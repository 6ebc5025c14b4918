//! Numbers in running text: found, read, and put between the words that bound them.

use super::english;
use super::han::{self, HanNumber};
use super::labels::follows_label;
use super::lexicon::{
    BOUND_AFTER, MULTIPLIERS, MULTIPLIERS_BEFORE, PERCENT_AFTER, PERCENT_BEFORE, UNITS,
};
use super::numerals::{Amount, Figure, Style, figure, style_of, written_style};
use super::ranges::{grouped_alike, range_end, shared_multiplier};
use super::spelled;
use super::surroundings::{Around, window_before};
use super::tibetan;
use super::{Bound, Found, MentionKind, MentionValue};
use crate::words::digit_value;

/// A number before the words around it are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Core {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) low: Amount,
    pub(super) high: Option<Amount>,
    bound: Bound,
    pub(super) kind: Writing,
    /// The number is a share of this many parts instead of a count.
    pub(super) parts: Option<Amount>,
    /// The same of the upper end of a range.
    high_parts: Option<Amount>,
}

/// 几十万, 数百: from two to just below ten of the unit.
fn several(text: &str, from: usize) -> Option<Core> {
    let rest = text.get(from..)?;
    let mut to = from + rest.chars().next()?.len_utf8();
    let mut power = 0;
    for c in text.get(to..)?.chars() {
        power += match c {
            '十' if power == 0 => 1,
            '百' if power == 0 => 2,
            '千' if power == 0 => 3,
            '万' | '萬' if power < 4 => 4,
            '亿' | '億' if power < 8 => 8,
            _ => break,
        };
        to += c.len_utf8();
    }
    // 人数十分有限: only before what is counted.
    let next = text.get(to..)?;
    let counts = next.starts_with([
        '人', '名', '位', '户', '戶', '个', '個', '份', '件', '元', '所', '家', '次', '天', '年',
        '村', '吨',
    ]);
    let after_letter =
        text.get(..from)?.ends_with(['人', '次', '户', '总', '總', '岁', '多', '少', '第']);
    let unit = Amount::whole(1).times_power_of_ten(power)?;
    let low = Amount::whole(2).times_power_of_ten(power)?;
    let high = unit.times_power_of_ten(1)?.plus(Amount::whole(-1))?;
    (power > 0 && counts && !after_letter).then_some(Core {
        from,
        to,
        low,
        high: Some(high),
        bound: Bound::Range,
        kind: Writing::Han { parts: 3, has_multiplier: true },
        parts: None,
        high_parts: None,
    })
}

fn syllables(text: &str, from: usize) -> Option<Core> {
    let number = tibetan::read(text, from)?;
    Some(Core {
        from,
        to: number.to,
        low: number.amount,
        high: None,
        bound: Bound::Exact,
        kind: if number.is_plain { Writing::Words } else { Writing::Spelled },
        parts: number.parts,
        high_parts: None,
    })
}

pub(super) fn in_words(text: &str, from: usize, language: &str) -> Option<Core> {
    let number = spelled::read(text, from, language)?;
    Some(Core {
        from,
        to: number.to,
        low: number.amount,
        high: None,
        bound: Bound::Exact,
        kind: Writing::Spelled,
        parts: number.denominator.map(|parts| Amount::whole(i128::from(parts))),
        high_parts: None,
    })
}

/// How a number is written, which decides what it needs beside it to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    Digits {
        count: usize,
        is_grouped: bool,
    },
    Han {
        parts: usize,
        has_multiplier: bool,
    },
    Words,
    /// In words that mean other things too: only beside a noun.
    Spelled,
}

/// Finds the numbers of a text.
pub(super) fn find(text: &str, language: &str) -> Vec<Found> {
    let style = match style_of(language) {
        Style::Unknown => written_style(text),
        known => known,
    };
    let tongue = language.split('-').next().unwrap_or("");
    let mut found = Vec::new();
    let mut resume = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let previous = before.replace(c);
        if at < resume {
            continue;
        }
        let core = if digit_value(c).is_some() {
            digits(text, at, previous, style)
        } else if han::begins(c) {
            characters(text, at, previous)
        } else if matches!(c, '几' | '幾' | '数' | '數') {
            several(text, at)
        } else if ('\u{F40}'..='\u{F6C}').contains(&c) {
            let begins = !previous.is_some_and(|p| ('\u{F40}'..='\u{FBC}').contains(&p));
            if begins { syllables(text, at) } else { None }
        } else if spelled::knows(tongue)
            && c.is_alphabetic()
            && !previous.is_some_and(|p| p.is_alphanumeric() || matches!(p, '-' | '\'' | '’'))
            && let Some(core) = in_words(text, at, tongue)
        {
            Some(core)
        } else if c.is_ascii_alphabetic()
            && !previous.is_some_and(|p| p.is_alphanumeric() || matches!(p, '-' | '\'' | '’'))
        {
            words(text, at)
        } else {
            continue;
        };
        match core {
            Some(core) => {
                let end = core.to;
                if let Some(mention) = describe(text, core, style, tongue) {
                    resume = mention.to.max(end);
                    found.push(mention);
                } else {
                    resume = end;
                }
            }
            // Pass over digits that make no number, so that their tail is not taken for one.
            None if digit_value(c).is_some() => resume = end_of_digits(text, at),
            None => {}
        }
    }
    found
}

fn end_of_digits(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or("");
    let mut end = 0;
    let mut pending = 0;
    for c in rest.chars() {
        if digit_value(c).is_some() {
            end += pending + c.len_utf8();
            pending = 0;
        } else if pending == 0 && matches!(c, ',' | '.' | ':' | '/' | '-' | '٬' | '٫') {
            pending = c.len_utf8();
        } else {
            break;
        }
    }
    from + end
}

fn is_alphabet(c: char) -> bool {
    // Scripts in which a letter right at a digit makes a name or an ordinal of both.
    c.is_ascii_alphabetic() || ('\u{C0}'..='\u{52F}').contains(&c)
}

/// Whether the digits at a byte belong to a name, an address, a time or an ordinal.
fn is_label_start(text: &str, from: usize, previous: Option<char>) -> bool {
    let Some(previous) = previous else { return false };
    if is_alphabet(previous)
        || matches!(
            previous,
            '_' | '#' | '№' | '@' | '=' | '&' | '/' | '\\' | ':' | '.' | '第' | '−' | '^'
        )
    {
        return true;
    }
    let before = |skip: usize| text.get(..from).unwrap_or("").chars().rev().nth(skip);
    match previous {
        '-' | '\u{2010}' | '\u{2011}' => true,
        ',' | '٬' | '٫' | '\'' => before(1).is_some_and(|c| digit_value(c).is_some()),
        _ => false,
    }
}

pub(super) fn digits(
    text: &str,
    from: usize,
    previous: Option<char>,
    style: Style,
) -> Option<Core> {
    if is_label_start(text, from, previous) || follows_label(text, from) {
        return None;
    }
    let Figure { to, amount, digits, is_grouped } = figure(text, from, style)?;
    // 192.168.100.200: an address on the net.
    let groups = || text.get(from..to).unwrap_or("").split('.');
    if groups().count() == 4 && groups().all(|group| group.parse::<u8>().is_ok()) {
        return None;
    }
    let next = text.get(to..)?.chars().next();
    // 3.6万, 92万3千
    if next.is_some_and(|c| {
        matches!(c, '十' | '百' | '千' | '万' | '萬' | '亿' | '億' | '多' | '余' | '餘')
    }) && let Some(number) = han::read(text, from)
        && number.to > to
    {
        return Some(from_han(from, number));
    }
    let rest = text.get(to..)?;
    let (to, amount) = match abbreviated(rest, previous) {
        Some((length, power)) => (to + length, amount.times_power_of_ten(power)?),
        None if is_label_end(text, from, rest, previous) => return None,
        None => multiplied(text, to, amount, style)?,
    };
    // "3 dozen", "2 and a half million": not what the digits say.
    let (_, behind) = behind_gap(text, to)?;
    if longest(behind, NOT_TENS).is_some() {
        return None;
    }
    let is_bare = to == text.len() - rest.len();
    let kind = Writing::Digits { count: digits, is_grouped: is_grouped || !is_bare };
    let (high, high_parts, parts) = (None, None, None);
    Some(Core { from, to, low: amount, high, bound: Bound::Exact, kind, parts, high_parts })
}

/// Whether what follows makes the digits part of a name, a time, an ordinal or a list.
fn is_label_end(text: &str, from: usize, rest: &str, previous: Option<char>) -> bool {
    let mut after = rest.chars();
    let Some(next) = after.next() else { return false };
    let second = after.next();
    if is_alphabet(next)
        || matches!(next, '_' | '°' | 'º' | '′' | '″' | '@' | '\\')
        || "½¼¾⅓⅔⅛号號时時点點楼樓届屆室栋棟级級".contains(next)
    {
        return true;
    }
    // ༥ པ: an ordinal.
    let behind = rest.strip_prefix([' ', '\u{F0B}']).unwrap_or(rest);
    let syllable = behind.split(|c: char| !('\u{F40}'..='\u{FBC}').contains(&c)).next();
    if matches!(syllable, Some("པ" | "པའི" | "པར" | "པས" | "པོ")) {
        return true;
    }
    let digit_follows = second.is_some_and(|c| digit_value(c).is_some());
    let letter_follows = second.is_some_and(char::is_alphabetic);
    match next {
        ':' | '：' | '/' | '.' | ',' if digit_follows => true,
        // "14-day", and the ordinals of Uyghur; but "9,000-odd".
        '-' | '\u{2010}' | '\u{2011}' if letter_follows => longest(rest, BOUND_AFTER).is_none(),
        ')' | '）' if matches!(previous, Some('(' | '（')) => true,
        '.' | '、' | ')' | '．' => {
            // The number of a list's line.
            let line = window_before(text, from);
            line.trim().is_empty() && (next != '.' || second.is_none_or(char::is_whitespace))
        }
        ' ' => {
            let word = rest.trim_start();
            ["am ", "pm ", "a.m", "p.m", "am.", "pm."].iter().any(|half| {
                word.get(..half.len()).is_some_and(|start| start.eq_ignore_ascii_case(half))
            })
        }
        _ => false,
    }
}

/// Signs of money right before a figure.
const MONEY_SIGNS: [char; 6] = ['$', '£', '€', '¥', '￥', '₹'];

/// The sign of money right before a byte.
pub(super) fn money_before(text: &str, from: usize) -> Option<char> {
    text.get(..from)?.chars().next_back().filter(|c| MONEY_SIGNS.contains(c))
}

/// The short multiplier right behind a figure, its length and its power of ten: £2.5bn, 40m people. A lone letter is one only
/// with a sign of money before the figure, or what is counted behind it: 40m may be metres.
pub(super) fn abbreviated(rest: &str, previous: Option<char>) -> Option<(usize, u32)> {
    let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (letters, behind) = rest.split_at_checked(length)?;
    let power = match letters {
        "bn" => 9,
        "mn" => 6,
        "tn" => 12,
        "k" | "K" => 3,
        "m" | "M" => 6,
        "b" | "B" => 9,
        _ => return None,
    };
    let is_money = previous.is_some_and(|c| MONEY_SIGNS.contains(&c));
    let counts = || behind.strip_prefix(' ').is_some_and(|rest| longest(rest, UNITS).is_some());
    // Whatever else stands right at a figure is part of its name: 5bn-2.
    let ends = behind.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let is_one = letters.len() > 1 || is_money || counts();
    (ends && is_one).then_some((length, power))
}

/// The amount times the multiplier that follows.
fn multiplied(text: &str, to: usize, amount: Amount, style: Style) -> Option<(usize, Amount)> {
    let (gap, rest) = behind_gap(text, to)?;
    let Some((length, power)) = longest(rest, MULTIPLIERS) else { return Some((to, amount)) };
    let (mut to, mut amount, mut power) =
        (to + gap + length, amount.times_power_of_ten(*power)?, *power);
    // 1 مىليون 200 مىڭ, 2 crore 45 lakh, 1 млн 200 тыс.: smaller and smaller parts add up.
    while let Some((end, more, smaller)) = smaller_part(text, to, power, style) {
        (to, amount, power) = (end, amount.plus(more)?, smaller);
    }
    Some((to, amount))
}

/// The figure with a multiplier below `power` that follows, behind a space and perhaps "and".
fn smaller_part(text: &str, to: usize, power: u32, style: Style) -> Option<(usize, Amount, u32)> {
    let (gap, rest) = behind_gap(text, to)?;
    let from = to + gap + if rest.starts_with('و') { 'و'.len_utf8() } else { 0 };
    let is_figure = text.get(from..)?.chars().next().is_some_and(|c| digit_value(c).is_some());
    let part = if gap > 0 && is_figure { figure(text, from, style)? } else { return None };
    let whole = Amount::whole(1).times_power_of_ten(power)?;
    let (gap, rest) = behind_gap(text, part.to)?;
    let Some((length, smaller)) = longest(rest, MULTIPLIERS) else {
        // 3 آلاف و500 شخص: the ones, before what is counted.
        let is_last = part.amount.scale == 0 && part.amount.is_below(whole);
        let counts = longest(rest, UNITS).is_some();
        return (power > 0 && is_last && counts).then_some((part.to, part.amount, 0));
    };
    let more = part.amount.times_power_of_ten(*smaller)?;
    (*smaller < power && more.is_below(whole)).then_some((part.to + gap + length, more, *smaller))
}

/// What follows behind at most one space, and the space's length.
pub(super) fn behind_gap(text: &str, to: usize) -> Option<(usize, &str)> {
    let rest = text.get(to..)?;
    let gap = rest
        .chars()
        .next()
        .filter(|c| matches!(c, ' ' | '\u{A0}' | '\u{202F}'))
        .map_or(0, char::len_utf8);
    Some((gap, rest.get(gap..)?))
}

/// The longest phrase of a table that the text begins with, as a word of its own.
pub(super) fn longest<'t, T>(rest: &str, table: &'t [(&str, T)]) -> Option<(usize, &'t T)> {
    table
        .iter()
        .filter_map(|(phrase, meaning)| Some((starts_with_phrase(rest, phrase)?, meaning)))
        .max_by_key(|(length, _)| *length)
}

/// Endings of Uyghur cases.
const CASES: &[&str] = &[
    "دىن", "تىن", "نىڭ", "غا", "گە", "قا", "كە", "دا", "دە", "تا", "تە", "نى", "لىق", "لىك",
    "غىچە", "گىچە",
];

/// The length of the phrase where the text begins with it.
pub(super) fn starts_with_phrase(rest: &str, phrase: &str) -> Option<usize> {
    let mut length = 0;
    let mut left = rest.chars();
    for wanted in phrase.chars() {
        let c = left.next()?;
        if c != wanted && !c.to_lowercase().eq([wanted]) {
            return None;
        }
        length += c.len_utf8();
    }
    let last = phrase.chars().next_back()?;
    let follows_word = left.next().is_some_and(|c| c.is_alphanumeric());
    // مىڭدىن: a short stem with the ending of a case; a longer one with any ending.
    let is_uyghur_stem = ('\u{620}'..='\u{6D5}').contains(&last)
        && (phrase.chars().count() >= 4
            || CASES.iter().any(|case| rest.get(length..).is_some_and(|r| r.starts_with(case))));
    let is_joined = needs_boundary(last) && follows_word && !is_uyghur_stem;
    (!is_joined).then_some(length)
}

/// The length of the phrase where the text ends with it; `before` is in lower case.
pub(super) fn ends_with_phrase(before: &str, phrase: &str) -> bool {
    let Some(head) = before.strip_suffix(phrase) else { return false };
    let Some(first) = phrase.chars().next() else { return false };
    let last = head.chars().next_back();
    match phrase {
        // 最近 is "recently", 条约 a treaty.
        "近" if last.is_some_and(|c| "附最靠邻临".contains(c)) => return false,
        "约" | "約" if last.is_some_and(|c| "条條预預合签簽契公".contains(c)) => {
            return false;
        }
        _ => {}
    }
    // ونحو: "and" is written onto the word behind it.
    let follows_and =
        head.strip_suffix('و').is_some_and(|head| head.is_empty() || head.ends_with([' ', '،']));
    !(needs_boundary(first) && last.is_some_and(char::is_alphanumeric) && !follows_and)
}

pub(super) fn needs_boundary(c: char) -> bool {
    c.is_alphabetic()
        && !('\u{2E80}'..='\u{9FFF}').contains(&c)
        && !('\u{F00}'..='\u{FFF}').contains(&c)
}

fn from_han(from: usize, number: HanNumber) -> Core {
    let bound = match (number.high, number.is_more) {
        (Some(_), _) => Bound::Range,
        (None, true) => Bound::MoreThan,
        (None, false) => Bound::Exact,
    };
    Core {
        from,
        to: number.to,
        low: number.amount,
        high: number.high,
        bound,
        kind: Writing::Han { parts: number.parts, has_multiplier: number.has_multiplier },
        parts: None,
        high_parts: None,
    }
}

pub(super) fn characters(text: &str, from: usize, previous: Option<char>) -> Option<Core> {
    if previous.is_some_and(|c| han::begins(c) || "第初周星期礼拜百千万亿几数每之".contains(c))
        && !text.get(..from)?.ends_with("百分之")
    {
        return None;
    }
    if let Some(tail) = text.get(from..)?.strip_prefix("一半") {
        let ends = tail
            .chars()
            .next()
            .is_none_or(|c| !c.is_alphabetic() || "的以左多人居受村家".contains(c));
        return ends.then_some(Core {
            from,
            to: from + "一半".len(),
            low: Amount::whole(50),
            high: None,
            bound: Bound::Exact,
            kind: Writing::Han { parts: 3, has_multiplier: true },
            parts: Some(Amount::whole(100)),
            high_parts: None,
        });
    }
    let number = han::read(text, from)?;
    // 三分之一
    if text.get(number.to..)?.starts_with("分之") {
        let below = number.to + "分之".len();
        let share = han::read(text, below)?;
        let fits = number.amount.mantissa > 1
            && number.amount.scale == 0
            && share.amount.is_below(number.amount);
        return (fits && !number.is_more).then_some(Core {
            parts: Some(number.amount),
            to: share.to,
            ..from_han(from, share)
        });
    }
    // 七成, 六成九
    if text.get(number.to..)?.starts_with('成') && number.parts == 1 {
        let tenths = number.amount.times_power_of_ten(1)?;
        let behind = number.to + '成'.len_utf8();
        let rest = text.get(behind..)?;
        let unit = rest.chars().next().and_then(han::han_digit);
        let (to, amount) = match unit {
            Some(ones) => (behind + '一'.len_utf8(), tenths.plus(Amount::whole(i128::from(ones)))?),
            None => (behind, tenths),
        };
        // 一成不变, 成立, 成员: only where the phrase ends.
        let after = text.get(to..)?.chars().next();
        let ends = after.is_none_or(|c| {
            !c.is_alphabetic() || "的以左多人居受左被家村男女学儿农牧党干青老妇僧户".contains(c)
        });
        return ends.then_some(Core {
            from,
            to,
            low: amount,
            high: None,
            bound: Bound::Exact,
            kind: Writing::Han { parts: 3, has_multiplier: true },
            parts: Some(Amount::whole(100)),
            high_parts: None,
        });
    }
    Some(from_han(from, number))
}

/// Words behind a figure that make it another one, and not by tens.
const NOT_TENS: &[(&str, ())] = &[
    ("dozen", ()),
    ("dozens", ()),
    ("score", ()),
    ("and a half", ()),
    ("and a quarter", ()),
    ("douzaines", ()),
    ("dizaines", ()),
    ("centaines", ()),
    ("et demi", ()),
    ("dutzend", ()),
    ("docenas", ()),
    ("decenas", ()),
    ("y medio", ()),
    ("десятка", ()),
    ("десятков", ()),
    ("دزينة", ()),
    ("दर्जन", ()),
];

/// Words before "half" or "quarter" that make it a part of a year, a game or a list.
const PARTS_OF_TIMES: &[&str] =
    &["first", "second", "third", "fourth", "last", "latter", "former", "earlier", "other"];

pub(super) fn words(text: &str, from: usize) -> Option<Core> {
    let number = english::read(text, from)?;
    // "two and a quarter million": what stands before "and" belongs to it.
    let begins_with_a = text.get(from..from + 2).is_some_and(|a| a.eq_ignore_ascii_case("a "));
    if begins_with_a && text.get(..from)?.ends_with(" and ") {
        return None;
    }
    // The first half of 2021 is a time.
    let before = text.get(..from)?.trim_end_matches([' ', '-']);
    let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    if number.denominator.is_some()
        && PARTS_OF_TIMES.iter().any(|part| word.eq_ignore_ascii_case(part))
    {
        return None;
    }
    let (_, behind) = behind_gap(text, number.to)?;
    if longest(behind, NOT_TENS).is_some() {
        return None;
    }
    let next = text.get(number.to..)?.chars().next();
    if next.is_some_and(|c| matches!(c, '-' | '_' | '’' | '\'') || c.is_alphanumeric())
        || follows_label(text, from)
    {
        return None;
    }
    Some(Core {
        from,
        to: number.to,
        low: number.amount,
        high: None,
        bound: Bound::Exact,
        kind: Writing::Words,
        parts: number.denominator.map(|parts| Amount::whole(i128::from(parts))),
        high_parts: None,
    })
}

/// Reads what stands around a number; none where it is not one to be believed.
fn describe(text: &str, mut core: Core, style: Style, tongue: &str) -> Option<Found> {
    // Elsewhere a sign in front belongs to something else.
    let percent_leads = matches!(tongue, "tr" | "ug" | "ar" | "fa" | "eu");
    let mut percent_to = percent_end(text, core.to);
    if core.high.is_none()
        && let Some(end) =
            range_end(text, &Core { to: percent_to.unwrap_or(core.to), ..core }, style, tongue)
        // "in 2019 to 250,000": a year is no end of a range of counts.
        && (!is_like_a_year(&core) || is_like_a_year(&end) || !follows_year_word(text, core.from))
    {
        let end_percent = percent_end(text, end.to);
        // "1.2–1.5 million": the multiplier belongs to both.
        let low = shared_multiplier(text, &core, &end)
            .or_else(|| grouped_alike(text, &core, &end))
            .unwrap_or(core.low);
        let rises = match (core.parts, end.parts) {
            (Some(of), Some(end_of)) => {
                let low = core.low.mantissa.checked_mul(end_of.mantissa);
                let high = end.low.mantissa.checked_mul(of.mantissa);
                low.zip(high).is_some_and(|(low, high)| low < high)
            }
            _ => low.is_below(end.low),
        };
        if rises && (percent_to.is_none() || end_percent.is_some()) {
            let (high, high_parts) = (Some(end.low), end.parts);
            core = Core { to: end.to, low, high, high_parts, bound: Bound::Range, ..core };
            percent_to = end_percent;
        }
    }
    // 555-0142: a telephone, not a range.
    let mut tail = text.get(core.to..)?.chars();
    if core.high.is_none()
        && matches!(core.kind, Writing::Digits { .. })
        && matches!(tail.next(), Some('-'))
        && tail.next().is_some_and(|c| digit_value(c).is_some())
    {
        return None;
    }
    let (percent_from, is_percent_before) = percent_start(text, core.from, percent_leads);
    let is_percent = percent_to.is_some() || is_percent_before;
    let from = percent_from;
    let mut to = percent_to.unwrap_or(core.to);
    let around = Around::read(text, from, to);
    let currency = around.currency;
    if is_percent || core.parts.is_some() || currency.is_some() {
        // Nothing else is needed.
    } else if !is_believable(text, &core, &around) {
        return None;
    }
    let (multiplied_from, power) = multiplier_before(text, from);
    let lift = |amount: Amount| amount.times_power_of_ten(power);
    let share = |amount: Amount, parts: Option<Amount>| match parts {
        // A hundredth is exact; a third is as near as a number can be.
        Some(parts) if parts == Amount::whole(100) => Some(amount.value()),
        Some(parts) => {
            let (MentionValue::Whole(above), MentionValue::Whole(below)) =
                (amount.value(), parts.value())
            else {
                return None;
            };
            Some(MentionValue::Decimal(above as f64 * 100.0 / below as f64))
        }
        None => Some(lift(amount)?.value()),
    };
    let low = share(core.low, core.parts)?;
    let high = match core.high {
        Some(high) => Some(share(high, core.high_parts)?),
        None => None,
    };
    let from = currency.map_or(multiplied_from, |(start, _)| start);
    if let Some(unit) = &around.unit
        && unit.is_currency
        && currency.is_none()
    {
        to = to.max(unit.to.min(to));
    }
    let bound =
        if core.bound == Bound::Range { Bound::Range } else { around.bound.unwrap_or(core.bound) };
    let unit = if is_percent || core.parts.is_some() {
        Some("percent".to_owned())
    } else if around.is_age {
        Some("year-of-age".to_owned())
    } else {
        currency.map(|(_, code)| code.to_owned()).or(around.unit.map(|unit| unit.name.to_owned()))
    };
    let (value, low) = if high.is_some() { (None, Some(low)) } else { (Some(low), None) };
    Some(Found {
        kind: MentionKind::Number,
        from,
        to,
        value,
        low,
        high,
        bound,
        unit,
        modality: around.modality,
        candidates: Vec::new(),
    })
}

/// One past the percent sign or word that follows.
fn percent_end(text: &str, to: usize) -> Option<usize> {
    let (gap, rest) = behind_gap(text, to)?;
    let length = PERCENT_AFTER.iter().filter_map(|sign| starts_with_phrase(rest, sign)).max()?;
    let is_points = rest.get(length..).is_some_and(|tail| tail.starts_with("age point"));
    (!is_points).then_some(to + gap + length)
}

/// The first byte of the percent sign or word that stands before, and whether there is one.
fn percent_start(text: &str, from: usize, percent_leads: bool) -> (usize, bool) {
    let before = text.get(..from).unwrap_or("");
    let found = PERCENT_BEFORE
        .iter()
        .filter(|sign| percent_leads || !matches!(**sign, "%" | "٪"))
        .filter(|sign| before.ends_with(**sign))
        .filter(|sign| {
            // "5% 10": that sign belongs to the figure before it.
            let head = before.get(..before.len() - sign.len()).unwrap_or("");
            head.chars().next_back().is_none_or(|c| digit_value(c).is_none())
        })
        .max_by_key(|sign| sign.len());
    match found {
        Some(sign) => (from - sign.trim_end().len() - (sign.len() - sign.trim_end().len()), true),
        None => (from, false),
    }
}

/// The Tibetan multiplier before a figure: its first byte, and its power of ten.
fn multiplier_before(text: &str, from: usize) -> (usize, u32) {
    let before = text.get(..from).unwrap_or("").trim_end_matches(' ');
    MULTIPLIERS_BEFORE
        .iter()
        .filter(|(word, _)| before.ends_with(word))
        .filter(|(word, _)| {
            let head = before.get(..before.len() - word.len()).unwrap_or("");
            head.is_empty() || head.ends_with(['་', ' ', '།', '\n'])
        })
        .max_by_key(|(word, _)| word.len())
        .map_or((from, 0), |(word, power)| (before.len() - word.len(), *power))
}

/// Four digits that may be a year.
fn is_like_a_year(core: &Core) -> bool {
    matches!(core.kind, Writing::Digits { count: 4, is_grouped: false })
        && core.low.scale == 0
        && (1800..=2099).contains(&core.low.mantissa)
}

/// Whether the word before says that four digits are a year.
fn follows_year_word(text: &str, from: usize) -> bool {
    let before = window_before(text, from).trim_end_matches(' ');
    let word = before.rsplit(' ').next().unwrap_or("").to_lowercase();
    [
        "in", "since", "by", "until", "during", "of", "en", "im", "seit", "desde", "depuis", "в",
        "с", "في", "منذ",
    ]
    .contains(&word.as_str())
}

/// Whether the word before makes one name with the digits: "iPhone 11", "the Mach 3".
fn follows_name(text: &str, from: usize) -> bool {
    let before = window_before(text, from);
    let Some(head) = before.strip_suffix([' ', '\u{A0}']) else { return false };
    let start = head.rfind(|c: char| !c.is_alphanumeric()).map_or(0, |at| {
        at + head.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    });
    let (lead, word) = head.split_at(start);
    let mut letters = word.chars();
    let first_is_capital = letters.next().is_some_and(char::is_uppercase);
    if letters.any(char::is_uppercase) {
        return true;
    }
    // The first word of a sentence is capital for another reason.
    let opens =
        lead.trim_end().chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == ','));
    first_is_capital && !opens
}

/// Whether a number without a percent sign or a currency is a count of something, not a label, a
/// year, or part of a word.
fn is_believable(text: &str, core: &Core, around: &Around) -> bool {
    let has_unit = around.unit.is_some() || around.is_age;
    let is_supported = has_unit || around.bound.is_some() || core.bound != Bound::Exact;
    match core.kind {
        Writing::Digits { count, is_grouped } => {
            let is_year = is_like_a_year(core) && !is_supported;
            let is_long = count >= 7 && !is_grouped && !has_unit;
            let is_name = !is_grouped && !is_supported && follows_name(text, core.from);
            !is_year && !is_long && !is_name
        }
        Writing::Han { parts, has_multiplier } => {
            let is_one = core.low == Amount::whole(1) && core.high.is_none();
            if is_one || core.low.mantissa == 0 {
                return false;
            }
            let mixed = text
                .get(core.from..core.to)
                .is_some_and(|exact| exact.chars().any(|c| digit_value(c).is_some()));
            // Digits in a row without a multiplier are a year, a number plate or a telephone.
            mixed
                || (has_unit && (has_multiplier || parts == 1))
                || (has_multiplier && (parts >= 3 || (parts >= 2 && is_supported)))
        }
        Writing::Spelled => has_unit && core.low.mantissa > 1,
        Writing::Words => is_supported || core.low.mantissa >= 100,
    }
}
