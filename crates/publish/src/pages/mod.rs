//! The pages for people: HTML without scripts, one style sheet, relative links only.

mod bounds_picture;
mod by_hand;
mod checking;
mod exhibit;
mod highlight;
mod index;
mod layout;
mod lineage_picture;
mod number;
mod pieces;
mod times;

use crate::error::PublishError;
use crate::manifest::{exhibit_page, number_page};
use crate::resolve::Edition;

/// Every page by its path, from the dossier's folder.
pub(crate) fn all(edition: &Edition<'_>) -> Result<Vec<(String, String)>, PublishError> {
    let mut pages = vec![
        ("index.html".to_owned(), index::page(edition)),
        ("check/index.html".to_owned(), checking::page(edition)),
    ];
    for at in 0..edition.numbers.len() {
        if let Some(number) = edition.numbers.get(at) {
            pages.push((number_page(&number.id), number::page(edition, number, at)?));
        }
    }
    for exhibit in &edition.exhibits {
        pages.push((exhibit_page(&exhibit.id), exhibit::page(edition, exhibit)));
    }
    Ok(pages)
}
