use super::*;

/// One payload of each kind, as canonical JSON: these files are frozen, and every later version must read them.
#[test]
fn golden_payloads_are_read_and_written_again() {
    let golden = include_str!("../../tests/golden/payloads.jsonl");
    let mut kinds = Vec::new();
    for line in golden.lines() {
        let payload =
            Payload::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(String::from_utf8(payload.to_bytes().unwrap()).unwrap(), line);
        kinds.push(payload.kind());
    }
    let expected: Vec<_> = Payload::KINDS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, expected, "one golden payload a kind, in order");
}

#[test]
fn an_unknown_schema_is_an_error_not_a_panic() {
    for bad in [r#"{"schema":"witnessmark/claim/99"}"#, r#"{"schema":"x"}"#, "{}", "[]", ""] {
        assert!(Payload::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn grades_are_checked() {
    assert!(Grades::new(Some("B"), Some("2")).unwrap().is_some());
    assert!(Grades::new(None, None).unwrap().is_none());
    assert!(Grades::new(Some("G"), None).is_err());
    assert!(Grades::new(None, Some("7")).is_err());
}
