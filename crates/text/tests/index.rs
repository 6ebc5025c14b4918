//! Search: what must be found is found, in every script, with its exact place.

#![allow(clippy::unwrap_used, reason = "a failure in a test may panic anywhere")]

use proptest::prelude::*;
use witnessmark_model::Entropy;
use witnessmark_text::{Document, Index, IndexError, IndexKey, SearchOptions, Writer};

/// Bytes of no randomness at all: tests need the same index in each run.
struct Fixed(u8);

impl Entropy for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn key(byte: u8) -> IndexKey {
    IndexKey::new(&[byte; 32], &mut Fixed(byte))
}

fn document(capture: &str, title: &str, language: &str, published: &str, text: &str) -> Document {
    Document {
        capture: capture.to_owned(),
        title: title.to_owned(),
        url: format!("https://example.org/{capture}"),
        language: language.to_owned(),
        published: (!published.is_empty()).then(|| published.to_owned()),
        text: text.to_owned(),
    }
}

/// Texts in four languages about one invented event.
fn library() -> Index {
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
    for document in [
        document(
            "zh",
            "采集通知",
            "zh-Hans",
            "2022-09-05",
            "公告：西藏某县公安局自六月起采集血样。\n全县九十二万三千人，已完成百分之六十九。DNA采集点设在村委会。",
        ),
        document("zh-2", "寓言", "zh-Hans", "2021", "他把东西藏在箱子里。"),
        document("bo", "བརྡ་ཐོ།", "bo", "2022-09", "བོད་ལྗོངས་ཀྱི་གྲོང་ཚོ་ཁག་ཏུ་ཁྲག་གི་དཔེ་ཚད་བླངས། མི་༦༩ཡོད།"),
        document(
            "ug",
            "ئۇقتۇرۇش",
            "ug",
            "",
            "ئۇيغۇر ئاپتونوم رايونىدا 36 مىليون ئادەمدىن قان ئېلىندى.",
        ),
        document(
            "en",
            "Notice",
            "en",
            "2022-09-13",
            "Police collected blood samples in 14 localities. Police said the samples were needed.",
        ),
        document("th", "ประกาศ", "th", "2020-01-01", "ตำรวจเก็บตัวอย่างเลือด"),
    ] {
        writer.add(&document).unwrap();
    }
    writer.commit().unwrap();
    index
}

/// Searches, and checks on the way that every passage is where it says it is.
fn search(index: &Index, query: &str, options: &SearchOptions) -> Vec<(String, Vec<String>)> {
    let results = index.search(query, options).unwrap();
    assert_eq!(results.total, results.hits.len(), "all hits of {query} fit");
    results
        .hits
        .into_iter()
        .map(|hit| (hit.capture, hit.passages.into_iter().map(|p| p.exact).collect()))
        .collect()
}

#[test]
fn finds_words_of_every_script_where_they_stand() {
    let index = library();
    for (query, expected) in [
        ("西藏", vec![("zh-2", vec!["西藏"]), ("zh", vec!["西藏"])]),
        ("血样", vec![("zh", vec!["血样"])]),
        ("县公", vec![("zh", vec!["县公"])]),
        ("公安局", vec![("zh", vec!["公安局"])]),
        ("样", vec![("zh", vec!["样"])]),
        ("血", vec![("zh", vec!["血"])]),
        ("DNA采集", vec![("zh", vec!["DNA采集"])]),
        ("dna采", vec![("zh", vec!["DNA采"])]),
        ("采集dna", vec![]),
        ("བོད", vec![("bo", vec!["བོད"])]),
        ("ཁྲག་གི་དཔེ་ཚད", vec![("bo", vec!["ཁྲག་གི་དཔེ་ཚད"])]),
        ("དཔེ་ཁྲག", vec![]),
        ("ئۇيغۇر", vec![("ug", vec!["ئۇيغۇر"])]),
        ("police", vec![("en", vec!["Police", "Police"])]),
        ("\"blood samples\"", vec![("en", vec!["blood samples"])]),
        ("\"samples blood\"", vec![]),
        ("blood localities", vec![("en", vec!["blood", "localities"])]),
        ("blood missing", vec![]),
        ("missing OR localities", vec![("en", vec!["localities"])]),
        ("西藏 -箱子", vec![("zh", vec!["西藏"])]),
        ("(血样 OR blood) -police", vec![("zh", vec!["血样"])]),
        ("เลือด", vec![("th", vec!["เลือด"])]),
        // Only the title holds it.
        ("Notice", vec![("en", vec![])]),
    ] {
        let expected: Vec<(String, Vec<String>)> = expected
            .into_iter()
            .map(|(capture, passages)| {
                (capture.to_owned(), passages.into_iter().map(str::to_owned).collect())
            })
            .collect();
        assert_eq!(search(&index, query, &SearchOptions::default()), expected, "{query}");
    }
}

