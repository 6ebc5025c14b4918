//! Labelled sentences: `{words|label}`.

/// The sentence without its marks; of each mark where its words begin, the words, and the label.
pub(crate) fn unmarked(marked: &str) -> (String, Vec<(usize, &str, &str)>) {
    let (mut plain, mut marks) = (String::new(), Vec::new());
    let mut rest = marked;
    while let Some((head, tail)) = rest.split_once('{') {
        plain.push_str(head);
        let (mark, tail) = tail.split_once('}').expect("an open mark is closed");
        let (exact, label) = mark.split_once('|').expect("a mark has a label");
        marks.push((plain.chars().count(), exact, label));
        plain.push_str(exact);
        rest = tail;
    }
    plain.push_str(rest);
    (plain, marks)
}
