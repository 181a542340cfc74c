//! A flow: steps from the bottom to the top in a spine, wires and branches at its sides, labels to the right.

use super::step::{self, LINE};
use crate::draw::drawing::{Drawing, Fill};
use crate::draw::font;
use crate::draw::scene::{Branch, Flow, Line, Paint, Shape, Style, Wire, line};

/// Between steps.
const GAP: f64 = 18.0;
/// Where a frame stands between two steps.
const FRAME_GAP: f64 = 42.0;
/// From a point to the step above it.
const POINT: f64 = 9.0;
/// From the spine to its first wire, and from wire to wire.
const LANE: f64 = 24.0;
/// Labels are not wider.
const LABEL: f64 = 235.0;
/// Between what is beside the spine and the labels.
const LABEL_GAP: f64 = 16.0;

/// A flow that has its places; `x` from its left, `y` from its top.
pub(super) struct Laid {
    pub(super) drawing: Drawing,
    /// The upper and the lower edge of the frame, if there is one.
    pub(super) frame: Option<(f64, f64)>,
}

/// Heights from the bottom, which is where a flow begins.
struct Heights {
    /// The points.
    points: Vec<f64>,
    /// The middles of the steps.
    middles: Vec<f64>,
    total: f64,
}

/// What is beside the spine.
struct Sides {
    spine: f64,
    half: f64,
    /// The lane of each wire: how far from the spine's middle.
    wires: Vec<f64>,
    /// The middle of each branch.
    branches: Vec<f64>,
    labels: f64,
}

/// Lays out a flow.
pub(super) fn lay(flow: &Flow) -> Laid {
    let labels: Vec<Vec<Line>> = flow.steps.iter().map(|step| wrapped(&step.label)).collect();
    let heights = heights(flow, &labels);
    let sides = sides(flow);
    let mut drawing = Drawing { height: heights.total, ..Drawing::default() };
    let up = |height: f64| heights.total - height;
    connections(&mut drawing, flow, &heights, &sides);
    let mut beside = Vec::new();
    for (branch, middle) in flow.branches.iter().zip(&sides.branches) {
        draw_branch(&mut drawing, branch, &heights, &sides, *middle, &mut beside);
    }
    for (index, wire) in flow.wires.iter().enumerate() {
        // What wires share is said once.
        let is_named = !flow.wires[..index].iter().any(|other| shares(other, wire));
        draw_wire(&mut drawing, flow, (wire, is_named), &heights, &sides, sides.wires[index]);
    }
    for ((step, label), middle) in flow.steps.iter().zip(labels).zip(&heights.middles) {
        step::draw(&mut drawing, step, (sides.spine, up(*middle)), 2.0 * sides.half);
        beside.push((up(*middle), label));
    }
    let right = place_labels(&mut drawing, beside, sides.labels);
    drawing.width = right.max(sides.labels - LABEL_GAP);
    let frame = flow.frame.map(|(first, last)| {
        let edge = FRAME_GAP / 2.0 + 4.0;
        (up(heights.points[last + 1] + POINT - FRAME_GAP + edge - 8.0), up(heights.points[first] + POINT - edge))
    });
    Laid { drawing, frame }
}

fn wrapped(label: &[Line]) -> Vec<Line> {
    label.iter().flat_map(|line| font::wrap(line, LABEL)).collect()
}

fn heights(flow: &Flow, labels: &[Vec<Line>]) -> Heights {
    let mut heights = Heights { points: Vec::new(), middles: Vec::new(), total: 0.0 };
    let mut at = 0.0;
    for index in 0..=flow.steps.len() {
        let framed = flow.frame.is_some_and(|(first, last)| index == first || index == last + 1);
        let gap = match index {
            _ if framed => FRAME_GAP,
            0 => POINT + 4.0,
            _ => GAP,
        };
        at += gap;
        let point = at - POINT;
        if let Some(step) = flow.steps.get(index) {
            let slot = step::height(step).max(labels.get(index).map_or(0, Vec::len) as f64 * LINE);
            // A branch has to find room between its point and its end.
            for branch in flow.branches.iter().filter(|branch| branch.to == index) {
                let begin = heights.points.get(branch.from).copied().unwrap_or(point);
                let needed = branch_height(branch) + 22.0;
                at = at.max(begin + needed - slot / 2.0);
            }
            if step.fed_by_wire {
                at += LANE / 2.0;
            }
            heights.points.push(point);
            heights.middles.push(at + slot / 2.0);
            at += slot;
        } else {
            heights.points.push(point);
        }
    }
    heights.total = at;
    heights
}

fn branch_height(branch: &Branch) -> f64 {
    branch.steps.iter().map(|step| step::height(step) + GAP).sum()
}

fn sides(flow: &Flow) -> Sides {
    let half = flow.steps.iter().map(step::width).fold(0.0, f64::max) / 2.0;
    let lanes = lanes(&flow.wires);
    let deepest = |right: bool| {
        let used = flow.wires.iter().zip(&lanes).filter(|(wire, _)| wire.right == right);
        used.map(|(_, lane)| lane + 1).max().unwrap_or(0)
    };
    let wires = lanes.iter().map(|lane| half + LANE * (*lane as f64 + 0.75)).collect();
    let left = deepest(false) as f64 * LANE;
    let spine = left + half + if left > 0.0 { 8.0 } else { 0.0 };
    let mut right = spine + half + deepest(true) as f64 * LANE;
    let mut branches = Vec::new();
    for branch in &flow.branches {
        let width = branch.steps.iter().map(step::width).fold(0.0, f64::max);
        let clash =
            flow.branches.iter().take(branches.len()).any(|other| other.from < branch.to && branch.from < other.to);
        let begin = if clash || branches.is_empty() { right } else { spine + half + deepest(true) as f64 * LANE };
        branches.push(begin + 16.0 + width / 2.0);
        right = right.max(begin + 16.0 + width);
    }
    Sides { spine, half, wires, branches, labels: right + LABEL_GAP }
}

