//! Which language and script a text is in.
//!
//! Letters are counted by script first, because a script often decides the language, and because
//! no detector for Rust knows Tibetan or Uyghur. Where several languages share a script, letters
//! that only some of them write decide, then `whatlang`'s trigrams. Too little text gives `und`.

use std::borrow::Cow;

use serde::Serialize;
use whatlang::{Detector, Lang};

mod han;

/// The language and script of a text, and how sure that is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Language {
    /// A BCP 47 tag such as `bo`, `zh-Hans` or `en`; `und` where the text does not tell.
    pub language: String,
    /// The script most letters are in, by its ISO 15924 code; `Zyyy` where there are no letters.
    pub script: String,
    /// From 0 (no idea) to 1 (certain). By rule where a script or a letter decides; otherwise what
    /// `whatlang` says.
    pub confidence: f64,
}

/// Only this many characters of a text are looked at.
const SAMPLE: usize = 40_000;

/// The scripts told apart, in the order of the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
enum Script {
    Latn,
    Cyrl,
    Arab,
    Hani,
    Kana,
    Hang,
    Tibt,
    Mong,
    Deva,
    Beng,
    Guru,
    Gujr,
    Orya,
    Taml,
    Telu,
    Knda,
    Mlym,
    Sinh,
    Thai,
    Laoo,
    Mymr,
    Khmr,
    Geor,
    Armn,
    Grek,
    Hebr,
    Ethi,
    Other,
}

const SCRIPTS: usize = Script::Other as usize + 1;

fn script_of(c: char) -> Option<Script> {
    Some(match c {
        'a'..='z' | 'A'..='Z' => Script::Latn,
        '\0'..='\u{A9}' => return None,
        '\u{AA}' | '\u{BA}' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => Script::Latn,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Grek,
        '\u{400}'..='\u{52F}' => Script::Cyrl,
        '\u{531}'..='\u{58F}' => Script::Armn,
        '\u{5D0}'..='\u{5F4}' => Script::Hebr,
        '\u{620}'..='\u{64A}'
        | '\u{66E}'..='\u{6D5}'
        | '\u{6EE}'..='\u{6EF}'
        | '\u{6FA}'..='\u{6FF}'
        | '\u{750}'..='\u{77F}'
        | '\u{8A0}'..='\u{8FF}'
        | '\u{FB50}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFC}' => Script::Arab,
        '\u{900}'..='\u{963}' | '\u{971}'..='\u{97F}' => Script::Deva,
        '\u{980}'..='\u{9E3}' | '\u{9F0}'..='\u{9F1}' => Script::Beng,
        '\u{A00}'..='\u{A65}' | '\u{A70}'..='\u{A7F}' => Script::Guru,
        '\u{A80}'..='\u{AE3}' => Script::Gujr,
        '\u{B00}'..='\u{B63}' => Script::Orya,
        '\u{B80}'..='\u{BE5}' => Script::Taml,
        '\u{C00}'..='\u{C63}' => Script::Telu,
        '\u{C80}'..='\u{CE3}' => Script::Knda,
        '\u{D00}'..='\u{D63}' => Script::Mlym,
        '\u{D80}'..='\u{DE5}' => Script::Sinh,
        '\u{E01}'..='\u{E4E}' => Script::Thai,
        '\u{E81}'..='\u{ECD}' | '\u{EDC}'..='\u{EDF}' => Script::Laoo,
        '\u{F00}' | '\u{F40}'..='\u{FBC}' => Script::Tibt,
        '\u{1000}'..='\u{103F}'
        | '\u{1050}'..='\u{108F}'
        | '\u{A9E0}'..='\u{A9FF}'
        | '\u{AA60}'..='\u{AA7F}' => Script::Mymr,
        '\u{10A0}'..='\u{10FF}' | '\u{1C90}'..='\u{1CBF}' => Script::Geor,
        '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7AF}' => Script::Hang,
        '\u{1200}'..='\u{139F}' => Script::Ethi,
        '\u{1780}'..='\u{17D3}' => Script::Khmr,
        '\u{1820}'..='\u{18AF}' => Script::Mong,
        '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' => Script::Kana,
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}' => Script::Hani,
        _ if c.is_alphabetic() => Script::Other,
        _ => return None,
    })
}

