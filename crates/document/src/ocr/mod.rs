//! Writing in pictures: recognised by another program, one language a block.
//!
//! [`recognise`] finds the script first, by trying each installed language on a few lines: Tesseract's own detection of
//! scripts takes Tibetan for Cyrillic. Then each block is read in one language, because a language too many ruins a reading.
//! Lines that make little sense in it are read again in the language that fits them best.
//!
//! Nothing that is read here is a fact before a person has compared it with the picture.

mod blocks;
mod languages;
mod scans;
mod spread;
mod tesseract;
mod tsv;

use std::collections::BTreeMap;

pub use languages::{LANGUAGES, OcrLanguage, language_of, script_of};
pub use scans::Scan;
pub use tesseract::{Installed, OcrError, Run, Tesseract, program_in};
pub use tsv::{OcrLine, lines_of};

use crate::picture::{Area, Gray};
use spread::Spread;

/// A program that recognises writing.
pub trait Recogniser {
    /// Its name and version, such as `tesseract/5.3.0`.
    fn name(&self) -> &str;

    /// The languages that it has, by Tesseract's names, in the order of [`LANGUAGES`].
    fn languages(&self) -> &[&'static OcrLanguage];

    /// The lines of a picture in one language.
    fn read(
        &mut self,
        picture: &Gray,
        shows: Shows,
        language: &OcrLanguage,
    ) -> Result<Vec<OcrLine>, OcrError>;
}

/// What a picture of writing shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// One block of lines.
    Block,
    /// One line.
    Line,
}

/// What was recognised on one page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OcrPage {
    /// The blocks in reading order, each in one language.
    pub blocks: Vec<OcrBlock>,
    /// Lines that were dropped because neither they nor the page make sense: what pictures without writing give.
    pub dropped: usize,
    /// By how many quarters the page had to be turned clockwise to be read.
    pub turned: u32,
}

/// One block of writing, in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct OcrBlock {
    /// The language it was read in, by Tesseract's name.
    pub language: &'static str,
    /// Its lines, with places on the page as it was given.
    pub lines: Vec<OcrLine>,
}

/// Readings that make less sense than this are tried in another language, from 0 to 1.
const DOUBTFUL: f32 = 0.6;
/// Readings that make more sense than this are surely in that language.
const CLEAR: f32 = 0.8;
/// A page that makes less sense than this is turned.
const SIDEWAYS: f32 = 0.45;
/// How many runs of lines of one page are read again.
const MOST_REREAD: u32 = 12;
/// How many rows of a block are read by themselves.
const MOST_LOST: usize = 12;
/// A page is read on a picture whose longer side is at most so many pixels.
const LARGEST_SIDE: u32 = 5000;
/// Lines lower than this are doubled first.
const SMALL_LINE: u32 = 22;
/// Lines at least as high are not doubled when they are looked at more closely.
const LARGE_LINE: u32 = 80;

/// Recognises the writing on a page.
pub fn recognise(page: &Gray, with: &mut dyn Recogniser) -> Result<OcrPage, OcrError> {
    let by = page.width().max(page.height()).div_ceil(LARGEST_SIDE).max(1);
    let reduced = if by > 1 { page.reduced(by) } else { None };
    let mut reading = Reading::new(reduced.as_ref().unwrap_or(page), with);
    let mut turned = 0;
    let mut best = reading.first_guess()?;
    let sideways;
    if best.as_ref().is_some_and(|guess| guess.score < SIDEWAYS) {
        // Tesseract's detection of the orientation fails on Tibetan, so it is tried.
        let on_its_side = blocks::lies_on_its_side(reading.page);
        let mut page = reading.page.clone();
        for quarters in 1..4 {
            page = page.turned();
            if on_its_side == (quarters == 2) {
                continue;
            }
            let guess = Reading::new(&page, reading.with).first_guess()?;
            if let (Some(found), Some(before)) = (&guess, &best)
                && found.score > before.score + 0.15
            {
                (best, turned) = (guess, quarters);
            }
        }
        if turned > 0 {
            sideways = (0..turned).fold(reading.page.clone(), |page, _| page.turned());
            reading = Reading::new(&sideways, reading.with);
        }
    }
    let Some(guess) = best else { return Ok(OcrPage::default()) };
    let mut found = reading.all(&guess)?;
    found.turned = turned;
    let (width, height) = (reading.page.width(), reading.page.height());
    for line in found.blocks.iter_mut().flat_map(|block| &mut block.lines) {
        let upright = turned_back(line.area, turned, width, height);
        line.area = Area {
            left: upright.left.saturating_mul(by),
            top: upright.top.saturating_mul(by),
            width: upright.width.saturating_mul(by),
            height: upright.height.saturating_mul(by),
        };
    }
    Ok(found)
}