/// The lane of each wire: wires of one point and one member share one, others keep clear of each other.
fn lanes(wires: &[Wire]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wires.len()).collect();
    order.sort_by_key(|index| wires[*index].to - wires[*index].from);
    let mut lanes: Vec<Option<usize>> = vec![None; wires.len()];
    for index in order {
        let wire = &wires[index];
        let free = |lane: usize| {
            wires.iter().zip(&lanes).all(|(other, taken)| {
                let apart = other.to < wire.from || wire.to < other.from || other.right != wire.right;
                *taken != Some(lane) || apart || shares(other, wire)
            })
        };
        lanes[index] = (0..=wires.len()).find(|lane| free(*lane));
    }
    lanes.into_iter().map(Option::unwrap_or_default).collect()
}

/// Whether two wires run together where both are.
fn shares(a: &Wire, b: &Wire) -> bool {
    a.from == b.from && a.paint == b.paint && a.text == b.text && a.right == b.right
}

/// The lines between steps, and the arrow out of the last.
fn connections(drawing: &mut Drawing, flow: &Flow, heights: &Heights, sides: &Sides) {
    let edge = |index: usize, sign: f64| heights.middles[index] + sign * step::height(&flow.steps[index]) / 2.0;
    for index in 1..flow.steps.len() {
        let (below, above) = (edge(index - 1, 1.0), edge(index, -1.0));
        let points = |to: f64| vec![(sides.spine, heights.total - below), (sides.spine, heights.total - to)];
        if flow.steps[index].fed_by_wire {
            drawing.line(points(heights.points[index]), Paint::Base, false);
        } else {
            drawing.line(
                points(above),
                Paint::Base,
                index + 1 == flow.steps.len() || flow.steps[index].shape != Shape::Text,
            );
        }
    }
}

fn draw_wire(
    drawing: &mut Drawing,
    flow: &Flow,
    (wire, is_named): (&Wire, bool),
    heights: &Heights,
    sides: &Sides,
    lane: f64,
) {
    let Some(step) = flow.steps.get(wire.to) else { return };
    let up = |height: f64| heights.total - height;
    let sign = if wire.right { 1.0 } else { -1.0 };
    let x = sides.spine + sign * lane;
    let (from, to) = (heights.points[wire.from], heights.middles[wire.to]);
    let end = sides.spine + sign * step::half_width(step, 2.0 * sides.half);
    let points = vec![(sides.spine, up(from)), (x, up(from)), (x, up(to)), (end, up(to))];
    drawing.line(points, wire.paint, true);
    if is_named && !wire.text.is_empty() {
        let style = match wire.paint {
            Paint::Member(member) => Style::Member(member),
            _ => Style::Muted,
        };
        let width = font::width(style, &wire.text);
        // At its lower end, where no other wire that ends in the same step can be.
        let x = if wire.right { x + 4.0 } else { x - 4.0 - width };
        drawing.text(x, up(from + 14.0), line(style, wire.text.clone()));
    }
}

fn draw_branch(
    drawing: &mut Drawing,
    branch: &Branch,
    heights: &Heights,
    sides: &Sides,
    middle: f64,
    labels: &mut Vec<(f64, Vec<Line>)>,
) {
    let up = |height: f64| heights.total - height;
    let (from, to) = (heights.points[branch.from], heights.middles[branch.to]);
    let mut at = from;
    // What is over is shared out below and above.
    let spare = (to - from - branch_height(branch) - 12.0).max(0.0) / 2.0;
    let mut previous = vec![(sides.spine, up(from)), (middle, up(from))];
    at += spare;
    for step in &branch.steps {
        at += GAP - 2.0;
        let height = step::height(step);
        previous.push((middle, up(at)));
        drawing.line(std::mem::take(&mut previous), branch.paint, true);
        let centre = up(at + height / 2.0);
        step::draw(drawing, step, (middle, centre), step::width(step));
        labels.push((centre, wrapped(&step.label)));
        at += height;
        previous.push((middle, up(at)));
    }
    previous.extend([(middle, up(to)), (sides.spine + step::SIGN, up(to))]);
    drawing.line(previous, branch.paint, true);
}

/// Puts the labels beside their steps, as near as others let them; where the rightmost ends.
fn place_labels(drawing: &mut Drawing, mut labels: Vec<(f64, Vec<Line>)>, x: f64) -> f64 {
    labels.retain(|(_, lines)| !lines.is_empty());
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = |lines: &[Line]| lines.len() as f64 * LINE / 2.0;
    // Down from the top, then up from the bottom, so that none hangs out of the flow.
    let mut free = 0.0;
    for (middle, lines) in &mut labels {
        *middle = middle.max(free + half(lines));
        free = *middle + half(lines) + 3.0;
    }
    let mut floor = drawing.height;
    for (middle, lines) in labels.iter_mut().rev() {
        *middle = middle.min(floor - half(lines));
        floor = *middle - half(lines) - 3.0;
    }
    drawing.height = drawing.height.max(free - 3.0);
    let mut right: f64 = 0.0;
    for (middle, lines) in labels {
        let mut y = middle - half(&lines) + LINE / 2.0;
        for line in lines {
            right = right.max(x + font::line_width(&line));
            drawing.text(x, y, line);
            y += LINE;
        }
    }
    right
}

/// The background of a flow's frame.
pub(super) fn frame(drawing: &mut Drawing, (left, top, right, bottom): (f64, f64, f64, f64)) {
    drawing.rect((left, top, right - left, bottom - top), 10.0, Fill::Frame);
}
