//! How alike two strings are, from 0 to 1, by code points.

/// Jaro (1989) with Winkler's (1990) bonus of 0.1 for each of up to four equal first letters, where
/// the similarity without it is above 0.7.
///
/// ```
/// use witnessmark_estimate::linkage::jaro_winkler;
/// assert!((jaro_winkler("MARTHA", "MARHTA") - 0.9611).abs() < 1e-4); // Winkler 1990
/// assert!((jaro_winkler("DWAYNE", "DUANE") - 0.84).abs() < 1e-4);
/// assert_eq!(jaro_winkler("", ""), 0.0);
/// ```
pub fn jaro_winkler(one: &str, other: &str) -> f64 {
    if one.is_ascii() && other.is_ascii() {
        return jaro_winkler_of(one.as_bytes(), other.as_bytes());
    }
    jaro_winkler_of(&letters(one), &letters(other))
}

fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn jaro_winkler_of<T: Copy + Eq>(one: &[T], other: &[T]) -> f64 {
    let jaro = jaro(one, other);
    if jaro <= 0.7 {
        return jaro;
    }
    let prefix = one.iter().zip(other).take(4).take_while(|(a, b)| a == b).count();
    jaro + prefix as f64 * 0.1 * (1.0 - jaro)
}

fn jaro<T: Copy + Eq>(one: &[T], other: &[T]) -> f64 {
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let reach = (one.len().max(other.len()) / 2).saturating_sub(1);
    // Cells are short: their marks stay off the heap.
    let (mut few, mut many);
    let taken: &mut [bool] = if other.len() <= FEW {
        few = [false; FEW];
        &mut few
    } else {
        many = vec![false; other.len()];
        &mut many
    };
    let mut common = Vec::with_capacity(one.len().min(other.len()));
    for (at, letter) in one.iter().enumerate() {
        let window = other.iter().zip(taken.iter_mut()).skip(at.saturating_sub(reach));
        let width = at.saturating_add(reach) + 1 - at.saturating_sub(reach);
        if let Some((_, slot)) = window.take(width).find(|(b, slot)| !**slot && *b == letter) {
            *slot = true;
            common.push(*letter);
        }
    }
    if common.is_empty() {
        return 0.0;
    }
    let theirs =
        other.iter().zip(taken.iter()).filter(|(_, slot)| **slot).map(|(letter, _)| letter);
    let moved = common.iter().zip(theirs).filter(|(a, b)| a != b).count() / 2;
    let m = common.len() as f64;
    (m / one.len() as f64 + m / other.len() as f64 + (m - moved as f64) / m) / 3.0
}

/// Cells of up to so many letters are compared without the heap.
const FEW: usize = 64;

/// 1 − (insertions, deletions and substitutions needed)/(length of the longer) (Levenshtein 1966).
///
/// ```
/// use witnessmark_estimate::linkage::edit_similarity;
/// assert_eq!(edit_similarity("kitten", "sitting"), 1.0 - 3.0 / 7.0);
/// ```
pub fn edit_similarity(one: &str, other: &str) -> f64 {
    if one.is_ascii() && other.is_ascii() {
        return edit_similarity_of(one.as_bytes(), other.as_bytes());
    }
    edit_similarity_of(&letters(one), &letters(other))
}

fn edit_similarity_of<T: Copy + Eq>(one: &[T], other: &[T]) -> f64 {
    let longer = one.len().max(other.len());
    if longer == 0 {
        return 0.0;
    }
    let (mut few, mut many);
    let row: &mut [usize] = if other.len() < FEW {
        few = [0; FEW];
        few.get_mut(..=other.len()).unwrap_or_default()
    } else {
        many = vec![0; other.len() + 1];
        &mut many
    };
    row.iter_mut().enumerate().for_each(|(at, cost)| *cost = at);
    for (line, a) in one.iter().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (b, above) in other.iter().zip(row.iter_mut().skip(1)) {
            let substituted = diagonal + usize::from(a != b);
            diagonal = *above;
            left = substituted.min(diagonal + 1).min(left + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    1.0 - row.last().copied().unwrap_or_default() as f64 / longer as f64
}
