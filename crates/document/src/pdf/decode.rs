//! Streams, unpacked under a limit.

use std::borrow::Cow;
use std::io::{Read, copy, sink};

use flate2::read::ZlibDecoder;
use hayro_syntax::Filter;
use hayro_syntax::object::Stream;

/// A stream of text, drawing or font that unpacks to more is not read.
pub(super) const MAX_UNPACKED: u64 = 128 << 20;
/// A packed stream up to this length cannot unpack to more: DEFLATE and LZW make at most about a thousand bytes of one.
const SMALL: usize = 120 << 10;
/// The most that is accepted where the packed bytes cannot be measured first.
const MAX_UNMEASURED: usize = 1 << 20;

/// The bytes of a stream; none where it is damaged, a picture, or too large.
pub(super) fn decode<'a>(stream: &Stream<'a>) -> Option<Cow<'a, [u8]>> {
    if !is_safe(stream) {
        return None;
    }
    stream.decoded_data().ok()
}

/// Whether a stream unpacks to at most [`MAX_UNPACKED`] bytes, as far as can be told without unpacking it into memory.
pub(super) fn is_safe(stream: &Stream<'_>) -> bool {
    let filters = stream.filters();
    let packers = filters
        .iter()
        .filter(|filter| {
            matches!(filter, Filter::FlateDecode | Filter::LzwDecode | Filter::RunLengthDecode)
        })
        .count();
    match packers {
        0 => true,
        1 => {
            let raw = stream.raw_data();
            if raw.len() <= SMALL {
                return true;
            }
            match filters.first() {
                Some(Filter::FlateDecode) => {
                    let mut unpacked = ZlibDecoder::new(raw.as_ref()).take(MAX_UNPACKED + 1);
                    // What breaks off is read as far as it goes.
                    let length = copy(&mut unpacked, &mut sink());
                    length.is_err() || length.is_ok_and(|length| length <= MAX_UNPACKED)
                }
                Some(Filter::RunLengthDecode) => true,
                _ => raw.len() <= MAX_UNMEASURED,
            }
        }
        // Packed twice: a million bytes may come of one.
        _ => stream.raw_data().len() <= 128,
    }
}
