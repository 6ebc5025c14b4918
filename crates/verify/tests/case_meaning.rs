//! Entries that are committed and signed as they should be, and still say what does not hold.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly, in its helpers too")]

mod fixture;

use fixture::{Counting, EXACT, Made, failures, load, make_case, warc};
use witnessmark_model::id::*;
use witnessmark_model::payload::*;
use witnessmark_model::{Digest, Moment, canonical};
use witnessmark_vault::{Pending, Vault};
use witnessmark_verify::{Files, Report, Trust, Verdict};

/// Verifies an open case.
fn verify(files: &dyn Files) -> Report {
    witnessmark_verify::case::verify(files, None, &Trust::default())
}

/// Commits what `make` gives to a fresh case, and verifies it.
fn after(make: impl FnOnce(&mut Vault, &Made, &mut Counting) -> Vec<Pending>) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("case");
    let made = make_case(&folder, 0);
    let (mut vault, _) = Vault::open_for_writing(&folder, "a test", None).unwrap();
    let mut entropy = Counting(1 << 50);
    let batch = make(&mut vault, &made, &mut entropy);
    vault.commit(batch, Moment::from_unix_millis(1_795_400_000_000), &mut entropy).unwrap();
    verify(&load(&folder))
}

/// Exactly the failures of one group, whose details hold `text`.
fn assert_only(report: &Report, what: &str, group: &str, text: &str) {
    assert_eq!(report.verdict, Verdict::Failed, "{what}");
    for check in failures(report) {
        assert_eq!(check.name, group, "{what}: {check:?}");
        assert!(check.detail.contains(text), "{what}: {check:?}");
    }
}

#[test]
fn a_passage_must_stand_where_it_says() {
    type Change = fn(&mut Passage);
    let cases: [(&str, Change, &str); 6] = [
        ("other words", |p| p.exact = EXACT.replace("18", "19"), "other words than it quotes"),
        (
            "moved by one",
            |p| (p.start, p.end) = (p.start + 1, p.end + 1),
            "other words than it quotes",
        ),
        ("beyond the end", |p| (p.start, p.end) = (5000, 5010), "outside the text"),
        ("backwards", |p| (p.start, p.end) = (p.end, p.start), "outside the text"),
        ("another prefix", |p| p.prefix = "One word. ".into(), "prefix"),
        ("another suffix", |p| p.suffix = " were freed".into(), "suffix"),
    ];
    for (what, change, text) in cases {
        let report = after(|_, made, entropy| {
            let mut passage = made.passage.clone();
            passage.id = PassageId::random(entropy);
            change(&mut passage);
            vec![passage.into()]
        });
        assert_only(&report, what, "passages", text);
    }
}

#[test]
fn every_reference_must_lead_somewhere() {
    type Make = fn(&Made, &mut Counting) -> Payload;
    let cases: [(&str, Make, &str); 8] = [
        (
            "a claim without its passage",
            |made, e| {
                let passage = PassageId::random(e);
                Claim { id: ClaimId::random(e), passage, ..made.claim.clone() }.into()
            },
            "no entry holds",
        ),
        (
            "a claim by a codebook that nobody has",
            |made, e| {
                let codebook = Digest::of(b"other");
                Claim { id: ClaimId::random(e), codebook, ..made.claim.clone() }.into()
            },
            "no entry holds",
        ),
        (
            "a passage without its extraction",
            |made, e| {
                let extraction = ExtractionId::random(e);
                Passage { id: PassageId::random(e), extraction, ..made.passage.clone() }.into()
            },
            "no entry holds",
        ),
        (
            "an extraction of bytes that were not captured",
            |made, e| {
                let of = Digest::of(b"other");
                Extraction { id: ExtractionId::random(e), of, ..made.extraction.clone() }.into()
            },
            "not those of",
        ),
        (
            "a change of a claim that nobody has",
            |made, e| ClaimChange { claim: ClaimId::random(e), ..made.changes.clone() }.into(),
            "no entry holds",
        ),
        ("an id that is taken", |made, _| made.claim.clone().into(), "an earlier entry has"),
        (
            "an estimate over a claim that nobody has",
            |made, e| {
                let claims = vec![ClaimId::random(e)];
                Estimate { id: EstimateId::random(e), claims, ..made.estimate.clone() }.into()
            },
            "no entry holds",
        ),
        (
            "a publication of a log to come",
            |_, e| {
                let (id, sums_sha256) = (PublicationId::random(e), Digest::of(b"x"));
                let profile = "public".into();
                Publication { id, profile, policy: None, sums_sha256, size: 99 }.into()
            },
            "more than were there",
        ),
    ];
    for (what, make, text) in cases {
        let report = after(|_, made, entropy| vec![make(made, entropy).into()]);
        assert_only(&report, what, "links", text);
    }
}

/// What OCR read is nothing to claim by before a person has held it beside the picture.
#[test]
fn a_claim_waits_until_somebody_compared_what_ocr_read() {
    for (what, confirmed) in [("not compared", None), ("compared", Some(0)), ("too late", Some(1))]
    {
        let report = after(|_, made, entropy| {
            let passage = Passage { id: PassageId::random(entropy), ..made.passage.clone() };
            let id = passage.id;
            let on_picture = PassageOnPicture {
                passage: id,
                reader: "tesseract 5.3.0 (bod)".into(),
                inside: None,
                lines: Vec::new(),
            };
            let claim = Claim { id: ClaimId::random(entropy), passage: id, ..made.claim.clone() };
            let mut batch: Vec<Pending> = vec![passage.into(), on_picture.into(), claim.into()];
            let by_person = PassageConfirmed { passage: id, reads: None, by: None, note: None };
            if let Some(behind) = confirmed {
                batch.insert(2 + behind, by_person.into());
            }
            batch
        });
        match confirmed {
            Some(0) => assert_eq!(report.verdict, Verdict::Intact, "{:#?}", failures(&report)),
            _ => assert_only(&report, what, "links", "nobody had compared"),
        }
    }
}

