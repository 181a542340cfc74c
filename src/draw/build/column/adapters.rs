//! The adapters of a layer.

use super::Layer;
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::Module;
use crate::dialects::adapterhub::sites::CrossKey;
use crate::dialects::adapterhub::slots::Site;
use crate::draw::build::block::{Block, Handed, Wrapping};
use crate::draw::build::words;
use crate::draw::scene::{Branch, Paint, Shape, Step, Style, key, line};
use crate::methods::bottleneck as bn;

impl<'l> Layer<'l> {
    /// The bottleneck adapter behind a block, in each layer of this kind.
    pub(super) fn adapter(&self, block: Block) -> Option<Vec<(u64, &'l bn::Architecture, usize)>> {
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

    /// The key of bottleneck adapters behind a block of this model.
    pub(super) fn place_key(&self, block: Block) -> &'static str {
        match (block, self.stack.sites.cross_adapters) {
            (Block::Cross, Some((_, CrossKey::MhAdapter))) => "mh_adapter",
            _ => block.place(),
        }
    }

    /// What could be here.
    pub(super) fn ghost(&mut self, block: Block) {
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

    pub(super) fn adapted(
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

    pub(super) fn sequential(
        &mut self,
        adapter: &bn::Architecture,
        member: usize,
        glyph: Step,
        wrapping: Wrapping,
        residual: Option<usize>,
    ) {
        let output = self.flow.top();
        let summed = residual.filter(|_| adapter.original_ln_before);
        let summed = summed.and_then(|residual| self.original_norm(adapter, wrapping, residual));
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
        let sum = self.residual_sum(adapter, member);
        if let Some(from) = from {
            self.wire(from, sum, Paint::Member(member), "r", true);
        }
    }

    /// The block's own residual and layer norm before the adapter. Gives where the sum is, if it stands by itself.
    fn original_norm(&mut self, adapter: &bn::Architecture, wrapping: Wrapping, residual: usize) -> Option<usize> {
        let mut label = vec![key("original_ln_before", "true")];
        if let Some(Handed::Elsewhere(whose)) = wrapping.handed {
            label.push(line(Style::Muted, format!("N: {whose}")));
        }
        let is_apart = adapter.residual == bn::Residual::Sum && wrapping.handed.is_some();
        let (sum, summed) = if is_apart {
            let sum = self.sum(false, &[]);
            let summed = self.flow.top();
            self.flow.push(Step::new(Shape::Box, Paint::Norm, "Norm").with(label));
            (sum, Some(summed))
        } else {
            (self.sum(wrapping.handed.is_some(), &label), None)
        };
        self.wire(residual, sum, Paint::Base, "x", false);
        summed
    }

    /// The sum with the adapter's residual, before or behind its own layer norm.
    fn residual_sum(&mut self, adapter: &bn::Architecture, member: usize) -> usize {
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
        let sum = Step::new(Shape::Sum, Paint::Member(member), "").with(label);
        if adapter.ln_after && !adapter.residual_before_ln_after {
            self.flow.push(own_norm(member, "ln_after"));
            return self.flow.push(sum);
        }
        let sum = self.flow.push(sum);
        if adapter.ln_after {
            self.flow.push(own_norm(member, "ln_after"));
        }
        sum
    }

    pub(super) fn parallel(&mut self, adapter: &bn::Architecture, member: usize, glyph: Step, residual: Option<usize>) {
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
    pub(super) fn reft(&mut self) {
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
}

/// A layer norm of the adapter's own.
fn own_norm(member: usize, name: &str) -> Step {
    Step::new(Shape::Box, Paint::Member(member), "Norm").with([key(name, "true")])
}

/// Whether the block's input is still in the stream behind the adapter, though nothing adds it there.
fn stays(adapter: &bn::Architecture) -> bool {
    !adapter.parallel && adapter.original_ln_before && adapter.residual != bn::Residual::BlockOutput
}
