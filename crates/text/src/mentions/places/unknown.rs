//! Names with the ending of a place's name (县, County, རྫོང་, ناھىيىسى) that no gazetteer has.

use super::{Named, is_han};

/// Endings of Chinese names, the longer first.
const HAN_ENDINGS: &[&str] = &[
    "自治县",
    "自治縣",
    "自治州",
    "地区",
    "地區",
    "县",
    "縣",
    "乡",
    "鄉",
    "镇",
    "鎮",
    "村",
    "州",
    "市",
];

/// Words behind which a name of two characters and more may begin.
const HAN_BEFORE: &[&str] =
    &["在", "于", "於", "到", "赴", "从", "從", "来自", "來自", "前往", "位于", "位於", "抵达"];

/// Characters that say that the words are no name: 全县, 贫困县, 城市.
const HAN_NO_NAME: &str = "全各该該本每这這那某我你他她它们們的了一二三四五六七八九十两兩几幾多数數第个個大小城农農山乡鄉镇鎮县縣村市区區州和与與及是有在于不没沒为為新旧舊贫貧困上下超门股都现現当當地等";

/// Endings of English names.
const ENGLISH_ENDINGS: &[&str] = &["County", "Prefecture", "Township", "Village", "Province"];

/// Capitalised words that are no part of a name.
const ENGLISH_NO_NAME: &[&str] = &[
    "The",
    "A",
    "An",
    "This",
    "That",
    "Each",
    "Every",
    "One",
    "Our",
    "Their",
    "No",
    "Any",
    "Some",
    "In",
    "At",
    "From",
    "For",
    "Of",
    "To",
    "By",
    "And",
    "Or",
    "But",
    "Autonomous",
    "Global",
    "Which",
    "What",
    "His",
    "Her",
    "Its",
    "My",
    "New",
    "Old",
    "Another",
    "Neither",
    "Both",
    "All",
];

/// Endings of Uyghur names, in the form that follows a name.
const UYGHUR_ENDINGS: &[&str] = &["ناھىيىسى", "ۋىلايىتى", "يېزىسى", "كەنتى"];

/// Words of Uyghur that stand before such an ending and are no name.
const UYGHUR_NO_NAME: &[&str] = &[
    "بۇ",
    "شۇ",
    "ئۇ",
    "ھەر",
    "بىر",
    "ئىككى",
    "ئۈچ",
    "قايسى",
    "ئاپتونوم",
    "بارلىق",
    "كۆپ",
    "باشقا",
];

/// Syllables of Tibetan that end a word group, so that a name begins behind them.
const TIBETAN_PARTICLES: &[&str] = &[
    "གི",
    "ཀྱི",
    "གྱི",
    "ཡི",
    "ནས",
    "ལས",
    "ལ",
    "ན",
    "ནི",
    "དང",
    "དེ",
    "འདི",
    "ཅིག",
    "ཞིག",
    "ཤིག",
    "ཏེ",
    "སྟེ",
    "དུ",
    "ཏུ",
    "སུ",
    "ཚང",
    "མའི",
    "པའི",
    "བའི",
    "རྫོང",
    "ཁག",
    "གཞན",
];

/// Finds them; `known` are the names of the gazetteer, in the order of the text.
pub(super) fn find(text: &str, known: &[Named]) -> Vec<Named> {
    let mut found = han(text, known);
    for (word, at) in ENGLISH_ENDINGS
        .iter()
        .flat_map(|word| text.match_indices(word).map(move |(at, _)| (*word, at)))
    {
        found.extend(english(text, at, word));
    }
    for word in UYGHUR_ENDINGS {
        found.extend(text.match_indices(word).filter_map(|(at, _)| uyghur(text, at, word)));
    }
    found.extend(text.match_indices("རྫོང").filter_map(|(at, _)| tibetan(text, at)));
    // What a name of the gazetteer covers is known.
    found.retain(|stranger| {
        let next = known.partition_point(|known| known.to <= stranger.from);
        known.get(next).is_none_or(|known| {
            known.from >= stranger.to || (known.from >= stranger.from && known.to < stranger.to)
        })
    });
    found.sort_by_key(|named| (named.from, std::cmp::Reverse(named.to)));
    found.dedup_by(|later, earlier| later.from < earlier.to);
    found
}

fn stranger(from: usize, to: usize) -> Named {
    Named { from, to, places: Vec::new() }
}

