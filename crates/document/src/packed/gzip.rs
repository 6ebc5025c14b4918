//! Gzip: a wrapping, not an archive. What is inside stands in its place.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use witnessmark_text::{ExtractError, Hints};

use super::tar;
use crate::kind;
use crate::walk::{Place, Walk};

/// Reads what a gzip file wraps.
pub(crate) fn read(
    walk: &mut Walk<'_>,
    bytes: &[u8],
    hints: &Hints,
    place: &Place,
    mut warnings: Vec<String>,
) {
    let mut head = Vec::new();
    let _ = MultiGzDecoder::new(bytes).take(512).read_to_end(&mut head);
    if kind::is_tar(&head) {
        return tar::read(walk, &|| Box::new(MultiGzDecoder::new(bytes)), place, warnings);
    }
    if !walk.may_open(place) {
        let why = format!("depth: archives deeper than {} are not opened", walk.limits.depth);
        return walk.not_read(place, "application/gzip", why);
    }
    let (inner, problem) = walk.unpack(MultiGzDecoder::new(bytes));
    warnings.extend(problem);
    if inner.is_empty() {
        let media_type = "application/gzip".to_owned();
        return walk.hand_on(place, Err(ExtractError::Unsupported { media_type }));
    }
    warnings.push("gzip: the text is that of the file inside".to_owned());
    let name = hints.file_name.as_deref();
    let name = name.map(|name| {
        let stem = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".GZ"));
        stem.unwrap_or(name).to_owned()
    });
    // The label may be that of the wrapping.
    let media_type = hints.media_type.clone().filter(|label| !label.contains("gzip"));
    let hints = Hints { file_name: name, media_type, ..hints.clone() };
    let place = Place { depth: place.depth + 1, ..place.clone() };
    crate::read_at(walk, &inner, &hints, &place, warnings);
}
