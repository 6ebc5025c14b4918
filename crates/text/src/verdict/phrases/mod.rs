//! What walls, blocks, notices and failures say, by language; and how it is found in a text.
//!
//! The tables hold facts of language: the words in common use for each case. They are compared
//! after [`fold`], so that each is written once, in lower case, and Chinese in simplified characters.

mod blocks;
mod faults;
mod missing;
mod neutral;
mod places;
mod removal;
mod walls;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Code;

/// Where a phrase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// In any sentence.
    Anywhere,
    /// Only where it makes up half or more of a title, a heading, a line, a button: words that
    /// other pages use in passing.
    Alone,
}

/// Phrases that mean the same.
pub(super) struct Group {
    /// What they speak for; nothing for what walls, and other pages too, say besides.
    pub(super) code: Option<Code>,
    pub(super) points: u32,
    pub(super) stands: Stands,
    /// Whole words; a `*` at either end lets the word go on there. In scripts without spaces
    /// every place is a word's end.
    pub(super) words: &'static [&'static str],
}

impl Group {
    const fn anywhere(code: Code, points: u32, words: &'static [&'static str]) -> Group {
        Group { code: Some(code), points, stands: Stands::Anywhere, words }
    }

    const fn alone(code: Code, points: u32, words: &'static [&'static str]) -> Group {
        Group { code: Some(code), points, stands: Stands::Alone, words }
    }

    const fn neutral(words: &'static [&'static str]) -> Group {
        Group { code: None, points: 0, stands: Stands::Anywhere, words }
    }
}

const TABLES: &[&[Group]] = &[
    walls::GROUPS,
    blocks::GROUPS,
    places::GROUPS,
    removal::GROUPS,
    missing::GROUPS,
    faults::GROUPS,
    neutral::GROUPS,
];

/// A phrase found.
#[derive(Clone, Copy)]
pub(super) struct Hit {
    pub(super) group: &'static Group,
    /// Its bytes in the folded text.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// One phrase, made ready for the search.
struct Needle {
    group: &'static Group,
    open_start: bool,
    open_end: bool,
}

struct Searcher {
    automaton: AhoCorasick,
    needles: Vec<Needle>,
}

#[expect(
    clippy::expect_used,
    reason = "the tables are fixed and far below the limits of the automaton"
)]
static SEARCHER: LazyLock<Searcher> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    let mut needles = Vec::new();
    for group in TABLES.iter().copied().flatten() {
        for written in group.words {
            let (open_start, open_end) = (written.starts_with('*'), written.ends_with('*'));
            patterns.push(fold(written.trim_matches('*')));
            needles.push(Needle { group, open_start, open_end });
        }
    }
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .build(patterns)
        .expect("the tables are small");
    Searcher { automaton, needles }
});

/// The phrases in a folded text, in order. One that lies inside a longer one is not told: "may have
/// been removed" does not say "been removed".
pub(super) fn find(folded: &str) -> Vec<Hit> {
    let searcher = &*SEARCHER;
    let mut hits: Vec<Hit> = Vec::new();
    for found in searcher.automaton.find_overlapping_iter(folded) {
        let Some(needle) = searcher.needles.get(found.pattern().as_usize()) else { continue };
        let (from, to) = (found.start(), found.end());
        let before = folded.get(..from).and_then(|text| text.chars().next_back());
        let first = folded.get(from..to).and_then(|text| text.chars().next());
        let last = folded.get(from..to).and_then(|text| text.chars().next_back());
        let after = folded.get(to..).and_then(|text| text.chars().next());
        if (needle.open_start || !goes_on(before, first))
            && (needle.open_end || !goes_on(last, after))
        {
            hits.push(Hit { group: needle.group, from, to });
        }
    }
    // Longest first at each start, so that what is contained follows what contains it.
    hits.sort_by_key(|hit| (hit.from, std::cmp::Reverse(hit.to)));
    let mut reach = 0;
    hits.retain(|hit| {
        let is_inside = hit.to <= reach;
        reach = reach.max(hit.to);
        !is_inside
    });
    hits
}

/// Whether two neighbouring characters belong to one word.
fn goes_on(one: Option<char>, next: Option<char>) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c));
    joins(one) && joins(next)
}

