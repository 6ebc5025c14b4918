//! From the order in which characters stand to the order in which they are read.

/// Which way a character runs (a small part of the classes of Unicode Standard Annex 9).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Left,
    Right,
    Digit,
    Space,
    Neutral,
}

fn way(piece: &str) -> Way {
    let all_space = !piece.is_empty() && piece.chars().all(char::is_whitespace);
    let weak = if all_space { Way::Space } else { Way::Neutral };
    piece.chars().map(way_of).find(|way| *way != Way::Neutral).unwrap_or(weak)
}

fn way_of(one: char) -> Way {
    match one {
        '\u{590}'..='\u{65F}'
        | '\u{66D}'..='\u{6EF}'
        | '\u{6FA}'..='\u{8FF}'
        | '\u{FB1D}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}'
        | '\u{1E800}'..='\u{1EFFF}' => Way::Left,
        '0'..='9' | '\u{660}'..='\u{669}' | '\u{6F0}'..='\u{6F9}' => Way::Digit,
        one if one.is_alphabetic() => Way::Right,
        _ => Way::Neutral,
    }
}

/// Joins pieces that stand side by side, from left to right, into text as it is read. Each piece is in order already.
pub(super) fn to_logical(pieces: &[&str]) -> String {
    let ways: Vec<Way> = pieces.iter().map(|piece| way(piece)).collect();
    let left = ways.iter().filter(|way| **way == Way::Left).count();
    if left == 0 {
        return pieces.concat();
    }
    let right = ways.iter().filter(|way| **way == Way::Right).count();
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    let mut mirrored = vec![false; pieces.len()];
    if left >= right {
        // The line runs to the left; words of letters that run to the right are turned back, and so are numbers.
        for at in runs(&ways, Way::Left, Way::Right) {
            if let Some(run) = order.get_mut(at) {
                run.reverse();
            }
        }
        mirrored.fill(true);
        order.reverse();
    } else {
        for at in runs(&ways, Way::Right, Way::Left) {
            for inner in numbers(&ways, at.clone()) {
                if let Some(run) = order.get_mut(inner) {
                    run.reverse();
                }
            }
            if let Some(run) = mirrored.get_mut(at.clone()) {
                run.fill(true);
            }
            if let Some(run) = order.get_mut(at) {
                run.reverse();
            }
        }
    }
    let mut text = String::new();
    for index in order {
        let piece = pieces.get(index).copied().unwrap_or_default();
        let turned = mirrored.get(index) == Some(&true);
        match (turned && ways.get(index) == Some(&Way::Neutral)).then(|| mirror(piece)).flatten() {
            Some(mirror) => text.push(mirror),
            None => text.push_str(piece),
        }
    }
    text
}

/// The runs of pieces that go the way `inner` in a line that goes the way `outer`, with what stands between them. Numbers
/// go to the right in both.
fn runs(ways: &[Way], outer: Way, inner: Way) -> Vec<std::ops::Range<usize>> {
    let starts = |way: Way| way == inner || (inner == Way::Right && way == Way::Digit);
    let mut found = Vec::new();
    let mut open: Option<(usize, usize, bool)> = None;
    for (index, way) in ways.iter().enumerate() {
        if starts(*way) || (*way == Way::Digit && open.is_some()) {
            let is_letter = *way == inner;
            open = match open {
                Some((from, last, letters)) => {
                    // Two numbers side by side are two runs, unless one sign alone parts them or letters surround them.
                    let between = ways.get(last + 1..index).unwrap_or_default();
                    let parted = between.len() > 1 || between.contains(&Way::Space);
                    if !letters && !is_letter && parted {
                        found.push(from..last + 1);
                        Some((index, index, false))
                    } else {
                        Some((from, index, letters || is_letter))
                    }
                }
                None => Some((index, index, is_letter)),
            };
        } else if *way == outer
            && let Some((from, last, _)) = open.take()
        {
            found.push(from..last + 1);
        }
    }
    if let Some((from, last, _)) = open {
        found.push(from..last + 1);
    }
    found
}

/// The numbers inside a run that goes to the left.
fn numbers(ways: &[Way], within: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
    let start = within.start;
    runs(ways.get(within).unwrap_or_default(), Way::Left, Way::Right)
        .into_iter()
        .map(|run| run.start + start..run.end + start)
        .collect()
}

fn mirror(piece: &str) -> Option<char> {
    Some(match piece {
        "(" => ')',
        ")" => '(',
        "[" => ']',
        "]" => '[',
        "{" => '}',
        "}" => '{',
        "«" => '»',
        "»" => '«',
        "‹" => '›',
        "›" => '‹',
        "<" => '>',
        ">" => '<',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_in_the_order_of_its_script() {
        let cases = [
            ("Latin stays", "a b", "a b"),
            ("Hebrew turns", "גבא", "אבג"),
            ("a number in Arabic stays", "123 ب", "ب 123"),
            ("a decimal number stays whole", "3.5 ب", "ب 3.5"),
            ("two numbers change places", "34 12 ب", "ب 12 34"),
            (
                "Latin words in Arabic stay",
                "ب two words ا ج د ه و ز ح ط ي",
                "ي ط ح ز و ه د ج ا two words ب",
            ),
            ("Arabic in Latin turns", "we say با there", "we say اب there"),
            ("brackets are mirrored", "(ب) ا", "ا (ب)"),
        ];
        for (name, seen, read) in cases {
            let pieces: Vec<String> = seen.chars().map(String::from).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(to_logical(&pieces), read, "{name}");
        }
    }
}
