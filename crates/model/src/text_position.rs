//! The border between code points and bytes.
//!
//! Everything stored counts Unicode code points, as the W3C Web Annotation model does; Rust slices by bytes. This
//! is the one place where one becomes the other.

/// The byte offset of the code point with index `position` in `text`; the text's length in bytes for the position
/// just past the last one; `None` beyond.
pub fn byte_offset(text: &str, position: usize) -> Option<usize> {
    let mut seen = 0;
    for (offset, _) in text.char_indices() {
        if seen == position {
            return Some(offset);
        }
        seen += 1;
    }
    (seen == position).then_some(text.len())
}

/// The part of `text` from code point `start` up to, but not including, `end`; `None` where that is not a range of it.
pub fn slice(text: &str, start: usize, end: usize) -> Option<&str> {
    let length = end.checked_sub(start)?;
    let from = byte_offset(text, start)?;
    let rest = text.get(from..)?;
    rest.get(..byte_offset(rest, length)?)
}

/// How many code points stand before byte `offset` of `text`; `None` if that is not a character's border.
pub fn code_points_before(text: &str, offset: usize) -> Option<usize> {
    text.get(..offset).map(|before| before.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slices_by_code_point() {
        let cases = [
            ("西藏自治区", 0, 2, Some("西藏")),
            ("བོད་ཡིག", 0, 3, Some("བོད")),
            ("a😀ئۇيغۇر", 1, 3, Some("😀ئ")),
            ("abc", 3, 3, Some("")),
            ("abc", 2, 4, None),
            ("abc", 2, 1, None),
            ("", 0, 0, Some("")),
        ];
        for (text, start, end, expected) in cases {
            assert_eq!(slice(text, start, end), expected, "{text} {start}..{end}");
        }
    }

    proptest! {
        #[test]
        fn positions_and_offsets_are_inverse(text in ".*", pick in any::<prop::sample::Index>()) {
            let position = pick.index(text.chars().count() + 1);
            let offset = byte_offset(&text, position).unwrap();
            prop_assert_eq!(code_points_before(&text, offset), Some(position));
        }
    }
}
