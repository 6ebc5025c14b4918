//! Dates in running text, in the order and words of their language.

use super::han;
use super::month_names::{MONTHS_BEFORE_YEARS, month_at};
use super::{Bound, Found, MentionKind, MentionValue, Modality};
use crate::dates::{days_in, is_day, month_number};
use crate::words::digit_value;

/// A date as far as it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Date {
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
}

impl Date {
    fn iso(self) -> Option<String> {
        match (self.year, self.month, self.day) {
            (Some(year), None, None) => Some(format!("{year:04}")),
            (Some(year), Some(month), None) if (1..=12).contains(&month) => {
                Some(format!("{year:04}-{month:02}"))
            }
            (Some(year), Some(month), Some(day)) => {
                is_day(year, month, day).then(|| format!("{year:04}-{month:02}-{day:02}"))
            }
            (None, Some(month), None) if (1..=12).contains(&month) => Some(format!("--{month:02}")),
            // 2000 was a leap year: 29 February is a day.
            (None, Some(month), Some(day)) if (1..=12).contains(&month) => {
                (1..=days_in(2000, month)).contains(&day).then(|| format!("--{month:02}-{day:02}"))
            }
            _ => None,
        }
    }
}

fn is_year(value: u32) -> bool {
    (1800..=2099).contains(&value)
}

/// Finds the dates of a text.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut resume = 0;
    let mut previous = None;
    for (at, c) in text.char_indices() {
        let before = previous.replace(c);
        if at < resume {
            continue;
        }
        let date = if digit_value(c).is_some() {
            let is_joined = before.is_some_and(|b| {
                digit_value(b).is_some()
                    || b.is_ascii_alphabetic()
                    || matches!(b, '.' | '/' | '-' | '_' | ':' | '#' | ',')
            });
            if is_joined { None } else { from_digits(text, at) }
        } else if han::han_digit(c).is_some() || matches!(c, '十' | '廿') {
            let is_joined = before.is_some_and(|b| han::begins(b) || "第百千万".contains(b));
            if is_joined { None } else { east_asian(text, at) }
        } else if matches!(c, 'J' | 'F' | 'M' | 'A' | 'S' | 'O' | 'N' | 'D')
            && !before.is_some_and(char::is_alphanumeric)
        {
            month_first(text, at)
        } else if matches!(c, 'ས' | 'ཕ' | 'ཟ')
            && !before.is_some_and(|b| ('\u{F40}'..='\u{FBC}').contains(&b))
        {
            tibetan(text, at)
        } else if c.is_alphabetic()
            && (!before.is_some_and(char::is_alphanumeric) || follows_and(text, at))
        {
            month_and_year(text, at)
        } else {
            None
        };
        if let Some((to, dates)) = date {
            resume = to;
            let mut values = dates.into_iter().filter_map(Date::iso).map(MentionValue::Date);
            let (first, second) = (values.next(), values.next());
            let (value, low, high) = match (first, second) {
                (Some(low), Some(high)) => (None, Some(low), Some(high)),
                (value, _) => (value, None, None),
            };
            if value.is_some() || low.is_some() {
                found.push(Found {
                    kind: MentionKind::Date,
                    from: at,
                    to,
                    value,
                    low,
                    high,
                    bound: Bound::Exact,
                    unit: None,
                    modality: Modality::Stated,
                    candidates: Vec::new(),
                });
            }
        }
    }
    found
}

/// و is written onto the word behind it.
fn follows_and(text: &str, at: usize) -> bool {
    let head = text.get(..at).and_then(|before| before.strip_suffix('و'));
    head.is_some_and(|head| head.ends_with([' ', '\n']))
}

type Dates = (usize, Vec<Date>);

/// A run of at most four digits: value, how many, one past its end.
fn number(text: &str, from: usize) -> Option<(u32, usize, usize)> {
    let (mut value, mut count, mut to) = (0_u32, 0, from);
    for c in text.get(from..)?.chars() {
        let Some(digit) = digit_value(c) else { break };
        if count == 4 {
            return None;
        }
        value = value * 10 + u32::from(digit);
        count += 1;
        to += c.len_utf8();
    }
    (count > 0).then_some((value, count, to))
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or("")
}

/// Passes over any of the given texts, once.
fn skip(text: &str, at: usize, any: &[&str]) -> Option<usize> {
    any.iter().filter(|part| rest(text, at).starts_with(**part)).map(|part| at + part.len()).max()
}

