//! Numbers as people write them, read only where one reading is possible.

use std::cmp::Ordering;

/// A number that cannot be read, or can be read in several ways.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Not digits, or not grouped in any known way.
    #[error("`{0}` is not a number in digits")]
    NotANumber(String),
    /// Below zero.
    #[error("`{0}` is below zero")]
    Negative(String),
    /// With a percent sign.
    #[error("`{0}` holds a percent sign")]
    PercentSign(String),
    /// A zero in front.
    #[error("`{0}` begins with a zero")]
    LeadingZero(String),
    /// Longer than any count.
    #[error("`{0}…` has more than 30 digits")]
    TooLong(String),
    /// Two readings, such as 12480 and 12.480.
    #[error("`{found}` can be read as {}", .readings.join(" or as "))]
    Ambiguous {
        /// The text.
        found: String,
        /// What it may mean.
        readings: Vec<String>,
    },
}

impl NumberFault {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotANumber(_) => {
                "write all digits, with a point before decimals: 12480, 180000 for 18万, 41.5"
            }
            Self::Negative(_) => "counts start at zero; write the number without a sign",
            Self::PercentSign(_) => "write the number alone and `percent` as its unit",
            Self::LeadingZero(_) => "see whether a digit is missing, or remove the zero",
            Self::TooLong(_) => "see whether several cells were joined",
            Self::Ambiguous { readings, .. } => {
                let whole = readings.first().map_or("12480", String::as_str);
                let decimal = readings.last().map_or("12.480", String::as_str);
                return format!(
                    "write {whole} without separators; if decimals are meant, write {decimal}0"
                );
            }
        }
        .to_owned()
    }
}

/// The digit zero of each script that our users write numbers in (Unicode general category Nd):
/// ASCII, Arabic, Persian and Uyghur, Devanagari, Bengali, Tibetan, Burmese, Shan, full width.
const ZEROS: [char; 9] = ['0', '٠', '۰', '०', '০', '༠', '၀', '႐', '０'];

fn digit(character: char) -> Option<char> {
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(character).checked_sub(u32::from(*zero))?;
        char::from_digit(value, 10)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    Comma,
    Point,
    Space,
    Apostrophe,
    ArabicGroup,
    ArabicDecimal,
}

impl Separator {
    fn of(character: char) -> Option<Self> {
        Some(match character {
            ',' | '，' => Self::Comma,
            '.' | '．' => Self::Point,
            ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' => Self::Space,
            '\'' | '\u{2019}' => Self::Apostrophe,
            '\u{66c}' => Self::ArabicGroup,
            '\u{66b}' => Self::ArabicDecimal,
            _ => return None,
        })
    }

    fn marks_decimals(self) -> bool {
        matches!(self, Self::Comma | Self::Point | Self::ArabicDecimal)
    }

    /// Whether `groups` are digits that this separator groups: by threes; with a comma also by twos before
    /// the last three (lakh and crore); with a comma or space also by fours (万).
    fn groups(self, groups: &[String]) -> bool {
        let Some((first, rest)) = groups.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return false };
        if self == Self::ArabicDecimal || first.starts_with('0') {
            return false;
        }
        let all = |size: usize| first.len() <= size && rest.iter().all(|part| part.len() == size);
        let lakh = !middle.is_empty()
            && first.len() <= 2
            && middle.iter().all(|part| part.len() == 2)
            && last.len() == 3;
        all(3)
            || (self == Self::Comma && lakh)
            || (matches!(self, Self::Comma | Self::Space) && all(4))
    }
}

/// Reads a decimal and gives it in plain ASCII digits with every digit kept, such as `12480` or `41.50`.
///
/// Grouped digits are accepted where only one reading is possible: `1,234,567`, `1,60,000`, `12 480`, `1.234,5`.
/// `12,480` can be twelve thousand or twelve and a half, and is an error that names both. `most` rules out
/// readings above it.
pub(crate) fn read(text: &str, most: Option<&str>) -> Result<String, NumberFault> {
    let found = || text.chars().take(40).collect::<String>();
    if text.contains(['%', '％', '٪']) {
        return Err(NumberFault::PercentSign(found()));
    }
    if text.starts_with(['-', '\u{2212}', '\u{2013}'])
        && text.chars().skip(1).all(|c| digit(c).is_some() || Separator::of(c).is_some())
    {
        return Err(NumberFault::Negative(found()));
    }
    let mut groups = vec![String::new()];
    let mut separators = Vec::new();
    for character in text.chars() {
        if let Some(digit) = digit(character) {
            if let Some(group) = groups.last_mut() {
                group.push(digit);
            }
        } else if let Some(separator) = Separator::of(character) {
            separators.push(separator);
            groups.push(String::new());
        } else {
            return Err(NumberFault::NotANumber(found()));
        }
    }
    if groups.iter().any(String::is_empty) {
        return Err(NumberFault::NotANumber(found()));
    }
    if groups.iter().map(String::len).sum::<usize>() > 30 {
        return Err(NumberFault::TooLong(found()));
    }
    let mut readings = readings(&groups, &separators);
    if let Some(most) = most
        && readings.len() > 1
    {
        readings.retain(|reading| compare(reading, most).is_le());
    }
    match readings.as_slice() {
        [] => Err(NumberFault::NotANumber(found())),
        [only] => {
            let whole = only.split('.').next().unwrap_or_default();
            if whole.len() > 1 && whole.starts_with('0') {
                return Err(NumberFault::LeadingZero(found()));
            }
            Ok(only.clone())
        }
        _ => Err(NumberFault::Ambiguous { found: found(), readings }),
    }
}

