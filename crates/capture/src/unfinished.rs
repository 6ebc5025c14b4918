//! What an interrupted run left in its file, so that the next one can go on.

use std::collections::BTreeMap;
use std::io::{self, Read};

use witnessmark_archive::{Algorithm, DigestField, Reader, RecordType};
use witnessmark_model::Digest;

use crate::record::KnownPayload;

/// A file as an interrupted run left it: a crash, a full disk, a pulled plug.
///
/// To go on: keep the bytes from [`whole`](Self::whole) on elsewhere if they are wanted, cut the file there, and
/// [`resume`](crate::RecordWriter::resume). An exchange in [`partial`](Self::partial) stays in the file, and its address is
/// to be captured again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// Where the last whole record ends.
    pub whole: u64,
    /// Bytes of the file; those from `whole` on belong to no whole record.
    pub length: u64,
    /// Exchanges all of whose records are there, in the file's order.
    pub finished: Vec<KeptExchange>,
    /// Exchanges of which some records are there.
    pub partial: Vec<KeptExchange>,
    /// Payloads of whole responses.
    pub payloads: BTreeMap<Digest, KnownPayload>,
}

/// An exchange as a file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptExchange {
    /// What was asked for.
    pub url: String,
    /// Its WARC-Date.
    pub date: String,
}

/// Looks through a file that a [`RecordWriter`](crate::RecordWriter) wrote, plain or gzip, up to the first damage.
///
/// An exchange is whole when its metadata record is, because that is written last.
pub fn examine<R: Read>(input: R) -> io::Result<Unfinished> {
    let mut input = Counted { input, count: 0 };
    let mut found = whole_records(&mut input)?;
    io::copy(&mut input, &mut io::sink())?;
    found.length = input.count;
    Ok(found)
}

fn whole_records<R: Read>(input: &mut R) -> io::Result<Unfinished> {
    let mut found = Unfinished::default();
    let mut reader = Reader::new(input)?;
    // By record id of the metadata record that is to come: where the exchange begins, and what it is.
    let mut open: BTreeMap<String, (u64, KeptExchange)> = BTreeMap::new();
    while let Some(record) = reader.next_record()? {
        let head = record.head().clone();
        let end = record.finish()?;
        let (Some(length), true, true) = (end.length, end.whole, end.offset == found.whole) else {
            break;
        };
        found.whole = end.offset + length;
        let (Some(id), Some(date)) = (head.record_id(), head.date()) else { continue };
        let Some(uri) = head.target_uri() else { continue };
        let kept = KeptExchange { url: uri.into_owned(), date: date.to_owned() };
        match head.record_type() {
            RecordType::Metadata => {
                open.remove(id);
                found.finished.push(kept);
            }
            RecordType::Response | RecordType::Revisit | RecordType::Request => {
                // The metadata record is the last that it is concurrent to.
                let concurrent = head
                    .fields()
                    .filter(|(name, _)| name.eq_ignore_ascii_case("WARC-Concurrent-To"))
                    .last();
                if let Some((_, metadata)) = concurrent {
                    let metadata = metadata.trim_matches(['<', '>']).to_owned();
                    open.entry(metadata).or_insert_with(|| (end.offset, kept.clone()));
                }
                let digest = head.get("WARC-Payload-Digest").map(DigestField::parse);
                if *head.record_type() == RecordType::Response
                    && head.get("WARC-Truncated").is_none()
                    && let Some(DigestField::Known(Algorithm::Sha256, bytes)) = digest
                    && let Ok(bytes) = bytes.try_into()
                {
                    found.payloads.entry(Digest(bytes)).or_insert(KnownPayload {
                        record_id: id.to_owned(),
                        target_uri: kept.url,
                        date: kept.date,
                    });
                }
            }
            _ => {}
        }
    }
    let mut partial: Vec<_> = open.into_values().collect();
    partial.sort_by_key(|(offset, _)| *offset);
    found.partial = partial.into_iter().map(|(_, kept)| kept).collect();
    Ok(found)
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        self.count += count as u64;
        Ok(count)
    }
}
