//! Where everything stands.

mod flow;
mod step;

use super::drawing::{Drawing, Fill};
use super::font;
use super::scene::{Key, Line, Paint, Panel, Scene, Span, Style, line};
use flow::Laid;
use step::LINE;

/// Around everything.
const MARGIN: f64 = 24.0;
/// Inside of frames, and between them.
const PADDING: f64 = 16.0;
/// Panels are at least so wide.
const PANEL: f64 = 250.0;
/// A line of a note is not wider, whatever else there is.
const NOTE: f64 = 460.0;

/// Lays out a scene.
#[must_use]
pub fn lay_out(scene: &Scene) -> Drawing {
    let blocks: Vec<Drawing> = scene
        .columns
        .iter()
        .map(|column| framed_column(&column.heading, &column.layers, flow::lay(&column.flow)))
        .collect();
    let tallest = blocks.iter().map(|block| block.height).fold(0.0, f64::max);
    let panels = stacked(scene.panels.iter().map(panel).collect(), tallest);
    let mut page = Drawing::default();
    let mut y = MARGIN;
    let layers = blocks.len();
    let columns: Vec<Drawing> = blocks.into_iter().chain(panels).collect();
    let inner: f64 = columns.iter().map(|column| column.width + PADDING).sum::<f64>() - PADDING;
    let inner = inner.max(NOTE);
    for heading in std::iter::once(line(Style::Title, scene.title.clone()))
        .chain(scene.facts.iter().map(|fact| line(Style::Muted, fact.clone())))
    {
        y = paragraph(&mut page, &heading, (MARGIN, y), inner);
    }
    y += PADDING;
    let tallest = columns.iter().map(|column| column.height).fold(0.0, f64::max);
    let mut x = MARGIN;
    let ground = columns.iter().take(layers).map(|column| column.height).fold(0.0, f64::max);
    for (index, column) in columns.into_iter().enumerate() {
        let width = column.width;
        // Layers stand on one ground, panels hang from one height.
        let down = if index < layers { ground - column.height } else { 0.0 };
        page.place(column, x, y + down);
        x += width + PADDING;
    }
    y += tallest + PADDING;
    for note in &scene.notes {
        y = paragraph(&mut page, &line(Style::Warning, note.clone()), (MARGIN, y), inner);
    }
    y = legend(&mut page, scene, (MARGIN, y), inner);
    page.width = inner + 2.0 * MARGIN;
    page.height = y + MARGIN - 6.0;
    page
}

/// Text in as many lines as it needs; where the next one begins.
fn paragraph(page: &mut Drawing, text: &Line, (x, mut y): (f64, f64), width: f64) -> f64 {
    for line in font::wrap(text, width) {
        let height = line.iter().map(|span| span.style.size()).fold(0.0, f64::max) * 1.4;
        page.text(x, y + height / 2.0, line);
        y += height;
    }
    y
}

fn framed_column(heading: &str, layers: &str, laid: Laid) -> Drawing {
    let Laid { drawing: inner, frame } = laid;
    let mut drawing = Drawing::default();
    let layers = font::wrap(&line(Style::Muted, layers), inner.width.max(220.0));
    let texts: f64 =
        layers.iter().map(|line| font::line_width(line)).fold(font::width(Style::Heading, heading), f64::max);
    let width = inner.width.max(texts) + 2.0 * PADDING;
    let mut y = 10.0;
    drawing.text(PADDING, y, line(Style::Heading, heading));
    for layers in layers {
        y += 18.0;
        drawing.text(PADDING, y, layers);
    }
    y += 14.0;
    let (top, bottom) = frame.unwrap_or((0.0, inner.height));
    flow::frame(&mut drawing, (0.0, y + top, width, y + bottom));
    drawing.width = width;
    drawing.height = y + inner.height;
    drawing.place(inner, PADDING, y);
    drawing
}