fn ends_number(text: &str, at: usize) -> bool {
    let mut after = rest(text, at).chars();
    match after.next() {
        None => true,
        Some(c) if c.is_ascii_alphanumeric() || c == '_' || digit_value(c).is_some() => false,
        Some('-' | '/' | ':') => {
            !after.next().is_some_and(|c| digit_value(c).is_some() || c.is_ascii_alphabetic())
        }
        Some('.' | ',') => after.next().is_none_or(|c| digit_value(c).is_none()),
        Some(_) => true,
    }
}

fn from_digits(text: &str, from: usize) -> Option<Dates> {
    east_asian(text, from)
        .or_else(|| tibetan_year(text, from))
        .or_else(|| uyghur(text, from))
        .or_else(|| with_marks(text, from))
        .or_else(|| day_first(text, from))
        .or_else(|| years(text, from))
}

/// 2022-09-05, 2022/9/5, 2022.9.5, 2022-09; 05.09.2022; 25/09/2022 where the order is plain.
fn with_marks(text: &str, from: usize) -> Option<Dates> {
    let (first, first_digits, mut at) = number(text, from)?;
    let mark = rest(text, at).chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    at += 1;
    let (second, second_digits, end) = number(text, at)?;
    let third = rest(text, end).strip_prefix(mark).and_then(|_| number(text, end + 1));
    if first_digits == 4 && is_year(first) && second_digits <= 2 {
        let year = Some(first);
        return match third {
            Some((day, 1..=2, to)) if ends_day(text, to) => {
                Some((to, vec![Date { year, month: Some(second), day: Some(day) }]))
            }
            None if mark == '-' && second_digits == 2 && ends_number(text, end) => {
                Some((end, vec![Date { year, month: Some(second), day: None }]))
            }
            _ => None,
        };
    }
    let Some((year, 4, to)) = third else { return None };
    if first_digits > 2 || second_digits > 2 || !is_year(year) || !ends_number(text, to) {
        return None;
    }
    let (month, day) = match mark {
        '.' => (second, first),
        _ if first > 12 || first == second => (second, first),
        _ if second > 12 => (first, second),
        _ => return None,
    };
    Some((to, vec![Date { year: Some(year), month: Some(month), day: Some(day) }]))
}

/// A day may be followed by a time.
fn ends_day(text: &str, at: usize) -> bool {
    rest(text, at).starts_with('T') || ends_number(text, at)
}

/// A number in digits or Chinese characters before one of the given characters.
fn counted(text: &str, from: usize, unit: &[char]) -> Option<(u32, usize)> {
    let (value, to) = match number(text, from) {
        Some((value, _, to)) => (value, to),
        None => {
            let number = han::read(text, from)?;
            if number.is_more || number.high.is_some() || number.amount.scale > 0 {
                return None;
            }
            (u32::try_from(number.amount.mantissa).ok()?, number.to)
        }
    };
    let to = skip(text, to, &[" "]).unwrap_or(to);
    let end = rest(text, to).chars().next().filter(|c| unit.contains(c))?;
    Some((value, to + end.len_utf8()))
}

/// 2022年9月5日, 二〇二二年九月, 9月5日, 2022年; also 2016年至2022年.
fn east_asian(text: &str, from: usize) -> Option<Dates> {
    if let Some((to, first, last)) = months(text, from) {
        let month = |month| Date { year: None, month: Some(month), day: None };
        return Some((to, vec![month(first), month(last)]));
    }
    let (to, mut dates) = east_asian_day(text, from)?;
    let Some(date) = dates.first().copied() else { return Some((to, dates)) };
    if let Some(year) = date.year
        && date.month.is_none()
        && let Some((end, first, last)) = part_of_year(text, to).or_else(|| months(text, to))
    {
        let month = |month| Date { year: Some(year), month: Some(month), day: None };
        return Some((end, vec![month(first), month(last)]));
    }
    let next = skip(text, to, &["至", "到", "—", "–", "-", "～", "~"]);
    if let Some((end, later)) = next.and_then(|next| range_to(text, next, date)) {
        dates.push(later);
        return Some((end, dates));
    }
    Some((to, dates))
}