/// Finds the language and script of a text. The same text always gives the same answer.
pub fn detect_language(text: &str) -> Language {
    let mut counts = [0_u32; SCRIPTS];
    for c in text.chars().take(SAMPLE) {
        if let Some(script) = script_of(c)
            && let Some(count) = counts.get_mut(script as usize)
        {
            *count += 1;
        }
    }
    let count = |script: Script| counts.get(script as usize).copied().unwrap_or(0);
    let east_asian = count(Script::Hani) + count(Script::Kana);
    // One Han character says about as much as three letters of an alphabet.
    let (script, weight) = SCRIPT_ORDER
        .iter()
        .map(|script| match script {
            Script::Hani => (Script::Hani, east_asian * 3),
            Script::Kana => (Script::Kana, 0),
            script => (*script, count(*script)),
        })
        .fold((Script::Other, 0), |best, next| if next.1 > best.1 { next } else { best });
    let total: u32 = counts.iter().sum::<u32>() + 2 * east_asian;
    if weight == 0 {
        return answer("und", "Zyyy", 0.0);
    }
    let share = f64::from(weight) / f64::from(total.max(1));
    let sample = sample(text);
    let by_script = |language: &str, code: &str| {
        // A word or two in a script that one language writes is a hint, a line is proof.
        let size = f64::from(weight.min(20)) / 20.0;
        answer(language, code, (0.5 + 0.5 * size) * share.sqrt())
    };
    match script {
        Script::Tibt => {
            let language = if is_dzongkha(sample) { "dz" } else { "bo" };
            by_script(language, "Tibt")
        }
        Script::Hani => {
            if count(Script::Kana) * 10 > east_asian {
                return by_script("ja", "Jpan");
            }
            let (language, code) = han::variety(sample);
            by_script(language, code)
        }
        Script::Hang => by_script("ko", "Kore"),
        Script::Arab => arabic_script(sample, weight, share),
        Script::Cyrl => cyrillic(sample, weight, share),
        Script::Mong => by_script("mn-Mong", "Mong"),
        Script::Thai => by_script("th", "Thai"),
        Script::Laoo => by_script("lo", "Laoo"),
        Script::Mymr => by_script("my", "Mymr"),
        Script::Khmr => by_script("km", "Khmr"),
        Script::Geor => by_script("ka", "Geor"),
        Script::Armn => by_script("hy", "Armn"),
        Script::Grek => by_script("el", "Grek"),
        Script::Gujr => by_script("gu", "Gujr"),
        Script::Guru => by_script("pa", "Guru"),
        Script::Orya => by_script("or", "Orya"),
        Script::Taml => by_script("ta", "Taml"),
        Script::Telu => by_script("te", "Telu"),
        Script::Knda => by_script("kn", "Knda"),
        Script::Mlym => by_script("ml", "Mlym"),
        Script::Sinh => by_script("si", "Sinh"),
        Script::Ethi => by_script("am", "Ethi"),
        Script::Beng => {
            let assamese = sample.contains(['ৰ', 'ৱ']);
            by_script(if assamese { "as" } else { "bn" }, "Beng")
        }
        Script::Latn => trigrams(sample, "Latn", weight, share),
        Script::Deva => trigrams(sample, "Deva", weight, share),
        Script::Hebr => trigrams(sample, "Hebr", weight, share),
        Script::Kana | Script::Other => answer("und", "Zyyy", 0.0),
    }
}

const SCRIPT_ORDER: [Script; SCRIPTS] = [
    Script::Latn,
    Script::Cyrl,
    Script::Arab,
    Script::Hani,
    Script::Kana,
    Script::Hang,
    Script::Tibt,
    Script::Mong,
    Script::Deva,
    Script::Beng,
    Script::Guru,
    Script::Gujr,
    Script::Orya,
    Script::Taml,
    Script::Telu,
    Script::Knda,
    Script::Mlym,
    Script::Sinh,
    Script::Thai,
    Script::Laoo,
    Script::Mymr,
    Script::Khmr,
    Script::Geor,
    Script::Armn,
    Script::Grek,
    Script::Hebr,
    Script::Ethi,
    Script::Other,
];

fn answer(language: &str, script: &str, confidence: f64) -> Language {
    Language {
        language: language.to_owned(),
        script: script.to_owned(),
        confidence: (confidence.clamp(0.0, 1.0) * 1000.0).round() / 1000.0,
    }
}

