//! The fields of a claim, by the two names that people write.

use std::fmt;

/// A field of a claim that a person fills in.
///
/// On the command line and in a claim's history it goes by its [`word`](Field::word)
/// (`attributed-to`), in a sheet by its [`column`](Field::column) (`attributed_to`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Which act, a code of the codebook.
    Act,
    /// Where, a place of the gazetteer.
    Place,
    /// The earliest day, month or year.
    From,
    /// The latest.
    To,
    /// The number. The column is `value`.
    Count,
    /// The low end of a range.
    Low,
    /// The high end of a range.
    High,
    /// What is counted, a code of the codebook.
    Unit,
    /// What the number says about the true one.
    Bound,
    /// How firmly it is said, a code of the codebook.
    Modality,
    /// On whose word.
    AttributedTo,
    /// The Admiralty grade of the source, A to F.
    SourceGrade,
    /// The Admiralty grade of the item, 1 to 6.
    ItemGrade,
    /// A remark by the coder.
    Note,
}

impl Field {
    /// All of them, in the order in which people are shown them.
    pub const ALL: &'static [Self] = &[
        Self::Act,
        Self::Place,
        Self::From,
        Self::To,
        Self::Count,
        Self::Low,
        Self::High,
        Self::Unit,
        Self::Bound,
        Self::Modality,
        Self::AttributedTo,
        Self::SourceGrade,
        Self::ItemGrade,
        Self::Note,
    ];

    /// The name on the command line and in a claim's history.
    pub fn word(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Place => "place",
            Self::From => "from",
            Self::To => "to",
            Self::Count => "count",
            Self::Low => "low",
            Self::High => "high",
            Self::Unit => "unit",
            Self::Bound => "bound",
            Self::Modality => "modality",
            Self::AttributedTo => "attributed-to",
            Self::SourceGrade => "source-grade",
            Self::ItemGrade => "item-grade",
            Self::Note => "note",
        }
    }

    /// The name of the column in a sheet of claims.
    pub fn column(self) -> &'static str {
        match self {
            Self::Count => "value",
            Self::AttributedTo => "attributed_to",
            Self::SourceGrade => "source_grade",
            Self::ItemGrade => "item_grade",
            other => other.word(),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
