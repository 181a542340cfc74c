use std::collections::BTreeMap;

use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::lora::Discord;
use crate::dialects::peft::checkpoint::told::names;
use crate::findings::words::counted;
use crate::findings::{Report, rule};

rule! {
    /// The halves of a LoRA pair differ in rank, are transposed, or are no matrices.
    ///
    /// ## Why is this bad
    /// A is `[r, inputs]` and B is `[outputs, r]`; those of convolutions have more dimensions. PEFT raises a `RuntimeError` about the size of one of them.
    /// Transposed tensors come from other libraries, such as MLX, which keeps `lora_a` as `[inputs, r]`.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_A.weight    [8, 4096]
    /// ...q_proj.lora_B.weight    [4096, 16]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: it is not known which half is right.
    LoraHalvesDisagree, Error
}

impl LoraHalvesDisagree {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for site in facts.sites().values() {
            if let Some((tensor, discord)) = site.discord() {
                let what = match discord {
                    Discord::Ranks(a, b) => format!("A has {}, B {}", counted(a, "row"), counted(b, "column")),
                    Discord::Dimensions(0) => "a half is a single number".to_owned(),
                    Discord::Dimensions(count) => format!("a half has {}", counted(count, "dimension")),
                    Discord::Transposed => "both halves are transposed".to_owned(),
                };
                found.entry(what).or_default().push(tensor.name());
            }
        }
        for (what, all) in found {
            report
                .about_tensor(Self::INFO, all[0], format!("{what}: {}", names(all.iter().copied())))
                .help("A is `[r, inputs]`, B is `[outputs, r]`");
        }
    }
}
