use std::collections::BTreeMap;

use crate::dialects::adapterhub::checkpoint::subject::grouped;
use crate::dialects::adapterhub::checkpoint::{Subject, names};
use crate::findings::{Report, rule};
use crate::tensors::Tensor;

rule! {
    /// One parameter is saved under several names, with different numbers.
    ///
    /// ## Why is this bad
    /// Some parameters appear in several places of the model: the prefixes of prefix tuning in every layer, the layer
    /// norm of `ln_before` in two modules. A file has them under all of these names, but in the model they share
    /// memory: the adapters library copies one after the other into it, and the last one stays. The others have no
    /// effect.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.output.adapters.a.adapter_down.0.weight           1.0  1.0
    /// bert.encoder.layer.0.output.adapters.a.adapter_norm_before.weight      0.7  1.2
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows which one is right.
    TiedTensorsDisagree, Warning
}

impl TiedTensorsDisagree {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison().filter(|_| subject.reads_numbers) else { return };
        let mut differing: BTreeMap<&str, &str> = BTreeMap::new();
        for (expected, found) in &comparison.pairs {
            let is_usual = |tensor: &&Tensor<'_>| names::current(tensor.name()) == expected.name();
            let Some(usual) = found.iter().find(is_usual).or_else(|| found.first()) else { continue };
            let others = found.iter().filter(|tensor| tensor.alias().name() != usual.alias().name());
            let differ = |tensor: &&Tensor<'_>| subject.differ(**tensor, *usual);
            differing.extend(others.filter(differ).map(|tensor| (tensor.name(), usual.name())));
        }
        for group in grouped(differing.keys().copied()) {
            let usual = differing[group.first];
            let message = if group.count == 1 {
                format!("{} and `{usual}` are the same parameter in the model, but differ", group.shown)
            } else {
                format!("{} differ from the same parameters under other names, such as `{usual}`", group.counted())
            };
            report
                .about_tensor(Self::INFO, group.first, message)
                .help("the library keeps only the latter; save the adapter again");
        }
    }
}
