//! Any bytes as a picture: what it says of itself, its pixels, and the part of it that a person is shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use witnessmark_document::picture::{Area, Exif, Header, Picture, marked};

fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = Header::read(bytes) else { return };
    let _ = Exif::read(bytes, &header);
    // Large ones are slow here, and no other code reads them.
    if u64::from(header.width) * u64::from(header.height) > 1 << 20 {
        return;
    }
    let Ok(picture) = Picture::decode(bytes) else { return };
    let Some(gray) = picture.to_gray() else { return };
    let place = Area { left: 3, top: 2, width: gray.width() / 2 + 1, height: gray.height() };
    let _ = marked(&gray, &[place, gray.area()]);
});
