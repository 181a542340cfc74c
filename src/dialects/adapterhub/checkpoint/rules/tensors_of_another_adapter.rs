use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::words::counted;
use crate::findings::{Report, Severity, rule};

rule! {
    /// Tensors have the name of an adapter, AdapterFusion or head other than the config's.
    ///
    /// ## Why is this bad
    /// The adapters library builds the adapter under the name in the config, finds nothing for it, and leaves it as it
    /// was initialised; the tensors in the file are ignored. It logs this at level INFO, which nobody sees by default.
    /// Usually someone has renamed the adapter only in the config. If the config's own tensors are there as well, the
    /// others merely take up space.
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
    /// There is no fix: the name in the config may be intended. To load an adapter under another name, use `load_as`.
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
                let message = format!(
                    "the file of `{own}` has {count} of the {what} `{other}`; the library ignores what belongs to \
                     `{other}`"
                );
                let finding = report.about_tensor(Self::INFO, first, message);
                finding.severity = Severity::Warning;
                finding.help("save each adapter to a file of its own");
            } else {
                let message = format!(
                    "the {what} is called `{own}`, but the file has {count} of one called `{other}`, so nothing is \
                     loaded"
                );
                report
                    .about_tensor(Self::INFO, first, message)
                    .help(format!("set \"name\": \"{other}\" in the config, and load it with `load_as=\"{own}\"`"));
            }
        }
    }
}
