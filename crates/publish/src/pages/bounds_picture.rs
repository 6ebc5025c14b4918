//! Bounds of one place as a bar: what is implied is filled, what cannot be excluded is hatched.

use maud::{Markup, html};

/// A bar over all residents; `describe` says the same in words. Drawn without a view box, so that hatching and lines
/// keep their size at any width.
pub(super) fn bar(low: u64, high: u64, whole: u64, describe: &str) -> Markup {
    let share = |number: u64| {
        // Thousandths of the whole, printed as a percentage with one decimal.
        let thousandths = u128::from(number.min(whole)) * 1000 / u128::from(whole.max(1));
        format!("{}.{}%", thousandths / 10, thousandths % 10)
    };
    let width = |from: u64, to: u64| {
        let thousandths =
            u128::from(to.min(whole).saturating_sub(from)) * 1000 / u128::from(whole.max(1));
        format!("{}.{}%", thousandths / 10, thousandths % 10)
    };
    html! {
        svg.bar role="img" aria-label=(describe) width="100%" height="16" {
            rect.bar-track x="0" y="0" width="100%" height="16" {}
            rect.bar-open x=(share(low)) y="0" width=(width(low, high)) height="16" fill="url(#hatch)" {}
            rect.bar-low x="0" y="0" width=(share(low)) height="16" {}
            line.bar-end x1=(share(low)) x2=(share(low)) y1="0" y2="16" {}
            line.bar-end x1=(share(high)) x2=(share(high)) y1="0" y2="16" {}
        }
    }
}

/// The hatching that all bars of a page share.
pub(super) fn hatching() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern #hatch width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    line.hatch x1="0" y1="0" x2="0" y2="6" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_within_the_whole() {
        let drawn = bar(170_667, 321_756, 421_400, "x").into_string();
        assert!(drawn.contains("width=\"40.5%\"") && drawn.contains("x=\"40.5%\""), "{drawn}");
        assert!(drawn.contains("width=\"35.8%\""), "{drawn}");
        for odd in
            [bar(5, 3, 0, ""), bar(u64::MAX, u64::MAX, 1, ""), bar(0, u64::MAX, u64::MAX, "")]
        {
            let odd = odd.into_string();
            assert!(!odd.contains('-') || !odd.contains("\"-"), "{odd}");
        }
    }
}
