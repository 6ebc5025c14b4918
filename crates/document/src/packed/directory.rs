//! The directory of a zip file (PKWARE APPNOTE 6.3.10), read without believing it.
//!
//! A reader of our own: what matters here is what ordinary readers pass over. Two lists of names that differ, files that
//! share bytes, sizes that lie, a directory that is missing.

use std::io::{self, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use memchr::memmem;

use crate::little_endian::{u16_at, u32_at, u64_at};
use crate::names::{guessed_encoding, shown};

/// One file of a zip.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// Its name, decoded.
    pub(crate) name: String,
    /// How it is packed: 0 stored, 8 deflated.
    pub(crate) method: u16,
    /// Bit 0: encrypted; bit 3: sizes come after the data; bit 11: the name is UTF-8.
    pub(crate) flags: u16,
    /// The CRC-32 that is declared.
    pub(crate) crc: u32,
    /// The packed size that is declared.
    pub(crate) packed: u64,
    /// The size that is declared.
    pub(crate) size: u64,
    /// Unix mode bits, 0 if there are none.
    pub(crate) mode: u32,
    /// Where its header begins.
    header: u64,
    /// Where its data begins, once the header was looked at.
    data: Option<u64>,
    raw_name: Vec<u8>,
}

impl Entry {
    pub(crate) fn is_folder(&self) -> bool {
        self.name.ends_with('/') && self.size == 0
    }

    pub(crate) fn is_symlink(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }
}

/// Where the directory is by the record at the end of the file.
#[derive(Clone, Copy, Debug)]
struct End {
    start: u64,
    /// By how many bytes all places lie further on than they say.
    moved: u64,
    count: u64,
}

/// A zip file: its directory, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Directory<'b> {
    bytes: &'b [u8],
    pub(crate) entries: Vec<Entry>,
    /// How many files the directory lists; more than `entries` where a limit cut it.
    pub(crate) total: u64,
    pub(crate) warnings: Vec<String>,
}

fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

impl<'b> Directory<'b> {
    /// Reads the directory; where there is none, the headers before the files. Keeps at most `limit` entries.
    pub(crate) fn open(bytes: &'b [u8], limit: u64) -> Self {
        let mut zip = Self { bytes, entries: Vec::new(), total: 0, warnings: Vec::new() };
        let end = zip.end_record();
        let is_whole = end.is_some_and(|end| zip.read_central(&end, limit));
        if !is_whole && zip.entries.is_empty() {
            zip.warnings.push(
                "truncated: the directory at the end is missing; files were found by their own headers".to_owned(),
            );
            zip.scan_headers(limit);
        } else if !is_whole {
            zip.warnings.push("damaged: the directory breaks off".to_owned());
        }
        zip.decode_names();
        zip.compare_headers();
        zip
    }

    /// What the end of the file says about the central directory.
    fn end_record(&mut self) -> Option<End> {
        let bytes = self.bytes;
        let from = bytes.len().saturating_sub(65_557);
        let tail = bytes.get(from..)?;
        let end = (0..tail.len().saturating_sub(21)).rev().find(|start| {
            tail.get(*start..start + 4) == Some(b"PK\x05\x06")
                && u16_at(tail, start + 20)
                    .is_some_and(|length| start + 22 + usize::from(length) <= tail.len())
        })? + from;
        let mut count = u64::from(u16_at(bytes, end + 10)?);
        let mut size = u64::from(u32_at(bytes, end + 12)?);
        let mut offset = u64::from(u32_at(bytes, end + 16)?);
        let mut stop = end as u64;
        let begins = |place: u64, with: &[u8]| {
            bytes.get(at(place)..).is_some_and(|there| there.starts_with(with))
        };
        if (count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF)
            && let Some(locator) = end.checked_sub(20)
            && bytes.get(locator..locator + 4) == Some(b"PK\x06\x07")
            && let Some(said) = u64_at(bytes, locator + 8)
            // It stands right before its locator, where bytes before the archive have moved it.
            && let Some(wide) = [said, (locator as u64).saturating_sub(56)]
                .into_iter()
                .find(|wide| begins(*wide, b"PK\x06\x06"))
        {
            count = u64_at(bytes, at(wide).checked_add(32)?)?;
            size = u64_at(bytes, at(wide).checked_add(40)?)?;
            offset = u64_at(bytes, at(wide).checked_add(48)?)?;
            stop = wide;
        }
        // A file may stand before the archive (a program that unpacks itself): all places move by its length.
        let start = stop.checked_sub(size).unwrap_or(offset);
        let is_there = |place: u64| count == 0 || begins(place, b"PK\x01\x02");
        if is_there(start) && start >= offset {
            if start > offset && count > 0 && is_there(offset) {
                self.warnings.push(
                    "directory: there are two; the one that ends the file was read".to_owned(),
                );
            }
            return Some(End { start, moved: start - offset, count });
        }
        is_there(offset).then_some(End { start: offset, moved: 0, count })
    }

