use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::grouped;
use crate::findings::words::counted;
use crate::findings::{Report, rule};
use crate::tensors::{Format, Tensor, TensorFile};

rule! {
    /// An adapter's two weights files, a `.bin` and a `.safetensors`, differ.
    ///
    /// ## Why is this bad
    /// Which one counts depends on what loads it: the adapters library takes the `.bin`, unless it is called with
    /// `use_safetensors=True`; most other programs take the safetensors. One of the two is out of date.
    ///
    /// ## Example
    /// ```text
    /// adapter.safetensors
    /// pytorch_adapter.bin    with other numbers
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows which one is right.
    WeightsDisagree, Error
}

impl WeightsDisagree {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(file) = subject.file().filter(|file| file.format() == Format::Safetensors) else { return };
        for other in subject.others {
            let Ok(torch) = &other.tensors else { continue };
            let Some((what, names)) = difference(subject, file, torch) else { continue };
            let groups = grouped(names.iter().copied());
            let Some(group) = groups.first() else { continue };
            let more = names.len() - group.count;
            let and = if more > 0 { format!(", and {} more", counted(more, "tensor")) } else { String::new() };
            let message = format!("`{}` differs: {what} {}{and}", other.name, group.counted());
            report.about_tensor(Self::INFO, group.first, message).help("remove the wrong file, or save both again");
        }
    }
}

/// In what two files differ first, and in which tensors.
fn difference<'n>(
    subject: &Subject<'_>,
    file: &'n TensorFile,
    other: &'n TensorFile,
) -> Option<(&'static str, Vec<&'n str>)> {
    let lacking = |from: &'n TensorFile, of: &'n TensorFile| -> Vec<&'n str> {
        of.iter().map(|tensor| tensor.name()).filter(|name| from.get(name).is_none()).collect()
    };
    let common = || file.iter().filter_map(|tensor| Some((tensor, other.get(tensor.name())?)));
    let shapes = common().filter(|(tensor, other)| (tensor.shape(), tensor.dtype()) != (other.shape(), other.dtype()));
    let differ = |(tensor, other): &(Tensor<'_>, Tensor<'_>)| subject.differ(*tensor, *other);
    let values = || common().filter(|pair| subject.reads_numbers && differ(pair));
    let found = [
        ("it lacks", lacking(other, file)),
        ("only it has", lacking(file, other)),
        ("it has different shapes or types in", shapes.map(|(tensor, _)| tensor.name()).collect()),
    ];
    let first = found.into_iter().find(|(_, names)| !names.is_empty());
    first.or_else(|| {
        let values: Vec<_> = values().map(|(tensor, _)| tensor.name()).collect();
        (!values.is_empty()).then_some(("it has different numbers in", values))
    })
}
