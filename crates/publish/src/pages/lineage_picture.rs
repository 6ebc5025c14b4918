//! Who rests on whom, drawn: the later a document, the further left; what all rest on stands on the right.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::input::{Level, Lineage, Role};
use crate::script;

const BOX_WIDTH: usize = 208;
const COLUMN_GAP: usize = 72;
const ROW_GAP: usize = 14;
const LINE: usize = 17;
/// Stacked Tibetan letters need more room.
const TALL_LINE: usize = 25;
const PADDING: usize = 10;
const MARGIN: usize = 6;
/// Width of a line in twelfths of the font's size.
const LINE_UNITS: usize = 146;
const MOST_LINES: usize = 3;
/// More documents alike than this are drawn as one box.
const MOST_ALIKE: usize = 6;

struct Drawn<'l> {
    label: Vec<String>,
    note: String,
    role: Role,
    column: usize,
    targets: Vec<(usize, Level)>,
    key: &'l str,
    x: usize,
    y: usize,
    height: usize,
    line: usize,
}

/// The picture, or nothing where there is nobody to draw.
pub(super) fn picture(lineage: &Lineage) -> Markup {
    let mut boxes = boxes(lineage);
    if boxes.is_empty() {
        return html! {};
    }
    let columns = set_columns(&mut boxes);
    let height = set_places(&mut boxes, columns);
    let width = (columns + 1) * (BOX_WIDTH + COLUMN_GAP) - COLUMN_GAP + 2 * MARGIN;
    let middle = |drawn: &Drawn<'_>| drawn.y + drawn.height / 2;
    html! {
        svg.lineage role="img" aria-labelledby="lineage-title lineage-description" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) {
            title #lineage-title { "Who rests on whom" }
            desc #lineage-description { "Each document is a box; a line leads from it to the one it rests on, further right. The list below says the same in words." }
            defs {
                marker #tip viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto" { path.tip d="M0 0 L8 4 L0 8 z" {} }
            }
            @for later in &boxes {
                @for (target, level) in &later.targets {
                    @if let Some(earlier) = boxes.get(*target) {
                        @let (x1, y1, x2, y2) = (later.x + BOX_WIDTH, middle(later), earlier.x, middle(earlier));
                        path class={ "edge " (if *level == Level::Text { "edge-text" } else { "edge-evidence" }) }
                            d={ "M" (x1) " " (y1) " C" (x1 + 36) " " (y1) " " (x2.saturating_sub(36)) " " (y2) " " (x2) " " (y2) }
                            marker-end="url(#tip)" {}
                    }
                }
            }
            @for drawn in &boxes {
                @let class = match drawn.role { Role::Origin => "node node-origin", Role::Later => "node node-later", Role::Unknown => "node node-unknown" };
                g class=(class) {
                    rect x=(drawn.x) y=(drawn.y) width=(BOX_WIDTH) height=(drawn.height) rx="2" {}
                    @if drawn.role == Role::Origin { rect.node-bar x=(drawn.x) y=(drawn.y) width="5" height=(drawn.height) {} }
                    @for (row, line) in drawn.label.iter().enumerate() {
                        @let right = script::reads_right_to_left(line);
                        text.node-name x=(if right { drawn.x + BOX_WIDTH - PADDING } else { drawn.x + PADDING + 4 })
                            y=(drawn.y + PADDING + 12 + row * drawn.line) direction=[right.then_some("rtl")] { (line) }
                    }
                    text.node-note x=(drawn.x + PADDING + 4) y=(drawn.y + PADDING + 12 + drawn.label.len() * drawn.line) { (drawn.note) }
                }
            }
        }
    }
}

type Target<'l> = (&'l str, Level);

/// Boxes that nobody rests on and that rest on the same one: drawn singly up to a number, then counted.
struct Alike<'l> {
    resting_on: Vec<Target<'l>>,
    role: Role,
    count: usize,
}