/// Text copied from a PDF file often has radicals of dictionaries for the characters that they look like.
#[test]
fn radicals_are_found_by_the_characters_that_are_seen() {
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Writer::LEAST_BUDGET).unwrap();
    let text = "公告：⻄藏⾃治区某县采集居⺠⾎样，每⼾⼀⼈。";
    writer.add(&document("a", "", "zh-Hans", "", text)).unwrap();
    writer.commit().unwrap();
    let cases = [
        ("血样", "⾎样"),
        ("西藏自治区", "⻄藏⾃治区"),
        ("居民", "居⺠"),
        ("人", "⼈"),
        ("⾎样", "⾎样"),
        ("每户一人", "每⼾⼀⼈"),
    ];
    for (query, words) in cases {
        let expected = vec![("a".to_owned(), vec![words.to_owned()])];
        assert_eq!(search(&index, query, &SearchOptions::default()), expected, "{query}");
    }
}

#[test]
fn a_dictionary_word_ranks_above_the_same_characters_by_chance() {
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
    // "Study of life" holds the characters of "graduate student", cut elsewhere.
    writer.add(&document("chance", "", "zh", "", "他研究生命。")).unwrap();
    writer.add(&document("word", "", "zh", "", "这所大学的研究生从下个月开始报名。")).unwrap();
    writer.commit().unwrap();
    let found = search(&index, "研究生", &SearchOptions::default());
    let captures: Vec<&str> = found.iter().map(|(capture, _)| capture.as_str()).collect();
    assert_eq!(captures, ["word", "chance"]);
}

#[test]
fn passages_count_code_points() {
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Writer::LEAST_BUDGET).unwrap();
    let text = "𠮷野家 👩\u{200d}👧 བོད་ཀྱི། ئۇيغۇر e\u{301}te\u{301} 西藏 end";
    writer.add(&document("a", "", "und", "", text)).unwrap();
    writer.commit().unwrap();
    for query in ["𠮷野", "བོད", "ئۇيغۇر", "été", "西藏", "end"] {
        let results = index.search(query, &SearchOptions::default()).unwrap();
        let passage = &results.hits[0].passages[0];
        let quoted: String =
            text.chars().skip(passage.start).take(passage.end - passage.start).collect();
        assert_eq!(quoted, passage.exact, "{query}");
        assert!(!quoted.is_empty());
    }
}

