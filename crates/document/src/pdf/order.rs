//! From the order in which characters stand to the order in which they are read.
//!
//! A line on paper is what the rules of Unicode Standard Annex 9 make of the text. They are turned round here: of the texts
//! that a line may come from, the first counts that these rules would set as the line stands.

use std::borrow::Cow;

use super::bidi::{Brackets, Class, levels, may_run_left, mirror, reorder, settle_numbers};

/// A line with more pieces is read as it stands: no line of print is so long.
const MAX_PIECES: usize = 20_000;

/// Joins pieces that stand side by side, from left to right, into text as it is read. Each piece is in order already; a tab
/// parts cells. `runs_left` says whether the page as a whole runs to the left.
pub(super) fn to_logical(pieces: &[Cow<'_, str>], runs_left: bool) -> String {
    if !pieces.iter().any(|piece| may_run_left(piece)) {
        return pieces.concat();
    }
    let classes: Vec<Class> = pieces.iter().map(|piece| Class::of(piece)).collect();
    if pieces.len() > MAX_PIECES || !classes.iter().any(|class| class.is_left()) {
        return pieces.concat();
    }
    let base = base(&classes, pieces, runs_left);
    let mut cells: Vec<String> = Vec::new();
    let mut from = 0;
    for cell in pieces.split(|piece| piece == "\t") {
        let classes = classes.get(from..from + cell.len()).unwrap_or_default();
        cells.push(read_cell(cell, classes, base));
        from += cell.len() + 1;
    }
    if base == 1 {
        cells.reverse();
    }
    cells.join("\t")
}

/// Which way a line runs: as most of its words do, and the page where they are as many.
fn base(classes: &[Class], pieces: &[Cow<'_, str>], runs_left: bool) -> u8 {
    let (mut left, mut right) = (0_usize, 0_usize);
    let (mut first, mut last) = (None, None);
    let mut in_word = None;
    for (class, piece) in classes.iter().zip(pieces) {
        let way = match class {
            Class::Right => Some(false),
            class if class.is_left() => Some(true),
            _ => None,
        };
        if let Some(way) = way {
            if in_word != Some(way) {
                let count = if way { &mut left } else { &mut right };
                *count += 1;
            }
            (in_word, first, last) = (Some(way), first.or(Some(way)), Some(way));
        } else if piece.trim().is_empty() {
            in_word = None;
        }
    }
    let is_left = if runs_left {
        // A line of another language on such a page begins and ends with words of it.
        let is_other = first == Some(false) && last == Some(false) && right > left;
        !is_other
    } else {
        left >= right
    };
    u8::from(is_left)
}

/// Reads one cell of a line, whose pieces and classes stand from left to right.
fn read_cell(pieces: &[Cow<'_, str>], classes: &[Class], base: u8) -> String {
    let guesses = [
        (true, Brackets::Around),
        (true, Brackets::Plain),
        (false, Brackets::Around),
        (false, Brackets::Plain),
    ];
    let guess = |(joins, brackets)| guess(pieces, classes, base, joins, brackets);
    let is_set_so = |found: &(Vec<usize>, Vec<u8>)| {
        [Brackets::Before, Brackets::Plain].iter().any(|brackets| {
            let (order, levels) = found;
            sets(pieces, classes, order, levels, base, *brackets)
        })
    };
    let mut all = guesses.into_iter().map(guess);
    let first = all.next().unwrap_or_default();
    let (order, levels) =
        if is_set_so(&first) { first } else { all.find(is_set_so).unwrap_or(first) };
    let turned = |index: &usize| levels.get(*index) == Some(&1);
    let text = |mirrors_turned: bool, mirrors_others: bool| -> String {
        let mut text = String::new();
        for index in &order {
            let piece = pieces.get(*index).map(AsRef::as_ref).unwrap_or_default();
            let mirrors = if turned(index) { mirrors_turned } else { mirrors_others };
            match sign_of(piece).filter(|_| mirrors).and_then(mirror) {
                Some(mirrored) => text.push(mirrored),
                None => text.push_str(piece),
            }
        }
        text
    };
    // Some files name a bracket as it looks, some as it is meant, and some give it one name in lines of both directions: what
    // closes before it opens was not meant so. The first of equals counts.
    let texts = [(true, false), (false, false), (false, true)];
    let texts = texts.map(|(turned, others)| text(turned, others));
    texts.into_iter().min_by_key(|text| wrong_brackets(text)).unwrap_or_default()
}

/// The only character of a piece.
fn sign_of(piece: &str) -> Option<char> {
    let mut all = piece.chars();
    match (all.next(), all.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// How many brackets and quotation marks open nothing or close nothing.
fn wrong_brackets(text: &str) -> usize {
    let mut open: Vec<char> = Vec::new();
    let mut wrong = 0;
    for one in text.chars() {
        match one {
            '(' | '[' | '{' | '\u{AB}' | '\u{2039}' => open.extend(mirror(one)),
            ')' | ']' | '}' | '\u{BB}' | '\u{203A}' if open.pop() != Some(one) => wrong += 1,
            _ => {}
        }
    }
    wrong + open.len()
}

/// The order of reading, and the level of each piece as it stands. `joins` says whether numbers next to Latin words go with
/// them, as in `COVID 19`.
fn guess(
    pieces: &[Cow<'_, str>],
    classes: &[Class],
    base: u8,
    joins: bool,
    brackets: Brackets,
) -> (Vec<usize>, Vec<u8>) {
    let mut classes = classes.to_vec();
    let mut signs: Vec<Option<char>> = pieces.iter().map(|piece| sign_of(piece)).collect();
    if joins {
        join_numbers(&mut classes, base);
    }
    if base == 1 {
        // Roughly the order of reading: numbers and Latin words are still turned.
        classes.reverse();
        signs.reverse();
        for sign in signs.iter_mut().flatten() {
            *sign = mirror(*sign).unwrap_or(*sign);
        }
    }
    settle_numbers(&mut classes, base);
    let mut levels = levels(&classes, &signs, base, brackets);
    if base == 1 {
        levels.reverse();
    }
    (reorder(&levels, base), levels)
}

/// Numbers that stand beside words that run to the right, with no other word between, run with them.
fn join_numbers(classes: &mut [Class], base: u8) {
    let mut after: Vec<Option<Class>> = Vec::with_capacity(classes.len());
    let mut next = None;
    for class in classes.iter().rev() {
        after.push(next);
        if *class == Class::Right || class.is_left() {
            next = Some(*class);
        }
    }
    after.reverse();
    let mut before = (base == 0).then_some(Class::Right);
    for (class, after) in classes.iter_mut().zip(after) {
        match class {
            Class::Right | Class::Left | Class::Arabic => before = Some(*class),
            Class::Digit => {
                let after = after.or((base == 0).then_some(Class::Right));
                if before == Some(Class::Right) || after == Some(Class::Right) {
                    *class = Class::Right;
                }
            }
            _ => {}
        }
    }
}

/// Whether the rules set the text that is read in this order as the line stands.
fn sets(
    pieces: &[Cow<'_, str>],
    classes: &[Class],
    order: &[usize],
    turned: &[u8],
    base: u8,
    brackets: Brackets,
) -> bool {
    let mut read: Vec<Class> = order.iter().filter_map(|at| classes.get(*at).copied()).collect();
    let sign = |at: &usize| {
        let sign = pieces.get(*at).and_then(|piece| sign_of(piece))?;
        let is_turned = turned.get(*at) == Some(&1);
        mirror(sign).filter(|_| is_turned).or(Some(sign))
    };
    let signs: Vec<Option<char>> = order.iter().map(sign).collect();
    settle_numbers(&mut read, base);
    let levels = levels(&read, &signs, base, brackets);
    let set = reorder(&levels, base);
    set.iter().enumerate().all(|(place, at)| order.get(*at) == Some(&place))
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
            ("years parted by a stroke stay", "12/03/2021 ب", "ب 12/03/2021"),
            ("a span of years is read from the right", "2017-2014 ب", "ب 2014-2017"),
            ("in Hebrew a date with hyphens stays", "2021-03-12 ב", "ב 2021-03-12"),
            ("per cent after an Arabic number", "%50 ب", "ب 50%"),
            ("per cent after a number in Hebrew", "50% ב", "ב 50%"),
            ("figures of Arabic stay", "٢٠٢١/٠٣/١٢ ب", "ب ٢٠٢١/٠٣/١٢"),
            ("a number before a word in Uyghur", "ب-5", "5-ب"),
            ("a number goes with the Latin word before it", "COVID 19 ب", "ب COVID 19"),
            (
                "Latin words in Arabic stay",
                "ب two words ا ج د ه و ز ح ط ي",
                "ي ط ح ز و ه د ج ا two words ب",
            ),
            ("Arabic in Latin turns", "we say با there", "we say اب there"),
            ("a number between Latin and Hebrew", "see 12 בא and", "see 12 אב and"),
            ("brackets that look as they stand", "(ب) ا", "ا (ب)"),
            ("brackets named as they are meant", ")ب( ا", "ا (ب)"),
            ("brackets around Latin", "(ab) ب", "ب (ab)"),
            ("quotation marks in a line of Latin", "say «בא» now", "say «אב» now"),
            ("cells of a table", "12\tب ا", "ا ب\t12"),
        ];
        for (name, seen, read) in cases {
            let pieces: Vec<Cow<'_, str>> =
                seen.chars().map(|one| Cow::Owned(one.to_string())).collect();
            assert_eq!(to_logical(&pieces, false), read, "{name}");
        }
    }

    /// Where words of both directions are as many, the page decides.
    #[test]
    fn the_page_says_which_way_a_mixed_line_runs() {
        for (name, seen, runs_left, read) in [
            ("on a page of Arabic", "ab cd ب", true, "ب ab cd"),
            ("on a page of Latin", "ab cd ب", false, "ab cd ب"),
            ("a line of Latin on a page of Arabic", "ab ب cd ef", true, "ab ب cd ef"),
        ] {
            let pieces: Vec<Cow<'_, str>> =
                seen.chars().map(|one| Cow::Owned(one.to_string())).collect();
            assert_eq!(to_logical(&pieces, runs_left), read, "{name}");
        }
    }

    /// What a line is read as is what the rules set as that line, whatever stands in it.
    #[test]
    fn a_text_that_is_set_by_the_rules_is_read_again() {
        for text in [
            "وصل (رجلان) في 12/03/2021 إلى المكتب",
            "بلغت 45.5% من 1,250 حالة [الجدول 3]",
            "من 2014-2017 حسب «الشهادة»",
            "הדוח (עמוד 12) פורסם ב-2021-03-12 על ידי UN OHCHR",
            "המחיר היה 3.50 ₪ או 15% פחות [ראו נספח]",
            "2017-يىلى 5-ئاينىڭ 12-كۈنى (شىنجاڭ) تۇتۇلغان",
        ] {
            let logical: Vec<Cow<'_, str>> =
                text.chars().map(|one| Cow::Owned(one.to_string())).collect();
            let mut classes: Vec<Class> = logical.iter().map(|one| Class::of(one)).collect();
            settle_numbers(&mut classes, 1);
            let signs: Vec<Option<char>> = logical.iter().map(|one| sign_of(one)).collect();
            let order = reorder(&levels(&classes, &signs, 1, Brackets::Before), 1);
            let seen: Vec<Cow<'_, str>> =
                order.iter().map(|at| Cow::Borrowed(logical.get(*at).unwrap().as_ref())).collect();
            assert_eq!(to_logical(&seen, true), text);
        }
    }
}