/// An area of a page of this size, as it stood before the page was turned clockwise by `quarters`.
fn turned_back(area: Area, quarters: u32, width: u32, height: u32) -> Area {
    if quarters == 0 {
        return area;
    }
    // A quarter clockwise took (x, y) of a page w by h to (h - 1 - y, x).
    let back = Area {
        left: area.top,
        top: width.saturating_sub(area.right()),
        width: area.height,
        height: area.width,
    };
    turned_back(back, quarters - 1, height, width)
}

/// A language, and how much sense a reading in it makes.
struct Guess {
    language: &'static OcrLanguage,
    score: f32,
}

struct Reading<'p, 'w> {
    page: &'p Gray,
    with: &'w mut dyn Recogniser,
    rereads: u32,
}

impl<'p, 'w> Reading<'p, 'w> {
    fn new(page: &'p Gray, with: &'w mut dyn Recogniser) -> Self {
        Self { page, with, rereads: 0 }
    }

    /// The language of the page by a few lines of its largest block; none on an empty page.
    fn first_guess(&mut self) -> Result<Option<Guess>, OcrError> {
        let blocks = blocks::blocks(self.page, false);
        let size = |area: &&Area| u64::from(area.width) * u64::from(area.height);
        let Some(largest) = blocks.iter().max_by_key(size) else { return Ok(None) };
        let sample = self.sample(largest);
        self.guess(&sample, None)
    }

    /// Up to three lines of a block, from its middle: enough to tell a language by.
    fn sample(&self, block: &Area) -> Area {
        let rows = blocks::rows(self.page, block);
        let high = rows.iter().map(|row| row.height).max().unwrap_or(0);
        let rows: Vec<_> = rows.iter().filter(|row| row.height * 3 > high).collect();
        let from = rows.len().saturating_sub(3) / 2;
        let chosen = rows.iter().skip(from).take(3);
        let sample = chosen.map(|row| **row).reduce(|all, row| all.union(&row));
        let sample = sample.unwrap_or(*block);
        // A row as high as the block is a picture, or a page that was turned too far for rows to part.
        let high = sample.height > self.page.height() / 2;
        let height = (block.height / 3).min(240);
        let middle = Area { top: block.top + block.height / 3, height, ..*block };
        if high && middle.height > 0 { middle } else { sample }
    }

    /// The language that makes most sense of an area: first one of each script, then the others of the best script.
    fn guess(&mut self, area: &Area, but: Option<&str>) -> Result<Option<Guess>, OcrError> {
        let known = self.with.languages().to_vec();
        let mut best: Option<Guess> = None;
        let mut tried: Vec<&str> = Vec::new();
        for language in &known {
            if tried.contains(&language.script) {
                continue;
            }
            tried.push(language.script);
            let score = sense(&self.lines(area, language)?, language);
            if best.as_ref().is_none_or(|found| score > found.score) {
                best = Some(Guess { language, score });
            }
            // Nothing else reads this well what it was not made for.
            if score > CLEAR {
                break;
            }
        }
        let Some(mut best) = best else { return Ok(None) };
        let script = best.language.script;
        let first = best.language.code;
        for language in known.iter().filter(|other| other.script == script && other.code != first) {
            let score = sense(&self.lines(area, language)?, language);
            if score > best.score {
                best = Guess { language, score };
            }
        }
        Ok(Some(best).filter(|best| but != Some(best.language.code)))
    }

