//! Any bytes as a dossier's zip file: never intact, never a panic.
#![no_main]

use std::io::Cursor;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use witnessmark_verify::{Verdict, ZipFiles, verify};

fuzz_target!(|data: &[u8]| {
    if let Ok(files) = ZipFiles::open(Cursor::new(Arc::<[u8]>::from(data)))
        && let Ok(report) = verify(&files)
    {
        assert_eq!(report.verdict, Verdict::Failed);
    }
});