/// Passages are looked for only in lines that may hold them, and no further than there are enough.
#[test]
fn no_line_that_holds_a_word_is_passed_over() {
    let filler = "nothing of it\n".repeat(40);
    let cases = [
        (
            "over lines",
            "\"blood sample\"",
            format!("{filler}Blood\n\n \nsamplE\n{filler}"),
            vec!["Blood\n\n \nsamplE"],
        ),
        (
            "not over a word",
            "\"blood sample\"",
            format!("blood\nno\nsample\n{filler}blood sample"),
            vec!["blood sample"],
        ),
        (
            "over a word too long to be one",
            "\"blood sample\"",
            format!("blood\n{}\nsample", "x".repeat(300)),
            vec![""],
        ),
        ("fullwidth letters", "blood", format!("{filler}ｂｌｏｏＤ\n{filler}"), vec!["ｂｌｏｏＤ"]),
        (
            "composed and not",
            "café",
            format!("{filler}cafe\u{301}\n{filler}CAFÉ"),
            vec!["cafe\u{301}", "CAFÉ"],
        ),
        (
            "the Kelvin sign",
            "kelvin",
            format!("{filler}\u{212A}elvin\n{filler}"),
            vec!["\u{212A}elvin"],
        ),
        ("other digits", "2022", format!("{filler}༢༠༢༢\n{filler}٢٠٢٢"), vec!["༢༠༢༢", "٢٠٢٢"]),
        (
            "Han of another form",
            "更生",
            format!("{filler}\u{F901}生\n{filler}"),
            vec!["\u{F901}生"],
        ),
        ("a particle", "མི", format!("{filler}མིའི་\n{filler}"), vec!["མི"]),
        ("vowel signs", "محمد", format!("{filler}مُحَمَّد\n{filler}"), vec!["مُحَمَّد"]),
    ];
    for (name, query, text, expected) in cases {
        let index = Index::in_memory().unwrap();
        let mut writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
        writer.add(&document("only", "", "en", "", &text)).unwrap();
        writer.commit().unwrap();
        let found = search(&index, query, &SearchOptions::default());
        let passages: Vec<&str> = found[0].1.iter().map(String::as_str).collect();
        let is_long = expected == [""];
        assert!(
            if is_long {
                passages.len() == 1 && passages[0].len() > 300
            } else {
                passages == expected
            },
            "{name}: {passages:?}"
        );
    }
}

/// One word that stands early and often once hid the places where it stands with the other.
#[test]
fn places_with_all_words_come_first_though_one_is_everywhere() {
    let far = "nothing of it\n".repeat(40);
    let text = format!(
        "police blood blood blood blood blood\n{}",
        format!("{far}police blood\n").repeat(6)
    );
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
    writer.add(&document("only", "", "en", "", &text)).unwrap();
    writer.commit().unwrap();
    let options = SearchOptions { passages: 4, ..SearchOptions::default() };
    let hit = &index.search("police blood", &options).unwrap().hits[0];
    let found: Vec<&str> = hit.passages.iter().map(|passage| passage.exact.as_str()).collect();
    assert_eq!(found, ["police"; 4]);
}

#[test]
fn filters_by_language_and_day() {
    let index = library();
    let captures = |options: SearchOptions| -> Vec<String> {
        let mut found: Vec<String> = search(&index, "西藏 OR བོད OR police OR ئۇيغۇر", &options)
            .into_iter()
            .map(|(capture, _)| capture)
            .collect();
        found.sort();
        found
    };
    let options = SearchOptions::default;
    assert_eq!(captures(options()), ["bo", "en", "ug", "zh", "zh-2"]);
    let language = |tag: &str| SearchOptions { language: Some(tag.to_owned()), ..options() };
    assert_eq!(captures(language("zh")), ["zh", "zh-2"]);
    assert_eq!(captures(language("zh-Hans")), ["zh", "zh-2"]);
    assert!(captures(language("zh-Hant")).is_empty());
    let days = |from: Option<&str>, to: Option<&str>| SearchOptions {
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        ..options()
    };
    assert_eq!(captures(days(Some("2022-09-06"), None)), ["bo", "en"]);
    assert_eq!(captures(days(None, Some("2021-06"))), ["zh-2"]);
    assert_eq!(captures(days(Some("2022"), Some("2022-09-05"))), ["bo", "zh"]);
    let results = index.search("西藏", &days(Some("2000"), None)).unwrap();
    assert!(results.warnings.iter().any(|w| w.contains("not known")), "{:?}", results.warnings);
    let wrong = index.search("西藏", &days(Some("yesterday"), None)).unwrap_err();
    assert!(matches!(wrong, IndexError::Date { .. }), "{wrong}");
}

