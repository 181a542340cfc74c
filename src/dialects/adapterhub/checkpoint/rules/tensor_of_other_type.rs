use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::grouped;
use crate::findings::{Report, rule};
use crate::tensors::{Dtype, Kind};

rule! {
    /// A parameter is saved as integers, booleans or complex numbers.
    ///
    /// ## Why is this bad
    /// The adapters library silently copies the numbers into a parameter of floats: integers lose the scale with which
    /// they were quantised, complex numbers their imaginary part.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.output.adapters.a.adapter_up.weight    int8
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: convert the numbers back to floats before saving.
    TensorOfOtherType, Warning
}

impl TensorOfOtherType {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison() else { return };
        let mut alike: Vec<(Dtype, Vec<&str>)> = Vec::new();
        for tensor in comparison.pairs.iter().flat_map(|(_, found)| found) {
            if tensor.dtype().kind() == Kind::Float {
                continue;
            }
            match alike.iter_mut().find(|(dtype, _)| *dtype == tensor.dtype()) {
                Some((_, names)) => names.push(tensor.name()),
                None => alike.push((tensor.dtype(), vec![tensor.name()])),
            }
        }
        for (dtype, names) in alike {
            let what = match dtype.kind() {
                Kind::Complex => "the imaginary part is dropped",
                _ => "the numbers are taken as they are, without a scale",
            };
            for group in grouped(names) {
                let message = format!("{} of type {dtype} for a parameter of floats: {what}", group.counted());
                report.about_tensor(Self::INFO, group.first, message).help("save it as floats");
            }
        }
    }
}
