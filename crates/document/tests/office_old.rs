//! Files of Office before 2007: some that LibreOffice made (office/make_files.py), some made here by hand, and what is said of
//! those that are damaged, locked or older still.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use std::io::{Cursor, Read, Write};

use cfb::CompoundFile;
use flate2::read::GzDecoder;
use made::{check, read_all, read_with, summary};
use witnessmark_document::Limits;
use witnessmark_text::Content;

const LETTER: &[u8] = include_bytes!("office/letter.doc");
const TABLE: &[u8] = include_bytes!("office/table.xls");
const PACKED_SLIDES: &[u8] = include_bytes!("office/slides.ppt.gz");

fn slides() -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(PACKED_SLIDES).read_to_end(&mut bytes).unwrap();
    bytes
}

fn content(bytes: &[u8]) -> Content {
    read_all(bytes).remove(0).content.unwrap()
}

/// A compound file with these streams; folders are made as they are named.
fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        if let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) {
            file.create_storage_all(folder).unwrap();
        }
        file.create_stream(path).unwrap().write_all(bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// A file of this folder with the bytes of one stream changed.
fn changed(bytes: &[u8], stream: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = CompoundFile::open(Cursor::new(bytes.to_vec())).unwrap();
    let mut content = Vec::new();
    file.open_stream(stream).unwrap().read_to_end(&mut content).unwrap();
    change(&mut content);
    file.create_stream(stream).unwrap().write_all(&content).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

#[test]
fn a_letter_is_read_with_what_it_hides() {
    let letter = content(LETTER);
    assert_eq!(letter.media_type, "application/msword");
    assert_eq!(letter.title.as_deref(), Some("采集情况 2021"));
    assert_eq!(letter.author.as_deref(), Some("Office of Invented County"));
    let lines: Vec<&str> = letter.text.lines().collect();
    assert_eq!(
        lines,
        [
            "Header of the county",
            "全县采集血样二十三万份。",
            "ཁྲག་གི་དཔེ་ཚད་༦༩ བསྡུས།",
            "قان ئەۋرىشكىسى يىغىلدى.",
            "It was done in all towns. Unseen words. 𠀀 end",
            "Town\tSamples\tDay",
            "桑科 镇\t\t2021",
            "After the table.",
            "\tBy order of the bureau.",
            "Footer of the county",
            "Comment (B. Reader): Check this",
        ]
    );
    let link = letter.links.first().unwrap();
    assert_eq!(
        (link.href.as_str(), link.text.as_str()),
        ("https://example.org/notice", "all towns")
    );
    assert_eq!(
        letter.warnings,
        [
            "properties: by the file's own word, created 2021-03-04 10:20:30 UTC",
            "tracked changes: deleted by A. Writer on 2021-05-06 (1)",
            "deleted text, which is not part of the text: not",
            "hidden text, which Word does not show: Unseen words.",
        ]
    );
}

#[test]
fn a_workbook_is_read_as_it_is_shown() {
    let table = content(TABLE);
    assert_eq!(table.media_type, "application/vnd.ms-excel");
    let lines: Vec<&str> = table.text.lines().collect();
    assert_eq!(
        lines,
        [
            "采集表",
            "乡镇\tSamples\tShare\tDay",
            "桑科镇\t919,282\t69.5%\t2021-03-04",
            "ས་གནས།\t12.5",
            "Sum\t919294.5\t123456789012345",
            "Footer: Page",
            "Comment (B. Reader) A2: Counted twice?",
            "Notes",
            "source",
        ]
    );
    assert_eq!(table.links.first().unwrap().href, "https://example.org/sheet");
    let warnings = table.warnings.join("\n");
    for words in ["row 3 of 采集表, the sheet Notes", "1 cells are computed"] {
        assert!(warnings.contains(words), "{words:?} is not in {warnings}");
    }
}

#[test]
fn slides_are_read_with_their_notes() {
    let slides = content(&slides());
    assert_eq!(slides.media_type, "application/vnd.ms-powerpoint");
    let lines: Vec<&str> = slides.text.lines().collect();
    assert_eq!(
        lines,
        [
            "工作汇报",
            "采集 919,282 份",
            "ཁྲག་གི་དཔེ་ཚད།",
            "Notes: Say that children were included.",
            "See the plan",
        ]
    );
    assert_eq!(slides.links.first().unwrap().href, "https://example.org/plan");
    assert!(
        slides.warnings.join("\n").contains("slides that are not shown, but are in the text: 2")
    );
}

/// Bytes with some of them put in at places.
fn put(mut bytes: Vec<u8>, places: &[(usize, &[u8])]) -> Vec<u8> {
    for (at, new) in places {
        bytes[*at..*at + new.len()].copy_from_slice(new);
    }
    bytes
}

/// The head of a file of Word 6 or 95 and its letters: in how many each text has, and the list of its fonts behind them.
fn word_95(
    mark: u16,
    flags: u16,
    letters: &[u8],
    lengths: &[(usize, u32)],
    fonts: &[u8],
) -> Vec<u8> {
    let first = 0x300_usize;
    let place = u32::try_from(first + letters.len()).unwrap();
    let size = u32::try_from(fonts.len()).unwrap();
    let mut head = put(
        vec![0; first],
        &[
            (0, &mark.to_le_bytes()),
            (10, &flags.to_le_bytes()),
            (0x18, &0x300_u32.to_le_bytes()),
            (0x58 + 8 * 15, &place.to_le_bytes()),
            (0x58 + 8 * 15 + 4, &size.to_le_bytes()),
        ],
    );
    for (number, length) in lengths {
        head = put(head, &[(0x34 + 4 * number, &length.to_le_bytes())]);
    }
    compound(&[("/WordDocument", &[&head, letters, fonts].concat())])
}

/// Letters of Word 95 were read by the code page of the computer: Russian and Chinese came out as accents.
#[test]
fn older_files_of_word_are_read_by_their_fonts() {
    let warned = ["Word 6 or 95"];
    let fonts = |set: u8| [&[8, 0, 5, 0, 0x90, 1, set, 0, b'F'][..]].concat();
    let russian =
        encoding_rs::WINDOWS_1251.encode("Образцы крови собраны у всех жителей района.\r").0;
    let count = u32::try_from(russian.len()).unwrap();
    check(
        &word_95(0xA5DC, 0, &russian, &[(0, count)], &fonts(204)),
        &[": Образцы крови собраны у всех жителей района."],
        &warned,
    );
    let french = encoding_rs::WINDOWS_1252.encode("prélevés à l’école\r").0;
    let count = u32::try_from(french.len()).unwrap();
    check(
        &word_95(0xA5DC, 0, &french, &[(0, count)], &fonts(0)),
        &[": prélevés à l’école"],
        &warned,
    );
    // Two bytes a letter, the first of Big5's in the upper one; then headers, and comments of which no place is known.
    let big5 = encoding_rs::BIG5.encode("建立新文件").0;
    let mut wide: Vec<u8> = big5.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    wide.extend(b"!\0\r\0");
    wide.extend(b"h\0\r\0w\0\r\0");
    check(
        &word_95(0xA699, 0x1000, &wide, &[(0, 7), (2, 2), (4, 2)], &fonts(136)),
        &[": h\n建立新文件!\nComment: w"],
        &["Word 6 or 95", "all letters are read as Big5"],
    );
    // What is promised and not there is said.
    check(
        &word_95(0xA5DC, 0, b"a\r", &[(0, 7)], &[]),
        &[": a"],
        &["Word 6 or 95", "damaged: 5 letters of the document are not in the file"],
    );
    check(
        &word_95(0xA5DC, 0x100, b"a\r", &[(0, 2)], &[]),
        &[": "],
        &["password: the file is encrypted"],
    );
}

/// A file of Word made of two pieces, the second saved in haste over the first; and the looks of some letters.
#[test]
fn pieces_looks_and_fields_of_word_are_followed() {
    // Letters: narrow ones from 0x600 on, wide ones from 0x700 on; looks in the page at 0x400.
    let narrow = b"One \x13 HYPERLINK \"https://example.org/\" \x14here\x15 and \x13EQ \\o\\ac(O,7)\x15 gone kept.\r";
    let wide: Vec<u8> = "第二 (\r".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (first, second) =
        (u32::try_from(narrow.len()).unwrap(), u32::try_from(wide.len() / 2).unwrap());
    let gone = 0x600 + u32::try_from(narrow.len() - 12).unwrap();
    let sign = 0x700 + 2 * 3;
    // Places, one byte for each stretch, and the looks at the end of the page.
    let mut looks = vec![0; 512];
    let places = [gone, gone + 5, sign, sign + 2];
    for (number, place) in places.iter().enumerate() {
        looks = put(looks, &[(4 * number, &place.to_le_bytes())]);
    }
    looks = put(
        looks,
        &[
            (16, &[200, 0, 210]),
            (400, &[3, 0x00, 0x08, 1]),
            (420, &[6, 0x09, 0x6A, 0, 0, 0x52, 0xF0]),
            (511, &[3]),
        ],
    );
    let plc = |page: u32| {
        [0, 0x800, page].iter().flat_map(|one: &u32| one.to_le_bytes()).collect::<Vec<_>>()
    };
    let pieces = [
        &[2][..],
        &28_u32.to_le_bytes(),
        &0_u32.to_le_bytes(),
        &first.to_le_bytes(),
        &(first + second).to_le_bytes(),
        &[0, 0],
        &(0x4000_0000_u32 | (0x600 * 2)).to_le_bytes(),
        &[0, 0, 0, 0],
        &0x700_u32.to_le_bytes(),
        // Hidden when it was saved in haste.
        &[0xB8, 1],
    ]
    .concat();
    let table = [plc(2), pieces.clone()].concat();
    let pairs = 154;
    let text = put(
        vec![0; 0x800],
        &[
            (0, &0xA5EC_u16.to_le_bytes()),
            (2, &0xC1_u16.to_le_bytes()),
            (32, &14_u16.to_le_bytes()),
            (62, &22_u16.to_le_bytes()),
            (76, &(first + second).to_le_bytes()),
            (152, &93_u16.to_le_bytes()),
            (pairs + 8 * 12 + 4, &12_u32.to_le_bytes()),
            (pairs + 8 * 33, &12_u32.to_le_bytes()),
            (pairs + 8 * 33 + 4, &u32::try_from(pieces.len()).unwrap().to_le_bytes()),
            (0x400, &looks),
            (0x600, narrow),
            (0x700, &wide),
        ],
    );
    let file = compound(&[("/WordDocument", &text), ("/0Table", &table)]);
    check(
        &file,
        &[": One here and 7 kept.\n第二 \u{F052}"],
        &[
            "deleted by nobody named (1)",
            "deleted text, which is not part of the text: gone",
            "hidden text, which Word does not show: 第二 \u{F052}",
        ],
    );
    assert_eq!(content(&file).links.first().unwrap().href, "https://example.org/");
    for (change, line, warned) in [
        // More letters than there are.
        ((76_usize, &[0xFF_u8, 0xFF][..]), None, "damaged: 65"),
        ((0, &[0, 0]), Some("it does not begin as files of Word do"), ""),
        ((10, &[0, 1]), None, "password: the file is encrypted"),
        ((10, &[0, 2]), Some("the stream with its tables is missing"), ""),
        ((pairs + 8 * 33 + 4, &[0; 4]), Some("where its letters lie is not in it"), ""),
    ] {
        let file = changed(&file, "/WordDocument", |bytes| *bytes = put(bytes.clone(), &[change]));
        let (lines, warnings) = summary(&read_all(&file));
        assert!(line.is_none_or(|line| lines[0].contains(line)), "{lines:?}");
        assert!(warnings.contains(warned), "{warnings}");
    }
}

/// Records of Excel, each with its kind.
fn records(list: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let record = |(kind, bytes): &(u16, Vec<u8>)| {
        let length = u16::try_from(bytes.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), bytes].concat()
    };
    list.iter().flat_map(record).collect()
}

/// A cell's row, column and look, and what follows.
fn cell(row: u16, column: u16, look: u16, more: &[u8]) -> Vec<u8> {
    [&row.to_le_bytes()[..], &column.to_le_bytes(), &look.to_le_bytes(), more].concat()
}

/// A workbook of Excel 95 with one sheet, in the code page of mainland China.
fn excel_95(cells: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let begin = (0x0809, vec![0, 5, 0, 0]);
    let name = encoding_rs::GBK.encode("采集").0;
    let mut sheet = vec![0, 0, 0, 0, 0, 0, u8::try_from(name.len()).unwrap()];
    sheet.extend(&*name);
    let mut globals = vec![
        begin.clone(),
        (0x0042, 936_u16.to_le_bytes().to_vec()),
        (0x041E, [&[164, 0, 5][..], b"0.00%"].concat()),
        (0x00E0, vec![0; 16]),
        (0x00E0, [&[0, 0, 164, 0][..], &[0; 12]].concat()),
        (0x0085, sheet),
        (0x000A, Vec::new()),
    ];
    let start = u32::try_from(records(&globals).len()).unwrap().to_le_bytes();
    globals[5].1[..4].copy_from_slice(&start);
    let sheet = [&[begin][..], cells, &[(0x000A, Vec::new())]].concat();
    compound(&[("/Book", &[records(&globals), records(&sheet)].concat())])
}

#[test]
fn a_workbook_of_excel_95_is_read() {
    let words = |words: &str| {
        let bytes = encoding_rs::GBK.encode(words).0;
        [&u16::try_from(bytes.len()).unwrap().to_le_bytes()[..], &bytes].concat()
    };
    let short = |value: u32| value.to_le_bytes();
    let formula = |value: [u8; 8]| [&value[..], &[0; 8]].concat();
    let file = excel_95(&[
        (0x0208, [&[0; 12][..], &[0x20, 0, 0, 0]].concat()),
        (0x0204, cell(0, 0, 0, &words("血样"))),
        (0x0203, cell(0, 1, 1, &0.695_f64.to_le_bytes())),
        (
            0x00BD,
            [&cell(1, 0, 0, &short(5 << 2 | 2))[..], &[1, 0], &short(0x3FE0_0000), &[1, 0]]
                .concat(),
        ),
        (0x0205, cell(1, 2, 0, &[1, 0])),
        (0x0205, cell(1, 3, 0, &[0x2A, 1])),
        (0x0006, cell(2, 0, 0, &formula(1.5_f64.to_le_bytes()))),
        (0x0006, cell(2, 1, 0, &formula([0, 0, 0, 0, 0, 0, 0xFF, 0xFF]))),
        (0x0207, words("多")),
        (0x0006, cell(2, 2, 0, &formula([1, 0, 0, 0, 0, 0, 0xFF, 0xFF]))),
        // A chart in the sheet, whose copies of numbers are no cells.
        (0x0809, vec![0, 5, 0x20, 0]),
        (0x0203, cell(0, 0, 0, &9.0_f64.to_le_bytes())),
        (0x100D, [&[0, 0, 4][..], &encoding_rs::GBK.encode("图表").0].concat()),
        (0x000A, Vec::new()),
        (0x001C, cell(0, 0, 4, &encoding_rs::GBK.encode("谁说").0)),
    ]);
    check(
        &file,
        &[": 采集\n血样\t69.50%\n5\t50.00%\tTRUE\t#N/A\n1.5\t多\tFALSE\nComment A1: 谁说\n图表"],
        &["row 1 of 采集", "3 cells are computed", "charts: of 1, only the titles"],
    );
    // Formulas under the number of an older version, one whose words never came; a comment in two records; a box that never ends.
    let link = [
        &[0; 28][..],
        &1_u32.to_le_bytes(),
        &[3, 3, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46, 0, 0],
        &6_u32.to_le_bytes(),
        b"a.xls\0",
        &[0; 28],
    ]
    .concat();
    let half = [&cell(1, 0, 6, &[])[..], b"one"].concat();
    let rest = [&cell(0xFFFF, 0, 3, &[])[..], b"two"].concat();
    let file = excel_95(&[
        (0x007D, vec![0, 0, 1, 0, 0, 0, 0, 0, 1, 0]),
        (0x01B8, link),
        (0x0206, cell(3, 0, 0, &formula(2.5_f64.to_le_bytes()))),
        (0x0406, cell(4, 0, 0, &formula([0, 0, 0, 0, 0, 0, 0xFF, 0xFF]))),
        (0x001C, half),
        (0x001C, rest),
        (0x005D, vec![0, 0, 0, 0, 6, 0, 1, 0]),
    ]);
    check(
        &file,
        &[": 采集\n2.5\nComment A2: onetwo"],
        &[
            "the values of 1 cells were never saved",
            "boxes: words in 1 boxes",
            "columns A to B of 采集",
        ],
    );
    assert_eq!(content(&file).links.first().unwrap().href, "a.xls");
    let cut = excel_95(&[(0x0203, cell(0, 0, 0, &1.0_f64.to_le_bytes()))]);
    let cut = changed(&cut, "/Book", |bytes| bytes.truncate(bytes.len() - 4));
    check(&cut, &[": 采集\n1"], &["damaged: the sheet 采集 stops before its end"]);
    let locked = excel_95(&[]);
    let locked = changed(&locked, "/Book", |bytes| *bytes = put(bytes.clone(), &[(8, &[0x2F, 0])]));
    check(&locked, &[": "], &["password: the file is encrypted"]);
    let older = compound(&[("/Book", &records(&[(0x0809, vec![0, 4])]))]);
    check(&older, &[": "], &["version: the file is of Excel 4, or older"]);
}

/// A record of PowerPoint.
fn atom(kind: u16, instance: u16, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&(instance << 4).to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes(), bytes].concat()
}

