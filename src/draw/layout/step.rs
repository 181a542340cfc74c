//! The steps of a flow.

use crate::draw::drawing::{Drawing, Fill, inside};
use crate::draw::font;
use crate::draw::scene::{Chip, Paint, Shape, Span, Step, Style, line};

/// The height of a line of text.
pub(super) const LINE: f64 = 16.5;
/// The radius of a sign.
pub(super) const SIGN: f64 = 9.5;
/// Inside of a chip, beside its text.
const CHIP: f64 = 8.0;
/// Between chips.
const BETWEEN: f64 = 8.0;

/// What stands in a prefix's chip.
const PREFIX: &str = "P";

/// How high a step is.
pub(super) fn height(step: &Step) -> f64 {
    match step.shape {
        Shape::Box if !step.chips.is_empty() => 62.0,
        Shape::Box if step.paint == Paint::Ghost => 22.0,
        Shape::Box => 28.0,
        Shape::Sum | Shape::Product => 2.0 * SIGN,
        Shape::Down | Shape::Up => 32.0,
        Shape::Hourglass => 48.0,
        Shape::Text => LINE,
    }
}

/// How wide a step has to be at least.
pub(super) fn width(step: &Step) -> f64 {
    let text = font::width(inside(step.paint), &step.text);
    let needed = match step.shape {
        Shape::Box => text + 24.0,
        Shape::Sum | Shape::Product => 2.0 * SIGN,
        // The narrow side carries the text as well.
        Shape::Down | Shape::Up => text * 1.45 + 20.0,
        Shape::Hourglass => text + 58.0,
        Shape::Text => text,
    };
    let chips: f64 = step.chips.iter().map(|chip| chip_width(chip) + BETWEEN).sum();
    needed.max(chips + 16.0)
}

/// Half of what a step is wide where a wire meets it, which is a sign or a box.
pub(super) fn half_width(step: &Step, whole: f64) -> f64 {
    if matches!(step.shape, Shape::Sum | Shape::Product) { SIGN } else { whole / 2.0 }
}

fn chip_width(chip: &Chip) -> f64 {
    let prefix = if chip.prefix.is_some() { font::width(Style::Plain, PREFIX) + 2.0 * CHIP } else { 0.0 };
    (font::width(Style::Plain, &chip.text) + 2.0 * CHIP).max(30.0) + prefix
}

/// Draws a step around a point, as wide as all of its flow.
pub(super) fn draw(drawing: &mut Drawing, step: &Step, (x, y): (f64, f64), whole: f64) {
    let (height, half) = (height(step), whole / 2.0);
    let (top, bottom) = (y - height / 2.0, y + height / 2.0);
    let fill = Fill::Part(step.paint);
    let text = line(inside(step.paint), step.text.clone());
    match step.shape {
        Shape::Sum | Shape::Product => {
            drawing.operator((x, y), SIGN, step.shape == Shape::Product, step.paint);
            return;
        }
        Shape::Text => {}
        Shape::Box => drawing.rect((x - half, top, whole, height), 5.0, fill),
        Shape::Down | Shape::Up => {
            let narrow = half * 0.66;
            let (above, below) = if step.shape == Shape::Down { (narrow, half) } else { (half, narrow) };
            drawing.corners(vec![(x - below, bottom), (x + below, bottom), (x + above, top), (x - above, top)], fill);
        }
        Shape::Hourglass => {
            let (wide, neck) = (half.min(width(step) / 2.0 + 6.0), width(step) / 2.0 - 18.0);
            let right = [
                (wide, bottom),
                (wide, bottom - 6.0),
                (neck, y + 6.0),
                (neck, y - 6.0),
                (wide, top + 6.0),
                (wide, top),
            ];
            let corners = right.iter().map(|(out, y)| (x + out, *y));
            let left = right.iter().rev().map(|(out, y)| (x - out, *y));
            drawing.corners(corners.chain(left).collect(), fill);
        }
    }
    if step.chips.is_empty() {
        drawing.centred(x, y, text);
        return;
    }
    drawing.centred(x, top + 16.0, text);
    let all: f64 = step.chips.iter().map(chip_width).sum::<f64>() + BETWEEN * (step.chips.len() - 1) as f64;
    let mut left = x - all / 2.0;
    for chip in &step.chips {
        draw_chip(drawing, chip, left, bottom - 33.0);
        left += chip_width(chip) + BETWEEN;
    }
}

fn draw_chip(drawing: &mut Drawing, chip: &Chip, left: f64, top: f64) {
    let mut left = left;
    let mut width = chip_width(chip);
    if let Some(prefix) = &chip.prefix {
        let own = font::width(Style::Plain, PREFIX) + 2.0 * CHIP;
        drawing.rect((left, top, own, 25.0), 3.0, Fill::Part(Paint::Member(prefix.member)));
        drawing.centred(left + own / 2.0, top + 12.5, line(Style::Plain, PREFIX));
        left += own;
        width -= own;
    }
    drawing.rect((left, top, width, 25.0), 3.0, Fill::Part(chip.paint));
    drawing.centred(left + width / 2.0, top + 12.5, vec![Span::new(Style::Plain, chip.text.clone())]);
}
