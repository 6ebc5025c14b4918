//! Files in files, made here byte by byte: what each says, and what becomes of hostile ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use std::io::Write;

use flate2::Crc;
use flate2::write::{DeflateEncoder, GzEncoder};
use made::{check, read_all, read_with, summary};
use proptest::prelude::*;
use witnessmark_document::{Limits, read};
use witnessmark_text::Hints;

/// What a made zip says of one file.
#[derive(Clone, Default)]
struct Made {
    name: Vec<u8>,
    local_name: Option<Vec<u8>>,
    bytes: Vec<u8>,
    mode: u32,
    flags: u16,
    size_lie: Option<u32>,
}

fn file(name: &str, bytes: impl Into<Vec<u8>>) -> Made {
    Made { name: name.into(), bytes: bytes.into(), flags: 0x800, ..Made::default() }
}

fn zip(files: &[Made]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for one in files {
        let mut packer = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&one.bytes).unwrap();
        let packed = packer.finish().unwrap();
        let mut sum = Crc::new();
        sum.update(&one.bytes);
        let start = u32::try_from(out.len()).unwrap();
        let size = one.size_lie.unwrap_or(u32::try_from(one.bytes.len()).unwrap());
        let mut facts = Vec::new();
        facts.extend(one.flags.to_le_bytes());
        facts.extend(8_u16.to_le_bytes());
        facts.extend([0; 4]);
        facts.extend(sum.sum().to_le_bytes());
        facts.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        facts.extend(size.to_le_bytes());
        let local_name = one.local_name.as_ref().unwrap_or(&one.name);
        out.extend(b"PK\x03\x04\x14\0");
        out.extend(&facts);
        out.extend(u16::try_from(local_name.len()).unwrap().to_le_bytes());
        out.extend([0; 2]);
        out.extend(local_name);
        out.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\x03\x14\0");
        directory.extend(&facts);
        directory.extend(u16::try_from(one.name.len()).unwrap().to_le_bytes());
        directory.extend([0; 8]);
        directory.extend((one.mode << 16).to_le_bytes());
        directory.extend(start.to_le_bytes());
        directory.extend(&one.name);
    }
    let start = u32::try_from(out.len()).unwrap();
    let count = u16::try_from(files.len() % 65_536).unwrap().to_le_bytes();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn docx(body: &str) -> Vec<u8> {
    zip(&[
        file(
            "[Content_Types].xml",
            "<Types><Override PartName='/word/document.xml' ContentType='application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'/></Types>",
        ),
        file(
            "_rels/.rels",
            "<Relationships><Relationship Id='r1' Type='x/officeDocument' Target='word/document.xml'/></Relationships>",
        ),
        file("word/document.xml", body),
    ])
}

#[test]
fn a_document_in_a_zip_in_a_zip_is_named_from_the_outermost_inwards() {
    let inner =
        zip(&[file("b.docx", docx("<document><p><r><t>Notice &amp; list</t></r></p></document>"))]);
    check(
        &zip(&[file("a.zip", inner)]),
        &[": a.zip", "a.zip: b.docx", "a.zip/b.docx: Notice & list"],
        &[],
    );
}

#[test]
fn tracked_changes_keep_what_was_inserted_and_name_what_was_deleted() {
    let body = "<document><p><r><t>Held: </t></r><ins author='Li' date='2022-09-05T10:00:00Z'><r><t>92</t></r></ins>\
        <del author='Wang'><r><delText>29</delText></r></del></p>\
        <tbl><tr><tc><p><r><t>a</t></r></p></tc><tc><p><r><t>b</t></r></p></tc></tr></tbl></document>";
    check(
        &docx(body),
        &[": Held: 92\na\tb"],
        &["inserted by Li on 2022-09-05", "deleted by Wang", "not part of the text: 29"],
    );
}

