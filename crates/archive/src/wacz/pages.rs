//! `pages/*.jsonl`: a header line, then one page a line.

use std::io::Read;

use serde_json::Value;

use super::{Lines, PartError};
use crate::check::Report;
use crate::problem::{Code, Problem};
use crate::rules::is_warc_date;

/// Checks one page list. Replay tools always take line 1 for the header, so a page there is lost.
pub(super) fn check<R: Read>(
    report: &mut Report,
    name: &str,
    lines: &mut Lines<R>,
) -> Result<(), PartError> {
    let mut number = 0u64;
    while let Some((offset, line)) = lines.next()? {
        number += 1;
        if line.is_empty() {
            continue;
        }
        let fault = match serde_json::from_slice::<Value>(line) {
            Err(error) => Some(format!("it is no JSON: {error}")),
            Ok(json) if number == 1 => header_fault(&json),
            Ok(json) => page_fault(&json),
        };
        if let Some(fault) = fault {
            let detail = format!("line {number}: {fault}");
            report.add(Problem::inside(name, Code::WaczPagesInvalid, offset, detail));
        }
    }
    if number == 0 {
        let detail = "the header line is missing";
        report.add(Problem::inside(name, Code::WaczPagesInvalid, 0, detail));
    }
    Ok(())
}

fn header_fault(json: &Value) -> Option<String> {
    match json.get("format").and_then(Value::as_str) {
        Some("json-pages-1.0") => None,
        Some(other) => Some(format!("format is {other:?}, not \"json-pages-1.0\"")),
        None => Some("the first line is no header with a format".to_owned()),
    }
}

fn page_fault(json: &Value) -> Option<String> {
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    match (text("url"), text("ts")) {
        (None, _) => Some("url is missing".to_owned()),
        (_, None) => Some("ts is missing".to_owned()),
        (_, Some(time)) if !is_rfc_3339(time) => Some(format!("ts {time:?} is no RFC 3339 time")),
        _ => None,
    }
}

/// RFC 3339 with any offset, and the space some tools write for the T.
pub(super) fn is_rfc_3339(text: &str) -> bool {
    let text = text.replacen(' ', "T", 1).replacen('t', "T", 1).replacen('z', "Z", 1);
    if text.len() < 20 {
        return false;
    }
    let utc = match text.strip_suffix('Z') {
        Some(_) => text,
        None => {
            let split = text.len() - 6;
            let (Some(time), Some(offset)) = (text.get(..split), text.get(split..)) else {
                return false;
            };
            let bytes = offset.as_bytes();
            let sign = matches!(bytes.first(), Some(b'+' | b'-')) && bytes.get(3) == Some(&b':');
            if !sign {
                return false;
            }
            format!("{time}Z")
        }
    };
    is_warc_date(&utc)
}

#[cfg(test)]
mod tests {
    use super::is_rfc_3339;

    #[test]
    fn times() {
        for good in
            ["2020-10-07T21:22:36Z", "2020-10-07T21:22:36.123Z", "2020-10-07T21:22:36+08:00"]
        {
            assert!(is_rfc_3339(good), "{good}");
        }
        for bad in
            ["", "2020-10-07", "20201007212236", "2020-10-07T21:22:36", "2020-10-07T21:22:36*08:00"]
        {
            assert!(!is_rfc_3339(bad), "{bad}");
        }
    }
}