    /// The lines of an area in one language, with places on the page.
    fn lines(&mut self, area: &Area, language: &OcrLanguage) -> Result<Vec<OcrLine>, OcrError> {
        // Tesseract wants paper around the writing.
        let area = area.grown(14);
        let Some(block) = self.page.crop(&area) else { return Ok(Vec::new()) };
        let rows = blocks::rows(&block, &block.area());
        let mut heights: Vec<u32> =
            rows.iter().map(|row| row.height).filter(|height| *height > 4).collect();
        heights.sort_unstable();
        let small = heights.get(heights.len() / 2).is_some_and(|height| *height < SMALL_LINE)
            && block.width().max(block.height()) < LARGEST_SIDE / 2;
        let spread = Spread::of(&block, &rows);
        let shown = spread.as_ref().map_or(&block, |spread| &spread.block);
        let lines = if small {
            self.with.read(&shown.doubled(), Shows::Block, language)?
        } else {
            self.with.read(shown, Shows::Block, language)?
        };
        let mut placed = Vec::with_capacity(lines.len());
        for mut line in lines {
            let by = if small { 2 } else { 1 };
            let at = Area {
                left: line.area.left / by,
                top: line.area.top / by,
                width: line.area.width / by,
                height: line.area.height / by,
            };
            let (row, at) = spread.as_ref().map_or((None, at), |spread| spread.back(&at));
            line.area = Area {
                left: area.left + at.left.min(block.width()),
                top: area.top + at.top.min(block.height()),
                width: at.width.min(block.width()),
                height: at.height.min(block.height()),
            };
            if line.area.width > 0 && line.area.height > 0 {
                placed.push((row, line));
            }
        }
        if spread.is_none() && rows.len() == 1 && spread::are_beside(&placed) {
            placed.iter_mut().for_each(|(row, _)| *row = Some(0));
        }
        Ok(spread::joined(placed, language.from_right))
    }

    /// Every block of the page. Where the sample made no sense in any language, each is read once and no closer: that is what
    /// photographs without writing look like.
    fn all(&mut self, guess: &Guess) -> Result<OcrPage, OcrError> {
        let (language, makes_sense) = (guess.language, guess.score >= SIDEWAYS);
        let mut found = OcrPage::default();
        for block in blocks::blocks(self.page, language.from_right) {
            let mut lines = self.lines(&block, language)?;
            if makes_sense {
                self.add_lost_rows(&block, language, &mut lines)?;
                self.look_closer(language, &mut lines)?;
                self.again(lines, language, &mut found)?;
            } else {
                lines.into_iter().for_each(|line| found.add(language, line));
            }
        }
        // A bad line among good ones is writing, and must not vanish; on a page without sense it is no writing.
        if found.sense() < SIDEWAYS {
            for block in &mut found.blocks {
                let before = block.lines.len();
                if let Some(language) = language_of(block.language) {
                    let is_writing =
                        |line: &OcrLine| sense(std::slice::from_ref(line), language) >= DOUBTFUL;
                    block.lines.retain(is_writing);
                }
                found.dropped += before - block.lines.len();
            }
            found.blocks.retain(|block| !block.lines.is_empty());
        }
        Ok(found)
    }

