//! Which way each piece of a line runs: the rules of Unicode Standard Annex 9 that lines of print need.
//!
//! A piece is a letter with its marks, or what a glyph stands for. Marks of direction that draw nothing are on no page, so
//! that the rules for them (X1 to X10) have no place here.

/// What the rules tell apart (Annex 9, table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A letter that runs to the right (L).
    Right,
    /// A letter that runs to the left, but no Arabic one (R).
    Left,
    /// An Arabic letter, which runs to the left (AL).
    Arabic,
    /// A European digit (EN).
    Digit,
    /// An Arabic digit (AN).
    ArabicDigit,
    /// A sign before numbers (ES).
    Sign,
    /// A unit of numbers (ET).
    Unit,
    /// What parts the digits of a number (CS).
    Separator,
    /// All else (WS, ON).
    Neutral,
}

/// Whether a text may hold letters that run to the left: most hold none, and are not looked at closer.
pub(super) fn may_run_left(text: &str) -> bool {
    text.chars().any(|one| one >= '\u{590}')
}

use Class::{Arabic, ArabicDigit, Digit, Left, Neutral, Right, Separator, Sign, Unit};

impl Class {
    /// The class of a piece: that of its first character that has a direction.
    pub(super) fn of(piece: &str) -> Self {
        let classes = || piece.chars().map(class_of);
        classes()
            .find(|class| matches!(class, Right | Left | Arabic | Digit | ArabicDigit))
            .or_else(|| classes().find(|class| *class != Neutral))
            .unwrap_or(Neutral)
    }

    /// Whether it is a letter that runs to the left.
    pub(super) fn is_left(self) -> bool {
        matches!(self, Left | Arabic)
    }
}

fn class_of(one: char) -> Class {
    match one {
        'A'..='Z' | 'a'..='z' => Right,
        '0'..='9'
        | '\u{B2}'
        | '\u{B3}'
        | '\u{B9}'
        | '\u{6F0}'..='\u{6F9}'
        | '\u{2070}'
        | '\u{2074}'..='\u{2079}'
        | '\u{2080}'..='\u{2089}'
        | '\u{FF10}'..='\u{FF19}' => Digit,
        '\u{660}'..='\u{669}' | '\u{66B}' | '\u{66C}' | '\u{600}'..='\u{605}' | '\u{6DD}' => {
            ArabicDigit
        }
        '+' | '-' | '\u{207A}' | '\u{207B}' | '\u{208A}' | '\u{208B}' | '\u{2212}' => Sign,
        '#'..='%'
        | '\u{A2}'..='\u{A5}'
        | '\u{B0}'
        | '\u{B1}'
        | '\u{609}'
        | '\u{60A}'
        | '\u{66A}'
        | '\u{2030}'..='\u{2034}'
        | '\u{20A0}'..='\u{20CF}'
        | '\u{2213}' => Unit,
        ',' | '.' | '/' | ':' | '\u{A0}' | '\u{60C}' | '\u{202F}' | '\u{2044}' => Separator,
        '\u{606}'..='\u{607}' | '\u{60E}' | '\u{60F}' | '\u{6DE}' | '\u{6E9}' => Neutral,
        '\u{608}'
        | '\u{60B}'
        | '\u{60D}'
        | '\u{61B}'..='\u{64A}'
        | '\u{66D}'..='\u{66F}'
        | '\u{671}'..='\u{6D5}'
        | '\u{6E5}'
        | '\u{6E6}'
        | '\u{6EE}'
        | '\u{6EF}'
        | '\u{6FA}'..='\u{710}'
        | '\u{712}'..='\u{72F}'
        | '\u{74D}'..='\u{7A5}'
        | '\u{7B1}'
        | '\u{860}'..='\u{897}'
        | '\u{8A0}'..='\u{8C9}'
        | '\u{FB50}'..='\u{FD3D}'
        | '\u{FD50}'..='\u{FDFC}'
        | '\u{FE70}'..='\u{FEFC}'
        | '\u{10EC0}'..='\u{10EFC}'
        | '\u{1EC70}'..='\u{1EEEF}' => Arabic,
        '\u{5BE}'
        | '\u{5C0}'
        | '\u{5C3}'
        | '\u{5C6}'
        | '\u{5D0}'..='\u{5F4}'
        | '\u{7C0}'..='\u{7EA}'
        | '\u{7F4}'
        | '\u{7F5}'
        | '\u{7FA}'..='\u{815}'
        | '\u{81A}'
        | '\u{824}'
        | '\u{828}'
        | '\u{830}'..='\u{858}'
        | '\u{FB1D}'
        | '\u{FB1F}'..='\u{FB28}'
        | '\u{FB2A}'..='\u{FB4F}'
        | '\u{10800}'..='\u{10EBF}'
        | '\u{10F00}'..='\u{10FFF}'
        | '\u{1E800}'..='\u{1E8CF}'
        | '\u{1E900}'..='\u{1E943}' => Left,
        one if one.is_alphabetic() => Right,
        _ => Neutral,
    }
}

