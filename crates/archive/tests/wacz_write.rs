//! What the WACZ writer writes: our own checker finds it sound, and it is the same every time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod wacz_write_fixture;

use std::io::{self, Cursor, Read, Write};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wacz_write_fixture::{URL, about, capture, key, pages, wacz, warc};
use witnessmark_archive::{
    Code, NewWacz, Reader, Verdict, WaczKey, WaczWriteError, WaczWriter, check, read_archives,
    read_record_at,
};
use zip::ZipArchive;

fn part(bytes: &[u8], path: &str) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut part = Vec::new();
    zip.by_name(path).unwrap().read_to_end(&mut part).unwrap();
    part
}

fn names(bytes: &[u8]) -> Vec<String> {
    let zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut names: Vec<(u64, String)> = zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .map(|name| (zip.clone().by_name(&name).unwrap().header_start(), name))
        .collect();
    names.sort();
    names.into_iter().map(|(_, name)| name).collect()
}

fn assert_sound(what: &str, bytes: &[u8], records: u64) {
    let report = check("made.wacz", bytes, &mut |_| {}).unwrap();
    assert_eq!(report.verdict, Verdict::Sound, "{what}: {report:#?}");
    assert_eq!(report.records, records, "{what}");
    let notices: Vec<Code> = report.notices.iter().map(|notice| notice.code).collect();
    assert_eq!(notices, [Code::WaczSignatureTrust], "{what}: {report:#?}");
}

#[test]
fn the_checker_finds_it_sound_and_a_second_time_it_is_the_same() {
    for (what, gzip, more) in
        [("gzip", true, 0), ("plain", false, 0), ("with an index of three blocks", true, 7000)]
    {
        let bytes = wacz(gzip, more, None);
        assert_sound(what, &bytes, u64::from(6 + more));
        assert!(bytes == wacz(gzip, more, None), "{what}: other bytes the second time");
        let archive = if gzip { "archive/capture.warc.gz" } else { "archive/capture.warc" };
        assert!(part(&bytes, archive) == warc(gzip, more), "{what}: the archive was changed");
        let expected = [
            archive,
            "pages/pages.jsonl",
            "logs/capture.jsonl",
            "indexes/index.cdx.gz",
            "indexes/index.idx",
            "datapackage.json",
            "datapackage-digest.json",
        ];
        assert_eq!(names(&bytes), expected, "{what}");
        let table = String::from_utf8(part(&bytes, "indexes/index.idx")).unwrap();
        assert_eq!(table.lines().count(), if more == 0 { 2 } else { 4 }, "{what}: {table}");
    }
}

