//! The bridge from our words to tantivy's tokens.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::segment;
use crate::radicals::without_radicals;
use crate::words::each_term;

/// The name under which the schema knows the body's analyzer. Change it whenever terms change, so
/// that an index of an older version is noticed.
pub(super) const TERMS: &str = "witnessmark-terms-2";
/// The same for the dictionary words of Chinese.
pub(super) const WORDS: &str = "witnessmark-words-2";

/// Cuts a text into the terms of every script.
#[derive(Clone, Default)]
pub(super) struct Terms {
    tokens: Tokens,
}

/// Cuts the Chinese of a text into dictionary words.
#[derive(Clone, Default)]
pub(super) struct DictionaryWords {
    tokens: Tokens,
}

/// All tokens of a text, their letters in one buffer that is used again for the next text.
#[derive(Clone, Default)]
struct Tokens {
    letters: String,
    places: Vec<Place>,
    next: usize,
    token: Token,
}

#[derive(Clone, Copy)]
struct Place {
    letters_from: usize,
    letters_to: usize,
    from: usize,
    to: usize,
    position: usize,
}

impl Tokens {
    fn clear(&mut self) {
        self.letters.clear();
        self.places.clear();
        self.next = 0;
        self.token.reset();
    }

    fn push(&mut self, text: &str, from: usize, to: usize, position: usize) {
        let letters_from = self.letters.len();
        self.letters.push_str(text);
        let letters_to = self.letters.len();
        self.places.push(Place { letters_from, letters_to, from, to, position });
    }
}

/// The stream over one text.
pub(super) struct Stream<'a> {
    tokens: &'a mut Tokens,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some(place) = self.tokens.places.get(self.tokens.next).copied() else {
            return false;
        };
        self.tokens.next += 1;
        let token = &mut self.tokens.token;
        token.text.clear();
        token.text.push_str(
            self.tokens.letters.get(place.letters_from..place.letters_to).unwrap_or_default(),
        );
        token.offset_from = place.from;
        token.offset_to = place.to;
        token.position = place.position;
        true
    }

    fn token(&self) -> &Token {
        &self.tokens.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens.token
    }
}

impl Tokenizer for Terms {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.tokens.clear();
        each_term(text, |term| self.tokens.push(term.text, term.from, term.to, term.position));
        Stream { tokens: &mut self.tokens }
    }
}

impl Tokenizer for DictionaryWords {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.tokens.clear();
        let text = &*without_radicals(text);
        if segment::has_han(text) {
            let mut position = 0;
            segment::each_word(text, |from, word| {
                self.tokens.push(word, from, from + word.len(), position);
                position += 1;
            });
        }
        Stream { tokens: &mut self.tokens }
    }
}
