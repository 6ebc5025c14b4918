//! The languages of Tesseract that are tried, and what is known of how well they do.

/// A language of Tesseract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OcrLanguage {
    /// Its name with Tesseract.
    pub code: &'static str,
    /// The same language as BCP 47 names it.
    pub tag: &'static str,
    /// The Debian package that brings it.
    pub package: &'static str,
    /// The script that its readings are to be in, ISO 15924.
    pub script: &'static str,
    /// Whether it is written from the right.
    pub from_right: bool,
    /// What people should know before they believe a reading; measured on the pages of `tests/pages`.
    pub caution: Option<&'static str>,
}

const fn language(
    code: &'static str,
    tag: &'static str,
    package: &'static str,
    script: &'static str,
    from_right: bool,
    caution: Option<&'static str>,
) -> OcrLanguage {
    OcrLanguage { code, tag, package, script, from_right, caution }
}

/// In the order in which they are tried: the first of each script, then its others.
pub const LANGUAGES: &[OcrLanguage] = &[
    language("eng", "en", "tesseract-ocr-eng", "Latn", false, None),
    language("chi_sim", "zh-Hans", "tesseract-ocr-chi-sim", "Hani", false, HAN),
    language("bod", "bo", "tesseract-ocr-bod", "Tibt", false, TIBETAN),
    language("ara", "ar", "tesseract-ocr-ara", "Arab", true, None),
    language("rus", "ru", "tesseract-ocr-rus", "Cyrl", false, None),
    language("mya", "my", "tesseract-ocr-mya", "Mymr", false, None),
    language("chi_tra", "zh-Hant", "tesseract-ocr-chi-tra", "Hani", false, HAN),
    language("uig", "ug", "tesseract-ocr-uig", "Arab", true, UYGHUR),
    language("fas", "fa", "tesseract-ocr-fas", "Arab", true, None),
    language("urd", "ur", "tesseract-ocr-urd", "Arab", true, None),
    language("kaz", "kk", "tesseract-ocr-kaz", "Cyrl", false, None),
    language("mon", "mn", "tesseract-ocr-mon", "Cyrl", false, None),
    language("dzo", "dz", "tesseract-ocr-dzo", "Tibt", false, TIBETAN),
];

/// The language of this name.
pub fn language_of(code: &str) -> Option<&'static OcrLanguage> {
    LANGUAGES.iter().find(|language| language.code == code)
}

const HAN: Option<&str> = Some(
    "names in Chinese are often misread by OCR: in traditional characters one in seven, in simplified ones one in twenty was wrong on a clean test page",
);
const TIBETAN: Option<&str> = Some(
    "Tibetan is read well from clean print only: OCR drops or swaps stacked letters and digits on faint or handwritten pages",
);
const UYGHUR: Option<&str> =
    Some("Uyghur is read unreliably by OCR: one letter in twenty was wrong on a clean test page");

/// The script of a letter as far as OCR needs to know it, ISO 15924; none for what is no letter of these scripts.
pub fn script_of(letter: char) -> Option<&'static str> {
    Some(match letter {
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => "Latn",
        '\u{400}'..='\u{52f}' => "Cyrl",
        '\u{620}'..='\u{65f}'
        | '\u{66e}'..='\u{6d3}'
        | '\u{6d5}'..='\u{6ff}'
        | '\u{750}'..='\u{77f}' => "Arab",
        '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => "Arab",
        // Digits and marks of punctuation stand in the block of Tibetan too; they are no proof of it.
        '\u{f00}' | '\u{f0b}' | '\u{f40}'..='\u{fbc}' => "Tibt",
        '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{109f}' => "Mymr",
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => "Hani",
        '\u{20000}'..='\u{323af}' => "Hani",
        _ => return None,
    })
}
