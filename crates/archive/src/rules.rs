//! The rules of WARC 1.1 (ISO 28500:2017) that one record's header must keep.

use crate::field::Known;
use crate::head::{Format, Head, RecordType, without_brackets};
use crate::http::essence;
use crate::problem::{Code, Problem};

/// Every rule the header breaks, in the order of the rules below.
pub(crate) fn broken_rules(head: &Head, offset: u64) -> Vec<Problem> {
    let mut found = Findings { head, offset, problems: Vec::new() };
    if head.format() == Format::Warc {
        found.version();
        found.mandatory();
        found.repeated();
        found.by_type();
        found.forms();
    }
    found.problems
}

struct Findings<'h> {
    head: &'h Head,
    offset: u64,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    fn add(&mut self, code: Code, detail: String) {
        let record_id = self.head.record_id().map(str::to_owned);
        self.problems.push(Problem::new(code, self.offset, record_id, detail));
    }

    fn version(&mut self) {
        let version = self.head.version();
        if !matches!(version, "0.17" | "0.18" | "1.0" | "1.1") {
            self.add(Code::VersionUnknown, format!("WARC/{version}"));
        }
    }

    /// Section 5: four fields on every record.
    fn mandatory(&mut self) {
        for field in [Known::Type, Known::RecordId, Known::Date] {
            if self.head.known(field).is_none_or(str::is_empty) {
                self.add(Code::FieldMissing, format!("{} is missing", field.name()));
            }
        }
    }

    /// Section 4: of the fields the specification defines, only WARC-Concurrent-To may be repeated.
    /// Fields it does not define are ignored, as it asks: Browsertrix repeats WARC-Protocol.
    fn repeated(&mut self) {
        for field in self.head.repeated().filter(|field| *field != Known::ConcurrentTo) {
            self.add(Code::FieldRepeated, format!("{} occurs more than once", field.name()));
        }
    }

    /// Sections 5 and 6: what a type must and must not have.
    fn by_type(&mut self) {
        use RecordType::{
            Continuation, Conversion, Request, Resource, Response, Revisit, Warcinfo,
        };
        let head = self.head;
        let kind = head.record_type();
        let has = |field: Known| head.known(field).is_some();
        let mut forbidden = Vec::new();
        let mut missing = Vec::new();
        match kind {
            Warcinfo if has(Known::TargetUri) => forbidden.push(Known::TargetUri),
            Response | Resource | Request | Revisit | Conversion | Continuation
                if !has(Known::TargetUri) =>
            {
                missing.push(Known::TargetUri);
            }
            _ => {}
        }
        if has(Known::ConcurrentTo) && matches!(kind, Warcinfo | Conversion | Continuation) {
            forbidden.push(Known::ConcurrentTo);
        }
        if has(Known::Filename) && *kind != Warcinfo {
            forbidden.push(Known::Filename);
        }
        if *kind == Revisit {
            match head.known(Known::Profile) {
                None => missing.push(Known::Profile),
                Some(profile)
                    if without_brackets(profile).ends_with("identical-payload-digest") =>
                {
                    if !has(Known::PayloadDigest) {
                        missing.push(Known::PayloadDigest);
                    }
                }
                Some(profile) if without_brackets(profile).ends_with("server-not-modified") => {}
                Some(profile) => {
                    let detail = format!("WARC-Profile is {profile:?}");
                    self.add(Code::RevisitProfile, detail);
                }
            }
        }
        if *kind == Continuation {
            let needed = [Known::SegmentOriginId, Known::SegmentNumber];
            missing.extend(needed.into_iter().filter(|field| !has(*field)));
        }
        for field in missing {
            let detail = format!("{} is missing on a {} record", field.name(), kind.as_str());
            self.add(Code::FieldMissing, detail);
        }
        for field in forbidden {
            let detail = format!("{} must not stand on a {} record", field.name(), kind.as_str());
            self.add(Code::FieldForbidden, detail);
        }
    }

    fn forms(&mut self) {
        if let Some(id) = self.head.known(Known::RecordId)
            && !id.is_empty()
            && !(id.starts_with('<') && id.ends_with('>') && id.contains(':'))
        {
            self.add(Code::RecordIdForm, format!("WARC-Record-ID is {id:?}"));
        }
        if let Some(date) = self.head.known(Known::Date)
            && !date.is_empty()
            && !is_warc_date(date)
        {
            self.add(Code::DateInvalid, format!("WARC-Date is {date:?}"));
        }
        if let Some(kind) = self.head.content_type()
            && !kind.is_empty()
            && essence(kind).is_none()
        {
            self.add(Code::ContentTypeInvalid, format!("Content-Type is {kind:?}"));
        }
        if let Some(uri) = self.head.known(Known::TargetUri) {
            if uri.starts_with('<') && uri.ends_with('>') {
                self.add(Code::TargetUriBrackets, format!("WARC-Target-URI is {uri:?}"));
            }
            if uri.contains(' ') {
                self.add(Code::TargetUriSpaces, format!("WARC-Target-URI is {uri:?}"));
            }
        }
    }
}

/// Whether this is a date of WARC 1.1: `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or a UTC time to the minute
/// or second with up to nine fraction digits and `Z`. Days are checked against their month.
pub(crate) fn is_warc_date(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let part = text.get(range)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
    };
    let at = |index: usize, byte: u8| text.as_bytes().get(index) == Some(&byte);
    let Some(year) = number(0..4) else { return false };
    if text.len() == 4 {
        return true;
    }
    let month = match number(5..7) {
        Some(month @ 1..=12) if at(4, b'-') => month,
        _ => return false,
    };
    if text.len() == 7 {
        return true;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(at(7, b'-') && number(8..10).is_some_and(|day| (1..=days).contains(&day))) {
        return false;
    }
    if text.len() == 10 {
        return true;
    }
    let minutes = at(10, b'T')
        && number(11..13).is_some_and(|hour| hour < 24)
        && at(13, b':')
        && number(14..16).is_some_and(|minute| minute < 60);
    let Some(rest) = text.get(16..).and_then(|rest| rest.strip_suffix('Z')).filter(|_| minutes)
    else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    // A leap second has the number 60.
    if !(at(16, b':') && number(17..19).is_some_and(|second| second <= 60)) {
        return false;
    }
    match rest.get(3..) {
        Some("") => true,
        Some(fraction) => fraction.strip_prefix('.').is_some_and(|digits| {
            (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        }),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for good in [
            "2017",
            "2017-03",
            "2024-02-29",
            "2017-03-06T04:03Z",
            "2017-03-06T04:03:53Z",
            "2017-03-06T04:03:53.123456789Z",
        ] {
            assert!(is_warc_date(good), "{good}");
        }
        for bad in [
            "",
            "17",
            "2017-13",
            "2023-02-29",
            "2017-03-06 04:03:53Z",
            "2017-03-06T04:03:53",
            "2017-03-06T04:03:53.Z",
            "2017-03-06T24:00:00Z",
            "20170306040353",
            "2017-03-06T04:03:53+00:00",
            "2017-é3",
        ] {
            assert!(!is_warc_date(bad), "{bad}");
        }
    }
}
