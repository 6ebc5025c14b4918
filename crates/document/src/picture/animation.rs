//! Whether a picture moves: only the first frame is looked at, and that is said.

use memchr::memmem;

/// Whether a file holds more than one frame of a moving picture: GIF, APNG or WebP.
pub(super) fn is_moving(file: &[u8]) -> bool {
    if file.starts_with(b"GIF8") {
        return frames_of_gif(file) > 1;
    }
    if file.starts_with(b"\x89PNG") {
        // The chunk that says so stands before the pixels (PNG, third edition, 11.3.6.1).
        let pixels = memmem::find(file, b"IDAT").unwrap_or(file.len());
        let head = file.get(..pixels).unwrap_or_default();
        return memmem::find(head, b"acTL").is_some();
    }
    // WebP, extended file format: a bit of the first chunk.
    file.get(8..16) == Some(b"WEBPVP8X") && file.get(20).is_some_and(|flags| flags & 2 != 0)
}

/// The pictures of a GIF file, up to two (GIF89a, sections 17 to 26).
fn frames_of_gif(file: &[u8]) -> u32 {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(file.get(10).copied().unwrap_or(0));
    let mut count = 0;
    loop {
        match file.get(at) {
            // An extension: a label, then blocks.
            Some(0x21) => at += 2,
            // A picture: its place, perhaps its colours, a size of codes, then blocks.
            Some(0x2C) => {
                count += 1;
                if count > 1 {
                    return count;
                }
                at += 11 + table(file.get(at + 9).copied().unwrap_or(0));
            }
            // The end; a file that is cut ends too.
            _ => return count,
        }
        while let Some(length) = file.get(at).filter(|length| **length > 0) {
            at += 1 + usize::from(*length);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::is_moving;

    #[test]
    fn only_what_has_more_frames_moves() {
        let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
        let control = b"\x21\xf9\x04\0\0\0\0\0";
        let frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
        let one = [&head[..], control, frame, b"\x3b"].concat();
        let two = [&head[..], control, frame, control, frame, b"\x3b"].concat();
        let webp =
            |flags: u8| [b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0".as_slice(), &[flags, 0, 0, 0]].concat();
        for (file, moves) in [
            (&one, false),
            (&two, true),
            (&webp(2), true),
            (&webp(0x10), false),
            (&b"\x89PNG\r\n\x1a\n....IHDR....acTL....IDAT".to_vec(), true),
            (&b"\x89PNG\r\n\x1a\n....IHDR....IDAT..acTL".to_vec(), false),
        ] {
            assert_eq!(is_moving(file), moves, "{file:?}");
        }
        for length in 0..two.len() {
            is_moving(&two[..length]);
        }
    }
}
