//! What a page draws: the characters with their places, the pictures and the filled shapes, in the order of drawing.
//!
//! Operators, text space and marked content are those of ISO 32000-1, chapters 8, 9 and 14.

use std::collections::HashSet;
use std::iter::once;
use std::rc::Rc;

use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Op;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream, String as Bytes};
use hayro_syntax::page::Resources;
use unicode_normalization::UnicodeNormalization;

use super::decode::decode;
use super::font::{Face, Fonts};
use super::layers::Layers;
use super::matrix::{Area, Matrix};
use super::strings::text_string;

/// How deep forms may lie in forms.
const MAX_DEPTH: u32 = 16;
/// How many graphics states may be kept at once.
const MAX_STATES: usize = 512;
/// How many characters of one page are read.
const MAX_GLYPHS: usize = 1 << 20;
/// How many filled shapes of one page are looked at.
const MAX_FILLS: usize = 2_000;

/// So many letters may stand for others without a word: a sign, a syllable or a short word.
const MAX_REPLACED: usize = 8;

/// A character on the page.
#[derive(Clone)]
pub(super) struct Glyph {
    /// Its text, of one or more code points; none where the file does not say it, or says it with the glyph before.
    pub(super) text: Rc<str>,
    /// Where its base line begins, from the page's left upper corner.
    pub(super) x: f64,
    pub(super) y: f64,
    /// Where its base line ends.
    pub(super) end_x: f64,
    pub(super) end_y: f64,
    /// The size of the font on the page, in points.
    pub(super) size: f64,
    /// Quarter turns of its line, clockwise; 0 runs to the right.
    pub(super) turn: u8,
    /// Whether it is drawn without ink (rendering mode 3).
    pub(super) hidden: bool,
}

impl Glyph {
    /// Where it begins and ends along its line.
    pub(super) fn range(&self) -> (f64, f64) {
        let (a, b) = match self.turn {
            0 => (self.x, self.end_x),
            1 => (self.y, self.end_y),
            2 => (-self.x, -self.end_x),
            _ => (-self.y, -self.end_y),
        };
        (a.min(b), a.max(b))
    }

    /// Whether it begins inside another one or right behind it.
    pub(super) fn is_near(&self, other: &Self) -> bool {
        let ((from, _), (start, end)) = (self.range(), other.range());
        let across = if self.turn.is_multiple_of(2) { self.y - other.y } else { self.x - other.x };
        from >= start - 0.5 * self.size && from <= end + 0.1 * self.size && across.abs() < self.size
    }

    /// Makes it end where another one ends, if that is further along its line.
    pub(super) fn reach(&mut self, other: &Self) {
        if self.turn == other.turn && other.range().1 > self.range().1 {
            let to_the_end = |glyph: &Self| match glyph.turn {
                0 => (glyph.x.max(glyph.end_x), glyph.end_y),
                1 => (glyph.end_x, glyph.y.max(glyph.end_y)),
                2 => (glyph.x.min(glyph.end_x), glyph.end_y),
                _ => (glyph.end_x, glyph.y.min(glyph.end_y)),
            };
            let (end_x, end_y) = to_the_end(other);
            if self.turn.is_multiple_of(2) { self.end_x = end_x } else { self.end_y = end_y }
        }
    }

    /// Makes it begin where another one begins, if that is before it on its line.
    fn begin_at(&mut self, other: &Self) {
        if self.turn == other.turn && other.range().0 < self.range().0 {
            match self.turn {
                0 => self.x = other.x.min(other.end_x),
                1 => self.y = other.y.min(other.end_y),
                2 => self.x = other.x.max(other.end_x),
                _ => self.y = other.y.max(other.end_y),
            }
        }
    }
}

/// An opaque shape, and how many characters had been drawn before it.
pub(super) struct Fill {
    pub(super) area: Area,
    pub(super) after: usize,
}

