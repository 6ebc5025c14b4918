//! Numbers as a sheet shows them (ECMA-376 part 1, 18.8.30 and 18.8.31), as far as their value goes.
//!
//! Days and times are written as ISO 8601 does, with the parts that the cell shows. A format that is not understood shows
//! the plain number.

use crate::days::civil;

/// How a cell shows its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    General,
    /// Which parts of a day and time are shown.
    Moment {
        year: bool,
        month: bool,
        day: bool,
        clock: bool,
        seconds: bool,
        elapsed: bool,
    },
    /// Sections for positive, negative and zero.
    Number(Vec<Section>),
}

/// One section of a number's format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    before: String,
    after: String,
    whole: usize,
    decimals: usize,
    optional_decimals: usize,
    grouped: bool,
    percent: u32,
    thousands: i32,
    has_digits: bool,
}

/// The formats that have a number and are written nowhere (18.8.30).
pub(crate) fn built_in(id: u32) -> Option<&'static str> {
    Some(match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => "yyyy-mm-dd",
        18..=21 | 32..=35 | 55 | 56 => "h:mm:ss",
        22 => "yyyy-mm-dd h:mm",
        37 | 38 => "#,##0;-#,##0",
        39 | 40 => "#,##0.00;-#,##0.00",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        _ => return None,
    })
}

impl Format {
    /// Reads a format's code.
    pub(crate) fn parse(code: &str) -> Self {
        if code.eq_ignore_ascii_case("general") || code.is_empty() || code == "@" {
            return Self::General;
        }
        if let Some(moment) = moment(code) {
            return moment;
        }
        let sections: Option<Vec<Section>> = split(code).iter().map(|one| section(one)).collect();
        match sections {
            Some(sections) if sections.first().is_some_and(|first| first.has_digits) => {
                Self::Number(sections)
            }
            _ => Self::General,
        }
    }

    /// The number as it is shown. `from_1904` moves days as old Macintosh sheets count them.
    pub(crate) fn show(&self, value: f64, from_1904: bool) -> String {
        match self {
            Self::General => general(value),
            Self::Moment { .. } => {
                self.show_moment(value, from_1904).unwrap_or_else(|| general(value))
            }
            Self::Number(sections) => {
                let at = match (value, sections.len()) {
                    (v, 2..) if v < 0.0 => 1,
                    (0.0, 3..) => 2,
                    _ => 0,
                };
                let Some(section) = sections.get(at) else { return general(value) };
                let words = section.show(if at == 1 { -value } else { value });
                if value != 0.0 && !section.has_digits {
                    // The file holds a number that nobody sees.
                    let number = general(value);
                    return match words.trim() {
                        "" => number,
                        words => format!("{words} ({number})"),
                    };
                }
                // Below zero a colour alone may say so, which the text does not have.
                let is_marked = || words.contains(['-', '(', '\u{2212}', '\u{2013}', '\u{25b2}']);
                if at == 1 && !is_marked() && words.contains(|c: char| matches!(c, '1'..='9')) {
                    return format!("-{words}");
                }
                words
            }
        }
    }

    /// Whether a sheet shows nothing of this number, or other words.
    pub(crate) fn hides(&self, value: f64) -> bool {
        let Self::Number(sections) = self else { return false };
        let at = usize::from(value < 0.0 && sections.len() > 1);
        value != 0.0 && sections.get(at).is_some_and(|section| !section.has_digits)
    }

    /// Whether a number is long and whole, and shown digit by digit: it is no count, but what somebody wrote, of a document or a card.
    pub(crate) fn shows_long(&self, value: f64) -> bool {
        value.fract() == 0.0 && (1e14..1e21).contains(&value.abs()) && self.is_plain()
    }

    /// Whether whole numbers are shown digit by digit, and nothing else.
    fn is_plain(&self) -> bool {
        match self {
            Self::General => true,
            Self::Moment { .. } => false,
            Self::Number(sections) => sections.iter().all(|one| {
                let shown = Section { whole: 0, has_digits: false, ..one.clone() };
                one.has_digits && shown == Section::default()
            }),
        }
    }

    fn show_moment(&self, value: f64, from_1904: bool) -> Option<String> {
        let Self::Moment { year, month, day, clock, seconds, elapsed } = *self else { return None };
        if !(0.0..2_958_466.0).contains(&value) {
            return None;
        }
        let total = (value * 86_400.0).round();
        let days = (total / 86_400.0).floor();
        let second = total - days * 86_400.0;
        #[expect(clippy::cast_possible_truncation, reason = "days and seconds are small and whole")]
        let (days, second) = (days as i64, second as i64);
        let hours = second / 3600 + if elapsed { days * 24 } else { 0 };
        let mut time = format!("{hours:02}:{:02}", second / 60 % 60);
        if seconds {
            time.push_str(&format!(":{:02}", second % 60));
        }
        // Day 60 is 29 February 1900, which never was: the sheet's own day 1 is 1 January 1900 until then.
        let since = if from_1904 {
            days + 1461
        } else if days < 60 {
            days
        } else {
            days - 1
        };
        let (y, m, d) = civil(since - 25_568);
        let date = match (year, month, day) {
            (false, false, false) => String::new(),
            (true, false, false) => format!("{y:04}"),
            (true, true, false) => format!("{y:04}-{m:02}"),
            _ => format!("{y:04}-{m:02}-{d:02}"),
        };
        Some(match (date.is_empty(), clock) {
            (false, true) => format!("{date} {time}"),
            (false, false) => date,
            _ => time,
        })
    }
}

