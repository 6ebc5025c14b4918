//! No bytes in any file make a verification panic, and none make a changed thing intact.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly, in its helpers too")]

mod fixture;

use std::sync::LazyLock;

use fixture::{case, sign};
use proptest::prelude::*;
use witnessmark_verify::{Memory, Trust, Verdict, case, dossier};

static CASE: LazyLock<Memory> = LazyLock::new(|| case(0));
static DOSSIER: LazyLock<(Memory, fixture::Signing)> = LazyLock::new(fixture::dossier);

/// One file replaced, cut or spliced at random; `None` if that changed nothing.
fn change(
    sound: &Memory,
    pick: usize,
    at: usize,
    cut: usize,
    insert: &[u8],
) -> Option<(String, Memory)> {
    let (name, bytes) = sound.0.iter().nth(pick % sound.0.len())?;
    let start = at % (bytes.len() + 1);
    let end = start + cut % (bytes.len() - start + 1);
    let changed = [&bytes[..start], insert, &bytes[end..]].concat();
    if changed == *bytes {
        return None;
    }
    let mut files = sound.clone();
    files.0.insert(name.clone(), changed);
    Some((name.clone(), files))
}

fn splice() -> impl Strategy<Value = (usize, usize, usize, Vec<u8>)> {
    let insert = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        "[0-9]{1,20}".prop_map(String::into_bytes),
        "[{}\",:\\[\\]a-z0-9\n ]{0,40}".prop_map(String::into_bytes),
    ];
    (any::<usize>(), any::<usize>(), prop_oneof![Just(0usize), 0usize..40, any::<usize>()], insert)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_case_with_any_bytes_in_any_file((pick, at, cut, insert) in splice()) {
        if let Some((name, files)) = change(&CASE, pick, at, cut, &insert) {
            let report = case::verify(&files, None, &Trust::default());
            if name.starts_with("log/") || name.starts_with("blobs/") {
                prop_assert_eq!(report.verdict, Verdict::Failed, "{}", name);
            }
        }
    }

    #[test]
    fn a_dossier_with_any_bytes_in_any_file((pick, at, cut, insert) in splice(), signed in any::<bool>()) {
        if let Some((name, mut files)) = change(&DOSSIER.0, pick, at, cut, &insert) {
            if signed {
                sign(&mut files, &DOSSIER.1);
                dossier::verify(&files, &Trust::default());
            } else {
                prop_assert_eq!(dossier::verify(&files, &Trust::default()).verdict, Verdict::Failed, "{}", name);
            }
        }
    }

    #[test]
    fn a_zip_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes: std::sync::Arc<[u8]> = bytes.into();
        let _ = witnessmark_verify::ZipFiles::open(std::io::Cursor::new(bytes));
    }
}