    /// Reads the rows of a block by themselves that no line lies on. Tesseract loses whole lines of Tibetan, another one for
    /// each pixel of paper more or less around the block.
    fn add_lost_rows(
        &mut self,
        block: &Area,
        language: &OcrLanguage,
        lines: &mut Vec<OcrLine>,
    ) -> Result<(), OcrError> {
        let rows = blocks::rows(self.page, block);
        let high = rows.iter().map(|row| row.height).max().unwrap_or(0);
        let lost = |row: &&Area| {
            let middle = row.top + row.height / 2;
            let lies_on = |line: &OcrLine| line.area.top <= middle && middle < line.area.bottom();
            row.height * 2 > high && !lines.iter().any(lies_on)
        };
        let lost: Vec<Area> = rows.iter().filter(lost).take(MOST_LOST).copied().collect();
        for row in lost {
            let found = self.lines(&row, language)?;
            // What stands above or below was read before.
            let middle = |line: &OcrLine| line.area.top + line.area.height / 2;
            let own = |line: &OcrLine| row.top <= middle(line) && middle(line) < row.bottom();
            lines.extend(found.into_iter().filter(own));
        }
        lines.sort_by_key(|line| line.area.top);
        Ok(())
    }

    /// Reads uncertain lines again, each by itself and larger, and keeps the reading that is more certain.
    fn look_closer(
        &mut self,
        language: &OcrLanguage,
        lines: &mut [OcrLine],
    ) -> Result<(), OcrError> {
        let doubtful = |line: &&mut OcrLine| line.confidence < DOUBTFUL;
        for line in lines.iter_mut().filter(doubtful).take(MOST_LOST) {
            let Some(part) = self.page.crop(&line.area.grown(2)) else { continue };
            let part = part.framed(12);
            let part = if line.area.height < LARGE_LINE { part.doubled() } else { part };
            let read = self.with.read(&part, Shows::Line, language)?;
            let Some(closer) = read.into_iter().reduce(OcrLine::followed_by) else { continue };
            let letters = |line: &OcrLine| line.text.chars().filter(|c| !c.is_whitespace()).count();
            if closer.confidence > line.confidence + 0.1 && letters(&closer) * 2 > letters(line) {
                (line.text, line.confidence) = (closer.text, closer.confidence);
            }
        }
        Ok(())
    }