/// What a page draws.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) fills: Vec<Fill>,
    /// The pictures, and how many characters had been drawn before each.
    pub(super) pictures: Vec<Fill>,
    /// The characters on layers that are switched off.
    pub(super) off: Vec<Glyph>,
    /// How many characters were guessed from their codes.
    pub(super) guessed: usize,
    /// About how many characters are in fonts that could not be loaded.
    pub(super) unloaded: usize,
    /// How many characters are so far away that their places say nothing.
    pub(super) far: usize,
    /// How many letters a replacement text took away without holding one of them.
    pub(super) replaced: usize,
    /// How many lines and curves the shapes have that are filled and are no rectangles. A letter that is drawn as a shape has ten
    /// and more, a character of Chinese some fifty.
    pub(super) outlines: usize,
    /// Whether a limit left something out.
    pub(super) cut: bool,
    /// Whether a part of the drawing could not be unpacked.
    pub(super) unread: bool,
}

#[derive(Clone)]
struct State<'a> {
    matrix: Matrix,
    clip: Area,
    face: Option<Rc<Face<'a>>>,
    /// How many bytes a code of the font most probably takes, for one that cannot be loaded.
    code_length: usize,
    size: f64,
    character_space: f64,
    word_space: f64,
    stretch: f64,
    leading: f64,
    rise: f64,
    mode: i64,
    opaque: bool,
    pattern: bool,
}

impl State<'_> {
    fn new(matrix: Matrix, clip: Area) -> Self {
        Self {
            matrix,
            clip,
            face: None,
            code_length: 1,
            size: 1.0,
            character_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
            opaque: true,
            pattern: false,
        }
    }
}

/// Reads the drawing of one page.
pub(super) struct Reader<'f, 'a> {
    fonts: &'f mut Fonts<'a>,
    /// How many operators may still be read, over all pages.
    budget: &'f mut u64,
    layers: &'f Layers,
    /// How many of the layers that are open are switched off.
    off: usize,
    drawn: Drawn,
}

/// Marked content that is open.
#[derive(Default)]
struct Mark {
    /// A text that stands for it, and how many characters had been drawn before.
    text: Option<(String, usize)>,
    /// Whether it is on a layer that is switched off.
    is_off: bool,
}

#[derive(Default)]
struct Path {
    areas: Vec<Area>,
    points: Vec<(f64, f64)>,
    /// How many lines and curves it has.
    pieces: usize,
    /// Whether it is more than rectangles.
    is_curved: bool,
    clips: bool,
}

impl<'f, 'a> Reader<'f, 'a> {
    /// A reader with nothing read yet.
    pub(super) fn new(fonts: &'f mut Fonts<'a>, budget: &'f mut u64, layers: &'f Layers) -> Self {
        Self { fonts, budget, layers, off: 0, drawn: Drawn::default() }
    }

    /// Reads a content stream; `matrix` leads to the page's left upper corner, in points.
    pub(super) fn page(
        &mut self,
        data: &[u8],
        resources: &Resources<'a>,
        matrix: Matrix,
        clip: Area,
    ) {
        let state = State::new(matrix, clip);
        self.run(data, resources, state, 0);
    }

    /// Draws a form, such as the appearance of an annotation, with `matrix` before its own.
    pub(super) fn form(
        &mut self,
        stream: &Stream<'a>,
        resources: &Resources<'a>,
        matrix: Matrix,
        clip: Area,
    ) {
        let state = State::new(matrix, clip);
        self.draw_form(stream, resources, &state, 0);
    }

    /// Whether so much may still be spent of what is left for all pages; it is spent if so.
    pub(super) fn spend(&mut self, cost: u64) -> bool {
        let left = self.budget.checked_sub(cost);
        *self.budget = left.unwrap_or(0);
        self.drawn.cut |= left.is_none();
        left.is_some()
    }

    /// How many characters have been drawn.
    pub(super) fn count(&self) -> usize {
        self.drawn.glyphs.len()
    }

    /// What was drawn.
    pub(super) fn finish(self) -> Drawn {
        self.drawn
    }