/// A record that holds records.
fn container(kind: u16, instance: u16, records: &[Vec<u8>]) -> Vec<u8> {
    let mut record = atom(kind, instance, &records.concat());
    record[0] |= 0xF;
    record
}

/// Outlines, art, comments, footers and masters of PowerPoint lie in many places, and LibreOffice writes few of them.
#[test]
fn words_of_slides_are_found_wherever_they_lie() {
    let wide = |words: &str| words.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let listed = |object: u32, number: u32| {
        let numbers = [object, 0, 0, number, 0];
        atom(0x03F3, 0, &numbers.iter().flat_map(|one| one.to_le_bytes()).collect::<Vec<_>>())
    };
    let shape = |inner: Vec<Vec<u8>>| container(0xF004, 0, &inner);
    let drawing = |shapes: Vec<Vec<u8>>| container(0x040C, 0, &shapes);
    let text = |words: &str| container(0xF00D, 0, &[atom(0x0FA8, 0, words.as_bytes())]);
    let outline = |number: u32| container(0xF00D, 0, &[atom(0x0F9E, 0, &number.to_le_bytes())]);
    let art = wide("Art\0");
    let length = u32::try_from(art.len()).unwrap().to_le_bytes();
    let properties = [&[4, 1, 1, 0, 0, 0, 0xC0, 0x80][..], &length, &art].concat();
    let comment =
        container(0x2EE0, 0, &[atom(0x0FBA, 0, &wide("Who")), atom(0x0FBA, 1, &wide("What"))]);
    let slide = container(
        0x03EE,
        0,
        &[
            atom(0x03EF, 0, &put(vec![0; 24], &[(16, &[77])])),
            drawing(vec![
                shape(vec![outline(0)]),
                shape(vec![atom(0xF00B, 2, &properties)]),
                shape(vec![outline(9)]),
            ]),
            container(0x1388, 0, &[container(0x138A, 0, &[atom(0x138B, 0, &comment)])]),
        ],
    );
    let notes = container(0x03F0, 0, &[drawing(vec![shape(vec![text("Said aloud")])])]);
    let filled =
        shape(vec![container(0xF011, 0, &[atom(0x0BC3, 0, &[0; 8])]), text("Click to edit")]);
    let master = container(0x03F8, 0, &[drawing(vec![filled, shape(vec![text("Fixed *")])])]);
    let footer = [
        atom(0x0FDA, 0, &[0, 0, 0x20, 0]),
        atom(0x0FBA, 2, &wide("Footer")),
        atom(0x0FBA, 0, &wide("unseen day")),
    ];
    let document = container(
        0x03E8,
        0,
        &[
            atom(0x03E9, 0, &put(vec![0; 40], &[(24, &[4])])),
            container(0x0FF0, 1, &[listed(4, 1)]),
            // The same slide twice: it is read once.
            container(
                0x0FF0,
                0,
                &[
                    listed(2, 5),
                    atom(0x0F9F, 0, &[0; 4]),
                    atom(0x0FA0, 0, &wide("提纲\rSecond")),
                    atom(0x0F9F, 0, &[0; 4]),
                    atom(0x0FA8, 0, b"On no slide"),
                    listed(2, 6),
                    listed(99, 7),
                ],
            ),
            container(0x0FF0, 2, &[listed(3, 77)]),
            container(0x0FD9, 3, &footer),
        ],
    );
    let mut stream = Vec::new();
    let mut places = vec![1 | 4_u32 << 20];
    for object in [document, slide, notes, master] {
        places.push(u32::try_from(stream.len()).unwrap());
        stream.extend(object);
    }
    let directory = u32::try_from(stream.len()).unwrap();
    stream.extend(atom(
        0x1772,
        0,
        &places.iter().flat_map(|one| one.to_le_bytes()).collect::<Vec<_>>(),
    ));
    let edit = u32::try_from(stream.len()).unwrap();
    stream.extend(atom(
        0x0FF5,
        0,
        &put(vec![0; 28], &[(12, &directory.to_le_bytes()), (16, &[1])]),
    ));
    let user = put(vec![0; 20], &[(12, &0xE391_C05F_u32.to_le_bytes()), (16, &edit.to_le_bytes())]);
    check(
        &compound(&[("/PowerPoint Document", &stream), ("/Current User", &user)]),
        &[": 提纲\nSecond\nArt\nOn no slide\nNotes: Said aloud\nComment (Who): What\n\
            On all slides: Footer\nOn all slides of a kind: Fixed"],
        &[
            "pictures: 1 are in it",
            "damaged: the words of 1 shapes are not in the file",
            "damaged: 1 slides are listed, but are not there",
        ],
    );
}

