//! Time as a parameter.

use std::fmt;

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// Printed as `YYYY-MM-DDThh:mm:ss.mmmZ` (RFC 3339). Moments before 1970 or in the last days of 9999 are clamped, because a computer whose
/// clock is wrong must still be able to write down what it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

const LAST: i64 = 253_402_207_199_999;

impl Moment {
    /// A moment from milliseconds since the Unix epoch.
    pub fn from_unix_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LAST))
    }

    /// Milliseconds since the Unix epoch.
    pub fn unix_millis(self) -> i64 {
        self.0
    }

    /// The day in UTC, `YYYY-MM-DD`.
    pub fn day(self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = jiff::Timestamp::from_millisecond(self.0)
            .expect("a Moment is clamped to the years 1970 to 9999");
        write!(f, "{timestamp:.3}")
    }
}

/// Whether `text` is a day `YYYY-MM-DD` that exists.
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc_3339_with_three_digits() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_795_385_461_007, "2026-11-22T22:11:01.007Z"),
            (-5, "1970-01-01T00:00:00.000Z"),
            (i64::MAX, "9999-12-30T21:59:59.999Z"),
        ];
        for (millis, printed) in cases {
            assert_eq!(Moment::from_unix_millis(millis).to_string(), printed);
        }
    }

    #[test]
    fn knows_days() {
        for (text, expected) in
            [("2024-02-29", true), ("2023-02-29", false), ("2023-2-01", false), ("20230201", false)]
        {
            assert_eq!(is_day(text), expected, "{text}");
        }
    }
}
