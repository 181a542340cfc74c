//! The inside of each member's module.

use super::Plan;
use super::words::{self, route};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::Module;
use crate::dialects::adapterhub::slots::{Placed, Site};
use crate::draw::scene::{Branch, Flow, Key, Line, Paint, Panel, Shape, Step, Style, Wire, key, line};
use crate::methods::{bottleneck as bn, lora, reft};

impl Plan<'_> {
    /// A panel for each member.
    pub(super) fn panels(&self, notes: &mut Vec<String>) -> Vec<Panel> {
        let mut panels = Vec::new();
        let keys = self.keys();
        for (member, config) in self.members.iter().enumerate() {
            let own = |placed: &&Placed| placed.member == member;
            let is_inside =
                |placed: &&Placed| !matches!(placed.site, Site::PrefixGate { .. } | Site::Shared | Site::Invertible);
            let module = self.placed.iter().filter(own).find(is_inside).map(|placed| &placed.module);
            let keys = keys.get(member).cloned().unwrap_or_default();
            let said = |name: &str| keys.iter().find(|key| key.name == name).map(|key| key.value.clone());
            let heading = match module {
                Some(module) => words::method(module),
                None => of_config(config).to_owned(),
            };
            let flow = module.map_or_else(Flow::default, |module| self.inside(module, member, &said));
            if module.is_none() && !matches!(config, MemberConfig::Bottleneck(config) if config.inv_adapter.is_some()) {
                notes.push(format!("The {heading} adapts nothing here."));
            }
            if let Some(Module::Reft(reft)) = module {
                notes.extend(self.of_interventions(member, reft));
            }
            panels.push(Panel { heading, member, flow, keys: keys.clone() });
            if let Some(Placed { module: module @ Module::Coupling(_), .. }) =
                self.placed.iter().filter(own).find(|placed| placed.site == Site::Invertible)
            {
                let flow = self.inside(module, member, &said);
                panels.push(Panel { heading: words::method(module), member, flow, keys: Vec::<Key>::new() });
                if matches!(module, Module::Coupling(coupling) if coupling.kind == crate::methods::coupling::Kind::Glow)
                {
                    notes.push("`inv_adapter` \"glow\" can be added, but its forward pass fails.".to_owned());
                }
            }
        }
        panels
    }

    fn inside(&self, module: &Module, member: usize, said: &dyn Fn(&str) -> Option<String>) -> Flow {
        let inside = Inside { plan: self, member, said };
        match module {
            Module::Bottleneck(adapter) => inside.bottleneck(adapter),
            Module::Lora(lora) => inside.lora(lora, &[("A", Shape::Down), ("B", Shape::Up)], &[]),
            Module::Vera(vera) => {
                let label = line(Style::Muted, "A and B random, shared, frozen");
                let steps = [("A", Shape::Down), ("Λ_d", Shape::Box), ("B", Shape::Up), ("Λ_b", Shape::Box)];
                inside.lora(&vera.0, &steps, &[label])
            }
            Module::MtlLora(mtl) => {
                let up = if mtl.up_projections == 1 { "B" } else { "Σᵢ wᵢ Bᵢ" };
                let steps = [("A", Shape::Down), ("Λ of the task", Shape::Box), (up, Shape::Up)];
                inside.lora(&mtl.lora, &steps, &[])
            }
            Module::Ia3(ia3) => inside.scaling(ia3.gates > 0),
            Module::Prefix(prefix) => {
                let width = self.sizes.name(prefix.heads.saturating_mul(prefix.head_size));
                let gated = self
                    .placed
                    .iter()
                    .any(|placed| placed.member == member && matches!(placed.site, Site::PrefixGate { .. }));
                inside.prefix(prefix, &width, gated)
            }
            Module::Prompt(_) => inside.own(&["P, trained directly"]),
            Module::Reft(reft) => inside.reft(reft),
            Module::Coupling(coupling) if coupling.kind == crate::methods::coupling::Kind::Nice => {
                inside.own(&["y₁ = e₁ + F(e₂)", "y₂ = e₂ + G(y₁)"])
            }
            Module::Coupling(_) => inside.own(&["y₁ = e(s₂) ⊙ e₁ + t₂", "y₂ = e(s₁) ⊙ e₂ + t₁"]),
            Module::PrefixGate { .. } | Module::Fusion(_) => Flow::default(),
        }
    }
}