    /// Reads the runs of lines again that make little sense in this language.
    fn again(
        &mut self,
        lines: Vec<OcrLine>,
        language: &'static OcrLanguage,
        found: &mut OcrPage,
    ) -> Result<(), OcrError> {
        let mut runs: Vec<(bool, Vec<OcrLine>)> = Vec::new();
        for line in lines {
            let doubtful = sense(std::slice::from_ref(&line), language) < DOUBTFUL;
            match runs.last_mut() {
                Some((same, run)) if *same == doubtful => run.push(line),
                _ => runs.push((doubtful, vec![line])),
            }
        }
        for (doubtful, run) in runs {
            let area = run.iter().map(|line| line.area).reduce(|all, area| all.union(&area));
            let mut other = Vec::new();
            let mut in_other = language;
            if doubtful
                && self.rereads < MOST_REREAD
                && let Some(area) = area
            {
                self.rereads += 1;
                let sample = self.sample(&area);
                if let Some(guess) = self.guess(&sample, Some(language.code))? {
                    in_other = guess.language;
                    other = self.lines(&area, in_other)?;
                }
            }
            let switched = is_better(&other, in_other, &run, language);
            let mut chosen: Vec<(&'static OcrLanguage, OcrLine)> = Vec::new();
            // Each line by itself: a title may have been doubtful that stands beside lines in another language.
            for line in run {
                let middle = |other: &OcrLine| other.area.top + other.area.height / 2;
                let same = |other: &mut OcrLine| {
                    line.area.top <= middle(other) && middle(other) < line.area.bottom()
                };
                let same: Vec<OcrLine> = other.extract_if(.., same).collect();
                let kept = std::slice::from_ref(&line);
                let read_so = sense(&same, in_other);
                let better = match switched {
                    true => !same.is_empty() && sense(kept, language) <= read_so + 0.15,
                    // One line among others of its language is in another one only if it reads very well in that.
                    false => is_better(&same, in_other, kept, language) && read_so > CLEAR,
                };
                if better {
                    chosen.extend(same.into_iter().map(|line| (in_other, line)));
                } else {
                    chosen.push((language, line));
                }
            }
            if switched {
                // Lines that the first reading lost.
                let clear = |line: &OcrLine| sense(std::slice::from_ref(line), in_other) > DOUBTFUL;
                let lost = other.into_iter().filter(clear);
                chosen.extend(lost.map(|line| (in_other, line)));
                chosen.sort_by_key(|(_, line)| line.area.top);
            }
            for (language, line) in chosen {
                found.add(language, line);
            }
        }
        Ok(())
    }
}

/// Whether another reading is to be preferred: it makes clearly more sense, and does not leave most of the line out.
fn is_better(
    other: &[OcrLine],
    in_other: &OcrLanguage,
    kept: &[OcrLine],
    in_kept: &OcrLanguage,
) -> bool {
    let letters = |lines: &[OcrLine]| -> usize {
        lines.iter().map(|line| line.text.chars().filter(|c| !c.is_whitespace()).count()).sum()
    };
    let now = sense(other, in_other);
    now > 0.65 && now > sense(kept, in_kept) + 0.15 && letters(other) * 5 > letters(kept) * 2
}

/// How much sense lines make in a language, from 0 to 1: how sure the program is of them, times the share of characters
/// that are letters of its script. A character of no script counts half.
fn sense(lines: &[OcrLine], language: &OcrLanguage) -> f32 {
    let (mut sum, mut letters) = (0.0, 0.0);
    let (mut fitting, mut all) = (0.0, 0.0);
    for line in lines {
        let length = line.text.chars().count() as f32;
        sum += line.confidence * length;
        letters += length;
        for letter in line.text.chars().filter(|letter| !letter.is_whitespace()) {
            all += 1.0;
            fitting += match script_of(letter) {
                Some(script) if script == language.script => 1.0,
                Some(_) => 0.0,
                None => 0.5,
            };
        }
    }
    if letters == 0.0 || all == 0.0 { 0.0 } else { sum / letters * (fitting / all) }
}

impl OcrPage {
    /// Adds a line behind the others.
    fn add(&mut self, language: &'static OcrLanguage, line: OcrLine) {
        match self.blocks.last_mut() {
            Some(block) if block.language == language.code => block.lines.push(line),
            _ => self.blocks.push(OcrBlock { language: language.code, lines: vec![line] }),
        }
    }

    /// How much sense its lines make, from 0 to 1.
    fn sense(&self) -> f32 {
        let (mut sum, mut all) = (0.0, 0.0);
        for block in &self.blocks {
            let Some(language) = language_of(block.language) else { continue };
            for line in &block.lines {
                let letters = line.text.chars().count() as f32;
                sum += sense(std::slice::from_ref(line), language) * letters;
                all += letters;
            }
        }
        if all == 0.0 { 0.0 } else { sum / all }
    }

    /// The text, a line each and an empty line between blocks, and each line's first and last code point in it.
    pub fn text(&self) -> (String, Vec<(usize, usize)>) {
        let mut text = String::new();
        let (mut at, mut places) = (0, Vec::new());
        for block in &self.blocks {
            if !text.is_empty() {
                text.push_str("\n\n");
                at += 2;
            }
            for (number, line) in block.lines.iter().enumerate() {
                if number > 0 {
                    text.push('\n');
                    at += 1;
                }
                let length = line.text.chars().count();
                text.push_str(&line.text);
                places.push((at, at + length));
                at += length;
            }
        }
        (text, places)
    }

    /// The languages of its blocks, the one with most lines first.
    pub fn languages(&self) -> Vec<&'static str> {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for block in &self.blocks {
            *counts.entry(block.language).or_default() += block.lines.len();
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
        counts.into_iter().map(|(language, _)| language).collect()
    }
}
