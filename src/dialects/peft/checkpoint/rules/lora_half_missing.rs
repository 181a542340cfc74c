use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::findings::{Report, rule};

rule! {
    /// One half of a LoRA pair: A without B, or B without A.
    ///
    /// ## Why is this bad
    /// The missing half stays as it was initialised. Without B, the module does what it does in the base model; without
    /// A, its input goes through random numbers. PEFT only warns of missing keys.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_A.weight    and no ...q_proj.lora_B.weight
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the other half has to be saved, too.
    LoraHalfMissing, Error
}

impl LoraHalfMissing {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let mut alone: [Vec<&str>; 2] = [Vec::new(), Vec::new()];
        for [a, b] in facts.sites().values().flat_map(|site| site.pairs()) {
            match (a, b) {
                (Some(a), None) => alone[0].push(a.name()),
                (None, Some(b)) => alone[1].push(b.name()),
                _ => {}
            }
        }
        for (all, own, other) in [(&alone[0], "A", "B"), (&alone[1], "B", "A")] {
            if let Some(first) = all.first() {
                let message = format!("LoRA's {own} is there without {other}: {}", names(all.iter().copied()));
                report
                    .about_tensor(Self::INFO, first, message)
                    .help("save the adapter again from the model that was trained");
            }
        }
    }
}
