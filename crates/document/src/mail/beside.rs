//! Another form of a mail's words, such as HTML beside plain text: what it says more.

use std::collections::HashSet;

use super::Mail;
use crate::names::shown;

/// One word of so many may be in the HTML part alone (an address below, the words of a button) before it is read too.
const MAX_OTHER_WORDS: usize = 10;

/// The most bytes of a part whose words are compared; a longer one beside another is read without asking.
const MAX_COMPARED: usize = 4 << 20;

/// The words of a mail that are known already.
#[derive(Default)]
pub(super) struct Beside {
    known: Option<HashSet<String>>,
}

impl Beside {
    /// Adds what another form of a mail says, such as `HTML`, where it says something else.
    pub(super) fn add(&mut self, mail: &mut Mail, other: Mail, form: &str) {
        let kind = form.to_ascii_lowercase();
        if other.body.trim().is_empty() {
            return;
        }
        if mail.body.trim().is_empty() {
            mail.body = other.body;
            mail.charset = other.charset;
            mail.links.extend(other.links);
            mail.warnings.extend(other.warnings);
            return;
        }
        if other.body.len().max(mail.body.len()) > MAX_COMPARED {
            let why = format!(
                "{kind}: its {form} part is long and was not compared with the plain part; it follows behind it"
            );
            return put_behind(mail, other, why);
        }
        let known = self.known.get_or_insert_with(|| words_of(&mail.body).collect());
        let mut all = HashSet::new();
        let mut missing = Vec::new();
        for word in words_of(&other.body) {
            if all.insert(word.clone()) && !known.contains(&word) {
                missing.push(word);
            }
        }
        if missing.is_empty() {
            mail.links.extend(other.links);
            return;
        }
        if missing.len() * MAX_OTHER_WORDS <= all.len() {
            missing.truncate(20);
            let words = shown(&missing.join(" "));
            mail.warnings.push(format!("{kind}: its {form} part has words more than the plain part, which are not in the text: {words}"));
            mail.links.extend(other.links);
            return;
        }
        let why =
            format!("{kind}: its {form} part says other than the plain part; it follows behind it");
        put_behind(mail, other, why);
    }
}

/// Puts other words behind those there are, and says why.
fn put_behind(mail: &mut Mail, other: Mail, why: String) {
    mail.warnings.push(why);
    mail.body.push_str("\n\n");
    mail.body.push_str(&other.body);
    mail.links.extend(other.links);
    mail.warnings.extend(other.warnings);
    if mail.charset.is_empty() {
        mail.charset = other.charset;
    }
}

/// Words in small letters; of writing without spaces, each two letters that stand together.
fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    // Marks of where a word may be broken are no part of it.
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}');
    let runs = text.split(move |c: char| !is_part(c)).filter(|run| !run.is_empty());
    runs.flat_map(|run| {
        let letters: Vec<char> = run.chars().filter(|c| c.is_alphanumeric()).collect();
        if letters.iter().all(|c| *c < '\u{2E80}') {
            return vec![letters.iter().flat_map(|c| c.to_lowercase()).collect()];
        }
        let most = letters.len().min(2);
        letters
            .windows(most)
            .map(|two| two.iter().flat_map(|c| c.to_lowercase()).collect())
            .collect()
    })
    .filter(|word: &String| !word.is_empty())
}
