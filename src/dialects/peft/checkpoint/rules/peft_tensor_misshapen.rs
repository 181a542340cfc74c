use std::collections::BTreeMap;

use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::expected::shown;
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::{Report, rule};

rule! {
    /// A tensor whose shape differs from the one that PEFT gives it on this base model.
    ///
    /// ## Why is this bad
    /// PEFT raises `RuntimeError: … size mismatch`. The base model has a different size, or its vocabulary was resized
    /// before training: then it has to be resized before loading, too (`resize_token_embeddings`). The matrices of
    /// AdaMSS's clusters are accepted in any shape; if those of one cluster do not fit each other, or all together have
    /// fewer rows than the weight, the forward pass raises a `RuntimeError`.
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
        let Some(comparison) = facts.comparison() else { return };
        let is_told = |name: &str| match Name::parse(name).owner {
            Owner::Part { module, .. } => facts.sites().get(module).is_some_and(|site| site.discord().is_some()),
            _ => false,
        };
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (tensor, wanted) in &comparison.misshapen {
            if is_told(tensor.name()) || tensor.elements() == 0 {
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