    fn run(&mut self, data: &[u8], resources: &Resources<'a>, mut state: State<'a>, depth: u32) {
        let mut states: Vec<State<'a>> = Vec::new();
        let mut text = Matrix::IDENTITY;
        let mut line = Matrix::IDENTITY;
        let mut path = Path::default();
        let mut marks: Vec<Mark> = Vec::new();
        let mut operators = TypedIter::new(data);
        while let Some(operator) = operators.next() {
            if *self.budget == 0 {
                self.drawn.cut = true;
                break;
            }
            *self.budget -= 1;
            match operator {
                Op::SaveState(_) => {
                    if states.len() < MAX_STATES {
                        states.push(state.clone());
                    }
                }
                Op::RestoreState(_) => {
                    if let Some(kept) = states.pop() {
                        state = kept;
                    }
                }
                Op::Transform(m) => {
                    state.matrix = matrix([m.0, m.1, m.2, m.3, m.4, m.5]).then(&state.matrix);
                }
                Op::SetGraphicsState(name) => {
                    if let Some(dict) = resources.get_ext_g_state(name.0) {
                        self.set_graphics_state(&mut state, &dict);
                    }
                }
                Op::BeginText(_) => {
                    text = Matrix::IDENTITY;
                    line = Matrix::IDENTITY;
                }
                Op::CharacterSpacing(n) => state.character_space = n.0.as_f64(),
                Op::WordSpacing(n) => state.word_space = n.0.as_f64(),
                Op::HorizontalScaling(n) => state.stretch = n.0.as_f64() / 100.0,
                Op::TextLeading(n) => state.leading = n.0.as_f64(),
                Op::TextRise(n) => state.rise = n.0.as_f64(),
                Op::TextRenderingMode(n) => state.mode = n.0.as_i64(),
                Op::TextFont(font) => {
                    let dict = resources.get_font(font.0);
                    self.set_font(&mut state, dict.as_ref(), font.1.as_f64());
                }
                Op::NextLine(n) => {
                    line = Matrix::shift(n.0.as_f64(), n.1.as_f64()).then(&line);
                    text = line;
                }
                Op::NextLineAndSetLeading(n) => {
                    state.leading = -n.1.as_f64();
                    line = Matrix::shift(n.0.as_f64(), n.1.as_f64()).then(&line);
                    text = line;
                }
                Op::SetTextMatrix(m) => {
                    line = matrix([m.0, m.1, m.2, m.3, m.4, m.5]);
                    text = line;
                }
                Op::NextLineUsingLeading(_) => {
                    line = Matrix::shift(0.0, -state.leading).then(&line);
                    text = line;
                }
                Op::ShowText(shown) => self.show(&state, &mut text, shown.0),
                Op::NextLineAndShowText(shown) => {
                    line = Matrix::shift(0.0, -state.leading).then(&line);
                    text = line;
                    self.show(&state, &mut text, shown.0);
                }
                Op::ShowTextWithParameters(shown) => {
                    state.word_space = shown.0.as_f64();
                    state.character_space = shown.1.as_f64();
                    line = Matrix::shift(0.0, -state.leading).then(&line);
                    text = line;
                    self.show(&state, &mut text, shown.2);
                }
                Op::ShowTexts(shown) => {
                    for item in shown.0.iter::<Object<'_>>() {
                        match item {
                            Object::String(bytes) => self.show(&state, &mut text, &bytes),
                            Object::Number(back) => {
                                let by = -back.as_f64() / 1000.0 * state.size;
                                let down =
                                    state.face.as_ref().is_some_and(|face| !face.is_horizontal());
                                let step = if down { (0.0, by) } else { (by * state.stretch, 0.0) };
                                text = Matrix::shift(step.0, step.1).then(&text);
                            }
                            _ => {}
                        }
                    }
                }
                Op::BeginMarkedContent(_) => {
                    mark(&mut marks, Mark::default());
                }
                Op::BeginMarkedContentWithProperties(properties) => {
                    let text = match &properties.1 {
                        Object::Dict(dict) => replacement(dict),
                        Object::Name(name) => resources
                            .properties
                            .get::<Dict<'_>>(name)
                            .and_then(|dict| replacement(&dict)),
                        _ => None,
                    };
                    let is_off = match &properties.1 {
                        Object::Name(name) if properties.0.as_ref() == b"OC" => {
                            self.layers.hides(&resources.properties, name.as_ref())
                        }
                        _ => false,
                    };
                    // A long text may be named again and again.
                    let text = text.filter(|text| self.spend(text.len() as u64 / 16));
                    let text = text.map(|text| (text, self.place()));
                    if mark(&mut marks, Mark { text, is_off }) && is_off {
                        self.off += 1;
                    }
                }
                Op::EndMarkedContent(_) => {
                    let Mark { text, is_off } = marks.pop().unwrap_or_default();
                    if let Some((text, from)) = text {
                        self.replace(&text, from);
                    }
                    self.off -= usize::from(is_off);
                }
                Op::XObject(name) => {
                    if let Some(stream) = resources.get_x_object(name.0) {
                        self.draw_object(&stream, resources, &state, depth);
                    }
                }
                Op::InlineImage(_) => self.picture(&state),
                Op::ColorSpaceNonStroke(name) => state.pattern = name.0.as_ref() == b"Pattern",
                Op::NonStrokeColorNamed(color) => state.pattern = color.1.is_some(),
                Op::NonStrokeColorDeviceGray(_)
                | Op::NonStrokeColorDeviceRgb(_)
                | Op::NonStrokeColorCmyk(_) => state.pattern = false,
                other => self.draw_path(&other, &mut path, &mut state),
            }
        }
        // What is not closed ends with the drawing.
        self.off -= marks.iter().filter(|mark| mark.is_off).count();
    }

    /// Where characters go: those of layers that are switched off stand apart.
    fn glyphs(&mut self) -> &mut Vec<Glyph> {
        if self.off > 0 { &mut self.drawn.off } else { &mut self.drawn.glyphs }
    }

    fn place(&mut self) -> usize {
        self.glyphs().len()
    }

    fn set_font(&mut self, state: &mut State<'a>, dict: Option<&Dict<'a>>, size: f64) {
        state.size = size;
        state.face = dict.and_then(|dict| self.fonts.face(dict));
        let is_composite = dict.is_some_and(|dict| dict.contains_key("DescendantFonts"));
        state.code_length = if is_composite { 2 } else { 1 };
    }

    fn set_graphics_state(&mut self, state: &mut State<'a>, dict: &Dict<'a>) {
        if let Some(font) = dict.get::<Array<'a>>("Font") {
            let mut items = font.iter::<Object<'a>>();
            if let (Some(Object::Dict(font)), Some(Object::Number(size))) =
                (items.next(), items.next())
            {
                self.set_font(state, Some(&font), size.as_f64());
            }
        }
        if let Some(alpha) = dict.get::<f64>("ca") {
            state.opaque = alpha > 0.95;
        }
        if let Some(mode) = dict.get::<Name<'_>>("BM")
            && !matches!(mode.as_ref(), b"Normal" | b"Compatible")
        {
            state.opaque = false;
        }
    }

    fn draw_path(&mut self, operator: &Op<'_, '_>, path: &mut Path, state: &mut State<'a>) {
        let place = |x: Number, y: Number| state.matrix.apply(x.as_f64(), y.as_f64());
        match operator {
            Op::MoveTo(p) => {
                path.close();
                path.points.push(place(p.0, p.1));
            }
            Op::LineTo(p) => path.add(place(p.0, p.1)),
            Op::CubicTo(p) => path.curve(place(p.4, p.5)),
            Op::CubicStartTo(p) => path.curve(place(p.2, p.3)),
            Op::CubicEndTo(p) => path.curve(place(p.2, p.3)),
            Op::ClosePath(_) => path.close(),
            Op::RectPath(r) => {
                let area = state.matrix.area(
                    r.0.as_f64(),
                    r.1.as_f64(),
                    r.0.as_f64() + r.2.as_f64(),
                    r.1.as_f64() + r.3.as_f64(),
                );
                if path.areas.len() < MAX_FILLS {
                    path.areas.push(area);
                }
            }
            Op::ClipNonZero(_) | Op::ClipEvenOdd(_) => path.clips = true,
            Op::FillPathNonZero(_)
            | Op::FillPathNonZeroCompatibility(_)
            | Op::FillPathEvenOdd(_)
            | Op::FillAndStrokeNonZero(_)
            | Op::FillAndStrokeEvenOdd(_)
            | Op::CloseFillAndStrokeNonZero(_)
            | Op::CloseFillAndStrokeEvenOdd(_) => {
                path.close();
                if path.is_curved {
                    self.drawn.outlines += path.pieces;
                }
                self.fill(path, state);
                end_path(path, state);
            }
            Op::StrokePath(_) | Op::CloseAndStrokePath(_) | Op::EndPath(_) => {
                path.close();
                end_path(path, state);
            }
            _ => {}
        }
    }

    fn fill(&mut self, path: &Path, state: &State<'a>) {
        let after = self.drawn.glyphs.len();
        if !state.opaque || state.pattern || after == 0 || self.off > 0 {
            return;
        }
        for area in &path.areas {
            let area = area.cut(&state.clip);
            if area.width() > 1.0 && area.height() > 1.0 && self.drawn.fills.len() < MAX_FILLS {
                self.drawn.fills.push(Fill { area, after });
            }
        }
    }

    fn draw_object(
        &mut self,
        stream: &Stream<'a>,
        resources: &Resources<'a>,
        state: &State<'a>,
        depth: u32,
    ) {
        let is_off = self.layers.hides(stream.dict(), b"OC");
        self.off += usize::from(is_off);
        match stream.dict().get::<Name<'_>>("Subtype").as_deref() {
            Some(b"Image") => self.picture(state),
            Some(b"Form") => self.draw_form(stream, resources, state, depth),
            _ => {}
        }
        self.off -= usize::from(is_off);
    }

    fn draw_form(
        &mut self,
        stream: &Stream<'a>,
        resources: &Resources<'a>,
        state: &State<'a>,
        depth: u32,
    ) {
        if depth >= MAX_DEPTH {
            self.drawn.cut = true;
            return;
        }
        let Some(data) = decode(stream) else {
            self.drawn.unread = true;
            return;
        };
        // Unpacking costs too: a form that is drawn a million times is not free, even if it is empty.
        *self.budget = self.budget.saturating_sub(1 + data.len() as u64 / 256);
        let dict = stream.dict();
        let own = dict.get::<[f64; 6]>("Matrix").map_or(Matrix::IDENTITY, Matrix);
        let mut inner = state.clone();
        inner.matrix = own.then(&state.matrix);
        if let Some([x0, y0, x1, y1]) = dict.get::<[f64; 4]>("BBox") {
            inner.clip = inner.matrix.area(x0, y0, x1, y1).cut(&state.clip);
        }
        match dict.get::<Dict<'a>>("Resources") {
            Some(own) => self.run(&data, &Resources::new(own), inner, depth + 1),
            None => self.run(&data, resources, inner, depth + 1),
        }
    }

    fn picture(&mut self, state: &State<'a>) {
        let area = state.matrix.area(0.0, 0.0, 1.0, 1.0).cut(&state.clip);
        if self.drawn.pictures.len() < MAX_FILLS && self.off == 0 {
            self.drawn.pictures.push(Fill { area, after: self.drawn.glyphs.len() });
        }
    }

    /// Puts a replacement text in the place of the characters that were drawn since `from`.
    fn replace(&mut self, text: &str, from: usize) {
        let Some((first, rest)) = self.glyphs().get(from..).and_then(<[Glyph]>::split_first) else {
            return;
        };
        let replaced = replaced_letters(first, rest, text);
        // A mark may be drawn before its letter, and over its line: the widest part says where the line is.
        let width = |glyph: &Glyph| glyph.range().1 - glyph.range().0;
        let wider = |one, other| if width(other) > width(one) { other } else { one };
        let mut whole = rest.iter().fold(first, wider).clone();
        for part in once(first).chain(rest) {
            whole.reach(part);
            whole.begin_at(part);
        }
        whole.text = text.into();
        let glyphs = self.glyphs();
        glyphs.truncate(from);
        if !text.is_empty() {
            glyphs.push(whole);
        }
        self.drawn.replaced += replaced;
    }

    fn show(&mut self, state: &State<'a>, text: &mut Matrix, bytes: &[u8]) {
        let Some(face) = &state.face else {
            self.drawn.unloaded += bytes.len().div_ceil(state.code_length);
            return;
        };
        let scale = Matrix([state.size * state.stretch, 0.0, 0.0, state.size, 0.0, state.rise]);
        let down = !face.is_horizontal();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (code, length, character) = face.read(rest);
            rest = rest.get(length..).unwrap_or_default();
            let to_page = scale.then(text).then(&state.matrix);
            let (right, up) = (character.advance.0 / 1000.0, character.advance.1 / 1000.0);
            let space = if length == 1 && code == 32 { state.word_space } else { 0.0 };
            let step = if down {
                (0.0, up * state.size + state.character_space + space)
            } else {
                ((right * state.size + state.character_space + space) * state.stretch, 0.0)
            };
            *text = Matrix::shift(step.0, step.1).then(text);
            self.drawn.guessed += usize::from(character.guessed);
            // A part of another sign. One that takes room may be a letter that the file lost: it counts as unknown.
            if character.silent && character.advance == (0.0, 0.0) {
                continue;
            }
            if self.place() >= MAX_GLYPHS {
                self.drawn.cut = true;
                return;
            }
            let (mut x, y) = to_page.apply(0.0, 0.0);
            let (mut end_x, end_y) = to_page.apply(right, up);
            let [a, b, c, d, ..] = to_page.0;
            let (along_x, along_y) = if down { (-c, -d) } else { (a, b) };
            let turn = match (along_x.abs() >= along_y.abs(), along_x >= 0.0, along_y >= 0.0) {
                (true, true, _) => 0,
                (true, false, _) => 2,
                (false, _, true) => 1,
                (false, _, false) => 3,
            };
            let size = c.hypot(d) * face.scale();
            if down && turn == 1 {
                // The origin of a vertical line is its middle; that of characters on their side is a base line.
                (x, end_x) = (x - 0.3 * size, end_x - 0.3 * size);
            }
            if ![x, y, end_x, end_y, size].iter().all(|value| value.abs() < 1e6) {
                self.drawn.far += 1;
                continue;
            }
            let glyph = Glyph {
                text: character.text,
                x,
                y,
                end_x,
                end_y,
                size,
                turn,
                hidden: matches!(state.mode, 3 | 7),
            };
            self.glyphs().push(glyph);
        }
    }
}

