//! Texts cut into what is compared: lines, then words.

use std::borrow::Cow;

/// A piece of a text.
#[derive(Clone, Debug)]
pub(super) struct Piece<'t> {
    /// First byte.
    pub(super) from: usize,
    /// One past the last byte.
    pub(super) to: usize,
    /// What is compared: every run of spaces is one space.
    pub(super) text: Cow<'t, str>,
}

impl Piece<'_> {
    /// The piece as it stands in its text.
    pub(super) fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.from..self.to).unwrap_or("")
    }
}

/// The lines that say something, without the spaces around them.
pub(super) fn lines(text: &str) -> Vec<Piece<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}', '\u{C}']) {
        let trimmed = line.trim();
        if !trimmed.is_empty() {
            let from = start + (line.len() - line.trim_start().len());
            let spaced = |c: char| c.is_whitespace() && c != ' ';
            let text = match trimmed.contains(spaced) || trimmed.contains("  ") {
                true => Cow::Owned(trimmed.split_whitespace().collect::<Vec<_>>().join(" ")),
                false => Cow::Borrowed(trimmed),
            };
            lines.push(Piece { from, to: from + trimmed.len(), text });
        }
        start += line.len();
    }
    lines
}

/// How a character takes part in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Stands between words and is not compared: spaces, tsheg, marks of direction.
    Gap,
    /// A word of its own: Han, kana; and every mark.
    Single,
    /// Belongs to a word with its neighbours of the same class.
    Letter,
    Digit,
    /// A Han numeral: belongs to a figure with digits and other numerals, so that a changed figure changes whole.
    Numeral,
    Tibetan,
    /// A base letter of a script without spaces between words.
    Cluster,
    /// Belongs to the character before it.
    Mark,
}

fn class_of(c: char) -> Class {
    match c {
        _ if c.is_whitespace() => Class::Gap,
        '\u{0F0B}'
        | '\u{0F0C}'
        | '\u{200B}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{061C}'
        | '\u{FEFF}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}'
        | '\u{AD}' => Class::Gap,
        '0'..='9' | '\u{660}'..='\u{669}' | '\u{6F0}'..='\u{6F9}' | '\u{FF10}'..='\u{FF19}' => {
            Class::Digit
        }
        '\u{0F20}'..='\u{0F33}' => Class::Digit,
        '\u{0F00}'
        | '\u{0F35}'
        | '\u{0F37}'
        | '\u{0F39}'
        | '\u{0F40}'..='\u{0F84}'
        | '\u{0F86}'..='\u{0FBC}' => Class::Tibetan,
        '〇' | '零' | '一' | '二' | '两' | '兩' | '三' | '四' | '五' | '六' | '七' | '八'
        | '九' | '十' | '廿' | '卅' | '百' | '千' | '万' | '萬' | '亿' | '億' => {
            Class::Numeral
        }
        '\u{2E80}'..='\u{2FDF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}' => Class::Single,
        '\u{0E31}'
        | '\u{0E34}'..='\u{0E3A}'
        | '\u{0E47}'..='\u{0E4E}'
        | '\u{0EB1}'
        | '\u{0EB4}'..='\u{0EBC}'
        | '\u{0EC8}'..='\u{0ECE}'
        | '\u{102B}'..='\u{103E}'
        | '\u{1056}'..='\u{1059}'
        | '\u{17B4}'..='\u{17D3}'
        | '\u{17DD}' => Class::Mark,
        '\u{0300}'..='\u{036F}'
        | '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{0640}'
        | '\u{200C}'
        | '\u{200D}'
        | '\u{FE00}'..='\u{FE0F}' => Class::Mark,
        '\u{0E01}'..='\u{0EDF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' => {
            Class::Cluster
        }
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Single,
    }
}

/// Whether a mark between two digits is a part of the figure.
fn joins_digits(c: char) -> bool {
    matches!(c, '.' | ',' | '٬' | '٫' | '\'' | '’' | '\u{A0}' | '\u{202F}' | '，' | '．')
}

/// The words and marks of a text, in order; places count from `base`.
pub(super) fn words(text: &str, base: usize) -> Vec<Piece<'_>> {
    let mut words: Vec<Piece<'_>> = Vec::new();
    let mut last = Class::Gap;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let mut class = class_of(c);
        let next = characters.peek().map(|(_, next)| class_of(*next));
        if last == Class::Digit && next == Some(Class::Digit) && joins_digits(c) {
            class = Class::Digit;
        }
        let joins = match class {
            Class::Gap | Class::Single | Class::Cluster => false,
            Class::Mark => last != Class::Gap,
            Class::Letter => matches!(last, Class::Letter | Class::Digit),
            Class::Digit => matches!(last, Class::Digit | Class::Letter),
            Class::Numeral => matches!(last, Class::Digit | Class::Numeral),
            Class::Tibetan => last == Class::Tibetan,
        };
        let to = base + at + c.len_utf8();
        match words.last_mut() {
            _ if class == Class::Gap => {}
            Some(word) if joins => {
                word.to = to;
            }
            _ => words.push(Piece { from: base + at, to, text: Cow::Borrowed("") }),
        }
        // A mark keeps the class of the letter it stands on.
        last = if class == Class::Mark && joins { last } else { class };
    }
    for word in &mut words {
        word.text = Cow::Borrowed(text.get(word.from - base..word.to - base).unwrap_or(""));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_script() {
        for (text, expected) in [
            ("It's 919,282–1,206,962 (25.1 %).", "It|'|s|919,282|–|1,206,962|(|25.1|%|)|."),
            ("全县已采集92.3万份。", "全|县|已|采|集|92.3万|份|。"),
            ("བོད་ཀྱི་མི།", "བོད|ཀྱི|མི|།"),
            ("ئۇيغۇر 2022-يىلى", "ئۇيغۇر|2022|-|يىلى"),
            ("ပြည်သူ", "ပြ|ည်|သူ"),
            ("كِتَاب", "كِتَاب"),
            ("COVID19 第3条", "COVID19|第|3|条"),
            ("九十二万三千人", "九十二万三千|人"),
        ] {
            let found = words(text, 0);
            let joined: Vec<&str> = found.iter().map(|word| word.text.as_ref()).collect();
            assert_eq!(joined.join("|"), expected);
            assert!(found.iter().all(|word| word.of(text) == word.text));
        }
    }
}