/// Whether a word before says that months are counted, not named.
fn is_counted(text: &str, at: usize) -> bool {
    const WORDS: &[&str] = &[
        "第", "近", "历时", "歷時", "为期", "為期", "约", "約", "共", "满", "達", "达", "仅",
        "整整", "又", "每",
    ];
    let before = text.get(..at).unwrap_or("");
    WORDS.iter().any(|word| before.ends_with(word))
}

/// The end of a range that begins with a date: what it leaves out is that of the beginning.
fn range_to(text: &str, from: usize, date: Date) -> Option<(usize, Date)> {
    // 9月5日至8日
    if date.day.is_some()
        && let Some((day, end)) = counted(text, from, &['日', '号', '號'])
    {
        let later = Date { day: Some(day), ..date };
        return (later.day > date.day).then_some((end, later));
    }
    let (end, later) = east_asian_day(text, from)?;
    let mut later = *later.first()?;
    let is_alike =
        (date.month.is_some(), date.day.is_some()) == (later.month.is_some(), later.day.is_some());
    // 2022年9月至11月
    later.year = later.year.or(date.year);
    let order = |date: Date| (date.month, date.day);
    let rises = later.year > date.year || (later.year == date.year && order(later) > order(date));
    let is_year = later.month.is_none() && later.year >= date.year;
    (is_alike && (rises || is_year || date.year.is_none())).then_some((end, later))
}

/// 第三季度, 上半年: the first and last month of a part of a year.
fn part_of_year(text: &str, at: usize) -> Option<(usize, u32, u32)> {
    let halves = [("上半年", 1, 6), ("下半年", 7, 12)];
    if let Some((half, first, last)) =
        halves.iter().find(|(half, ..)| rest(text, at).starts_with(half))
    {
        return Some((at + half.len(), *first, *last));
    }
    let quarter = |at: usize| {
        let (quarter, to) = counted(text, skip(text, at, &["第"]).unwrap_or(at), &['季'])?;
        let to = skip(text, to, &["度"])?;
        (1..=4).contains(&quarter).then_some((quarter, to))
    };
    let (first, to) = quarter(at)?;
    let next = skip(text, to, &["至", "到", "—", "–", "-"]).and_then(quarter);
    let (last, to) = next.filter(|(last, _)| *last > first).unwrap_or((first, to));
    Some((to, first * 3 - 2, last * 3))
}

/// 1至3月, 1-9月: the first and last month.
fn months(text: &str, from: usize) -> Option<(usize, u32, u32)> {
    let (first, to) = match number(text, from) {
        Some((first, _, to)) => (first, to),
        None => {
            let number = han::read(text, from)?;
            (u32::try_from(number.amount.mantissa).ok()?, number.to)
        }
    };
    let next = skip(text, to, &["至", "到", "—", "–", "-", "~", "～"])?;
    let (last, to) = counted(text, next, &['月'])?;
    let is_day = rest(text, to).chars().next().is_some_and(|c| digit_value(c).is_some());
    (first >= 1 && first < last && last <= 12 && !is_day).then_some((to, first, last))
}

fn east_asian_day(text: &str, from: usize) -> Option<Dates> {
    if let Some((year, mut to)) = counted(text, from, &['年']) {
        let is_plain = rest(text, from)
            .chars()
            .take(4)
            .all(|c| digit_value(c).is_some() || han::han_digit(c).is_some());
        // 三年 is a span of time; a year has four digits.
        if !is_year(year) || !is_plain {
            return None;
        }
        let mut date = Date { year: Some(year), month: None, day: None };
        let next = skip(text, to, &[" "]).unwrap_or(to);
        if let Some((month, month_to)) =
            counted(text, next, &['月']).filter(|(month, _)| (1..=12).contains(month))
        {
            (date.month, to) = (Some(month), month_to);
            let next = skip(text, to, &[" "]).unwrap_or(to);
            if let Some((day, day_to)) = counted(text, next, &['日', '号', '號']) {
                (date.day, to) = (Some(day), day_to);
            }
        }
        return Some((to, vec![date]));
    }
    let (month, to) = counted(text, from, &['月']).filter(|(month, _)| (1..=12).contains(month))?;
    let (day, to) = match counted(text, to, &['日', '号', '號']) {
        Some((day, to)) => (Some(day), to),
        // 第五月, 历时3月: months that are counted.
        None if is_counted(text, from) => return None,
        None => (None, skip(text, to, &["份"]).unwrap_or(to)),
    };
    Some((to, vec![Date { year: None, month: Some(month), day }]))
}