fn readings(groups: &[String], separators: &[Separator]) -> Vec<String> {
    let Some((last, earlier)) = separators.split_last() else { return groups.to_vec() };
    let same = |list: &[Separator], kind: &Separator| list.iter().all(|other| other == kind);
    let mut readings = Vec::new();
    if same(earlier, last) && last.groups(groups) {
        readings.push(groups.concat());
    }
    if let Some((decimals, whole)) = groups.split_last()
        && last.marks_decimals()
        && earlier
            .first()
            .is_none_or(|first| first != last && same(earlier, first) && first.groups(whole))
    {
        readings.push(format!("{}.{decimals}", whole.concat()));
    }
    readings
}

/// Compares two numbers that [`read`] gave.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    fn parts(number: &str) -> (&str, &str) {
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        (whole.trim_start_matches('0'), decimals.trim_end_matches('0'))
    }
    let ((a, a_decimals), (b, b_decimals)) = (parts(a), parts(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b)).then_with(|| a_decimals.cmp(b_decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_where_one_reading_is_possible() {
        let cases = [
            ("12480", "12480"),
            ("0", "0"),
            ("41.50", "41.50"),
            ("0.125", "0.125"),
            ("0,5", "0.5"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("1,60,000", "160000"),
            ("1,8000,0000", "180000000"),
            ("12 480", "12480"),
            ("12\u{202f}480", "12480"),
            ("12’480", "12480"),
            ("1,234.5", "1234.5"),
            ("1.234,5", "1234.5"),
            ("12 480,25", "12480.25"),
            ("1234.567", "1234.567"),
            ("༤༨༧༠", "4870"),
            ("٤٨٧٠", "4870"),
            ("۱۲٬۴۸۰٫۵", "12480.5"),
            ("၁၂၃", "123"),
            ("１２３", "123"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, None), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_twice_names_both_readings() {
        for (text, first, second) in [
            ("12,480", "12480", "12.480"),
            ("12.480", "12480", "12.480"),
            ("18,0000", "180000", "18.0000"),
        ] {
            let fault = read(text, None).unwrap_err();
            assert_eq!(
                fault.to_string(),
                format!("`{text}` can be read as {first} or as {second}"),
            );
        }
        assert_eq!(read("41.125", Some("100")), Ok("41.125".into()), "only one reading is a share");
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        let cases = [
            ("", "`` is not a number in digits"),
            ("many", "`many` is not a number in digits"),
            ("18万", "`18万` is not a number in digits"),
            ("1,2,3", "`1,2,3` is not a number in digits"),
            ("1.2.3", "`1.2.3` is not a number in digits"),
            (".5", "`.5` is not a number in digits"),
            ("5.", "`5.` is not a number in digits"),
            ("1e5", "`1e5` is not a number in digits"),
            ("-5", "`-5` is below zero"),
            ("41%", "`41%` holds a percent sign"),
            ("007", "`007` begins with a zero"),
        ];
        for (text, message) in cases {
            assert_eq!(read(text, None).unwrap_err().to_string(), message);
        }
        assert!(matches!(read(&"9".repeat(31), None), Err(NumberFault::TooLong(_))));
    }

    #[test]
    fn numbers_compare_by_size_not_by_digits() {
        for (a, b, order) in [
            ("9", "10", Ordering::Less),
            ("10.0", "10", Ordering::Equal),
            ("0.5", "0.45", Ordering::Greater),
            ("100", "99.999", Ordering::Greater),
        ] {
            assert_eq!(compare(a, b), order, "{a} {b}");
        }
    }
}
