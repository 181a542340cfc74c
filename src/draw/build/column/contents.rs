//! What stands in the blocks of a layer.

use super::Layer;
use crate::dialects::adapterhub::modules::Module;
use crate::dialects::adapterhub::sites::{Projection, Size, When};
use crate::dialects::adapterhub::slots::{Placed, Site};
use crate::draw::build::block::Block;
use crate::draw::build::{site_name, words};
use crate::draw::scene::{Chip, Line, Mark, Paint, Shape, Span, Step, Style, key, line};

/// Weights whose updates are alike: their names, and the sizes in each layer.
type Alike<'n> = (Vec<&'n str>, Vec<(u64, String)>);

impl Layer<'_> {
    /// A block of the base model, with the parts that methods change.
    pub(super) fn block_step(&self, block: Block) -> Step {
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

    pub(super) fn attention(&self, block: Block) -> (Vec<Chip>, Vec<Line>) {
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

    pub(super) fn feed_forward(&self) -> (Vec<Chip>, Vec<Line>) {
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
        let (mut chips, mut called) = (Vec::new(), Vec::new());
        for (index, linear) in linears.iter().enumerate() {
            let mut mark = None;
            for (layer, placed) in self.modules(|placed| placed.site == Site::Linear(linear.projection)) {
                mark = Some(Mark { site: placed.site.name().to_owned(), member: placed.member });
                updates.push((index, layer, placed));
            }
            let paint = mark.as_ref().map_or(Paint::Base, |mark| Paint::Member(mark.member));
            if let Some(gate) = gate(names[index]).filter(|_| telling) {
                chips.push(Chip { text: gate.to_owned(), paint: Paint::Base, mark: None, prefix: None });
            }
            let text = if telling { names[index].to_owned() } else { ["W₁", "W₂"][index.min(1)].to_owned() };
            called.push(text.clone());
            chips.push(Chip { text, paint, mark, prefix: None });
        }
        let called: Vec<&str> = called.iter().map(String::as_str).collect();
        let label = self.updates(&updates, &called);
        (chips, label)
    }

    /// Updates of weights in words: the method with the weights, and the sizes, those together that are alike.
    pub(super) fn updates(&self, updates: &[(usize, u64, &Placed)], names: &[&str]) -> Vec<Line> {
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
    pub(super) fn prefix(&self, cross: bool) -> Option<(Mark, Vec<Line>)> {
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

/// The layer that gates a feed-forward block beside this one. No method changes it.
fn gate(name: &str) -> Option<&'static str> {
    match name {
        "up_proj" => Some("gate_proj"),
        "wi_1" => Some("wi_0"),
        _ => None,
    }
}
