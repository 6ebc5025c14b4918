//! `check/index.html`: how to check a dossier, in plain words.

use maud::html;
use witnessmark_model::Digest;

use super::index::{does_not_prove, proves};
use super::layout::{self, Place};
use super::pieces::{command, digest};
use super::times;
use crate::resolve::Edition;

/// The page.
pub(super) fn page(edition: &Edition<'_>) -> String {
    let key = Digest::of(format!("{}\n", edition.key).as_bytes());
    let checkpoint = Digest::of(&edition.input.log.checkpoint);
    let body = html! {
        article.checking {
            header {
                p.kicker { "For anybody who received this dossier" }
                h1 { "How to check this dossier" }
                p.lead { "Five steps, each stronger than the one before. None needs a network, or trust in whoever handed you these files; the first needs something that did not come with them." }
                p.warning role="note" { strong { "This page proves nothing." } " An altered page could fake this result. Check with an independent program and a checkpoint fingerprint obtained elsewhere." }
            }
            section aria-labelledby="step-1" {
                h2 #step-1 { span.step-number { "1" } " Compare the fingerprint" }
                p { "Ask the people who made this dossier for its fingerprint by another way than the one these files came by: read out over the telephone, printed in their report, sent by somebody you know. Then let your own computer work it out." }
                (command("sha256sum data/log.vkey data/checkpoint", Some(&html! { (key.hex()) "  data/log.vkey\n" (checkpoint.hex()) "  data/checkpoint" })))
                dl.fields {
                    div { dt { "The log’s key" } dd { (digest(&key.hex())) } }
                    div { dt { "The checkpoint" } dd { (digest(&checkpoint.hex())) } }
                }
                p.proves-line { strong { "What it proves." } " If they agree: this is the log those people speak of, at that moment. If all you have is this page, nothing: whoever forges a dossier prints matching digits here." }
            }
            section aria-labelledby="step-2" {
                h2 #step-2 { span.step-number { "2" } " Check every file against the list" }
                p { "In a terminal, in the folder that holds " code { "SHA256SUMS" } ":" }
                (command("sha256sum --quiet -c SHA256SUMS && echo all files as listed", Some(&html! { "all files as listed" })))
                p.section-note { "On a Mac: " code { "shasum -a 256 -c SHA256SUMS" } ". On Windows, one file at a time: " code { "certutil -hashfile FILE SHA256" } "." }
                p.proves-line { strong { "What it proves." } " That no listed file was changed since the list was made. Not who made the list; not that no file was added." }
            }
            section aria-labelledby="step-3" {
                h2 #step-3 { span.step-number { "3" } " Run the independent checker" }
                p { "A short program in plain Python, written from the published format alone and sharing no code with the program that made this dossier. Read it first, or better, get it from elsewhere. It only reads; it opens no connection." }
                (command("python3 check/check.py", None))
                p { "With the fingerprint from step 1, typed in from where you got it:" }
                (command("python3 check/check.py --fingerprint FINGERPRINT", None))
                p.proves-line { strong { "What it proves." } " That the list is signed by the log’s key and no file is missing or added; that every entry stands in the log at its place; that every number leads to its claim, its passage and the digest of the captured bytes." }
            }
            section aria-labelledby="step-4" {
                h2 #step-4 { span.step-number { "4" } " Run Witnessmark itself" }
                (command("witnessmark verify .", None))
                p.proves-line { strong { "What it proves." } " The same as step 3, by another program written apart from it. Two that agree are harder to fool than one." }
            }
            section aria-labelledby="step-5" {
                h2 #step-5 { span.step-number { "5" } " Read, and doubt" }
                p { "Pages are made for reading; the files under " code { "data/" } ", " code { "entries/" } " and " code { "payloads/" } " are what is checked. No program compares the two for you: for a number that matters, follow " em { "Check this number by hand" } " on its page, and read the passage in its own language or have it read." }
                p.proves-line { strong { "What it proves." } " Whatever you find yourself." }
            }
            @if let Some(times) = times::section(edition) { (times) }
            section aria-labelledby="limits-title" {
                h2 #limits-title { "What all of this proves, and what it does not" }
                div.two {
                    div { h3 { "It proves" } (proves()) }
                    div { h3 { "It does not prove" } (does_not_prove()) }
                }
            }
            section aria-labelledby="inside-title" {
                h2 #inside-title { "What lies where" }
                dl.fields {
                    div { dt { code { "data/" } } dd { "What is claimed (" code { "dossier.json" } "), the signed checkpoint, the log’s key." } }
                    div { dt { code { "entries/" } } dd { "Each opened entry: its leaf, and the salts and values that open it." } }
                    div { dt { code { "payloads/" } } dd { "What each entry says." } }
                    div { dt { code { "proofs/" } } dd { "For each entry, a C2SP tlog-proof that it stands in the log." } }
                    div { dt { code { "parts/" } } dd { "Bytes that were cleared to be handed over, named by their SHA-256. Each is what it is called; look before you open it." } }
                    @if !edition.timestamps.is_empty() {
                        div { dt { code { "timestamps/" } } dd { "For each checkpoint that somebody outside vouches for: the checkpoint, tokens or proofs, certificates and lists of revoked ones." } }
                    }
                    div { dt { code { "SHA256SUMS" } } dd { "The list of all files; " code { "SHA256SUMS.note" } " is the signature on it." } }
                }
            }
        }
    };
    layout::page(edition, Place::Check, "How to check", &body)
}
