//! On whose word a text says something: "according to X", "X said", 据X报道, X表示.
//!
//! Only proper names are taken: capitalised words in English, the words up to the verb in
//! Chinese. Pronouns and "officials" name nobody.

use super::{Bound, Found, MentionKind, MentionValue, Modality};

/// Verbs behind a name that make it the one whose word it is.
const ENGLISH_VERBS: &[&str] = &[
    "said",
    "says",
    "reported",
    "reports",
    "told",
    "announced",
    "estimated",
    "estimates",
    "found",
    "wrote",
    "writes",
    "claimed",
    "claims",
    "confirmed",
    "stated",
    "states",
    "revealed",
    "denied",
    "warned",
    "noted",
    "concluded",
    "documented",
    "testified",
    "acknowledged",
    "explained",
    "added",
    "disclosed",
    "argued",
];

/// Verbs and phrases behind which a name stands.
const ENGLISH_BEFORE: &[&str] =
    &["according to", "citing", "cited by", "reported by", "as told to"];

/// Capitalised words that begin a sentence and are no name.
const NOT_NAMES: &[&str] = &[
    "he",
    "she",
    "it",
    "they",
    "we",
    "i",
    "you",
    "the",
    "a",
    "an",
    "this",
    "that",
    "these",
    "those",
    "but",
    "and",
    "or",
    "so",
    "then",
    "in",
    "on",
    "at",
    "as",
    "if",
    "when",
    "while",
    "where",
    "who",
    "what",
    "which",
    "one",
    "some",
    "many",
    "most",
    "officials",
    "police",
    "authorities",
    "experts",
    "residents",
    "villagers",
    "witnesses",
    "others",
    "people",
    "sources",
    "researchers",
    "critics",
    "nobody",
    "everyone",
    "however",
    "later",
    "still",
    "also",
    "both",
    "her",
    "his",
    "its",
    "their",
    "our",
    "my",
    "there",
    "here",
    "no",
    "not",
    "yes",
    "nor",
    "for",
    "from",
    "with",
    "by",
    "to",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Small words that may stand inside a name.
const LINKS: &[&str] =
    &["of", "for", "the", "and", "de", "la", "du", "al", "bin", "von", "van", "&"];

/// Finds the attributions of a text: the place and name of the one whose word it is.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = english(text);
    found.extend(chinese(text));
    found
}

pub(super) fn found(from: usize, to: usize, text: &str) -> Option<Found> {
    let name = text.get(from..to)?;
    Some(Found {
        kind: MentionKind::Attribution,
        from,
        to,
        value: Some(MentionValue::Name(name.to_owned())),
        low: None,
        high: None,
        bound: Bound::Exact,
        unit: None,
        modality: Modality::Stated,
        candidates: Vec::new(),
    })
}

/// A word of a line of text.
#[derive(Clone, Copy, Debug)]
struct Word<'t> {
    text: &'t str,
    from: usize,
    to: usize,
    /// Whether only a space stands between it and the word before.
    follows: bool,
}

fn is_capitalised(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn is_name_word(word: &str) -> bool {
    is_capitalised(word) && !NOT_NAMES.iter().any(|other| word.eq_ignore_ascii_case(other))
}

fn words(line: &str, base: usize) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut from = None;
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '&' | '.');
    let mut push = |from: usize, to: usize| {
        let raw = line.get(from..to).unwrap_or("");
        // A full stop belongs to initials ("U.S.", "J.") only.
        let trimmed = raw.trim_end_matches(['\'', '’', '-']);
        let stop = trimmed.trim_end_matches('.');
        let initials = stop.chars().count() == 1 || stop.contains('.');
        let text = if initials { trimmed } else { stop };
        if text.is_empty() {
            return;
        }
        let follows = words
            .last()
            .is_some_and(|last| line.get(last.to - base..from).is_some_and(|gap| gap == " "));
        words.push(Word { text, from: base + from, to: base + from + text.len(), follows });
    };
    for (at, c) in line.char_indices() {
        if is_part(c) {
            from.get_or_insert(at);
        } else if let Some(start) = from.take() {
            push(start, at);
        }
    }
    if let Some(start) = from {
        push(start, line.len());
    }
    words
}