/// The boxes, many alike drawn as one.
fn boxes(lineage: &Lineage) -> Vec<Drawn<'_>> {
    let mut alike: Vec<Alike<'_>> = Vec::new();
    let mut boxes: Vec<Drawn<'_>> = Vec::new();
    let mut targets: Vec<Vec<Target<'_>>> = Vec::new();
    for node in &lineage.nodes {
        let out: Vec<_> = lineage.edges.iter().filter(|edge| edge.later == node.key).collect();
        let resting_on: Vec<Target<'_>> =
            out.iter().map(|edge| (edge.earlier.as_str(), edge.level)).collect();
        let is_rested_on = lineage.edges.iter().any(|edge| edge.earlier == node.key);
        if !is_rested_on && out.len() < 2 {
            let same =
                |known: &&mut Alike<'_>| known.role == node.role && known.resting_on == resting_on;
            let count = match alike.iter_mut().find(same) {
                Some(known) => {
                    known.count += 1;
                    known.count
                }
                None => {
                    alike.push(Alike { resting_on: resting_on.clone(), role: node.role, count: 1 });
                    1
                }
            };
            if count >= MOST_ALIKE {
                continue;
            }
        }
        let kind =
            |level| out.iter().find(|edge| edge.level == level).map(|edge| edge.kind.clone());
        let note = match node.role {
            Role::Unknown => "unknown: counts for nothing".to_owned(),
            Role::Origin => "origin".to_owned(),
            Role::Later => kind(Level::Text).or_else(|| kind(Level::Evidence)).unwrap_or_default(),
        };
        boxes.push(new_box(wrap(&node.name), note, node.role, &node.key));
        targets.push(resting_on);
    }
    for rest in alike.into_iter().filter(|known| known.count >= MOST_ALIKE) {
        let count = rest.count + 1 - MOST_ALIKE;
        let label = match rest.role {
            Role::Later => format!("and {count} more documents"),
            Role::Origin => format!("and {count} more origins"),
            Role::Unknown => format!("and {count} more"),
        };
        boxes.push(new_box(vec![label], "in the list below".to_owned(), rest.role, ""));
        targets.push(rest.resting_on);
    }
    let places: BTreeMap<&str, usize> =
        boxes.iter().enumerate().map(|(place, drawn)| (drawn.key, place)).collect();
    for (drawn, targets) in boxes.iter_mut().zip(targets) {
        let known = |(key, level)| places.get(key).map(|place| (*place, level));
        drawn.targets = targets.into_iter().filter_map(known).collect();
    }
    boxes
}

fn new_box(label: Vec<String>, note: String, role: Role, key: &str) -> Drawn<'_> {
    let is_tall =
        label.iter().any(|line| line.chars().any(|c| ('\u{0F00}'..='\u{0FFF}').contains(&c)));
    let line = if is_tall { TALL_LINE } else { LINE };
    let height = 2 * PADDING + label.len() * line + LINE - 2;
    Drawn { label, note, role, column: 0, targets: Vec::new(), key, x: 0, y: 0, height, line }
}

