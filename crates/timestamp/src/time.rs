//! Moments as tokens and certificates say them.

use std::fmt;
use std::time::Duration;

use x509_cert::der::DateTime;

/// A moment in UTC, from 1970 to 9999, in nanoseconds at the finest.
///
/// Printed as RFC 3339, with as many fraction digits as there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(Duration);

impl UtcTime {
    /// The moment so long after 1970 began, without leap seconds.
    pub fn from_unix(since_1970: Duration) -> Self {
        Self(since_1970)
    }

    /// Time since 1970 began, without leap seconds.
    pub fn unix(self) -> Duration {
        self.0
    }

    /// The moment at which its second began.
    pub fn whole_seconds(self) -> Self {
        Self(Duration::from_secs(self.0.as_secs()))
    }

    /// Reads `2026-11-22T22:12:00Z`, with or without a fraction (RFC 3339 in UTC).
    pub fn from_rfc_3339(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|letter| !"-:T".contains(*letter)).collect();
        let rest = text.get(19..)?;
        let form = text.bytes().take(19).zip("dddd-dd-ddTdd:dd:dd".bytes());
        let right = form.into_iter().all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        });
        (right && digits.get(14..) == Some(rest))
            .then(|| Self::from_generalized(digits.as_bytes()))?
    }

    /// Reads the GeneralizedTime of a token: `YYYYMMDDhhmmss[.f…]Z` (RFC 3161, section 2.4.2).
    pub(crate) fn from_generalized(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('Z')?;
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, fraction),
            None => (text, "0"),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() != 14 || fraction.is_empty() || !digits(whole) || !digits(fraction) {
            return None;
        }
        let number = |from: usize, to: usize| whole.get(from..to)?.parse::<u16>().ok();
        let small = |from: usize| u8::try_from(number(from, from + 2)?).ok();
        let time =
            DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(8)?, small(10)?, small(12)?);
        // What is finer than a nanosecond is cut off.
        let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
        Some(Self(time.ok()?.unix_duration() + Duration::from_nanos(nanoseconds)))
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = Duration::from_secs(self.0.as_secs());
        let Ok(time) = DateTime::from_unix_duration(whole) else {
            return write!(formatter, "{} s after 1970", self.0.as_secs());
        };
        let (year, month, day) = (time.year(), time.month(), time.day());
        let (hour, minute, second) = (time.hour(), time.minutes(), time.seconds());
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.0.subsec_nanos() > 0 {
            let fraction = format!("{:09}", self.0.subsec_nanos());
            write!(formatter, ".{}", fraction.trim_end_matches('0'))?;
        }
        write!(formatter, "Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_tokens() {
        for (text, printed) in [
            ("20261122221100Z", "2026-11-22T22:11:00Z"),
            ("20261122221100.5Z", "2026-11-22T22:11:00.5Z"),
            ("20261122221100.0000000019Z", "2026-11-22T22:11:00.000000001Z"),
            ("99991231235959Z", "9999-12-31T23:59:59Z"),
        ] {
            let time = UtcTime::from_generalized(text.as_bytes()).unwrap();
            assert_eq!(time.to_string(), printed);
            assert_eq!(UtcTime::from_rfc_3339(printed), Some(time));
        }
        for text in [
            "",
            "Z",
            "2026112222110Z",
            "20261122221100",
            "20261322221100Z",
            "20261122221100.Z",
            "20261122221100.xZ",
            "19691231235959Z",
            "2026112222110０Z",
        ] {
            assert_eq!(UtcTime::from_generalized(text.as_bytes()), None, "{text}");
        }
        for text in [
            "2026-11-22",
            "2026-11-22 22:11:00Z",
            "2026-11-22T22:11:00",
            "2026-11-22T22:11:00+08:00",
            "20261122T221100Z",
            "2026-11-22T22:11:0-Z",
        ] {
            assert_eq!(UtcTime::from_rfc_3339(text), None, "{text}");
        }
    }
}
