//! A picture as shapes at their places.

use super::font;
use super::scene::{Line, Paint, Style};

/// Shapes on a page, from the back to the front.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawing {
    /// The width of the page in pixels.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// The shapes.
    pub items: Vec<Item>,
}

/// A shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A closed outline.
    Area {
        /// The outline, in SVG's path syntax.
        outline: Outline,
        /// How it is filled.
        fill: Fill,
    },
    /// A line through points, with an arrowhead at the end if asked for.
    Line {
        /// The points.
        points: Vec<(f64, f64)>,
        /// Whose it is.
        paint: Paint,
        /// Whether it ends in an arrowhead.
        arrow: bool,
    },
    /// A line of text.
    Text(Text),
}

/// The outline of an area.
#[derive(Debug, Clone, PartialEq)]
pub enum Outline {
    /// A rectangle: left, top, width, height, and the radius of its corners.
    Rect(f64, f64, f64, f64, f64),
    /// A circle: centre and radius.
    Circle(f64, f64, f64),
    /// Corners.
    Corners(Vec<(f64, f64)>),
}

/// How an area is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// The frame around a layer or panel.
    Frame,
    /// A part of the picture.
    Part(Paint),
    /// A circle with a sign in it.
    Operator(Paint),
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// Where it is held.
    pub x: f64,
    /// Its baseline.
    pub y: f64,
    /// Whether `x` is its middle, not its beginning.
    pub middle: bool,
    /// Its pieces.
    pub line: Line,
}

/// A rectangle that something covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Text {
    /// What the text covers, with the letters that widths are taken from.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let width = font::line_width(&self.line);
        let size = self.line.iter().map(|span| span.style.size()).fold(0.0, f64::max);
        let left = if self.middle { self.x - width / 2.0 } else { self.x };
        Bounds { left, right: left + width, top: self.y - 0.78 * size, bottom: self.y + 0.24 * size }
    }
}

impl Drawing {
    /// What every line of text covers.
    pub fn texts(&self) -> impl Iterator<Item = (&Text, Bounds)> {
        self.items.iter().filter_map(|item| match item {
            Item::Text(text) => Some((text, text.bounds())),
            _ => None,
        })
    }

    /// Text whose middle is at a point.
    pub(super) fn centred(&mut self, x: f64, y: f64, line: Line) {
        let size = line.iter().map(|span| span.style.size()).fold(0.0, f64::max);
        self.items.push(Item::Text(Text { x, y: y + 0.35 * size, middle: true, line }));
    }

    /// Text that begins at a point, at half its height.
    pub(super) fn text(&mut self, x: f64, y: f64, line: Line) {
        let size = line.iter().map(|span| span.style.size()).fold(0.0, f64::max);
        self.items.push(Item::Text(Text { x, y: y + 0.35 * size, middle: false, line }));
    }

    /// A rectangle.
    pub(super) fn rect(&mut self, (x, y, width, height): (f64, f64, f64, f64), radius: f64, fill: Fill) {
        self.items.push(Item::Area { outline: Outline::Rect(x, y, width, height, radius), fill });
    }

    /// Corners around an area.
    pub(super) fn corners(&mut self, corners: Vec<(f64, f64)>, fill: Fill) {
        self.items.push(Item::Area { outline: Outline::Corners(corners), fill });
    }

    /// A circle with a sign of two strokes in it.
    pub(super) fn operator(&mut self, (x, y): (f64, f64), radius: f64, diagonal: bool, paint: Paint) {
        self.items.push(Item::Area { outline: Outline::Circle(x, y, radius), fill: Fill::Operator(paint) });
        let reach = if diagonal { radius * 0.5 } else { radius * 0.62 };
        let strokes = if diagonal {
            [[(-1.0, -1.0), (1.0, 1.0)], [(-1.0, 1.0), (1.0, -1.0)]]
        } else {
            [[(-1.0, 0.0), (1.0, 0.0)], [(0.0, -1.0), (0.0, 1.0)]]
        };
        for stroke in strokes {
            let points = stroke.iter().map(|(right, down)| (x + right * reach, y + down * reach)).collect();
            self.line(points, paint, false);
        }
    }

    /// A line through points.
    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, paint: Paint, arrow: bool) {
        self.items.push(Item::Line { points, paint, arrow });
    }

    /// Everything of another drawing, moved.
    pub(super) fn place(&mut self, other: Self, x: f64, y: f64) {
        for mut item in other.items {
            item.shift(x, y);
            self.items.push(item);
        }
    }
}

impl Item {
    fn shift(&mut self, right: f64, down: f64) {
        let shift = |points: &mut Vec<(f64, f64)>| {
            for (x, y) in points {
                *x += right;
                *y += down;
            }
        };
        match self {
            Self::Area { outline: Outline::Rect(x, y, ..) | Outline::Circle(x, y, _), .. }
            | Self::Text(Text { x, y, .. }) => {
                *x += right;
                *y += down;
            }
            Self::Area { outline: Outline::Corners(corners), .. } => shift(corners),
            Self::Line { points, .. } => shift(points),
        }
    }
}

/// The style of text in a part: that of its surroundings.
pub(super) fn inside(paint: Paint) -> Style {
    if paint == Paint::Ghost { Style::Muted } else { Style::Plain }
}