#[test]
fn a_broken_query_says_where_and_what_to_do() {
    let index = library();
    for (query, at) in [
        ("", 0),
        ("  …  ", 0),
        ("西藏 \"blood", 3),
        ("(blood", 0),
        ("blood)", 5),
        ("OR blood", 0),
        ("blood OR", 6),
        ("-blood", 0),
    ] {
        match index.search(query, &SearchOptions::default()) {
            Err(IndexError::Query(error)) => {
                assert_eq!(error.at, at, "{query}: {error}");
                assert!(!error.hint.is_empty());
            }
            other => panic!("{query} gave {other:?}"),
        }
    }
    let deep = "(".repeat(10_000);
    assert!(matches!(index.search(&deep, &SearchOptions::default()), Err(IndexError::Query(_))));
}

#[test]
fn warns_of_scripts_that_are_searched_less_well() {
    let results = library().search("เลือด", &SearchOptions::default()).unwrap();
    assert!(results.warnings[0].starts_with("Thai"), "{:?}", results.warnings);
}

#[test]
fn lives_on_disk_and_forgets_what_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    assert!(matches!(Index::open(&path, None), Err(IndexError::Unusable { .. })));
    let index = Index::create(&path, None).unwrap();
    assert!(matches!(Index::create(&path, None), Err(IndexError::Unusable { .. })));
    let mut writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
    assert!(matches!(index.writer(Writer::DEFAULT_BUDGET), Err(IndexError::Locked)));
    for number in 0..20 {
        let capture = format!("c{number}");
        writer.add(&document(&capture, "", "bo", "", "བོད་ལྗོངས")).unwrap();
        if number % 5 == 0 {
            writer.commit().unwrap();
        }
    }
    writer.delete("c7");
    writer.finish().unwrap();
    let again = Index::open(&path, None).unwrap();
    assert_eq!(again.len(), 19);
    let results =
        again.search("བོད", &SearchOptions { limit: 3, ..SearchOptions::default() }).unwrap();
    assert_eq!((results.hits.len(), results.total), (3, 19));
    assert!(again.writer(1000).is_err());
}

#[test]
fn without_copies_the_caller_gives_the_texts() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create_without_texts(folder.path(), None).unwrap();
    let mut writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
    writer.add(&document("a", "", "zh", "", "西藏的血样。")).unwrap();
    writer.commit().unwrap();
    drop(writer);
    let again = Index::open(folder.path(), None).unwrap();
    let bare = again.search("血样", &SearchOptions::default()).unwrap();
    assert_eq!((bare.total, bare.hits[0].passages.len()), (1, 0));
    let text_of = |capture: &str| (capture == "a").then(|| "西藏的血样。".to_owned());
    let full = again.search_with("血样", &SearchOptions::default(), text_of).unwrap();
    let passage = &full.hits[0].passages[0];
    assert_eq!((passage.exact.as_str(), passage.start, passage.end), ("血样", 3, 5));
}

/// An index with copies of its texts, committed twice, so that it has several segments and was merged.
fn fill(index: &Index, texts: usize) {
    let mut writer = index.writer(Writer::DEFAULT_BUDGET).unwrap();
    for number in 0..texts {
        let text = format!("Qamdo-{number} blood samples were collected, 昌都市采集血样{number}");
        writer.add(&document(&format!("capture-{number}"), "Quxar", "en", "2022", &text)).unwrap();
        if number % 40 == 0 {
            writer.commit().unwrap();
        }
    }
    writer.delete("capture-3");
    writer.finish().unwrap();
}

