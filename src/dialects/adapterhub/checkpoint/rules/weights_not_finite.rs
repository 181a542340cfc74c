use std::collections::BTreeMap;

use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::grouped;
use crate::findings::words::counted;
use crate::findings::{Report, rule};

rule! {
    /// Weights are NaN or infinite.
    ///
    /// ## Why is this bad
    /// Whatever the adapter touches becomes NaN, for every input. The adapters library loads it silently. Either
    /// training diverged, or numbers were too large for the type in which they were saved.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.attention.self.query.loras.a.lora_B: 1 NaN
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: use an earlier checkpoint.
    WeightsNotFinite, Error
}

impl WeightsNotFinite {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let flawed = subject.statistics().iter().filter(|(_, found)| found.nan + found.infinite > 0);
        let mut by_kind: BTreeMap<(bool, bool), (Vec<&str>, u64)> = BTreeMap::new();
        for (tensor, found) in flawed {
            let (names, count) = by_kind.entry((found.nan > 0, found.infinite > 0)).or_default();
            names.push(tensor.name());
            *count += found.nan + found.infinite;
        }
        for ((nan, infinite), (names, count)) in by_kind {
            let what = match (nan, infinite) {
                (true, true) => "NaN and infinite ones",
                (true, false) => "NaN",
                _ => "infinite ones",
            };
            let count = counted(usize::try_from(count).unwrap_or(usize::MAX), "value");
            let shown: Vec<_> = grouped(names.iter().copied()).into_iter().map(|group| group.shown).collect();
            let message = format!("{count} not finite in {}: {what}", shown.join("; "));
            report.about_tensor(Self::INFO, names[0], message).help("use a checkpoint from before training diverged");
        }
    }
}