    fn read_central(&mut self, end: &End, limit: u64) -> bool {
        let (bytes, count) = (self.bytes, end.count);
        let mut place = at(end.start);
        let mut found = 0;
        if end.moved > 0 {
            let moved = end.moved;
            self.warnings.push(format!(
                "directory: {moved} bytes stand before the archive, as in a program that unpacks itself; they were not read"
            ));
        }
        while bytes.get(place..place.saturating_add(4)) == Some(b"PK\x01\x02") {
            let Some((mut entry, next)) = central_entry(bytes, place) else { break };
            entry.header = entry.header.saturating_add(end.moved);
            found += 1;
            place = next;
            if found <= limit {
                self.entries.push(entry);
            }
        }
        self.total = found;
        // The count of a zip without the wide fields is kept in 16 bits.
        if found % 0x1_0000 != count % 0x1_0000 {
            self.warnings.push(format!(
                "directory: it says that there are {count} files, and lists {found}"
            ));
        }
        found > 0 || count == 0
    }

    fn scan_headers(&mut self, limit: u64) {
        let bytes = self.bytes;
        let mut place = 0_usize;
        let mut passed_over = 0;
        // Between two files there may be what is no file: damage, or sizes that stand in another form behind the data.
        while let Some(more) = bytes.get(place..).and_then(|rest| memmem::find(rest, b"PK\x03\x04"))
        {
            if more > 24 {
                passed_over += more;
            }
            place += more;
            let Some((mut entry, data)) = local_entry(bytes, place) else {
                place += 4;
                continue;
            };
            if entry.flags & 8 != 0 && entry.packed == 0 {
                // The sizes come after the data: the next header tells where it ends.
                let rest = bytes.get(data..).unwrap_or_default();
                let next = rest
                    .windows(4)
                    .position(|four| four == b"PK\x07\x08" || four == b"PK\x03\x04")
                    .unwrap_or(rest.len());
                entry.packed = next as u64;
                entry.size = 0;
                place = data + next;
                if bytes.get(place..place.saturating_add(4)) == Some(b"PK\x07\x08") {
                    place += 16;
                }
            } else {
                place = data.saturating_add(at(entry.packed));
            }
            self.total += 1;
            if self.total <= limit {
                self.entries.push(entry);
            }
        }
        if passed_over > 0 {
            self.warnings.push(format!(
                "damaged: {passed_over} bytes before or between the files belong to none of them; they were not read"
            ));
        }
    }

    /// Names without the mark of UTF-8 are in the encoding of the machine that made them: often GBK.
    fn decode_names(&mut self) {
        let unmarked = self.entries.iter().filter(|entry| entry.flags & 0x800 == 0);
        let encoding = guessed_encoding(unmarked.map(|entry| entry.raw_name.as_slice()));
        if encoding != encoding_rs::UTF_8 {
            let name = encoding.name();
            self.warnings.push(format!("names: their encoding is not said; read as {name}"));
        }
        for entry in &mut self.entries {
            let is_utf_8 = entry.flags & 0x800 != 0;
            let with = if is_utf_8 { encoding_rs::UTF_8 } else { encoding };
            if entry.name.is_empty() {
                entry.name = with.decode_without_bom_handling(&entry.raw_name).0.into_owned();
            }
            entry.raw_name.shrink_to_fit();
        }
    }

    /// Looks at the header before each file: where its data begins, whether it agrees, whether files share bytes.
    fn compare_headers(&mut self) {
        let mut warnings = Vec::new();
        let mut ranges: Vec<(u64, u64, usize)> = Vec::with_capacity(self.entries.len());
        for (index, entry) in self.entries.iter_mut().enumerate() {
            let Some((local, data)) = local_entry(self.bytes, at(entry.header)) else {
                warnings.push(format!("damaged: {} has no header of its own", shown(&entry.name)));
                continue;
            };
            if local.raw_name != entry.raw_name {
                let other = String::from_utf8_lossy(&local.raw_name);
                warnings.push(format!(
                    "mismatch: the directory says {}, the file's own header {}",
                    shown(&entry.name),
                    shown(&other)
                ));
            }
            let has_sizes = local.flags & 8 == 0;
            if local.method != entry.method
                || (has_sizes && (local.packed, local.size) != (entry.packed, entry.size))
            {
                warnings.push(format!(
                    "mismatch: directory and header disagree about the size or packing of {}",
                    shown(&entry.name)
                ));
            }
            entry.data = Some(data as u64);
            ranges.push((entry.header, (data as u64).saturating_add(entry.packed), index));
        }
        ranges.sort_unstable();
        let mut reached = 0;
        let mut shared = 0;
        for (start, end, index) in ranges {
            if start < reached {
                shared += 1;
                if let Some(entry) = self.entries.get_mut(index) {
                    entry.data = None;
                }
            }
            reached = reached.max(end);
        }
        self.warnings.extend(super::curbed(warnings, "directory"));
        if shared > 0 {
            self.warnings.push(format!(
                "overlap: {shared} files share bytes with others, as in a zip bomb; they were not read"
            ));
        }
    }

    /// Whether a file's data was found where no other file's is.
    pub(crate) fn has_data(&self, entry: &Entry) -> bool {
        entry.data.is_some()
    }