/// The panel of a member: a frame, its heading, its flow, its keys.
fn panel(panel: &Panel) -> Drawing {
    let laid = flow::lay(&panel.flow);
    let heading = font::wrap(&line(Style::Member(panel.member), panel.heading.clone()), 300.0);
    let keys: Vec<Line> = panel.keys.iter().flat_map(key_lines).collect();
    let widest = heading.iter().chain(&keys).map(|line| font::line_width(line)).fold(laid.drawing.width, f64::max);
    let width = widest.max(PANEL - 2.0 * PADDING) + 2.0 * PADDING;
    let mut texts = Drawing::default();
    let mut y = PADDING + 4.0;
    for heading in heading {
        texts.text(PADDING, y, heading);
        y += 18.0;
    }
    let (flow_y, flow_height) = (y, laid.drawing.height);
    y += if panel.flow.steps.is_empty() { 0.0 } else { flow_height + if keys.is_empty() { 4.0 } else { PADDING } };
    for key in keys {
        texts.text(PADDING, y + LINE / 2.0, key);
        y += LINE;
    }
    y += PADDING - 4.0;
    let mut drawing = Drawing { width, height: y, items: Vec::new() };
    drawing.rect((0.0, 0.0, width, y), 10.0, Fill::Frame);
    drawing.place(laid.drawing, PADDING, flow_y);
    drawing.place(texts, 0.0, 0.0);
    drawing
}

fn key_lines(key: &Key) -> Vec<Line> {
    let Some(idle) = &key.idle else {
        let value = vec![Span::new(Style::Key, key.name.as_str()), Span::new(Style::Plain, format!(" {}", key.value))];
        return font::wrap(&value, 300.0);
    };
    let value = line(Style::Muted, format!("{} {}", key.name, key.value));
    let why = line(Style::Muted, format!("– no effect: {idle}"));
    let mut lines = font::wrap(&value, 300.0);
    lines.extend(font::wrap(&why, 300.0));
    lines
}

/// Panels below each other, and side by side where they would be much taller than the layers.
fn stacked(panels: Vec<Drawing>, height: f64) -> Vec<Drawing> {
    let limit = panels.iter().map(|panel| panel.height).fold(height + 40.0, f64::max);
    let mut stacks: Vec<Drawing> = Vec::new();
    for panel in panels {
        let fits = stacks.last().is_some_and(|stack| stack.height + PADDING + panel.height <= limit);
        if !fits {
            stacks.push(Drawing { height: -PADDING, ..Drawing::default() });
        }
        let stack = stacks.last_mut().expect("one was pushed if there was none");
        let (width, below) = (panel.width, stack.height + PADDING);
        stack.height = below + panel.height;
        stack.width = stack.width.max(width);
        stack.place(panel, 0.0, below);
    }
    stacks
}

/// What the colours mean.
fn legend(page: &mut Drawing, scene: &Scene, (left, top): (f64, f64), width: f64) -> f64 {
    let mut entries = vec![(Paint::Base, "base model, frozen".to_owned())];
    let painted =
        |paint: Paint| scene.columns.iter().any(|column| column.flow.all_steps().any(|step| step.paint == paint));
    if painted(Paint::Norm) {
        entries.push((Paint::Norm, "layer norm of the base model".to_owned()));
    }
    let mut members: Vec<&Panel> = Vec::new();
    for panel in &scene.panels {
        if !members.iter().any(|known| known.member == panel.member) {
            members.push(panel);
        }
    }
    entries.extend(members.iter().map(|panel| (Paint::Member(panel.member), panel.heading.clone())));
    entries.extend(scene.legend.iter().cloned());
    if painted(Paint::Ghost) {
        entries.push((Paint::Ghost, "a place that is not used".to_owned()));
    }
    let (mut x, mut y) = (left, top + 12.0);
    for (paint, text) in entries {
        let text = font::cut(Style::Muted, &text, width - 26.0);
        let wide = 24.0 + font::width(Style::Muted, &text) + 22.0;
        if x > left && x + wide - 22.0 > left + width {
            x = left;
            y += 22.0;
        }
        page.rect((x, y - 7.0, 16.0, 14.0), 3.0, Fill::Part(paint));
        page.text(x + 23.0, y, line(Style::Muted, text));
        x += wide;
    }
    y + 12.0
}
