//! The packs, found by walking back from the log's state; where the chain breaks, by looking at every blob.

use std::collections::BTreeSet;

use witnessmark_model::Digest;
use witnessmark_model::pack::{self, Header, Item};
use witnessmark_model::payload::{CaseCreated, Payload};

use super::Names;
use super::blobs::{self, Blobs};
use super::keys::Keyring;
use super::promise::{STATE, State};
use crate::files::{self, Files};
use crate::findings::{Findings, Group};

/// One batch is built in memory, so a pack fits there.
const LARGEST_PACK: u64 = 4 << 30;

/// A pack of the chain.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub digest: Digest,
    pub first: u64,
    pub count: u64,
}

impl Link {
    fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }
}

/// The packs in order, and the runs of entries that no readable pack holds.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// First to last.
    pub links: Vec<Link>,
    /// `(first, end)` of each run of entries that cannot be read.
    pub gaps: Vec<(u64, u64)>,
    /// Digests that the state or a pack names as a pack.
    pub named: BTreeSet<Digest>,
    /// How many entries the state's pack leads up to, if there is a readable state.
    pub promised: Option<u64>,
    candidates: Option<Vec<(Link, Option<Digest>)>>,
}

/// The bytes of a pack with its parsed header and items.
pub(super) fn load(
    files: &dyn Files,
    digest: &Digest,
) -> Result<(Vec<u8>, Header, Vec<Item>), String> {
    let bytes = files::bytes(files, &blobs::path(digest), LARGEST_PACK)
        .map_err(|error| error.to_string())?;
    let (header, items) = pack::parse(&bytes).map_err(|error| error.to_string())?;
    if header.first.checked_add(header.count).is_none() {
        return Err("its first index is out of range".into());
    }
    Ok((bytes, header, items))
}

impl Chain {
    pub(super) fn walk(
        files: &dyn Files,
        blobs: &Blobs,
        state: Option<&State>,
        names: &Names,
        findings: &mut Findings,
    ) -> Self {
        let mut chain = Self::default();
        match state {
            Some(state) => {
                chain.named.insert(state.pack);
                if !names.contains_key(&blobs::path(&state.pack)) {
                    let detail = format!("the pack that it names is missing: {}", state.pack);
                    findings.fail(Group::State, STATE, detail);
                }
                // The pack is named by its digest, the size by nothing: where they differ, the size is wrong.
                let ends =
                    load(files, &state.pack).ok().map(|(_, header, _)| header.first + header.count);
                let end = ends.filter(|end| *end != 0).unwrap_or(state.size);
                if end != state.size {
                    let detail = format!(
                        "it says {} entries, but the pack that it names ends before entry {end}",
                        state.size
                    );
                    findings.fail(Group::State, STATE, detail);
                }
                chain.promised = Some(end);
                chain.back(end, 0, Some(state.pack), files, blobs, findings);
            }
            None => {
                let end = chain.candidates(files, blobs).iter().map(|(link, _)| link.end()).max();
                chain.back(end.unwrap_or(0), 0, None, files, blobs, findings);
            }
        }
        chain
    }

    /// One past the last entry in a readable pack.
    pub(super) fn end(&self) -> u64 {
        self.links.last().map_or(0, Link::end)
    }

    /// Looks for packs after the state's, when more entries were signed for than it says.
    pub(super) fn extend_to(
        &mut self,
        size: u64,
        files: &dyn Files,
        blobs: &Blobs,
        findings: &mut Findings,
    ) {
        let known = self.end().max(self.gaps.iter().map(|(_, end)| *end).max().unwrap_or(0));
        if size > known {
            self.back(size, known, None, files, blobs, findings);
        }
    }

    /// All blobs that parse as packs, whatever their digest.
    fn candidates(&mut self, files: &dyn Files, blobs: &Blobs) -> &[(Link, Option<Digest>)] {
        self.candidates.get_or_insert_with(|| {
            let packs = blobs.iter().filter(|(_, blob)| blob.is_pack);
            packs
                .filter_map(|(digest, _)| {
                    let (_, header, _) = load(files, digest).ok()?;
                    let Header { first, count, previous } = header;
                    Some((Link { digest: *digest, first, count }, previous))
                })
                .collect()
        })
    }