/// 2022-يىلى 9-ئاينىڭ 5-كۈنى.
fn uyghur(text: &str, from: usize) -> Option<Dates> {
    let part = |from: usize, stems: &[&str]| {
        let (value, _, to) = number(text, from)?;
        let to = skip(text, to, &["-", "- ", "\u{2010}"])?;
        let stem = stems.iter().find(|stem| rest(text, to).starts_with(**stem))?;
        let behind = to + stem.len();
        // The stem's endings belong to it.
        let ending = rest(text, behind)
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(rest(text, behind).len());
        Some((value, behind + ending))
    };
    let space = |at: usize| skip(text, at, &["، ", "، ", " "]).unwrap_or(at);
    const DAY: &[&str] = &["كۈن", "چېسلا"];
    let mut date = Date { year: None, month: None, day: None };
    let mut end = from;
    if let Some((year, to)) = part(from, &["يىل"]) {
        if !is_year(year) {
            return None;
        }
        (date.year, end) = (Some(year), to);
    }
    if let Some((month, to)) = part(if end > from { space(end) } else { end }, &["ئاي"]) {
        (date.month, end) = (Some(month), to);
        if let Some((day, to)) = part(space(to), DAY) {
            (date.day, end) = (Some(day), to);
        }
    }
    // 2021-يىلى 3-ئايدىن 6-ئايغىچە: to a later year, month or day.
    let begins_range =
        ["دىن", "تىن"].iter().any(|case| text.get(..end).is_some_and(|t| t.ends_with(case)));
    let later = match date {
        _ if !begins_range => None,
        Date { day: Some(_), .. } => {
            part(space(end), DAY).map(|(day, to)| (to, Date { day: Some(day), ..date }))
        }
        Date { month: Some(_), .. } => {
            part(space(end), &["ئاي"]).map(|(month, to)| (to, Date { month: Some(month), ..date }))
        }
        _ => part(space(end), &["يىل"]).map(|(year, to)| (to, Date { year: Some(year), ..date })),
    };
    let order = |date: Date| (date.year, date.month, date.day);
    if let Some((to, later)) = later.filter(|(_, later)| order(*later) > order(date)) {
        return Some((to, vec![date, later]));
    }
    let is_whole = date.year.is_some() || date.day.is_some();
    is_whole.then(|| (end, vec![date]))
}

/// 5 September 2022, 5th of September, 5. September 2022, 5 de septiembre de 2022, ٥ سبتمبر ٢٠٢٢.
fn day_first(text: &str, from: usize) -> Option<Dates> {
    let (day, digits, to) = number(text, from)?;
    if digits > 2 || !(1..=31).contains(&day) {
        return None;
    }
    // 3–4 May
    let last =
        skip(text, to, &["–", "-", "—", " – ", " - ", " to ", " and ", " bis ", " au ", " al "])
            .and_then(|at| number(text, at))
            .filter(|(last, digits, _)| *digits <= 2 && (day + 1..=31).contains(last));
    let (last, to) = last.map_or((None, to), |(last, _, to)| (Some(last), to));
    let to = skip(text, to, &["st", "nd", "rd", "th", "."]).unwrap_or(to);
    let to = skip(text, to, &[" ", " of ", " de ", "\u{A0}"])?;
    let (month, mut to) = month_at(text, to)?;
    let mut date = Date { year: None, month: Some(month), day: Some(day) };
    let year_at = skip(text, to, &[" ", ", ", " de ", "، ", "\u{A0}"]);
    if let Some((year, 4, end)) = year_at.and_then(|at| number(text, at))
        && is_year(year)
        && ends_number(text, end)
    {
        (date.year, to) = (Some(year), end);
    }
    Some((to, with_last_day(date, last)))
}

fn with_last_day(date: Date, last: Option<u32>) -> Vec<Date> {
    let last = last.map(|last| Date { day: Some(last), ..date });
    std::iter::once(date).chain(last).collect()
}

