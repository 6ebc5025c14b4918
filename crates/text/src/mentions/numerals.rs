//! Figures written in digits of any script, with the separators of their language.

use super::MentionValue;
use crate::words::digit_value;

/// An exact decimal number: `mantissa / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) mantissa: i128,
    pub(super) scale: u32,
}

impl Amount {
    pub(super) fn whole(value: i128) -> Amount {
        Amount { mantissa: value, scale: 0 }
    }

    /// The amount times a power of ten; none where it is larger than anything counted.
    pub(super) fn times_power_of_ten(self, power: u32) -> Option<Amount> {
        let cut = power.min(self.scale);
        let factor = 10_i128.checked_pow(power - cut)?;
        let amount =
            Amount { mantissa: self.mantissa.checked_mul(factor)?, scale: self.scale - cut };
        (amount.mantissa < 10_i128.pow(24)).then_some(amount)
    }

    pub(super) fn plus(self, other: Amount) -> Option<Amount> {
        let scale = self.scale.max(other.scale);
        let lift = |amount: Amount| {
            amount.mantissa.checked_mul(10_i128.checked_pow(scale - amount.scale)?)
        };
        Some(Amount { mantissa: lift(self)?.checked_add(lift(other)?)?, scale })
    }

    /// The value as it is given out: whole where nothing is left behind the point.
    pub(super) fn value(self) -> MentionValue {
        let (mut mantissa, mut scale) = (self.mantissa, self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        match i64::try_from(mantissa) {
            Ok(whole) if scale == 0 => MentionValue::Whole(whole),
            _ => {
                // Through its digits, so that 0.1 is the nearest number to 0.1.
                let digits = format!("{mantissa}e-{scale}");
                MentionValue::Decimal(digits.parse().unwrap_or(f64::NAN))
            }
        }
    }

    /// Whether it is less than another.
    pub(super) fn is_below(self, other: Amount) -> bool {
        let negated = Amount { mantissa: -other.mantissa, scale: other.scale };
        self.plus(negated).is_some_and(|difference| difference.mantissa < 0)
    }
}

/// A figure in digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    /// One past its last byte.
    pub(super) to: usize,
    pub(super) amount: Amount,
    /// How many digits it has.
    pub(super) digits: usize,
    /// Whether it is written with a separator.
    pub(super) is_grouped: bool,
}

/// What a separator may be between two runs of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Comma,
    Dot,
    /// Arabic thousands separator, apostrophe, narrow or fixed space: groups and nothing else.
    Group,
    /// Arabic decimal separator: a decimal point and nothing else.
    Point,
    /// A common space, which groups in some languages only.
    Space,
}

/// How a language writes figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `1,234.5`: English, Chinese, Tibetan, Uyghur, Hindi, …
    Point,
    /// `1.234,5` or `1 234,5`: most of Europe, Turkish, Indonesian, Vietnamese, …
    Comma,
    /// Not known: only what both styles read alike.
    Unknown,
}

/// The style of a language, by Unicode CLDR's number symbols.
pub(super) fn style_of(language: &str) -> Style {
    match language.split('-').next().unwrap_or("") {
        "af" | "az" | "be" | "bg" | "ca" | "cs" | "da" | "de" | "el" | "es" | "et" | "eu"
        | "fi" | "fr" | "gl" | "hr" | "hu" | "id" | "is" | "it" | "ka" | "kk" | "ky" | "lt"
        | "lv" | "mk" | "nb" | "nl" | "nn" | "no" | "pl" | "pt" | "ro" | "ru" | "sk" | "sl"
        | "sq" | "sr" | "sv" | "tg" | "tk" | "tr" | "tt" | "uk" | "uz" | "vi" => Style::Comma,
        "und" | "" => Style::Unknown,
        _ => Style::Point,
    }
}

