//! Words of a script, and the rows of letters in them.

use std::fmt;

/// A word's border among letters.
const BORDER: char = '_';

/// One to four letters in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row([char; 4]);

impl Row {
    fn new(letters: &[char]) -> Row {
        let mut row = ['\0'; 4];
        row.iter_mut().zip(letters).for_each(|(place, letter)| *place = *letter);
        Row(row)
    }

    /// How many letters it has.
    pub(crate) fn length(&self) -> usize {
        self.0.iter().take_while(|c| **c != '\0').count()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take_while(|c| **c != '\0').try_for_each(|c| write!(f, "{c}"))
    }
}

/// Calls for every row of letters of a text, and says how many letters there are. Single letters count where they are not ASCII.
pub(crate) fn rows_of(script: &str, text: &str, mut each: impl FnMut(Row)) -> u64 {
    let mut letters = 0;
    for word in words(script, text) {
        letters += word.len() as u64;
        let mut bordered = vec![BORDER];
        bordered.extend(word);
        bordered.push(BORDER);
        bordered.iter().filter(|c| !c.is_ascii()).for_each(|c| each(Row::new(&[*c])));
        for length in 2..=4 {
            bordered.windows(length).for_each(|letters| each(Row::new(letters)));
        }
    }
    letters
}

/// The words of a text in a script, in small letters.
fn words(script: &str, text: &str) -> Vec<Vec<char>> {
    let mut words = Vec::new();
    let mut word = Vec::new();
    for c in text.chars() {
        if is_letter(script, c) {
            word.extend(c.to_lowercase().filter(|small| is_letter(script, *small)));
        } else if !is_mark(c) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// What stands in words without being counted: joiners, accents on their own, points of Arabic and Hebrew.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{200C}'
            | '\u{200D}'
            | '\u{300}'..='\u{36F}'
            | '\u{591}'..='\u{5CF}'
            | '\u{640}'
            | '\u{64B}'..='\u{65F}'
            | '\u{670}'
    )
}

fn is_letter(script: &str, c: char) -> bool {
    match script {
        "Latn" => {
            c.is_ascii_alphabetic()
                || matches!(
                    c,
                    '\u{AA}'
                        | '\u{BA}'
                        | '\u{C0}'..='\u{D6}'
                        | '\u{D8}'..='\u{F6}'
                        | '\u{F8}'..='\u{2AF}'
                        | '\u{1E00}'..='\u{1EFF}'
                )
        }
        "Cyrl" => matches!(c, '\u{400}'..='\u{481}' | '\u{48A}'..='\u{52F}'),
        "Arab" => matches!(
            c,
            '\u{620}'..='\u{63F}'
                | '\u{641}'..='\u{64A}'
                | '\u{66E}'..='\u{66F}'
                | '\u{671}'..='\u{6D3}'
                | '\u{6D5}'
                | '\u{6EE}'..='\u{6EF}'
                | '\u{6FA}'..='\u{6FF}'
                | '\u{750}'..='\u{77F}'
        ),
        "Deva" => matches!(c, '\u{900}'..='\u{963}' | '\u{971}'..='\u{97F}'),
        "Hebr" => matches!(c, '\u{5D0}'..='\u{5F4}'),
        _ => false,
    }
}

/// A Serbian text in Latin letters, one to one as Serbian schools teach it.
pub(crate) fn serbian_in_latin(text: &str) -> String {
    const PAIRS: [(char, &str); 30] = [
        ('а', "a"),
        ('б', "b"),
        ('в', "v"),
        ('г', "g"),
        ('д', "d"),
        ('ђ', "đ"),
        ('е', "e"),
        ('ж', "ž"),
        ('з', "z"),
        ('и', "i"),
        ('ј', "j"),
        ('к', "k"),
        ('л', "l"),
        ('љ', "lj"),
        ('м', "m"),
        ('н', "n"),
        ('њ', "nj"),
        ('о', "o"),
        ('п', "p"),
        ('р', "r"),
        ('с', "s"),
        ('т', "t"),
        ('ћ', "ć"),
        ('у', "u"),
        ('ф', "f"),
        ('х', "h"),
        ('ц', "c"),
        ('ч', "č"),
        ('џ', "dž"),
        ('ш', "š"),
    ];
    let mut latin = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match PAIRS.iter().find(|(cyrillic, _)| *cyrillic == c) {
            Some((_, letters)) => latin.push_str(letters),
            // Words that were in Latin letters before are of other languages.
            None if c.is_alphabetic() => latin.push(' '),
            None => latin.push(c),
        }
    }
    latin
}

/// A Kazakh text in Arabic letters, as they are used in China: vowels of the front are written as those of the back, in words that
/// a hamza opens, unless к, г or е already tell.
pub(crate) fn kazakh_in_arabic(text: &str) -> String {
    let mut arabic = String::new();
    let mut word = String::new();
    for c in text.chars().chain(std::iter::once(' ')) {
        if is_letter("Cyrl", c) {
            word.extend(c.to_lowercase());
            continue;
        }
        if word.contains(['ә', 'ө', 'ү', 'і']) && !word.contains(['к', 'г', 'е']) {
            arabic.push('ٴ');
        }
        arabic.extend(word.chars().map(arabic_of_kazakh));
        word.clear();
        arabic.push(if c.is_alphabetic() { ' ' } else { c });
    }
    arabic
}

fn arabic_of_kazakh(c: char) -> &'static str {
    match c {
        'а' | 'ә' => "ا",
        'б' => "ب",
        'в' => "ۆ",
        'г' => "گ",
        'ғ' => "ع",
        'д' => "د",
        'е' | 'э' => "ە",
        'ё' => "يو",
        'ж' => "ج",
        'з' => "ز",
        'и' | 'й' => "ي",
        'к' => "ك",
        'қ' => "ق",
        'л' => "ل",
        'м' => "م",
        'н' => "ن",
        'ң' => "ڭ",
        'о' | 'ө' => "و",
        'п' => "پ",
        'р' => "ر",
        'с' => "س",
        'т' => "ت",
        'у' => "ۋ",
        'ұ' | 'ү' => "ۇ",
        'ф' => "ف",
        'х' => "ح",
        'һ' => "ھ",
        'ц' => "تس",
        'ч' => "چ",
        'ш' => "ش",
        'щ' => "شش",
        'ы' | 'і' => "ى",
        'ю' => "يۋ",
        'я' => "يا",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{kazakh_in_arabic, rows_of, serbian_in_latin};

    #[test]
    fn takes_rows_of_words() {
        let mut rows = Vec::new();
        assert_eq!(rows_of("Latn", "Öl, 5", |row| rows.push(row.to_string())), 2);
        assert_eq!(rows, ["ö", "_ö", "öl", "l_", "_öl", "öl_", "_öl_"]);
    }

    #[test]
    fn writes_in_other_letters() {
        assert_eq!(serbian_in_latin("Људска права"), "ljudska prava");
        assert_eq!(kazakh_in_arabic("қазақ тілі").trim_end(), "قازاق ٴتىلى");
        assert_eq!(kazakh_in_arabic("мектеп").trim_end(), "مەكتەپ");
    }
}
