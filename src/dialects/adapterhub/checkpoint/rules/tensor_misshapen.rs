use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::grouped;
use crate::findings::{Report, rule};

rule! {
    /// A tensor does not have the shape that the config requires.
    ///
    /// ## Why is this bad
    /// The adapters library raises a `RuntimeError` (`size mismatch for …`) and loads nothing. Either a rank or a
    /// reduction factor in the config is not the one used in training, or the base model has another hidden size, or a
    /// matrix was transposed along the way.
    ///
    /// Without `--model` only the base model's hidden size is known, and sizes that depend on others are not checked.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.attention.self.query.loras.a.lora_A    [2, 768]    with "r": 4
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    TensorMisshapen, Error
}

/// The shape that is asked for, as far as that is known, and the one that is there.
#[derive(PartialEq)]
struct Shapes<'a> {
    wanted: &'a [Option<usize>],
    found: &'a [usize],
}

impl TensorMisshapen {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison() else { return };
        let mut alike: Vec<(Shapes<'_>, Vec<&str>)> = Vec::new();
        for (expected, found) in &comparison.pairs {
            for tensor in found.iter().filter(|tensor| !fits(&expected.sizes, tensor.shape())) {
                let shapes = Shapes { wanted: &expected.sizes, found: tensor.shape() };
                match alike.iter_mut().find(|(of, _)| *of == shapes) {
                    Some((_, names)) => names.push(tensor.name()),
                    None => alike.push((shapes, vec![tensor.name()])),
                }
            }
        }
        for (Shapes { wanted, found: shape }, names) in alike {
            let sizes: Vec<_> =
                wanted.iter().map(|size| size.map_or_else(|| "?".to_owned(), |size| size.to_string())).collect();
            for group in grouped(names) {
                let wanted_sizes = sizes.join(", ");
                let message = format!(
                    "the config requires shape [{wanted_sizes}], but the file has {shape:?} for {}",
                    group.counted()
                );
                let finding = report.about_tensor(Self::INFO, group.first, message);
                let is_transposed = shape.len() == 2 && fits(wanted, &[shape[1], shape[0]]);
                finding.help(if is_transposed {
                    "it is transposed: the library keeps matrices as [out, in]"
                } else {
                    "check that the config and the base model are those used in training"
                });
            }
        }
    }
}

/// Whether a shape is what is asked for, as far as that is known. For a number without dimensions torch takes the first
/// of a row, too, as it kept them before 0.4.
pub(crate) fn fits(wanted: &[Option<usize>], shape: &[usize]) -> bool {
    if wanted.is_empty() && matches!(shape, [size] if *size > 0) {
        return true;
    }
    wanted.len() == shape.len()
        && wanted.iter().zip(shape).all(|(wanted, size)| wanted.is_none_or(|wanted| wanted == *size))
}
