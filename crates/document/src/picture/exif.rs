//! What a picture says of itself: the words of the file, which anyone can write.

use std::io::Cursor;

use exif::{In, Reader, Tag, Value};

use super::Header;

/// What is read of one picture's Exif data at most.
const MOST_FIELDS: usize = 200;
/// The longest value that is kept, in characters.
const LONGEST: usize = 200;

/// The Exif data of a picture (JEITA CP-3451, CIPA DC-008).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exif {
    /// Each field as the file has it: the standard's name of the tag, and the value with its unit.
    pub fields: Vec<(String, String)>,
    /// What is odd about it, each beginning with `EXIF`.
    pub warnings: Vec<String>,
    /// 1 if the picture lies on its side by its tag of orientation, else 0.
    pub quarters: u32,
}

impl Exif {
    /// The Exif data of a picture; empty where it has none. Damaged fields are passed over, with a warning.
    pub fn read(bytes: &[u8], header: &Header) -> Self {
        let mut reader = Reader::new();
        reader.continue_on_error(true);
        let mut found = Self::default();
        let read = match reader.read_from_container(&mut Cursor::new(bytes)) {
            Ok(read) => read,
            Err(exif::Error::NotFound(_) | exif::Error::BlankValue(_)) => return found,
            Err(error) => match error.distill_partial_result(|errors| {
                found.warnings.push(format!("EXIF: {} fields are damaged", errors.len()));
            }) {
                Ok(read) => read,
                Err(exif::Error::InvalidFormat(_)) if header.media_type != "image/jpeg" => {
                    return found;
                }
                Err(error) => {
                    found
                        .warnings
                        .push(format!("EXIF: it cannot be read: {}", super::said(&error)));
                    return found;
                }
            },
        };
        for field in read.fields().filter(|field| field.ifd_num == In::PRIMARY).take(MOST_FIELDS) {
            // Offsets and raw bytes say nothing to a person.
            if matches!(field.tag, Tag::MakerNote | Tag::JPEGInterchangeFormat | Tag::StripOffsets)
            {
                continue;
            }
            let value = match &field.value {
                Value::Ascii(parts) => {
                    let parts = parts.iter().map(|part| String::from_utf8_lossy(part).into_owned());
                    parts.collect::<Vec<_>>().join("; ")
                }
                _ => field.display_value().with_unit(&read).to_string(),
            };
            let value: String = value.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            let value = value.trim().to_owned();
            if !value.is_empty() {
                found.fields.push((field.tag.to_string(), value));
            }
        }
        let orientation = read.get_field(Tag::Orientation, In::PRIMARY);
        let orientation = orientation.and_then(|field| field.value.get_uint(0));
        found.quarters = u32::from(matches!(orientation, Some(5..=8)));
        found.warnings.extend(thumbnail(&read, header));
        found
    }
}

/// A warning where the small picture inside has other proportions than the large one.
fn thumbnail(read: &exif::Exif, header: &Header) -> Option<String> {
    let number = |tag| read.get_field(tag, In::THUMBNAIL)?.value.get_uint(0);
    let (from, length) =
        (number(Tag::JPEGInterchangeFormat)?, number(Tag::JPEGInterchangeFormatLength)?);
    let from = usize::try_from(from).ok()?;
    let end = from.checked_add(usize::try_from(length).ok()?)?;
    let small = Header::read(read.buf().get(from..end)?).ok()?;
    let proportion = |width: u32, height: u32| f64::from(width) / f64::from(height);
    let (large, small_proportion) =
        (proportion(header.width, header.height), proportion(small.width, small.height));
    // A thumbnail is a few hundred pixels: rounding and black bars of a sensor's shape change little.
    ((large / small_proportion - 1.0).abs() > 0.03).then(|| {
        format!(
            "EXIF: the thumbnail inside has other proportions ({} by {}) than the picture ({} by {}): it may show what was cropped, or another picture",
            small.width, small.height, header.width, header.height
        )
    })
}
