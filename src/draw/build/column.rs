//! One layer: its blocks with what the adapter adds to them, and what happens between the tokens and the first layer.

use std::collections::BTreeSet;

use super::base::LayerStack;
use super::block::{Block, Handed, Residual, Wrapping};
use super::words::{self, Sizer};
use super::{Kind, Plan, site_name};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::Module;
use crate::dialects::adapterhub::sites::{CrossKey, Projection, Size, When};
use crate::dialects::adapterhub::slots::{Placed, Site};
use crate::draw::scene::{Branch, Chip, Column, Flow, Line, Mark, Paint, Shape, Span, Step, Style, Wire, key, line};
use crate::methods::bottleneck as bn;

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
            let label = [
                key("inv_adapter", &kind),
                line(Style::Plain, format!("each half {} → {width} → {}", name(half), name(half))),
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

    /// The bottleneck adapter behind a block, in each layer of this kind.
    fn adapter(&self, block: Block) -> Option<Vec<(u64, &'l bn::Architecture, usize)>> {
        let site = match block {
            Block::Attention => Site::AttentionAdapters,
            Block::Cross => Site::CrossAdapters,
            Block::FeedForward => Site::OutputAdapters,
        };
        let found: Vec<_> = self
            .modules(|placed| placed.site == site)
            .into_iter()
            .filter_map(|(layer, placed)| match &placed.module {
                Module::Bottleneck(adapter) => Some((layer, &**adapter, placed.member)),
                _ => None,
            })
            .collect();
        (!found.is_empty()).then_some(found)
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

    /// The key of bottleneck adapters behind a block of this model.
    fn place_key(&self, block: Block) -> &'static str {
        match (block, self.stack.sites.cross_adapters) {
            (Block::Cross, Some((_, CrossKey::MhAdapter))) => "mh_adapter",
            _ => block.place(),
        }
    }

    /// What could be here.
    fn ghost(&mut self, block: Block) {
        let asks = |member: &MemberConfig| matches!(member, MemberConfig::Bottleneck(_));
        if !self.plan.members.iter().any(asks) || (block == Block::Cross && self.stack.sites.cross_adapters.is_none()) {
            return;
        }
        let key = self.place_key(block);
        let wanted = |member: &MemberConfig| match member {
            MemberConfig::Bottleneck(config) => match key {
                "mh_adapter" => config.mh_adapter,
                "output_adapter" => config.output_adapter,
                _ => config.cross_adapter,
            },
            _ => false,
        };
        let text =
            if self.plan.members.iter().any(wanted) { "layer left out".to_owned() } else { format!("{key} false") };
        self.flow.push(Step::new(Shape::Box, Paint::Ghost, text));
    }

    fn adapted(
        &mut self,
        block: Block,
        wrapping: Wrapping,
        (input, residual): (usize, Option<usize>),
        adapters: Vec<(u64, &bn::Architecture, usize)>,
    ) {
        let Some((_, adapter, member)) = adapters.first().copied() else { return };
        let adapter = adapter.clone();
        let sizer = self.sizer();
        let route =
            |adapter: &bn::Architecture| words::route(sizer.sizes, &[adapter.hidden, adapter.width, adapter.hidden]);
        let mut label = vec![key(self.place_key(block), "true")];
        label.extend(sizer.each(adapters.iter().map(|(layer, adapter, _)| (*layer, route(adapter)))));
        let site = match block {
            Block::Attention => "attention-adapters",
            Block::Cross => "cross-adapters",
            Block::FeedForward => "output-adapters",
        };
        if self.plan.members.len() > 1 {
            label.insert(0, line(Style::Member(member), words::method(&Module::Bottleneck(Box::new(adapter.clone())))));
        }
        let glyph = Step::new(Shape::Hourglass, Paint::Member(member), "Adapter").with(label).marked(site, member);
        if adapter.parallel {
            self.parallel(&adapter, member, glyph, residual);
        } else {
            self.sequential(&adapter, member, glyph, wrapping, residual);
        }
        if wrapping.adds_residual {
            self.rest(wrapping, input, true);
            return;
        }
        if adapter.original_ln_after {
            let norm = wrapping.handed == Some(Handed::Own);
            let sum = self.sum(norm, &[key("original_ln_after", "true")]);
            self.wire(input, sum, Paint::Base, "x", false);
        } else if !stays(&adapter) {
            let place = self.place_key(block);
            self.notes.push(format!(
                "With these keys the block's input x is not added again behind `{place}`: the layer loses its residual \
                 connection there."
            ));
        }
    }

    fn sequential(
        &mut self,
        adapter: &bn::Architecture,
        member: usize,
        glyph: Step,
        wrapping: Wrapping,
        residual: Option<usize>,
    ) {
        let paint = Paint::Member(member);
        let output = self.flow.top();
        let mut summed = None;
        if let (true, Some(residual)) = (adapter.original_ln_before, residual) {
            let mut label = vec![key("original_ln_before", "true")];
            let apart = adapter.residual == bn::Residual::Sum && wrapping.handed.is_some();
            if let Some(Handed::Elsewhere(whose)) = wrapping.handed {
                label.push(line(Style::Muted, format!("N: {whose}")));
            }
            let sum = if apart {
                let sum = self.sum(false, &[]);
                summed = Some(self.flow.top());
                self.flow.push(Step::new(Shape::Box, Paint::Norm, "Norm").with(label));
                sum
            } else {
                self.sum(wrapping.handed.is_some(), &label)
            };
            self.wire(residual, sum, Paint::Base, "x", false);
        }
        let entered = self.flow.top();
        let from = match adapter.residual {
            bn::Residual::BlockOutput => Some(output),
            bn::Residual::Sum => summed,
            bn::Residual::Input => Some(entered),
        };
        if adapter.ln_before {
            self.flow.push(own_norm(member, "ln_before"));
        }
        self.flow.push(glyph);
        if from.is_none() {
            self.notes.push(
                "`residual_before_ln` is \"post_add\", but no layer norm comes before the adapter here: its residual is \
                 never defined, and the first forward pass fails."
                    .to_owned(),
            );
        }
        let mut label = Vec::new();
        if adapter.original_ln_before {
            let value = match adapter.residual {
                bn::Residual::BlockOutput => "true",
                bn::Residual::Sum => "\"post_add\"",
                bn::Residual::Input => "false",
            };
            label.push(key("residual_before_ln", value));
        }
        if adapter.ln_after {
            label.push(key(
                "adapter_residual_before_ln",
                if adapter.residual_before_ln_after { "true" } else { "false" },
            ));
        }
        let sum = Step::new(Shape::Sum, paint, "").with(label);
        let sum = if adapter.ln_after && !adapter.residual_before_ln_after {
            self.flow.push(own_norm(member, "ln_after"));
            self.flow.push(sum)
        } else {
            let sum = self.flow.push(sum);
            if adapter.ln_after {
                self.flow.push(own_norm(member, "ln_after"));
            }
            sum
        };
        if let Some(from) = from {
            self.wire(from, sum, paint, "r", true);
        }
    }

    fn parallel(&mut self, adapter: &bn::Architecture, member: usize, glyph: Step, residual: Option<usize>) {
        let paint = Paint::Member(member);
        let mut steps = Vec::new();
        if adapter.ln_before {
            steps.push(own_norm(member, "ln_before"));
        }
        let mut glyph = glyph;
        glyph.label.push(key("is_parallel", "true"));
        steps.push(glyph);
        if adapter.ln_after {
            steps.push(own_norm(member, "ln_after"));
        }
        let to = self.flow.push(Step::new(Shape::Sum, paint, ""));
        match residual {
            Some(from) => self.flow.branches.push(Branch { from, to, steps, paint }),
            None => {
                self.flow.branches.push(Branch { from: to.saturating_sub(1), to, steps, paint });
                self.notes.push(
                    "The model hands no residual to the adapter behind the feed-forward block: a parallel one fails in \
                     the first forward pass."
                        .to_owned(),
                );
            }
        }
    }

    /// The interventions behind the layer.
    fn reft(&mut self) {
        let found: Vec<_> = self
            .modules(|placed| placed.site == Site::Reft)
            .into_iter()
            .filter_map(|(layer, placed)| match &placed.module {
                Module::Reft(reft) => Some((layer, *reft, placed.member)),
                _ => None,
            })
            .collect();
        let Some((_, reft, member)) = found.first().copied() else { return };
        let ends = [(reft.prefix, "first"), (reft.suffix, "last")].into_iter().filter(|(positions, _)| *positions > 0);
        let ends: Vec<_> = ends
            .map(|(positions, end)| match positions {
                1 => format!("the {end} position"),
                _ => format!("the {end} {positions} positions"),
            })
            .collect();
        let ends = if ends.is_empty() { "at no position".to_owned() } else { format!("at {}", ends.join(" and ")) };
        let sizes = self.plan.sizes;
        let label = [
            key("output_reft", "true"),
            line(Style::Plain, ends),
            line(Style::Plain, words::route(sizes, &[reft.hidden, reft.rank, reft.hidden])),
        ];
        let step = Step::new(Shape::Box, Paint::Member(member), "ReFT intervention").with(label);
        self.flow.push(step.marked("reft", member));
    }

    /// A block of the base model, with the parts that methods change.
    fn block_step(&self, block: Block) -> Step {
        let title = match block {
            Block::Attention => "Self-attention",
            Block::Cross => "Cross-attention",
            Block::FeedForward => "Feed-forward",
        };
        let (chips, label) = match block {
            Block::FeedForward => self.feed_forward(),
            _ => self.attention(block),
        };
        let mut step = Step::new(Shape::Box, Paint::Base, title).with(label);
        step.chips = chips;
        step
    }

    fn attention(&self, block: Block) -> (Vec<Chip>, Vec<Line>) {
        let cross = block == Block::Cross;
        let parts = if cross {
            [Projection::CrossQuery, Projection::CrossKey, Projection::CrossValue]
        } else {
            [Projection::Query, Projection::Key, Projection::Value]
        };
        let prefix = self.prefix(cross);
        let mut updates: Vec<(usize, u64, &Placed)> = Vec::new();
        let mut chips = Vec::new();
        for (index, (part, text)) in parts.into_iter().zip(["q", "k", "v"]).enumerate() {
            let mut mark = None;
            let merged = !cross;
            for (layer, placed) in self.modules(|placed| {
                placed.site == Site::Linear(part) || (merged && placed.site == Site::Linear(Projection::Merged))
            }) {
                let is_merged = placed.site == Site::Linear(Projection::Merged);
                if is_merged && !self.plan.matrices(placed.member)[index] {
                    continue;
                }
                let site = placed.site.name().to_owned();
                mark = Some(Mark { site, member: placed.member });
                updates.push((index, layer, placed));
            }
            let paint = mark.as_ref().map_or(Paint::Base, |mark| Paint::Member(mark.member));
            let prefix = prefix.as_ref().filter(|_| index > 0).map(|(mark, _)| mark.clone());
            chips.push(Chip { text: text.to_owned(), paint, mark, prefix });
        }
        let mut label = self.updates(&updates, &["q", "k", "v"]);
        if let Some((_, lines)) = prefix {
            label.extend(lines);
        }
        if cross {
            label.push(line(Style::Muted, "keys and values from the encoder"));
        }
        (chips, label)
    }

    fn feed_forward(&self) -> (Vec<Chip>, Vec<Line>) {
        let has = |when: When| match when {
            When::Gated => self.stack.stack.gated,
            When::Ungated => !self.stack.stack.gated,
            When::Always | When::Cross => true,
        };
        let all = self.stack.sites.linears.iter().filter(|linear| has(linear.when));
        // The way in comes first, whatever the library calls it.
        let mut linears: Vec<_> =
            all.filter(|linear| matches!(linear.projection, Projection::Intermediate | Projection::Output)).collect();
        linears.sort_by_key(|linear| linear.outputs == Size::Hidden);
        let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
        let names: Vec<_> = linears.iter().map(|linear| last(linear.path)).collect();
        let telling = self.plan.named && names.first() != names.last() && names.iter().all(|name| name.len() <= 12);
        let mut updates: Vec<(usize, u64, &Placed)> = Vec::new();
        let mut chips = Vec::new();
        for (index, linear) in linears.iter().enumerate() {
            let mut mark = None;
            for (layer, placed) in self.modules(|placed| placed.site == Site::Linear(linear.projection)) {
                mark = Some(Mark { site: placed.site.name().to_owned(), member: placed.member });
                updates.push((index, layer, placed));
            }
            let paint = mark.as_ref().map_or(Paint::Base, |mark| Paint::Member(mark.member));
            let text = if telling { names[index].to_owned() } else { ["W₁", "W₂"][index.min(1)].to_owned() };
            chips.push(Chip { text, paint, mark, prefix: None });
        }
        let names: Vec<String> = chips.iter().map(|chip| chip.text.clone()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let label = self.updates(&updates, &names);
        (chips, label)
    }

    /// Updates of weights in words: the method with the weights, and the sizes, those together that are alike.
    fn updates(&self, updates: &[(usize, u64, &Placed)], names: &[&str]) -> Vec<Line> {
        let mut members: Vec<usize> = updates.iter().map(|(_, _, placed)| placed.member).collect();
        members.dedup();
        let mut lines = Vec::new();
        for member in members {
            let own: Vec<_> = updates.iter().filter(|(_, _, placed)| placed.member == member).collect();
            let Some((_, _, first)) = own.first() else { continue };
            let mut groups: Vec<Alike<'_>> = Vec::new();
            for (index, name) in names.iter().enumerate() {
                let sizes: Vec<_> = own
                    .iter()
                    .filter(|(at, ..)| *at == index)
                    .map(|(_, layer, placed)| (*layer, words::update(self.plan.sizes, &placed.module)))
                    .collect();
                if sizes.is_empty() {
                    continue;
                }
                match groups.iter_mut().find(|(_, known)| *known == sizes) {
                    Some((names, _)) => names.push(name),
                    None => groups.push((vec![name], sizes)),
                }
            }
            for (names, sizes) in groups {
                let method = words::method(&first.module);
                lines.push(line(Style::Member(member), format!("{method} on {}", words::and(&names))));
                lines.extend(self.sizer().each(sizes));
            }
        }
        lines
    }

    /// The prefix of an attention block, with what is said of it.
    fn prefix(&self, cross: bool) -> Option<(Mark, Vec<Line>)> {
        let of_block = |location: &str| {
            self.stack
                .sites
                .prefixes
                .iter()
                .any(|prefix| prefix.location == location && (prefix.when == When::Cross) == cross)
        };
        let (_, placed) = self
            .modules(|placed| match &placed.site {
                Site::Prefixes { location, .. } => of_block(location),
                _ => false,
            })
            .into_iter()
            .next()?;
        let Module::Prefix(prefix) = &placed.module else { return None };
        let mark = Mark { site: site_name(&placed.site), member: placed.member };
        let gated = !self
            .modules(|other| matches!(&other.site, Site::PrefixGate { location, .. } if of_block(location)))
            .is_empty();
        let width = prefix.heads.saturating_mul(prefix.head_size);
        let mut lines = vec![
            vec![Span::new(Style::Member(placed.member), "prefix "), Span::new(Style::Plain, "before keys and values")],
            line(Style::Plain, format!("P  2 × {} × {}", prefix.length, self.plan.sizes.name(width))),
        ];
        if gated {
            lines.push(key("use_gating", "true"));
        }
        Some((mark, lines))
    }
}

/// Weights whose updates are alike: their names, and the sizes in each layer.
type Alike<'n> = (Vec<&'n str>, Vec<(u64, String)>);

/// A layer norm of the adapter's own.
fn own_norm(member: usize, name: &str) -> Step {
    Step::new(Shape::Box, Paint::Member(member), "Norm").with([key(name, "true")])
}

/// Whether the block's input is still in the stream behind the adapter, though nothing adds it there.
fn stays(adapter: &bn::Architecture) -> bool {
    !adapter.parallel && adapter.original_ln_before && adapter.residual != bn::Residual::BlockOutput
}