#[test]
fn slides_that_are_locked_or_older_are_named() {
    let locked = changed(&slides(), "/Current User", |bytes| {
        *bytes = put(bytes.clone(), &[(12, &0xF3D1_C4DF_u32.to_le_bytes())]);
    });
    check(&locked, &[": "], &["password: the file is encrypted"]);
    let older = compound(&[("/PowerPoint Document", b"x"), ("/PersistentStorage Directory", b"x")]);
    check(&older, &[": "], &["version: the file is of PowerPoint 95"]);
    let lost =
        changed(&slides(), "/Current User", |bytes| *bytes = put(bytes.clone(), &[(16, &[9; 4])]));
    let (lines, _) = summary(&read_all(&lost));
    assert!(lines[0].contains("its newest edit is not there"), "{lines:?}");
}

#[test]
fn objects_in_a_document_are_read_by_themselves() {
    let book = |bytes: &[u8]| {
        let mut file = CompoundFile::open(Cursor::new(bytes.to_vec())).unwrap();
        let mut content = Vec::new();
        file.open_stream("/Book").unwrap().read_to_end(&mut content).unwrap();
        content
    };
    let inner = book(&excel_95(&[(0x0204, cell(0, 0, 0, &[1, 0, b'x']))]));
    let outer = book(&excel_95(&[(0x0204, cell(0, 0, 0, &[1, 0, b'y']))]));
    let packed = [
        &6_u32.to_le_bytes()[..],
        &[2, 0],
        b"a.txt\0c:\\a.txt\0",
        &[0; 8],
        &5_u32.to_le_bytes(),
        b"words",
    ]
    .concat();
    let file = compound(&[
        ("/Book", &outer),
        ("/MBD0001/Book", &inner),
        ("/MBD0001/MBD0002/\u{1}Ole10Native", &packed),
        ("/MBD0003/Other", b"x"),
    ]);
    let (lines, _) = summary(&read_all(&file));
    assert_eq!(lines[..2], [": 采集\ny".to_owned(), "object-1: 采集\nx".to_owned()]);
    assert!(lines[2].starts_with("object-1/object-1: a.txt"), "{lines:?}");
    assert!(lines[3].starts_with("object-1/object-1/a.txt: "), "{lines:?}");
    assert!(lines[4].starts_with("object-2! "), "{lines:?}");
    let limits = Limits { depth: 0, ..Limits::default() };
    let (lines, warnings) = summary(&read_with(&file, &limits));
    assert_eq!(lines, [": 采集\ny", "object-1: "]);
    assert!(warnings.contains("this one and 1 after it are not read"), "{warnings}");
}

