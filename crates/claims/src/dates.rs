//! Dates as coarse as a source gives them: `2021`, `2021-06`, `2021-06-30` (ISO 8601-1:2019, calendar dates).

use witnessmark_estimate::Day;

/// The first day of a date's period, if it is a date.
pub(crate) fn first_day(date: &str) -> Option<Day> {
    match date.len() {
        4 => format!("{date}-01-01").parse().ok(),
        7 => format!("{date}-01").parse().ok(),
        _ => date.parse().ok(),
    }
}

/// The last day of a date's period, if it is a date.
pub(crate) fn last_day(date: &str) -> Option<Day> {
    date.parse().ok()
}

/// A date that is written in a usual other way, as we would write it: `2021/6/30`, `2021.6`, `2021年6月30日`.
/// Only where the year comes first: `03/04/2021` can be read in two ways.
pub(crate) fn rewritten(text: &str) -> Option<String> {
    let parts: Vec<&str> = text
        .split(['/', '.', '-', '年', '月', '日'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let year = parts.first().filter(|year| year.len() == 4)?;
    if parts.len() > 3 || !parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let mut date = (*year).to_owned();
    for part in parts.iter().skip(1) {
        date.push_str(&format!("-{part:0>2}"));
    }
    last_day(&date).is_some().then_some(date)
}
