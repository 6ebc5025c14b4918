//! Formats whose files are made here by others' writers or by hand: Outlook's messages, books, sheets of OpenDocument.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use std::io::{Cursor, Write};

use cfb::CompoundFile;
use made::{read_all, stored};
use witnessmark_document::Document;
use witnessmark_text::Content;

fn content(document: &Document) -> &Content {
    document.content.as_ref().unwrap()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_message_of_outlook_gives_its_fields_and_what_is_attached() {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    // Sent at 2022-09-05 02:00:00 UTC.
    let mut properties = vec![0; 32];
    properties.extend(0x0039_0040_u32.to_le_bytes());
    properties.extend([0; 4]);
    properties.extend(((1_662_343_200_u64 + 11_644_473_600) * 10_000_000).to_le_bytes());
    let attached = "/__attach_version1.0_#00000000";
    file.create_storage(attached).unwrap();
    for (path, bytes) in [
        ("/__properties_version1.0".to_owned(), properties),
        ("/__substg1.0_0C1A001F".to_owned(), wide("张三")),
        ("/__substg1.0_0037001F".to_owned(), wide("通知")),
        ("/__substg1.0_1000001F".to_owned(), wide("警方\r\n来了")),
        (format!("{attached}/__substg1.0_3707001F"), wide("附件.txt")),
        (format!("{attached}/__substg1.0_37010102"), b"note".to_vec()),
    ] {
        file.create_stream(path).unwrap().write_all(&bytes).unwrap();
    }
    file.flush().unwrap();
    let found = read_all(&file.into_inner().into_inner());
    let mail = content(&found[0]);
    assert_eq!(mail.text, "From: 张三\nDate: 2022-09-05 02:00:00 UTC\nSubject: 通知\n\n警方\n来了");
    assert_eq!(mail.published.clone().unwrap().date, "2022-09-05");
    assert_eq!(found[1].inside.as_deref(), Some("附件.txt"));
    assert_eq!(content(&found[1]).text, "note");
}

/// Whoever a message went to stood there by names alone, and an attachment without bytes was passed over.
#[test]
fn a_message_of_outlook_names_addresses_and_what_is_not_in_it() {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let properties = |header: usize, entries: &[(u32, u64)]| {
        let mut bytes = vec![0; header];
        for (tag, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend(value.to_le_bytes());
        }
        bytes
    };
    let inner = "/__attach_version1.0_#00000002/__substg1.0_3701000D";
    for (folder, streams) in [
        (
            "/__recip_version1.0_#00000000",
            vec![
                ("__properties_version1.0", properties(8, &[(0x0C15_0003, 1)])),
                ("__substg1.0_3001001F", wide("李四")),
                ("__substg1.0_39FE001F", wide("li@example.org")),
            ],
        ),
        (
            "/__recip_version1.0_#00000001",
            vec![
                ("__properties_version1.0", properties(8, &[(0x0C15_0003, 2)])),
                ("__substg1.0_3003001F", wide("wang@example.org")),
            ],
        ),
        (
            "/__attach_version1.0_#00000000",
            vec![
                ("__substg1.0_3707001F", wide("list.xlsx")),
                ("__substg1.0_370D001F", wide("\\\\host\\list.xlsx")),
            ],
        ),
        ("/__attach_version1.0_#00000001", vec![("__substg1.0_3707001F", wide("gone.txt"))]),
        ("/__attach_version1.0_#00000002", vec![("__substg1.0_3001001F", wide("Inner"))]),
        (
            inner,
            vec![
                ("__properties_version1.0", properties(24, &[])),
                ("__substg1.0_1000001F", wide("inner words")),
            ],
        ),
        (
            "",
            vec![
                ("__properties_version1.0", properties(32, &[])),
                ("__substg1.0_0E04001F", wide("李四; others")),
                ("__substg1.0_001A001F", wide("IPM.Appointment")),
                ("__substg1.0_1000001F", wide("plain words")),
                ("__substg1.0_10130102", b"<p>Other things were said.</p>".to_vec()),
            ],
        ),
    ] {
        if !folder.is_empty() {
            file.create_storage(folder).unwrap();
        }
        for (name, bytes) in streams {
            file.create_stream(format!("{folder}/{name}")).unwrap().write_all(&bytes).unwrap();
        }
    }
    file.flush().unwrap();
    let found = read_all(&file.into_inner().into_inner());
    let mail = content(&found[0]);
    let head = "To: 李四 <li@example.org>\nCc: wang@example.org";
    assert_eq!(mail.text, format!("{head}\n\nplain words\n\nOther things were said."));
    let warnings = mail.warnings.join("\n");
    for warned in [
        "html: its HTML part says other",
        "list.xlsx is not in the message; it says that it lies at",
        "gone.txt is attached, but its bytes are missing",
        "kind: it is IPM.Appointment",
    ] {
        assert!(warnings.contains(warned), "{warned:?} is not in {warnings}");
    }
    assert_eq!(found[1].inside.as_deref(), Some("Inner"));
    assert_eq!(content(&found[1]).text, "inner words");
    assert_eq!(found.len(), 2);
}

/// What was dragged into a document as an icon is a file.
#[test]
fn a_file_that_another_program_wrapped_is_read() {
    let mut native = vec![0, 0, 0, 0, 2, 0];
    native.extend(b"a.txt\0C:\\a.txt\0\0\0\x03\0\x03\0\0\0C:\0\x05\0\0\0words");
    for (stream, bytes, name) in
        [("/\u{1}Ole10Native", &native[..], "a.txt"), ("/CONTENTS", b"words", "contents")]
    {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream(stream).unwrap().write_all(bytes).unwrap();
        file.flush().unwrap();
        let found = read_all(&file.into_inner().into_inner());
        assert_eq!(content(&found[0]).text, name);
        assert_eq!(found[1].inside.as_deref(), Some(name));
        assert_eq!(content(&found[1]).text, "words");
    }
    for length in 0..native.len() {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        let stream = file.create_stream("/\u{1}Ole10Native");
        stream.unwrap().write_all(&native[..length]).unwrap();
        file.flush().unwrap();
        assert_eq!(read_all(&file.into_inner().into_inner()).len(), 1);
    }
}

/// Chapters that a book lists in no order, and those that it only names, were left out without a word.
#[test]
fn a_book_reads_all_its_parts_and_names_those_that_are_missing() {
    let found = read_all(&stored(&[
        ("mimetype", "application/epub+zip"),
        (
            "p.opf",
            "<package><manifest><item id='one' href='one.xhtml' media-type='application/xhtml+xml'/>\
             <item id='notes' href='notes.xhtml' media-type='application/xhtml+xml'/>\
             <item id='toc' href='toc.xhtml' media-type='application/xhtml+xml' properties='nav'/>\
             <item id='bad' href='bad.xhtml' media-type='application/xhtml+xml'/>\
             <item id='p' href='p.jpg' media-type='image/jpeg'/></manifest>\
             <spine><itemref idref='one'/><itemref idref='gone'/><itemref idref='bad'/></spine></package>",
        ),
        ("one.xhtml", "<html><body><p>First</p></body></html>"),
        ("notes.xhtml", "<html><body><p>Note</p></body></html>"),
        ("toc.xhtml", "<html><body><p>Contents</p></body></html>"),
        ("bad.xhtml", "%PDF-1.7"),
        ("META-INF/encryption.xml", "<encryption><CipherReference URI='f.otf'/></encryption>"),
    ]));
    let book = content(&found[0]);
    assert_eq!(book.text, "First\n\nNote");
    let warnings = book.warnings.join("\n");
    for warned in [
        "the book does not say where its list is; p.opf was taken",
        "a chapter is called gone, which is not listed",
        "the chapter bad.xhtml was not read: application/pdf",
        "order: 1 parts stand in no order of reading",
        "pictures: 1 are in the book",
    ] {
        assert!(warnings.contains(warned), "{warned:?} is not in {warnings}");
    }
    assert!(!warnings.contains("password"), "only a font is scrambled: {warnings}");
}

#[test]
fn a_book_is_read_by_its_spine() {
    let found = read_all(&stored(&[
        ("mimetype", "application/epub+zip"),
        (
            "META-INF/container.xml",
            "<container><rootfiles><rootfile full-path='O/p.opf'/></rootfiles></container>",
        ),
        (
            "O/p.opf",
            "<package><metadata><title>T</title><creator>A</creator><date>2022-09-05</date></metadata>\
             <manifest><item id='one' href='one%20a.xhtml'/><item id='two' href='two.xhtml'/></manifest>\
             <spine><itemref idref='two'/><itemref idref='one'/></spine></package>",
        ),
        ("O/one a.xhtml", "<html><body><p>Last</p></body></html>"),
        ("O/two.xhtml", "<html><body><p>First</p></body></html>"),
    ]));
    let book = content(&found[0]);
    assert_eq!(book.text, "First\n\nLast");
    assert_eq!((book.title.as_deref(), book.author.as_deref()), (Some("T"), Some("A")));
    assert_eq!(book.published.clone().unwrap().date, "2022-09-05");
}

#[test]
fn a_sheet_of_open_document_keeps_cells_and_dates() {
    let found = read_all(&stored(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (
            "content.xml",
            "<document-content><table name='Counts'><table-row>\
             <table-cell date-value='2022-09-05'><p>5/9/22</p></table-cell>\
             <table-cell number-columns-repeated='2'/><table-cell><p>69%</p></table-cell>\
             </table-row></table></document-content>",
        ),
    ]));
    assert_eq!(content(&found[0]).text, "Counts\n2022-09-05\t\t\t69%");
}