/// The bracket that closes what this one opens.
fn closing(open: char) -> Option<char> {
    Some(match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '\u{2329}' | '\u{27E8}' | '\u{3008}' => mirror(open)?,
        _ => return None,
    })
}

/// The sign that a sign looks like where lines run to the left (Annex 9, rule L4; the signs of text alone).
pub(super) fn mirror(one: char) -> Option<char> {
    const PAIRS: [(char, char); 13] = [
        ('(', ')'),
        ('[', ']'),
        ('{', '}'),
        ('<', '>'),
        ('\u{AB}', '\u{BB}'),
        ('\u{2039}', '\u{203A}'),
        ('\u{2045}', '\u{2046}'),
        ('\u{2264}', '\u{2265}'),
        ('\u{2329}', '\u{232A}'),
        ('\u{27E8}', '\u{27E9}'),
        ('\u{3008}', '\u{3009}'),
        ('\u{300A}', '\u{300B}'),
        ('\u{300C}', '\u{300D}'),
    ];
    PAIRS.iter().find_map(|(open, close)| match one {
        one if one == *open => Some(*close),
        one if one == *close => Some(*open),
        _ => None,
    })
}

/// How brackets with letters of the other direction inside are treated (rule N0).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Brackets {
    /// As the rule says: they follow the letter before the opening one.
    Before,
    /// They follow a letter of that direction on either side.
    Around,
    /// As any other sign, as programs older than the rule do.
    Plain,
}

/// Rules W2 and W7: what the letters before a number make of it. The pieces are in the order of reading.
pub(super) fn settle_numbers(classes: &mut [Class], base: u8) {
    let mut last = if base == 1 { Left } else { Right };
    for class in classes {
        match *class {
            Right | Left | Arabic => last = *class,
            Digit if last == Arabic => *class = ArabicDigit,
            _ => {}
        }
    }
    // Rule W7 comes after W4 to W6, which look at Digit: it stands at the end of `levels`.
}

/// The level of each piece, in the order of reading: 0 and 2 run to the right, 1 to the left. `signs` has the sign of each
/// piece that is one character; `base` is the line's own level.
pub(super) fn levels(
    classes: &[Class],
    signs: &[Option<char>],
    base: u8,
    brackets: Brackets,
) -> Vec<u8> {
    let mut classes = classes.to_vec();
    settle_units(&mut classes);
    let mut last = if base == 1 { Left } else { Right };
    for class in &mut classes {
        match *class {
            Right | Left | Arabic => last = *class,
            Digit if last == Right => *class = Right,
            Sign | Unit | Separator => *class = Neutral,
            _ => {}
        }
    }
    if brackets != Brackets::Plain {
        settle_brackets(&mut classes, signs, base, brackets);
    }
    settle_neutrals(&mut classes, base);
    let level = |class: &Class| match (class, base) {
        (Right, 0) => 0,
        (Left | Arabic, _) => 1,
        _ => 2,
    };
    classes.iter().map(level).collect()
}