    /// Walks from the pack `next`, whose last entry is `end` - 1, back to entry `stop`.
    fn back(
        &mut self,
        mut end: u64,
        stop: u64,
        mut next: Option<Digest>,
        files: &dyn Files,
        blobs: &Blobs,
        findings: &mut Findings,
    ) {
        let mut found = Vec::new();
        let mut named_by = STATE.to_owned();
        while end > stop {
            let joined =
                next.and_then(|digest| self.join(digest, end, &named_by, files, blobs, findings));
            let (link, previous) = match joined {
                Some(joined) => joined,
                None => {
                    if next.is_none() && named_by != STATE {
                        let detail =
                            format!("it names no pack before it, but entry {} is to come", end - 1);
                        findings.fail(Group::Packs, &named_by, detail);
                    }
                    // The chain is broken: the pack that reaches furthest up to here goes on.
                    let best = self
                        .candidates(files, blobs)
                        .iter()
                        .filter(|(link, _)| link.end() <= end && link.first >= stop)
                        .max_by_key(|(link, _)| {
                            let sound = blobs.get(&link.digest).is_some_and(|blob| blob.sound);
                            (link.end(), sound)
                        })
                        .cloned();
                    let reached = best.as_ref().map_or(stop, |(link, _)| link.end());
                    if reached < end {
                        self.gaps.push((reached, end));
                        let detail =
                            format!("no readable pack holds entries {reached} to {}", end - 1);
                        findings.fail(Group::Packs, "blobs", detail);
                    }
                    let Some(best) = best else { break };
                    best
                }
            };
            end = link.first;
            named_by = blobs::path(&link.digest);
            next = previous;
            self.named.insert(link.digest);
            self.named.extend(previous);
            findings.pass(Group::Packs);
            found.push(link);
        }
        if let (Some(extra), true) = (next.filter(|_| end == 0), stop == 0) {
            let detail = format!("it begins with entry 0, and yet names a pack before it: {extra}");
            findings.fail(Group::Packs, named_by, detail);
        }
        found.reverse();
        self.links.extend(found);
        self.links.sort_by_key(|link| link.first);
    }

    /// The pack `digest`, if it can be read and its last entry is `end` - 1.
    fn join(
        &mut self,
        digest: Digest,
        end: u64,
        named_by: &str,
        files: &dyn Files,
        blobs: &Blobs,
        findings: &mut Findings,
    ) -> Option<(Link, Option<Digest>)> {
        let path = blobs::path(&digest);
        if !blobs.contains_key(&digest) {
            findings.fail(Group::Packs, path, format!("it is missing; {named_by} names it"));
            return None;
        }
        let (_, header, _) = match load(files, &digest) {
            Ok(loaded) => loaded,
            Err(detail) => {
                findings.fail(Group::Packs, path, detail);
                return None;
            }
        };
        let link = Link { digest, first: header.first, count: header.count };
        if link.end() == end {
            return Some((link, header.previous));
        }
        let detail = format!(
            "{path} ends before entry {}, where a pack that ends before entry {end} was to join",
            link.end()
        );
        findings.fail(Group::Packs, named_by, &detail);
        None
    }

    /// The payload of entry 0, as far as it is the one that begins a case.
    pub(super) fn case_created(&self, files: &dyn Files, keys: &Keyring) -> Option<CaseCreated> {
        let first = self.links.first().filter(|link| link.first == 0)?;
        let (bytes, _, items) = load(files, &first.digest).ok()?;
        let item = items.first()?;
        let plain = keys.open(&item.key, item.payload_in(&bytes)).ok()?;
        match Payload::parse(&plain).ok()? {
            Payload::CaseCreated(created) => Some(created),
            _ => None,
        }
    }
}
