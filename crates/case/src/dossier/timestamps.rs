//! Which timestamps go into a dossier, and that the log they cover is the beginning of the one that is shown.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_model::payload::Timestamp;
use witnessmark_publish::OutsideTimestamp;

use super::Gathering;
use crate::{Case, CaseError};

/// Who says something about the time: a method, and the authority if it has one.
type Voice = (String, Option<String>);

impl Case {
    /// The timestamps for what is opened so far, whose entries are opened too: of each authority (and of OpenTimestamps) the
    /// first that covers each exhibit's entry, the first that covers all that is shown, and the newest, which renews the
    /// others. A proof that is only promised proves nothing, and stays behind.
    pub(super) fn dossier_timestamps(
        &self,
        exhibits: &BTreeSet<u64>,
        gathering: &mut Gathering<'_>,
    ) -> Result<Vec<OutsideTimestamp>, CaseError> {
        let mut wanted = exhibits.clone();
        wanted.extend(gathering.open.keys().next_back());
        let mut by_voice: BTreeMap<Voice, Vec<(u64, Timestamp)>> = BTreeMap::new();
        for (entry, _, one) in self.timestamp_entries()? {
            if one.time.is_some() || one.completes.is_some() {
                let voice = (one.method.clone(), one.authority.clone());
                by_voice.entry(voice).or_default().push((entry, one));
            }
        }
        let mut chosen: BTreeMap<u64, &Timestamp> = BTreeMap::new();
        for all in by_voice.values_mut() {
            all.sort_by_key(|(entry, one)| (one.size, *entry));
            let firsts =
                wanted.iter().filter_map(|index| all.iter().find(|(_, one)| one.size > *index));
            chosen.extend(firsts.chain(all.last()).map(|(entry, one)| (*entry, one)));
        }
        let mut shown = Vec::new();
        for (entry, timestamp) in chosen {
            gathering.open.entry(entry).or_default();
            let (_, consistency) = self.vault.consistency(timestamp.size)?;
            let mut files = Vec::new();
            for file in &timestamp.files {
                let bytes = self.kept_bytes(timestamp, Some(file)).map_err(CaseError::machine)?;
                files.push((file.name.clone(), bytes));
            }
            shown.push(OutsideTimestamp { entry, consistency, files });
        }
        Ok(shown)
    }
}