#[test]
fn references_may_lead_forward_in_the_log() {
    let report = after(|_, made, entropy| {
        let passage = Passage { id: PassageId::random(entropy), ..made.passage.clone() };
        let claim =
            Claim { id: ClaimId::random(entropy), passage: passage.id, ..made.claim.clone() };
        vec![claim.into(), passage.into()]
    });
    assert_eq!(report.verdict, Verdict::Intact, "{:#?}", failures(&report));
}

#[test]
fn a_case_begins_once() {
    let report = after(|vault, _, entropy| {
        let created = CaseCreated {
            case: vault.case_id(),
            log: vault.verifier().name().into(),
            log_key: vault.verifier().to_text(),
            founder: Founder { actor: ActorId::random(entropy), public_key: String::new() },
            previous: None,
        };
        vec![created.into()]
    });
    assert_only(&report, "a second beginning", "payloads", "only there");
}

#[test]
fn evidence_must_have_the_length_that_was_recorded() {
    let report = after(|vault, _, entropy| {
        let mut evidence = vault.put_evidence(b"name = \"other\"\n", entropy).unwrap();
        evidence.bytes += 1;
        let id = ConfigurationId::random(entropy);
        vec![Codebook { id, name: "n".into(), version: "2".into(), evidence }.into()]
    });
    assert_only(&report, "a length", "evidence", "recorded");
}

/// A manifest that was committed to, and yet does not fit its archive.
#[test]
fn an_archive_must_hold_the_records_that_its_manifest_lists() {
    type Change = fn(&mut Vec<ManifestLine>);
    let cases: [(&str, Change, &str); 7] = [
        ("another digest", |lines| lines[1].sha256 = Digest::of(b"x"), "the manifest says"),
        ("another offset", |lines| lines[1].offset += 1, ""),
        ("another length", |lines| lines[1].length -= 1, "the manifest says"),
        ("another framing", |lines| lines[1].framing = Framing::Member, "as the manifest says"),
        ("a record left out", |lines| drop(lines.pop()), "not in the manifest"),
        (
            "the first left out",
            |lines| {
                lines.remove(0);
                lines[0].n = 0;
            },
            "not in the manifest",
        ),
        (
            "a record that is not there",
            |lines| {
                let mut line = lines[1].clone();
                (line.n, line.offset, line.capture) = (2, 9999, None);
                lines.push(line);
            },
            "none was found",
        ),
    ];
    for (what, change, text) in cases {
        let report = after(|vault, _, entropy| {
            let (mut offset, mut lines) = (0, Vec::new());
            for (n, record) in (0..).zip(warc()) {
                let plain = &record[..record.len() - 4];
                lines.push(ManifestLine {
                    n,
                    offset,
                    length: plain.len() as u64,
                    framing: Framing::Plain,
                    record_type: "response".into(),
                    record_id: None,
                    uri: None,
                    date: None,
                    status: None,
                    media_type: None,
                    sha256: Digest::of(plain),
                    bytes: plain.len() as u64,
                    capture: None,
                    source: None,
                    page: None,
                    payload: None,
                    verdict: None,
                });
                offset += record.len() as u64;
            }
            change(&mut lines);
            let records: Vec<Digest> = lines.iter().map(|line| line.sha256).collect();
            let manifest: Vec<u8> = lines
                .iter()
                .flat_map(|line| [canonical::to_bytes(line).unwrap(), b"\n".to_vec()].concat())
                .collect();
            let payload = Import {
                id: ImportId::random(entropy),
                name: "x.warc".into(),
                format: "warc".into(),
                evidence: vault.put_evidence(&warc().concat(), entropy).unwrap(),
                manifest: vault.put_evidence(&manifest, entropy).unwrap(),
                records: records.len() as u64,
                captures: 0,
                problems: vec![],
            };
            vec![Pending { payload: payload.into(), records }]
        });
        assert_only(&report, what, "imports", text);
    }
}

/// An entry signed by somebody whom the log does not know, made without the vault.
#[test]
fn an_author_must_be_known_before_the_first_entry() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("case");
    make_case(&folder, 0);
    let mut entropy = Counting(1 << 50);
    let stranger = ActorId::random(&mut entropy);
    // The vault signs with the first actor's key in the keystore: a stranger's, put there.
    let signers = folder.join("keys/1/signers");
    let text = std::fs::read_to_string(&signers).unwrap();
    let log = text.lines().next().unwrap();
    let line = witnessmark_model::keystore::actor_line(stranger, &[9; 32]);
    std::fs::write(&signers, format!("{log}\n{line}")).unwrap();
    fixture::add_origins(&folder, 1, 1 << 51);
    std::fs::write(&signers, text).unwrap();
    let report = verify(&load(&folder));
    assert_only(&report, "a stranger", "signatures", "no entry before it gives the key");
}
