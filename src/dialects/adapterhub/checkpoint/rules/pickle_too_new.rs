use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A weights file is a pickle of a protocol that torch refuses with `weights_only=True`.
    ///
    /// ## Why is this bad
    /// Since 1.1, adapters reads pickles with `weights_only=True`, for which torch knows only the opcodes of protocols
    /// 2 and 3: it raises an `OSError`. Such files come from `torch.save` with `pickle_protocol=4` or 5.
    ///
    /// ## Example
    /// ```python
    /// torch.save(state_dict, "pytorch_adapter.bin", pickle_protocol=4)
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix here: read the file and save it again, with the default protocol or as safetensors.
    PickleTooNew, Error
}

/// The newest protocol that `torch.load(weights_only=True)` reads.
const NEWEST: u8 = 3;

impl PickleTooNew {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if let Some(protocol) = subject.file().and_then(|file| file.pickle_protocol())
            && protocol > NEWEST
        {
            let message = format!("the pickle has protocol {protocol}, which torch refuses with `weights_only=True`");
            report
                .about_tensor(Self::INFO, "", message)
                .help("save it again with torch's default protocol, or as safetensors");
        }
    }
}
