use std::collections::BTreeMap;

use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::{add, names};
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::{Report, rule};

rule! {
    /// A tensor of another shape than PEFT gives it on this base model.
    ///
    /// ## Why is this bad
    /// PEFT raises `RuntimeError: … size mismatch`. The base model is of another size, or its vocabulary was resized before
    /// training: then it has to be resized before loading, too (`resize_token_embeddings`). Matrices of AdaMSS's clusters are
    /// taken in any shape; where those of one cluster do not go together, or all have fewer rows than the weight, the forward
    /// pass raises a `RuntimeError`.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_A.weight    [8, 5120]    on a model of width 4096
    /// ```
    ///
    /// ## Fix safety
    /// There is none.
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
            let wanted: Vec<_> =
                wanted.iter().map(|size| size.map_or("?".to_owned(), |size| size.to_string())).collect();
            let shapes = format!("shape {:?}, where PEFT has [{}]", tensor.shape(), wanted.join(", "));
            found.entry(shapes).or_default().push(tensor.name());
        }
        for (shapes, all) in found {
            add(report, Self::INFO, all[0], format!("{shapes}: {}", names(all.iter().copied())))
                .help("check that this is the base model, and whether its vocabulary was resized");
        }
    }
}
