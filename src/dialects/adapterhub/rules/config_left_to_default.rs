use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// The `config` of a whole file is null or empty.
    ///
    /// ## Why is this bad
    /// The adapters library silently takes its default architecture, `seq_bn`. Tensors of any other architecture are
    /// then not loaded, and the adapter keeps random weights.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "config": null, "version": "adapters.1.3.0"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the weights say what the config was.
    ConfigLeftToDefault, Warning
}

impl ConfigLeftToDefault {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.saved_member("config") else { return };
        // adapters 1.0 refuses it.
        let is_refused = subject.is_of_adapters_1_0() && !member.node.is_map();
        if !node_is_true(&member.node) && !is_refused {
            report
                .add(
                    Self::INFO,
                    "/config",
                    member.node.span,
                    "without a config the library loads this adapter as `seq_bn`",
                )
                .help("write the config that the adapter was trained with");
        }
    }
}
