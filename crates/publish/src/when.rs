//! Days in words.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `2021-06-30` as "30 June 2021", `2021-06` as "June 2021"; a longer moment is cut to its day; anything else stays.
pub(crate) fn in_words(date: &str) -> String {
    let day_only = match date.get(10..11) {
        Some("T" | " ") => date.get(..10).unwrap_or(date),
        _ => date,
    };
    let mut fields = day_only.split('-');
    let (year, month, day) = (fields.next(), fields.next(), fields.next());
    let month = month.map(|m| m.parse::<usize>().ok().and_then(|m| MONTHS.get(m.checked_sub(1)?)));
    match (year, month, day.map(str::parse::<u8>), fields.next()) {
        (Some(year), Some(Some(month)), Some(Ok(day)), None) => format!("{day} {month} {year}"),
        (Some(year), Some(Some(month)), None, None) => format!("{month} {year}"),
        _ => date.to_owned(),
    }
}

/// The time an act speaks of, as it follows a place: "on …", "in …", "from … to …"; empty when nothing is said.
pub(crate) fn span(from: Option<&str>, to: Option<&str>) -> String {
    let one = |date: &str| {
        let preposition = if date.len() == 10 { "on" } else { "in" };
        format!("{preposition} {}", in_words(date))
    };
    match (from, to) {
        (Some(from), Some(to)) if from == to => one(from),
        (Some(from), Some(to)) => format!("from {} to {}", in_words(from), in_words(to)),
        (Some(from), None) => format!("from {} on", in_words(from)),
        (None, Some(to)) => format!("by {}", in_words(to)),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_days_in_words() {
        let cases = [
            ("2021-06-30", "30 June 2021"),
            ("2021-06", "June 2021"),
            ("2021", "2021"),
            ("2021-11-03T06:30:00Z", "3 November 2021"),
            ("2021-13-01", "2021-13-01"),
            ("2021-00", "2021-00"),
            ("early 2021", "early 2021"),
            ("", ""),
            ("1-2-3-4", "1-2-3-4"),
            ("世界世界世界世界", "世界世界世界世界"),
        ];
        for (date, words) in cases {
            assert_eq!(in_words(date), words, "{date}");
        }
    }

    #[test]
    fn says_spans_in_words() {
        let cases = [
            (Some("2021-02"), Some("2021-05-31"), "from February 2021 to 31 May 2021"),
            (Some("2021"), Some("2021"), "in 2021"),
            (Some("2021-05-31"), Some("2021-05-31"), "on 31 May 2021"),
            (Some("2021-05"), None, "from May 2021 on"),
            (None, Some("2021-05"), "by May 2021"),
            (None, None, ""),
        ];
        for (from, to, words) in cases {
            assert_eq!(span(from, to), words);
        }
    }
}
