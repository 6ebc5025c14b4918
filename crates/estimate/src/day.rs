//! Calendar days as statements carry them.

use serde::{Serialize, Serializer};
use std::str::FromStr;

/// A day of the Gregorian calendar, or the last day of a month or year.
///
/// Written `2022-07-31`, `2022-07` or `2022` (ISO 8601-1:2019, calendar dates). A coarse date
/// stands for the last day of its period: "by 2022" means by the end of 2022.
///
/// ```
/// use witnessmark_estimate::Day;
/// let february: Day = "2024-02".parse()?;
/// assert_eq!(february.to_string(), "2024-02-29");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// The day `year-month-day`, if the calendar has it; years 1 to 9999.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let known = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day);
        known.then_some(Self { year, month, day })
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

impl FromStr for Day {
    type Err = String;

    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; anything else is an error that says what was read.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a date");
        let mut parts = text.split('-');
        let mut next = |width: usize| match parts.next() {
            None => Ok(None),
            Some(part) if part.len() == width && part.bytes().all(|b| b.is_ascii_digit()) => {
                part.parse::<u16>().map(Some).map_err(|_| wrong())
            }
            Some(_) => Err(wrong()),
        };
        let (year, month, day) = (next(4)?, next(2)?, next(2)?);
        if parts.next().is_some() {
            return Err(wrong());
        }
        let year = year.ok_or_else(wrong)?;
        let month = u8::try_from(month.unwrap_or(12)).map_err(|_| wrong())?;
        let last = days_in(year, month);
        let day = u8::try_from(day.unwrap_or(u16::from(last))).map_err(|_| wrong())?;
        Self::new(year, month, day).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
