//! LZ4 frames, one a record as fastwarc writes them, or one for a whole file.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

use crate::feed::{Batch, Feed, Mark, ROOM, find_member, looks_like_a_record};
use crate::problem::Code;
use crate::stored::Stored;

const FRAME: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

enum State<R: Read> {
    Between(Stored<R>),
    Inside { start: u64, decoder: Box<FrameDecoder<Input<R>>> },
    Done,
}

/// Gives a decoder stored bytes, and keeps apart what the machine and what the content did wrong.
struct Input<R> {
    stored: Stored<R>,
    failure: Option<io::Error>,
    ended: bool,
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.stored.want(1) {
            Ok(available) => {
                let count = available.len().min(out.len());
                self.ended |= available.is_empty() && !out.is_empty();
                if let (Some(out), Some(bytes)) = (out.get_mut(..count), available.get(..count)) {
                    out.copy_from_slice(bytes);
                }
                self.stored.consume(count);
                Ok(count)
            }
            Err(error) => {
                let kind = error.kind();
                self.failure = Some(error);
                Err(kind.into())
            }
        }
    }
}

pub(crate) struct Lz4Feed<R: Read> {
    state: State<R>,
    offset: u64,
    broke_at: u64,
}

impl<R: Read> Lz4Feed<R> {
    pub(crate) fn new(stored: Stored<R>) -> Self {
        let offset = stored.offset();
        Self { state: State::Between(stored), offset, broke_at: 0 }
    }

    fn begin(&mut self, batch: &mut Batch, mut stored: Stored<R>) -> io::Result<State<R>> {
        let start = stored.offset();
        let available = stored.want(8)?;
        if available.is_empty() {
            return Ok(State::Done);
        }
        if available.starts_with(&FRAME) {
            batch.mark(Mark::Start(start, None));
            let input = Input { stored, failure: None, ended: false };
            return Ok(State::Inside { start, decoder: Box::new(FrameDecoder::new(input)) });
        }
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] = available {
            let size = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
            stored.consume(8);
            return skip(batch, stored, start, size);
        }
        let code = if available.len() < 4 { Code::FrameTruncated } else { Code::FrameInvalid };
        batch.damage(code, start, format!("no LZ4 frame begins at byte {start}"));
        find_frame(batch, stored)
    }

    fn decode(
        &mut self,
        batch: &mut Batch,
        start: u64,
        mut decoder: Box<FrameDecoder<Input<R>>>,
    ) -> io::Result<State<R>> {
        match decoder.read(batch.room(batch.left())) {
            Ok(count) if count > 0 => {
                batch.filled(count);
                Ok(State::Inside { start, decoder })
            }
            Ok(_) => {
                let stored = decoder.into_inner().stored;
                batch.mark(Mark::End(stored.offset()));
                Ok(State::Between(stored))
            }
            Err(error) => {
                let mut input = decoder.into_inner();
                if let Some(failure) = input.failure.take() {
                    return Err(failure);
                }
                let at = input.stored.offset();
                if input.ended {
                    let detail = format!("the input ends inside the frame begun at byte {start}");
                    batch.damage(Code::FrameTruncated, at, detail);
                    return Ok(State::Done);
                }
                let detail = format!("the frame begun at byte {start} is damaged: {error}");
                batch.damage(Code::FrameInvalid, at, detail);
                input.stored.restart_after(start, &mut self.broke_at);
                find_frame(batch, input.stored)
            }
        }
    }
}

fn skip<R: Read>(
    batch: &mut Batch,
    mut stored: Stored<R>,
    start: u64,
    size: u64,
) -> io::Result<State<R>> {
    let mut left = size;
    while left > 0 {
        let available = stored.want(1)?.len() as u64;
        if available == 0 {
            let detail = format!("the input ends in the skippable frame at byte {start}");
            batch.damage(Code::FrameTruncated, start, detail);
            return Ok(State::Done);
        }
        let count = available.min(left);
        stored.consume(usize::try_from(count).unwrap_or(usize::MAX));
        left -= count;
    }
    Ok(State::Between(stored))
}

fn find_frame<R: Read>(batch: &mut Batch, mut stored: Stored<R>) -> io::Result<State<R>> {
    let found = find_member(&mut stored, batch, &FRAME, |bytes| {
        let mut first = Vec::new();
        let _ = FrameDecoder::new(bytes).take(16).read_to_end(&mut first);
        looks_like_a_record(&first)
    })?;
    Ok(if found { State::Between(stored) } else { State::Done })
}

impl<R: Read> Feed for Lz4Feed<R> {
    fn next(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.clear();
        loop {
            let full = batch.left() == 0;
            let no_room = batch.left() < ROOM;
            let state = match std::mem::replace(&mut self.state, State::Done) {
                State::Done => break,
                State::Between(stored) if no_room => {
                    self.state = State::Between(stored);
                    break;
                }
                State::Between(stored) => self.begin(batch, stored)?,
                State::Inside { start, decoder } if full => {
                    self.state = State::Inside { start, decoder };
                    break;
                }
                State::Inside { start, decoder } => self.decode(batch, start, decoder)?,
            };
            match &state {
                State::Between(stored) => self.offset = stored.offset(),
                State::Inside { decoder, .. } => self.offset = decoder.get_ref().stored.offset(),
                State::Done => {}
            }
            self.state = state;
        }
        batch.stored_end = self.offset;
        Ok(batch.len() > 0 || !batch.marks.is_empty())
    }
}
