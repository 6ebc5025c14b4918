//! Plain chunks in memory: a bounded number of them, each wiped when it goes.
//!
//! Tantivy is lent the very bytes that are kept here. So a chunk that is pushed out while somebody still reads it is
//! remembered, and wiped once nobody does.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard};

use lru::LruCache;
use zeroize::Zeroize;

use super::chunks::CHUNK;

/// A file's content, and the number of a chunk in it.
pub(super) type ChunkName = (u128, usize);

/// The cache that all files of a folder share.
pub(super) struct Cache {
    inner: Mutex<Inner>,
}

struct Inner {
    kept: LruCache<ChunkName, Arc<[u8]>>,
    /// Bytes that are not kept, but that somebody was lent and may still read.
    lent: Vec<Arc<[u8]>>,
    /// How many of these there may be before somebody looks which have come back.
    look_at: usize,
}

impl Cache {
    /// How many chunks an index keeps: 64 MiB of them.
    pub(super) const CHUNKS: NonZeroUsize = match NonZeroUsize::new((64 << 20) / CHUNK) {
        Some(chunks) => chunks,
        None => NonZeroUsize::MIN,
    };
    const LEAST_LOOK: usize = 64;

    pub(super) fn new(chunks: NonZeroUsize) -> Self {
        let kept = LruCache::new(chunks);
        Self { inner: Mutex::new(Inner { kept, lent: Vec::new(), look_at: Self::LEAST_LOOK }) }
    }

    /// A chunk that is kept. It now counts as used last.
    pub(super) fn get(&self, name: ChunkName) -> Option<Arc<[u8]>> {
        self.lock().kept.get(&name).cloned()
    }

    /// Keeps a chunk, in place of the one that was not used for longest.
    pub(super) fn keep(&self, name: ChunkName, chunk: Arc<[u8]>) {
        let mut inner = self.lock();
        if let Some((_, gone)) = inner.kept.push(name, chunk) {
            inner.let_go(gone);
        }
    }

    /// Remembers bytes that are lent but not kept, to wipe them when they come back.
    pub(super) fn lend(&self, bytes: Arc<[u8]>) {
        self.lock().let_go(bytes);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|lock| lock.into_inner())
    }
}

impl Inner {
    fn let_go(&mut self, mut bytes: Arc<[u8]>) {
        if wipe(&mut bytes) {
            return;
        }
        self.lent.push(bytes);
        if self.lent.len() >= self.look_at {
            self.lent.retain_mut(|bytes| !wipe(bytes));
            self.look_at = (self.lent.len() * 2).max(Cache::LEAST_LOOK);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for (_, chunk) in &mut self.kept {
            wipe(chunk);
        }
        for bytes in &mut self.lent {
            wipe(bytes);
        }
    }
}

/// Overwrites the bytes if nobody else can read them, and says whether that was so.
fn wipe(bytes: &mut Arc<[u8]>) -> bool {
    match Arc::get_mut(bytes) {
        Some(alone) => {
            alone.zeroize();
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure in a test may panic anywhere")]

    use super::*;

    fn chunk(byte: u8) -> Arc<[u8]> {
        vec![byte; 8].into()
    }

    fn held(cache: &Cache) -> (usize, usize) {
        let inner = cache.lock();
        (inner.kept.len(), inner.lent.len())
    }

    #[test]
    fn only_bytes_that_nobody_reads_are_wiped() {
        let mut bytes = chunk(7);
        let reader = bytes.clone();
        assert!(!wipe(&mut bytes));
        assert_eq!(*bytes, [7; 8]);
        drop(reader);
        assert!(wipe(&mut bytes));
        assert_eq!(*bytes, [0; 8]);
    }

    #[test]
    fn the_chunk_unused_for_longest_makes_room() {
        let cache = Cache::new(NonZeroUsize::new(2).unwrap());
        cache.keep((1, 0), chunk(1));
        cache.keep((1, 1), chunk(2));
        assert!(cache.get((1, 0)).is_some());
        cache.keep((2, 0), chunk(3));
        assert!(cache.get((1, 1)).is_none());
        assert!(cache.get((1, 0)).is_some() && cache.get((2, 0)).is_some());
        assert_eq!(held(&cache), (2, 0), "nobody read it, so that it was wiped at once");
    }

    #[test]
    fn what_is_lent_is_wiped_when_it_comes_back() {
        let cache = Cache::new(NonZeroUsize::MIN);
        cache.keep((1, 0), chunk(1));
        let read = cache.get((1, 0)).unwrap();
        cache.keep((1, 1), chunk(2));
        assert_eq!(held(&cache), (1, 1));
        assert_eq!(*read, [1; 8], "it stays whole while somebody reads it");
        let joined: Vec<_> = (0..Cache::LEAST_LOOK).map(|_| chunk(9)).collect();
        joined.iter().for_each(|bytes| cache.lend(bytes.clone()));
        assert_eq!(held(&cache).1, Cache::LEAST_LOOK + 1, "all are read");
        drop((read, joined));
        let still: Vec<_> = (0..Cache::LEAST_LOOK).map(|_| chunk(8)).collect();
        still.iter().for_each(|bytes| cache.lend(bytes.clone()));
        assert!(held(&cache).1 <= Cache::LEAST_LOOK, "those that came back are gone");
    }
}
