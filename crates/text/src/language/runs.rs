//! The runs of a text, each in one language.
//!
//! The text is cut into pieces where a run may begin: at lines, at ends of sentences, and where the script changes. Every piece
//! scores for the languages it may be in. The runs are the sequence of languages with the highest sum of scores, less a price for
//! each change of language (Viterbi 1967). The price is higher in the middle of a sentence than at a line, so that a foreign word
//! or name breaks no run, and a heading of its own line may be one.

use serde::Serialize;

use super::ngrams::Table;
use super::script::Script;
use super::{LEAST_FIT, Verdict, bengali, han, is_japanese, tibetan};

/// A stretch of a text in one language and script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LanguageRun {
    /// Where it begins, in code points from the start of the text.
    pub start: usize,
    /// Where it ends: the first code point that is not in it.
    pub end: usize,
    /// As [`Language::language`](super::Language::language).
    pub language: String,
    /// As [`Language::script`](super::Language::script).
    pub script: String,
}

/// The runs of a text, in their order: together they are the whole text, and no two neighbours are of the same language and
/// script. Digits, signs and spaces belong to the run before them. An empty text has none.
pub fn language_runs(text: &str) -> Vec<LanguageRun> {
    let (pieces, points) = cut(text);
    if points == 0 {
        return Vec::new();
    }
    let mut states = States::new();
    let gains: Vec<Vec<(u8, u32)>> = pieces
        .iter()
        .map(|piece| states.gains(text.get(piece.from..piece.to).unwrap_or(""), piece))
        .collect();
    let sequence = best_sequence(&pieces, &gains, states.known.len());
    let mut runs: Vec<LanguageRun> = Vec::new();
    for (piece, state) in pieces.iter().zip(sequence) {
        let (language, script) = states.known.get(usize::from(state)).copied().unwrap_or(NOTHING);
        if let Some(run) = runs.last_mut() {
            if run.language == language && run.script == script {
                continue;
            }
            run.end = piece.start;
        }
        let (language, script) = (language.to_owned(), script.to_owned());
        runs.push(LanguageRun { start: piece.start, end: points, language, script });
    }
    runs
}

/// What a text without letters is.
const NOTHING: State = ("und", "Zyyy");

/// A language's tag and a script's code.
type State = (&'static str, &'static str);

/// How many letters of a piece count. It bounds what one piece can say.
const LETTERS: u32 = 60;

/// How many of them are looked at, where letters must be compared with a table; the others are taken to be like them.
const LOOKED_AT: u32 = 30;

/// What a letter scores where its script decides: about as much as one of a language of the tables.
const LETTER: u32 = 90;

/// Sentences shorter than this are not taken apart.
const SHORT: u32 = 40;

/// A stretch of the text that is in one script and within one line.
#[derive(Debug)]
struct Piece {
    /// Its first code point.
    start: usize,
    /// Its bytes.
    from: usize,
    to: usize,
    script: Option<Script>,
    letters: u32,
    /// What parts it from the piece before it.
    border: Border,
}

/// Where a run may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Border {
    /// Within a sentence.
    Script,
    /// At the end of a sentence, or at the edge of a table's cell.
    Sentence,
    Line,
}

impl Border {
    /// What a change of language costs here. A stretch with such borders on both sides becomes a run of its own from twice as
    /// many letters on as stand here, if its script is not that of its surroundings.
    fn price(self) -> u32 {
        LETTER
            * match self {
                Border::Script => 22,
                Border::Sentence => 10,
                Border::Line => 5,
            }
    }
}

