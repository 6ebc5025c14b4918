//! Canonical JSON (RFC 8785), without floating-point numbers.
//!
//! One value has one byte string, so that a digest of it means something. Numbers are integers within ±(2^53−1);
//! decimals travel as strings, which also keeps every digit that a source printed.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const LARGEST: i64 = (1 << 53) - 1;

/// Why a value has no canonical bytes, or why bytes are not canonical.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// The value holds a number that is not an integer within ±(2^53−1).
    #[error("the number {0} is not an integer within ±(2^53−1), so it has no canonical form here")]
    Number(String),
    /// The value cannot be expressed as JSON, or the bytes are not JSON of the expected shape.
    #[error("not JSON of the expected shape: {0}")]
    Json(#[from] serde_json::Error),
    /// The bytes are JSON, but not the one canonical form of it.
    #[error("JSON, but not in canonical form (RFC 8785): it first differs at byte {0}")]
    NotCanonical(usize),
}

/// The canonical bytes of `value`.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(256);
    write_value(&serde_json::to_value(value)?, &mut out)?;
    Ok(out)
}

/// The value whose canonical bytes these are. Bytes in any other form are refused, and with them duplicate keys.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    let value: Value = serde_json::from_slice(bytes)?;
    let mut canonical = Vec::with_capacity(bytes.len());
    write_value(&value, &mut canonical)?;
    if canonical != bytes {
        let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        return Err(CanonicalError::NotCanonical(same));
    }
    Ok(serde_json::from_value(value)?)
}

fn write_value(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Number(number) => match number.as_i64() {
            Some(integer) if (-LARGEST..=LARGEST).contains(&integer) => {
                out.extend_from_slice(integer.to_string().as_bytes());
            }
            _ => return Err(CanonicalError::Number(number.to_string())),
        },
        Value::String(text) => write_string(text, out)?,
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_value(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (i, (key, item)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_string(key, out)?;
                out.push(b':');
                write_value(item, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// serde_json escapes exactly as RFC 8785 section 3.2.2.2 asks: the short forms, then `\u00xx` for other controls.
fn write_string(text: &str, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    Ok(serde_json::to_writer(out, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The examples of RFC 8785, sections 3.2.2 and 3.2.3, as far as they hold no floating-point numbers.
    #[test]
    fn follows_rfc_8785() {
        let cases = [
            (r#"{ "b": 1, "a": [null, true, false] }"#, r#"{"a":[null,true,false],"b":1}"#),
            (
                r#"{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}"#,
                "{\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}",
            ),
            (
                r#"{"\u20ac":"Euro","\r":"CR","\ufb33":"Hebrew","1":"One","\ud83d\ude00":"Emoji","\u0080":"Control","\u00f6":"O"}"#,
                "{\"\\r\":\"CR\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"O\",\"€\":\"Euro\",\"😀\":\"Emoji\",\"\u{fb33}\":\"Hebrew\"}",
            ),
        ];
        for (input, expected) in cases {
            let value: Value = serde_json::from_str(input).unwrap();
            assert_eq!(String::from_utf8(to_bytes(&value).unwrap()).unwrap(), expected);
        }
    }

    #[test]
    fn refuses_what_has_no_canonical_form() {
        for bad in ["1.5", "9007199254740992", "1e3", "-0.0", "18446744073709551615"] {
            let value: Value = serde_json::from_str(bad).unwrap();
            assert!(matches!(to_bytes(&value), Err(CanonicalError::Number(_))), "{bad}");
        }
        for bad in [r#"{"a":1,"a":1}"#, r#"{"b":1,"a":1}"#, r#"{"a": 1}"#, "\"\\u0041\"", "01"] {
            assert!(from_bytes::<Value>(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn canonical_bytes_round_trip(
            map in prop::collection::btree_map(".*", (any::<i32>(), ".*"), 0..8)
        ) {
            let bytes = to_bytes(&map).unwrap();
            let back: std::collections::BTreeMap<String, (i32, String)> = from_bytes(&bytes).unwrap();
            prop_assert_eq!(back, map);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_bytes::<Value>(&bytes);
        }
    }
}
