//! Reading pages: every charset, what is visible, and what the page says about itself.

#![allow(clippy::unwrap_used, reason = "a failure in a test may panic anywhere")]

use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, WINDOWS_1251, WINDOWS_1256};
use proptest::prelude::*;
use witnessmark_text::{
    EXTRACTOR, ExtractError, Extraction, Hints, Offsets, PlaceNames, extract, find_mentions_among,
};

fn read(bytes: &[u8], hints: &Hints) -> Extraction {
    extract(bytes, hints).unwrap()
}

fn page(html: &str) -> Extraction {
    read(html.as_bytes(), &Hints { media_type: Some("text/html".to_owned()), ..Hints::default() })
}

fn http(charset: &str) -> Hints {
    Hints { media_type: Some(format!("text/html; charset={charset}")), ..Hints::default() }
}

fn utf_16(text: &str, little: bool) -> Vec<u8> {
    let pair = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(pair).collect()
}

const CHINESE: &str =
    "某县公安局采集村民血样的通知，全县九十二万三千人，已完成百分之六十九，其余的下个月完成。";
const TAIWAN: &str =
    "某縣警察局採集村民血樣的通知，全縣九十二萬三千人，已完成百分之六十九，其餘的下個月完成。";
const JAPANESE: &str =
    "警察は村の住民から血液の試料を採取したと発表しました。来月までに終わる予定です。";
const KOREAN: &str =
    "경찰이 마을 주민들의 혈액 시료를 채취했다고 발표했다. 다음 달까지 끝날 예정이다.";
const RUSSIAN: &str =
    "Полиция собрала образцы крови у жителей деревни. Работа закончится в следующем месяце.";
const ARABIC: &str = "جمعت الشرطة عينات من دم سكان القرية، وسوف ينتهي العمل في الشهر المقبل.";

/// A charset named by the transport, by the page, or by nobody: the text is the same.
#[test]
fn decodes_as_browsers_do() {
    for (encoding, label, text) in [
        (GB18030, "gb18030", CHINESE),
        (GBK, "gb2312", CHINESE),
        (BIG5, "big5", TAIWAN),
        (SHIFT_JIS, "shift_jis", JAPANESE),
        (EUC_KR, "euc-kr", KOREAN),
        (WINDOWS_1251, "windows-1251", RUSSIAN),
        (WINDOWS_1256, "windows-1256", ARABIC),
    ] {
        let encode = |html: &str| {
            let (bytes, _, unmappable) = encoding.encode(html);
            assert!(!unmappable, "{label} cannot hold the fixture");
            bytes.into_owned()
        };
        let bare = encode(&format!("<html><body><p>{text}</p></body></html>"));
        let meta = encode(&format!(
            "<html><head><meta charset='{label}'><title>x</title></head><body><p>{text}</p>"
        ));
        let old = encode(&format!(
            "<html><head><META http-equiv=Content-Type content=\"text/html; charset={label}\"></head><body><p>{text}"
        ));
        for (name, bytes, hints) in [
            ("http", &bare, http(label)),
            ("meta", &meta, Hints::default()),
            ("http-equiv", &old, Hints::default()),
            ("guess", &bare, Hints::default()),
        ] {
            let found = read(bytes, &hints);
            assert_eq!(found.text, text, "{label} by {name}");
            assert!(found.warnings.is_empty(), "{label} by {name}: {:?}", found.warnings);
        }
    }
}

#[test]
fn decodes_utf_16_with_and_without_a_mark() {
    let html = format!(
        "<html><head><title>t</title></head><body><p>{CHINESE} plain words too</p></body></html>"
    );
    for little in [true, false] {
        let bytes = utf_16(&html, little);
        let marked = [utf_16("\u{FEFF}", little), bytes.clone()].concat();
        let label = if little { "utf-16le" } else { "utf-16be" };
        for (name, bytes, hints) in [
            ("mark", &marked, Hints::default()),
            ("mark against http", &marked, http("gbk")),
            ("http", &bytes, http(label)),
            ("guess", &bytes, Hints::default()),
        ] {
            let found = read(bytes, &hints);
            assert_eq!(found.text, format!("{CHINESE} plain words too"), "{label} by {name}");
            assert_eq!(found.charset.to_lowercase(), label);
        }
    }
}

