//! Reading and decompressing in a thread of their own, ahead of what uses the records.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::feed::{self, Batch, Feed};
use crate::reader::Reader;

/// So many batches are decoded ahead, mostly four megabytes: inflating is slow where hashing is
/// fast (pictures) and fast where hashing is slow (pages), so that one thread gets far ahead.
const AHEAD: usize = 16;

/// Opens `input` and gives a reader over it to `work`, while a second thread reads and
/// decompresses ahead, and hashes the records of members that hold one record. What waits between
/// the threads is mostly less than ten megabytes, and never more than 50. The records are the same
/// as without it. Where there is one core, or no threads as on WebAssembly, everything happens in
/// one thread: what was decompressed is then still in the processor's cache when it is hashed.
pub fn read_ahead<'r, R: Read + Send + 'r, T, E: From<io::Error>>(
    input: R,
    work: impl FnOnce(Reader<'_>) -> Result<T, E>,
) -> Result<T, E> {
    with_second_thread(input, true, work)
}

/// [`read_ahead`], where `hash` says whether records are hashed.
pub(crate) fn with_second_thread<'r, R: Read + Send + 'r, T, E: From<io::Error>>(
    input: R,
    hash: bool,
    work: impl FnOnce(Reader<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let (container, feed) = feed::open(input, 0, hash)?;
    let alone = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    if alone || cfg!(target_family = "wasm") {
        return work(Reader::over(container, Box::new(feed), 0, hash));
    }
    std::thread::scope(|scope| {
        let (batches, received) = sync_channel(AHEAD);
        let (used, returned) = sync_channel(AHEAD + 2);
        scope.spawn(move || decode(feed, &batches, &returned));
        // The reader, and with it the channel, is gone before the thread is waited for.
        work(Reader::over(container, Box::new(Ahead { received, used }), 0, hash))
    })
}

/// Decodes until the input ends, or nobody takes batches any more.
fn decode(
    mut feed: impl Feed,
    batches: &SyncSender<io::Result<Batch>>,
    returned: &Receiver<Batch>,
) {
    loop {
        // Buffers that come back are used again; in the beginning there are none.
        let mut batch = returned.try_recv().unwrap_or_default();
        let sent = match feed.next(&mut batch) {
            Ok(true) => batches.send(Ok(batch)),
            Ok(false) => return,
            Err(error) => {
                let _ = batches.send(Err(error));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// The other end of the thread.
struct Ahead {
    received: Receiver<io::Result<Batch>>,
    used: SyncSender<Batch>,
}

impl Feed for Ahead {
    fn next(&mut self, batch: &mut Batch) -> io::Result<bool> {
        let old = std::mem::take(batch);
        if !old.is_new() {
            let _ = self.used.try_send(old);
        }
        match self.received.recv() {
            Ok(Ok(next)) => {
                *batch = next;
                Ok(true)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }
}