/// The part of the text that is looked at.
fn sample(text: &str) -> &str {
    let end = text.char_indices().nth(SAMPLE).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// Dzongkha writes its plural, its dative and its verb "to do" otherwise than Tibetan.
fn is_dzongkha(text: &str) -> bool {
    let (mut dzongkha, mut tibetan) = (0_u32, 0_u32);
    for syllable in text.split(|c: char| !('\u{F40}'..='\u{FBC}').contains(&c)) {
        match syllable {
            "ཚུ" | "ལུ" | "འབད" | "ཨིན" | "ནིའི" | "དགོཔ" | "ཨིནམ" | "འབདཝ" => {
                dzongkha += 1
            }
            "ཚོ" | "ལ" | "བྱེད" | "རེད" | "རྣམས" | "ལགས" => {
                tibetan += 1
            }
            _ => {}
        }
    }
    dzongkha > tibetan
}

/// Uyghur, Sorani, Kazakh in Arabic letters, Urdu, Pashto, Persian, else Arabic.
fn arabic_script(text: &str, weight: u32, share: f64) -> Language {
    let mut letters = [0_u32; 8];
    let [ug, vowel, ckb, kk, ur, ps, fa, ar] = &mut letters;
    for c in text.chars() {
        match c {
            'ۈ' | 'ڭ' | 'ۋ' => *ug += 1,
            'ې' => {
                *ug += 1;
                *ps += 1;
            }
            'ە' | 'ۇ' | 'ۆ' => *vowel += 1,
            'ڕ' | 'ڵ' | 'ێ' | 'ڤ' => *ckb += 1,
            'ٴ' => *kk += 1,
            'ٹ' | 'ڈ' | 'ڑ' | 'ں' | 'ے' | 'ہ' | 'ھ' => *ur += 1,
            'ټ' | 'ډ' | 'ړ' | 'ښ' | 'ګ' | 'ۍ' | 'ږ' | 'ځ' | 'څ' => *ps += 1,
            'پ' | 'چ' | 'ژ' | 'گ' | 'ک' | 'ی' => *fa += 1,
            'ة' | 'ي' | 'ك' | 'ى' | 'أ' | 'إ' => *ar += 1,
            _ => {}
        }
    }
    let [ug, vowel, ckb, kk, ur, ps, fa, ar] = letters;
    let part = |count: u32| f64::from(count) / f64::from(weight.max(1));
    let sure = |language: &str| {
        answer(language, "Arab", (0.6 + 0.02 * f64::from(weight.min(20))) * share.sqrt())
    };
    if part(vowel) > 0.05 || (weight < 12 && vowel + ug >= 1 && part(vowel + ug) > 0.1) {
        // `ە` ends the doubt with Arabic and Persian; which of its writers is it?
        return if part(kk) > 0.01 && part(kk) * 2.0 > part(ug) && !text.contains('ې') {
            sure("kk-Arab")
        } else if part(ckb) > part(ug) * 0.5 && ckb > 0 {
            sure("ckb")
        } else {
            sure("ug")
        };
    }
    if part(ps) > 0.01 {
        return sure("ps");
    }
    if part(ur) > 0.03 && text.contains(['ے', 'ں', 'ہ', 'ٹ', 'ڈ', 'ڑ']) {
        return sure("ur");
    }
    if fa > ar && part(fa) > 0.03 {
        return sure("fa");
    }
    if weight < 4 {
        return answer("und", "Arab", 0.2);
    }
    sure("ar")
}

/// The languages of Cyrillic that `whatlang` does not know are told by their own letters.
fn cyrillic(text: &str, weight: u32, share: f64) -> Language {
    let mut counts = [0_u32; 8];
    let [kazakh, tatar, tajik, uzbek, shared, mongol, i, _] = &mut counts;
    for c in text.chars() {
        match c {
            'ұ' | 'Ұ' => *kazakh += 1,
            'ә' | 'Ә' | 'һ' | 'Һ' => {
                *kazakh += 1;
                *tatar += 1;
            }
            'қ' | 'Қ' | 'ғ' | 'Ғ' => {
                *kazakh += 1;
                *tajik += 1;
                *uzbek += 1;
            }
            'җ' | 'Җ' => *tatar += 2,
            'ҷ' | 'Ҷ' | 'ӣ' | 'Ӣ' | 'ӯ' | 'Ӯ' => *tajik += 2,
            'ҳ' | 'Ҳ' => {
                *tajik += 1;
                *uzbek += 1;
            }
            'ў' | 'Ў' => *uzbek += 1,
            'ң' | 'Ң' => *shared += 1,
            'ө' | 'Ө' | 'ү' | 'Ү' => *mongol += 1,
            'і' | 'І' => *i += 1,
            _ => {}
        }
    }
    let [kazakh, tatar, tajik, uzbek, shared, mongol, i, _] = counts;
    let part = |count: u32| f64::from(count) / f64::from(weight.max(1));
    let sure = |language: &str| {
        answer(language, "Cyrl", (0.6 + 0.02 * f64::from(weight.min(20))) * share.sqrt())
    };
    if text.contains(['ҷ', 'ӣ', 'ӯ']) && part(tajik) > 0.01 {
        return sure("tg");
    }
    if part(kazakh) > 0.02 && (i > 0 || text.contains(['ұ', 'Ұ'])) {
        return sure("kk");
    }
    if text.contains(['җ', 'Җ']) && part(tatar) > 0.01 {
        return sure("tt");
    }
    if part(uzbek) > 0.02 && text.contains(['ў', 'қ', 'ғ', 'ҳ']) && !text.contains(['ы', 'щ', 'і'])
    {
        return sure("uz-Cyrl");
    }
    if part(mongol) > 0.02 {
        // Mongolian is full of х, ц and в, which Kyrgyz writes in borrowed words only.
        let borrowed =
            text.chars().filter(|c| matches!(c, 'х' | 'Х' | 'ц' | 'Ц' | 'в' | 'В')).count() as u32;
        let is_kyrgyz = part(borrowed) < 0.02 || shared > borrowed;
        return sure(if is_kyrgyz { "ky" } else { "mn" });
    }
    trigrams(text, "Cyrl", weight, share)
}

/// Asks `whatlang`, and admits what it cannot know.
fn trigrams(text: &str, script: &str, weight: u32, share: f64) -> Language {
    if weight < 3 {
        return answer("und", script, 0.1);
    }
    let Some(found) = Detector::new().detect(&pieces(text)) else {
        return answer("und", script, 0.1);
    };
    let Some((tag, expected)) = bcp47(found.lang()) else {
        return answer("und", script, 0.1);
    };
    if expected != script {
        return answer("und", script, 0.2);
    }
    // Trigrams of a few words are noise: ten letters are worth half of what fifty are.
    let size = (f64::from(weight) / 60.0).min(1.0);
    let confidence = found.confidence() * (0.3 + 0.7 * size) * share.sqrt();
    if weight < 24 && confidence < 0.12 {
        return answer("und", script, confidence);
    }
    answer(tag, script, confidence)
}

/// Three pieces of a long text, from its start, middle and end: trigrams of a few hundred letters
/// say as much as those of thousands, and a heading in another language says less.
fn pieces(text: &str) -> Cow<'_, str> {
    const PIECE: usize = 120;
    if text.len() <= 4 * PIECE {
        return Cow::Borrowed(text);
    }
    let mut pieces = String::with_capacity(3 * PIECE + 3);
    for from in [0, text.len() / 2 - PIECE / 2, text.len() - PIECE] {
        let from = text.ceil_char_boundary(from);
        let to = text.floor_char_boundary(from + PIECE);
        pieces.push_str(text.get(from..to).unwrap_or(""));
        pieces.push(' ');
    }
    Cow::Owned(pieces)
}