/// Every byte of the files of a folder, one file after another.
fn all_bytes(folder: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn a_sealed_index_finds_the_same_and_shows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (open, sealed) = (folder.path().join("open"), folder.path().join("sealed"));
    fill(&Index::create(&open, None).unwrap(), 200);
    fill(&Index::create(&sealed, Some(&key(1))).unwrap(), 200);
    assert!(matches!(
        Index::create(&sealed, Some(&key(1))),
        Err(IndexError::Unusable { reason: "is there already", .. })
    ));
    let shown = Index::open(&open, None).unwrap();
    let hidden = Index::open(&sealed, Some(&key(1))).unwrap();
    assert_eq!((shown.len(), hidden.len()), (199, 199));
    for query in ["blood", "昌都", "\"blood samples\" qamdo", "collec*", "Quxar", "nothing"] {
        let found = |index: &Index| {
            let options = SearchOptions { limit: 500, ..SearchOptions::default() };
            let results = index.search(query, &options).unwrap();
            let mut hits: Vec<_> =
                results.hits.into_iter().map(|hit| (hit.capture, hit.passages)).collect();
            hits.sort_by(|a, b| a.0.cmp(&b.0));
            hits
        };
        assert_eq!(found(&shown), found(&hidden), "{query}");
    }
    let (open, sealed) = (all_bytes(&open), all_bytes(&sealed));
    // Without its hyphen: merged in another order, the first `capture-138` of a compressed block lends `-138` to its text, and
    // `Qamdo-` stood nowhere in one run of ten.
    let planted = ["昌都市采集血样", "Qamdo", "segment_id", "body"];
    for planted in planted {
        let is_in = |bytes: &[u8]| memchr::memmem::find(bytes, planted.as_bytes()).is_some();
        assert!(is_in(&open), "{planted} stands in the open index, or this test proves nothing");
        assert!(!is_in(&sealed), "{planted} stands in the sealed index");
    }
}

#[test]
fn a_sealed_index_opens_with_its_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (open, sealed) = (folder.path().join("open"), folder.path().join("sealed"));
    fill(&Index::create(&open, None).unwrap(), 1);
    fill(&Index::create(&sealed, Some(&key(1))).unwrap(), 1);
    for (what, path, key) in [
        ("another key", &sealed, Some(key(2))),
        ("no key", &sealed, None),
        ("a key for an open index", &open, Some(key(1))),
    ] {
        let error = Index::open(path, key.as_ref()).expect_err(what);
        assert!(matches!(error, IndexError::Unusable { .. }), "{what}: {error}");
    }
}

