use crate::dialects::adapterhub::checkpoint::subject::{Comparison, grouped};
use crate::dialects::adapterhub::checkpoint::{Role, Subject};
use crate::dialects::adapterhub::slots::Site;
use crate::findings::{Report, rule};

rule! {
    /// A tensor that the config requires is missing from the file.
    ///
    /// ## Why is this bad
    /// The adapters library builds the module and leaves the parameter as it was initialised, often randomly, so that
    /// results differ each time it is loaded. It logs this at level INFO, which nobody sees by default.
    ///
    /// Without `--model` the layers are counted from the names in the file, so if a file lacks the last layers of its
    /// base model altogether, this is not noticed.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.attention.self.query.loras.a.lora_A    and no lora_B
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    TensorMissing, Error
}

impl TensorMissing {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison().filter(|comparison| !comparison.is_misnamed()) else { return };
        // Files without tensors, shared parameters and the two kinds of prefixes have rules of their own.
        if subject.file().is_none_or(|file| file.is_empty()) {
            return;
        }
        let is_flatness = comparison.prefixes_of_other_kind().is_some();
        let missing = comparison.missing().filter(|expected| match expected.slot.as_ref().map(|slot| &slot.site) {
            Some(Site::Shared) => false,
            Some(Site::Prefixes { .. }) => !is_flatness,
            _ => true,
        });
        for group in grouped(missing.map(|expected| expected.name())) {
            let what = subject.what();
            let message =
                format!("the file has no {}, so the {what} keeps random or initial values there", group.counted());
            let help = if subject.role == Role::Head && is_numbered_otherwise(comparison) {
                "the file has the same layers under other numbers: adapter-transformers 2.3 to 3.0 did not count \
                 dropouts of 0, which later releases do"
            } else {
                "save it again from the trained model"
            };
            report.about_tensor(Self::INFO, group.first, message).help(help);
        }
    }
}

/// Whether what is there and has no place is, in order, of the shapes of what is missing.
fn is_numbered_otherwise(comparison: &Comparison<'_>) -> bool {
    let fits = |sizes: &[Option<usize>], shape: &[usize]| {
        sizes.len() == shape.len() && sizes.iter().zip(shape).all(|(size, is)| size.is_none_or(|size| size == *is))
    };
    let missing: Vec<_> = comparison.missing().map(|expected| (leaf(expected.name()), &expected.sizes)).collect();
    let mut beside: Vec<_> = comparison.beside.iter().map(|tensor| (leaf(tensor.name()), tensor.shape())).collect();
    beside.sort_unstable_by_key(|(leaf, _)| *leaf);
    let mut sorted = missing;
    sorted.sort_unstable_by_key(|(leaf, _)| *leaf);
    sorted.len() == beside.len()
        && sorted
            .iter()
            .zip(&beside)
            .all(|((a, sizes), (b, shape))| a.map(|a| a.1) == b.map(|b| b.1) && fits(sizes, shape))
}

/// The number of a layer, and the parameter in it.
fn leaf(name: &str) -> Option<(u64, &str)> {
    let (path, parameter) = name.rsplit_once('.')?;
    Some((path.rsplit('.').next()?.parse().ok()?, parameter))
}