#[test]
fn names_never_lead_out_and_are_said() {
    let hostile = |name: &str, place: &str, warned: &str| {
        check(
            &zip(&[file(name, "x")]),
            &[
                &format!(": {}", name.replace('\0', "\\u{0}").replace('\u{202e}', "\\u{202e}")),
                &format!("{place}: x"),
            ],
            &[warned],
        );
    };
    hostile("../../etc/passwd", "etc/passwd", "leads out of the archive");
    hostile("/etc/passwd", "etc/passwd", "is absolute");
    hostile("C:\\x.txt", "C:/x.txt", "names a drive");
    hostile("\\\\host\\x.txt", "host/x.txt", "UNC");
    hostile("a\0.txt", "a\\u{0}.txt", "NUL");
    hostile("a\u{202e}txt.exe", "a\\u{202e}txt.exe", "turn the direction");
}

#[test]
fn links_are_not_followed_and_names_alike_are_kept_apart() {
    let link = Made { mode: 0o120_777, ..file("l", "/etc/passwd") };
    check(&zip(&[link]), &[": l"], &["symbolic link"]);
    check(
        &zip(&[file("A.txt", "1"), file("a.txt", "2")]),
        &[": A.txt\na.txt", "A.txt: 1", "a.txt (2): 2"],
        &["case or Unicode form"],
    );
    check(
        &zip(&[file("é", "1"), file("e\u{301}", "2")]),
        &[": é\ne\u{301}", "é: 1", "e\u{301} (2): 2"],
        &["case or Unicode form"],
    );
}

#[test]
fn directory_and_header_that_disagree_are_said() {
    let one = Made { local_name: Some(b"b.txt".to_vec()), ..file("a.txt", "x") };
    check(&zip(&[one]), &[": a.txt", "a.txt: x"], &["mismatch"]);
    let one = Made { size_lie: Some(1), ..file("a.txt", "three") };
    check(&zip(&[one]), &[": a.txt", "a.txt: three"], &["says 1 bytes, but there are 5"]);
}

#[test]
fn files_that_share_bytes_are_not_read() {
    let mut bytes = zip(&[file("a", "x"), file("b", "y")]);
    // The second entry of the directory points at the first file.
    let second = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
    let (_, warnings) = summary(&read_all(&bytes));
    assert!(warnings.contains("overlap: 1 files share bytes"), "{warnings}");
}

#[test]
fn a_cut_zip_is_read_by_its_headers() {
    let whole = zip(&[file("a.txt", "first"), file("b.txt", "second")]);
    let end = whole.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    check(&whole[..end], &[": a.txt\nb.txt", "a.txt: first", "b.txt: second"], &["truncated"]);
}

/// A program that unpacks itself was named, and nothing in it was read; where it was, each file was taken from another place.
#[test]
fn files_behind_a_program_are_read_where_they_are() {
    let archive = zip(&[file("a.txt", "first"), file("b.txt", "second")]);
    let start = b"MZ\x90\0\x03\0\0\0 a program";
    let program = [start.as_slice(), &archive].concat();
    let lines = [": a.txt\nb.txt", "a.txt: first", "b.txt: second"];
    check(&program, &lines, &["18 bytes stand before the archive", "none of it was run"]);
    // A program that knows where its files are.
    let mut knows = program.clone();
    for signature in [b"PK\x01\x02", b"PK\x05\x06"] {
        let place = if signature[2] == 1 { 42 } else { 16 };
        let starts: Vec<usize> = knows
            .windows(4)
            .enumerate()
            .filter(|(_, w)| *w == signature)
            .map(|(at, _)| at)
            .collect();
        for at in starts {
            let field = at + place..at + place + 4;
            let offset = u32::from_le_bytes(knows[field.clone()].try_into().unwrap()) + 18;
            knows[field].copy_from_slice(&offset.to_le_bytes());
        }
    }
    check(&knows, &lines, &["none of it was run"]);
    // Two archives, one behind the other: both have a list.
    let other = zip(&[file("c.txt", "hidden")]);
    check(&[other, archive].concat(), &lines, &["bytes stand before the archive"]);
}

#[test]
fn damage_between_the_files_of_a_cut_zip_hides_none() {
    let whole = zip(&[file("a.txt", "first"), file("b.txt", "second")]);
    let end = whole.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let second = whole.windows(4).rposition(|four| four == b"PK\x03\x04").unwrap();
    let torn = [&whole[..second], &[b'x'; 40], &whole[second..end]].concat();
    check(
        &torn,
        &[": a.txt\nb.txt", "a.txt: first", "b.txt: second"],
        &["truncated", "damaged: 40 bytes before or between the files"],
    );
}