/// Whatever is damaged is an error or changes no answer: never another answer, never a panic.
#[test]
fn a_damaged_sealed_index_gives_no_wrong_answer() {
    let folder = tempfile::tempdir().unwrap();
    fill(&Index::create(folder.path(), Some(&key(1))).unwrap(), 60);
    let answer = || -> Result<usize, IndexError> {
        let index = Index::open(folder.path(), Some(&key(1)))?;
        Ok(index
            .search("blood", &SearchOptions { limit: 99, ..SearchOptions::default() })?
            .hits
            .len())
    };
    let right = answer().unwrap();
    let mut refused = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let whole = std::fs::read(&path).unwrap();
        if whole.is_empty() {
            continue;
        }
        for at in [0, 20, 50, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            std::fs::write(&path, damaged).unwrap();
            match answer() {
                Ok(found) => assert_eq!(found, right, "{} at {at}", path.display()),
                Err(_) => refused += 1,
            }
        }
        std::fs::write(&path, whole).unwrap();
    }
    assert!(refused > 20, "{refused} damaged files were noticed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any piece of a text in scripts without spaces, and any row of syllables or words of the
    /// others, is found in its text, and its passages are that piece.
    #[test]
    fn every_piece_of_a_text_is_found(
        han in proptest::collection::vec(prop::sample::select("西藏自治区公安厅采集血样的东方红人民新疆𠮷野家".chars().collect::<Vec<_>>()), 4..30),
        words in proptest::collection::vec(prop::sample::select(vec!["བོད", "ལྗོངས", "མིའི", "ཁྲག", "ئۇيغۇر", "قان", "blood", "sample"]), 3..12),
        from in 0_usize..20, length in 1_usize..5,
    ) {
        let han: String = han.into_iter().collect();
        let tibetan = words.join("་");
        let spaced = words.join(" ");
        let piece = |count: usize| {
            let from = from % count;
            from..(from + length).min(count)
        };
        let characters: Vec<char> = han.chars().collect();
        let han_piece: String = characters[piece(characters.len())].iter().collect();
        let syllables = words[piece(words.len())].join("་");
        let phrase = format!("\"{}\"", words[piece(words.len())].join(" "));
        let index = Index::in_memory().unwrap();
        let mut writer = index.writer(Writer::LEAST_BUDGET).unwrap();
        for (capture, text) in [("han", &han), ("tibetan", &tibetan), ("spaced", &spaced)] {
            writer.add(&document(capture, "", "und", "", &format!("前言 {text}。"))).unwrap();
        }
        writer.commit().unwrap();
        for (capture, query, bare) in [
            ("han", &han_piece, han_piece.clone()),
            ("tibetan", &syllables, syllables.clone()),
            ("spaced", &phrase, phrase.trim_matches('"').to_owned()),
        ] {
            let results = index.search(query, &SearchOptions::default()).unwrap();
            let hit = results.hits.iter().find(|hit| hit.capture == capture);
            prop_assert!(hit.is_some(), "{} not found for {}", capture, query);
            for passage in &hit.unwrap().passages {
                prop_assert_eq!(&passage.exact, &bare);
            }
        }
    }
}

