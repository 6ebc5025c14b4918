//! Dictionary words of Chinese, which lift a document above one that only holds the same two
//! characters by chance.

use std::sync::LazyLock;

use jieba_rs::Jieba;

/// The dictionary is large; only a text or a query with Han characters pays for it.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Whether a text holds a run of at least two Han characters, which a dictionary could cut.
pub(super) fn has_han(text: &str) -> bool {
    let mut before = false;
    text.chars().any(|c| {
        let here = is_han(c);
        let pair = here && before;
        before = here;
        pair
    })
}

fn is_han(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

/// Gives every dictionary word of at least two Han characters in the text to `take`, with its
/// first byte.
pub(super) fn each_word<'t>(text: &'t str, mut take: impl FnMut(usize, &'t str)) {
    let mut from = None;
    let mut run = |from: usize, to: usize| {
        let run = text.get(from..to).unwrap_or("");
        let mut at = from;
        for token in JIEBA.cut(run, false) {
            if token.word.chars().nth(1).is_some() {
                take(at, token.word);
            }
            at += token.word.len();
        }
    };
    for (at, c) in text.char_indices() {
        if is_han(c) {
            from.get_or_insert(at);
        } else if let Some(from) = from.take() {
            run(from, at);
        }
    }
    if let Some(from) = from {
        run(from, text.len());
    }
}