/// Cuts a text into pieces, and counts its code points. The first piece begins with the text.
fn cut(text: &str) -> (Vec<Piece>, usize) {
    let mut pieces = Vec::new();
    let mut piece =
        Piece { start: 0, from: 0, to: 0, script: None, letters: 0, border: Border::Line };
    let mut points = 0;
    // The strongest border since the last letter, and where the next piece would begin.
    let mut border: Option<Border> = None;
    let mut next: Option<(usize, usize)> = None;
    let mut ending = false;
    for (at, c) in text.char_indices() {
        let point = points;
        points += 1;
        let Some(script) = Script::of(c) else {
            let behind = (at + c.len_utf8(), point + 1);
            match c {
                '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                    border = Some(Border::Line);
                    next = Some(behind);
                }
                '\t' | '。' | '！' | '？' | '；' | '།' | '༎' => {
                    border = border.max(Some(Border::Sentence));
                    next = Some(behind);
                }
                '.' | '!' | '?' | '؟' | '۔' | ';' | '।' | '။' | '។' | '…' => {
                    ending = true
                }
                _ if c.is_whitespace() => {
                    if ending {
                        border = border.max(Some(Border::Sentence));
                    }
                    next = Some(behind);
                }
                _ => {}
            }
            continue;
        };
        let script = if script == Script::Kana { Script::Hani } else { script };
        let begins = piece.script.is_some_and(|before| {
            before != script
                || border == Some(Border::Line)
                || border == Some(Border::Sentence) && piece.letters >= SHORT
        });
        if begins {
            let (from, start) = next.unwrap_or((at, point));
            let border = border.unwrap_or(Border::Script);
            let new = Piece { start, from, to: from, script: None, letters: 0, border };
            pieces.push(std::mem::replace(&mut piece, new));
        }
        piece.script = Some(script);
        piece.letters += script.weight();
        piece.to = at + c.len_utf8();
        (border, next, ending) = (None, None, false);
    }
    if points > 0 {
        pieces.push(piece);
    }
    (pieces, points)
}

/// The languages that a text may be in, numbered as they are met.
#[derive(Debug)]
struct States {
    known: Vec<State>,
    /// The number of each language by its script and its place there.
    numbers: Vec<u8>,
}

/// Places that a script has for its languages. The last is for letters that are in none.
const PLACES: usize = Table::MOST + 1;

/// A language's place in its script, the language, and what a piece says for it.
type Gain = (usize, State, u32);

impl States {
    fn new() -> Self {
        States { known: Vec::new(), numbers: vec![u8::MAX; Script::ALL.len() * PLACES] }
    }

    /// The number of a language. Beyond the most that there can be, the last one's.
    fn number(&mut self, script: Script, place: usize, state: State) -> u8 {
        let Some(number) = self.numbers.get_mut(script as usize * PLACES + place) else {
            return u8::MAX;
        };
        if *number == u8::MAX
            && let Ok(next) = u8::try_from(self.known.len())
            && next < u8::MAX
        {
            *number = next;
            self.known.push(state);
        }
        *number
    }

    /// What a piece says for the languages it may be in; all others gain nothing by it.
    fn gains(&mut self, text: &str, piece: &Piece) -> Vec<(u8, u32)> {
        let Some(script) = piece.script else { return Vec::new() };
        let base = piece.letters.min(LETTERS) * LETTER;
        let gains: Vec<Gain> = if let Some(table) = Table::of(script) {
            letter_gains(table, script, text, piece.letters)
        } else if let Some(language) = script.only_language() {
            vec![(0, (language, script.code()), base)]
        } else {
            match script {
                Script::Hani => han_gains(text, base),
                Script::Tibt => {
                    let signs = tibetan::Signs::of(text);
                    vec![
                        (0, ("bo", "Tibt"), base + signs.tibetan * 3 * LETTER + 1),
                        (1, ("dz", "Tibt"), base + signs.dzongkha * 3 * LETTER),
                    ]
                }
                Script::Beng => vec![(0, (bengali(text), "Beng"), base)],
                _ => vec![(PLACES - 1, ("und", script.code()), base)],
            }
        };
        gains
            .into_iter()
            .map(|(place, state, gain)| (self.number(script, place, state), gain))
            .collect()
    }
}

/// How many languages of a table are kept for a piece.
const MOST: usize = 6;

