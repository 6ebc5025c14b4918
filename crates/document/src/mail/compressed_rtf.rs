//! RTF as Outlook packs it ([MS-OXRTFCP]).

/// What the dictionary holds at the start (section 2.1.2.1).
const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

const WINDOW: usize = 4096;

/// Unpacks; stops where the bytes end or `limit` is reached. None for what is not packed so.
pub(super) fn unpack(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let body = bytes.get(16..)?;
    if bytes.get(8..12) == Some(b"MELA") {
        text.extend_from_slice(body.get(..limit.min(body.len())).unwrap_or_default());
        return Some(text);
    }
    if bytes.get(8..12) != Some(b"LZFu") {
        return None;
    }
    let mut window = vec![0_u8; WINDOW];
    for (slot, byte) in window.iter_mut().zip(DICTIONARY) {
        *slot = *byte;
    }
    let mut write = DICTIONARY.len();
    let mut input = body.iter().copied();
    'all: while let Some(control) = input.next() {
        for bit in 0..8 {
            if text.len() >= limit {
                break 'all;
            }
            let Some(first) = input.next() else { break 'all };
            if control & (1 << bit) == 0 {
                push(&mut window, &mut write, &mut text, first);
                continue;
            }
            let Some(second) = input.next() else { break 'all };
            let offset = (usize::from(first) << 4) | usize::from(second >> 4);
            let length = usize::from(second & 0x0F) + 2;
            // A reference to the place that is written next is the end.
            if offset == write % WINDOW {
                break 'all;
            }
            for step in 0..length {
                let byte = window.get((offset + step) % WINDOW).copied().unwrap_or_default();
                push(&mut window, &mut write, &mut text, byte);
            }
        }
    }
    Some(text)
}

fn push(window: &mut [u8], write: &mut usize, text: &mut Vec<u8>, byte: u8) {
    if let Some(slot) = window.get_mut(*write % WINDOW) {
        *slot = byte;
    }
    *write += 1;
    text.push(byte);
}

#[cfg(test)]
mod tests {
    use super::unpack;

    /// The examples of [MS-OXRTFCP], sections 3.1.1 and 3.1.2.
    #[test]
    fn the_examples_of_the_specification_unpack() {
        let simple = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42\x32\x0a\xf3\x20hel\x09\0\x20bw\x05\xb0ld}\x0a\x80\x0f\xa0";
        assert_eq!(
            unpack(simple, 1000).unwrap(),
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
        );
        let crossing =
            b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4\x4b\x51\x41\0\x04\x20WXYZ\x0dn}\x01\x0e\xb0";
        assert_eq!(unpack(crossing, 1000).unwrap(), b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
    }
}