/// Puts each box as many columns from the right as its longest way has hops; returns the last column.
fn set_columns(boxes: &mut [Drawn<'_>]) -> usize {
    let count = boxes.len();
    let mut depths = vec![0_usize; count];
    // A way without a circle has fewer hops than there are boxes; a circle in hostile input ends with the rounds.
    for _ in 0..count {
        let mut changed = false;
        for (place, drawn) in boxes.iter().enumerate() {
            let targets = drawn.targets.iter().filter_map(|(target, _)| depths.get(*target));
            let depth = targets.max().map_or(0, |depth| (depth + 1).min(count));
            if let Some(known) = depths.get_mut(place)
                && *known != depth
            {
                *known = depth;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let last = depths.iter().copied().max().unwrap_or(0).min(12);
    for (drawn, depth) in boxes.iter_mut().zip(depths) {
        drawn.column = last - depth.min(last);
    }
    last
}

/// Stacks each column, ordered so that lines cross little, and centres it; returns the height of the picture.
fn set_places(boxes: &mut [Drawn<'_>], columns: usize) -> usize {
    let mut tallest = 0;
    let mut stacks: Vec<(Vec<usize>, usize)> = Vec::new();
    for column in (0..=columns).rev() {
        let mut members: Vec<usize> = boxes
            .iter()
            .enumerate()
            .filter(|(_, drawn)| drawn.column == column)
            .map(|(place, _)| place)
            .collect();
        members.sort_by_key(|place| {
            let targets =
                boxes.get(*place).map(|drawn| drawn.targets.as_slice()).unwrap_or_default();
            let heights: Vec<usize> =
                targets.iter().filter_map(|(target, _)| boxes.get(*target)).map(|d| d.y).collect();
            // Boxes that rest on nothing keep the order of the input, first those that others rest on.
            let is_rested_on =
                boxes.iter().any(|other| other.targets.iter().any(|(target, _)| target == place));
            let mean = heights.iter().sum::<usize>().checked_div(heights.len());
            (mean.unwrap_or(0), !is_rested_on, *place)
        });
        let mut y = 0;
        for place in &members {
            if let Some(drawn) = boxes.get_mut(*place) {
                drawn.x = MARGIN + column * (BOX_WIDTH + COLUMN_GAP);
                drawn.y = y;
                y += drawn.height + ROW_GAP;
            }
        }
        tallest = tallest.max(y);
        stacks.push((members, y));
    }
    for (members, height) in stacks {
        let shift = (tallest - height) / 2 + MARGIN;
        for place in members {
            if let Some(drawn) = boxes.get_mut(place) {
                drawn.y += shift;
            }
        }
    }
    tallest + 2 * MARGIN - ROW_GAP.min(tallest)
}

/// The width of a character in twelfths of the font's size, near enough to wrap a label.
fn units(character: char) -> usize {
    match character {
        '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7AF}' => 12,
        '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FF60}' => 12,
        '\u{0F71}'..='\u{0F84}' | '\u{0F8D}'..='\u{0FBC}' | '\u{0300}'..='\u{036F}' => 0,
        '\u{0F00}'..='\u{0FFF}' => 7,
        'i' | 'l' | 'j' | 't' | 'f' | 'r' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '-' => 4,
        'm' | 'w' | 'M' | 'W' => 10,
        other if other.is_uppercase() => 8,
        _ => 7,
    }
}

/// A label cut into at most three lines, after spaces, after Tibetan tsheg, and between Han characters.
fn wrap(label: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in
        label.chars().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c })
    {
        if units(character) == 12 && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(character);
        if matches!(character, ' ' | '\u{0F0B}' | '/') || units(character) == 12 {
            words.push(std::mem::take(&mut word));
        }
    }
    words.push(word);
    let width = |text: &str| text.chars().map(units).sum::<usize>();
    let mut lines = vec![String::new()];
    for word in words {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && width(line) + width(word.trim_end()) > LINE_UNITS {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            for character in word.chars() {
                if width(line) + units(character) > LINE_UNITS {
                    if character != ' ' {
                        line.push('…');
                    }
                    break;
                }
                line.push(character);
            }
        }
    }
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        if let Some(last) = lines.last_mut() {
            last.truncate(last.trim_end().len());
            last.push('…');
        }
    }
    lines.into_iter().map(|line| line.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{LineageEdge, LineageNode};

    fn lineage(nodes: &[(&str, Role)], edges: &[(&str, &str)]) -> Lineage {
        let nodes = nodes.iter().map(|(key, role)| LineageNode {
            key: (*key).into(),
            name: (*key).into(),
            capture: None,
            role: *role,
        });
        let edges = edges.iter().map(|(later, earlier)| LineageEdge {
            later: (*later).into(),
            earlier: (*earlier).into(),
            kind: "verbatim".into(),
            level: Level::Text,
        });
        Lineage { nodes: nodes.collect(), edges: edges.collect(), corroboration: String::new() }
    }

    #[test]
    fn a_chain_runs_from_left_to_right() {
        let given = lineage(
            &[("spun", Role::Later), ("reprint", Role::Later), ("report", Role::Origin)],
            &[("spun", "reprint"), ("reprint", "report")],
        );
        let mut boxes = boxes(&given);
        assert_eq!(set_columns(&mut boxes), 2);
        assert_eq!(boxes.iter().map(|drawn| drawn.column).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_circle_ends_and_many_alike_are_one_box() {
        let circle = lineage(&[("a", Role::Later), ("b", Role::Later)], &[("a", "b"), ("b", "a")]);
        assert!(picture(&circle).into_string().contains("</svg>"));
        let keys: Vec<String> = (0..100).map(|i| format!("copy {i}")).collect();
        let mut nodes: Vec<_> = keys.iter().map(|key| (key.as_str(), Role::Later)).collect();
        nodes.push(("report", Role::Origin));
        let edges: Vec<_> = keys.iter().map(|key| (key.as_str(), "report")).collect();
        let drawn = picture(&lineage(&nodes, &edges)).into_string();
        assert_eq!(drawn.matches("<g ").count(), 7, "five copies, the rest in one box, the report");
        assert!(drawn.contains("and 95 more documents"));
    }

    #[test]
    fn a_space_at_the_end_of_a_line_cuts_nothing() {
        assert_eq!(wrap("Thessowick Observatory report"), ["Thessowick Observatory", "report"]);
    }

    #[test]
    fn labels_wrap_in_every_script() {
        for label in [
            "Ankeviru County police notice, published on the second of July",
            "德尔沃鲁省采购信息网血样采集套件采购公告",
            "ཁྲག་གི་དཔེ་ཚད་བསྡུ་ལེན་གྱི་བརྡ་ཐོ། ཧེམ་སོ་ལུ་ཤང་སྲིད་གཞུང་།",
            "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "",
        ] {
            let lines = wrap(label);
            assert!((1..=MOST_LINES).contains(&lines.len()), "{lines:?}");
            for line in lines {
                assert!(line.chars().map(units).sum::<usize>() <= LINE_UNITS + 12, "{line}");
            }
        }
    }
}
