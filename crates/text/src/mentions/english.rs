//! Numbers in English words: "twenty-five", "two hundred thousand", "one-third".

use super::numerals::Amount;

/// A number in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InWords {
    /// One past its last byte.
    pub(super) to: usize,
    pub(super) amount: Amount,
    /// For "one-third": the denominator.
    pub(super) denominator: Option<u32>,
}

fn small(word: &str) -> Option<i128> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] =
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let place = |words: &[&str]| words.iter().position(|w| *w == word);
    place(&WORDS)
        .and_then(|at| i128::try_from(at).ok())
        .or_else(|| place(&TENS).and_then(|at| i128::try_from((at + 2) * 10).ok()))
}

fn multiplier(word: &str) -> Option<u32> {
    Some(match word {
        "hundred" => 2,
        "thousand" => 3,
        "million" => 6,
        "billion" => 9,
        "trillion" => 12,
        _ => return None,
    })
}

fn denominator(word: &str) -> Option<u32> {
    Some(match word {
        "half" | "halves" => 2,
        "third" | "thirds" => 3,
        "quarter" | "quarters" | "fourth" | "fourths" => 4,
        "fifth" | "fifths" => 5,
        "sixth" | "sixths" => 6,
        "seventh" | "sevenths" => 7,
        "eighth" | "eighths" => 8,
        "ninth" | "ninths" => 9,
        "tenth" | "tenths" => 10,
        _ => return None,
    })
}

/// The next word from a byte on, behind at most one space or hyphen: its range.
fn word(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let skip = rest
        .starts_with([' ', '-', '\u{2010}', '\u{2011}'])
        .then(|| rest.chars().next().map_or(0, char::len_utf8));
    let start = from + skip.unwrap_or(0);
    let rest = text.get(start..)?;
    let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    (length > 0).then_some((start, start + length))
}

/// "half a million", "three-quarters of a million", "two and a half million": parts of a multiplier.
fn part_of_a_multiplier(text: &str, first: (usize, usize), word_of: &str) -> Option<InWords> {
    let lower =
        |range: (usize, usize)| text.get(range.0..range.1).unwrap_or("").to_ascii_lowercase();
    let multiplied = |to: usize, marks: &[&str], above: i128, below: u32| {
        let rest = text.get(to..)?;
        let mark = marks.iter().find(|mark| rest.starts_with(**mark))?;
        let start = to + mark.len();
        let (_, end) = word(text, start).filter(|(at, _)| *at == start)?;
        let whole = above * 10_i128.pow(multiplier(&lower((start, end)))?);
        let amount = (whole % i128::from(below) == 0).then(|| whole / i128::from(below))?;
        Some(InWords { to: end, amount: Amount::whole(amount), denominator: None })
    };
    const OF: &[&str] = &[" a ", " of a ", "-a-", " ", "-"];
    if word_of == "half" {
        return multiplied(first.1, OF, 1, 2);
    }
    let above = small(word_of).or_else(|| (word_of == "a").then_some(1))?;
    let half = " and a half ";
    if word_of != "a" && text.get(first.1..)?.starts_with(half) {
        return multiplied(first.1 + half.len() - 1, &[" "], above * 2 + 1, 2);
    }
    let parts = word(text, first.1)?;
    multiplied(parts.1, OF, above, denominator(&lower(parts))?)
}

