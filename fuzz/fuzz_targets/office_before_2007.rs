//! Streams of Word, Excel and PowerPoint from before 2007, in a compound file that is sound: the first byte chooses the program, the
//! next three where the second stream begins.
#![no_main]

use std::io::{Cursor, Write};

use cfb::CompoundFile;
use libfuzzer_sys::fuzz_target;
use witnessmark_document::{Limits, read};
use witnessmark_text::Hints;

/// The streams of each program: two, or the same bytes under two names.
const STREAMS: [&[&str]; 4] = [
    &["/WordDocument", "/0Table", "/1Table"],
    &["/Workbook"],
    &["/Book"],
    &["/PowerPoint Document", "/Current User"],
];

fuzz_target!(|data: &[u8]| {
    let [kind, low, middle, high, data @ ..] = data else { return };
    let streams = STREAMS[usize::from(*kind) % STREAMS.len()];
    let middle = usize::from(*low) | usize::from(*middle) << 8 | usize::from(*high) << 16;
    let (first, second) = data.split_at(middle.min(data.len()));
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).expect("memory takes any file");
    for (number, name) in streams.iter().enumerate() {
        let bytes = if streams.len() == 1 { data } else if number == 0 { first } else { second };
        file.create_stream(name).and_then(|mut stream| stream.write_all(bytes)).expect("memory takes any bytes");
    }
    file.flush().expect("memory takes any file");
    let bytes = file.into_inner().into_inner();
    let limits = Limits { depth: 3, files: 50, unpacked: 4 << 20, pages: 10 };
    read(&bytes, &Hints::default(), &limits, &mut |document| {
        // A place never leads out of the file.
        let place = document.inside.unwrap_or_default();
        assert!(place.split('/').all(|part| part != ".."));
    });
});
