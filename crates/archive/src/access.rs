//! One record again, by its place in the file.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use crate::problem::{Code, Problem};
use crate::reader::Reader;

/// A dictionary at the start of a `.warc.zst` file may be this long.
const DICTIONARY_LIMIT: u32 = 16 << 20;

/// Opens the stored bytes from `offset` on, `length` of them, as [`RecordEnd`](crate::RecordEnd)
/// gave them, to read that one record with [`Reader::next_record`]. For a `.warc.zst` file the
/// dictionary at the file's start is read too.
///
/// Fails with [`io::ErrorKind::InvalidData`] and a [`Problem`] inside when no record begins there.
pub fn read_record_at<'r, F: Read + Seek + 'r>(
    mut file: F,
    offset: u64,
    length: u64,
) -> io::Result<Reader<'r>> {
    file.seek(SeekFrom::Start(0))?;
    let dictionary = dictionary_frame(&mut file)?;
    file.seek(SeekFrom::Start(offset))?;
    let before = dictionary.len() as u64;
    let record = file.take(length);
    let reader = if before > 0 && offset >= before {
        Reader::at(Cursor::new(dictionary).chain(record), offset - before)?
    } else {
        Reader::at(record, offset)?
    };
    reader.require_record_at_start()?.ok_or_else(|| {
        let detail = "no record begins here".to_owned();
        let problem = Problem::new(Code::NotAnArchive, offset, None, detail);
        io::Error::new(io::ErrorKind::InvalidData, problem)
    })
}

/// The first frame of a `.warc.zst` file that holds its dictionary; empty when there is none.
fn dictionary_frame(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut frame = Vec::new();
    file.take(8).read_to_end(&mut frame)?;
    let Some(([0x5d, 0x2a, 0x4d, 0x18], size)) = frame.split_first_chunk::<4>() else {
        return Ok(Vec::new());
    };
    let size = size.try_into().map(u32::from_le_bytes).unwrap_or(0);
    if size == 0 || size > DICTIONARY_LIMIT {
        return Ok(Vec::new());
    }
    file.take(u64::from(size)).read_to_end(&mut frame)?;
    Ok(frame)
}
