//! Pages of the web come into a case whole, however the recordings are cut.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use witnessmark_case::capture::{LocalPage, LocalSite};
use witnessmark_case::model::{Entropy, Moment};
use witnessmark_case::{AddOptions, Case, Environment, InitOptions, Progress, WebOptions};

/// Bytes that are not the same twice in a run.
struct Counting(u64);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            chunk.copy_from_slice(&self.0.to_be_bytes()[..chunk.len()]);
        }
    }
}

fn environment() -> Environment {
    Environment {
        reader: None,
        programs: None,
        clock: Arc::new(|| Moment::from_unix_millis(1_795_000_000_000)),
        unlocked: None,
        entropy: Box::new(Counting(7)),
        holder: "process 1 (test)".to_owned(),
    }
}

/// Large pages filled a recording before the visits in it had been read. It was closed all the same: sixty pages that had been
/// written were no captures, and the next recording was read at the places of the one before.
#[test]
fn a_recording_that_is_full_has_all_its_captures() {
    let page = |number: usize| {
        LocalPage {
        status: 200,
        content_type: "text/html; charset=utf-8".to_owned(),
        fields: Vec::new(),
        body: format!(
            "<!DOCTYPE html><title>Notice {number}</title><p>Notice {number} of the county office says that the survey \
             of households went on in June, and that a second list would follow in the autumn.</p>"
        )
        .into_bytes(),
    }
    };
    let pages: BTreeMap<String, LocalPage> =
        (0..20).map(|number| (format!("/{number}.html"), page(number))).collect();
    let site = LocalSite::serve(pages.clone(), LocalPage { status: 404, ..page(404) }).unwrap();
    let urls: BTreeSet<String> = pages.keys().map(|path| site.url(path)).collect();

    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case");
    let mut case = Case::init(&case, &InitOptions::default(), None, environment()).unwrap();
    case.set_egress("direct").unwrap();
    // Each page alone is longer: every recording is full at its first.
    let web = WebOptions {
        recording_bytes: 1000,
        allow_private_network: true,
        rate: 1000.0,
        ..WebOptions::new(urls.iter().cloned().collect())
    };
    let options = AddOptions { web: Some(web), ..AddOptions::default() };
    let mut told = BTreeSet::new();
    case.add(&options, &Progress::new(), &mut |outcome| {
        assert_eq!(outcome.verdict, "content", "{outcome:?}");
        told.insert(outcome.source.clone());
    })
    .unwrap();
    assert_eq!(told, urls);
    let kept: BTreeSet<String> =
        case.captures().unwrap().into_iter().filter_map(|(row, ..)| row.url).collect();
    assert_eq!(kept, urls);
    let recordings: BTreeSet<u64> =
        case.captures().unwrap().into_iter().map(|(row, ..)| row.entry).collect();
    assert_eq!(recordings.len(), 20, "each page filled a recording");
}