/// The style that a text in an unknown language shows by figures with two groups of three digits, 1,206,962 or 1.206.962; not
/// known where it shows neither, or both.
pub(super) fn written_style(text: &str) -> Style {
    let runs = || text.split(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.')));
    let shows = |mark: char| {
        runs().any(|run| {
            let groups: Vec<&str> = run.trim_end_matches([',', '.']).split(mark).collect();
            // Four groups of digits may be an address on the net.
            groups.len() == 3
                && groups.iter().skip(1).all(|group| group.len() == 3)
                && groups
                    .iter()
                    .all(|g| (1..=3).contains(&g.len()) && g.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    match (shows(','), shows('.')) {
        (true, false) => Style::Point,
        (false, true) => Style::Comma,
        _ => Style::Unknown,
    }
}

/// Reads the figure that begins at a byte of the text, which must begin a digit; none where the
/// digits and marks there make no figure, or more than one.
pub(super) fn figure(text: &str, from: usize, style: Style) -> Option<Figure> {
    let mut groups: Vec<(Option<Mark>, usize, i128)> = Vec::new();
    let mut at = from;
    let mut mark = None;
    loop {
        let (to, digits, value) = digit_run(text, at)?;
        // A space groups exactly three digits, and only behind one to three.
        if mark == Some(Mark::Space) && digits != 3 {
            break;
        }
        groups.push((mark, digits, value));
        at = to;
        if groups.len() > 8 {
            return None;
        }
        let Some((next, after)) = mark_at(text, at) else { break };
        let follows_digit =
            text.get(after..)?.chars().next().is_some_and(|c| digit_value(c).is_some());
        if !follows_digit {
            break;
        }
        let first_is_short = groups.first().is_some_and(|(_, digits, _)| *digits <= 3);
        if next == Mark::Space {
            let run = digit_run(text, after).map(|(_, digits, _)| digits);
            if style != Style::Comma || !first_is_short || run != Some(3) {
                break;
            }
        }
        mark = Some(next);
        at = after;
    }
    let digits: usize = groups.iter().map(|(_, digits, _)| digits).sum();
    if digits > 18 {
        return None;
    }
    let to = at;
    let decimals = decimal_digits(&groups, style)?;
    let first_digit = text.get(from..)?.chars().next().and_then(digit_value)?;
    if first_digit == 0 && groups.first().is_some_and(|(_, digits, _)| *digits > 1) {
        return None;
    }
    let mut mantissa: i128 = 0;
    for (_, digits, value) in &groups {
        mantissa = mantissa.checked_mul(10_i128.checked_pow(u32::try_from(*digits).ok()?)?)?;
        mantissa = mantissa.checked_add(*value)?;
    }
    let scale = u32::try_from(decimals).ok()?;
    let is_grouped = groups.len() > 1;
    Some(Figure { to, amount: Amount { mantissa, scale }, digits, is_grouped })
}

/// A run of digits of one script: one past its end, how many, and their value.
fn digit_run(text: &str, from: usize) -> Option<(usize, usize, i128)> {
    let rest = text.get(from..)?;
    let mut zero = None;
    let (mut to, mut digits, mut value) = (from, 0, 0_i128);
    for c in rest.chars() {
        let Some(digit) = digit_value(c) else { break };
        let its_zero = u32::from(c) - u32::from(digit);
        if *zero.get_or_insert(its_zero) != its_zero || digits >= 19 {
            return None;
        }
        value = value * 10 + i128::from(digit);
        digits += 1;
        to += c.len_utf8();
    }
    (digits > 0).then_some((to, digits, value))
}

fn mark_at(text: &str, at: usize) -> Option<(Mark, usize)> {
    let c = text.get(at..)?.chars().next()?;
    let mark = match c {
        ',' => Mark::Comma,
        '.' => Mark::Dot,
        '٬' | '\'' | '’' | '\u{A0}' | '\u{202F}' | '\u{2009}' => Mark::Group,
        '٫' => Mark::Point,
        ' ' => Mark::Space,
        _ => return None,
    };
    Some((mark, at + c.len_utf8()))
}

/// How many of the last digits stand behind the decimal point; none where the groups make no
/// single figure.
fn decimal_digits(groups: &[(Option<Mark>, usize, i128)], style: Style) -> Option<usize> {
    let marks: Vec<Mark> = groups.iter().filter_map(|(mark, ..)| *mark).collect();
    let last_digits = groups.last().map(|(_, digits, _)| *digits)?;
    // Whether the groups `1..end` follow a first group as thousands do, or as in India.
    let is_grouping = |end: usize| {
        let first = groups.first().map_or(0, |(_, digits, _)| *digits);
        let rest = groups.get(1..end).unwrap_or_default();
        let same = rest.iter().all(|(mark, ..)| *mark == rest.first().and_then(|r| r.0));
        let western = first <= 3 && rest.iter().all(|(_, digits, _)| *digits == 3);
        let indian = style != Style::Comma
            && first <= 2
            && rest.len() >= 2
            && rest.first().and_then(|r| r.0) == Some(Mark::Comma)
            && rest.last().is_some_and(|(_, digits, _)| *digits == 3)
            && rest.iter().rev().skip(1).all(|(_, digits, _)| *digits == 2);
        same && (western || indian)
    };
    let all = groups.len();
    match marks.as_slice() {
        [] => Some(0),
        [Mark::Point] => Some(last_digits),
        [.., Mark::Point] => is_grouping(all - 1).then_some(last_digits),
        [Mark::Group | Mark::Space, ..] if marks.iter().all(|mark| *mark == marks[0]) => {
            is_grouping(all).then_some(0)
        }
        [Mark::Comma] => match (style, last_digits) {
            (Style::Point, 3) => is_grouping(all).then_some(0),
            (Style::Comma, _) | (Style::Unknown, 1 | 2) => Some(last_digits),
            _ => None,
        },
        [Mark::Dot] => match (style, last_digits) {
            (Style::Comma, 3) => is_grouping(all).then_some(0),
            (Style::Point, _) | (_, 1 | 2) => Some(last_digits),
            (Style::Unknown, digits) if digits > 3 => Some(digits),
            _ => None,
        },
        // One mark all along, at least twice: it groups, whatever the language.
        [first, ..] if marks.iter().all(|mark| mark == first) => is_grouping(all).then_some(0),
        // Two marks: the last is the point.
        [first, middle @ .., last] if middle.iter().all(|mark| mark == first) => {
            let point = matches!(last, Mark::Comma | Mark::Dot);
            (point && is_grouping(all - 1)).then_some(last_digits)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Style, figure};

    #[test]
    fn reads_separators_by_language() {
        for (written, style, expected) in [
            ("919,282", Style::Point, Some(("919282", 7))),
            ("1,60,000", Style::Point, Some(("160000", 8))),
            ("3.66", Style::Point, Some(("3.66", 4))),
            ("1,234.50", Style::Point, Some(("1234.5", 8))),
            ("1.234", Style::Point, Some(("1.234", 5))),
            ("1.234", Style::Comma, Some(("1234", 5))),
            ("1.234", Style::Unknown, None),
            ("3,66", Style::Comma, Some(("3.66", 4))),
            ("1.234.567", Style::Unknown, Some(("1234567", 9))),
            ("1 234 567", Style::Comma, Some(("1234567", 9))),
            ("1 234", Style::Point, Some(("1", 1))),
            ("1\u{202f}234,5", Style::Comma, Some(("1234.5", 9))),
            ("٣٬٦٦٠٬٠٠٠", Style::Point, Some(("3660000", 18))),
            ("٣٫٦", Style::Point, Some(("3.6", 6))),
            ("༣༦༦", Style::Point, Some(("366", 9))),
            ("१,६०,०००", Style::Point, Some(("160000", 20))),
            // No single figure.
            ("1,2,3", Style::Point, None),
            ("1.2.3", Style::Point, None),
            ("192.168.1.1", Style::Unknown, None),
            ("12,34", Style::Point, None),
            ("007", Style::Point, None),
        ] {
            let found = figure(written, 0, style).map(|figure| {
                let value = serde_json::to_value(figure.amount.value()).unwrap();
                (value.to_string(), figure.to)
            });
            let expected = expected.map(|(value, to)| (value.to_owned(), to));
            assert_eq!(found, expected, "{written} {style:?}");
        }
    }
}
