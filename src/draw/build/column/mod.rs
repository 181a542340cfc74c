//! One layer: its blocks with what the adapter adds to them, and what happens between the tokens and the first layer.

mod adapters;
mod contents;

use std::collections::BTreeSet;

use crate::dialects::adapterhub::modules::Module;
use crate::dialects::adapterhub::slots::{Placed, Site};
use crate::draw::build::base::LayerStack;
use crate::draw::build::block::{Block, Handed, Residual, Wrapping};
use crate::draw::build::words::{self, Sizer};
use crate::draw::build::{Kind, Plan};
use crate::draw::scene::{Column, Flow, Line, Paint, Shape, Step, Style, Wire, key, line};
use crate::methods::coupling::Kind as Coupled;

/// A layer that is being drawn.
struct Layer<'l> {
    plan: &'l Plan<'l>,
    stack: &'l LayerStack<'l>,
    kind: &'l Kind<'l>,
    flow: Flow,
    notes: &'l mut Vec<String>,
    /// The point behind the norm that the attention reads, where the feed-forward block reads it as well.
    normed: Option<usize>,
}

impl Plan<'_> {
    /// The layers of a kind; the first one drawn of a stack stands on the embeddings.
    pub(super) fn column(
        &self,
        stack: &LayerStack<'_>,
        kind: &Kind<'_>,
        is_first: bool,
        notes: &mut Vec<String>,
    ) -> Column {
        let mut layer = Layer { plan: self, stack, kind, flow: Flow::default(), notes, normed: None };
        if is_first {
            layer.embeddings();
        } else {
            layer.flow.push(Step::new(Shape::Text, Paint::Base, "from the layer before"));
        }
        let first = layer.flow.top();
        layer.block(Block::Attention);
        if stack.stack.cross_attention {
            layer.block(Block::Cross);
        }
        layer.block(Block::FeedForward);
        layer.reft();
        let last = layer.flow.top() - 1;
        layer.flow.push(Step::new(Shape::Text, Paint::Base, "to the next layer"));
        layer.flow.frame = Some((first, last));
        Column { heading: stack.heading.to_owned(), layers: self.layers(stack, kind), flow: layer.flow }
    }

    /// Which layers of a stack are like this, in words, by the numbers that configs use.
    fn layers(&self, stack: &LayerStack<'_>, kind: &Kind<'_>) -> String {
        let numbers: BTreeSet<u64> = kind.layers.iter().map(|(layer, _)| layer - stack.offset).collect();
        let whole = kind.layers.len() as u64 == stack.layers;
        let all = stack.numbers();
        let said = words::layers(&numbers, &all, self.open);
        if kind.layers.iter().all(|(_, at)| at.is_empty()) {
            return format!("{said}: as in the base model");
        }
        if whole || said.starts_with("every") || !self.is_untouched(stack, kind) {
            return said;
        }
        let others = all.clone().filter(|layer| !numbers.contains(layer)).collect();
        format!("{said}; {} as in the base model", words::layers(&others, &all, self.open))
    }

    /// Whether the other layers of the stack have no module at all.
    fn is_untouched(&self, stack: &LayerStack<'_>, kind: &Kind<'_>) -> bool {
        let of_kind: BTreeSet<u64> = kind.layers.iter().map(|(layer, _)| *layer).collect();
        (stack.first..stack.first + stack.layers)
            .filter(|layer| !of_kind.contains(layer))
            .all(|layer| !self.placed.iter().any(|placed| super::reaches(placed, layer)))
    }
}