#[test]
fn conditions_stand_in_the_query() {
    let index = library();
    for (query, expected) in [
        ("title:notice", vec!["en"]),
        ("title:(采集 OR notice)", vec!["en", "zh"]),
        ("text:notice", vec![]),
        ("url:zh-2 language:zh", vec!["zh-2"]),
        ("site:example.org blood", vec!["en"]),
        ("site:https://EXAMPLE.org/x blood", vec!["en"]),
        ("site:www.example.org blood", vec![]),
        ("language:zh", vec!["zh", "zh-2"]),
        ("language:zh -language:zh-Hans", vec![]),
        ("published:2022-09-05", vec!["bo", "zh"]),
        ("published:2021..2022-09-05", vec!["bo", "zh", "zh-2"]),
        ("published:..2020", vec!["th"]),
        ("published:2022-09-13..", vec!["bo", "en"]),
        ("sampl*", vec!["en"]),
        ("polic* AND NOT injur*", vec!["en"]),
        ("smaples~", vec!["en"]),
        ("sanples~1", vec!["en"]),
        ("simplas~1", vec![]),
        ("ئۇيغۇز~", vec!["ug"]),
        ("(language:en -blood) OR (-language:en 西藏)", vec!["zh", "zh-2"]),
        ("blood (-injury -bone)", vec!["en"]),
        ("place:x", vec!["bo", "en"]),
    ] {
        let options = SearchOptions {
            places: [("x".to_owned(), vec!["བོད་ལྗོངས".to_owned(), "14 localities".to_owned()])]
                .into(),
            ..SearchOptions::default()
        };
        let mut found: Vec<_> =
            search(&index, query, &options).into_iter().map(|(capture, _)| capture).collect();
        found.sort();
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn spans_are_those_of_the_words_that_were_found() {
    let index = library();
    for (query, expected) in [
        ("sampl*", vec!["samples", "samples"]),
        ("smaples~", vec!["samples", "samples"]),
        ("ئۇيغۇز~", vec!["ئۇيغۇر"]),
        ("ئاپتون*", vec!["ئاپتونوم"]),
        ("གྲོང*", vec!["གྲོང"]),
        ("text:police", vec!["Police", "Police"]),
    ] {
        let found = search(&index, query, &SearchOptions::default());
        assert_eq!(found[0].1, expected, "{query}");
    }
}

#[test]
fn simplified_finds_traditional_and_back_when_asked() {
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Writer::LEAST_BUDGET).unwrap();
    writer.add(&document("hans", "", "zh-Hans", "", "县公安局头发样本发展计划")).unwrap();
    writer.add(&document("hant", "", "zh-Hant", "", "縣公安局頭髮樣本發展計劃")).unwrap();
    writer.commit().unwrap();
    for (query, expected) in [
        ("头发", vec![("hans", "头发"), ("hant", "頭髮")]),
        ("頭髮樣本", vec![("hans", "头发样本"), ("hant", "頭髮樣本")]),
        ("\"样本发展\"", vec![("hans", "样本发展"), ("hant", "樣本發展")]),
        ("樣", vec![("hans", "样"), ("hant", "樣")]),
        ("县", vec![("hans", "县"), ("hant", "縣")]),
    ] {
        let options = SearchOptions { variants: true, ..SearchOptions::default() };
        let mut found: Vec<_> = search(&index, query, &options)
            .into_iter()
            .map(|(capture, passages)| (capture, passages[0].clone()))
            .collect();
        found.sort();
        let expected: Vec<_> =
            expected.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        assert_eq!(found, expected, "{query}");
        let plain = search(&index, query, &SearchOptions::default());
        assert_eq!(plain.len(), 1, "{query} without variants");
    }
}

#[test]
fn near_duplicates_are_folded_into_the_best_hit() {
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Writer::LEAST_BUDGET).unwrap();
    let words: Vec<String> = (0..300).map(|n| format!("word{n}")).collect();
    let text = format!("police {}", words.join(" "));
    let reprint = text.replace("word7 ", "Word7, said ");
    writer.add(&document("first", "police", "en", "", &text)).unwrap();
    writer.add(&document("reprint", "", "en", "", &reprint)).unwrap();
    writer.add(&document("same", "", "en", "", &text)).unwrap();
    writer.add(&document("other", "", "en", "", "police wrote something else altogether")).unwrap();
    writer.commit().unwrap();
    let options = SearchOptions { fold: true, ..SearchOptions::default() };
    let results = index.search("police", &options).unwrap();
    let mut found: Vec<_> = results
        .hits
        .iter()
        .map(|hit| {
            let mut folded = hit.folded.clone();
            folded.sort();
            (hit.capture.as_str(), folded)
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [("first", vec!["reprint".to_owned(), "same".to_owned()]), ("other", vec![])]
    );
    assert_eq!(results.total, 4, "the total counts every text");
    let all = index.search("police", &SearchOptions::default()).unwrap();
    assert_eq!(all.hits.len(), 4);
    assert!(all.hits.iter().all(|hit| hit.folded.is_empty()));
}

#[test]
fn errors_of_the_grammar_name_their_place() {
    let index = library();
    for (query, at) in [
        ("published:2022-13", 10),
        ("blood published:2022..2021", 16),
        ("blood language:?", 15),
        ("s*", 1),
        ("sa*mple", 2),
        ("blood~7", 5),
        ("\"blood samples\"~2", 15),
        ("西藏~", 2),
        ("a AND", 2),
        ("AND b", 0),
        ("a AND OR b", 2),
        ("a NOT", 2),
        ("place:nowhere", 6),
        ("site:/", 5),
        ("-site:example.org", 0),
    ] {
        match index.search(query, &SearchOptions::default()) {
            Err(IndexError::Query(error)) => assert_eq!(error.at, at, "{query}: {error}"),
            other => panic!("{query}: {other:?}"),
        }
    }
    let results = index.search("titel:notice OR 10:30", &SearchOptions::default()).unwrap();
    assert!(results.warnings[0].contains("`titel:` is no field"), "{:?}", results.warnings);
    assert_eq!(results.warnings.len(), 1);
}
