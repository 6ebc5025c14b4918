//! Points for and against, and the decision with its margins.

use super::{Code, Judgement};

/// Points of a rule that settles the matter alone, such as a header made for it.
pub(super) const PROOF: u32 = 20;
/// Points of words that say outright what the page is.
pub(super) const SAYS: u32 = 8;
/// Points of words that a wall often says, and other pages too.
pub(super) const SUGGESTS: u32 = 4;
/// Points of what only adds to other grounds.
pub(super) const HINTS: u32 = 2;

/// A failure is named from this many points on.
const ENOUGH: u32 = 6;
/// A verdict leads the next one by this many points at least.
const LEAD: u32 = 3;

/// What speaks for each verdict.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    grounds: Vec<(Code, u32, String)>,
    notes: Vec<String>,
}

impl Tally {
    /// A rule fired.
    pub(super) fn add(&mut self, code: Code, points: u32, reason: String) {
        self.grounds.push((code, points, reason));
    }

    /// A fact worth telling that speaks for nothing.
    pub(super) fn note(&mut self, fact: String) {
        self.notes.push(fact);
    }

    pub(super) fn points(&self, code: Code) -> u32 {
        self.grounds.iter().filter(|(for_code, ..)| *for_code == code).map(|(_, n, _)| n).sum()
    }

    /// The failure with most points, and the most points of any other.
    fn leader(&self, codes: &[Code]) -> (Code, u32, u32) {
        let mut ranked: Vec<(u32, Code)> =
            codes.iter().map(|code| (self.points(*code), *code)).collect();
        // Stable: at equal points the order of the list decides.
        ranked.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
        let (points, code) = ranked.first().copied().unwrap_or((0, Code::Unclear));
        (code, points, ranked.get(1).map_or(0, |(next, _)| *next))
    }

    /// Decides about an answer that its server calls a success, or about a file.
    pub(super) fn decide(&self) -> Code {
        let content = self.points(Code::Content);
        let (failure, points, next) = self.leader(Code::FAILURES);
        // A wall in words that no table has says little: so must content say something.
        if points == 0 {
            return if content >= HINTS { Code::Content } else { Code::Unclear };
        }
        if points >= ENOUGH && points >= content + LEAD {
            // That a page is empty besides contradicts no other failure.
            let rival =
                if self.points(Code::Empty) == next && failure != Code::Empty { 0 } else { next };
            return if points >= rival + LEAD { failure } else { Code::Unclear };
        }
        if content >= points + LEAD.min(points + 1) { Code::Content } else { Code::Unclear }
    }

    /// Decides about an answer that its server calls a failure: which kind is the question.
    pub(super) fn decide_failure(&self) -> Code {
        let (failure, points, next) =
            self.leader(&[Code::RemovalNotice, Code::GeoBlock, Code::LoginWall, Code::BotBlock]);
        // What speaks for a plain failure besides the status itself.
        let plain = self.points(Code::Error).saturating_sub(SAYS);
        if points >= SUGGESTS && points >= next + HINTS && points >= plain {
            failure
        } else {
            Code::Error
        }
    }

    /// The judgement, its own grounds first.
    pub(super) fn judgement(self, code: Code) -> Judgement {
        let mut grounds = self.grounds;
        grounds
            .sort_by_key(|(for_code, points, _)| (*for_code != code, std::cmp::Reverse(*points)));
        let mut evidence: Vec<String> = grounds
            .into_iter()
            .map(|(for_code, points, reason)| format!("{for_code} +{points}: {reason}"))
            .collect();
        evidence.extend(self.notes);
        if code == Code::Unclear {
            evidence.push("in doubt: a person has to look".to_owned());
        }
        Judgement { code, evidence }
    }
}
