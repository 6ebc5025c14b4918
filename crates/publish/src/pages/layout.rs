//! What every page has: the head, the notice, the way around, and what a dossier never claims.

use maud::{DOCTYPE, Markup, html};

use super::pieces::digest;
use crate::resolve::Edition;
use crate::when;

/// Nothing is loaded but the style sheet beside the page; pictures are drawn in the page itself.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

/// Where in the dossier a page lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `index.html`.
    Front,
    /// A page one folder down.
    Inside,
    /// `check/index.html`.
    Check,
}

impl Place {
    fn up(self) -> &'static str {
        if self == Self::Front { "" } else { "../" }
    }
}

/// A whole page around `body`.
pub(super) fn page(edition: &Edition<'_>, place: Place, title: &str, body: &Markup) -> String {
    let up = place.up();
    let full_title = if place == Place::Front {
        edition.input.title.clone()
    } else {
        format!("{title} · {}", edition.input.title)
    };
    let here = |other: Place| (other == place).then_some("page");
    let has_estimates = !edition.estimates.is_empty();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content="Witnessmark";
                title { (full_title) }
                link rel="stylesheet" href={ (up) "assets/dossier.css" };
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.masthead {
                    @if let Some(notice) = &edition.input.notice {
                        p.notice { strong { "Notice" } " " bdi { (notice) } }
                    }
                    div.masthead-row {
                        p.masthead-title { a href={ (up) "index.html" } aria-current=[here(Place::Front)] { bdi { (edition.input.title) } } }
                        nav aria-label="Dossier" {
                            ul {
                                li { a href={ (up) "index.html#numbers" } { "Numbers" } }
                                @if has_estimates { li { a href={ (up) "index.html#estimates" } { "Estimate" } } }
                                li { a href={ (up) "index.html#lineage" } { "Who rests on whom" } }
                                li { a href={ (up) "index.html#exhibits" } { "Exhibits" } }
                                li { a href={ (up) "check/index.html" } aria-current=[here(Place::Check)] { "How to check" } }
                            }
                        }
                    }
                }
                main #main { (body) }
                footer.colophon {
                    p { strong { "Integrity is not truth." } " A dossier shows that files are unchanged and that entries stand in a log. It does not show that a source is right, who really wrote it, or that nothing was left out." }
                    p.colophon-facts {
                        "Made on " (when::in_words(&edition.input.day)) " for the " (edition.input.profile.word()) " from the log "
                        code { (edition.checkpoint.log_name) } " at " (edition.checkpoint.size) " entries, root "
                        (digest(&edition.checkpoint.root.hex())) "."
                    }
                }
            }
        }
    };
    markup.into_string()
}