/// Pages that say one charset and are written in another.
#[test]
fn reads_mislabelled_pages_as_what_they_are() {
    let utf_8 = format!("<meta charset=gbk><p>{CHINESE}</p>");
    let gbk = GBK.encode(&format!("<meta charset=utf-8><p>{CHINESE}</p>")).0.into_owned();
    let latin = format!("<p>{RUSSIAN}</p>");
    for (name, bytes, hints, text) in [
        ("UTF-8 labelled GBK", utf_8.as_bytes(), Hints::default(), CHINESE),
        ("GBK labelled UTF-8", gbk.as_slice(), Hints::default(), CHINESE),
        ("UTF-8 labelled Latin-1", latin.as_bytes(), http("iso-8859-1"), RUSSIAN),
        ("UTF-8 labelled UTF-16", latin.as_bytes(), http("utf-16"), RUSSIAN),
    ] {
        let found = read(bytes, &hints);
        assert_eq!(found.text, text, "{name}");
        assert!(found.warnings.iter().any(|w| w.starts_with("charset: labelled")), "{name}");
    }
}

/// What a label means on the web (WHATWG Encoding) is not always what its name says.
#[test]
fn labels_mean_what_browsers_take_them_for() {
    // GB18030 holds all of Unicode: Tibetan, Uyghur and rare characters in four bytes.
    let minorities = "བོད་ཡིག ئۇيغۇر 𠮷野家 县".to_owned();
    let late = |distance: usize| {
        format!(
            "<html><head><!--{}--><meta charset=big5><title>t</title></head><body>{TAIWAN}",
            "-x".repeat(distance)
        )
    };
    for (name, bytes, hints, text, charset) in [
        (
            "GB18030 in four bytes, by meta",
            GB18030.encode(&format!("<meta charset=gb18030><p>{minorities}")).0.into_owned(),
            Hints::default(),
            minorities.as_str(),
            "gb18030",
        ),
        (
            "GB2312 is GBK: a character that GB2312 lacks",
            GBK.encode("<p>朱镕基，囧").0.into_owned(),
            http("gb2312"),
            "朱镕基，囧",
            "GBK",
        ),
        (
            "Big5 with characters of Hong Kong",
            [&b"<p>"[..], &BIG5.encode("香港").0, b"\xfa\x40"].concat(),
            http("big5"),
            "香港\u{20547}",
            "Big5",
        ),
        (
            "ISO-8859-1 is windows-1252",
            b"<p>\x93words\x94 \x85 caf\xe9".to_vec(),
            http("ISO-8859-1"),
            "\u{201C}words\u{201D} \u{2026} café",
            "windows-1252",
        ),
        (
            "ASCII is windows-1252",
            b"<meta charset=us-ascii><p>\x80 5".to_vec(),
            Hints::default(),
            "€ 5",
            "windows-1252",
        ),
        (
            "a declaration behind the first 1,024 bytes",
            BIG5.encode(&late(2_000)).0.into_owned(),
            Hints::default(),
            TAIWAN,
            "Big5",
        ),
        (
            "HTTP against the page",
            BIG5.encode(&format!("<meta charset=gbk><p>{TAIWAN}")).0.into_owned(),
            http("big5"),
            TAIWAN,
            "Big5",
        ),
        (
            "a mark against HTTP and the page",
            [b"\xef\xbb\xbf", format!("<meta charset=gbk><p>{CHINESE}").as_bytes()].concat(),
            http("big5"),
            CHINESE,
            "UTF-8",
        ),
        (
            "a page that says gb2312 and is UTF-8",
            format!(
                "<meta http-equiv=content-type content='text/html; charset=gb2312'><p>{CHINESE}"
            )
            .into_bytes(),
            Hints::default(),
            CHINESE,
            "UTF-8",
        ),
        (
            "a page in ASCII bytes that says UTF-16 is UTF-8",
            format!("<meta charset=utf-16le><p>{RUSSIAN}").into_bytes(),
            Hints::default(),
            RUSSIAN,
            "UTF-8",
        ),
        (
            "UTF-16 with next to no ASCII, by HTTP",
            utf_16(&format!("<p>{}", CHINESE.repeat(20)), true),
            http("utf-16"),
            &CHINESE.repeat(20),
            "UTF-16LE",
        ),
        (
            "an XML declaration",
            EUC_KR
                .encode(&format!("<?xml version='1.0' encoding='euc-kr'?><html><body><p>{KOREAN}"))
                .0
                .into_owned(),
            Hints::default(),
            KOREAN,
            "EUC-KR",
        ),
        (
            "a declaration in a comment is none",
            format!("<!-- <meta charset=big5> --><meta charset=utf-8><p>{CHINESE}").into_bytes(),
            Hints::default(),
            CHINESE,
            "UTF-8",
        ),
    ] {
        let found = read(&bytes, &hints);
        assert_eq!(found.text, text, "{name}");
        assert_eq!(found.charset, charset, "{name}");
    }
}