/// A scan that was pasted into a letter was counted at best.
#[test]
fn large_pictures_in_old_files_follow_by_themselves() {
    let mut picture = Cursor::new(Vec::new());
    image::GrayImage::new(600, 376).write_to(&mut picture, image::ImageFormat::Png).unwrap();
    let picture = picture.into_inner();
    let length = u32::try_from(picture.len() + 17).unwrap().to_le_bytes();
    let blip =
        [&0x6E00_u16.to_le_bytes()[..], &0xF01E_u16.to_le_bytes(), &length, &[7; 17], &picture]
            .concat();
    let mut file = CompoundFile::open(Cursor::new(LETTER.to_vec())).unwrap();
    // Twice: Word keeps copies.
    file.create_stream("/Data")
        .unwrap()
        .write_all(&[&[0xF0, 1, 2][..], &blip, &blip].concat())
        .unwrap();
    file.flush().unwrap();
    let found = read_all(&file.into_inner().into_inner());
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].inside.as_deref(), Some("picture-1.png"));
    assert_eq!(found[1].pages.first().map(|page| page.width), Some(600.0));
    let (_, warnings) = summary(&found);
    assert!(warnings.contains("the 1 that are large follow by themselves"), "{warnings}");
}

/// One stream more, which Office does not look at, hid the whole workbook.
#[test]
fn no_other_stream_hides_a_document() {
    let file = excel_95(&[(0x0203, cell(0, 0, 0, &42.0_f64.to_le_bytes()))]);
    for name in ["/Package", "/CONTENTS", "/EncryptedPackage", "/\u{1}Ole10Native"] {
        let mut file = CompoundFile::open(Cursor::new(file.clone())).unwrap();
        file.create_stream(name).unwrap().write_all(b"x").unwrap();
        file.flush().unwrap();
        check(&file.into_inner().into_inner(), &[": 采集\n42"], &[]);
    }
    let control = compound(&[("/contents", b"x"), ("/\u{3}OCXNAME", b"x")]);
    check(&control, &[": "], &["control: it is a control of a form"]);
    check(&compound(&[("/VBA/dir", b"x")]), &[": "], &["macros: it holds macros"]);
}

