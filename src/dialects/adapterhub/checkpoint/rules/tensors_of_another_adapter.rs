use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::{add, counted};
use crate::findings::{Report, Severity, rule};

rule! {
    /// Tensors under the name of another adapter, AdapterFusion or head than the config's.
    ///
    /// ## Why is this bad
    /// The library builds the adapter under the name in the config, finds nothing for it, and leaves it as it was
    /// initialised; the tensors in the file are left out. It says so at the level INFO, which nobody sees by default.
    /// Mostly someone has renamed the adapter in the config alone. Where the config's own tensors are there as well, the
    /// others are only ballast.
    ///
    /// ## Example
    /// ```json
    /// {"name": "b", "config": {"architecture": "lora"}}
    /// ```
    /// ```text
    /// bert.encoder.layer.0.attention.self.query.loras.a.lora_A
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the name in the config may be meant. To load an adapter under another name, there is `load_as`.
    TensorsOfAnotherAdapter, Error
}

impl TensorsOfAnotherAdapter {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison() else { return };
        let (what, own) = (subject.what(), subject.saved.name.as_deref().unwrap_or_default());
        for other in &comparison.adapters {
            let of_other = || comparison.beside.iter().filter(|tensor| comparison.is_of(tensor.name(), other));
            let count = counted(of_other().count(), "tensor");
            let first = of_other().next().map_or("", |tensor| tensor.name());
            if comparison.is_placed() {
                let message =
                    format!("{count} of the {what} `{other}` in a file of `{own}`; the library leaves them out");
                let finding = add(report, Self::INFO, first, message);
                finding.severity = Severity::Warning;
                finding.help("save each adapter by itself");
            } else {
                let message =
                    format!("the {what} is called `{own}`, but {count} are of one called `{other}`; nothing is loaded");
                add(report, Self::INFO, first, message)
                    .help(format!("write \"name\": \"{other}\" into the config, and load it with `load_as=\"{own}\"`"));
            }
        }
    }
}