/// A number without a format: all digits of a whole one, else as many as fit eleven places.
pub(crate) fn general(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let size = value.abs();
    if !(1e-4..1e15).contains(&size) {
        let text = format!("{value:.5E}");
        let Some((digits, exponent)) = text.split_once('E') else { return text };
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
        return format!("{digits}E{sign}{exponent:0>2}");
    }
    let whole = format!("{:.0}", size.trunc()).len();
    let text = format!("{value:.*}", 10_usize.saturating_sub(whole));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

impl Section {
    fn show(&self, value: f64) -> String {
        if !self.has_digits {
            return format!("{}{}", self.before, self.after);
        }
        let scaled = value * 100_f64.powi(i32::try_from(self.percent).unwrap_or(0))
            / 1000_f64.powi(self.thousands);
        let places = self.decimals + self.optional_decimals;
        let text = rounded(scaled.abs(), places);
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let mut part = part.to_owned();
        while part.len() > self.decimals && part.ends_with('0') {
            part.pop();
        }
        let whole = if whole == "0" && self.whole == 0 { "" } else { whole };
        let mut whole = format!("{whole:0>width$}", width = self.whole);
        if self.grouped {
            let digits: Vec<char> = whole.chars().collect();
            whole.clear();
            for (at, c) in digits.iter().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    whole.push(',');
                }
                whole.push(*c);
            }
        }
        let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
        let sign = if value < 0.0 && !is_zero { "-" } else { "" };
        let point = if part.is_empty() { "" } else { "." };
        format!("{sign}{}{whole}{point}{part}{}", self.before, self.after)
    }
}

/// A number of zero or more, rounded as sheets do: half up, of the fifteen digits that count.
pub(crate) fn rounded(value: f64, places: usize) -> String {
    let text = format!("{value:.14e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let before = usize::try_from(-exponent).unwrap_or(0);
    let mut ones = 1 + usize::try_from(exponent).unwrap_or(0);
    let mut digits: Vec<u8> = std::iter::repeat_n(b'0', before)
        .chain(digits.bytes().filter(u8::is_ascii_digit))
        .collect();
    let is_up = digits.get(ones + places).is_some_and(|digit| *digit >= b'5');
    digits.resize(ones + places, b'0');
    if is_up {
        let last = digits.iter().rposition(|digit| *digit != b'9');
        let nines = last.map_or(0, |last| last + 1);
        digits.iter_mut().skip(nines).for_each(|digit| *digit = b'0');
        match last.and_then(|last| digits.get_mut(last)) {
            Some(digit) => *digit += 1,
            None => {
                digits.insert(0, b'1');
                ones += 1;
            }
        }
    }
    let mut text: String = digits.into_iter().map(char::from).collect();
    if places > 0 {
        text.insert(ones, '.');
    }
    text
}

/// The sections of a format, parted by `;` outside quotes.
fn split(code: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut quoted = false;
    let mut letters = code.chars();
    while let Some(c) = letters.next() {
        if c == '"' {
            quoted = !quoted;
        }
        if c == ';' && !quoted {
            sections.push(String::new());
            continue;
        }
        if let Some(last) = sections.last_mut() {
            last.push(c);
            if c == '\\'
                && let Some(next) = letters.next()
            {
                last.push(next);
            }
        }
    }
    sections.truncate(3);
    sections
}

/// Reads one section; none where it holds what is not understood (fractions, exponents, conditions).
fn section(code: &str) -> Option<Section> {
    let mut found = Section::default();
    let mut letters = code.chars().peekable();
    let mut in_decimals = false;
    while let Some(c) = letters.next() {
        let side = if found.has_digits { &mut found.after } else { &mut found.before };
        match c {
            '"' => side.extend(letters.by_ref().take_while(|c| *c != '"')),
            '\\' => side.extend(letters.next()),
            '_' => {
                letters.next();
            }
            '*' => {
                letters.next();
            }
            '[' => {
                let inside: String = letters.by_ref().take_while(|c| *c != ']').collect();
                if let Some(currency) = inside.strip_prefix('$') {
                    side.push_str(currency.split('-').next().unwrap_or_default());
                } else if inside.starts_with(['<', '>', '=']) {
                    return None;
                }
            }
            '0' | '#' | '?' => {
                if !found.after.trim().is_empty() {
                    return None;
                }
                found.has_digits = true;
                match (in_decimals, c) {
                    (false, '0') => found.whole += 1,
                    (true, '0') => found.decimals += 1,
                    (true, _) => found.optional_decimals += 1,
                    _ => {}
                }
            }
            '.' if !in_decimals => {
                in_decimals = true;
                found.has_digits = true;
            }
            ',' if found.has_digits => {
                if matches!(letters.peek(), Some('0' | '#' | '?')) {
                    found.grouped = true;
                } else {
                    found.thousands += 1;
                }
            }
            '%' => {
                found.percent += 1;
                side.push('%');
            }
            'E' | 'e' | '/' | '@' => return None,
            'G' if code.contains("General") => return None,
            other => side.push(other),
        }
    }
    found.decimals = found.decimals.min(30);
    found.optional_decimals = found.optional_decimals.min(30);
    found.whole = found.whole.min(30);
    Some(found)
}

/// The parts of a day and time that a format shows; none if it is no such format.
fn moment(code: &str) -> Option<Format> {
    let first = split(code).into_iter().next()?;
    let mut bare = String::new();
    let mut elapsed = false;
    let mut letters = first.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' => {
                letters.by_ref().find(|c| *c == '"');
            }
            '\\' | '_' | '*' => {
                letters.next();
            }
            '[' => {
                let inside: String = letters.by_ref().take_while(|c| *c != ']').collect();
                let inside = inside.to_ascii_lowercase();
                if !inside.is_empty() && inside.chars().all(|c| matches!(c, 'h' | 'm' | 's')) {
                    elapsed = true;
                    bare.push_str(&inside);
                }
            }
            other => bare.extend(other.to_lowercase()),
        }
    }
    if bare.contains("general") {
        return None;
    }
    let has = |letter: char| bare.contains(letter);
    if !(has('y') || has('d') || has('h') || has('s') || has('m')) || has('#') {
        return None;
    }
    let clock = has('h') || has('s');
    // An `m` beside hours or seconds means minutes; by years or days, months.
    let month = has('m') && (has('y') || has('d') || !clock);
    Some(Format::Moment { year: has('y'), month, day: has('d'), clock, seconds: has('s'), elapsed })
}