/// The shortest tag for a language of `whatlang`, and the script it is written in there.
fn bcp47(lang: Lang) -> Option<(&'static str, &'static str)> {
    Some(match lang.code() {
        "afr" => ("af", "Latn"),
        "aka" => ("ak", "Latn"),
        "aze" => ("az", "Latn"),
        "bel" => ("be", "Cyrl"),
        "bul" => ("bg", "Cyrl"),
        "cat" => ("ca", "Latn"),
        "ces" => ("cs", "Latn"),
        "cym" => ("cy", "Latn"),
        "dan" => ("da", "Latn"),
        "deu" => ("de", "Latn"),
        "eng" => ("en", "Latn"),
        "epo" => ("eo", "Latn"),
        "est" => ("et", "Latn"),
        "fin" => ("fi", "Latn"),
        "fra" => ("fr", "Latn"),
        "heb" => ("he", "Hebr"),
        "hin" => ("hi", "Deva"),
        "hrv" => ("hr", "Latn"),
        "hun" => ("hu", "Latn"),
        "ind" => ("id", "Latn"),
        "ita" => ("it", "Latn"),
        "jav" => ("jv", "Latn"),
        "lat" => ("la", "Latn"),
        "lav" => ("lv", "Latn"),
        "lit" => ("lt", "Latn"),
        "mar" => ("mr", "Deva"),
        "mkd" => ("mk", "Cyrl"),
        "nep" => ("ne", "Deva"),
        "nld" => ("nl", "Latn"),
        "nob" => ("nb", "Latn"),
        "pol" => ("pl", "Latn"),
        "por" => ("pt", "Latn"),
        "ron" => ("ro", "Latn"),
        "rus" => ("ru", "Cyrl"),
        "slk" => ("sk", "Latn"),
        "slv" => ("sl", "Latn"),
        "sna" => ("sn", "Latn"),
        "spa" => ("es", "Latn"),
        "srp" => ("sr", "Cyrl"),
        "swe" => ("sv", "Latn"),
        "tgl" => ("tl", "Latn"),
        "tuk" => ("tk", "Latn"),
        "tur" => ("tr", "Latn"),
        "ukr" => ("uk", "Cyrl"),
        "uzb" => ("uz", "Latn"),
        "vie" => ("vi", "Latn"),
        "yid" => ("yi", "Hebr"),
        "zul" => ("zu", "Latn"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::detect_language;

    #[test]
    fn tells_the_scripts_of_our_readers_apart() {
        for (text, language, script) in [
            ("བོད་རང་སྐྱོང་ལྗོངས་ཀྱི་མི་མང་པོ་ལས་ཁྲག་བླངས་པ་རེད།", "bo", "Tibt"),
            ("བོད", "bo", "Tibt"),
            ("ئۇيغۇر ئاپتونوم رايونىدا كىشىلەردىن قان ئەۋرىشكىسى ئېلىندى", "ug", "Arab"),
            ("ئۇيغۇر", "ug", "Arab"),
            ("西藏自治区公安厅采集了居民的血样，这项工作从去年开始。", "zh-Hans", "Hans"),
            ("西藏自治區公安廳採集了居民的血樣，這項工作從去年開始。", "zh-Hant", "Hant"),
            ("佢哋喺度做緊嘢，唔知幾時先返嚟㗎。", "yue", "Hant"),
            ("警察は住民から血液を採取したと発表しました。", "ja", "Jpan"),
            ("경찰이 주민들의 혈액을 채취했다", "ko", "Kore"),
            ("جمعت الشرطة عينات الدم من سكان القرى في السنة الماضية", "ar", "Arab"),
            ("پلیس نمونه‌های خون ساکنان روستا را جمع‌آوری کرد و گزارش نداد", "fa", "Arab"),
            ("پولیس نے گاؤں کے لوگوں سے خون کے نمونے لیے ہیں", "ur", "Arab"),
            ("Полиция собрала образцы крови у жителей деревни", "ru", "Cyrl"),
            (
                "Полиция ауыл тұрғындарынан қан үлгілерін жинады, бұл жұмыс былтыр басталған",
                "kk",
                "Cyrl",
            ),
            (
                "Цагдаа тосгоны оршин суугчдаас цусны дээж авсан бөгөөд үүнийг мэдээлээгүй",
                "mn",
                "Cyrl",
            ),
            ("ရဲတပ်ဖွဲ့က ရွာသားတွေဆီက သွေးနမူနာ ကောက်ယူခဲ့တယ်", "my", "Mymr"),
            (
                "The police collected blood samples from the residents of the villages last year.",
                "en",
                "Latn",
            ),
            (
                "Die Polizei hat im vergangenen Jahr Blutproben von den Bewohnern der Dörfer genommen.",
                "de",
                "Latn",
            ),
            ("2022, 919,282 – 1,206,962", "und", "Zyyy"),
            ("", "und", "Zyyy"),
        ] {
            let found = detect_language(text);
            assert_eq!(
                (found.language.as_str(), found.script.as_str()),
                (language, script),
                "{text}"
            );
        }
    }

    #[test]
    fn says_so_when_there_is_too_little() {
        for text in ["ok", "1", "---", "DNA"] {
            let found = detect_language(text);
            assert!(found.confidence < 0.2, "{text}: {found:?}");
        }
    }
}
