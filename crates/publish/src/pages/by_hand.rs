//! A number checked with the tools that every system has: commands to type, and what each must print.

use maud::{Markup, html};
use witnessmark_model::leaf::{Field, Leaf, Opening, Salt};
use witnessmark_model::{Digest, canonical, merkle};

use super::pieces::{command, foreign};
use crate::entry::{Entry, entry_path, part_path, payload_path};
use crate::error::PublishError;
use crate::resolve::{Edition, Exhibit, Number};

/// One thing to type: what it shows, the line, and what the line must print.
struct Step {
    shows: Markup,
    line: String,
    prints: Option<Markup>,
}

impl Step {
    /// The digest of a file of the dossier.
    fn digest_of(file: &str, sha256: &Digest, shows: Markup) -> Self {
        let line = format!("sha256sum {file}");
        Self { shows, line, prints: Some(html! { (sha256.hex()) "  " (file) }) }
    }

    /// The digest of bytes that are given in hexadecimal and of a text after them.
    fn digest_of_bytes(hex: &str, text: &str, sha256: &Digest, shows: Markup) -> Self {
        let text = if text.is_empty() { String::new() } else { format!(", \"{text}\"") };
        let line = format!("perl -e 'print pack(\"H*\", \"{hex}\"){text}' | sha256sum");
        Self { shows, line, prints: Some(html! { (sha256.hex()) "  -" }) }
    }

    /// What a value of a leaf was committed to: SHA-256(salt ‖ canonical JSON of the value).
    fn commitment(opening: &Opening, shows: Markup) -> Result<Self, PublishError> {
        let committed = opening.salt.commit(&canonical::to_bytes(&opening.value)?);
        let text = format!("\\\"{}\\\"", opening.value);
        Ok(Self::digest_of_bytes(&hex(&opening.salt)?, &text, &committed, shows))
    }
}

/// "Check this number by hand".
pub(super) fn section(
    edition: &Edition<'_>,
    number: &Number<'_>,
    exhibit: Option<&Exhibit<'_>>,
) -> Result<Markup, PublishError> {
    let mut steps = match edition.entries.get(&number.given.claim_entry) {
        Some(claim) => claim_steps(claim, edition.input.sealed)?,
        None => Vec::new(),
    };
    let text = exhibit
        .and_then(|exhibit| exhibit.given.text.as_ref())
        .filter(|text| text.entry == number.given.extraction_entry);
    match text {
        Some(text) => steps.extend(text_steps(number, &Digest::of(text.text.as_bytes()))),
        None => steps.push(Step {
            shows: html! { "The text of this document is withheld, so that the quoted words stand in it cannot be checked from this copy." },
            line: String::new(),
            prints: None,
        }),
    }
    if let Some(exhibit) = exhibit.filter(|exhibit| exhibit.has_bytes) {
        let shows =
            html! { "The captured bytes have the digest that was recorded when they were kept." };
        steps.push(Step::digest_of(&part_path(&exhibit.sha256), &exhibit.sha256, shows));
    }
    steps.push(Step {
        shows: html! { "That the leaf stands in the log takes a short Merkle program; " code { "check/check.py" } " is one, and any reader of C2SP tlog-proof will do." },
        line: "python3 check/check.py".to_owned(),
        prints: None,
    });
    Ok(html! {
        section aria-labelledby="hand-title" {
            h2 #hand-title { "Check this number by hand" }
            p { "Open a terminal in the dossier’s folder, the one that holds " code { "SHA256SUMS" } ". Nothing here needs a network. "
                a href="../check/index.html" { "The whole check" } " comes first: it shows that the list of files is signed." }
            ol.steps {
                @for Step { shows, line, prints } in &steps {
                    li { p { (shows) } @if !line.is_empty() { (command(line, prints.as_ref())) } }
                }
            }
        }
    })
}

/// That the claim's file is what its leaf was committed to.
fn claim_steps(claim: &Entry<'_>, sealed: bool) -> Result<Vec<Step>, PublishError> {
    let index = claim.given.index;
    let file = payload_path(index);
    let opening = |field| {
        let leaf = Leaf::parse(&claim.given.leaf).ok()?;
        claim.given.open.get(&field).filter(|opening| leaf.opens(field, opening))
    };
    let (Some(part), Some(object), Some(commit)) =
        (claim.part(0), opening(Field::Object), opening(Field::Commit))
    else {
        return Ok(Vec::new());
    };
    let stands = |what: &str| html! { " What is printed stands in " code { (entry_path(index)) } " as " (what) };
    let in_leaf = |field: &str| html! { (stands("the leaf’s ")) code { (field) } "." };
    if !sealed {
        let shows = html! { "The claim’s file has the digest that its entry names." };
        let digest = Step::digest_of(&file, &part.sha256, shows);
        let shows = html! { "The entry’s leaf was committed to that digest." (in_leaf("object")) };
        return Ok(vec![digest, Step::commitment(object, shows)?]);
    }
    let shows = html! { "The claim’s file has the digest that its entry names as part 0. (The entry’s " code { "object" } " is the digest of the same words as the case seals them; only its keeper has those bytes, so that nobody else can compare it.)" };
    let mut steps = vec![Step::digest_of(&file, &part.sha256, shows)];
    if claim.given.part_count != 1 {
        return Ok(steps);
    }
    let salted = part.salt.commit(&part.sha256.0);
    let root = merkle::leaf_hash(&salted.0);
    let shows = html! { "With its salt before it, that digest becomes the one leaf of the tree of the entry’s parts." };
    let bytes = format!("{}{}", hex(&part.salt)?, part.sha256);
    steps.push(Step::digest_of_bytes(&bytes, "", &salted, shows));
    let shows = html! { "That leaf, hashed as RFC 6962 says, is the root over the parts." (stands("the value of ")) code { "commit" } "." };
    steps.push(Step::digest_of_bytes(&format!("00{salted}"), "", &root, shows));
    let shows = html! { "The entry’s leaf was committed to that root." (in_leaf("commit")) };
    steps.push(Step::commitment(commit, shows)?);
    Ok(steps)
}

/// That the quoted words stand in the text that is shown.
fn text_steps(number: &Number<'_>, sha256: &Digest) -> [Step; 2] {
    let (passage, file) = (&number.passage, part_path(sha256));
    let line = format!(
        "python3 -c \"import sys; sys.stdout.buffer.write(open('{file}', encoding='utf-8', newline='').read()[{}:{}].encode())\"",
        passage.start, passage.end
    );
    let shows = html! { "The quoted words stand in that text, at code points " (passage.start) " to " (passage.end) "." };
    let prints = Some(foreign(&passage.exact, &number.extraction.language));
    let named = html! { "The text has the digest that the extraction names." };
    [Step::digest_of(&file, sha256, named), Step { shows, line, prints }]
}

/// A salt as it stands in the entry's file.
fn hex(salt: &Salt) -> Result<String, PublishError> {
    let json = canonical::to_bytes(salt)?;
    Ok(String::from_utf8_lossy(&json).trim_matches('"').to_owned())
}