#[cfg(test)]
mod tests {
    use super::{Format, general};

    #[test]
    fn numbers_stand_as_the_sheet_shows_them() {
        for (code, value, expected) in [
            ("General", 0.1 + 0.2, "0.3"),
            ("General", 13_800_138_000.0, "13800138000"),
            ("General", 0.692_307_692_307_692, "0.692307692"),
            ("0%", 0.69, "69%"),
            ("0.0%", 0.035, "3.5%"),
            ("0.00", 2.675, "2.68"),
            ("0.00", 1.005, "1.01"),
            ("0.00", 9.995, "10.00"),
            ("0.0", 0.04, "0.0"),
            ("0.0", 0.05, "0.1"),
            ("0.000000000000000000", 1.0, "1.000000000000000000"),
            ("0", 110_101_199_003_070_000.0, "110101199003070000"),
            ("#,##0", 1_234_567_890_123_456.0, "1,234,567,890,123,460"),
            ("#,##0", 923_000.0, "923,000"),
            ("#,##0.0#", 1234.5, "1,234.5"),
            ("#,##0;[Red]-#,##0", -1234.0, "-1,234"),
            ("#,##0_);(#,##0)", -1234.0, "(1,234)"),
            ("0.0,", 36_000.0, "36.0"),
            ("[$¥-804]#,##0.00", 12.5, "¥12.50"),
            ("0\"万人\"", 92.0, "92万人"),
            ("000000", 42.0, "000042"),
            ("0.00E+00", 12_345.0, "12345"),
            ("yyyy-mm-dd", 44_809.0, "2022-09-05"),
            ("yyyy\"年\"m\"月\"d\"日\"", 44_809.0, "2022-09-05"),
            ("mmm yyyy", 44_809.0, "2022-09"),
            ("d/m/yy h:mm", 44_809.5, "2022-09-05 12:00"),
            ("h:mm:ss", 0.75, "18:00:00"),
            ("[h]:mm", 1.5, "36:00"),
            ("yyyy-mm-dd", 59.0, "1900-02-28"),
            ("yyyy-mm-dd", 61.0, "1900-03-01"),
            ("yyyy-mm-dd", -5.0, "-5"),
            // What colour alone says, or nothing at all, is in the text.
            ("#,##0;[Red]#,##0", -1234.0, "-1,234"),
            ("0;;", -29.0, "-29"),
            ("0;\"less\"", -29.0, "less (-29)"),
            ("#,##0;-#,##0;", 0.0, ""),
        ] {
            assert_eq!(Format::parse(code).show(value, false), expected, "{code} {value}");
        }
        assert_eq!(Format::parse("yyyy-mm-dd").show(43_347.0, true), "2022-09-05");
        assert_eq!(general(1e20), "1E+20");
        assert_eq!(general(0.000_012_5), "1.25E-05");
    }
}
