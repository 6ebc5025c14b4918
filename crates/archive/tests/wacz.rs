//! WACZ files: those of py-wacz, and ones made here that break one rule each.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod shared_data;

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use witnessmark_archive::{Code, Kind, Report, Verdict, check, index_sorted, read_archives};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two resources, each in a gzip member of its own.
fn warc() -> Vec<u8> {
    let record = |number: u32| {
        let block = format!("page {number}");
        let digest = sha256(block.as_bytes());
        gzip(
            format!(
                "WARC/1.1\r\nWARC-Type: resource\r\n\
                 WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\n\
                 WARC-Date: 2026-11-22T22:11:0{number}Z\r\n\
                 WARC-Target-URI: http://example.com/{number}\r\n\
                 WARC-Payload-Digest: sha256:{digest}\r\nContent-Type: text/plain\r\n\
                 Content-Length: {}\r\n\r\n{block}\r\n\r\n",
                block.len()
            )
            .as_bytes(),
        )
    };
    [record(1), record(2)].concat()
}

/// A WACZ as a list of files; `datapackage.json` and its digest are made from the others last.
struct Made {
    files: BTreeMap<String, Vec<u8>>,
    deflated: Vec<String>,
    package: Box<dyn Fn(&mut Value)>,
    digest: Box<dyn Fn(&mut Value)>,
}

impl Made {
    fn new() -> Self {
        let warc = warc();
        let (lines, problems) = index_sorted("data.warc.gz", warc.as_slice()).unwrap();
        assert!(problems.is_empty());
        let index: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let pages = "{\"format\": \"json-pages-1.0\", \"id\": \"pages\", \"title\": \"All\"}\n\
                     {\"url\": \"http://example.com/1\", \"ts\": \"2026-11-22T22:11:01Z\"}\n";
        let files = [
            ("archive/data.warc.gz", warc),
            ("indexes/index.cdxj", index.into_bytes()),
            ("pages/pages.jsonl", pages.as_bytes().to_vec()),
        ];
        Self {
            files: files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect(),
            deflated: Vec::new(),
            package: Box::new(|_| {}),
            digest: Box::new(|_| {}),
        }
    }

    /// Replaces the plain index by a compressed one of one line a block.
    fn with_zipnum(mut self, change: impl Fn(&mut Vec<u8>, &mut String)) -> Self {
        let index = String::from_utf8(self.files.remove("indexes/index.cdxj").unwrap()).unwrap();
        let mut blocks = Vec::new();
        let mut table =
            "!meta 0 {\"format\": \"cdxj-gzip-1.0\", \"filename\": \"index.cdx.gz\"}\n".to_owned();
        for line in index.split_inclusive('\n') {
            let block = gzip(line.as_bytes());
            let start: Vec<&str> = line.splitn(3, ' ').take(2).collect();
            let fields = json!({
                "offset": blocks.len(), "length": block.len(),
                "digest": format!("sha256:{}", sha256(&block)), "filename": "index.cdx.gz",
            });
            table.push_str(&format!("{} {fields}\n", start.join(" ")));
            blocks.extend(block);
        }
        change(&mut blocks, &mut table);
        self.files.insert("indexes/index.cdx.gz".to_owned(), blocks);
        self.files.insert("indexes/index.idx".to_owned(), table.into_bytes());
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let resources: Vec<Value> = self
            .files
            .iter()
            .map(|(path, bytes)| {
                let name = path.rsplit('/').next().unwrap();
                json!({"name": name, "path": path, "hash": format!("sha256:{}", sha256(bytes)), "bytes": bytes.len()})
            })
            .collect();
        let mut package = json!({
            "profile": "data-package", "wacz_version": "1.1.1", "resources": resources,
            "created": "2026-11-22T22:12:00Z",
        });
        (self.package)(&mut package);
        let package = package.to_string().into_bytes();
        let mut digest =
            json!({"path": "datapackage.json", "hash": format!("sha256:{}", sha256(&package))});
        (self.digest)(&mut digest);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut put = |name: &str, bytes: &[u8]| {
            let method = match self.deflated.iter().any(|other| other == name) {
                true => CompressionMethod::Deflated,
                false => CompressionMethod::Stored,
            };
            zip.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
            zip.write_all(bytes).unwrap();
        };
        for (name, bytes) in &self.files {
            put(name, bytes);
        }
        if package != b"null" {
            put("datapackage.json", &package);
        }
        if !digest.is_null() {
            put("datapackage-digest.json", digest.to_string().as_bytes());
        }
        zip.finish().unwrap().into_inner()
    }