/// What letters of a script say for the languages of its table. Those that are no text of the best of them, or too few to tell, may
/// be in any language or in none.
fn letter_gains(table: &Table, script: Script, text: &str, letters: u32) -> Vec<Gain> {
    let scores = table.score(text, LOOKED_AT);
    let times = f64::from(letters.min(LETTERS)) / f64::from(scores.letters.max(1));
    let times = times.max(1.0);
    let mut ranked: Vec<(u32, usize)> = Vec::with_capacity(MOST + 1);
    for (place, score) in scores.by_language.iter().take(table.languages.len()).enumerate() {
        if ranked.len() == MOST && ranked.last().is_some_and(|(least, _)| score <= least) {
            continue;
        }
        let at = ranked.partition_point(|(better, _)| better >= score);
        ranked.insert(at, (*score, place));
        ranked.truncate(MOST);
    }
    let verdict = Verdict::of(table, &scores);
    let most = f64::from(ranked.first().map_or(0, |(score, _)| *score));
    let none =
        if verdict.tells(text) { most / verdict.fit.max(LEAST_FIT) * LEAST_FIT } else { most };
    let mut gains = vec![(PLACES - 1, ("und", script.code()), (none * times) as u32)];
    for (score, place) in ranked {
        if let Some(known) = table.languages.get(place) {
            let score = f64::from(score) * times;
            gains.push((place, (known.tag, script.code()), score as u32));
        }
    }
    gains
}

/// Han characters alone can be any of five; each sign of one of them counts as much as three letters.
fn han_gains(text: &str, base: u32) -> Vec<Gain> {
    let signs = han::Signs::of(text);
    let kana = text.chars().filter(|c| Script::of(*c) == Some(Script::Kana)).count();
    let kana = u32::try_from(kana).unwrap_or(u32::MAX);
    if is_japanese(kana, signs.all) {
        return vec![(5, ("ja", "Jpan"), base + LETTERS * LETTER)];
    }
    let sign = |count: u32| count.min(LETTERS) * 3 * LETTER;
    vec![
        (0, ("zh", "Hani"), base + 1),
        (1, ("zh-Hans", "Hans"), base + sign(signs.simple)),
        (2, ("zh-Hant", "Hant"), base + sign(signs.full)),
        (3, ("yue", "Hant"), base + sign(signs.full.min(signs.spoken * 4) + signs.spoken)),
        (4, ("yue", "Hans"), base + sign(signs.simple.min(signs.spoken * 4) + signs.spoken)),
        (5, ("ja", "Jpan"), base),
    ]
}

/// The sequence of languages with the highest sum of gains less prices, one for each piece. Where two are equal, the language that
/// was seen first in the text wins.
fn best_sequence(pieces: &[Piece], gains: &[Vec<(u8, u32)>], states: usize) -> Vec<u8> {
    if states == 0 {
        return vec![0; pieces.len()];
    }
    let mut sums = vec![0_i64; states];
    // For each piece and language: the language of the piece before it.
    let mut before: Vec<u8> = Vec::with_capacity(pieces.len() * states);
    for (number, (piece, gains)) in pieces.iter().zip(gains).enumerate() {
        let (leader, most) = highest(&sums);
        let price = if number == 0 { 0 } else { i64::from(piece.border.price()) };
        for (state, sum) in (0..=u8::MAX).zip(sums.iter_mut()) {
            if *sum < most - price {
                *sum = most - price;
                before.push(leader);
            } else {
                before.push(state);
            }
        }
        for (state, gain) in gains {
            if let Some(sum) = sums.get_mut(usize::from(*state)) {
                *sum += i64::from(*gain);
            }
        }
    }
    let mut sequence = Vec::with_capacity(pieces.len());
    let mut state = highest(&sums).0;
    for from in before.chunks_exact(states).rev() {
        sequence.push(state);
        state = from.get(usize::from(state)).copied().unwrap_or(state);
    }
    sequence.reverse();
    sequence
}

fn highest(sums: &[i64]) -> (u8, i64) {
    let mut best = (0, sums.first().copied().unwrap_or(0));
    for (state, sum) in (0..=u8::MAX).zip(sums.iter().copied()) {
        if sum > best.1 {
            best = (state, sum);
        }
    }
    best
}
