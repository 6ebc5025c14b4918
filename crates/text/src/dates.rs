//! Calendar days as machines and page headers write them.

/// The English month names, by which dates in headers are written all over the world.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Whether a day exists in the Gregorian calendar, within the years a page can speak of.
pub(crate) fn is_day(year: u32, month: u32, day: u32) -> bool {
    (1800..=2199).contains(&year)
        && (1..=12).contains(&month)
        && day >= 1
        && day <= days_in(year, month)
}

/// The number of days of a month.
pub(crate) fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The number of a month by its English name, whole or cut to three letters (or `Sept`).
pub(crate) fn month_number(name: &str) -> Option<u32> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.len() < 3 {
        return None;
    }
    let at = MONTHS.iter().position(|month| {
        *month == name
            || (name.len() == 3 && month.starts_with(&name))
            || (name == "sept" && *month == "september")
    })?;
    u32::try_from(at + 1).ok()
}

/// The first whole day written in a header or attribute, as ISO 8601.
///
/// Reads `2022-09-05T…`, `2022/9/5`, `2022.09.05`, `2022年9月5日`, `20220905…`,
/// `5 September 2022`, `September 5, 2022`, `Mon, 05 Sep 2022 …` (RFC 2822), `Mon Sep 05 … 2022`
/// and `05.09.2022`. With slashes and the year last it reads a date only where day and month
/// cannot be taken for each other; a date that could be read in two ways is not read at all.
pub(crate) fn written_date(text: &str) -> Option<String> {
    let text = text.get(..text.len().min(200)).unwrap_or(text);
    let parts = parts(text);
    for window in parts.windows(3) {
        if let [a, b, c] = window
            && let Some((year, month, day)) = day_of(*a, *b, *c)
        {
            return Some(format!("{year:04}-{month:02}-{day:02}"));
        }
    }
    if let Some(Part::Number { value, digits, .. }) = parts.first()
        && (*digits == 8 || *digits == 14)
    {
        let value = if *digits == 14 { *value / 1_000_000 } else { *value };
        let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
        let (year, month, day) =
            (u32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
        return is_day(year, month, day).then(|| format!("{year:04}-{month:02}-{day:02}"));
    }
    year_last(&parts)
}

/// A number with the character after it, or a month's name.
#[derive(Clone, Copy, Debug)]
enum Part {
    Number { value: u64, digits: usize, after: char },
    Month(u32),
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = |keep: fn(char) -> bool| rest.find(|c: char| !keep(c)).unwrap_or(rest.len());
        if first.is_ascii_digit() {
            let end = run(|c| c.is_ascii_digit());
            let (digits, tail) = rest.split_at(end);
            if let Ok(value) = digits.parse() {
                let after = tail.chars().next().unwrap_or(' ');
                parts.push(Part::Number { value, digits: digits.len(), after });
            }
            rest = tail;
        } else if first.is_alphabetic() && first.is_ascii() {
            let end = run(|c| c.is_ascii_alphabetic());
            let (word, tail) = rest.split_at(end);
            if let Some(month) = month_number(word) {
                parts.push(Part::Month(month));
            }
            rest = tail;
        } else {
            rest = rest.get(first.len_utf8()..).unwrap_or("");
        }
        if parts.len() >= 12 {
            break;
        }
    }
    parts
}

fn day_of(a: Part, b: Part, c: Part) -> Option<(u32, u32, u32)> {
    use Part::{Month, Number};
    let small = |value: u64| u32::try_from(value).ok();
    let found = match (a, b, c) {
        // Year first: year, month, day.
        (
            Number { value: year, digits: 4, after },
            Number { value: month, digits: 1..=2, after: second },
            Number { value: day, digits: 1..=2, .. },
        ) if (after == second && matches!(after, '-' | '/' | '.' | ' '))
            || (after == '年' && second == '月') =>
        {
            (small(year)?, small(month)?, small(day)?)
        }
        (
            Number { value: day, digits: 1..=2, .. },
            Month(month),
            Number { value: year, digits: 4, .. },
        )
        | (
            Month(month),
            Number { value: day, digits: 1..=2, .. },
            Number { value: year, digits: 4, .. },
        ) => (small(year)?, month, small(day)?),
        // Day and month by their order: only with dots, or where one cannot be a month.
        (
            Number { value: first, digits: 1..=2, after },
            Number { value: second, digits: 1..=2, after: between },
            Number { value: year, digits: 4, .. },
        ) if after == between => {
            let (first, second) = (small(first)?, small(second)?);
            match after {
                '.' => (small(year)?, second, first),
                '/' | '-' if first > 12 || first == second => (small(year)?, second, first),
                '/' | '-' if second > 12 => (small(year)?, first, second),
                _ => return None,
            }
        }
        _ => return None,
    };
    is_day(found.0, found.1, found.2).then_some(found)
}

/// `Mon Sep 05 10:00:00 +0000 2022`: month and day first, the year at the end.
fn year_last(parts: &[Part]) -> Option<String> {
    let (Some(Part::Month(month)), Some(Part::Number { value: day, digits: 1..=2, .. })) =
        (parts.first(), parts.get(1))
    else {
        return None;
    };
    let Some(Part::Number { value: year, digits: 4, .. }) = parts.last() else { return None };
    let (year, day) = (u32::try_from(*year).ok()?, u32::try_from(*day).ok()?);
    is_day(year, *month, day).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::written_date;

    #[test]
    fn reads_days_as_headers_write_them() {
        for (written, expected) in [
            ("2022-09-05T10:00:00+08:00", Some("2022-09-05")),
            ("2022/9/5", Some("2022-09-05")),
            ("2022年9月5日 10:02", Some("2022-09-05")),
            ("20220905", Some("2022-09-05")),
            ("20220905103000", Some("2022-09-05")),
            ("Mon, 05 Sep 2022 10:00:00 GMT", Some("2022-09-05")),
            ("September 5, 2022", Some("2022-09-05")),
            ("Sept. 5, 2022", Some("2022-09-05")),
            ("5 September 2022", Some("2022-09-05")),
            ("Mon Sep 05 10:00:00 +0000 2022", Some("2022-09-05")),
            ("05.09.2022", Some("2022-09-05")),
            ("25/09/2022", Some("2022-09-25")),
            ("09/25/2022", Some("2022-09-25")),
            // Two readings: none is taken.
            ("05/09/2022", None),
            ("2022-02-30", None),
            ("2022-13-01", None),
            ("version 1.2.3", None),
            ("", None),
        ] {
            assert_eq!(written_date(written).as_deref(), expected, "{written}");
        }
    }
}
