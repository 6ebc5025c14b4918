//! Any bytes as a chunked, and perhaps compressed, body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_archive::Reader;

fuzz_target!(|data: &[u8]| {
    let Some((kind, body)) = data.split_first() else { return };
    let encoding = ["", "gzip", "br", "deflate", "zstd", "gzip, br"][usize::from(kind % 6)];
    let head = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {encoding}\r\n\r\n"
    );
    let mut file = format!(
        "WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n{head}",
        head.len() + body.len()
    )
    .into_bytes();
    file.extend_from_slice(body);
    let mut reader = Reader::new(file.as_slice()).expect("memory gives no machine errors");
    let mut record = reader.next_record().expect("no machine errors").expect("a record");
    let payload = record.payload(1 << 16).expect("the block is whole");
    assert!(payload.bytes.len() <= 1 << 16);
});
