//! The text of tag files, in the encodings that bags declare.

/// The text of a tag file in the encoding that `bagit.txt` names; an error in words where it is not of that encoding.
pub(super) fn decode(bytes: &[u8], encoding: &str) -> Result<String, String> {
    match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" | "US-ASCII" | "ASCII" => std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to())),
        "ISO-8859-1" | "LATIN1" => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        "UTF-16" => match bytes {
            [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
            _ => utf16(bytes, u16::from_be_bytes),
        },
        "UTF-16LE" => utf16(bytes, u16::from_le_bytes),
        "UTF-16BE" => utf16(bytes, u16::from_be_bytes),
        other => Err(format!("the encoding `{other}` is not read here")),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("it has an odd number of bytes, which is not UTF-16".into());
    }
    char::decode_utf16(units.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map_err(|error| error.to_string())
}

/// The lines of a tag file, ended by LF, CR or CRLF, without their ends; each with its number from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text;
    let mut number = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        number += 1;
        let at = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, after) = rest.split_at(at);
        rest = after.strip_prefix("\r\n").or(after.get(1..)).unwrap_or_default();
        Some((number, line))
    })
}

/// Labels and values of `bag-info.txt`: indented lines belong to the value before them.
pub(super) fn fields(text: &str) -> Result<Vec<(String, String)>, (usize, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (number, line) in lines(text) {
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            let Some((_, value)) = fields.last_mut() else {
                return Err((number, "it goes on with a value, and none was begun".into()));
            };
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let Some((label, value)) = line.split_once(':') else {
            return Err((number, "it is not `label: value`".into()));
        };
        fields.push((label.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_of_all_systems() {
        let found: Vec<_> = lines("a\nb\r\nc\rd\n\ne").collect();
        assert_eq!(found, [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, ""), (6, "e")]);
        assert_eq!(lines("").count(), 0);
    }

    #[test]
    fn values_go_on_in_indented_lines() {
        let found = fields("A: one\n  two\nB :3\n").unwrap();
        assert_eq!(found, [("A".into(), "one two".into()), ("B".into(), "3".into())]);
        assert!(fields(" x\n").is_err());
        assert!(fields("no colon\n").is_err());
    }

    #[test]
    fn encodings() {
        assert_eq!(decode(b"\xff\xfea\0", "utf-16").as_deref(), Ok("a"));
        assert_eq!(decode(b"\0a", "UTF-16").as_deref(), Ok("a"));
        assert_eq!(decode(b"\xe9", "ISO-8859-1").as_deref(), Ok("é"));
        assert!(decode(b"\xe9", "UTF-8").is_err());
        assert!(decode(b"a", "UTF-16").is_err());
        assert!(decode(b"a", "EBCDIC").is_err());
    }
}