/// September 5, 2022; September 2022; September 5.
fn month_first(text: &str, from: usize) -> Option<Dates> {
    let (month, to) = month_at(text, from)?;
    let next = skip(text, to, &[" ", ", ", "\u{A0}"])?;
    let (value, digits, end) = number(text, next)?;
    if digits == 4 && is_year(value) && ends_number(text, end) {
        return Some((end, vec![Date { year: Some(value), month: Some(month), day: None }]));
    }
    if digits > 2 || !(1..=31).contains(&value) {
        return None;
    }
    let end = skip(text, end, &["st", "nd", "rd", "th"]).unwrap_or(end);
    // May 3–4, 2020
    let last = skip(text, end, &["–", "-", "—"]).and_then(|at| number(text, at)).filter(
        |(last, digits, to)| *digits <= 2 && (value + 1..=31).contains(last) && !counts(text, *to),
    );
    let (last, end) = last.map_or((None, end), |(last, _, end)| (Some(last), end));
    if !ends_number(text, end) {
        return None;
    }
    let date = Date { year: None, month: Some(month), day: Some(value) };
    let year = skip(text, end, &[", ", " ", ","]).and_then(|at| number(text, at));
    match year {
        Some((year, 4, to)) if is_year(year) && ends_number(text, to) => {
            Some((to, with_last_day(Date { year: Some(year), ..date }, last)))
        }
        _ => Some((end, with_last_day(date, last))),
    }
}

/// Words after which four digits are a year.
const YEAR_WORDS: &[&str] = &[
    "in",
    "for",
    "since",
    "by",
    "from",
    "until",
    "till",
    "during",
    "early",
    "late",
    "mid",
    "before",
    "after",
    "year",
    "of",
    "between",
    "to",
    "and",
    "through",
    "en",
    "im",
    "seit",
    "desde",
    "depuis",
    "в",
    "с",
    "عام",
    "سنة",
    "منذ",
    "في",
    "ལོ་",
    "yılı",
];

/// 2016–2022, and a year behind a word that asks for one.
fn years(text: &str, from: usize) -> Option<Dates> {
    let (first, 4, to) = number(text, from)? else { return None };
    if !is_year(first) {
        return None;
    }
    let year = |year| Date { year: Some(year), month: None, day: None };
    for mark in ["–", "—", "-", " – ", "~"] {
        if let Some(at) = skip(text, to, &[mark])
            && let Some((second, 4, end)) = number(text, at)
            && is_year(second)
            && second > first
            && ends_number(text, end)
            && !counts(text, end)
        {
            return Some((end, vec![year(first), year(second)]));
        }
    }
    let is_plain = ends_number(text, to) && !rest(text, to).starts_with(['-', '/', '%', '٪']);
    let before = super::surroundings::window_before(text, from).trim_end_matches([' ', '\u{A0}']);
    let word =
        before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"')).next().unwrap_or("");
    let word = word.to_lowercase();
    let asks =
        YEAR_WORDS.contains(&word.as_str()) || before.ends_with("སྤྱི་ལོ་") || ends_in_month(before);
    // "between 2000 and 2500 people"
    let is_low_end = skip(text, to, &[" and ", " et ", " und ", " y ", " и "])
        .and_then(|at| number(text, at))
        .is_some_and(|(last, digits, end)| digits != 4 || !is_year(last) || counts(text, end));
    if is_low_end && ["between", "entre", "zwischen", "между"].contains(&word.as_str()) {
        return None;
    }
    // "in 2000 villages" counts villages.
    let counts = counts(text, to);
    // 2019 में
    let asks = asks || rest(text, to).starts_with(" में ");
    (is_plain && asks && !counts).then(|| (to, vec![year(first)]))
}

/// Whether a known noun follows, so that the digits count something.
fn counts(text: &str, to: usize) -> bool {
    rest(text, to).strip_prefix(' ').is_some_and(|tail| {
        super::lexicon::UNITS.iter().any(|(noun, _)| {
            tail.get(..noun.len()).is_some_and(|start| start.eq_ignore_ascii_case(noun))
        })
    })
}

fn ends_in_month(before: &str) -> bool {
    let word = before.rsplit(' ').next().unwrap_or("");
    word.len() >= 3
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && month_number(word).is_some()
}