#[test]
fn text_of_open_document_loses_no_words() {
    let nested = "<table><table-row><table-cell><p>x<s c='3'/></p><table><table-row><table-cell><table><table-row>\
        <table-cell/><table-cell><p>中</p></table-cell></table-row></table></table-cell></table-row></table>\
        </table-cell></table-row></table>";
    let named = "<table><table-row><table-cell/><table-cell/><table-cell><table name='中'/></table-cell></table-row></table>";
    let changed = "<p>a<s c='3'/><tracked-changes><p>old</p>中</tracked-changes> b</p>";
    for (kind, body, text, warned) in [
        ("text", nested, "x   \t中", ""),
        ("spreadsheet", named, "\t\t中", ""),
        ("text", changed, "a    b", "deleted text, which is not part of the text: old 中"),
        (
            "spreadsheet",
            "<table><table-row number-rows-repeated='3'><table-cell><p>a</p></table-cell>\
             <table-cell number-columns-repeated='2'><p>b</p></table-cell></table-row>\
             <table-row number-rows-repeated='1048000'><table-cell/></table-row>\
             <table-row><table-cell><p>c</p></table-cell></table-row></table>",
            "a\tb\tb\na\tb\tb\na\tb\tb\nc",
            "",
        ),
        (
            "text",
            "<p>The man<annotation><creator>A</creator><date>2022</date><creator-initials>I</creator-initials><p>who?</p></annotation> died\
             <note><note-citation>1</note-citation><note-body><p>In <annotation><p>B</p></annotation>May.</p></note-body></note>\
             there.</p><p>Next</p>",
            "The man died[1]there.\nComment (A): who?\n[1] In May.\nComment: B\nNext",
            "",
        ),
        (
            "spreadsheet",
            "<table><table-row><table-cell date-value='2022-09-05'><annotation><p>why</p></annotation><p>5/9</p></table-cell>\
             <table-cell><p>b</p></table-cell></table-row></table>",
            "2022-09-05\tb\nComment: why",
            "",
        ),
        ("text", "<p>a<annotation><p>b", "a\nComment: b", "damaged"),
        // Elements that end where others are open.
        (
            "text",
            "<table><table-row><table-cell><p>中<annotation><p>n</table-cell></table-row></p></annotation></p>",
            "中\nComment: n",
            "",
        ),
    ] {
        let media_type = format!("application/vnd.oasis.opendocument.{kind}");
        let found = read_all(&stored(&[
            ("mimetype", &media_type),
            ("content.xml", &format!("<document-content>{body}</document-content>")),
        ]));
        assert_eq!(content(&found[0]).text, text, "{body}");
        let warnings = content(&found[0]).warnings.join("\n");
        assert!(warnings.contains(warned), "{warned} is not in {warnings}");
    }
}