/// The bytes a reader of WACZ 1.1.1 relies on. Any change here changes what people were given.
#[test]
fn its_package_and_lists_are_these() {
    let bytes = wacz(true, 0, None);
    let package: Value = serde_json::from_slice(&part(&bytes, "datapackage.json")).unwrap();
    assert_eq!(package["profile"], "data-package");
    assert_eq!(package["wacz_version"], "1.1.1");
    assert_eq!(package["created"], "2026-11-23T01:02:03Z");
    assert_eq!(package["mainPageUrl"], URL);
    let names: Vec<&str> = package["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let expected = ["capture.warc.gz", "pages.jsonl", "capture.jsonl", "index.cdx.gz", "index.idx"];
    assert_eq!(names, expected);
    let mut index = String::new();
    let blocks = part(&bytes, "indexes/index.cdx.gz");
    MultiGzDecoder::new(blocks.as_slice()).read_to_string(&mut index).unwrap();
    let keys: Vec<String> = index
        .lines()
        .map(|line| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        keys,
        [
            "com,example)/a/%e4%ba%8b%e4%bb%b6?q=1 20261122221100",
            "com,example)/a/%e4%ba%8b%e4%bb%b6?q=1 20261122222000",
            "urn:view:http://example.com 20261122221100",
        ],
        "responses, revisits and resources, and no metadata record, which would hide its page"
    );
    let pages = String::from_utf8(part(&bytes, "pages/pages.jsonl")).unwrap();
    assert_eq!(
        pages,
        format!(
            "{{\"format\":\"json-pages-1.0\",\"id\":\"pages\",\"title\":\"All\"}}\n\
             {{\"id\":\"{}\",\"url\":\"{URL}\",\"ts\":\"2026-11-22T22:11:00Z\",\
             \"title\":\"事件\",\"text\":\"2008-03-14, 拉萨\"}}\n",
            &hex(&Sha256::digest(format!("2026-11-22T22:11:00Z {URL}")))[..20]
        )
    );
    let zip = ZipArchive::new(Cursor::new(&bytes)).unwrap();
    for name in zip.file_names() {
        let name = name.unwrap();
        let time = zip.clone().by_name(&name).unwrap().last_modified().unwrap();
        assert_eq!((time.year(), time.hour(), time.second()), (2026, 1, 2), "{name}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token's list names every other file, and the token is for the list.
#[test]
fn a_time_stamp_is_for_the_list_of_all_files() {
    let mut asked = Vec::new();
    let mut stamp = |digest: &[u8; 32]| {
        asked.push(*digest);
        Ok(b"a token".to_vec())
    };
    let bytes = wacz(true, 0, Some(&mut stamp));
    let list = part(&bytes, "timestamps/contents.sha256");
    assert_eq!(asked, [<[u8; 32]>::from(Sha256::digest(&list))]);
    assert_eq!(part(&bytes, "timestamps/contents.sha256.tsr"), b"a token");
    let list = String::from_utf8(list).unwrap();
    for line in list.lines() {
        let (digest, path) = line.split_once("  ").unwrap();
        assert_eq!(digest, hex(&Sha256::digest(part(&bytes, path))), "{path}");
    }
    assert_eq!(list.lines().count(), names(&bytes).len() - 4, "all but itself and what follows");
    // A failing authority means no WACZ, not one without its token.
    let mut writer = WaczWriter::new(Cursor::new(Vec::new()), about()).unwrap();
    writer.add_pages("All", pages()).unwrap();
    let mut fails = |_: &[u8; 32]| Err(io::Error::other("no route"));
    assert!(matches!(writer.finish(None, Some(&mut fails)), Err(WaczWriteError::Machine(_))));
}

/// Single records out of archives in any wrapping become an archive that can be read at random.
#[test]
fn records_are_copied_into_a_new_archive() {
    let plain = warc(false, 0);
    let gzip = warc(true, 0);
    let whole = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&plain).unwrap();
        encoder.finish().unwrap()
    };
    let place = |bytes: &[u8], wanted: usize| {
        let mut reader = Reader::new(bytes).unwrap();
        for _ in 0..wanted {
            reader.next_record().unwrap().unwrap();
        }
        let end = reader.next_record().unwrap().unwrap().finish().unwrap();
        (end.offset, end.length.unwrap())
    };
    let response_plain = place(&plain, 2);
    let response_gzip = place(&gzip, 2);
    let copy = |readers: Vec<io::Result<Reader<'_>>>| {
        let mut writer = WaczWriter::new(Cursor::new(Vec::new()), about()).unwrap();
        let added = writer.add_records("copied", readers).unwrap();
        assert_eq!(added.path, "archive/copied.warc.gz");
        writer.add_pages("All", pages()).unwrap();
        (added.records, writer.finish(Some(&key()), None).unwrap().into_inner())
    };
    let one = |bytes: &'static [u8], (offset, length)| {
        vec![read_record_at(Cursor::new(bytes), offset, length)]
    };
    let (records, from_plain) = copy(one(plain.clone().leak(), response_plain));
    assert_eq!(records, 1);
    let (_, from_gzip) = copy(one(gzip.clone().leak(), response_gzip));
    assert!(from_plain == from_gzip, "the wrapping of the source does not matter");
    assert_sound("one record", &from_plain, 1);
    let (records, all) = copy(vec![Reader::new(whole.as_slice())]);
    assert_eq!(records, 6);
    assert_sound("a file that was compressed as a whole", &all, 6);
    let mut blocks = Vec::new();
    read_archives(Cursor::new(all), |_, mut reader| {
        while let Some(mut record) = reader.next_record()? {
            let mut block = Vec::new();
            record.read_to_end(&mut block)?;
            blocks.push(block);
        }
        Ok(())
    })
    .unwrap();
    let expected: Vec<Vec<u8>> = capture(0).into_iter().map(|(_, block)| block).collect();
    assert_eq!(blocks, expected);
}

