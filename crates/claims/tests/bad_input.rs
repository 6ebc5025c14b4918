//! Every fixture under `tests/bad/` breaks the rule in its name; the snapshots hold what people are told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::fmt::Write;
use std::path::Path;

use witnessmark_claims::import::read_claims;
use witnessmark_claims::lineage::{read_edges, read_origins};
use witnessmark_claims::{Codebook, Gazetteer, InputErrors};

/// Error and hint for every fixture of a folder.
fn told(folder: &str, read: impl Fn(&[u8]) -> InputErrors) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad").join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut told = String::new();
    for file in files {
        writeln!(told, "# {}", file.file_name().unwrap().to_string_lossy()).unwrap();
        let errors = read(&std::fs::read(&file).unwrap());
        assert!(!errors.is_empty(), "{} is taken for good", file.display());
        for error in &errors {
            writeln!(told, "error: {error}").unwrap();
            let hint = error.hint().unwrap_or_else(|| panic!("no hint: {error}"));
            writeln!(told, "hint: {hint}").unwrap();
        }
        told.push('\n');
    }
    told
}

#[test]
fn codebooks() {
    let read = |bytes: &[u8]| Codebook::parse(std::str::from_utf8(bytes).unwrap()).unwrap_err();
    insta::assert_snapshot!(told("codebooks", read));
}

#[test]
fn places() {
    insta::assert_snapshot!(told("places", |bytes| Gazetteer::parse(bytes).unwrap_err()));
}

#[test]
fn claims() {
    let codebook = "name='t'\nversion='1'\n\
        [[act]]\ncode='dna-collection'\nlabel='Collection'\ndefinition='d'\n\
        [[act]]\ncode='detention'\nlabel='Detention'\ndefinition='d'\n\
        [[unit]]\ncode='people'\nlabel='people'\n[[unit]]\ncode='percent'\nlabel='percent'\n\
        [[modality]]\ncode='stated'\nlabel='stated'\ndefinition='d'\n";
    let codebook = Codebook::parse(codebook).unwrap();
    let places = "place,parent,level,names\nDelvoru,,province,\nAnkeviru,Delvoru,county,\n\
        Bazhumel,Delvoru,county,巴州\nBalvemi,Delvoru,county,巴州\n";
    let gazetteer = Gazetteer::parse(places.as_bytes()).unwrap();
    let read = |bytes: &[u8]| read_claims(bytes, &codebook, &gazetteer).errors;
    insta::assert_snapshot!(told("claims", read));
}

#[test]
fn origins() {
    insta::assert_snapshot!(told("origins", |bytes| read_origins(bytes).unwrap_err()));
}

#[test]
fn edges() {
    insta::assert_snapshot!(told("edges", |bytes| read_edges(bytes).unwrap_err()));
}