impl<'l> Layer<'l> {
    /// From the tokens to the first layer.
    fn embeddings(&mut self) {
        let whole = |site: Site| self.plan.placed.iter().find(move |placed| placed.site == site);
        let (invertible, prompt) = (whole(Site::Invertible), whole(Site::Prompt));
        self.flow.push(Step::new(Shape::Box, Paint::Base, "Embeddings"));
        if let Some(Placed { module: Module::Coupling(coupling), member, .. }) =
            invertible.filter(|_| self.stack.invertible)
        {
            let (half, _) = coupling.halves();
            let name = |size: usize| self.plan.sizes.name(size);
            let width = coupling.width_of(half).map_or_else(String::new, name);
            let kind = format!("\"{:?}\"", coupling.kind).to_lowercase();
            let (outputs, parts) = match coupling.kind {
                Coupled::Nice => (half, ""),
                Coupled::Glow => (half.saturating_mul(2), ", s and t"),
            };
            let label = [
                key("inv_adapter", &kind),
                line(Style::Plain, format!("each half {} → {width} → {}{parts}", name(half), name(outputs))),
                line(Style::Muted, "undone before the language-modelling head"),
            ];
            let step = Step::new(Shape::Box, Paint::Member(*member), "Invertible adapter").with(label);
            self.flow.push(step.marked("invertible", *member));
        }
        if let Some(Placed { module: Module::Prompt(prompt), member, .. }) = prompt {
            let order = if prompt.after_first { "[e₁ ; P ; e₂ …]" } else { "[P ; e₁ e₂ …]" };
            let size = self.plan.sizes.name(prompt.embedding);
            let label = [
                key("prompt_length", &prompt.length.to_string()),
                line(Style::Plain, format!("P  {} × {size}", prompt.length)),
            ];
            let step = Step::new(Shape::Box, Paint::Member(*member), format!("Prompt  {order}")).with(label);
            self.flow.push(step.marked("prompt", *member));
        }
    }

    fn block(&mut self, block: Block) {
        let row = self.stack.model.support.expect("a model with layers is of a known type");
        let wrapping = block.wrapping(row);
        let input = self.flow.top();
        if wrapping.entrance {
            self.flow.push(Step::new(Shape::Box, Paint::Norm, "Norm"));
            if block == Block::Attention {
                self.normed = Some(self.flow.top());
            }
        }
        let mut step = self.block_step(block);
        if wrapping.beside {
            step.fed_by_wire = true;
        }
        let at = self.flow.push(step);
        if let (true, Some(normed)) = (wrapping.beside, self.normed) {
            self.wire(normed, at, Paint::Norm, "", false);
        }
        let residual = match wrapping.residual {
            Residual::Input => Some(input),
            Residual::Normed => Some(at),
            Residual::None => None,
        };
        let adapter = self.adapter(block);
        match adapter {
            Some(adapter) => self.adapted(block, wrapping, (input, residual), adapter),
            None => {
                self.ghost(block);
                self.rest(wrapping, input, true);
            }
        }
        if wrapping.behind {
            let text = "Norm";
            self.flow.push(Step::new(Shape::Box, Paint::Norm, text));
        }
    }

    /// The model's own norm on the output, and its residual sum, where no adapter does it.
    fn rest(&mut self, wrapping: Wrapping, input: usize, sums: bool) {
        if wrapping.output {
            self.flow.push(Step::new(Shape::Box, Paint::Norm, "Norm"));
        }
        if sums {
            let sum = self.sum(wrapping.handed == Some(Handed::Own), &[]);
            self.wire(input, sum, Paint::Base, "x", false);
        }
    }

    /// A residual sum, with the norm behind it if the model has one there.
    fn sum(&mut self, norm: bool, label: &[Line]) -> usize {
        let step = if norm {
            Step::new(Shape::Box, Paint::Norm, "Add & Norm")
        } else {
            Step::new(Shape::Sum, Paint::Base, "")
        };
        self.flow.push(step.with(label.iter().cloned()))
    }

    fn wire(&mut self, from: usize, to: usize, paint: Paint, text: &str, right: bool) {
        self.flow.wires.push(Wire { from, to, paint, text: text.to_owned(), right });
    }

    /// The modules that are wanted, with the numbers of their layers as configs have them.
    fn modules(&self, wanted: impl Fn(&Placed) -> bool) -> Vec<(u64, &'l Placed)> {
        let offset = self.stack.offset;
        let kind: &'l Kind<'l> = self.kind;
        let numbered =
            kind.layers.iter().flat_map(|(layer, at)| at.iter().map(move |placed| (layer - offset, *placed)));
        numbered.filter(|(_, placed)| wanted(placed)).collect()
    }

    fn sizer(&self) -> Sizer {
        Sizer { sizes: self.plan.sizes, open: self.plan.open, all: self.stack.numbers() }
    }
}