    /// A file by its name, as office formats name their parts (without regard to case).
    pub(crate) fn find(&self, name: &str) -> Option<&Entry> {
        let name = name.trim_start_matches('/');
        let exact = self.entries.iter().find(|entry| entry.name == name);
        exact.or_else(|| self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)))
    }

    /// Unpacks a file, or says why it cannot be.
    pub(crate) fn reader(&self, entry: &Entry) -> Result<Box<dyn Read + 'b>, String> {
        let name = shown(&entry.name);
        if entry.is_encrypted() {
            return Err(format!("password: {name} is encrypted"));
        }
        let Some(start) = entry.data else {
            return Err(format!("damaged: {name} has no data of its own"));
        };
        let end = start.saturating_add(entry.packed).min(self.bytes.len() as u64);
        let packed = self.bytes.get(at(start)..at(end)).unwrap_or_default();
        let whole: Box<dyn Read + 'b> = match entry.method {
            0 => Box::new(packed),
            8 => Box::new(DeflateDecoder::new(packed)),
            other => {
                return Err(format!(
                    "packing: {name} is packed by method {other}, which is not read"
                ));
            }
        };
        // A file that was found by its own header alone may have none.
        Ok(match entry.crc {
            0 => whole,
            expected => Box::new(Checked { whole, sum: Crc::new(), expected }),
        })
    }
}

/// A file that ends with an error if its checksum is not the one that is declared.
struct Checked<R> {
    whole: R,
    sum: Crc,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.whole.read(into)?;
        self.sum.update(into.get(..count).unwrap_or_default());
        if count == 0 && !into.is_empty() && self.sum.sum() != self.expected {
            return Err(io::Error::other("its checksum (CRC-32) is not that of the archive"));
        }
        Ok(count)
    }
}

/// Whether a zip file ends these bytes, whatever they begin with: a program that unpacks itself is one.
pub(crate) fn ends(bytes: &[u8]) -> bool {
    let mut zip = Directory { bytes, entries: Vec::new(), total: 0, warnings: Vec::new() };
    zip.end_record().is_some_and(|end| end.count > 0)
}

fn central_entry(bytes: &[u8], place: usize) -> Option<(Entry, usize)> {
    let header = bytes.get(place..place + 46)?;
    let name_length = usize::from(u16_at(header, 28)?);
    let extra_length = usize::from(u16_at(header, 30)?);
    let comment_length = usize::from(u16_at(header, 32)?);
    let made_by = u16_at(header, 4)? >> 8;
    let attributes = u32_at(header, 38)?;
    let name_end = place + 46 + name_length;
    let raw_name = bytes.get(place + 46..name_end)?.to_vec();
    let extra = bytes.get(name_end..name_end + extra_length)?;
    let mut entry = Entry {
        method: u16_at(header, 10)?,
        flags: u16_at(header, 8)?,
        crc: u32_at(header, 16)?,
        packed: u64::from(u32_at(header, 20)?),
        size: u64::from(u32_at(header, 24)?),
        mode: if made_by == 3 { attributes >> 16 } else { 0 },
        header: u64::from(u32_at(header, 42)?),
        raw_name,
        ..Entry::default()
    };
    read_extra(extra, &mut entry);
    Some((entry, name_end + extra_length + comment_length))
}

fn local_entry(bytes: &[u8], place: usize) -> Option<(Entry, usize)> {
    let header = bytes.get(place..place.checked_add(30)?)?;
    if !header.starts_with(b"PK\x03\x04") {
        return None;
    }
    let name_end = place + 30 + usize::from(u16_at(header, 26)?);
    let data = name_end + usize::from(u16_at(header, 28)?);
    let mut entry = Entry {
        method: u16_at(header, 8)?,
        flags: u16_at(header, 6)?,
        crc: u32_at(header, 14)?,
        packed: u64::from(u32_at(header, 18)?),
        size: u64::from(u32_at(header, 22)?),
        header: place as u64,
        raw_name: bytes.get(place + 30..name_end)?.to_vec(),
        ..Entry::default()
    };
    read_extra(bytes.get(name_end..data)?, &mut entry);
    Some((entry, data))
}

/// Wide sizes (APPNOTE 4.5.3) and the name in UTF-8 (4.6.9).
fn read_extra(mut extra: &[u8], entry: &mut Entry) {
    while let (Some(kind), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let end = 4 + usize::from(length);
        let Some(field) = extra.get(4..end) else { return };
        if kind == 1 {
            let mut place = 0;
            for value in [&mut entry.size, &mut entry.packed, &mut entry.header] {
                if *value == 0xFFFF_FFFF
                    && let Some(wide) = u64_at(field, place)
                {
                    *value = wide;
                    place += 8;
                }
            }
        } else if kind == 0x7075
            && let Some(name) = field.get(5..).and_then(|name| std::str::from_utf8(name).ok())
        {
            name.clone_into(&mut entry.name);
        }
        extra = extra.get(end..).unwrap_or_default();
    }
}