    fn edit(mut self, name: &str, change: impl Fn(String) -> String) -> Self {
        let text = String::from_utf8(self.files[name].clone()).unwrap();
        self.files.insert(name.to_owned(), change(text).into_bytes());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.files.remove(name).unwrap();
        self
    }

    fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        self.files.insert(name.to_owned(), bytes.to_vec());
        self
    }

    fn package(mut self, change: impl Fn(&mut Value) + 'static) -> Self {
        self.package = Box::new(change);
        self
    }

    fn digest(mut self, change: impl Fn(&mut Value) + 'static) -> Self {
        self.digest = Box::new(change);
        self
    }

    fn deflated(mut self, name: &str) -> Self {
        self.deflated.push(name.to_owned());
        self
    }
}

fn report(bytes: &[u8]) -> Report {
    check("made.wacz", bytes, &mut |_| {}).unwrap()
}

fn codes(report: &Report) -> Vec<Code> {
    let mut codes: Vec<Code> = report.problems.iter().map(|problem| problem.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

#[test]
fn a_right_one_is_sound() {
    for made in
        [Made::new(), Made::new().with_zipnum(|_, _| {}), Made::new().deflated("pages/pages.jsonl")]
    {
        let report = report(&made.bytes());
        assert_eq!(report.verdict, Verdict::Sound, "{report:#?}");
        assert_eq!((report.kind, report.records, report.payload_digests.ok), (Kind::Wacz, 2, 2));
        assert_eq!(report.version.as_deref(), Some("1.1.1"));
        assert_eq!(report.notices, []);
    }
}

#[test]
fn each_broken_rule_is_named() {
    use Code::*;
    let index = "indexes/index.cdxj";
    let replaced = |from: &'static str, to: &'static str| {
        Made::new().edit(index, move |text| {
            assert!(text.contains(from), "{text}");
            text.replacen(from, to, 1)
        })
    };
    let cases: Vec<(&str, Made, Vec<Code>)> = vec![
        ("no index", Made::new().without(index), vec![WaczPartMissing]),
        ("no pages", Made::new().without("pages/pages.jsonl"), vec![WaczPartMissing]),
        ("no archive", Made::new().without("archive/data.warc.gz"), vec![CdxjRecordAbsent, WaczPartMissing]),
        ("no package", Made::new().package(|json| *json = Value::Null), vec![WaczPartMissing]),
        ("no digest", Made::new().digest(|json| *json = Value::Null), vec![WaczPartMissing]),
        ("compressed index without table", Made::new().with_zipnum(|_, _| {}).without("indexes/index.idx"), vec![ZipnumMalformed, WaczPartMissing]),
        ("version 1.2.0", Made::new().package(|json| json["wacz_version"] = json!("1.2.0")), vec![WaczVersion]),
        ("profile", Made::new().package(|json| json["profile"] = json!("x")), vec![WaczPackageInvalid]),
        ("listed, not there", Made::new().package(|json| json["resources"].as_array_mut().unwrap().push(json!({"name": "x", "path": "archive/x", "hash": "", "bytes": 0}))), vec![WaczResourceMissing]),
        ("there, not listed", Made::new().package(|json| { json["resources"].as_array_mut().unwrap().pop(); }), vec![WaczResourceUnlisted]),
        ("a file without a dot, not listed", Made::new().with("pages/extra", b"x").package(|json| json["resources"].as_array_mut().unwrap().retain(|one| one["path"] != "pages/extra")), vec![WaczResourceUnlisted]),
        ("size", Made::new().package(|json| json["resources"][0]["bytes"] = json!(1)), vec![WaczResourceSize]),
        ("hash", Made::new().package(|json| json["resources"][0]["hash"] = json!(format!("sha256:{}", "0".repeat(64)))), vec![WaczResourceHash]),
        ("md5", Made::new().package(|json| json["resources"][0]["hash"] = json!("md5:d41d8cd98f00b204e9800998ecf8427e")), vec![WaczResourceHash]),
        ("name", Made::new().package(|json| json["resources"][0]["name"] = json!("A B")), vec![WaczResourceName]),
        ("names twice", Made::new().package(|json| json["resources"][0]["name"] = json["resources"][1]["name"].clone()), vec![WaczResourceName]),
        ("deflated archive", Made::new().deflated("archive/data.warc.gz"), vec![WaczCompressedPart]),
        ("deflated index", Made::new().with_zipnum(|_, _| {}).deflated("indexes/index.cdx.gz"), vec![WaczCompressedPart]),
        ("pages without header", Made::new().edit("pages/pages.jsonl", |text| text.lines().skip(1).map(|line| format!("{line}\n")).collect()), vec![WaczPagesInvalid]),
        ("page without ts", Made::new().edit("pages/pages.jsonl", |text| text.replace("\"ts\"", "\"when\"")), vec![WaczPagesInvalid]),
        ("digest of another package", Made::new().digest(|json| json["hash"] = json!(format!("sha256:{}", "0".repeat(64)))), vec![WaczDigestMismatch]),
        ("digest of another file", Made::new().digest(|json| json["path"] = json!("x")), vec![WaczDigestInvalid]),
        ("index not sorted", Made::new().edit(index, |text| text.lines().rev().map(|line| format!("{line}\n")).collect()), vec![CdxjOrder]),
        ("index line cut", Made::new().edit(index, |text| text.replace("\"}\n", "\n")), vec![CdxjMalformed, CdxjRecordUnlisted]),
        ("index offset", replaced("\"offset\":\"0\"", "\"offset\":\"1\""), vec![CdxjRecordAbsent, CdxjRecordUnlisted]),
        ("index file", replaced("data.warc.gz", "other.warc.gz"), vec![CdxjRecordAbsent, CdxjRecordUnlisted]),
        ("index length", replaced("\"length\":\"2", "\"length\":\"3"), vec![CdxjMismatch]),
        ("index url", replaced("\"url\":\"http://example.com/1\"", "\"url\":\"http://example.com/3\""), vec![CdxjMismatch]),
        ("index time", replaced("20261122221101", "20261122221100"), vec![CdxjMismatch]),
        ("index digest", replaced("\"digest\":\"sha256:", "\"digest\":\"sha256:0000"), vec![CdxjMismatch]),
        ("index lacks a record", Made::new().edit(index, |text| text.lines().take(1).map(|line| format!("{line}\n")).collect()), vec![CdxjRecordUnlisted]),
        ("block digest", Made::new().with_zipnum(|_, table| *table = table.replacen("sha256:", "sha256:00", 1)), vec![ZipnumMismatch]),
        ("block length", Made::new().with_zipnum(|_, table| *table = table.replacen("\"length\":1", "\"length\":2", 1)), vec![ZipnumMismatch]),
        ("block start", Made::new().with_zipnum(|_, table| *table = table.replacen("example)/1", "example)/0", 1)), vec![ZipnumMismatch]),
        ("block missing", Made::new().with_zipnum(|_, table| *table = table.lines().take(2).map(|line| format!("{line}\n")).collect()), vec![ZipnumMismatch]),
        ("table format", Made::new().with_zipnum(|_, table| *table = table.replace("cdxj-gzip-1.0", "x")), vec![ZipnumMalformed]),
        ("name that leaves the folder", Made::new().with("pages/../../x.txt", b"x"), vec![ZipNameUnsafe]),
        ("names that collide", Made::new().with("pages/PAGES.jsonl", b"{\"format\": \"json-pages-1.0\"}\n").package(|json| json["resources"][2]["name"] = json!("other")), vec![ZipNameUnsafe]),
        ("package that is a list", Made::new().package(|json| *json = json!([])), vec![WaczPackageInvalid]),
        ("no profile, as Browsertrix 1 writes it", Made::new().package(|json| { json.as_object_mut().unwrap().remove("profile"); }), vec![]),
        ("no list of resources", Made::new().package(|json| json["resources"] = json!({})), vec![WaczPackageInvalid]),
        ("no version", Made::new().package(|json| { json.as_object_mut().unwrap().remove("wacz_version"); }), vec![WaczVersion]),
        ("version 1.0.0", Made::new().package(|json| json["wacz_version"] = json!("1.0.0")), vec![WaczVersion]),
        ("resource without a path", Made::new().package(|json| { json["resources"][2].as_object_mut().unwrap().remove("path"); }), vec![WaczPackageInvalid, WaczResourceUnlisted]),
        ("path twice", Made::new().package(|json| { let one = json["resources"][0].clone(); json["resources"].as_array_mut().unwrap().push(one); }), vec![WaczPackageInvalid, WaczResourceName]),
        ("no name", Made::new().package(|json| { json["resources"][0].as_object_mut().unwrap().remove("name"); }), vec![WaczResourceName]),
        ("no size", Made::new().package(|json| { json["resources"][0].as_object_mut().unwrap().remove("bytes"); }), vec![WaczResourceSize]),
        ("no hash", Made::new().package(|json| { json["resources"][0].as_object_mut().unwrap().remove("hash"); }), vec![WaczResourceHash]),
        ("digest that is no JSON object", Made::new().digest(|json| *json = json!([])), vec![WaczDigestInvalid]),
        ("digest without a hash", Made::new().digest(|json| { json.as_object_mut().unwrap().remove("hash"); }), vec![WaczDigestInvalid]),
        ("pages of another format", Made::new().edit("pages/pages.jsonl", |text| text.replace("json-pages-1.0", "json-pages-2.0")), vec![WaczPagesInvalid]),
        ("page without url", Made::new().edit("pages/pages.jsonl", |text| text.replace("\"url\"", "\"address\"")), vec![WaczPagesInvalid]),
        ("page of no JSON", Made::new().edit("pages/pages.jsonl", |text| text + "url,ts\n"), vec![WaczPagesInvalid]),
        ("no pages at all, not even a header", Made::new().with("pages/pages.jsonl", b""), vec![WaczPagesInvalid]),
        ("other pages without header", Made::new().with("pages/extra.jsonl", b"{\"url\":\"http://example.com/\",\"ts\":\"2026-11-22T22:11:01Z\"}\n"), vec![WaczPagesInvalid]),
        ("empty index", Made::new().with(index, b""), vec![CdxjRecordUnlisted]),
        ("index status", replaced("\"offset\":\"0\"", "\"status\":\"404\",\"offset\":\"0\""), vec![]),
        ("index digest of the record", replaced("\"offset\":\"0\"", "\"recordDigest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"offset\":\"0\""), vec![CdxjMismatch]),
        ("index without a file", replaced("\"filename\"", "\"name\""), vec![CdxjMalformed, CdxjRecordUnlisted]),
        ("compressed index that is none", Made::new().with_zipnum(|blocks, _| blocks.fill(b'x')), vec![CdxjRecordUnlisted, ZipnumMalformed, ZipnumMismatch]),
        ("a damaged record", Made::new().with("archive/data.warc.gz", &damaged()), vec![GzipDataInvalid, GarbageSkipped, CdxjRecordAbsent]),
        ("a cut archive", Made::new().with("archive/data.warc.gz", &warc()[..warc().len() - 1]), vec![GzipTruncated, CdxjRecordAbsent]),
        ("an empty archive", Made::new().with("archive/more.warc.gz", b""), vec![Empty]),
        ("an archive that is none", Made::new().with("archive/more.warc.gz", b"<p>404"), vec![NotAnArchive]),
        ("signature over another hash", Made::new().digest(|json| json["signedData"] = json!({"hash": "sha256:00", "created": "2026-11-22T22:12:00Z", "software": "x", "version": "0.1.0", "signature": "AAAA", "publicKey": "AAAA"})), vec![WaczSignatureInvalid]),
        ("signature without a time", Made::new().digest(|json| { let hash = json["hash"].clone(); json["signedData"] = json!({"hash": hash, "software": "x", "version": "0.1.0", "signature": "AAAA", "publicKey": "AAAA"}); }), vec![WaczSignatureInvalid, WaczSignatureForm]),
        ("signature of another form", Made::new().digest(|json| { let hash = json["hash"].clone(); json["signedData"] = json!({"hash": hash, "created": "2026-11-22T22:12:00Z"}); }), vec![WaczSignatureForm]),
        ("signature by no key", Made::new().digest(|json| { let hash = json["hash"].clone(); json["signedData"] = json!({"hash": hash, "created": "2026-11-22T22:12:00Z", "software": "x", "version": "0.1.0", "signature": "AAAA", "publicKey": "AAAA"}); }), vec![WaczSignatureInvalid]),
    ];
    let mut wrong = Vec::new();
    for (name, made, expected) in cases {
        let report = report(&made.bytes());
        let verdict = if expected.is_empty() { Verdict::Sound } else { Verdict::Flawed };
        if codes(&report) != expected || report.verdict != verdict {
            wrong.push(format!("{name}: {:?} instead of {expected:?}", codes(&report)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The archive with a byte of its second record's deflate data changed.
fn damaged() -> Vec<u8> {
    let mut bytes = warc();
    let second = bytes.windows(3).rposition(|window| window == [0x1f, 0x8b, 8]).unwrap();
    bytes[second + 11] ^= 0xff;
    bytes
}

/// A ZIP may hold the same files in another order, compressed another way, with 64-bit sizes, with
/// sizes after the data, with a comment, or after other bytes: the WACZ stays what it is.
#[test]
fn the_same_files_in_other_zips() {
    use std::io::Read;
    let bytes = Made::new().bytes();
    let mut zip = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let mut files = Vec::new();
    for number in (0..zip.len()).rev() {
        let mut part = zip.by_index(number).unwrap();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        files.push((part.name().unwrap().into_owned(), content));
    }
    let options = |name: &str| {
        let stored = name.starts_with("archive/");
        let method = if stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        SimpleFileOptions::default().compression_method(method)
    };
    let mut reordered = ZipWriter::new(Cursor::new(Vec::new()));
    let mut large = ZipWriter::new(Cursor::new(Vec::new()));
    let mut streamed = ZipWriter::new_stream(Vec::new());
    reordered.set_comment("made by hand").unwrap();
    for (name, content) in &files {
        reordered.start_file(name, options(name)).unwrap();
        reordered.write_all(content).unwrap();
        large.start_file(name, options(name).large_file(true)).unwrap();
        large.write_all(content).unwrap();
        streamed.start_file(name, options(name)).unwrap();
        streamed.write_all(content).unwrap();
    }
    let reordered = reordered.finish().unwrap().into_inner();
    let large = large.finish().unwrap().into_inner();
    let streamed = streamed.finish().unwrap().into_inner();
    // Signature of a data descriptor (APPNOTE 4.3.9).
    assert!(streamed.windows(4).any(|window| window == b"PK\x07\x08"));
    for (name, bytes) in [("reordered", &reordered), ("large", &large), ("streamed", &streamed)] {
        let report = report(bytes);
        assert_eq!((report.verdict, report.records), (Verdict::Sound, 2), "{name}: {report:#?}");
        assert_eq!(report.notices, [], "{name}");
    }
    for (name, bytes) in [("reordered", &reordered), ("large", &large), ("streamed", &streamed)] {
        for cut in (0..bytes.len()).step_by(13) {
            assert_ne!(report(&bytes[..cut]).verdict, Verdict::Sound, "{name} cut at {cut}");
        }
    }
}

/// What the ZIP's two lists say of one file differs, or bytes belong to no file.
#[test]
fn zips_that_contradict_themselves() {
    let bytes = Made::new().bytes();
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let changed = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] ^= value;
        bytes
    };
    for (name, bytes) in [
        ("method in the directory", changed(directory + 10, 8)),
        ("checksum in the directory", changed(directory + 16, 1)),
        ("size in the directory", changed(directory + 24, 1)),
        ("offset in the directory", changed(directory + 42, 1)),
        ("name in the directory", changed(directory + 46, 1)),
        ("name in the local header", changed(30, 1)),
        ("a byte of the archive", changed(60, 1)),
    ] {
        let report = report(&bytes);
        assert_ne!(report.verdict, Verdict::Sound, "{name}: {report:#?}");
    }
}

/// The anonymous form: P-384, SubjectPublicKeyInfo in base64, r and s as they are. DER is read too.
#[test]
fn anonymous_signatures() {
    use p384::ecdsa::signature::hazmat::PrehashSigner;
    use p384::pkcs8::EncodePublicKey;
    let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let public = key.verifying_key().to_public_key_der().unwrap();
    let public = data_encoding::BASE64.encode(public.as_bytes());
    for (der, wrong) in [(false, false), (true, false), (false, true)] {
        let (key, public) = (key.clone(), public.clone());
        let made = Made::new().digest(move |json| {
            let hash = json["hash"].as_str().unwrap().to_owned();
            let signed = if wrong { "sha256:00" } else { &hash };
            let signature: p384::ecdsa::Signature =
                key.sign_prehash(&Sha256::digest(signed.as_bytes())).unwrap();
            let bytes =
                if der { signature.to_der().as_bytes().to_vec() } else { signature.to_vec() };
            json["signedData"] = json!({
                "hash": hash, "created": "2026-11-22T22:12:00Z", "software": "test",
                "version": "0.1.0", "signature": data_encoding::BASE64.encode(&bytes),
                "publicKey": public,
            });
        });
        let report = report(&made.bytes());
        let expected: &[Code] = if wrong { &[Code::WaczSignatureInvalid] } else { &[] };
        assert_eq!(codes(&report), expected, "{report:#?}");
        assert_eq!(report.notices.len(), usize::from(!wrong));
    }
}

/// The flag for encryption on every file, in its local header and in the directory.
#[test]
fn encrypted_files_are_named() {
    let mut bytes = Made::new().bytes();
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let starts: Vec<usize> =
            (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(signature)).collect();
        starts.into_iter().for_each(|start| bytes[start + flags] |= 1);
    }
    let report = report(&bytes);
    assert!(codes(&report).contains(&Code::ZipEncrypted), "{report:#?}");
    assert_eq!((report.verdict, report.records), (Verdict::Flawed, 0));
}

/// The records of a WACZ, one archive after another; of a WARC, without a name.
#[test]
fn archives_are_opened() {
    let mut found = Vec::new();
    let warc = warc();
    for bytes in [Made::new().bytes(), warc] {
        read_archives(Cursor::new(bytes), |name, mut reader| {
            while let Some(mut record) = reader.next_record()? {
                let body = String::from_utf8(record.payload(100)?.bytes).unwrap();
                found.push((name.map(str::to_owned), body));
            }
            Ok(())
        })
        .unwrap();
    }
    let inside = Some("archive/data.warc.gz".to_owned());
    let page = |number: u8| format!("page {number}");
    assert_eq!(
        found,
        [(inside.clone(), page(1)), (inside, page(2)), (None, page(1)), (None, page(2))]
    );
    let cut = Made::new().bytes();
    let error = read_archives(Cursor::new(&cut[..200]), |_, _| Ok(())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
}

#[test]
fn a_zip_without_wacz_parts_is_unreadable() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"<x/>").unwrap();
    let report = report(&zip.finish().unwrap().into_inner());
    assert_eq!((report.kind, report.verdict), (Kind::Unknown, Verdict::Unreadable));
}

/// Cut anywhere: an error, and the records of the archive as far as it is there.
#[test]
fn cut_anywhere() {
    let bytes = Made::new().bytes();
    let whole = warc();
    let start = bytes.windows(whole.len()).position(|window| window == whole).unwrap();
    let second = whole.windows(3).rposition(|window| window == [0x1f, 0x8b, 8]).unwrap();
    for cut in 0..bytes.len() {
        let report = report(&bytes[..cut]);
        assert_ne!(report.verdict, Verdict::Sound, "cut at {cut}: {report:#?}");
        let expected =
            [start + second, start + whole.len()].iter().filter(|end| **end <= cut).count();
        assert_eq!(report.records, expected as u64, "cut at {cut}: {report:#?}");
    }
}

/// The page lists of py-wacz's tests (`validate_pages_jsonl_file`), each as that of a WACZ.
#[test]
fn page_lists_of_py_wacz() {
    let Some(folder) = shared_data::web_archives() else { return };
    let folder = folder.join("webrecorder/py-wacz/tests/fixtures/pages");
    for (file, expected) in [
        ("pages.jsonl", vec![]),
        ("extraPages.jsonl", vec![]),
        ("invalid.jsonl", vec![Code::WaczPagesInvalid]),
        ("invalid.txt", vec![Code::WaczPagesInvalid]),
    ] {
        let pages = std::fs::read(folder.join(file)).unwrap();
        let report = report(&Made::new().with("pages/pages.jsonl", &pages).bytes());
        assert_eq!(codes(&report), expected, "{file}: {report:#?}");
    }
}

#[test]
fn files_of_py_wacz() {
    let Some(folder) = shared_data::web_archives() else { return };
    use Code::*;
    let cases: &[(&str, u64, &[Code], &[Code])] = &[
        ("valid_example_2.wacz", 4, &[], &[WaczNaming]),
        ("valid_signed_example_1.wacz", 4, &[], &[WaczSignatureTrust]),
        // Its certificate chain ends in a staging root, which only a reader's own roots can tell.
        ("invalid_signed_example_1.wacz", 4, &[], &[WaczSignatureTrust]),
        (
            "valid_example_1.wacz",
            4,
            &[WaczPartMissing, WaczVersion, WaczResourceName],
            &[WaczNaming],
        ),
        (
            "invalid_example_1.wacz",
            0,
            &[
                WaczPartMissing,
                WaczVersion,
                WaczResourceMissing,
                WaczResourceUnlisted,
                WaczResourceName,
            ],
            &[WaczNaming],
        ),
    ];
    for (file, records, expected, notices) in cases {
        let bytes =
            std::fs::read(folder.join("webrecorder/py-wacz/tests/fixtures").join(file)).unwrap();
        let found = report(&bytes);
        assert_eq!(codes(&found), *expected, "{file}: {found:#?}");
        assert_eq!((found.kind, found.records), (Kind::Wacz, *records), "{file}");
        let mut given: Vec<Code> = found.notices.iter().map(|notice| notice.code).collect();
        given.dedup();
        assert_eq!(given, *notices, "{file}");
        let step = (bytes.len() / 200).max(1);
        for cut in (0..bytes.len()).step_by(step) {
            let part = report(&bytes[..cut]);
            assert_ne!(part.verdict, Verdict::Sound, "{file} cut at {cut}");
            assert!(part.records <= *records, "{file} cut at {cut}");
        }
        // A changed signature, package or record is found, wherever the byte is.
        if file.starts_with("valid_signed") {
            for at in (0..bytes.len()).step_by(step) {
                let mut changed = bytes.clone();
                changed[at] ^= 0x01;
                let _ = report(&changed);
            }
        }
    }
}
