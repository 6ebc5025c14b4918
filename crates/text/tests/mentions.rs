//! Numbers and dates in labelled sentences of our own (`mentions.txt`).

mod marks;

use std::collections::BTreeMap;

use marks::unmarked;
use witnessmark_text::{Bound, Mention, MentionKind, MentionValue, Modality, find_mentions};

/// The least F1 on the half of the sentences that no rule was made from.
const LEAST: [(MentionKind, f64); 3] =
    [(MentionKind::Number, 0.95), (MentionKind::Date, 0.95), (MentionKind::Attribution, 0.90)];

const LABELLED: &str = include_str!("mentions.txt");
/// All sentences behind this line were looked at.
const LOOKED_AT: &str = "# All sentences from here on were looked at";

/// A label: what must be found.
#[derive(Clone, Debug, PartialEq)]
struct Label {
    start: usize,
    exact: String,
    kind: MentionKind,
    low: String,
    high: Option<String>,
    bound: Bound,
    unit: Option<String>,
    modality: Modality,
}

/// Reads `{words|label}` marks; gives the plain sentence and its labels.
fn read(marked: &str) -> (String, Vec<Label>) {
    let (plain, marks) = unmarked(marked);
    let labels = marks.into_iter().map(|(start, exact, label)| label_of(start, exact, label));
    (plain, labels.collect())
}

fn label_of(start: usize, exact: &str, label: &str) -> Label {
    if label == "&" {
        let exact = exact.to_owned();
        let (kind, low, bound) = (MentionKind::Attribution, exact.clone(), Bound::Exact);
        return Label {
            start,
            low,
            exact,
            kind,
            high: None,
            bound,
            unit: None,
            modality: Modality::Stated,
        };
    }
    let (kind, label) = match label.strip_prefix('@') {
        Some(date) => (MentionKind::Date, date),
        None => (MentionKind::Number, label),
    };
    let bounds = [
        (">=", Bound::AtLeast),
        ("<=", Bound::AtMost),
        (">", Bound::MoreThan),
        ("<", Bound::LessThan),
        ("~", Bound::About),
    ];
    let (mut bound, mut label) = bounds
        .iter()
        .find_map(|(sign, bound)| Some((*bound, label.strip_prefix(sign)?)))
        .unwrap_or((Bound::Exact, label));
    let mut modality = Modality::Stated;
    for (sign, found) in [("?", Modality::Possible), ("!", Modality::Planned)] {
        if let Some(rest) = label.strip_suffix(sign) {
            (modality, label) = (found, rest.trim_end());
        }
    }
    let (value, unit) = match label.split_once(' ') {
        Some((value, unit)) => (value, Some(unit.to_owned())),
        None => (label, None),
    };
    let (low, high) = match value.split_once("..") {
        Some((low, high)) => (low, Some(high.to_owned())),
        None => (value, None),
    };
    if high.is_some() && kind == MentionKind::Number {
        bound = Bound::Range;
    }
    let (low, exact) = (low.to_owned(), exact.to_owned());
    Label { start, exact, kind, low, high, bound, unit, modality }
}

fn is_value(found: Option<&MentionValue>, expected: &str) -> bool {
    match found {
        Some(MentionValue::Date(text) | MentionValue::Name(text)) => text == expected,
        Some(MentionValue::Whole(value)) => value.to_string() == expected,
        Some(MentionValue::Decimal(value)) => {
            expected.parse::<f64>().is_ok_and(|expected| (value - expected).abs() < 5e-4)
        }
        None => false,
    }
}

/// Place, kind and value are right.
fn matches(found: &Mention, label: &Label) -> bool {
    let values = match &label.high {
        Some(high) => {
            is_value(found.low.as_ref(), &label.low) && is_value(found.high.as_ref(), high)
        }
        None => is_value(found.value.as_ref(), &label.low),
    };
    found.kind == label.kind && found.start == label.start && found.exact == label.exact && values
}

#[derive(Clone, Copy, Debug, Default)]
struct Score {
    right: u32,
    wrong: u32,
    missed: u32,
    bound: u32,
    unit: u32,
    modality: u32,
}

impl Score {
    fn f1(self) -> f64 {
        let right = f64::from(self.right);
        2.0 * right / (2.0 * right + f64::from(self.wrong) + f64::from(self.missed))
    }
}

#[test]
fn labelled_sentences() {
    let is_sentence = |line: &&str| !line.starts_with('#') && !line.is_empty();
    let sentences: Vec<&str> = LABELLED.lines().filter(is_sentence).collect();
    let (halves, _) = LABELLED.split_once(LOOKED_AT).expect("the line that ends the halves");
    let in_halves = halves.lines().filter(is_sentence).count();
    let mut scores: BTreeMap<(bool, MentionKind), Score> = BTreeMap::new();
    let mut by_language: BTreeMap<(&str, bool), Score> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (number, line) in sentences.iter().enumerate() {
        let is_test = number % 2 == 1 && number < in_halves;
        let (language, marked) = line.split_once('\t').expect("language, tab, sentence");
        let (sentence, labels) = read(marked);
        let found = find_mentions(&sentence, Some(language));
        let mut used = vec![false; found.len()];
        for label in &labels {
            let at = found.iter().position(|mention| matches(mention, label));
            for score in [
                scores.entry((is_test, label.kind)).or_default(),
                by_language.entry((language, is_test)).or_default(),
            ] {
                match at {
                    Some(at) => {
                        score.right += 1;
                        score.bound += u32::from(found[at].bound == label.bound);
                        score.unit += u32::from(found[at].unit == label.unit);
                        score.modality += u32::from(found[at].modality == label.modality);
                    }
                    None => score.missed += 1,
                }
            }
            if let Some(at) = at {
                used[at] = true;
            }
            let is_whole = at.is_some_and(|at| {
                found[at].bound == label.bound
                    && found[at].unit == label.unit
                    && found[at].modality == label.modality
            });
            if !is_test && !is_whole {
                let found = at.map(|at| &found[at]);
                mistakes.push(format!("{line}\n   expected {label:?}\n   found {found:?}"));
            }
        }
        for (mention, used) in found.iter().zip(used) {
            if !used {
                scores.entry((is_test, mention.kind)).or_default().wrong += 1;
                by_language.entry((language, is_test)).or_default().wrong += 1;
                if !is_test {
                    mistakes.push(format!("{line}\n   wrong {mention:?}"));
                }
            }
        }
    }
    for ((is_test, kind), score) in &scores {
        println!(
            "mentions: {} {kind:?}: F1 {:.4}, {score:?}",
            if *is_test { "test" } else { "development" },
            score.f1()
        );
    }
    for ((language, is_test), score) in &by_language {
        println!(
            "mentions: {language} {}: F1 {:.4}",
            if *is_test { "test" } else { "development" },
            score.f1()
        );
    }
    println!("mentions: {} sentences", sentences.len());
    // Rules were made from these: none may be lost again.
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    for (kind, least) in LEAST {
        let f1 = scores[&(true, kind)].f1();
        assert!(f1 >= least, "{kind:?}: F1 {f1:.4} is below {least}");
    }
}