#[test]
fn a_broken_byte_does_not_change_the_charset() {
    let mut bytes = format!("<meta charset=utf-8><p>{}</p>", CHINESE.repeat(5)).into_bytes();
    bytes.insert(60, 0xFF);
    let found = read(&bytes, &Hints::default());
    assert_eq!(found.charset, "UTF-8");
    assert!(found.text.contains("九十二万三千人"));
    assert!(found.warnings.iter().any(|w| w.contains("U+FFFD")), "{:?}", found.warnings);
}

#[test]
fn text_is_what_a_reader_sees() {
    for (html, expected) in [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<div>a<div>b</div>c</div>", "a\nb\nc"),
        ("  a \n <b>b</b>\tc ", "a b c"),
        ("<b>a</b><i>b</i>", "ab"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<h1>Title</h1><p>text", "Title\n\ntext"),
        ("<pre>\n a\n  b\r\n</pre>c", "a\n  b\n\nc"),
        // Tables keep their cells, empty ones and nested paragraphs too.
        (
            "<table><tr><th>county<th>people<tr><td>A<td>92,000<tr><td><p>B</p><td><p>1,200</p></table>",
            "county\tpeople\nA\t92,000\nB\t1,200",
        ),
        ("<table><tr><td>a</td><td></td><td>c</td></tr></table>", "a\t\tc"),
        ("<table><tr><td></td><td>b</td></tr><tr><td>c</td><td></td></tr></table>", "\tb\nc"),
        // Not shown.
        (
            "a<script>var x='<p>no</p>'</script><style>p{}</style><!-- no --><noscript>no</noscript>b",
            "ab",
        ),
        (
            "a<p hidden>no</p><p style='color:red; DISPLAY : none'>no</p><template>no</template>b",
            "ab",
        ),
        ("<head><title>no</title></head><body>yes", "yes"),
        ("<select><option>a<option>b</select>", "a\nb"),
        ("<script><!-- <script>no</script> no --></script>yes", "yes"),
        ("<textarea>kept <b>as it is</b></textarea>", "kept <b>as it is</b>"),
        ("<ruby>漢<rp>(</rp><rt>han</rt><rp>)</rp></ruby>", "漢han"),
        // Broken.
        (
            "a < b & c &amp; d &lt;e&gt; &#x897F;&#34255; &nosuch;",
            "a < b & c & d <e> 西藏 &nosuch;",
        ),
        ("<p>a<p>b</div></span>c", "a\n\nbc"),
        ("<b>a<p>b</b>c", "a\n\nbc"),
        ("one<p", "one"),
        ("x<a href='never closed", "x"),
        ("a\0b", "ab"),
        (
            "<!DOCTYPE html><html><body><p>é e\u{301} ཀྵ གྷ \u{0F43} 金</p>",
            "é e\u{301} ཀྵ གྷ \u{0F43} 金",
        ),
    ] {
        let found = page(html).text;
        // Preformatted white space is kept as it is.
        let found = if html.starts_with("<pre>") { found.trim_start().to_owned() } else { found };
        assert_eq!(found, expected, "{html}");
    }
}

#[test]
fn keeps_code_points_as_decoded() {
    // Each changes under NFC.
    let text = "\u{0F43} \u{0F69} \u{F900} \u{212B} e\u{301} ﷺ";
    assert_eq!(page(&format!("<p>{text}</p>")).text, text);
}

#[test]
fn resolves_links() {
    let html = "<base href='/news/'><a href='a.html'>One  <b>link</b></a> <a href='//x.example/b'>b</a>\
        <a href='#here'>no</a><a href='javascript:void(0)'>no</a><a href='mailto:a@b.example'>mail</a>\
        <a name=x>no</a><a href='?q=1&amp;r=2'><img src=i></a>";
    let hints = Hints { url: Some("https://site.example/dir/page".to_owned()), ..Hints::default() };
    let links = read(format!("<html>{html}").as_bytes(), &hints).links;
    let found: Vec<(&str, &str)> =
        links.iter().map(|link| (link.href.as_str(), link.text.as_str())).collect();
    assert_eq!(
        found,
        [
            ("https://site.example/news/a.html", "One link"),
            ("https://x.example/b", "b"),
            ("mailto:a@b.example", "mail"),
            ("https://site.example/news/?q=1&r=2", ""),
        ]
    );
}

#[test]
fn reads_title_and_date_and_says_where() {
    for (head, date, found_in) in [
        (
            "<meta property='article:published_time' content='2022-09-05T08:00:00+08:00'>",
            "2022-09-05",
            "meta article:published_time",
        ),
        (
            "<script type='application/ld+json'>{\"@graph\":[{\"@type\":\"NewsArticle\",\"datePublished\":\"2022-09-05\"}]}</script>",
            "2022-09-05",
            "json-ld datePublished",
        ),
        ("<meta name=PubDate content='2022年9月5日 10:02'>", "2022-09-05", "meta pubdate"),
        ("<body><time datetime='2022-09-05'>today</time>", "2022-09-05", "time"),
        (
            "<body><span itemprop=datePublished>5 September 2022</span>",
            "2022-09-05",
            "itemprop datePublished",
        ),
        ("<body>", "2022-09-05", "url"),
    ] {
        let html = format!("<html><head><title> The\n title </title>{head}");
        let hints = Hints {
            url: Some("https://x.example/2022-09/05/t20220905_12.html".to_owned()),
            ..Hints::default()
        };
        let found = read(html.as_bytes(), &hints);
        assert_eq!(found.title.as_deref(), Some("The title"));
        let published = found.published.unwrap();
        assert_eq!((published.date.as_str(), published.found_in.as_str()), (date, found_in));
    }
    assert_eq!(
        page("<html><svg><title>icon</title></svg><title>Page</title>").title.as_deref(),
        Some("Page")
    );
}

#[test]
fn reads_plain_text() {
    let hints = Hints { file_name: Some("notes.txt".to_owned()), ..Hints::default() };
    let found = read("First line\r\nབོད་ཡིག\r<not html>\n".as_bytes(), &hints);
    assert_eq!(found.text, "First line\nབོད་ཡིག\n<not html>\n");
    assert_eq!(
        (found.media_type.as_str(), found.title.as_deref()),
        ("text/plain", Some("First line"))
    );
    assert_eq!(found.extractor, EXTRACTOR);
    let csv = read(
        b"place,count\nA,3\n",
        &Hints { file_name: Some("a.CSV".to_owned()), ..Hints::default() },
    );
    assert_eq!(csv.media_type, "text/csv");
}

#[test]
fn says_what_it_does_not_read() {
    assert_eq!(extract(b"", &Hints::default()), Err(ExtractError::Empty));
    for (bytes, media_type) in [
        (b"%PDF-1.7 and so on".as_slice(), "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"PK\x03\x04", "application/zip"),
    ] {
        // Whatever the label says.
        let error = extract(bytes, &http("utf-8")).unwrap_err();
        assert_eq!(error, ExtractError::Unsupported { media_type: media_type.to_owned() });
        assert!(!error.hint().is_empty());
    }
    let noise: Vec<u8> = (0..2000_u32).map(|n| (n * 7 % 256) as u8).collect();
    assert!(matches!(extract(&noise, &Hints::default()), Err(ExtractError::NotText { .. })));
}

/// Input made to hurt: it ends, in bounded time and memory, and the text that is there is read.
#[test]
fn survives_hostile_pages() {
    let many = 40_000;
    for (name, html, expected) in [
        ("deep nesting", "<div>".repeat(many) + "end", "end"),
        (
            "deep nesting closed",
            "<div>".repeat(many) + "end" + &"</div>".repeat(many) + "after",
            "end",
        ),
        ("deep inline", "<b><i>".repeat(many) + "end", "end"),
        ("deep lists", "<ul><li>".repeat(many) + "end", "end"),
        ("deep tables", "<table><tr><td>".repeat(10_000) + "end", "end"),
        (
            "many attributes",
            format!("<p {}>end", (0..many).map(|n| format!("a{n}=1 ")).collect::<String>()),
            "end",
        ),
        ("same attribute", format!("<p {}>end", "class=a ".repeat(many)), "end"),
        ("huge attribute", format!("<p title='{}'>end", "x".repeat(3_000_000)), "end"),
        ("unclosed comment", "end<!--".to_owned() + &"-".repeat(500_000), "end"),
        ("stray ends", "</p></div></table>".repeat(many) + "end", "end"),
        ("open brackets", "<".repeat(500_000) + " end", "end"),
        ("ampersands", "&".repeat(100_000) + " end", "end"),
        ("misnested formatting", "<p><b><a href=x>".repeat(20_000) + "end", "end"),
        (
            "script ends",
            "<script>".to_owned() + &"<!--<script></script".repeat(20_000) + "</script>-->",
            "",
        ),
        ("bogus tags", "<x-y ".repeat(100_000) + ">end", "end"),
        ("figures on one line", "1. ".repeat(60_000) + "end", "end"),
        ("figures without a space", "共2016人".repeat(30_000) + "end", "end"),
        ("digits in a row", "1".repeat(300_000) + " end", "end"),
        ("Chinese digits in a row", "一".repeat(100_000) + " end", "end"),
        ("links in links", "<a href=/x><div>text ".repeat(20_000) + "end", "end"),
        ("articles in articles", "<article><p>text, ".repeat(20_000) + "end", "end"),
        ("nul bytes", "aaaa\0".repeat(100_000) + "end", "end"),
    ] {
        let found = page(&html);
        assert!(found.text.contains(expected), "{name}: {:?}", found.text.get(..50));
    }
}

#[test]
fn says_when_a_limit_was_reached() {
    let deep = page(&("<div>".repeat(10_000) + "end"));
    assert!(deep.warnings.iter().any(|w| w.starts_with("nesting:")), "{:?}", deep.warnings);
    let links = page(&"<a href='https://x.example/'>x</a>".repeat(20_001));
    assert_eq!(links.links.len(), 20_000);
    assert!(links.warnings.iter().any(|w| w.starts_with("links:")));
    let wide = page(&"<i>x</i>".repeat(1_600_000));
    assert!(wide.warnings.iter().any(|w| w.starts_with("size:")), "{:?}", wide.warnings);
}

#[test]
fn the_labels_of_the_encoding_standard_are_known() {
    for label in ["gb_2312-80", "x-gbk", "windows-31j", "ks_c_5601-1987", "unicode-1-1-utf-8"] {
        assert!(Encoding::for_label(label.as_bytes()).is_some(), "{label}");
    }
    let odd = read("<p>x</p>".as_bytes(), &http("klingon"));
    assert!(odd.warnings.iter().any(|w| w.contains("klingon")), "{:?}", odd.warnings);
}

proptest! {
    /// Any bytes: an answer or a refusal, the same twice, and mentions that point into the text.
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600), html in any::<bool>()) {
        let hints = if html { http("utf-8") } else { Hints::default() };
        let first = extract(&bytes, &hints);
        prop_assert_eq!(&first, &extract(&bytes, &hints));
    }

    /// Any soup of tags in the scripts of our readers.
    #[test]
    fn any_markup_is_survived(parts in proptest::collection::vec(
        prop_oneof![
            Just("<div>"), Just("</div>"), Just("<p>"), Just("<table>"), Just("<tr>"), Just("<td>"),
            Just("</table>"), Just("<a href='/x'>"), Just("</a>"), Just("<b>"), Just("</b>"), Just("<svg>"),
            Just("</svg>"), Just("<script>"), Just("</script>"), Just("<pre>"), Just("<li>"), Just("<!--"),
            Just("-->"), Just("<h1>"), Just("<select><option>"), Just("<title>"), Just("</title>"),
            Just("九十二万三千人 "), Just("བོད་༦༩ "), Just("ئۇيغۇر 36 مىليون "), Just("𠮷 919,282 "),
            Just("&amp;"), Just("<x "), Just(">"), Just("2022年9月5日"), Just("between 5 and 6 people "),
        ], 0..60)) {
        let html = parts.concat();
        if html.is_empty() {
            return Ok(());
        }
        let found = page(&html);
        let offsets = Offsets::new(&found.text);
        let mentions = find_mentions_among(&found.text, Some(&found.language), PlaceNames::builtin());
        for mention in &mentions {
            prop_assert_eq!(offsets.slice(mention.start, mention.end), &mention.exact);
            prop_assert!(!mention.exact.is_empty());
        }
    }
}
