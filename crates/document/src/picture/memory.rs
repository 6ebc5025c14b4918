//! What a JPEG file takes up in memory while it is decoded.

/// The memory for the coefficients of a JPEG file that comes in several passes (ITU-T T.81, annex G): they are all held until
/// the last pass. 0 for any other.
pub(super) fn of_progressive(file: &[u8], pixels: u64) -> u64 {
    let mut at = 2;
    // Segments: a marker, and a length that counts itself.
    while let Some([0xFF, marker, high, low]) = file.get(at..at + 4) {
        match marker {
            // Filling before a marker.
            0xFF => {
                at += 1;
                continue;
            }
            // The scan begins: no frame has come.
            0xDA => return 0,
            // A progressive frame: precision, height, width, then how often each component is sampled.
            0xC2 => return coefficients(file.get(at + 4..).unwrap_or_default(), pixels),
            0xC0..=0xC1 | 0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return 0,
            _ => {}
        }
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
    }
    0
}

fn coefficients(frame: &[u8], pixels: u64) -> u64 {
    let count = frame.get(5).copied().unwrap_or(3).min(4);
    let sampled = |component: u8| {
        let factors = frame.get(7 + 3 * usize::from(component)).copied().unwrap_or(0x11);
        u64::from(factors >> 4).max(1) * u64::from(factors & 0xF).max(1)
    };
    let most = (0..count).map(sampled).max().unwrap_or(1);
    let all: u64 = (0..count).map(sampled).sum();
    // Two bytes each.
    pixels.saturating_mul(2 * all).div_ceil(most)
}

#[cfg(test)]
mod tests {
    use super::of_progressive;

    #[test]
    fn only_what_comes_in_passes_holds_its_coefficients() {
        let frame = |marker: u8, factors: [u8; 3]| {
            let mut file = b"\xff\xd8\xff\xe0\0\x04ab\xff".to_vec();
            file.extend([0xff, marker, 0, 17, 8, 0, 9, 0, 9, 3]);
            for (number, factor) in (1..).zip(factors) {
                file.extend([number, factor, 0]);
            }
            file
        };
        assert_eq!(of_progressive(&frame(0xC0, [0x22, 0x11, 0x11]), 1000), 0);
        assert_eq!(of_progressive(&frame(0xC2, [0x11, 0x11, 0x11]), 1000), 6000);
        assert_eq!(of_progressive(&frame(0xC2, [0x22, 0x11, 0x11]), 1000), 3000);
        for broken in [&b""[..], b"\xff\xd8", b"\xff\xd8\xff\xc2\0\0", b"\xff\xd8\xff\xff"] {
            assert!(of_progressive(broken, 1000) <= 8000);
        }
    }
}
