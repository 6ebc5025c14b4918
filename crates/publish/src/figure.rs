//! Numbers and claims in words: quoted figures with every digit, our own with two.

use std::collections::BTreeSet;

use witnessmark_model::payload::{Act, Bound, Quantity};

use crate::input::{Word, Words};
use crate::when;

/// A decimal with every digit, its whole part in groups of three; anything else stays as it is.
pub(crate) fn every_digit(decimal: &str) -> String {
    let (whole, fraction) = match decimal.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (decimal, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || fraction.is_some_and(|fraction| !digits(fraction)) {
        return decimal.to_owned();
    }
    let mut out = String::with_capacity(decimal.len() + whole.len() / 3);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// The unit of the second significant figure: 1,000 for 12,345.
fn second_figure(number: u64) -> u64 {
    10_u64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(1))
}

/// The ends of our own bounds: two significant figures rounded outward, unless a source states that very number.
pub(crate) struct OwnFigures {
    quoted: BTreeSet<u64>,
}

impl OwnFigures {
    /// Figures beside which `quoted` ones keep every digit.
    pub(crate) fn beside(quoted: impl IntoIterator<Item = u64>) -> Self {
        Self { quoted: quoted.into_iter().collect() }
    }

    /// A lower end: rounded down.
    pub(crate) fn low(&self, number: u64) -> String {
        let rounded = number - number % second_figure(number);
        every_digit(&self.keep(number, rounded).to_string())
    }

    /// An upper end: rounded up.
    pub(crate) fn high(&self, number: u64) -> String {
        let unit = second_figure(number);
        let rounded = number.div_ceil(unit).saturating_mul(unit);
        every_digit(&self.keep(number, rounded).to_string())
    }

    fn keep(&self, number: u64, rounded: u64) -> u64 {
        if self.quoted.contains(&number) { number } else { rounded }
    }
}

/// A figure as it is printed large: "at least" · "31,000" · "people".
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Printed {
    /// What the number says about the true one; empty for a number given to the last digit.
    pub(crate) bound: &'static str,
    /// The number or numbers.
    pub(crate) number: String,
    /// What is counted.
    pub(crate) unit: String,
}

impl Printed {
    /// All three in one line.
    pub(crate) fn line(&self) -> String {
        let parts = [self.bound, &self.number, &self.unit];
        parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
    }
}

/// The quantity as printed.
pub(crate) fn printed(quantity: &Quantity, words: &Words) -> Printed {
    let one = |value: &Option<String>| {
        value.as_deref().map_or_else(|| "a number that is not given".to_owned(), every_digit)
    };
    let (bound, number) = match quantity.bound {
        Bound::Exact => ("", one(&quantity.value)),
        Bound::About => ("about", one(&quantity.value)),
        Bound::AtLeast => ("at least", one(&quantity.value)),
        Bound::AtMost => ("at most", one(&quantity.value)),
        Bound::Range => ("between", format!("{} and {}", one(&quantity.low), one(&quantity.high))),
        Bound::All => ("all", String::new()),
    };
    Printed { bound, number, unit: unit(&quantity.unit, words) }
}

/// What the bound means, in one sentence.
pub(crate) fn bound_in_words(bound: Bound) -> &'static str {
    match bound {
        Bound::Exact => "The number is given without a qualifier, to the last digit.",
        Bound::About => "The number is rounded, or called approximate.",
        Bound::AtLeast => "The number is a floor: so many or more.",
        Bound::AtMost => "The number is a ceiling: so many or fewer.",
        Bound::Range => "Two numbers are given, the lowest and the highest.",
        Bound::All => "Everybody there is meant; no number is given.",
    }
}

fn label(code: &str, found: Option<&Word>) -> String {
    match found {
        Some(word) if !word.label.is_empty() => word.label.clone(),
        _ => code.replace('-', " "),
    }
}

/// The label of an act.
pub(crate) fn act(code: &str, words: &Words) -> String {
    label(code, words.acts.get(code))
}

/// The label of a unit.
pub(crate) fn unit(code: &str, words: &Words) -> String {
    label(code, words.units.get(code))
}

/// How firmly a passage says it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Firmness {
    /// A short mark beside the figure; empty when it is stated without reserve.
    pub(crate) mark: String,
    /// What a sentence about the act begins with, so that it cannot be quoted without it; empty like the mark.
    pub(crate) beginning: String,
    /// One sentence.
    pub(crate) sentence: String,
    /// One of the style sheet's classes.
    pub(crate) class: &'static str,
}

/// The modality in words. The five codes of the example codebook have sentences of their own; others show their label.
pub(crate) fn firmness(code: &str, words: &Words) -> Firmness {
    let (class, mark, beginning, sentence) = match code {
        "stated" => ("stated", "", "", "The passage says, without reserve, that this happened."),
        "possible" => (
            "possible",
            "may have",
            "Said to be possible: ",
            "The passage says only that this may have happened.",
        ),
        "planned" => (
            "planned",
            "planned",
            "Planned: ",
            "The passage says that this was intended. It does not say that it happened.",
        ),
        "ordered" => (
            "ordered",
            "ordered",
            "Ordered: ",
            "The passage says that this was ordered. It does not say that it was done.",
        ),
        "denied" => ("denied", "denied", "Denied: ", "The passage denies that this happened."),
        other => {
            let word = words.modalities.get(other);
            let mark = label(other, word);
            let sentence = word.and_then(|word| word.definition.clone());
            let sentence = sentence.unwrap_or_else(|| format!("The passage's modality: {mark}."));
            let beginning = format!("{mark}: ");
            return Firmness { mark, beginning, sentence, class: "other" };
        }
    };
    let (mark, beginning, sentence) = (mark.to_owned(), beginning.to_owned(), sentence.to_owned());
    Firmness { mark, beginning, sentence, class }
}

