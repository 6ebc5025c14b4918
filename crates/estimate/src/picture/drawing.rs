//! Marks as SVG text.

use std::fmt::Write;

/// Where a text stands beside its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How an area is filled, so that it can be told from others in print and in grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    White,
    Light,
    Middle,
    Dark,
    Black,
    /// Needs [`Drawing::hatching`] before it.
    Hatched,
}

impl Shade {
    fn fill(self) -> &'static str {
        match self {
            Self::White => "#fff",
            Self::Light => "#ddd",
            Self::Middle => "#aaa",
            Self::Dark => "#707070",
            Self::Black => "#303030",
            Self::Hatched => "url(#hatched)",
        }
    }
}

pub(super) struct Drawing {
    body: String,
}

impl Drawing {
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        let mut drawing = Self { body: String::new() };
        drawing.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             role=\"img\" font-family=\"sans-serif\"><title>{}</title>\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
            escaped(title)
        ));
        drawing
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(text);
        self.body.push('\n');
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#000\" \
             stroke-width=\"{width}\"/>"
        ));
    }

    pub(super) fn dashed_line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#000\" \
             stroke-dasharray=\"5 4\"/>"
        ));
    }

    pub(super) fn circle(&mut self, x: f64, y: f64, radius: f64) {
        self.put(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"#000\"/>"
        ));
    }

    pub(super) fn ring(&mut self, x: f64, y: f64, radius: f64) {
        self.put(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"none\" stroke=\"#aaa\"/>"
        ));
    }

    /// Makes the pattern of slanted lines that [`Shade::Hatched`] fills with.
    pub(super) fn hatching(&mut self) {
        self.put(format_args!(
            "<defs><pattern id=\"hatched\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#fff\"/><line \
             x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" stroke=\"#999\" stroke-width=\"2\"/></pattern></defs>"
        ));
    }

    /// An area with its holes, by rings.
    pub(super) fn area(&mut self, rings: &[Vec<(f64, f64)>], shade: Shade) {
        let mut path = String::new();
        for ring in rings {
            for (number, (x, y)) in ring.iter().enumerate() {
                let letter = if number == 0 { 'M' } else { 'L' };
                // Writing to a string cannot fail.
                let _ = write!(path, "{letter}{x:.1} {y:.1}");
            }
            path.push('Z');
        }
        self.put(format_args!(
            "<path d=\"{path}\" fill=\"{}\" fill-rule=\"evenodd\" stroke=\"#000\" \
             stroke-width=\"0.8\"/>",
            shade.fill()
        ));
    }

    /// A text in the middle of its point that can be read on any shade.
    pub(super) fn haloed_text(&mut self, x: f64, y: f64, size: f64, text: &str) {
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"middle\" \
             stroke=\"#fff\" stroke-width=\"3\" stroke-linejoin=\"round\" \
             paint-order=\"stroke\">{}</text>",
            escaped(text)
        ));
    }

    fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, paint: &str) {
        self.put(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" {paint}/>",
            width.max(0.0),
            height.max(0.0)
        ));
    }

    pub(super) fn bar(&mut self, x: f64, y: f64, width: f64, height: f64) {
        self.rectangle(x, y, width, height, "fill=\"#000\"");
    }

    pub(super) fn grey_bar(&mut self, x: f64, y: f64, width: f64, height: f64) {
        self.rectangle(x, y, width, height, "fill=\"#bbb\"");
    }

    pub(super) fn outline(&mut self, x: f64, y: f64, width: f64, height: f64) {
        self.rectangle(x, y, width, height, "fill=\"none\" stroke=\"#000\"");
    }

    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, size: f64, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\">{}</text>",
            escaped(text)
        ));
    }

    pub(super) fn finish(mut self) -> String {
        self.body.push_str("</svg>\n");
        self.body
    }
}

/// Text as XML character data; control characters, which XML 1.0 forbids, become spaces.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&letter) => {
                out.push(' ')
            }
            letter => out.push(letter),
        }
    }
    out
}