/// Small files that named one page, one object or one sheet over and over took minutes, or all memory.
#[test]
fn what_is_named_over_and_over_is_read_once() {
    // 100,000 entries for one page of looks.
    let entries = 100_000_usize;
    let list = [vec![0; 4 * (entries + 1)], 2_u32.to_le_bytes().repeat(entries)].concat();
    let mut page = vec![0; 512];
    page[511] = 101;
    let text = changed(LETTER, "/WordDocument", |bytes| {
        let length = bytes.len().max(0x800);
        bytes.resize(length, 0);
        let place = u32::try_from(0x10_0000).unwrap().to_le_bytes();
        let size = u32::try_from(list.len()).unwrap().to_le_bytes();
        *bytes = put(
            bytes.clone(),
            &[(154 + 8 * 12, &place), (154 + 8 * 12 + 4, &size), (0x400, &page)],
        );
    });
    let text = changed(&text, "/1Table", |bytes| {
        bytes.resize(0x10_0000, 0);
        bytes.extend(&list);
    });
    assert!(content(&text).text.contains("二十三万份"));
    // 2,000 sheets that begin in one place.
    let sheet = changed(TABLE, "/Workbook", |bytes| {
        let at = (0..bytes.len()).find(|at| bytes[*at..].starts_with(&[0x85, 0])).unwrap();
        let length = 4 + usize::from(bytes[at + 2]);
        let record = bytes[at..at + length].to_vec();
        let moved = u32::try_from(2_000 * length).unwrap();
        let start = u32::from_le_bytes(record[4..8].try_into().unwrap()) + moved;
        let record = put(record, &[(4, &start.to_le_bytes())]);
        bytes.splice(at..at, record.repeat(2_000));
    });
    let (lines, warnings) = summary(&read_all(&sheet));
    assert_eq!(lines[0].matches("桑科镇").count(), 1);
    assert!(warnings.contains("is listed, but is not there"), "{warnings}");
}

/// Whatever stands in a file, reading it ends, and without a panic.
#[test]
fn damage_is_survived() {
    for file in [LETTER, TABLE, &slides()] {
        for (stream, step) in [
            ("/WordDocument", 7),
            ("/1Table", 3),
            ("/Workbook", 5),
            ("/PowerPoint Document", 11),
            ("/Current User", 1),
        ] {
            let mut opened = CompoundFile::open(Cursor::new(file.to_vec())).unwrap();
            let Ok(mut found) = opened.open_stream(stream) else { continue };
            let mut whole = Vec::new();
            found.read_to_end(&mut whole).unwrap();
            for at in (0..whole.len()).step_by(step * whole.len().div_ceil(1500)) {
                for byte in [0, 0xFF] {
                    let mut bytes = whole.clone();
                    bytes[at] = byte;
                    read_all(&compound(&[(stream, &bytes), ("/1Table", &bytes)]));
                    read_all(&changed(file, stream, |old| old[at] = byte));
                }
            }
        }
    }
}
