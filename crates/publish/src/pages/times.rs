//! "When it existed": the timestamps from outside that a dossier hands over, on the page of its checks.

use maud::{Markup, html};
use witnessmark_model::payload::Timestamp;

use super::pieces::command;
use crate::resolve::Edition;
use crate::timestamps::{self, Stamped};

/// The section; nothing where no timestamp is handed over.
pub(super) fn section(edition: &Edition<'_>) -> Option<Markup> {
    let tokens = || of(edition, Timestamp::RFC_3161);
    let proofs = || of(edition, Timestamp::OPENTIMESTAMPS);
    let first = tokens().next();
    (!edition.timestamps.is_empty()).then(|| html! {
        section aria-labelledby="times-title" {
            h2 #times-title { "When it existed, by the word of others" }
            p { "Others were asked to say when the log existed. Each said it of a checkpoint, the digest over all entries before it; a proof in " code { "data/dossier.json" } " shows that this checkpoint’s log is the beginning of the one here. " strong { "Nothing below is checked until you choose whom to believe." } " A root certificate or a block header that came with these files proves nothing: get it elsewhere." }
            @for (title, meaning, list) in [
                ("Time-stamp tokens (RFC 3161)", "By the word of this authority, whose root you must choose, this digest existed no later than the time given; not when the page was published.", tokens().collect::<Vec<_>>()),
                ("Proofs of OpenTimestamps", "Each needs Bitcoin headers from outside; the time of a block is approximate.", proofs().collect()),
            ] {
                @if !list.is_empty() {
                    h3 { (title) }
                    p.section-note { (meaning) }
                    ul.files {
                        @for one in list { li { (line(one)) } }
                    }
                }
            }
            (command("python3 check/times.py", None))
            p { "That shows that each is over the checkpoint of this log, and what it says. Whether it is signed by whom it names, and whom you believe, is for these:" }
            (command("witnessmark verify . --time-root ROOT.pem --bitcoin-headers HEADERS", None))
            @if let Some((folder, token, others)) = first.and_then(files) {
                p { "Or with OpenSSL alone, for a token; " code { "ROOT.pem" } " is the root that you chose:" }
                (command(&format!("cd {folder} && openssl ts -verify -data checkpoint -in {token} -CAfile ROOT.pem{others}"), None))
            }
        }
    })
}

fn of<'e, 'i>(
    edition: &'e Edition<'i>,
    method: &'static str,
) -> impl Iterator<Item = &'e Stamped<'i>> {
    edition.timestamps.iter().filter(move |one| one.says.method == method)
}

fn line(one: &Stamped<'_>) -> Markup {
    let says = &one.says;
    html! {
        "The log’s first " (says.size) " entries: "
        @if let Some(time) = &says.time {
            "by the word of " (says.authority.as_deref().unwrap_or("an authority")) ", no later than " (time)
        } @else {
            "a proof that leads to a block"
        }
        @if let Some(label) = &says.label { " " strong { "[" (label) "]" } }
        " (entry " (one.given.entry) "; "
        @for (at, (name, _)) in one.given.files.iter().enumerate() {
            @if at > 0 { ", " }
            code { (timestamps::path(says, name)) }
        }
        ")"
    }
}

/// The folder of a token, its name, and the further certificates as OpenSSL is told them.
fn files(one: &Stamped<'_>) -> Option<(String, String, String)> {
    let token = one.says.file(".tsr")?.name.clone();
    let others = one.says.file(".pem").map(|file| format!(" -untrusted {}", file.name));
    Some((format!("timestamps/{}", one.says.size), token, others.unwrap_or_default()))
}