/// What an archive in an archive used up was not there for the files behind it, and nothing said so.
#[test]
fn files_that_no_limit_leaves_room_for_are_named() {
    let many: Vec<Made> = (0..5).map(|n| file(&format!("{n}.txt"), "x")).collect();
    let outer = zip(&[file("a.zip", zip(&many)), file("b.txt", "x"), file("c.txt", "x")]);
    let limits = Limits { files: 4, ..Limits::default() };
    let (lines, warnings) = summary(&read_with(&outer, &limits));
    assert_eq!(lines.last().map(String::as_str), Some("b.txt: "));
    let said = "files: the limit of 4 files was reached; this file and 1 after it are not read";
    assert!(warnings.contains(said), "{warnings}");
    let mut made = tar::Builder::new(Vec::new());
    for name in ["a.zip", "b.txt", "c.txt"] {
        let bytes = if name == "a.zip" { zip(&many) } else { b"x".to_vec() };
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        made.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    let (_, warnings) = summary(&read_with(&made.into_inner().unwrap(), &limits));
    assert!(warnings.contains(said), "{warnings}");
    let part = |name: &str, bytes: &[u8]| {
        let bytes: String = bytes.iter().map(|byte| format!("={byte:02X}")).collect();
        format!(
            "--x\nContent-Type: application/zip; name={name}\nContent-Disposition: attachment; filename={name}\n\
            Content-Transfer-Encoding: quoted-printable\n\n{bytes}\n"
        )
    };
    let parts = [part("a.zip", &zip(&many)), part("b.txt", b"x"), part("c.txt", b"x")].concat();
    let mail = format!(
        "From: a\nTo: b\nSubject: c\nContent-Type: multipart/mixed; boundary=x\n\n{parts}--x--\n"
    );
    let (_, warnings) = summary(&read_with(mail.as_bytes(), &limits));
    assert!(warnings.contains(said), "{warnings}");
}

#[test]
fn bombs_stop_at_the_limits() {
    let limits = Limits { unpacked: 1 << 20, files: 3, depth: 2, ..Limits::default() };
    let bomb = zip(&[file("big", vec![b'a'; 4 << 20]), file("next", "x")]);
    let (_, warnings) = summary(&read_with(&bomb, &limits));
    assert!(warnings.contains("the limit of 1048576 unpacked bytes"), "{warnings}");
    let many: Vec<Made> = (0..2000).map(|n| file(&n.to_string(), "x")).collect();
    let found = read_with(&zip(&many), &limits);
    assert_eq!(found.len(), 4);
    assert!(summary(&found).1.contains("only the first 3 of 2000"));
    let nested = (0..5).fold(b"end".to_vec(), |inner, _| zip(&[file("z.zip", inner)]));
    let found = read_with(&nested, &limits);
    assert_eq!(found.len(), 3);
    assert!(summary(&found).1.contains("depth: archives deeper than 2"));
    let wrapped = (0..5).fold(b"end".to_vec(), |inner, _| gzip(&inner));
    assert!(summary(&read_with(&wrapped, &limits)).1.contains("depth"));
}

#[test]
fn a_tar_in_gzip_is_one_archive() {
    let mut made = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(4);
    header.set_cksum();
    made.append_data(&mut header, "d/a.txt", &b"text"[..]).unwrap();
    check(&gzip(&made.into_inner().unwrap()), &[": d/a.txt", "d/a.txt: text"], &[]);
}

/// A second archive behind the end of the first was left out without a word.
#[test]
fn archives_behind_each_other_are_one() {
    let one = |name: &str| {
        let mut made = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(4);
        header.set_cksum();
        made.append_data(&mut header, name, &b"text"[..]).unwrap();
        made.into_inner().unwrap()
    };
    let both = [one("a.txt"), one("b.txt")].concat();
    let lines = [": a.txt\nb.txt", "a.txt: text", "b.txt: text"];
    check(&both, &lines, &[]);
    check(&[gzip(&one("a.txt")), gzip(&one("b.txt"))].concat(), &lines, &[]);
    let junk = [one("a.txt"), vec![b'x'; 700]].concat();
    check(&junk, &[": a.txt", "a.txt: text"], &["damaged: the archive breaks off"]);
}

#[test]
fn a_checksum_that_is_wrong_is_said_of_files_and_of_parts() {
    let changed = |mut bytes: Vec<u8>| {
        // The declared sum, in the directory and in the header.
        for signature in [&b"PK\x01\x02"[..], b"PK\x03\x04"] {
            let last = bytes.windows(4).rposition(|four| four == signature).unwrap();
            let place = last + if signature[2] == 1 { 16 } else { 14 };
            bytes[place] ^= 1;
        }
        bytes
    };
    check(
        &changed(zip(&[file("a.txt", "x")])),
        &[": a.txt", "a.txt: x"],
        &["its checksum (CRC-32)"],
    );
    let file = docx("<document><p><r><t>a</t></r></p></document>");
    check(&changed(file), &[": a"], &["its checksum (CRC-32)"]);
}

#[test]
fn entities_and_depth_of_xml_do_nothing() {
    let body = "<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'><!ENTITY x SYSTEM 'file:///etc/passwd'>]>\
        <document><p><r><t>&b;&x;</t></r></p></document>";
    check(&docx(body), &[": &b;&x;"], &["document type", "entities"]);
    let deep = format!("<document>{}", "<p>".repeat(100_000));
    check(&docx(&deep), &[": "], &["nesting"]);
}

#[test]
fn a_name_of_gbk_is_read() {
    let one = Made {
        name: b"\xce\xc4\xbc\xfe\xb9\xd8\xd3\xda\xbe\xd0\xc1\xf4\xb5\xc4\xcd\xa8\xd6\xaa.txt"
            .to_vec(),
        flags: 0,
        ..file("", "x")
    };
    check(
        &zip(&[one]),
        &[": 文件关于拘留的通知.txt", "文件关于拘留的通知.txt: x"],
        &["read as GBK"],
    );
}

#[test]
fn a_mail_gives_its_fields_and_what_is_attached() {
    let mail = "From: =?GB2312?B?1cXI/Q==?= <a@example.org>\r\nTo: b@example.org\r\nDate: Mon, 05 Sep 2022 10:00:00 +0800\r\n\
        Subject: =?GB2312?B?zajWqg==?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\nvq+3vQ==\r\n\
        --x\r\nContent-Type: image/png; name=a.txt\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n\
        --x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"../n.txt\"\r\n\r\nnote\r\n--x--\r\n";
    let found = read_all(mail.as_bytes());
    let (lines, _) = summary(&found);
    assert_eq!(
        lines[0],
        ": From: 张三 <a@example.org>\nTo: b@example.org\nDate: Mon, 05 Sep 2022 10:00:00 +0800\nSubject: 通知\n\n警方"
    );
    // The label says a picture, the bytes are words.
    assert_eq!(lines[1..], ["a.txt: hello", "n.txt: note"]);
    let published = found[0].content.as_ref().unwrap().published.clone().unwrap();
    assert_eq!((published.date.as_str(), published.found_in.as_str()), ("2022-09-05", "mail Date"));
}

/// Mailers cut letters in two between encoded words, name files in no encoding, and repeat fields.
#[test]
fn names_in_a_mail_are_whole_and_none_is_left_out() {
    let mut mail = b"From: =?GB2312?B?1Q==?= =?GB2312?B?xcj9?= <a@example.org>\r\nTo: b@example.org\r\nTo: c@example.org\r\n\
        Subject: =?UTF-8?Q?=E9=80?=\r\n =?UTF-8?Q?=9A=E7=9F=A5?=\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=gbk\r\n\r\n\xbe\xaf\xb7\xbd\r\n\
        --x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"\xcd\xa8\xd6\xaa.txt\"\r\n\r\nnote\r\n"
        .to_vec();
    mail.extend(b"--x--\r\n");
    check(
        &mail,
        &[
            ": From: 张三 <a@example.org>\nTo: b@example.org\nTo: c@example.org\nSubject: 通知\n\n警方",
            "通知.txt: note",
        ],
        &["header: To is there 2 times"],
    );
}

#[test]
fn lines_that_flow_are_paragraphs_and_words_outside_the_parts_are_said() {
    let head = "From: a\nTo: b\nSubject: c\nMIME-Version: 1.0\n";
    for (flow, body, text) in [
        (
            "format=flowed",
            "one \ntwo\nthree\n\n> quoted \n> words\n>> deep \nout\n-- \nname",
            "one two\nthree\n\n> quoted words\n>> deep \nout\n-- \nname",
        ),
        ("format=flowed; delsp=yes", "警方拘 \n留了他 \n\n From here", "警方拘留了他\nFrom here"),
        ("charset=utf-8", "one \ntwo", "one \ntwo"),
    ] {
        let mail = format!("{head}Content-Type: text/plain; {flow}\n\n{body}");
        check(mail.as_bytes(), &[&format!(": From: a\nTo: b\nSubject: c\n\n{text}")], &[]);
    }
    let mail = format!(
        "{head}Content-Type: multipart/mixed; boundary=x\n\nhidden before\n--x\n\nbody\n--x--\nhidden behind\n"
    );
    let said = "mail programs do not show, and that are not in the text: hidden";
    check(
        mail.as_bytes(),
        &[": From: a\nTo: b\nSubject: c\n\nbody"],
        &[&format!("{said} before"), &format!("{said} behind")],
    );
}

#[test]
fn a_mailbox_gives_all_its_messages() {
    let head = "From: a\nTo: b\nSubject: s";
    let first = format!(
        "From a Mon Sep  5 10:00:00 2022\n{head}1\n\none\n\nFrom here on\nwords\n\nFrom https\nhttps://x\n"
    );
    let second = format!("From b\r\nX-A: 1\r\n{}2\r\n\r\ntwo\r\n", head.replace('\n', "\r\n"));
    let third = format!(
        "From c\n{head}3\nContent-Type: application/zip; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\nnote\n"
    );
    let mailbox = format!("{first}\n{second}\r\n{third}");
    let fields = |n: u32| format!("From: a\nTo: b\nSubject: s{n}");
    check(
        mailbox.as_bytes(),
        &[
            ": message-1.eml\nmessage-2.eml\nmessage-3.eml",
            &format!(
                "message-1.eml: {}\n\none\n\nFrom here on\nwords\n\nFrom https\nhttps://x",
                fields(1)
            ),
            &format!("message-2.eml: {}\n\ntwo", fields(2)),
            &format!("message-3.eml: {}", fields(3)),
            "message-3.eml/a.txt: note",
        ],
        &[],
    );
    // One message in a mailbox is read as a mail.
    check(
        first.as_bytes(),
        &[&format!(": {}\n\none\n\nFrom here on\nwords\n\nFrom https\nhttps://x", fields(1))],
        &[],
    );
    let found = read_with(mailbox.as_bytes(), &Limits { files: 2, ..Limits::default() });
    assert_eq!(found.len(), 3);
    assert!(summary(&found).1.contains("only the first 2 of 3 messages"));
    let found = read_with(mailbox.as_bytes(), &Limits { depth: 0, ..Limits::default() });
    assert_eq!(found.len(), 1);
    assert!(summary(&found).1.contains("of 3 messages only the first is read"));
}

#[test]
fn html_beside_plain_words_is_read_where_it_says_something_else() {
    for (plain, html, text, warned) in [
        ("One two\nthree.", "<p>One <b>two</b></p><p>Three</p>", "One two\nthree.", ""),
        ("警方拘留了他", "<p>警方拘留了他</p>", "警方拘留了他", ""),
        (
            "See it in HTML.",
            "<p>The man died.</p>",
            "See it in HTML.\n\nThe man died.",
            "html: its HTML part says other",
        ),
        (
            "警方拘留了他",
            "<p>他已获释</p>",
            "警方拘留了他\n\n他已获释",
            "html: its HTML part says other",
        ),
        ("", "<p>a</p>", "a", ""),
        (
            "a b c d e f g h i j k",
            "<p>a b c d e f g h i j k Unsubscribe</p>",
            "a b c d e f g h i j k",
            "not in the text: unsubscribe",
        ),
    ] {
        let mail = format!(
            "From: a\nTo: b\nSubject: c\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=x\n\n\
             --x\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n\
             --x\nContent-Type: text/html; charset=utf-8\n\n{html}\n--x--\n"
        );
        check(mail.as_bytes(), &[&format!(": From: a\nTo: b\nSubject: c\n\n{text}")], &[warned]);
    }
}

#[test]
fn a_mail_of_messages_in_messages_ends() {
    let head = "From: a@b\r\nTo: c@d\r\nSubject: s\r\n";
    let deep = format!("{head}Content-Type: message/rfc822\r\n\r\n").repeat(20_000);
    let (_, warnings) = summary(&read_all(deep.as_bytes()));
    assert!(warnings.contains("nesting"), "{warnings}");
    let part = "--x\r\nContent-Disposition: attachment\r\n\r\na\r\n".repeat(10_000);
    let wide = format!(
        "{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n{part}--x--\r\n"
    );
    let limits = Limits { files: 100, ..Limits::default() };
    let found = read_with(wide.as_bytes(), &limits);
    assert!(summary(&found).1.contains("only the first 100 of"), "{}", found.len());
}

#[test]
fn formulas_in_rows_are_text_and_are_said() {
    let mut found = Vec::new();
    let hints = Hints { file_name: Some("a.csv".to_owned()), ..Hints::default() };
    read(b"a,=1+1,-5,@x\n", &hints, &Limits::default(), &mut |one| found.push(one));
    let (lines, warnings) = summary(&found);
    assert_eq!(lines, [": a,=1+1,-5,@x"]);
    assert!(warnings.contains("formulas: 2 cells"), "{warnings}");
}

#[test]
fn rich_text_gives_its_letters() {
    check(b"{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0 A;}}\\'cd\\'a8\\'d6\\'aa\\par\\u24352?{\\*\\x y}\\tab b}", &[": 通知\n张\tb"], &[]);
    for (body, text, warned) in [
        (
            "A {\\deleted old}{ new words} more\\par",
            "A  new words more",
            "deleted text, which is not part of the text: old",
        ),
        ("a {\\deleted b {c} d}e\\deleted f\\plain g", "a eg", "b c d"),
        (
            "shown\\v secret\\v0  more",
            "shown more",
            "hidden text, which Word does not show and which is not part of the text: secret",
        ),
        (
            "The man{\\shp{\\*\\shpinst{\\sp{\\sn n}{\\sv 1}}{\\shptxt \\pard in a box\\par}}} died.\\par Next\\par",
            "The man died.\nin a box\nNext",
            "",
        ),
        (
            "{\\header Top\\par}{\\footerf Foot}One\\par\\sect{\\header Top\\par}Two",
            "Top\nFoot\nOne\n\nTwo",
            "",
        ),
        (
            "He{\\*\\atnid x}{\\*\\atnauthor A}\\chatn{\\*\\annotation{\\*\\atnref 1}why{\\footnote f}} left{\\footnote note}.\\par b",
            "He left.\nComment (A): why\nf\nnote\nb",
            "comments: 1 ",
        ),
        ("a{\\*\\x{\\*\\annotation b}}", "a", ""),
        ("a{\\object{\\*\\objdata 00}}", "a", "embedded: 1 objects"),
        ("a{\\*\\shppict{\\pict 00}}{\\nonshppict{\\pict 00}}", "a", "pictures: 1 "),
        ("a{\\footnote open", "a\nopen", "damaged"),
    ] {
        let text = format!(": {text}");
        check(format!("{{\\rtf1 {body}}}").as_bytes(), &[&text], &[warned]);
    }
}

#[test]
fn other_archives_are_named() {
    check(
        b"7z\xbc\xaf\x27\x1c\0\x04",
        &["! application/x-7z-compressed is not a kind of file that is read for text"],
        &[],
    );
}

proptest! {
    #[test]
    fn any_damage_to_a_file_is_survived(at in 0_usize..2000, byte: u8, cut in 0_usize..2000) {
        let mut bytes = zip(&[
            file("a.docx", docx("<document><p><r><t>x</t></r></p></document>")),
            file("b.eml", "From: a\r\nTo: b\r\nSubject: c\r\n\r\nbody"),
        ]);
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % length);
        read_all(&bytes);
    }
}
