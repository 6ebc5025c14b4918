//! A dossier as a zip, and hostile zips, each made by a generator.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly, in its helpers too")]

mod fixture;

use std::io::{Cursor, Write};
use std::sync::Arc;

use fixture::{dossier, failures, names};
use witnessmark_verify::{
    Files, FilesError, Memory, Nature, Report, Trust, Verdict, ZipFiles, verify,
};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

type Shared = Cursor<Arc<[u8]>>;

fn open(bytes: Vec<u8>) -> Result<ZipFiles<Shared>, FilesError> {
    ZipFiles::open(Cursor::new(bytes.into()))
}

fn pack(files: &Memory, top: &str, method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    if !top.is_empty() {
        writer.add_directory(top, options).unwrap();
    }
    for (name, bytes) in &files.0 {
        writer.start_file(format!("{top}{name}"), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn report(bytes: Vec<u8>) -> Report {
    verify(&open(bytes).unwrap(), None, &Trust::default()).unwrap()
}

#[test]
fn a_zip_gives_the_same_report_as_its_folder() {
    let (files, _) = dossier();
    let expected = verify(&files, None, &Trust::default()).unwrap();
    assert_eq!(expected.verdict, Verdict::Intact);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        for top in ["", "dossier-12345678/"] {
            assert_eq!(report(pack(&files, top, method)), expected, "{top} {method:?}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dossier.zip");
    std::fs::write(&path, pack(&files, "d/", CompressionMethod::Deflated)).unwrap();
    let opened = ZipFiles::open_file(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(verify(&opened, None, &Trust::default()).unwrap(), expected);
}

#[test]
fn a_flipped_byte_anywhere_in_a_zip_is_found() {
    let (files, _) = dossier();
    let sound = pack(&files, "d/", CompressionMethod::Deflated);
    let mut found = 0;
    for position in (0..sound.len()).step_by(sound.len() / 150) {
        let mut bytes = sound.clone();
        bytes[position] ^= 0x10;
        match open(bytes) {
            Err(_) => found += 1,
            Ok(files) => match verify(&files, None, &Trust::default()) {
                Err(_) => found += 1,
                Ok(report) => found += usize::from(report.verdict == Verdict::Failed),
            },
        }
    }
    // Dates and version fields of the zip's own headers say nothing about the files.
    assert!(found >= 130, "{found} of 150");
}

/// A zip of these raw names.
fn zip_of(names: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in names {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Replaces every occurrence of `was` by `now`, of the same length.
fn patch(mut bytes: Vec<u8>, was: &[u8], now: &[u8]) -> Vec<u8> {
    assert_eq!(was.len(), now.len());
    let places: Vec<usize> =
        (0..bytes.len() - was.len()).filter(|at| bytes[*at..].starts_with(was)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + was.len()].copy_from_slice(now);
    }
    bytes
}

#[test]
fn names_that_would_leave_the_folder_are_reported_and_not_read() {
    let bad = [
        "../escaped",
        "/etc/passw",
        "a/../../bc",
        "C:\\autoexe",
        "\\\\unc\\wxyz",
        "nul\0hidden",
        "a//bcdefgh",
        "./bcdefghi",
    ];
    for bad in bad {
        let sound = zip_of(&[("PLACEHOLDR", b"x"), ("SHA256SUMS.note", b"")]);
        let files = open(patch(sound, b"PLACEHOLDR", bad.as_bytes())).unwrap();
        let listed = files.list().unwrap();
        let one = listed.iter().find(|one| one.name != "SHA256SUMS.note").unwrap();
        assert!(matches!(one.nature, Nature::BadName(_)), "{bad:?}: {one:?}");
        let mut visited = false;
        let read = files.read(&one.name, &mut |_| {
            visited = true;
            Ok(())
        });
        assert!(matches!(read, Err(FilesError::NotThere)) && !visited, "{bad:?}");
        let report = verify(&files, None, &Trust::default()).unwrap();
        assert!(names(&report, &one.name), "{bad:?}: {:#?}", failures(&report));
    }
}

#[test]
fn a_link_in_a_zip_is_reported() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("index.html", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.start_file("SHA256SUMS.note", SimpleFileOptions::default()).unwrap();
    let files = open(writer.finish().unwrap().into_inner()).unwrap();
    let listed = files.list().unwrap();
    assert!(listed.iter().any(|one| one.name == "index.html" && one.nature == Nature::Symlink));
    assert!(names(&verify(&files, None, &Trust::default()).unwrap(), "index.html"));
}

#[test]
fn doubled_names_are_reported() {
    let bytes = zip_of(&[("data/a", b"1"), ("data/b", b"2"), ("SHA256SUMS.note", b"")]);
    let report = report(patch(bytes, b"data/b", b"data/a"));
    assert!(failures(&report).iter().any(|check| check.name == "container"), "{report:#?}");
}

#[test]
fn names_that_differ_by_capitals_are_reported() {
    let report = report(zip_of(&[("data/a", b"1"), ("DATA/A", b"2"), ("SHA256SUMS.note", b"")]));
    assert!(names(&report, "data/a") || names(&report, "DATA/A"));
    assert!(failures(&report).iter().any(|check| check.detail.contains("capitals")));
}

#[test]
fn a_local_header_that_names_another_file_is_reported() {
    let bytes = zip_of(&[("data/aaaa", b"1"), ("SHA256SUMS.note", b"")]);
    let at = bytes.windows(9).position(|window| window == b"data/aaaa").unwrap();
    let mut changed = bytes.clone();
    changed[at + 5] = b'b';
    let report = report(changed);
    assert!(failures(&report).iter().any(|check| check.name == "container"), "{report:#?}");
}

/// A zip whose entry unpacks to far more than its headers say.
#[test]
fn a_bomb_is_read_no_further_than_its_declared_length() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer.start_file("bomb", options).unwrap();
    let length = 20_000_000u32;
    writer.write_all(&vec![0; length as usize]).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let bytes = patch(bytes, &length.to_le_bytes(), &1000u32.to_le_bytes());
    let files = open(bytes).unwrap();
    let mut seen = 0;
    let read = files.read("bomb", &mut |stream| {
        let mut chunk = [0; 4096];
        loop {
            match stream.read(&mut chunk)? {
                0 => return Ok(()),
                read => seen += read,
            }
        }
    });
    assert!(read.is_err(), "the lie is an error");
    assert!(seen <= 1000, "{seen} bytes were handed on");
}

#[test]
fn a_file_that_is_shorter_than_declared_is_an_error() {
    let length = 77_777u32;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer.start_file("short", options).unwrap();
    writer.write_all(&vec![7; length as usize]).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let bytes = patch(bytes, &length.to_le_bytes(), &99_999u32.to_le_bytes());
    let files = open(bytes).unwrap();
    let read =
        files.read("short", &mut |stream| std::io::copy(stream, &mut std::io::sink()).map(|_| ()));
    assert!(matches!(read, Err(FilesError::Refused(_))), "{read:?}");
}

#[test]
fn a_zip_that_says_it_unpacks_to_more_than_any_dossier_is_refused() {
    let length = 77_777u32;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for number in 0..100 {
        writer.start_file(format!("f{number}"), options).unwrap();
        writer.write_all(&vec![7; length as usize]).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let bytes = patch(bytes, &length.to_le_bytes(), &0xffff_fff0u32.to_le_bytes());
    assert!(matches!(open(bytes), Err(FilesError::Refused(_))));
}

#[test]
fn bytes_before_or_after_the_zip_are_reported() {
    let (files, _) = dossier();
    let sound = pack(&files, "d/", CompressionMethod::Deflated);
    let before = [b"#!/bin/sh\nrm -rf /\n".to_vec(), sound.clone()].concat();
    let report = report(before);
    assert!(failures(&report).iter().any(|check| check.name == "container"));
}

#[test]
fn what_is_no_zip_is_refused() {
    for bytes in [Vec::new(), b"PK\x03\x04".to_vec(), b"PK\x05\x06".to_vec(), vec![0; 1000]] {
        assert!(open(bytes).is_err());
    }
}