/// Whether a character belongs to a script that puts no spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0FFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// A text as the tables write it: lower case, straight apostrophes, single spaces, Arabic and
/// Cyrillic letters that are often interchanged made one, Chinese in simplified characters as far as
/// the tables use them, and nothing invisible.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\x0c' => {
                    if !folded.ends_with(' ') {
                        folded.push(' ');
                    }
                }
                _ => folded.push(c.to_ascii_lowercase()),
            }
            continue;
        }
        match c {
            // Tatweel and vowel signs; the dot that lower-casing İ leaves; soft hyphen; zero width.
            '\u{0640}'
            | '\u{064B}'..='\u{0652}'
            | '\u{0307}'
            | '\u{00AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'
            | '\u{FEFF}' => {}
            '\u{00A0}' | '\u{2002}'..='\u{200A}' | '\u{202F}' | '\u{3000}' => {
                if !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            '’' | '‘' | 'ʼ' => folded.push('\''),
            'أ' | 'إ' | 'آ' | 'ٱ' => folded.push('ا'),
            'ى' | 'ی' => folded.push('ي'),
            'ک' => folded.push('ك'),
            'ة' => folded.push('ه'),
            'ё' | 'Ё' => folded.push('е'),
            'İ' => folded.push('i'),
            '！'..='～' => {
                let narrow = char::from_u32(c as u32 - 0xFEE0).unwrap_or(c);
                folded.push(narrow.to_ascii_lowercase());
            }
            '\u{4E00}'..='\u{9FFF}' => folded.push(simplified(c)),
            _ => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// Traditional characters of the tables' phrases, each before its simplified form.
const SIMPLIFIED: &str = "頁页請请錄录內内刪删訪访問问無无網网號号違违規规視视頻频驗验證证連连線线維维護护係系\
統统錯错誤误該该區区國国觀观閱阅讀读訂订會会員员專专屬属賬账帳账鏈链動动檢检測测環环異异碼码機机個个發发\
佈布權权責责費费繼继續续還还們们務务後后時时間间過过於于這这對对應应為为處处備备關关閉闭將将點点擊击載载\
瀏浏覽览開开啟启試试掃扫確确認认進进經经據据條条並并當当與与從从來来戶户資资訊讯設设適适許许須须屏屏蔽蔽\
標标題题討讨論论壇坛貼贴遺遗憾憾暫暂審审核核範范圍围僅仅級级運运營营繫系絡络傳传輸输數数庫库壞坏滑滑塊块\
鎖锁離离獲获選选擇择購购買买滿满歲岁齡龄隱隐較较稱称絕绝簡简體体轉转導导產产優优報报導导稅税讓让現现禁禁";

/// The simplified form of a traditional character that the tables know; any other as it is.
fn simplified(c: char) -> char {
    static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
        let characters: Vec<char> = SIMPLIFIED.chars().collect();
        let mut pairs: Vec<(char, char)> = characters
            .chunks_exact(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)))
            .collect();
        pairs.sort_unstable();
        pairs
    });
    let pairs = &*PAIRS;
    match pairs.binary_search_by_key(&c, |(traditional, _)| *traditional) {
        Ok(place) => pairs.get(place).map_or(c, |(_, simplified)| *simplified),
        Err(_) => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let folded = fold(text);
        find(&folded).iter().map(|hit| folded[hit.from..hit.to].to_owned()).collect()
    }

    #[test]
    fn a_longer_phrase_hides_what_it_contains() {
        assert_eq!(words("It may have been removed."), ["may have been removed"]);
        assert_eq!(words("您访问的内容可能已被删除"), ["可能已被删除"]);
    }

    #[test]
    fn a_phrase_is_made_of_whole_words() {
        assert!(words("profoundly page not foundational").is_empty());
    }

    #[test]
    fn traditional_characters_and_spellings_are_one() {
        assert_eq!(words("該內容已被發佈者刪除"), ["已被发布者删除"]);
        assert_eq!(fold("Войдите, ЁЖ  e\u{00A0}x"), "войдите, еж e x");
        assert_eq!(fold("الصَّفحة غير موجودة"), "الصفحه غير موجوده");
    }

    /// A phrase that stands in two groups would count twice, or hide a mistake.
    #[test]
    fn every_phrase_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        let words = TABLES.iter().copied().flatten().flat_map(|group| group.words);
        let twice: Vec<_> =
            words.filter(|word| !seen.insert(fold(word.trim_matches('*')))).collect();
        assert!(twice.is_empty(), "stand twice: {twice:?}");
    }
}
