//! The looks of letters and paragraphs of Word that change what is read ([MS-DOC], 2.6).

use super::{bytes_at, u16_at, u32_at};

/// How letters look, as far as it matters for what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    pub(super) is_hidden: bool,
    pub(super) is_inserted: bool,
    pub(super) is_deleted: bool,
    /// Who inserted, and who deleted, by number; and when, as the format writes it.
    inserted_by: (u16, u32),
    deleted_by: (u16, u32),
    /// A sign of a font stands in place of the letter.
    pub(super) sign: Option<u16>,
}

/// How a paragraph stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) in_table: bool,
    /// It is no paragraph, but the end of a row.
    pub(super) ends_row: bool,
    /// Word counts it.
    pub(super) is_numbered: bool,
    /// It stands in a table that lies in the cell of another.
    pub(super) is_nested: bool,
}

/// Changes to looks: what is changed, and to what ([MS-DOC] 2.6.1).
pub(super) fn sprms(mut list: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let code = u16_at(list, 0)?;
        let rest = list.get(2..)?;
        let byte = || rest.first().map(|length| usize::from(*length));
        let (skipped, length) = match (code, code >> 13) {
            // Two bytes of length, which count themselves but for one.
            (0xD608, _) => (2, usize::from(u16_at(rest, 0)?).saturating_sub(1)),
            // So long that a byte does not hold it: the stops that are taken away, and those that are added.
            (0xC615, _) if byte() == Some(255) => {
                let away = usize::from(*rest.get(1)?);
                let added = usize::from(*rest.get(2 + 4 * away)?);
                (1, 2 + 4 * away + 3 * added)
            }
            (_, 0 | 1) => (0, 1),
            (_, 2 | 4 | 5) => (0, 2),
            (_, 3) => (0, 4),
            (_, 7) => (0, 3),
            _ => (1, byte()?),
        };
        list = rest.get(skipped + length..).unwrap_or_default();
        Some((code, bytes_at(rest, skipped, length)))
    })
}

/// Whether a change switches on. One that says the opposite of the style counts as on: styles are not read, and few hide.
fn is_on(value: &[u8]) -> bool {
    matches!(value.first(), Some(1 | 0x81))
}

impl Looks {
    /// Applies a list of changes.
    pub(super) fn change(&mut self, list: &[u8]) {
        for (code, value) in sprms(list) {
            match code {
                // sprmCFRMarkDel, sprmCFRMarkIns
                0x0800 => self.is_deleted = is_on(value),
                0x0801 => self.is_inserted = is_on(value),
                // sprmCIbstRMark, sprmCDttmRMark; sprmCIbstRMarkDel, sprmCDttmRMarkDel
                0x4804 => self.inserted_by.0 = u16_at(value, 0).unwrap_or_default(),
                0x6805 => self.inserted_by.1 = u32_at(value, 0).unwrap_or_default(),
                0x4863 => self.deleted_by.0 = u16_at(value, 0).unwrap_or_default(),
                0x6864 => self.deleted_by.1 = u32_at(value, 0).unwrap_or_default(),
                // sprmCFVanish
                0x083C => self.is_hidden = is_on(value),
                // sprmCSymbol: a font, and its sign.
                0x6A09 => self.sign = u16_at(value, 2),
                _ => {}
            }
        }
    }

    /// The changes that these letters are part of: what, by whom, and on which day.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&'static str, u16, Option<String>)> {
        let one =
            |kind, is_on: bool, (who, when): (u16, u32)| is_on.then(|| (kind, who, day(when)));
        one("inserted", self.is_inserted, self.inserted_by).into_iter().chain(one(
            "deleted",
            self.is_deleted,
            self.deleted_by,
        ))
    }
}

/// The day of a moment ([MS-DOC] 2.9.65): from the sixth bit of it on minutes and hours have gone by, five bits of day, four of
/// month, and the years since 1900.
fn day(moment: u32) -> Option<String> {
    let (day, month, year) =
        (moment >> 11 & 0x1F, moment >> 16 & 0xF, 1900 + (moment >> 20 & 0x1FF));
    let is_day = (1..=31).contains(&day) && (1..=12).contains(&month);
    is_day.then(|| format!("{year}-{month:02}-{day:02}"))
}

impl Stand {
    /// This, with one more change.
    pub(super) fn changed(mut self, (code, value): (u16, &[u8])) -> Self {
        match code {
            // sprmPFInTable, sprmPFTtp, sprmPIlfo (0xF801: not even as the style says)
            0x2416 => self.in_table = is_on(value),
            0x2417 => self.ends_row = is_on(value),
            0x460B => self.is_numbered = !matches!(u16_at(value, 0), None | Some(0 | 0xF801)),
            // sprmPItap
            0x6649 => self.is_nested = u32_at(value, 0).is_some_and(|depth| depth > 1),
            _ => {}
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Looks, Stand, day, sprms};

    #[test]
    fn changes_of_every_length_are_passed_over() {
        let list = [
            &[0x3C, 0x08, 1][..],
            // A table's definition, longer than it says by one.
            &[0x08, 0xD6, 4, 0, 9, 9, 9],
            // Stops, more than a byte can count: one away, two added.
            &[0x15, 0xC6, 255, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0],
            &[0x09, 0x6A, 1, 0, 0xFC, 0xF0],
            &[0x16, 0x24, 1],
            &[0x0B, 0x46, 0, 0],
            // Cut off.
            &[0x09],
        ]
        .concat();
        let codes: Vec<u16> = sprms(&list).map(|(code, _)| code).collect();
        assert_eq!(codes, [0x083C, 0xD608, 0xC615, 0x6A09, 0x2416, 0x460B]);
        let mut looks = Looks::default();
        looks.change(&list);
        assert_eq!((looks.is_hidden, looks.sign), (true, Some(0xF0FC)));
        let stand = sprms(&list).fold(Stand::default(), Stand::changed);
        assert_eq!(stand, Stand { in_table: true, ..Stand::default() });
    }

    #[test]
    fn a_moment_has_a_day() {
        // 2004-10-13, 11:28
        assert_eq!(
            day(28 | 11 << 6 | 13 << 11 | 10 << 16 | 104 << 20).as_deref(),
            Some("2004-10-13")
        );
        assert_eq!(day(0), None);
    }
}