/// Damage goes in as it is, is named, and the index leaves it out. The checker says the same.
#[test]
fn a_cut_archive_is_kept_and_named() {
    let warc = warc(true, 0);
    let cut = &warc[..warc.len() - 20];
    let mut writer = WaczWriter::new(Cursor::new(Vec::new()), about()).unwrap();
    let added = writer.add_archive("cut.warc.gz", cut.len() as u64, cut).unwrap();
    assert_eq!(added.records, 5);
    let mut codes: Vec<Code> = added.problems.iter().map(|problem| problem.code).collect();
    codes.sort();
    assert!(codes.contains(&Code::GzipTruncated), "{codes:?}");
    let bytes = writer.finish(None, None).unwrap().into_inner();
    let report = check("made.wacz", bytes.as_slice(), &mut |_| {}).unwrap();
    let mut found: Vec<Code> = report.problems.iter().map(|problem| problem.code).collect();
    found.sort();
    assert_eq!(found, codes);
    // Record by record: the last one's header is damaged, then its block breaks off.
    let mut writer = WaczWriter::new(Cursor::new(Vec::new()), about()).unwrap();
    let added = writer.add_records("cut", [Reader::new(cut)]).unwrap();
    assert_eq!((added.records, added.problems.is_empty()), (5, false));
    let plain = self::warc(false, 0)[..self::warc(false, 0).len() - 6].to_vec();
    let error = writer.add_records("cut again", [Reader::new(plain.as_slice())]).unwrap_err();
    assert!(error.to_string().contains("is not whole"), "{error}");
}

#[test]
fn what_no_wacz_can_hold_is_refused() {
    let new = || WaczWriter::new(Cursor::new(Vec::new()), about()).unwrap();
    let plain = warc(false, 0);
    let whole = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&plain).unwrap();
        encoder.finish().unwrap()
    };
    let zip = wacz(true, 0, None);
    let arc = b"filedesc://x.arc 0.0.0.0 20260101000000 text/plain 0\n\n";
    let cases: &[(&str, &str, &[u8], u64, &str)] = &[
        ("a file compressed as a whole", "x", &whole, whole.len() as u64, "shares its compressed"),
        ("a WACZ", "x", &zip, zip.len() as u64, "its content is Zip"),
        ("an ARC", "x", arc, arc.len() as u64, "an ARC file"),
        ("another length", "x", &plain, 3, "bytes were read where 3 were said"),
        ("a name with a folder", "a/b", &plain, plain.len() as u64, "one folder deep"),
        ("a name that leaves", "..\\b", &plain, plain.len() as u64, "one folder deep"),
        ("a name with a line end", "a\nb", &plain, plain.len() as u64, "one folder deep"),
    ];
    for (what, name, bytes, length, expected) in cases {
        let error = new().add_archive(name, *length, *bytes).unwrap_err();
        assert!(error.to_string().contains(expected), "{what}: {error}");
    }
    let mut writer = new();
    writer.add_archive("x", plain.len() as u64, plain.as_slice()).unwrap();
    let error = writer.add_archive("X.warc", plain.len() as u64, plain.as_slice()).unwrap_err();
    assert!(error.to_string().contains("there already"), "{error}");
    for path in ["archive/x.warc", "datapackage.json", "pages/pages.jsonl", "x", "a/b/c", "../x"] {
        let error = new().add_file(path, 0, [].as_slice()).unwrap_err();
        assert!(matches!(&error, WaczWriteError::Rule { .. }), "{path}: {error}");
    }
    for created in ["", "2026-11-23", "2026-13-23T01:02:03Z", "2026-11-23T01:02:03+08:00"] {
        let about = NewWacz { created: created.to_owned(), ..about() };
        assert!(WaczWriter::new(Cursor::new(Vec::new()), about).is_err(), "{created:?}");
    }
    assert!(WaczKey::from_secret(&[0; 48]).is_none());
    assert!(WaczKey::from_secret(&[0xff; 48]).is_none());
}

/// Clocks that a ZIP cannot say still give a WACZ.
#[test]
fn any_year_is_written() {
    for created in ["1970-01-01T00:00:00Z", "2100-02-28T23:59:59Z", "9999-12-31T23:59:59Z"] {
        let about = NewWacz { created: created.to_owned(), ..about() };
        let warc = warc(true, 0);
        let mut writer = WaczWriter::new(Cursor::new(Vec::new()), about).unwrap();
        writer.add_archive("x", warc.len() as u64, warc.as_slice()).unwrap();
        let bytes = writer.finish(Some(&key()), None).unwrap().into_inner();
        assert_sound(created, &bytes, 6);
    }
}
