use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::add;
use crate::findings::{Report, rule};

rule! {
    /// A file of weights is a pickle of a protocol that torch does not read safely.
    ///
    /// ## Why is this bad
    /// adapters since 1.1 reads pickles with `weights_only=True`, where torch knows the opcodes of protocols 2 and 3 only:
    /// it raises an `OSError`. Such files come from `torch.save` with `pickle_protocol=4` or 5.
    ///
    /// ## Example
    /// ```python
    /// torch.save(state_dict, "pytorch_adapter.bin", pickle_protocol=4)
    /// ```
    ///
    /// ## Fix safety
    /// There is none here: read the file and save it again, with the default protocol or as safetensors.
    PickleTooNew, Error
}

/// The newest protocol that `torch.load(weights_only=True)` reads.
const NEWEST: u8 = 3;

impl PickleTooNew {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if let Some(protocol) = subject.file().and_then(|file| file.pickle_protocol())
            && protocol > NEWEST
        {
            let message = format!("the pickle is of protocol {protocol}, which torch refuses with `weights_only=True`");
            add(report, Self::INFO, "", message).help("save it again with torch's default protocol, or as safetensors");
        }
    }
}