/// What a member would be if it had a module.
fn of_config(config: &MemberConfig) -> &'static str {
    match config {
        MemberConfig::Bottleneck(_) => "bottleneck adapter",
        MemberConfig::PrefixTuning(_) => "prefix tuning",
        MemberConfig::PromptTuning(_) => "prompt tuning",
        MemberConfig::Lora(_) => "LoRA",
        MemberConfig::MtlLora(_) => "MTL-LoRA",
        MemberConfig::Reft(_) => "ReFT",
    }
}

/// A module that is being taken apart.
struct Inside<'i> {
    plan: &'i Plan<'i>,
    member: usize,
    said: &'i dyn Fn(&str) -> Option<String>,
}

impl Inside<'_> {
    fn paint(&self) -> Paint {
        Paint::Member(self.member)
    }

    fn step(&self, shape: Shape, text: &str) -> Step {
        Step::new(shape, self.paint(), text)
    }

    /// A key with its value.
    fn key(&self, name: &str) -> Line {
        key(name, &(self.said)(name).unwrap_or_default())
    }

    /// Steps in boxes.
    fn own(&self, texts: &[&str]) -> Flow {
        let steps = texts.iter().map(|text| self.step(Shape::Box, text)).collect();
        Flow { steps, ..Flow::default() }
    }

    fn bottleneck(&self, adapter: &bn::Architecture) -> Flow {
        let mut flow = Flow::default();
        let input = match (adapter.ln_before, adapter.gating) {
            (true, true) => "input, before the adapter's norm",
            (true, false) => "behind the adapter's norm",
            (false, _) => "input",
        };
        flow.push(Step::new(Shape::Text, Paint::Base, input));
        let entered = flow.top();
        // A gate reads what comes to the norm, which is therefore shown once more.
        if adapter.ln_before && adapter.gating {
            flow.push(self.step(Shape::Box, "Norm").with([key("ln_before", "true")]));
        }
        let sizes = self.plan.sizes;
        let uniform = self
            .plan
            .placed
            .iter()
            .filter(|placed| placed.member == self.member && placed.site != Site::Shared)
            .all(|placed| !matches!(&placed.module, Module::Bottleneck(other) if other.width != adapter.width));
        let width = if uniform { sizes.name(adapter.width) } else { "m".to_owned() };
        let hidden = sizes.name(adapter.hidden);
        let mut down = vec![line(Style::Plain, format!("{hidden} → {width}"))];
        let mut up = vec![line(Style::Plain, format!("{width} → {hidden}"))];
        if let Some(phm) = &adapter.hypercomplex {
            down.push(line(Style::Muted, format!("W = Σᵢ Cᵢ ⊗ Bᵢ, i = 1 … {}", phm.products)));
            if phm.shared_rule {
                up.push(line(Style::Muted, "Cᵢ the same in all layers"));
            }
            if phm.shared_weight {
                up.push(line(Style::Muted, "Bᵢ the same in all layers"));
            }
        }
        flow.push(self.step(Shape::Down, "W down").with(down));
        flow.push(self.step(Shape::Box, "f").with([self.key("non_linearity")]));
        flow.push(self.step(Shape::Up, "W up").with(up));
        if adapter.scaling != bn::Scaling::Constant(1.0) {
            flow.push(self.step(Shape::Product, "").with([self.key("scaling")]));
        }
        if adapter.gating {
            let to = flow.push(self.step(Shape::Product, "").with(self.gate()));
            self.gate_wire(&mut flow, entered, to);
        }
        flow.push(Step::new(Shape::Text, Paint::Base, "output"));
        flow
    }

    /// What is said of a gate.
    fn gate(&self) -> [Line; 2] {
        [self.key("use_gating"), line(Style::Muted, "mean over tokens of σ(w · input + b)")]
    }

    /// From the state that a gate reads to the product with it.
    fn gate_wire(&self, flow: &mut Flow, from: usize, to: usize) {
        flow.wires.push(Wire { from, to, paint: self.paint(), text: "g".to_owned(), right: false });
    }

    /// The inputs of all weights that the member updates, in words.
    fn inputs(&self) -> String {
        let mut inputs: Vec<String> = Vec::new();
        for placed in self.plan.placed.iter().filter(|placed| placed.member == self.member) {
            let Some(lora) = words::low_rank(&placed.module) else { continue };
            let name = self.plan.sizes.name(lora.inputs);
            if !inputs.contains(&name) {
                inputs.push(name);
            }
        }
        inputs.join(" or ")
    }

    /// A weight with a low-rank update beside it.
    fn lora(&self, lora: &lora::Architecture, steps: &[(&str, Shape)], label: &[Line]) -> Flow {
        let sizes = self.plan.sizes;
        let mut flow = Flow::default();
        flow.push(Step::new(Shape::Text, Paint::Base, "input"));
        flow.push(Step::new(Shape::Box, Paint::Base, "W, frozen"));
        let mut inner: Vec<Step> = steps.iter().map(|(text, shape)| self.step(*shape, text)).collect();
        if let Some(first) = inner.first_mut() {
            first.label.push(line(Style::Plain, format!("{} → {}", self.inputs(), sizes.name(lora.rank))));
            first.label.extend(label.iter().cloned());
        }
        let scale = if lora.gates > 0 {
            let [key, gate] = self.gate();
            vec![key, gate, line(Style::Muted, "in the place of alpha / r")]
        } else {
            let value = lora.scaling();
            vec![line(Style::Plain, format!("alpha / r = {value}"))]
        };
        inner.push(self.step(Shape::Product, "").with(scale));
        let to = flow.push(self.step(Shape::Sum, ""));
        flow.branches.push(Branch { from: 1, to, steps: inner, paint: self.paint() });
        if lora.magnitude {
            let label =
                [line(Style::Plain, "m / ‖W + ΔW‖"), line(Style::Muted, "ΔW without its factor"), self.key("use_dora")];
            flow.push(self.step(Shape::Product, "").with(label));
        }
        flow.push(Step::new(Shape::Text, Paint::Base, "output"));
        flow
    }

    fn scaling(&self, gated: bool) -> Flow {
        let mut flow = Flow::default();
        flow.push(Step::new(Shape::Text, Paint::Base, "input"));
        flow.push(Step::new(Shape::Box, Paint::Base, "W, frozen"));
        let factor = if gated { "g · l, a vector" } else { "alpha · l, a vector" };
        let to = flow.push(self.step(Shape::Product, "").with([line(Style::Plain, factor)]));
        if gated {
            flow.steps[to].label.extend(self.gate());
            self.gate_wire(&mut flow, 1, to);
        }
        flow.push(Step::new(Shape::Text, Paint::Base, "output"));
        flow
    }

    fn prefix(&self, prefix: &crate::methods::prefix_tuning::Architecture, width: &str, gated: bool) -> Flow {
        let mut flow = Flow::default();
        let hidden = self.plan.sizes.name(prefix.hidden);
        match &prefix.reparameterization {
            Some(network) => {
                let label = line(Style::Plain, format!("{} × {hidden}", prefix.length));
                flow.push(self.step(Shape::Box, "E").with([label]));
                let label = line(Style::Plain, format!("{hidden} → {}", network.width));
                flow.push(self.step(Shape::Box, "W₁").with([label]));
                flow.push(self.step(Shape::Box, "f").with([self.key("non_linearity")]));
                let all = format!("{} → 2 × {} layers × {width}", network.width, self.layers(prefix.layers));
                flow.push(self.step(Shape::Up, "W₂").with([line(Style::Plain, all)]));
            }
            None => {
                let all = format!("{} × 2 × {} layers × {width}", prefix.length, self.layers(prefix.layers));
                flow.push(self.step(Shape::Box, "P").with([self.key("flat"), line(Style::Plain, all)]));
            }
        }
        if gated {
            flow.push(self.step(Shape::Product, "").with(self.gate()));
        }
        flow.push(Step::new(Shape::Text, Paint::Base, "keys and values"));
        flow
    }

    /// How many layers; as a symbol where it is not known.
    fn layers(&self, layers: usize) -> String {
        if self.plan.open { "L".to_owned() } else { layers.to_string() }
    }

    fn reft(&self, reft: &reft::Architecture) -> Flow {
        let sizes = self.plan.sizes;
        let mut flow = Flow::default();
        flow.push(Step::new(Shape::Text, Paint::Base, "layer's output h"));
        let source = [line(Style::Plain, route(sizes, &[reft.hidden, reft.rank]))];
        let subtracts = reft.subtract && !self.plan.is_direft(self.member);
        let sum = if subtracts { "f(W h + b) − R h" } else { "f(W h + b)" };
        let mut inner = vec![self.step(Shape::Down, sum).with(source)];
        let mut label = vec![line(Style::Plain, route(sizes, &[reft.rank, reft.hidden]))];
        if reft.orthogonal {
            label.push(line(Style::Muted, "rows of R orthonormal"));
        }
        inner.push(self.step(Shape::Up, "Rᵀ").with(label));
        let to = flow.push(self.step(Shape::Sum, ""));
        flow.branches.push(Branch { from: 1, to, steps: inner, paint: self.paint() });
        flow.push(Step::new(Shape::Text, Paint::Base, "to the next layer"));
        flow
    }
}
