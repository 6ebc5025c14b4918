//! Pictures of estimates as files: each as SVG and as a table, and one page that holds them all.

use std::path::Path;

use witnessmark_case::CaseError;
use witnessmark_case::estimation::coverage::Coverage;
use witnessmark_case::estimation::overlap::{ListSheet, Overlap};
use witnessmark_case::estimation::picture::{
    Outlines, Picture, bounds_by_place, bounds_on_map, intervals_by_method, overlap_of_lists, page,
    posterior,
};

use super::plain::utf8;

/// Pictures of an estimate from lists.
pub(super) fn of_overlap(
    folder: &Path,
    sheet: &ListSheet,
    found: &Overlap,
) -> Result<(), CaseError> {
    let mut pictures = vec![("intervals".to_owned(), intervals_by_method(found))];
    for (number, stratum) in (1..).zip(&sheet.strata) {
        let Some((_, lists)) = stratum.linkages.first() else { continue };
        let (name, about) = match stratum.stratum.as_str() {
            "" => ("lists".to_owned(), None),
            stratum => (format!("lists-{number}"), Some(stratum)),
        };
        pictures.push((name, overlap_of_lists(lists, about)));
    }
    if let Some(dga) = &found.methods.dga {
        pictures.push(("posterior".to_owned(), posterior(found.documented.persons(), dga)));
    }
    write(folder, &found.answer.text, &pictures)
}

/// Pictures of bounds by place; with outlines a map, too.
pub(super) fn of_coverage(
    folder: &Path,
    found: &Coverage,
    map: Option<&Path>,
    source: Option<&str>,
) -> Result<(), CaseError> {
    let mut pictures = Vec::new();
    if let Some(path) = map {
        let flawed = |error: witnessmark_case::estimation::picture::OutlineError| {
            CaseError::input(format!("{}: {error}", path.display()), error.hint())
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let source = source.unwrap_or(&name);
        let outlines = Outlines::from_geojson(&utf8(path)?, source).map_err(flawed)?;
        if !found.by_place.is_empty() {
            pictures.push(("map".to_owned(), bounds_on_map(found, &outlines).map_err(flawed)?));
        }
    }
    if !found.by_place.is_empty() {
        pictures.push(("bounds".to_owned(), bounds_by_place(found)));
    }
    write(folder, &found.answer.text, &pictures)
}

fn write(folder: &Path, text: &str, pictures: &[(String, Picture)]) -> Result<(), CaseError> {
    std::fs::create_dir_all(folder).map_err(|cause| CaseError::file("make", folder, &cause))?;
    let put = |name: String, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|cause| CaseError::file("write", &path, &cause))
    };
    for (name, picture) in pictures {
        put(format!("{name}.svg"), &picture.svg)?;
        put(format!("{name}.csv"), &picture.csv())?;
    }
    let only: Vec<&Picture> = pictures.iter().map(|(_, picture)| picture).collect();
    put("index.html".to_owned(), &page(text, &only))
}
