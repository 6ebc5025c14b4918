//! Zstandard frames (RFC 8878) with or without the dictionary of `.warc.zst` files.
//!
//! A first skippable frame with the magic number 0x184D2A5D holds the dictionary, itself plain or
//! compressed (IIPC, "Use of Zstandard in WARC files").

use std::io::{self, Read};

use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

use crate::feed::{Batch, Feed, Mark, ROOM, find_member, looks_like_a_record};
use crate::problem::Code;
use crate::stored::Stored;

const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const DICTIONARY_FRAME: u32 = 0x184d_2a5d;
/// A stored dictionary may be this long.
const STORED_DICTIONARY_LIMIT: u64 = 16 << 20;
/// A decompressed dictionary may be this long.
const DICTIONARY_LIMIT: u64 = 64 << 20;

enum State {
    First,
    Between,
    Inside { start: u64 },
    Done,
}

pub(crate) struct ZstdFeed<R> {
    stored: Stored<R>,
    dictionary: Vec<u8>,
    decoder: Option<Decoder<'static>>,
    state: State,
    broke_at: u64,
}

impl<R: Read> ZstdFeed<R> {
    pub(crate) fn new(stored: Stored<R>) -> Self {
        Self { stored, dictionary: Vec::new(), decoder: None, state: State::First, broke_at: 0 }
    }

    fn begin(&mut self, batch: &mut Batch, first: bool) -> io::Result<()> {
        let start = self.stored.offset();
        let available = self.stored.want(8)?;
        let word = |range: std::ops::Range<usize>| {
            available.get(range)?.try_into().ok().map(u32::from_le_bytes)
        };
        let (magic, size) = (word(0..4), word(4..8));
        if available.is_empty() {
            self.state = State::Done;
            return Ok(());
        }
        if available.starts_with(&FRAME) {
            let decoder = match self.decoder.take() {
                Some(decoder) => decoder,
                None => Decoder::with_dictionary(&self.dictionary)?,
            };
            self.decoder = Some(decoder);
            self.state = State::Inside { start };
            batch.mark(Mark::Start(start, None));
            return Ok(());
        }
        match (magic, size) {
            (Some(magic @ 0x184d_2a50..=0x184d_2a5f), Some(size)) => {
                self.stored.consume(8);
                if first && magic == DICTIONARY_FRAME {
                    self.read_dictionary(batch, start, u64::from(size))?;
                } else {
                    self.skip(batch, start, u64::from(size))?;
                }
                Ok(())
            }
            (_, None) => {
                let rest = available.len();
                self.stored.consume(rest);
                let detail = format!("the input ends in a frame's header begun at byte {start}");
                batch.damage(Code::FrameTruncated, start, detail);
                self.state = State::Done;
                Ok(())
            }
            _ => {
                let detail = format!("no zstd frame begins at byte {start}");
                batch.damage(Code::FrameInvalid, start, detail);
                self.find_frame(batch)
            }
        }
    }

    fn skip(&mut self, batch: &mut Batch, start: u64, size: u64) -> io::Result<()> {
        let mut left = size;
        self.state = State::Between;
        while left > 0 {
            let available = self.stored.want(1)?.len() as u64;
            if available == 0 {
                let detail = format!("the input ends in the skippable frame at byte {start}");
                batch.damage(Code::FrameTruncated, start, detail);
                self.state = State::Done;
                break;
            }
            let count = available.min(left);
            self.stored.consume(usize::try_from(count).unwrap_or(usize::MAX));
            left -= count;
        }
        Ok(())
    }

