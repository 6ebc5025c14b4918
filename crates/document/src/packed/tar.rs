//! Tar archives, plain or through gzip. Two passes: one lists, one reads; the whole is never in memory.

use std::io::Read;

use tar::{Archive, EntryType};

use super::{curbed, hints_for, listing};
use crate::names::{Places, decode_guessed, place_name, shown};
use crate::walk::{Place, Walk};

/// Reads the files of a tar archive; `open` gives its bytes from the start.
pub(crate) fn read<'b>(
    walk: &mut Walk<'_>,
    open: &dyn Fn() -> Box<dyn Read + 'b>,
    place: &Place,
    mut warnings: Vec<String>,
) {
    let mut names = Vec::new();
    let mut notes = Vec::new();
    let mut total: u64 = 0;
    let mut files: u64 = 0;
    let ahead = walk.budget.apart();
    let mut archive = Archive::new(ahead.count(open()));
    // Behind the end of one archive another may follow.
    archive.set_ignore_zeros(true);
    let listed = archive.entries().map(|entries| {
        for entry in entries {
            let entry = entry?;
            let name = decode_guessed(&entry.path_bytes());
            total += 1;
            files += u64::from(is_file(entry.header().entry_type(), &name));
            if total > walk.limits.files.max(1000) {
                continue;
            }
            notes.extend(place_name(&name).1);
            match entry.header().entry_type() {
                EntryType::Symlink | EntryType::Link => {
                    let target = entry.link_name_bytes().unwrap_or_default();
                    let target = shown(&String::from_utf8_lossy(&target));
                    notes.push(format!(
                        "link: {} leads to {target}, which is not followed",
                        shown(&name)
                    ));
                }
                EntryType::Regular
                | EntryType::Continuous
                | EntryType::GNUSparse
                | EntryType::Directory => {}
                _ => notes.push(format!("device: {} is no file; it is not read", shown(&name))),
            }
            names.push(name);
        }
        Ok::<_, std::io::Error>(())
    });
    let problem = match listed {
        Ok(Err(error)) | Err(error) => Some(error),
        Ok(Ok(())) => None,
    };
    if problem.is_some() && ahead.is_spent() {
        let limit = walk.limits.unpacked;
        warnings.push(format!("size: the limit of {limit} unpacked bytes was reached in it"));
    } else if let Some(error) = problem {
        warnings.push(format!("damaged: the archive breaks off: {}", shown(&error.to_string())));
    }
    let may_open = walk.may_open(place);
    let left = walk.files_left();
    if !may_open {
        warnings.push(format!(
            "depth: archives deeper than {} are not opened; the files of this one are only listed",
            walk.limits.depth
        ));
    } else if files > left {
        warnings.push(format!("files: only the first {left} of {files} are read"));
    }
    warnings.extend(curbed(notes, "names"));
    let names = names.iter().map(String::as_str);
    walk.hand_on(place, Ok(listing("application/x-tar", names, total, warnings)));
    if !may_open {
        return;
    }
    let mut places = Places::default();
    let mut archive = Archive::new(open());
    archive.set_ignore_zeros(true);
    // Where the archive breaks off was said above.
    let Ok(entries) = archive.entries() else { return };
    let mut to_read = left.min(files);
    for entry in entries {
        let Ok(mut entry) = entry else { return };
        let name = decode_guessed(&entry.path_bytes());
        if !is_file(entry.header().entry_type(), &name) {
            continue;
        }
        if to_read == 0 {
            return;
        }
        to_read -= 1;
        let (name, problem) = places.add(place_name(&name).0);
        if !walk.has_room() {
            return walk.leave_out(place, &name, crate::index(to_read));
        }
        let mut warnings: Vec<String> = problem.into_iter().collect();
        let declared = entry.size();
        let (bytes, problem) = walk.unpack(&mut entry);
        if problem.is_none() && (bytes.len() as u64) < declared {
            warnings.push(format!(
                "size: the archive says {declared} bytes, but there are {}",
                bytes.len()
            ));
        }
        warnings.extend(problem);
        walk.read_inner(place, &name, &bytes, &hints_for(&name), warnings);
    }
}

/// Whether an entry is a file whose bytes are read.
fn is_file(kind: EntryType, name: &str) -> bool {
    let has_bytes =
        matches!(kind, EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse);
    has_bytes && !name.ends_with('/')
}
