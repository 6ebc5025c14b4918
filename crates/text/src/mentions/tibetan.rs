//! Numbers in Tibetan words: ཉི་ཤུ་རྩ་ལྔ, སུམ་བརྒྱ, སྟོང་ཕྲག་བདུན, ཁྲི་གསུམ; shares: བཞི་ཆ་གསུམ.
//!
//! A syllable is a number and half the words of the language at once, so a small number counts
//! only behind the noun that it counts.

use super::numerals::{Amount, Style, figure};
use crate::words::digit_value;

const TSHEG: char = '\u{F0B}';

/// A number in Tibetan words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tibetan {
    pub(super) to: usize,
    pub(super) amount: Amount,
    /// For a share: of how many parts.
    pub(super) parts: Option<Amount>,
    /// Whether it holds ten thousand or more, or is a share, so that it is believed without a noun.
    pub(super) is_plain: bool,
}

fn unit(syllable: &str) -> Option<i128> {
    Some(match syllable {
        "གཅིག" => 1,
        "གཉིས" => 2,
        "གསུམ" => 3,
        "བཞི" => 4,
        "ལྔ" => 5,
        "དྲུག" => 6,
        "བདུན" => 7,
        "བརྒྱད" => 8,
        "དགུ" => 9,
        _ => return None,
    })
}

/// A number before བཅུ, བརྒྱ, སྟོང, ཁྲི: the short forms too.
fn before_unit(syllable: &str) -> Option<i128> {
    match syllable {
        "ཆིག" => Some(1),
        "ཉིས" => Some(2),
        "སུམ" => Some(3),
        _ => unit(syllable).filter(|value| *value > 3),
    }
}

fn power(syllable: &str) -> Option<u32> {
    Some(match syllable {
        "བརྒྱ" => 2,
        "སྟོང" => 3,
        "ཁྲི" => 4,
        "འབུམ" => 5,
        _ => return None,
    })
}

/// The syllable at a byte and one past its end; none where a letter of another word touches it.
fn syllable(text: &str, at: usize) -> Option<(&str, usize)> {
    let rest = text.get(at..)?;
    let length = rest.find(|c: char| !('\u{F40}'..='\u{FBC}').contains(&c)).unwrap_or(rest.len());
    let word = rest.get(..length)?;
    // ལྔའི་, བཞིར་: a particle joined to the number.
    let bare = ["འི", "འོ", "ར", "ས"]
        .iter()
        .find_map(|particle| {
            word.strip_suffix(particle).filter(|bare| matches!(*bare, "བཞི" | "ལྔ" | "དགུ"))
        })
        .unwrap_or(word);
    (!word.is_empty()).then_some((bare, at + bare.len()))
}

/// The syllable behind a tsheg that stands at a byte.
fn next(text: &str, at: usize) -> Option<(&str, usize)> {
    text.get(at..)?.strip_prefix(TSHEG)?;
    syllable(text, at + TSHEG.len_utf8())
}

/// A number below a hundred.
fn below_hundred(text: &str, at: usize) -> Option<(i128, usize)> {
    let (first, to) = syllable(text, at)?;
    let second = next(text, to);
    let tens = match (first, second.map(|(word, _)| word)) {
        ("ཉི", Some("ཤུ")) => Some(20),
        (word, Some("ཅུ" | "བཅུ")) => {
            before_unit(word).filter(|value| *value > 2).map(|value| value * 10)
        }
        _ => None,
    };
    if let (Some(tens), Some((_, to))) = (tens, second) {
        let Some((link, link_to)) = next(text, to) else { return Some((tens, to)) };
        let is_link = matches!(link, "རྩ" | "སོ" | "ཞེ" | "ང" | "རེ" | "དོན" | "གྱ" | "གོ");
        let ones = next(text, link_to).and_then(|(word, to)| Some((unit(word)?, to)));
        return Some(match ones {
            Some((ones, to)) if is_link => (tens + ones, to),
            _ => (tens, to),
        });
    }
    match first {
        "བཅུ" | "བཅོ" => {
            let ones = second.and_then(|(word, to)| Some((unit(word)?, to)));
            match ones {
                Some((ones, to)) => Some((10 + ones, to)),
                None if first == "བཅུ" => Some((10, to)),
                None => None,
            }
        }
        _ => Some((unit(first)?, to)),
    }
}

