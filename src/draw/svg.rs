//! SVG.

use std::fmt::Write as _;

use super::drawing::{Drawing, Fill, Item, Outline, Text};
use super::scene::{Paint, Scene, Style};
use super::theme::{Colours, Theme};

/// The fonts, narrower ones than the layout is made for first. The last are those that our own pixels have.
const SANS: &str = r#"system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif"#;
const MONO: &str = r#"ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace"#;

/// The text of an SVG file. Without a theme it follows the reader's.
#[must_use]
pub fn write(scene: &Scene, drawing: &Drawing, theme: Option<Theme>) -> String {
    let (width, height) = (number(drawing.width), number(drawing.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title description\">\n"
    );
    // Writing to a string does not fail.
    let _ = writeln!(out, "<title id=\"title\">{}</title>", escaped(&scene.title));
    let _ = writeln!(out, "<desc id=\"description\">{}</desc>", escaped(&scene.description));
    style(&mut out, theme);
    let _ = writeln!(out, "<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>");
    for item in &drawing.items {
        write_item(&mut out, item);
    }
    out.push_str("</svg>\n");
    out
}

fn style(out: &mut String, theme: Option<Theme>) {
    out.push_str("<style>\n");
    let _ = writeln!(out, "text {{ font-family: {SANS}; font-size: {}px; }}", Style::Plain.size());
    let sizes = [("d", Style::Muted), ("k", Style::Key), ("h", Style::Heading), ("t", Style::Title)];
    for (class, style) in sizes.into_iter().chain([("w", Style::Warning), ("m", Style::Member(0))]) {
        let family = if class == "k" { format!(" font-family: {MONO};") } else { String::new() };
        let weight = if matches!(class, "h" | "t" | "m") { " font-weight: bold;" } else { "" };
        let _ = writeln!(out, ".{class} {{ font-size: {}px;{family}{weight} }}", style.size());
    }
    out.push_str(".c { text-anchor: middle; }\n.l { fill: none; stroke-width: 1.5; }\n");
    out.push_str(".a, .o { stroke-width: 1.2; }\n.g { stroke-dasharray: 4 3; }\n");
    colours(out, theme.unwrap_or(Theme::Light).colours());
    if theme.is_none() {
        out.push_str("@media (prefers-color-scheme: dark) {\n");
        colours(out, Theme::Dark.colours());
        out.push_str("}\n");
    }
    out.push_str("</style>\n");
}

fn colours(out: &mut String, colours: &Colours) {
    let Colours { page, frame, edge, text, muted, key, warning, .. } = colours;
    let _ = writeln!(out, ".page {{ fill: #{page}; }}\n.f {{ fill: #{frame}; stroke: #{edge}; }}");
    let _ = writeln!(out, "text {{ fill: #{text}; }}\n.d {{ fill: #{muted}; }}\n.k {{ fill: #{key}; }}");
    let _ = writeln!(out, ".w {{ fill: #{warning}; }}\n.o {{ fill: #{page}; }}");
    let paints = [Paint::Base, Paint::Norm, Paint::Ghost].into_iter();
    for paint in paints.chain((0..colours.members.len()).map(Paint::Member)) {
        let (name, tint) = (class(paint), colours.of(paint));
        let (fill, stroke) = (tint.fill, tint.stroke);
        // Lines of the base model are as dark as text.
        let line = if paint == Paint::Base { text } else { stroke };
        let _ = writeln!(out, ".a.{name} {{ fill: #{fill}; stroke: #{stroke}; }}");
        let _ = writeln!(out, ".o.{name}, .l.{name} {{ stroke: #{line}; }}\n.p.{name}, .m.{name} {{ fill: #{line}; }}");
    }
}

fn class(paint: Paint) -> String {
    match paint {
        Paint::Base => "b".to_owned(),
        Paint::Norm => "n".to_owned(),
        Paint::Ghost => "g".to_owned(),
        Paint::Member(member) => format!("m{}", member % Theme::Light.colours().members.len()),
    }
}

fn write_item(out: &mut String, item: &Item) {
    match item {
        Item::Area { outline, fill } => {
            let class = match fill {
                Fill::Frame => "f".to_owned(),
                Fill::Part(paint) => format!("a {}", class(*paint)),
                Fill::Operator(paint) => format!("o {}", class(*paint)),
            };
            area(out, outline, &class);
        }
        Item::Line { points, paint, arrow } => {
            let class = class(*paint);
            let _ = writeln!(out, "<path class=\"l {class}\" d=\"{}\"/>", path(points));
            if let (true, Some(head)) = (*arrow, arrowhead(points)) {
                let _ = writeln!(out, "<path class=\"p {class}\" d=\"{}Z\"/>", path(&head));
            }
        }
        Item::Text(text) => write_text(out, text),
    }
}

fn area(out: &mut String, outline: &Outline, class: &str) {
    let _ = match outline {
        Outline::Rect(x, y, width, height, radius) => {
            let [x, y, width, height, radius] = [x, y, width, height, radius].map(|value| number(*value));
            writeln!(
                out,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>"
            )
        }
        Outline::Circle(x, y, radius) => {
            let [x, y, radius] = [x, y, radius].map(|value| number(*value));
            writeln!(out, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>")
        }
        Outline::Corners(corners) => writeln!(out, "<path class=\"{class}\" d=\"{}Z\"/>", path(corners)),
    };
}

fn path(points: &[(f64, f64)]) -> String {
    let point = |(index, (x, y)): (usize, &(f64, f64))| {
        format!("{}{} {}", if index == 0 { "M" } else { "L" }, number(*x), number(*y))
    };
    points.iter().enumerate().map(point).collect()
}

/// A triangle whose tip is the line's end.
fn arrowhead(points: &[(f64, f64)]) -> Option<[(f64, f64); 3]> {
    let [.., (from_x, from_y), (x, y)] = points else { return None };
    let length = (x - from_x).hypot(y - from_y).max(1e-9);
    let (right, down) = ((x - from_x) / length, (y - from_y) / length);
    let (back_x, back_y) = (x - 7.0 * right, y - 7.0 * down);
    Some([(*x, *y), (back_x - 3.6 * down, back_y + 3.6 * right), (back_x + 3.6 * down, back_y - 3.6 * right)])
}

fn write_text(out: &mut String, text: &Text) {
    let middle = if text.middle { " class=\"c\"" } else { "" };
    let _ = write!(out, "<text{middle} x=\"{}\" y=\"{}\">", number(text.x), number(text.y));
    for span in &text.line {
        let class = match span.style {
            Style::Plain => None,
            Style::Muted => Some("d".to_owned()),
            Style::Key => Some("k".to_owned()),
            Style::Heading => Some("h".to_owned()),
            Style::Title => Some("t".to_owned()),
            Style::Warning => Some("w".to_owned()),
            Style::Member(member) => Some(format!("m {}", class(Paint::Member(member)))),
        };
        let words = escaped(&span.text);
        let _ = match class {
            Some(class) => write!(out, "<tspan class=\"{class}\">{words}</tspan>"),
            None => write!(out, "{words}"),
        };
    }
    out.push_str("</text>\n");
}

/// At most two decimals, none that are zero.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as XML may hold it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in crate::report::one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
