use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::grouped;
use crate::dialects::adapterhub::slots::SlotMethod;
use crate::findings::{Report, rule};
use crate::tensors::Tensor;

rule! {
    /// Directions of a LoReFT adapter have become zero.
    ///
    /// ## Why is this bad
    /// PyTorch keeps the rows of the projection orthonormal by a parametrisation that has their signs, 1 or -1, on the
    /// diagonal of `parametrizations.weight.original`, and truncates them to whole numbers: 0.99999 becomes 0, and the
    /// direction is lost. No gradient reaches the diagonal, but weight decay does: `torch.optim.AdamW` uses 0.01 by
    /// default, and its first step is enough. From then on the intervention changes nothing, learns nothing, and
    /// nothing is reported. The same happens if adapters are averaged or scaled.
    ///
    /// ## Example
    /// ```text
    /// ...refts.a.units.0.projection.parametrizations.weight.original    -0.99999 on the diagonal
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: what should have been learned was not.
    DirectionsVanished, Warning
}

impl DirectionsVanished {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.reads_numbers {
            return;
        }
        let Some(comparison) = subject.comparison() else { return };
        let (mut all, mut some) = (Vec::new(), Vec::new());
        for (expected, found) in &comparison.pairs {
            let (Some(slot), Some(tensor)) = (&expected.slot, found.first()) else { continue };
            if slot.method != SlotMethod::Reft || !slot.role.ends_with("projection.original") {
                continue;
            }
            match vanished(*tensor) {
                Some((lost, of)) if lost == of => all.push(tensor.name()),
                Some(_) => some.push(tensor.name()),
                None => {}
            }
        }
        for (names, what) in
            [(all, "every direction is zero: the intervention has no effect"), (some, "some directions are zero")]
        {
            for group in grouped(names) {
                let message = format!("{}: {what}, as the values on the diagonal are truncated to 0", group.shown);
                report
                    .about_tensor(Self::INFO, group.first, message)
                    .help("train the adapter again, without weight decay for these parameters");
            }
        }
    }
}

/// How many directions are zero, and of how many; none if none is.
fn vanished(tensor: Tensor<'_>) -> Option<(usize, usize)> {
    let &[rows, columns] = tensor.shape() else { return None };
    // A square matrix is made otherwise, without signs.
    if rows == columns {
        return None;
    }
    let values = tensor.to_f64_vec().ok()?;
    let of = rows.min(columns);
    let lost = (0..of).filter(|at| values[at * (columns + 1)].abs() < 1.0).count();
    (lost > 0).then_some((lost, of))
}