/// One group, behind a larger one or not: ཉིས་བརྒྱ, བརྒྱ་ཕྲག་ལྔ, ཁྲི་གསུམ, འབུམ་༣, ས་ཡ་གཅིག; its value, its power, one past it.
fn group(text: &str, at: usize, is_behind: bool) -> Option<(Amount, u32, usize)> {
    let (first, to) = syllable(text, at)?;
    let behind = |power: u32, to: usize| {
        let to = match next(text, to) {
            Some(("ཕྲག", to)) => to,
            _ => to,
        };
        let at = to + text.get(to..)?.starts_with(TSHEG).then_some(TSHEG.len_utf8())?;
        let at = at + usize::from(text.get(at..)?.starts_with(' '));
        if text.get(at..)?.chars().next().is_some_and(|c| digit_value(c).is_some()) {
            let figure = figure(text, at, Style::Point)?;
            return Some((figure.amount.times_power_of_ten(power)?, power, figure.to));
        }
        let (value, to) = below_hundred(text, at)?;
        Some((Amount::whole(value).times_power_of_ten(power)?, power, to))
    };
    if first == "ས" {
        let (_, to) = next(text, to).filter(|(word, _)| *word == "ཡ")?;
        return behind(6, to);
    }
    if let Some(power) = power(first) {
        let is_counted = next(text, to).is_some_and(|(word, _)| word == "ཕྲག");
        // སྟོང་ལྔ alone may be other words; ཁྲི་བརྒྱད་དང་སྟོང་ལྔ is not.
        return if power >= 4 || is_counted || is_behind { behind(power, to) } else { None };
    }
    let factor = before_unit(first)?;
    let (second, to) = next(text, to)?;
    let power = power(second)?;
    Some((Amount::whole(factor).times_power_of_ten(power)?, power, to))
}

/// Reads the number that begins at a byte, which must begin a syllable.
pub(super) fn read(text: &str, from: usize) -> Option<Tibetan> {
    if let Some((value, to)) = below_hundred(text, from) {
        // གསུམ་ཆ་གཅིག: a third.
        if let Some(("ཆ", to)) = next(text, to)
            && let Some((share, to)) = next(text, to).and_then(|(word, to)| Some((unit(word)?, to)))
            && share < value
        {
            let parts = Some(Amount::whole(value));
            return Some(Tibetan { to, amount: Amount::whole(share), parts, is_plain: true });
        }
    }
    let Some((mut amount, mut last, mut to)) = group(text, from, false) else {
        let (value, to) = below_hundred(text, from)?;
        return Some(Tibetan { to, amount: Amount::whole(value), parts: None, is_plain: false });
    };
    let is_plain = last >= 4;
    // འབུམ་༣ དང་ཁྲི་༥: the groups add up.
    for _ in 0..5 {
        let rest = text.get(to..)?;
        let bare = rest.trim_start_matches([TSHEG, ' ']);
        let bare = bare.strip_prefix("དང་").unwrap_or(bare);
        let at = to + (rest.len() - bare.len());
        if at == to {
            break;
        }
        match group(text, at, true) {
            Some((more, power, end)) if power < last => {
                (amount, last, to) = (amount.plus(more)?, power, end);
            }
            Some(_) => break,
            None => {
                let joined = bare.len() < rest.trim_start_matches([TSHEG, ' ']).len();
                if let Some((ones, end)) = below_hundred(text, at).filter(|_| joined) {
                    (amount, to) = (amount.plus(Amount::whole(ones))?, end);
                }
                break;
            }
        }
    }
    Some(Tibetan { to, amount, parts: None, is_plain })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_tibetan_words() {
        for (text, expected) in [
            ("གསུམ་ཡོད", Some((3, "གསུམ"))),
            ("ཉི་ཤུ་རྩ་ལྔ་", Some((25, "ཉི་ཤུ་རྩ་ལྔ"))),
            ("བཅོ་ལྔ", Some((15, "བཅོ་ལྔ"))),
            ("སུམ་ཅུ་སོ་ལྔ", Some((35, "སུམ་ཅུ་སོ་ལྔ"))),
            ("ཉིས་བརྒྱ", Some((200, "ཉིས་བརྒྱ"))),
            ("བརྒྱ་ཕྲག་ལྔ", Some((500, "བརྒྱ་ཕྲག་ལྔ"))),
            ("ལྔ་བརྒྱ་དང་ཉི་ཤུ", Some((520, "ལྔ་བརྒྱ་དང་ཉི་ཤུ"))),
            ("འབུམ་༣ དང་ཁྲི་༥་", Some((350_000, "འབུམ་༣ དང་ཁྲི་༥"))),
            ("ཁྲི་བརྒྱད་དང་སྟོང་ལྔའི་མི", Some((85_000, "ཁྲི་བརྒྱད་དང་སྟོང་ལྔ"))),
            ("ས་ཡ་གཅིག", Some((1_000_000, "ས་ཡ་གཅིག"))),
            ("སྟོང་པ", None),
            ("ཁྲི་འཕང", None),
            ("བརྒྱ་ལམ", None),
        ] {
            let found = read(text, 0)
                .map(|found| (i64::try_from(found.amount.mantissa).unwrap(), &text[..found.to]));
            assert_eq!(found, expected, "{text}");
        }
    }
}