/// März 2019, marzo de 2019, تموز ٢٠٢١, मार्च 2021: a month in words and a year.
fn month_and_year(text: &str, from: usize) -> Option<Dates> {
    let here = rest(text, from);
    // Most words are no month: what follows must be a year, behind at most one more word.
    let mut words = here.char_indices().take(28).filter(|(_, c)| *c == ' ').map(|(at, _)| at + 1);
    let follows =
        |at: usize| rest(here, at).chars().next().is_some_and(|c| digit_value(c).is_some());
    if !words.by_ref().take(3).any(follows) {
        return None;
    }
    let (month, to) = month_at(text, from).or_else(|| {
        let lower: String = here.chars().take(16).flat_map(char::to_lowercase).collect();
        MONTHS_BEFORE_YEARS.iter().find_map(|names| {
            (1..).zip(names).find_map(|(number, name)| {
                let tail = lower.strip_prefix(name)?;
                let is_whole = !tail.chars().next().is_some_and(char::is_alphabetic);
                is_whole.then_some((number, from + name.len()))
            })
        })
    })?;
    let at = skip(text, to, &[" ", " de ", " del ", "\u{A0}"])?;
    let (year, 4, end) = number(text, at)? else { return None };
    let date = Date { year: Some(year), month: Some(month), day: None };
    (is_year(year) && ends_number(text, end)).then(|| (end, vec![date]))
}

/// Particles and spaces between the parts of a Tibetan date, then one of the words and a number.
fn tibetan_part(text: &str, from: usize, words: &[&str]) -> Option<(u32, usize)> {
    let mut at = from;
    for _ in 0..4 {
        at = skip(text, at, &["ལོའི་", "ལོར་", "པའི་", "་", " ", "ལོ", "འི"]).unwrap_or(at);
    }
    let at = skip(text, at, words)?;
    let at = skip(text, at, &[" "]).unwrap_or(at);
    let (value, digits, to) = number(text, at)?;
    (digits <= 2).then_some((value, to))
}

/// What follows a year: ལོའི་ཟླ་༩ པའི་ཚེས་༥.
fn tibetan_rest(text: &str, year: u32, to: usize) -> Dates {
    let (mut date, mut to) = (Date { year: Some(year), month: None, day: None }, to);
    if let Some((month, end)) = tibetan_part(text, to, &["ཟླ་", "ཟླ་བ་"]) {
        (date.month, to) = (Some(month), end);
        if let Some((day, end)) = tibetan_part(text, to, &["ཚེས་"]) {
            (date.day, to) = (Some(day), end);
        }
    }
    (to, vec![date])
}

/// ༢༠༢༠ ལོའི་ཟླ་ ༣ པའི་ཚེས་ ༡༤: a year is known by the word behind it.
fn tibetan_year(text: &str, from: usize) -> Option<Dates> {
    let (year, 4, to) = number(text, from)? else { return None };
    // ༢༠༡༦ནས་༢༠༢༢བར
    if let Some(at) = skip(text, to, &["ནས་", "ལོ་ནས་", "ལོ་ནས་ ", "ནས་ "])
        && let Some(at) = skip(text, at, &["སྤྱི་ལོ་", "ཕྱི་ལོ་"]).or(Some(at))
        && let Some((last, 4, end)) = number(text, at)
        && is_year(year)
        && is_year(last)
        && last > year
        && skip(text, end, &["བར", "ལོ་བར", "ལོའི་བར"]).is_some()
    {
        let whole = |year| Date { year: Some(year), month: None, day: None };
        return Some((end, vec![whole(year), whole(last)]));
    }
    let at = skip(text, to, &[" "]).unwrap_or(to);
    let asks = rest(text, at).starts_with("ལོ") && !rest(text, at).starts_with("ལོག");
    (is_year(year) && asks).then(|| tibetan_rest(text, year, to))
}

/// སྤྱི་ལོ་༢༠༢༢ ལོའི་ཟླ་༩ པའི་ཚེས་༥, ཕྱི་ལོ་; ཟླ་ ༩ པའི་ཚེས་ ༢༡.
fn tibetan(text: &str, from: usize) -> Option<Dates> {
    if let Some((month, to)) =
        skip(text, from, &["ཟླ་"]).and_then(|_| tibetan_part(text, from, &["ཟླ་", "ཟླ་བ་"]))
    {
        let (day, to) = tibetan_part(text, to, &["ཚེས་"])?;
        return Some((to, vec![Date { year: None, month: Some(month), day: Some(day) }]));
    }
    let at = skip(text, from, &["སྤྱི་ལོ་", "ཕྱི་ལོ་"])?;
    let at = skip(text, at, &[" "]).unwrap_or(at);
    let (year, 4, to) = number(text, at)? else { return None };
    is_year(year).then(|| tibetan_rest(text, year, to))
}
