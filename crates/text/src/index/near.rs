//! Words that are another word but for a letter or two.

use std::fmt;
use std::sync::{Arc, LazyLock};

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use tantivy::query::{AutomatonWeight, EnableScoring, Query, Weight};
use tantivy::schema::Field;
use tantivy_fst::Automaton;

/// The terms that are within one or two edits of a word (Damerau and Levenshtein: a letter added, left out or replaced, or
/// two neighbours swapped), as an automaton over their bytes (Schulz and Mihov 2002, *Fast string correction with Levenshtein
/// automata*).
pub(super) struct Near {
    word: String,
    letters_off: u8,
    dfa: DFA,
}

impl Near {
    /// `letters_off` is 1 or 2; more counts as 2. The word has no characters of a script without spaces.
    pub(super) fn new(word: &str, letters_off: u8) -> Self {
        static BUILDERS: LazyLock<[LevenshteinAutomatonBuilder; 2]> =
            LazyLock::new(|| [1, 2].map(|off| LevenshteinAutomatonBuilder::new(off, true)));
        let [one, two] = &*BUILDERS;
        let builder = if letters_off < 2 { one } else { two };
        Self { word: word.to_owned(), letters_off, dfa: builder.build_dfa(word) }
    }

    pub(super) fn has(&self, term: &str) -> bool {
        let end = term.bytes().try_fold(self.start(), |state, byte| {
            Some(self.accept(&state, byte)).filter(|state| self.can_match(state))
        });
        end.is_some_and(|end| self.is_match(&end))
    }
}

impl fmt::Debug for Near {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Near({:?}, {})", self.word, self.letters_off)
    }
}

impl PartialEq for Near {
    fn eq(&self, other: &Self) -> bool {
        (&self.word, self.letters_off) == (&other.word, other.letters_off)
    }
}

impl Eq for Near {}

impl Automaton for Near {
    type State = u32;

    fn start(&self) -> u32 {
        self.dfa.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.dfa.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }

    /// Terms that begin with Han (U+4000 to U+9FFF) or Hangul (U+B000 to U+CFFF) hold nothing else. They are by far the most
    /// terms of a dictionary and all so short that two edits lead through every one of them: without this, most of the time
    /// goes there.
    fn accept(&self, state: &u32, byte: u8) -> u32 {
        let is_first = *state == self.start();
        if is_first && matches!(byte, 0xE4..=0xE9 | 0xEB..=0xEC) {
            return SINK_STATE;
        }
        self.dfa.transition(*state, byte)
    }
}

/// Finds the documents that hold such a term in a field; all score the same.
#[derive(Clone, Debug)]
pub(super) struct NearQuery {
    pub(super) field: Field,
    pub(super) near: Arc<Near>,
}

impl Query for NearQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(AutomatonWeight::<Near>::new(self.field, Arc::clone(&self.near))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::words::each_term;

    #[test]
    fn terms_within_an_edit_or_two() {
        let cases = [
            ("databse", 1, "database", true),
            ("databse", 1, "databse", true),
            ("databse", 1, "dtaabse", true),
            ("databse", 1, "dtaabs", false),
            ("databse", 2, "dtaabs", true),
            ("databse", 2, "dabs", false),
            ("café", 1, "cafe", true),
            ("оператр", 1, "оператор", true),
            ("قان", 1, "قات", true),
            ("ab", 2, "数据", false),
        ];
        for (word, letters_off, term, expected) in cases {
            assert_eq!(
                Near::new(word, letters_off).has(term),
                expected,
                "{word}~{letters_off}, {term}"
            );
        }
    }

    proptest! {
        /// What is left out because of its first character is at most two characters long, none of them a letter.
        #[test]
        fn terms_of_han_and_hangul_hold_nothing_else(
            text in "([a-zа-я0-9]|[\u{4000}-\u{9FFF}]|[\u{B000}-\u{CFFF}]|[\u{300}\u{3099}\u{FE00}ー々ㄅ㈠]|\\PC){0,24}",
        ) {
            each_term(&text, |term| {
                let is_wide = |c: char| matches!(c, '\u{4000}'..='\u{9FFF}' | '\u{B000}'..='\u{CFFF}');
                if term.text.chars().next().is_some_and(is_wide) {
                    assert!(term.text.chars().count() <= 2, "{:?}", term.text);
                    assert!(!term.text.chars().any(|c| c.is_ascii() || matches!(c, 'а'..='я')), "{:?}", term.text);
                }
            });
        }
    }
}