fn english(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut base = 0;
    for line in text.split_inclusive('\n') {
        // Most lines name nobody.
        let asks = ENGLISH_VERBS.iter().chain(ENGLISH_BEFORE).any(|verb| line.contains(verb))
            || line.contains("According to");
        if asks {
            in_line(text, &words(line, base), &mut all);
        }
        base += line.len();
    }
    all
}

fn in_line(text: &str, words: &[Word<'_>], all: &mut Vec<Found>) {
    for (at, word) in words.iter().enumerate() {
        let is_passive = words.get(at + 1).is_some_and(|next| next.follows && next.text == "by");
        // A capital makes it a part of a name ("States") or of a headline.
        if ENGLISH_VERBS.contains(&word.text) && !is_passive {
            // X said; and, behind a quotation, said X.
            let before = name_before(words, at);
            let name = before.or_else(|| {
                (matches!(word.text, "said" | "says" | "wrote" | "added" | "told")
                    && follows_quotation(text, word.from))
                .then(|| name_after(words, at))
                .flatten()
            });
            all.extend(name.and_then(|(from, to)| found(from, to, text)));
            continue;
        }
        for phrase in ENGLISH_BEFORE {
            let length = phrase.split(' ').count();
            let stands = phrase.split(' ').enumerate().all(|(i, part)| {
                words
                    .get(at + i)
                    .is_some_and(|w| w.text.eq_ignore_ascii_case(part) && (i == 0 || w.follows))
            });
            if stands && let Some((from, to)) = name_after(words, at + length - 1) {
                all.extend(found(from, to, text));
            }
        }
    }
}

/// Whether a quotation ends right before a byte.
fn follows_quotation(text: &str, at: usize) -> bool {
    text.get(..at)
        .is_some_and(|before| before.trim_end_matches([' ', ',']).ends_with(['”', '"', '’', '»']))
}

/// The name that ends right before a word.
fn name_before(words: &[Word<'_>], at: usize) -> Option<(usize, usize)> {
    if !words.get(at)?.follows {
        return None;
    }
    let mut first = at;
    while let Some(before) = first.checked_sub(1).and_then(|i| words.get(i)) {
        let joins = first == at || words.get(first).is_some_and(|word| word.follows);
        let is_part = is_name_word(before.text)
            || (first < at
                && LINKS.contains(&before.text)
                && first
                    .checked_sub(2)
                    .and_then(|i| words.get(i))
                    .is_some_and(|w| is_name_word(w.text)));
        if !joins || !is_part || at - first >= 8 {
            break;
        }
        first -= 1;
    }
    let (from, to) = (words.get(first)?, words.get(at.checked_sub(1)?)?);
    // "the mayor's claims": the verb is a noun.
    let is_owner = to.text.ends_with("'s") || to.text.ends_with("’s");
    (first < at && !is_owner).then_some((from.from, to.to))
}

/// The name that begins right behind a word, or behind its article.
fn name_after(words: &[Word<'_>], at: usize) -> Option<(usize, usize)> {
    let mut first = at + 1;
    if !words.get(first)?.follows {
        return None;
    }
    if words.get(first).is_some_and(|word| matches!(word.text, "the" | "The" | "a" | "an")) {
        first += 1;
    }
    let mut end = first;
    while let Some(word) = words.get(end) {
        let joins = word.follows;
        let is_part = is_name_word(word.text)
            || (end > first
                && LINKS.contains(&word.text)
                && words.get(end + 1).is_some_and(|w| w.follows && is_name_word(w.text)));
        if !joins || !is_part || end - first >= 8 {
            break;
        }
        end += 1;
    }
    let (from, to) = (words.get(first)?, words.get(end.checked_sub(1)?)?);
    (end > first).then_some((from.from, to.to))
}

/// Verbs behind a name in Chinese.
const CHINESE_VERBS: &[&str] = &[
    "报道", "報道", "报导", "報導", "表示", "指出", "透露", "宣布", "通报", "通報", "声称", "聲稱",
    "称", "稱", "介绍", "介紹", "证实", "證實", "回应", "回應", "强调", "強調", "认为", "認為",
    "说", "說",
];
/// Words before a name in Chinese.
const CHINESE_BEFORE: &[&str] = &["据", "據", "根据", "根據", "援引", "引述"];
/// What may follow a name behind 据.
const CHINESE_AFTER: &[&str] = &[
    "报道",
    "報道",
    "报导",
    "報導",
    "消息",
    "介绍",
    "介紹",
    "通报",
    "通報",
    "公布",
    "统计",
    "統計",
    "透露",
    "称",
    "稱",
    "的报道",
    "的報道",
    "的报告",
    "的報告",
    "的统计",
    "的消息",
    "发布的",
    "發布的",
    "的数据",
    "的數據",
];
/// Beginnings that name nobody.
const CHINESE_NOBODY: &[&str] = &[
    "他", "她", "它", "我", "你", "这", "這", "那", "本", "该", "該", "有", "了解", "悉", "估",
    "说", "說", "此", "其", "并", "並", "还", "還", "也", "但", "不", "一", "当地", "村民", "消息",
    "外界", "官方",
];

/// The longest name taken, in characters.
const LONGEST: usize = 16;

fn ends_clause(c: char) -> bool {
    c.is_whitespace()
        || (c.is_ascii_punctuation() && c != '-')
        || "，。；：、！？“”「」『』（）《》…—·".contains(c)
}

fn chinese(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut clause_from = 0;
    let mut resume = 0;
    for (at, c) in text.char_indices() {
        if ends_clause(c) {
            clause_from = at + c.len_utf8();
            continue;
        }
        if at < resume {
            continue;
        }
        let rest = text.get(at..).unwrap_or("");
        if at == clause_from
            && let Some(before) = CHINESE_BEFORE
                .iter()
                .filter(|word| rest.starts_with(**word))
                .max_by_key(|w| w.len())
        {
            let from = at + before.len();
            if let Some(to) = name_until(text, from, CHINESE_AFTER, false) {
                all.extend(found(from, to, text));
                resume = to;
                continue;
            }
        }
        if at == clause_from
            && !CHINESE_BEFORE.iter().any(|word| rest.starts_with(word))
            && let Some(to) = name_until(text, at, CHINESE_VERBS, true)
        {
            all.extend(found(at, to, text));
            resume = to;
        }
    }
    all
}

/// The end of the name that begins at a byte and is followed by one of the words; with
/// `ends`, the word must end its clause, as a verb of speech does before what is said.
fn name_until(text: &str, from: usize, words: &[&str], ends: bool) -> Option<usize> {
    let rest = text.get(from..)?;
    if !rest.chars().next().is_some_and(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
        || CHINESE_NOBODY.iter().any(|word| rest.starts_with(word))
    {
        return None;
    }
    for (length, (at, c)) in rest.char_indices().enumerate() {
        if ends_clause(c) || length > LONGEST {
            return None;
        }
        if length < 2 {
            continue;
        }
        let here = rest.get(at..)?;
        let fits = words.iter().filter(|word| here.starts_with(**word)).any(|word| {
            !ends
                || here.get(word.len()..).is_some_and(|tail| {
                    // 小说，is a novel: the verb stands before words that are quoted.
                    if matches!(*word, "说" | "說") {
                        return tail.starts_with(['：', ':', '“', '「']);
                    }
                    tail.starts_with(['，', '：', ',', ':', '“', '「', '说', '說'])
                })
        });
        if fits {
            return Some(from + at);
        }
    }
    None
}
