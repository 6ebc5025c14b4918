//! Dzongkha and Tibetan, which are written in the same letters.

/// How many signs of each language a text has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs {
    pub(super) dzongkha: u32,
    pub(super) tibetan: u32,
}

impl Signs {
    /// Counts the syllables that only one of the two writes: its particles, and the forms of "to do" and "to be". Dzongkha also
    /// closes syllables with the bare letters pa and wa, which Tibetan orthography does not have as final letters, and writes its
    /// genitive `gi` behind any syllable, Tibetan behind ga and nga only.
    pub(super) fn of(text: &str) -> Signs {
        let mut signs = Signs::default();
        let mut before = "";
        for syllable in text.split(|c: char| !('\u{F40}'..='\u{FBC}').contains(&c)) {
            match syllable {
                "" => {}
                "ཚུ" | "ལུ" | "འབད" | "ཨིན" | "ནིའི" | "ཨིནམ" | "བཟུམ" | "མས" | "དགོ" | "བཏུབ" | "ཡངན"
                | "ལཱ" | "སྦེ" => {
                    signs.dzongkha += 1;
                }
                "ཚོ" | "ལ" | "བྱེད" | "རེད" | "རྣམས" | "ལགས" | "བྱས" | "བྱ" | "ཡིན" | "དུ" | "ཏུ" | "སུ"
                | "ཞིག" | "ཞིང" | "ཅིང" | "གྱིས" | "ཡོང" => {
                    signs.tibetan += 1
                }
                _ if syllable.ends_with(['པ', 'ཝ']) && syllable.chars().nth(1).is_some() => {
                    signs.dzongkha += 1;
                }
                "གི" | "གིས" if !before.is_empty() && !before.ends_with(['ག', 'ང']) =>
                {
                    signs.dzongkha += 1;
                }
                _ => {}
            }
            before = syllable;
        }
        signs
    }

    pub(super) fn language(self) -> &'static str {
        if self.dzongkha > self.tibetan { "dz" } else { "bo" }
    }
}
