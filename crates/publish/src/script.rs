//! Which way a language is written, and what it is called in English.

/// `rtl` or `ltr` for a BCP 47 tag; a script subtag wins over the language.
pub(crate) fn direction(language: &str) -> &'static str {
    let mut subtags = language.split('-');
    let primary = subtags.next().unwrap_or_default().to_ascii_lowercase();
    let script = subtags.find(|tag| tag.len() == 4 && tag.chars().all(|c| c.is_ascii_alphabetic()));
    let right_to_left = match script.map(str::to_ascii_lowercase).as_deref() {
        Some("arab" | "hebr" | "thaa" | "nkoo" | "syrc" | "adlm") => true,
        Some(_) => false,
        None => matches!(
            primary.as_str(),
            "ar" | "ckb" | "dv" | "fa" | "he" | "ps" | "sd" | "ug" | "ur" | "yi"
        ),
    };
    if right_to_left { "rtl" } else { "ltr" }
}

const NAMES: &[(&str, &str)] = &[
    ("ar", "Arabic"),
    ("bo", "Tibetan"),
    ("ckb", "Central Kurdish"),
    ("de", "German"),
    ("dz", "Dzongkha"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fa", "Persian"),
    ("fr", "French"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("ii", "Nuosu Yi"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("kk", "Kazakh"),
    ("ko", "Korean"),
    ("ky", "Kyrgyz"),
    ("mn", "Mongolian"),
    ("my", "Burmese"),
    ("ne", "Nepali"),
    ("ps", "Pashto"),
    ("pt", "Portuguese"),
    ("ru", "Russian"),
    ("th", "Thai"),
    ("tr", "Turkish"),
    ("ug", "Uyghur"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
];

/// The English name of the language, or the tag itself.
pub(crate) fn name(language: &str) -> &str {
    let primary = language.split('-').next().unwrap_or_default();
    NAMES.iter().find(|(code, _)| *code == primary).map_or(
        if language.is_empty() || primary == "und" { "not known" } else { language },
        |(_, name)| name,
    )
}

/// A tag that is safe as an HTML `lang`: `und` where it is not of the form of BCP 47.
pub(crate) fn tag(language: &str) -> &str {
    let plain =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric());
    if language.split('-').all(plain) { language } else { "und" }
}

/// Whether most strong characters of `text` are written from right to left.
pub(crate) fn reads_right_to_left(text: &str) -> bool {
    let (mut right, mut left) = (0_usize, 0_usize);
    for character in text.chars() {
        match character {
            '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' => {
                right += 1;
            }
            other if other.is_alphabetic() => left += 1,
            _ => {}
        }
    }
    right > left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_directions_and_names() {
        let cases = [
            ("ug", "rtl", "Uyghur"),
            ("ug-Latn", "ltr", "Uyghur"),
            ("az-Arab-IR", "rtl", "az-Arab-IR"),
            ("bo", "ltr", "Tibetan"),
            ("zh-Hans-CN", "ltr", "Chinese"),
            ("", "ltr", "not known"),
        ];
        for (language, way, called) in cases {
            assert_eq!((direction(language), name(language)), (way, called), "{language}");
        }
        assert_eq!(tag("zh-Hant"), "zh-Hant");
        for hostile in ["", "en\" onload", "zh_CN", "verylongtag"] {
            assert_eq!(tag(hostile), "und", "{hostile}");
        }
        assert!(reads_right_to_left("2021 دولۋۇكو DNA ناھىيەسى"));
        assert!(!reads_right_to_left("དེལ་ཝོ་རུ 2021"));
    }
}
