//! What is said of modules.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::base::Sizes;
use crate::dialects::adapterhub::modules::Module;
use crate::draw::scene::{Column, Flow, Line, Paint, Panel, Shape, Step, Style, line};
use crate::findings::fold;
use crate::methods::lora;

/// No label has more lines for sizes that differ by layer.
const MOST_SIZES: usize = 4;

/// Names sizes, also where they differ by layer.
pub(super) struct Sizer {
    pub(super) sizes: Sizes,
    pub(super) open: bool,
    /// The numbers of the stack's layers.
    pub(super) all: RangeInclusive<u64>,
}

/// The method of a module.
pub(super) fn method(module: &Module) -> String {
    let name = match module {
        Module::Bottleneck(adapter) => match (adapter.hypercomplex.is_some(), adapter.parallel) {
            (true, false) => "Compacter",
            (true, true) => "parallel Compacter",
            (false, true) => "parallel bottleneck adapter",
            (false, false) => "bottleneck adapter",
        },
        Module::Lora(lora) if lora.magnitude => "DoRA",
        Module::Lora(_) => "LoRA",
        Module::Vera(vera) if vera.0.magnitude => "DVoRA",
        Module::Vera(_) => "VeRA",
        Module::MtlLora(_) => "MTL-LoRA",
        Module::Ia3(_) => "(IA)³",
        Module::Prefix(_) | Module::PrefixGate { .. } => "prefix tuning",
        Module::Prompt(_) => "prompt tuning",
        Module::Reft(reft) if reft.orthogonal => "LoReFT",
        Module::Reft(_) => "ReFT",
        Module::Coupling(_) => "invertible adapter",
        Module::Fusion(_) => "AdapterFusion",
    };
    name.to_owned()
}

/// Sizes on the way through a module.
pub(super) fn route(sizes: Sizes, all: &[usize]) -> String {
    all.iter().map(|size| sizes.name(*size)).collect::<Vec<_>>().join(" → ")
}

/// The low-rank update that a module is.
pub(super) fn low_rank(module: &Module) -> Option<&lora::Architecture> {
    match module {
        Module::Lora(lora) => Some(lora),
        Module::Vera(vera) => Some(&vera.0),
        Module::MtlLora(mtl) => Some(&mtl.lora),
        _ => None,
    }
}

/// The sizes of an update of a weight.
pub(super) fn update(sizes: Sizes, module: &Module) -> String {
    if let Module::Ia3(ia3) = module {
        return format!("⊙ l,  {} numbers", sizes.name(ia3.outputs));
    }
    let Some(lora) = low_rank(module) else { return String::new() };
    let through =
        if lora.groups > 1 { format!("{} × {}", lora.groups, sizes.name(lora.rank)) } else { sizes.name(lora.rank) };
    format!("{} → {through} → {}", sizes.name(lora.inputs), sizes.name(lora.outputs))
}

/// Things in words: `q, k and v`.
pub(super) fn and(things: &[&str]) -> String {
    match things {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Layers of a stack in words, by their numbers, of which the stack has those in `all`. Where its last layer stands for
/// all others, they are told by those that are not among them.
pub(super) fn layers(numbers: &BTreeSet<u64>, all: &RangeInclusive<u64>, open: bool) -> String {
    if !open || !numbers.contains(all.end()) {
        return fold::layers(numbers).unwrap_or_else(|| "no layer".to_owned());
    }
    let others: BTreeSet<u64> = all.clone().filter(|layer| !numbers.contains(layer)).collect();
    if others.is_empty() { "every layer".to_owned() } else { format!("every layer but {}", fold::ranges(&others)) }
}

impl Sizer {
    /// What is said of each layer, once for those that are alike.
    pub(super) fn each(&self, all: impl IntoIterator<Item = (u64, String)>) -> Vec<Line> {
        let mut groups: Vec<(String, BTreeSet<u64>)> = Vec::new();
        for (layer, text) in all {
            match groups.iter_mut().find(|(known, _)| *known == text) {
                Some((_, layers)) => _ = layers.insert(layer),
                None => groups.push((text, [layer].into())),
            }
        }
        if let [(text, _)] = &groups[..] {
            return vec![line(Style::Plain, text.clone())];
        }
        let more = groups.len().saturating_sub(MOST_SIZES);
        let mut lines: Vec<Line> = groups
            .into_iter()
            .take(MOST_SIZES)
            .map(|(text, layers)| {
                line(Style::Plain, format!("{text}  in {}", self::layers(&layers, &self.all, self.open)))
            })
            .collect();
        if more > 0 {
            lines.push(line(Style::Muted, format!("and {more} other widths in other layers")));
        }
        lines
    }
}

/// The picture in words.
pub(super) fn describe(
    title: &str,
    facts: &[String],
    columns: &[Column],
    panels: &[Panel],
    notes: &[String],
) -> String {
    let mut text = format!("What the adapter config {title} does to a Transformer layer");
    for fact in facts {
        text += &format!(", {fact}");
    }
    text += ".";
    for column in columns {
        text += &format!(" {} ({}), from its input upwards: ", column.heading, column.layers);
        text += &flow(&column.flow);
        text += ".";
    }
    for panel in panels {
        text += &format!(" {}: {}.", panel.heading, flow(&panel.flow));
        let (active, idle): (Vec<_>, Vec<_>) = panel.keys.iter().partition(|key| key.idle.is_none());
        let said = |keys: Vec<&crate::draw::scene::Key>| {
            keys.iter().map(|key| format!("{} {}", key.name, key.value)).collect::<Vec<_>>().join(", ")
        };
        if !active.is_empty() {
            text += &format!(" Keys: {}.", said(active));
        }
        if !idle.is_empty() {
            text += &format!(" Without effect: {}.", said(idle));
        }
    }
    for note in notes {
        text += &format!(" {note}");
    }
    text
}

fn flow(flow: &Flow) -> String {
    let mut said = Vec::new();
    for (index, step) in flow.steps.iter().enumerate() {
        for branch in flow.branches.iter().filter(|branch| branch.to == index) {
            let steps: Vec<String> = branch.steps.iter().map(named).collect();
            said.push(format!("beside it {}", steps.join(", ")));
        }
        let carried: Vec<&str> =
            flow.wires.iter().filter(|wire| wire.to == index).map(|wire| wire.text.as_str()).collect();
        let mut text = named(step);
        if matches!(step.shape, Shape::Sum) && !carried.is_empty() {
            text = format!("sum with {}", and(&carried));
        }
        said.push(text);
    }
    said.join("; ")
}

fn named(step: &Step) -> String {
    let mut text = match (step.shape, step.paint) {
        (Shape::Sum, _) => "sum".to_owned(),
        (Shape::Product, _) => "product".to_owned(),
        (_, Paint::Member(_)) if step.text == "Norm" => "norm of the adapter's own".to_owned(),
        (_, Paint::Ghost) => format!("not used: {}", step.text),
        _ => step.text.clone(),
    };
    let label: Vec<String> =
        step.label.iter().map(|line| line.iter().map(|span| span.text.as_str()).collect::<String>()).collect();
    if !label.is_empty() {
        text += &format!(" ({})", label.join(", "));
    }
    text
}
