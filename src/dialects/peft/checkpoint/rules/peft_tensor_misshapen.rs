use std::collections::{BTreeMap, BTreeSet};

use super::lora_rank_not_of_config::LoraRankNotOfConfig;

use crate::dialects::peft::PeftType::{Cartridge, Lora, MultitaskPromptTuning, PTuning, PrefixTuning, PromptTuning};
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::comparison::PROMPT;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::expected::{ROTATIONS, fits, of_any_size, of_rotations, shown};
use crate::dialects::peft::names::{BASE, Name, Owner};
use crate::findings::{Report, rule};
use crate::tensors::Tensor;
use crate::value::Value;

rule! {
    /// A tensor whose shape differs from the one that PEFT gives it on this base model.
    ///
    /// ## Why is this bad
    /// PEFT raises `RuntimeError: … size mismatch`. The base model has a different size, or its vocabulary was resized
    /// before training: then it has to be resized before loading, too (`resize_token_embeddings`). The matrices of
    /// AdaMSS's clusters are accepted in any shape; if those of one cluster do not fit each other, or all together have
    /// fewer rows than the weight, the forward pass raises a `RuntimeError`. Without `--model` only those sizes are known that
    /// the config gives, whatever the model is: the rows of a prompt, and at linear layers a rank, the size of a block, or a
    /// number of entries. (LoRA's rank is AL654.)
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_A.weight    [8, 5120]    on a model of width 4096
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    PeftTensorMisshapen, Error
}

impl PeftTensorMisshapen {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let Some(comparison) = facts.comparison() else {
            Self::check_prompt(facts, report);
            return Self::check_by_config(facts, report);
        };
        let of_other_rank: BTreeSet<_> =
            LoraRankNotOfConfig::found(facts).into_iter().map(|other| other.module).collect();
        // The halves of a pair that do not go together are told elsewhere, and so is a rank that is not the config's.
        let is_told = |tensor: &Tensor<'_>, wanted: &[Option<u64>]| match Name::parse(tensor.name()).owner {
            Owner::Part { module, .. } => facts.sites().get(module).is_some_and(|site| {
                let is_rank = || of_other_rank.contains(module) && site.differs_in_rank_alone(tensor, wanted);
                site.discord().is_some() || is_rank()
            }),
            _ => false,
        };
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (tensor, wanted) in &comparison.misshapen {
            if is_told(tensor, wanted) || tensor.elements() == 0 {
                continue;
            }
            let shapes = format!("the shape is {:?}, but PEFT has {}", tensor.shape(), shown(wanted));
            found.entry(shapes).or_default().push(tensor.name());
        }
        for (shapes, all) in found {
            report
                .about_tensor(Self::INFO, all[0], format!("{shapes}: {}", names(all.iter().copied())))
                .help("check that this is the base model, and whether its vocabulary was resized");
        }
    }
}

impl PeftTensorMisshapen {
    /// Without the model: whether a prompt has as many rows as the config has virtual tokens.
    fn check_prompt(facts: &Facts<'_>, report: &mut Report) {
        let (Some(file), Some(config)) = (facts.file(), facts.config()) else { return };
        let number = |key: &str| config.get(key).and_then(Value::as_i64);
        // Of a model of two parts each has its own; a config that was saved says how many there are.
        let rows = match facts.method() {
            Some(PrefixTuning | Cartridge) => number("num_virtual_tokens"),
            Some(PromptTuning | PTuning | MultitaskPromptTuning) => {
                number("num_virtual_tokens").zip(number("num_transformer_submodules")).map(|(a, b)| a.saturating_mul(b))
            }
            _ => None,
        };
        let Some(tensor) = file.get(PROMPT) else { return };
        let (Some(wanted), [found, _]) = (rows.and_then(|rows| usize::try_from(rows).ok()), tensor.shape()) else {
            return;
        };
        if *found != wanted {
            let message = format!("the shape is {:?}, but by the config PEFT has [{wanted}, ?]", tensor.shape());
            report.about_tensor(Self::INFO, PROMPT, message).help("check `num_virtual_tokens`");
        }
    }

    /// Without the model: whether the tensors at a layer have the sizes that the config gives them at any linear layer. Where some
    /// of them are others than those of a linear layer, it is none, or of another method.
    fn check_by_config(facts: &Facts<'_>, report: &mut Report) {
        let (Some(file), Some(config), Some(method)) = (facts.file(), facts.config(), facts.method()) else { return };
        let Some(own) = method.prefix().filter(|_| method != Lora) else { return };
        let mut modules: BTreeMap<&str, Vec<(&str, Tensor<'_>)>> = BTreeMap::new();
        for tensor in file.iter() {
            let Some(path) = tensor.name().strip_prefix(BASE) else { continue };
            let dots = path.rmatch_indices('.').map(|(at, _)| at);
            if let Some(at) = dots.into_iter().find(|at| path[at + 1..].starts_with(own)) {
                modules.entry(&path[..at]).or_default().push((&path[at + 1..], tensor));
            }
        }
        // What the config does not target PEFT drops, whatever its shape.
        let targets = facts.targets();
        let is_out = |module: &str| targets.as_ref().is_some_and(|all| all.matches(module) == Ok(Some(false)));
        modules.retain(|module, _| !is_out(module));
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let paths: Vec<&str> = modules.keys().copied().collect();
        let mut known = of_any_size(config, &paths);
        for (module, tensors) in modules {
            let Some(mut rows) = known.remove(module) else { continue };
            for (end, tensor) in tensors.iter().filter(|(end, _)| *end == ROTATIONS) {
                let found = sizes(*tensor).and_then(|found| of_rotations(config, module, found));
                rows.extend(found.map(|shape| ((*end).to_owned(), shape)));
            }
            let wanted = |end: &str| rows.iter().rev().find(|(own, _)| own == end).map(|(_, shape)| shape);
            let is_linear = |(end, tensor): &(&str, Tensor<'_>)| {
                wanted(end).is_some_and(|shape| shape.len() == tensor.shape().len() && tensor.elements() > 0)
            };
            if !tensors.iter().all(is_linear) {
                continue;
            }
            for (end, tensor) in &tensors {
                if let Some(shape) = wanted(end).filter(|shape| !fits(tensor.shape(), shape)) {
                    let shapes =
                        format!("the shape is {:?}, but by the config PEFT has {}", tensor.shape(), shown(shape));
                    found.entry(shapes).or_default().push(tensor.name());
                }
            }
        }
        for (shapes, all) in found {
            report
                .about_tensor(Self::INFO, all[0], format!("{shapes}: {}", names(all.iter().copied())))
                .help("check that config and weights belong to the same adapter");
        }
    }
}

/// The sizes of a matrix.
fn sizes(tensor: Tensor<'_>) -> Option<(u64, u64)> {
    let &[rows, columns] = tensor.shape() else { return None };
    Some((u64::try_from(rows).ok()?, u64::try_from(columns).ok()?))
}