impl Path {
    fn add(&mut self, point: (f64, f64)) {
        self.pieces += 1;
        if self.points.len() < MAX_FILLS {
            self.points.push(point);
        } else {
            self.is_curved = true;
        }
    }

    fn curve(&mut self, end: (f64, f64)) {
        self.is_curved = true;
        self.add(end);
    }

    /// Ends a subpath. An upright rectangle counts as an area; for clipping, the box of any other shape does.
    fn close(&mut self) {
        if self.points.len() >= 3 && self.areas.len() < MAX_FILLS {
            let area = Area::of(&self.points);
            let on_edge = |(x, y): &(f64, f64)| {
                let near = |a: f64, b: f64| (a - b).abs() < 0.1;
                (near(*x, area.left) || near(*x, area.right))
                    && (near(*y, area.top) || near(*y, area.bottom))
            };
            if self.clips || (!self.is_curved && self.points.iter().all(on_edge)) {
                self.areas.push(area);
            } else {
                self.is_curved = true;
            }
        }
        self.points.clear();
    }
}

fn end_path(path: &mut Path, state: &mut State<'_>) {
    // A clip that is no rectangle is left out: then shapes may seem larger than they are, never text be lost.
    if path.clips && !path.areas.is_empty() {
        let whole = path
            .areas
            .iter()
            .skip(1)
            .fold(path.areas.first().copied(), |sum, area| sum.map(|sum| sum.join(area)));
        if let Some(whole) = whole {
            state.clip = whole.cut(&state.clip);
        }
    }
    *path = Path::default();
}

fn matrix(m: [Number; 6]) -> Matrix {
    Matrix(m.map(|n| n.as_f64()))
}

fn replacement(dict: &Dict<'_>) -> Option<String> {
    Some(text_string(&dict.get::<Bytes<'_>>("ActualText")?))
}

/// How many letters that are seen a replacement text takes away: none if they are few, or if the text holds one of them.
fn replaced_letters(first: &Glyph, rest: &[Glyph], text: &str) -> usize {
    let seen = || {
        let glyphs = once(first).chain(rest).filter(|glyph| !glyph.hidden);
        glyphs.flat_map(|glyph| letters(&glyph.text))
    };
    let count = seen().count();
    if count <= MAX_REPLACED {
        return 0;
    }
    let written: HashSet<char> = letters(text).collect();
    if seen().any(|letter| written.contains(&letter)) { 0 } else { count }
}

/// The letters and figures of a text, large or small, in whatever form.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.nfkc().flat_map(char::to_lowercase).filter(|one| one.is_alphanumeric())
}

/// Keeps what is open, unless too much is.
fn mark(marks: &mut Vec<Mark>, mark: Mark) -> bool {
    let may = marks.len() < MAX_STATES;
    if may {
        marks.push(mark);
    }
    may
}
