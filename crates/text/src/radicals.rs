//! Radicals of Han that stand where the character is meant.
//!
//! Unicode has the 214 radicals of dictionaries apart from the characters that look like them: ⼈ (U+2F08) is not 人 (U+4EBA).
//! Many programs write the radical into a PDF file for the character, because one glyph of a font is both; whoever copies from
//! such a file carries it on. On the page nobody sees a difference; a search must not, either.

use std::borrow::Cow;

/// The character of each code point from [`FIRST`] on; `\0` where there is none. From Unicode 15.0, property
/// `Equivalent_Unified_Ideograph` (UAX #44), without those beyond the first plane; but ⼾ and ⾭ are what they stand for in
/// texts of today, 户 and 青, not 戶 and 靑.
static CHARACTERS: [char; 342] = [
    '\0', '厂', '乛', '乚', '乙', '亻', '冂', '\0', '刀', '刂', '卜', '㔾', '小', '小', '兀', '尣',
    '尢', '\0', '巳', '幺', '彑', '彐', '忄', '心', '扌', '攵', '\0', '旡', '日', '月', '歺', '母',
    '民', '氵', '氺', '灬', '爫', '爫', '丬', '牛', '犭', '王', '\0', '目', '示', '礻', '\0', '糹',
    '纟', '罓', '罒', '㓁', '冗', '\0', '羊', '\0', '\0', '耂', '肀', '聿', '肉', '\0', '艹', '艹',
    '艹', '虎', '衤', '覀', '西', '见', '角', '\0', '讠', '贝', '\0', '车', '辶', '辶', '辶', '邑',
    '钅', '長', '镸', '长', '门', '\0', '阝', '雨', '青', '韦', '页', '风', '飞', '食', '\0', '飠',
    '饣', '\0', '马', '骨', '鬼', '鱼', '鸟', '卤', '麦', '黄', '黾', '斉', '齐', '歯', '齿', '竜',
    '龙', '龜', '亀', '龟', '\0', '\0', '\0', '\0', '\0', '\0', '\0', '\0', '\0', '\0', '\0', '\0',
    '一', '丨', '丶', '丿', '乙', '亅', '二', '亠', '人', '儿', '入', '八', '冂', '冖', '冫', '几',
    '凵', '刀', '力', '勹', '匕', '匚', '匸', '十', '卜', '卩', '厂', '厶', '又', '口', '囗', '土',
    '士', '夂', '夊', '夕', '大', '女', '子', '宀', '寸', '小', '尢', '尸', '屮', '山', '巛', '工',
    '己', '巾', '干', '幺', '广', '廴', '廾', '弋', '弓', '彐', '彡', '彳', '心', '戈', '户', '手',
    '支', '攴', '文', '斗', '斤', '方', '无', '日', '曰', '月', '木', '欠', '止', '歹', '殳', '毋',
    '比', '毛', '氏', '气', '水', '火', '爪', '父', '爻', '爿', '片', '牙', '牛', '犬', '玄', '玉',
    '瓜', '瓦', '甘', '生', '用', '田', '疋', '疒', '癶', '白', '皮', '皿', '目', '矛', '矢', '石',
    '示', '禸', '禾', '穴', '立', '竹', '米', '糸', '缶', '网', '羊', '羽', '老', '而', '耒', '耳',
    '聿', '肉', '臣', '自', '至', '臼', '舌', '舛', '舟', '艮', '色', '艸', '虍', '虫', '血', '行',
    '衣', '襾', '見', '角', '言', '谷', '豆', '豕', '豸', '貝', '赤', '走', '足', '身', '車', '辛',
    '辰', '辵', '邑', '酉', '釆', '里', '金', '長', '門', '阜', '隶', '隹', '雨', '青', '非', '面',
    '革', '韋', '韭', '音', '頁', '風', '飛', '食', '首', '香', '馬', '骨', '高', '髟', '鬥', '鬯',
    '鬲', '鬼', '魚', '鳥', '鹵', '鹿', '麥', '麻', '黃', '黍', '黑', '黹', '黽', '鼎', '鼓', '鼠',
    '鼻', '齊', '齒', '龍', '龜', '龠',
];
const FIRST: u32 = 0x2E80;

/// The character that a radical stands for; every other one is itself. Both are three bytes long in UTF-8.
pub(crate) fn character_of(c: char) -> char {
    let place = u32::from(c).checked_sub(FIRST).and_then(|place| usize::try_from(place).ok());
    let found = place.and_then(|place| CHARACTERS.get(place)).copied();
    found.filter(|found| *found != '\0').unwrap_or(c)
}

/// The text with a character for every radical: all bytes and code points stay where they were.
pub(crate) fn without_radicals(text: &str) -> Cow<'_, str> {
    // All of them begin with these bytes, which little else does.
    let is_free = |text: &str| {
        memchr::memchr_iter(0xE2, text.as_bytes())
            .all(|at| !matches!(text.as_bytes().get(at + 1), Some(0xBA..=0xBF)))
    };
    if is_free(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(character_of).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn radicals_become_what_is_seen() {
        let cases = [
            ("⼆⼗三万⼈", "二十三万人"),
            ("采集⾎样", "采集血样"),
            ("⻄藏⾃治区", "西藏自治区"),
            ("居⺠⼾⼝", "居民户口"),
            ("police – “may”", "police – “may”"),
            ("ཁྲག་དཔེ", "ཁྲག་དཔེ"),
            ("⺀⺇", "⺀⺇"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_radicals(text), expected);
        }
    }

    proptest! {
        #[test]
        fn every_place_stays_where_it_was(text in "[\u{2E00}-\u{3000}人a]{0,20}|\\PC{0,20}") {
            let whole: String = text.chars().map(character_of).collect();
            let read = without_radicals(&text);
            prop_assert_eq!(&read, &whole);
            prop_assert!(read.char_indices().map(|(at, _)| at).eq(text.char_indices().map(|(at, _)| at)));
        }
    }
}