/// Rules W4 and W5: what belongs to a number.
fn settle_units(classes: &mut [Class]) {
    for at in 1..classes.len().saturating_sub(1) {
        let Some([before, one, after]) = classes.get_mut(at - 1..at + 2) else { continue };
        let is_part = match one {
            Sign => *before == Digit && *after == Digit,
            Separator => *before == *after && matches!(before, Digit | ArabicDigit),
            _ => false,
        };
        if is_part {
            *one = *before;
        }
    }
    // Twice: units follow their number or stand before it.
    for _ in 0..2 {
        let mut before = Neutral;
        for class in classes.iter_mut() {
            if *class == Unit && before == Digit {
                *class = Digit;
            }
            before = *class;
        }
        classes.reverse();
    }
}

/// The direction of letters and numbers for the rules N0 to N2.
fn strong(class: Class) -> Option<Class> {
    match class {
        Right => Some(Right),
        Left | Arabic | Digit | ArabicDigit => Some(Left),
        _ => None,
    }
}

/// Rule N0.
fn settle_brackets(classes: &mut [Class], signs: &[Option<char>], base: u8, how: Brackets) {
    /// As many brackets may be open (Annex 9, BD16).
    const MAX_OPEN: usize = 63;
    let own = if base == 1 { Left } else { Right };
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (at, sign) in signs.iter().enumerate() {
        let Some(sign) = *sign else { continue };
        if let Some(close) = closing(sign) {
            if open.len() >= MAX_OPEN {
                return;
            }
            open.push((close, at));
        } else if let Some(found) = open.iter().rposition(|(close, _)| *close == sign)
            && let Some((_, from)) = open.get(found)
        {
            pairs.push((*from, at));
            open.truncate(found);
        }
    }
    pairs.sort_unstable();
    for (from, to) in pairs {
        let inside = classes.get(from + 1..to).unwrap_or_default();
        let inside = || inside.iter().filter_map(|class| strong(*class));
        let found = if inside().any(|class| class == own) {
            own
        } else if let Some(other) = inside().next() {
            let before = classes.get(..from).unwrap_or_default().iter().rev();
            let before = before.filter_map(|class| strong(*class)).next().unwrap_or(own);
            let after = classes.get(to + 1..).unwrap_or_default().iter();
            let after = after.filter_map(|class| strong(*class)).next().unwrap_or(own);
            let follows = before == other || (how == Brackets::Around && after == other);
            if follows { other } else { own }
        } else {
            continue;
        };
        for at in [from, to] {
            if let Some(class) = classes.get_mut(at) {
                *class = found;
            }
        }
    }
}

/// Rules N1 and N2: what stands between letters of one direction runs as they do, and all else as the line does.
fn settle_neutrals(classes: &mut [Class], base: u8) {
    let own = if base == 1 { Left } else { Right };
    let mut before = own;
    let mut from = 0;
    while from < classes.len() {
        let Some(class) = classes.get(from) else { return };
        if let Some(class) = strong(*class) {
            (before, from) = (class, from + 1);
            continue;
        }
        let rest = classes.get(from..).unwrap_or_default();
        let length = rest.iter().take_while(|class| strong(**class).is_none()).count();
        let after = rest.get(length).and_then(|class| strong(*class)).unwrap_or(own);
        let found = if before == after { before } else { own };
        if let Some(run) = classes.get_mut(from..from + length) {
            run.fill(found);
        }
        from += length;
    }
}

/// Puts what stands in one order into the other, by the levels of its places (rule L2).
pub(super) fn reorder(levels: &[u8], base: u8) -> Vec<usize> {
    let mut order: Vec<usize> = (0..levels.len()).collect();
    // From the outermost runs inwards: first the places turn, then what lies within them turns back.
    if base == 1 {
        order.reverse();
    } else {
        turn_runs(&mut order, levels, 1);
    }
    turn_runs(&mut order, levels, 2);
    order
}

/// Turns each run of places whose level is at least this.
fn turn_runs(order: &mut [usize], levels: &[u8], least: u8) {
    let is_in = |at: &usize| levels.get(*at).is_some_and(|level| *level >= least);
    for run in order.chunk_by_mut(|one, next| is_in(one) == is_in(next)) {
        if run.first().is_some_and(is_in) {
            run.reverse();
        }
    }
}