/// Chinese has no spaces: a name is taken only behind a place that is known, at the beginning of
/// a clause or behind a word of direction, and where a known short name goes on into an ending.
fn han(text: &str, known: &[Named]) -> Vec<Named> {
    let mut found = Vec::new();
    for named in known {
        let head = text.get(named.from..named.to).unwrap_or("");
        if !head.chars().all(is_han) {
            continue;
        }
        if HAN_ENDINGS.iter().any(|ending| head.ends_with(ending))
            || head.ends_with('省')
            || head.ends_with('区')
        {
            found.extend(han_name(text, named.to, 1));
        } else if let Some(ending) = ending_at(text, named.to)
            && !matches!(ending, "地区" | "地區" | "州" | "村" | "市")
        {
            found.push(stranger(named.from, named.to + ending.len()));
        }
    }
    for word in HAN_BEFORE {
        found.extend(
            text.match_indices(word).filter_map(|(at, _)| han_name(text, at + word.len(), 2)),
        );
    }
    found
}

fn ending_at(text: &str, at: usize) -> Option<&'static str> {
    let rest = text.get(at..)?;
    HAN_ENDINGS.iter().find(|ending| rest.starts_with(**ending)).copied()
}

/// A name of at most six characters and an ending that begins at a byte.
fn han_name(text: &str, from: usize, least: usize) -> Option<Named> {
    let rest = text.get(from..)?;
    for (count, (at, c)) in rest.char_indices().enumerate().take(8) {
        if count >= least
            && let Some(ending) = ending_at(text, from + at)
        {
            let to = from + at + ending.len();
            // 某某县城, 某某村民, 某某市场 go on; a name's end is followed by another word.
            let next = text.get(to..)?.chars().next();
            let goes_on = next.is_some_and(|c| "城场場".contains(c));
            return (!goes_on).then(|| stranger(from, to));
        }
        if !is_han(c) || HAN_NO_NAME.contains(c) {
            return None;
        }
    }
    None
}

fn english(text: &str, at: usize, ending: &str) -> Option<Named> {
    let to = at + ending.len();
    if text.get(to..)?.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '-') {
        return None;
    }
    let mut from = at;
    for _ in 0..4 {
        let Some(head) = text.get(..from)?.strip_suffix(' ') else { break };
        let start = head
            .rfind(|c: char| !(c.is_alphabetic() || matches!(c, '\'' | '’' | '-')))
            .map_or(0, |at| {
                at + head.get(at..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8)
            });
        let word = head.get(start..)?;
        if !word.chars().next().is_some_and(char::is_uppercase)
            || word.ends_with("'s")
            || word.ends_with("’s")
            || ENGLISH_NO_NAME.contains(&word)
        {
            break;
        }
        from = start;
    }
    (from < at).then(|| stranger(from, to))
}

fn uyghur(text: &str, at: usize, ending: &str) -> Option<Named> {
    let head = text.get(..at)?.strip_suffix(' ')?;
    let start = head.rfind(|c: char| !super::is_arabic(c)).map_or(0, |at| {
        at + head.get(at..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8)
    });
    let word = head.get(start..)?;
    let fits =
        word.chars().count() >= 3 && !UYGHUR_NO_NAME.contains(&word) && !word.ends_with("نىڭ");
    fits.then(|| stranger(start, at + ending.len()))
}

fn tibetan(text: &str, at: usize) -> Option<Named> {
    let to = at + "རྫོང".len();
    // རྫོང་ as a syllable of its own, and behind a name of one to three syllables.
    if text.get(to..)?.chars().next().is_some_and(super::is_tibetan) {
        return None;
    }
    let head = text.get(..at)?.strip_suffix('\u{F0B}')?;
    let clause = head.rfind(|c: char| !(super::is_tibetan(c) || c == '\u{F0B}')).map_or(0, |at| {
        at + head.get(at..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8)
    });
    let mut from = at;
    let mut count = 0;
    for syllable in head.get(clause..)?.rsplit('\u{F0B}') {
        if TIBETAN_PARTICLES.contains(&syllable) || syllable.is_empty() {
            break;
        }
        from -= syllable.len() + '\u{F0B}'.len_utf8();
        count += 1;
        if count > 3 {
            return None;
        }
    }
    (count >= 2).then(|| stranger(from, to))
}
