//! Blocks of a chain that proves nothing: any digest with one leading zero bit will do.

use sha2::{Digest as _, Sha256};

/// A header that follows the block of this digest and holds this Merkle root.
pub(crate) fn mined(previous: [u8; 32], root: &[u8], time: u32) -> [u8; 80] {
    let mut header = [0; 80];
    header[0] = 2;
    header[4..36].copy_from_slice(&previous);
    header[36..68].copy_from_slice(root);
    header[68..72].copy_from_slice(&time.to_le_bytes());
    header[72..76].copy_from_slice(&0x207f_ffff_u32.to_le_bytes());
    while digest(&header)[31] > 0x7f {
        header[76] += 1;
    }
    header
}

/// A header that follows another one.
pub(crate) fn mined_after(before: &[u8; 80], root: &[u8], time: u32) -> [u8; 80] {
    mined(digest(before), root, time)
}

fn digest(header: &[u8; 80]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(header)).into()
}