/// Reads the number whose first word begins at a byte. "one" alone is a pronoun as often as a
/// number and is left out, as is "a".
pub(super) fn read(text: &str, from: usize) -> Option<InWords> {
    let first = word(text, from).filter(|(start, _)| *start == from)?;
    let lower =
        |range: (usize, usize)| text.get(range.0..range.1).unwrap_or("").to_ascii_lowercase();
    let first_word = lower(first);
    if let Some(found) = part_of_a_multiplier(text, first, &first_word) {
        return Some(found);
    }
    if first_word == "half" {
        let is_share = [" of ", " the "]
            .iter()
            .any(|next| text.get(first.1..).is_some_and(|rest| rest.starts_with(next)));
        let share = InWords { to: first.1, amount: Amount::whole(1), denominator: Some(2) };
        return is_share.then_some(share);
    }
    if (first_word == "a" || first_word == "one" || small(&first_word).is_some())
        && let Some(next) = word(text, first.1)
        && let Some(parts) = denominator(&lower(next))
    {
        let numerator = small(&first_word).unwrap_or(1);
        let plural = lower(next).ends_with('s') || lower(next) == "halves";
        // "a third of" is a share; "a third man" is not.
        let is_share = text.get(next.1..).is_some_and(|rest| rest.starts_with(" of "))
            || (first_word != "a" && text.get(first.1..next.0) == Some("-"));
        // "a third of a million" is no share, and no whole number.
        let is_part = [" of a ", " a ", " ", "-"].iter().any(|mark| {
            let behind = text.get(next.1..).and_then(|rest| rest.strip_prefix(mark));
            behind
                .and_then(|_| word(text, next.1 + mark.len()))
                .is_some_and(|w| multiplier(&lower(w)).is_some())
        });
        if is_part {
            return None;
        }
        let fits = numerator > 0 && numerator < i128::from(parts) && plural == (numerator > 1);
        return (is_share && fits).then_some(InWords {
            to: next.1,
            amount: Amount::whole(numerator),
            denominator: Some(parts),
        });
    }
    let (mut total, mut section, mut to) = (0_i128, 0_i128, from);
    let (mut last_small, mut last_multiplier) = (None::<i128>, u32::MAX);
    let mut range = Some(first);
    let mut words = 0;
    while let Some(here) = range {
        let token = lower(here);
        if let Some(value) = small(&token) {
            match last_small {
                // twenty-five
                Some(tens) if tens >= 20 && tens % 10 == 0 && (1..10).contains(&value) => {}
                Some(_) => break,
                None => {}
            }
            section += value;
            last_small = Some(value);
        } else if token == "dozen" {
            if section == 0 || section >= 100 || total > 0 {
                break;
            }
            (section, last_small) = (section * 12, None);
        } else if token == "hundred" {
            if section == 0 || section >= 100 {
                break;
            }
            section *= 100;
            last_small = None;
        } else if let Some(power) = multiplier(&token) {
            if section == 0 || power >= last_multiplier {
                break;
            }
            total += section * 10_i128.pow(power);
            section = 0;
            last_small = None;
            last_multiplier = power;
        } else if token == "and" && words > 0 && (section >= 100 || total > 0) && section % 100 == 0
        {
            // "one hundred and five": only if a number follows.
            match word(text, here.1) {
                Some(next)
                    if small(&lower(next)).is_some() && text.get(to..here.0) == Some(" ") =>
                {
                    range = Some(next);
                    last_small = None;
                    continue;
                }
                _ => break,
            }
        } else {
            break;
        }
        words += 1;
        to = here.1;
        range = word(text, to);
    }
    let value = total + section;
    (words > 0 && value > 1).then_some(InWords {
        to,
        amount: Amount::whole(value),
        denominator: None,
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_words() {
        for (text, expected) in [
            ("twenty-five people", Some((25, None, "twenty-five"))),
            ("two hundred thousand", Some((200_000, None, "two hundred thousand"))),
            ("one hundred and five.", Some((105, None, "one hundred and five"))),
            ("five and six", Some((5, None, "five"))),
            ("one million", Some((1_000_000, None, "one million"))),
            ("one-third of", Some((1, Some(3), "one-third"))),
            ("two-thirds", Some((2, Some(3), "two-thirds"))),
            ("a quarter of them", Some((1, Some(4), "a quarter"))),
            ("half a million children", Some((500_000, None, "half a million"))),
            ("three-quarters of a million", Some((750_000, None, "three-quarters of a million"))),
            ("one and a half million", Some((1_500_000, None, "one and a half million"))),
            ("two dozen officers", Some((24, None, "two dozen"))),
            ("a third man", None),
            ("one of them", None),
            ("seven eight", Some((7, None, "seven"))),
        ] {
            let found = read(text, 0).map(|found| {
                (
                    i64::try_from(found.amount.mantissa).unwrap(),
                    found.denominator,
                    &text[..found.to],
                )
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
