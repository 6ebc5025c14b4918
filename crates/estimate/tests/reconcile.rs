//! Codings that differ: lineage first, then Dawid–Skene, and suggestions that change nothing.

use witnessmark_estimate::reconcile::{Coding, Lineage, ReconcileOptions, Reconciled, reconcile};

fn ask(codings: &str, lineage: &str, options: &ReconcileOptions) -> Reconciled {
    let codings = Coding::list_from_csv(codings).expect("codings");
    let lineage = match lineage {
        "" => Lineage::default(),
        text => Lineage::from_csv(text).expect("lineage"),
    };
    reconcile(&codings, &lineage, options).expect("smoothing")
}

/// Three honest coders of thirty items, one who errs on every third, and two copies of that one.
fn codings() -> String {
    let mut text = "item,coder,value\n".to_owned();
    for item in 0..30 {
        let truth = if item % 2 == 0 { "yes" } else { "no" };
        let wrong = if item % 2 == 0 { "no" } else { "yes" };
        for (number, coder) in ["a", "b", "c"].iter().enumerate() {
            let value = if item % 11 == number { wrong } else { truth };
            text += &format!("{item:02},{coder},{value}\n");
        }
        let poor = if item % 3 == 0 { wrong } else { truth };
        for coder in ["poor", "copy1", "copy2"] {
            text += &format!("{item:02},{coder},{poor}\n");
        }
    }
    text
}

fn right(found: &Reconciled) -> usize {
    let truth = |number: usize| if number.is_multiple_of(2) { "yes" } else { "no" };
    let items = found.items.iter().enumerate();
    items.filter(|(number, item)| item.value.as_deref() == Some(truth(*number))).count()
}

#[test]
fn declared_copies_have_no_voice_of_their_own() {
    let lineage = "later,earlier\ncopy1,poor\ncopy2,copy1\n";
    let with = ask(&codings(), lineage, &ReconcileOptions::default());
    let without = ask(&codings(), "", &ReconcileOptions::default());
    assert_eq!(with.left_out.len(), 60);
    assert!(with.left_out.iter().all(|one| one.kept == "poor"));
    assert!(right(&with) > right(&without), "{} {}", right(&with), right(&without));
    assert!(right(&with) >= 29, "{}", right(&with));
    assert!(with.items.iter().all(|item| item.codings == 4));
    assert!(with.text.contains("60 codings were left out"));
    assert!(with.text.contains("not probabilities of what happened"));
}

#[test]
fn two_that_rest_on_one_absent_source_are_one_voice() {
    let text = "item,coder,value\n1,x,yes\n1,y,yes\n1,z,no\n2,x,no\n2,z,no\n";
    let lineage = "later,earlier\nx,press release\ny,press release\n";
    let found = ask(text, lineage, &ReconcileOptions::default());
    assert_eq!(found.left_out.len(), 1);
    assert_eq!((found.left_out[0].coder.as_str(), found.left_out[0].kept.as_str()), ("y", "x"));
}

#[test]
fn copying_is_only_suggested() {
    let plain = ask(&codings(), "", &ReconcileOptions::default());
    let looked = ask(
        &codings(),
        "",
        &ReconcileOptions { suggests_copies: true, ..ReconcileOptions::default() },
    );
    assert!(plain.suggested_copies.is_empty());
    assert!(!looked.suggested_copies.is_empty());
    // Nothing but the suggestions and their words has changed.
    assert_eq!(plain.items, looked.items);
    assert_eq!(plain.coders, looked.coders);
    assert!(looked.text.contains("only a suggestion"));
}

#[test]
fn what_shows_nobodys_errors_is_refused() {
    let cases = [
        ("item,coder,value\n1,a,yes\n2,b,no\n", "", "one-voice"),
        ("item,coder,value\n1,a,yes\n1,b,no\n", "later,earlier\nb,a\n", "one-voice"),
        ("item,coder,value\n1,a,yes\n1,b,yes\n", "", "one-class"),
    ];
    for (text, lineage, rule) in cases {
        let found = ask(text, lineage, &ReconcileOptions::default());
        assert_eq!(found.refused.as_ref().map(|refused| refused.rule), Some(rule));
        assert!(found.items.is_empty() && found.text.starts_with("Nothing is decided: "));
    }
}

#[test]
fn equal_shares_are_undecided() {
    let text = "item,coder,value\n1,a,yes\n1,b,no\n2,a,no\n2,b,yes\n";
    let found = ask(text, "", &ReconcileOptions::default());
    assert!(found.items.iter().all(|item| item.value.is_none()), "{:?}", found.items);
}