    fn read_dictionary(&mut self, batch: &mut Batch, start: u64, size: u64) -> io::Result<()> {
        if size > STORED_DICTIONARY_LIMIT {
            let detail = format!("a dictionary of {size} bytes exceeds the limit of 16 MiB");
            batch.damage(Code::FrameDictionaryInvalid, start, detail);
            return self.skip(batch, start, size);
        }
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < size {
            let left = usize::try_from(size).unwrap_or(usize::MAX) - bytes.len();
            let available = self.stored.want(1)?;
            let count = available.len().min(left);
            if count == 0 {
                let detail = "the input ends in the dictionary".to_owned();
                batch.damage(Code::FrameTruncated, start, detail);
                self.state = State::Done;
                return Ok(());
            }
            bytes.extend_from_slice(available.get(..count).unwrap_or_default());
            self.stored.consume(count);
        }
        if bytes.starts_with(&FRAME) {
            let mut plain = Vec::new();
            let decoder = zstd::stream::read::Decoder::new(bytes.as_slice())?;
            let read = decoder.take(DICTIONARY_LIMIT + 1).read_to_end(&mut plain);
            if read.is_err() || plain.len() as u64 > DICTIONARY_LIMIT {
                let detail = "the compressed dictionary cannot be read".to_owned();
                batch.damage(Code::FrameDictionaryInvalid, start, detail);
                plain.clear();
            }
            bytes = plain;
        }
        if Decoder::with_dictionary(&bytes).is_err() {
            let detail = "the bytes are no dictionary".to_owned();
            batch.damage(Code::FrameDictionaryInvalid, start, detail);
            bytes.clear();
        }
        self.dictionary = bytes;
        self.state = State::Between;
        Ok(())
    }

    fn find_frame(&mut self, batch: &mut Batch) -> io::Result<()> {
        let mut trial = Decoder::with_dictionary(&self.dictionary)?;
        let found = find_member(&mut self.stored, batch, &FRAME, |bytes| {
            let mut first = [0u8; 16];
            let _ = trial.reinit();
            match trial.run_on_buffers(bytes, &mut first) {
                Ok(status) => {
                    looks_like_a_record(first.get(..status.bytes_written).unwrap_or_default())
                }
                Err(_) => false,
            }
        })?;
        self.state = if found { State::Between } else { State::Done };
        Ok(())
    }

    fn decode(&mut self, batch: &mut Batch, start: u64) -> io::Result<()> {
        let Some(decoder) = &mut self.decoder else {
            self.state = State::Done;
            return Ok(());
        };
        let available = self.stored.want(1)?;
        let mut input = InBuffer::around(available);
        let mut output = OutBuffer::around(batch.room(batch.left()));
        let result = decoder.run(&mut input, &mut output);
        let (used, came) = (input.pos(), output.pos());
        batch.filled(came);
        let given = available.len();
        self.stored.consume(used);
        match result {
            Ok(0) => {
                decoder.reinit()?;
                batch.mark(Mark::End(self.stored.offset()));
                self.state = State::Between;
                Ok(())
            }
            Ok(_) if used == 0 && came == 0 => {
                if self.stored.want(given + 1)?.len() > given {
                    return Ok(());
                }
                let detail = format!("the input ends inside the frame begun at byte {start}");
                batch.damage(Code::FrameTruncated, self.stored.offset(), detail);
                self.state = State::Done;
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => {
                let at = self.stored.offset();
                let detail = format!("the frame begun at byte {start} is damaged: {error}");
                batch.damage(Code::FrameInvalid, at, detail);
                self.decoder = None;
                self.stored.restart_after(start, &mut self.broke_at);
                self.find_frame(batch)
            }
        }
    }
}

impl<R: Read> Feed for ZstdFeed<R> {
    fn next(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.clear();
        loop {
            match self.state {
                State::Done => break,
                State::First => self.begin(batch, true)?,
                State::Between if batch.left() < ROOM => break,
                State::Between => self.begin(batch, false)?,
                State::Inside { .. } if batch.left() == 0 => break,
                State::Inside { start } => self.decode(batch, start)?,
            }
        }
        batch.stored_end = self.stored.offset();
        Ok(batch.len() > 0 || !batch.marks.is_empty())
    }
}