/// The whole figure in one line, with how firmly it is said: "may have: between 180,000 and 300,000 people".
pub(crate) fn headline(act: &Act, words: &Words) -> String {
    let mark = firmness(&act.modality, words).mark;
    match (&act.quantity, mark.is_empty()) {
        (Some(quantity), true) => printed(quantity, words).line(),
        (Some(quantity), false) => format!("{mark}: {}", printed(quantity, words).line()),
        (None, true) => "no number given".to_owned(),
        (None, false) => format!("{mark}; no number given"),
    }
}

/// The claim in one plain sentence, to be followed by [`Firmness::sentence`].
pub(crate) fn sentence(act: &Act, words: &Words) -> String {
    let mut out = firmness(&act.modality, words).beginning;
    out.push_str(&self::act(&act.code, words));
    if let Some(place) = &act.place {
        out.push_str(&format!(" in {} ({})", place.name, place.level));
    }
    let span = when::span(act.from.as_deref(), act.to.as_deref());
    if !span.is_empty() {
        out.push_str(&format!(", {span}"));
    }
    if let Some(quantity) = &act.quantity {
        out.push_str(&format!(": {}", printed(quantity, words).line()));
    }
    if let Some(who) = &act.attributed_to {
        out.push_str(&format!(", on the word of {who}"));
    }
    out.push('.');
    out
}

/// The Admiralty letter of a source in words.
pub(crate) fn source_grade(letter: &str) -> &'static str {
    match letter {
        "A" => "completely reliable",
        "B" => "usually reliable",
        "C" => "fairly reliable",
        "D" => "not usually reliable",
        "E" => "unreliable",
        _ => "reliability cannot be judged",
    }
}

/// The Admiralty digit of an item in words.
pub(crate) fn item_grade(digit: &str) -> &'static str {
    match digit {
        "1" => "borne out by other, independent sources",
        "2" => "probably so",
        "3" => "possibly so",
        "4" => "doubtful",
        "5" => "improbable",
        _ => "cannot be judged",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use witnessmark_model::payload::{Level, PlaceRef};

    fn quantity(bound: Bound, value: Option<&str>, ends: Option<(&str, &str)>) -> Quantity {
        let (low, high) = ends.unzip();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Quantity {
            value: owned(value),
            low: owned(low),
            high: owned(high),
            unit: "people".into(),
            bound,
        }
    }

    #[test]
    fn quoted_figures_keep_every_digit() {
        let cases = [
            ("919282", "919,282"),
            ("1206962", "1,206,962"),
            ("25.10", "25.10"),
            ("12345.678", "12,345.678"),
            ("7", "7"),
            ("", ""),
            ("-5", "-5"),
            ("1e6", "1e6"),
            ("1.", "1."),
        ];
        for (decimal, expected) in cases {
            assert_eq!(every_digit(decimal), expected);
        }
    }

    #[test]
    fn own_figures_have_two_digits_rounded_outward() {
        let own = OwnFigures::beside([41_286]);
        let cases = [
            (170_667, "170,000", "180,000"),
            (321_756, "320,000", "330,000"),
            (41_286, "41,286", "41,286"),
            (0, "0", "0"),
            (7, "7", "7"),
            (99, "99", "99"),
            (101, "100", "110"),
            (u64::MAX, "18,000,000,000,000,000,000", "18,446,744,073,709,551,615"),
        ];
        for (number, low, high) in cases {
            assert_eq!((own.low(number).as_str(), own.high(number).as_str()), (low, high));
        }
    }

    #[test]
    fn figures_show_bound_unit_and_modality() {
        let words = Words::default();
        let cases = [
            (quantity(Bound::Exact, Some("41286"), None), "stated", "41,286 people"),
            (quantity(Bound::AtLeast, Some("31000"), None), "stated", "at least 31,000 people"),
            (
                quantity(Bound::Range, None, Some(("180000", "300000"))),
                "possible",
                "may have: between 180,000 and 300,000 people",
            ),
            (quantity(Bound::All, None, None), "ordered", "ordered: all people"),
            (
                quantity(Bound::AtMost, Some("12.5"), None),
                "half-denied",
                "half denied: at most 12.5 people",
            ),
        ];
        for (quantity, modality, expected) in cases {
            let act = Act {
                code: "dna-collection".into(),
                place: None,
                from: None,
                to: None,
                quantity: Some(quantity),
                modality: modality.into(),
                attributed_to: None,
            };
            assert_eq!(headline(&act, &words), expected);
        }
    }

    #[test]
    fn a_claim_is_one_plain_sentence() {
        let mut words = Words::default();
        let act_label = Word { label: "Collection of DNA or blood".into(), definition: None };
        words.acts.insert("dna-collection".into(), act_label);
        let act = Act {
            code: "dna-collection".into(),
            place: Some(PlaceRef { name: "Dolvuko".into(), level: Level::County }),
            from: Some("2021-03".into()),
            to: Some("2021-06-30".into()),
            quantity: Some(quantity(Bound::AtLeast, Some("31000"), None)),
            modality: "stated".into(),
            attributed_to: Some("Dolvuko County Police Bureau".into()),
        };
        let denied = Act { modality: "denied".into(), ..act.clone() };
        assert!(sentence(&denied, &words).starts_with("Denied: Collection"));
        assert_eq!(
            sentence(&act, &words),
            "Collection of DNA or blood in Dolvuko (county), from March 2021 to 30 June 2021: at least 31,000 people, \
             on the word of Dolvuko County Police Bureau."
        );
    }
}
